# SPDX-License-Identifier: MIT
"""Wishes that contradict each other are refused before anything is done, with both places in the config."""

import json
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import TOP, TestCase, require_workbench  # noqa: E402

RELEASE = TOP / "configs/releases/workbench.yaml"


class Conflicts(TestCase):
    @classmethod
    def setUpClass(cls):
        require_workbench()

    def refused(self, system, release=RELEASE, storage="{}"):
        """The messages of `plan` for a config whose `os` has these lines; the first of them is line 4."""
        scratch = self.scratch()
        path = scratch / "node.yaml"
        path.write_text(f"release: {release}\nstorage: {storage}\nos:\n" + "".join(f"  {line}\n" for line in system) +
                        "output: {name: x, images: [{format: raw}]}\npreviewFeatures: [uki]\n")
        result = self.run_program("plan", path, "--arch", "x86_64", expect=2)
        self.assertEqual(list(scratch.iterdir()), [path])
        return result.stderr.replace(str(path), "node.yaml")

    def test_an_argument_that_turns_off_what_the_config_turns_on(self):
        for wish, word, key in (("fips: {mode: enabled}", "fips=0", "os.fips.mode"),
                                ("selinux: {mode: enforcing}", "selinux=0", "os.selinux.mode"),
                                ("selinux: {mode: permissive}", "enforcing=1", "os.selinux.mode"),
                                ("cgroup: {version: v1}", "systemd.unified_cgroup_hierarchy=1", "os.cgroup.version"),
                                ("cgroup: {version: v2}", "systemd.unified_cgroup_hierarchy=0", "os.cgroup.version")):
            with self.subTest(word=word):
                said = self.refused([wish, f"kernelCommandLine: {{extraCommandLine: [\"{word}\"]}}"])
                self.assertRegex(said, rf"node.yaml:5:\d+: error: the kernel argument \"{word}\" contradicts {key} \[policy.command-line")
                self.assertRegex(said, rf"node.yaml:4:\d+: {key} is decided here")

    def test_cgroup_version_1_with_a_systemd_that_lacks_it(self):
        profile = self.scratch() / "release.yaml"
        text = RELEASE.read_text().replace("../../build", str(TOP / "build")).replace('systemd: "252"', 'systemd: "258"')
        profile.write_text(text)
        said = self.refused(["cgroup: {version: v1}"], release=profile)
        self.assertRegex(said, r"node.yaml:4:\d+: error: systemd 258 .* has no cgroup version 1 \[policy.cgroup-v1-unsupported\]")
        line = text.splitlines().index('  systemd: "258"') + 1
        self.assertIn(f"{profile}:{line}:", said)

    def test_boot_loaders_that_cannot_start_what_is_wanted(self):
        legacy = json.dumps({"bootType": "legacy", "disks": [{"partitionTableType": "gpt", "maxSize": "2G", "partitions": [
            {"id": "bios", "type": "bios-grub", "size": "1M"}, {"id": "root", "size": "grow"}]}],
            "filesystems": [{"deviceId": "root", "type": "ext4", "mountPoint": "/"}]})
        for system, storage, message, other in (
                (["uki: {mode: create}", "bootloader: {type: grub}"], "{}", "GRUB does not find unified kernel images", 5),
                (["uki: {mode: create}"], legacy, "a BIOS cannot start unified kernel images", 2),
                (["bootloader: {type: systemd-boot}"], legacy, '"systemd-boot" cannot be started by a BIOS', 2)):
            with self.subTest(message=message):
                said = self.refused(system, storage=storage)
                self.assertRegex(said, rf"node.yaml:4:\d+: error: {message} \[policy.boot-conflict\]")
                self.assertRegex(said, rf"node.yaml:{other}:\d+: the boot ")

    def test_a_boot_loader_that_the_release_lacks(self):
        said = self.refused(["bootloader: {type: systemd-bot}"])
        self.assertRegex(said, r"node.yaml:4:\d+: error: release \"workbench\" has no boot loader \"systemd-bot\"")
        self.assertIn('did you mean "systemd-boot"?', said)

    def profile(self, *changes):
        """The workbench's profile with pieces of its text replaced."""
        path = self.scratch() / "release.yaml"
        text = RELEASE.read_text().replace("../../build", str(TOP / "build"))
        for before, after in changes:
            self.assertIn(before, text)
            text = text.replace(before, after)
        path.write_text(text)
        return path

    def test_a_boot_setup_that_cannot_be_made_is_refused_before_anything_is_fetched(self):
        stub = re.search(r"(?m)^ +stub:.*\n", RELEASE.read_text()).group(0)
        without_stub = self.profile((stub, ""))
        said = self.refused(["uki: {mode: create}"], release=without_stub)
        self.assertRegex(said, r"node.yaml:4:\d+: error: release \"workbench\" has no stub .* \[finalize.no-stub\]")
        default = re.search(r"(?m)^defaultBootLoader:.*\n", RELEASE.read_text()).group(0)
        loader = re.search(r"(?m)^bootLoaders:\n", RELEASE.read_text()).group(0)
        unknown = self.profile((default, "defaultBootLoader: refind\n"), (loader, loader + "  refind: {efiProgram: /refind.efi}\n"))
        said = self.refused(["hostname: node"], release=unknown)
        self.assertRegex(said, r"refind")
        self.assertIn(str(unknown), said)

    def test_a_disk_that_the_default_firmware_cannot_start_is_refused(self):
        disk = json.dumps({"disks": [{"partitionTableType": "gpt", "maxSize": "2G", "partitions": [
            {"id": "root", "size": "grow"}]}], "bootType": "efi",
            "filesystems": [{"deviceId": "root", "type": "ext4", "mountPoint": "/"}]})
        self.assertRegex(self.refused(["hostname: node"], storage=disk), r"node.yaml:2:\d+: error: .*esp")


if __name__ == "__main__":
    unittest.main(verbosity=2)
