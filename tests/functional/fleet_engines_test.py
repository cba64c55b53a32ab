#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What engines are given: checked by the types and validators of those who know the engines, and by strict lists of keys."""

import copy
import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_distribution  # noqa: E402
from documentation_test import restricted_violations  # noqa: E402
from imagewright_fleet import FleetTestCase  # noqa: E402
from imagewright_testing import PROGRAM, TOP, TestCase, environment, require_module, require_npm_packages  # noqa: E402

KUBERNETES = ("kubernetes-models@5.1.0", "@kubernetes-models/argo-workflows@2.0.0")
ACTIONS = ("@action-validator/core@0.6.0", "@action-validator/cli@0.6.0")
# Validates standard input as the class of a module; says what is wrong.
CHECK = """
import {readFileSync} from 'fs';
const {[process.argv[3]]: Kind} = await import(process.argv[2]);
try { new Kind(JSON.parse(readFileSync(0))).validate(); console.log('good'); } catch (error) { console.log(error.message); process.exitCode = 1; }
"""
CONTAINER_KEYS = {"name", "image", "command", "args", "workingDir", "env", "securityContext", "volumeMounts", "resources"}


class Validation:
    """What both kinds of tests hold documents against."""

    def validate(self, value, module, kind):
        modules = require_npm_packages(*KUBERNETES)
        script = self.scratch() / "check.mjs"
        script.write_text(CHECK)
        return subprocess.run(["node", script, modules / module / f"{kind}.js", kind], input=json.dumps(value), capture_output=True, text=True)

    def assert_keys(self, value, allowed, path=""):
        self.assertLessEqual(set(value), set(allowed), path)


class Engines(Validation, FleetTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kept = None

    def render(self, engine, *words):
        if type(self).kept is None:
            type(self).kept = self.checkout()
            self._cleanups.clear()
            self.addClassCleanup(subprocess.run, ["rm", "-rf", type(self).kept.parent])
            self.units(type(self).kept)
        text = self.matrix(type(self).kept, "--fleet", "fleet.yaml", "--format", engine, *words).stdout
        self.assertEqual(text, self.matrix(type(self).kept, "--fleet", "fleet.yaml", "--format", engine, *words).stdout)
        return text

    def ids(self):
        return [unit["id"] for unit in json.loads(self.render("json"))["units"]]

    def test_github(self):
        text = self.render("github")
        self.assertEqual(text.count("\n"), 1)
        include = json.loads(text)["include"]
        self.assertEqual([entry["unit"] for entry in include], self.ids())
        for entry in include:
            for value in entry.values():
                self.assertIsInstance(value, (str, int))

    def test_azure(self):
        text = self.render("azure")
        self.assertEqual(text.count("\n"), 1)
        legs = json.loads(text)
        self.assertEqual([leg["UNIT"] for leg in legs.values()], self.ids())
        for name, variables in legs.items():
            self.assertRegex(name, "^[A-Za-z][A-Za-z0-9_]{0,99}$")
            for value in variables.values():
                self.assertIsInstance(value, str)

    def test_gitlab(self):
        pipeline = require_module("yaml").safe_load(self.render("gitlab", "--image", "registry.example.com/imagewright"))
        self.assert_keys(pipeline, {"stages", "unit", "collect"})
        self.assert_keys(pipeline["unit"], {"stage", "image", "needs", "variables", "cache", "parallel", "retry", "script", "artifacts"})
        self.assertEqual(pipeline["unit"]["parallel"]["matrix"], [{"UNIT": self.ids()}])
        self.assertEqual(pipeline["unit"]["image"]["name"], "registry.example.com/imagewright")
        parent = require_module("yaml").safe_load((TOP / "toolkit/ci/gitlab/fleet.yml").read_text())
        for need in pipeline["unit"]["needs"]:
            self.assertIn(need["job"], parent)
        self.assertIn(re.sub(r"\$", "", pipeline["unit"]["needs"][0]["pipeline"]), parent["imagewright-fleet"]["variables"])

    def test_kubernetes(self):
        job = json.loads(self.render("kubernetes"))
        self.assertEqual(self.validate(job, "kubernetes-models/batch/v1", "Job").stdout.strip(), "good")
        spec = job["spec"]
        self.assert_keys(spec, {"completionMode", "completions", "parallelism", "backoffLimitPerIndex", "maxFailedIndexes", "podFailurePolicy",
                                "template"})
        pod = spec["template"]["spec"]
        self.assert_keys(pod, {"restartPolicy", "automountServiceAccountToken", "securityContext", "containers", "volumes"})
        self.assert_keys(pod["containers"][0], CONTAINER_KEYS)
        self.assertEqual((spec["completionMode"], spec["completions"]), ("Indexed", 12))
        self.assertEqual(pod["restartPolicy"], "Never")
        self.assertEqual(restricted_violations(pod), [])
        actions = {code: rule["action"] for rule in spec["podFailurePolicy"]["rules"] if "onExitCodes" in rule
                   for code in rule["onExitCodes"]["values"]}
        self.assertEqual(actions, {1: "Count", 2: "FailIndex", 3: "FailIndex", 4: "Count", 5: "FailIndex"})
        for rule in spec["podFailurePolicy"]["rules"]:
            if "onExitCodes" in rule:
                self.assertEqual(rule["onExitCodes"]["containerName"], pod["containers"][0]["name"])
        wrong = copy.deepcopy(job)
        wrong["spec"]["completions"] = "twelve"
        self.assertNotEqual(self.validate(wrong, "kubernetes-models/batch/v1", "Job").returncode, 0)

    def test_argo(self):
        workflow = json.loads(self.render("argo"))
        self.assertEqual(self.validate(workflow, "@kubernetes-models/argo-workflows/argoproj.io/v1alpha1", "Workflow").stdout.strip(), "good")
        self.assert_keys(workflow["spec"], {"entrypoint", "parallelism", "automountServiceAccountToken", "securityContext", "volumes", "templates"})
        fleet, build = workflow["spec"]["templates"]
        self.assertEqual(fleet["dag"]["tasks"][0]["withItems"], self.ids())
        self.assert_keys(build["container"], CONTAINER_KEYS)
        self.assertEqual(restricted_violations({**workflow["spec"], "containers": [build["container"]]}), [])
        self.assertIn("{{inputs.parameters.unit}}", build["container"]["args"])

    def test_tekton(self):
        run = json.loads(self.render("tekton"))
        self.assertEqual((run["apiVersion"], run["kind"]), ("tekton.dev/v1", "PipelineRun"))
        self.assert_keys(run["spec"], {"taskRunTemplate", "pipelineSpec"})
        task, = run["spec"]["pipelineSpec"]["tasks"]
        self.assert_keys(task, {"name", "retries", "matrix", "taskSpec"})
        self.assert_keys(task["taskSpec"], {"params", "steps", "volumes"})
        self.assertEqual([entry["params"] for entry in task["matrix"]["include"]], [[{"name": "unit", "value": each}] for each in self.ids()])
        step, = task["taskSpec"]["steps"]
        self.assert_keys(step, CONTAINER_KEYS - {"resources"} | {"computeResources"})
        self.assertIn("$(params.unit)", step["args"])
        pod = run["spec"]["taskRunTemplate"]["podTemplate"]
        self.assertEqual(restricted_violations({**pod, "containers": [step], "volumes": task["taskSpec"]["volumes"]}), [])

    def test_slurm(self):
        text = self.render("slurm")
        self.assertIn("\n#SBATCH --array=0-11\n", text)
        subprocess.run(["bash", "-n"], input=text, text=True, check=True)
        scratch = self.scratch()
        requeued = scratch / "requeued"
        for name, body in (("imagewright", "echo \"$@\" >> \"$CALLS\"; exit \"$CODE\""), ("scontrol", f"echo \"$@\" >> {requeued}")):
            (scratch / name).write_text(f"#!/bin/sh\n{body}\n")
            (scratch / name).chmod(0o755)
        for code, restarts, is_requeued in ((0, 0, False), (1, 0, True), (4, 0, True), (1, 1, False), (2, 0, False), (3, 0, False), (5, 0, False)):
            requeued.unlink(missing_ok=True)
            result = subprocess.run(["bash", "-c", text], cwd=scratch, env={
                "PATH": f"{scratch}:/usr/bin:/bin", "CODE": str(code), "CALLS": str(scratch / "calls"), "SLURM_ARRAY_JOB_ID": "7",
                "SLURM_ARRAY_TASK_ID": "3", "SLURM_RESTART_COUNT": str(restarts)})
            self.assertEqual((result.returncode, requeued.exists()), (code, is_requeued))
            if is_requeued:
                self.assertEqual(requeued.read_text(), "requeue 7_3\n")
        self.assertEqual((scratch / "calls").read_text().splitlines()[0], "build --units units.json --output-dir out --progress plain")

    def test_what_a_pod_is_told_is_what_the_program_understands(self):
        unit = next(unit for unit in json.loads(self.render("json"))["units"] if not unit["needs"]["emulation"])
        for engine in ("kubernetes", "argo", "tekton"):
            text = self.render(engine)
            arguments = json.loads(re.search(r'"args": (\[[^\]]*\])', text).group(1))
            if "--unit" in arguments:
                arguments[arguments.index("--unit") + 1] = unit["id"]
            out = self.scratch()
            arguments[arguments.index("--output-dir") + 1] = str(out)
            result = subprocess.run([PROGRAM, *arguments], cwd=type(self).kept, capture_output=True, text=True,
                                    env=self.environment(JOB_COMPLETION_INDEX=unit["index"]))
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertTrue((out / unit["id"] / "unit.json").exists())


class Files(Validation, TestCase):
    """The files for CI services that a team copies."""

    def scripts(self, steps, key):
        for step in steps:
            if key in step:
                subprocess.run(["bash", "-n"], input=step[key], text=True, check=True)
                self.assertNotIn("${{", step[key])
                yield from re.findall(r"imagewright (\w+)", step[key])

    def test_github_takes_the_workflow(self):
        modules = require_npm_packages(*ACTIONS)
        path = TOP / "toolkit/ci/github/fleet.yml"
        validator = modules / "@action-validator/cli/cli.mjs"

        def check(file):
            return subprocess.run(["node", validator, file], capture_output=True, text=True)
        good = check(path)
        self.assertEqual((good.returncode, "error" in (good.stdout + good.stderr).lower()), (0, False), good.stdout + good.stderr)
        bad = self.scratch() / "bad.yml"
        bad.write_text(path.read_text().replace("runs-on: ubuntu-24.04", "run-on: ubuntu-24.04"))
        self.assertIn("error", (check(bad).stdout + check(bad).stderr).lower())
        jobs = require_module("yaml").safe_load(path.read_text())["jobs"]
        self.assertEqual([command for job in jobs.values() for command in self.scripts(job["steps"], "run")],
                         ["matrix", "matrix", "build", "collect"])

    def test_github_takes_every_file_of_ours(self):
        modules = require_npm_packages(*ACTIONS)
        paths = sorted((TOP / "toolkit/ci/github").glob("*.yml"))
        self.assertGreater(len(paths), 3)
        for path in paths:
            with self.subTest(path.name):
                result = subprocess.run(["node", modules / "@action-validator/cli/cli.mjs", path], capture_output=True, text=True)
                self.assertEqual((result.returncode, "error" in (result.stdout + result.stderr).lower()), (0, False), result.stdout + result.stderr)
        for job in require_module("yaml").safe_load((TOP / "toolkit/ci/github/monthly.yml").read_text())["jobs"].values():
            self.assertEqual(list(self.scripts(job["steps"], "run")), [])

    def run_action(self, config):
        """What its steps that are scripts do, one after the other, as a runner does; ends with the first that fails."""
        place = self.scratch()
        tiny_distribution.make(place)
        (place / "bin").mkdir()
        (place / "bin/imagewright").symlink_to(PROGRAM)
        (place / "node.yaml").write_text(config)
        values = {"config": "node.yaml", "output-dir": "out", "arguments": "--format raw --arch x86_64"}
        said, status = "", 0
        for step in require_module("yaml").safe_load((TOP / "toolkit/ci/github/action.yml").read_text())["runs"]["steps"]:
            if "run" not in step or status != 0:
                continue
            given = {name: values[re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", text).group(1)] for name, text in step["env"].items()}
            variables = environment(PATH=f"{place / 'bin'}:{os.environ['PATH']}", HOME=place, CI="true", GITHUB_OUTPUT=place / "outputs", **given)
            result = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], cwd=place, env=variables, stdin=subprocess.DEVNULL,
                                    capture_output=True, text=True)
            said, status = said + result.stdout + result.stderr, result.returncode
        return place, said, status

    def test_the_scripts_of_the_action_compose_and_annotate(self):
        good = "release: tiny\nos: {hostname: node}\noutput: {image: {format: raw}}\n"
        place, said, status = self.run_action(good)
        self.assertEqual(status, 0, said)
        self.assertEqual((place / "outputs").read_text(), "path=node.lock.json\npublished=published.json\n")
        self.assertIn("out/node-x86_64.raw", [file["path"] for file in json.loads((place / "published.json").read_text())["files"]])
        self.assertEqual(json.loads((place / "imagewright.sarif").read_text())["runs"][0]["results"], [])
        place, said, status = self.run_action(good.replace("hostname", "hostnam"))
        self.assertEqual(status, 2, said)
        self.assertRegex(said, r"(?m)^::error file=node\.yaml,.*line=2,")
        self.assertEqual(len(json.loads((place / "imagewright.sarif").read_text())["runs"][0]["results"]), 1)
        self.assertFalse((place / "out").exists())

    def test_tasks_for_engines_of_kubernetes(self):
        yaml = require_module("yaml")
        template = yaml.safe_load((TOP / "toolkit/ci/kubernetes/argo.yaml").read_text())
        build, = template["spec"]["templates"]
        self.assertEqual(restricted_violations({**template["spec"], "containers": [build["container"]]}), [])
        task = yaml.safe_load((TOP / "toolkit/ci/kubernetes/tekton.yaml").read_text())
        step, = task["spec"]["steps"]
        self.assert_keys(task["spec"], {"params", "workspaces", "volumes", "steps"})
        self.assert_keys(step, CONTAINER_KEYS - {"resources"} | {"computeResources"})
        self.assertEqual(restricted_violations({"containers": [step], "volumes": task["spec"]["volumes"]}), [])
        for arguments in (build["container"]["args"], step["args"]):
            self.assertIn("--output-dir", arguments)
        self.assertEqual(self.validate(template, "@kubernetes-models/argo-workflows/argoproj.io/v1alpha1", "WorkflowTemplate").stdout.strip(), "good")
        template["spec"]["templates"] = "build"
        self.assertNotEqual(self.validate(template, "@kubernetes-models/argo-workflows/argoproj.io/v1alpha1", "WorkflowTemplate").returncode, 0)

    def test_the_pipeline_of_azure_runs_what_there_is(self):
        pipeline = require_module("yaml").safe_load((TOP / "toolkit/ci/azure/fleet.yml").read_text())
        self.assertEqual(set(pipeline), {"trigger", "variables", "pool", "jobs"})
        names = {job["job"] for job in pipeline["jobs"]}
        for job in pipeline["jobs"]:
            self.assertLessEqual(set(job), {"job", "container", "steps", "dependsOn", "timeoutInMinutes", "strategy", "condition"})
            needs = job.get("dependsOn", [])
            self.assertLessEqual({needs} if isinstance(needs, str) else set(needs), names)
            for step in job["steps"]:
                self.assertLessEqual(set(step), {"bash", "name", "publish", "download", "artifact", "condition"})
        self.assertEqual([command for job in pipeline["jobs"] for command in self.scripts(job["steps"], "bash")],
                         ["matrix", "matrix", "build", "collect"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
