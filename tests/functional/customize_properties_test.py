#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What holds for every image that is customized: what nobody touched stays, and damage is an error."""

import contextlib
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import adopt_orphans, artifact_digests, hidden_files, living_descendants, wrong_sums  # noqa: E402
from customizing import BASE, CustomizingTestCase, digest  # noqa: E402
from disturbed_builds import descendants_of  # noqa: E402
from imagewright_testing import PROGRAM, environment, require_program, skip  # noqa: E402

RECORDS = {"/etc/image-customizer-release", "/etc/imagewright-release", "/usr/share/image-customizer",
           "/usr/share/image-customizer/history.json"}


class CustomizeProperties(CustomizingTestCase):
    BASE_OS = "  additionalFiles:\n" + "".join(
        f"  - {{destination: /var/kept/{name}, content: \"{name}\\n\"}}\n"
        for name in ("same", "mode", "moved", "linked", "written", "rewritten", "replaced", "removed", "touched"))

    def files(self, raw):
        said = self.inspect(raw, "--files")
        root = next(each for each in said["disk"]["partitions"] if each["label"] == "root")["files"]
        return root if isinstance(root, dict) else {each["path"]: each for each in root}

    def changed(self, before, after):
        return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}

    def test_an_empty_config_gives_the_base_back(self):
        raw = self.customize("os: {}\n")
        self.assertLessEqual(self.changed(self.files(self.base()), self.files(raw)),
                             RECORDS | {"/etc", "/usr/share"})
        self.assertEqual(raw.read_bytes(), self.customize("os: {}\n").read_bytes())
        # And what was customized is a base like any other.
        again = self.customize("os: {}\n", base=raw)
        self.assertLessEqual(self.changed(self.files(raw), self.files(again)), RECORDS)

    def test_what_scripts_touch_changes_and_nothing_else(self):
        script = ("cd /var/kept; chmod 600 mode; mv moved elsewhere; ln linked second; echo more >> written; "
                  "cat rewritten > /tmp/copy; cat /tmp/copy > rewritten; cp replaced /tmp/copy; mv /tmp/copy replaced; rm removed; "
                  "touch touched; cat same > /dev/null")
        before = self.files(self.base())
        after = self.files(self.customize(f"scripts: {{postCustomization: [{{content: '{script}'}}]}}\n"))

        def get(table, name, *keys):
            return [table[f"/var/kept/{name}"].get(key) for key in keys]

        keys = [key for key in before["/var/kept/same"] if key not in ("path", "links", "linkCount")]
        self.assertEqual(get(before, "same", *keys), get(after, "same", *keys))
        self.assertEqual(get(before, "moved", *keys), get(after, "elsewhere", *keys))
        self.assertEqual(get(before, "linked", *keys), get(after, "second", *keys))
        self.assertNotIn("/var/kept/removed", after)
        self.assertNotIn("/var/kept/moved", after)
        digest = "content"
        for name in ("mode", "rewritten", "replaced", "touched"):
            self.assertEqual(get(before, name, digest), get(after, name, digest), name)
        self.assertNotEqual(get(before, "written", digest), get(after, "written", digest))
        self.assertNotEqual(before["/var/kept/mode"], after["/var/kept/mode"])
        untouched = {path for path in before if not path.startswith("/var/kept") and path not in RECORDS}
        odd = {path for path in untouched if before[path] != after.get(path)}
        self.assertLessEqual(odd, {"/etc", "/usr/share", "/tmp"})

    def test_each_change_of_a_script_is_the_only_one(self):
        require_program("gcc")
        directory = self.scratch()
        helper = directory / "touch_files"
        self.run_tool("gcc", "-static", "-O1", "-o", helper, Path(__file__).resolve().parents[1] / "support/touch_files.c")
        names = ("same", "owned", "listed", "cut", "linked", "noted", "older", "mapped", "unseen", "put-back", "replaced", "renamed")
        files = "".join(f"  - {{destination: /var/kept/{name}, content: \"{name} and more\\n\"}}\n" for name in names)
        base = self.customize("os:\n  additionalFiles:\n" + files +
                              f"  - {{destination: /usr/bin/touch_files, source: {helper}, permissions: '755'}}\n")
        script = ("cd /var/kept; chown 12:34 owned; touch_files list listed; touch_files truncate cut 4; ln linked second; "
                  "touch_files attribute noted user.note seen; touch_files time older 1000000000; touch_files mapped mapped; touch_files unseen unseen; "
                  "chmod 600 put-back; chmod 644 put-back; cp replaced copy; mv copy replaced; mv renamed x; mv x renamed; cat same >/dev/null")
        content = json.dumps("set -e\n" + script.replace("; ", "\n") + "\n")
        before = self.files(base)
        made = self.customize(f"scripts: {{postCustomization: [{{content: {content}}}]}}\n", base=base)
        after = self.files(made)

        def difference(name, other=None):
            old, new = before[f"/var/kept/{name}"], after[f"/var/kept/{other or name}"]
            return {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}

        expected = {"same": set(), "owned": {"owner", "group"}, "listed": {"attributes"}, "cut": {"size", "content", "modified"},
                    "linked": set(), "noted": {"attributes"}, "older": {"modified"}, "mapped": {"content", "modified"},
                    "unseen": {"content"}, "put-back": set(), "replaced": {"modified"}, "renamed": set()}
        for name, keys in expected.items():
            # The mode of a file with an access list shows its mask.
            self.assertLessEqual(difference(name) - ({"mode"} if name == "listed" else set()), keys, name)
            if name not in ("replaced", "cut", "mapped"):
                self.assertGreaterEqual(difference(name), keys, name)
        self.assertIn("content", difference("cut"))
        self.assertIn("content", difference("mapped"))
        self.assertEqual(difference("linked", "second"), set())
        self.assertEqual(after["/var/kept/owned"]["owner"], 12)
        self.assertTrue(after["/var/kept/older"]["modified"].startswith("2001-09-09"))
        self.assertIn("user.note", after["/var/kept/noted"]["attributes"])
        self.assertIn("system.posix_acl_access", after["/var/kept/listed"]["attributes"])
        untouched = {path for path in before if not path.startswith("/var/kept") and path not in RECORDS}
        self.assertLessEqual({path for path in untouched if before[path] != after.get(path)}, {"/etc", "/usr/share", "/tmp"})
        # Both names are one file, and a second filesystem does not change at all.
        root = self.check_filesystems(made) / "root"
        self.assertIn("Links: 2", self.run_tool("debugfs", "-R", "stat /var/kept/second", root).stdout)
        parts, base_parts = self.partitions(made)[0], self.partitions(base)[0]
        for name in ("data", "esp"):
            self.assertEqual(digest(self.stretch(base, base_parts[name])), digest(self.stretch(made, parts[name])))

    def test_files_that_stayed_in_the_base_are_those_that_a_program_would_have_seen(self):
        change = ("os:\n"
                  "  hostname: other\n"
                  "  users: [{name: kim, uid: 1500}]\n"
                  "  additionalFiles:\n"
                  "  - {destination: /var/kept/written, content: \"other\\n\"}\n"
                  "  - {destination: /var/new/name, content: \"new\\n\"}\n"
                  "  kernelCommandLine: {extraCommandLine: [audit=1]}\n")
        # The script sees every content of the base, and so all of them have to be taken out of it.
        names = ("same", "mode", "moved", "linked", "rewritten", "replaced", "removed", "touched")
        script = "; ".join(f'[ "$(cat /var/kept/{name})" = {name} ] || exit 3' for name in names)
        without = self.customize(change)
        seen = self.customize(change + f"scripts: {{postCustomization: [{{content: '{script}'}}]}}\n")
        self.assertLessEqual(self.changed(self.files(without), self.files(seen)), RECORDS | {"/tmp"})
        self.check_filesystems(without)
        untouched = {path for path in self.changed(self.files(self.base()), self.files(without)) if "/kept/" in path}
        self.assertEqual(untouched, {"/var/kept/written"})
        base_parts, parts = self.partitions(self.base())[0], self.partitions(without)[0]
        self.assertEqual(self.stretch(self.base(), base_parts["data"]), self.stretch(without, parts["data"]))

    def test_an_ordinary_user_gets_the_same_bytes(self):
        if os.geteuid() != 0 or shutil.which("setpriv") is None:
            skip("another user can only be taken on by root")
        directory = self.scratch()
        directory.chmod(0o755)
        config = directory / "node.yaml"
        config.write_text("os: {hostname: same, users: [{name: kim}]}\noutput: {images: [{format: raw}]}\n")
        base = directory / "base.raw"
        shutil.copy(self.base(), base)
        sums = set()
        for user in (0, 65534):
            home = directory / str(user)
            home.mkdir()
            os.chown(home, user, user)
            command = [PROGRAM, "customize", "--image", base, config, "--output-dir", home / "out", "--cache-dir", home / "cache"]
            if user != 0:
                command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]
            result = subprocess.run(list(map(str, command)), env=environment(HOME=home, TMPDIR=home), capture_output=True, text=True)
            if user != 0 and "sandbox." in result.stderr:
                skip("this host lets an ordinary user run no programs in a root: " + result.stderr.splitlines()[-2])
            self.assertEqual(result.returncode, 0, result.stderr)
            sums.add(hashlib.sha256(next((home / "out").glob("*.raw")).read_bytes()).hexdigest())
        self.assertEqual(len(sums), 1)

    def test_a_killed_run_leaves_nothing_partial(self):
        """IMAGEWRIGHT_KILLS says how many; `toolkit/dev kill` makes 200."""
        adopt_orphans()
        directory = self.scratch()
        base = directory / "base.raw"
        shutil.copy(self.base(), base)
        before = hashlib.sha256(base.read_bytes()).hexdigest()
        config = self.config("os: {hostname: killed, additionalFiles: [{destination: /etc/new, content: new}]}\n"
                             "scripts: {postCustomization: [{content: 'i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done'}]}\n")
        out = directory / "out"
        command = [PROGRAM, "--cache-dir", directory / "cache", "customize", "--image", base, config, "--output-dir", out, "--progress", "none"]

        def run(seconds=None):
            process = subprocess.Popen(list(map(str, command)), env=environment(), stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                kill(process)
            return process.wait(timeout=120)

        def kill(process):
            """The front alone, all of it at once, or one process below it: then the others say what became of that."""
            below = descendants_of(process.pid)
            ways = [[process.pid], [process.pid, *below]] + ([[numbers.choice(below)]] if below else [])
            for number in numbers.choice(ways):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)

        numbers = random.Random(int(os.environ.get("IMAGEWRIGHT_SEED", "20240611")))
        start = time.monotonic()
        self.assertEqual(run(), 0)
        duration = time.monotonic() - start
        expected = artifact_digests(out)
        self.assertTrue(expected)
        earlier = directory / "earlier"
        shutil.copytree(out, earlier)
        for number in range(int(os.environ.get("IMAGEWRIGHT_KILLS", "9"))):
            shutil.rmtree(out, ignore_errors=True)
            if number % 2 == 0:
                shutil.copytree(earlier, out)
            moment = numbers.uniform(0, duration)
            code = run(moment)
            if code == 0:
                self.assertEqual(artifact_digests(out), expected, f"killed after {moment:.3f} s")
            self.assertEqual(living_descendants(), [], f"killed after {moment:.3f} s")
            found = artifact_digests(out)
            self.assertEqual({name: digest for name, digest in found.items() if expected.get(name) != digest}, {}, f"killed after {moment:.3f} s")
            self.assertEqual(wrong_sums(out), [])
            self.assertEqual(hashlib.sha256(base.read_bytes()).hexdigest(), before)
        # What a killed run left behind is gone with the next one, which gives the same.
        self.assertEqual(run(), 0)
        self.assertEqual(artifact_digests(out), expected)
        self.assertEqual([name for name in hidden_files(out) if name.startswith(".imagewright-work-")], [])

    def test_a_changed_byte_of_a_table_is_an_error_or_a_value(self):
        """IMAGEWRIGHT_FLIPS says how many bytes, IMAGEWRIGHT_SEED which."""
        directory = self.scratch()
        raw = directory / "damaged.raw"
        shutil.copy(self.base(), raw)
        config = self.config("os: {hostname: x}\n")
        table = json.loads(self.run_tool("sfdisk", "--json", raw).stdout)["partitiontable"]["partitions"]
        start = {each["name"]: each["start"] * 512 for each in table}
        # Partition tables; boot sector and FAT; superblock, group descriptors, bitmaps and inodes.
        regions = [(512, 1024), (raw.stat().st_size - (33 << 9), 33 << 9), (start["esp"], 512), (start["esp"] + 512, 32 << 10),
                   (start["root"] + 1024, 1024), (start["root"] + 4096, 4096), (start["root"] + (12 << 10), 1 << 20)]
        # Directories and the package database.
        root = directory / "root"
        root.write_bytes(self.stretch(raw, next(each for each in table if each["name"] == "root")))
        size = int(re.search(r"Block size: +(\d+)", self.run_tool("dumpe2fs", "-h", root).stdout).group(1))
        for path in ("/", "/etc", "/usr/lib", "/var/lib/rpm", "/var/lib/rpm/rpmdb.sqlite"):
            blocks = self.run_tool("debugfs", "-R", f"blocks {path}", root).stdout.split()
            self.assertTrue(blocks, path)
            regions += [(start["root"] + int(block) * size, size) for block in (blocks[0], blocks[-1])]
        numbers = random.Random(int(os.environ.get("IMAGEWRIGHT_SEED", "21")))
        ended = set()
        with raw.open("r+b") as image:
            for step in range(int(os.environ.get("IMAGEWRIGHT_FLIPS", "51"))):
                first, length = regions[step % len(regions)]
                place = first + numbers.randrange(length)
                image.seek(place)
                byte = image.read(1)
                image.seek(place)
                image.write(bytes([byte[0] ^ (1 << numbers.randrange(8))]))
                image.flush()
                result = self.run_program("customize", "--image", raw, config, "--dry-run", "--cache-dir", directory / "cache",
                                          expect=None, env=environment(), timeout=60)
                self.assertIn(result.returncode, (0, 1, 2, 3, 4, 5), f"byte {place}: {result.stderr}")
                ended.add(result.returncode)
                image.seek(place)
                image.write(byte)
        self.assertGreater(len(ended), 1, "no damage was found at all")

    def test_filesystems_of_others_are_written_or_refused_by_what_they_have(self):
        base = self.base()
        partition = self.partitions(base)[0]["root"]
        directory = self.scratch()
        (directory / "root").write_bytes(self.stretch(base, partition))
        (directory / "tree").mkdir()
        self.run_tool("debugfs", "-R", f"rdump / {directory / 'tree'}", directory / "root")
        uuid = re.search(r"UUID: +(\S+)", self.run_tool("dumpe2fs", "-h", directory / "root").stdout).group(1)
        image, made = directory / "base.raw", directory / "made"
        for options, refusal in ((["-t", "ext2"], None), (["-t", "ext3"], None), ([], None), (["-O", "^64bit,^metadata_csum"], None),
                                 (["-b", "1024"], None), (["-b", "2048", "-I", "128"], None), (["-O", "bigalloc"], '"bigalloc"'),
                                 (["-O", "casefold"], '"casefold"')):
            with self.subTest(options=options):
                made.unlink(missing_ok=True)
                with made.open("wb") as file:
                    file.truncate(partition["size"] * 512)
                self.run_tool("mkfs.ext4", "-q", "-F", "-b", "4096", "-U", uuid, "-d", directory / "tree", *options, made)
                shutil.copy(base, image)
                with image.open("r+b") as disk:
                    disk.seek(partition["start"] * 512)
                    disk.write(made.read_bytes())
                config = self.config("os: {additionalFiles: [{destination: /usr/share/new, content: new}]}\n")
                result = self.run_program("customize", "--image", image, config, "--output-dir", config.parent / "out",
                                          "--cache-dir", self.top / "cache", expect=None, env=environment())
                self.assertIn(result.returncode, (0, 2), result.stderr)
                if result.returncode == 0:
                    self.assertIsNone(refusal)
                    self.check_filesystems(next((config.parent / "out").glob("*.raw")))
                else:
                    self.assertIsNotNone(refusal, result.stderr)
                    self.assertIn("disk.rewrite-unsupported", result.stderr)
                    self.assertIn(refusal, result.stderr)
        # What does not change is carried, whatever it has.
        self.assertEqual(self.run_program("customize", "--image", image, self.config("os: {imageHistory: none}\n"), "--dry-run",
                                          "--cache-dir", self.top / "cache", env=environment()).returncode, 0)

    def base_with_xfs(self):
        """The base with XFS in the place of its data partition, by the same identifier."""
        base = self.base()
        directory = self.scratch()
        raw, root, fstab, made, tree = (directory / name for name in ("base.raw", "root", "fstab", "made", "tree"))
        shutil.copy(base, raw)
        partitions = self.partitions(base)[0]
        root.write_bytes(self.stretch(base, partitions["root"]))
        former = self.run_tool("debugfs", "-R", "cat /etc/fstab", root).stdout
        line = next(each for each in former.splitlines() if "/srv" in each)
        source = "PARTUUID=" + partitions["data"]["uuid"].lower()
        fstab.write_text(former.replace(line, f"{source} /srv xfs defaults 0 0"))
        for request in ("rm /etc/fstab", f"write {fstab} /etc/fstab"):
            self.run_tool("debugfs", "-w", "-R", request, root)
        (directory / "content").write_text("of the data\n")
        tree.write_text(f"/none\n0 0\nd--755 0 0\nnote ---640 12 34 {directory / 'content'}\nlink l--777 0 0 note\n$\n")
        size = partitions["data"]["size"] * 512
        self.run_tool("mkfs.xfs", "-q", "--unsupported", "-L", "data", "-d", f"size={size},file=1,name={made}", "-p", tree)
        with raw.open("r+b") as disk:
            for name, content in (("root", root), ("data", made)):
                disk.seek(partitions[name]["start"] * 512)
                disk.write(content.read_bytes())
        return raw

    def test_xfs_is_read_and_carried_and_can_be_laid_out_anew(self):
        base = self.base_with_xfs()
        found = next(each for each in self.inspect(base)["disk"]["partitions"] if each["label"] == "data")
        self.assertEqual((found["filesystem"]["type"], found["filesystem"]["label"]), ("xfs", "data"), found)
        # What nobody touches stays byte for byte; what would have to be written in it is refused.
        raw = self.customize("os: {hostname: renamed}\n", base=base)
        before, after = (self.stretch(image, self.partitions(image)[0]["data"]) for image in (base, raw))
        self.assertEqual(digest(before), digest(after))
        said = self.customize("os: {additionalFiles: [{destination: /srv/new, content: new}]}\n", base=base, expect=2)
        self.assertIn("[disk.rewrite-unsupported]", said)
        said = self.customize("storage: {resetPartitionsUuidsType: reset-all}\nos: {bootloader: {resetType: hard-reset}}\n", "--release", self.release, base=base, expect=2)
        self.assertRegex(said, r"\[(disk.rewrite-unsupported|origin.fixed-identifiers)\]")
        # A new disk takes the files over.
        storage = BASE[BASE.index("storage:"):BASE.index("os:")].replace("{{", "{").replace("}}", "}")
        raw = self.customize(storage + "os: {bootloader: {resetType: hard-reset}}\n", "--release", self.release, base=base)
        data = self.check_filesystems(raw) / "data"
        self.assertEqual(self.run_tool("debugfs", "-R", "cat /note", data).stdout, "of the data\n")
        self.assertRegex(self.run_tool("debugfs", "-R", "stat /note", data).stdout, r"(?s)Mode: +0640.*User: +12 +Group: +34 ")
        self.assertIn('Fast link dest: "note"', self.run_tool("debugfs", "-R", "stat /link", data).stdout)

    def test_xfs_that_was_not_unmounted_is_refused(self):
        base = self.base_with_xfs()
        start = self.partitions(base)[0]["data"]["start"] * 512
        content = bytearray(self.stretch(base, self.partitions(base)[0]["data"]))
        # The log's records begin with this mark; the operation behind the last one says "unmounted".
        place = content.find(b"\xfe\xed\xba\xbe")
        while place >= 0:
            content[place + 512 + 9] = 0
            place = content.find(b"\xfe\xed\xba\xbe", place + 512)
        with base.open("r+b") as disk:
            disk.seek(start)
            disk.write(content)
        self.assertIn("[disk.journal-unsupported]", self.customize("os: {hostname: renamed}\n", base=base, expect=2))

    def test_partitions_that_share_a_place_are_refused(self):
        base = self.base()
        raw, root, fstab = (self.scratch() / name for name in ("base.raw", "root", "fstab"))
        partition = self.partitions(base)[0]["root"]
        root.write_bytes(self.stretch(base, partition))
        former = self.run_tool("debugfs", "-R", "cat /etc/fstab", root).stdout
        fstab.write_text(former.replace("/boot/efi", "/link/efi"))
        self.assertNotEqual(former, fstab.read_text())
        for request in ("rm /etc/fstab", f"write {fstab} /etc/fstab", "symlink /link /boot"):
            self.run_tool("debugfs", "-w", "-R", request, root)
        shutil.copy(base, raw)

        def put():
            with raw.open("r+b") as disk:
                disk.seek(partition["start"] * 512)
                disk.write(root.read_bytes())

        put()
        self.customize("os: {hostname: linked}\n", base=raw)
        fstab.write_text(former.replace("/srv", "/link/efi"))
        for request in ("rm /etc/fstab", f"write {fstab} /etc/fstab"):
            self.run_tool("debugfs", "-w", "-R", request, root)
        put()
        self.assertIn("[origin.same-mount]", self.customize("os: {hostname: linked}\n", base=raw, expect=2))
        # The table, and the backup at the end of the disk, say that "data" begins within the ESP.
        shutil.copy(base, raw)
        content = bytearray(raw.read_bytes())
        for header, array in ((512, 1024), (len(content) - 512, len(content) - (33 << 9))):
            first = int.from_bytes(content[array + 128 + 32:array + 128 + 40], "little")
            content[array + 128 + 32:array + 128 + 40] = (first - 8).to_bytes(8, "little")
            content[header + 88:header + 92] = zlib.crc32(content[array:array + 128 * 128]).to_bytes(4, "little")
            content[header + 16:header + 20] = bytes(4)
            content[header + 16:header + 20] = zlib.crc32(content[header:header + 92]).to_bytes(4, "little")
        raw.write_bytes(content)
        said = self.customize("os: {hostname: linked}\n", base=raw, expect=5)
        self.assertIn('partitions "esp" and "data" overlap', said)

    def converted(self, name, *options):
        """The base as another program writes it."""
        path = self.scratch() / f"base.{name}"
        self.run_tool("qemu-img", "convert", "-f", "raw", "-O", {"vhd": "vpc", "vhd-fixed": "vpc"}.get(name, name), *options, self.base(), path)
        return path

    def dry_run(self, image):
        """Exit code and the digest of the disk that was understood."""
        result = self.run_program("customize", "--image", image, self.plain, "--dry-run", "--cache-dir", self.top / "cache",
                                  expect=None, env=environment(), timeout=60)
        found = re.search("sha256:[0-9a-f]{64}", result.stdout)
        return result.returncode, found and found.group(), result.stderr

    def test_tables_of_formats_that_were_damaged_are_no_other_disk(self):
        self.plain = self.config("os: {hostname: x}\n")
        expected = self.dry_run(self.base())[1]

        def u32(content, at):
            return int.from_bytes(content[at:at + 4], "big")

        def u64(content, at):
            return int.from_bytes(content[at:at + 8], "big")

        def footer(content):
            return [(len(content) - 512 + at, bytes([content[len(content) - 512 + at] ^ 4])) for at in (0, 3, 20, 55, 63, 70, 200)]

        def vhd(content):
            table, count = u64(content, 512 + 16), u32(content, 512 + 28)
            used = [table + 4 * index for index in range(count) if u32(content, table + 4 * index) != 0xFFFFFFFF]
            first = u32(content, used[0])
            return [(used[1], first.to_bytes(4, "big")), (used[1], (first + 1).to_bytes(4, "big")), (used[1], b"\0\0\0\1")]

        def qcow2(content):
            table = u64(content, u64(content, 40)) & 0xFFFFFFFFFFFE00
            used = [table + 8 * index for index in range(1000) if u64(content, table + 8 * index)]
            return [(used[1], content[used[0]:used[0] + 8]), (used[1], (table | 1 << 63).to_bytes(8, "big")), (used[1], (1 << 63 | 1 << 40).to_bytes(8, "big"))]

        def vhdx(content):
            entries = [0x30000 + 16 + 32 * index for index in range(2)]
            guid = bytes.fromhex("6677c22d23f600429d64115e9bfd4a08")
            table = next(int.from_bytes(content[at + 16:at + 24], "little") for at in entries if content[at:at + 16] == guid)
            used = [table + 8 * index for index in range(17) if content[table + 8 * index] & 7 == 6]
            other = int.from_bytes(content[used[0]:used[0] + 8], "little") + (1 << 20)
            return [(used[1], content[used[0]:used[0] + 8]), (used[1], other.to_bytes(8, "little"))]

        numbers = random.Random(21)
        for name, options, damages in (("vhd-fixed", ("-o", "subformat=fixed,force_size=on"), footer),
                                       ("vhd", ("-o", "subformat=dynamic,force_size=on"), vhd), ("qcow2", (), qcow2), ("vhdx", (), vhdx)):
            image = self.converted(name, *options)
            content = image.read_bytes()
            self.assertEqual(self.dry_run(image)[:2], (0, expected), name)
            # At the start of a fixed one is the disk itself.
            chances = [] if name == "vhd-fixed" else [(numbers.randrange(512), None) for _ in range(6)]
            for place, data in damages(content) + chances:
                data = data or bytes([content[place] ^ 1 << numbers.randrange(8)])
                with image.open("r+b") as file:
                    file.seek(place)
                    file.write(data)
                code, found, said = self.dry_run(image)
                with self.subTest(format=name, place=place):
                    self.assertIn(code, range(0, 6), said)
                    # An error with a name, or nothing else than what it was.
                    self.assertEqual(found, None if code else expected, said)
                with image.open("r+b") as file:
                    file.seek(place)
                    file.write(content[place:place + len(data)])


if __name__ == "__main__":
    unittest.main()
