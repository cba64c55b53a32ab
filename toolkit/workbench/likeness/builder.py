# SPDX-License-Identifier: MIT
"""The order of things: the workbench, what is drawn from beside it, the imitation's packages, two repositories."""

from __future__ import annotations

import concurrent.futures
import fnmatch
import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
import threading
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from converter import assembly, catalogue, closure, keys, relations, repository, specfile
from converter.apt import Apt, archive_path
from converter.builder import DEBIAN_ARCHITECTURES, Builder, Settings
from converter.errors import WorkbenchError
from converter.keys import SigningKey

from . import material

# The time of every package of an imitation: fixed, so that equal inputs give equal bytes.
_EPOCH = 1_700_000_000
_VENDOR_KEY = threading.Lock()
_KEYS = {"release", "drawn", "hidden", "alias", "update"}


@dataclass(frozen=True)
class Likeness:
    """The data file of an imitation."""

    directory: Path
    release: str
    drawn: tuple[str, ...]
    hidden: tuple[str, ...]
    alias: dict[str, str]
    update: dict[str, dict[str, str]]


def load(directory: Path) -> Likeness:
    """Reads and checks the data file."""
    path = directory / "likeness.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise WorkbenchError(f"{path}: {problem}") from problem
    if unknown := set(data) - _KEYS:
        raise WorkbenchError(f'{path}: unknown key "{sorted(unknown)[0]}"')
    return Likeness(directory, data["release"], tuple(data["drawn"]), tuple(data["hidden"]), data["alias"], data["update"])


class LikenessBuilder:
    """Builds an imitation for the architectures of the settings, beside the workbench."""

    def __init__(self, settings: Settings, likeness: Likeness):
        self.settings = settings
        self.likeness = likeness
        self.output = settings.output.with_name(likeness.directory.name)

    def run(self) -> int:
        """Builds what is missing or out of date; returns how many packages were built."""
        # Programs of the host's architecture make files for the others.
        architectures = dict.fromkeys([*self.settings.architectures, platform.machine()])
        built = Builder(replace(self.settings, architectures=tuple(architectures))).run()
        with SigningKey(self.settings.output / "gnupg") as key:
            for architecture in self.settings.architectures:
                built += _Architecture(self, architecture, key).run()
        return built


class _Architecture:
    """One architecture of an imitation."""

    def __init__(self, owner: LikenessBuilder, architecture: str, key: SigningKey):
        self.settings, self.likeness, self.key = owner.settings, owner.likeness, key
        self.architecture = architecture
        self.debian = DEBIAN_ARCHITECTURES[architecture]
        self.workbench = self.settings.output / architecture
        self.base, self.updates = owner.output / architecture, owner.output / "updates" / architecture
        self.work = owner.output / "work" / architecture
        self.drawn = self.work / "drawn"
        for directory in (self.base, self.updates, self.drawn, self.work / "state"):
            directory.mkdir(parents=True, exist_ok=True)

    def run(self) -> int:
        drawn = self._draw()
        packages = _packages(self.workbench, self.drawn)
        self.of_host = _packages(self.settings.output / platform.machine())
        jobs = [(spec, {}, self.base) for spec in sorted(self.likeness.directory.glob("*.spec"))]
        jobs += [(self.likeness.directory / f"{name}.spec", definitions, self.updates)
                 for name, definitions in self.likeness.update.items()]
        kept: dict[Path, set[str]] = {self.base: self._publish_unchanged(packages), self.updates: set()}
        built = drawn
        with concurrent.futures.ThreadPoolExecutor(self.settings.jobs) as pool:
            running = {pool.submit(self._spec, packages, *job): job for job in jobs}
            for done in concurrent.futures.as_completed(running):
                names, count = done.result()
                kept[running[done][2]] |= names
                built += count
        for directory, names in kept.items():
            removed = [path.unlink() for path in directory.glob("*.rpm") if path.name not in names]
            if built or removed or not (directory / "repodata/repomd.xml.asc").exists():
                repository.publish(directory, self.key, self.work / "metadata")
        return built

    def _draw(self) -> int:
        """Converts the Debian packages that the workbench does not have and the imitation needs."""
        settings = self.settings
        owned = catalogue.load(settings.project / "specs")
        apt = Apt(settings.output / "apt" / self.debian, self.debian, "bookworm", settings.sources)
        stanzas = apt.packages()
        present = set(closure.close(closure.wanted(owned.roles, self.debian), stanzas, set(owned.dropped)))
        wanted = [name.replace("@ARCH@", self.debian) for name in self.likeness.drawn]
        wanted = [name for name in wanted if name in stanzas]
        names = [name for name in closure.close(wanted, stanzas, set(owned.dropped) | present) if name not in present]
        store = settings.output / "debs"
        apt.download([stanzas[name] for name in names], store)
        provided = {relation.name for name in present | set(names)
                    for group in relations.parse(stanzas[name].get("Provides", "")) for relation in group}
        known = specfile.Names(frozenset(present | set(names)), frozenset(provided))
        built, files = 0, set()
        for name in names:
            stanza, recipe = stanzas[name], owned.recipe(name)
            spec = owned.directory / "workbench" / "generic.spec"
            job = assembly.Job(
                name=name, spec=spec, sources=catalogue.sources_of(spec), macros=owned.macros(),
                rpm_architecture=self.architecture, output=self.drawn, work=self.work / "jobs", key_home=str(self.key.home),
                fingerprint=self.key.fingerprint, archive=archive_path(store, stanza), recipe=recipe,
                preamble=specfile.preamble(stanza, recipe, known, "@LICENCE@"),
                description=specfile.description(stanza), drop_paths=owned.drop_paths,
                shared_directories=owned.shared_directories)
            record = self.work / "state" / f"{name}.drawn.json"
            state = job.key("")
            if (old := _read(record)) and old[0] == state and (self.drawn / old[1]).exists():
                files.add(old[1])
                continue
            file = assembly.build(job)
            files.add(file)
            _write(record, [state, file])
            built += 1
            _say(self.architecture, f"drew {name}")
        for path in self.drawn.glob("*.rpm"):
            if path.name not in files:
                path.unlink()
        return built

    def _publish_unchanged(self, packages: dict[str, Path]) -> set[str]:
        """Packages that the imitation takes as they are: same file, same signature."""
        names = set()
        for name, path in packages.items():
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in self.likeness.hidden):
                continue
            target = self.base / path.name
            if not target.exists() or not target.samefile(path):
                target.unlink(missing_ok=True)
                os.link(path, target)
            names.add(path.name)
        return names

    def _spec(self, packages: dict[str, Path], spec: Path, definitions: dict[str, str], output: Path) -> tuple[set[str], int]:
        text = spec.read_text(encoding="utf-8")
        wanted = set(re.findall(r"%\{trees\}/([a-z0-9][a-z0-9+-]*)", text)) | set(definitions.values())
        wanted |= {name for name in re.findall(r"%define \w+_tree ([a-z-]+)", text) if not definitions}
        sources = {name: self._source(name, packages) for name in sorted(wanted)}
        sources = {name: path for name, path in sources.items() if path is not None}
        of_host = {name: self.of_host[name] for name in sorted(set(re.findall(r"%\{host_trees\}/([a-z0-9][a-z0-9+-]*)", text)))}
        label = spec.stem + "".join(f"-{value}" for value in definitions.values())
        record = self.work / "state" / f"{label}.json"
        state = [catalogue.digest_of([spec, catalogue.sources_of(spec), self.likeness.directory / "likeness.macros",
                                      Path(__file__).parent]),
                 self.key.fingerprint, [f"{path.name} {path.stat().st_mtime_ns}" for path in [*sources.values(), *of_host.values()]]]
        old = _read(record)
        if old and old[0] == state and all((output / name).exists() for name in old[1]):
            return set(old[1]), 0
        directory = self.work / "specs" / label
        shutil.rmtree(directory, ignore_errors=True)
        for name, path in sources.items():
            material.unpack(path, directory / "trees" / name)
        for name, path in of_host.items():
            material.unpack(path, directory / "host-trees" / name)
        built = self._rpmbuild(spec, directory, definitions)
        for path in built:
            keys.sign_package(str(self.key.home), self.key.fingerprint, path)
            os.utime(path, (_EPOCH, _EPOCH))
            os.replace(path, output / path.name)
        shutil.rmtree(directory)
        _write(record, [state, [path.name for path in built]])
        _say(self.architecture, f"{label}: {len(built)} packages")
        return {path.name for path in built}, len(built)

    def _source(self, name: str, packages: dict[str, Path]) -> Path | None:
        pattern = self.likeness.alias.get(name, name).replace("@ARCH@", self.debian)
        found = sorted(key for key in packages if fnmatch.fnmatchcase(key, pattern))
        return packages[found[-1]] if found else None

    def _vendor_key(self) -> Path:
        """A public key as old as a vendor's, for nodes to import: to a clock that stands at the packages' time, the
        workbench's own is not made yet."""
        path = self.work / "state/vendor.asc"
        with _VENDOR_KEY:
            if not path.exists():
                home = Path(tempfile.mkdtemp(prefix="likeness-"))
                gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--faked-system-time", "20200101T000000!"]
                subprocess.run([*gpg, "--passphrase", "", "--quick-generate-key", "Imitation <imitation@imagewright.invalid>",
                                "ed25519", "sign", "never"], check=True)
                path.write_bytes(subprocess.run([*gpg, "--armor", "--export"], check=True, stdout=subprocess.PIPE).stdout)
                subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)
                shutil.rmtree(home, ignore_errors=True)
        return path

    def _rpmbuild(self, spec: Path, directory: Path, definitions: dict[str, str]) -> list[Path]:
        (directory / "tmp").mkdir(parents=True, exist_ok=True)
        definitions = {**definitions, "_topdir": directory / "rpm", "_rpmdir": directory / "out", "_tmppath": directory / "tmp",
                       "_sourcedir": catalogue.sources_of(spec), "trees": directory / "trees", "key_file": self._vendor_key(),
                       "debian_architecture": self.debian,
                       "host_trees": directory / "host-trees", "_rpmfilename": "%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm"}
        command = ["rpmbuild", "-bb", "--quiet", "--noclean", "--target", self.architecture]
        for name, value in definitions.items():
            command += ["--define", f"{name} {value}"]
        shutil.copy(self.likeness.directory / "likeness.macros", directory / ".rpmmacros")
        environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "LC_ALL": "C.UTF-8", "TZ": "UTC",
                       "SOURCE_DATE_EPOCH": str(_EPOCH)}
        done = subprocess.run([*command, str(spec)], check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env=environment)
        built = sorted((directory / "out").glob("*.rpm"))
        if done.returncode != 0 or not built:
            raise WorkbenchError(f"rpmbuild failed for {spec.name}:\n" + "\n".join(done.stdout.splitlines()[-25:]))
        return built


def _packages(*directories: Path) -> dict[str, Path]:
    """The packages of some repositories by their names."""
    return {material.query(path, "%{NAME}"): path for path in sorted(path for directory in directories for path in directory.glob("*.rpm"))}


def _read(path: Path):
    return json.loads(path.read_text()) if path.exists() else None


def _write(path: Path, value: object) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(value))
    os.replace(partial, path)


def _say(architecture: str, text: str) -> None:
    print(f"workbench: {architecture}: {text}", flush=True)
