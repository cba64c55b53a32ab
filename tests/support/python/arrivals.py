# SPDX-License-Identifier: MIT
"""Keys of a config that are seen to arrive in an image: there with the key, not there without it, by the eyes of other tools."""

import dataclasses
import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Callable

import yaml

from imagewright_testing import TOP, environment

PAGE = TOP / "docs/customize-keys.md"


def honoured_keys():
    """The keys of the page that a test of the program holds against the program's own table."""
    honoured = PAGE.read_text().split("\n## Honoured\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\* `([^`]+)`$", honoured, re.MULTILINE))


def keys_in(value, honoured, prefix=""):
    """The honoured keys that a config says; what is below one of them is its value."""
    if isinstance(value, list):
        return set().union(*(keys_in(each, honoured, prefix) for each in value))
    if not isinstance(value, dict):
        return set()
    found = set()
    for name, below in value.items():
        key = f"{prefix}.{name}" if prefix else name
        found |= {key} if key in honoured else keys_in(below, honoured, key)
    return found


def without(value, key):
    """The config without a key, wherever it stands in lists."""
    name, _, rest = key.partition(".")
    if isinstance(value, list):
        return [without(each, key) for each in value]
    if not isinstance(value, dict):
        return value
    return {each: without(below, rest) if each == name and rest else below for each, below in value.items() if rest or each != name}


class Made:
    """An image, and what was written beside it and said."""

    def __init__(self, image, directory, said="", base=None):
        self.image, self.directory, self.said, self.base = image, Path(directory), said, base
        self._parts = None

    def run(self, *command):
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, errors="replace", env=environment()).stdout

    def partitions(self):
        table = json.loads(self.run("sfdisk", "--json", self.image))["partitiontable"]["partitions"]
        return {each.get("name", ""): each for each in table}

    def part(self, label):
        """A copy of a partition, by label."""
        if self._parts is None:
            self._parts = Path(tempfile.mkdtemp(dir=self.directory.parent))
        copy = self._parts / label
        if not copy.exists():
            partition = self.partitions()[label]
            with self.image.open("rb") as image:
                image.seek(partition["start"] * 512)
                copy.write_bytes(image.read(partition["size"] * 512))
        return copy

    def cat(self, path, label="root"):
        return self.run("debugfs", "-R", f"cat {path}", self.part(label))

    def stat(self, path, label="root"):
        """{"Type": "regular", "Mode": "0644", "User": "0", …, "link": "…"}; empty when nothing is there."""
        text = self.run("debugfs", "-R", f"stat {path}", self.part(label))
        found = dict(re.findall(r"\b(Type|Mode|User|Group): +(\w+)", text))
        link = re.search(r'Fast link dest: "(.*)"', text)
        return found | ({"link": link.group(1)} if link else {})

    def names(self, path, label="root"):
        return {line.split("/")[5] for line in self.run("debugfs", "-R", f"ls -p {path}", self.part(label)).splitlines() if line.count("/") > 5} - {".", ".."}

    def row(self, table, name):
        """Of passwd, shadow or group: the fields behind the name."""
        rows = [line.split(":") for line in self.cat(f"/etc/{table}").splitlines()]
        return next((row[1:] for row in rows if row[0] == name), [])

    def arguments(self):
        """Of the kernel, from the menu of GRUB."""
        return re.search(r"^\s*linux \S+ (.*)$", self.cat("/boot/grub/grub.cfg"), re.MULTILINE).group(1).split()

    def said_by_loader(self):
        """All that the entries of systemd-boot say."""
        names = self.run("mdir", "-b", "-i", self.part("esp"), "::/loader/entries").split()
        return "".join(self.run("mtype", "-i", self.part("esp"), name) for name in names)

    def on_esp(self, path):
        return self.run("mtype", "-i", self.part("esp"), f"::{path}")

    def packages(self):
        """By rpm, from the database that is in the image."""
        place = Path(tempfile.mkdtemp(dir=self.directory.parent))
        self.run("debugfs", "-R", f"rdump /var/lib/rpm {place}", self.part("root"))
        return set(self.run("rpm", "--dbpath", place / "rpm", "-qa", "--queryformat", "%{NAME}-%{VERSION}\n").split())

    def beside(self, pattern):
        """The content of a file beside the image."""
        return next(iter(sorted(self.directory.glob(pattern)))).read_bytes()

    def checks(self):
        return json.loads(self.beside("*.manifest.json"))["checks"]


@dataclasses.dataclass
class Seen:
    """With the key, `look` gives what is expected; without it (in the base, or with the rest of the config) it does not."""
    key: str
    look: Callable[[Made], Any]
    expected: Any
    against: str = "base"


@dataclasses.dataclass
class Refused:
    """With the key, the config is refused with this code; without it, it is not."""
    key: str
    code: str


@dataclasses.dataclass
class Trial:
    """One run of `customize` for the keys that do not hide each other."""
    name: str
    config: str
    cases: list
    files: dict = dataclasses.field(default_factory=dict)
    options: tuple = ()
    base: str = ""  # of another kind
    image: str = "*.raw"
    named: bool = True  # by --image, not by the config
    output: bool = False  # the config says where the image goes
    fails: bool = False  # what is looked at is what was said
