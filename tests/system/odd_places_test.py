# SPDX-License-Identifier: MIT
"""Limits and places that are odd, on every rung: a build gives the bytes that it gives everywhere, or says with a code what is in the way and what
to do, and never waits."""

import os
import resource
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import adopt_orphans, living_descendants  # noqa: E402
from control_groups import ControlGroup  # noqa: E402
from disturbed_builds import DisturbedBuilds  # noqa: E402
from imagewright_testing import WORKBENCH, TestCase, environment, require_program, require_workbench, skip  # noqa: E402

MIB = 1 << 20
PATIENCE = 400
# Which of them have to be no hindrance at all; of the others either end is right.
HARMLESS = {"descriptors", "small /dev/shm", "TMPDIR without programs", "TMPDIR that is not there", "a HOME that is only read", "no KVM",
            "no control groups", "memory enough", "processes enough"}


def limited(which, value):
    return lambda: resource.setrlimit(which, (value, value))


def in_mounts(script):
    """A command runs among mounts of its own."""
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", f'{script} && exec "$@"', "sh"]


class OddPlaces(TestCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            skip("only root can set the places up")
        require_workbench()
        require_program("qemu-system-x86_64")
        cls.directory = Path(tempfile.mkdtemp(prefix="imagewright-test-odd-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        adopt_orphans()
        cls.builds = DisturbedBuilds(cls.directory)
        cls.output = cls.directory / "out"
        cls.kernel = next(WORKBENCH.glob("x86_64/linux-image-[0-9]*.rpm"))

    def cases(self):
        shm = "mount -t tmpfs -o size=64k tmpfs /dev/shm"
        yield "descriptors", {"preexec_fn": limited(resource.RLIMIT_NOFILE, 1024)}
        yield "few descriptors", {"preexec_fn": limited(resource.RLIMIT_NOFILE, 24)}
        for size in (192, 700, 1500):
            yield f"{size} MiB of addresses", {"preexec_fn": limited(resource.RLIMIT_AS, size * MIB)}
        yield "small files", {"preexec_fn": limited(resource.RLIMIT_FSIZE, 8 * MIB)}
        yield "small /dev/shm", {"before": in_mounts(shm)}
        noexec = self.directory / "noexec"
        noexec.mkdir(exist_ok=True)
        yield "TMPDIR without programs", {"before": in_mounts(f"mount -t tmpfs -o noexec tmpfs {noexec}"), "env": environment(TMPDIR=noexec)}
        yield "TMPDIR that is not there", {"env": environment(TMPDIR=self.directory / "nowhere")}
        yield "a HOME that is only read", {"before": in_mounts(f"mount -t tmpfs -o ro tmpfs {noexec}"), "env": environment(HOME=noexec)}
        yield "no KVM", {"before": in_mounts("if [ -e /dev/kvm ]; then mount --bind /dev/null /dev/kvm; fi")}
        yield "no control groups", {"before": in_mounts("umount -l -R /sys/fs/cgroup || :")}
        yield "no /proc", {"before": in_mounts("umount -l -R /proc")}
        yield "no /dev", {"before": in_mounts("mount -t tmpfs tmpfs /dev")}
        for size, name in ((48, "memory for less than a build"), (640, "memory for less than a machine"), (3000, "memory enough")):
            files = {False: {"memory.max": size * MIB}, True: {"memory.limit_in_bytes": size * MIB}}
            yield from self.in_group(name, "memory", files)
        for count, name in ((4, "4 processes"), (14, "14 processes"), (400, "processes enough")):
            yield from self.in_group(name, "pids", {False: {"pids.max": count}, True: {"pids.max": count}})

    def in_group(self, name, controller, files):
        group = ControlGroup(self, controller, files)
        if group.group is not None:
            yield name, {"before": group.before()}
            self.doCleanups()

    def check(self, name, options):
        code, said = self.builds.build(self.output, patience=PATIENCE, **options)
        print(f"  {name}: exit code {code} {said.strip()[:110]!r}", flush=True)
        self.assertEqual(living_descendants(), [])
        if name in HARMLESS:
            self.assertEqual(code, 0, said)
        # Whom the kernel ends for want of memory can say nothing.
        if code == -9 and name.startswith("memory"):
            return
        self.assertEqual(self.builds.complaint(self.output, code, said), "")
        if code != 0:
            self.assertRegex(said, r"\[[a-z]+\.[a-z-]+\]")
            self.assertRegex(said, r"(?m)^ *hint: \S")

    def climb(self, *options):
        self.builds.options = options
        for name, case in self.cases():
            with self.subTest(name):
                self.check(name, case)

    def test_root(self):
        self.climb("--rung", "root")

    def test_limited_root(self):
        self.climb("--rung", "limited-root")

    def test_single_id(self):
        self.climb("--rung", "single-id")

    def test_machine(self):
        self.climb("--rung", "machine", "--machine-kernel", self.kernel)


if __name__ == "__main__":
    unittest.main(verbosity=2)
