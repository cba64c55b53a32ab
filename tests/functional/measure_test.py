# SPDX-License-Identifier: MIT
"""`imagewright measure`: which registers a changed byte changes, what the manifest says of them, and images that lie."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_efi  # noqa: E402
from sibling_images import SiblingTestCase  # noqa: E402

LOADERS = {"systemd-boot": "bootloader: {type: systemd-boot}", "uki": "uki: {mode: create}", "grub": "bootloader: {type: grub}"}
PROGRAMS = {"/usr/lib/boot/systemd-bootx64.efi": tiny_efi.systemd_boot(), "/usr/lib/boot/linuxx64.efi.stub": tiny_efi.stub(),
            "/usr/lib/boot/grubx64.efi": tiny_efi.grub(), "/usr/lib/modules/1.0/vmlinuz": tiny_efi.kernel(), "/boot/vmlinuz-1.0": tiny_efi.kernel()}
# What is changed, where, and what has to be another one then. The kernel's own stub measures its command line and the initial RAM disk (9).
CHANGES = {
    "systemd-boot": ((b"kernel byte", "esp", {4}), (b"#!/bin/sh\n\0", "esp", {9}), (b"mark=line", "esp", {9, 12}), (b"loader byte", "esp", {4}),
                     (b"timeout 0", "esp", set()), (b"title", "esp", set())),
    "uki": ((b"kernel byte", "esp", {4, 11}), (b"#!/bin/sh\n\0", "esp", {4, 9, 11}), (b"mark=line", "esp", {4, 9, 11, 12}), (b"PRETTY_NAME", "esp", {4, 11}),
            (b"stub byte", "esp", {4}), (b"loader byte", "esp", {4}), (b"timeout 0", "esp", set())),
    "grub": ((b"kernel byte", "root", {9}), (b"#!/bin/sh\n\0", "root", {9}), (b"mark=line", "root", {8, 9}), (b"# Made with", "root", {9}),
             (b"set timeout=", "root", {8, 9}), (b"loader byte", "esp", {4}), (b"configfile ", "esp", {8, 9})),
}


class Measure(SiblingTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        release = cls.top / "releases/tiny.yaml"
        release.write_text(release.read_text().replace("systemd-bootx64.efi}", "systemd-bootx64.efi, stub: /usr/lib/boot/linuxx64.efi.stub}"))
        cls.images = {}

    def built(self, loader):
        if loader not in self.images:
            directory = self.class_scratch()
            files = ""
            for number, (path, content) in enumerate(PROGRAMS.items()):
                (directory / str(number)).write_bytes(content)
                files += f"\n  - {{source: {directory}/{number}, destination: {path}}}"
            built = self.image(f"previewFeatures: [uki]\nos:\n  {LOADERS[loader]}\n  kernelCommandLine: {{extraCommandLine: [mark=line]}}\n"
                               f"  additionalFiles:{files}\n", formats=("raw",))
            built.out = built.out.rename(directory / "out")
            self.images[loader] = built
        return self.images[loader]

    def measured(self, image, *arguments, expect=0):
        result = self.run_program("measure", "--json", image, *arguments, expect=expect)
        return json.loads(result.stdout) if expect == 0 else result.stderr

    @staticmethod
    def values(measured):
        return {row["pcr"]: row["values"] for row in measured["registers"] if "values" in row}

    def span(self, built, partition):
        row = next(row for row in built.manifest()["disk"]["partitions"] if row["id"] == partition)
        return row["start"], row["start"] + row["size"]

    def test_a_changed_byte_changes_exactly_the_registers_that_it_should(self):
        for loader, changes in CHANGES.items():
            built = self.built(loader)
            disk = self.scratch() / "disk.raw"
            shutil.copyfile(next(built.out.glob("*.raw")), disk)
            content = disk.read_bytes()
            before = self.values(self.measured(disk))
            self.assertLessEqual({4, 5, 8, 9, 11, 12}, set(before), loader)
            for mark, partition, expected in changes:
                begin, end = self.span(built, partition)
                places = [found.start() for found in re.finditer(re.escape(mark), content[begin:end])]
                with self.subTest(loader=loader, mark=mark), disk.open("r+b") as file:
                    self.assertTrue(places)
                    for place in places:
                        file.seek(begin + place + len(mark) - 1)
                        file.write(bytes([content[begin + place + len(mark) - 1] ^ 1]))
                    file.flush()
                    after = self.values(self.measured(disk))
                    self.assertEqual({number for number in before if before[number] != after.get(number)}, expected)
                    for place in places:
                        file.seek(begin + place)
                        file.write(mark)
            with self.subTest(loader=loader, mark="partition table"), disk.open("r+b") as file:
                file.seek(1024 + 16)  # the first partition's own identifier
                file.write(bytes([content[1024 + 16] ^ 1]))
                file.flush()
                after = self.values(self.measured(disk))
                self.assertEqual({number for number in before if before[number] != after.get(number)}, {5})

    def test_registers_are_what_the_events_make_of_them(self):
        for loader in LOADERS:
            measured = self.measured(next(self.built(loader).out.glob("*.raw")))
            for bank, size in (("sha256", 32), ("sha384", 48)):
                folded = {number: bytes(size) for number in range(16)}
                for event in measured["events"]:
                    folded[event["pcr"]] = hashlib.new(bank, folded[event["pcr"]] + bytes.fromhex(event["digests"][bank])).digest()
                for number, values in self.values(measured).items():
                    self.assertEqual(values[bank], folded[number].hex(), (loader, bank, number))

    def test_the_kernel_image_register_is_what_systemd_says(self):
        program = Path("/usr/lib/systemd/systemd-measure")
        if not program.exists():
            self.skipTest("systemd-measure is not here")
        built = self.built("uki")
        disk = next(built.out.glob("*.raw"))
        scratch = self.scratch()
        esp = f"{disk}@@{self.span(built, 'esp')[0]}"
        unified = scratch / "unified.efi"
        name = subprocess.run(["mdir", "-b", "-i", esp, "::/EFI/Linux"], check=True, capture_output=True, text=True).stdout.split()[0]
        subprocess.run(["mcopy", "-n", "-i", esp, name, unified], check=True)
        arguments = []
        for section, content in tiny_efi.sections(unified.read_bytes()).items():
            if section in (".linux", ".osrel", ".cmdline", ".initrd"):
                (scratch / section).write_bytes(content)
                arguments.append(f"--{section[1:]}={scratch / section}")
        said = subprocess.run([program, "calculate", *arguments, "--bank=sha256", "--bank=sha384", "--phase=:", "--json=short"], check=True, capture_output=True, text=True)
        told = json.loads(said.stdout)
        expected = self.values(self.measured(disk))[11]
        self.assertEqual({bank: told[bank][0]["hash"] for bank in ("sha256", "sha384")}, expected)

    def test_the_manifest_says_the_same_and_twice_the_same(self):
        for loader in LOADERS:
            built = self.built(loader)
            measured = self.measured(next(built.out.glob("*.raw")))
            self.assertEqual(built.manifest()["measurements"], {"entry": measured["entry"], "registers": measured["registers"]})
        plain = self.image("os: {hostname: a}\n", formats=("qcow2",)).manifest()["measurements"]
        self.assertIn("no whole program", plain["unknown"])
        self.assertNotIn("measurements", self.image("os: {hostname: a}\n").manifest())


if __name__ == "__main__":
    unittest.main()
