#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The boot chain of images that exist: edited where it stands, set up anew, or on a disk of another layout."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from customizing import CustomizingTestCase  # noqa: E402
from imagewright_testing import environment  # noqa: E402

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

    def said(self, text, base, script=""):
        """The image, and what was warned of."""
        config = self.config(text + ("scripts: {finalizeCustomization: [{path: late.sh}]}\n" if script else ""))
        (config.parent / "late.sh").write_text(script)
        result = self.run_program("customize", "--image", base, config, "--output-dir", config.parent / "out", "--cache-dir", self.top / "cache",
                                  env=environment())
        return next((config.parent / "out").glob("*.raw")), result.stderr

    def test_what_menus_are_made_from_is_what_the_menus_of_a_base_say(self):
        settings = "{destination: /etc/default/grub, content: \"%s\"}"
        base = self.customize("os: {additionalFiles: [" + settings % "GRUB_TIMEOUT=5\\nGRUB_CMDLINE_LINUX='a=1 gone'\\n" + "]}\n")
        before = self.lines(base)
        for line in before:
            self.assertTrue({"a=1", "gone"} <= set(line), line)
        file = "os: {additionalFiles: [" + settings % "GRUB_TIMEOUT=7\\nGRUB_CMDLINE_LINUX='a=2 b=\\\"c d\\\"'\\n" + "]}\n"
        edits = ("os: {edits: [{path: /etc/default/grub, lines: [{replace: 'GRUB_CMDLINE_LINUX=*', with: \"GRUB_CMDLINE_LINUX='a=2 b=\\\"c d\\\"'\"}, "
                 "{replace: 'GRUB_TIMEOUT=*', with: GRUB_TIMEOUT=7}]}]}\n")
        script = "printf '%s\\n' GRUB_TIMEOUT=7 \"GRUB_CMDLINE_LINUX='a=2 b=\\\"c d\\\"'\" > /etc/default/grub\n"
        for name, text, late in (("file", file, ""), ("edits", edits, ""), ("script", "", script)):
            with self.subTest(name):
                raw, said = self.said(text, base, late)
                self.assertNotIn("finalize.boot-settings-not-followed", said)
                expected = [" ".join(line).replace("a=1", 'a=2').replace(" gone", "") + ' "b=c d"' for line in before]
                self.assertEqual(sorted(" ".join(line) for line in self.lines(raw)), sorted(expected))
                self.assertIn("set timeout=7\n", (self.root_tree(raw) / "boot/grub/grub.cfg").read_text())

    def test_keys_have_the_last_word_about_what_files_say(self):
        raw, said = self.said("os: {kernelCommandLine: {extraCommandLine: [a=3], remove: [b]}, additionalFiles: "
                              "[{destination: /etc/default/grub, content: \"GRUB_TIMEOUT=0\\nGRUB_CMDLINE_LINUX='a=2 b'\\n\"}]}\n", self.base())
        for line in self.lines(raw):
            self.assertIn("a=3", line)
            self.assertNotIn("b", line)
        self.assertNotIn("finalize.boot-settings-not-followed", said)

    def test_what_a_menu_of_a_base_cannot_follow_is_told(self):
        for setting in ("GRUB_DEFAULT=Dom0", "GRUB_CMDLINE_LINUX=$(id)", "probe && return\\nGRUB_CMDLINE_LINUX=a", "exit"):
            with self.subTest(setting):
                raw, said = self.said("", self.base(), f"printf '{setting}\\n' >> /etc/default/grub\n")
                self.assertEqual(self.lines(raw), self.lines(self.base()))
                self.assertEqual(said.count("[finalize.boot-settings-not-followed]"), 1, said)

    def test_a_script_that_makes_the_menu_itself_is_told_what_to_leave_out(self):
        config = self.config("scripts: {postCustomization: [{path: menu.sh}]}\n")
        (config.parent / "menu.sh").write_text("echo \"/usr/sbin/grub2-probe: error: failed to get canonical path of '/dev/sda'.\" >&2\nexit 1\n")
        result = self.run_program("customize", "--image", self.base(), config, "--output-dir", config.parent / "out", "--cache-dir", self.top / "cache",
                                  expect=1, env=environment())
        self.assertIn("what the script makes of /etc/default/grub is in the image's menu without it", " ".join(result.stderr.split()))

    def test_entries_of_a_base_follow_its_line_for_new_kernels(self):
        before = self.lines(self.base("systemd-boot"))
        raw, said = self.said("", self.base("systemd-boot"), "read -r line < /etc/kernel/cmdline\necho \"$line added=1\" > /etc/kernel/cmdline\n")
        self.assertNotIn("finalize.boot-settings-not-followed", said)
        self.assertEqual(self.lines(raw), [line + ["added=1"] for line in before])

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

    def test_new_identifiers_leave_nothing_of_the_old_ones(self):
        reset = "storage: {resetPartitionsUuidsType: reset-all}\nos: {bootloader: {resetType: hard-reset}}\n"
        for loader in ("grub", "systemd-boot"):
            with self.subTest(loader=loader):
                base = self.base(loader)
                raw = self.customize(reset, "--release", self.release, base=base)
                self.check_filesystems(raw)
                before, table_before = self.partitions(base)
                after, table_after = self.partitions(raw)
                self.assertEqual(table_before["id"], table_after["id"])
                content = raw.read_bytes()
                disks = [self.inspect(each)["disk"]["partitions"] for each in (base, raw)]
                for old, new in zip(*disks):
                    self.assertEqual((old["label"], old["start"], old["size"]), (new["label"], new["start"], new["size"]))
                    for former, latter in ((old["uuid"], new["uuid"]), (old["filesystem"]["uuid"], new["filesystem"]["uuid"])):
                        self.assertNotEqual(former.lower(), latter.lower())
                        self.assertNotIn(former.lower().encode(), content)
                        self.assertNotIn(former.upper().encode(), content)
                self.assertEqual([each["filesystem"]["mountPoint"] for each in disks[0]], [each["filesystem"]["mountPoint"] for each in disks[1]])
                copies = self.check_filesystems(raw)
                for name in ("root", "data"):
                    found = self.run_tool("blkid", "-p", "-o", "value", "-s", "UUID", copies / name).stdout.strip()
                    self.assertEqual(found, next(each["filesystem"]["uuid"] for each in disks[1] if each["label"] == name))
                self.assertTrue(after["root"]["uuid"] != before["root"]["uuid"])
                root = next(each for each in disks[1] if each["label"] == "root")["filesystem"]["uuid"]
                for line in self.lines(raw):
                    self.assertIn(f"root=UUID={root}", line)
                self.assertEqual(self.run_tool("debugfs", "-R", "cat /etc/machine-id", copies / "root").stdout, "")
                self.assertEqual(raw.read_bytes(), self.customize(reset, "--release", self.release, base=base).read_bytes())

    def test_what_cannot_be_renamed_is_told(self):
        fstab = self.run_tool("debugfs", "-R", "cat /etc/fstab", self.check_filesystems(self.base()) / "root").stdout
        kept = "".join(line + "\n" for line in fstab.splitlines() if "/srv" not in line)
        base = self.customize(f"os: {{additionalFiles: [{{destination: /etc/fstab, content: {json.dumps(kept)}}}]}}\n")
        said = self.customize("storage: {resetPartitionsUuidsType: reset-all}\nos: {bootloader: {resetType: hard-reset}}\n",
                              "--release", self.release, base=base, expect=2)
        self.assertIn("origin.fixed-identifiers", said)

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

    def test_overlays_that_the_base_could_not_mount_are_told(self):
        for overlay, word in (("upperDir: /srv/upper, workDir: /srv/work, isInitrdOverlay: true", "x-initrd.mount"),
                              ("upperDir: /var/upper, workDir: /var/work, isInitrdOverlay: true, mountDependencies: [/srv]", "x-initrd.mount"),
                              ("upperDir: /srv/upper, workDir: /var/work", "two filesystems")):
            with self.subTest(overlay):
                said = self.customize(f"os: {{overlays: [{{lowerDirs: [/etc], mountPoint: /etc, {overlay}}}]}}\n", "--release", self.release, expect=2)
                self.assertIn("[config.conflict]", said)
                self.assertIn(word, said)

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

    def test_boot_files_go_out_to_be_signed_and_come_back(self):
        config = self.config("previewFeatures: [output-artifacts]\nos: {bootloader: {resetType: hard-reset, type: systemd-boot}}\n")
        text = config.read_text().replace("output: {", "output: {artifacts: {items: [bootloader, shim], path: signing}, ")
        config.write_text(text)
        out, signing = config.parent / "out", config.parent / "signing"
        self.run_program("customize", "--image", self.base(), config, "--release", self.release, "--output-dir", out,
                         "--cache-dir", self.top / "cache", env=environment())
        raw = next(out.glob("*.raw"))
        self.run_tool("sha256sum", "--strict", "-c", "SHA256SUMS", cwd=signing)
        self.run_program("validate", signing / "inject-files.yaml")
        loader = signing / "bootloader/systemd-bootx64.efi"
        copies = self.check_filesystems(raw)
        self.assertEqual(self.run_tool("mtype", "-i", copies / "esp", "::/EFI/systemd/systemd-bootx64.efi").stdout, loader.read_text())
        # The signature makes it longer; it comes back in the place and under the name that it had.
        loader.write_text(loader.read_text() + "signed" * 5000)
        signed = config.parent / "signed/node.qcow2"
        self.run_program("inject-files", signing / "inject-files.yaml", "--image", raw, "-o", signed, "--format", "qcow2", env=environment())
        again = config.parent / "again/node.raw"
        self.run_program("inject-files", signing / "inject-files.yaml", "--image", raw, "-o", again, env=environment())
        self.run_tool("qemu-img", "compare", signed, again)
        copies = self.check_filesystems(again)
        self.assertEqual(self.run_tool("mtype", "-i", copies / "esp", "::/EFI/systemd/systemd-bootx64.efi").stdout, loader.read_text())
        before, after = self.partitions(raw)[0], self.partitions(again)[0]
        self.assertEqual({name: each["uuid"] for name, each in before.items()}, {name: each["uuid"] for name, each in after.items()})
        for name in ("data", "root"):
            self.assertEqual(self.stretch(raw, before[name]), self.stretch(again, after[name]))

    def test_lists_that_do_not_fit_the_image_are_refused(self):
        directory = self.scratch()
        (directory / "file").write_text("x")
        partition = next(iter(self.partitions(self.base())[0].values()))["uuid"].lower()
        for kind, name, destination, code in (
                ("part-uuid", "00000000-0000-4000-8000-000000000000", "/a", "customize.no-partition"),
                ("part-label", "nothing", "/a", "customize.no-partition"),
                ("part-uuid", partition, "/EFI", "fs.root-access")):
            (directory / "list.yaml").write_text(f"previewFeatures: [inject-files]\ninjectFiles:\n- partition: {{idType: {kind}, id: {name}}}\n"
                                                 f"  source: file\n  destination: {destination}\n")
            result = self.run_program("inject-files", directory / "list.yaml", "--image", self.base(), "-o", directory / "out/node.raw",
                                      expect=2, env=environment())
            self.assertIn(code, result.stderr)
            self.assertFalse((directory / "out").exists() and any((directory / "out").iterdir()))
        wanted = self.config("previewFeatures: [output-artifacts]\n")
        wanted.write_text(wanted.read_text().replace("output: {", "output: {artifacts: {items: [ukis], path: signing}, "))
        result = self.run_program("customize", "--image", self.base(), wanted, "--output-dir", wanted.parent / "out",
                                  "--cache-dir", self.top / "cache", expect=2, env=environment())
        self.assertIn("image.no-boot-file", result.stderr)
        self.assertFalse((wanted.parent / "signing").exists())

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
