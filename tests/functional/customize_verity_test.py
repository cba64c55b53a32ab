#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Images whose /usr or / dm-verity vouches for: their hashes made anew, kept, or refused; veritysetup judges."""

import random
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

    def test_hashes_of_content_that_stays_in_the_base_are_the_same(self):
        """Of qcow2 the disk is never written: see customize_borrowed_test."""
        require_program("qemu-img")
        large = self.scratch() / "large"
        large.write_bytes(random.Random(5).randbytes(2**20 + 99))
        for name in ("usr", "root"):
            with self.subTest(name=name):
                base = self.customize(f"{ANEW}os: {{additionalFiles: [{{source: {large}, destination: /usr/share/large}}]}}\n",
                                      base=self.verified(name))
                config = self.config(ANEW + FILE)
                disks = []
                for image_format in ("raw", "qcow2"):
                    out = self.scratch()
                    self.run_program("customize", "--image", base, config, "--format", image_format, "--output-dir", out,
                                     "--cache-dir", self.top / "cache", env=environment())
                    raw = out / "disk.raw"
                    self.run_tool("qemu-img", "convert", "-f", image_format, "-O", "raw", next(out.glob(f"*.{image_format}")), raw)
                    disks.append(raw)
                self.verify(disks[1], name.replace("usr", "usrhash").replace("root", "roothash"))
                self.assertEqual(*(digest(disk.read_bytes()) for disk in disks))

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

    def signed_disk(self):
        """Storage and boot keys of a disk whose root hash is to be signed."""
        text = BASE.format(release=self.release, name="usr", path="/usr", boot=BOOTS["grub"], **ROOT)
        signed = text.replace("corruptionOption: panic", "corruptionOption: panic, hashSignaturePath: /boot/usr.hash, "
                              "dataDeviceMountIdType: uuid, hashDeviceMountIdType: part-label")
        return signed.replace("[uki]", "[uki, output-artifacts, reinitialize-verity, inject-files]").partition("output:")[0]

    def test_a_root_hash_goes_out_to_be_signed_and_its_signature_comes_back(self):
        signed = self.signed_disk()
        out = self.scratch() / "unsigned"
        artifacts = f"output: {{artifacts: {{items: [verity-hash], path: {out}}}, images: [{{format: raw}}]}}\n"
        for command in ("customize", "build"):
            config = self.scratch() / "node.yaml"
            config.write_text(signed + artifacts)
            options = ("--image", self.base(), "--release", self.release) if command == "customize" else ()
            self.run_program(command, *options, config, "--output-dir", config.parent / "out", "--cache-dir", self.top / "cache", env=environment())
            raw = next((config.parent / "out").glob("*.raw"))
            root_hash = self.verify(raw)
            self.assertEqual((out / "verity-hash/usr.hash").read_text(), root_hash)
            parts = self.parts(raw)
            uuid, data = (re.search(r"UUID: +(\S+)", self.run_tool("dumpe2fs", "-h", parts / name).stdout).group(1) for name in ("boot", "data"))
            for entry in self.inspect(raw)["system"]["bootEntries"]:
                words = entry["commandLine"].split()
                self.assertIn("systemd.verity_usr_options=panic-on-corruption,root-hash-signature=/boot/usr.hash", words)
                self.assertIn(f"pre.verity.mount={uuid}", words)
                self.assertIn(f"systemd.verity_usr_data=UUID={data}", words)
                self.assertIn("systemd.verity_usr_hash=PARTLABEL=hashes", words)
            self.check_boot_mount(parts / "data", uuid)
        key, certificate = self.top / "key.pem", self.top / "certificate.pem"
        self.run_tool("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-subj", "/CN=test")
        sign = ("openssl", "smime", "-sign", "-nocerts", "-noattr", "-binary", "-inkey", key, "-signer", certificate, "-outform", "der")
        self.run_tool(*sign, "-in", out / "verity-hash/usr.hash", "-out", out / "signature")
        (out / "signature").replace(out / "verity-hash/usr.hash")
        self.run_program("inject-files", "--image", raw, out / "inject-files.yaml", "-o", raw.parent / "signed.raw", env=environment())
        parts = self.parts(raw.parent / "signed.raw")
        self.run_tool("debugfs", "-R", f"dump /usr.hash {parts / 'out'}", parts / "boot")
        self.assertEqual((parts / "out").read_bytes(), (out / "verity-hash/usr.hash").read_bytes())
        self.assertEqual(self.verify(raw.parent / "signed.raw"), root_hash)
        # Whoever changes such an image signs again.
        config.write_text(ANEW.replace("verity]", "verity, output-artifacts]") + FILE + artifacts)
        self.run_program("customize", "--image", raw.parent / "signed.raw", config, "--output-dir", config.parent / "again",
                         "--cache-dir", self.top / "cache", env=environment())
        again = self.verify(next((config.parent / "again").glob("*.raw")))
        self.assertNotEqual(again, root_hash)
        self.assertEqual((out / "verity-hash/usr.hash").read_text(), again)

    def check_boot_mount(self, usr, uuid):
        """The generator of the initramfs, with a command line of its own: a unit that systemd can read."""
        directory = self.scratch()
        module = "/lib/dracut/modules.d/90imagewright-boot-mount"
        for name in ("module-setup.sh", "boot-mount-generator"):
            self.assertIn("Mode:  0755", self.run_tool("debugfs", "-R", f"stat {module}/{name}", usr).stdout)
        generator = self.run_tool("debugfs", "-R", f"cat {module}/boot-mount-generator", usr).stdout
        line, units = directory / "line", directory / "units"
        units.mkdir()
        for words, names in (("quiet ro\n", []), (f"quiet pre.verity.mount={uuid} ro\n", ["boot.mount", "local-fs.target.wants"])):
            line.write_text(words)
            subprocess.run(["sh", "-c", generator.replace("/proc/cmdline", str(line)), "sh", units], check=True)
            self.assertEqual(sorted(each.name for each in units.iterdir()), names)
        self.assertIn(f"What=/dev/disk/by-uuid/{uuid}\nWhere=/boot\n", (units / "local-fs.target.wants/boot.mount").read_text())
        self.run_tool("systemd-analyze", "verify", "--man=no", "--generators=no", units / "boot.mount")

    def test_a_signature_needs_a_filesystem_of_boot(self):
        text = self.signed_disk().replace("  - {deviceId: boot, type: ext4, mountPoint: /boot}\n", "")
        said = self.customize(text.replace("os:\n", "os:\n  imageHistory: none\n"), "--release", self.release, expect=2)
        self.assertIn("policy.boot-conflict", said)
        self.assertIn("give /boot a partition of its own", said)

    def unverified(self, loader="grub", root=False):
        """A base with partitions for data and hashes, of which nothing is verified."""
        key = f"unverified-{loader}-{root}"
        if key not in self.made_bases:
            config = self.top / f"{key}.yaml"
            parts = {"partitions": "", "filesystems": ""} if root else ROOT
            text = BASE.format(release=self.release, name="root" if root else "usr", path="/" if root else "/usr", boot=BOOTS[loader], **parts)
            text = re.sub("  verity: .*\n", "", text).replace("deviceId: verified", "deviceId: data").replace("options: ro}", "options: noatime}")
            config.write_text(text)
            self.run_program("build", config, "--output-dir", self.top / key, "--cache-dir", self.top / "cache", env=environment())
            self.made_bases[key] = self.top / key
        return next(self.made_bases[key].glob("*.raw"))

    def device(self, name="usr", data="data", hashes="hashes", more="corruptionOption: panic"):
        return (f"storage: {{verity: [{{id: v, name: {name}, dataDevice: {{idType: part-label, id: {data}}}, "
                f"hashDevice: {{idType: part-label, id: {hashes}}}, {more}}}]}}\n")

    def test_partitions_of_the_base_are_verified_from_now_on(self):
        for loader in BOOTS:
            with self.subTest(loader=loader):
                base = self.unverified(loader)
                text = self.device(more="corruptionOption: panic, dataDeviceMountIdType: part-label") + "os: {kernelCommandLine: {extraCommandLine: [quiet]}}\n"
                raw = self.customize(text, "--release", self.release, base=base)
                self.verify(raw)
                before = self.inspect(base)["system"]["bootEntries"][0]["commandLine"].split()
                for entry in self.inspect(raw)["system"]["bootEntries"]:
                    words = entry["commandLine"].split()
                    self.assertLessEqual(set(before) - {each for each in before if each.startswith(("initrd=", "BOOT_IMAGE="))}, set(words))
                    self.assertLessEqual({"quiet", "systemd.verity_usr_data=PARTLABEL=data", "systemd.verity_usr_options=panic-on-corruption"}, set(words))
                fstab = (self.root_tree_of(raw, "root") / "etc/fstab").read_text()
                self.assertRegex(fstab, r"(?m)^/dev/mapper/usr\t/usr\text4\tro,noatime\t0\t0$")
                self.assertEqual(raw.read_bytes(), self.customize(text, "--release", self.release, base=base).read_bytes())
                # A base like any other that is verified.
                self.assertIn("origin.verified-partition", self.customize(FILE, base=raw, expect=2))
                self.verify(self.customize(ANEW + FILE, base=raw))

    def root_tree_of(self, raw, label):
        tree = self.scratch() / "tree"
        tree.mkdir()
        self.run_tool("debugfs", "-R", f"rdump / {tree}", self.parts(raw) / label)
        return tree

    def test_the_root_of_a_base_is_verified_from_now_on(self):
        raw = self.customize(self.device("root"), "--release", self.release, base=self.unverified(root=True))
        self.verify(raw, "roothash")
        for entry in self.inspect(raw)["system"]["bootEntries"]:
            self.assertEqual([word for word in entry["commandLine"].split() if word.startswith("root=")], ["root=/dev/mapper/root"])
        tree = self.root_tree_of(raw, "data")
        self.assertIn("/dev/mapper/root\t/\t", (tree / "etc/fstab").read_text())

    def test_room_behind_a_filesystem_takes_its_hashes(self):
        base = self.scratch() / "room.raw"
        base.write_bytes(self.unverified().read_bytes())
        self.assertIn("and 40", self.customize(self.device(hashes="data"), "--release", self.release, base=base, expect=2))
        partition, part, size = self.partitions(base)[0]["data"], self.scratch() / "data", 30 << 20
        part.write_bytes(self.stretch(base, partition))
        self.run_tool("e2fsck", "-fy", part, expect=None)
        self.run_tool("resize2fs", part, "30M")
        with base.open("r+b") as disk:
            disk.seek(partition["start"] * 512)
            disk.write(part.read_bytes().ljust(partition["size"] * 512, b"\0"))
        raw = self.customize(self.device(hashes="data") + FILE, "--release", self.release, base=base)
        part.write_bytes(self.stretch(raw, partition))
        self.assertIn(f"systemd.verity_usr_options=panic-on-corruption,hash-offset={size}", self.inspect(raw)["system"]["bootEntries"][0]["commandLine"].split())
        self.run_tool("veritysetup", "verify", part, part, self.root_hashes(raw, "usrhash").pop(), f"--hash-offset={size}")

    def test_partitions_that_cannot_be_verified_are_refused(self):
        base = self.unverified()
        for device, code in ((self.device(data="nothing"), "customize.no-partition"), (self.device(data="root"), "customize.verity-partition"),
                             (self.device(hashes="boot"), "holds a filesystem"), (self.device("root"), "is not what the base mounts"),
                             (self.device(hashes="esp"), "holds a filesystem")):
            self.assertIn(code, self.customize(device, "--release", self.release, base=base, expect=2))
        said = self.customize(self.device(), "--release", self.release, base=self.verified(), expect=2)
        self.assertIn("reinitializeVerity: all", said)
        for mark, place, what in ((b"XFSB", 0, "an XFS filesystem"), (b"LUKS\xba\xbe", 0, "an encrypted volume"), (b"LABELONE", 512, "a physical volume"),
                                  (b"SWAPSPACE2", 4086, "a swap area")):
            taken = self.altered(base, place, mark)
            self.assertIn(f"holds {what}", self.customize(self.device(), "--release", self.release, base=taken, expect=2))
        taken = self.altered(base, 0, b"")
        number = next(index for index, each in enumerate(self.partitions(taken)[0].values(), 1) if each["name"] == "hashes")
        self.run_tool("sfdisk", "--quiet", "--part-type", taken, str(number), "21686148-6449-6E6F-744E-656564454649")
        self.assertIn("holds what a BIOS starts", self.customize(self.device(), "--release", self.release, base=taken, expect=2))

    def test_files_do_not_go_back_to_what_is_verified(self):
        raw = self.verified()
        listed = self.scratch() / "list.yaml"
        (listed.parent / "file").write_text("file")
        listed.write_text("previewFeatures: [inject-files]\ninjectFiles:\n- {partition: {idType: part-label, id: data}, source: file, destination: /share/file}\n")
        said = self.run_program("inject-files", "--image", raw, listed, "-o", listed.parent / "new.raw", expect=2, env=environment()).stderr
        self.assertIn("origin.verified-partition", said)
        self.assertIn('with "imagewright customize"', said)
        self.assertFalse((listed.parent / "new.raw").exists())

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
