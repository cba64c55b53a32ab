#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Images that exist, changed as a config says: what is asked for arrives, and everything else stays."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from customizing import CustomizingTestCase, digest  # noqa: E402
from imagewright_testing import environment  # noqa: E402


class Customize(CustomizingTestCase):
    BASE_OS = "  hostname: base\n"
    BASE_FORMATS = ("raw", "qcow2", "vhd-fixed")

    def test_what_is_asked_arrives_and_the_rest_stays(self):
        base = self.base()
        raw = self.customize(
            "os:\n"
            "  hostname: changed\n"
            "  users: [{name: kim, uid: 1500}]\n"
            "  additionalFiles: [{destination: /etc/motd, content: \"hello\\n\", permissions: \"640\"}]\n"
            "  kernelCommandLine: {extraCommandLine: [quiet]}\n")
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
            base = self.base(loader, "*.qcow2")
            image = self.customize("os: {kernelCommandLine: {extraCommandLine: [audit=1]}}\n", base=base, image_format="qcow2")
            for entry in self.inspect(image)["system"]["bootEntries"]:
                self.assertIn("audit=1", entry["commandLine"].split(), loader)

    def test_an_argument_is_removed_where_it_stands(self):
        for loader in ("grub", "systemd-boot"):
            base = self.base(loader)
            raw = self.customize("os: {kernelCommandLine: {remove: [console], extraCommandLine: ['console=hvc0']}}\n", base=base)
            system = self.inspect(raw)["system"]
            for entry in system["bootEntries"]:
                consoles = [word for word in entry["commandLine"].split() if word.startswith("console=")]
                self.assertEqual(consoles, ["console=hvc0"], loader)
            said = self.customize("os: {kernelCommandLine: {remove: [splash]}}\n", base=base, expect=2)
            self.assertIn("finalize.nothing-to-remove", said)
            self.assertIn("node.yaml:1", said)

    def test_formats_of_the_base_make_no_difference(self):
        sums = set()
        for pattern in ("*.raw", "*.qcow2", "*.vhd"):
            raw = self.customize("os: {hostname: same}\n", base=self.base(pattern=pattern))
            sums.add(digest(raw.read_bytes()))
        self.assertEqual(len(sums), 1)

    def test_a_dry_run_says_what_would_be_done_and_writes_nothing(self):
        base = self.base()
        config = self.config("os: {hostname: dry}\n")
        directory = config.parent
        result = self.run_program("customize", "--image", base, config, "--output-dir", directory / "out", "--dry-run",
                                  env=environment())
        self.assertIn("set the host name dry", result.stdout)
        self.assertEqual([each.name for each in directory.iterdir()], ["node.yaml"])

    def test_the_report_tells_the_rung_and_the_manifest_does_not(self):
        raw = self.customize("os: {hostname: told}\n", "--rung", "single-id")
        self.assertEqual(json.loads(next(raw.parent.glob("*.report.json")).read_text())["rung"], "single-id")
        self.assertNotIn("single-id", next(raw.parent.glob("*.manifest.json")).read_text())

    def test_what_cannot_be_honoured_is_refused_before_anything_is_written(self):
        for text, code in (
                ("os: {fips: {mode: enabled}}\n", "pipeline.no-release"),
                ("os: {network: {interfaces: [{dhcp: both}]}}\n", "config.unsupported-key"),
                ("os: {packages: {install: [leaf]}}\n", "pipeline.no-release"),
                ("os: {hostnam: x}\n", "config.unknown-key")):
            said = self.customize(text, expect=2)
            self.assertIn(code, said)

    def test_what_is_no_base_is_told_as_what_it_is(self):
        directory = self.scratch()
        for name, content, code in (("text", b"hello\n", 2), ("zeros", bytes(1 << 20), 5)):
            path = directory / name
            path.write_bytes(content)
            self.customize("os: {hostname: x}\n", base=path, expect=code)


if __name__ == "__main__":
    unittest.main()
