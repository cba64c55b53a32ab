# SPDX-License-Identifier: MIT
"""What roles promise holds on a node that boots with them, and is found out on one that boots with their settings taken out."""

import json
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import TOP, TestCase, environment, require_workbench  # noqa: E402

SHIPPED = TOP / "configs/roles"
# Those of which a kernel and a containerd are enough. The workbench has no audit, no chrony (capz) and no runtime of NVIDIA's.
NAMES = ("kubernetes-node", "cis", "confidential-vm", "arc")
# Packages that the workbench lacks; the settings and the checks of these roles need none of them.
PACKAGES = re.compile(r"(?m)^  packages:\n    roles: \[(?:confidential-vm|arc)\]\n")


def with_settings(text):
    return PACKAGES.sub("", text)


def without_settings(text):
    """Its checks alone."""
    return text[text.index("\nchecks:"):].lstrip()


class Roles(TestCase):
    def boot(self, change):
        """The outcome of each check, by its name, on a node of these roles after that change."""
        scratch = self.scratch()
        (scratch / "roles").mkdir()
        for name in NAMES:
            (scratch / f"roles/{name}.yaml").write_text(change((SHIPPED / f"{name}.yaml").read_text()))
        (scratch / "node.yaml").write_text(json.dumps({
            "release": str(TOP / "configs/releases/workbench.yaml"), "roles": list(NAMES),
            "os": {"hostname": "node", "packages": {"install": ["containerd", "runc", "curl"]}, "services": {"enable": ["containerd"]}},
            "output": {"name": "node", "images": [{"format": "qcow2"}]}}))
        self.run_program("build", scratch / "node.yaml", "--arch", "x86_64", "--output-dir", scratch / "out", "--progress", "none", env=environment())
        result = self.run_program("boot", scratch / "out/node-x86_64.qcow2", "--accel", "tcg", "--json", expect=None, env=environment())
        return {row["check"]: (row["result"], row["actual"]) for row in json.loads(result.stdout)["checks"]}

    def test_checks_hold_with_the_settings_and_fail_without(self):
        require_workbench()
        names = {name for role in NAMES for name in re.findall(r'name: "?([^",}]+)', without_settings((SHIPPED / f"{role}.yaml").read_text()))}
        self.assertGreater(len(names), 40)
        there = self.boot(with_settings)
        self.assertLessEqual(names, set(there))
        self.assertEqual({name: there[name] for name in names if there[name][0] != "passed"}, {})
        gone = self.boot(without_settings)
        # Names of checks that a setting makes true begin with the role's; others are true of every node.
        of_settings = {name for name in names if re.match(rf"({'|'.join(NAMES)}): ", name)}
        self.assertGreater(len(of_settings), 35)
        self.assertEqual({name: gone[name] for name in of_settings if gone[name][0] != "failed"}, {})


if __name__ == "__main__":
    unittest.main()
