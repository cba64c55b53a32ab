#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Outputs under names of the user's own: none takes the place of what it is made of, and each is what its name says."""

import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from customizing import digest  # noqa: E402
from sibling_images import SiblingTestCase  # noqa: E402

MAGIC = {"qcow2": b"QFI\xfb", "vhdx": b"vhdxfile"}


class OutputFiles(SiblingTestCase):
    def own_config(self, output, text=""):
        """A config whose outputs are told in full."""
        path = self.scratch() / "node.yaml"
        path.write_text(f"release: {self.top}/releases/tiny.yaml\n{text}output: {output}\n")
        return path

    def made(self, output, text="", *arguments):
        path = self.own_config(output, text)
        return path.parent, self.run_on("build", path, "--progress", "none", *arguments)

    def kind_of(self, file):
        with file.open("rb") as image:
            start = image.read(1024)
            image.seek(-512, os.SEEK_END)
            end = image.read(8)
        known = [name for name, magic in MAGIC.items() if start.startswith(magic)]
        return known[0] if known else "vhd-fixed" if end == b"conectix" else "raw" if start[510:520] == b"\x55\xaaEFI PART" else "other"

    def test_the_ending_of_a_name_decides_where_no_format_is_given(self):
        rows = (("a.raw", "raw"), ("b.qcow2", "qcow2"), ("c.vhd", "vhd-fixed"), ("d.vhdx", "vhdx"), ("e.img", "raw"), ("f", "qcow2"), ("G.RAW", "raw"))
        for (name, kind), (place, built) in self.in_parallel(lambda row: self.made(f"{{image: {{path: {row[0]}}}}}"), rows):
            with self.subTest(name=name):
                self.assertEqual((built.code, self.kind_of(place / name)), (0, kind), built.said)
                self.assertNotIn("pipeline.misleading-name", built.said)

    def test_archives_are_known_by_their_names_too(self):
        for name, magic in (("a.tar", b"\x28\xb5\x2f\xfd"), ("b.tar.zst", b"\x28\xb5\x2f\xfd")):
            place, built = self.made(f"{{image: {{path: {name}}}}}")
            self.assertEqual(built.code, 0, built.said)
            self.assertEqual((place / name).read_bytes()[:4], magic)
            self.assertNotIn("pipeline.misleading-name", built.said)

    def test_a_name_that_misleads_is_told(self):
        rows = (("{path: a.raw, format: qcow2}", True), ("{path: a.vhd, format: raw}", True), ("{path: a.vhd, format: vhd}", False),
                ("{path: a.img, format: raw}", False), ("{path: a.bin, format: qcow2}", False), ("{path: a.vhdx, format: wsl-vhdx}", False),
                ("{path: a.tar, format: raw}", True), ("{path: a.tar.zst, format: qcow2}", True), ("{path: a.wsl, format: tar}", True),
                ("{path: a.tar, format: tar}", False), ("{path: a.tar.zst, format: tar}", False))
        for (image, misleads), (_, built) in self.in_parallel(lambda row: self.made(f"{{image: {row[0]}}}"), rows):
            with self.subTest(image=image):
                self.assertEqual("[pipeline.misleading-name]" in built.said, misleads, built.said)

    def test_formats_are_said_once(self):
        for output in ("{image: {path: a.raw, format: raw}, images: [{format: qcow2}]}", "{image: {format: raw}, images: [{format: raw}]}"):
            _, built = self.made(output)
            self.assert_refused(built, "config.conflict", "image.format")
        place, built = self.made("{image: {path: a.bin}, images: [{format: raw}]}")
        self.assertEqual((built.code, self.kind_of(place / "a.bin")), (0, "raw"), built.said)

    def test_an_image_does_not_take_the_name_of_what_stands_beside_it(self):
        for name in ("SHA256SUMS", "node-x86_64.manifest.json", "node-x86_64.report.html"):
            with self.subTest(name=name):
                place, built = self.made(f"{{image: {{path: {name}, format: raw}}}}")
                self.assert_refused(built, "pipeline.output-clash", name)
                self.assertFalse((place / name).exists())

    def test_a_build_does_not_write_over_what_it_reads(self):
        for name, text in (("node.yaml", ""), ("./more/../node.yaml", ""), ("given.txt", "os: {additionalFiles: [{source: given.txt, destination: /etc/x}]}\n")):
            with self.subTest(name=name):
                path = self.own_config(f"{{image: {{path: {name}, format: raw}}}}", text)
                (path.parent / "given.txt").write_text("given")
                before = {each: each.read_bytes() for each in path.parent.iterdir() if each.is_file()}
                built = self.run_on("build", path, "--progress", "none")
                self.assert_refused(built, "pipeline.output-is-input", name.removeprefix("./more/../"))
                self.assertEqual({each: each.read_bytes() for each in path.parent.iterdir() if each.is_file()}, before)

    def test_what_stands_beside_the_image_replaces_no_input(self):
        script = "scripts: {postCustomization: [{content: 'echo x > $IMAGEWRIGHT_FILES/notes'}]}\n"
        for name in ("SHA256SUMS", "node-x86_64.manifest.json", "node-x86_64.report.html", "node-x86_64.files.notes"):
            with self.subTest(name=name):
                path = self.own_config("{scriptFiles: [notes], images: [{format: raw}]}",
                                       f"os: {{additionalFiles: [{{source: {name}, destination: /etc/x}}]}}\n{script}")
                (path.parent / name).write_text("given")
                built = self.run_on("build", path, "--output-dir", path.parent, "--progress", "none")
                self.assertEqual(built.code, 2, built.said)
                self.assertIn("[pipeline.output-is-input]", built.said)
                self.assertEqual((path.parent / name).read_text(), "given")

    def test_a_build_does_not_write_over_its_lock(self):
        path = self.own_config("{images: [{format: raw}]}")
        self.assertEqual(self.run_on("lock", path).code, 0)
        lock = next(path.parent.glob("*.lock*"))
        path.write_text(path.read_text().replace("{images: [{format: raw}]}", f"{{image: {{path: {lock.name}, format: raw}}}}"))
        before = lock.read_bytes()
        self.assert_refused(self.run_on("build", path, "--progress", "none"), "pipeline.output-is-input", lock.name)
        self.assertEqual(lock.read_bytes(), before)

    def test_customizing_does_not_write_over_its_base(self):
        place, built = self.made("{image: {path: node-x86_64.raw}}")
        self.assertEqual(built.code, 0, built.said)
        base = place / "node-x86_64.raw"
        os.link(base, place / "other-name.raw")
        (place / "link.raw").symlink_to(base.name)
        before = digest(base.read_bytes())
        for image in (base.name, "other-name.raw", "link.raw"):
            for output, arguments in (("{images: [{format: raw}]}", ("--output-dir", place)), (f"{{image: {{path: {base}}}}}", ())):
                with self.subTest(image=image, output=output):
                    path = self.own_config(output, "os: {hostname: other}\n")
                    path.write_text(path.read_text().split("\n", 1)[1])
                    said = self.run_on("customize", path, "--image", place / image, "--progress", "none", *arguments)
                    self.assertEqual(said.code, 2, said.said)
                    self.assertIn("[pipeline.output-is-input]", said.said)
                    self.assertEqual(digest(base.read_bytes()), before)
        # Beside it there is room.
        path = self.own_config(f"{{image: {{path: {place}/beside.raw}}}}", "os: {hostname: other}\n")
        path.write_text(path.read_text().split("\n", 1)[1])
        said = self.run_on("customize", path, "--image", base, "--progress", "none")
        self.assertEqual((said.code, digest(base.read_bytes())), (0, before), said.said)
        self.assertTrue((place / "beside.raw").exists())


if __name__ == "__main__":
    unittest.main()
