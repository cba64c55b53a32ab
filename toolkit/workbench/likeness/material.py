# SPDX-License-Identifier: MIT
"""Packages that an imitation draws from, unpacked, with their facts as rpmbuild reads them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from converter.errors import WorkbenchError

_DIRECTORY = 0o040000
_LINK = 0o120000
_KIND = 0o170000
_CONFIGURATION, _KEPT, _GHOST, _LICENCE = 1, 16, 64, 128
_FILES = ("[%{FILEMODES:octal}\\t%{FILEUSERNAME}\\t%{FILEGROUPNAME}\\t%{FILEFLAGS}\\t%{FILEVERIFYFLAGS}"
          "\\t%{FILENAMES}\\n]")
# What %verify(not md5 size mtime) leaves of all the checks.
_CONTENT_UNCHECKED = 1 | 2 | 32


def query(package: Path, tags: str) -> str:
    """What the package's header says, in the words of rpm's query format."""
    done = subprocess.run(["rpm", "-qp", "--nosignature", "--qf", tags, str(package)], check=False,
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise WorkbenchError(f"cannot read {package.name}: {done.stderr.strip()}")
    return done.stdout


def unpack(package: Path, directory: Path) -> None:
    """Makes directory (its files), directory.files, .requires, .provides and .evr (epoch, version, release) of the package."""
    if directory.exists():
        return
    partial = directory.with_name(directory.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    with package.open("rb") as content, \
         subprocess.Popen(["rpm2archive", "--nocompression", "-"], stdin=content, stdout=subprocess.PIPE) as reader:
        done = subprocess.run(["tar", "--extract", "--file=-", "--no-same-owner", "--same-permissions"],
                              cwd=partial, check=False, stdin=reader.stdout, stderr=subprocess.PIPE, text=True)
    if reader.returncode != 0 or done.returncode != 0:
        raise WorkbenchError(f"cannot unpack {package.name}: {done.stderr.strip()}")
    base = str(directory)
    Path(base + ".evr").write_text(query(
        package, "%|EPOCH?{Epoch: %{EPOCH}\\n}|Version: %{VERSION}\\nRelease: %{RELEASE}\\n"))
    Path(base + ".files").write_text(file_list(query(package, _FILES)), encoding="utf-8")
    requires = query(package, "[%{REQUIRENEVRS}\\n]").splitlines()
    Path(base + ".requires").write_text(dependencies("Requires", requires))
    Path(base + ".provides").write_text(dependencies("Provides", query(package, "[%{PROVIDENEVRS}\\n]").splitlines()))
    partial.rename(directory)


def dependencies(tag: str, lines: list[str]) -> str:
    """Tags of a spec; what rpmbuild adds by itself is left to it."""
    kept = [line for line in dict.fromkeys(lines) if not re.match(r"rpmlib\(|.*\((x86-64|aarch-64)\)", line)]
    return "".join(f"{tag}: {line}\n" for line in kept)


def file_list(rows: str) -> str:
    """The text of an RPM file list for the rows of one header."""
    lines = ["%defattr(-, root, root, 0755)"]
    for row in rows.splitlines():
        mode_text, user, group, flags_text, verify_text, path = row.split("\t")
        mode, flags = int(mode_text, 8), int(flags_text)
        words = []
        if flags & _GHOST:
            words.append("%ghost")
        if flags & _CONFIGURATION:
            words.append("%config(noreplace)" if flags & _KEPT else "%config")
        if flags & _LICENCE:
            words.append("%license")
        if not int(verify_text) & _CONTENT_UNCHECKED:
            words.append("%verify(not md5 size mtime)")
        if mode & _KIND == _DIRECTORY:
            words.append("%dir")
        shown = "-" if mode & _KIND == _LINK else f"{mode & 0o7777:04o}"
        words.append(f"%attr({shown}, {user}, {group})")
        words.append(f'"{path}"')
        lines.append(" ".join(words))
    return "\n".join(lines) + "\n"
