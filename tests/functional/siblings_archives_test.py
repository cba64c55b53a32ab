# SPDX-License-Identifier: MIT
"""What scriptlets leave on files reaches archives and disks: attributes, access lists, hard links over partitions, many small things."""

import struct
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import environment, require_program  # noqa: E402
from sibling_images import SiblingTestCase, disk, make_repository, package  # noqa: E402

SET_ATTRIBUTE = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
int main(int count, char** words) {
  char value[8192];
  size_t size = 0;
  for (const char* at = words[3]; *at; at += 2) { unsigned byte; sscanf(at, "%2x", &byte); value[size++] = (char)byte; }
  if (setxattr(words[1], words[2], value, size, 0) != 0) { perror(words[2]); return 1; }
  return 0;
}
"""
NOBODY = 0xFFFFFFFF


def access_list(*entries):
    """As the kernel has it: tag, permissions, id."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *each) for each in entries)


BASE = ((1, 6, NOBODY), (4, 4, NOBODY), (16, 6, NOBODY), (32, 4, NOBODY))
ATTRIBUTES = (
    ("/opt/f", "user.note", b"hello"), ("/opt/f", "user.a=b", b"x"), ("/opt/f", "user.100%", b"x"), ("/opt/f", "user.binary", bytes(range(256))),
    ("/opt/f", "user.big", b"x" * 3500), ("/opt", "user.directory", b"\n=\n"), ("/opt/f", "security.capability", struct.pack("<IIIII", 0x02000001, 0x400, 0, 0, 0)),
)
LISTS = (
    ("/opt/f", "access", access_list(BASE[0], (2, 6, 1234), *BASE[1:])), ("/opt/g", "access", access_list(BASE[0], BASE[1], (8, 7, 10), *BASE[2:])),
    ("/opt/g2", "access", access_list(BASE[0], (2, 6, 4000000000), *BASE[1:])), ("/opt", "access", access_list(BASE[0], (2, 7, 0), *BASE[1:])),
    ("/opt", "default", access_list((1, 7, NOBODY), (2, 7, 2), (4, 5, NOBODY), (16, 7, NOBODY), (32, 5, NOBODY))),
    ("/opt/empty", "default", access_list((1, 7, NOBODY), (4, 5, NOBODY), (32, 0, NOBODY))),
)
LETTERS = {1: "user::", 2: "user:", 4: "group::", 8: "group:", 16: "mask::", 32: "other::"}


def text_of(value):
    """The entries of an access list as GNU tar writes them, without names."""
    entries = [struct.unpack_from("<HHI", value, at) for at in range(4, len(value), 8)]
    return {f"{LETTERS[tag]}{str(number) + ':' if tag in (2, 8) else ''}{''.join(letter if bits & bit else '-' for letter, bit in (('r', 4), ('w', 2), ('x', 1)))}"
            for tag, bits, number in entries}


def setting(*attributes):
    return "\n".join(f"setattribute {path} '{name}' {value.hex()}" for path, name, value in attributes)


class Attributes(SiblingTestCase):
    @classmethod
    def setUpClass(cls):
        require_program("cc")
        super().setUpClass()
        source = cls.top / "set.c"
        source.write_text(SET_ATTRIBUTE)
        subprocess.run(["cc", "-static", "-o", cls.top / "set", source], check=True, capture_output=True, env=environment())
        tool = "%global _binaries_in_noarch_packages_terminate_build 0\nRequires(post): tiny-base\n"
        install = f"mkdir -p //usr/bin //opt/empty; cp {cls.top}/set //usr/bin/setattribute; for f in f g g2; do echo x > //opt/$f; done"
        files = "/usr/bin/setattribute\n/opt"
        lists = [(path, f"system.posix_acl_{kind}", value) for path, kind, value in LISTS]
        odd = [(f"odd{number}", "/opt/f", name, b"x") for number, name in enumerate(("user.a b", "user.é", "user.a\tb"))]
        packages = [package("attributes", head=tool, install=install, files=files, rest="%post\n" + setting(*ATTRIBUTES, *lists))]
        packages += [package(name, head=tool, install=install, files=files, rest="%post\n" + setting(each)) for name, *each in odd]
        cls.repositories = [make_repository(cls.top / "own", *packages)]

    def test_they_are_in_the_archive_as_gnu_tar_reads_them(self):
        image = self.image("os: {packages: {install: [attributes]}}\n", ("tar", "raw"))
        root = image.partition("root")
        for path, name, value in ATTRIBUTES:
            with self.subTest(path=path, name=name):
                key = "SCHILY.xattr." + name.replace("%", "%25").replace("=", "%3D")
                self.assertEqual(image.archive()[path].pax_headers[key].encode("utf-8", "surrogateescape"), value)
                self.assertIn(name, self.run_tool("debugfs", "-R", f"ea_list {path}", root).stdout)
        for path, kind, value in LISTS:
            with self.subTest(path=path, kind=kind):
                found = image.archive()[path].pax_headers[f"SCHILY.acl.{kind}"]
                # A name may stand between: user:name:rwx:1000.
                entries = set()
                for words in (entry.split(":") for entry in found.replace("\n", ",").split(",")):
                    number = words[3] if len(words) > 3 else words[1]
                    entries.add(f"{words[0]}:{number}:{words[2]}")
                self.assertEqual(entries, text_of(value))
                self.assertIn(f"posix_acl_{kind}", self.run_tool("debugfs", "-R", f"ea_list {path}", root).stdout)
        self.assert_sound(root)

    def test_names_that_no_reader_of_archives_would_restore_are_refused(self):
        for name in ("odd0", "odd1", "odd2"):
            with self.subTest(name=name):
                text = f"os: {{packages: {{install: [{name}]}}}}\n"
                self.assert_refused(self.build(text, ("tar",)), "archive.attribute-unsupported", "/opt/f", exit_code=1)
                self.assertIn('= "x"', self.run_tool("debugfs", "-R", "ea_list /opt/f", self.image(text, ("raw",)).partition("root")).stdout)


class HardLinks(SiblingTestCase):
    """Names of one file that meet partitions, files of the config and scripts."""

    PACKAGES = (package("twins", install="mkdir -p //usr/share/t //srv/t //var/t //etc/t; echo old > //usr/share/t/a\n"
                        "for path in usr/share/t/b srv/t/c var/t/d etc/t/e; do ln //usr/share/t/a //$path; done\n"
                        "mkdir -p //usr/share/s; mkfifo //usr/share/s/p; ln //usr/share/s/p //srv/t/p",
                        files="/usr/share/t\n/srv/t\n/var/t\n/etc/t\n/usr/share/s"),)
    PATHS = ("/usr/share/t/a", "/usr/share/t/b", "/srv/t/c", "/var/t/d", "/etc/t/e")

    def test_each_partition_has_its_own_copy_with_the_right_count(self):
        for mounts in ([], ["/srv"], ["/srv", "/var"], ["/usr"], ["/srv", "/var", "/usr"]):
            with self.subTest(mounts=mounts):
                image = self.image(disk(mounts) + "os:\n  bootloader: {resetType: hard-reset}\n  packages: {install: [twins]}\n", ("raw",))
                for path in self.PATHS:
                    mount = next((each for each in mounts if path.startswith(each + "/")), "")
                    names = [each for each in self.PATHS if (next((m for m in mounts if each.startswith(m + "/")), "")) == mount]
                    filesystem = image.partition(f"d{mounts.index(mount)}" if mount else "root")
                    inside = path.removeprefix(mount)
                    said = self.run_tool("debugfs", "-R", f"stat {inside}", filesystem).stdout
                    self.assertRegex(said, rf"Links: {len(names)}\b", path)
                    self.assertIn("old", self.run_tool("debugfs", "-R", f"cat {inside}", filesystem).stdout)
                    self.assert_sound(filesystem)

    def test_what_changes_one_name_leaves_the_others(self):
        rows = (("additionalFiles: [{destination: /srv/t/c, content: new}]", "/srv/t/c"), ("additionalFiles: [{destination: /etc/t/e, content: new}]", "/etc/t/e"),
                ("additionalFiles: [{destination: /usr/share/t/a, content: new}]", "/usr/share/t/a"))
        for text, changed in rows:
            with self.subTest(text=text):
                image = self.image(f"os:\n  packages: {{install: [twins]}}\n  {text}\n")
                for path in self.PATHS:
                    member = image.archive()[path]
                    content = image.read(member.linkname.removeprefix(".") if member.islnk() else path)
                    self.assertEqual(content.strip(), "new" if path == changed else "old", path)


class Counts(SiblingTestCase):
    """A partition that fits its content has room for whatever that consists of."""

    KINDS = {
        "files of one byte": lambda place, number: (place / f"f{number}").write_text("x"), "empty files": lambda place, number: (place / f"e{number}").touch(),
        "directories": lambda place, number: (place / f"d{number}").mkdir(), "short links": lambda place, number: (place / f"l{number}").symlink_to("x"),
        "long links": lambda place, number: (place / f"l{number}").symlink_to("x" * 200), "long names": lambda place, number: (place / f"{number:04}{'n' * 240}").touch(),
    }

    def test_an_automatic_size_has_room_for_many_small_things(self):
        text = disk([]).replace("  bootType: efi", "  bootType: efi\n  autoSize: true").replace("type: root, size: 40M", "type: root")

        def built(row):
            tree = self.scratch() / "tree"
            tree.mkdir()
            for number in range(4000):
                row[1](tree, number)
            return self.build(text + f"os:\n  bootloader: {{resetType: hard-reset}}\n  additionalDirs: [{{source: {tree}, destination: /srv/many}}]\n", ("raw",))

        for (name, _), image in self.in_parallel(built, list(self.KINDS.items())):
            with self.subTest(name=name):
                self.assertEqual(image.code, 0, image.said)
                self.assert_sound(image.partition("root"))
                listed = self.run_tool("debugfs", "-R", "ls -p /srv/many", image.partition("root")).stdout
                self.assertEqual(len([line for line in listed.splitlines() if line.startswith("/")]) - 2, 4000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
