# SPDX-License-Identifier: MIT
"""Programs of an image that take memory without end: ended before the host has none left, and told with who it was."""

import os
import resource
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from control_groups import ControlGroup  # noqa: E402
from imagewright_testing import PROGRAM, environment, skip  # noqa: E402
from sibling_images import SiblingTestCase, package  # noqa: E402

EATER = "eaten=0123456789abcdef; while :; do eaten=$eaten$eaten; done"
NEEDS_SHELL = "Requires(post): tiny-base\n"
LIMIT = 150 << 20
NODE = "os: {{packages: {{install: [tiny-web{}]}}}}\n"


class Memory(SiblingTestCase):
    PACKAGES = (package("eater", head=NEEDS_SHELL, rest=f"%post\n{EATER}\n"),
                package("lua-eater", rest='%post -p <lua>\nlocal eaten = {}\nwhile true do eaten[#eaten + 1] = string.rep("x", 1000000) .. #eaten end\n'))

    def rungs(self):
        return ("root", "limited-root", "single-id") if os.geteuid() == 0 else ("single-id",)

    def build_within(self, text, *more, before=(), limit=LIMIT, formats=("tar",), script=""):
        path = self.config(text, formats)
        if script:
            (path.parent / "script.sh").write_text(script)
        command = [*before, PROGRAM, "build", path, "--no-cache", "--cache-dir", self.top / "cache", "--output-dir", path.parent / "out", "--progress", "none", *more]

        def bound():
            if limit:
                resource.setrlimit(resource.RLIMIT_RSS, (limit, limit))

        result = subprocess.run(list(map(str, command)), preexec_fn=bound, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
        left = [each.name for each in (path.parent / "out").iterdir() if not each.name.startswith(".imagewright-logs-")] if (path.parent / "out").exists() else []
        return result.returncode, result.stderr, left

    def assert_ended(self, told, *words):
        code, said, left = told
        self.assertEqual((code, left), (1, []), said)
        self.assertIn("[sandbox.out-of-memory]", said)
        for word in words:
            self.assertIn(word, said)

    def test_whoever_eats_is_ended_and_named_on_every_rung(self):
        script = f"scripts:\n  postCustomization:\n  - {{name: hungry, content: '{EATER}'}}\n"
        for rung in self.rungs():
            with self.subTest(rung=rung):
                self.assert_ended(self.build_within(NODE.format("") + script, "--rung", rung), "node.yaml:7:5: error: programs in the image root had more than 150 MiB of memory",
                                  'while running script "hungry"', "ulimit -m")
                self.assert_ended(self.build_within(NODE.format(", eater"), "--rung", rung), 'while running the scriptlet %post of the package "eater"')
                self.assert_ended(self.build_within(NODE.format(", lua-eater"), "--rung", rung), 'while running the scriptlet %post of the package "lua-eater"')

    def test_all_that_is_memory_counts(self):
        rows = ("cat /dev/zero >/tmp/eaten", "cat /dev/zero >/dev/shm/eaten", "cat /dev/zero >/run/eaten", "exec 9>/tmp/eaten; rm /tmp/eaten; cat /dev/zero >&9",
                # None has as much as may be had, and all together have.
                "eaten=0123456789abcdef; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; do eaten=$eaten$eaten; done\n"
                "i=0; while [ $i -lt 9 ]; do i=$((i+1)); (eaten=$eaten$i; while :; do :; done) & done; wait",
                # Whose end nobody asks for.
                f"sh -c '{EATER}' || :")
        for text in rows:
            with self.subTest(script=text):
                self.assert_ended(self.build_within(NODE.format("") + "scripts: {finalizeCustomization: [{path: script.sh}]}\n", script=text), "while running script \"script.sh\"",
                                  "node.yaml:5:35: error: ")

    def test_dracut_is_bounded_too(self):
        config = NODE.format(", tiny-kernel") + "scripts: {postCustomization: [{path: script.sh}]}\n"
        self.assert_ended(self.build_within(config, formats=("raw",), script=f"cat >/usr/bin/dracut <<'END'\n#!/bin/sh\n{EATER}\nEND\n"), "initramfs")

    def test_what_processes_share_counts_once(self):
        # 40 MiB in one, of which twelve have copies that nobody has written to.
        text = ("eaten=0123456789abcdef; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; do eaten=$eaten$eaten; done\n"
                "i=0; while [ $i -lt 12 ]; do i=$((i+1)); (j=0; while [ $j -lt 60000 ]; do j=$((j+1)); done) & done; wait\n")
        code, said, _ = self.build_within(NODE.format("") + "scripts: {postCustomization: [{path: script.sh}]}\n", script=text)
        self.assertEqual(code, 0, said)

    def test_whom_the_kernel_ends_for_it_is_told_likewise(self):
        if os.geteuid() != 0:
            skip("only root can make control groups")
        size = 400 << 20
        group = ControlGroup(self, "memory", {False: {"memory.max": size}, True: {"memory.limit_in_bytes": size}})
        if group.group is None:
            skip("no control group of memory can be made here")
        script = f"scripts:\n  postCustomization:\n  - {{name: hungry, content: '{EATER}'}}\n"
        words = ("the kernel ran out of memory",)
        self.assert_ended(self.build_within(NODE.format("") + script, before=group.before(), limit=None), "node.yaml:7:5: error: ", 'script "hungry"', *words)
        self.assert_ended(self.build_within(NODE.format(", eater"), before=group.before(), limit=None), 'the scriptlet %post of the package "eater"', *words)
        allowed = "os: {packages: {install: [tiny-web, eater]}, scriptlets: {allowFailure: [eater]}}\n"
        self.assert_ended(self.build_within(allowed, before=group.before(), limit=None), 'the scriptlet %post of the package "eater"', *words)


if __name__ == "__main__":
    unittest.main(verbosity=2)
