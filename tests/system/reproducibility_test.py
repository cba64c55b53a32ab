# SPDX-License-Identifier: MIT
"""Rebuilds with everything varied that a user can vary: one digest per artifact.

IMAGEWRIGHT_REBUILDS says how many rebuilds there are (default 4; `toolkit/dev reproducibility` makes 20)."""

import json
import os
import random
import shlex
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import NAME, artifact_digests, build_command, digest, run  # noqa: E402
from imagewright_testing import PROGRAM, TOP, WORKBENCH, TestCase, environment, require_program, require_workbench  # noqa: E402

REBUILDS = int(os.environ.get("IMAGEWRIGHT_REBUILDS", "4"))
SEED = int(os.environ.get("IMAGEWRIGHT_SEED", "20240611"))

# Clocks go forward only: before its creation a key signs nothing.
# For each aspect what it may be; the first rebuilds together show every value at least once.
ASPECTS = {
    "place": ["here", "elsewhere", "deep"],
    "umask": ["022", "077", "002"],
    "locale": ["C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8", "POSIX"],
    "zone": ["UTC", "Asia/Kathmandu", "America/St_Johns"],
    "clock": ["now", "2031-02-28 23:59:58", "2038-01-19 03:14:09"],
    "host": ["builder", "a-much-longer-name.example.org"],
    "cores": ["0", "0,1"],
    "jobs": ["1", "2", "7"],
    "filesystem": ["disk", "tmpfs", "overlay"],
    "home": ["warm", "cold"],
    "locked": ["no", "yes"],
}


def variations(count, random_source):
    """Each value of each aspect in turn, in an order of its own for every aspect."""
    columns = {}
    for aspect, values in ASPECTS.items():
        rest = values[1:] + values[:1]
        columns[aspect] = rest + [random_source.choice(values) for _ in range(count)]
    return [{aspect: column[index] for aspect, column in columns.items()} for index in range(count)]


class Reproducibility(TestCase):
    @classmethod
    def setUpClass(cls):
        require_workbench()
        for program in ("faketime", "taskset", "unshare"):
            require_program(program)

    def place(self, word, scratch):
        """The directory of the config; elsewhere it is a copy, and the packages are found through a link."""
        if word == "here":
            return TOP / "configs"
        top = scratch / ("somewhere/quite/deep/in a tree" if word == "deep" else "x")
        shutil.copytree(TOP / "configs", top / "configs")
        (top / "build").mkdir()
        (top / "build/workbench").symlink_to(WORKBENCH.resolve())
        return top / "configs"

    def script(self, variation, scratch, output, configs):
        """One shell script inside namespaces of its own: mounts and host name vanish with it."""
        mount = {"disk": "true", "tmpfs": f"mount -t tmpfs tmpfs {shlex.quote(str(output))}",
                 "overlay": f"mkdir -p {scratch}/layers && mount -t tmpfs tmpfs {scratch}/layers && mkdir {scratch}/layers/up "
                            f"{scratch}/layers/low {scratch}/layers/work && mount -t overlay overlay -o lowerdir={scratch}/layers/low,"
                            f"upperdir={scratch}/layers/up,workdir={scratch}/layers/work {shlex.quote(str(output))}"}
        cache = scratch / "cache" if variation["home"] == "cold" else None
        arguments = ["--locked"] if variation["locked"] == "yes" else []
        command = build_command(output / "out", cache, configs / "node.yaml", *arguments)
        command[1:1] = ["--jobs", variation["jobs"]]
        clock = [] if variation["clock"] == "now" else ["faketime", "-f", "@" + variation["clock"]]
        line = shlex.join(["taskset", "-c", variation["cores"], *clock, *command])
        # What was built on a filesystem of its own is copied out before that vanishes.
        return (f"set -e; hostname {variation['host']}; {mount[variation['filesystem']]}; umask {variation['umask']}; {line}; "
                f"mkdir -p {scratch}/result; cp --sparse=always {shlex.quote(str(output))}/out/* {scratch}/result/")

    def rebuild(self, variation):
        scratch = self.scratch()
        output = scratch / "output"
        output.mkdir()
        configs = self.place(variation["place"], scratch)
        if variation["locked"] == "yes":
            lock = run([str(PROGRAM), "lock", str(configs / "node.yaml"), "--arch", "x86_64", "--progress", "none"])
            self.assertEqual(lock.returncode, 0, lock.stderr)
        variables = environment(LANG=variation["locale"], LC_ALL=variation["locale"], TZ=variation["zone"])
        try:
            result = run(["unshare", "--mount", "--uts", "sh", "-c", self.script(variation, scratch, output, configs)],
                         env=variables, cwd=scratch)
        finally:
            if variation["locked"] == "yes" and configs == TOP / "configs":
                (configs / "node.lock.json").unlink(missing_ok=True)
        self.assertEqual(result.returncode, 0, f"{variation}\n{result.stderr[-4000:]}")
        return scratch / "result"

    def differences(self, first, second):
        texts = []
        for suffix in (".qcow2", ".manifest.json"):
            texts.append(run([str(PROGRAM), "diff", str(first / (NAME + suffix)), str(second / (NAME + suffix))]).stdout)
        return "\n".join(texts)[:8000]

    def test_every_rebuild_has_the_same_bytes(self):
        first = self.scratch() / "first"
        result = run(build_command(first))
        self.assertEqual(result.returncode, 0, result.stderr[-4000:])
        expected = artifact_digests(first)
        self.assertIn(f"{NAME}.qcow2", expected)
        for number, variation in enumerate(variations(REBUILDS, random.Random(SEED)), 1):
            # A lock beside the project's own config would be seen by other tests.
            if variation["place"] == "here":
                variation["locked"] = "no"
            with self.subTest(number=number, **variation):
                again = self.rebuild(variation)
                found = artifact_digests(again)
                if found != expected:
                    self.fail(f"{variation}\n{self.differences(first, again)}")
                shutil.rmtree(again)
                print(f"rebuild {number} of {REBUILDS} is the same: {variation}", flush=True)


class Verification(TestCase):
    @classmethod
    def setUpClass(cls):
        require_workbench()

    def published(self, scratch):
        """A published image of a copy of the example config, in which no file is shared with other tests."""
        shutil.copytree(TOP / "configs", scratch / "configs")
        (scratch / "build").mkdir()
        (scratch / "build/workbench").symlink_to(WORKBENCH.resolve())
        output = scratch / "out"
        result = run(build_command(output, None, scratch / "configs/node.yaml", "--format", "raw"))
        self.assertEqual(result.returncode, 0, result.stderr[-4000:])
        return output

    def replace_sum(self, output, name):
        lines = (output / "SHA256SUMS").read_text().splitlines()
        lines = [f"{digest(output / name)}  {name}" if line.endswith(f"  {name}") else line for line in lines]
        (output / "SHA256SUMS").write_text("\n".join(lines) + "\n")

    def test_verify_finds_the_same_bytes_or_names_the_file_that_differs(self):
        scratch = self.scratch()
        output = self.published(scratch)
        result = self.run_program("verify", output)
        self.assertEqual(sorted(result.stdout.splitlines()),
                         [f"{NAME}{suffix}: same bytes" for suffix in (".cdx.json", ".manifest.json", ".raw", ".spdx.json")])

        image = output / f"{NAME}.raw"
        partitions = json.loads((output / f"{NAME}.manifest.json").read_text())["disk"]["partitions"]
        start = next(each["start"] for each in partitions if each.get("filesystem", {}).get("mountPoint") == "/")
        self.run_tool("debugfs", "-w", "-R", "set_inode_field /etc/hostname mode 0100600", f"{image}?offset={start}")
        self.assertIn("[pipeline.published-file-changed]", self.run_program("verify", output, expect=5).stderr)
        self.replace_sum(output, image.name)
        result = self.run_program("verify", output, expect=5)
        self.assertIn(f"{NAME}.raw: DIFFERENT\n", result.stdout)
        self.assertIn("partition root (/)\n  ~ /etc/hostname: mode 0600 → 0644\n", result.stdout)

        with open(scratch / "configs/node.yaml", "a") as config:
            config.write("# another word\n")
        self.assertIn("[pipeline.config-changed]", self.run_program("verify", output, expect=2).stderr)
        (scratch / "configs/node.yaml").rename(scratch / "configs/moved.yaml")
        self.assertIn("[pipeline.cannot-verify]", self.run_program("verify", output, expect=2).stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
