#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A host that refuses something, or gives the program an odd start, is told as that: never a wait, a bug or a signal."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_distribution  # noqa: E402
from disturbed_builds import CONFIG  # noqa: E402
from imagewright_testing import PROGRAM, TestCase, environment, require_program  # noqa: E402


class HostFaults(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = cls.class_scratch()
        tiny_distribution.make(cls.top)
        (cls.top / "node.yaml").write_text(CONFIG.format(top=cls.top))

    def build(self, before=(), output=None, config=None, cache=None, **options):
        directory = self.scratch()
        output = output or directory / "out"
        command = [*before, str(PROGRAM), "--cache-dir", cache or directory / "cache", "build", config or self.top / "node.yaml", "--no-cache", "--arch", "x86_64",
                   "--output-dir", output, "--progress", "none"]
        options.setdefault("env", environment())
        result = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, **options)
        return result, output

    def test_a_host_that_does_not_let_talk_to_a_worker_is_told_at_once(self):
        require_program("strace")
        for number in (1, 2, 3):
            with self.subTest(number=number):
                result, _ = self.build(["strace", "-qq", "-o", "/dev/null", "-e", "trace=sendto", "-e",
                                        f"inject=sendto:error=ENOBUFS:when={number}"])
                self.assertEqual(result.returncode, 4, result.stderr)
                self.assertIn("[cli.host-refuses]", result.stderr)
                self.assertIn("cannot talk to a worker", result.stderr)

    def test_waiting_that_is_refused_is_no_bug(self):
        require_program("strace")
        result, _ = self.build(["strace", "-qq", "-o", "/dev/null", "-e", "trace=waitid", "-e", "inject=waitid:error=EPERM:when=1"])
        self.assertIn(result.returncode, (1, 4), result.stderr)

    def test_where_no_file_can_be_renamed_any_more_nothing_is_published_in_part(self):
        require_program("strace")
        cache, trace = self.scratch(), self.scratch() / "trace"
        # What is fetched is fetched once.
        for _ in range(2):
            self.assertEqual(self.build(["strace", "-qq", "-o", trace, "-e", "trace=rename"], cache=cache)[0].returncode, 0)
        calls = [line for line in trace.read_text().splitlines() if line.startswith("rename(")]
        publishing = [number for number, line in enumerate(calls, 1) if "/out/node-x86_64" in line.rsplit(", ", 1)[-1]]
        self.assertGreater(len(publishing), 3)
        for number in publishing[1:3]:
            with self.subTest(number=number):
                result, output = self.build(["strace", "-qq", "-o", "/dev/null", "-e", "trace=rename", "-e",
                                             f"inject=rename:error=ENOSPC:when={number}+"], cache=cache)
                self.assertEqual(result.returncode, 1, result.stderr)
                self.assertIn("No space left", result.stderr)
                self.assertEqual([path.name for path in output.iterdir() if not path.name.startswith(".")], [])

    def test_an_odd_start_changes_nothing(self):
        for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGHUP, signal.SIGXFSZ):
            with self.subTest(ignored=number.name):
                result, output = self.build(preexec_fn=lambda number=number: signal.signal(number, signal.SIG_IGN))
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertTrue((output / "node-x86_64.qcow2").exists())

    def changed_host(self, change):
        """What a build needs before it to run on a host that somebody changed, with nobody else seeing it."""
        if os.geteuid() != 0:
            self.skipTest("only root can change what a process sees of the host")
        return ["unshare", "--mount", "sh", "-c", f'{change} && exec "$@"', "sh"]

    def test_a_filesystem_without_programs_is_named_and_no_package_is_blamed(self):
        place = self.scratch()
        result, _ = self.build(self.changed_host(f"mount -t tmpfs -o noexec tmpfs {place}"), output=place / "out")
        self.assertEqual(result.returncode, 4, result.stderr)
        self.assertIn("[sandbox.no-programs]", result.stderr)

    def test_a_hardened_tmp_is_no_obstacle(self):
        for name, change in (("read-only", "mount -t tmpfs -o ro tmpfs /tmp"), ("without programs", "mount -t tmpfs -o noexec tmpfs /tmp")):
            with self.subTest(tmp=name):
                place = Path(tempfile.mkdtemp(prefix="imagewright-test-", dir="/var/tmp"))
                self.addCleanup(shutil.rmtree, place)
                shutil.copytree(self.top, place / "top")
                for file in (place / "top/node.yaml", place / "top/releases/tiny.yaml"):
                    file.write_text(file.read_text().replace(str(self.top), str(place / "top")))
                result, output = self.build(self.changed_host(change), output=place / "out", config=place / "top/node.yaml",
                                            cache=place / "cache")
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertTrue((output / "node-x86_64.qcow2").exists())

    def test_a_host_without_any_place_for_a_trial_is_told_as_that(self):
        change = "for place in /tmp /var/tmp /dev/shm /run; do mount -t tmpfs -o noexec tmpfs $place || exit; done; unset TMPDIR"
        result = subprocess.run([*self.changed_host(change), str(PROGRAM), "doctor"], capture_output=True, text=True, timeout=60,
                                env=environment(TMPDIR=None))
        self.assertEqual(result.returncode, 4, result.stderr)
        self.assertIn("[fs.cannot-write]", result.stderr)
        self.assertIn("TMPDIR", result.stderr)

    def test_a_host_without_proc_is_told_as_that(self):
        result, _ = self.build(self.changed_host("mount -t tmpfs tmpfs /proc"))
        self.assertEqual(result.returncode, 4, result.stderr)
        self.assertIn("cannot start", result.stderr)

    def test_a_host_that_refuses_to_wait_is_told_at_once(self):
        require_program("strace")
        for call, when in (("poll", "3+"), ("fcntl", "17+")):
            with self.subTest(call=call):
                result, output = self.build(["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                                             f"inject={call}:error=ENOMEM:when={when}"])
                self.assertIn(result.returncode, (1, 4), result.stderr)
                self.assertFalse((output / "node-x86_64.qcow2").exists())

    def test_a_limit_on_files_is_told_and_leaves_nothing(self):
        result, output = self.build(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4 << 20, 4 << 20)))
        self.assertIn(result.returncode, (1, 4), result.stderr)
        self.assertIn("File too large", result.stderr)
        self.assertEqual([path.name for path in output.iterdir() if not path.name.startswith(".imagewright-logs-")], [])

    def test_an_initramfs_that_lacks_what_its_programs_need_is_no_image(self):
        """Dracut says that all is well, as it does when one of its helpers was killed."""
        config = (self.top / "node.yaml").read_text()
        self.addCleanup((self.top / "node.yaml").write_text, config)
        (self.top / "node.yaml").write_text(config + "  - name: break dracut\n    content: printf '#!/bin/sh\\nfor last; do :; done\\n"
                                            "echo nothing >\"$last\"\\n' >/usr/bin/dracut; printf MZ >/boot/vmlinuz-1.0\n")
        result, output = self.build()
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("is no initramfs", result.stderr)
        self.assertFalse((output / "node-x86_64.qcow2").exists())


if __name__ == "__main__":
    unittest.main()
