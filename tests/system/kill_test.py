# SPDX-License-Identifier: MIT
"""Builds that are killed, run out of disk, run beside each other, or find their cache damaged: never anything partial under a final
name, nothing left running or mounted, and the next build succeeds with the same bytes.

IMAGEWRIGHT_KILLS and IMAGEWRIGHT_SIZES say how many of each (default 8 and 3; `toolkit/dev kill` makes 200 and 20)."""

import atexit
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import (CONFIG, adopt_orphans, artifact_digests, build_command, derived_config, hidden_files,  # noqa: E402
                       living_descendants, run, visible_files, wrong_sums)
from imagewright_testing import TOP, TestCase, environment, require_program, require_workbench  # noqa: E402

KILLS = int(os.environ.get("IMAGEWRIGHT_KILLS", "8"))
SIZES = int(os.environ.get("IMAGEWRIGHT_SIZES", "3"))
# How many configs are built at the same time, in one directory.
CONFIGS = 20 if KILLS >= 100 else 3
SEED = int(os.environ.get("IMAGEWRIGHT_SEED", "20240611"))
# The example node, and a script that takes what room there is.
FILLING = derived_config("""
scripts:
  postCustomization:
  - name: fill the disk
    content: cat /dev/zero >/var/fill
""")
# A complete build after every so many kills.
KILLS_PER_BUILD = 20


class Composed(TestCase):
    reference = None  # A directory with what an undisturbed build publishes; made once.

    @classmethod
    def setUpClass(cls):
        require_workbench()
        if Composed.reference is not None:
            return
        adopt_orphans()
        Composed.reference = Path(tempfile.mkdtemp(prefix="imagewright-test-reference-"))
        atexit.register(shutil.rmtree, Composed.reference, ignore_errors=True)
        start = time.monotonic()
        result = run(build_command(Composed.reference))
        Composed.duration = time.monotonic() - start
        if result.returncode != 0:
            raise AssertionError(result.stderr[-4000:])
        Composed.expected = artifact_digests(Composed.reference)

    def refill(self, output):
        """Puts a complete older set into the directory, as a build would."""
        self.run_tool("cp", "--sparse=always", "--recursive", "--remove-destination", f"{self.reference}/.", output)

    def assert_nothing_partial(self, output):
        for name, found in artifact_digests(output).items():
            self.assertEqual(found, self.expected.get(name), f"{name} is not whole")
        self.assertEqual(wrong_sums(output), [])

    def assert_builds(self, output, cache=None):
        result = run(build_command(output, cache))
        self.assertEqual(result.returncode, 0, result.stderr[-4000:])
        self.assertEqual(artifact_digests(output), self.expected)
        self.assertEqual(wrong_sums(output), [])
        self.assertEqual(hidden_files(output), [])


class KilledBuild(Composed):
    def kill_after(self, pause, output, cache):
        """Gives whether the build was still running."""
        process = subprocess.Popen(build_command(output, cache), cwd=TOP, env=environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=pause)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return process.returncode == -signal.SIGKILL

    def test_nothing_partial_is_left_at_any_instant(self):
        scratch = self.scratch()
        output, cache = scratch / "out", scratch / "cache"
        output.mkdir()
        mounts = Path("/proc/self/mountinfo").read_text()
        source = random.Random(SEED)
        killed = 0
        number = 0
        while killed < KILLS:
            # One instant out of each equal part of the build's duration, the parts in random order. A build that was faster than the
            # first does not count.
            share = (number * 7919 % KILLS + source.random()) / KILLS
            number += 1
            self.assertLess(number, 4 * KILLS)
            was_killed = self.kill_after(share * self.duration, output, cache)
            killed += was_killed
            self.assertEqual(living_descendants(), [], f"after a kill at {share:.3f} of the build")
            self.assertEqual(Path("/proc/self/mountinfo").read_text(), mounts)
            self.assert_nothing_partial(output)
            if was_killed and killed % KILLS_PER_BUILD == 0:
                self.assert_builds(output, cache)
                print(f"{killed} of {KILLS} kills left nothing partial", flush=True)
            if number % 2 == 0:
                for name in visible_files(output):
                    (output / name).unlink()
        self.assert_builds(output, cache)

    def renames(self, output):
        """The paths that the main process of a build renames, in order."""
        trace = self.scratch() / "trace"
        result = run(["strace", "-qq", "-e", "trace=rename", "-o", str(trace), *build_command(output)])
        self.assertEqual(result.returncode, 0, result.stderr[-2000:])
        return re.findall(r'rename\("[^"]*", "([^"]*)"\)', trace.read_text())

    def test_a_kill_between_any_two_renames_leaves_whole_files_and_true_sums(self):
        require_program("strace")
        output = self.scratch() / "out"
        output.mkdir()
        self.refill(output)
        targets = self.renames(output)
        final = [number for number, target in enumerate(targets, 1) if Path(target).parent == output]
        # The sums without what is replaced; every file; the new sums.
        self.assertEqual(len(final), len(visible_files(output)) + 1, targets)
        # After the first file and before the second, unless every instant was asked for.
        for number in final if KILLS >= 100 else final[2:3]:
            with self.subTest(rename=targets[number - 1]):
                self.refill(output)
                result = run(["strace", "-qq", "-o", "/dev/null", "-e", "trace=rename", "-e",
                              f"inject=rename:signal=SIGKILL:when={number}", *build_command(output)])
                self.assertNotEqual(result.returncode, 0)
                self.assertEqual(living_descendants(), [])
                self.assert_nothing_partial(output)


class FullDisk(Composed):
    def run_with_small_disk(self, directory, size, script):
        """Runs a script that alone sees a small filesystem on the directory."""
        return run(["unshare", "--mount", "bash", "-c", f"mount -t tmpfs -o size={size} tmpfs {directory}; {script}"])

    def sizes(self):
        smallest, largest = 4, 700
        steps = max(SIZES - 1, 1)
        return [round(smallest * (largest / smallest) ** (step / steps)) for step in range(SIZES)]

    def test_a_full_disk_is_an_error_and_leaves_nothing(self):
        output = self.scratch() / "small"
        output.mkdir()
        retried = self.sizes()[::5]
        for size in self.sizes():
            with self.subTest(mebibytes=size):
                command = " ".join(build_command(output / "out"))
                script = (f"{command}; echo code=$?; find {output}/out -mindepth 1; "
                          f"mount -o remount,size=4G {output}; "
                          + (f"{command} >&2 && cd {output}/out && sha256sum *" if size in retried else ""))
                result = self.run_with_small_disk(output, f"{size}M", script)
                first, _, rest = result.stdout.partition("\n")
                self.assertEqual(first, "code=1", result.stderr[-3000:])
                self.assertRegex(result.stderr, r"disk-full|No space left")
                left = [line for line in rest.splitlines() if not re.match(r"[0-9a-f]{64}  ", line)]
                self.assertEqual(left, [])
                sums = dict(reversed(line.split("  ")) for line in rest.splitlines())
                for name, expected in self.expected.items() if sums else ():
                    self.assertEqual(sums.get(name), expected, name)
        self.assertEqual(living_descendants(), [])

    def test_a_script_that_fills_the_disk_ends_the_build_alone(self):
        scratch = self.scratch()
        config = scratch / "node.yaml"
        config.write_text(FILLING)
        output = scratch / "small"
        output.mkdir()
        command = " ".join(build_command(output / "out", config=config))
        script = f"{command}; echo code=$?; find {output}/out -mindepth 1"
        result = self.run_with_small_disk(output, "1200M", script)
        self.assertEqual(result.stdout.split(), ["code=1"], result.stderr[-3000:])
        self.assertIn("No space left on device", result.stderr)
        self.assertIn("fill the disk", result.stderr)
        self.assertEqual(living_descendants(), [])

    def test_a_full_disk_under_the_cache_is_an_error(self):
        cache = self.scratch() / "cache"
        cache.mkdir()
        output = self.scratch() / "out"
        result = self.run_with_small_disk(cache, "32k", " ".join(build_command(output, cache)))
        self.assertIn(result.returncode, (1, 4), result.stderr[-3000:])
        self.assertRegex(result.stderr, r"disk-full|No space left")
        self.assertEqual(visible_files(output) + hidden_files(output), [])


class ConcurrentBuilds(Composed):
    def test_builds_of_one_config_and_of_others_share_directory_and_cache(self):
        scratch = self.scratch()
        configs = scratch / "configs"
        shutil.copytree(TOP / "configs", configs)
        (scratch / "build").mkdir()
        (scratch / "build/workbench").symlink_to((TOP / "build/workbench").resolve())
        text = CONFIG.read_text()
        names = ["node", *(f"node-{number}" for number in range(1, CONFIGS))]
        for name in names:
            (configs / f"{name}.yaml").write_text(text.replace("name: node\n", f"name: {name}\n"))
        output = scratch / "out"
        processes = [subprocess.Popen(build_command(output, scratch / "cache", configs / f"{name}.yaml"), cwd=TOP, env=environment(),
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                     for name in ["node", *names]]
        for process in processes:
            _, errors = process.communicate()
            self.assertEqual(process.returncode, 0, errors[-3000:])
        found = artifact_digests(output)
        for name, expected in self.expected.items():
            self.assertEqual(found[name], expected, name)
        self.assertEqual(wrong_sums(output), [])
        listed = {line.split("  ")[1] for line in (output / "SHA256SUMS").read_text().splitlines()}
        self.assertEqual(listed, set(visible_files(output)) - {"SHA256SUMS"})
        self.assertEqual(len(listed), len(names) * len(visible_files(self.reference)) - len(names))
        self.assertEqual(hidden_files(output), [])


class DamagedSurroundings(Composed):
    def test_damaged_and_vanished_files_of_the_cache_are_made_again(self):
        scratch = self.scratch()
        cache = scratch / "cache"
        self.assert_builds(scratch / "out", cache)
        files = sorted(path for path in cache.rglob("*") if path.is_file() and path.name != "lock")
        self.assertTrue(files)
        for number, path in enumerate(files):
            if number % 2 == 0:
                path.unlink()
            else:
                path.chmod(0o644)
                path.write_bytes(b"damaged" + path.read_bytes()[7:])
        self.assert_builds(scratch / "out", cache)

    def test_places_that_cannot_be_used_are_named(self):
        scratch = self.scratch()
        (scratch / "file").write_text("in the way")
        for arguments, code in ((build_command(scratch / "file/out"), "fs.cannot-write"),
                                (build_command(scratch / "out", scratch / "file/cache"), "cache.cannot-open")):
            result = run(arguments)
            self.assertIn(result.returncode, (1, 4))
            self.assertIn(f"[{code}]", result.stderr)
            self.assertIn("file", result.stderr)
            self.assertEqual(result.stdout, "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
