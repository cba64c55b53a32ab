#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A machine of its own as the place of a build: every command that composes gives there the bytes that it gives here."""

import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_distribution  # noqa: E402
from composing import artifact_digests  # noqa: E402
from imagewright_testing import WORKBENCH, TestCase, require_program, require_workbench  # noqa: E402


class Machine(TestCase):
    @classmethod
    def setUpClass(cls):
        require_workbench()
        require_program("qemu-system-x86_64")
        cls.kernel = min(WORKBENCH.glob("x86_64/linux-image-[0-9]*.rpm"))

    def setUp(self):
        self.directory = self.scratch()
        tiny_distribution.make(self.directory)
        (self.directory / "node.yaml").write_text("release: tiny\nos: {hostname: first, packages: {install: [tiny-web]}}\noutput: {image: {format: raw}}\n")
        (self.directory / "more.yaml").write_text("release: tiny\nos: {hostname: second, additionalFiles: [{destination: /etc/more, content: more}]}\noutput: {image: {format: raw}}\n")

    def run_in(self, command, *words, there=False):
        machine = ("--rung", "machine", "--machine-kernel", self.kernel) if there else ()
        return self.run_program("--cache-dir", self.directory / "cache", command, *words, *machine, "--progress", "none", cwd=self.directory)

    def made(self, command, *words, there):
        out = self.directory / f"{command}-{'there' if there else 'here'}"
        shutil.rmtree(out, ignore_errors=True)
        self.run_in(command, *words, "--output-dir", out, there=there)
        return out

    def test_what_is_made_and_verified_there_is_what_is_made_here(self):
        built = self.made("build", "node.yaml", "--no-cache", there=False)
        self.assertEqual(artifact_digests(self.made("build", "node.yaml", "--no-cache", there=True)), artifact_digests(built))
        self.assertIn("node-x86_64.raw: same bytes", self.run_in("verify", built, there=True).stdout)
        base = built / "node-x86_64.raw"
        customized = self.made("customize", "--image", base, "more.yaml", there=False)
        self.assertEqual(artifact_digests(self.made("customize", "--image", base, "more.yaml", there=True)), artifact_digests(customized))
        self.assertIn("more-x86_64.raw: same bytes", self.run_in("verify", customized, there=True).stdout)


if __name__ == "__main__":
    unittest.main()
