# SPDX-License-Identifier: MIT
"""Verified /usr and /: they boot, and one flipped byte cannot be read."""

import hashlib
import json
import mmap
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import LABEL_CHECK  # noqa: E402
from imagewright_testing import TOP, TestCase, require_workbench  # noqa: E402

MIB = 1 << 20
MARK = "this-line-is-verified"
CANARY = "/usr/share/canary"
PACKAGES = ["containerd", "runc", "imagewright-node-network", "imagewright-node-presets", "imagewright-node-sysctl"]
ESP = {"deviceId": "esp", "type": "fat32", "mountPoint": "/boot/efi"}


def storage(name, partitions, filesystems):
    return {"bootType": "efi", "autoSize": True, "freeSpace": "64M",
            "disks": [{"partitionTableType": "gpt",
                       "partitions": [{"id": "esp", "label": "esp", "type": "esp", "size": "160M"}, *partitions]}],
            "verity": [{"id": "verified", "name": name, "dataDeviceId": "data", "hashDeviceId": "hashes"}],
            "filesystems": [ESP, *filesystems]}


def config(name, layout, system, checks=()):
    return {"release": str(TOP / "configs/releases/workbench.yaml"), "previewFeatures": ["uki"], "storage": layout,
            "os": {"hostname": "node", "packages": {"install": PACKAGES}, **system},
            "output": {"name": name, "images": [{"format": "raw"}]}, "checks": list(checks)}


def usr_config():
    layout = storage("usr",
                     [{"id": "root", "label": "root", "type": "root", "size": "512M"},
                      {"id": "hashes", "label": "usr-hashes", "type": "usr-verity", "size": "16M"},
                      {"id": "data", "label": "usr", "type": "usr"}],
                     [{"deviceId": "root", "type": "ext4", "mountPoint": "/"},
                      {"deviceId": "verified", "type": "ext4", "mountPoint": {"path": "/usr", "options": "ro"}}])
    system = {"additionalFiles": [{"destination": CANARY, "content": MARK + "." * 8192}],
              "services": {"enable": ["containerd", "systemd-networkd", "systemd-resolved"]},
              "selinux": {"mode": "enforcing"}}
    checks = [{"name": "containerd answers", "command": "ctr version"},
              {"name": "/usr is verified", "command": "veritysetup status usr | sed -n 's/.*status: *//p'", "expect": "verified"},
              {"name": "/usr is mounted", "command": "findmnt -no SOURCE /usr", "expect": "/dev/mapper/usr"},
              {"name": "canary", "command": f"cut -c1-{len(MARK)} {CANARY}", "expect": MARK}]
    return config("verified-usr", layout, system, checks)


def root_config(selinux):
    layout = storage("root",
                     [{"id": "hashes", "label": "root-hashes", "type": "root-verity", "size": "16M"},
                      {"id": "var", "label": "var", "type": "var", "size": "256M"},
                      {"id": "data", "label": "root", "type": "root"}],
                     [{"deviceId": "var", "type": "ext4", "mountPoint": "/var"},
                      {"deviceId": "verified", "type": "ext4", "mountPoint": {"path": "/", "options": "ro"}}])
    system = {"uki": {"mode": "create"}, "services": {"enable": ["containerd", "systemd-networkd", "systemd-resolved"]}, "selinux": {"mode": selinux}}
    checks = [{"name": "/ is verified", "command": "veritysetup status root | sed -n 's/.*status: *//p'", "expect": "verified"},
              {"name": "/ is mounted", "command": "findmnt -no SOURCE,FSTYPE /", "expect": "/dev/mapper/root ext4"},
              {"name": "command line", "command": "cat /proc/cmdline"}]
    if selinux != "disabled":
        checks += [{"name": "SELinux enforces", "command": "getenforce", "expect": "Enforcing"},
                   LABEL_CHECK,
                   {"name": "nobody can write", "command": "touch /usr/written 2>&1 | grep -o 'Read-only file system'", "expect": "Read-only file system"}]
    return config("verified-root", layout, system, checks)


class VerifiedImages(TestCase):
    @classmethod
    def setUpClass(cls):
        require_workbench()

    def build(self, settings):
        scratch = self.scratch()
        path = scratch / "config.json"
        path.write_text(json.dumps(settings))
        self.run_program("build", path, "--arch", "x86_64", "--output-dir", scratch / "out", "--progress", "none")
        name = f"{settings['output']['name']}-x86_64"
        manifest = json.loads((scratch / "out" / f"{name}.manifest.json").read_text())
        return scratch / "out" / f"{name}.raw", manifest

    def partition(self, image, manifest, name):
        found = [partition for partition in manifest["disk"]["partitions"] if partition["id"] == name][0]
        target = self.scratch() / name
        with open(image, "rb") as source, open(target, "wb") as copy:
            source.seek(found["start"])
            for _ in range(found["size"] // MIB):
                copy.write(source.read(MIB))
        return target

    def verify(self, image, manifest, argument, expect):
        root_hash = re.search(rf"\b{argument}=([0-9a-f]{{64}})\b", manifest["kernelCommandLine"]).group(1)
        return self.run_tool("veritysetup", "verify", self.partition(image, manifest, "data"),
                             self.partition(image, manifest, "hashes"), root_hash, expect=expect)

    def boot(self, image, expect):
        result = self.run_program("boot", image, "--json", "--progress", "none", expect=expect)
        return {row["check"]: row for row in json.loads(result.stdout)["checks"]}

    def test_a_verified_usr_boots_and_a_flipped_byte_cannot_be_read(self):
        image, manifest = self.build(usr_config())
        self.verify(image, manifest, "usrhash", 0)
        rows = self.boot(image, 0)
        self.assertEqual(rows["canary"]["actual"], MARK)
        self.flip(image, manifest)
        self.verify(image, manifest, "usrhash", 2)
        rows = self.boot(image, 5)
        self.assertEqual(rows["canary"]["result"], "failed")
        self.assertNotIn(MARK, rows["canary"]["actual"])
        self.assertEqual(rows["kernel is 6.1"]["result"], "passed")

    def flip(self, image, manifest):
        """Changes the case of one letter of the canary, where it is stored."""
        data = [partition for partition in manifest["disk"]["partitions"] if partition["id"] == "data"][0]
        with open(image, "r+b") as file, mmap.mmap(file.fileno(), 0) as content:
            at = content.find((MARK + "....").encode(), data["start"])
            self.assertTrue(data["start"] < at < data["start"] + data["size"])
            content[at] ^= 0x20

    def test_a_verified_root_boots(self):
        self.check_root("disabled")

    def test_a_verified_root_boots_where_selinux_enforces(self):
        rows = self.check_root("enforcing")
        self.assertEqual(rows["SELinux enforces"]["actual"], "Enforcing")

    def check_root(self, selinux):
        image, manifest = self.build(root_config(selinux))
        self.verify(image, manifest, "roothash", 0)
        before = hashlib.sha256(image.read_bytes()).hexdigest()
        # No byte of it may change, and the questions are answered all the same.
        rows = self.boot(image, 0)
        self.assertEqual({row["result"] for row in rows.values()}, {"passed"})
        self.assertEqual(rows["command line"]["actual"], manifest["kernelCommandLine"])
        self.assertEqual(hashlib.sha256(image.read_bytes()).hexdigest(), before)
        return rows


if __name__ == "__main__":
    unittest.main(verbosity=2)
