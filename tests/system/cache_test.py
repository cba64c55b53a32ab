# SPDX-License-Identifier: MIT
"""Stages of earlier builds: whatever is changed, a build that may use them has the bytes of one that must not; what is damaged never
reaches an image.

IMAGEWRIGHT_CACHE_CHANGES says how many changes of the config are tried (default 6; `toolkit/dev test-long` tries all), IMAGEWRIGHT_KILLS
how many builds are killed while they fill the cache (default 4)."""

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
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import artifact_digests, run  # noqa: E402
from imagewright_testing import PROGRAM, TOP, TestCase, environment, require_workbench, skip  # noqa: E402

RELEASE = TOP / "configs/releases/workbench.yaml"
KILLS = int(os.environ.get("IMAGEWRIGHT_KILLS", "4"))
SEED = int(os.environ.get("IMAGEWRIGHT_SEED", "20240611"))

BASE = {
    "hostname": "node",
    "install": ["openssh-server"],
    "users": "",
    "groups": "",
    "files": "",
    "directories": "",
    "services": "enable: [ssh]",
    "arguments": "",
    "modules": "",
    "extra": "",
    "scripts": "",
    "output": "- format: qcow2",
    "storage": "",
}

TEMPLATE = """release: {release}
{storage}
os:
  hostname: {hostname}
  packages:
    install: [{install}]
  services: {{{services}}}
{groups}{users}{files}{directories}{arguments}{modules}{extra}
{scripts}
output:
  name: small
  images:
  {output}
"""

ESP = {"deviceId": "esp", "type": "fat32", "mountPoint": "/boot/efi"}


def storage(boot_type, partitions, filesystems, **others):
    """Text of the config's storage, and of the preview features that images with it may need."""
    layout = {"bootType": boot_type, "disks": [{"partitionTableType": "gpt", "partitions": partitions}], "filesystems": filesystems, **others}
    return f"previewFeatures: [uki]\nstorage: {json.dumps(layout)}\n"


EFI_STORAGE = storage("efi", [{"id": "esp", "type": "esp", "size": "160M"}, {"id": "root", "type": "root", "size": "1G"}],
                      [ESP, {"deviceId": "root", "type": "ext4", "mountPoint": "/"}])
LEGACY_STORAGE = storage("legacy", [{"id": "loader", "type": "bios-grub", "size": "8M"}, {"id": "root", "type": "root", "size": "1G"}],
                         [{"deviceId": "root", "type": "ext4", "mountPoint": "/"}])
VERITY_STORAGE = storage("efi", [{"id": "esp", "type": "esp", "size": "160M"}, {"id": "root", "type": "root", "size": "512M"},
                                 {"id": "hashes", "type": "usr-verity", "size": "16M"}, {"id": "data", "type": "usr", "size": "800M"}],
                         [ESP, {"deviceId": "root", "type": "ext4", "mountPoint": "/"},
                          {"deviceId": "verified", "type": "ext4", "mountPoint": {"path": "/usr", "options": "ro"}}],
                         verity=[{"id": "verified", "name": "usr", "dataDeviceId": "data", "hashDeviceId": "hashes"}])

# What is changed, each alone, and which stages may still be taken from the build of BASE: the root, the initramfs.
CHANGES = {
    "host name": ({"hostname": "another"}, True, True),
    "package": ({"install": ["openssh-server", "jq"]}, False, False),
    "documentation": ({"extra_packages": "docs: false"}, None, None),
    "user": ({"users": "  users:\n  - {name: operator, password: {type: locked}}\n"}, False, False),
    "group": ({"groups": "  groups:\n  - {name: operators, gid: 900}\n"}, False, False),
    "file with text of its own": ({"files": "  additionalFiles:\n  - {destination: /etc/motd, content: hello}\n"}, True, True),
    "new file of the config": ({"files": "  additionalFiles:\n  - {destination: /opt/agent/conf, content: hello}\n"}, True, True),
    "new name below /etc": ({"files": "  additionalFiles:\n  - {destination: /etc/agent.conf, content: hello}\n"}, True, True),
    "file that dracut reads": ({"files": "  additionalFiles:\n  - {destination: /etc/modprobe.d/own.conf, content: options loop max_loop=3}\n"},
                               True, False),
    "settings of dracut": ({"files": "  additionalFiles:\n  - destination: /etc/dracut.conf.d/own.conf\n"
                                     "    content: install_items+=\" /etc/hostname \"\n"}, True, False),
    "unit that is enabled": ({"services": "enable: [ssh, systemd-networkd]"}, True, True),
    "unit that is disabled": ({"services": "disable: [ssh]"}, True, True),
    "kernel argument": ({"arguments": "  kernelCommandLine: {extraCommandLine: [quiet]}\n"}, True, True),
    "kernel module": ({"modules": "  modules:\n  - {name: loop, loadMode: always}\n"}, True, None),
    "time zone": ({"extra": "  timezone: Europe/Berlin\n"}, True, None),
    "kernel": ({"extra": "  kernel: {series: \"6.1\"}\n"}, None, None),
    "FIPS": ({"extra": "  fips: {mode: enabled}\n"}, None, None),
    "UKI": ({"storage": EFI_STORAGE, "extra": "  uki: {mode: create}\n"}, None, None),
    "verity": ({"storage": VERITY_STORAGE, "extra": "  uki: {mode: create}\n"}, None, None),
    "BIOS": ({"storage": LEGACY_STORAGE, "extra": "  bootloader: {type: grub}\n"}, None, None),
    "overlay of the initramfs": ({"extra": "  overlays:\n  - {lowerDirs: [/opt], upperDir: /var/o/upper, workDir: /var/o/work, mountPoint: /opt, "
                                           "isInitrdOverlay: true}\n"}, None, None),
    "SELinux": ({"extra": "  selinux: {mode: disabled}\n"}, None, None),
    "script": ({"scripts": "scripts:\n  postCustomization:\n  - content: echo x > /etc/agent-state\n"}, True, True),
    "script that dracut notices": ({"scripts": "scripts:\n  postCustomization:\n  - content: echo x >> /etc/modprobe.d/by-script.conf\n"}, True,
                                   False),
    "last script": ({"scripts": "scripts:\n  finalizeCustomization:\n  - content: echo x > /etc/last\n"}, True, True),
    "format": ({"output": "- format: vhd-fixed"}, True, True),
    "archive": ({"output": "- format: tar"}, None, None),
}


class Cached(TestCase):
    @classmethod
    def setUpClass(cls):
        require_workbench()

    def setUp(self):
        self.top = self.scratch()
        self.cache = self.top / "cache"
        # Packages of an earlier test save time, and nothing else of its cache.
        self.cache.mkdir(mode=0o755)

    def write(self, changes=None):
        values = {**BASE, **(changes or {}), "release": RELEASE}
        extra = values.pop("extra_packages", "")
        values["install"] = ", ".join(values["install"])
        text = TEMPLATE.format(**values)
        if extra:
            text = text.replace("  services:", f"    {extra}\n  services:", 1)
        config = self.top / "small.yaml"
        config.write_text(text)
        return config

    def build(self, output, *arguments, changes=None, expect=0, env=None, **options):
        command = [str(PROGRAM), "--cache-dir", str(self.cache), "build", str(self.write(changes)), "--arch", "x86_64", "--output-dir",
                   str(self.top / output), "--progress", "none", *arguments]
        result = run(command, **({"env": env} if env else {}), **options)
        self.assertEqual(result.returncode, expect, result.stderr[-3000:])
        return result

    def findings(self, output):
        report = json.loads((self.top / output / "small-x86_64.report.json").read_text())
        return {finding["stage"]: (finding["result"], finding["reason"]) for finding in report["cache"]}

    def results(self, output):
        return {stage: result for stage, (result, _) in self.findings(output).items()}

    def digests(self, output):
        return artifact_digests(self.top / output)

    def stored(self, kind):
        return sorted(path for path in (self.cache / "stages" / kind).rglob("*") if path.is_file())


class Bytes(Cached):
    def test_a_cached_build_has_the_bytes_of_an_uncached_one(self):
        self.build("base")
        names = list(CHANGES)
        random.Random(SEED).shuffle(names)
        for name in names[:int(os.environ.get("IMAGEWRIGHT_CACHE_CHANGES", "6"))]:
            changes, has_root, has_initramfs = CHANGES[name]
            with self.subTest(change=name):
                shutil.rmtree(self.top / "stages-of-base", ignore_errors=True)
                shutil.copytree(self.cache / "stages", self.top / "stages-of-base", symlinks=True)
                self.build("cached", changes=changes)
                found = self.results("cached")
                self.build("anew", "--no-cache", changes=changes)
                self.assertEqual(self.digests("cached"), self.digests("anew"), name)
                self.assertEqual(found["outputs"], "miss")
                for stage, expected in (("root", has_root), ("initramfs", has_initramfs)):
                    if expected is not None:
                        self.assertEqual(found[stage], "hit" if expected else "miss", f"{stage} with another {name}")
                self.assertNotEqual(self.findings("cached")["outputs"][1], "")
                # The next change is to the base again, not to what this one has left.
                shutil.rmtree(self.cache / "stages")
                shutil.copytree(self.top / "stages-of-base", self.cache / "stages", symlinks=True)

    def test_what_is_kept_serves_another_config_of_the_same_packages(self):
        self.build("base")
        text = self.write({"hostname": "other"}).read_text().replace("name: small", "name: small")
        other = self.top / "elsewhere"
        other.mkdir()
        (other / "config.yaml").write_text(text)
        self.run_program("--cache-dir", self.cache, "build", other / "config.yaml", "--arch", "x86_64", "-o", self.top / "other")
        self.assertEqual(self.results("other")["root"], "hit")
        self.assertEqual(self.results("other")["initramfs"], "hit")


class Unchanged(Cached):
    def test_nothing_is_made_when_nothing_changed(self):
        self.build("out")
        before = {path.name: path.stat().st_ino for path in (self.top / "out").iterdir() if "report" not in path.name}
        result = self.build("out")
        self.assertIn("nothing changed", result.stderr)
        self.assertEqual(self.results("out"), {"outputs": "hit"})
        after = {path.name: path.stat().st_ino for path in (self.top / "out").iterdir() if "report" not in path.name}
        before.pop("SHA256SUMS"), after.pop("SHA256SUMS")
        self.assertEqual(after, before)
        self.run_tool("sha256sum", "--check", "SHA256SUMS", cwd=self.top / "out")
        self.assertIn("same bytes", self.run_program("--cache-dir", self.cache, "verify", self.top / "out").stdout)

    def test_an_output_that_was_touched_is_looked_at_and_one_that_was_changed_is_made_again(self):
        self.build("out")
        expected = self.digests("out")
        image = self.top / "out/small-x86_64.qcow2"
        os.utime(image)
        self.build("out")
        self.assertEqual(self.results("out"), {"outputs": "hit"})
        for spoil in (lambda: image.unlink(), lambda: image.write_bytes(b"x"), self.flip(image), self.flip(self.top / "out/SHA256SUMS", 0)):
            spoil()
            self.build("out")
            self.assertEqual(self.results("out")["outputs"], "miss")
            self.assertEqual(self.digests("out"), expected)

    @staticmethod
    def flip(path, place=4096):
        """One bit, with the times put back."""
        def change():
            status = path.stat()
            with open(path, "r+b") as file:
                file.seek(place)
                byte = file.read(1)[0]
                file.seek(place)
                file.write(bytes([byte ^ 1]))
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        return change

    def test_whatever_a_build_depends_on_makes_it_miss(self):
        source = self.top / "note.txt"
        source.write_text("one")
        changes = {"files": f"  additionalFiles:\n  - {{source: {source}, destination: /opt/note}}\n"}
        self.build("out", changes=changes)
        self.build("out", changes=changes)
        self.assertEqual(self.results("out"), {"outputs": "hit"})

        def rebuilt(*arguments, **options):
            self.build("out", *arguments, changes=changes, **options)
            stage, reason = self.findings("out")["outputs"]
            self.assertEqual(stage, "miss")
            return reason

        source.write_text("two")
        self.assertIn("files", rebuilt())
        source.chmod(0o600)
        rebuilt()
        self.assertIn("epoch", rebuilt(env=environment(SOURCE_DATE_EPOCH=1700000000)))
        self.assertIn("formats", rebuilt("--format", "raw"))


class Program(Cached):
    def test_another_program_takes_nothing_of_this_one(self):
        self.build("out")
        # One byte of the build id is another program.
        other = self.top / "imagewright"
        shutil.copy(PROGRAM, other)
        notes = self.run_tool("readelf", "--notes", other).stdout
        build_id = bytes.fromhex(re.search(r"Build ID: ([0-9a-f]+)", notes).group(1))
        content = bytearray(other.read_bytes())
        at = content.find(build_id)
        self.assertGreater(at, 0)
        content[at] ^= 1
        other.write_bytes(content)
        command = [str(other), "--cache-dir", str(self.cache), "build", str(self.write()), "--arch", "x86_64", "--output-dir", str(self.top / "out"),
                   "--progress", "none"]
        result = run(command, env=environment(IMAGEWRIGHT_DATA=TOP))
        self.assertEqual(result.returncode, 0, result.stderr[-2000:])
        self.assertEqual({*self.results("out").values()}, {"miss"})
        self.assertIn("build of Imagewright", self.findings("out")["root"][1])


class Poison(Cached):
    def test_nothing_that_is_damaged_reaches_an_image(self):
        self.build("base")
        expected = self.digests("base")
        largest = max(self.stored("content"), key=lambda path: path.stat().st_size)

        def change(path, content):
            path.chmod(0o600)
            path.write_bytes(content)

        def swap_roots():
            """The root of other packages under this one's name."""
            mine = self.stored("entries/root")
            self.build("other", changes={"install": ["openssh-server", "jq"]})
            theirs = [path for path in self.stored("entries/root") if path not in mine]
            self.assertEqual(len(theirs), 1)
            shutil.copy(theirs[0], mine[0])

        poisons = {
            "content is changed": lambda: change(largest, b"x" * largest.stat().st_size),
            "content is cut off": lambda: change(largest, largest.read_bytes()[:-1]),
            "all content is gone": lambda: [path.unlink() for path in self.stored("content")],
            "others may write content": lambda: largest.chmod(0o666),
            "the root's entry is changed": lambda: [change(path, path.read_bytes()[:-1] + b"!") for path in self.stored("entries/root")],
            "the root's entry is another's": swap_roots,
            "the initramfs's entry is changed": lambda: [change(path, b"") for path in self.stored("entries/initramfs")],
            "every entry belongs to another": lambda: [os.chown(path, 1, 1) for path in self.stored("entries")],
            "content is a link to the host": lambda: (largest.unlink(), largest.symlink_to("/etc/passwd")),
        }
        for name, poison in poisons.items():
            with self.subTest(poison=name):
                if "belongs" in name and os.geteuid() != 0:
                    continue
                poison()
                output = re.sub(r"\W", "-", name)
                result = self.build(output)
                self.assertEqual(self.digests(output), expected)
                self.assertLessEqual(result.stderr.count("[pipeline.stage-damaged]"), 1)
                # And it is healed.
                again = self.build(output + "-again")
                self.assertEqual(self.digests(output + "-again"), expected)
                self.assertNotIn("[pipeline.stage-damaged]", again.stderr)
                self.assertEqual(self.results(output + "-again"), {"outputs": "miss", "root": "hit", "initramfs": "hit"})

    def test_what_says_that_nothing_changed_is_not_believed_when_it_is_damaged_or_of_another(self):
        self.build("base")
        expected = self.digests("base")
        mine = self.stored("entries/outputs")
        self.assertEqual(len(mine), 1)
        whole = mine[0].read_bytes()
        self.build("base", changes={"hostname": "another"})
        other = next(path for path in self.stored("entries/outputs") if path not in mine).read_bytes()
        self.assertNotEqual(self.digests("base"), expected)
        # Its files are in the directory: what vouches for them would be believed if it were this config's.
        for poison in (other, whole[:-1] + b"!", b""):
            mine[0].chmod(0o600)
            mine[0].write_bytes(poison)
            result = self.build("base")
            self.assertEqual(self.digests("base"), expected)
            self.assertNotEqual(self.results("base")["outputs"], "hit")
            self.assertIn("[pipeline.stage-damaged]", result.stderr)
        self.build("base")
        self.assertEqual(self.results("base")["outputs"], "hit")

    def test_a_cache_that_others_can_write_is_not_believed(self):
        self.build("base")
        self.cache.chmod(0o777)
        result = self.build("out")
        self.assertIn("[pipeline.cache-not-trusted]", result.stderr)
        self.assertEqual({*self.results("out").values()}, {"miss"})
        self.assertEqual(self.digests("out"), self.digests("base"))


class Interrupted(Cached):
    def test_a_build_that_is_killed_while_it_fills_the_cache_spoils_nothing(self):
        self.build("anew", "--no-cache")
        expected = self.digests("anew")
        source = random.Random(SEED)
        for number in range(KILLS):
            shutil.rmtree(self.cache / "stages", ignore_errors=True)
            command = [str(PROGRAM), "--cache-dir", str(self.cache), "build", str(self.write()), "--arch", "x86_64", "--output-dir",
                       str(self.top / "out"), "--progress", "json"]
            with subprocess.Popen(command, cwd=TOP, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as build:
                for line in build.stderr:
                    if '"keep-root"' in line:
                        break
                time.sleep(source.uniform(0, 0.6))
                build.send_signal(signal.SIGKILL)
                build.stderr.read()
            self.build("out")
            self.assertEqual(self.digests("out"), expected, f"after kill {number}")
            leftovers = [path for path in (self.cache / "stages").iterdir() if path.name.startswith(".")]
            self.assertEqual(leftovers, [])

    def test_builds_that_fill_one_cache_at_once(self):
        self.build("anew", "--no-cache")
        command = [str(PROGRAM), "--cache-dir", str(self.cache), "build", str(self.write()), "--arch", "x86_64", "--progress", "none"]
        builds = [subprocess.Popen([*command, "--output-dir", str(self.top / f"out{number}")], cwd=TOP, env=environment(),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for number in range(3)]
        for number, build in enumerate(builds):
            said = build.communicate()[1]
            self.assertEqual(build.returncode, 0, said[-2000:])
            self.assertNotIn("[pipeline.stage", said)
            self.assertEqual(self.digests(f"out{number}"), self.digests("anew"))

    def test_a_limit_is_kept(self):
        self.build("base", "--cache-limit", "1")
        size = sum(path.stat().st_blocks * 512 for path in self.stored("."))
        self.assertLess(size, 1 << 30)
        info = json.loads(self.run_program("--cache-dir", self.cache, "cache", "info", "--json").stdout)
        self.assertGreater(info["bytes"], size // 2)
        self.run_program("--cache-dir", self.cache, "cache", "prune", "--days", "0")
        self.assertEqual(self.stored("."), [])


class User(Cached):
    def test_an_ordinary_user_uses_a_cache_of_his_own(self):
        if os.geteuid() != 0:
            skip("only root can become another user")
        self.build("anew", "--no-cache")
        for path in (self.top, self.cache):
            os.chown(path, 65534, 65534)
        self.top.chmod(0o755)
        config = self.write()
        shutil.rmtree(self.cache)
        for output, expected in (("one", "miss"), ("two", "hit")):
            command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", str(PROGRAM), "--cache-dir", str(self.cache), "build",
                       str(config), "--arch", "x86_64", "--output-dir", str(self.top / output), "--progress", "none"]
            result = run(command, env=environment(HOME=self.top))
            self.assertEqual(result.returncode, 0, result.stderr[-2000:])
            self.assertEqual(self.results(output)["root"], expected)
            self.assertEqual(self.digests(output), self.digests("anew"))


if __name__ == "__main__":
    unittest.main()
