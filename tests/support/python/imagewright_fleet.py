# SPDX-License-Identifier: MIT
"""A fleet of three variants, two architectures and two platforms, of a distribution so small that a unit takes a second."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from imagewright_reports import ReportsTestCase
from imagewright_testing import environment

ARCHITECTURES = ("x86_64", "aarch64")
FLEET = """
variants: {gen1: gen1.yaml, gen2: gen2.yaml, gen2-fips: gen2-fips.yaml}
architectures: [x86_64, aarch64]
platforms: {azure: [vhd-fixed], qemu: [qcow2]}
"""
VARIANT = """
release: {release}
os:
  hostname: {name}
  bootloader: {{resetType: hard-reset}}
  additionalFiles:
  - {{source: files/motd, destination: /etc/motd}}
  packages: {{install: [{packages}]}}
"""


class FleetTestCase(ReportsTestCase):
    """`self.repository` has packages for both architectures; `self.checkout()` makes what a team would have in git."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.repository = cls.top / "fleet-repository"
        cls.make_packages(cls.repository)
        profile = (cls.top / "base/tiny.yaml").read_text()
        profile = profile.replace("architectures: [x86_64]", "architectures: [x86_64, aarch64]")
        profile = profile.replace("consoles: {x86_64: [ttyS0]}", "consoles: {x86_64: [ttyS0], aarch64: [ttyAMA0]}")
        cls.release = cls.top / "fleet-release.yaml"
        cls.release.write_text(profile.replace(f"path: {cls.top}/base/repo", f"path: {cls.repository}"))

    @classmethod
    def make_packages(cls, repository):
        """Everything without an architecture: what stands for a kernel and for boot loaders runs nowhere."""
        specs = cls.top / "fleet-specs"
        specs.mkdir()
        base = cls.top / "base"
        # The root of a foreign architecture runs programs of this host: what is tested is who builds what, not emulation.
        script = (base / "make-base.sh").read_text().replace("rm -rf root rb\n", "").replace("rm -rf root repo rb", "rm -rf root rb")
        subprocess.run(["bash", "-c", script], check=True, capture_output=True)
        for spec in (base / "specs").glob("*.spec"):
            text = spec.read_text()
            if "BuildArch" not in text:
                text = text.replace("License: MIT", "License: MIT\nBuildArch: noarch")
            text = text.replace("Requires: tinybase", "")
            (specs / spec.name).write_text("%global _binaries_in_noarch_packages_terminate_build 0\n" + text)
        for version in ("1", "2"):
            (specs / f"extra-{version}.spec").write_text(
                f"Name: extra\nVersion: {version}\nRelease: 1\nSummary: e\nLicense: MIT\nBuildArch: noarch\nAutoReqProv: no\n%description\ne\n"
                f"%install\nmkdir -p %{{buildroot}}/usr/share/extra\necho {version} > %{{buildroot}}/usr/share/extra/version\n"
                "%files\n/usr/share/extra\n")
        for spec in sorted(specs.glob("*.spec")):
            if spec.name != "extra-2.spec":
                cls.make_package(spec, repository)
        shutil.rmtree(base / "root")
        cls.newer_package = specs / "extra-2.spec"
        cls.index(repository)

    @classmethod
    def make_package(cls, spec, repository):
        subprocess.run([cls.top / "base/rb.sh", spec, repository], check=True, capture_output=True,
                       env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"})

    @classmethod
    def index(cls, repository):
        subprocess.run(["createrepo_c", "-q", repository], check=True, capture_output=True)

    def checkout(self, fleet=FLEET, lock=True):
        directory = self.scratch() / "checkout"
        (directory / "files").mkdir(parents=True)
        (directory / "files/motd").write_text("hello\n")
        for name, packages in (("gen1", ""), ("gen2", ""), ("gen2-fips", "extra")):
            (directory / f"{name}.yaml").write_text(VARIANT.format(release=self.release, name=name, packages=packages))
            if lock:
                self.lock(directory, name)
        (directory / "fleet.yaml").write_text(fleet)
        return directory

    def lock(self, directory, name, *arguments):
        words = [word for architecture in ARCHITECTURES for word in ("--arch", architecture)]
        self.run_program("lock", f"{name}.yaml", *words, *arguments, cwd=directory, env=self.environment())

    def environment(self, **changes):
        return environment(XDG_CACHE_HOME=self.top / "fleet-cache", **changes)

    def matrix(self, directory, *arguments, expect=0, **options):
        words = arguments or ("--fleet", "fleet.yaml")
        return self.run_program("matrix", *words, cwd=directory, expect=expect, env=self.environment(), **options)

    def units(self, directory, *arguments):
        """Writes units.json and gives what is in it."""
        text = self.matrix(directory, *arguments).stdout
        (directory / "units.json").write_text(text)
        return json.loads(text)["units"]
