# SPDX-License-Identifier: MIT
"""Every public header can be included first. Two minutes of compiling: part of `toolkit/dev check`, not of every test run."""

import os
import subprocess
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]


class Headers(unittest.TestCase):
    def test_every_header_stands_alone(self):
        compiler = os.environ.get("CXX", "c++")
        headers = sorted((TOP / "include").rglob("*.hpp"))

        def problem_with(header):
            name = header.relative_to(TOP / "include")
            run = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", "-I", TOP / "include", "-x", "c++", "-"],
                                 input=f"#include <{name}>\n", capture_output=True, text=True)
            return None if run.returncode == 0 else f"{name}: {run.stderr.splitlines()[0]}"

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            problems = [problem for problem in pool.map(problem_with, headers) if problem]
        self.assertEqual(problems, [])


if __name__ == "__main__":
    unittest.main()
