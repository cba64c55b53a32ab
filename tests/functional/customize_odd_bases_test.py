#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bases that lack something, or have what is not understood: each a sentence and a hint, and nothing of them is lost."""

import os
import re
import shutil
import struct
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from customizing import CustomizingTestCase, digest  # noqa: E402
from imagewright_testing import environment  # noqa: E402

MD = struct.pack("<I", 0xA92B4EFC)


class OddBases(CustomizingTestCase):
    BASE_OS = "  hostname: odd\n"

    def copy_of_base(self):
        raw = self.scratch() / "base.raw"
        shutil.copy(self.base(), raw)
        return raw

    def change_root(self, raw, *requests):
        """What debugfs does to the root filesystem."""
        partition = self.partitions(raw)[0]["root"]
        root = self.scratch() / "root"
        root.write_bytes(self.stretch(raw, partition))
        for request in requests:
            self.run_tool("debugfs", "-w", "-R", request, root)
        self.put(raw, "root", root.read_bytes())
        return root

    def put(self, raw, label, content, offset=0):
        with raw.open("r+b") as disk:
            disk.seek(self.partitions(raw)[0][label]["start"] * 512 + offset)
            disk.write(content)

    def replace(self, path, content):
        """The requests that put a text in the place of a file."""
        file = self.scratch() / "file"
        file.write_bytes(content)
        return (f"rm {path}", f"write {file} {path}")

    def read(self, raw, path, label="root"):
        copy = self.scratch() / "copy"
        copy.write_bytes(self.stretch(raw, self.partitions(raw)[0][label]))
        return self.run_tool("debugfs", "-R", f"cat {path}", copy).stdout

    def without_data_mount(self, raw):
        lines = self.read(raw, "/etc/fstab").splitlines(keepends=True)
        self.change_root(raw, *self.replace("/etc/fstab", "".join(each for each in lines if " /srv " not in each.replace("\t", " ")).encode()))

    def assert_said(self, said, *words):
        """A sentence with these words, and a hint below it."""
        self.assertRegex(said, r"(?m)^ +hint: \S.{10,}")
        for word in words:
            self.assertIn(word, said)

    def refused(self, raw, text="os: {hostname: x}\n", *options):
        return self.customize(text, *options, base=raw, expect=2)

    def test_without_a_database_of_packages_everything_else_works(self):
        for name, content, kind in ((None, b"", "it has no database of RPM packages"),
                                    ("Packages", bytes(12) + struct.pack("<I", 0x00061561) + bytes(4080), "a Berkeley DB database"),
                                    ("Packages.db", b"RpmP" + bytes(4092), "an ndb database")):
            with self.subTest(name=name):
                raw = self.copy_of_base()
                file = self.scratch() / "database"
                file.write_bytes(content)
                added = (f"write {file} /var/lib/rpm/{name}",) if name else ()
                self.change_root(raw, "rm /var/lib/rpm/rpmdb.sqlite", *added)
                made = self.customize("os: {hostname: changed}\n", base=raw)
                self.assertEqual(self.read(made, "/etc/hostname").strip(), "changed")
                self.check_filesystems(made)
                if name:
                    self.assertEqual(self.read(made, f"/var/lib/rpm/{name}")[:4], content[:4].decode())
                said = self.refused(raw, "os: {packages: {install: [leaf]}}\n", "--release", self.release)
                self.assert_said(said, "[inspect.no-packages]", kind)

    def test_an_unknown_distribution_needs_a_release_for_packages_alone(self):
        raw = self.copy_of_base()
        text = b'NAME="Nobody Linux"\nID=nobody\nVERSION_ID=9\nPRETTY_NAME="Nobody Linux 9"\n'
        self.change_root(raw, *self.replace("/usr/lib/os-release", text))
        made = self.customize("os: {hostname: changed, users: [{name: kim}]}\n", base=raw)
        self.assertEqual(self.read(made, "/etc/hostname").strip(), "changed")
        self.assertEqual(self.read(made, "/usr/lib/os-release"), text.decode())
        self.assert_said(self.refused(raw, "os: {packages: {install: [leaf]}}\n"), "[pipeline.no-release]")

    def test_what_is_not_read_is_named_where_it_is_mounted_and_carried_where_it_is_not(self):
        size = self.partitions(self.base())[0]["data"]["size"] * 512
        for offset, mark, words in ((0, b"LUKS\xba\xbe\x00\x02", "an encrypted volume (LUKS)"),
                                    (4096, MD, "a part of a RAID (md)"), (0, MD, "a part of a RAID (md)"),
                                    (size // 65536 * 65536 - 65536, MD, "a part of a RAID (md)"),
                                    ((size - 8192) // 4096 * 4096, MD, "a part of a RAID (md)"),
                                    (512, b"LABELONE", "a physical volume of LVM"),
                                    (0, b"hsqs", "a SquashFS filesystem")):
            with self.subTest(words=words, offset=offset):
                raw = self.copy_of_base()
                self.put(raw, "data", bytes(range(256)) * (size // 256))
                self.put(raw, "data", mark, offset)
                said = self.refused(raw)
                self.assert_said(said, "[origin.mount-not-found]", f'partition "data" holds {words}')
                self.without_data_mount(raw)
                made = self.customize("os: {hostname: changed}\n", base=raw)
                self.assertEqual(digest(self.stretch(made, self.partitions(made)[0]["data"])),
                                 digest(self.stretch(raw, self.partitions(raw)[0]["data"])))
                said = self.refused(raw, "storage: {resetPartitionsUuidsType: reset-all}\nos: {bootloader: {resetType: hard-reset}}\n",
                                    "--release", self.release)
                self.assert_said(said, "[origin.fixed-identifiers]", words)

    def test_a_filesystem_that_is_a_copy_of_a_mirror_is_refused_where_it_is_mounted(self):
        size = self.partitions(self.base())[0]["data"]["size"] * 512
        for offset in (size // 65536 * 65536 - 65536, (size - 8192) // 4096 * 4096):
            raw = self.copy_of_base()
            made = self.scratch() / "data"
            with made.open("wb") as file:
                file.truncate(16 << 20)
            uuid = next(each for each in self.inspect(raw)["disk"]["partitions"] if each["label"] == "data")["filesystem"]["uuid"]
            self.run_tool("mkfs.ext4", "-q", "-F", "-U", uuid, made)
            self.put(raw, "data", made.read_bytes() + bytes(size - (16 << 20)))
            self.customize("os: {hostname: plain}\n", base=raw)
            self.put(raw, "data", MD, offset)
            self.assert_said(self.refused(raw), "[origin.raid-member]", "/srv")

    def test_two_systems_are_named_and_neither_is_taken(self):
        raw = self.copy_of_base()
        data = self.scratch() / "data"
        partition = self.partitions(raw)[0]["data"]
        data.write_bytes(self.stretch(raw, partition))
        release, fstab = self.scratch() / "release", self.scratch() / "fstab"
        release.write_text("ID=second\n")
        fstab.write_text("# nothing\n")
        for request in ("mkdir /etc", f"write {fstab} /etc/fstab", f"write {release} /etc/os-release"):
            self.run_tool("debugfs", "-w", "-R", request, data)
        self.put(raw, "data", data.read_bytes())
        self.assert_said(self.refused(raw), "[origin.several-systems]", '"data" and "root"')

    def test_without_a_system_there_is_nothing_to_customize(self):
        raw = self.copy_of_base()
        partition = self.partitions(raw)[0]["root"]
        self.put(raw, "root", bytes(partition["size"] * 512))
        self.assert_said(self.refused(raw), "[origin.no-system]")
        self.put(raw, "root", b"LUKS\xba\xbe\x00\x02")
        self.assert_said(self.refused(raw), "[origin.no-system]", 'partition "root" holds an encrypted volume (LUKS)')

    def test_a_full_filesystem_is_told_with_what_is_missing(self):
        raw = self.copy_of_base()
        root = self.scratch() / "root"
        root.write_bytes(self.stretch(raw, self.partitions(raw)[0]["root"]))
        free = int(re.search(r"Free blocks: +(\d+)", self.run_tool("dumpe2fs", "-h", root).stdout).group(1))
        filler = self.scratch() / "filler"
        filler.write_bytes(b"f" * ((free - 200) * 4096))
        self.change_root(raw, f"write {filler} /filler")
        made = self.customize("os: {hostname: changed}\n", base=raw)
        self.check_filesystems(made)
        more = self.scratch() / "more"
        more.write_bytes(b"m" * (4 << 20))
        text = f"os: {{additionalFiles: [{{source: {more}, destination: /more}}]}}\n"
        said = self.customize(text, base=raw, expect=1)
        self.assert_said(said, "[disk.content-too-large]", 'partition "root"')
        self.assertRegex(said, r"hint: make the partition at least \d+\S* ?MiB larger")
        self.check_filesystems(self.customize("storage: {grow: [{label: root, size: 100M}]}\n" + text, base=raw))

    def test_features_that_are_not_written_are_named_and_carried(self):
        raw = self.copy_of_base()
        made = self.scratch() / "data"
        partition = self.partitions(raw)[0]["data"]
        uuid = next(each for each in self.inspect(raw)["disk"]["partitions"] if each["label"] == "data")["filesystem"]["uuid"]
        with made.open("wb") as file:
            file.truncate(partition["size"] * 512)
        self.run_tool("mkfs.ext4", "-q", "-F", "-U", uuid, "-O", "inline_data", made)
        self.put(raw, "data", made.read_bytes())
        self.assert_said(self.refused(raw, "os: {additionalFiles: [{destination: /srv/new, content: x}]}\n"),
                         "[disk.rewrite-unsupported]", '"inline_data"')
        same = self.customize("os: {hostname: x}\n", base=raw)
        self.assertEqual(digest(self.stretch(same, self.partitions(same)[0]["data"])), digest(made.read_bytes()))

    def test_a_partition_table_that_only_its_backup_tells_is_whole_again(self):
        raw = self.copy_of_base()
        with raw.open("r+b") as disk:
            disk.seek(512)
            disk.write(bytes(512))
        for storage in ("", "storage: {grow: [{label: root, size: 100M}]}\n"):
            with self.subTest(storage=storage):
                made = self.customize(storage + "os: {hostname: mended}\n", base=raw)
                # As a kernel does, which looks at the backup only when it is told to.
                self.assertEqual(made.read_bytes()[512:520], b"EFI PART")
                self.assertRegex(self.run_tool("sgdisk", "-v", made).stdout, "No problems found")
                self.check_filesystems(made)
                self.assertEqual(self.read(made, "/etc/hostname"), "mended\n")
        self.assertIn("its copy at the start is missing", self.run_program("inspect", raw, env=environment()).stdout)

    def test_a_disk_of_any_size_ends_with_its_partition_table(self):
        end = self.base().stat().st_size
        for size in (end - 512, end - 1000, end + 1, end + 512, end + (1 << 20)):
            for image_format in ("raw", "vhd-fixed"):
                with self.subTest(size=size - end, image_format=image_format):
                    raw = self.copy_of_base()
                    os.truncate(raw, size)
                    config = self.config("os: {hostname: sized}\n", image_format)
                    out = config.parent / "out"
                    self.run_program("customize", "--image", raw, config, "--output-dir", out, "--cache-dir", self.top / "cache",
                                     env=environment())
                    made = next(out.glob("*.raw" if image_format == "raw" else "*.vhd"))
                    if image_format == "vhd-fixed":
                        os.truncate(made, made.stat().st_size - 512)
                        self.assertEqual(made.stat().st_size % (1 << 20), 0)
                    self.assertGreaterEqual(made.stat().st_size, size)
                    self.assertLess(made.stat().st_size - size, 512 if image_format == "raw" else 1 << 20)
                    self.assertRegex(self.run_tool("sgdisk", "-v", made).stdout, "No problems found")
                    self.check_filesystems(made)

    def test_a_cut_disk_without_room_for_its_partition_table_is_told(self):
        raw = self.copy_of_base()
        last = max(each["start"] + each["size"] for each in self.partitions(raw)[0].values())
        os.truncate(raw, (last + 10) * 512)
        said = self.customize("os: {hostname: x}\n", base=raw, expect=5)
        self.assert_said(said, "[disk.corrupt-partition-table]", "leaves no room")

    def test_a_name_that_two_filesystems_have_is_told(self):
        raw = self.copy_of_base()
        self.without_data_mount(raw)
        uuid = next(each for each in self.inspect(raw)["disk"]["partitions"] if each["label"] == "root")["filesystem"]["uuid"]
        fstab = self.read(raw, "/etc/fstab")
        root = next(each for each in fstab.splitlines() if each.split()[1:2] == ["/"])
        self.change_root(raw, *self.replace("/etc/fstab", fstab.replace(root, f"UUID={uuid} / ext4 defaults 0 1").encode()))
        self.customize("os: {hostname: x}\n", base=raw)
        copy = self.scratch() / "copy"
        with copy.open("wb") as file:
            file.truncate(self.partitions(raw)[0]["data"]["size"] * 512)
        self.run_tool("mkfs.ext4", "-q", "-F", "-U", uuid, copy)
        self.put(raw, "data", copy.read_bytes())
        said = self.refused(raw)
        self.assert_said(said, "[origin.ambiguous-mount]", "(data)", "(root)")

    def test_a_damaged_journal_is_told_and_nothing_is_made(self):
        for damage in ("superblock", "descriptor"):
            raw = self.copy_of_base()
            data = self.scratch() / "data"
            data.write_bytes(self.stretch(raw, self.partitions(raw)[0]["data"]))
            blocks = self.run_tool("debugfs", "-R", "blocks <8>", data).stdout.split()
            self.run_tool("debugfs", "-w", data, input="jo -c\njw -b 200 /dev/zero\njc\n")
            content = bytearray(data.read_bytes())
            needs = self.run_tool("dumpe2fs", "-h", data).stdout
            self.assertIn("needs_recovery", needs)
            place = int(blocks[0 if damage == "superblock" else 1]) * 4096
            content[place:place + 4] = b"\xff\xff\xff\xff"
            if damage == "superblock":
                self.put(raw, "data", content)
                self.assert_said(self.customize("os: {hostname: x}\n", base=raw, expect=5), "[disk.corrupt-filesystem]")
            else:
                # A transaction that was not finished counts for nothing, as for the kernel.
                self.put(raw, "data", content)
                self.check_filesystems(self.customize("os: {hostname: x}\n", base=raw))


if __name__ == "__main__":
    unittest.main()
