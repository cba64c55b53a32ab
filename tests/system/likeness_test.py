# SPDX-License-Identifier: MIT
"""The shipped configs of Azure Linux against the imitation of its packages: composed, booted, updated, made anew.

`toolkit/workbench/build --arch x86_64 --like azurelinux-3.0` makes the imitation; `toolkit/dev test-long` does that and runs this.
IMAGEWRIGHT_LIKENESS chooses among the cells by a part of their names."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import LABEL_CHECK  # noqa: E402
from imagewright_testing import TOP, WORKBENCH, TestCase, require_program, require_workbench, skip  # noqa: E402
from rebuilds import Rebuilds  # noqa: E402

LIKENESS = TOP / "build/azurelinux-like"
CONFIGS = TOP / "configs/azurelinux-3.0"
KEY = WORKBENCH / "RPM-GPG-KEY-workbench"
REPOSITORIES = ("base", "ms-oss", "ms-non-oss", "cloud-native")
# The packages have the distribution's versions, their programs the workbench's: what runs cannot answer to these.
OF_VERSIONS = {"kernel-series", "systemd-series"}
BIOS_STORAGE = {
    "bootType": "legacy",
    "disks": [{"partitionTableType": "gpt", "maxSize": "5000M", "partitions": [
        {"id": "bios", "type": "bios-grub", "size": "8M"}, {"id": "boot", "label": "boot", "size": "500M"},
        {"id": "root", "label": "root", "type": "root", "size": "grow"}]}],
    "filesystems": [{"deviceId": "boot", "type": "ext4", "mountPoint": "/boot"}, {"deviceId": "root", "type": "ext4", "mountPoint": "/"}]}
# What is added to a shipped config, by cell, and what the running system says of itself.
CELLS = {
    "gen2": ("node-qemu", {}, {"selinuxMode": "disabled"}),
    "gen2-enforcing": ("node-qemu", {"os": {"selinux": {"mode": "enforcing"}}, "checks": [LABEL_CHECK]}, {"selinuxMode": "enforcing"}),
    "gen1": ("node-qemu", {"storage": BIOS_STORAGE}, {"selinuxMode": "disabled"}),
    "systemd-boot": ("node-qemu", {"os": {"bootloader": {"type": "systemd-boot"}}}, {"selinuxMode": "disabled"}),
    "fips": ("node-fips", {"output": {"name": "fips", "images": [{"format": "qcow2"}]}}, {"fipsEnabled": "1"}),
}
# gpu-nvidia comes after the role that it replaces a file of.
ROLES = ("kubernetes-node", "capz", "gpu-nvidia", "arc", "confidential-vm", "cis")
# Runs once at each boot of a node that updates itself: a second kernel comes, the first goes, each time with a restart.
STEPS = """\
#!/bin/bash
state=/var/lib/update-step
step=$(cat $state 2>/dev/null || echo 0)
say() { while read -r line; do echo "STEP $step $1 $line" > /dev/ttyS0; done; }
uname -r | say kernel
rpm -q kernel | say installed
ls /boot | say boot
echo $((step + 1)) > $state
case $step in
  0) rpm -i /srv/kernel-next.rpm 2>&1 | say rpm ;;
  1) rpm -e kernel-%(first)s 2>&1 | say rpm ;;
  *) systemctl poweroff; exit ;;
esac
grep -o 'vmlinuz-[^ ]*' /boot/grub2/grub.cfg | sort -u | say menu
sync
systemctl reboot
"""
STEPS_UNIT = """\
[Unit]
Description=One step of an update
After=multi-user.target

[Service]
Type=oneshot
TimeoutStartSec=infinity
ExecStart=/usr/local/sbin/update-step

[Install]
WantedBy=multi-user.target
"""


def require_likeness():
    require_workbench()
    if not (LIKENESS / "x86_64/repodata/repomd.xml").exists():
        skip("no imitation; make it with toolkit/workbench/build --arch x86_64 --like azurelinux-3.0")


def repositories():
    return [word for name in REPOSITORIES for word in ("--repo", f"{name}={LIKENESS / 'x86_64'}")] + ["--key", str(KEY)]


class Likeness(TestCase):
    @classmethod
    def setUpClass(cls):
        require_likeness()

    def compose(self, config, output, *arguments):
        self.run_program("build", config, "--arch", "x86_64", *repositories(), "--output-dir", output, "--progress", "none", *arguments)
        return next(output.glob("*.manifest.json"))

    def derived(self, directory, name, base, rest):
        path = directory / f"{name}.json"
        path.write_text(json.dumps({"previewFeatures": ["base-configs"], "baseConfigs": [{"path": str(CONFIGS / f"{base}.yaml")}],
                                    "release": str(TOP / "configs/releases/azurelinux-3.0.yaml"), "output": {"name": name}, **rest}))
        return path

    def without_versions(self, manifest):
        content = json.loads(manifest.read_text())
        dropped = [row for row in content["checks"] if row["kind"] in OF_VERSIONS]
        self.assertTrue(dropped)
        content["checks"] = [row for row in content["checks"] if row not in dropped]
        manifest.write_text(json.dumps(content))

    def test_every_shipped_config_is_composed_with_the_repositories_alone(self):
        for config in sorted(CONFIGS.glob("*.yaml")):
            if "arm64" in config.name:
                continue
            with self.subTest(config=config.name):
                output = self.scratch()
                self.compose(config, output)
                shutil.rmtree(output)

    def test_each_cell_boots_as_its_config_promised(self):
        wanted = os.environ.get("IMAGEWRIGHT_LIKENESS", "")
        cells = {name: cell for name, cell in CELLS.items() if wanted in name}
        self.assertTrue(cells)
        for name, (base, rest, facts) in cells.items():
            with self.subTest(cell=name):
                self.boot(name, base, rest, facts)

    def test_roles_hold_and_each_check_of_theirs_fails_without_its_setting(self):
        for name, is_bare in (("roles", False), ("bare", True)):
            scratch = self.scratch()
            (scratch / "roles").mkdir()
            for role in ROLES:
                text = (TOP / f"configs/roles/{role}.yaml").read_text()
                # What is left of a bare role are its checks.
                text = re.sub(r"(?ms)^os:.*?(?=^\S)", "", text) if is_bare else text
                (scratch / f"roles/{role}.yaml").write_text(text)
            config = scratch / f"{name}.yaml"
            config.write_text(f"release: {TOP / 'configs/releases/azurelinux-3.0.yaml'}\nroles: [{', '.join(ROLES)}]\n"
                              f"output: {{name: {name}, images: [{{format: qcow2}}]}}\n")
            self.without_versions(self.compose(config, scratch / "out"))
            result = self.run_program("boot", scratch / f"out/{name}-x86_64.qcow2", "--json", "--progress", "none", expect=None)
            rows = json.loads(result.stdout)["checks"] if result.stdout else self.fail(f"{name}\n{result.stderr}")
            own = {row["check"]: row["result"] for row in rows if row["check"].split(":")[0] in ROLES}
            for role in ROLES:
                self.assertTrue(any(check.startswith(f"{role}:") for check in own), role)
            wanted = "failed" if is_bare else "passed"
            self.assertEqual({check for check, result in own.items() if result != wanted}, set(), name)
            if not is_bare:
                self.assertEqual([row for row in rows if row["result"] != "passed"], [])
            shutil.rmtree(scratch / "out")

    def boot(self, name, base, rest, facts):
        scratch = self.scratch()
        start = time.monotonic()
        manifest = self.compose(self.derived(scratch, name, base, rest), scratch / "out")
        self.without_versions(manifest)
        built = time.monotonic()
        image = scratch / f"out/{name}-x86_64.qcow2"
        result = self.run_program("boot", image, "--json", "--progress", "none", expect=None)
        image.unlink()
        report = json.loads(result.stdout) if result.stdout else self.fail(f"{name}\n{result.stderr}")
        print(f"{name}: built in {built - start:.0f} s, booted in {time.monotonic() - built:.0f} s", flush=True)
        self.assertEqual([row for row in report["checks"] if row["result"] != "passed"], [], name)
        self.assertEqual({key: report["facts"][key] for key in facts}, facts)

    def test_a_second_kernel_is_installed_on_the_node_and_starts_and_the_first_is_removed(self):
        require_program("qemu-system-x86_64")
        scratch = self.scratch()
        first = next((LIKENESS / "x86_64").glob("kernel-6*.rpm"))
        update = next((LIKENESS / "updates/x86_64").glob("kernel-6*.rpm"))
        version = re.match(r"kernel-(.*)\.x86_64\.rpm", first.name).group(1)
        (scratch / "update-step").write_text(STEPS % {"first": version})
        (scratch / "update-step.service").write_text(STEPS_UNIT)
        config = self.derived(scratch, "update", "node-qemu", {"os": {
            "additionalFiles": [
                {"source": str(update), "destination": "/srv/kernel-next.rpm"},
                {"source": str(scratch / "update-step"), "destination": "/usr/local/sbin/update-step", "permissions": "755"},
                {"source": str(scratch / "update-step.service"), "destination": "/etc/systemd/system/update-step.service"}],
            "services": {"enable": ["update-step"]}}})
        self.compose(config, scratch / "out")
        said = self.watch(scratch / "out/update-x86_64.qcow2", scratch / "console.log")
        names = [self.kernel_release(package) for package in (first, update)]
        self.assertEqual(said["0 kernel"], [names[0]])
        self.assertEqual(sorted(said["0 menu"]), sorted(f"vmlinuz-{name}" for name in names))
        self.assertEqual(said["1 kernel"], [names[1]])
        self.assertIn(f"initramfs-{names[1]}.img", said["1 boot"])
        self.assertEqual(said["1 menu"], [f"vmlinuz-{names[1]}"])
        self.assertEqual(said["2 kernel"], [names[1]])
        self.assertEqual(len(said["2 installed"]), 1)
        self.assertEqual([line for line in said["2 boot"] if names[0] in line], [])

    def kernel_release(self, package):
        listed = subprocess.run(["rpm", "-qpl", "--nosignature", str(package)], capture_output=True, text=True, check=True).stdout
        return re.search(r"^/boot/vmlinuz-(\S+)$", listed, re.M).group(1)

    def watch(self, image, log):
        """Lets the machine run until it switches itself off, keeping what it writes; what its steps said, by step and word."""
        command = self.run_program("boot", image, "--print-command").stdout.split()
        command = [word.replace(",snapshot=on", "") if "id=disk" in word else word for word in command]
        with log.open("wb") as console:
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT, timeout=2400, check=True)
        said = {}
        for line in re.findall(r"STEP (\d+ \S+ [^\r\n]*)", log.read_text(errors="replace")):
            step, word, rest = line.split(" ", 2)
            said.setdefault(f"{step} {word}", []).append(rest)
        return said


class LikenessRebuilds(Rebuilds):
    repositories = repositories()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        require_likeness()

    def test_every_rebuild_has_the_same_bytes(self):
        self.rebuild_all("azurelinux-3.0/node-qemu.yaml", "azurelinux-node-qemu-x86_64")


if __name__ == "__main__":
    unittest.main(verbosity=2)
