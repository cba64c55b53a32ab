# SPDX-License-Identifier: MIT
"""The table of facts against small checkouts: what stands, what has changed, and what nobody accounts for."""

import contextlib
import importlib.machinery
import importlib.util
import io
import subprocess
import tempfile
import unittest
from pathlib import Path

_HERE = Path(__file__).resolve().parents[1]
_LOADER = importlib.machinery.SourceFileLoader("facts", str(_HERE / "facts"))
facts = importlib.util.module_from_spec(importlib.util.spec_from_loader("facts", _LOADER))
_LOADER.exec_module(facts)

TABLE = """
profile = "unused"
[own]
name = "ours"
[[fact]]
place = "baseline.kernel"
file = "SPECS/kernel.spec"
find = '^Version: (\\S+)'
test = "starts"
[[fact]]
place = "repositories.base.baseUrl"
file = "SPECS/base.repo"
find = '^baseurl=(.*)$'
[[fact]]
place = "arguments"
file = "grub"
find = 'LINUX="(.*)"'
test = "words"
[[fact]]
place = "loader"
file = "SPECS/kernel.spec"
says = ["Name: kernel"]
inverse = ["Obsoletes: kernel"]
"""
PROFILE = """
name: x
baseline: {kernel: "6.6"}
repositories: [{name: other, baseUrl: no}, {name: base, baseUrl: "https://example.test/$basearch"}]
arguments: [a, b=1]
loader: {}
"""
FILES = {"SPECS/kernel.spec": "Name: kernel\nVersion: 6.6.134\n", "SPECS/base.repo": "[base]\nbaseurl=https://example.test/$basearch\n",
         "grub": 'LINUX="a b=1"\n'}


class Facts(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.top = Path(scratch.name)
        (self.top / "facts.toml").write_text(TABLE)
        (self.top / "profile.yaml").write_text(PROFILE)
        self.checkout = self.top / "checkout"
        self.write(FILES)

    def write(self, files):
        for name, text in files.items():
            (self.checkout / name).parent.mkdir(parents=True, exist_ok=True)
            (self.checkout / name).write_text(text)

    def run_facts(self, checkout=None):
        out, note = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(note):
            code = facts.main([str(checkout or self.checkout), "--facts", str(self.top / "facts.toml"), "--profile",
                               str(self.top / "profile.yaml")])
        return code, out.getvalue().splitlines()

    def test_sources_that_say_the_same_change_nothing(self):
        self.assertEqual(self.run_facts(), (0, []))

    def test_another_series_is_a_change_and_another_patch_is_none(self):
        self.write({"SPECS/kernel.spec": "Name: kernel\nVersion: 6.6.999\n"})
        self.assertEqual(self.run_facts()[0], 0)
        self.write({"SPECS/kernel.spec": "Name: kernel\nVersion: 6.60.1\n"})
        self.assertEqual(self.run_facts(), (1, ["baseline.kernel: SPECS/kernel.spec says 6.60.1, the profile 6.6"]))

    def test_each_kind_of_change_is_printed_with_its_place_and_file(self):
        self.write({"SPECS/base.repo": "baseurl=https://elsewhere.test/\n", "grub": 'LINUX="a"\n',
                    "SPECS/kernel.spec": "Version: 6.6.1\nObsoletes: kernel\n"})
        self.assertEqual(self.run_facts(), (1, [
            "repositories.base.baseUrl: SPECS/base.repo says https://elsewhere.test/, the profile https://example.test/$basearch",
            "arguments: grub says a, the profile ['a', 'b=1']",
            "loader: SPECS/kernel.spec no longer says: Name: kernel",
            "loader: SPECS/kernel.spec now says: Obsoletes: kernel"]))

    def test_a_file_that_is_gone_or_says_nothing_is_a_change(self):
        (self.checkout / "grub").unlink()
        self.write({"SPECS/base.repo": "[base]\n"})
        code, lines = self.run_facts()
        self.assertEqual(code, 1)
        self.assertIn("arguments: grub is gone", lines)
        self.assertTrue(any("has nothing that matches" in line for line in lines), lines)

    def test_a_key_of_the_profile_without_origin_is_told(self):
        (self.top / "profile.yaml").write_text(PROFILE + "more: 1\n")
        self.assertEqual(self.run_facts(), (1, ["more: nothing says where it is from"]))

    def test_a_git_directory_without_work_tree_is_read_too(self):
        bare = self.top / "bare.git"
        git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.test"]
        subprocess.run([*git, "init", "-q", "."], cwd=self.checkout, check=True)
        subprocess.run([*git, "add", "."], cwd=self.checkout, check=True)
        subprocess.run([*git, "commit", "-qm", "all"], cwd=self.checkout, check=True)
        subprocess.run([*git, "clone", "-q", "--bare", str(self.checkout), str(bare)], check=True)
        self.assertEqual(self.run_facts(bare), (0, []))

    def test_the_shipped_table_accounts_for_every_key_of_its_profile(self):
        table = facts.load(_HERE / "azurelinux-3.0.toml")
        profile = facts.yaml.safe_load((_HERE.parents[1] / table["profile"]).read_text())
        self.assertEqual(facts.uncovered(table, profile), [])
        for fact in table["fact"]:
            facts.at_place(profile, fact["place"])
        self.assertLessEqual(set(table["own"]), set(profile))


if __name__ == "__main__":
    unittest.main()
