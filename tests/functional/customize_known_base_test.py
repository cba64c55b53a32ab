#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A base that is customized again is not digested again, unless it has changed or what is kept of it is damaged."""

import os
import shutil
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from customizing import CustomizingTestCase, digest  # noqa: E402
from imagewright_testing import environment  # noqa: E402

WORDS = b"what the base says of itself"


class KnownBase(CustomizingTestCase):
    BASE_OS = f"  additionalFiles:\n  - {{destination: /etc/words, content: {WORDS.decode()}}}\n"

    def settled_base(self, directory):
        """A copy that nobody has changed for so long that the next change will be seen."""
        raw = directory / "base.raw"
        shutil.copy(self.base(), raw)
        self.wait()
        return raw

    def wait(self):
        time.sleep(2.2)

    def outputs(self, base, cache, name="x"):
        """The image and its manifest, by name; a report is of one run only."""
        out = self.scratch()
        self.run_program("customize", "--image", base, self.config(f"os: {{hostname: {name}}}\n", "qcow2"), "--output-dir", out,
                         "--cache-dir", cache, env=environment())
        return {path.name: digest(path.read_bytes()) for path in out.iterdir() if path.name.endswith((".qcow2", ".manifest.json"))}

    def entries(self, cache):
        return [path for path in (cache / "stages/entries/base").glob("*") if path.is_file()]

    def test_what_is_known_changes_no_byte(self):
        scratch = self.scratch()
        base = self.settled_base(scratch)
        first = self.outputs(base, scratch / "cache")
        self.assertEqual(len(self.entries(scratch / "cache")), 1)
        self.assertEqual(self.outputs(base, scratch / "cache"), first)
        self.assertEqual(self.outputs(base, scratch / "cache", "y"), self.outputs(base, scratch / "other", "y"))

    def test_a_change_is_seen_though_its_time_is_put_back(self):
        scratch = self.scratch()
        base = self.settled_base(scratch)
        before = self.outputs(base, scratch / "cache")
        status = base.stat()
        content = base.read_bytes()
        self.assertIn(WORDS, content)
        base.write_bytes(content.replace(WORDS, WORDS.upper()))
        os.utime(base, ns=(status.st_atime_ns, status.st_mtime_ns))
        self.wait()
        after = self.outputs(base, scratch / "cache")
        self.assertEqual(after, self.outputs(base, scratch / "other"))
        self.assertEqual([name for name in after if after[name] == before[name]], [])

    def test_what_may_change_unseen_is_not_remembered(self):
        scratch = self.scratch()
        base = scratch / "base.raw"
        shutil.copy(self.base(), base)
        self.outputs(base, scratch / "cache")
        self.assertEqual(self.entries(scratch / "cache"), [])

    def test_a_damaged_memory_is_not_believed(self):
        scratch = self.scratch()
        base = self.settled_base(scratch)
        first = self.outputs(base, scratch / "cache")
        (entry,) = self.entries(scratch / "cache")
        content = bytearray(entry.read_bytes())
        content[len(content) // 2] ^= 1
        entry.write_bytes(content)
        self.assertEqual(self.outputs(base, scratch / "cache"), first)


if __name__ == "__main__":
    unittest.main()
