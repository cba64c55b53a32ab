# SPDX-License-Identifier: MIT
"""Unified kernel images that packages bring: they boot as they are, and nothing is promised that their command line does not say."""

import base64
import hashlib
import struct
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from sibling_images import SiblingTestCase, disk, package  # noqa: E402


def efi_program(sections):
    """A PE32+ program of these sections, which runs nothing."""
    headers = struct.pack("<2s58xI", b"MZ", 64)
    headers += b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, len(sections), 0, 0, 0, 240, 0x22)
    optional = struct.pack("<HBBIIIIIQIIHHHHHHIIIIHHQQQQII", 0x20B, 0, 0, 0, 0, 0, 0x1000, 0x1000, 0x10000, 0x1000, 0x200, 0, 0, 0, 0, 0, 0, 0,
                           0x100000, 0x400, 0, 10, 0, 0, 0, 0, 0, 0, 16)
    headers += optional.ljust(240, b"\0")
    offset, address, body = 0x400, 0x1000, b""
    for name, content in sections:
        stored = -(-len(content) // 0x200) * 0x200
        headers += struct.pack("<8sIIIIIIHHI", name, len(content), address, stored, offset, 0, 0, 0, 0, 0x40000040)
        body += content.ljust(stored, b"\0")
        offset, address = offset + stored, address + 0x1000
    return headers.ljust(0x400, b"\0") + body


def kernel(release, command_line):
    return efi_program([(b".osrel", b"ID=tiny\n"), (b".uname", release.encode()), (b".cmdline", command_line.encode() + b"\n\0"),
                        (b".initrd", b"initrd"), (b".linux", b"linux")])


def kernel_package(name, path, content, more=""):
    install = f"mkdir -p //{Path(path).parent}\necho {base64.b64encode(content).decode()} | base64 -d > //{path}\n" + more
    return package(name, install=install, files=path)


ON_ESP = kernel("1.0-uki", "console=ttyS0")
BESIDE_MODULES = kernel("2.0", "console=ttyS1 quiet")
ROOTED = kernel("3.0", "root=LABEL=root console=ttyS0")
PASSTHROUGH = "previewFeatures: [uki]\nos:\n  kernel: {package: %s}\n  uki: {mode: passthrough}\n"


class PackagedKernel(SiblingTestCase):
    PACKAGES = (kernel_package("uki", "/boot/efi/EFI/Linux/vmlinuz-uki-1.0.efi", ON_ESP),
                kernel_package("uki-modules", "/usr/lib/modules/2.0/vmlinuz-virt.efi", BESIDE_MODULES),
                kernel_package("uki-rooted", "/boot/efi/EFI/Linux/rooted.efi", ROOTED),
                package("uki-kernel", install="mkdir -p //usr/lib/modules/1.0-uki/kernel //boot; echo k > //boot/vmlinuz-1.0-uki; "
                        "echo m > //usr/lib/modules/1.0-uki/kernel/bridge.ko; > //usr/lib/modules/1.0-uki/modules.dep; ln -s /boot/vmlinuz-1.0-uki //usr/lib/modules/1.0-uki/vmlinuz",
                        files="/usr/lib/modules/1.0-uki\n/boot/vmlinuz-1.0-uki"),
                package("plain-kernel", install="mkdir -p //usr/lib/modules/9.0; echo k > //usr/lib/modules/9.0/vmlinuz", files="/usr/lib/modules/9.0"))

    def digest_at(self, built, path):
        return next(word for word in built.manifest()["files"][path].split() if word.startswith("sha256:")).removeprefix("sha256:")

    def test_the_image_of_a_package_is_started_as_it_is(self):
        built = self.image(PASSTHROUGH % "uki", formats=("raw",))
        manifest = built.manifest()
        path = "/boot/efi/EFI/Linux/vmlinuz-uki-1.0.efi"
        self.assertEqual(self.digest_at(built, path), hashlib.sha256(ON_ESP).hexdigest())
        self.assertEqual(manifest["kernels"], [{"release": "1.0-uki", "image": path, "initramfs": path}])
        self.assertEqual(manifest["kernelCommandLine"], "console=ttyS0")
        self.assertFalse([each for each in manifest["files"] if "initramfs-" in each or each.startswith("/boot/efi/loader/entries/")])
        self.assertNotIn("/etc/kernel/cmdline", manifest["files"])
        self.assertNotIn("tiny-initramfs", {each["name"] for each in manifest["packages"]})
        esp = built.partition("esp")
        self.assertIn("default vmlinuz-uki-1.0.efi", self.run_tool("mtype", "-i", esp, "::/loader/loader.conf").stdout)

    def test_the_modules_of_its_kernels_own_package_are_listed_and_nothing_else_is_made_for_that(self):
        manifest = self.image(PASSTHROUGH % "uki" + "  packages: {install: [uki-kernel]}\n", formats=("raw",)).manifest()
        path = "/boot/efi/EFI/Linux/vmlinuz-uki-1.0.efi"
        self.assertEqual(manifest["kernels"], [{"release": "1.0-uki", "image": path, "initramfs": path}])
        self.assertIn("/usr/lib/modules/1.0-uki/kernel/bridge.ko", manifest["files"])
        self.assertFalse([each for each in manifest["files"] if "initramfs-" in each or each.startswith("/boot/efi/loader/entries/")])

    def test_one_beside_its_modules_is_put_where_the_loader_looks(self):
        built = self.image(PASSTHROUGH % "uki-modules", formats=("raw",))
        self.assertEqual(self.digest_at(built, "/boot/efi/EFI/Linux/tiny-2.0.efi"), hashlib.sha256(BESIDE_MODULES).hexdigest())
        self.assertEqual(built.manifest()["kernelCommandLine"], "console=ttyS1 quiet")

    def test_what_the_config_wants_on_the_command_line_is_refused_where_it_stands(self):
        rows = (("  fips: {mode: enabled}\n", "policy."), ("  cgroup: {version: v1}\n", "policy.boot-conflict"),
                ("  kernelCommandLine: {extraCommandLine: [quiet]}\n", "config.conflict"), ("  selinux: {mode: disabled}\n", "config.conflict"),
                ("  bootloader: {type: grub}\n", "policy.boot-conflict"))
        for more, code in rows:
            with self.subTest(more=more):
                said = self.run_on("plan", self.config(PASSTHROUGH % "uki" + more))
                self.assertEqual(said.code, 2, said.said)
                self.assertIn(f"[{code}", said.said)

    def test_a_plan_says_whose_command_line_it_is(self):
        path = self.config(PASSTHROUGH % "uki")
        planned = self.run_program("plan", path, "--cache-dir", self.top / "cache").stdout
        self.assertIn("unified images of packages", planned)
        self.assertIn("what the packaged image says", planned)

    def test_packages_without_one_are_refused(self):
        built = self.build(PASSTHROUGH % "plain-kernel")
        self.assert_refused(built, "finalize.no-packaged-kernel", exit_code=1)
        self.assert_refused(self.build("previewFeatures: [uki]\nos: {uki: {mode: passthrough}}\n"), "policy.missing-role", "unified-kernel")

    def test_the_root_can_be_found(self):
        storage = disk([]).replace("type: root,", "type: linux-generic,")
        refused = self.build(PASSTHROUGH % "uki" + storage, formats=("raw",))
        self.assertIn("[finalize.root-not-found]", refused.said)
        built = self.image(PASSTHROUGH % "uki-rooted" + storage, formats=("raw",))
        self.assertIn("root=LABEL=root", built.manifest()["kernelCommandLine"])

    def test_modify_still_needs_a_base(self):
        said = self.run_on("build", self.config("previewFeatures: [uki]\nos: {uki: {mode: modify}}\n"))
        self.assertIn("[config.unsupported-key]", said.said)


if __name__ == "__main__":
    unittest.main()
