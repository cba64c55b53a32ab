#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Configs that others wrote, each against a base that fits: accepted, or refused for what is left for later, and never for anything else."""

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from customizing import BASE, CustomizingTestCase  # noqa: E402
from imagewright_testing import environment, require_program, require_shared_data  # noqa: E402

# Media and filesystems that are written by nobody here yet.
LEFT_FOR_LATER = {"iso", "pxe", "storage.filesystems[].type: btrfs", "storage.filesystems[].type: xfs"}
# Before every snapshot of the samples.
OLD = 1_700_000_000
# "kernel-6.6.57.1-7.azl3"
VERSIONED = re.compile(r"^(.+)-([0-9][^-]*)-([^-]+\.(?:azl|cm)[0-9]+)$")


def lists_below(value, keys):
    """The names that stand in lists under such keys, wherever these are."""
    if isinstance(value, dict):
        for key, below in value.items():
            if key in keys and isinstance(below, list):
                yield from (each for each in below if isinstance(each, str))
            else:
                yield from lists_below(below, keys)
    if isinstance(value, list):
        for each in value:
            yield from lists_below(each, keys)


def specification(packages):
    """Of many packages at once, without content but for kernels: (name, version, release) each."""
    text = "Name: samples\nVersion: 1\nRelease: 1\nSummary: s\nLicense: MIT\nBuildArch: noarch\nAutoReqProv: no\n%description\nd\n"
    files = ""
    for name, version, release in packages:
        text += f"%package -n {name}\nSummary: s\nVersion: {version}\nRelease: {release}\nAutoReqProv: no\n%description -n {name}\nd\n%files -n {name}\n"
        if name == "kernel":
            # By these a kernel is known, of which several stand beside each other.
            own = f"{version}-{release}"
            modules = f"usr/lib/modules/{own}"
            files += (f"mkdir -p boot {modules}/kernel; echo kernel > boot/vmlinuz-{own}; echo module > {modules}/kernel/loop.ko\n"
                      f"echo kernel/loop.ko > {modules}/modules.order; echo kernel/loop.ko: > {modules}/modules.dep; echo kernel/ext4.ko > {modules}/modules.builtin\n")
            text += f"/boot/vmlinuz-{own}\n/usr/lib/modules/{own}\n"
    text += f"%install\nmkdir -p %{{buildroot}}\ncd %{{buildroot}}\n{files}"
    return text


class Samples(CustomizingTestCase):
    @classmethod
    def setUpClass(cls):
        cls.samples = require_shared_data("azure-configs")
        require_program("veritysetup")
        super().setUpClass()
        cls.names = [name for name, _, kind in (line.partition("\t") for line in (cls.samples / "CLASSES.tsv").read_text().splitlines())
                     if kind == "VALID"]
        wanted, cls.present = set(), set()
        for path in (cls.samples / "image-customizer").rglob("*.yaml"):
            document = yaml.safe_load(path.read_text())
            wanted.update(lists_below(document, {"install", "packages"}))
            cls.present.update(lists_below(document, {"remove", "update"}))
            for name in lists_below(document, {"removeLists", "updateLists"}):
                cls.present.update(yaml.safe_load((path.parent / name).read_text())["packages"])
        kinds = [(match.groups() if (match := VERSIONED.match(name)) else (name, "1", "1")) for name in sorted(wanted | cls.present)]
        number = 0
        while kinds:
            # Two versions of one package are of two specifications.
            now = {name: (name, version, release) for name, version, release in reversed(kinds)}
            kinds = [each for each in kinds if each not in now.values()]
            spec = cls.top / f"samples-{number}.spec"
            spec.write_text(specification(now.values()))
            subprocess.run([cls.top / "base/rb.sh", spec, cls.top / "samples"], check=True, capture_output=True)
            number += 1
        for path in (cls.top / "samples").iterdir():
            os.utime(path, (OLD, OLD))
        subprocess.run(["createrepo_c", "-q", cls.top / "samples"], check=True)
        text = cls.release.read_text()
        stub = "stub: /usr/lib/boot/systemd-bootx64.efi"
        text = text.replace("roles:\n", "roles:\n  verity: [tinyboot]\n  selinux-policy: [tinyboot]\n  bootloader-bios: [tinyboot]\n"
                            "  package-manager: [tinyboot]\n  fips: [tinyboot]\n")
        text = re.sub(r"(systemd-boot: \{efiProgram: [^}]*)\}", rf"\1, {stub}}}", text)
        text = text.replace("repositories:\n", f"repositories:\n- {{name: samples, path: {cls.top / 'samples'}, gpgCheck: false, repoGpgCheck: false}}\n")
        assert stub in text and "samples" in text
        cls.release.write_text(text)

    def base_with_packages(self, loader):
        """What the samples remove and update is there."""
        if loader not in self.made_bases:
            config = self.top / f"{loader}.yaml"
            config.write_text(BASE.format(release=self.release, loader=loader, repositories="", formats="{format: raw}",
                                          os=f"  packages: {{install: [{', '.join(sorted(self.present))}]}}\n"))
            self.run_program("build", config, "--output-dir", self.top / loader, "--cache-dir", self.top / "cache", env=environment())
            self.made_bases[loader] = self.top / loader
        return next(self.made_bases[loader].glob("*.raw"))

    def outline(self, sample):
        """What was said of it, by the first base that it is accepted with, else by all."""
        said = []
        for loader in ("grub", "systemd-boot"):
            result = self.run_program("customize", "--image", self.base_with_packages(loader), self.samples / sample, "--release", self.release,
                                      "--dry-run", "--cache-dir", self.top / "cache", expect=None, env=environment())
            if result.returncode == 0:
                return result.stdout, ""
            said.append(result.stderr)
        return "", "\n".join(said)

    def test_each_is_accepted_or_refused_for_what_is_left_for_later(self):
        refused, wrong, accepted = set(), {}, 0
        for name in self.names:
            outline, said = self.outline(name)
            if outline:
                accepted += 1
                continue
            mistakes = [each for each in said.splitlines() if re.match(r"(.*: )?error: ", each)]
            later = {found.group(1) for each in mistakes if (found := re.search(r'error: "([^"]*)" is part of the language', each))}
            refused |= later
            others = [each for each in mistakes if "is part of the language" not in each]
            if not later <= LEFT_FOR_LATER or others or not mistakes:
                wrong[name] = others or said[-400:]
        self.assertEqual(wrong, {})
        self.assertEqual(refused, LEFT_FOR_LATER)
        self.assertGreater(accepted, 60)


if __name__ == "__main__":
    unittest.main()
