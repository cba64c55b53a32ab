# SPDX-License-Identifier: MIT
"""Verified /usr and /: they boot, and one flipped byte cannot be read."""

import json
import mmap
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import TOP, TestCase, require_workbench  # noqa: E402

MIB = 1 << 20
MARK = "this-line-is-verified"
CANARY = "/usr/share/canary"
PACKAGES = ["containerd", "runc", "imagewright-node-network", "imagewright-node-presets", "imagewright-node-sysctl"]
ESP = {"deviceId": "esp", "type": "fat32", "mountPoint": "/boot/efi"}
# For an image whose root cannot take the questions of `imagewright boot`.
TELL = """#!/bin/sh
exec >/dev/ttyS0 2>&1
systemctl is-system-running --wait >/dev/null
echo
echo "TELL state $(systemctl is-system-running)"
echo "TELL failed $(systemctl list-units --failed --plain --no-legend | tr '\\n' ' ')"
echo "TELL verity $(veritysetup status root | sed -n 's/.*status: *//p')"
echo "TELL root $(findmnt -no SOURCE,FSTYPE /)"
echo "TELL line $(cat /proc/cmdline)"
systemctl poweroff
"""
TELL_UNIT = """[Unit]
Description=Tells the host what it sees
After=multi-user.target
[Service]
ExecStart=/usr/lib/tell
[Install]
WantedBy=multi-user.target
"""


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


def root_config():
    layout = storage("root",
                     [{"id": "hashes", "label": "root-hashes", "type": "root-verity", "size": "16M"},
                      {"id": "var", "label": "var", "type": "var", "size": "256M"},
                      {"id": "data", "label": "root", "type": "root"}],
                     [{"deviceId": "var", "type": "ext4", "mountPoint": "/var"},
                      {"deviceId": "verified", "type": "ext4", "mountPoint": {"path": "/", "options": "ro"}}])
    system = {"uki": {"mode": "create"},
              "additionalFiles": [{"destination": "/usr/lib/tell", "content": TELL, "permissions": "755"},
                                  {"destination": "/usr/lib/systemd/system/tell.service", "content": TELL_UNIT}],
              "services": {"enable": ["containerd", "systemd-networkd", "systemd-resolved", "tell"]}}
    return config("verified-root", layout, system)


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
        image, manifest = self.build(root_config())
        self.verify(image, manifest, "roothash", 0)
        self.assertIn("boot.cannot-carry-probe", self.run_program("boot", image, expect=4).stderr)
        told = self.told(image)
        self.assertEqual(told["state"], "running")
        self.assertEqual(told["failed"], "")
        self.assertEqual(told["verity"], "verified")
        self.assertEqual(told["root"], "/dev/mapper/root ext4")
        self.assertEqual(told["line"], manifest["kernelCommandLine"])

    def told(self, image):
        scratch = self.scratch()
        firmware = Path("/usr/share/OVMF")
        shutil.copy(firmware / "OVMF_VARS_4M.fd", scratch / "variables")
        drives = [f"if=pflash,unit=0,format=raw,readonly=on,file={firmware / 'OVMF_CODE_4M.fd'}",
                  f"if=pflash,unit=1,format=raw,file={scratch / 'variables'}",
                  f"if=virtio,format=raw,snapshot=on,file={image}"]
        command = ["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi,tb-size=192",
                   "-cpu", "max,erms=off,fsrm=off,la57=off,svm=off", "-smp", "2", "-m", "1024",
                   "-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio", "-device", "virtio-rng-pci"]
        for drive in drives:
            command += ["-drive", drive]
        console = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=1200, stdin=subprocess.DEVNULL).stdout
        told = dict(re.findall(r"^TELL (\w+) ?(.*?)\s*$", console, flags=re.MULTILINE))
        self.assertIn("line", told, console[-4000:])
        return told


if __name__ == "__main__":
    unittest.main(verbosity=2)
