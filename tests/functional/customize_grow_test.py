#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Partitions of a base that grow: judged by sgdisk and e2fsck, with everything else where it was or moved as a whole."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from customizing import CustomizingTestCase, digest  # noqa: E402
from imagewright_testing import environment  # noqa: E402

MIB = 1 << 20


class CustomizeGrow(CustomizingTestCase):
    def grown(self, *partitions, rest="os: {}\n", **options):
        wishes = ", ".join(f"{{label: {label}, size: {size}}}" for label, size in partitions)
        return self.customize(f"storage: {{grow: [{wishes}]}}\n{rest}", **options)

    def superblock(self, copy):
        said = self.run_tool("dumpe2fs", "-h", copy).stdout
        return {line.split(":", 1)[0]: line.split(":", 1)[1].strip() for line in said.splitlines() if ":" in line}

    def identifiers(self, raw):
        partitions, table = self.partitions(raw)
        return table["id"], {name: (each["uuid"], each["type"], each["node"][len(str(raw)):]) for name, each in partitions.items()}

    def test_the_last_partition_grows_in_its_place(self):
        base = self.base()
        raw = self.grown(("root", "300M"))
        self.assertEqual(self.identifiers(raw), self.identifiers(base))
        before, after = self.partitions(base)[0], self.partitions(raw)[0]
        for name in ("esp", "data"):
            self.assertEqual((before[name]["start"], before[name]["size"]), (after[name]["start"], after[name]["size"]))
            self.assertEqual(digest(self.stretch(base, before[name])), digest(self.stretch(raw, after[name])))
        self.assertEqual(after["root"]["start"], before["root"]["start"])
        self.assertEqual(after["root"]["size"] * 512, 300 * MIB)
        self.assertEqual(raw.stat().st_size - base.stat().st_size, 220 * MIB)
        old = self.superblock(self.check_filesystems(base) / "root")
        new = self.superblock(self.check_filesystems(raw) / "root")
        self.assertEqual(int(new["Block count"]) * 4096, 300 * MIB)
        for kept in ("Filesystem UUID", "Inodes per group", "Filesystem features", "Journal size" if "Journal size" in old else "Block size"):
            self.assertEqual(old[kept], new[kept], kept)
        self.assertGreater(int(new["Inode count"]), int(old["Inode count"]))
        share = [int(each["Reserved block count"]) / int(each["Block count"]) for each in (old, new)]
        self.assertAlmostEqual(*share, places=2)

    def test_files_are_what_they_were_and_there_is_room_for_more(self):
        base, raw = self.base(), self.grown(("root", "200M"))
        old, new = self.inspect(base, "--files"), self.inspect(raw, "--files")
        records = {"/etc/image-customizer-release", "/etc/imagewright-release", "/usr/share/image-customizer",
                   "/usr/share/image-customizer/history.json", "/etc", "/usr/share"}
        for before, after in zip(old["disk"]["partitions"], new["disk"]["partitions"]):
            changed = {path for path in before["files"].keys() | after["files"].keys()
                       if before["files"].get(path) != after["files"].get(path)}
            self.assertLessEqual(changed, records)
        filler = self.scratch() / "filler"
        filler.write_bytes(bytes(range(256)) * (400 << 10))
        text = f"os: {{additionalFiles: [{{source: {filler}, destination: /var/filler}}]}}\n"
        self.assertIn("disk.content-too-large", self.customize(text, expect=1))
        self.check_filesystems(self.grown(("root", "300M"), rest=text))

    def test_what_is_behind_a_partition_moves_as_a_whole(self):
        base = self.base()
        raw = self.grown(("data", "50M"), ("root", "100M"))
        self.assertEqual(self.identifiers(raw), self.identifiers(base))
        before, after = self.partitions(base)[0], self.partitions(raw)[0]
        self.assertEqual(after["data"]["start"], before["data"]["start"])
        self.assertEqual(after["root"]["start"] - before["root"]["start"], 30 * MIB // 512)
        self.assertEqual(digest(self.stretch(base, before["esp"])), digest(self.stretch(raw, after["esp"])))
        self.check_filesystems(raw)
        self.assertEqual(self.inspect(raw)["system"], self.inspect(base)["system"])
        # One that only moves is carried byte for byte, but for what every run notes in it.
        only = self.grown(("data", "50M"))
        again = self.customize("os: {}\n", base=only)
        moved, same = self.partitions(only)[0], self.partitions(again)[0]
        self.assertEqual(digest(self.stretch(only, moved["data"])), digest(self.stretch(again, same["data"])))

    def test_the_same_twice_and_from_every_format(self):
        sums = {digest(self.grown(("data", "30M"), ("root", "120M")).read_bytes()) for _ in range(2)}
        self.assertEqual(len(sums), 1)
        self.check_filesystems(self.grown(("root", "120M"), rest=f"release: {self.release}\nos: {{bootloader: {{resetType: hard-reset}}}}\n"))

    def test_the_size_that_it_has_changes_nothing(self):
        self.assertEqual(self.grown(("root", "80M")).stat().st_size, self.base().stat().st_size)

    def test_new_identifiers_go_together_with_growth(self):
        raw = self.customize("storage: {resetPartitionsUuidsType: reset-all, grow: [{label: data, size: 30M}]}\n"
                             "os: {bootloader: {resetType: hard-reset}}\n", "--release", self.release)
        self.check_filesystems(raw)
        self.assertFalse({each[0] for each in self.identifiers(raw)[1].values()}
                         & {each[0] for each in self.identifiers(self.base())[1].values()})
        self.assertEqual(self.partitions(raw)[0]["data"]["size"] * 512, 30 * MIB)

    def test_the_outline_tells_and_writes_nothing(self):
        config = self.config("storage: {grow: [{label: root, size: 300M}]}\nos: {}\n")
        said = self.run_program("customize", "--image", self.base(), config, "--output-dir", config.parent / "out", "--dry-run",
                                env=environment()).stdout
        self.assertIn("let the partition root grow to 300", said)
        self.assertFalse((config.parent / "out").exists())

    def test_what_cannot_grow_is_refused_at_its_line(self):
        for wishes, code in (("{label: root, size: 40M}", "customize.cannot-grow"), ("{label: esp, size: 400M}", "customize.cannot-grow"),
                             ("{label: none, size: 4G}", "customize.no-partition"), ("{label: root}", "config.missing-key"),
                             ("{label: root, size: much}", "config.bad-value"), ("{label: root, size: 0M}", "customize.cannot-grow"),
                             ("{label: '', size: 4G}", "config."), ("{label: root, size: 4G}, {label: root, size: 5G}", "config.duplicate-name"),
                             ("{label: root, size: 9999T}", "customize.cannot-grow")):
            said = self.customize(f"storage: {{grow: [{wishes}]}}\nos: {{}}\n", expect=2)
            self.assertIn(code, said, wishes)
            self.assertIn("node.yaml:1", said)
        said = self.customize("storage:\n  grow: [{label: root, size: 4G}]\n  bootType: efi\n"
                              "  disks: [{partitionTableType: gpt, partitions: [{id: e, type: esp, size: 64M}, {id: a, size: 1G}]}]\n"
                              "  filesystems: [{deviceId: e, type: fat32, mountPoint: /boot/efi}, {deviceId: a, type: ext4, mountPoint: /}]\n"
                              "os: {bootloader: {resetType: hard-reset}}\n", expect=2)
        self.assertIn("exclude each other", said)

    def test_verify_makes_it_again(self):
        raw = self.grown(("root", "100M"))
        self.assertEqual([each["size"] for each in self.inspect(raw)["disk"]["partitions"] if each["label"] == "root"], [100 * MIB])
        said = self.run_program("verify", raw.parent, "--cache-dir", self.top / "cache", env=environment())
        self.assertIn(raw.name, said.stdout + said.stderr)
        # A byte of the image that is another one is found.
        with raw.open("r+b") as disk:
            disk.seek(-4096, 2)
            disk.write(b"x")
        self.run_program("verify", raw.parent, "--cache-dir", self.top / "cache", expect=5, env=environment())


if __name__ == "__main__":
    unittest.main()
