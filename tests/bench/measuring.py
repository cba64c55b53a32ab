# SPDX-License-Identifier: MIT
"""What the benchmarks have in common: commands that are measured, pairs of one round, rows of a table."""

import os
import re
import resource
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("IMAGEWRIGHT", TOP / "build/release/src/cli/imagewright"))
WORKBENCH = (TOP / "build/workbench/x86_64").resolve()
REPETITIONS = int(os.environ.get("REPETITIONS", "3"))


def words_of(command):
    return [str(word) for word in command]


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Cost:
    """Wall time and the processors' time, with that of all programs that were started."""

    def __init__(self, wall, processor, said=""):
        self.wall, self.processor, self.said = wall, processor, said

    def __add__(self, other):
        return Cost(self.wall + other.wall, self.processor + other.processor)

    def __sub__(self, other):
        return Cost(self.wall - other.wall, self.processor - other.processor)


def timed(command, expect=0, **options):
    before, start = processor_seconds(), time.monotonic()
    result = subprocess.run(words_of(command), stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)
    cost = Cost(time.monotonic() - start, processor_seconds() - before)
    if result.returncode != expect:
        sys.exit(f"{' '.join(words_of(command))} ended with {result.returncode}\n{result.stdout[-1000:]}\n{result.stderr[-3000:]}")
    cost.said = result.stderr
    return cost


def rounds(repetitions=REPETITIONS, **measures):
    """Each of the measures once in every round, so that a busy machine is busy for all. Name → costs by round."""
    costs = {name: [] for name in measures}
    for _ in range(repetitions):
        for name, measure in measures.items():
            costs[name].append(measure())
    return costs


class Row:
    """A line of the table: medians of all rounds, and of the ratio of each round to another measure in it."""

    def __init__(self, title, costs, to=None, aim="", note=""):
        self.title, self.aim = title, aim
        self.wall = statistics.median(cost.wall for cost in costs)
        self.processor = statistics.median(cost.processor for cost in costs)
        self.ratio = statistics.median(cost.wall / other.wall for cost, other in zip(costs, to)) if to else None
        self.processor_ratio = statistics.median(cost.processor / max(other.processor, 0.001) for cost, other in zip(costs, to)) if to else None
        self.note = note

    def line(self):
        ratio = f"{self.ratio:.2f} ({self.processor_ratio:.2f})" if self.ratio is not None else ""
        return f"| {self.title} | {self.wall:.2f} s | {self.processor:.2f} s | {ratio} | {self.aim} |"


class Figure:
    """A line of the table that is one number."""

    def __init__(self, title, text, aim=""):
        self.title, self.text, self.aim = title, text, aim

    def line(self):
        return f"| {self.title} | {self.text} | | | {self.aim} |"


HEAD = "| what | wall | processors | ratio (of processors) | aim |\n|---|---|---|---|---|"


def children_of():
    """Process → its children, as the kernel has them now."""
    children = {}
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            fields = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(entry.name))
    return children


def proportional_set_size(process):
    """Bytes; memory that processes share counts once over all of them."""
    try:
        match = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{process}/smaps_rollup").read_text(), re.M)
    except OSError:
        return 0
    return int(match[1]) * 1024 if match else 0


def most_memory(command, **options):
    """MiB that the command and all that it starts have at once, looked at twenty times a second."""
    process = subprocess.Popen(words_of(command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    most = 0
    done = threading.Event()

    def watch():
        nonlocal most
        while not done.wait(0.05):
            children, waiting, total = children_of(), [process.pid], 0
            while waiting:
                each = waiting.pop()
                total += proportional_set_size(each)
                waiting += children.get(each, [])
            most = max(most, total)

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = process.wait()
    done.set()
    watcher.join()
    if status != 0:
        sys.exit(f"{' '.join(words_of(command))} ended with {status}")
    return most / 2**20
