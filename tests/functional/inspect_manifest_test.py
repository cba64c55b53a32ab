# SPDX-License-Identifier: MIT
"""What a manifest says of an image, in the words in which the image itself is described."""

import json
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from sibling_images import SiblingTestCase  # noqa: E402

CONFIG = "os: {hostname: x, packages: {install: [tiny-web]}, services: {enable: [web]}}\n"


class Manifests(SiblingTestCase):
    def setUp(self):
        out = self.image(CONFIG, ("raw",)).out
        self.disk, self.manifest = next(out.glob("*.raw")), next(out.glob("*.manifest.json"))

    def inspect(self, *words):
        return json.loads(self.run_program("inspect", *words, "--json").stdout)

    def test_it_agrees_with_the_image(self):
        image, manifest = self.inspect(self.disk), self.inspect(self.manifest)
        self.assertEqual(manifest["format"], "manifest")
        self.assertEqual(manifest["disk"]["uuid"], image["disk"]["uuid"])
        self.assertGreater(len(manifest["disk"]["partitions"]), 1)
        for of_manifest, of_image in zip(manifest["disk"]["partitions"], image["disk"]["partitions"], strict=True):
            for key in ("number", "label", "type", "uuid", "start", "size"):
                self.assertEqual(of_manifest[key], of_image[key], key)
            self.assertEqual(of_manifest["filesystem"]["mountPoint"], of_image["filesystem"]["mountPoint"])
        for key in ("kernels", "kernelCommandLine"):
            self.assertEqual(manifest["system"][key], image["system"][key])
        self.assertIn("web.service", manifest["system"]["enabledUnits"])
        # Keys are packages to the image's database alone.
        named = sorted(package["name"] for package in image["packages"] if package["name"] != "gpg-pubkey")
        self.assertEqual(sorted(package["name"] for package in manifest["packages"]), named)

    def test_people_read_the_same(self):
        text = self.run_program("inspect", self.manifest).stdout
        for words in (self.disk.name, "tiny-web-1-1.x86_64", "kernel command line", "/boot/efi", "enabled units"):
            self.assertIn(words, text)
        self.assertNotIn("/usr/bin", text)
        listed = self.run_program("inspect", self.manifest, "--files").stdout
        self.assertTrue(listed.startswith(text))
        self.assertRegex(listed, r"\n  /etc/passwd file 0644 0:0")
        self.assertIn("/etc/passwd", self.inspect(self.manifest, "--files")["files"])

    def test_controls_in_a_manifest_do_not_reach_the_terminal(self):
        place = self.scratch() / "hostile.manifest.json"
        document = json.loads(self.manifest.read_text())
        document["kernelCommandLine"] = "quiet \x1b]0;owned\x07"
        document["packages"][0]["name"] = "bash\x1b[2J"
        place.write_text(json.dumps(document))
        text = self.run_program("inspect", place).stdout
        self.assertIsNone(re.search("[\x00-\x09\x0b-\x1f\x7f]", text))
        self.assertIn("owned", text)

    def test_a_format_that_is_given_makes_it_no_image(self):
        result = self.run_program("inspect", self.manifest, "--input-format", "qcow2", expect=2)
        self.assertIn("hint: ", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
