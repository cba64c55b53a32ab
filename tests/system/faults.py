#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds of a tiny distribution under faults of the world. Usage: faults.py [KILLS [FAILURES [SIZES [NETWORK [LIMITS [CACHE]]]]]]

KILLS children of builds are killed at random instants, each kind of child in turn; FAILURES system calls of the front process fail;
builds run on SIZES small disks, behind NETWORK faults of a server, and, unless LIMITS is 0, under limits and in control groups with too
little memory, and CACHE builds are killed while they write what they leave for later ones, each followed by one that may use that. A fault is held when the exit code is one of the program's own, what is published has the bytes of an undisturbed build,
a failure says why, no process stays, and nothing but logs is left in the output directory; what a host refuses to remove, the next
build may remove. A fault of the network that passes must be overcome. The last lines of each part are the figures of
docs/reliability.md."""

import collections
import concurrent.futures
import contextlib
import copy
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import adopt_orphans, living_descendants  # noqa: E402
from disturbed_builds import DisturbedBuilds, descendants_of, is_running, name_of, report, start_of  # noqa: E402
from faulty_server import FAULTS, FaultyServer  # noqa: E402
from imagewright_testing import PROGRAM, environment  # noqa: E402

# More options of the builds: "--rung machine --machine-kernel FILE", for one.
OPTIONS = os.environ.get("IMAGEWRIGHT_FAULTS_OPTIONS", "").split()
SEED = int(os.environ.get("IMAGEWRIGHT_SEED", "20240611"))
CALLS = ["openat", "openat2", "read", "write", "pread64", "pwrite64", "mmap", "rename", "fsync", "renameat2", "ftruncate", "socketpair", "poll",
         "newfstatat", "fstat", "lseek", "getdents64", "mkdir", "mkdirat", "unlink", "unlinkat", "fcntl", "recvfrom", "sendto", "pipe2",
         "clone", "clone3", "wait4", "waitid", "pidfd_open", "copy_file_range", "fallocate", "flock", "fchmod", "utimensat", "readlink"]
ERRORS = ["EIO", "ENOMEM", "ENOSPC", "EMFILE", "EPERM"]
MIB = 1 << 20
# What the servers of the network faults misbehave about.
TARGETS = ["repomd.xml", "primary.xml", "tiny-kernel"]
PARALLEL_SERVERS = 8


class Kills:
    def __init__(self, builds, source):
        self.builds, self.source = builds, source
        self.output = builds.directory / "out"
        self.kinds = set()
        self.tried, self.held = collections.Counter(), collections.Counter()

    def learn_kinds(self):
        """The names of the processes below an undisturbed build."""
        for _ in range(5):
            self.builds.build(self.output, disturb=self.watch)
        return sorted(self.kinds)

    def watch(self, front):
        while is_running(front):
            self.kinds |= {name for name in map(name_of, descendants_of(front)) if name}

    def kill(self, wanted):
        """Gives what disturbs a build: the next process of the name that is seen after a random instant is killed."""
        # Half of them from the beginning on: what runs for an instant is rarely seen otherwise.
        instant = time.monotonic() + self.source.choice([0, 1]) * self.source.random() * self.builds.duration
        # Also in the midst of its life.
        pause = self.source.choice([0, 0.001, 0.005, 0.02])

        def disturb(front):
            self.killed = False
            time.sleep(max(0.0, instant - time.monotonic()))
            while is_running(front):
                below = [(pid, start_of(pid)) for pid in descendants_of(front)]
                chosen = [(pid, began) for pid, began in below if began and name_of(pid) == wanted]
                if not chosen:
                    continue
                pid, began = self.source.choice(chosen)
                time.sleep(pause)
                if start_of(pid) != began or pid not in descendants_of(front):
                    continue
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue  # It ended at this very moment.
                self.killed = True
                return
        return disturb

    def run(self, count):
        kinds = self.learn_kinds()
        number = 0
        while sum(self.tried.values()) < count and number < 20 * count:
            wanted = kinds[number % len(kinds)]
            number += 1
            code, said = self.builds.build(self.output, disturb=self.kill(wanted))
            if not self.killed:
                continue  # The build was over before there was one.
            complaint = self.builds.complaint(self.output, code, said) or "; ".join(living_descendants())
            self.tried[wanted] += 1
            self.held[wanted] += not complaint
            yield f"kill of {wanted}", complaint

    def table(self):
        for kind, tried in sorted(self.tried.items()):
            print(f"  killed {kind}: {tried} tried, {self.held[kind]} held", flush=True)


class CacheKills:
    """Builds that are killed with everything below them while they write stages into the cache; the next build takes what it finds there."""

    def __init__(self, builds, source):
        self.builds, self.source = builds, source
        self.output, self.stages = builds.directory / "out", builds.cache / "stages"
        self.places = collections.Counter()

    def written(self):
        found = []
        for directory, _, names in os.walk(self.stages):
            found += [os.path.join(directory, name) for name in names]
        return found

    def kill(self, wanted):
        """When so many files are there, finished or not; also in the midst of the next one."""
        pause = self.source.choice([0, 0, 0.0002, 0.001, 0.005])

        def disturb(front):
            self.killed = False
            while is_running(front):
                if len(self.written()) < wanted:
                    continue
                time.sleep(pause)
                below = descendants_of(front)
                os.kill(front, signal.SIGKILL)  # It is waited for later: the number is still its own.
                self.killed = True
                for pid in below:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                return
        return disturb

    def forget(self, whole):
        """All of it, or a few files: then what is whole stays and the rest is written anew."""
        if self.source.random() < 0.5:
            shutil.rmtree(self.stages, ignore_errors=True)
            return
        for path in self.source.sample(whole, len(whole) // 2):
            Path(path).unlink(missing_ok=True)
        shutil.rmtree(self.stages / "entries", ignore_errors=True)

    def next_build(self):
        code, said = self.builds.build(self.output, stages="")
        complaint = self.builds.complaint(self.output, code, said) or "; ".join(living_descendants())
        if not complaint and code != 0:
            complaint = f"the next build ended with {code}: {said}"
        if not complaint and "stage-damaged" in said:
            complaint = f"what a killed build left has its name and is not whole: {said}"
        left = [name for name in os.listdir(self.stages) if name.startswith(".")]
        return complaint or (f"the next build leaves {left}" if left else "")

    def run(self, count):
        shutil.rmtree(self.stages, ignore_errors=True)
        assert not self.next_build()
        whole = self.written()
        tried = 0
        for _ in range(20 * count):
            if tried == count:
                break
            self.forget(whole)
            present = len(self.written())
            wanted = self.source.randint(present + 1, len(whole))
            self.builds.build(self.output, disturb=self.kill(wanted), stages="")
            if not self.killed:
                continue  # It was over before.
            tried += 1
            there = {Path(path).relative_to(self.stages).parts[0] for path in self.written()}
            self.places["nothing but unfinished files" if there <= {name for name in there if name.startswith(".")} else
                        "content without its entry" if "entries" not in there else "an entry"] += 1
            yield f"kill at file {wanted} of {len(whole)}", self.next_build()

    def table(self):
        for place, tried in sorted(self.places.items()):
            print(f"  what the killed build left: {place}: {tried}", flush=True)


def calls_before_the_program(call):
    """How often the C library's loader makes a call, which has ways of its own to end."""
    with tempfile.NamedTemporaryFile("r") as trace:
        subprocess.run(["strace", "-qq", "-o", trace.name, "-e", f"trace={call}", str(PROGRAM), "--version"], check=True,
                       env=environment(), stdout=subprocess.DEVNULL)
        return len(trace.read().splitlines())


def failing_calls(builds, source, count):
    output = builds.directory / "out"
    # How often each is made tells where one can fail.
    made = {}
    for call in CALLS:
        with tempfile.NamedTemporaryFile("r") as trace:
            builds.build(output, before=["strace", "-qq", "-o", trace.name, "-e", f"trace={call}"])
            first, last = calls_before_the_program(call) + 1, len(trace.read().splitlines())
        if last >= first:
            made[call] = (first, last)
    for number in range(count):
        call = sorted(made)[number % len(made)]
        first, last = made[call]
        when = source.randint(first, last)
        # Once, or from then on.
        error, until = source.choice(ERRORS), source.choice(["", "", "", "+"])
        inject = f"inject={call}:error={error}:when={when}{until}"
        code, said = builds.build(output, before=["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", inject])
        can_speak = not (call == "write" and until)
        complaint = builds.complaint(output, code, said, next_build_clears=True, can_speak=can_speak)
        yield inject, complaint or "; ".join(living_descendants())


def small_disks(builds, count):
    """Output, and each second time the cache too, on a filesystem of a size from far too small to enough."""
    smallest, largest = 64 << 10, 160 << 20
    disk = builds.directory / "disk"
    for number in range(count):
        size = round(smallest * (largest / smallest) ** (number / max(count - 1, 1)))
        disk.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], check=True)
        try:
            cache = disk / "cache" if number % 2 else None
            code, said = builds.build(disk / "out", cache=cache)
            complaint = builds.complaint(disk / "out", code, said)
            if code != 0 and not any(words in said for words in ("disk-full", "No space left", "disk is full", "make room")):
                complaint = complaint or f"does not speak of the disk: {said}"
        finally:
            subprocess.run(["umount", "-l", disk], check=True)
        yield f"a disk of {size} bytes", complaint


def network_fault(builds, fault, target, times):
    with tempfile.TemporaryDirectory(prefix="imagewright-faults-network-") as place:
        with FaultyServer(builds.directory / "repository", fault, target, times) as server:
            own = copy.copy(builds)
            own.config = Path(place) / "node.yaml"
            release = (builds.directory / "releases/tiny.yaml").read_text()
            (Path(place) / "tiny.yaml").write_text(release.replace(f"path: {builds.directory}/repository", f"baseUrl: '{server.url}'"))
            own.config.write_text(builds.config.read_text().replace(f"{builds.directory}/releases/tiny.yaml", f"{place}/tiny.yaml"))
            code, said = own.build(Path(place) / "out", cache=Path(place) / "cache", patience=600)
            # The manifest tells the server's address.
            complaint = own.complaint(Path(place) / "out", code, said, varying=(".manifest.json",))
            if not complaint and times == 1 and code != 0 and fault not in LASTING:
                complaint = f"a fault that passes is not overcome: {said}"
            if not complaint and server.left == times:
                complaint = "nobody asked for what is at fault: the fault was not tried"
            return f"{fault} for {target}, {'once' if times == 1 else 'always'}", complaint


# Answers that a second question does not make better: what is not there, and what is not ours.
LASTING = {"status_404"}


def network_faults(builds, source, count):
    cases = [(fault, target, times) for fault in FAULTS for target in TARGETS for times in (1, 1 << 30)]
    source.shuffle(cases)
    cases.sort(key=lambda case: not case[0].startswith("silent"))  # the slowest first
    chosen = cases[:6] + source.sample(cases[6:], max(0, count - 6)) if count < len(cases) else cases
    with concurrent.futures.ThreadPoolExecutor(PARALLEL_SERVERS) as pool:
        yield from pool.map(lambda case: network_fault(builds, *case), chosen[:count])


def limited(which, value):
    return lambda: resource.setrlimit(which, (value, value))


def closed(*streams):
    return lambda: [os.close(stream) for stream in streams]


def limits(builds):
    output = builds.directory / "out"
    cases = [(f"files of at most {size} KiB", {"preexec_fn": limited(resource.RLIMIT_FSIZE, size << 10)}) for size in (1, 64, 4096, 65536)]
    cases += [(f"{count} descriptors", {"preexec_fn": limited(resource.RLIMIT_NOFILE, count)}) for count in (4, 8, 12, 16, 24, 32, 64)]
    cases += [(f"{size} MiB of addresses", {"preexec_fn": limited(resource.RLIMIT_AS, size * MIB)}) for size in (96, 128, 192, 256, 512)]
    cases += [(f"{size} KiB of stack", {"preexec_fn": limited(resource.RLIMIT_STACK, size << 10)}) for size in (256, 1024)]
    cases += [("no standard error", {"preexec_fn": closed(2)}), ("no standard streams", {"preexec_fn": closed(0, 1, 2)})]
    for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGHUP, signal.SIGTERM, signal.SIGXFSZ):
        cases.append((f"{number.name} ignored", {"preexec_fn": lambda number=number: signal.signal(number, signal.SIG_IGN)}))
    cases += [("no PATH", {"env": environment(PATH=None)}), ("an empty PATH", {"env": environment(PATH="")}), ("no environment", {"env": {}})]
    for name, options in cases:
        code, said = builds.build(output, **options)
        # Whoever closes the standard error hears nothing.
        said = said or ("closed" if "standard" in name else "")
        yield name, builds.complaint(output, code, said) or "; ".join(living_descendants())


def memory_groups(builds):
    """Too little memory at each stage; the first that is enough ends it."""
    output = builds.directory / "out"
    top = Path("/sys/fs/cgroup/memory")
    is_first = top.exists()
    group = (top if is_first else Path("/sys/fs/cgroup")) / f"imagewright-faults-{os.getpid()}"
    limit_file = "memory.limit_in_bytes" if is_first else "memory.max"
    try:
        group.mkdir()
        (group / limit_file).write_text(str(MIB))
    except OSError as error:
        if group.exists():
            group.rmdir()
        print(f"memory of control groups: not tried, {error}", flush=True)
        return
    try:
        for size in [2, 3, 4, 6, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48, 64, 96, 128]:
            (group / limit_file).write_text(str(size * MIB))
            join = f"echo $$ >{group}/cgroup.procs && exec \"$@\""
            code, said = builds.build(output, before=["sh", "-c", join, "sh"])
            complaint = builds.complaint(output, code, said) or "; ".join(living_descendants())
            # The kernel chooses whom it ends: of the front process nobody is left to speak.
            if code == -signal.SIGKILL:
                complaint = ""
            elif code not in (0, "hangs") and "memory" not in said:
                complaint = complaint or f"does not speak of memory: {said}"
            yield f"{size} MiB of memory", complaint
    finally:
        group.rmdir()


def main():
    counts = [int(word) for word in sys.argv[1:]] + [1000, 500, 20, 40, 1, 200][len(sys.argv) - 1:]
    if os.geteuid() == 0 and "IMAGEWRIGHT_FAULTS_INSIDE" not in os.environ:
        # Small disks are mounted where nobody else sees them.
        os.environ["IMAGEWRIGHT_FAULTS_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])
    adopt_orphans()
    directory = Path(tempfile.mkdtemp(prefix="imagewright-faults-"))
    try:
        builds = DisturbedBuilds(directory, *OPTIONS)
        source = random.Random(SEED)
        print(f"a build takes {builds.duration:.1f} s; seed {SEED}", flush=True)
        held = list(run_parts(builds, source, *counts))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return 0 if all(held) else 1


def run_parts(builds, source, kills, failures, sizes, network, limit_rounds, cache_kills):
    if kills:
        killing = Kills(builds, source)
        yield report("killed children", killing.run(kills))
        killing.table()
    if failures:
        yield report("failing system calls", failing_calls(builds, source, failures))
    if os.geteuid() != 0:
        print("small disks and memory of control groups: not tried, only root can make them", flush=True)
    elif sizes:
        yield report("small disks", small_disks(builds, sizes))
    if limit_rounds:
        if os.geteuid() == 0:
            yield report("memory of control groups", memory_groups(builds))
        yield report("limits and odd processes", limits(builds))
    if network:
        yield report("faults of the network", network_faults(builds, source, network))
    if cache_kills:
        killing = CacheKills(builds, source)
        yield report("kills while the cache is written", killing.run(cache_kills))
        killing.table()


if __name__ == "__main__":
    sys.exit(main())
