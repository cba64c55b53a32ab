# SPDX-License-Identifier: MIT
"""The composed node boots, from each format, and is what its config promised."""

import json
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import PROGRAM, TOP, TestCase, environment, require_workbench  # noqa: E402

IMAGES = TOP / "build/boot-test"


class BootedNode(TestCase):
    @classmethod
    def setUpClass(cls):
        require_workbench()
        shutil.rmtree(IMAGES, ignore_errors=True)
        result = subprocess.run([str(PROGRAM), "build", "configs/node.yaml", "--arch", "x86_64", "--output-dir", str(IMAGES),
                                 "--progress", "none"], cwd=TOP, env=environment(), capture_output=True, text=True)
        if result.returncode != 0:
            raise AssertionError(result.stderr[-6000:])

    def boot(self, extension):
        image = IMAGES / f"node-x86_64{extension}"
        before = image.stat().st_mtime_ns
        result = self.run_program("boot", image, "--json", "--progress", "none")
        self.assertEqual(image.stat().st_mtime_ns, before)
        report = json.loads(result.stdout)
        self.assertTrue(report["checks"])
        self.assertEqual([row for row in report["checks"] if row["result"] != "passed"], [])

    def test_the_qcow2_boots_with_every_check_green(self):
        self.boot(".qcow2")

    def test_the_vhd_boots_with_every_check_green(self):
        self.boot(".vhd")

    def test_a_broken_promise_exits_with_5(self):
        manifest = json.loads((IMAGES / "node-x86_64.manifest.json").read_text())
        manifest["checks"].append({"name": "kernel is 9.9", "kind": "kernel-series", "subject": "", "expected": "9.9"})
        # The same boot has a seed for cloud-init, whose place is taken by these questions.
        text = "#cloud-config\nhostname: tried-here\n"
        command = "mkdir -p /run/seed && mount -o ro LABEL=CIDATA /run/seed && cat /run/seed/user-data"
        manifest["checks"] += [{"name": "the seed is there", "kind": "command-output", "subject": command, "expected": text.strip()},
                               {"name": "the seed has an instance", "kind": "command-output", "subject": "cat /run/seed/meta-data",
                                "expected": "instance-id: imagewright-boot"}]
        changed = self.scratch() / "manifest.json"
        changed.write_text(json.dumps(manifest))
        seed = self.scratch()
        (seed / "user-data").write_text(text)
        result = self.run_program("boot", IMAGES / "node-x86_64.qcow2", "--manifest", changed, "--seed", seed, "--json", expect=5)
        answers = {row["check"]: row["result"] for row in json.loads(result.stdout)["checks"]}
        self.assertEqual({check: answer for check, answer in answers.items() if answer != "passed"}, {"kernel is 9.9": "failed"})
        self.assertIn("the seed is there", answers)


if __name__ == "__main__":
    unittest.main(verbosity=2)
