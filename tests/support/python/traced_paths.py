# SPDX-License-Identifier: MIT
"""What strace of a whole build says about paths of the host: which of them a process opened or changed while it was outside of an image's root."""

import dataclasses
import re
from pathlib import Path

# Everything that takes a name, and what tells processes inside of a root from those outside.
CALLS = "%file,clone,clone3,fork,vfork,pivot_root"
_CHANGING = {"mkdir", "mkdirat", "mknod", "mknodat", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat",
             "rmdir", "truncate", "creat", "chmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchownat", "utime", "utimes", "utimensat", "futimesat",
             "setxattr", "lsetxattr", "removexattr", "lremovexattr", "mount", "umount2"}
_CALL = re.compile(r"^(\w+)\((.*)\) += (-?\d+|0x\w+)(.*)$")
_OPENED = re.compile(r"^<(.*?)(?:<(?:char|block) [^>]*>)?(?:\(deleted\))?>")
_NAME = re.compile(r'(?:(?:AT_FDCWD|\d+)<([^<>]*?)(?:<[^>]*>)?(?:\(deleted\))?>, )?"((?:[^"\\]|\\.)*)"')


@dataclasses.dataclass(frozen=True)
class Use:
    path: str
    changes: bool
    line: str


def in_order(numbers):
    """Numbers of processes that were started in a short time, which begin anew behind the largest, as they were given."""
    most = int(Path("/proc/sys/kernel/pid_max").read_text())
    has_begun_anew = max(numbers) - min(numbers) > most // 2
    return sorted(numbers, key=lambda number: number + (most if has_begun_anew and number < most // 2 else 0))


def uses_of_host(traces):
    """The successful uses of paths; `traces` has the lines of each process by its number, the program's own first."""
    outside = {}
    own = next(iter(traces))
    for number, lines in traces.items():
        # A process of a namespace is known to its parent by another number; who enters a root begins outside.
        enters = any(line.startswith("pivot_root(") and line.rstrip().endswith("= 0") for line in lines)
        is_outside = outside.get(number, enters or number == own)
        for line in lines:
            match = _CALL.match(line)
            if not match or match.group(3).startswith("-"):
                continue
            call, arguments, result, rest = match.groups()
            if call in ("clone", "clone3", "fork", "vfork"):
                outside.setdefault(int(result), is_outside)
            elif call == "pivot_root":
                is_outside = False
            elif not is_outside:
                continue
            elif call in ("open", "openat", "openat2"):
                opened = _OPENED.match(rest)
                changes = re.search(r"\bO_(?:WRONLY|RDWR|CREAT|TRUNC)\b", arguments) is not None
                yield Use(opened.group(1) if opened else arguments, changes, line)
            elif call == "execve":
                yield Use(_NAME.match(arguments).group(2), False, line)
            elif call in _CHANGING and not (call == "mount" and arguments.startswith('NULL, "/"')):
                names = _NAME.findall(arguments)
                # What a link says is text.
                for base, name in names[-1:] if call.startswith("symlink") else names:
                    yield Use(name if name.startswith("/") else f"{base or '?'}/{name}", True, line)
