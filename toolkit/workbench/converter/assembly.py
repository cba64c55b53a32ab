# SPDX-License-Identifier: MIT
"""Builds one RPM: stages the payload, writes the facts, runs rpmbuild, signs, publishes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from . import catalogue, keys, payload, specfile
from .errors import WorkbenchError

# The time of packages that do not come from Debian: fixed, so that equal inputs give equal bytes.
_NODE_EPOCH = 1_700_000_000


@dataclass(frozen=True)
class Job:
    """All that one build needs; plain values, since a worker process receives it."""

    name: str
    spec: Path
    sources: Path
    macros: Path
    rpm_architecture: str
    output: Path
    work: Path
    key_home: str
    fingerprint: str
    archive: Path | None = None
    preamble: str = ""
    description: str = ""
    recipe: specfile.Recipe = specfile.Recipe()
    drop_paths: tuple[str, ...] = ()
    shared_directories: tuple[str, ...] = ()

    def key(self, converter_digest: str) -> str:
        """A digest of everything that decides the package's content."""
        inputs = [converter_digest, catalogue.digest_of([self.spec, self.sources, self.macros]),
                  self.rpm_architecture, self.fingerprint,
                  self.archive.name if self.archive else "", self.preamble, self.description,
                  json.dumps(asdict(self.recipe), sort_keys=True),
                  json.dumps([self.drop_paths, self.shared_directories])]
        return hashlib.sha256("\0".join(inputs).encode()).hexdigest()


def build(job: Job) -> str:
    """Builds and signs the package; returns the name of the file it put into the output."""
    directory = job.work / job.name
    shutil.rmtree(directory, ignore_errors=True)
    facts = directory / "facts"
    facts.mkdir(parents=True)
    try:
        epoch = _write_facts(job, facts) if job.archive else _NODE_EPOCH
    except WorkbenchError as problem:
        raise WorkbenchError(f"{job.name}: {problem}") from problem
    package = _run_rpmbuild(job, directory, facts, epoch)
    keys.sign_package(job.key_home, job.fingerprint, package)
    os.utime(package, (epoch, epoch))
    os.replace(package, job.output / package.name)
    shutil.rmtree(directory)
    return package.name


def _write_facts(job: Job, facts: Path) -> int:
    tree = facts / "payload"
    tree.mkdir()
    entries, epoch = payload.stage(job.archive, tree, job.drop_paths + job.recipe.drop,
                                   job.shared_directories)
    for path, target in job.recipe.links.items():
        (tree / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (tree / path[1:]).symlink_to(target)
        entries.append(payload.Entry(path, "link"))
    directives = {path: ["%config(noreplace)"] for path in _configuration_files(job.archive)}
    for path, words in job.recipe.verify.items():
        directives.setdefault(path, []).append(f"%verify({words})")
    entries = payload.with_directives(entries, directives, job.recipe.attributes)
    licence = tree / f"usr/share/licenses/{job.name}/copyright"
    names = (specfile.licence_names(licence.read_text(encoding="utf-8", errors="replace"))
             if licence.is_file() else "See the licence file")
    (facts / "preamble").write_text(job.preamble.replace("@LICENCE@", names), encoding="utf-8")
    (facts / "description").write_text(job.description, encoding="utf-8")
    (facts / "files").write_text(payload.file_list(entries), encoding="utf-8")
    return epoch


def _configuration_files(archive: Path) -> list[str]:
    done = subprocess.run(["dpkg-deb", "--info", str(archive), "conffiles"], check=False,
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return [line.strip() for line in done.stdout.splitlines() if line.startswith("/")]


def _run_rpmbuild(job: Job, directory: Path, facts: Path, epoch: int) -> Path:
    definitions = {"_topdir": directory / "rpm", "_rpmdir": directory / "out",
                   "_sourcedir": job.sources, "_tmppath": directory / "tmp", "facts": facts,
                   "_rpmfilename": "%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm"}
    command = ["rpmbuild", "-bb", "--quiet", "--noclean", "--target", job.rpm_architecture]
    for name, value in definitions.items():
        command += ["--define", f"{name} {value}"]
    (directory / "tmp").mkdir()
    # rpmbuild reads the user's macros again for each target, unlike a file given by --load.
    shutil.copy(job.macros, directory / ".rpmmacros")
    log = directory / "rpmbuild.log"
    environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "LC_ALL": "C.UTF-8",
                   "TZ": "UTC", "SOURCE_DATE_EPOCH": str(epoch)}
    with log.open("w") as output:
        done = subprocess.run([*command, str(job.spec)], check=False, stdin=subprocess.DEVNULL,
                              stdout=output, stderr=subprocess.STDOUT, env=environment)
    packages = sorted((directory / "out").glob("*.rpm"))
    if done.returncode != 0 or len(packages) != 1:
        raise WorkbenchError(f"rpmbuild failed for {job.name}; full log: {log}\n"
                             + "\n".join(log.read_text().splitlines()[-15:]))
    return packages[0]
