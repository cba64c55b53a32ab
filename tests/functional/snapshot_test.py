# SPDX-License-Identifier: MIT
"""`lock --update --snapshot TIME` and `os.packages.snapshotTime`: nothing that was published later counts; and the recipe of every month."""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import PROGRAM, TOP, TestCase, environment, require_program  # noqa: E402
from lock_test import RELEASE  # noqa: E402
from packages import build_package  # noqa: E402

OLD, NEW = 1700000000, 1750000000  # 2023-11-14T22:13:20Z, 2025-06-15T15:06:40Z
FEED = """<updates><update type="security"><id>EX-1</id><severity>Important</severity><issued date="2026-01-02 00:00:00"/>
<references><reference type="cve" id="CVE-2026-0001"/></references>
<pkglist><collection><package name="alpha" epoch="0" version="2" release="1" arch="noarch"/></collection></pkglist></update></updates>"""


class SnapshotCase(TestCase):
    def setUp(self):
        require_program("createrepo_c")
        self.directory = self.scratch()
        self.repository = self.directory / "repository"
        self.repository.mkdir()
        for name, version, published in (("base-files", "1", OLD), ("alpha", "1", OLD), ("alpha", "2", NEW), ("beta", "1", NEW)):
            package = self.repository / f"{name}-{version}.rpm"
            shutil.copy(build_package(self.directory / "build", name, version, {f"/usr/share/{name}": version}), package)
            os.utime(package, (published, published))
        self.index()
        (self.directory / "releases").mkdir()
        release = re.sub(r"- \{name: workbench.*\}", f"- {{name: own, path: {self.repository}, gpgCheck: false, repoGpgCheck: false}}", RELEASE)
        (self.directory / "releases/tiny.yaml").write_text(release)
        self.write("alpha")

    def index(self):
        subprocess.run(["createrepo_c", "-q", "--no-database", "--general-compress-type=gz", self.repository], check=True)

    def write(self, *packages, time=None):
        preview = "previewFeatures: [package-snapshot-time]\n" if time else ""
        wish = f", snapshotTime: '{time}'" if time else ""
        self.config = self.directory / "node.yaml"
        self.config.write_text(f"release: tiny\narchitectures: [x86_64]\n{preview}os: {{packages: {{install: [{', '.join(packages)}]{wish}}}}}\n")

    def run_in(self, command, *arguments, **options):
        return self.run_program(command, self.config, *arguments, "--cache-dir", self.directory / "cache", cwd=self.directory, **options)

    def version(self):
        lock = json.loads((self.directory / "node.lock.json").read_text())
        return next(row["version"].split("-")[0] for row in lock["architectures"]["x86_64"]["packages"] if row["name"] == "alpha")


class Snapshot(SnapshotCase):
    def test_the_lock_of_a_base_does_not_go_in_silence(self):
        self.run_in("lock")
        path = self.directory / "node.lock.json"
        document = json.loads(path.read_text())
        document["architectures"]["x86_64"].update(request="sha256:" + "0" * 64, base="sha256:" + "1" * 64, kept=[], erased=[])
        path.write_text(json.dumps(document))
        self.assertRegex(self.run_in("lock").stdout, "! the lock of x86_64 is replaced, on base sha256:1")
        self.assertNotIn("base", json.loads(path.read_text())["architectures"]["x86_64"])

    def test_what_was_published_later_is_not_there(self):
        self.run_in("lock")
        self.assertEqual(self.version(), "2")
        # To the second; a day is its midnight in UTC; offsets count. The second time it comes from prepared metadata.
        for time, version in (("2025-06-15T15:06:39Z", "1"), ("2025-06-15T15:06:40Z", "2"), ("2025-06-15", "1"), ("2025-06-16", "2"),
                              ("2025-06-15T17:06:39+02:00", "1"), ("2025-06-15T15:06:39Z", "1")):
            self.run_in("lock", "--update", "--snapshot", time)
            self.assertEqual(self.version(), version, time)
        self.run_in("lock", "--check")
        self.run_in("lock", "--update")
        self.assertEqual(self.version(), "2")

    def test_a_pin_that_is_newer_gives_way(self):
        self.run_in("lock")
        self.assertIn("2-1 → 1-1", self.run_in("lock", "--snapshot", "2024-01-01").stdout)

    def test_what_is_only_there_later_is_explained(self):
        self.write("alpha", "beta")
        said = self.run_in("lock", "--snapshot", "2024-01-01", expect=3).stderr
        self.assertIn("published at 2025-06-15T15:06:40Z, after the snapshot of 2024-01-01T00:00:00Z", said)

    def test_a_config_can_say_it_and_its_lock_is_stale_without(self):
        self.write("alpha", time="2024-01-01")
        self.run_in("lock")
        self.assertEqual(self.version(), "1")
        self.run_in("lock", "--check")
        self.write("alpha")
        self.assertIn("- snapshot 2024-01-01T00:00:00Z", self.run_in("lock", "--check", expect=5).stderr)
        self.write("alpha", time="2024-01-01")
        self.run_in("lock", "--update", "--snapshot", "2025-12-31")
        self.assertEqual(self.version(), "2")
        self.write("beta", time="2024-01-01")
        self.assertIn("node.yaml:4", self.run_in("plan", expect=3).stderr)

    def test_metadata_without_times_is_refused(self):
        for change in (' file="[0-9]+"', r'<time file="[0-9]+" build="[0-9]+"/>'):
            self.index()
            primary = next((self.repository / "repodata").glob("*-primary.xml.gz"))
            text = subprocess.run(["zcat", primary], capture_output=True, text=True, check=True).stdout
            plain = self.directory / "primary.xml"
            plain.write_text(re.sub(change, "", text, count=1))
            subprocess.run(["modifyrepo_c", "--mdtype", "primary", "--no-compress", plain, self.repository / "repodata"], check=True,
                           capture_output=True)
            said = self.run_in("lock", "--update", "--snapshot", "2024-01-01", expect=3).stderr
            self.assertIn("[resolve.no-publication-time]", said)
            self.run_in("lock", "--update")

    def test_what_is_no_time_is_refused(self):
        for word in ("", "soon", "2026", "2026-02-30", "1700000000", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z"):
            said = self.run_in("lock", "--snapshot", word, expect=2).stderr
            self.assertIn("cli.usage", said, word)
        self.run_in("lock", "--check", "--snapshot", "2026-01-01", expect=2)


class Monthly(SnapshotCase):
    """`toolkit/monthly` up to the image, whose packages give none here; whole it runs as docs/how-to/monthly.md."""

    def monthly(self, **changes):
        variables = {"CONFIG": "node.yaml", "ARCH": "x86_64", "OUT": "out", "SNAPSHOT": "2026-01-01", "FEED": "feed.xml", "BOOT": "no",
                     "IMAGEWRIGHT": PROGRAM, "XDG_CACHE_HOME": self.directory / "cache", "SOURCE_DATE_EPOCH": "1767312000", **changes}
        (self.directory / "feed.xml").write_text(FEED)
        return subprocess.run([TOP / "toolkit/monthly"], cwd=self.directory, env=environment(**variables), capture_output=True, text=True)

    def test_the_gate_comes_before_the_image(self):
        self.run_in("lock")
        # An older day takes the fix back.
        result = self.monthly(SNAPSHOT="2024-01-01")
        self.assertEqual(result.returncode, 5, result.stderr)
        self.assertIn("[advisory.open]", result.stderr)
        self.assertNotIn("monthly: the image", result.stderr)
        self.run_in("lock", "--update")
        result = self.monthly(SOURCE_DATE_EPOCH="1800000000")
        self.assertEqual(result.returncode, 2)
        self.assertIn("[advisory.stale-feed]", result.stderr)

    def test_what_is_missing_is_said(self):
        for name in ("CONFIG", "SNAPSHOT", "FEED"):
            result = self.monthly(**{name: None})
            self.assertEqual((result.returncode, name in result.stderr), (2, True))
        self.assertIn("no node.lock.json", self.monthly().stderr)

    def test_a_list_of_packages_is_a_beginning(self):
        (self.directory / "old.txt").write_text("base-files-1-1.noarch\nalpha-1-1.noarch\n")
        result = self.monthly(OLD="old.txt")
        self.assertIn("fixed: 1\n  CVE-2026-0001 high alpha", result.stdout, result.stderr)
        self.assertIn("monthly: the image", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
