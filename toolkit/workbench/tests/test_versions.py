# SPDX-License-Identifier: MIT
import unittest

from converter import versions


class Translate(unittest.TestCase):
    def test_the_revision_becomes_the_release_and_the_epoch_stays(self):
        self.assertEqual(versions.translate("1:2.66-4+deb12u3+b1"),
                         versions.RpmVersion("1", "2.66", "4+deb12u3+b1"))

    def test_a_native_package_has_no_release_in_relations_and_release_0_itself(self):
        self.assertEqual(versions.translate("20250419~deb12u2").evr(), "20250419~deb12u2")
        self.assertEqual(versions.package_version("3.6.1").evr(), "3.6.1-0")

    def test_a_hyphen_of_the_upstream_version_becomes_an_underscore(self):
        self.assertEqual(versions.translate("0.0-20231-5").evr(), "0.0_20231-5")

    def test_rejects_what_is_no_version(self):
        for text in ("", "1.0 beta", "x:1.0"):
            with self.assertRaises(ValueError):
                versions.translate(text)


class SortKey(unittest.TestCase):
    def test_orders_versions_as_dpkg_does(self):
        ordered = ["1.0~rc1-1", "1.0-1~bpo1", "1.0-1", "1.0-1+b1", "1.0-1+deb12u1", "1.0-2",
                   "1.0-10", "1.0a-1", "1.0+dfsg-1", "1.0.1-1", "1:0.1-1"]
        self.assertEqual(sorted(reversed(ordered), key=versions.sort_key), ordered)
