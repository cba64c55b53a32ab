# SPDX-License-Identifier: MIT
import unittest

from converter import payload
from converter.errors import WorkbenchError


class MergedUsr(unittest.TestCase):
    def test_moves_what_lies_below_the_merged_directories(self):
        self.assertEqual(payload.merge_usr("/bin/sh"), "/usr/bin/sh")
        self.assertEqual(payload.merge_usr("/lib64/ld.so"), "/usr/lib64/ld.so")
        self.assertEqual(payload.merge_usr("/library/x"), "/library/x")

    def test_keeps_links_that_still_point_at_the_same_file(self):
        self.assertEqual(payload.merged_target("/bin/sh", "dash"), "dash")
        self.assertEqual(payload.merged_target("/sbin/x", "../bin/y"), "../bin/y")
        self.assertEqual(payload.merged_target("/lib/a", "/etc/b"), "/etc/b")

    def test_mends_links_that_would_point_elsewhere(self):
        self.assertEqual(payload.merged_target("/lib/x", "../usr/share/y"), "../share/y")
        self.assertEqual(payload.merged_target("/lib/x", "../etc/y"), "../../etc/y")


class Paths(unittest.TestCase):
    def test_a_copyright_file_is_a_licence(self):
        self.assertEqual(payload.licence_path("/usr/share/doc/bash/copyright"),
                         "/usr/share/licenses/bash/copyright")
        self.assertIsNone(payload.licence_path("/usr/share/doc/bash/examples/copyright"))

    def test_a_dropped_directory_takes_its_contents_with_it(self):
        self.assertTrue(payload.is_dropped("/etc/rc2.d/S01x", ["/etc/rc?.d"]))
        self.assertFalse(payload.is_dropped("/etc/rc.local", ["/etc/rc?.d"]))

    def test_only_patterns_are_escaped(self):
        self.assertEqual(payload.escaped("/usr/bin/["), "/usr/bin/[")
        self.assertEqual(payload.escaped(r"/x/a\x2db.slice"), r"/x/a\x2db.slice")
        self.assertEqual(payload.escaped("/x/[a]%"), r"/x/\[a\]%%")


class FileList(unittest.TestCase):
    def test_tells_owner_mode_and_kind(self):
        entries = [payload.Entry("/etc/x", "directory", 0o2755, "root", "adm"),
                   payload.Entry("/usr/bin/y", "link"),
                   payload.Entry("/usr/bin/z", "file", 0o4755, directives=("%caps(cap_kill=ep)",))]
        self.assertEqual(payload.file_list(entries).splitlines()[1:], [
            '%dir %attr(2755, root, adm) "/etc/x"',
            '%attr(-, root, root) "/usr/bin/y"',
            '%caps(cap_kill=ep) %attr(4755, root, root) "/usr/bin/z"'])

    def test_an_attribute_of_an_absent_path_is_an_error(self):
        with self.assertRaisesRegex(WorkbenchError, "/usr/bin/none"):
            payload.with_directives([], {}, {"/usr/bin/none": {"mode": "0755"}})
