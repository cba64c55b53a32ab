# SPDX-License-Identifier: MIT
"""Boot loaders, SELinux modes, cgroup versions and FIPS, pairwise: each image boots and is what its config promised.

`toolkit/dev matrix` runs every cell. IMAGEWRIGHT_MATRIX chooses: "all", or a part of the names of cells ("uki-enforcing"); without
it a few are taken.
"""

import concurrent.futures
import itertools
import json
import os
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import LABEL_CHECK  # noqa: E402
from imagewright_testing import TOP, TestCase, require_workbench  # noqa: E402

FACTORS = {
    "boot": ("grub", "bios", "systemd-boot", "uki"),
    "selinux": ("disabled", "permissive", "enforcing", "force-enforcing"),
    "cgroup": ("v1", "v2"),
    "fips": ("enabled", "disabled"),
}
# What CI boots: the kinds of boot, SELinux modes, cgroup version and FIPS mode that no other system test has.
FEW = (
    {"boot": "grub", "selinux": "enforcing", "cgroup": "v2", "fips": "enabled"},
    {"boot": "bios", "selinux": "force-enforcing", "cgroup": "v1", "fips": "disabled"},
    {"boot": "uki", "selinux": "permissive", "cgroup": "v1", "fips": "disabled"},
)
# A guest uses little more than one core.
PARALLEL = int(os.environ.get("IMAGEWRIGHT_MATRIX_JOBS", "2"))

SELINUX_WORDS = {
    "disabled": {"selinux=0"},
    "permissive": {"security=selinux", "selinux=1"},
    "enforcing": {"security=selinux", "selinux=1"},
    "force-enforcing": {"security=selinux", "selinux=1", "enforcing=1"},
}
SELINUX_STATES = {"disabled": "disabled", "permissive": "permissive", "enforcing": "enforcing", "force-enforcing": "enforcing"}
# What the boot loaders themselves put before the command line.
LOADER_TRACES = {"grub": "BOOT_IMAGE=", "bios": "BOOT_IMAGE=", "systemd-boot": "initrd=", "uki": ""}


def pairwise(factors):
    """Rows in which every two values of different factors meet: the two longest factors in full, and the others spread over them.

    test_every_pair_of_values_meets shows that the spreading does what it should.
    """
    first, second, *others = sorted(factors, key=lambda name: -len(factors[name]))
    rows = []
    for (i, left), (j, right) in itertools.product(enumerate(factors[first]), enumerate(factors[second])):
        row = {first: left, second: right}
        for k, name in enumerate(others):
            values = factors[name]
            row[name] = values[((i >> k) + (j >> k)) % len(values)]
        rows.append(row)
    return rows


def chosen(words):
    if words in ("", "all"):
        return pairwise(FACTORS) if words else FEW
    every = [*pairwise(FACTORS), *(cell for cell in FEW if cell not in pairwise(FACTORS))]
    return [cell for cell in every if words in "-".join(cell.values())]


def storage(boot):
    """With GRUB /boot is a filesystem of its own, as in the images of the clouds; with systemd-boot /var is; a BIOS gets swap."""
    esp = ({"id": "esp", "label": "esp", "type": "esp", "size": "160M"},
           {"deviceId": "esp", "type": "fat32", "mountPoint": "/boot/efi"})
    devices = {
        "grub": [esp, ({"id": "boot", "label": "boot", "size": "192M"}, {"deviceId": "boot", "type": "ext4", "mountPoint": "/boot"})],
        "bios": [({"id": "bios", "type": "bios-grub", "size": "1M"}, None), ({"id": "swap", "type": "swap", "size": "64M"}, None)],
        "systemd-boot": [esp, ({"id": "var", "type": "var", "size": "256M"}, {"deviceId": "var", "type": "ext4", "mountPoint": "/var"})],
        "uki": [esp],
    }[boot] + [({"id": "root", "label": "root", "type": "root"}, {"deviceId": "root", "type": "ext4", "mountPoint": "/"})]
    return {"bootType": "legacy" if boot == "bios" else "efi", "autoSize": True, "freeSpace": "128M",
            "disks": [{"partitionTableType": "gpt", "partitions": [partition for partition, _ in devices]}],
            "filesystems": [filesystem for _, filesystem in devices if filesystem]}


# What of its storage a guest can tell: the type of a mounted filesystem, or the swap spaces in use.
STORAGE_CHECKS = {"grub": ("findmnt -no FSTYPE /boot", "ext4"), "bios": ("swapon --noheadings --show=TYPE", "partition"),
                  "systemd-boot": ("findmnt -no FSTYPE /var", "ext4"), "uki": ("findmnt -no FSTYPE /", "ext4")}


def checks(cell):
    rows = [{"name": "containerd is active", "unit": "containerd.service"},
            {"name": "containerd answers", "command": "ctr version"},
            {"name": "firmware", "command": "test -d /sys/firmware/efi && echo uefi || echo bios",
             "expect": "bios" if cell["boot"] == "bios" else "uefi"},
            dict(zip(("name", "command", "expect"), ("storage", *STORAGE_CHECKS[cell["boot"]])))]
    if cell["selinux"] != "disabled":
        rows.append(LABEL_CHECK)
    if cell["fips"] == "enabled":
        rows.append({"name": "the initramfs verified the kernel", "expect": "verified",
                     "command": "journalctl -b -o cat | grep -q 'All initrd crypto checks done' && echo verified"})
    return rows


def config(name, cell):
    system = {"hostname": "node",
              "packages": {"install": ["openssh-server", "containerd", "runc", "imagewright-node-network", "imagewright-node-presets",
                                       "imagewright-node-sysctl"]},
              "services": {"enable": ["ssh", "containerd", "systemd-networkd", "systemd-resolved"]},
              "selinux": {"mode": cell["selinux"]}, "cgroup": {"version": cell["cgroup"]}, "fips": {"mode": cell["fips"]}}
    if cell["boot"] == "uki":
        system["uki"] = {"mode": "create"}
    else:
        system["bootloader"] = {"type": "grub" if cell["boot"] == "bios" else cell["boot"]}
    return {"release": str(TOP / "configs/releases/workbench.yaml"), "previewFeatures": ["uki"], "storage": storage(cell["boot"]),
            "os": system, "output": {"name": name, "images": [{"format": "qcow2"}]}, "checks": checks(cell)}


def expected_words(cell):
    words = set(SELINUX_WORDS[cell["selinux"]])
    if cell["cgroup"] == "v1":
        words.add("systemd.unified_cgroup_hierarchy=0")
    if cell["fips"] == "enabled":
        words.add("fips=1")
    return words


class BootMatrix(TestCase):
    def pairs(self, rows):
        return {frozenset(pair) for row in rows for pair in itertools.combinations(row.items(), 2)}

    def test_every_pair_of_values_meets(self):
        every = {frozenset(((first, left), (second, right)))
                 for first, second in itertools.combinations(FACTORS, 2)
                 for left, right in itertools.product(FACTORS[first], FACTORS[second])}
        self.assertEqual(self.pairs(pairwise(FACTORS)), every)

    def test_each_image_boots_as_its_config_promised(self):
        require_workbench()
        cells = chosen(os.environ.get("IMAGEWRIGHT_MATRIX", ""))
        self.assertTrue(cells)
        scratch = self.scratch()
        with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
            reports = {"-".join(cell.values()): pool.submit(self.boot, scratch, cell) for cell in cells}
        for name, report in reports.items():
            with self.subTest(cell=name):
                report.result()

    def boot(self, scratch, cell):
        name = "-".join(cell.values())
        start = time.monotonic()
        path = scratch / f"{name}.json"
        path.write_text(json.dumps(config(name, cell)))
        directory = scratch / name
        self.run_program("build", path, "--arch", "x86_64", "--output-dir", directory, "--progress", "none")
        built = time.monotonic()
        image = directory / f"{name}-x86_64.qcow2"
        result = self.run_program("boot", image, "--json", "--progress", "none", expect=None)
        # Images are large, and only the console helps to see why one failed.
        image.unlink()
        report = json.loads(result.stdout) if result.stdout else self.fail(f"{name}\n{result.stderr}")
        print(f"{name}: built in {built - start:.0f} s, booted in {time.monotonic() - built:.0f} s", flush=True)
        self.assertEqual([row for row in report["checks"] if row["result"] != "passed"], [], name)
        self.examine(cell, report)

    def examine(self, cell, report):
        facts = report["facts"]
        self.assertEqual(facts["selinuxMode"], SELINUX_STATES[cell["selinux"]])
        self.assertEqual(facts["cgroupFilesystem"], "tmpfs" if cell["cgroup"] == "v1" else "cgroup2fs")
        self.assertEqual(facts["fipsEnabled"], "1" if cell["fips"] == "enabled" else "0")
        self.assertEqual(facts["failedUnits"], [])
        self.assertEqual(facts["systemState"], "running")
        words = facts["commandLine"].split()
        self.assertLessEqual(expected_words(cell), set(words), facts["commandLine"])
        self.assertEqual(len(words), len(set(words)), facts["commandLine"])
        trace = LOADER_TRACES[cell["boot"]]
        self.assertTrue(words[0].startswith(trace or "root="), facts["commandLine"])
        has_boot = any(word.startswith("boot=UUID=") for word in words)
        self.assertEqual(has_boot, cell["fips"] == "enabled" and cell["boot"] == "grub", facts["commandLine"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
