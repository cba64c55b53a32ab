# SPDX-License-Identifier: MIT
"""What the program writes for other programs, held against validators of those who made the formats."""

import json
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import TOP, TestCase, environment, require_npm_packages  # noqa: E402
from packages import file_line  # noqa: E402

MULTITOOL = "@microsoft/sarif-multitool-linux@5.7.0"
FEED = """<updates>%s</updates>"""
UPDATE = """<update type="security"><id>EX-%(number)d</id><severity>%(severity)s</severity><issued date="2026-01-02 00:00:00"/>
<references><reference type="cve" id="CVE-2026-000%(number)d"/></references><pkglist><collection>
<package name="%(name)s" epoch="0" version="99" release="1" arch="x86_64"/></collection></pkglist></update>"""


class Sarif(TestCase):
    def setUp(self):
        self.directory = self.scratch()

    def errors(self, path):
        """What the format's own tool calls an error: the schema, and what no schema can say."""
        program = require_npm_packages(MULTITOOL) / "@microsoft/sarif-multitool-linux/Sarif.Multitool"
        # npm unpacks it without that right where it runs no script of the package.
        program.chmod(0o755)
        result = subprocess.run([program, "validate", path, "--level", "Error"], capture_output=True, text=True,
                                env=environment(DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1, HOME=self.directory))
        self.assertIn("Analysis completed", result.stdout, result.stdout + result.stderr)
        return [line for line in result.stdout.splitlines() if ": error " in line]

    def documents(self):
        config = self.directory / "bad.yaml"
        config.write_text("release: workbench\nos:\n  hostnam: x\n  kernelCommandLine: {extraCommandLine: [a, a b]}\nstorage: []\n")
        yield "validate", self.run_program("validate", config, "--format", "sarif", expect=2).stdout
        good = self.directory / "good.yaml"
        good.write_text(f"release: {TOP}/configs/releases/workbench.yaml\nos: {{hostname: x}}\n")
        yield "validate of nothing wrong", self.run_program("validate", good, "--format", "sarif").stdout
        packages = self.directory / "packages.txt"
        packages.write_text("bash-5-1.x86_64\ncurl-8-1.x86_64\n")
        feed = self.directory / "feed.xml"
        feed.write_text(FEED % "".join(UPDATE % {"number": number, "severity": severity, "name": name} for number, (severity, name) in
                                       enumerate((("Critical", "bash"), ("Low", "curl"), ("None", "bash"), ("Moderate", "absent")))))
        yield "advisories", self.run_program("advisories", packages, "--feed", feed, "--format", "sarif").stdout
        root = self.directory / "root"
        (root / "usr/bin").mkdir(parents=True)
        for name in ("one", "two", "three"):
            (root / "usr/bin" / name).write_text("x")
        places = ["/", "/usr", "/usr/bin", "/usr/bin/one", "/usr/bin/two", "/usr/bin/three"]
        manifest = self.directory / "manifest.json"
        manifest.write_text(json.dumps({
            "imagewrightManifest": 1, "name": "node", "architecture": "x86_64", "release": "test", "toolVersion": "0.1.0", "epoch": 1700000000,
            "kernelCommandLine": "", "kernels": [], "units": [], "checks": [], "artifacts": [], "repositories": [], "packages": [],
            "disk": {"uuid": "6e3850e0-e2ae-8c4b-b43e-a7282e9d48f7", "size": 1, "partitions": []},
            "files": {path: file_line(root / path[1:]) for path in places}}))
        (root / "usr/bin/one").write_text("changed")
        (root / "usr/bin/two").unlink()
        (root / "usr/bin/a b%ü\x1b\nc").write_text("added")
        yield "drift", self.run_program("drift", "--root", root, "--manifest", manifest, "--format", "sarif", expect=5).stdout

    def test_microsoft_s_validator_takes_every_document(self):
        seen = set()
        for name, text in self.documents():
            with self.subTest(name):
                path = self.directory / "document.sarif"
                path.write_text(text)
                self.assertEqual(self.errors(path), [])
                seen.add(len(json.loads(text)["runs"][0]["results"]))
        self.assertGreater(max(seen), 1)

    def test_it_would_refuse_a_broken_one(self):
        text = dict(self.documents())["advisories"]
        for change in ({"ruleIndex": 99}, {"levels": "error"}):
            document = json.loads(text)
            document["runs"][0]["results"][0].update(change)
            path = self.directory / "document.sarif"
            path.write_text(json.dumps(document))
            self.assertNotEqual(self.errors(path), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
