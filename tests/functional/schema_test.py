# SPDX-License-Identifier: MIT
"""The JSON Schema against `validate`: what one takes the other takes, and most of what it refuses."""

import json
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import PROGRAM, TOP, TestCase, require_module, require_shared_data  # noqa: E402

GOLDEN = TOP / "tests/golden"

# Tag, spelling and first characters of the core schema of YAML 1.2, as editors read it.
CORE = (("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
        ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
        ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", "-+0123456789."),
        ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("merge", r"<<", "<"))


def whole_number(loader, node):
    text = loader.construct_scalar(node)
    for prefix, base in (("0o", 8), ("0x", 16)):
        if text.startswith(prefix):
            return int(text[2:], base)
    return int(text.replace("_", ""))


def reader():
    yaml = require_module("yaml")

    class Reader(yaml.SafeLoader):
        """YAML 1.2, with an error for a key that stands twice."""

        def construct_mapping(self, node, deep=False):
            keys = [each.value for each, _ in node.value if each.tag != "tag:yaml.org,2002:merge"]
            if len(set(map(str, keys))) != len(keys):
                raise yaml.YAMLError("a key stands twice")
            return super().construct_mapping(node, deep)

    Reader.yaml_implicit_resolvers = {}
    for tag, pattern, first in CORE:
        Reader.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(f"^(?:{pattern})$"), list(first))
    Reader.add_constructor("tag:yaml.org,2002:int", whole_number)
    Reader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(loader.construct_scalar(node)))
    return yaml, Reader


class Schema(TestCase):
    def setUp(self):
        jsonschema = require_module("jsonschema")
        self.schema = json.loads(self.run_program("schema").stdout)
        jsonschema.Draft202012Validator.check_schema(self.schema)
        self.validator = jsonschema.Draft202012Validator(self.schema)
        self.yaml, self.reader = reader()

    def problems(self, path):
        try:
            document = self.yaml.load(path.read_bytes(), Loader=self.reader)
        except (self.yaml.YAMLError, ValueError) as error:
            return ["no YAML: " + str(error)]
        return [error.message for error in self.validator.iter_errors(document)]

    def test_accepts_every_golden_config_that_is_valid(self):
        paths = sorted((GOLDEN / "config-valid").glob("*/*.yaml"))
        self.assertGreater(len(paths), 300)
        # PyYAML reads no such keys.
        beyond_the_reader = {GOLDEN / "config-valid/yaml-key-over-two-lines/input.yaml"}
        for path in paths:
            if path.name in ("input.yaml", "canonical.yaml") and path not in beyond_the_reader:
                self.assertEqual(self.problems(path), [], path)

    def test_lists_of_files_to_put_back_have_a_schema_that_agrees_with_validate(self):
        jsonschema = require_module("jsonschema")
        schema = json.loads(self.run_program("schema", "--inject-files").stdout)
        jsonschema.Draft202012Validator.check_schema(schema)
        self.validator = jsonschema.Draft202012Validator(schema)
        paths = sorted((GOLDEN / "inject-files").glob("*/inject-files.yaml"))
        self.assertGreater(len(paths), 40)
        # That ".." leads to the top of the partition is no matter of a pattern.
        beyond_the_schema = {"destination-leads-to-top"}
        for path in paths:
            name = path.parent.name
            is_good = self.run_program("validate", "--no-file-checks", path, expect=None).returncode == 0
            self.assertEqual(is_good, name.startswith("valid-") or name == "two-at-one-place", name)
            if name not in beyond_the_schema:
                self.assertEqual(is_good, self.problems(path) == [], (name, self.problems(path)))

    def test_catches_most_of_what_is_wrong_in_one_file(self):
        wrong, by_schema, by_reader, missed = 0, 0, 0, []
        for path in sorted((GOLDEN / "config").glob("*/input.yaml")):
            said = (path.parent / "expected.txt").read_text()
            name = path.parent.name
            if name.startswith("release-") and name != "release-blank":
                continue
            problems = self.problems(path)
            if ": error:" not in said:
                self.assertEqual(problems, [], path)
                continue
            wrong += 1
            by_reader += bool(problems) and problems[0].startswith("no YAML")
            by_schema += bool(problems) and not problems[0].startswith("no YAML")
            missed += [] if problems else [name]
        print(f"of {wrong} wrong configs the schema refuses {by_schema}, and a reader of YAML {by_reader}; missed: {' '.join(missed)}")
        self.assertGreaterEqual(by_schema + by_reader, 200)
        self.assertGreaterEqual((by_schema + by_reader) / wrong, 0.8)

    def test_catches_every_wrong_config_with_only_one_unknown_word_key_or_kind(self):
        for path in sorted((GOLDEN / "config").glob("*/input.yaml")):
            errors = re.findall(r"^(\S+?):.*error: .* \[([a-z.-]+)\]$", (path.parent / "expected.txt").read_text(), re.MULTILINE)
            codes = {code for file, code in errors}
            if path.parent.name.startswith("release-") or not codes or {file for file, code in errors} != {"input.yaml"}:
                continue
            if codes <= {"config.unknown-key", "config.preview-feature"}:
                self.assertNotEqual(self.problems(path), [], path)

    def test_accepts_what_others_wrote_and_validate_accepts(self):
        samples = require_shared_data("azure-configs")
        count = 0
        for path in sorted(samples.rglob("*.yaml")):
            result = self.run_program("validate", "--no-file-checks", path, expect=None)
            if result.returncode == 0:
                self.assertEqual(self.problems(path), [], path)
                count += 1
        self.assertGreater(count, 100)

    def keys_of(self, schema, path=""):
        for name, value in schema.get("properties", {}).items():
            yield path + "." + name, value
            yield from self.keys_of(value, path + "." + name)
        for part in schema.get("anyOf", []) + [schema[name] for name in ("items", "additionalProperties") if isinstance(schema.get(name), dict)]:
            yield from self.keys_of(part, path)

    def test_every_key_has_a_text_and_every_word_a_meaning(self):
        count = 0
        for path, key in self.keys_of(self.schema):
            self.assertTrue(key.get("description"), path)
            for form in [key] + key.get("anyOf", []):
                if "enum" in form:
                    self.assertEqual(len(form["enum"]), len(form["enumDescriptions"]), path)
                    self.assertTrue(all(form["enumDescriptions"]), path)
                if "pattern" in form and "boolean" not in form["type"]:
                    self.assertTrue(form.get("patternErrorMessage", "").startswith("Write "), path)
            count += 1
        self.assertGreater(count, 200)

    def test_every_example_and_default_fits(self):
        jsonschema = require_module("jsonschema")
        count = 0
        for path, key in self.keys_of(self.schema):
            for value in key.get("examples", []) + ([key["default"]] if "default" in key else []):
                self.assertEqual([error.message for error in jsonschema.Draft202012Validator(key).iter_errors(value)], [], path)
                count += 1
        self.assertGreater(count, 40)


if __name__ == "__main__":
    unittest.main(verbosity=2)
