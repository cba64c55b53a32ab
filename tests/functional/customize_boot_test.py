#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The boot chain of images that exist: edited where it stands, set up anew, or on a disk of another layout."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from customizing import CustomizingTestCase  # noqa: E402

NEW_DISK = """storage:
  bootType: efi
  disks:
  - partitionTableType: gpt
    partitions:
    - {id: esp, label: esp, type: esp, size: 50M}
    - {id: boot, label: boot, size: 40M}
    - {id: root, label: root, type: root, size: 90M}
  filesystems:
  - {deviceId: esp, type: fat32, mountPoint: {path: /boot/efi, options: umask=0077}}
  - {deviceId: boot, type: ext4, mountPoint: /boot}
  - {deviceId: root, type: ext4, mountPoint: /}
os:
  bootloader: {resetType: hard-reset}
  hostname: moved
"""


class CustomizeBoot(CustomizingTestCase):
    BASE_OS = "  hostname: base\n  additionalFiles: [{destination: /srv/kept, content: \"kept\\n\"}]\n"

    def lines(self, image):
        return [entry["commandLine"].split() for entry in self.inspect(image)["system"]["bootEntries"]]

    def test_the_cgroup_version_is_said_on_each_command_line(self):
        for loader in ("grub", "systemd-boot"):
            with self.subTest(loader=loader):
                raw = self.customize("os: {cgroup: {version: v1}}\n", base=self.base(loader))
                for line in self.lines(raw):
                    self.assertIn("systemd.unified_cgroup_hierarchy=0", line)
                back = self.customize("os: {cgroup: {version: v2}}\n", base=raw)
                for line in self.lines(back):
                    self.assertNotIn("systemd.unified_cgroup_hierarchy=0", line)
                self.assertEqual(self.inspect(back)["system"]["cgroupVersion"], "2")

    def test_a_reset_drops_the_arguments_of_the_base_and_keeps_its_modes(self):
        raw = self.customize("os: {kernelCommandLine: {extraCommandLine: [audit=1]}, cgroup: {version: v1}}\n")
        reset = self.customize("os: {bootloader: {resetType: hard-reset}, kernelCommandLine: {extraCommandLine: [quiet]}}\n",
                               "--release", self.release, base=raw)
        for line in self.lines(reset):
            self.assertNotIn("audit=1", line)
            self.assertIn("quiet", line)
            self.assertIn("systemd.unified_cgroup_hierarchy=0", line)
        before, after = self.partitions(raw)[0], self.partitions(reset)[0]
        self.assertEqual({name: each["uuid"] for name, each in before.items()},
                         {name: each["uuid"] for name, each in after.items()})
        self.check_filesystems(reset)

    def test_another_loader_comes_with_a_reset(self):
        raw = self.customize("os: {bootloader: {resetType: hard-reset, type: systemd-boot}}\n", "--release", self.release)
        files = [entry["file"] for entry in self.inspect(raw)["system"]["bootEntries"]]
        self.assertTrue(files)
        self.assertEqual([each for each in files if "/loader/entries/" not in each], [])

    def test_the_files_go_to_a_disk_of_another_layout(self):
        raw = self.customize(NEW_DISK, "--release", self.release)
        copies = self.check_filesystems(raw)
        partitions = self.partitions(raw)[0]
        self.assertEqual(sorted(partitions), ["boot", "esp", "root"])
        former = self.partitions(self.base())[0]
        self.assertNotEqual(partitions["root"]["uuid"], former["root"]["uuid"])
        self.assertEqual(self.run_tool("debugfs", "-R", "cat /srv/kept", copies / "root").stdout, "kept\n")
        fstab = self.run_tool("debugfs", "-R", "cat /etc/fstab", copies / "root").stdout
        self.assertEqual([line.split()[1] for line in fstab.splitlines()], ["/", "/boot", "/boot/efi"])
        self.assertNotIn(former["root"]["uuid"].lower(), fstab.lower())
        for line in self.lines(raw):
            self.assertIn(f"root=PARTUUID={partitions['root']['uuid'].lower()}", [word.lower().replace("partuuid", "PARTUUID")
                                                                                  for word in line])
        self.assertEqual(self.inspect(raw)["system"]["hostName"], "moved")
        self.assertEqual(raw.read_bytes(), self.customize(NEW_DISK, "--release", self.release).read_bytes())

    def test_overlays_are_mounted_beside_what_the_base_mounts(self):
        overlay = ("os: {overlays: [{lowerDirs: [/etc], upperDir: /srv/upper, workDir: /srv/work, mountPoint: /etc, "
                   "mountDependencies: [/srv]}]}\n")
        raw = self.customize(overlay)
        copies = self.check_filesystems(raw)
        former = self.run_tool("debugfs", "-R", "cat /etc/fstab", self.check_filesystems(self.base()) / "root").stdout
        fstab = self.run_tool("debugfs", "-R", "cat /etc/fstab", copies / "root").stdout
        line = "overlay\t/etc\toverlay\tlowerdir=/etc,upperdir=/srv/upper,workdir=/srv/work,x-systemd.requires=/srv\t0\t0\n"
        self.assertEqual(fstab, former + line)
        for path in ("/upper", "/work"):
            self.assertIn("Type: directory", self.run_tool("debugfs", "-R", f"stat {path}", copies / "data").stdout)
        # Again it replaces its line, and says so.
        again = self.run_tool("debugfs", "-R", "cat /etc/fstab", self.check_filesystems(self.customize(overlay, base=raw)) / "root").stdout
        self.assertEqual(again, fstab)

    def test_an_overlay_of_the_initramfs_makes_it_anew(self):
        overlay = ("os: {overlays: [{lowerDirs: [/etc], upperDir: /var/upper, workDir: /var/work, mountPoint: /etc, "
                   "isInitrdOverlay: true}]}\n")
        self.assertIn("pipeline.no-release", self.customize(overlay, expect=2))
        name = next(self.root_tree(self.base()).glob("boot/init*")).name
        odd = self.customize(f"os: {{additionalFiles: [{{destination: /boot/{name}, content: odd}}]}}\n")
        tree = self.root_tree(self.customize(overlay, "--release", self.release, base=odd))
        self.assertIn("\tlowerdir=/sysroot/etc,upperdir=/sysroot/var/upper,workdir=/sysroot/var/work,x-initrd.mount",
                      (tree / "etc/fstab").read_text())
        self.assertEqual((self.root_tree(odd) / "boot" / name).read_bytes(), b"odd")
        self.assertNotEqual((tree / "boot" / name).read_bytes(), b"odd")

    def test_what_needs_a_release_or_another_base_is_refused(self):
        for text, code in (
                ("os: {bootloader: {resetType: hard-reset}}\n", "pipeline.no-release"),
                ("os: {fips: {mode: enabled}}\n", "pipeline.no-release"),
                ("os: {bootloader: {type: grub}}\n", "config.unsupported-key"),
                ("storage: {autoSize: true}\n", "config.unsupported-key"),
                ("previewFeatures: [uki]\nos: {uki: {mode: modify}}\n", "finalize.no-unified-kernel")):
            self.assertIn(code, self.customize(text, expect=2), text)


if __name__ == "__main__":
    unittest.main()
