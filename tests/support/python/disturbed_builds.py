# SPDX-License-Identifier: MIT
"""Builds of a tiny distribution that something happens to, and what they must be like all the same."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import tiny_distribution
from composing import artifact_digests, hidden_files, wrong_sums
from imagewright_testing import PROGRAM, environment

CONFIG = """\
release: {top}/releases/tiny.yaml
os:
  hostname: node
  packages: {{install: [tiny-kernel, tiny-web, tiny-starting]}}
output: {{images: [{{format: qcow2}}]}}
scripts:
  postCustomization:
  - name: count
    content: i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; cat /etc/web.conf >/dev/null
"""
TIMEOUT = 150


def children_of(process):
    found = []
    try:
        for task in os.listdir(f"/proc/{process}/task"):
            found += map(int, Path(f"/proc/{process}/task/{task}/children").read_text().split())
    except OSError:
        pass  # It ended meanwhile.
    return found


def descendants_of(process):
    found, waiting = [], [process]
    while waiting:
        below = children_of(waiting.pop())
        found += below
        waiting += below
    return found


def start_of(process):
    """Tells two processes of one number apart; nothing when it is gone."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return None


def is_running(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def name_of(process):
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return ""


class DisturbedBuilds:
    def __init__(self, directory, *options):
        self.directory = directory
        self.options = options
        tiny_distribution.make(directory)
        self.config = directory / "node.yaml"
        self.config.write_text(CONFIG.format(top=directory))
        self.cache = directory / "cache"
        start = time.monotonic()
        code, said = self.build(directory / "out")
        self.duration = time.monotonic() - start
        if code != 0:
            raise SystemExit(f"the undisturbed build failed: {said}")
        self.expected = artifact_digests(directory / "out")

    def command(self, output, cache, *options, stages="--no-cache"):
        return [str(PROGRAM), "--cache-dir", str(cache or self.cache), "build", str(self.config), "--arch", "x86_64",
                "--output-dir", str(output), "--progress", "none", *stages.split(), *map(str, [*self.options, *options])]

    def build(self, output, cache=None, options=(), before=(), disturb=lambda process: None, patience=TIMEOUT, keeps_output=False,
              stages="--no-cache", **popen):
        """The exit code and the end of what was said."""
        if not keeps_output:
            shutil.rmtree(output, ignore_errors=True)
        popen.setdefault("env", environment())
        with tempfile.TemporaryFile("w+", errors="replace") as errors:
            process = subprocess.Popen([*before, *self.command(output, cache, *options, stages=stages)], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=errors, **popen)
            try:
                disturb(process.pid)
                process.wait(timeout=patience)
            except subprocess.TimeoutExpired:
                for pid in [process.pid, *descendants_of(process.pid)]:
                    os.kill(pid, signal.SIGKILL)
                process.wait()
                return "hangs", ""
            errors.seek(0)
            return process.returncode, errors.read()[-2000:]

    def complaint(self, output, code, said, varying=(), next_build_clears=False, can_speak=True):
        """Why the disturbance was not held; nothing when it was. Files whose names end like one of `varying` need not be the same; where
        the host refuses to remove what is left, the next build may do it. Who cannot write at all cannot say why."""
        found = artifact_digests(output)
        if code not in range(0, 6):
            return f"exit code {code}: {said}"
        other = [name for name in found if found[name] != self.expected.get(name) and not name.endswith(varying)] + wrong_sums(output)
        if other:
            return f"exit code {code}, and not whole are {other}: {said}"
        # A front process that the kernel ended could take nothing back.
        if len(found) != len(self.expected) and (code == 0 or (found and code > 0)):
            return f"exit code {code} with {sorted(found)} alone: {said}"
        if code != 0 and not said and can_speak:
            return f"exit code {code} without a word"
        left = self.leftovers(output)
        if left and next_build_clears:
            self.build(output, keeps_output=True)
            left = self.leftovers(output)
        return f"exit code {code} leaves {left}: {said}" if left else ""

    @staticmethod
    def leftovers(output):
        # Logs stay where the complaint names them.
        return [name for name in hidden_files(output) if not name.startswith(".imagewright-logs-")]


def report(name, results):
    """Prints what was not held and how many were; whether all were."""
    tried = held = 0
    for what, complaint in results:
        tried += 1
        held += not complaint
        if complaint:
            print(f"NOT HELD: {what}: {complaint}", flush=True)
        if tried % 50 == 0:
            print(f"  {tried} tried, {held} held so far", flush=True)
    print(f"{name}: {tried} tried, {held} held", flush=True)
    return tried == held
