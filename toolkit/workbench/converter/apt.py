# SPDX-License-Identifier: MIT
"""Asks apt for package indexes and archives, with a state of its own.

Nothing of the host's package state is read or changed: only where packages come from and the
keys they are signed with.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from pathlib import Path

from . import control, versions
from .errors import WorkbenchError

_SOURCE_SUITES = ("", "-updates", "-security")


class Apt:
    """apt for one Debian architecture, living in one directory."""

    def __init__(self, directory: Path, architecture: str, codename: str, sources: Path):
        self.directory = directory
        self.architecture = architecture
        self.codename = codename
        self._prepare(sources)

    def _prepare(self, sources: Path) -> None:
        for name in ("state/lists/partial", "cache/archives/partial", "parts", "none"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        (self.directory / "state/status").touch()
        write_sources(sources, self.directory / "parts", self.codename)

    def _options(self) -> list[str]:
        settings = {
            "APT::Architecture": self.architecture,
            "APT::Architectures": self.architecture,
            "APT::Sandbox::User": "",
            "APT::Install-Recommends": "false",
            "Dir::State": self.directory / "state",
            "Dir::State::status": self.directory / "state/status",
            "Dir::Cache": self.directory / "cache",
            "Dir::Etc::sourcelist": "/dev/null",
            "Dir::Etc::sourceparts": self.directory / "parts",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": self.directory / "none",
            "Acquire::Languages": "none",
            "Acquire::GzipIndexes": "false",
        }
        options: list[str] = []
        for name, value in settings.items():
            options += ["-o", f"{name}={value}"]
        return options

    def _run(self, *arguments: str, directory: Path | None = None) -> str:
        command = ["apt-get", *self._options(), "-q", *arguments]
        environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(command, cwd=directory, env=environment, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise WorkbenchError(f"apt-get {arguments[0]} failed for {self.architecture}:\n"
                                 f"{(done.stderr or done.stdout).strip()[-2000:]}")
        return done.stdout

    def update(self) -> None:
        """Fetches the signed package indexes."""
        self._run("update", "--error-on=any")

    def index_files(self) -> list[Path]:
        """The package indexes on disk, in a stable order."""
        return sorted((self.directory / "state/lists").glob("*_Packages"))

    def packages(self) -> dict[str, dict[str, str]]:
        """The newest stanza of each package name of this architecture."""
        newest: dict[str, dict[str, str]] = {}
        for path in self.index_files():
            with path.open(encoding="utf-8") as lines:
                for stanza in control.stanzas(lines):
                    name = stanza["Package"]
                    if name not in newest or (versions.sort_key(stanza["Version"])
                                              > versions.sort_key(newest[name]["Version"])):
                        newest[name] = stanza
        if not newest:
            raise WorkbenchError(f"no package index for {self.architecture}; is the network reachable?")
        return newest

    def download(self, stanzas: list[dict[str, str]], store: Path) -> None:
        """Brings the archives into store; apt verifies them against the signed index."""
        wanted = [s for s in stanzas if not archive_path(store, s).exists()]
        partial = store / "partial"
        partial.mkdir(parents=True, exist_ok=True)
        for start in range(0, len(wanted), 25):
            batch = wanted[start:start + 25]
            self._run("download", *[f"{s['Package']}={s['Version']}" for s in batch],
                      directory=partial)
            for stanza in batch:
                self._keep(stanza, partial, store)
            print(f"workbench: {self.architecture}: downloaded {start + len(batch)}/{len(wanted)}",
                  flush=True)

    def _keep(self, stanza: dict[str, str], partial: Path, store: Path) -> None:
        version = stanza["Version"].replace(":", "%3a")
        found = partial / f"{stanza['Package']}_{version}_{stanza['Architecture']}.deb"
        if not found.exists():
            raise WorkbenchError(f"apt did not deliver {found.name}")
        with found.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        if digest != stanza["SHA256"]:
            found.unlink()
            raise WorkbenchError(f"{found.name} has the wrong checksum")
        found.rename(archive_path(store, stanza))


def archive_path(store: Path, stanza: dict[str, str]) -> Path:
    """Where an archive is kept: named by content as well, so that a stale file is never used."""
    version = re.sub(r"[^A-Za-z0-9.+~-]", "_", stanza["Version"])
    name = f"{stanza['Package']}_{version}_{stanza['Architecture']}"
    return store / f"{name}.{stanza['SHA256'][:12]}.deb"


def write_sources(sources: Path, parts: Path, codename: str) -> None:
    """Copies those of the host's sources that belong to this Debian release."""
    suites = {codename + suffix for suffix in _SOURCE_SUITES}
    stale = set(parts.iterdir())
    for path in sorted(sources.glob("*.sources")):
        lines = [line for line in path.read_text().splitlines(keepends=True)
                 if not line.startswith("#")]
        kept = [s for s in control.stanzas(lines) if suites & set(s.get("Suites", "").split())]
        if kept:
            text = "\n".join("".join(f"{key}: {_continued(value)}\n" for key, value in s.items()
                                     if key != "Architectures") for s in kept)
            stale.discard(_write(parts / path.name, text))
    one_line = [sources.parent / "sources.list", *sorted(sources.glob("*.list"))]
    for path in filter(Path.is_file, one_line):
        kept_lines = [line for line in path.read_text().splitlines()
                      if line.startswith("deb ") and suites & set(line.split())]
        if kept_lines:
            stale.discard(_write(parts / path.name, "\n".join(kept_lines) + "\n"))
    for path in stale:
        path.unlink()


def _continued(value: str) -> str:
    return value.replace("\n", "\n ")


def _write(path: Path, text: str) -> Path:
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
    return path
