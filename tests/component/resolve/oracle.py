#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A second opinion: resolves requests with libsolv's Python bindings and prints the chosen packages.

usage: oracle.py ARCHITECTURE PRIMARY FILELISTS REQUEST... [-- REQUEST...]...
Each group of requests is a question of its own and gives one line: the packages, or "no solution".
Exit code 4: the bindings are not installed.
"""

import sys

try:
    import solv
except ImportError:
    sys.exit(4)


def load(pool, primary, filelists):
    repository = pool.add_repo("repository")
    repository.add_rpmmd(solv.xfopen(primary), None, 0)
    repository.add_rpmmd(solv.xfopen(filelists), "FL", solv.Repo.REPO_EXTEND_SOLVABLES)


def jobs_for(pool, request):
    flags = (
        solv.Selection.SELECTION_NAME
        | solv.Selection.SELECTION_PROVIDES
        | solv.Selection.SELECTION_FILELIST
        | solv.Selection.SELECTION_CANON
        | solv.Selection.SELECTION_DOTARCH
        | solv.Selection.SELECTION_REL
    )
    selection = pool.select(request, flags)
    return None if selection.isempty() else selection.jobs(solv.Job.SOLVER_INSTALL)


def answer(pool, requests):
    groups = [jobs_for(pool, request) for request in sorted(requests)]
    if None in groups:
        return "no solution"
    solver = pool.Solver()
    solver.set_flag(solv.Solver.SOLVER_FLAG_IGNORE_RECOMMENDED, 1)
    if solver.solve([job for group in groups for job in group]):
        return "no solution"
    return " ".join(sorted(str(package) for package in solver.transaction().newpackages()))


def main():
    architecture, primary, filelists, *words = sys.argv[1:]
    pool = solv.Pool()
    pool.setdisttype(solv.Pool.DISTTYPE_RPM)
    pool.setarch(architecture)
    load(pool, primary, filelists)
    pool.addfileprovides()
    pool.createwhatprovides()
    questions = [[]]
    for word in words:
        if word == "--":
            questions.append([])
        else:
            questions[-1].append(word)
    for question in questions:
        print(answer(pool, question))


main()
