#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Images whose /usr or / dm-verity vouches for: their hashes made anew, kept, or refused; veritysetup judges."""

import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from customizing import CustomizingTestCase, digest  # noqa: E402
from imagewright_testing import environment, require_program  # noqa: E402

BASE = """
release: {release}
previewFeatures: [uki]
storage:
  bootType: efi
  disks:
  - partitionTableType: gpt
    partitions:
    - {{id: esp, label: esp, type: esp, size: 40M}}
    - {{id: boot, label: boot, size: 20M}}
    - {{id: data, label: data, type: {name}, size: 40M}}
    - {{id: hashes, label: hashes, type: {name}-verity, size: 4M}}
{partitions}  verity: [{{id: verified, name: {name}, dataDeviceId: data, hashDeviceId: hashes, corruptionOption: panic}}]
  filesystems:
  - {{deviceId: esp, type: fat32, mountPoint: {{path: /boot/efi, options: umask=0077}}}}
  - {{deviceId: boot, type: ext4, mountPoint: /boot}}
  - {{deviceId: verified, type: ext4, mountPoint: {{path: {path}, options: ro}}}}
{filesystems}os:
  hostname: base
  {boot}
output: {{images: [{{format: raw}}]}}
"""
ROOT = {"partitions": "    - {id: root, label: root, type: root, size: 40M}\n",
        "filesystems": "  - {deviceId: root, type: ext4, mountPoint: /}\n"}
BOOTS = {"grub": "bootloader: {resetType: hard-reset, type: grub}",
         "systemd-boot": "bootloader: {resetType: hard-reset, type: systemd-boot}"}
ANEW = "previewFeatures: [reinitialize-verity]\nstorage: {reinitializeVerity: all}\n"
FILE = "os: {additionalFiles: [{destination: /usr/share/new, content: new}]}\n"


class CustomizeVerity(CustomizingTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        require_program("veritysetup")
        text = cls.release.read_text()
        cls.release.write_text(text.replace("roles:\n", "roles:\n  verity: [tinyboot]\n"))

    def verified(self, name="usr", loader="grub"):
        """A base with a verified filesystem; made once for each kind."""
        key = f"{name}-{loader}"
        if key not in self.made_bases:
            config = self.top / f"verity-{key}.yaml"
            parts = ROOT if name == "usr" else {"partitions": "", "filesystems": ""}
            config.write_text(BASE.format(release=self.release, name=name, path="/usr" if name == "usr" else "/", boot=BOOTS[loader], **parts))
            self.run_program("build", config, "--output-dir", self.top / key, "--cache-dir", self.top / "cache", env=environment())
            self.made_bases[key] = self.top / key
        return next(self.made_bases[key].glob("*.raw"))

    def root_hashes(self, raw, argument):
        lines = [entry["commandLine"] for entry in self.inspect(raw)["system"]["bootEntries"]]
        self.assertTrue(lines)
        return {re.search(rf"\b{argument}=([0-9a-f]{{64}})\b", line).group(1) for line in lines}

    def parts(self, raw):
        directory = self.scratch()
        for name, partition in self.partitions(raw)[0].items():
            (directory / name).write_bytes(self.stretch(raw, partition))
        return directory

    def verify(self, raw, argument="usrhash"):
        """The command lines agree with each other and with the hashes; gives the root hash."""
        found = self.root_hashes(raw, argument)
        self.assertEqual(len(found), 1)
        parts = self.parts(raw)
        root_hash = found.pop()
        self.run_tool("veritysetup", "verify", parts / "data", parts / "hashes", root_hash)
        self.run_tool("e2fsck", "-fn", parts / "data")
        return root_hash

    def test_hashes_follow_what_changes_under_each_loader(self):
        for loader in BOOTS:
            with self.subTest(loader=loader):
                base = self.verified(loader=loader)
                before = self.verify(base)
                raw = self.customize(ANEW + FILE, base=base)
                self.assertNotEqual(self.verify(raw), before)
                parts = self.parts(raw)
                self.assertEqual(self.run_tool("debugfs", "-R", "cat /share/new", parts / "data").stdout, "new")
                # The superblock, and with it identifier and salt, is what it was.
                self.assertEqual((self.parts(base) / "hashes").read_bytes()[:512], (parts / "hashes").read_bytes()[:512])
                self.assertEqual(self.inspect(base)["disk"]["partitions"][3]["verityOf"], 3)
                self.assertEqual(raw.read_bytes(), self.customize(ANEW + FILE, base=base).read_bytes())
                # A base like any other.
                again = self.customize(ANEW + FILE.replace("/new", "/newer"), base=raw)
                self.assertNotIn(self.verify(again), (before, self.verify(raw)))

    def test_hashes_stay_where_nothing_changes(self):
        base = self.verified()
        raw = self.customize(ANEW + "os: {hostname: changed, imageHistory: none}\n", base=base)
        self.assertEqual(self.verify(raw), self.verify(base))
        before, after = self.parts(base), self.parts(raw)
        for name in ("boot", "data", "hashes"):
            self.assertEqual(digest((before / name).read_bytes()), digest((after / name).read_bytes()), name)

    def test_a_verified_root_changes_with_its_hashes(self):
        base = self.verified("root")
        raw = self.customize(ANEW + "os: {hostname: changed, kernelCommandLine: {extraCommandLine: [quiet]}}\n", base=base)
        self.assertNotEqual(self.verify(raw, "roothash"), self.verify(base, "roothash"))
        self.assertEqual(self.inspect(raw)["system"]["hostName"], "changed")

    def test_a_boot_loader_that_is_reset_is_told_the_hashes(self):
        base = self.verified()
        reset = "os: {bootloader: {resetType: hard-reset}, kernelCommandLine: {extraCommandLine: [rd.debug]}, imageHistory: none}\n"
        for text in (ANEW + reset.replace("}\n", ", additionalFiles: [{destination: /usr/share/new, content: new}]}\n"), reset):
            raw = self.customize(text, "--release", self.release, base=base)
            (self.assertNotEqual if "new" in text else self.assertEqual)(self.verify(raw), self.verify(base))
            for entry in self.inspect(raw)["system"]["bootEntries"]:
                words = entry["commandLine"].split()
                self.assertIn("rd.debug", words)
                self.assertIn("systemd.verity_usr_options=panic-on-corruption", words)

    def test_without_the_key_nothing_verified_changes(self):
        base = self.verified()
        said = self.customize(FILE, base=base, expect=2)
        self.assertIn("origin.verified-partition", said)
        self.assertIn("reinitializeVerity: all", said)
        raw = self.customize("os: {hostname: changed}\n", base=base)
        self.assertEqual(self.verify(raw), self.verify(base))

    def altered(self, base, offset, data, label="hashes"):
        copy = self.scratch() / "altered.raw"
        copy.write_bytes(base.read_bytes())
        with copy.open("r+b") as disk:
            disk.seek(self.partitions(base)[0][label]["start"] * 512 + offset)
            disk.write(data)
        return copy

    def test_hashes_that_cannot_be_made_again_are_refused(self):
        base = self.verified()
        for offset, data in ((32, b"sha512"), (64, (1024).to_bytes(4, "little")), (8, b"\2"), (80, b"\xff\xff")):
            said = self.customize(ANEW + FILE, base=self.altered(base, offset, data), expect=2)
            self.assertRegex(said, r"disk.verity-unsupported|origin.verified-partition")
        # What no command line names cannot be found by the kernel.
        said = self.customize(ANEW + FILE, base=self.altered(base, 4096, b"other"), expect=2)
        self.assertIn("origin.no-root-hash", said)

    def test_hashes_behind_the_data_are_made_anew(self):
        base = self.scratch() / "inline.raw"
        base.write_bytes(self.verified().read_bytes())
        partition = self.partitions(base)[0]["data"]
        part = self.scratch() / "data"
        part.write_bytes(self.stretch(base, partition))
        size = 30 << 20
        self.run_tool("e2fsck", "-fy", part, expect=None)
        self.run_tool("resize2fs", part, "30M")
        said = subprocess.run(["veritysetup", "format", part, part, f"--hash-offset={size}", f"--data-blocks={size >> 12}"],
                              capture_output=True, text=True, check=True, env=environment()).stdout
        root_hash = re.search(r"Root hash:\s+(\w+)", said).group(1)
        old = next(iter(self.root_hashes(base, "usrhash"))).encode()
        content = bytearray(base.read_bytes().replace(old, root_hash.encode()))
        content[partition["start"] * 512:(partition["start"] + partition["size"]) * 512] = part.read_bytes().ljust(partition["size"] * 512, b"\0")
        hashes = self.partitions(base)[0]["hashes"]
        content[hashes["start"] * 512:hashes["start"] * 512 + 8] = bytes(8)
        base.write_bytes(content)
        raw = self.customize(ANEW + FILE, base=base)
        part.write_bytes(self.stretch(raw, partition))
        found = self.root_hashes(raw, "usrhash")
        self.assertNotEqual(found, {root_hash})
        self.run_tool("veritysetup", "verify", part, part, found.pop(), f"--hash-offset={size}")

    def test_a_new_disk_holds_hashes_behind_their_data(self):
        storage = """storage:
  bootType: efi
  disks:
  - partitionTableType: gpt
    partitions:
    - {id: esp, label: esp, type: esp, size: 40M}
    - {id: data, label: data, type: usr, size: 40M}
    - {id: root, label: root, type: root, size: 40M}
  verity: [{id: verified, name: usr, dataDeviceId: data, hashDeviceId: data, corruptionOption: ignore}]
  filesystems:
  - {deviceId: esp, type: fat32, mountPoint: /boot/efi}
  - {deviceId: root, type: ext4, mountPoint: /}
  - {deviceId: verified, type: ext4, mountPoint: {path: /usr, options: ro}}
"""
        config = self.config(storage + "os: {bootloader: {resetType: hard-reset}, hostname: moved}\n")
        self.run_program("customize", "--image", self.base(), config, "--release", self.release, "--output-dir", config.parent / "out",
                         "--cache-dir", self.top / "cache", env=environment())
        raw = next((config.parent / "out").glob("*.raw"))
        part = self.parts(raw) / "data"
        size = 39 << 20
        line = self.inspect(raw)["system"]["bootEntries"][0]["commandLine"]
        self.assertIn(f"systemd.verity_usr_options=ignore-corruption,hash-offset={size}", line)
        self.run_tool("veritysetup", "verify", part, part, self.root_hashes(raw, "usrhash").pop(), f"--hash-offset={size}")
        self.run_tool("e2fsck", "-fn", part)
        # And again, with other content, on the same disk.
        again = self.customize(ANEW + FILE, base=raw)
        part.write_bytes(self.stretch(again, self.partitions(again)[0]["data"]))
        self.run_tool("veritysetup", "verify", part, part, self.root_hashes(again, "usrhash").pop(), f"--hash-offset={size}")
        fitted = storage.replace("storage:\n", "storage:\n  autoSize: true\n").replace("id: root, label: root, type: root, size: 40M", "id: rest")
        odd = fitted.replace("id: data, label: data, type: usr, size: 40M", "id: root, label: root, type: root, size: 40M").replace("id: rest", "id: data")
        config.write_text(odd + "os: {bootloader: {resetType: hard-reset}}\noutput: {images: [{format: raw}]}\n")
        self.assertIn("config.bad-verity", self.run_program("validate", config, expect=2).stderr)


if __name__ == "__main__":
    unittest.main()
