# SPDX-License-Identifier: MIT
"""What packages bring keeps its owner; a disk of any shape holds it, and says where it cannot."""

import json
import struct
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from sibling_images import SiblingTestCase, disk, package  # noqa: E402

# Owner of /opt/f as a package names it, what defines him, and what the file is: mode, owner, group; None where that is an error.
OWNERS = {
    "a group": ("4750,root,svc", "g svc 377", "", (0o4750, 0, 377)), "a user with a number": ("0640,svc,svc", 'u svc 355 "d" /srv /bin/sh', "", (0o640, 355, 355)),
    "in another group": ("0640,svc,wheel", 'u svc 356:wheel "d"', "", (0o640, 356, 10)), "two numbers": ("0640,svc,svc", "u svc 402:401\ng svc 401", "", (0o640, 402, 401)),
    "a member": ("0640,svc,crew", "m svc crew\nu svc 357\ng crew 358", "", (0o640, 357, 358)), "only a member": ("0640,svc,crew", "m svc crew\nr - 380-381", "", (0o640, 381, 380)),
    "a locked user": ("0640,svc,svc", "u! svc 359", "", (0o640, 359, 359)), "quotes and tabs": ("0640,svc,svc", '# c\n\n  u\tsvc\t360\t"a b"\t-\t-', "", (0o640, 360, 360)),
    "a range": ("0640,svc,svc", "r - 370-375\nu svc -", "", (0o640, 375, 375)), "the config's user": ("0640,kim,kim", "", "  users: [{name: kim, uid: 1234}]", (0o640, 1234, 1234)),
    "the config's group": ("2755,root,crew", "", "  groups: [{name: crew, gid: 1235}]", (0o2755, 0, 1235)), "nobody's user": ("0640,ghost,root", "", "", None),
    "nobody's group": ("4750,root,ghosts", "", "", None), "a bad line": ("0640,svc,root", "x svc 361", "", None),
}


def owner_package(number, owner, lines):
    where = "/usr/lib/sysusers.d/o.conf" if number % 2 else "/etc/sysusers.d/o.conf"
    file = f"mkdir -p /{where.rsplit('/', 1)[0]}\ncat > /{where} <<'END'\n{lines}\nEND\n" if lines else ""
    return package(f"owner{number}", install=f"mkdir -p //opt; echo x > //opt/f\n{file.replace('//', '//')}", files=f"%attr({owner}) /opt/f\n{where if lines else ''}")


class Owners(SiblingTestCase):
    PACKAGES = tuple(owner_package(number, row[0], row[1]) for number, row in enumerate(OWNERS.values()))

    def test_owners_are_those_that_packages_and_config_define(self):
        rows = list(enumerate(OWNERS.items()))
        for (_, (name, (owner, _, _, expected))), built in self.in_parallel(
                lambda row: self.build(f"os:\n  packages: {{install: [owner{row[0]}]}}\n{row[1][1][2]}\n"), rows):
            with self.subTest(name=name):
                if expected is None:
                    self.assertEqual(built.code, 1, built.said)
                    self.assertIn("[install.unknown-owner]", built.said)
                    for word in ('"/opt/f"', "owner", next(each for each in owner.split(",")[1:] if each != "root")):
                        self.assertIn(word, built.said)
                    continue
                self.assertEqual(built.code, 0, built.said)
                file = built.archive()["/opt/f"]
                self.assertEqual((file.mode, file.uid, file.gid), expected)


class Pipes(SiblingTestCase):
    PACKAGES = (package("pipes", install="mkdir -p //var/spool/p\nmkfifo //var/spool/p/one //var/spool/p/two",
                        files="/var/spool/p\n%attr(620,root,wheel) /var/spool/p/two"),)

    def test_nobody_waits_at_a_fifo_of_a_package(self):
        image = self.image("os: {packages: {install: [pipes]}}\n", ("tar", "raw"))
        one, two = (image.archive()[f"/var/spool/p/{name}"] for name in ("one", "two"))
        self.assertTrue(one.isfifo() and two.isfifo())
        self.assertEqual((one.gid, two.gid, two.mode), (0, 10, 0o620))
        self.assert_sound(image.partition("root"))


def esp_package(name, *paths):
    lines = [f"mkdir -p //boot/efi/{path.rsplit('/', 1)[0]}; echo '{content}' > //boot/efi/{path}" for path, content in paths]
    return package(name, install="\n".join(lines), files="/boot/efi")


class BootFiles(SiblingTestCase):
    """Names on the ESP, which has no case."""

    PACKAGES = (esp_package("upper", ("EFI/Vendor/a.efi", "a"), ("EFI/Vendor/same.efi", "same")), esp_package("lower", ("EFI/vendor/b.efi", "b"), ("efi/VENDOR/c.efi", "c")),
                esp_package("same", ("EFI/vendor/SAME.efi", "same")), esp_package("other", ("EFI/vendor/A.EFI", "another")),
                esp_package("twins", ("EFI/x/a.efi", "1"), ("EFI/x/A.EFI", "2")), esp_package("dot", ("EFI/x/a.", "1")), esp_package("colon", ("EFI/x/a:b", "1")),
                esp_package("accents", ("EFI/x/É.efi", "1"), ("EFI/x/é.efi", "2")), esp_package("cyrillic", ("EFI/x/Я.efi", "1"), ("EFI/x/я.efi", "2")),
                esp_package("greek", ("EFI/x/Σ.efi", "1"), ("EFI/x/ς.efi", "2")), esp_package("wide", ("EFI/x/ａ.efi", "1"), ("EFI/x/Ａ.efi", "2")),
                esp_package("directories", ("EFI/ö/a.efi", "1"), ("EFI/Ö/b.efi", "2")), esp_package("apart", ("EFI/x/é.efi", "1"), ("EFI/x/e.efi", "2"), ("EFI/x/è.efi", "3"), ("EFI/x/日.efi", "4")))

    def test_directories_of_packages_that_differ_in_case_are_one(self):
        for packages, names in (("upper, lower", {"a.efi", "same.efi", "b.efi", "c.efi"}), ("upper, same", {"a.efi", "same.efi"})):
            with self.subTest(packages=packages):
                image = self.image(f"os: {{packages: {{install: [{packages}]}}}}\n", ("tar", "raw"))
                paths = [path for path in image.archive() if path.lower().startswith("/boot/efi/efi/vendor/")]
                self.assertEqual({path.rsplit("/", 1)[1] for path in paths}, names)
                self.assertEqual(len({path.rsplit("/", 1)[0] for path in paths}), 1)
                self.assert_sound(image.partition("esp"))

    def test_letters_beyond_ascii_have_a_case_too(self):
        for name in ("accents", "cyrillic", "greek", "wide", "directories"):
            with self.subTest(name=name):
                self.assert_refused(self.build(f"os: {{packages: {{install: [{name}]}}}}\n", ("raw",)), "disk.name-unsupported", "differs only in case", exit_code=1)
        image = self.image("os: {packages: {install: [apart]}}\n", ("raw",))
        self.assert_sound(image.partition("esp"))
        found = json.loads(self.run_program("inspect", next(image.out.glob("*.raw")), "--files", "--json").stdout)
        names = {word.rsplit("/", 1)[1] for word in self.words_in(found) if word.startswith("/boot/efi/EFI/x/")}
        self.assertEqual(names, {"é.efi", "e.efi", "è.efi", "日.efi"})

    def words_in(self, value):
        if isinstance(value, dict):
            return [*value, *(word for each in value.values() for word in self.words_in(each))]
        if isinstance(value, list):
            return [word for each in value for word in self.words_in(each)]
        return [value] if isinstance(value, str) else []

    def test_names_that_fat_cannot_hold_or_tell_apart_are_refused(self):
        for packages, word in (("upper, other", "differs only in case"), ("twins", "differs only in case"), ("dot", "ends with a dot"), ("colon", "not allowed there")):
            with self.subTest(packages=packages):
                self.assert_refused(self.build(f"os: {{packages: {{install: [{packages}]}}}}\n", ("raw",)), "disk.name-unsupported", word, exit_code=1)


class Disks(SiblingTestCase):
    PACKAGES = tuple(package(name, install=f"mkdir -p //boot/efi/big; head -c {size} /dev/urandom > //boot/efi/big/f", files="/boot/efi/big")
                     for name, size in (("three", 3_000_000), ("forty", 40_000_000)))

    def storage(self, *partitions, boot="efi", size=""):
        """Partitions as id, type of its filesystem, size and mount point."""
        lines = ["storage:", f"  bootType: {boot}", "  disks:", "  - partitionTableType: gpt", *([f"    maxSize: {size}"] if size else []), "    partitions:"]
        for name, _, length, _ in partitions:
            kind = {"esp": ", type: esp", "root": ", type: root"}.get(name, "")
            lines.append(f"    - {{id: {name}, label: {name}{kind}{', size: ' + length if length else ''}}}")
        lines.append("  filesystems:")
        lines += [f"  - {{deviceId: {name}, type: {kind}, mountPoint: {mount}}}" for name, kind, _, mount in partitions]
        return "\n".join(lines) + "\nos:\n  bootloader: {resetType: hard-reset}\n"

    def test_small_partitions_work_or_are_refused_by_validate(self):
        esp, root = ("esp", "fat32", "40M", "/boot/efi"), ("root", "ext4", "32M", "/")
        for kind, size, is_taken in (("ext4", "1M", True), ("ext4", "2M", True), ("ext4", "3M", True), ("ext4", "8M", True), ("fat32", "1M", True), ("fat32", "33M", True),
                                     ("vfat", "4M", True), ("xfs", "8M", False)):
            with self.subTest(kind=kind, size=size):
                text = self.storage(esp, ("data", kind, size, "/srv"), root)
                built = self.build(text, ("raw",))
                if not is_taken:
                    self.assertEqual(built.code, 2, built.said)
                    continue
                self.assertEqual(built.code, 0, built.said)
                for name in ("esp", "data", "root"):
                    self.assert_sound(built.partition(name))
                self.assertEqual("[config.small-fat]" in built.said, "fat" in kind and size != "33M", built.said)

    def test_an_esp_that_is_too_small_for_what_packages_bring_is_told(self):
        root = ("root", "ext4", "40M", "/")
        for size, files, is_taken in (("1M", "three", False), ("2M", "three", False), ("4M", "three", True), ("16M", "three", True), ("34M", "forty", False), ("64M", "forty", True)):
            with self.subTest(size=size, files=files):
                built = self.build(self.storage(("esp", "fat32", size, "/boot/efi"), root) + f"  packages: {{install: [{files}]}}\n", ("raw",))
                self.assertEqual(built.code, 0 if is_taken else 1, built.said)
                if is_taken:
                    self.assert_sound(built.partition("esp"))
                    continue
                for word in ("esp", "MiB", "hint: "):
                    self.assertIn(word, built.said)

    def test_a_table_has_room_for_128_partitions(self):
        for count, is_taken in ((126, True), (127, False)):
            with self.subTest(count=count):
                text = disk([], more_partitions=[f"{{id: p{number}, label: p{number}, size: 1M}}" for number in range(count)])
                path = self.config(text + "os:\n  bootloader: {resetType: hard-reset}\n", ("raw",))
                said = self.run_on("validate", path)
                self.assertEqual(said.code, 0 if is_taken else 2, said.said)
        built = self.build(disk([], more_partitions=[f"{{id: p{number}, label: p{number}, size: 1M}}" for number in range(126)]) + "os:\n  bootloader: {resetType: hard-reset}\n", ("raw",))
        self.assertEqual(built.code, 0, built.said)
        table = json.loads(self.run_tool("sfdisk", "--json", next(built.out.glob("*.raw"))).stdout)["partitiontable"]
        self.assertEqual(len(table["partitions"]), 128)

    def test_what_does_not_fit_is_told_with_sizes(self):
        for partitions, size, word in (((("esp", "fat32", "40M", "/boot/efi"), ("root", "ext4", "1M", "/")), "", "root"),
                                       ((("esp", "fat32", "40M", "/boot/efi"), ("root", "ext4", "60M", "/")), "100M", "maxSize"),
                                       ((("esp", "fat32", "40M", "/boot/efi"), ("root", "ext4", "60M", "/")), "101M", "maxSize")):
            with self.subTest(partitions=partitions, size=size):
                built = self.build(self.storage(*partitions, size=size), ("raw",))
                self.assertIn(built.code, (1, 2), built.said)
                self.assertIn(word, built.said)
                self.assertIn("hint: ", built.said)
                self.assertNotIn("Unknown code", built.said)
                self.assertRegex(built.said, r"\d+(\.\d+)? MiB|maxSize")

    def test_types_of_partitions_that_no_tool_reads_are_refused(self):
        for kind, is_taken in (("00000000-0000-0000-0000-000000000000", False), ("0FC63DAF-8483-4772-8E79-3D69D8477DE4", True), ("0fc63daf-8483-4772-8e79-3d69d8477de4", True),
                               ("{0fc63daf-8483-4772-8e79-3d69d8477de4}", False), ("0fc63daf", False), ("rootfs", False)):
            with self.subTest(kind=kind):
                said = self.run_on("validate", self.config(disk([], more_partitions=[f"{{label: extra, size: 1M, type: '{kind}'}}"]), ("raw",)))
                self.assertEqual(said.code, 0 if is_taken else 2, said.said)

    def test_blocks_of_dynamic_vhds_start_on_4096_bytes_and_disks_are_whole_mebibytes(self):
        for root_size in ("24M", "25M", "31M", "64M", "129M"):
            with self.subTest(root_size=root_size):
                image = self.image(disk([], root_size=root_size), ("vhd", "raw"))
                data = next(image.out.glob("*.vhd")).read_bytes()
                table, = struct.unpack_from(">Q", data, 512 + 16)
                count, = struct.unpack_from(">I", data, 512 + 28)
                offsets = [each for each in struct.unpack_from(f">{count}I", data, table) if each != 0xFFFFFFFF]
                self.assertTrue(offsets)
                self.assertEqual({(each * 512 + 512) % 4096 for each in offsets}, {0})
                self.run_tool("qemu-img", "compare", "-f", "vpc", "-F", "raw", next(image.out.glob("*.vhd")), next(image.out.glob("*.raw")))

    def test_odd_disks_become_fixed_vhds_of_whole_mebibytes_that_are_intact(self):
        """The backup table moves with the end of the disk, as sgdisk sees it."""
        raw = next(self.image(disk([], root_size="24M"), ("raw",)).out.glob("*.raw"))
        for extra in (512, 4096, 1 << 19, (1 << 20) - 512, 0):
            with self.subTest(extra=extra):
                place = self.scratch()
                odd, vhd, back = place / "odd.raw", place / "odd.vhd", place / "back.raw"
                subprocess.run(["cp", "--sparse=always", raw, odd], check=True)
                if extra:
                    subprocess.run(["truncate", "-s", f"+{extra}", odd], check=True)
                    self.run_tool("sgdisk", "-e", odd)
                self.run_program("convert", odd, vhd, "--format", "vhd-fixed")
                self.assertEqual((vhd.stat().st_size - 512) % (1 << 20), 0)
                self.run_program("convert", vhd, back, "--format", "raw")
                self.assertIn("No problems found", self.run_tool("sgdisk", "-v", back).stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
