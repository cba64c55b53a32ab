#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Images that exist, changed as a config says: what is asked for arrives, and everything else stays."""

import hashlib
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_reports import ReportsTestCase  # noqa: E402
from imagewright_testing import environment  # noqa: E402

BASE = """
release: {release}
storage:
  bootType: efi
  disks:
  - partitionTableType: gpt
    partitions:
    - {{id: esp, label: esp, type: esp, size: 40M}}
    - {{id: data, label: data, size: 20M}}
    - {{id: root, label: root, type: root, size: 80M}}
  filesystems:
  - {{deviceId: esp, type: fat32, mountPoint: {{path: /boot/efi, options: umask=0077}}}}
  - {{deviceId: data, type: ext4, mountPoint: /srv}}
  - {{deviceId: root, type: ext4, mountPoint: /}}
os:
  bootloader: {{resetType: hard-reset, type: {loader}}}
  hostname: base
output: {{images: [{{format: raw}}, {{format: qcow2}}, {{format: vhd-fixed}}]}}
"""


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Customize(ReportsTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bases = {}

    def base(self, loader="grub"):
        """An image to start from, in three formats."""
        if loader not in self.bases:
            config = self.top / f"base-{loader}.yaml"
            config.write_text(BASE.format(release=self.top / "base/tiny.yaml", loader=loader))
            out = self.top / f"base-{loader}"
            self.run_program("build", config, "--output-dir", out, "--cache-dir", self.top / "cache", env=environment())
            self.bases[loader] = out
        return self.bases[loader]

    def customize(self, text, base, *options, expect=0):
        directory = self.scratch()
        config = directory / "node.yaml"
        config.write_text(text)
        before = digest(base.read_bytes())
        result = self.run_program("customize", "--image", base, config, "--output-dir", directory / "out", *options,
                                  expect=expect, env=environment())
        self.assertEqual(digest(base.read_bytes()), before, "the base was changed")
        if expect != 0:
            out = directory / "out"
            self.assertFalse(out.exists() and any(out.iterdir()), "something partial is left")
            return result.stderr
        return directory / "out"

    def partitions(self, raw):
        """Start and size of each partition, by label, as sfdisk sees them."""
        table = json.loads(self.run_tool("sfdisk", "--json", raw).stdout)["partitiontable"]
        return {each["name"]: each for each in table["partitions"]}, table

    def stretch(self, raw, partition):
        with raw.open("rb") as image:
            image.seek(partition["start"] * 512)
            return image.read(partition["size"] * 512)

    def check_filesystems(self, raw):
        self.run_tool("sgdisk", "-v", raw)
        directory = self.scratch()
        for name, partition in self.partitions(raw)[0].items():
            copy = directory / name
            copy.write_bytes(self.stretch(raw, partition))
            self.run_tool(*(("fsck.vfat", "-n") if name == "esp" else ("e2fsck", "-fn")), copy)
        return directory

    def inspect(self, image):
        return json.loads(self.run_program("inspect", image, "--json", env=environment()).stdout)

    def test_what_is_asked_arrives_and_the_rest_stays(self):
        base = next(self.base().glob("*.raw"))
        out = self.customize(
            "os:\n"
            "  hostname: changed\n"
            "  users: [{name: kim, uid: 1500}]\n"
            "  additionalFiles: [{destination: /etc/motd, content: \"hello\\n\", permissions: \"640\"}]\n"
            "  kernelCommandLine: {extraCommandLine: [quiet]}\n"
            "output: {images: [{format: raw}]}\n", base)
        raw = next(out.glob("*.raw"))
        copies = self.check_filesystems(raw)
        before, table_before = self.partitions(base)
        after, table_after = self.partitions(raw)
        self.assertEqual(table_before["id"], table_after["id"])
        self.assertEqual({name: (each["uuid"], each["type"], each["start"], each["size"]) for name, each in before.items()},
                         {name: (each["uuid"], each["type"], each["start"], each["size"]) for name, each in after.items()})
        self.assertEqual(digest(self.stretch(base, before["data"])), digest(self.stretch(raw, after["data"])))
        self.assertEqual(self.run_tool("debugfs", "-R", "cat /etc/motd", copies / "root").stdout, "hello\n")
        self.assertIn("Mode:  0640", self.run_tool("debugfs", "-R", "stat /etc/motd", copies / "root").stdout)
        self.assertIn("kim:x:1500:", self.run_tool("debugfs", "-R", "cat /etc/passwd", copies / "root").stdout)
        system = self.inspect(raw)["system"]
        self.assertEqual(system["hostName"], "changed")
        self.assertIn("quiet", system["kernelCommandLine"].split())
        old, new = self.inspect(base), self.inspect(raw)
        self.assertEqual([each["name"] for each in old["packages"]], [each["name"] for each in new["packages"]])

    def test_an_argument_reaches_each_loader(self):
        for loader in ("grub", "systemd-boot"):
            base = next(self.base(loader).glob("*.qcow2"))
            out = self.customize("os: {kernelCommandLine: {extraCommandLine: [audit=1]}}\n"
                                 "output: {images: [{format: qcow2}]}\n", base)
            for entry in self.inspect(next(out.glob("*.qcow2")))["system"]["bootEntries"]:
                self.assertIn("audit=1", entry["commandLine"].split(), loader)

    def test_an_argument_is_removed_where_it_stands(self):
        for loader in ("grub", "systemd-boot"):
            base = next(self.base(loader).glob("*.raw"))
            out = self.customize("os: {kernelCommandLine: {remove: [console], extraCommandLine: ['console=hvc0']}}\n"
                                 "output: {images: [{format: raw}]}\n", base)
            system = self.inspect(next(out.glob("*.raw")))["system"]
            for entry in system["bootEntries"]:
                consoles = [word for word in entry["commandLine"].split() if word.startswith("console=")]
                self.assertEqual(consoles, ["console=hvc0"], loader)
            said = self.customize("os: {kernelCommandLine: {remove: [splash]}}\noutput: {images: [{format: raw}]}\n", base,
                                  expect=2)
            self.assertIn("finalize.nothing-to-remove", said)
            self.assertIn("node.yaml:1", said)

    def test_formats_of_the_base_make_no_difference(self):
        sums = set()
        for pattern in ("*.raw", "*.qcow2", "*.vhd"):
            out = self.customize("os: {hostname: same}\noutput: {images: [{format: raw}]}\n",
                                 next(self.base().glob(pattern)))
            sums.add(digest(next(out.glob("*.raw")).read_bytes()))
        self.assertEqual(len(sums), 1)

    def test_a_dry_run_says_what_would_be_done_and_writes_nothing(self):
        base = next(self.base().glob("*.raw"))
        directory = self.scratch()
        config = directory / "node.yaml"
        config.write_text("os: {hostname: dry}\noutput: {images: [{format: raw}]}\n")
        result = self.run_program("customize", "--image", base, config, "--output-dir", directory / "out", "--dry-run",
                                  env=environment())
        self.assertIn("set the host name dry", result.stdout)
        self.assertEqual([each.name for each in directory.iterdir()], ["node.yaml"])

    def test_what_cannot_be_honoured_is_refused_before_anything_is_written(self):
        base = next(self.base().glob("*.raw"))
        for text, code in (
                ("os: {fips: {mode: enabled}}\n", "config.unsupported-key"),
                ("os: {network: {interfaces: [{dhcp: both}]}}\n", "config.unsupported-key"),
                ("os: {packages: {install: [leaf]}}\n", "pipeline.no-release"),
                ("os: {hostnam: x}\n", "config.unknown-key")):
            said = self.customize(text + "output: {images: [{format: raw}]}\n", base, expect=2)
            self.assertIn(code, said)

    def test_what_is_no_base_is_told_as_what_it_is(self):
        directory = self.scratch()
        for name, content, code in (("text", b"hello\n", 2), ("zeros", bytes(1 << 20), 5)):
            path = directory / name
            path.write_bytes(content)
            self.customize("os: {hostname: x}\noutput: {images: [{format: raw}]}\n", path, expect=code)


if __name__ == "__main__":
    unittest.main()
