#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A disk whose content is taken from the base while an image is written holds the same bytes as one that was made first."""

import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from customizing import CustomizingTestCase, digest  # noqa: E402
from imagewright_testing import environment, require_program  # noqa: E402

# A raw disk is made first; these are written from wherever the bytes are.
BORROWING = ("qcow2", "vhd", "vhdx")
CHANGES = {
    "a file": "os: {additionalFiles: [{destination: /etc/new, content: new}]}\n",
    "files of both filesystems": "os: {additionalFiles: [{destination: /srv/new, content: new}, {destination: /etc/new, content: new}]}\n",
    "a larger partition": "storage: {grow: [{label: root, size: 120M}]}\nos: {}\n",
    "other identifiers": "storage: {resetPartitionsUuidsType: reset-all}\nos: {bootloader: {resetType: hard-reset}}\n",
    "scripts": "scripts: {postCustomization: [{content: 'cd /usr/share; echo more >> noise; mv sparse elsewhere; ln text text2; rm odd'}]}\n",
}


class BorrowedContent(CustomizingTestCase):
    BASE_FORMATS = ("raw", "qcow2", "vhdx")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        require_program("qemu-img")
        chance = random.Random(3)
        noise = chance.randbytes(3 * 2**20 + 1234)
        contents = {
            "/usr/share/noise": noise,
            "/usr/share/odd": noise[: 2**17 - 1],
            "/usr/share/text": b"a text that repeats itself\n" * 20000,
            "/usr/share/sparse": noise[: 2**20] + bytes(2**20) + noise[2**20: 2**21 + 77] + bytes(300000) + b"end",
            "/usr/share/zeros": bytes(2**20),
            "/srv/noise": noise[2**20:],
        }
        files = []
        for path, content in contents.items():
            source = cls.top / path.replace("/", "-")
            source.write_bytes(content)
            files.append(f"  - {{source: {source}, destination: {path}}}\n")
        cls.BASE_OS = "  additionalFiles:\n" + "".join(files)

    def disk(self, image, image_format):
        """The bytes of the whole disk, as QEMU reads them."""
        names = {"vhd": "vpc", "vhdx": "vhdx", "qcow2": "qcow2", "raw": "raw"}
        raw = self.scratch() / "disk.raw"
        self.run_tool("qemu-img", "convert", "-f", names[image_format], "-O", "raw", image, raw)
        return raw.read_bytes()

    def check(self, text, base, *options):
        """By the option: what an image says of its config has the config's own formats in it."""
        config = self.config(text)
        expected = None
        for image_format in ("raw", *BORROWING):
            out = self.scratch()
            self.run_program("customize", "--image", base, config, "--format", image_format, "--output-dir", out,
                             "--cache-dir", self.top / "cache", *options, env=environment())
            disk = self.disk(next(out.glob(f"*.{image_format}")), image_format)
            expected = expected or disk
            with self.subTest(image_format=image_format):
                # A dynamic VHD may be shown as a few sectors larger.
                self.assertEqual(digest(disk[: len(expected)]), digest(expected))

    def test_every_change_gives_the_same_disk(self):
        for change, text in CHANGES.items():
            with self.subTest(change=change):
                self.check(text, self.base(), "--release", self.release)

    def test_every_format_lends(self):
        bases = [self.base(pattern="*.qcow2"), self.base(pattern="*.vhdx")]
        compressed = self.scratch() / "compressed.qcow2"
        self.run_tool("qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", self.base(), compressed)
        small = self.scratch() / "small.qcow2"
        self.run_tool("qemu-img", "convert", "-f", "raw", "-O", "qcow2", "-o", "cluster_size=4096", self.base(), small)
        for base in (*bases, compressed, small):
            with self.subTest(base=base.name):
                self.check(CHANGES["a file"], base)

    def test_a_partition_that_does_not_start_with_a_block_lends_too(self):
        """As old tools made them: their blocks are not the host's."""
        odd = self.scratch() / "odd.raw"
        table, whole = self.partitions(self.base())
        content = self.base().read_bytes()
        root, shift = table["root"], 7
        start = max(each["start"] + each["size"] for each in table.values()) + 2048 + shift
        lines = ["label: gpt", f"label-id: {whole['id']}"]
        for name, each in table.items():
            place = start if name == "root" else each["start"]
            lines.append(f"start={place}, size={each['size']}, type={each['type']}, uuid={each['uuid']}, name={name}")
        odd.write_bytes(content + bytes((root["size"] + 4096) * 512))
        self.run_tool("sgdisk", "--zap-all", odd)
        self.run_tool("sfdisk", odd, input="\n".join(lines) + "\n")
        with odd.open("r+b") as disk:
            disk.seek(start * 512)
            disk.write(content[root["start"] * 512: (root["start"] + root["size"]) * 512])
        self.check(CHANGES["a file"], odd)


if __name__ == "__main__":
    unittest.main()
