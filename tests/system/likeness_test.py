# SPDX-License-Identifier: MIT
"""The shipped configs of Azure Linux against the imitation of its packages: composed, booted, updated, made anew.

`toolkit/workbench/build --like azurelinux-3.0` makes the imitation; `toolkit/dev test-long` does that and runs this.
IMAGEWRIGHT_LIKENESS chooses among all cells by a part of their names."""

import itertools
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
# How a node starts, what SELinux does, FIPS, and the processor. Every two values of different factors meet in a cell, where there is such a machine.
FACTORS = {"boot": ("gen2", "gen1", "systemd-boot"), "selinux": ("disabled", "permissive", "enforcing"), "fips": ("", "fips"),
           "architecture": ("x86_64", "aarch64")}
EVERY = [cell for cell in itertools.product(*FACTORS.values()) if not {"gen1", "aarch64"} <= set(cell)]
CELLS = [
    ("gen2", "disabled", "", "x86_64"), ("gen2", "disabled", "fips", "x86_64"), ("gen2", "disabled", "", "aarch64"),
    ("gen2", "permissive", "fips", "aarch64"), ("gen2", "enforcing", "", "x86_64"),
    ("gen1", "disabled", "", "x86_64"), ("gen1", "permissive", "", "x86_64"), ("gen1", "enforcing", "fips", "x86_64"),
    ("systemd-boot", "disabled", "", "x86_64"), ("systemd-boot", "permissive", "fips", "x86_64"),
    ("systemd-boot", "enforcing", "fips", "aarch64")]
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


def name_of(cell):
    return "-".join(word for word in cell if word)


def chosen(words):
    return [cell for cell in EVERY if words in name_of(cell)] if words else CELLS


def require_likeness(architecture="x86_64"):
    require_workbench(architecture)
    if not (LIKENESS / architecture / "repodata/repomd.xml").exists():
        skip(f"no imitation; make it with toolkit/workbench/build --arch {architecture} --like azurelinux-3.0")


def repositories(architecture="x86_64"):
    return [word for name in REPOSITORIES for word in ("--repo", f"{name}={LIKENESS / architecture}")] + ["--key", str(KEY)]


class Likeness(TestCase):
    @classmethod
    def setUpClass(cls):
        require_likeness()

    def compose(self, config, output, *arguments, architecture="x86_64"):
        self.run_program("build", config, "--arch", architecture, *repositories(architecture), "--output-dir", output, "--progress", "none",
                         *arguments)
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
            architecture = "aarch64" if "arm64" in config.name else "x86_64"
            with self.subTest(config=config.name):
                require_likeness(architecture)
                output = self.scratch()
                self.compose(config, output, architecture=architecture)
                shutil.rmtree(output)

    def test_every_two_values_meet_where_there_is_such_a_machine(self):
        def pairs(cells):
            return {frozenset(pair) for cell in cells for pair in itertools.combinations(zip(FACTORS, cell), 2)}
        self.assertEqual(pairs(CELLS), pairs(EVERY))

    def test_each_cell_boots_as_its_config_promised(self):
        cells = chosen(os.environ.get("IMAGEWRIGHT_LIKENESS", ""))
        self.assertTrue(cells)
        for cell in cells:
            with self.subTest(cell=name_of(cell)):
                require_likeness(cell[-1])
                self.boot(*cell)

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

    def boot(self, boot, selinux, fips, architecture):
        name = name_of((boot, selinux, fips, architecture))
        scratch = self.scratch()
        start = time.monotonic()
        config = self.derived(scratch, name, *self.cell(name, boot, selinux, fips, architecture))
        self.without_versions(self.compose(config, scratch / "out", architecture=architecture))
        built = time.monotonic()
        image = scratch / f"out/{name}-{architecture}.qcow2"
        result = self.run_program("boot", image, "--json", "--progress", "none", expect=None)
        image.unlink()
        report = json.loads(result.stdout) if result.stdout else self.fail(f"{name}\n{result.stderr}")
        print(f"{name}: built in {built - start:.0f} s, booted in {time.monotonic() - built:.0f} s", flush=True)
        self.assertEqual([row for row in report["checks"] if row["result"] != "passed"], [], name)
        facts = report["facts"]
        self.assertEqual((facts["selinuxMode"], facts["fipsEnabled"]), (selinux, "1" if fips else "0"))
        # /boot is a filesystem of its own: what verifies the kernel has to be told which.
        self.assertEqual("boot=UUID=" in facts["commandLine"], bool(fips), facts["commandLine"])

    def cell(self, name, boot, selinux, fips, architecture):
        """The shipped config that comes nearest to a cell, and what is added to it."""
        base = "node-arm64" if architecture == "aarch64" else "node-fips" if fips else "node-qemu"
        system = {"fips": {"mode": "enabled"}} if fips else {}
        # Off is what the release says by itself.
        if selinux != "disabled":
            system["selinux"] = {"mode": selinux}
        if boot == "systemd-boot":
            system["bootloader"] = {"type": "systemd-boot"}
        checks = [{"name": "firmware", "command": "test -d /sys/firmware/efi && echo uefi || echo bios",
                   "expect": "bios" if boot == "gen1" else "uefi"}]
        if selinux != "disabled":
            checks.append(LABEL_CHECK)
        if fips:
            checks.append({"name": "the initramfs verified the kernel", "expect": "verified",
                           "command": "journalctl -b -o cat | grep -q 'All initrd crypto checks done' && echo verified"})
        return base, {"os": system, "checks": checks, "output": {"name": name, "images": [{"format": "qcow2"}]},
                      **({"storage": BIOS_STORAGE} if boot == "gen1" else {})}

    def test_what_files_and_scripts_say_to_grub_is_in_the_first_menu(self):
        scratch = self.scratch()
        # As kexec-tools has it, and as the service's own scripts take lockdown away.
        crash = "crashkernel=512M-32G:256M,32G-:512M"
        config = self.derived(scratch, "settings", "node-qemu", {
            "os": {"additionalFiles": [{"destination": "/etc/default/grub.d/51_kexec_tools.cfg",
                                        "content": f'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX {crash}"\n'}]},
            "scripts": {"postCustomization": [{"content": "sed -i 's/GRUB_CMDLINE_LINUX=\"/&early=1 /' /etc/default/grub"}],
                        "finalizeCustomization": [{"content": "sed -i s/lockdown=integrity// /etc/default/grub"}]}})
        self.compose(config, scratch / "out")
        inspected = self.run_program("inspect", "--json", scratch / "out/settings-x86_64.qcow2").stdout
        words = json.loads(inspected)["system"]["kernelCommandLine"].split()
        self.assertLessEqual({"early=1", crash, "rd.auto=1"}, set(words))
        self.assertNotIn("lockdown=integrity", words)

    def test_a_second_kernel_is_installed_on_the_node_and_starts_and_the_first_is_removed(self):
        require_program("qemu-system-x86_64")
        scratch = self.scratch()
        first = next((LIKENESS / "x86_64").glob("kernel-6*.rpm"))
        update = next((LIKENESS / "updates/x86_64").glob("kernel-6*.rpm"))
        version = re.match(r"kernel-(.*)\.x86_64\.rpm", first.name).group(1)
        (scratch / "update-step").write_text(STEPS % {"first": version})
        (scratch / "update-step.service").write_text(STEPS_UNIT)
        config = self.derived(scratch, "update", "node-qemu", {"os": {
            # An emulator that waits for a core fails the kernel's test of its timer, and nobody would start a panicked node again.
            "kernelCommandLine": {"extraCommandLine": ["no_timer_check"]},
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
