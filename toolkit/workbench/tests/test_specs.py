# SPDX-License-Identifier: MIT
"""The files of specs/ agree with each other."""

import unittest
from pathlib import Path

from converter import catalogue

_SPECS = Path(__file__).resolve().parents[3] / "specs"


def _names(path: Path) -> list[str]:
    return [line.split(":")[0] for line in path.read_text().splitlines()]


class Accounts(unittest.TestCase):
    def test_every_account_has_a_shadow_entry(self):
        directory = _SPECS / "workbench"
        for accounts, shadow in (("passwd", "shadow"), ("group", "gshadow")):
            names = _names(directory / "base-passwd" / accounts)
            self.assertTrue(names)
            self.assertLessEqual(set(names), set(_names(directory / "base-files" / shadow)))

    def test_ids_are_unique(self):
        for name in ("passwd", "group"):
            lines = (_SPECS / "workbench/base-passwd" / name).read_text().splitlines()
            ids = [line.split(":")[2] for line in lines]
            self.assertEqual(len(ids), len(set(ids)))


class Data(unittest.TestCase):
    def test_the_catalogue_loads_and_every_recipe_has_a_spec(self):
        loaded = catalogue.load(_SPECS)
        self.assertIn("/usr/bin", loaded.shared_directories)
        for name, recipe in loaded.recipes.items():
            self.assertTrue(loaded.spec(recipe, name).is_file(), name)

    def test_a_pattern_gives_the_kernel_its_recipe(self):
        loaded = catalogue.load(_SPECS)
        self.assertEqual(loaded.recipe("linux-image-6.1.0-56-cloud-arm64").spec, "linux-image")
