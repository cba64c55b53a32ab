# SPDX-License-Identifier: MIT
"""The names of outputs: none takes the place of what it is made from, and none says another format than it has."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from customizing import CustomizingTestCase, digest  # noqa: E402
from imagewright_testing import environment  # noqa: E402
from sibling_images import SiblingTestCase  # noqa: E402

OS = "os: {packages: {install: [tiny-web]}, additionalFiles: [{source: motd, destination: /etc/motd}]}\n"


class NamesOfOutputs(SiblingTestCase):
    def written(self, image):
        """A config whose image is described by these keys."""
        path = self.config(OS, formats=())
        (path.parent / "motd").write_text("hello\n")
        text = path.read_text()
        path.write_text(text[:text.index("output:")] + f"output: {{name: node, {image}}}\n" if "output:" in text else text + f"output: {{name: node, {image}}}\n")
        return path

    def refused(self, image, code, *words):
        path = self.written(image)
        before = {each.name: each.read_bytes() for each in path.parent.iterdir() if each.is_file()}
        built = self.run_on("build", path, "--progress", "none")
        self.assert_refused(built, code, *words)
        after = {each.name: each.read_bytes() for each in path.parent.iterdir() if each.is_file()}
        self.assertEqual(after, before, "an input was replaced, or something is left")

    def test_no_output_takes_the_place_of_an_input(self):
        config = self.written("image: {path: node.tar, format: tar}").name
        for name in (config, "motd", "./motd", "nowhere/../motd"):
            with self.subTest(name):
                self.refused(f"image: {{path: {name}, format: tar}}", "fs.output-is-input")

    def test_the_same_file_by_another_name(self):
        path = self.written("image: {path: linked.tar, format: tar}")
        (path.parent / "linked.tar").hardlink_to(path.parent / "motd")
        built = self.run_on("build", path, "--progress", "none")
        self.assert_refused(built, "fs.output-is-input")
        self.assertEqual((path.parent / "motd").read_text(), "hello\n")

    def test_names_of_what_is_written_beside(self):
        for name in ("SHA256SUMS", "node-x86_64.manifest.json", "node-x86_64.spdx.json", "node-x86_64.cdx.json", "node-x86_64.report.json", "node-x86_64.report.html"):
            with self.subTest(name):
                self.refused(f"image: {{path: made/{name}, format: tar}}", "pipeline.bad-output-name", name)

    def test_a_name_of_another_format(self):
        for image, words in (("image: {path: made/disk.raw}", ("qcow2", "output.image.format")), ("image: {path: made/disk.vhd}", ("qcow2", "vhd-fixed")),
                             ("image: {path: made/disk.img}", ("qcow2", "raw")), ("image: {path: made/disk.qcow2, format: raw}", ("raw", "qcow2")),
                             ("image: {path: made/disk.raw, format: vhdx}", ("vhdx",)),
                             ("image: {path: made/disk.raw, format: raw}, images: [{format: qcow2}]", ("qcow2",))):
            with self.subTest(image):
                self.refused(image, "pipeline.bad-output-name", *words)

    def test_names_that_say_nothing_else(self):
        for image in ("image: {path: made/root, format: tar}", "image: {path: made/root.backup, format: tar}", "image: {path: made/root.tar.zst, format: tar}"):
            with self.subTest(image):
                built = self.run_on("build", self.written(image), "--progress", "none")
                self.assertEqual(built.code, 0, built.said)


class CustomizedBesideItsBase(CustomizingTestCase):
    def test_the_base_is_not_replaced(self):
        config = self.config("os: {additionalFiles: [{destination: /etc/new, content: new}]}\n")
        base = config.parent / "out" / f"{config.stem}-x86_64.raw"
        base.parent.mkdir()
        base.write_bytes(self.base().read_bytes())
        before = digest(base.read_bytes())
        said = self.run_program("customize", "--image", base, config, "--output-dir", base.parent, "--cache-dir", self.top / "cache",
                                expect=2, env=environment()).stderr
        self.assertIn("[fs.output-is-input]", said)
        self.assertEqual(digest(base.read_bytes()), before)
        self.assertEqual([each.name for each in base.parent.iterdir()], [base.name])


if __name__ == "__main__":
    unittest.main(verbosity=2)
