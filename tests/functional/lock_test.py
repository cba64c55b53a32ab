# SPDX-License-Identifier: MIT
"""What a lock promises: it is believed only where its packages say the same, and it says what has changed."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import TOP, WORKBENCH, TestCase, environment, require_workbench  # noqa: E402

# Just enough of a release to plan, and to install packages: a build ends when it finds no kernel.
RELEASE = f"""\
name: tiny
title: A few packages of the workbench
version: "12"
architectures: [x86_64]
repositories:
- {{name: workbench, path: {WORKBENCH}/$basearch, gpgKeys: [{WORKBENCH}/RPM-GPG-KEY-workbench]}}
roles:
  kernel: [base-files]
  init: [base-files]
  initramfs: [base-files]
  bootloader-systemd-boot: [base-files]
bootLoaders:
  systemd-boot: {{efiProgram: /usr/lib/systemd/boot/efi/systemd-boot@efi@.efi}}
defaultBootLoader: systemd-boot
defaultStorage:
  bootType: efi
  disks:
  - partitionTableType: gpt
    partitions:
    - {{id: esp, type: esp, size: 64M}}
    - {{id: root, type: root, size: 1G}}
  filesystems:
  - {{deviceId: esp, type: fat32, mountPoint: /boot/efi}}
  - {{deviceId: root, type: ext4, mountPoint: /}}
"""
CONFIG = """\
release: tiny
architectures: [x86_64]
os:
  packages:
    install: [base-files, base-passwd]
output:
  image: {path: published/root.tar, format: tar}
"""


class TinyCase(TestCase):
    def setUp(self):
        require_workbench()
        self.directory = self.scratch()
        (self.directory / "releases").mkdir()
        (self.directory / "releases/tiny.yaml").write_text(RELEASE)
        self.config = self.directory / "node.yaml"
        self.config.write_text(CONFIG)
        self.lock = self.directory / "node.lock.json"

    def run_in(self, command, *arguments, **options):
        return self.run_program(command, self.config, *arguments, "--cache-dir", self.directory / "cache",
                                cwd=self.directory, **options)

    def write_lock(self, change):
        """The lock with a change in what it says of x86_64."""
        value = json.loads(self.lock.read_text())
        change(value["architectures"]["x86_64"])
        self.lock.write_text(json.dumps(value))


class Locks(TinyCase):
    def build(self, expect):
        return self.run_in("build", "--locked", "--no-cache", "--progress", "none", expect=expect).stderr

    def test_a_changed_field_never_gives_another_image(self):
        self.run_in("lock")
        original = self.lock.read_text()
        # With the true lock the packages are installed, and then there is no kernel.
        self.assertIn("[finalize.no-kernel]", self.build(1))
        other = "0" * 64
        changes = {
            "name": lambda package: package.update(name=package["name"] + "x"),
            "version": lambda package: package.update(version="9:" + package["version"]),
            "architecture": lambda package: package.update(architecture="aarch64"),
            "repository": lambda package: package.update(repository="other"),
            "location": lambda package: package.update(location="Packages/other.rpm"),
            "checksum": lambda package: package.update(checksum="sha256:" + other),
            "downloadSize": lambda package: package.update(downloadSize=package["downloadSize"] + 1),
            "installedSize": lambda package: package.update(installedSize=package["installedSize"] + 1),
            "buildTime": lambda package: package.update(buildTime=package["buildTime"] + 100000000),
            "source": lambda package: package.pop("source"),
            "license": lambda package: package.update(license="none"),
            "vendor": lambda package: package.update(vendor="somebody"),
        }
        fields = set(json.loads(original)["architectures"]["x86_64"]["packages"][0])
        self.assertEqual(fields, set(changes), "a field of a lock that nobody holds against anything")
        for field, change in changes.items():
            with self.subTest(field=field):
                self.lock.write_text(original)
                self.write_lock(lambda entry, change=change: change(entry["packages"][0]))
                said = self.build(None)
                self.assertRegex(said, r"error: .*\[(install|repo|lock)\.[a-z-]+\]")
                self.assertNotIn("[finalize.no-kernel]", said)
        self.lock.write_text(original)
        self.write_lock(lambda entry: entry["repositories"][0].update(keys=["0" * 40]))
        self.assertIn("[repo.key-changed]", self.build(5))
        self.lock.write_text(original)
        self.write_lock(lambda entry: entry.update(request="sha256:" + other))
        self.assertIn("[lock.stale]", self.build(5))

    def test_a_stale_lock_tells_what_has_changed(self):
        self.run_in("lock")
        self.config.write_text(CONFIG.replace("base-passwd", "bash"))
        said = self.run_in("lock", "--check", expect=5).stderr
        self.assertIn("+ package bash", said)
        self.assertIn("- package base-passwd", said)

    def test_the_remedy_for_an_empty_lock_helps(self):
        self.lock.write_text("")
        said = self.run_in("lock", expect=2).stderr
        self.assertIn("is empty", said)
        self.assertIn("remove it and run", said)
        self.lock.unlink()
        self.run_in("lock")

    def test_a_pipeline_without_a_lock_is_told_so(self):
        pipeline = environment(CI="true")
        self.assertIn("warning: there is no lock file", self.run_in("plan", env=pipeline).stderr)
        self.run_in("lock")
        self.assertNotIn("warning", self.run_in("plan", env=pipeline).stderr)

    def test_moving_a_package_that_there_is_not_is_an_error(self):
        self.run_in("lock")
        before = self.lock.read_text()
        said = self.run_in("lock", "--update", "base-passwdd", expect=2).stderr
        self.assertIn("[lock.unknown-package]", said)
        self.assertIn('did you mean "base-passwd"?', said)
        self.assertEqual(self.lock.read_text(), before)
        self.run_in("lock", "--update", "base-*")

    def test_another_file_behind_the_same_version_and_another_key_are_told(self):
        self.run_in("lock")
        first = json.loads(self.lock.read_text())["architectures"]["x86_64"]["packages"][0]
        self.write_lock(lambda entry: (entry["packages"][0].update(checksum="sha256:" + "0" * 64),
                                       entry["repositories"][0].update(keys=["0" * 40])))
        said = self.run_in("lock").stdout.splitlines()
        self.assertTrue(any(line.startswith(f"! {first['name']}.") and first["checksum"] in line for line in said), said)
        self.assertTrue(any(line.startswith("! repository workbench: keys " + "0" * 40) for line in said), said)


class Outputs(TinyCase):
    """What a build is asked to write, and where."""

    def whole(self):
        """A config of the workbench's own release, which gives an image."""
        self.config.write_text(CONFIG.replace("release: tiny", f"release: {TOP}/configs/releases/workbench.yaml"))

    def test_the_path_of_the_image_is_honoured(self):
        self.whole()
        self.run_in("build", "--progress", "none", "--report", "report.json")
        published = self.directory / "published"
        self.assertTrue((published / "root.tar").is_file())
        self.assertIn("root.tar", (published / "SHA256SUMS").read_text())
        self.assertFalse((self.directory / "out").exists())
        self.assertIn("imagewrightReport", json.loads((self.directory / "report.json").read_text()))
        said = self.run_program("verify", published, "--cache-dir", self.directory / "cache", cwd=self.directory).stdout
        self.assertIn("root.tar: same bytes", said)

    def test_one_file_does_not_hold_two_images(self):
        self.config.write_text(CONFIG.replace(", format: tar", "") + "  images: [{format: qcow2}, {format: tar}]\n")
        self.assertIn("[pipeline.output-clash]", self.run_in("plan", expect=2).stderr)
        self.config.write_text(CONFIG.replace("published/root.tar", "'published/a root.tar'"))
        self.assertIn("[pipeline.bad-output-name]", self.run_in("plan", expect=2).stderr)

    def test_a_report_that_cannot_be_written_is_told_before_anything_is_done(self):
        for report in ("missing/report.json", "."):
            result = self.run_in("build", "--report", report, expect=2)
            self.assertIn("[pipeline.cannot-write-report]", result.stderr)
            self.assertFalse((self.directory / "published").exists())
            self.assertFalse((self.directory / "cache").exists())

    def test_what_is_in_the_way_of_the_root_is_told_before_publication(self):
        self.whole()
        kept = self.directory / "published/node-x86_64.root"
        kept.mkdir(parents=True)
        if self.run_tool("chattr", "+i", kept, expect=None).returncode != 0:
            self.skipTest("this filesystem has no immutable directories")
        self.addCleanup(self.run_tool, "chattr", "-i", kept)
        self.run_in("build", "--progress", "none", "--keep-root", "--report", "report.json", expect=1)
        self.assertEqual([path.name for path in (self.directory / "published").iterdir() if path.name != kept.name], [])
        self.assertFalse((self.directory / "report.json").exists())


class Plans(TinyCase):
    def test_a_disk_that_is_too_small_is_told_before_it_is_full(self):
        self.config.write_text(CONFIG.replace("  image: {path: published/root.tar, format: tar}", "  name: node")
                               .replace("[base-files, base-passwd]", "[linux-image-cloud-amd64, systemd]"))
        release = self.directory / "releases/tiny.yaml"
        release.write_text(RELEASE.replace("size: 1G", "size: 64M"))
        self.assertIn("[plan.disk-too-small]", self.run_in("plan").stderr)
        release.write_text(RELEASE)
        self.assertNotIn("[plan.disk-too-small]", self.run_in("plan").stderr)

    def test_a_disk_that_is_fitted_has_no_size_yet(self):
        release = self.directory / "releases/tiny.yaml"
        release.write_text(RELEASE.replace("  bootType: efi", "  bootType: efi\n  autoSize: true"))
        text = self.run_in("plan").stdout
        self.assertIn("fitted to its content", text)
        self.assertNotIn("4 GiB", text)
        self.assertIs(json.loads(self.run_in("plan", "--json").stdout)[0]["fitsContent"], True)

    def test_packages_are_listed_when_asked_for(self):
        self.assertNotIn("VERSION", self.run_in("plan").stdout)
        self.assertRegex(self.run_in("plan", "--packages").stdout, r"(?m)^  base-passwd +\S+ +x86_64 +workbench")


class Validation(TinyCase):
    def test_what_build_cannot_honour_is_a_mistake(self):
        self.config.write_text(CONFIG + "iso: {initramfsType: bootstrap}\n")
        said = self.run_program("validate", self.config, expect=2).stderr
        self.assertIn("[config.unsupported-key]", said)
        self.config.write_text(CONFIG)
        self.run_program("validate", self.config)


if __name__ == "__main__":
    unittest.main(verbosity=2)
