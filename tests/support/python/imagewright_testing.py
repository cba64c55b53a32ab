# SPDX-License-Identifier: MIT
"""What functional and system tests share: running the program, scratch directories, skipping audibly."""

import importlib
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
PROGRAM = Path(os.environ.get("IMAGEWRIGHT", TOP / "build/release/src/cli/imagewright"))
SHARED_DATA = TOP.parent / "shared/data"
WORKBENCH = TOP / "build/workbench"


def skip(reason):
    """Leaves a test out with a reason; where CI is set everything must be there, so it fails instead."""
    if os.environ.get("CI"):
        raise AssertionError(f"would be skipped, but CI is set: {reason}")
    raise unittest.SkipTest(reason)


def require_program(name):
    if shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
        skip(f"{name} is not installed")


def require_module(name):
    """A module that Python does not bring along."""
    try:
        return importlib.import_module(name)
    except ImportError:
        skip(f"Python has no module {name}")


def require_npm_packages(*packages):
    """Packages "name@version" of npm, in a directory for NODE_PATH; fetched once into the build directory."""
    require_program("npm")
    home = TOP / "build/npm" / "+".join(package.replace("/", "_") for package in packages)
    modules = home / "node_modules"
    if not modules.exists():
        home.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=0", *packages]
        result = subprocess.run(command, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
        if result.returncode != 0:
            shutil.rmtree(home)
            # A registry is nothing that a machine can be set up with.
            raise unittest.SkipTest(f"npm does not give {' '.join(packages)}: {result.stderr.strip()[-200:]}")
    return modules


def require_shared_data(name):
    path = SHARED_DATA / name
    if not path.exists():
        skip(f"{path} is not there")
    return path


def require_workbench(architecture="x86_64"):
    if not (WORKBENCH / architecture / "repodata/repomd.xml").exists():
        skip(f"no workbench for {architecture}; make it with toolkit/workbench/build --arch {architecture}")


def environment(**changes):
    """A small environment, the same on every machine; a value of None removes a variable."""
    variables = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": os.environ.get("HOME", "/root")}
    for name, value in changes.items():
        if value is None:
            variables.pop(name, None)
        else:
            variables[name] = str(value)
    return variables


class TestCase(unittest.TestCase):
    maxDiff = None

    @classmethod
    def class_scratch(cls):
        """A directory for all tests of the class, which is removed after the last."""
        directory = tempfile.TemporaryDirectory(prefix="imagewright-test-")
        cls.addClassCleanup(directory.cleanup)
        return Path(directory.name)

    def scratch(self):
        """A directory that is removed when the test passes, and named when it fails."""
        path = Path(tempfile.mkdtemp(prefix="imagewright-test-"))
        self.addCleanup(self._clean, path)
        return path

    def _clean(self, path):
        failed = any(error for _, error in getattr(self._outcome, "errors", []) or []) or (
            hasattr(self._outcome, "result") and any(test is self for test, _ in
                                                     self._outcome.result.failures + self._outcome.result.errors))
        if failed:
            print(f"kept for a look: {path}")
        else:
            shutil.rmtree(path, ignore_errors=True)

    def run_program(self, *arguments, cwd=TOP, expect=0, env=None, timeout=1800):
        """Runs imagewright; fails the test with everything it said when the exit code is not the expected one."""
        command = [str(PROGRAM), *map(str, arguments)]
        result = subprocess.run(command, cwd=cwd, env=env if env is not None else environment(),
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)
        if expect is not None and result.returncode != expect:
            self.fail(f"{' '.join(command)}\nexit code {result.returncode}, expected {expect}\n"
                      f"--- stdout\n{result.stdout[-4000:]}\n--- stderr\n{result.stderr[-4000:]}")
        return result

    def run_tool(self, *command, expect=0, **options):
        require_program(str(command[0]))
        result = subprocess.run(list(map(str, command)), capture_output=True, text=True,
                                env=environment(), **options)
        if expect is not None and result.returncode != expect:
            self.fail(f"{' '.join(map(str, command))}\nexit code {result.returncode}\n{result.stdout}\n{result.stderr}")
        return result
