# SPDX-License-Identifier: MIT
"""Each kind of reported fault has tests of at least five inputs of its own beside the reported one."""

import csv
import re
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPORTS = HERE.parents[2] / "shared/data/reports"


class Kinds(unittest.TestCase):
    def setUp(self):
        with (HERE / "data/report_kinds.tsv").open(encoding="utf-8", newline="") as file:
            self.rows = list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"))

    def test_every_named_test_exists(self):
        for row in self.rows:
            text = (HERE / f"{row['file']}_test.py").read_text()
            for name in row["tests"].split():
                with self.subTest(number=row["number"], name=name):
                    self.assertRegex(text, rf"(?m)^    def {re.escape(name)}\(self\)")
            self.assertGreaterEqual(int(row["siblings"]), 5, row["number"])

    def test_no_kind_is_left_out(self):
        if not REPORTS.exists():
            self.skipTest("the reports are not here")
        there = {path.name[:2] for path in REPORTS.iterdir() if re.match(r"\d\d-", path.name)}
        self.assertEqual(there - {row["number"] for row in self.rows}, set())
        self.assertEqual(len(self.rows), len({row["number"] for row in self.rows}))


if __name__ == "__main__":
    unittest.main(verbosity=2)
