# SPDX-License-Identifier: MIT
"""Composed nodes that are customized and booted: every check of the config that changed them is green."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from composing import LABEL_CHECK, derived_config  # noqa: E402
from imagewright_testing import TOP, TestCase, require_workbench  # noqa: E402
from kernels_test import NEWER, make_kernel_next  # noqa: E402

RELEASE = f"release: {TOP}/configs/releases/workbench.yaml\n"
HOST = "checks:\n- {name: host, file: /etc/hostname, expect: changed}\n"
VERIFIED = ("- {name: /usr is verified, command: \"veritysetup status usr | sed -n 's/.*status: *//p'\", expect: verified}\n"
            "- {name: /usr is mounted, command: findmnt -no SOURCE /usr, expect: /dev/mapper/usr}\n")
USR_APART = """storage:
  bootType: efi
  autoSize: true
  freeSpace: 64M
  disks:
  - partitionTableType: gpt
    partitions:
    - {id: esp, label: esp, type: esp, size: 160M}
    - {id: root, label: root, type: root, size: 512M}
    - {id: hashes, label: hashes, type: usr-verity, size: 16M}
    - {id: usr, label: usr, type: usr}
  filesystems:
  - {deviceId: esp, type: fat32, mountPoint: /boot/efi}
  - {deviceId: root, type: ext4, mountPoint: /}
  - {deviceId: usr, type: ext4, mountPoint: /usr}
"""
SELINUX = "[selinux-policy-default, policycoreutils, selinux-utils]"


class Customized(TestCase):
    @classmethod
    def setUpClass(cls):
        require_workbench()

    def base(self, directory, name, lines, storage="", architecture="x86_64"):
        config = directory / f"{name}.yaml"
        config.write_text(derived_config(f"{storage}os:\n  {lines}\noutput: {{name: {name}, images: [{{format: raw}}]}}\n")
                          .replace("[base-configs]", "[base-configs, uki]"))
        self.run_program("build", config, "--arch", architecture, "--output-dir", directory, "--progress", "none")
        return directory / f"{name}-{architecture}.raw"

    def customize(self, directory, name, base, text):
        """Made and booted."""
        config = directory / f"{name}.yaml"
        config.write_text(f"{text}output: {{name: {name}, images: [{{format: qcow2}}]}}\n")
        self.run_program("customize", "--image", base, config, "--output-dir", directory, "--progress", "none")
        image = next(directory.glob(f"{name}-*.qcow2"))
        report = json.loads(self.run_program("boot", image, "--json", "--progress", "none").stdout)
        self.assertTrue(report["checks"])
        self.assertEqual([row for row in report["checks"] if row["result"] != "passed"], [])
        return image

    def test_selinux_is_switched_on_and_off_under_grub(self):
        directory = self.scratch()
        base = self.base(directory, "grub", "bootloader: {type: grub}")
        on = self.customize(directory, "on", base,
                            RELEASE + f"os: {{hostname: changed, selinux: {{mode: enforcing}}, packages: {{install: {SELINUX}}}}}\n"
                            + HOST + f"- {json.dumps(LABEL_CHECK)}\n")
        self.customize(directory, "off", on, "os: {selinux: {mode: disabled}}\n" + HOST)

    def test_cgroups_of_version_1_and_back_under_systemd_boot(self):
        directory = self.scratch()
        base = self.base(directory, "entries", "bootloader: {type: systemd-boot}")
        older = self.customize(directory, "older", base, "os: {hostname: changed, cgroup: {version: v1}}\n" + HOST)
        self.customize(directory, "newer", older, "os: {cgroup: {version: v2}}\n" + HOST)

    def test_a_unified_kernel_is_given_another_command_line(self):
        directory = self.scratch()
        base = self.base(directory, "unified", "uki: {mode: create}")
        self.customize(directory, "modified", base,
                       "previewFeatures: [uki]\nos: {hostname: changed, uki: {mode: modify}, cgroup: {version: v1}, "
                       "kernelCommandLine: {extraCommandLine: [audit=1]}}\n" + HOST)

    def test_a_usr_of_the_base_is_verified_and_its_hashes_are_made_anew(self):
        directory = self.scratch()
        base = self.base(directory, "usr", "bootloader: {type: grub}", storage=USR_APART)
        verified = self.customize(directory, "verified", base,
                                  RELEASE + "storage: {verity: [{id: v, name: usr, dataDevice: {idType: part-label, id: usr}, "
                                  "hashDevice: {idType: part-label, id: hashes}, corruptionOption: panic}]}\nos: {hostname: changed}\n" + HOST + VERIFIED)
        self.customize(directory, "anew", verified,
                       "previewFeatures: [reinitialize-verity]\nstorage: {reinitializeVerity: all}\n"
                       "os: {additionalFiles: [{destination: /usr/share/canary, content: sings}]}\n" + HOST + VERIFIED
                       + "- {name: canary, file: /usr/share/canary, expect: sings}\n")

    def test_a_kernel_comes_and_goes(self):
        directory = self.scratch()
        base = self.base(directory, "one", "bootloader: {type: grub}")
        older = make_kernel_next(self, directory)
        config = directory / "two.yaml"
        config.write_text(RELEASE + f"repositories: [{{name: next, path: {directory}/repository, gpgCheck: false, repoGpgCheck: false}}]\n"
                          "os: {hostname: changed, packages: {install: [kernel-next]}}\noutput: {name: two, images: [{format: raw}]}\n")
        self.run_program("customize", "--image", base, config, "--output-dir", directory, "--progress", "none")
        two = directory / "two-x86_64.raw"
        found = json.loads(self.run_program("inspect", two, "--json").stdout)["system"]["kernels"]
        self.assertEqual(sorted(found), sorted([older, NEWER]))
        self.customize(directory, "back", two, RELEASE + "os: {packages: {remove: [kernel-next]}}\n" + HOST +
                       f"- {{name: kernel, command: uname -r, expect: {older}}}\n")

    def test_images_of_the_other_architecture_are_customized_under_each_loader(self):
        require_workbench("aarch64")
        directory = self.scratch()
        for name, lines in (("menu", "bootloader: {type: grub}"), ("entries", "bootloader: {type: systemd-boot}"), ("unified", "uki: {mode: create}")):
            with self.subTest(name=name):
                base = self.base(directory, name, lines, architecture="aarch64")
                mode = "previewFeatures: [uki]\n" if name == "unified" else ""
                uki = ", uki: {mode: modify}" if name == "unified" else ""
                self.customize(directory, f"{name}-changed", base,
                               f"{RELEASE}{mode}os: {{hostname: changed, packages: {{install: [jq]}}, users: [{{name: kim}}], "
                               f"kernelCommandLine: {{extraCommandLine: [audit=1]}}{uki}}}\n" + HOST
                               + "- {name: machine, command: uname -m, expect: aarch64}\n- {name: program, command: jq -n 1+1, expect: '2'}\n"
                                 "- {name: argument, command: grep -o audit=1 /proc/cmdline, expect: audit=1}\n")

    def test_fips_is_switched_on(self):
        directory = self.scratch()
        base = self.base(directory, "plain", "bootloader: {type: grub}")
        self.customize(directory, "fips", base, RELEASE + "os: {hostname: changed, fips: {mode: enabled}}\n" + HOST)


if __name__ == "__main__":
    unittest.main(verbosity=2)
