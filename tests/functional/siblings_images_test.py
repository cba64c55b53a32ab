# SPDX-License-Identifier: MIT
"""Images that other programs made, hurt or wrapped: read as those programs read them, or refused with what to do; never taken for what they are not."""

import bz2
import gzip
import json
import lzma
import os
import random
import shutil
import struct
import subprocess
import sys
import unittest
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import environment, require_program  # noqa: E402
from sibling_images import SiblingTestCase, disk  # noqa: E402

MIB = 1 << 20
SECTOR = 512


class Images(SiblingTestCase):
    """`self.raw` is an image of our own with three partitions."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for program in ("qemu-img", "zstd", "debugfs"):
            require_program(program)
        cls.raw = None

    def setUp(self):
        if type(self).raw is None:
            image = self.image(disk(["/var"], root_size="24M") + "os:\n  bootloader: {resetType: hard-reset}\n  hostname: first\n", ("raw",))
            type(self).raw = self.top / "image.raw"
            shutil.copy(next(image.out.glob("*.raw")), self.raw)
            type(self).parts = {each["id"]: each for each in image.manifest()["disk"]["partitions"]}
        self.place = self.scratch()

    def copy(self, name="copy.raw"):
        subprocess.run(["cp", "--sparse=always", self.raw, self.place / name], check=True)
        return self.place / name

    def inspect(self, image, *options, expect=0):
        result = self.run_program("inspect", image, "--json", *options, expect=expect)
        return json.loads(result.stdout) if expect == 0 else result.stderr

    def convert(self, image, *options, name="out.qcow2"):
        target = self.place / name
        target.unlink(missing_ok=True)
        return self.run_program("convert", image, target, *options, expect=None), target

    def assert_not_taken(self, image, word):
        for command in (["convert", image, self.place / "o.qcow2"], ["inspect", image]):
            result = self.run_program(*command, expect=None)
            self.assertEqual(result.returncode, 2, f"{command}: {result.stderr}")
            self.assertIn("[image.unsupported]", result.stderr)
            self.assertIn(word, result.stderr)
            self.assertIn("hint: ", result.stderr)
        self.assertFalse((self.place / "o.qcow2").exists())

    # What is no disk image

    def test_disks_of_other_formats_are_recognised(self):
        for kind, options, word in (("vdi", "", "VDI"), ("vdi", "static=on", "VDI"), ("qed", "", "QED"), ("vmdk", "", "VMDK"), ("vmdk", "subformat=streamOptimized", "VMDK"),
                                    ("vmdk", "subformat=monolithicFlat", "VMDK"), ("parallels", "", "Parallels")):
            with self.subTest(kind=kind, options=options):
                target = self.place / f"foreign.{kind}"
                self.run_tool("qemu-img", "convert", "-f", "raw", "-O", kind, *(["-o", options] if options else []), self.raw, target)
                self.assert_not_taken(target, word)
        self.assert_not_taken(self.compressed(target, "xz"), word)

    def compressed(self, path, kind):
        target = path.with_name(path.name + "." + kind)
        content = path.read_bytes()
        if kind == "zst":
            subprocess.run(["zstd", "-q", "-1", "-f", path, "-o", target], check=True)
        else:
            target.write_bytes({"xz": lambda data: lzma.compress(data, preset=0), "gz": lambda data: gzip.compress(data, 1), "bz2": bz2.compress}[kind](content))
        return target

    def test_what_is_no_disk_at_all_is_told_as_what_it_is(self):
        random.seed(1)
        tar = self.place / "x.tar"
        self.run_tool("tar", "-cf", tar, "-C", "/etc", "passwd")
        rows = {"text": (b"hello world\n" * 200, "a text"), "empty": (b"", "is empty"), "noise": (random.randbytes(MIB), "neither a partition table nor a filesystem"),
                "program": (Path(shutil.which("true")).read_bytes(), "a program"), "tar": (tar.read_bytes(), "tar archive"), "zip": (b"PK\3\4" + bytes(4096), "ZIP"),
                "wim": (b"MSWIM\0\0\0" + bytes(4096), "WIM"), "noise with a table at its end": (random.randbytes(MIB) + self.raw.read_bytes()[-33 * SECTOR:], "neither"),
                "rpm": (b"\xed\xab\xee\xdb" + bytes(4096), "RPM")}
        for name, (content, word) in rows.items():
            with self.subTest(name=name):
                (self.place / "thing").write_bytes(content)
                self.assert_not_taken(self.place / "thing", word)
        (self.place / "thing").write_bytes(random.randbytes(MIB))
        self.assertEqual(self.convert(self.place / "thing", "--input-format", "raw")[0].returncode, 0)

    def test_compressed_disks_are_opened_and_broken_ones_refused(self):
        for kind in ("xz", "gz", "bz2", "zst"):
            with self.subTest(kind=kind):
                packed = self.compressed(self.copy(), kind)
                self.assertEqual(self.inspect(packed)["system"]["hostName"], "first")
                result, target = self.convert(packed)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.run_tool("qemu-img", "compare", "-f", "raw", "-F", "qcow2", self.raw, target)
                packed.write_bytes(packed.read_bytes()[:-2000])
                result, target = self.convert(packed)
                self.assertNotEqual(result.returncode, 0)
                self.assertFalse(target.exists())

    # Partition tables

    def hurt(self, *places):
        """A copy with these stretches overwritten."""
        image = self.copy()
        with image.open("r+b") as file:
            for start, content in places:
                file.seek(start if start >= 0 else image.stat().st_size + start)
                file.write(content)
        return image

    def test_a_hurt_table_is_read_from_the_other_one(self):
        junk = b"\xa5" * SECTOR
        for name, places in (("primary header", [(SECTOR, junk)]), ("one entry", [(2 * SECTOR, junk[:128])]), ("whole array", [(2 * SECTOR, junk * 32)]),
                             ("header and array", [(SECTOR, junk * 33)]), ("everything before the first MiB", [(0, bytes(34 * SECTOR))]),
                             ("backup header", [(-SECTOR, junk)]), ("backup array", [(-33 * SECTOR, junk * 32)])):
            with self.subTest(name=name):
                found = self.inspect(self.hurt(*places))
                self.assertEqual(found["system"]["hostName"], "first")
                self.assertEqual(len(found["disk"]["partitions"]), 3)

    def test_tables_that_are_both_hurt_or_cut_off_are_refused(self):
        junk = b"\xa5" * SECTOR
        for name, places in (("both headers", [(SECTOR, junk), (-SECTOR, junk)]), ("both arrays", [(2 * SECTOR, junk * 32), (-33 * SECTOR, junk * 32)]),
                             ("primary header and backup array", [(SECTOR, junk), (-33 * SECTOR, junk * 32)])):
            with self.subTest(name=name):
                self.assertIn("partition table", self.inspect(self.hurt(*places), expect=5))
        cut = self.hurt((SECTOR, junk))
        os.truncate(cut, cut.stat().st_size - MIB)
        self.assertNotEqual(self.run_program("inspect", cut, expect=None).returncode, 0)

    def test_sectors_of_4096_bytes_are_read(self):
        target = self.place / "large.raw"
        target.write_bytes(self.with_large_sectors(self.raw.read_bytes()))
        self.assertEqual(self.inspect(target)["system"]["hostName"], "first")
        with target.open("r+b") as file:
            file.seek(4096)
            file.write(bytes(4096 * 5))
        self.assertEqual(self.inspect(target)["system"]["hostName"], "first")

    def with_large_sectors(self, content):
        """The same partitions in a table for sectors of 4,096 bytes."""
        large = 4096
        content = bytearray(content)
        count, size = struct.unpack_from("<II", content, SECTOR + 80)
        entries = bytearray(content[2 * SECTOR:2 * SECTOR + count * size])
        for number in range(count):
            first, last = struct.unpack_from("<QQ", entries, number * size + 32)
            if last:
                struct.pack_into("<QQ", entries, number * size + 32, first * SECTOR // large, (last + 1) * SECTOR // large - 1)
        sectors = len(content) // large
        del content[sectors * large:]
        content[SECTOR:MIB] = bytes(MIB - SECTOR)
        content[-5 * large:] = bytes(5 * large)
        header = bytearray(self.raw.read_bytes()[SECTOR:SECTOR + 92])
        for mine, other, array in ((1, sectors - 1, 2), (sectors - 1, 1, sectors - 5)):
            struct.pack_into("<QQQQ", header, 24, mine, other, 6, sectors - 6)
            struct.pack_into("<Q", header, 72, array)
            struct.pack_into("<I", header, 88, zlib.crc32(entries))
            header[16:20] = bytes(4)
            struct.pack_into("<I", header, 16, zlib.crc32(header))
            content[mine * large:mine * large + 92] = header
            content[array * large:array * large + len(entries)] = entries
        return bytes(content)


if __name__ == "__main__":
    unittest.main(verbosity=2)
