# SPDX-License-Identifier: MIT
"""Packages of somebody who means harm, in a machine: the host has what it had, and each ends in time with an error that says what it was."""

import os
import shutil
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_distribution  # noqa: E402
from composing import adopt_orphans, hidden_files, living_descendants, run, visible_files  # noqa: E402
from imagewright_testing import PROGRAM, WORKBENCH, TestCase, environment, require_program, require_workbench, skip  # noqa: E402
from sibling_images import make_repository, package  # noqa: E402

CONFIG = """\
release: {top}/releases/tiny.yaml
repositories: [{{name: hostile, path: {top}/hostile/repository, gpgCheck: false, repoGpgCheck: false}}]
os:
  hostname: node
  packages: {{install: [tiny-kernel, {package}]}}
  scriptlets: {{timeout: {timeout}}}
output: {{images: [{{format: raw}}]}}
"""
# The scriptlet of each package, and what is said of it; nothing: it does no harm at all, and the image comes about.
SCRIPTLETS = {
    "bomb": ("bomb() { bomb & bomb & wait; }\nbomb", "sandbox.too-many-processes"),
    # On two emulated processors the first ones leave the next ones little.
    "busy-bomb": ("bomb() { bomb & bomb & while :; do :; done; }\nbomb", "sandbox.too-many-processes"),
    "killer": ("kill -9 1\nkill -9 $PPID\nkill -9 -1\nexit 1", "sandbox.call-died"),
    "sleeper": ("while :; do :; done", "install.scriptlet-timeout"),
    "talker": ("while :; do echo yes yes yes yes yes yes yes yes yes yes yes yes; done", "install.scriptlet-timeout"),
    # Into memory: once as files, once as a process.
    "eater": ("cat /dev/zero >/dev/shm/eaten\ncat /dev/zero >/run/eaten\ncat /dev/zero >/tmp/eaten\n"
              "eaten=0123456789abcdef\nwhile :; do eaten=$eaten$eaten; done", "sandbox.out-of-memory"),
    "filler": ("while :; do cat /dev/zero >>/filled; done", "install.disk-full|fs.disk-full|install.scriptlet-timeout"),
    "looker": ("for file in /proc/1/root/etc/hostname /proc/1/environ /proc/1/cwd/etc /proc/../etc/hostname /proc/$PPID/root/imagewright-machine "
               "/proc/kcore /proc/kmsg /proc/sys/kernel/core_pattern; do echo x 2>/dev/null >$file; cat $file; done 2>/dev/null >/found\n"
               "while read -r line; do case $line in *imagewright-machine*|*{host}*) exit 7;; esac; done </found\nrm -f /found", ""),
    "resetter": ("echo b >/proc/sysrq-trigger\necho c >/proc/sysrq-trigger\necho 1 >/proc/sys/kernel/panic\n"
                 "echo 300 >/proc/sys/kernel/pid_max\n:", ""),
}
TIMEOUTS = {"eater": 200, "bomb": 100, "busy-bomb": 100}
DEVICES = "%files\n%dev(b,253,1) %attr(666,root,root) /srv/work\n%dev(b,254,17) %attr(666,root,root) /srv/disk\n%dev(c,5,1) /srv/console\n"
SCRIPTS_OF_DEVICES = ("for device in /srv/work /srv/disk /srv/console; do echo harm 2>/dev/null >$device && exit 7; cat $device 2>/dev/null && exit 7; done\n:")


class Hostile(TestCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            skip("only root can make a small disk")
        require_workbench()
        require_program("qemu-system-x86_64")
        cls.top = cls.class_scratch()
        tiny_distribution.make(cls.top)
        cls.host = (Path("/etc/hostname").read_text().strip() or "localhost")
        # After the shell, and after the files that it looks at.
        head = "Requires(post): tiny-base\n"
        packages = [package(name, head=head, rest="%post\n" + text.replace("{host}", cls.host) + "\n") for name, (text, _) in SCRIPTLETS.items()]
        packages.append(package("devices", head=head, rest="%post\n" + SCRIPTS_OF_DEVICES + "\n").replace("%files\n", DEVICES, 1))
        make_repository(cls.top / "hostile", *packages)
        cls.kernel = next(WORKBENCH.glob("x86_64/linux-image-[0-9]*.rpm"))
        adopt_orphans()

    def build(self, name, output):
        config = self.top / f"{name}.yaml"
        config.write_text(CONFIG.format(top=self.top, package=name, timeout=TIMEOUTS.get(name, 20)))
        start = time.monotonic()
        result = run([str(PROGRAM), "--cache-dir", str(self.top / "cache"), "build", str(config), "--no-cache", "--output-dir", str(output),
                      "--progress", "none", "--rung", "machine", "--machine-kernel", str(self.kernel)], env=environment(), timeout=900)
        took = time.monotonic() - start
        print(f"{name}: exit code {result.returncode} after {took:.0f} s: {result.stderr.strip()[:160]!r}", flush=True)
        self.assertEqual(living_descendants(), [])
        return result

    def check(self, name, expected):
        output = self.top / f"out-{name}"
        before = (os.listdir("/"), os.listdir("/dev"), Path("/proc/sys/kernel/pid_max").read_text())
        result = self.build(name, output)
        self.assertEqual((os.listdir("/"), os.listdir("/dev"), Path("/proc/sys/kernel/pid_max").read_text()), before)
        self.assertEqual([path for path in output.rglob("*") if path.is_block_device() or path.is_char_device()], [])
        self.assertEqual([left for left in hidden_files(output) if not left.startswith(".imagewright-logs-")], [])
        if not expected:
            self.assertEqual(result.returncode, 0, result.stderr)
            return
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stderr, rf"\[({expected})\]")
        self.assertEqual(visible_files(output), [])
        # Logs are what people read, not what fills their disk.
        self.assertLess(sum(path.stat().st_size for path in output.rglob("*")), 80 << 20)
        if not expected.startswith("sandbox.call-died"):
            self.assertIn(name, result.stderr)

    def test_scriptlets_harm_nobody(self):
        for name, (_, expected) in SCRIPTLETS.items():
            with self.subTest(name):
                self.check(name, expected)

    def test_devices_of_the_machine_cannot_be_opened(self):
        self.check("devices", "")

    def test_a_full_disk_of_the_host_is_told(self):
        small = self.top / "small"
        small.mkdir()
        self.run_tool("mount", "-t", "tmpfs", "-o", "size=120m", "tmpfs", small)
        try:
            result = self.build("filler", small / "out")
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertRegex(result.stderr, r"\[(fs|install)\.disk-full\]")
            self.assertEqual([left for left in hidden_files(small / "out") if not left.startswith(".imagewright-logs-")], [])
        finally:
            self.run_tool("umount", "-l", small)
        shutil.rmtree(small)


if __name__ == "__main__":
    unittest.main(verbosity=2)
