# SPDX-License-Identifier: MIT
"""The how-tos do what they say: their code blocks run, in order; every relative link of README and docs resolves."""

import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import PROGRAM, TOP, TestCase, environment, require_module, require_workbench  # noqa: E402

BLOCK = re.compile(r"(?ms)^```(\S+)([^\n]*)\n(.*?)^```$")


class HowTos(TestCase):
    def run_page(self, name):
        """`yaml file=NAME` becomes that file, `sh` runs; `sh skip` needs what no test has (a network, QEMU for minutes)."""
        require_workbench()
        scratch = self.scratch()
        (scratch / "bin").mkdir()
        (scratch / "bin/imagewright").symlink_to(PROGRAM)
        env = environment(PATH=f"{scratch / 'bin'}:{os.environ['PATH']}", IMAGEWRIGHT_DATA=TOP / "configs")
        ran = 0
        for language, mark, text in BLOCK.findall((TOP / "docs/how-to" / name).read_text()):
            if language == "yaml" and (target := re.search(r"file=(\S+)", mark)):
                (scratch / target.group(1)).write_text(text)
            elif language == "sh" and "skip" not in mark:
                result = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=scratch, env=env, capture_output=True, text=True)
                self.assertEqual(result.returncode, 0, f"{name}\n{text}\n{result.stdout[-2000:]}\n{result.stderr[-4000:]}")
                ran += 1
        self.assertGreater(ran, 0)

    def test_advisories(self):
        self.run_page("advisories.md")

    def test_first_image(self):
        self.run_page("first-image.md")

    def test_locks(self):
        self.run_page("locks.md")

    def test_pipelines(self):
        self.run_page("pipelines.md")

    def test_signing(self):
        self.run_page("signing.md")


class Links(TestCase):
    def test_every_relative_link_resolves(self):
        broken = []
        for page in [TOP / "README.md", *(TOP / "docs").rglob("*.md"), *(TOP / "toolkit").rglob("*.md")]:
            for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
                if "://" not in target and not (page.parent / target).exists():
                    broken.append(f"{page.relative_to(TOP)}: {target}")
        self.assertEqual(broken, [])

    def test_the_index_names_every_page(self):
        index = (TOP / "docs/README.md").read_text()
        pages = [str(path.relative_to(TOP / "docs")) for path in (TOP / "docs").rglob("*.md")
                 if not {"errors", "decisions"} & set(path.parts) and path.name != "README.md"]
        self.assertEqual([page for page in pages if f"({page})" not in index], [])


class Pipelines(TestCase):
    def commands_of(self, text):
        return re.findall(r"imagewright (\w+)", text)

    def test_files_for_ci_services_are_what_their_services_read(self):
        yaml = require_module("yaml")
        action = yaml.safe_load((TOP / "toolkit/ci/github/action.yml").read_text())
        self.assertEqual(action["runs"]["using"], "composite")
        for step in action["runs"]["steps"]:
            self.assertTrue("uses" in step or step["shell"] == "bash", step)
            if "run" in step:
                subprocess.run(["bash", "-n"], input=step["run"], text=True, check=True)
                # What a user gives must not become part of a script.
                self.assertNotIn("${{", step["run"])
        header, jobs = yaml.safe_load_all((TOP / "toolkit/ci/gitlab/imagewright.yml").read_text())
        self.assertIn("config", header["spec"]["inputs"])
        self.assertEqual(set(jobs), {"imagewright"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
