# SPDX-License-Identifier: MIT
"""Images that other programs made, hurt or wrapped: read as those programs read them, or refused with what to do; never taken for what they are not."""

import bz2
import contextlib
import gzip
import json
import lzma
import os
import random
import shutil
import sqlite3
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

    def assert_not_taken(self, image, word, commands=("convert", "inspect")):
        for command in (["convert", image, self.place / "o.qcow2"], ["inspect", image]):
            if command[0] not in commands:
                continue
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
                # A root in an archive can be inspected.
                self.assert_not_taken(self.place / "thing", word, ("convert",) if name == "tar" else ("convert", "inspect"))
        (self.place / "thing").write_bytes(random.randbytes(MIB))
        self.assertEqual(self.convert(self.place / "thing", "--input-format", "raw")[0].returncode, 0)

    def test_what_no_machine_starts_from_is_refused_by_boot(self):
        image = self.image("os: {hostname: x}\n", ("tar",))
        result = self.run_program("boot", next(image.out.glob("*.tar.zst")), expect=2)
        self.assertIn("[cli.not-an-image]", result.stderr)

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


class Systems(SiblingTestCase):
    """A system on three partitions, of which files are changed by debugfs."""

    def setUp(self):
        for program in ("debugfs", "e2fsck"):
            require_program(program)
        self.place = self.scratch()
        if not hasattr(type(self), "raw"):
            text = disk(["/var", "/usr"], root_size="24M") + "os:\n  bootloader: {resetType: hard-reset}\n  hostname: first\n"
            image = self.image(text, ("raw",))
            type(self).raw = self.top / "image.raw"
            shutil.copy(next(image.out.glob("*.raw")), self.raw)
            type(self).parts = {each["id"]: each for each in image.manifest()["disk"]["partitions"]}
            type(self).uuids = {each: self.run_tool("blkid", "-o", "value", "-s", "UUID", image.partition(each)).stdout.strip() for each in ("d0", "d1")}

    def partition(self, identifier):
        part = self.parts[identifier]
        target = self.place / f"{identifier}.partition"
        with self.raw.open("rb") as file:
            file.seek(part["start"])
            target.write_bytes(file.read(part["size"]))
        return target

    def with_partition(self, identifier, content):
        target = self.place / "changed.raw"
        subprocess.run(["cp", "--sparse=always", self.raw, target], check=True)
        with target.open("r+b") as file:
            file.seek(self.parts[identifier]["start"])
            file.write(content.read_bytes())
        return target

    def debugfs(self, filesystem, *requests):
        return subprocess.run(["debugfs", "-w", "-f", "-", filesystem], input="\n".join(requests) + "\n", capture_output=True, text=True, check=True,
                              env=environment()).stdout

    def facts(self, image):
        found = json.loads(self.run_program("inspect", image, "--json").stdout)
        return found["system"], sorted(each["name"] for each in found["packages"] or [])

    # Mounts

    def test_a_system_on_several_partitions_is_seen_whole_however_fstab_is_written(self):
        var, usr, root = (f"PARTUUID={self.parts[each]['uuid']}" for each in ("d0", "d1", "root"))
        fs_var, fs_usr = self.uuids["d0"], self.uuids["d1"]
        rows = {"as it was": (var, usr, "/var", "/usr"), "upper case": (var.upper(), usr.upper(), "/var", "/usr"), "quoted": (f'PARTUUID="{self.parts["d0"]["uuid"]}"', usr, "/var", "/usr"),
                "by filesystem": (f"UUID={fs_var}", f'UUID="{fs_usr.upper()}"', "/var", "/usr"),
                "by links": (f"/dev/disk/by-partuuid/{self.parts['d0']['uuid']}", f"/dev/disk/by-uuid/{fs_usr}", "/var", "/usr"),
                "by names": ("PARTLABEL=d0", "/dev/disk/by-partlabel/d1", "/var", "/usr"), "escaped": ("PARTLABEL=d\\060", usr, "/var", "/usr"),
                "odd slashes": (var, usr, "/var/", "//usr"), "by number": ("/dev/sda2", "/dev/nvme0n1p3", "/var", "/usr")}
        for name, (one, two, first, second) in rows.items():
            with self.subTest(name=name):
                table = self.place / "fstab"
                table.write_text(f"# a comment\n{one}   {first}\text4 rw 0 2\n\n{two} {second} ext4 x\n{root} / ext4 defaults 0 1\n")
                filesystem = self.partition("root")
                self.debugfs(filesystem, "rm /etc/fstab", f"write {table} /etc/fstab")
                system, packages = self.facts(self.with_partition("root", filesystem))
                self.assertEqual((system["hostName"], len(packages)), ("first", 4))

    # Journals

    def test_a_journal_that_was_not_replayed_is_read_as_e2fsck_replays_it(self):
        size = 4096
        for name, open_options, writes in (("one block", "", [("second", "")]), ("with checksums", "-c -v 3", [("second", "")]), ("old checksums", "-c -v 2", [("second", "")]),
                                           ("twice", "", [("second", ""), ("third", "")]), ("without a commit", "", [("second", "-c")]),
                                           ("a commit and none", "", [("second", ""), ("third", "-c")]), ("revoked", "", [("second", ""), (None, "-r")])):
            with self.subTest(name=name):
                filesystem = self.partition("root")
                listed = self.debugfs(filesystem, "blocks /etc/hostname").split()
                block = next(word for word in reversed(listed) if word.isdigit())
                requests = [f"jo {open_options}"]
                for number, (text, option) in enumerate(writes):
                    content = self.place / f"block{number}"
                    content.write_bytes(((text or "") + "\n").encode().ljust(size, b"\0"))
                    requests.append(f"jw -r {block} {content}" if option == "-r" else f"jw -b {block} {option} {content}")
                self.debugfs(filesystem, *requests, "jc")
                # The length is the file's own, so names of five and six letters are cut as it has them.
                oracle = self.place / "oracle"
                shutil.copy(filesystem, oracle)
                self.run_tool("e2fsck", "-fy", oracle, expect=None)
                expected = self.debugfs(oracle, "cat /etc/hostname").replace("debugfs:", "\n")
                system, _ = self.facts(self.with_partition("root", filesystem))
                self.assertIn(system["hostName"], expected.split(), expected)
                self.assertEqual(sum(word in expected for word in ("first", "secon", "third")), 1, expected)

    # Databases of packages

    def test_a_database_with_a_log_is_read_as_sqlite_reads_it(self):
        filesystem = self.partition("d0")
        plain = self.place / "plain.sqlite"
        self.debugfs(filesystem, f"dump /lib/rpm/rpmdb.sqlite {plain}")
        for name, change in (("one row gone", lambda log: log), ("a torn frame", lambda log: log[:-100]), ("garbage behind", lambda log: log + b"\xa5" * 5000),
                             ("another salt", lambda log: log[:16] + bytes(8) + log[24:]), ("only a header", lambda log: log[:32]), ("a bit turned", self.flip_last_frame)):
            with self.subTest(name=name):
                database, log = self.written_database(plain)
                log.write_bytes(change(log.read_bytes()))
                copy = self.place / "copy.sqlite"
                shutil.copy(database, copy)
                shutil.copy(log, self.place / "copy.sqlite-wal")
                with contextlib.closing(sqlite3.connect(copy)) as reader:
                    expected, = reader.execute("select count(*) from Packages").fetchone()
                changed = self.partition("d0")
                self.debugfs(changed, "rm /lib/rpm/rpmdb.sqlite", f"write {database} /lib/rpm/rpmdb.sqlite", f"write {log} /lib/rpm/rpmdb.sqlite-wal")
                _, packages = self.facts(self.with_partition("d0", changed))
                self.assertEqual(len(packages), expected)

    def flip_last_frame(self, log):
        return log[:-200] + bytes([log[-200] ^ 1]) + log[-199:]

    def written_database(self, plain):
        """A database and its log, of two transactions: one package less, then two less."""
        database = self.place / "rpmdb.sqlite"
        for stale in self.place.glob("*.sqlite*"):
            if stale != plain:
                stale.unlink()
        shutil.copy(plain, database)
        writer = sqlite3.connect(database, isolation_level=None)
        writer.execute("pragma journal_mode=wal")
        writer.execute("pragma wal_autocheckpoint=0")
        for _ in range(2):
            writer.execute("delete from Packages where hnum = (select max(hnum) from Packages)")
        kept, log = self.place / "kept.sqlite", self.place / "kept.sqlite-wal"
        shutil.copy(database, kept)
        shutil.copy(f"{database}-wal", log)
        writer.close()
        return kept, log


if __name__ == "__main__":
    unittest.main(verbosity=2)
