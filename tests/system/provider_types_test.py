# SPDX-License-Identifier: MIT
"""The table of the provider's types that the fast tests look into is what the types say (npm, 270 MB)."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import provider_types  # noqa: E402
from imagewright_testing import TOP, TestCase, require_npm_packages  # noqa: E402

TABLE = TOP / "tests/functional/data/azurerm-4.55-names.json"


class ProviderTypes(TestCase):
    def test_the_table_is_that_of_the_types(self):
        modules = require_npm_packages("@cdktf/provider-azurerm@14.23.1")
        self.assertEqual(provider_types.text(provider_types.table(modules, json.loads(TABLE.read_text()))), TABLE.read_text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
