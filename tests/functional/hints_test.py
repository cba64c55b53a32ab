# SPDX-License-Identifier: MIT
"""Hints are followed by a machine, and what they name is looked up; mutated configs are all judged."""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import PROGRAM, TOP, TestCase, environment, require_shared_data  # noqa: E402

GOLDEN = TOP / "tests/golden/config"


def diagnostics_of(paths, cwd):
    """What validate says about files, and its exit code."""
    result = subprocess.run([PROGRAM, "validate", "--no-file-checks", "--format", "json", *paths], capture_output=True, text=True, cwd=cwd, env=environment())
    return (json.loads(result.stdout) if result.stdout else None), result


def is_quoted(text):
    return text[:1] in "\"'"


def scalar_end(line, start):
    """Where the scalar ends that starts in a line: before a comma, a bracket, a comment or a colon."""
    if is_quoted(line[start:]):
        return line.index(line[start], start + 1) + 1
    match = re.compile(r"\s+#|\s*$|: |:$|(?<=\S)\s*[,\]}]").search(line, start)
    return match.start()


def words_of(line, start):
    """The word that a line has at a column, and what follows it."""
    word = re.match(r"[\"']?[A-Za-z_][\w-]*", line[start:])
    return (word[0], line[start + len(word[0]):]) if word else ("", line[start:])


def with_sign_replaced(line, start, sign):
    """The line with a colon and a blank for a sign at or behind the column."""
    at = line.index(sign, start)
    return line[:at].rstrip() + ": " + line[at + len(sign):].lstrip()


def with_blank_behind_colon(line, start):
    at = line.index(":", start)
    return line[:at + 1] + " " + line[at + 1:].lstrip("\u00a0")


def with_colon_behind(line, start):
    dash = re.match(r"(- +)*", line[start:])[0]
    word, rest = words_of(line, start + len(dash))
    return line[:start] + dash + word + ":" + rest


# Hints about one line: how it is changed when they are followed.
EDITS = ((r'write a colon behind "\w+"( if it is a key, .*)?', with_colon_behind),
         (r'write "[A-Za-z]\w*:"', with_colon_behind),
         (r"write a blank behind the colon", with_blank_behind_colon),
         (r'write "- " before it( if .*)?', lambda line, start: line[:start] + "- " + line[start:]),
         (r'write "- \S+"', lambda line, start: line[:start] + "- " + line[start + 1:]),
         (r'write ":" and a blank in its place', lambda line, start: with_sign_replaced(line, start, line[start])),
         (r'write ":" and a blank in the place of the "="', lambda line, start: with_sign_replaced(line, start, "=")),
         (r'write ":" and a blank in the place of the full-width colon', lambda line, start: with_sign_replaced(line, start, "\uff1a")),
         (r"write a blank in its place", lambda line, start: line[:start + 1].rstrip("\u00a0") + " " + line[start + 1:].lstrip("\u00a0")),
         (r'write "#" in its place', lambda line, start: line[:start] + "#" + line[start + 2:]),
         (r'remove its dash to make it a key, like .*', lambda line, start: line[:start] + line[start + 2:]),
         (r'write a dash before it, in column \d+ like that of line \d+', lambda line, start: line[:start - 2] + "- " + line[start:]),
         (r'write "-" in its place', lambda line, start: line[:start] + "-" + re.sub(r"^\\S+", "", line[start:])),
         (r"indent with blanks", lambda line, start: line.replace("\u00a0", " ").replace("\t", "  ")))


def moved(lines, row, column):
    """A line, and what is indented below it, that start in another column."""
    depth = len(lines[row]) - len(lines[row].lstrip(" "))
    result = list(lines)
    for index in range(row, len(lines)):
        indentation = len(lines[index]) - len(lines[index].lstrip(" "))
        if index > row and lines[index].strip() and indentation <= depth:
            break
        result[index] = " " * max(0, indentation + column - depth) + lines[index].lstrip(" ") if lines[index].strip() else ""
    return result


class Fix:
    """A hint that says exactly what to write."""

    REPLACEMENTS = (r'^did you mean "([^"]+)"\?', r'^write ([^\s"]+)$', r'^write "([^":]+)"$', r'^write ([0-9]+)(?:, or|: )', r'^write "([^"]+)" without brackets and dash$', r'^write ([^\s"]+) without brackets and dash$',
                    r'^write it as a list: (\[.*\])$')
    WORDS = {"it", "mode:", "lowerDirs"}

    def __init__(self, hint):
        self.hint = hint
        self.replacement = next((match[1] for match in (re.search(pattern, hint) for pattern in self.REPLACEMENTS) if match), None)
        self.feature = (re.fullmatch(r'add "- ([a-z-]+)" to previewFeatures in this file', hint) or [None, None])[1]
        self.edit = next((edit for pattern, edit in EDITS if re.fullmatch(pattern, hint)), None)
        self.column = (re.match(r"start it in column (\d+)", hint) or [None, None])[1]
        if self.replacement in self.WORDS or self.edit or (self.replacement or "").startswith("- "):
            self.replacement = None

    def is_mechanical(self):
        return self.replacement is not None or self.edit is not None or self.column is not None or self.feature is not None or self.hint in ("remove the quotes", "start it with \"/\"")

    def apply(self, lines, place):
        if self.feature is not None:
            return self.list_feature(lines)
        row, start = place["line"] - 1, place["column"] - 1
        line = lines[row]
        if self.edit is not None:
            return lines[:row] + [self.edit(line, start)] + lines[row + 1:]
        if self.column is not None:
            return moved(lines, row, int(self.column) - 1)
        if line[start] in "[{" or line[start] == "-":
            closing = start + 2 if line[start:start + 2] == "{}" else line.rindex("]") + 1 if line[start] == "[" else len(line)
            end = closing
        else:
            end = scalar_end(line, start)
        old = line[start:end]
        new = self.replacement
        if self.hint == "remove the quotes":
            new = old[1:-1]
        elif new is None:
            new = old[:1] + "/" + old[1:] if is_quoted(old) else "/" + old
        return lines[:row] + [line[:start] + new + line[end:]] + lines[row + 1:]

    def list_feature(self, lines):
        for row, line in enumerate(lines):
            if re.match(r"previewFeatures: *\[", line):
                return lines[:row] + [line.replace("[", f"[{self.feature}, ")] + lines[row + 1:]
            if re.match(r"previewFeatures: *$", line):
                return lines[:row + 1] + [f"- {self.feature}"] + lines[row + 1:]
        return [f"previewFeatures: [{self.feature}]"] + lines


class Followed(TestCase):
    def cases_in(self, scratch):
        """Names of golden cases that are image configs, each copied to a directory of its own."""
        names = [case.name for case in sorted(GOLDEN.iterdir()) if not case.name.startswith("release-") or case.name == "release-blank"]
        for name in names:
            shutil.copytree(GOLDEN / name, scratch / name)
        return names

    def said_about(self, files, scratch):
        """Diagnostics by file, of one run for all of them."""
        said, result = diagnostics_of(files, scratch)
        self.assertIn(result.returncode, (0, 2), result.stderr)
        found = {}
        for each in said:
            found.setdefault(each.get("file"), []).append(each)
        return found

    def test_a_hint_that_says_what_to_write_is_right_when_it_is_followed(self):
        scratch = self.scratch()
        names = self.cases_in(scratch)
        before = self.said_about([f"{name}/input.yaml" for name in names], scratch)
        fixes, kinds = {}, set()
        for name in names:
            for number, each in enumerate(before.get(f"{name}/input.yaml", [])):
                fix = Fix(each["hint"])
                if not fix.is_mechanical() or not each.get("line") or each["severity"] == "warning":
                    continue
                text = (scratch / name / "input.yaml").read_text()
                changed = "\n".join(fix.apply(text.split("\n"), each))
                fixed = f"{name}/fixed-{number}.yaml"
                (scratch / fixed).write_text(changed)
                fixes[fixed] = (each, changed)
                kinds.add(re.sub(r'"[^"]*"|\d+', "X", each["hint"]))
        after = self.said_about(list(fixes), scratch)
        for fixed, (each, changed) in fixes.items():
            left = [other["message"] for other in after.get(fixed, []) if other["severity"] == "error"]
            self.assertNotIn(each["message"], left, f"{fixed}: {each['hint']}\n{changed}")
        print(f"{len(fixes)} hints followed, of {len(kinds)} kinds")
        self.assertGreaterEqual(len(fixes), 140)


class Language:
    """What there is: keys, their paths and words, from the schema."""

    def __init__(self, schema):
        self.paths, self.names, self.words = set(), set(), set()
        self.walk(schema, "")

    def walk(self, schema, path):
        for name, value in schema.get("properties", {}).items():
            place = f"{path}.{name}" if path else name
            self.paths.add(place)
            self.names.add(name)
            self.walk(value, place)
        for form in schema.get("anyOf", []):
            self.walk(form, path)
        for name in ("items", "additionalProperties"):
            if isinstance(schema.get(name), dict):
                self.walk(schema[name], path)
        self.words.update(word for word in schema.get("enum", []) if isinstance(word, str))
        if path == "":
            self.roots = {place for place in self.paths if "." not in place}

    def has_path(self, text):
        return re.sub(r"\[\]|\.\*", "", text) in self.paths


def language_of(test):
    return Language(json.loads(test.run_program("schema").stdout))


def dotted(text):
    """Words that look like paths of keys: os.packages.install."""
    return [re.sub(r"\[\]", "", word) for word in re.findall(r"(?<![\w./@-])[a-z][A-Za-z]*(?:\[\])?(?:\.[a-z][A-Za-z]*(?:\[\])?)+(?![\w/-])", text)]


class Names(TestCase):
    """How hints and pages are looked up."""

    def setUp(self):
        self.language = language_of(self)

    def check_paths(self, text, place):
        for word in dotted(text):
            if word.split(".")[0] in self.language.roots:
                self.assertTrue(self.language.has_path(word), f"{word} in {place}")

    def check_hint(self, hint, text):
        self.check_paths(hint, hint)
        for quoted in re.findall(r'did you mean "((?:[^"\\]|\\.)+)"', hint):
            name = re.sub(r"\\(.)", r"\1", quoted)
            written = re.sub(r"\s", "", name) in re.sub(r"\s", "", text) or quoted in text
            self.assertTrue(name in self.language.names or name in self.language.words or written, hint)
        listed = re.match(r"(?:keys here|its keys) are (.*)", hint)
        for name in listed[1].split(", ") if listed else []:
            self.assertTrue(name == "..." or name in self.language.names or name in ("packages", "_comment", "aarch64", "x86_64", "injectFiles", "partition"), hint)
        for place in re.findall(r'"([^"]+)"', hint.partition(" belongs under ")[2]):
            known = self.language.has_path(place) or (hint.endswith(" of it") and any(
                path.endswith("." + re.sub(r"\[\]", "", place)) for path in self.language.paths))
            self.assertTrue(known, hint)
        for name in re.findall(r'^add "([A-Za-z]+):', hint):
            self.assertIn(name, self.language.names, hint)


class Named(Names):
    def test_what_hints_of_golden_configs_name_is_there(self):
        count = 0
        for path in sorted(GOLDEN.glob("*/expected.txt")):
            if path.parent.name.startswith("release-"):
                continue
            text = (path.parent / "input.yaml").read_text(errors="replace")
            for hint in re.findall(r"^ *hint: (.*)$", path.read_text(), re.MULTILINE):
                self.check_hint(hint, text)
                count += 1
        self.assertGreater(count, 250)

    def test_what_pages_of_errors_name_is_there(self):
        scratch = self.scratch()
        for path in sorted((TOP / "docs/errors").glob("*.md")):
            self.check_paths(path.read_text(), path.name)
            for block in re.findall(r"^```yaml\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL):
                (scratch / "node.yaml").write_text(block)
                said, _ = diagnostics_of(["node.yaml"], scratch)
                self.assertEqual([each["message"] for each in said if each["code"] in ("config.unknown-key", "yaml.syntax")], [], path)

    def test_every_value_of_a_wrong_kind_has_a_hint(self):
        for path in sorted(GOLDEN.glob("*/expected.txt")):
            for said in re.split(r"(?m)^(?=\S)", path.read_text()):
                if "[config.wrong-type]" in said or "[config.unknown-key]" in said:
                    self.assertIn("hint: ", said, path)


class Mutator:
    """Changes that hands, editors and tools make."""

    TOKENS = ["", "null", "~", "[]", "{}", "[", "]", "{", "}", "-", "- ", ": ", ":", "'", '"', "#", "&a", "*a", "!!str", "!x ", "|", ">", "%", "@", "?", "...", "---",
              "yes", "0", "-1", "1e3", "4g", "99999999999999999999", "\t", "\r", "\u00e4", "\u2028", "\ufeff", "\x00", "<<", "/", "..", "true", "$x", "a" * 300]

    def __init__(self, seed):
        self.random = random.Random(seed)

    def mutate(self, text):
        for _ in range(self.random.choice((1, 1, 1, 2, 5))):
            text = getattr(self, self.random.choice(self.KINDS))(text)
        return text

    def at(self, text):
        return self.random.randrange(len(text) + 1)

    def lines(self, text):
        lines = text.split("\n")
        return lines, self.random.randrange(len(lines))

    def insert(self, text):
        at = self.at(text)
        return text[:at] + self.random.choice(self.TOKENS) + text[at:]

    def delete(self, text):
        at = self.at(text)
        return text[:at] + text[at + self.random.choice((1, 1, 2, 10)):]

    def truncate(self, text):
        return text[:self.at(text)]

    def drop_line(self, text):
        lines, row = self.lines(text)
        return "\n".join(lines[:row] + lines[row + 1:])

    def double_line(self, text):
        lines, row = self.lines(text)
        return "\n".join(lines[:row] + [lines[row]] + lines[row:])

    def move_line(self, text):
        lines, row = self.lines(text)
        line = lines.pop(row)
        lines.insert(self.random.randrange(len(lines) + 1), line)
        return "\n".join(lines)

    def indent(self, text):
        lines, row = self.lines(text)
        lines[row] = self.random.choice(("  ", " ", "\t")) + lines[row] if self.random.random() < 0.5 else lines[row][1:]
        return "\n".join(lines)

    def value(self, text):
        lines, row = self.lines(text)
        lines[row] = re.sub(r"(: |- ).*", lambda match: match[1] + self.random.choice(self.TOKENS), lines[row])
        return "\n".join(lines)

    def key(self, text):
        lines, row = self.lines(text)
        lines[row] = re.sub(r"([A-Za-z]+):", lambda match: self.misspell(match[1]) + ":", lines[row], count=1)
        return "\n".join(lines)

    def misspell(self, word):
        at = self.random.randrange(len(word))
        return self.random.choice((word[:at] + word[at + 1:], word.lower(), word.upper(), word[:at] + "x" + word[at:], word + "s", word[::-1]))

    def colon(self, text):
        lines, row = self.lines(text)
        lines[row] = lines[row].replace(":", "", 1)
        return "\n".join(lines)

    KINDS = ["insert", "delete", "truncate", "drop_line", "double_line", "move_line", "indent", "value", "key", "key", "colon"]


class Mutations(Names):
    COUNT = int(os.environ.get("IMAGEWRIGHT_MUTATIONS", "10000"))

    def test_mutated_configs_are_judged_and_hints_name_what_there_is(self):
        samples = [path.read_text() for path in sorted(require_shared_data("azure-configs").rglob("*.yaml"))]
        samples += [path.read_text() for path in sorted((TOP / "configs").rglob("*.yaml")) if path.parent.name != "releases"]
        mutator = Mutator(20)
        scratch = self.scratch()
        chunk = 250
        wrong = 0
        for start in range(0, self.COUNT, chunk):
            texts = {}
            for number in range(start, min(start + chunk, self.COUNT)):
                name = f"{number}.yaml"
                texts[name] = mutator.mutate(samples[mutator.random.randrange(len(samples))])
                (scratch / name).write_text(texts[name], newline="")
            said, result = diagnostics_of(list(texts), scratch)
            if said is None or result.returncode not in (0, 2):
                self.find_culprit(texts, scratch)
            for each in said:
                wrong += each["severity"] == "error"
                text = texts.get(each.get("file", ""), "")
                self.check_hint(each["hint"], text + " ".join(texts))
                self.assertNotEqual(each["code"], "cli.bug")
                if each["code"] in ("config.wrong-type", "config.unknown-key", "yaml.syntax"):
                    self.assertTrue(each["hint"], each)
                if "line" in each:
                    self.assertLessEqual(each["line"], len(re.split(r"\r\n|\n|\r", text)), each)
            for name in texts:
                (scratch / name).unlink()
        print(f"{self.COUNT} mutated configs, {wrong} mistakes told")
        self.assertGreater(wrong, self.COUNT / 2)

    def find_culprit(self, texts, scratch):
        for name, text in texts.items():
            said, result = diagnostics_of([name], scratch)
            self.assertIsNotNone(said, result.stderr + text)
            self.assertIn(result.returncode, (0, 2), result.stderr + text)
        self.fail("only together")


if __name__ == "__main__":
    unittest.main(verbosity=2)
