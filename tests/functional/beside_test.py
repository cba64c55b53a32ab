# SPDX-License-Identifier: MIT
"""Images of several architectures in one call are made beside each other: with the same bytes, warnings and errors as one after the other."""

import json
import os
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_fleet import ARCHITECTURES, FleetTestCase  # noqa: E402
from imagewright_testing import PROGRAM  # noqa: E402

BOTH = [word for name in ARCHITECTURES for word in ("--arch", name)]


class Beside(FleetTestCase):
    def setUp(self):
        self.checkout_directory = self.checkout()

    def build(self, *words, out, expect=0, jobs=2):
        return self.run_program("--jobs", jobs, "build", "gen1.yaml", "--format", "qcow2", "--no-cache", "--emulation", "full", "--progress", "json", "-o", out, *words,
                                cwd=self.checkout_directory, expect=expect, env=self.environment())

    def files(self, out):
        """Everything that does not tell of the run."""
        return {path.name: path.read_bytes() for path in (self.checkout_directory / out).iterdir() if ".report." not in path.name}

    def stages(self, result):
        return [event["stage"] for line in result.stderr.splitlines() if line.startswith("{")
                if (event := json.loads(line)).get("event") == "stage-started"]

    def test_both_have_the_bytes_that_each_has_alone(self):
        together = self.build(*BOTH, out="together")
        self.assertIn("beside", self.stages(together))
        in_turn = self.build(*BOTH, out="in-turn", jobs=1)
        self.assertNotIn("beside", self.stages(in_turn))
        for name in ARCHITECTURES:
            self.build("--arch", name, out="alone")
        self.assertEqual(self.files("together"), self.files("in-turn"))
        self.assertEqual(self.files("together"), self.files("alone"))
        self.assertEqual(together.stdout.replace("together", ""), in_turn.stdout.replace("in-turn", ""))
        self.run_tool("sha256sum", "--check", "--quiet", "SHA256SUMS", cwd=self.checkout_directory / "together")
        # Its stages are not shown, and stand in its report.
        report = json.loads((self.checkout_directory / "together/gen1-aarch64.report.json").read_text())
        self.assertIn("install", [stage["stage"] for stage in report["stages"]])

    def test_what_fails_beside_fails_the_build_and_publishes_nothing_of_it(self):
        # No room for one of the two: its directory of artifacts has a directory in the place of a file.
        place = self.checkout_directory / "out/gen1-aarch64.qcow2"
        place.mkdir(parents=True)
        result = self.build(*BOTH, out="out", expect=1)
        self.assertIn("gen1-aarch64.qcow2", result.stderr)
        self.assertIn("[fs.cannot-write]", result.stderr)
        names = {path.name for path in (self.checkout_directory / "out").iterdir()}
        self.assertIn("gen1-x86_64.qcow2", names)
        self.assertEqual({name for name in names if "aarch64" in name}, {"gen1-aarch64.qcow2"})
        self.assertEqual({name for name in names if name.startswith(".imagewright")}, set())

    def test_what_fails_here_ends_what_is_made_beside(self):
        place = self.checkout_directory / "out/gen1-x86_64.qcow2"
        place.mkdir(parents=True)
        self.build(*BOTH, out="out", expect=1)
        names = {path.name for path in (self.checkout_directory / "out").iterdir()}
        self.assertEqual({name for name in names if name.startswith(".imagewright")}, set())

    def test_whoever_stops_it_stops_both(self):
        for which in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            with self.subTest(signal=which):
                command = [str(PROGRAM), "--jobs", "2", "build", "gen1.yaml", "--format", "qcow2", "--no-cache", "--emulation", "full", "--progress", "json", "-o", "out", *BOTH]
                with subprocess.Popen(command, cwd=self.checkout_directory, env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                      text=True) as build:
                    for line in build.stderr:
                        if '"install"' in line:
                            break
                    children = {pid for task in Path(f"/proc/{build.pid}/task").iterdir() for pid in (task / "children").read_text().split()}
                    self.assertTrue(children)
                    build.send_signal(which)
                    build.stderr.read()
                self.assertEqual(build.returncode, -9 if which == signal.SIGKILL else 128 + which)
                deadline = time.monotonic() + 20
                while any(os.path.exists(f"/proc/{pid}/exe") for pid in children) and time.monotonic() < deadline:
                    time.sleep(0.05)
                self.assertFalse([pid for pid in children if os.path.exists(f"/proc/{pid}/exe")])
                out = self.checkout_directory / "out"
                self.assertEqual([path.name for path in out.iterdir() if path.suffix == ".qcow2"] if out.exists() else [], [])
        # And the next one is right.
        self.build(*BOTH, out="out")
        self.build(*BOTH, out="again", jobs=1)
        self.assertEqual(self.files("out"), self.files("again"))


if __name__ == "__main__":
    unittest.main()
