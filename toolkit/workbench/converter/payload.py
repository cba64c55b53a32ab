# SPDX-License-Identifier: MIT
"""A Debian archive's files as an RPM payload: merged /usr, without what the workbench leaves out."""

from __future__ import annotations

import fnmatch
import os
import posixpath
import re
import stat
import subprocess
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from .errors import WorkbenchError

_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


@dataclass(frozen=True)
class Entry:
    """One path of a payload, with what RPM should record about it."""

    path: str
    kind: str  # "directory", "file" or "link"
    mode: int = 0o644
    user: str = "root"
    group: str = "root"
    directives: tuple[str, ...] = ()


def merge_usr(path: str) -> str:
    """Where an absolute path lives when /bin, /sbin and /lib* are links into /usr."""
    first = path.split("/")[1]
    return "/usr" + path if first in _MERGED else path


def merged_target(path: str, target: str) -> str:
    """The target of a symlink at path, adjusted if moving the link under /usr would break it."""
    moved = merge_usr(path)
    if target.startswith("/"):
        return target
    meant = merge_usr(posixpath.normpath(posixpath.join(posixpath.dirname(path), target)))
    found = posixpath.normpath(posixpath.join(posixpath.dirname(moved), target))
    if merge_usr(found) == meant:
        return target
    return posixpath.relpath(meant, posixpath.dirname(moved))


def licence_path(path: str) -> str | None:
    """Where RPM keeps the licence that a Debian copyright file holds; None for other paths."""
    parts = path.split("/")
    if parts[1:4] == ["usr", "share", "doc"] and len(parts) == 6 and parts[5] == "copyright":
        return f"/usr/share/licenses/{parts[4]}/copyright"
    return None


def is_dropped(path: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern matches the path or one of its parents."""
    patterns = tuple(patterns)
    while path != "/":
        if any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns):
            return True
        path = posixpath.dirname(path)
    return False


def stage(archive: Path, destination: Path, drops: Iterable[str],
          shared_directories: Iterable[str]) -> tuple[list[Entry], int]:
    """Unpacks the archive below destination; returns its entries and its newest time."""
    drops = tuple(drops)
    shared = frozenset(shared_directories)
    entries: dict[str, Entry] = {}
    newest = 0
    command = ["dpkg-deb", "--fsys-tarfile", str(archive)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as unpacker:
        with tarfile.open(fileobj=unpacker.stdout, mode="r|") as members:
            for member in members:
                newest = max(newest, int(member.mtime))
                entry = _place(members, member, destination, drops, shared)
                if entry:
                    entries[entry.path] = entry
    if unpacker.returncode != 0:
        raise WorkbenchError(f"cannot unpack {archive.name}")
    _add_parents(entries, destination, shared, newest)
    return _without_empty_leftovers(entries, destination, drops), newest


def _place(members, member, destination, drops, shared) -> Entry | None:
    original = posixpath.normpath("/" + member.name)
    path = licence_path(original) if member.isfile() else None
    directives = ("%license",) if path else ()
    path = path or merge_usr(original)
    if path in shared or (not directives and is_dropped(path, drops)):
        return None
    target = destination / path[1:]
    mode = stat.S_IMODE(member.mode)
    facts = {"user": member.uname or "root", "group": member.gname or "root"}
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return Entry(path, "directory", mode, **facts)
    target.parent.mkdir(parents=True, exist_ok=True)
    if member.issym():
        target.symlink_to(merged_target(original, member.linkname))
        os.utime(target, (member.mtime, member.mtime), follow_symlinks=False)
        return Entry(path, "link", 0o777, **facts)
    if member.islnk():
        other = merge_usr(posixpath.normpath("/" + member.linkname))
        os.link(destination / other[1:], target)
    elif member.isreg():
        with target.open("wb") as output:
            source = members.extractfile(member)
            while chunk := source.read(1 << 20):
                output.write(chunk)
        target.chmod(0o755 if mode & 0o111 else 0o644)
        os.utime(target, (member.mtime, member.mtime))
    else:
        raise WorkbenchError(f"{path} is neither a file, a directory nor a link")
    return Entry(path, "file", mode, directives=directives, **facts)


def _add_parents(entries, destination, shared, newest) -> None:
    """Owns directories that renaming created, such as those of licences."""
    for path in list(entries):
        parent = posixpath.dirname(path)
        while parent != "/" and parent not in shared and parent not in entries:
            entries[parent] = Entry(parent, "directory", 0o755)
            os.utime(destination / parent[1:], (newest, newest))
            parent = posixpath.dirname(parent)


def _without_empty_leftovers(entries, destination, drops) -> list[Entry]:
    """Forgets directories that only held what was dropped, keeping those that arrived empty."""
    parents_of_drops = {posixpath.dirname(pattern.rstrip("*/")) for pattern in drops}
    for path in sorted(entries, reverse=True):
        directory = destination / path[1:]
        if (entries[path].kind == "directory" and path in parents_of_drops
                and not any(directory.iterdir())):
            directory.rmdir()
            del entries[path]
    return [entries[path] for path in sorted(entries)]


def with_directives(entries: list[Entry], directives: dict[str, list[str]],
                    attributes: dict[str, dict[str, str]]) -> list[Entry]:
    """The entries with extra RPM directives and owners, modes and capabilities for some paths."""
    unknown = set(attributes) - {entry.path for entry in entries}
    if unknown:
        raise WorkbenchError(f"no such path in the package: {', '.join(sorted(unknown))}")
    result = []
    for entry in entries:
        extra = tuple(directives.get(entry.path, ())) if entry.kind != "directory" else ()
        facts = attributes.get(entry.path, {})
        if "capabilities" in facts:
            extra += (f"%caps({facts['capabilities']})",)
        result.append(replace(
            entry, directives=entry.directives + extra, user=facts.get("user", entry.user),
            group=facts.get("group", entry.group), mode=int(facts.get("mode", f"{entry.mode:o}"), 8)))
    return result


def file_list(entries: Iterable[Entry]) -> str:
    """The text of an RPM file list (`%files -f`)."""
    lines = ["%defattr(-, root, root, 0755)"]
    for entry in entries:
        words = [*entry.directives]
        if entry.kind == "directory":
            words.append("%dir")
        mode = "-" if entry.kind == "link" else f"{entry.mode:04o}"
        words.append(f"%attr({mode}, {entry.user}, {entry.group})")
        words.append(f'"{escaped(entry.path)}"')
        lines.append(" ".join(words))
    return "\n".join(lines) + "\n"


def escaped(path: str) -> str:
    """A path in which neither rpm's globbing nor its macros find anything to do.

    rpm takes a path that is no pattern literally, backslashes included.
    """
    is_pattern = re.search(r"[*?]|\[.*\]|\{.*\}", path)
    text = re.sub(r"([\\*?\[\]{}])", r"\\\1", path) if is_pattern else path
    return text.replace("%", "%%")
