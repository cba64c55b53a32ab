#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bases whose filesystems others wrote, a kernel or mtools: what is read is what they read, and what nobody touched is what it was."""

import contextlib
import hashlib
import os
import re
import shutil
import stat
import struct
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from customizing import CustomizingTestCase, digest  # noqa: E402
from imagewright_testing import require_program, skip  # noqa: E402

MIB = 1 << 20
NOBODY = 0xFFFFFFFF
NEW_FILE = "os: {additionalFiles: [{destination: /srv/new, content: new}]}\n"


def access_list(*entries):
    """As linux/posix_acl_xattr.h has it."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *each) for each in entries)


ACCESS = access_list((1, 6, NOBODY), (2, 6, 1234), (4, 4, NOBODY), (8, 4, 55), (16, 6, NOBODY), (32, 4, NOBODY))
DEFAULT = access_list((1, 7, NOBODY), (2, 7, 1234), (4, 5, NOBODY), (16, 7, NOBODY), (32, 5, NOBODY))


class ForeignFiles(CustomizingTestCase):
    BASE_OS = "  hostname: base\n"

    @contextlib.contextmanager
    def mounted(self, filesystem, options="rw"):
        mount = self.scratch() / "mount"
        mount.mkdir()
        done = os.geteuid() == 0 and subprocess.run(["mount", "-o", f"loop,{options}", filesystem, mount], capture_output=True, text=True)
        if not done or done.returncode != 0:
            skip(f"this host mounts no such filesystem: {done.stderr.strip() if done else 'not root'}")
        try:
            yield mount
        finally:
            self.run_tool("umount", mount)

    def made(self, *command, mib=24):
        """A filesystem of that size; as many names and texts as a kernel likes go into it afterwards."""
        require_program(command[0])
        path = self.scratch() / "made"
        with path.open("wb") as file:
            file.truncate(mib * MIB)
        self.run_tool(*command, path)
        return path

    def fill(self, mount):
        (mount / "log").mkdir()
        (mount / "log/listed").write_text("of a list\n")
        os.setxattr(mount / "log/listed", "system.posix_acl_access", ACCESS)
        os.setxattr(mount / "log", "system.posix_acl_default", DEFAULT)
        os.setxattr(mount / "log/listed", "user.note", b"")
        os.setxattr(mount / "log/listed", "trusted.note", b"t" * 200)
        os.link(mount / "log/listed", mount / "second")
        os.chown(mount / "second", 70000, 80000)
        (mount / "able").write_bytes(b"#!")
        os.setxattr(mount / "able", "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))
        with (mount / "sparse").open("wb") as file:
            file.truncate(3 * MIB)
            file.seek(MIB)
            file.write(b"x" * 5000)
        for length in (59, 60, 200, 1000):
            (mount / f"link-{length}").symlink_to("l" * length)
        os.mknod(mount / "device", stat.S_IFBLK | 0o660, os.makedev(300, 70000))
        (mount / "many").mkdir()
        for number in range(300):
            (mount / f"many/file-{number:04d}").write_text(str(number))
        for name, when in (("old", -5 * 10**9 + 123456789), ("late", 4102444800 * 10**9 + 7)):
            (mount / name).write_text(name)
            os.utime(mount / name, ns=(0, when))

    def seen(self, mount):
        """What a kernel says of each file."""
        found = {}
        for directory, directories, names in os.walk(mount):
            for name in directories + names:
                path = os.path.join(directory, name)
                status = os.lstat(path)
                said = [oct(status.st_mode), status.st_uid, status.st_gid, status.st_mtime_ns, status.st_rdev,
                        None if stat.S_ISDIR(status.st_mode) else status.st_nlink,
                        {each: os.getxattr(path, each, follow_symlinks=False).hex() for each in sorted(os.listxattr(path, follow_symlinks=False))}]
                if stat.S_ISREG(status.st_mode):
                    said += [hashlib.sha256(Path(path).read_bytes()).hexdigest(), self.holes(path)]
                elif stat.S_ISLNK(status.st_mode):
                    said.append(os.readlink(path))
                found[path[len(str(mount)):]] = said
        return found

    def holes(self, path):
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            found, place = [], 0
            while place < size:
                place = os.lseek(file.fileno(), place, os.SEEK_HOLE)
                if place < size:
                    found.append(place)
                    try:
                        place = os.lseek(file.fileno(), place, os.SEEK_DATA)
                    except OSError:
                        break
            return found

    def seen_in(self, filesystem, options="ro"):
        copy = self.scratch() / "copy"
        shutil.copy(filesystem, copy)
        with self.mounted(copy, options) as mount:
            return self.seen(mount)

    def with_data(self, made, line="/srv auto defaults 0 0"):
        """The base with another filesystem on its last partition."""
        raw, root, fstab = (self.scratch() / name for name in ("base.raw", "root", "fstab"))
        base = self.base()
        partitions = self.partitions(base)[0]
        root.write_bytes(self.stretch(base, partitions["root"]))
        former = self.run_tool("debugfs", "-R", "cat /etc/fstab", root).stdout
        old = next(each for each in former.splitlines() if "/srv" in each)
        size = made.stat().st_size
        with raw.open("wb") as file:
            file.truncate(122 * MIB + size)
        self.run_tool("sgdisk", "-n", "1:1M:+40M", "-t", "1:ef00", "-c", "1:esp", "-n", "2:41M:+80M", "-t", "2:8304", "-c", "2:root",
                      "-n", f"3:121M:+{size // 512}", "-c", "3:data", raw)
        source = "PARTUUID=" + self.partitions(raw)[0]["data"]["uuid"].lower()
        esp = next(each for each in former.splitlines() if "/boot/efi" in each)
        text = former.replace(old, f"{source} {line}").replace(esp, "PARTLABEL=esp /boot/efi vfat umask=0077 0 2")
        system = next(each for each in former.splitlines() if re.match(r"\S+\s+/\s", each))
        fstab.write_text(text.replace(system, "PARTLABEL=root / ext4 defaults 0 1"))
        for request in ("rm /etc/fstab", f"write {fstab} /etc/fstab"):
            self.run_tool("debugfs", "-w", "-R", request, root)
        for name, content in (("esp", self.stretch(base, partitions["esp"])), ("root", root.read_bytes()), ("data", made.read_bytes())):
            with raw.open("r+b") as disk:
                disk.seek(self.partitions(raw)[0][name]["start"] * 512)
                disk.write(content)
        return raw

    def data_of(self, raw):
        path = self.scratch() / "data"
        path.write_bytes(self.stretch(raw, self.partitions(raw)[0]["data"]))
        return path

    def read_data(self, raw):
        return next(each for each in self.inspect(raw, "--files")["disk"]["partitions"] if each["label"] == "data")["files"]

    def assert_read(self, raw, seen):
        """What is read of the data partition is what a kernel said of it."""
        found = self.read_data(raw)
        self.assertEqual(set(found) - {"/"}, set(seen))
        for path, (mode, owner, group, modified, _, _, attributes, *more) in seen.items():
            file = found[path]
            # XFS shows access lists twice.
            expected = {name: value for name, value in attributes.items() if not name.startswith("trusted.SGI_ACL")}
            self.assertEqual((int(file["mode"], 8), file["owner"], file["group"]), (int(mode, 8) & 0o7777, owner, group), path)
            self.assertEqual(file.get("attributes", {}), expected, path)
            if file["type"] == "file":
                self.assertEqual(file["content"], "sha256:" + more[0], path)
            if file["type"] == "link":
                self.assertEqual(file["target"], more[0], path)
            self.assertIsInstance(modified, int)

    def test_ext4_of_a_kernel_changes_where_it_is_asked_to_and_nowhere_else(self):
        for options in ((), ("-O", "^metadata_csum,^64bit"), ("-O", "orphan_file,metadata_csum_seed"), ("-O", "^has_journal")):
            with self.subTest(options=options):
                made = self.made("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", *options)
                with self.mounted(made) as mount:
                    self.fill(mount)
                before = self.seen_in(made)
                base = self.with_data(made)
                self.assert_read(base, before)
                same = self.customize("os: {hostname: other}\n", base=base)
                self.assertEqual(digest(self.data_of(same).read_bytes()), digest(made.read_bytes()))
                data = self.data_of(self.customize(NEW_FILE, base=base))
                self.run_tool("e2fsck", "-fn", data)
                after = self.seen_in(data)
                self.assertIsNotNone(after.pop("/new", None))
                self.assertEqual(after, before)

    def test_what_lies_in_inodes_is_content_and_no_attribute(self):
        made = self.made("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-O", "inline_data")
        with self.mounted(made) as mount:
            self.fill(mount)
            (mount / "short").write_text("s" * 100)
        self.assert_read(self.with_data(made), self.seen_in(made))

    def crashed(self, *options, change):
        """A copy of a filesystem that is in use; what its log alone knows begins with `change`."""
        made = self.made("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", *options, mib=64)
        copy = self.scratch() / "crashed"
        with self.mounted(made) as mount:
            self.fill(mount)
            self.run_tool("sync", "-f", mount)
            change(mount)
            self.run_tool("cp", made, copy)
        self.assertIn("needs_recovery", self.run_tool("dumpe2fs", "-h", copy).stdout)
        return copy

    def test_a_filesystem_in_use_is_read_as_its_kernel_would_find_it(self):
        def change(mount):
            # Blocks of names that are free again are revoked.
            shutil.rmtree(mount / "many")
            (mount / "log/listed").write_text("changed\n")
            self.run_tool("sync", "-f", mount)

        for options in ((), ("-O", "^metadata_csum,^64bit"), ("-O", "orphan_file,metadata_csum_seed")):
            with self.subTest(options=options):
                made = self.crashed(*options, change=change)
                expected = self.seen_in(made, "rw")
                self.assertNotIn("/many", expected)
                base = self.with_data(made)
                self.assert_read(base, expected)
                data = self.data_of(self.customize(NEW_FILE, base=base))
                self.run_tool("e2fsck", "-fn", data)
                after = self.seen_in(data)
                after.pop("/new")
                self.assertEqual(after, expected)

    def test_what_was_committed_beside_the_log_is_refused_and_not_lost(self):
        def change(mount):
            for number in range(3):
                with (mount / f"quick-{number}").open("wb") as file:
                    file.write(b"quick" * 100)
                    file.flush()
                    os.fsync(file.fileno())

        made = self.crashed("-O", "fast_commit", change=change)
        # Where the kernel does without them, the names are in the log itself.
        area = self.run_tool("debugfs", "-R", "logdump -S", made).stdout
        if "quick-2" not in area:
            self.assert_read(self.with_data(made), self.seen_in(made, "rw"))
            return
        said = self.customize("os: {hostname: x}\n", base=self.with_data(made), expect=2)
        self.assertIn("[disk.journal-unsupported]", said)

    def test_xfs_with_blocks_of_any_size_is_read(self):
        for options in (("-b", "size=1024"), (), ("-n", "size=8192", "-i", "size=1024")):
            with self.subTest(options=options):
                made = self.made("mkfs.xfs", "-q", "-f", "--unsupported", *options, mib=64)
                with self.mounted(made) as mount:
                    self.fill(mount)
                    for size in (3000, 9000, 65536):
                        os.setxattr(mount / "able", f"user.long{size}", bytes([size % 251]) * size)
                self.assert_read(self.with_data(made), self.seen_in(made))

    def test_names_on_fat_keep_their_letters(self):
        require_program("mcopy")
        tree = self.scratch() / "tree"
        (tree / "loader/entries").mkdir(parents=True)
        for name in ("small.txt", "UPPER.TXT", "base.TXT", "EXT.txt", "Mixed.txt", "a rather long name.conf", "loader/entries/node.conf"):
            (tree / name).write_text(name)
        made = self.made("mkfs.vfat", "-F", "32", mib=40)
        self.run_tool("mcopy", "-i", made, "-s", "-m", *tree.iterdir(), "::")
        self.run_tool("mattrib", "-i", made, "-a", "+h", "::small.txt")
        base = self.with_data(made, "/srv vfat defaults 0 0")
        names = {"/" + str(path.relative_to(tree)) for path in tree.rglob("*")}
        self.assertEqual(set(self.read_data(base)) - {"/"}, names)
        data = self.data_of(self.customize(NEW_FILE, base=base))
        self.run_tool("fsck.fat", "-n", data)
        shown = [self.run_tool("mdir", "-i", each, "-/", "-b", "::").stdout.splitlines() for each in (made, data)]
        self.assertEqual(set(shown[1]) - {"::/new"}, set(shown[0]))
        # Small letters of a short name are told by its entry, and take no further ones.
        self.assertEqual(len(re.findall(b"SMALL   TXT\x02\x18", data.read_bytes())), 1)


if __name__ == "__main__":
    unittest.main()
