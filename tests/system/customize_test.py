# SPDX-License-Identifier: MIT
"""Composed nodes that are customized and booted: every check of the config that changed them is green."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import LABEL_CHECK, derived_config  # noqa: E402
from imagewright_testing import TOP, TestCase, require_workbench  # noqa: E402

RELEASE = f"release: {TOP}/configs/releases/workbench.yaml\n"
HOST = "checks:\n- {name: host, file: /etc/hostname, expect: changed}\n"
SELINUX = "[selinux-policy-default, policycoreutils, selinux-utils]"


class Customized(TestCase):
    @classmethod
    def setUpClass(cls):
        require_workbench()

    def base(self, directory, name, lines):
        config = directory / f"{name}.yaml"
        config.write_text(derived_config(f"os:\n  {lines}\noutput: {{name: {name}, images: [{{format: raw}}]}}\n")
                          .replace("[base-configs]", "[base-configs, uki]"))
        self.run_program("build", config, "--arch", "x86_64", "--output-dir", directory, "--progress", "none")
        return directory / f"{name}-x86_64.raw"

    def customize(self, directory, name, base, text):
        """Made and booted."""
        config = directory / f"{name}.yaml"
        config.write_text(f"{text}output: {{name: {name}, images: [{{format: qcow2}}]}}\n")
        self.run_program("customize", "--image", base, config, "--output-dir", directory, "--progress", "none")
        image = directory / f"{name}-x86_64.qcow2"
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

    def test_fips_is_switched_on(self):
        directory = self.scratch()
        base = self.base(directory, "plain", "bootloader: {type: grub}")
        self.customize(directory, "fips", base, RELEASE + "os: {hostname: changed, fips: {mode: enabled}}\n" + HOST)


if __name__ == "__main__":
    unittest.main(verbosity=2)
