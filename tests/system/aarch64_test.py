# SPDX-License-Identifier: MIT
"""ARM64 images, composed wherever this runs, and booted."""

import json
import os
import platform
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import LABEL_CHECK, derived_config, digest  # noqa: E402
from imagewright_testing import PROGRAM, TOP, TestCase, environment, require_workbench  # noqa: E402

IMAGES = TOP / "build/aarch64-test"
NAME = "enforcing-aarch64"
# The long form boots every image and emulates everything; each takes minutes.
IS_LONG = bool(os.environ.get("IMAGEWRIGHT_LONG_TESTS"))

# The example node with everything that a promise about SELinux adds.
ENFORCING = derived_config(f"""
os:
  selinux: {{mode: enforcing}}
output:
  name: enforcing
checks: [{json.dumps(LABEL_CHECK)}]
""")


def build(config, output, *options):
    # The mounts of this process, without a registry of foreign programs: the build must not need the host's.
    script = ('grep -q " /proc/sys/fs/binfmt_misc " /proc/self/mountinfo && umount /proc/sys/fs/binfmt_misc; exec "$@"')
    result = subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", str(PROGRAM), "build", str(config), "--no-cache", "--arch", "aarch64",
                             "--output-dir", str(output), "--progress", "plain", *options],
                            cwd=TOP, env=environment(), capture_output=True, text=True)
    if result.returncode != 0:
        raise AssertionError(f"exit code {result.returncode}\n{result.stderr[-6000:]}")


class BootedNode(TestCase):
    @classmethod
    def setUpClass(cls):
        require_workbench("aarch64")
        shutil.rmtree(IMAGES, ignore_errors=True)
        IMAGES.mkdir(parents=True)
        cls.config = IMAGES / "enforcing.yaml"
        cls.config.write_text(ENFORCING)
        build(cls.config, IMAGES)

    def test_it_boots_with_every_check_green(self):
        for extension in (".qcow2", ".vhd") if IS_LONG else (".qcow2",):
            with self.subTest(extension=extension):
                result = self.run_program("boot", IMAGES / f"{NAME}{extension}", "--json", "--progress", "none", expect=None)
                report = json.loads(result.stdout) if result.stdout else self.fail(result.stderr)
                self.assertEqual([row for row in report["checks"] if row["result"] != "passed"], [])
                self.assertGreater(len(report["checks"]), 5)
                self.assertEqual(report["facts"]["selinuxMode"], "enforcing")
                self.assertEqual(report["facts"]["cgroupFilesystem"], "cgroup2fs")

    if IS_LONG:
        def test_emulating_everything_gives_the_same_bytes(self):
            full = self.scratch()
            build(self.config, full, "--emulation", "full")
            for name in (f"{NAME}.qcow2", f"{NAME}.manifest.json"):
                self.assertEqual((full / name).read_bytes(), (IMAGES / name).read_bytes(), name)

    def test_the_emulator_is_not_in_the_image(self):
        files = json.loads((IMAGES / f"{NAME}.manifest.json").read_text())["files"]
        self.assertEqual([path for path in files if "qemu-" in path or "imagewright-" in path and "run" in path], [])

    def test_the_report_says_what_was_emulated(self):
        emulation = json.loads((IMAGES / f"{NAME}.report.json").read_text())["emulation"]
        if platform.machine() == "aarch64":
            self.assertIsNone(emulation)
            return
        self.assertGreater(emulation["programs"], 0)
        # The shells and file tools of dracut, above all.
        self.assertGreater(emulation["nativePrograms"], emulation["programs"])
        self.assertEqual(emulation["programs"], sum(run["programs"] for run in emulation["runs"]))
        times = [run["milliseconds"] for run in emulation["runs"]]
        self.assertEqual(times, sorted(times, reverse=True))
        self.assertTrue(any("initramfs" in run["run"] for run in emulation["runs"]))


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


class ForeignPathOnTheHostsArchitecture(TestCase):
    """What runs foreign programs knows nothing of which architecture is foreign: forced on the host's own it gives the same image."""

    def test_it_gives_the_same_bytes(self):
        host = platform.machine()
        require_workbench(host)
        digests = []
        for emulation in ("auto", "forced"):
            output = self.scratch()
            self.run_program("build", "configs/node.yaml", "--no-cache", "--arch", host, "--format", "qcow2", "--emulation", emulation,
                             "--output-dir", output, "--progress", "none")
            digests.append(digest(output / f"node-{host}.qcow2"))
            report = json.loads((output / f"node-{host}.report.json").read_text())["emulation"]
            if emulation == "forced":
                self.assertGreater(report["programs"], 100)
            else:
                self.assertIsNone(report)
        self.assertEqual(digests[0], digests[1])


if __name__ == "__main__":
    unittest.main(verbosity=2)
