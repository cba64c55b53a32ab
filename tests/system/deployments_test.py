# SPDX-License-Identifier: MIT
"""The files of toolkit/ci, followed with podman: their commands, as their user, in a container with the rights that they ask for, which are
none, and whose root filesystem is what the recipe of the container image makes. They give the bytes that root gives."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import artifact_digests, hidden_files, wrong_sums  # noqa: E402
from container_places import DOCKER_RIGHTS, PlacesTestCase  # noqa: E402
from control_groups import ControlGroup  # noqa: E402
from imagewright_testing import PROGRAM, TOP, environment, require_module  # noqa: E402
from pod_security import pod_of, restricted_violations  # noqa: E402

CI = TOP / "toolkit/ci"
RECIPE = (TOP / "toolkit/container/Containerfile").read_text()
UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}
# Users of GitHub's runners, who own what is mounted into containers of jobs.
GITHUB_USER = 1001


def last(instruction):
    """What the recipe says of the image last."""
    return re.findall(rf"(?m)^{instruction} (.*)$", RECIPE)[-1]


def options_of(pod, filter_options):
    """What an engine is told to run the first container of a pod with, and the users and groups of its volumes."""
    container = pod["containers"][0]
    context = {**pod.get("securityContext", {}), **container["securityContext"]}
    options = ["--user", f"{context['runAsUser']}:{context.get('runAsGroup', 0)}"]
    if "fsGroup" in context:
        options += ["--group-add", str(context["fsGroup"])]
    if context["seccompProfile"]["type"] == "RuntimeDefault":
        options += filter_options
    if not context["allowPrivilegeEscalation"]:
        options += ["--security-opt", "no-new-privileges"]
    options += [f"--cap-drop={name.lower()}" for name in context["capabilities"]["drop"]]
    if context.get("readOnlyRootFilesystem"):
        options += ["--read-only", "--read-only-tmpfs=false"]
    for variable in container.get("env", []):
        options += ["-e", f"{variable['name']}={variable['value']}"]
    return [*options, "-e", "KUBERNETES_SERVICE_HOST=10.0.0.1"]


def bytes_of(quantity):
    return int(quantity[:-2]) * UNITS[quantity[-2:]]


class Deployments(PlacesTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = cls.root / "etc/group"
        others = [line for line in group.read_text().splitlines(keepends=True) if ":10001:" not in line]
        group.write_text("".join(others) + "builder:x:10001:\n")
        directories = re.search(r"install -d .*", RECIPE).group(0)
        subprocess.run(["chroot", cls.root, "sh", "-c", directories], check=True)
        # The engine makes them in the root where a file system is mounted there.
        cls.expected = cls.home / "expected"
        cls.build_on_host()

    @classmethod
    def build_on_host(cls):
        command = [PROGRAM, "build", "configs/node.yaml", "--arch", "x86_64", "--rung", "root",
                   "--output-dir", cls.expected, "--cache-dir", cls.home / "host-cache"]
        subprocess.run(command, cwd=TOP, env=environment(), stdin=subprocess.DEVNULL, check=True, capture_output=True)

    def project(self, name):
        """A directory with the configs, whose packages are elsewhere."""
        place = self.home / name
        shutil.copytree(TOP / "configs", place)
        release = place / "releases/workbench.yaml"
        release.write_text(release.read_text().replace("../../build", "/srv/source/build"))
        return place

    def run_container(self, options, command, before=()):
        image = [word for pair in re.findall(r"(?m)^ENV (\S+)$", RECIPE) for word in ("-e", pair)]
        workbench = (TOP / "build/workbench").resolve()
        words = [*before, self.scripts / "pod", *image, "-v", f"{workbench}:/srv/source/build/workbench:ro", *options, "--rootfs", self.root, *command]
        return subprocess.run(list(map(str, words)), env=environment(TIMEOUT=2000), stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def check(self, result, out):
        self.assertEqual(result.returncode, 0, result.stdout[-2000:] + result.stderr[-3000:])
        self.assertEqual(artifact_digests(out), artifact_digests(self.expected))
        self.assertEqual((wrong_sums(out), hidden_files(out)), ([], []))
        self.assertEqual(json.loads((out / "node-x86_64.report.json").read_text())["rung"], "machine")

    def volumes_of(self, pod, work):
        """Directories for the volumes of a pod, as the kubelet makes them: the claim is the given one."""
        group = pod.get("securityContext", {}).get("fsGroup", 0)
        options = []
        for mount in pod["containers"][0]["volumeMounts"]:
            volume = next(volume for volume in pod["volumes"] if volume["name"] == mount["name"])
            directory = work if "persistentVolumeClaim" in volume else self.scratch()
            for path in [directory, *directory.rglob("*")]:
                os.chown(path, 0, group)
                path.chmod(path.stat().st_mode | 0o060)
            directory.chmod(0o2775 if group else 0o777)
            options += ["-v", f"{directory}:{mount['mountPath']}"]
        return options

    def pod(self, name):
        pod = pod_of(CI / f"kubernetes/{name}.yaml")
        self.assertEqual(restricted_violations(pod), [])
        return pod

    def test_the_job_of_kubernetes(self):
        pod = self.pod("job")
        container = pod["containers"][0]
        work = self.project("claim")
        limit = bytes_of(container["resources"]["limits"]["memory"])
        group = ControlGroup(self, "memory", {False: {"memory.max": limit}, True: {"memory.limit_in_bytes": limit}})
        command = [*json.loads(last("ENTRYPOINT")), *container["args"]]
        result = self.run_container([*options_of(pod, self.docker_filter()), *self.volumes_of(pod, work)], command,
                                    group.before() if group.group is not None else ())
        self.check(result, work / "out")

    def test_pods_of_argo_and_tekton_have_a_rung(self):
        for name in ("argo", "tekton"):
            with self.subTest(name):
                pod = self.pod(name)
                if name == "tekton":  # The run says so, as the file does.
                    pod["securityContext"] = {"fsGroup": 10001}
                result = self.run_container([*options_of(pod, self.docker_filter()), *self.volumes_of({**pod, "volumes": pod["volumes"]}, self.scratch())],
                                            ["sh", "-c", "imagewright doctor && touch $XDG_CACHE_HOME/x /tmp/x && ! touch /usr/x"])
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
                self.assertRegex(result.stdout, r"(?m)^  ok      machine: .*\(this one\)$")

    def test_the_job_of_gitlab(self):
        _, jobs = require_module("yaml").safe_load_all((CI / "gitlab/imagewright.yml").read_text())
        job = jobs["imagewright"]
        work = self.project("builds")
        # Another container clones it, as root with a mask of 0.
        for path in [work, *work.rglob("*")]:
            path.chmod(0o777 if path.is_dir() else 0o666)
        given = {"config": "node.yaml", "arguments": "", "image": "imagewright:latest", "stage": "build"}
        variables = {name: value.replace("$CI_PROJECT_DIR", "/builds/project") for name, value in job["variables"].items()}
        script = re.sub(r"\$\[\[ inputs\.(\w+) \]\]", lambda match: given[match.group(1)], "\n".join(["set -e", *job["script"]]))
        options = [*DOCKER_RIGHTS, *self.docker_filter(), "--user", last("USER"), "-v", f"{work}:/builds/project", "-w", "/builds/project"]
        for name, value in {"CI": "true", "GITLAB_CI": "true", "CI_PROJECT_DIR": "/builds/project", **variables}.items():
            options += ["-e", f"{name}={value}"]
        self.check(self.run_container(options, ["sh", "-c", script]), work / "out")
        self.assertEqual(json.loads((work / "gl-code-quality.json").read_text()), [])
        published = [Path(file["path"]).name for file in json.loads((work / "published.json").read_text())["files"]]
        self.assertIn("node-x86_64.qcow2", published)

    def test_the_workflow_of_github(self):
        job = require_module("yaml").safe_load((CI / "github/workflow.yml").read_text())["jobs"]["imagewright"]
        work = self.project("workspace")
        home = self.scratch()
        home.chmod(0o755)
        for path in [work, *work.rglob("*"), home]:
            os.chown(path, GITHUB_USER, GITHUB_USER)
        options = [*DOCKER_RIGHTS, *self.docker_filter(), *shlex.split(job["container"]["options"]), "-v", f"{work}:/__w/project", "-w", "/__w/project",
                   "-v", f"{home}:/github/home"]
        for name, value in {"CI": "true", "GITHUB_ACTIONS": "true", "HOME": "/github/home", **job["env"], "CONFIG": "node.yaml"}.items():
            options += ["-e", f"{name}={value}"]
        steps = [step for step in job["steps"] if "run" in step]
        for step in steps:
            result = self.run_container(options, ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]])
            self.assertEqual(result.returncode, 0, result.stdout[-2000:] + result.stderr[-3000:])
        self.check(result, work / "out")


if __name__ == "__main__":
    unittest.main(verbosity=2)
