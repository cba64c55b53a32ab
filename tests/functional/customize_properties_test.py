#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What holds for every image that is customized: what nobody touched stays, damage is an error, and samples of others are understood."""

import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from customizing import CustomizingTestCase  # noqa: E402
from imagewright_testing import PROGRAM, environment, require_shared_data, skip  # noqa: E402

RECORDS = {"/etc/image-customizer-release", "/etc/imagewright-release", "/usr/share/image-customizer",
           "/usr/share/image-customizer/history.json"}


class CustomizeProperties(CustomizingTestCase):
    BASE_OS = "  additionalFiles:\n" + "".join(
        f"  - {{destination: /var/kept/{name}, content: \"{name}\\n\"}}\n"
        for name in ("same", "mode", "moved", "linked", "written", "rewritten", "replaced", "removed", "touched"))

    def files(self, raw):
        said = self.inspect(raw, "--files")
        root = next(each for each in said["disk"]["partitions"] if each["label"] == "root")["files"]
        return root if isinstance(root, dict) else {each["path"]: each for each in root}

    def changed(self, before, after):
        return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}

    def test_an_empty_config_gives_the_base_back(self):
        raw = self.customize("os: {}\n")
        self.assertLessEqual(self.changed(self.files(self.base()), self.files(raw)),
                             RECORDS | {"/etc", "/usr/share"})
        self.assertEqual(raw.read_bytes(), self.customize("os: {}\n").read_bytes())
        # And what was customized is a base like any other.
        again = self.customize("os: {}\n", base=raw)
        self.assertLessEqual(self.changed(self.files(raw), self.files(again)), RECORDS)

    def test_what_scripts_touch_changes_and_nothing_else(self):
        script = ("cd /var/kept; chmod 600 mode; mv moved elsewhere; ln linked second; echo more >> written; "
                  "cat rewritten > /tmp/copy; cat /tmp/copy > rewritten; cp replaced /tmp/copy; mv /tmp/copy replaced; rm removed; "
                  "touch touched; cat same > /dev/null")
        before = self.files(self.base())
        after = self.files(self.customize(f"scripts: {{postCustomization: [{{content: '{script}'}}]}}\n"))

        def get(table, name, *keys):
            return [table[f"/var/kept/{name}"].get(key) for key in keys]

        keys = [key for key in before["/var/kept/same"] if key not in ("path", "links", "linkCount")]
        self.assertEqual(get(before, "same", *keys), get(after, "same", *keys))
        self.assertEqual(get(before, "moved", *keys), get(after, "elsewhere", *keys))
        self.assertEqual(get(before, "linked", *keys), get(after, "second", *keys))
        self.assertNotIn("/var/kept/removed", after)
        self.assertNotIn("/var/kept/moved", after)
        digest = "content"
        for name in ("mode", "rewritten", "replaced", "touched"):
            self.assertEqual(get(before, name, digest), get(after, name, digest), name)
        self.assertNotEqual(get(before, "written", digest), get(after, "written", digest))
        self.assertNotEqual(before["/var/kept/mode"], after["/var/kept/mode"])
        untouched = {path for path in before if not path.startswith("/var/kept") and path not in RECORDS}
        odd = {path for path in untouched if before[path] != after.get(path)}
        self.assertLessEqual(odd, {"/etc", "/usr/share", "/tmp"})

    def test_an_ordinary_user_gets_the_same_bytes(self):
        if os.geteuid() != 0 or shutil.which("setpriv") is None:
            skip("another user can only be taken on by root")
        directory = self.scratch()
        directory.chmod(0o755)
        config = directory / "node.yaml"
        config.write_text("os: {hostname: same, users: [{name: kim}]}\noutput: {images: [{format: raw}]}\n")
        base = directory / "base.raw"
        shutil.copy(self.base(), base)
        sums = set()
        for user in (0, 65534):
            home = directory / str(user)
            home.mkdir()
            os.chown(home, user, user)
            command = [PROGRAM, "customize", "--image", base, config, "--output-dir", home / "out", "--cache-dir", home / "cache"]
            if user != 0:
                command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]
            result = subprocess.run(list(map(str, command)), env=environment(HOME=home, TMPDIR=home), capture_output=True, text=True)
            if user != 0 and "sandbox." in result.stderr:
                skip("this host lets an ordinary user run no programs in a root: " + result.stderr.splitlines()[-2])
            self.assertEqual(result.returncode, 0, result.stderr)
            sums.add(hashlib.sha256(next((home / "out").glob("*.raw")).read_bytes()).hexdigest())
        self.assertEqual(len(sums), 1)

    def test_a_changed_byte_of_a_table_is_an_error_or_a_value(self):
        directory = self.scratch()
        raw = directory / "damaged.raw"
        shutil.copy(self.base(), raw)
        config = self.config("os: {hostname: x}\n")
        table = json.loads(self.run_tool("sfdisk", "--json", raw).stdout)["partitiontable"]["partitions"]
        start = {each["name"]: each["start"] * 512 for each in table}
        # Partition table; boot sector and FAT; superblock, group descriptors, bitmaps and inodes.
        regions = [(512, 1024), (start["esp"], 512), (start["esp"] + 512, 32 << 10), (start["root"] + 1024, 1024),
                   (start["root"] + 4096, 4096), (start["root"] + (12 << 10), 1 << 20)]
        numbers = random.Random(21)
        ended = set()
        with raw.open("r+b") as image:
            for step in range(48):
                first, length = regions[step % len(regions)]
                place = first + numbers.randrange(length)
                image.seek(place)
                byte = image.read(1)
                image.seek(place)
                image.write(bytes([byte[0] ^ (1 << numbers.randrange(8))]))
                image.flush()
                result = self.run_program("customize", "--image", raw, config, "--dry-run", "--cache-dir", directory / "cache",
                                          expect=None, env=environment(), timeout=60)
                self.assertIn(result.returncode, (0, 1, 2, 3, 4, 5), f"byte {place}: {result.stderr}")
                ended.add(result.returncode)
                image.seek(place)
                image.write(byte)
        self.assertGreater(len(ended), 1, "no damage was found at all")

    def test_samples_of_others_are_accepted_or_refused_by_a_key(self):
        samples = require_shared_data("azure-configs")
        later = re.compile(r"\[([a-z-]+\.[a-z-]+)\]")
        # What a base that fits would have: packages, units, partitions of its own.
        of_the_base = {"config.unsupported-key", "resolve.no-such-package", "resolve.not-installed", "customize.other-architecture",
                       "resolve.nothing-provides"}
        # What a whole release would have: the tiny one knows no boot loader of a BIOS, no SELinux policy, no stub.
        of_the_release = {"policy.missing-role", "finalize.no-stub"}
        wrong = {}
        count = 0
        for line in (samples / "CLASSES.tsv").read_text().splitlines():
            name, _, kind = line.partition("\t")
            if kind != "VALID":
                continue
            count += 1
            result = self.run_program("customize", "--image", self.base(), samples / name, "--release", self.release,
                                      "--dry-run", "--cache-dir", self.top / "cache", expect=None, env=environment())
            mistakes = "\n".join(each for each in result.stderr.splitlines() if ": error: " in each or each.startswith("error: "))
            codes = set(later.findall(mistakes)) if result.returncode else set()
            if result.returncode not in (0, 2, 3) or not codes <= of_the_base | of_the_release:
                wrong[name] = (result.returncode, result.stderr[-400:])
        self.assertGreater(count, 50)
        self.assertEqual(wrong, {})


if __name__ == "__main__":
    unittest.main()
