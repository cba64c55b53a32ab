# SPDX-License-Identifier: MIT
"""ARM64 images, composed wherever this runs, and booted."""

import json
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import PROGRAM, TOP, TestCase, environment, require_workbench  # noqa: E402

IMAGES = TOP / "build/aarch64-test"
# The long form boots every image; each boot takes minutes.
BOOTS_ALL = bool(os.environ.get("IMAGEWRIGHT_BOOT_ALL"))

def build(config, output):
    # The mounts of this process, without a registry of foreign programs: the build must not need the host's.
    script = ('grep -q " /proc/sys/fs/binfmt_misc " /proc/self/mountinfo && umount /proc/sys/fs/binfmt_misc; exec "$@"')
    result = subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", str(PROGRAM), "build", str(config), "--arch", "aarch64",
                             "--output-dir", str(output), "--progress", "plain"],
                            cwd=TOP, env=environment(), capture_output=True, text=True)
    if result.returncode != 0:
        raise AssertionError(f"exit code {result.returncode}\n{result.stderr[-6000:]}")


class BootedNode(TestCase):
    @classmethod
    def setUpClass(cls):
        require_workbench("aarch64")
        shutil.rmtree(IMAGES, ignore_errors=True)
        build("configs/node.yaml", IMAGES)

    def boot(self, image):
        report = json.loads(self.run_program("boot", image, "--json", "--progress", "none").stdout)
        self.assertTrue(report["checks"])
        self.assertEqual([row for row in report["checks"] if row["result"] != "passed"], [])
        return report

    def test_it_boots_with_every_check_green(self):
        for extension in (".qcow2", ".vhd") if BOOTS_ALL else (".qcow2",):
            with self.subTest(extension=extension):
                self.boot(IMAGES / f"node-aarch64{extension}")

    def test_the_emulator_is_not_in_the_image(self):
        files = json.loads((IMAGES / "node-aarch64.manifest.json").read_text())["files"]
        self.assertEqual([path for path in files if "qemu-" in path or "imagewright-" in path and "run" in path], [])


class LockOfBothArchitectures(TestCase):
    def setUp(self):
        require_workbench("aarch64")
        require_workbench("x86_64")

    def test_pins_of_the_other_architecture_survive(self):
        config = self.scratch() / "node.yaml"
        shutil.copy(TOP / "configs/node.yaml", config)
        options = ("--release", TOP / "configs/releases/workbench.yaml", "--progress", "none")
        self.run_program("lock", config, "--arch", "aarch64", *options)
        lock = config.with_name("node.lock.json")
        first = json.loads(lock.read_text())
        self.run_program("lock", config, "--arch", "x86_64", *options)
        both = json.loads(lock.read_text())
        self.assertEqual(sorted(both["architectures"]), ["aarch64", "x86_64"])
        self.assertEqual(both["architectures"]["aarch64"], first["architectures"]["aarch64"])
        self.run_program("lock", config, "--check", "--arch", "aarch64", "--arch", "x86_64", *options)


if __name__ == "__main__":
    unittest.main(verbosity=2)
