# SPDX-License-Identifier: MIT
import unittest

from converter import relations


class Requirements(unittest.TestCase):
    def test_translates_operators_and_versions(self):
        self.assertEqual(relations.requirements("libc6 (>= 2.36), b (<< 1:3-2~), c (= 1-1)",
                                                {"libc6", "b", "c"}),
                         ["libc6 >= 2.36", "b < 1:3-2~", "c = 1-1"])

    def test_greater_than_a_version_without_revision_admits_its_revisions(self):
        self.assertEqual(relations.requirements("libc6 (>> 2.36)", {"libc6"}), ["libc6 >= 2.36"])
        self.assertEqual(relations.requirements("libc6 (>> 2.36-1)", {"libc6"}), ["libc6 > 2.36-1"])

    def test_unknown_names_fall_away(self):
        self.assertEqual(relations.requirements("debconf (>= 0.5) | debconf-2.0, bash", {"bash"}),
                         ["bash"])

    def test_alternatives_that_both_exist_become_a_rich_dependency(self):
        self.assertEqual(relations.requirements("mawk | gawk:any | awk", {"mawk", "gawk"}),
                         ["(mawk or gawk)"])

    def test_rejects_what_is_no_relation(self):
        with self.assertRaises(ValueError):
            relations.parse("bash (~ 1)")


class Conflicts(unittest.TestCase):
    def test_a_package_never_conflicts_with_itself(self):
        self.assertEqual(relations.conflicts("resolvconf", {"bash"}, {"resolvconf"},
                                             {"systemd-resolved", "resolvconf"}), [])

    def test_a_version_bound_does_not_meet_a_provided_name(self):
        self.assertEqual(relations.conflicts("resolvconf (<< 1.83~), awk, bash (<< 5)", {"bash"},
                                             {"resolvconf", "awk"}, set()), ["awk", "bash < 5"])
