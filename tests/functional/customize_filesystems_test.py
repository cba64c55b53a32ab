#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bases with filesystems that are read and not written: SquashFS, Btrfs with subvolumes, and what has features that are not known."""

import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from customizing import BASE, CustomizingTestCase, digest  # noqa: E402
from imagewright_testing import environment, require_program, skip  # noqa: E402

NEW_DISK = (BASE[BASE.index("storage:"):BASE.index("os:")].replace("{{", "{").replace("}}", "}")
            + "os: {bootloader: {resetType: hard-reset}}\n")
MIB = 1 << 20


class Filesystems(CustomizingTestCase):
    BASE_OS = "  hostname: base\n"

    def fstab(self, raw):
        root = self.scratch() / "root"
        root.write_bytes(self.stretch(raw, self.partitions(raw)[0]["root"]))
        return self.run_tool("debugfs", "-R", "cat /etc/fstab", root).stdout, root

    def put(self, raw, label, content):
        with raw.open("r+b") as disk:
            disk.seek(self.partitions(raw)[0][label]["start"] * 512)
            disk.write(content)

    def with_data(self, made, line):
        """The base with another filesystem on its data partition; `line` is fstab's, without the source. Empty: it is not mounted."""
        raw = self.scratch() / "base.raw"
        shutil.copy(self.base(), raw)
        former, root = self.fstab(raw)
        old = next(each for each in former.splitlines() if "/srv" in each)
        source = "PARTUUID=" + self.partitions(raw)[0]["data"]["uuid"].lower()
        file = self.scratch() / "fstab"
        file.write_text(former.replace(old, f"{source} {line}" if line else "# nothing"))
        for request in ("rm /etc/fstab", f"write {file} /etc/fstab"):
            self.run_tool("debugfs", "-w", "-R", request, root)
        self.put(raw, "root", root.read_bytes())
        size = self.partitions(raw)[0]["data"]["size"] * 512
        content = made.read_bytes()
        self.assertLessEqual(len(content), size)
        self.put(raw, "data", content + bytes(size - len(content)))
        return raw

    def data_of(self, raw):
        return digest(self.stretch(raw, self.partitions(raw)[0]["data"]))

    def squashfs(self, *options):
        require_program("mksquashfs")
        tree = self.scratch() / "tree"
        (tree / "below").mkdir(parents=True)
        (tree / "note").write_text("of the data\n")
        (tree / "below/large").write_text("".join(f"line {number}\n" for number in range(50000)))
        (tree / "link").symlink_to("note")
        os.link(tree / "note", tree / "second")
        made = self.scratch() / "made"
        self.run_tool("mksquashfs", tree, made, "-quiet", "-no-progress", "-p", "odd f 640 12 34 echo odd", *options)
        return tree, made

    def test_squashfs_is_read_and_carried_and_can_be_laid_out_anew(self):
        for options in (("-comp", "gzip"), ("-comp", "xz"), ("-comp", "zstd")):
            with self.subTest(options=options):
                tree, made = self.squashfs(*options)
                base = self.with_data(made, "/srv squashfs ro 0 0")
                found = next(each for each in self.inspect(base, "--files")["disk"]["partitions"] if each["label"] == "data")
                self.assertEqual((found["filesystem"]["type"], found["filesystem"]["mountPoint"]), ("squashfs", "/srv"))
                self.assertLessEqual({"/note", "/below/large", "/link", "/second", "/odd"}, set(found["files"]))
                raw = self.customize("os: {hostname: renamed}\n", base=base)
                self.assertEqual(self.data_of(raw), self.data_of(base))
                said = self.customize("os: {additionalFiles: [{destination: /srv/new, content: new}]}\n", base=base, expect=2)
                self.assertIn("[disk.rewrite-unsupported]", said)
                self.assertIn("storage.disks", said)
                raw = self.customize(NEW_DISK, "--release", self.release, base=base)
                data = self.check_filesystems(raw) / "data"
                for name in ("note", "below/large", "second"):
                    self.assertEqual(self.run_tool("debugfs", "-R", f"cat /{name}", data).stdout, (tree / name).read_text())
                self.assertRegex(self.run_tool("debugfs", "-R", "stat /odd", data).stdout, r"(?s)Mode: +0640.*User: +12 +Group: +34 ")
                self.assertIn('Fast link dest: "note"', self.run_tool("debugfs", "-R", "stat /link", data).stdout)
                self.assertIn("Links: 2", self.run_tool("debugfs", "-R", "stat /second", data).stdout)

    def test_scripts_see_what_squashfs_holds(self):
        _, made = self.squashfs()
        base = self.with_data(made, "/srv squashfs ro 0 0")
        script = "cp /srv/below/large /etc/copy; cat /srv/link > /etc/linked"
        raw = self.customize(f"scripts: {{postCustomization: [{{content: '{script}'}}]}}\n", base=base)
        self.assertEqual(self.data_of(raw), self.data_of(base))
        tree = self.root_tree_of(raw)
        self.assertEqual(digest((tree / "etc/copy").read_bytes()), digest("".join(f"line {number}\n" for number in range(50000)).encode()))
        self.assertEqual((tree / "etc/linked").read_text(), "of the data\n")

    def root_tree_of(self, raw):
        """The root alone: what is on the data partition has no checker."""
        directory = self.scratch()
        root, tree = directory / "root", directory / "tree"
        root.write_bytes(self.stretch(raw, self.partitions(raw)[0]["root"]))
        self.run_tool("e2fsck", "-fn", root)
        tree.mkdir()
        self.run_tool("debugfs", "-R", f"rdump / {tree}", root)
        return tree

    def test_what_is_not_known_of_a_filesystem_is_told_where_it_is_mounted_and_carried_where_it_is_not(self):
        require_program("mkfs.btrfs")
        for words, program in (("checksums of the kind sha256", ("mkfs.btrfs", "-q", "--csum", "sha256")),
                               ("compressed with LZ4", None)):
            made = self.scratch() / "made"
            if program:
                with made.open("wb") as file:
                    file.truncate(120 * MIB)
                self.run_tool(*program, made)
                # It says that it is larger than its partition; what is not known is seen before.
                content = made.read_bytes()[:20 * MIB]
                made.write_bytes(content)
            else:
                made = self.squashfs("-comp", "lz4")[1]
            for line in ("/srv auto defaults 0 0", ""):
                with self.subTest(words=words, line=line):
                    base = self.with_data(made, line)
                    if line:
                        said = self.customize("os: {hostname: x}\n", base=base, expect=2)
                        self.assertIn("[disk.feature-unsupported]", said)
                        self.assertIn(words, said)
                        continue
                    raw = self.customize("os: {hostname: x}\n", base=base)
                    self.assertEqual(self.data_of(raw), self.data_of(base))
                    said = self.run_program("inspect", base, env=environment())
                    self.assertIn(words, said.stdout + said.stderr)

    def test_what_files_alone_would_lose_is_carried_and_not_laid_out_anew(self):
        for flags, words in (("0x180000", "is protected by fs-verity"), ("0x80800", "is encrypted")):
            with self.subTest(words=words):
                tree, made = self.scratch() / "tree", self.scratch() / "made"
                tree.mkdir()
                (tree / "bound").write_text("of the data\n")
                self.run_tool("mke2fs", "-q", "-t", "ext4", "-b", "4096", "-O", "verity,encrypt", "-d", tree, made, "16M")
                self.run_tool("debugfs", "-w", "-R", f"set_inode_field /bound flags {flags}", made)
                base = self.with_data(made, "/srv ext4 defaults 0 0")
                self.assertEqual(self.data_of(self.customize("os: {hostname: renamed}\n", base=base)), self.data_of(base))
                said = self.customize(NEW_DISK, "--release", self.release, base=base, expect=2)
                self.assertIn("[disk.file-unsupported]", said)
                self.assertIn(f'"/bound" {words}', said)

    def btrfs_root(self, fstab, layout):
        """A disk whose root is on Btrfs: `layout` gives each subvolume the directory of the base's root that goes into it."""
        require_program("mkfs.btrfs")
        base = self.base()
        tree = self.root_tree(base)
        made, mount = self.scratch() / "made", self.scratch() / "mount"
        mount.mkdir()
        with made.open("wb") as file:
            file.truncate(200 * MIB)
        self.run_tool("mkfs.btrfs", "-q", "-L", "system", made)
        if os.geteuid() != 0 or subprocess.run(["mount", "-o", "loop", made, mount], capture_output=True).returncode != 0:
            skip("Btrfs with subvolumes is made by a kernel that has it, for root")
        try:
            for subvolume in layout:
                (mount / subvolume).parent.mkdir(parents=True, exist_ok=True)
                self.run_tool("btrfs", "-q", "subvolume", "create", mount / subvolume)
            root = mount / layout[0]
            for path in tree.iterdir():
                self.run_tool("cp", "-a", path, root)
            (root / "home").mkdir(exist_ok=True)
            (root / "etc/fstab").write_text(fstab)
            for subvolume in layout[1:]:
                (mount / subvolume / "own").write_text(f"in {subvolume}\n")
            self.run_tool("btrfs", "-q", "subvolume", "snapshot", root, mount / "snapshot")
        finally:
            self.run_tool("umount", mount)
        raw = self.scratch() / "base.raw"
        with raw.open("wb") as file:
            file.truncate(244 * MIB)
        self.run_tool("sgdisk", "-n", "1:0:+40M", "-t", "1:ef00", "-c", "1:esp", "-n", "2:0:+200M", "-c", "2:root", raw)
        self.put(raw, "esp", self.stretch(base, self.partitions(base)[0]["esp"]))
        self.put(raw, "root", made.read_bytes())
        return raw

    def test_subvolumes_are_found_by_the_fstab_of_the_root_and_laid_out_anew(self):
        for name, home in (("root", "home"), ("@", "@home")):
            with self.subTest(name=name):
                base = self.btrfs_root(f"LABEL=system / btrfs subvol={name},compress=zstd:1 0 0\nLABEL=system /home btrfs subvol=/{home} 0 0\n"
                                       f"LABEL=system /var/log btrfs subvol=log 0 0\nPARTLABEL=esp /boot/efi vfat umask=0077 0 0\n", (name, home, "log"))
                said = self.inspect(base, "--files")
                found = next(each for each in said["disk"]["partitions"] if each["label"] == "root")
                self.assertEqual(found["filesystem"]["mountPoint"], "/")
                self.assertLessEqual({"/etc/hostname", "/home/own", "/var/log/own"}, set(found["files"]))
                self.assertEqual(said["system"]["hostName"], "base")
                said = self.customize("os: {hostname: x}\n", base=base, expect=2)
                self.assertIn("[disk.rewrite-unsupported]", said)
                self.assertIn("storage.disks", said)
                raw = self.customize(NEW_DISK + "", "--release", self.release, base=base)
                tree = self.root_tree(raw)
                self.assertEqual((tree / "home/own").read_text(), f"in {home}\n")
                self.assertEqual((tree / "var/log/own").read_text(), "in log\n")
                self.assertEqual((tree / "etc/hostname").read_text().strip(), "base")
                self.assertNotIn("btrfs", (tree / "etc/fstab").read_text())
                self.assertFalse((tree / "snapshot").exists())
                # Nothing of the system is lost on the way.
                former = {str(path.relative_to(each)) for each in [self.root_tree(self.base())] for path in each.rglob("*")}
                self.assertLessEqual(former, {str(path.relative_to(tree)) for path in tree.rglob("*")})

    def test_a_subvolume_that_is_not_there_is_told(self):
        base = self.btrfs_root("LABEL=system / btrfs subvol=root 0 0\nLABEL=system /home btrfs subvol=none 0 0\n"
                               "PARTLABEL=esp /boot/efi vfat umask=0077 0 0\n", ("root", "home"))
        said = self.customize(NEW_DISK, "--release", self.release, base=base, expect=2)
        self.assertIn("[origin.mount-not-found]", said)

    def test_new_files_that_a_mount_would_hide_are_told(self):
        raw = self.scratch() / "base.raw"
        shutil.copy(self.base(), raw)
        former, root = self.fstab(raw)
        file = self.scratch() / "fstab"
        file.write_text(former + "/srv/opt /opt none bind 0 0\ntmpfs /var/cache tmpfs defaults 0 0\ntmpfs /mnt tmpfs noauto 0 0\n")
        for request in ("rm /etc/fstab", f"write {file} /etc/fstab"):
            self.run_tool("debugfs", "-w", "-R", request, root)
        self.put(raw, "root", root.read_bytes())

        def said(path):
            config = self.config(f"os: {{additionalFiles: [{{destination: {path}, content: x}}]}}\n")
            return self.run_program("customize", "--image", raw, config, "--output-dir", config.parent / "out",
                                    "--cache-dir", self.top / "cache", env=environment()).stderr

        for path, source in (("/opt/a/b", "/srv/opt"), ("/var/cache/x", "tmpfs")):
            self.assertRegex(said(path), rf'warning: "{path}" is below .* mounts "{source}" \[pipeline.hidden-files\]')
        for path in ("/srv/opt/b", "/mnt/x", "/optional"):
            self.assertNotIn("pipeline.hidden-files", said(path))


class BootPartitions(CustomizingTestCase):
    """What mke2fs makes of a partition that is small, and what older ones made."""

    def base_with_boot(self):
        text = BASE.replace("{{id: data, label: data, size: 20M}}", "{{id: boot, label: boot, size: 32M}}")
        text = text.replace("deviceId: data, type: ext4, mountPoint: /srv", "deviceId: boot, type: ext4, mountPoint: /boot")
        config = self.scratch() / "base.yaml"
        config.write_text(text.format(release=self.release, loader="grub", os="  hostname: base\n", formats="{format: raw}", repositories=""))
        out = config.parent / "out"
        self.run_program("build", config, "--output-dir", out, "--cache-dir", self.top / "cache", env=environment())
        return next(out.glob("*.raw"))

    def boot_of(self, raw):
        """Its files, and what dumpe2fs says of what is not its use."""
        filesystem, tree = self.check_filesystems(raw) / "boot", self.scratch() / "tree"
        tree.mkdir()
        self.run_tool("debugfs", "-R", f"rdump / {tree}", filesystem)
        said = self.run_tool("dumpe2fs", "-h", filesystem).stdout.splitlines()
        kept = ("Filesystem UUID", "Filesystem volume", "Filesystem features", "Block count", "Block size", "Inode count", "Inode size",
                "First block", "Blocks per group", "Reserved GDT", "Flex block", "Directory Hash", "Total journal", "Default mount")
        files = {str(path.relative_to(tree)): path.read_bytes() for path in tree.rglob("*") if path.is_file()}
        return files, [line for line in said if line.startswith(kept)], tree

    def test_an_argument_arrives_whatever_mke2fs_made_of_the_boot_partition(self):
        made = self.base_with_boot()
        _, described, tree = self.boot_of(made)
        uuid = next(line.split()[-1] for line in described if line.startswith("Filesystem UUID"))
        partition = self.partitions(made)[0]["boot"]
        base, filesystem = self.scratch() / "base.raw", self.scratch() / "boot"
        for options, block_size in ((["-t", "ext4"], "1024"), (["-t", "ext2", "-I", "128"], "1024"), (["-t", "ext3", "-b", "2048"], "2048")):
            with self.subTest(options=options):
                filesystem.unlink(missing_ok=True)
                with filesystem.open("wb") as file:
                    file.truncate(partition["size"] * 512)
                self.run_tool("mke2fs", "-q", "-F", "-U", uuid, "-d", tree, *options, filesystem)
                shutil.copy(made, base)
                with base.open("r+b") as disk:
                    disk.seek(partition["start"] * 512)
                    disk.write(filesystem.read_bytes())
                before, said_before, _ = self.boot_of(base)
                raw = self.customize("os: {kernelCommandLine: {extraCommandLine: [audit=1]}}\n", base=base)
                after, said_after, _ = self.boot_of(raw)
                self.assertEqual(said_after, said_before)
                self.assertRegex("\n".join(said_after), rf"Block size: +{block_size}\n")
                changed = [path for path in before if after.get(path) != before[path]]
                self.assertEqual((changed, sorted(after)), (["grub/grub.cfg"], sorted(before)))
                lines = [line for line in after["grub/grub.cfg"].decode().splitlines() if line.split()[:1] == ["linux"]]
                self.assertTrue(lines)
                self.assertTrue(all("audit=1" in line.split() for line in lines), lines)


if __name__ == "__main__":
    unittest.main()
