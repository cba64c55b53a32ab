#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Images of small inputs that were made after public reports of faults: what must be in them, and what is refused."""

import json
import os
import struct
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_reports import ReportsTestCase  # noqa: E402
from imagewright_testing import environment, require_program  # noqa: E402


class ReportImages(ReportsTestCase):
    def build(self, config, expect=0, text=None):
        """Builds a config of the reports; gives the directory of the outputs, or what was said."""
        path = self.top / config
        if text is not None:
            path.write_text(text)
        out = self.scratch() / "out"
        result = self.run_program("build", path, "--output-dir", out, "--cache-dir", self.top / "cache",
                                  "--progress", "none", expect=expect, env=environment(), cwd=path.parent)
        self.said = result.stderr
        if expect != 0:
            self.assertFalse(out.exists() and any(out.iterdir()), "something partial is left")
            return result.stderr
        return out

    def archive(self, config, **options):
        """The entries of the image's archive: path to (mode, owner/group, link or empty)."""
        require_program("zstd")
        self.tar = next(self.build(config, **options).glob("*.tar.zst"))
        listing = subprocess.run(["tar", "--zstd", "--numeric-owner", "-tvf", self.tar], check=True,
                                 capture_output=True, text=True).stdout
        entries = {}
        for line in listing.splitlines():
            mode, owner, _, _, _, name = line.split(None, 5)
            name, _, link = name.partition(" -> ")
            name, _, twin = name.partition(" link to ")
            entries[name.removeprefix(".")] = (mode, owner, link or twin)
        return entries

    def content(self, path):
        return subprocess.run(["tar", "--zstd", "-xOf", self.tar, "." + path], check=True, capture_output=True,
                              text=True).stdout

    def inspect(self, image):
        return json.loads(self.run_program("inspect", image, "--json", env=environment()).stdout)

    def command_line(self, config):
        return self.inspect(next(self.build(config).glob("*.qcow2")))["system"]["kernelCommandLine"]

    def partition(self, out, identifier):
        """One partition of the raw image, in a file of its own."""
        raw = next(out.glob("*.raw"))
        manifest = json.loads(next(out.glob("*.manifest.json")).read_text())
        found = next(each for each in manifest["disk"]["partitions"] if each["id"] == identifier)
        copy = out / f"{identifier}.partition"
        with raw.open("rb") as image:
            image.seek(found["start"])
            copy.write_bytes(image.read(found["size"]))
        return copy

    # The kernel command line

    def test_words_of_the_user_keep_their_number_and_order(self):
        self.assertTrue(self.command_line("01-kernel-args-repeated/node.yaml").endswith(
            "default_hugepagesz=1G hugepagesz=1G hugepages=16 hugepagesz=2M hugepages=16"))
        self.assertTrue(self.command_line("04-console-order/node.yaml").endswith("console=tty0 console=ttyS0"))

    def test_quotes_and_special_characters_reach_the_loader(self):
        self.assertIn('"dyndbg=file drivers/a.c +p ; file drivers/b.c +p"',
                      self.command_line("02-kernel-arg-quoted/grub.yaml"))
        self.assertTrue(self.command_line("03-kernel-arg-special/node.yaml").endswith(
            "ds=nocloud;s=http://127.0.0.1/seed/ memmap=128M$1G"))

    def test_too_long_a_line_and_a_label_that_cannot_stand_in_it_are_refused(self):
        self.assertIn("policy.command-line-too-long", self.build("61-command-line/len2500.yaml", expect=2))
        self.assertIn("config.bad-filesystem", self.build("35-label-with-blank/node.yaml", expect=2))

    # Packages, accounts, units

    def test_owners_of_sysusers_files_are_theirs(self):
        entries = self.archive("13-sysusers-owner/node.yaml")
        group = next(line for line in self.content("/etc/group").splitlines() if line.startswith("svc:")).split(":")[2]
        self.assertEqual(entries["/usr/libexec/svc-helper"][:2], ("-rwsr-x---", f"0/{group}"))
        self.assertEqual(entries["/var/lib/svc/"][1].split("/")[1], group)

    def test_explicit_ids_are_reserved_before_others_are_given(self):
        self.archive("18-id-order/node.yaml")
        ids = {line.split(":")[0]: line.split(":")[2] for line in self.content("/etc/passwd").splitlines()}
        self.assertEqual((ids["alpha"], ids["beta"]), ("1001", "1000"))

    def test_account_files_of_packages_are_kept(self):
        entries = self.archive("68-account-files/node.yaml")
        self.assertEqual(entries["/etc/shadow"][0], "----------")
        passwd = self.content("/etc/passwd").splitlines()
        self.assertTrue(any(line.startswith("last:x:300:300:") for line in passwd), passwd)
        kim = next(line for line in passwd if line.startswith("kim:")).split(":")
        self.assertGreaterEqual(int(kim[2]), 5000)
        for name in ("subuid", "subgid"):
            self.assertIn("kim:", self.content(f"/etc/{name}"))
        fstab = [line for line in self.content("/etc/fstab").splitlines() if line and not line.startswith("#")]
        self.assertTrue(any(not line.startswith(("PARTUUID=", "UUID=")) for line in fstab), fstab)

    def test_links_of_units_are_those_of_systemctl(self):
        entries = self.archive("14-alias-into-wants/node.yaml")
        wants = "/etc/systemd/system/multi-user.target.wants/"
        for name, unit in {"wifi@wlan0": "wifi@", "plain": "plain", "ok@a": "ok@"}.items():
            self.assertEqual(entries[f"{wants}{name}.service"][2], f"/usr/lib/systemd/system/{unit}.service")

    def test_templates_need_an_instance_and_masks_bind_them(self):
        self.assertIn("finalize.unit-not-linkable", self.build("48-template-units/tmpl.yaml", expect=1))
        self.assertIn("policy.unit-conflict", self.build("48-template-units/dis.yaml", expect=2))
        self.build("48-template-units/inst.yaml")

    def test_names_and_homes_that_nobody_takes_are_refused(self):
        for config in ("51-accounts/name4.yaml", "51-accounts/hd.yaml", "66-hostnames/h.yaml"):
            self.assertIn("config.bad-value", self.build(config, expect=2))

    # Files

    def test_identity_of_one_machine_is_removed_and_named(self):
        for package in ("ident", "ident2"):
            config = (self.top / "43-identity-files/node.yaml").read_text().replace("[ident]", f"[{package}]")
            entries = self.archive(f"43-identity-files/{package}.yaml", text=config)
            names = [name for name in entries if any(word in name for word in (
                "ssh_host", "random-seed", "credential.secret", "initiatorname.iscsi", "hostnqn", "hostid",
                "secret_key", "dhclient.leases", "cloud/instance/"))]
            self.assertEqual(names, [])
            self.assertIn("finalize.identity-removed", self.said)
            self.assertEqual(entries["/etc/machine-id"][0], "-r--r--r--")

    def test_a_file_takes_the_name_of_a_link_and_leaves_its_target(self):
        entries = self.archive("46-symlink-destination/localtime.yaml")
        self.assertEqual(entries["/etc/localtime"][0][0], "-")
        self.assertNotEqual(self.content("/usr/share/zone/UTC"), self.content("/etc/localtime"))
        self.assertEqual(self.archive("46-symlink-destination/resolv.yaml")["/etc/resolv.conf"][0][0], "-")

    def test_a_changed_file_leaves_its_other_names(self):
        entries = self.archive("58-hard-links-across/srv.yaml")
        self.assertEqual(self.content("/usr/share/hl/d"), "changed\n")
        self.assertNotEqual(self.content("/usr/share/hl/e"), "changed\n")
        self.assertEqual(entries["/srv/hl/c"][0][0], "-")

    def test_files_of_the_config_win_or_are_refused(self):
        self.archive("70-own-fstab/loader.yaml")
        self.assertEqual(self.content("/boot/efi/loader/loader.conf"), "mine\n")
        self.assertIn("config.lost-file", self.build("70-own-fstab/tmp.yaml", expect=2))
        release = self.top / "base/tiny.yaml"
        places = ("/var/cache/dnf/file", "/var/log/dnf.log", "/etc/kernel/cmdline", "/etc/machine-id",
                  "/var/lib/systemd/random-seed", "/etc/ssh/ssh_host_rsa_key", "/etc/fstab", "/etc/hostname")
        files = ", ".join(f'{{destination: {place}, content: "mine\\n"}}' for place in places)
        self.archive("70-own-fstab/places.yaml", text=f"release: {release}\nos: {{hostname: gen, additionalFiles: [{files}]}}\n"
                                                      "output: {images: [{format: tar}]}\n")
        for place in places:
            self.assertEqual(self.content(place), "mine\n", place)

    def test_destinations_that_name_no_file_are_refused(self):
        self.assertIn("config.bad-value", self.build("67-trailing-slash/slashonly.yaml", expect=2))
        self.assertIn("config.duplicate-name", self.build("67-trailing-slash/nest.yaml", expect=2))

    def test_zones_are_files(self):
        self.assertIn("finalize.unknown-timezone", self.build("69-locale-zone/dir.yaml", expect=2))
        self.assertTrue(self.archive("69-locale-zone/berlin.yaml")["/etc/localtime"][2].endswith("Europe/Berlin"))

    def test_access_lists_are_in_both_forms(self):
        out = self.build("73-acl/node.yaml")
        tar = subprocess.run(["zstd", "-dc", next(out.glob("*.tar.zst"))], check=True, capture_output=True).stdout
        for key in (b"SCHILY.acl.access=", b"SCHILY.acl.default=", b"SCHILY.xattr.user.note=hello"):
            self.assertIn(key, tar)
        root = self.partition(out, "root")
        acl = self.run_tool("debugfs", "-R", "ea_list /var/log/journal/f", root).stdout
        self.assertIn("system.posix_acl_access", acl)

    # Disks

    def test_mount_points_mean_the_same_with_a_slash_at_the_end(self):
        for config in ("63-mount-over-link/homeslash.yaml", "63-mount-over-link/ok.yaml"):
            out = self.build(config)
            for identifier in ("root", "data"):
                self.run_tool("e2fsck", "-fn", self.partition(out, identifier))
            if "home" in config:
                names = self.run_tool("debugfs", "-R", "ls -p /", self.partition(out, "data")).stdout
                self.assertIn("/kim/", names)

    def test_small_filesystems_are_made_and_told(self):
        for config in ("74-layouts/tiny1.yaml", "74-layouts/tiny2.yaml"):
            self.run_tool("e2fsck", "-fn", self.partition(self.build(config), "d"))
        self.assertIn("maxSize", self.build("74-layouts/exact.yaml", expect=2))
        out = self.build("55-esp-size/s16.yaml")
        self.assertIn("config.small-fat", self.said)
        self.run_tool("fsck.vfat", "-n", self.partition(out, "esp"))
        self.build("55-esp-size/s64.yaml")
        self.assertNotIn("config.small-fat", self.said)

    def test_partition_tables_that_no_tool_reads_are_refused(self):
        self.assertIn("means that the entry of the partition table is unused",
                      self.build("54-partition-types/zero.yaml", expect=2))
        self.build("54-partition-types/n129.yaml", expect=2)

    def test_blocks_of_a_dynamic_vhd_start_on_4096_bytes(self):
        data = next(self.build("41-vhd-alignment/node.yaml").glob("*.vhd")).read_bytes()
        table, = struct.unpack_from(">Q", data, 512 + 16)
        count, = struct.unpack_from(">I", data, 512 + 28)
        offsets = [each for each in struct.unpack_from(f">{count}I", data, table) if each != 0xFFFFFFFF]
        self.assertTrue(offsets)
        self.assertEqual({(each * 512 + 512) % 4096 for each in offsets}, {0})

    @unittest.skipUnless(os.environ.get("IMAGEWRIGHT_LONG_TESTS"), "so many files take minutes on some disks")
    def test_as_many_files_as_the_content_has_fit(self):
        tree = self.top / "72-many-directories/tree-mf"
        tree.mkdir(exist_ok=True)
        for index in range(60_000):
            (tree / str(index)).write_text("x\n")
        out = self.build("72-many-directories/files.yaml",
                         text=(self.top / "72-many-directories/node.yaml").read_text().replace("tree-md", "tree-mf"))
        self.run_tool("e2fsck", "-fn", self.partition(out, "root"))

    # Images of others

    def test_what_others_made_is_read_whole_or_refused(self):
        for image, count in (("19-inspect-split-system/usr.qcow2", 4), ("19-inspect-split-system/var.qcow2", 4),
                             ("20-rpmdb-wal/wal.qcow2", 3), ("25-partition-tables/array.qcow2", 4),
                             ("33-ext4-journal/dirty.qcow2", 4), ("32-convert-unknown-input/disk.raw.xz", 4)):
            self.assertEqual(len(self.inspect(self.top / image)["packages"]), count, image)
        self.assertEqual(self.inspect(self.top / "33-ext4-journal/dirty.qcow2")["system"]["hostName"], "NEWHO")
        refused = self.run_program("convert", self.top / "32-convert-unknown-input/x.vdi", self.scratch() / "x.qcow2",
                                   expect=None, env=environment())
        self.assertIn("image.unsupported", refused.stderr)
        self.assertNotEqual(refused.returncode, 0)

    def test_a_disk_of_odd_size_becomes_one_that_azure_takes(self):
        directory = self.scratch()
        odd = directory / "odd.img"
        os.truncate(os.open(odd, os.O_CREAT | os.O_WRONLY), 27266560)
        with odd.open("r+b") as image:
            image.seek(510)
            image.write(b"\x55\xaa")
        self.run_program("convert", odd, directory / "odd.vhd", "--format", "vhd-fixed",
                         "--input-format", "raw", env=environment())
        size = (directory / "odd.vhd").stat().st_size - 512
        self.assertEqual(size % (1 << 20), 0)


if __name__ == "__main__":
    unittest.main()
