# SPDX-License-Identifier: MIT
"""`imagewright export`: what it writes is held against other people's checkers where they are here, and against the module that reads it."""

import json
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import TOP, TestCase  # noqa: E402

TERRAFORM = TOP / "toolkit/terraform"
NAMES = json.loads((Path(__file__).parent / "data/azurerm-4.55-names.json").read_text())
META = {"lifecycle", "dynamic", "for_each", "count", "depends_on", "provider"}


class Blocks:
    """Blocks and attributes of a Terraform file, as far as our own style needs."""

    def __init__(self, text):
        self.resources = []
        stack = []
        text = re.sub(r"#.*", "", text)
        for line in text.splitlines():
            opened = re.match(r'\s*(\w+)((?:\s+"[^"]*")*)\s*\{\s*$', line)
            attribute = re.match(r"\s*(\w+)\s*=", line)
            if opened:
                labels = re.findall(r'"([^"]*)"', opened.group(2))
                stack.append((opened.group(1), labels))
            elif attribute:
                self.note(stack, attribute.group(1))
                stack += [("=", [])] * (line.count("{") - line.count("}"))
                continue
            elif line.strip() in ("}", "})"):
                stack.pop()
                continue
            if opened:
                self.note(stack[:-1], opened.group(1), stack[-1])

    def note(self, stack, name, block=None):
        if not stack or stack[0][0] != "resource" or any(kind == "=" for kind, _ in stack):
            return
        path = []
        for kind, labels in stack[1:]:
            if kind == "dynamic":
                path.append(labels[0])
            elif kind != "content":
                path.append(kind)
        if path and path[0] in META:
            return
        if block and block[0] == "dynamic":
            name = block[1][0]
        if name not in META and name != "content":
            self.resources.append((stack[0][1][0], path, name))


class Export(TestCase):
    def manifest_file(self):
        # The manifest of a real build has more; what is read is checked by the reader.
        result = self.scratch() / "node-x86_64.manifest.json"
        source = sorted((TOP / "tests/functional/data").glob("small.manifest.json"))
        result.write_text(source[0].read_text())
        return result

    def export(self, *arguments, expect=0):
        return self.run_program("export", *arguments, expect=expect)

    def test_a_domain_is_one_that_libvirt_knows(self):
        if shutil.which("virt-xml-validate") is None:
            self.skipTest("virt-xml-validate of libvirt-clients is not here")
        for arguments in ([], ["--secure-boot"], ["--hypervisor", "qemu", "--name", "a&b <c>'\"", "--memory", "512", "--processors", "7"]):
            text = self.export("libvirt", self.manifest_file(), *arguments).stdout
            path = self.scratch() / "domain.xml"
            path.write_text(text)
            checked = subprocess.run(["virt-xml-validate", path, "domain"], capture_output=True, text=True)
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr + text)

    def test_the_same_manifest_gives_the_same_text(self):
        path = self.manifest_file()
        for kind in ("libvirt", "hyperv", "terraform"):
            self.assertEqual(self.export(kind, path).stdout, self.export(kind, path).stdout)

    def test_every_variable_that_is_written_is_one_of_the_module(self):
        written = json.loads(self.export("terraform", self.manifest_file()).stdout)
        for variables in (TERRAFORM / "azure-image/variables.tf", TERRAFORM / "examples/scale-set/main.tf"):
            declared = set(re.findall(r'^variable "(\w+)"', variables.read_text(), re.M))
            self.assertLessEqual(set(written), declared, variables)

    def test_every_attribute_of_the_module_exists_in_the_provider(self):
        count = 0
        for path in sorted(TERRAFORM.rglob("*.tf")):
            for resource, outer, name in Blocks(path.read_text()).resources:
                names = NAMES[resource]
                for step in outer:
                    names = names[step]
                self.assertIn(name, names, (path, resource, outer))
                count += 1
        self.assertGreater(count, 60)

    def test_a_bad_version_and_a_missing_manifest_are_errors(self):
        path = self.manifest_file()
        self.assertIn("[handover.bad-version]", self.export("terraform", path, "--image-version", "1.2", expect=2).stderr)
        self.assertIn("[cli.missing-input]", self.export("libvirt", path.parent / "absent.json", expect=2).stderr)


if __name__ == "__main__":
    unittest.main()
