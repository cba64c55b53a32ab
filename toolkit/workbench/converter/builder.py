# SPDX-License-Identifier: MIT
"""The order of things: indexes, closure, archives, packages, repository."""

from __future__ import annotations

import concurrent.futures
import fcntl
import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import assembly, catalogue, closure, relations, repository, specfile
from .apt import Apt, archive_path
from .errors import WorkbenchError
from .keys import SigningKey

DEBIAN_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
PUBLIC_KEY = "RPM-GPG-KEY-workbench"
_CODENAME = "bookworm"


@dataclass(frozen=True)
class Settings:
    """What the command line decides."""

    project: Path
    output: Path
    architectures: tuple[str, ...]
    jobs: int
    sources: Path
    refresh: bool


class Builder:
    """Builds the repositories of the architectures asked for."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.catalogue = catalogue.load(settings.project / "specs")
        here = Path(__file__).parent
        self.converter_digest = catalogue.digest_of(sorted(here.glob("*.py")))
        self.inputs_digest = catalogue.digest_of([here, settings.project / "specs"])

    def run(self) -> int:
        """Builds what is missing or out of date; returns how many packages were built."""
        self.settings.output.mkdir(parents=True, exist_ok=True)
        built = 0
        with _lock(self.settings.output / ".lock"):
            stale = [name for name in self.settings.architectures if not self._is_current(name)]
            if not stale:
                return 0
            with SigningKey(self.settings.output / "gnupg") as key:
                key.export(self.settings.output / PUBLIC_KEY)
                for architecture in stale:
                    built += self._build_architecture(architecture, key)
        return built

    def _apt(self, architecture: str) -> Apt:
        debian = DEBIAN_ARCHITECTURES[architecture]
        return Apt(self.settings.output / "apt" / debian, debian, _CODENAME, self.settings.sources)

    def _state(self, architecture: str) -> Path:
        return self.settings.output / "state" / architecture

    # A stamp lists every input and output, so that a run with nothing to do reads no index.
    def _stamp(self, architecture: str) -> dict:
        directory = self.settings.output / architecture
        outputs = sorted(p for p in directory.rglob("*") if p.is_file())
        key = self.settings.output / PUBLIC_KEY
        return {"inputs": self.inputs_digest,
                "indexes": [_fingerprint(p) for p in self._apt(architecture).index_files()],
                "key": key.read_text() if key.exists() else "",
                "outputs": [_fingerprint(p) for p in outputs]}

    def _is_current(self, architecture: str) -> bool:
        stamp = self._state(architecture) / "complete.json"
        if self.settings.refresh or not stamp.exists():
            return False
        return json.loads(stamp.read_text()) == self._stamp(architecture)

    def _build_architecture(self, architecture: str, key: SigningKey) -> int:
        state = self._state(architecture)
        (state / "packages").mkdir(parents=True, exist_ok=True)
        (state / "complete.json").unlink(missing_ok=True)
        directory = self.settings.output / architecture
        directory.mkdir(exist_ok=True)
        apt = self._apt(architecture)
        if self.settings.refresh or not apt.index_files():
            _say(architecture, "fetching package indexes")
            apt.update()
        jobs = self._jobs(architecture, apt, key)
        files, pending = self._reusable(jobs, state, directory)
        _say(architecture, f"{len(jobs)} packages, {len(pending)} to build")
        files |= self._run_jobs(architecture, pending, state)
        removed = _remove_others(directory, set(files.values()))
        _remove_others(state / "packages", {f"{name}.json" for name in files})
        if pending or removed or not (directory / "repodata/repomd.xml.asc").exists():
            _say(architecture, "writing and signing the repository's metadata")
            repository.publish(directory, key, self.settings.output / "work/metadata")
        shutil.rmtree(self.settings.output / "work" / architecture, ignore_errors=True)
        _write_json(state / "complete.json", self._stamp(architecture))
        return len(pending)

    def _jobs(self, architecture: str, apt: Apt, key: SigningKey) -> list[assembly.Job]:
        stanzas = apt.packages()
        names = closure.close(closure.wanted(self.catalogue.roles, apt.architecture), stanzas,
                              set(self.catalogue.dropped))
        store = self.settings.output / "debs"
        apt.download([stanzas[name] for name in names], store)
        common = {"macros": self.catalogue.macros(), "rpm_architecture": architecture,
                  "output": self.settings.output / architecture,
                  "work": self.settings.output / "work" / architecture,
                  "key_home": str(key.home), "fingerprint": key.fingerprint}
        provided = {relation.name for name in names
                    for group in relations.parse(stanzas[name].get("Provides", ""))
                    for relation in group}
        known = specfile.Names(frozenset(names), frozenset(provided))
        # The largest go first, so that no core idles at the end.
        names.sort(key=lambda name: -int(stanzas[name]["Size"]))
        jobs = [self._debian_job(stanzas[name], store, known, common) for name in names]
        for spec in self.catalogue.node_specs():
            jobs.append(assembly.Job(name=spec.stem, spec=spec, sources=catalogue.sources_of(spec),
                                     **common))
        return jobs

    def _debian_job(self, stanza, store, known, common) -> assembly.Job:
        name = stanza["Package"]
        recipe = self.catalogue.recipe(name)
        spec = self.catalogue.spec(recipe, name)
        return assembly.Job(
            name=name, spec=spec, sources=catalogue.sources_of(spec),
            archive=archive_path(store, stanza), recipe=recipe,
            preamble=specfile.preamble(stanza, recipe, known, "@LICENCE@"),
            description=specfile.description(stanza), drop_paths=self.catalogue.drop_paths,
            shared_directories=self.catalogue.shared_directories, **common)

    def _reusable(self, jobs, state, directory) -> tuple[dict[str, str], list[assembly.Job]]:
        files: dict[str, str] = {}
        pending = []
        for job in jobs:
            record = state / "packages" / f"{job.name}.json"
            known = json.loads(record.read_text()) if record.exists() else {}
            present = known and (directory / known["file"]).exists()
            if present and known["key"] == job.key(self.converter_digest):
                files[job.name] = known["file"]
            else:
                pending.append(job)
        return files, pending

    def _run_jobs(self, architecture, pending, state) -> dict[str, str]:
        files: dict[str, str] = {}
        with concurrent.futures.ProcessPoolExecutor(self.settings.jobs) as pool:
            running = {pool.submit(assembly.build, job): job for job in pending}
            try:
                for done in concurrent.futures.as_completed(running):
                    job = running[done]
                    files[job.name] = done.result()
                    _write_json(state / "packages" / f"{job.name}.json",
                                {"key": job.key(self.converter_digest), "file": files[job.name]})
                    _say(architecture, f"{len(files)}/{len(pending)} {files[job.name]}")
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return files


def _fingerprint(path: Path) -> list:
    facts = path.stat()
    return [path.name, facts.st_size, facts.st_mtime_ns]


def _remove_others(directory: Path, keep: set[str]) -> int:
    removed = 0
    for path in directory.iterdir():
        if path.is_file() and path.name not in keep:
            path.unlink()
            removed += 1
    return removed


def _write_json(path: Path, value: object) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(value))
    os.replace(partial, path)


def _say(architecture: str, text: str) -> None:
    print(f"workbench: {architecture}: {text}", flush=True)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """One run at a time for one output directory."""
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            raise WorkbenchError(f"another run holds {path}; wait for it") from problem
        yield


def interrupt_on_terminate() -> None:
    """Makes a polite kill end the run the way Ctrl-C does."""
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, interrupt)
