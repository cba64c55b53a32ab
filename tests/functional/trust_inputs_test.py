#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Inputs that were changed, damaged or taken away: a build or a reading ends with what is right, or with an error that says what is wrong."""

import copy
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_distribution  # noqa: E402
from imagewright_testing import PROGRAM, TOP, TestCase, environment, require_program  # noqa: E402
from packages import Signer  # noqa: E402

NODE = """\
release: {top}/releases/tiny.yaml
os: {{hostname: node}}
output: {{images: [{{format: {format}}}]}}
"""


def leaves(value, path=()):
    """The path of each scalar."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if children is None:
        yield path
    for key, child in children or ():
        yield from leaves(child, (*path, key))


def at(value, path):
    for key in path:
        value = value[key]
    return value


def other(value):
    """Something that might stand there as well."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if re.match(r"sha\d+:", value):
        return value[:-1] + ("1" if value.endswith("0") else "0")
    return value + "x"


class TrustInputs(TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="imagewright-test-")
        cls.addClassCleanup(directory.cleanup)
        cls.top = Path(directory.name)
        tiny_distribution.make(cls.top)

    def setUp(self):
        self.directory = self.scratch()
        self.config = self.directory / "node.yaml"
        self.config.write_text(NODE.format(top=self.top, format="raw"))

    def run_in(self, command, *arguments, out="out", **options):
        places = () if command == "lock" else ("--output-dir", self.directory / out)
        return self.run_program(command, *arguments, *places, "--cache-dir", self.directory / "cache", "--progress", "none", **options)

    def test_each_leaf_of_a_lock_is_held_against_something_or_documented_as_informative(self):
        documented = re.findall(r"^\| `([a-z]+)` \| informative", (TOP / "docs/how-to/locks.md").read_text(), re.MULTILINE)
        self.assertGreater(len(documented), 2)
        self.run_in("lock", self.config)
        lock = self.directory / "node.lock.json"
        value = json.loads(lock.read_text())
        self.run_in("build", self.config, "--locked")
        image = next((self.directory / "out").glob("*.raw")).read_bytes()
        informative = set()
        for path in leaves(value):
            # One package stands for all.
            if "packages" in path and path[path.index("packages") + 1] != 1:
                continue
            changed = copy.deepcopy(value)
            at(changed, path[:-1])[path[-1]] = other(at(value, path))
            lock.write_text(json.dumps(changed))
            result = self.run_in("build", self.config, "--locked", out="other", expect=None)
            with self.subTest("/".join(map(str, path))):
                if result.returncode != 0:
                    self.assertIn(result.returncode, (1, 2, 4, 5), result.stderr)
                    self.assertRegex(result.stderr, r"\[(lock|install|repo)\.[a-z-]+\]")
                    self.assertIn("hint: ", result.stderr)
                    continue
                name = [key for key in path if isinstance(key, str)][-1]
                self.assertIn(name, documented)
                informative.add(name)
                self.assertEqual(next((self.directory / "other").glob("*.raw")).read_bytes(), image, "an informative leaf changed the image")
        self.assertEqual(informative, set(documented), "documented as informative, and is not")

    def build_at(self, clock, name, expect=0):
        """With another clock of the day: of this process and gpg; the time that passes is the true one."""
        variables = environment(FAKETIME_DONT_FAKE_MONOTONIC=1)
        command = ["faketime", "-f", clock, PROGRAM, "build", self.config, "--output-dir", self.directory / name, "--cache-dir", self.directory / name / "cache",
                   "--no-cache", "--progress", "none"]
        result = subprocess.run(list(map(str, command)), env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, expect, f"{clock}: {result.stderr}")
        return result.stderr

    def artifacts(self, name):
        places = sorted(path for path in (self.directory / name).iterdir() if path.is_file())
        # A report says when and how long.
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in places if path.suffix in (".raw", ".json") and ".report." not in path.name}

    def test_a_clock_that_is_wrong_or_jumps_changes_nothing(self):
        require_program("faketime")
        self.run_in("build", self.config, "--no-cache", out="true")
        expected = self.artifacts("true")
        self.assertGreater(len(expected), 2)
        for number, clock in enumerate(("@1970-01-02 00:00:00", "@2106-02-07 06:28:16", "@2030-01-01 00:00:00 x5000", "@2030-01-01 00:00:00 x-50")):
            with self.subTest(clock):
                self.build_at(clock, f"clock-{number}")
                self.assertEqual(self.artifacts(f"clock-{number}"), expected)

    def test_a_clock_before_a_signature_is_named(self):
        require_program("faketime")
        signer = Signer(self.directory)
        self.addCleanup(signer.stop)
        (self.directory / "key").write_bytes(signer.public_key())
        repository = self.directory / "signed"
        shutil.copytree(self.top / "repository", repository)
        repomd = repository / "repodata/repomd.xml"
        signer.gpg("--batch", "--armor", "--detach-sign", "--output", f"{repomd}.asc", str(repomd))
        self.config.write_text(NODE.format(top=self.top, format="raw")
                               + f"repositories: [{{name: tiny, path: {repository}, gpgCheck: false, repoGpgCheck: true, gpgKeys: [key]}}]\n")
        self.build_at("+0", "now")
        self.assertIn("[repo.clock-behind]", self.build_at("@1999-12-31 23:59:59", "before", expect=4))

    def test_a_cache_that_is_pruned_during_builds_and_customizations(self):
        self.run_in("build", self.config, "--no-cache", out="true")
        expected = self.artifacts("true")
        base = next((self.directory / "true").glob("*.raw"))
        other = self.directory / "other.yaml"
        other.write_text("os: {hostname: other}\n")
        cache = ("--cache-dir", self.directory / "cache", "--progress", "none")
        refused = 0
        for command in (("build", self.config), ("build", self.config), ("build", self.config, "--no-cache"), ("customize", "--image", base, other)):
            out = self.directory / "pruned"
            shutil.rmtree(out, ignore_errors=True)
            line = list(map(str, (PROGRAM, *command, "--output-dir", out, *cache)))
            with subprocess.Popen(line, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as builder:
                while builder.poll() is None:
                    result = self.run_program("cache", "prune", "--days", "0", *cache, expect=None)
                    if result.returncode != 0:
                        self.assertIn("[cache.busy]", result.stderr)
                        refused += 1
                self.assertEqual(builder.returncode, 0, builder.stderr.read())
            if command[0] == "build":
                self.assertEqual(self.artifacts("pruned"), expected)
        self.assertGreater(refused, 3, "nothing was pruned while it was used: the test sees nothing")
        # Whoever was killed holds nothing, and what it left half-made goes.
        with subprocess.Popen(list(map(str, (PROGRAM, "build", self.config, "--output-dir", self.directory / "killed", *cache))), env=environment(),
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as builder:
            while builder.poll() is None and not any((self.directory / "cache").rglob("objects/*/*/*")):
                pass
            builder.kill()
        self.run_program("cache", "prune", "--days", "0", *cache)
        left = [path for path in (self.directory / "cache").rglob("*") if path.is_file() and path.name != "lock"]
        self.assertEqual([str(path) for path in left if path.stat().st_size > 0], [])
        self.run_in("build", self.config, out="again")
        self.assertEqual(self.artifacts("again"), expected)


if __name__ == "__main__":
    unittest.main()
