# SPDX-License-Identifier: MIT
"""The Terraform files, read by HashiCorp's own parser (npm), against the provider's types and against each other."""

import json
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import TOP, TestCase, require_npm_packages, require_program  # noqa: E402

TERRAFORM = TOP / "toolkit/terraform"
TABLE = Path(__file__).parent / "data/azurerm-4.55-names.json"
# What every resource and module may have beside its own.
META = {"lifecycle", "for_each", "count", "depends_on", "provider", "providers", "source", "version"}
PARSE = """
const {parse} = require('@cdktf/hcl2json'), fs = require('fs');
(async () => {
  const read = {};
  for (const file of process.argv.slice(2)) read[file] = await parse(file, fs.readFileSync(file, 'utf8'));
  console.log(JSON.stringify(read));
})().catch(error => { console.error(String(error)); process.exit(1); });
"""


def parse(files, scratch):
    require_program("node")
    modules = require_npm_packages("@cdktf/hcl2json@0.21.0")
    script = scratch / "parse.js"
    script.write_text(PARSE)
    read = subprocess.run(["node", script, *files], env={"NODE_PATH": str(modules), "PATH": "/usr/local/bin:/usr/bin:/bin"}, capture_output=True, text=True)
    if read.returncode != 0:
        raise AssertionError(read.stderr)
    return json.loads(read.stdout)


def merged(one, other):
    """Of two files of one directory."""
    return {key: merged(one.get(key, {}), other.get(key, {})) if isinstance(one.get(key, {}), dict) and isinstance(other.get(key, {}), dict)
            else one.get(key, []) + other.get(key, []) for key in one.keys() | other.keys()}


def mistakes_in_block(content, types, where):
    """A block as the parser gives it: blocks in it are lists, whatever the number."""
    found = []
    given = {}
    for name, value in content.items():
        if name == "dynamic":
            given |= {block: row["content"][0] for block, rows in value.items() for row in rows}
        elif name not in META:
            given[name] = value
    for name, value in given.items():
        if name not in types or name in ("", "exports"):
            found.append(f"{where}: the provider knows no {name}")
        elif isinstance(types[name], dict):
            for row in value if isinstance(value, list) else [value]:
                found += mistakes_in_block(row, types[name], f"{where}.{name}")
    needed = {name for name, need in types.items() if name not in ("", "exports") and (need if isinstance(need, str) else need[""]) == "required"}
    return found + [f"{where}: {name} is missing" for name in sorted(needed - given.keys())]


def mistakes_in_references(directory, directories, types):
    """What an expression names has to be there."""
    content = directories[directory]
    text = json.dumps(content)
    found = [f"{directory}: no variable {name}" for name in sorted(set(re.findall(r"\bvar\.(\w+)", text)) - content.get("variable", {}).keys())]
    found += [f"{directory}: no local {name}" for name in sorted(set(re.findall(r"\blocal\.(\w+)", text)) - {each for row in content.get("locals", []) for each in row})]
    for kind, name, attribute in sorted(set(re.findall(r"\b(azurerm_\w+)\.(\w+)\.(\w+)", text))):
        if name not in content["resource"].get(kind, {}):
            found.append(f"{directory}: no {kind}.{name}")
        elif attribute not in types[kind]["exports"] and attribute not in types[kind]:
            found.append(f"{directory}: {kind} gives no {attribute}")
    for name, calls in content.get("module", {}).items():
        called = directories[(directory / calls[0]["source"]).resolve()]
        given = calls[0].keys() - META
        needed = {each for each, rows in called["variable"].items() if "default" not in rows[0]}
        found += [f"{directory}: module {name} takes no {each}" for each in sorted(given - called["variable"].keys())]
        found += [f"{directory}: module {name} needs {each}" for each in sorted(needed - given)]
        used = set(re.findall(rf"\bmodule\.{name}\.(\w+)", text))
        found += [f"{directory}: module {name} gives no {each}" for each in sorted(used - called["output"].keys())]
    return found


class Terraform(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.types = json.loads(TABLE.read_text())

    def read(self, root=TERRAFORM):
        directories = {}
        for file, content in parse(sorted(root.rglob("*.tf")), self.scratch()).items():
            directory = Path(file).resolve().parent
            directories[directory] = merged(directories.get(directory, {}), content)
        return directories

    def mistakes(self, directories):
        found = []
        for directory, content in directories.items():
            for kind, resources in content["resource"].items():
                for name, rows in resources.items():
                    found += mistakes_in_block(rows[0], self.types[kind], f"{kind}.{name}")
            found += mistakes_in_references(directory, directories, self.types)
        return found

    def test_what_is_written_is_in_the_provider_and_what_it_needs_is_written(self):
        directories = self.read()
        self.assertEqual(self.mistakes(directories), [])
        self.assertEqual({path.name for path in directories}, {"azure-image", "scale-set", "aks"})
        for content in directories.values():
            self.assertIn("required_version", content["terraform"][0])
            self.assertIn("azurerm", content["terraform"][0]["required_providers"][0])

    def test_every_mistake_is_found(self):
        rows = (('type                   = "Page"', 'kind                   = "Page"', ["no kind", "type is missing"]),
                ("identifier {", "identity {", ["no identity", "identifier is missing"]),
                ("sku       = var.identifier.sku", "", ["sku is missing"]),
                ("regional_replica_count = target_region.value", "replica_count = target_region.value", ["no replica_count", "regional_replica_count is missing"]),
                ("azurerm_storage_blob.image.url", "azurerm_storage_blob.image.address", ["gives no address"]),
                ("azurerm_storage_blob.image.url", "azurerm_storage_blob.other.url", ["no azurerm_storage_blob.other"]),
                ("var.image_file", "var.file", ["no variable file"]),
                ("azurerm_shared_image_version.image.id", "azurerm_shared_image_version.image.identifier", ["gives no identifier"]),
                ("module.image.image_version_id", "module.image.version", ["gives no version"]),
                ("  gallery_name           = azurerm_shared_image_gallery.images.name\n", "", ["needs gallery_name"]),
                ("image_name         = var.image_name", "image_name         = var.image_name\n  colour = 1", ["takes no colour"]))
        for before, after, expected in rows:
            with self.subTest(after=after):
                copy = self.scratch() / "terraform"
                for file in TERRAFORM.rglob("*.tf"):
                    target = copy / file.relative_to(TERRAFORM)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text(file.read_text().replace(before, after))
                found = "\n".join(self.mistakes(self.read(copy)))
                for words in expected:
                    self.assertIn(words, found)

    def test_no_file_but_that_of_the_manifest_is_published(self):
        image = self.read()[TERRAFORM / "azure-image"]["resource"]["azurerm_storage_blob"]["image"][0]
        conditions = [row["condition"] for row in image["lifecycle"][0]["precondition"]]
        self.assertEqual(conditions, ["${filesha256(var.image_file) == var.image_sha256}"])
        self.assertEqual((image["source"], image["type"]), ("${var.image_file}", "Page"))

    def test_whoever_follows_an_example_is_asked_for_what_nobody_else_knows(self):
        written = json.loads(self.run_program("export", "terraform", TOP / "tests/functional/data/small.manifest.json").stdout)
        for directory, content in self.read().items():
            if directory.parent.name != "examples":
                continue
            open_ones = {name for name, rows in content.get("variable", {}).items() if "default" not in rows[0]} - written.keys()
            self.assertLessEqual(open_ones, {"ssh_public_key"}, directory)


if __name__ == "__main__":
    unittest.main()
