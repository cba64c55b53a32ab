#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Inputs that were changed, damaged or taken away: a build or a reading ends with what is right, or with an error that says what is wrong."""

import copy
import json
import re
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_distribution  # noqa: E402
from imagewright_testing import TOP, TestCase  # noqa: E402

NODE = """\
release: {top}/releases/tiny.yaml
os: {{hostname: node}}
output: {{images: [{{format: {format}}}]}}
"""


def leaves(value, path=()):
    """The path of each scalar."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if children is None:
        yield path
    for key, child in children or ():
        yield from leaves(child, (*path, key))


def at(value, path):
    for key in path:
        value = value[key]
    return value


def other(value):
    """Something that might stand there as well."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if re.match(r"sha\d+:", value):
        return value[:-1] + ("1" if value.endswith("0") else "0")
    return value + "x"


class TrustInputs(TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="imagewright-test-")
        cls.addClassCleanup(directory.cleanup)
        cls.top = Path(directory.name)
        tiny_distribution.make(cls.top)

    def setUp(self):
        self.directory = self.scratch()
        self.config = self.directory / "node.yaml"
        self.config.write_text(NODE.format(top=self.top, format="raw"))

    def run_in(self, command, *arguments, out="out", **options):
        places = () if command == "lock" else ("--output-dir", self.directory / out)
        return self.run_program(command, *arguments, *places, "--cache-dir", self.directory / "cache", "--progress", "none", **options)

    def test_each_leaf_of_a_lock_is_held_against_something_or_documented_as_informative(self):
        documented = re.findall(r"^\| `([a-z]+)` \| informative", (TOP / "docs/how-to/locks.md").read_text(), re.MULTILINE)
        self.assertGreater(len(documented), 2)
        self.run_in("lock", self.config)
        lock = self.directory / "node.lock.json"
        value = json.loads(lock.read_text())
        self.run_in("build", self.config, "--locked")
        image = next((self.directory / "out").glob("*.raw")).read_bytes()
        informative = set()
        for path in leaves(value):
            # One package stands for all.
            if "packages" in path and path[path.index("packages") + 1] != 1:
                continue
            changed = copy.deepcopy(value)
            at(changed, path[:-1])[path[-1]] = other(at(value, path))
            lock.write_text(json.dumps(changed))
            result = self.run_in("build", self.config, "--locked", out="other", expect=None)
            with self.subTest("/".join(map(str, path))):
                if result.returncode != 0:
                    self.assertIn(result.returncode, (1, 2, 4, 5), result.stderr)
                    self.assertRegex(result.stderr, r"\[(lock|install|repo)\.[a-z-]+\]")
                    self.assertIn("hint: ", result.stderr)
                    continue
                name = [key for key in path if isinstance(key, str)][-1]
                self.assertIn(name, documented)
                informative.add(name)
                self.assertEqual(next((self.directory / "other").glob("*.raw")).read_bytes(), image, "an informative leaf changed the image")
        self.assertEqual(informative, set(documented), "documented as informative, and is not")


if __name__ == "__main__":
    unittest.main()
