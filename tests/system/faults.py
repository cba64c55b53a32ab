#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds of a tiny distribution under faults of the world. Usage: faults.py [KILLS [FAILURES]]

KILLS children of builds are killed at random instants, and FAILURES system calls of the front process fail. A fault is held when the
build publishes the same bytes as an undisturbed one, or publishes nothing and says why with an exit code of its own."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import adopt_orphans, artifact_digests, living_descendants  # noqa: E402
from imagewright_reports import ReportsTestCase  # noqa: E402
from imagewright_testing import PROGRAM, environment  # noqa: E402

SEED = int(os.environ.get("IMAGEWRIGHT_SEED", "20240611"))
CALLS = ["openat", "openat2", "read", "write", "pread64", "pwrite64", "mmap", "rename", "fsync", "ftruncate", "socketpair", "poll", "fstat",
         "lseek", "getdents64", "mkdir", "unlink", "fcntl", "recvfrom", "sendto", "pipe2", "clone3", "vfork", "execve", "wait4"]
ERRORS = ["EIO", "ENOMEM", "ENOSPC", "EMFILE", "EPERM"]
TIMEOUT = 120


class Faults:
    def __init__(self, top, directory):
        self.config = directory / "node.yaml"
        self.config.write_text(f"release: {top}/base/tiny.yaml\nos: {{hostname: node}}\noutput: {{images: [{{format: qcow2}}]}}\n")
        self.output, self.cache = directory / "out", directory / "cache"
        self.source = random.Random(SEED)
        start = time.monotonic()
        code, said = self.build([], lambda process: None)
        self.duration = time.monotonic() - start
        if code != 0:
            raise SystemExit(f"the undisturbed build failed: {said}")
        self.expected = artifact_digests(self.output)

    def build(self, before, disturb):
        shutil.rmtree(self.output, ignore_errors=True)
        command = [*before, str(PROGRAM), "--cache-dir", str(self.cache), "build", str(self.config), "--no-cache", "--output-dir", str(self.output),
                   "--progress", "none"]
        with tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(command, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
            try:
                disturb(process.pid)
                process.wait(timeout=TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                return "hangs", ""
            errors.seek(0)
            return process.returncode, errors.read()[-400:]

    def complaint(self, code, said):
        """Why the fault was not held; nothing when it was."""
        found = artifact_digests(self.output)
        left = living_descendants()
        if code not in range(0, 6):
            return f"exit code {code}: {said}"
        if code == 0 and found != self.expected:
            return f"another image: {sorted(found)}"
        if code != 0 and (found or not said):
            return f"exit code {code} with {sorted(found)}: {said}"
        return f"{left} still runs" if left else ""

    def kill_child(self, front):
        """Kills one of the processes below the front one, which are all of this build."""
        time.sleep(self.source.random() * self.duration)
        below, waiting = [], [front]
        while waiting:
            pid = waiting.pop()
            for task in Path("/proc").glob(f"{pid}/task/*/children"):
                try:
                    children = [int(child) for child in task.read_text().split()]
                except OSError:
                    continue
                below += children
                waiting += children
        if below:
            self.victims += 1
            try:
                os.kill(self.source.choice(below), 9)
            except ProcessLookupError:
                pass

    def kills(self, count):
        self.victims = 0
        for number in range(count):
            yield f"kill {number}", self.complaint(*self.build([], self.kill_child))

    def calls_of_the_loader(self, call):
        """How often the call is made before the program begins: the C library's loader has ways of its own to end."""
        with tempfile.NamedTemporaryFile("r") as trace:
            subprocess.run(["strace", "-qq", "-o", trace.name, "-e", f"trace={call}", str(PROGRAM), "--version"], check=True,
                           env=environment(), stdout=subprocess.DEVNULL)
            return len(trace.read().splitlines())

    def failures(self, count):
        offsets = {call: self.calls_of_the_loader(call) for call in CALLS}
        for _ in range(count):
            call, error, when = self.source.choice(CALLS), self.source.choice(ERRORS), int(self.source.paretovariate(0.5))
            when += offsets[call]
            before = ["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={min(when, 60000)}"]
            yield f"{call} fails with {error}, the {when}th time", self.complaint(*self.build(before, lambda process: None))


def report(name, results):
    tried = held = 0
    for what, complaint in results:
        tried += 1
        held += not complaint
        if complaint:
            print(f"NOT HELD: {what}: {complaint}", flush=True)
    print(f"{name}: {tried} tried, {held} held", flush=True)
    return tried == held


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    failures = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    adopt_orphans()
    ReportsTestCase.setUpClass()
    directory = Path(tempfile.mkdtemp(prefix="imagewright-faults-"))
    try:
        faults = Faults(ReportsTestCase.top, directory)
        print(f"a build takes {faults.duration:.1f} s; seed {SEED}", flush=True)
        held = [report("killed children", faults.kills(kills)), report("failing system calls", faults.failures(failures))]
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        ReportsTestCase.doClassCleanups()
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
