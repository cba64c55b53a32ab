# SPDX-License-Identifier: MIT
"""Composing the example node over and over: what the system tests share."""

import ctypes
import hashlib
import os
import subprocess
import time
from pathlib import Path

from imagewright_testing import PROGRAM, TOP, environment

CONFIG = TOP / "configs/node.yaml"
NAME = "node-x86_64"
MIB = 1 << 20
PR_SET_CHILD_SUBREAPER = 36
# A check of a booted image: every label is the policy's. The questions themselves are a file that no policy knows; where
# the root may not change, systemd mounts a file of its own at /etc/machine-id.
LABEL_CHECK = {"name": "every label is the policy's",
               "command": "restorecon -nvR /usr /etc /boot /var /root /home /srv 3>&- 2>&1 | grep -v imagewright-probe | "
                          "grep -v \"relabel $(grep -q ' /etc/machine-id ' /proc/self/mounts && echo /etc/machine-id || echo nothing) \" | "
                          "head -n 20 | grep . && exit 1 || exit 0"}


def derived_config(rest):
    """The text of a config that adds to the example node."""
    return (f"previewFeatures: [base-configs]\nbaseConfigs:\n- path: {CONFIG}\n"
            f"release: {TOP}/configs/releases/workbench.yaml\n{rest}")


def digest(path):
    hasher = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(MIB):
            hasher.update(piece)
    return hasher.hexdigest()


def build_command(output, cache=None, config=CONFIG, *arguments, anew=True):
    """The arguments of one build of the example node; made anew, it takes nothing from earlier builds but packages."""
    command = [str(PROGRAM)]
    if cache is not None:
        command += ["--cache-dir", str(cache)]
    command += ["build", str(config), *(["--no-cache"] if anew else [])]
    return command + ["--arch", "x86_64", "--output-dir", str(output), "--progress", "none", *map(str, arguments)]


def run(command, **options):
    options.setdefault("env", environment())
    options.setdefault("cwd", TOP)
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)


def visible_files(directory):
    """The published files, by name; nothing when there is no such directory."""
    directory = Path(directory)
    return sorted(path.name for path in directory.iterdir() if not path.name.startswith(".")) if directory.exists() else []


def hidden_files(directory):
    directory = Path(directory)
    return sorted(path.name for path in directory.iterdir() if path.name.startswith(".")) if directory.exists() else []


def artifact_digests(directory):
    """Digests of everything that has to be the same in every build: not of the report, which tells of one run, nor of the sums,
    which hold the report's."""
    return {name: digest(Path(directory) / name) for name in visible_files(directory)
            if name != "SHA256SUMS" and not name.endswith((".report.json", ".report.html"))}


def wrong_sums(directory):
    """The files that SHA256SUMS lists and that are not what it says."""
    sums = Path(directory) / "SHA256SUMS"
    lines = sums.read_text().splitlines() if sums.exists() else []
    listed = dict(reversed(line.split("  ", 1)) for line in lines)
    return [name for name, expected in listed.items()
            if not (Path(directory) / name).exists() or digest(Path(directory) / name) != expected]


def adopt_orphans():
    """From now on descendants whose parents died become children of this process, so that none escapes notice."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def living_descendants(patience=10.0):
    """The processes that still run when their time to end is over; those that ended are reaped."""
    deadline = time.monotonic() + patience
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return []
        if pid == 0:
            if time.monotonic() > deadline:
                children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
                return [f"{child}: {Path(f'/proc/{child}/cmdline').read_bytes()!r}" for child in children]
            time.sleep(0.02)
