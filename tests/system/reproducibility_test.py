# SPDX-License-Identifier: MIT
"""Rebuilds with everything varied that a user can vary: one digest per artifact.

IMAGEWRIGHT_REBUILDS says how many rebuilds there are (default 4; `toolkit/dev reproducibility` makes 20)."""

import json
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import NAME, build_command, digest, run  # noqa: E402
from imagewright_testing import TOP, WORKBENCH, TestCase, require_workbench  # noqa: E402
from rebuilds import Rebuilds  # noqa: E402

class Reproducibility(Rebuilds):
    def place(self, word, scratch):
        """The directory of the config; elsewhere it is a copy, and the packages are found through a link."""
        configs = super().place(word, scratch)
        if word != "here":
            (configs.parent / "build").mkdir()
            (configs.parent / "build/workbench").symlink_to(WORKBENCH.resolve())
        return configs

    def test_every_rebuild_has_the_same_bytes(self):
        self.rebuild_all("node.yaml", NAME)


class Verification(TestCase):
    @classmethod
    def setUpClass(cls):
        require_workbench()

    def published(self, scratch):
        """A published image of a copy of the example config, in which no file is shared with other tests."""
        shutil.copytree(TOP / "configs", scratch / "configs")
        (scratch / "build").mkdir()
        (scratch / "build/workbench").symlink_to(WORKBENCH.resolve())
        output = scratch / "out"
        result = run(build_command(output, None, scratch / "configs/node.yaml", "--format", "raw"))
        self.assertEqual(result.returncode, 0, result.stderr[-4000:])
        return output

    def replace_sum(self, output, name):
        lines = (output / "SHA256SUMS").read_text().splitlines()
        lines = [f"{digest(output / name)}  {name}" if line.endswith(f"  {name}") else line for line in lines]
        (output / "SHA256SUMS").write_text("\n".join(lines) + "\n")

    def test_verify_finds_the_same_bytes_or_names_the_file_that_differs(self):
        scratch = self.scratch()
        output = self.published(scratch)
        result = self.run_program("verify", output)
        self.assertEqual(sorted(result.stdout.splitlines()),
                         [f"{NAME}{suffix}: same bytes" for suffix in (".cdx.json", ".manifest.json", ".raw", ".spdx.json")])

        image = output / f"{NAME}.raw"
        partitions = json.loads((output / f"{NAME}.manifest.json").read_text())["disk"]["partitions"]
        start = next(each["start"] for each in partitions if each.get("filesystem", {}).get("mountPoint") == "/")
        self.run_tool("debugfs", "-w", "-R", "set_inode_field /etc/hostname mode 0100600", f"{image}?offset={start}")
        self.assertIn("[pipeline.published-file-changed]", self.run_program("verify", output, expect=5).stderr)
        self.replace_sum(output, image.name)
        result = self.run_program("verify", output, expect=5)
        self.assertIn(f"{NAME}.raw: DIFFERENT\n", result.stdout)
        self.assertIn("partition root (/)\n  ~ /etc/hostname: mode 0600 → 0644\n", result.stdout)

        with open(scratch / "configs/node.yaml", "a") as config:
            config.write("# another word\n")
        self.assertIn("[pipeline.config-changed]", self.run_program("verify", output, expect=2).stderr)
        (scratch / "configs/node.yaml").rename(scratch / "configs/moved.yaml")
        self.assertIn("[pipeline.cannot-verify]", self.run_program("verify", output, expect=2).stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
