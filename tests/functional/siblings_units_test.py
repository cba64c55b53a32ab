# SPDX-License-Identifier: MIT
"""Units of an image are linked as systemctl links them, which is asked; wishes that cannot be met or contradict each other are told."""

import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import WORKBENCH, environment, require_program, require_workbench  # noqa: E402
from sibling_images import SiblingTestCase, make_repository, package  # noqa: E402

UNITS = {
    "plain@.service": "WantedBy=multi-user.target", "usual@.service": "WantedBy=getty.target\nDefaultInstance=tty1", "slot@.service": "WantedBy=place@.target",
    "alias@.service": "WantedBy=multi-user.target\nAlias=other@.service", "pair@.service": "WantedBy=multi-user.target\nAlso=pair@%i.socket",
    "pair@.socket": "WantedBy=sockets.target", "device@.service": "RequiredBy=dev-%i.device\nUpheldBy=multi-user.target",
    "upheld.service": "UpheldBy=graphical.target", "required.service": "RequiredBy=multi-user.target boot.target",
    "named.service": "WantedBy=multi-user.target\nAlias=second.service", "folder.service": "Alias=multi-user.target.wants/folder.service",
    "folder@.service": "Alias=multi-user.target.wants/folder@%i.service", "wifi@.service": "Alias=multi-user.target.wants/wifi@wlan0.service",
    "requires.service": "Alias=boot.target.requires/requires.service", "up.service": "Alias=../up.service", "type.service": "Alias=type.socket",
    "suffix.service": "Alias=suffix-alias", "quoted.service": "WantedBy=\"multi-user.target\"", "gone.service": "Also=missing.service\nWantedBy=a.target",
    "both.service": "WantedBy=multi-user.target\nAlso=both.socket", "both.socket": "WantedBy=sockets.target",
    "timer.timer": "WantedBy=timers.target", "static.service": None, "a\\x2db.service": "WantedBy=multi-user.target\nAlias=%p-x.service",
}
# What is enabled; systemctl makes the same links, or complains as well.
ENABLED = (["plain@a", "plain@b.service"], ["plain@"], ["usual@"], ["usual@tty9"], ["slot@"], ["slot@x"], ["alias@x"], ["pair@x"], ["device@sda"], ["device@"], ["upheld"],
           ["required"], ["named"], ["folder"], ["folder@a"], ["wifi@wlan0.service"], ["wifi@wlan1"], ["requires"], ["up"], ["type"], ["suffix"], ["quoted"], ["gone"],
           ["timer.timer"], ["a\\x2db"], ["linked"], ["plain@a-b"], ["upheld", "required", "named", "usual@tty1"])


def unit_text(install):
    return "[Service]\nExecStart=/bin/true\n" + (f"[Install]\n{install}\n" if install else "")


def files_of_units():
    here = "cd //usr/lib/systemd/system"
    lines = ["mkdir -p //usr/lib/systemd/system", here]
    for name, install in UNITS.items():
        text = unit_text(install).replace("%", "%%")
        lines += [f"cat > '{name}' <<'END'\n{text}END"]
    return "\n".join([*lines, "ln -s named.service linked.service", "mkdir getty.target.wants", "ln -s ../static.service getty.target.wants/static.service"])


class Units(SiblingTestCase):
    PACKAGES = (package("units", install=files_of_units(), files="/usr/lib/systemd/system"),)

    def services(self, text):
        return f"os:\n  packages: {{install: [units]}}\n  services: {text}\n"

    def enabled(self, units):
        return self.build(self.services("{enable: ['" + "', '".join(units) + "']}"))

    def their_links(self, units):
        """The links that systemctl makes in a root with these units, or None where it complains."""
        root = self.scratch()
        directory = root / "usr/lib/systemd/system"
        directory.mkdir(parents=True)
        for name, install in UNITS.items():
            (directory / name).write_text(unit_text(install))
        (directory / "linked.service").symlink_to("named.service")
        # As in a distribution with one /usr.
        (root / "lib").symlink_to("usr/lib")
        result = subprocess.run(["systemctl", "--quiet", f"--root={root}", "enable", *units], capture_output=True, text=True, env=environment())
        if result.returncode != 0:
            return None
        configuration = root / "etc/systemd/system"
        return {str(path.relative_to(configuration)): self.in_usr(path.readlink()) for path in configuration.rglob("*") if path.is_symlink()}

    def in_usr(self, target):
        return "/usr" + str(target) if str(target).startswith("/lib/") else str(target)

    def our_links(self, built):
        prefix = "/etc/systemd/system/"
        links = {path.removeprefix(prefix): entry.linkname for path, entry in built.archive().items() if path.startswith(prefix) and entry.issym()}
        # Since systemd 254.
        return {path: target for path, target in links.items() if self.knows_upholds() or ".upholds/" not in path}

    def knows_upholds(self):
        return int(self.run_tool("systemctl", "--version").stdout.split()[1]) >= 254

    def test_links_are_those_of_systemctl(self):
        require_program("systemctl")
        for units, built in self.in_parallel(self.enabled, ENABLED):
            with self.subTest(units=units):
                theirs = self.their_links(units)
                self.assertEqual(self.our_links(built) if built.code == 0 else None, theirs, built.said)
                if theirs is None:
                    self.assertIn("[finalize.unit-not-linkable]", built.said)

    def test_contradictions_are_told(self):
        rows = (("{enable: ['plain@a'], mask: ['plain@']}", "policy.unit-conflict"), ("{enable: ['plain@a'], mask: ['plain@a.service']}", "unit"),
                ("{enable: ['plain@a'], disable: ['plain@']}", "policy.unit-conflict"), ("{enable: ['usual@'], mask: ['usual@tty1']}", "finalize.unit-conflict"),
                ("{enable: [linked], mask: [named]}", "finalize.unit-conflict"), ("{enable: [named], disable: [linked]}", "finalize.unit-conflict"))
        for (text, code), built in self.in_parallel(lambda row: self.build(self.services(row[0])), rows):
            with self.subTest(text=text):
                self.assertEqual(built.code, 2, built.said)
                self.assertIn(code, built.said)

    def test_what_is_enabled_by_name_stays_when_another_unit_takes_it_along(self):
        built = self.build(self.services("{enable: [both.socket], disable: [both]}"))
        self.assertEqual(list(self.our_links(built)), ["sockets.target.wants/both.socket"], built.said)
        built = self.build(self.services("{enable: [both], disable: [both.socket]}"))
        self.assertEqual(list(self.our_links(built)), ["multi-user.target.wants/both.service"], built.said)
        built = self.build(self.services("{disable: [both, both.socket]}"))
        self.assertEqual((built.code, list(self.our_links(built))), (0, []), built.said)

    def test_a_unit_that_a_package_starts_is_told_when_it_is_disabled(self):
        built = self.build(self.services("{disable: [static, both]}"))
        self.assertEqual(built.code, 0, built.said)
        self.assertEqual(built.said.count("[finalize.unit-still-started]"), 1, built.said)
        self.assertIn('"getty.target"', built.said)
        self.assertNotIn("finalize.unit-still-started", self.build(self.services("{mask: [static]}")).said)

    def test_wishes_that_do_nothing_or_cannot_be_met_are_told(self):
        rows = (("{enable: [static]}", 0, "finalize.unit-not-enableable"), ("{enable: [statik]}", 1, "did you mean \"static.service\""),
                ("{disable: [missing]}", 1, "finalize.unknown-unit"), ("{enable: [second]}", 1, "finalize.unknown-unit"), ("{enable: ['plain@a b']}", 2, "config.bad-value"),
                ("{enable: ['plain@a/b']}", 2, "config.bad-value"), ("{mask: ['']}", 2, "config."))
        for (text, code, word), built in self.in_parallel(lambda row: self.build(self.services(row[0])), rows):
            with self.subTest(text=text):
                self.assertEqual(built.code, code, built.said)
                self.assertIn(word, built.said)


def units_of_the_workbench(target):
    """Unit files of every package of it, unpacked below the target."""
    for package_file in sorted((WORKBENCH / "x86_64").rglob("*.rpm")):
        names = subprocess.run(["rpm", "-qp", "--nosignature", "--qf", "[%{FILENAMES}\\n]", package_file], capture_output=True, text=True, check=True, env=environment()).stdout
        if not re.search(r"(?m)^(/usr)?/lib/systemd/system/", names):
            continue
        with package_file.open("rb") as file, subprocess.Popen(["rpm2archive", "-"], stdin=file, stdout=subprocess.PIPE, env=environment()) as packed:
            subprocess.run(["tar", "-xzC", target, "--wildcards", "*lib/systemd/system/*"], stdin=packed.stdout, check=True, capture_output=True, env=environment())
    return target / "usr/lib/systemd/system"


class Workbench(SiblingTestCase):
    """Every unit that a whole distribution has."""

    def enabled_by_systemctl(self, directory, names):
        """What it links when they are enabled one after the other, and those that it takes."""
        root = self.scratch()
        shutil.copytree(directory, root / "usr/lib/systemd/system", symlinks=True)
        (root / "lib").symlink_to("usr/lib")
        taken = [name for name in names if subprocess.run(["systemctl", "--quiet", f"--root={root}", "enable", name], capture_output=True, text=True, env=environment()).returncode == 0]
        configuration = root / "etc/systemd/system"
        return taken, {str(path.relative_to(configuration)): "/usr" * str(path.readlink()).startswith("/lib/") + str(path.readlink())
                       for path in configuration.rglob("*") if path.is_symlink()}

    def test_every_unit_of_the_workbench_is_linked_as_systemctl_links_it(self):
        require_workbench()
        for program in ("systemctl", "rpm2archive"):
            require_program(program)
        directory = units_of_the_workbench(self.scratch())
        names = sorted(path.name for path in directory.iterdir() if path.is_file() and not path.is_symlink() and re.search(r"(?m)^\[Install\]", path.read_text()))
        self.assertGreater(len(names), 25)
        taken, theirs = self.enabled_by_systemctl(directory, names)
        self.assertGreater(len(taken), 20)
        self.repositories = [make_repository(self.top / "all", package("all", install=f"mkdir -p //usr/lib/systemd; cp -a {directory} //usr/lib/systemd/system",
                                                                      files="/usr/lib/systemd/system"))]
        image = self.image("os:\n  packages: {install: [all]}\n  services: {enable: ['" + "', '".join(taken) + "']}\n")
        prefix = "/etc/systemd/system/"
        ours = {path.removeprefix(prefix): entry.linkname for path, entry in image.archive().items() if path.startswith(prefix) and entry.issym()}
        self.assertEqual({path: link for path, link in ours.items() if ".upholds/" not in path or ".upholds/" in str(theirs)}, theirs)


if __name__ == "__main__":
    unittest.main(verbosity=2)
