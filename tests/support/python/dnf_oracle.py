# SPDX-License-Identifier: MIT
"""What dnf makes of requests: a document with repositories and questions on standard input, the answers as JSON on standard output.

It runs in the system's Python, to which dnf belongs, and ends with 4 where dnf is not there.
"""

import json
import sys

try:
    import dnf
    import dnf.exceptions
except ImportError:
    sys.exit(4)


def open_base(asked, excludes):
    base = dnf.Base()
    conf = base.conf
    conf.installroot, conf.cachedir, conf.logdir = asked["directory"] + "/root", asked["directory"] + "/cache", asked["directory"]
    conf.pluginpath, conf.reposdir, conf.install_weak_deps, conf.best = [], [], False, False
    conf.excludepkgs = excludes
    conf.substitutions.update(releasever="1", arch="x86_64", basearch="x86_64")
    for name, path in asked["repositories"].items():
        base.repos.add_new_repo(name, conf, baseurl=[f"file://{path}"], gpgcheck=False)
    base.fill_sack(load_system_repo=False)
    return base


def answer(base, requests):
    """The packages, or None where dnf has no answer."""
    base.reset(goal=True)
    try:
        for request in requests:
            base.install(request)
        base.resolve()
    except dnf.exceptions.Error:
        return None
    return sorted(f"{each.name} {each.evr}" for each in base.transaction.install_set)


def main():
    asked = json.load(sys.stdin)
    bases = {}
    answers = []
    for requests, excludes in asked["questions"]:
        key = tuple(excludes)
        if key not in bases:
            bases[key] = open_base(asked, excludes)
        answers.append(answer(bases[key], requests))
    json.dump(answers, sys.stdout)


main()
