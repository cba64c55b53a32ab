#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The page of a build's report as a browser shows it: no complaint in its console, every figure that of the JSON, drawn in light and
in dark. Needs chromium (Debian's package of that name)."""

import html.parser
import json
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_distribution  # noqa: E402
from imagewright_testing import TestCase, environment, skip  # noqa: E402

CONFIG = """\
release: {release}
os: {{packages: {{install: [tiny-web, tiny-starting]}}}}
output: {{name: small, images: [{{format: qcow2}}, {{format: raw}}]}}
"""
PICTURE_BYTES = 20_000  # what an empty page of this size is well below


class Tables(html.parser.HTMLParser):
    """The rows of each table by its caption, the titles of what is drawn, and the scripts."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.titles, self.scripts = {}, [], 0
        self._caption, self._cell, self._element = None, None, ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self._element = tag
        self.scripts += tag == "script"
        if tag == "caption":
            self._caption = ""
        elif tag == "tr" and self._caption is not None:
            self.rows.setdefault(self._caption, []).append([])
        elif tag in ("td", "th"):
            self._cell = ""

    def handle_data(self, data):
        if self._element == "caption":
            self._caption += data
        elif self._element == "title":
            self.titles.append(data)
        elif self._cell is not None:
            self._cell += data

    def handle_endtag(self, tag):
        self._element = ""
        if tag in ("td", "th"):
            self.rows[self._caption][-1].append(self._cell)
            self._cell = None

    def below(self, caption):
        [name] = [name for name in self.rows if name.startswith(caption)]
        return self.rows[name][1:]


class ReportPage(TestCase):
    def setUp(self):
        self.browser = shutil.which("chromium")
        if not self.browser:
            skip("chromium is not installed")
        self.top = self.scratch()
        tiny_distribution.make(self.top)
        (self.top / "small.yaml").write_text(CONFIG.format(release=self.top / "releases/tiny.yaml"))
        self.run_program("--cache-dir", self.top / "cache", "build", self.top / "small.yaml", "--arch", "x86_64", "--output-dir", self.top / "out",
                         env=environment())
        self.page = self.top / "out/small-x86_64.report.html"
        self.report = json.loads((self.top / "out/small-x86_64.report.json").read_text())

    def browse(self, *arguments):
        command = [self.browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", f"--user-data-dir={self.top / 'browser'}",
                   "--window-size=1200,3000", *arguments, self.page.as_uri()]
        result = subprocess.run(command, capture_output=True, text=True, timeout=300)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([line for line in result.stderr.splitlines() if "CONSOLE" in line], [])
        return result.stdout

    def test_every_figure_is_the_reports(self):
        shown = Tables(self.browse("--dump-dom"))
        report = self.report
        self.assertEqual(shown.scripts, 0)
        self.assertEqual([row[:2] + row[4:] for row in shown.below("What was built")],
                         [[each["file"], each["format"], each["digest"]] for each in report["artifacts"]])
        self.assertEqual([[row[0].strip(), int(row[1]), int(row[2])] for row in shown.below("The stages in numbers")],
                         [[each["stage"], each["startMilliseconds"], each["milliseconds"]] for each in report["stages"]])
        self.assertEqual(shown.below("What was taken from earlier builds"),
                         [[each["stage"], each["result"], each["reason"]] for each in report["cache"]])
        self.assertEqual([[row[0], int(row[4])] for row in shown.below("How full each partition is")],
                         [[each["id"], each["files"]] for each in report["partitions"]])
        self.assertEqual(sorted([row[0], row[1], int(row[2])] for row in shown.below(f"{len(report['scriptlets'])} of")),
                         sorted([each["package"], each["scriptlet"], each["milliseconds"]] for each in report["scriptlets"]))
        for division, caption in (("packages", "The largest packages"), ("directories", "The largest directories")):
            names = [each["name"] or "(files of no package)" for each in report["sizes"][division]]
            self.assertGreater(len(names), 1)
            self.assertEqual([row[0] for row in shown.below(caption)], names[:40])
        # What is drawn is drawn of these: a bar for each stage, a tile for the largest package.
        for stage in report["stages"]:
            self.assertTrue(any(title.startswith(f"{stage['stage']}: ") for title in shown.titles), stage["stage"])
        self.assertTrue(any(title.startswith(report["sizes"]["packages"][0]["name"] + ": ") for title in shown.titles))

    def test_it_is_drawn_in_light_and_in_dark(self):
        pictures = []
        for preference in ([], ["--blink-settings=preferredColorScheme=0"]):
            picture = self.top / f"{len(pictures)}.png"
            self.browse(f"--screenshot={picture}", *preference)
            pictures.append(picture.read_bytes())
            self.assertGreater(len(pictures[-1]), PICTURE_BYTES)
        self.assertNotEqual(*pictures)


if __name__ == "__main__":
    unittest.main()
