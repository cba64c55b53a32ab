# SPDX-License-Identifier: MIT
"""`imagewright lint` on archives that break one rule each, and on disks for Azure and WSL."""

import io
import json
import re
import struct
import subprocess
import sys
import tarfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import TestCase  # noqa: E402

ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 2, 62) + bytes(44)
ICON = struct.pack("<HHH", 0, 1, 1) + bytes(58)
DISTRIBUTION = ("[oobe]\ncommand = /usr/lib/wsl/first-run.sh\ndefaultUid = 1000\ndefaultName = my-distro\n\n"
                "[shortcut]\nicon = /usr/lib/wsl/icon.ico\n")


def member(name, mode=0o644, content=b"", **members):
    info = tarfile.TarInfo(name)
    info.mode = mode
    info.size = len(content)
    for key, value in members.items():
        setattr(info, key, value)
    return info, content


def link(name, target):
    return member(name, 0o777, type=tarfile.SYMTYPE, linkname=target)


def good_members():
    """A distribution that breaks no rule, by name."""
    members = [
        link("bin", "usr/bin"), link("sbin", "usr/sbin"),
        member("etc/wsl-distribution.conf", content=DISTRIBUTION.encode()),
        member("etc/wsl.conf", content=b"[boot]\nsystemd=true\n"),
        member("etc/passwd", content=b"root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/sbin/nologin\n"),
        member("etc/shadow", 0o640, b"root:*:19000::::::\ndaemon:!*:19000::::::\n", gid=42),
        member("etc/machine-id"),
        member("etc/fstab", content=b"# nothing\n"),
        member("usr/bin/bash", 0o755, ELF), link("usr/bin/sh", "bash"),
        member("usr/lib/systemd/systemd", 0o755, ELF), link("usr/sbin/init", "../lib/systemd/systemd"),
        member("usr/lib/os-release", content=b"NAME=x\nID=x\n"),
        member("usr/lib/systemd/system/systemd-resolved.service", content=b"[Unit]\n"),
        member("usr/lib/wsl/first-run.sh", 0o755, b"#!/bin/sh\n"),
        member("usr/lib/wsl/icon.ico", 0o644, ICON),
    ]
    return {info.name: (info, content) for info, content in members}


class Lint(TestCase):
    # Every rule that a file of these tests was found to break.
    ever_broken = set()

    def archive(self, members, name="distro.wsl", mode="w:gz"):
        path = self.scratch() / name
        with tarfile.open(path, mode) as archive:
            for info, content in members:
                archive.addfile(info, io.BytesIO(content))
        return path

    def broken(self, path, *arguments):
        result = self.run_program("lint", path, "--json", *arguments, expect=None)
        report = json.loads(result.stdout)
        self.assertEqual(result.returncode, 5 if report["broken"] else 0, result.stderr)
        broken = {rule["id"] for rule in report["rules"] if rule["outcome"] == "broken"}
        self.ever_broken.update(broken)
        return broken

    def with_change(self, *changes, without=()):
        members = good_members()
        for name in without:
            del members[name]
        for info, content in changes:
            members[info.name] = (info, content)
        return self.archive(members.values())

    def test_a_good_archive_breaks_no_rule_however_its_members_are_named(self):
        for prefix in ("", "./", "/"):
            members = []
            for info, content in good_members().values():
                info.name = prefix + info.name
                members.append((info, content))
            self.assertEqual(self.broken(self.archive(members)), set(), prefix)

    def test_xz_is_good_and_everything_else_is_not(self):
        members = list(good_members().values())
        self.assertEqual(self.broken(self.archive(members, mode="w:xz")), set())
        for mode in ("w", "w:bz2"):
            self.assertEqual(self.broken(self.archive(members, mode=mode)), {"wsl.compression"}, mode)

    def test_each_doctored_archive_fails_by_its_rule(self):
        distribution = lambda text: member("etc/wsl-distribution.conf", content=text.encode())  # noqa: E731
        cases = {
            "wsl.distribution-conf": [
                ([member("etc/wsl-distribution.conf", 0o600, DISTRIBUTION.encode())], ()),
                ([member("etc/wsl-distribution.conf", 0o644, DISTRIBUTION.encode(), uid=1000)], ()),
                ([member("etc/wsl-distribution.conf", 0o644, DISTRIBUTION.encode(), gid=5)], ())],
            "wsl.distribution-keys": [([distribution(DISTRIBUTION + "colour = blue\n")], ()),
                                      ([distribution(DISTRIBUTION + "[oobe]\ndefaultGid = 5\n")], ()),
                                      ([distribution("name = x\n" + DISTRIBUTION)], ())],
            "wsl.default-name": [([distribution(DISTRIBUTION.replace("defaultName = my-distro\n", ""))], ()),
                                 ([distribution(DISTRIBUTION.replace("my-distro", "my distro"))], ())],
            "wsl.first-run": [
                ([member("usr/lib/wsl/first-run.sh", 0o644, b"#!/bin/sh\n")], ()),
                ([member("usr/lib/wsl/first-run.sh", 0o755, b"#!/bin/sh\n", uid=7)], ()),
                ([], ("usr/lib/wsl/first-run.sh",)),
                ([distribution(DISTRIBUTION.replace("/usr/lib/wsl/first", "/etc/first")),
                  member("etc/first-run.sh", 0o755, b"#!/bin/sh\n")], ())],
            "wsl.default-uid": [([distribution(DISTRIBUTION.replace("= 1000", "= 500"))], ()),
                                ([distribution(DISTRIBUTION.replace("defaultUid = 1000\n", ""))], ())],
            "wsl.icon": [
                ([distribution(DISTRIBUTION.split("[shortcut]")[0])], ()),
                ([member("usr/lib/wsl/icon.ico", 0o644, b"\x89PNG\r\n\x1a\n" + bytes(40))], ()),
                ([member("usr/lib/wsl/icon.ico", 0o644, ICON + bytes(1 << 20))], ()),
                ([member("usr/lib/wsl/icon.ico", 0o600, ICON)], ()),
                ([distribution(DISTRIBUTION.replace("/usr/lib/wsl/icon", "/etc/icon")), member("etc/icon.ico", 0o644, ICON)], ())],
            "wsl.terminal-profile": [
                ([distribution(DISTRIBUTION + "[windowsterminal]\nprofileTemplate = /usr/lib/wsl/t.json\n"),
                  member("usr/lib/wsl/t.json", 0o640, b"{not json")], ()),
                ([distribution(DISTRIBUTION + "[windowsterminal]\nprofileTemplate = /usr/lib/wsl/t.json\n"),
                  member("usr/lib/wsl/t.json", 0o755, b"{}")], ()),
                ([distribution(DISTRIBUTION + "[windowsterminal]\nprofileTemplate = /usr/lib/wsl/t.json\n")], ())],
            "wsl.conf": [([], ("etc/wsl.conf",)), ([member("etc/wsl.conf", 0o666, b"[boot]\nsystemd=true\n")], ())],
            "wsl.conf-keys": [([member("etc/wsl.conf", content=b"[boot]\nsystemd=true\ncolour=blue\n")], ()),
                              ([member("etc/wsl.conf", content=b"[boot]\nsystemd=true\n[colours]\nblue=1\n")], ())],
            "wsl.conf-left-to-users": [([member("etc/wsl.conf", content=b"[boot]\nsystemd=true\n[user]\ndefault=x\n")], ())],
            "wsl.passwd": [
                ([member("etc/passwd", content=b"root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/root:/bin/sh\n")], ()),
                ([member("etc/passwd", content=b"admin:x:0:0::/root:/bin/sh\n")], ()),
                ([member("etc/passwd", content=b"root:x:0:0::/root:/bin/sh\nbroken:x:1\n")], ()),
                ([member("etc/passwd", 0o600, b"root:x:0:0::/root:/bin/sh\n")], ())],
            "wsl.default-uid-is-free": [
                ([member("etc/passwd", content=b"root:x:0:0::/root:/bin/sh\nme:x:1000:1000::/:/bin/sh\n")], ())],
            "wsl.shadow": [([member("etc/shadow", 0o644, b"root:*:1::::::\n")], ()),
                           ([member("etc/shadow", 0o640, b"root:*:1::::::\n", uid=3)], ())],
            "wsl.no-passwords": [([member("etc/shadow", 0o640, b"root:" + hash + b":1::::::\n")], ())
                                 for hash in (b"$6$salt$hash", b"!$y$j9T$x$y", b"abJnggxhB/yWI")],
            "wsl.shells": [([], ("usr/bin/sh",)), ([member("usr/bin/bash", 0o700, ELF)], ()),
                           ([member("usr/bin/bash", 0o755, b"#!/bin/true\n" + bytes(60))], ())],
            "wsl.init": [([], ("usr/sbin/init",)),
                         ([member("usr/lib/systemd/systemd", 0o755, ELF[:18] + struct.pack("<H", 183) + ELF[20:])], ())],
            "wsl.units": [
                ([link("usr/lib/systemd/system/sysinit.target.wants/systemd-resolved.service", "../systemd-resolved.service")], ()),
                ([link("etc/systemd/system/multi-user.target.wants/systemd-networkd.service", "/usr/lib/systemd/system/x")], ()),
                ([link("etc/systemd/user/default.target.wants/tmp.mount", "/usr/lib/systemd/system/tmp.mount")], ())],
            "wsl.no-resolv-conf": [([member("etc/resolv.conf")], ()), ([link("etc/resolv.conf", "/run/x")], ())],
            "wsl.no-kernel": [([member(name, content=b"x")], ()) for name in (
                "boot/vmlinuz-6.6", "boot/initramfs-6.6.img", "boot/initrd.img", "usr/lib/modules/6.6/vmlinuz",
                "boot/efi/EFI/BOOT/BOOTX64.EFI")],
            "wsl.no-labels": [
                ([member("usr/bin/x", 0o755, pax_headers={"SCHILY.xattr." + name: "value"})], ())
                for name in ("security.selinux", "security.ima", "security.evm")],
            "wsl.os-release": [([], ("usr/lib/os-release",)), ([member("usr/lib/os-release", content=b"NAME=x\n")], ())],
            "wsl.no-machine-id": [([member("etc/machine-id", content=b"0123456789abcdef0123456789abcdef\n")], ())],
            "wsl.no-mounts": [([member("etc/fstab", content=b"UUID=x / ext4 defaults 0 1\n")], ())],
            "wsl.owners": [([member("usr/share/x", uname="alice", uid=1001)], ())],
        }
        for rule, variants in cases.items():
            for changes, without in variants:
                with self.subTest(rule=rule, changes=[info.name for info, _ in changes], without=without):
                    broken = self.broken(self.with_change(*changes, without=without))
                    self.assertIn(rule, broken)
                    self.assertLessEqual(len(broken), 2, broken)

    def test_a_name_that_windows_does_not_open_is_found(self):
        self.assertEqual(self.broken(self.archive(good_members().values(), name="distro.tar.gz"), "--as", "wsl"), {"wsl.name"})

    def test_a_unit_that_is_masked_is_not_enabled(self):
        enabled = link("usr/lib/systemd/system/sysinit.target.wants/systemd-resolved.service", "../systemd-resolved.service")
        self.assertEqual(self.broken(self.with_change(enabled, link("etc/systemd/system/systemd-resolved.service", "/dev/null"))), set())

    def test_a_missing_distribution_file_is_found(self):
        self.assertIn("wsl.distribution-conf", self.broken(self.with_change(without=["etc/wsl-distribution.conf"])))

    def test_a_root_in_a_directory_is_found(self):
        members = []
        for info, content in good_members().values():
            info.name = "rootfs/" + info.name
            members.append((info, content))
        self.assertIn("wsl.root", self.broken(self.archive(members)))

    def test_names_that_are_there_twice_or_lead_out_are_found(self):
        members = list(good_members().values())
        for name in ("etc/passwd", "../etc/evil"):
            self.assertEqual(self.broken(self.archive(members + [member(name, content=members[4][1])])), {"wsl.members"}, name)

    def test_hard_links_that_take_turns_end(self):
        def other_name(name, of):
            return member(name, type=tarfile.LNKTYPE, linkname=of)

        members = list(good_members().values())
        for turns in ([other_name("etc/wsl.conf", "etc/wsl.conf")],
                      [other_name("etc/other", "etc/wsl.conf"), other_name("etc/wsl.conf", "etc/other")],
                      [other_name("etc/other", "etc/wsl.conf"), other_name("etc/third", "etc/other"), other_name("etc/wsl.conf", "etc/third")]):
            self.assertEqual(self.broken(self.archive(members + turns)), {"wsl.members"}, [info.name for info, _ in turns])

    def test_the_architecture_is_that_of_the_shell_or_the_one_that_is_given(self):
        good = self.archive(good_members().values())
        self.assertEqual(self.broken(good, "--arch", "x86_64"), set())
        self.assertEqual(self.broken(good, "--arch", "aarch64"), {"wsl.shells", "wsl.init"})

    def test_an_archive_that_is_cut_off_or_none_fails_by_its_rule(self):
        good = self.archive(good_members().values())
        cut = self.scratch() / "cut.wsl"
        cut.write_bytes(good.read_bytes()[:200])
        self.assertEqual(self.broken(cut), {"wsl.archive"})
        cut.write_bytes(b"nothing of the kind, and long enough to be looked at" * 20)
        self.assertEqual(self.broken(cut), {"wsl.compression", "wsl.archive"})
        cut.write_bytes(b"")
        self.assertIn("wsl.compression", self.broken(cut))

    def test_a_rule_can_be_allowed_and_a_misspelt_one_not(self):
        path = self.with_change(member("etc/resolv.conf"))
        self.assertEqual(self.broken(path, "--allow", "wsl.no-resolv-conf"), set())
        self.assertIn("[lint.unknown-rule]", self.run_program("lint", path, "--allow", "wsl.no-resolve", expect=2).stderr)

    def test_what_has_no_rules_is_refused_with_the_kinds(self):
        path = self.scratch() / "disk.raw"
        path.write_bytes(bytes(1 << 20))
        self.assertIn("[lint.no-rules]", self.run_program("lint", path, expect=2).stderr)
        self.assertIn("[cli.missing-input]", self.run_program("lint", path.parent / "absent.wsl", expect=2).stderr)

    def ext4(self, size_in_mib=64, **files):
        directory = self.scratch()
        raw = directory / "volume.raw"
        (directory / "root/etc").mkdir(parents=True)
        for name, text in files.items():
            (directory / "root/etc" / name.replace("_", ".")).write_text(text)
        self.tool("truncate", "-s", f"{size_in_mib}M", raw)
        self.tool("mkfs.ext4", "-q", "-F", "-d", directory / "root", raw)
        return raw

    def partitioned(self):
        raw = self.scratch() / "disk.raw"
        self.tool("truncate", "-s", "64M", raw)
        subprocess.run(["sfdisk", "-q", raw], check=True, input="label: gpt\nsize=32M\n", text=True)
        return raw

    def tool(self, *words):
        subprocess.run([str(word) for word in words], check=True, capture_output=True)

    def converted(self, raw, name, *arguments):
        path = raw.parent / name
        self.tool("qemu-img", "convert", "-f", "raw", *arguments, raw, path)
        return path

    def test_disks_for_wsl_are_one_ext4(self):
        raw = self.ext4()
        vhdx = self.converted(raw, "x.wsl.vhdx", "-O", "vhdx")
        broken = self.broken(vhdx)
        self.assertFalse({name for name in broken if name.startswith("wsl-vhdx.")}, broken)
        self.assertIn("wsl.passwd", broken)
        vhd = self.converted(raw, "x.wslg.vhd", "-O", "vpc", "-o", "subformat=fixed,force_size")
        broken = self.broken(vhd)
        self.assertFalse({"wslg.format", "wslg.bare", "wslg.clean"} & broken, broken)
        self.assertTrue({"wslg.command", "wslg.user"} <= broken, broken)
        dynamic = self.converted(raw, "y.wslg.vhd", "-O", "vpc", "-o", "subformat=dynamic,force_size")
        self.assertIn("wslg.format", self.broken(dynamic))

    def test_disks_for_wsl_with_another_name_format_or_content_are_found(self):
        fixed = ("-O", "vpc", "-o", "subformat=fixed,force_size")
        raw = self.ext4()
        self.assertIn("wsl-vhdx.name", self.broken(self.converted(raw, "x.disk", "-O", "vhdx"), "--as", "wsl-vhdx"))
        self.assertIn("wsl-vhdx.format", self.broken(self.converted(raw, "x.qcow2", "-O", "qcow2"), "--as", "wsl-vhdx"))
        self.assertIn("wslg.name", self.broken(self.converted(raw, "x.disk", *fixed), "--as", "wslg-system-vhd"))
        disk = self.partitioned()
        self.assertIn("wsl-vhdx.bare", self.broken(self.converted(disk, "x.wsl.vhdx", "-O", "vhdx")))
        self.assertIn("wslg.bare", self.broken(self.converted(disk, "x.wslg.vhd", *fixed)))
        self.tool("debugfs", "-w", "-R", "feature needs_recovery", raw)
        self.assertIn("wsl-vhdx.clean", self.broken(self.converted(raw, "y.wsl.vhdx", "-O", "vhdx")))
        self.assertIn("wslg.clean", self.broken(self.converted(raw, "y.wslg.vhd", *fixed)))

    def test_a_system_distribution_starts_its_own_program_as_its_own_user(self):
        right = "[boot]\ncommand = /etc/passwd\n[user]\ndefault = wslg\n"
        for conf, passwd, rules in (
                (right, "wslg:x:1000:1000::/:/bin/sh\n", {"wslg.command"}),
                (right.replace("/etc/passwd", "/usr/bin/none"), "wslg:x:1000:1000::/:/bin/sh\n", {"wslg.command"}),
                (right, "wslg:x:1001:1001::/:/bin/sh\n", {"wslg.command", "wslg.user"}),
                (right.replace("wslg", "me"), "wslg:x:1000:1000::/:/bin/sh\n", {"wslg.command", "wslg.user"}),
                (right + "[boot]\nsystemd = true\n", "wslg:x:1000:1000::/:/bin/sh\n", {"wslg.command", "wslg.no-systemd"})):
            disk = self.converted(self.ext4(wsl_conf=conf, passwd=passwd), "x.wslg.vhd", "-O", "vpc", "-o", "subformat=fixed,force_size")
            found = {rule for rule in self.broken(disk) if rule.startswith("wslg.")}
            self.assertEqual(found, rules, conf + passwd)

    def test_azure_takes_no_larger_system_disk_than_it_says(self):
        raw = self.scratch() / "large.raw"
        self.tool("truncate", "-s", f"{4095 << 10}M", raw)
        self.assertNotIn("azure.system-disk-size", self.broken(raw, "--as", "azure-vhd"))
        self.tool("truncate", "-s", f"{(4095 << 10) + 1}M", raw)
        self.assertIn("azure.system-disk-size", self.broken(raw, "--as", "azure-vhd"))

    def test_azure_takes_fixed_disks_of_whole_mib_with_a_loader(self):
        raw = self.scratch() / "disk.raw"
        self.tool("truncate", "-s", "64M", raw)
        subprocess.run(["sfdisk", "-q", raw], check=True, input="label: gpt\nsize=32M, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B\n", text=True)
        fixed = self.converted(raw, "fixed.vhd", "-O", "vpc", "-o", "subformat=fixed,force_size")
        self.assertEqual(self.broken(fixed), {"azure.generation-2"})
        self.assertEqual(self.broken(self.converted(raw, "dynamic.vhd", "-O", "vpc", "-o", "subformat=dynamic,force_size")),
                         {"azure.fixed", "azure.footer", "azure.generation-2"})
        self.tool("truncate", "-s", str((64 << 20) + 4096), raw)
        odd = self.converted(raw, "odd.vhd", "-O", "vpc", "-o", "subformat=fixed,force_size")
        self.assertIn("azure.whole-mib", self.broken(odd))

    def test_zz_every_rule_was_broken_by_a_file(self):
        """The last one, by its name: docs/wsl.md says so."""
        listed = set(re.findall(r"(?m)^  ([a-z0-9.-]+): ", self.run_program("lint", "--rules").stdout))
        self.assertGreater(len(listed), 40)
        if len(self.ever_broken) > 5:
            self.assertEqual(sorted(listed - self.ever_broken), [])


if __name__ == "__main__":
    unittest.main()
