# SPDX-License-Identifier: MIT
import unittest

from converter import control, specfile

_STANZA = next(control.stanzas("""Package: tool
Version: 2:1.0-3
Architecture: all
Depends: libx (>= 1), perl
Breaks: old (<< 2), tool
Description: does 100% of it.
 First line.
 .
 #second
""".splitlines()))
_KNOWN = specfile.Names(frozenset({"libx", "tool", "old"}), frozenset())


class Fragments(unittest.TestCase):
    def test_the_preamble_holds_what_rpm_needs(self):
        text = specfile.preamble(_STANZA, specfile.Recipe(requires_pre=("base",)), _KNOWN, "MIT")
        self.assertEqual(text.splitlines(), [
            "Name: tool", "Epoch: 2", "Version: 1.0", "Release: 3", "Summary: does 100%% of it",
            "License: MIT", "BuildArch: noarch", "AutoReqProv: no", "Requires(pre): base",
            "Requires: libx >= 1", "Conflicts: old < 2"])

    def test_a_recipe_can_drop_a_requirement(self):
        text = specfile.preamble(_STANZA, specfile.Recipe(drop_requires=("libx",)), _KNOWN, "MIT")
        self.assertNotIn("Requires", text)

    def test_the_description_names_the_origin_and_holds_no_comment(self):
        text = specfile.description(_STANZA)
        self.assertIn("Debian package tool 2:1.0-3", text)
        self.assertIn("\n #second\n", text)

    def test_licence_names_come_from_a_machine_readable_file(self):
        text = ("Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
                "Files: *\nLicense: MIT\n text\n\nFiles: b\nLicense: BSD-3-clause\n")
        self.assertEqual(specfile.licence_names(text), "BSD-3-clause and MIT")
        self.assertEqual(specfile.licence_names("It is free."), "See the licence file")
