# SPDX-License-Identifier: MIT
"""Who builds again is told how long a stage took the last time."""

import hashlib
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_distribution  # noqa: E402
from imagewright_testing import TestCase, environment  # noqa: E402

NODE = "release: tiny\nos: {hostname: NAME, packages: {install: [tiny-web]}}\noutput: {image: {format: raw}}\n"


class Estimates(TestCase):
    def setUp(self):
        self.directory = self.scratch()
        tiny_distribution.make(self.directory)

    def build(self, name, *options):
        (self.directory / "node.yaml").write_text(NODE.replace("NAME", name))
        return self.run_program("--cache-dir", self.directory / "cache", "build", "node.yaml", "--progress", "plain", *options, cwd=self.directory,
                                env=environment(HOME=self.directory)).stderr

    def sealed(self, text):
        """A note with the digest of what it is, of whom it tells, and what it says: each with its length before it."""
        parts = ("durations", f"{self.directory}/node.yaml\nnode-x86_64", text)
        return hashlib.sha256("".join(f"{len(part)}\n{part}" for part in parts).encode()).hexdigest() + "\n" + text

    def note(self):
        """The one note, and the milliseconds of each stage in it."""
        file, = (self.directory / "cache/notes/durations").iterdir()
        return file, dict(line.split(" ") for line in file.read_text().splitlines()[1:])

    def test_stages_are_told_with_the_time_that_they_took(self):
        self.assertNotIn("the last time", self.build("first"))
        file, before = self.note()
        self.assertIn("initramfs", before)
        self.assertEqual(file.read_text(), self.sealed(file.read_text().split("\n", 1)[1]))
        # As a machine would have left it on which everything takes a minute.
        text = "".join(f"{stage} 61000\n" for stage in before)
        file.write_text(self.sealed(text))
        told = self.build("second")
        self.assertRegex(told, r"(?m)^manifest: took 1 min 1 s the last time$")
        report = next((self.directory / "out").glob("*.report.json")).read_text()
        self.assertNotIn("the last time", report)
        # Stages of this build count, and those that it did not have to do stay known.
        after = self.note()[1]
        self.assertLess(int(after["manifest"]), 61000)
        self.assertEqual(set(before) - set(after), set())
        self.assertEqual(after["install"], "61000")

    def test_a_note_that_somebody_damaged_is_passed_over(self):
        self.build("first")
        file, _ = self.note()
        text = "manifest 99999999999999999999\n\nx\n 7\nmanifest -1\ntree 61000 \n"
        file.write_text(self.sealed(text))
        self.assertNotIn("the last time", self.build("second"))

    def test_without_a_cache_there_is_none(self):
        self.build("first", "--no-cache")
        self.assertFalse((self.directory / "cache/notes/durations").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
