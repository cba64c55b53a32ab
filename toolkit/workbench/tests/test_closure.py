# SPDX-License-Identifier: MIT
import unittest

from converter import closure
from converter.errors import WorkbenchError

_STANZAS = {
    "app": {"Package": "app", "Depends": "lib, bus, debconf | other"},
    "lib": {"Package": "lib"},
    "dbus": {"Package": "dbus", "Provides": "bus"},
    "other": {"Package": "other"},
}


class Close(unittest.TestCase):
    def test_follows_dependencies_and_virtual_names_but_not_what_is_dropped(self):
        self.assertEqual(closure.close(["app"], _STANZAS, {"debconf"}), ["app", "dbus", "lib"])

    def test_an_unknown_name_is_an_error_that_says_who_wants_it(self):
        with self.assertRaisesRegex(WorkbenchError, 'no package is called "gone"'):
            closure.close(["gone"], _STANZAS, set())

    def test_roles_may_be_of_one_architecture_only(self):
        roles = {"boot": ["grub-@ARCH@"], "only": {"amd64": {"boot": ["grub-pc"]}}}
        self.assertEqual(closure.wanted(roles, "amd64"), ["grub-amd64", "grub-pc"])
        self.assertEqual(closure.wanted(roles, "arm64"), ["grub-arm64"])
