# SPDX-License-Identifier: MIT
"""Each system call with which a machine is started, refused in turn: an error with its code and an end, and nothing that is left."""

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import adopt_orphans, living_descendants  # noqa: E402
from disturbed_builds import CONFIG, DisturbedBuilds  # noqa: E402
import tiny_distribution  # noqa: E402
from imagewright_testing import TestCase, require_program, require_shared_data, skip  # noqa: E402

# What the program and QEMU call from the choice of the rung to the first instruction of the guest, and after its end.
CALLS = """clone clone3 vfork fork pipe2 dup2 dup3 fcntl prctl seccomp setsid setpgid pidfd_open waitid wait4 poll ppoll epoll_create1 epoll_ctl
epoll_wait eventfd2 signalfd signalfd4 timerfd_create timer_create memfd_create fallocate ftruncate fdatasync fsync flock rename renameat2 unlink
unlinkat mkdir mkdirat newfstatat statx lseek pread64 preadv pwrite64 pwritev copy_file_range getdents64 readlink mmap mprotect madvise mremap
sched_setaffinity sched_getaffinity rt_sigaction rt_sigprocmask sigaltstack tgkill kill nanosleep clock_nanosleep getrandom prlimit64 setrlimit
ioctl socket socketpair bind connect listen sendmsg recvmsg io_uring_setup membarrier set_robust_list rseq sysinfo uname getcwd chdir
unshare landlock_create_ruleset close_range""".split()
ERRORS = {"EPERM": 1, "EACCES": 13, "ENOSYS": 38, "EINVAL": 22}
# The tool that applies the filter is a script: these it needs itself before the program begins.
NEEDED_BY_LAUNCHER = {"mmap", "mprotect", "rt_sigaction", "newfstatat", "lseek", "pread64"}
# Without these no directory can be removed, whoever tries.
NEEDED_FOR_REMOVAL = {"unlinkat", "getdents64"}
PATIENCE = 60


def resetting_kernel():
    """What QEMU starts as a kernel by the Multiboot specification, and that resets the machine at once: QEMU ends then."""
    magic, flags, place, header_size = 0x1BADB002, 1 << 16, 0x100000, 32
    checksum = -(magic + flags) & 0xFFFFFFFF
    code = bytes.fromhex("b0fee664f4ebfd")  # mov al, 0xfe; out 0x64, al; hlt; jmp back
    return struct.pack("<8I", magic, flags, checksum, place, place, 0, 0, place + header_size) + code + bytes(4096)


class Refusals(TestCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            skip("only root can set a filter without no_new_privs")
        require_program("qemu-system-x86_64")
        cls.filtered = require_shared_data("containers") / "seccomp-exec"
        if subprocess.run(["/usr/bin/python3", "-c", "import seccomp"], capture_output=True).returncode != 0:
            skip("python3-seccomp is not installed")
        cls.directory = Path(tempfile.mkdtemp(prefix="imagewright-test-refusals-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        adopt_orphans()
        tiny_distribution.make(cls.directory)
        kernel = cls.directory / "vmlinuz-reset"
        kernel.write_bytes(resetting_kernel())
        cls.builds = DisturbedBuilds.__new__(DisturbedBuilds)
        cls.builds.directory = cls.directory
        cls.builds.options = ("--rung", "machine", "--machine-kernel", kernel)
        cls.builds.config = cls.directory / "node.yaml"
        cls.builds.config.write_text(CONFIG.format(top=cls.directory))
        cls.builds.cache = cls.directory / "cache"
        cls.output = cls.directory / "out"

    def build_without(self, call, error):
        """The exit code, what was said, and how long it took."""
        profile = self.directory / "profile.json"
        rules = [{"names": [call], "action": "SCMP_ACT_ERRNO", "errnoRet": ERRORS[error], "args": []}] if call else []
        profile.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules}))
        begin = time.monotonic()
        code, said = self.builds.build(self.output, before=(str(self.filtered), str(profile), "-"), patience=PATIENCE)
        return code, said, time.monotonic() - begin

    def test_each_refused_call_is_an_error_and_never_a_wait(self):
        code, said, usual = self.build_without(None, "EPERM")
        self.assertIn("[machine.died]", said)
        longest = (0.0, "")
        for call in CALLS:
            for error in ERRORS:
                if call in NEEDED_BY_LAUNCHER:
                    continue
                with self.subTest(call=call, error=error):
                    code, said, took = self.build_without(call, error)
                    longest = max(longest, (took, f"{call} {error}"))
                    self.assertIn(code, range(1, 6), said)
                    self.assertRegex(said, r"\[[a-z]+\.[a-z-]+\]")
                    self.assertEqual(living_descendants(), [])
                    if call not in NEEDED_FOR_REMOVAL:
                        self.assertEqual(self.builds.leftovers(self.output), [])
        print(f"undisturbed: {usual:.1f} s; the longest: {longest[1]}, {longest[0]:.1f} s", flush=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
