# SPDX-License-Identifier: MIT
"""The pages do what they say: their code blocks run, in order; every relative link of README and docs resolves."""

import copy
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import PROGRAM, TOP, WORKBENCH, TestCase, environment, require_module, require_workbench  # noqa: E402
from pages import LANGUAGES, blocks_of, pages_below  # noqa: E402
from pod_security import pod_of, restricted_violations  # noqa: E402

PAGES = [page for page in pages_below(TOP) if any(block.language in ("sh", "yaml") for block in blocks_of(page))]


class Blocks(TestCase):
    """What each block of a page is to the tests."""

    def test_each_block_runs_or_says_why_not(self):
        wrong, reasons = [], []
        for page in pages_below(TOP):
            for block in blocks_of(page):
                name = f"{page.relative_to(TOP)}: {block.text.splitlines()[0]}"
                if block.language not in LANGUAGES or not set(block.marks) <= LANGUAGES[block.language]:
                    wrong.append(f"{name} is marked {block.language} {block.marks}")
                elif block.language == "" and re.search(r"(?m)^(\$ |imagewright |toolkit/|make |apt-get )", block.text):
                    wrong.append(f"{name} has commands, and is no sh block")
                elif {"until", "input"} & set(block.marks) and not block.is_long:
                    wrong.append(f"{name} needs a machine, and is not long")
                elif "not-run" in block.marks:
                    reasons.append(f"{name}: {block.marks['not-run']}")
                    wrong += [f"{name} has no reason"] if len(block.marks["not-run"].split()) < 3 else []
                    wrong += [f"{name} names {path}" for path in re.findall(r"(?:tests|toolkit|how-to)/\S+\.(?:py|md)", block.marks["not-run"])
                              if not (TOP / path).exists() and not (TOP / "docs" / path).exists()]
        self.assertEqual(wrong, [])
        print("not run:", *reasons, sep="\n  ")

    def test_configs_of_pages_are_valid(self):
        """Whole ones and parts of them; what builds on another has that beside it."""
        seen = 0
        for page in PAGES:
            scratch = self.scratch()
            blocks = blocks_of(page)
            is_run = any(block.language == "sh" and not block.marks for block in blocks)
            for number, block in enumerate(blocks):
                # Files of commands that run are judged by these.
                if block.language != "yaml" or (is_run and "file" in block.marks):
                    continue
                path = scratch / block.marks.get("file", f"part-{number}.yaml")
                path.parent.mkdir(exist_ok=True)
                path.write_text(block.text)
                with self.subTest(page=page.name, block=block.text.splitlines()[0]):
                    self.run_program("validate", path, "--no-file-checks", env=environment(IMAGEWRIGHT_DATA=TOP / "configs"))
                seen += 1
        self.assertGreater(seen, 8)

    def test_sources_that_pages_show_are_those(self):
        for page in pages_below(TOP):
            for block in blocks_of(page):
                if "of" in block.marks:
                    source = (TOP / block.marks["of"]).read_text()
                    self.assertEqual([line for line in block.text.splitlines() if line not in source], [], page.name)


class HowTos(TestCase):
    @classmethod
    def setUpClass(cls):
        """The pages share a cache that is nobody else's: they prune it, and a build of somebody else must not be in their way."""
        super().setUpClass()
        cache = tempfile.TemporaryDirectory(prefix="imagewright-test-")
        cls.addClassCleanup(cache.cleanup)
        cls.cache = cache.name

    def run_page(self, page):
        require_workbench()
        top = self.scratch()
        scratch = top / "place"
        (scratch / "bin").mkdir(parents=True)
        (scratch / "bin/imagewright").symlink_to(PROGRAM)
        # Where a profile that is copied looks for its repository.
        (top / "build").symlink_to(WORKBENCH.parent)
        env = environment(PATH=f"{scratch / 'bin'}:{os.environ['PATH']}", IMAGEWRIGHT_DATA=TOP / "configs", XDG_CACHE_HOME=self.cache)
        for block in blocks_of(page):
            if "file" in block.marks:
                (scratch / block.marks["file"]).parent.mkdir(exist_ok=True)
                (scratch / block.marks["file"]).write_text(block.text)
            elif block.language == "sh" and not block.marks:
                result = subprocess.run(["bash", "-euo", "pipefail", "-c", block.text], cwd=scratch, env=env, capture_output=True, text=True)
                self.assertEqual(result.returncode, 0, f"{page}\n{block.text}\n{result.stdout[-2000:]}\n{result.stderr[-4000:]}")
        return scratch

    def test_each_page_does_what_it_says(self):
        ran = []
        for page in PAGES:
            if any(block.language == "sh" and not block.marks for block in blocks_of(page)):
                with self.subTest(page=str(page.relative_to(TOP))):
                    ran.append(page.name)
                    place = self.run_page(page)
                    if page.name == "first-image.md":
                        published = {path.name.partition(".")[2] for path in (place / "out").iterdir() if "." in path.name}
                        sample = set(re.findall(r"(?m)^  out/node-x86_64\.(\S+) +[0-9.]+ [KM]iB$", (TOP / "README.md").read_text()))
                        self.assertEqual(sample - {"vhd"}, published)
        self.assertGreater(len(ran), 15)
        self.assertIn("README.md", ran)


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


class CommandLines(TestCase):
    def known(self):
        """Each command with the options that its help names; of nested ones too."""
        top = self.run_program("--help").stdout
        general = set(re.findall(r"--[a-z][a-z-]+", top))
        commands = re.findall(r"(?m)^  (\S+)", top.split("Commands:")[1].split("Options of")[0])
        found = {}
        for name in commands:
            text = self.run_program(name, "--help").stdout
            for nested in re.findall(r"(?m)^  ([a-z][a-z-]*)  ", text.partition("Commands:")[2].partition("\n\n")[0]):
                text += self.run_program(name, nested, "--help").stdout
            found[name] = general | set(re.findall(r"--[a-z][a-z-]+", text))
        return found

    def test_every_command_of_the_pages_is_one_that_the_program_understands(self):
        known = self.known()
        wrong, seen = [], 0
        for page in [TOP / "README.md", *(TOP / "docs").rglob("*.md"), *(TOP / "toolkit").rglob("*.md")]:
            if "decisions" in page.parts:
                continue
            for line in page.read_text().replace("\\\n", " ").splitlines():
                for command, rest in re.findall(r"(?<![\w./-])imagewright ([a-z][a-z-]*)((?:[^`#|;&<]|&(?!&))*)", line):
                    # Prose names the program too; a command has an option or stands in code.
                    options = re.findall(r"(?<!\S)(--[a-z][a-z-]+)", rest)
                    if command not in known and not options and f"`imagewright {command}" not in line:
                        continue
                    seen += 1
                    wrong += [f"{page.relative_to(TOP)}: {command}"] if command not in known else [
                        f"{page.relative_to(TOP)}: {command} {option}" for option in options if option not in known[command]]
        self.assertGreater(seen, 150)
        self.assertEqual(wrong, [])


class Environment(TestCase):
    def test_the_reference_names_every_variable_that_the_program_reads(self):
        page = (TOP / "docs/reference.md").read_text().split("## Files in")[0]
        read = set()
        for source in (TOP / "src").rglob("*.cpp"):
            read |= set(re.findall(r'(?:getenv|environment)\("([A-Za-z_]+)"|"(IMAGEWRIGHT_[A-Z_]+)"', source.read_text()))
        names = sorted({name for pair in read for name in pair if name} - {"IMAGEWRIGHT_VERSION"})
        self.assertIn("IMAGEWRIGHT_DATA", names)
        self.assertEqual([name for name in names if f"`{name}`" not in page], [])


def table_below(text, first_line):
    """Rows of a table, by their first cell."""
    rows = re.match(r"(?:\|[^\n]*\n)+", text[text.index(first_line):]).group(0).splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]
    return {row[0]: row[1:] for row in cells}


class Picture(TestCase):
    def test_it_shows_what_the_sample_shows(self):
        """Drawn from a run: the same files, and every stage in its order."""
        drawn = re.sub(r"<[^>]*>", "", (TOP / "docs/build.svg").read_text())
        sample = set(re.findall(r"(?m)^  (out/node-x86_64\.\S+) +[0-9.]+ [KM]iB$", (TOP / "README.md").read_text()))
        self.assertGreater(len(sample), 5)
        self.assertEqual(set(re.findall(r"(?m)^ +(out/\S+) +[0-9.]+ [KMG]iB$", drawn)), sample)
        stages = re.findall(r"(?m)^ *ok (\S+): done in", drawn)
        self.assertLess(stages.index("resolve"), stages.index("install"))
        self.assertEqual(stages[-1], "manifest")

    def test_the_script_draws_what_a_command_leaves_on_the_screen(self):
        target = self.scratch() / "drawing.svg"
        self.run_tool(sys.executable, TOP / "toolkit/picture", target, "a & b", "printf", "one\rtwo\n\x1b[31mred\x1b[0m<")
        text = target.read_text()
        self.assertIn("$ a &amp; b", text)
        self.assertIn(">two</text>", text)
        self.assertNotIn("one", text)
        self.assertIn('fill="#ff7b72">red</tspan>&lt;', text)


class Peers(TestCase):
    def test_each_cell_of_the_comparison_has_a_source_or_a_command(self):
        claims = table_below((TOP / "README.md").read_text(), "| | Imagewright |")
        sources = table_below((TOP / "docs/peers.md").read_text(), "| | Imagewright |")
        self.assertGreater(len(claims), 5)
        self.assertEqual(list(claims), list(sources))
        for row, cells in sources.items():
            self.assertEqual(len(cells), len(claims[row]), row)
            self.assertRegex(cells[0], r"`imagewright \w+")
            for cell in cells[1:]:
                self.assertRegex(cell, r"\]\(https://", row)
        commands = re.findall(r"(?m)^  (\S+)", self.run_program("--help").stdout.split("Commands:")[1].split("Options of")[0])
        for cells in sources.values():
            self.assertEqual([word for word in re.findall(r"`imagewright (\w+)", cells[0]) if word not in commands], [])

    def test_the_formats_of_the_comparison_are_those_of_the_program(self):
        claimed = table_below((TOP / "README.md").read_text(), "| | Imagewright |")["formats"][0].lower().split(", ")
        known = self.run_program("schema").stdout
        self.assertEqual([name for name in claimed if f'"{name}"' not in known], [])


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
        workflow = yaml.safe_load((TOP / "toolkit/ci/github/workflow.yml").read_text())
        job = workflow["jobs"]["imagewright"]
        # Options of the engine are how privileges are asked for.
        self.assertEqual(set(job["container"]), {"image", "options"})
        self.assertRegex(job["container"]["options"], r"^--user [1-9]\d*$")
        for step in job["steps"]:
            if "run" in step:
                subprocess.run(["bash", "-n"], input=step["run"], text=True, check=True)
                self.assertNotIn("${{", step["run"])
        header, jobs = yaml.safe_load_all((TOP / "toolkit/ci/gitlab/imagewright.yml").read_text())
        self.assertIn("config", header["spec"]["inputs"])
        self.assertEqual(set(jobs), {"imagewright"})

    def test_what_is_for_kubernetes_is_what_the_restricted_standard_admits(self):
        require_module("yaml")
        for name in ("job", "argo", "tekton"):
            self.assertEqual(restricted_violations(pod_of(TOP / f"toolkit/ci/kubernetes/{name}.yaml")), [], name)
        pod = pod_of(TOP / "toolkit/ci/kubernetes/job.yaml")
        # The check itself: each of these is refused by the standard.
        for change in (
            lambda pod: pod.update(hostNetwork=True), lambda pod: pod["securityContext"].pop("runAsNonRoot"),
            lambda pod: pod["securityContext"].update(seccompProfile={"type": "Unconfined"}),
            lambda pod: pod["securityContext"].update(runAsUser=0), lambda pod: pod["securityContext"].pop("seccompProfile"),
            lambda pod: pod["volumes"].append({"name": "host", "hostPath": {"path": "/"}}),
            lambda pod: pod["containers"][0]["securityContext"].pop("allowPrivilegeEscalation"),
            lambda pod: pod["containers"][0]["securityContext"].update(privileged=True),
            lambda pod: pod["containers"][0]["securityContext"]["capabilities"].update(add=["SYS_ADMIN"]),
            lambda pod: pod["containers"][0]["securityContext"].update(capabilities={"drop": ["NET_RAW"]}),
            lambda pod: pod["containers"][0]["securityContext"].update(procMount="Unmasked"),
        ):
            changed = copy.deepcopy(pod)
            change(changed)
            self.assertEqual(len(restricted_violations(changed)), 1, changed)


if __name__ == "__main__":
    unittest.main(verbosity=2)
