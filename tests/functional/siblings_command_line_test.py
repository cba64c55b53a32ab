# SPDX-License-Identifier: MIT
"""Kernel arguments and labels of a config, of a release and of a base reach their files as they are written, or are refused at their place."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from sibling_images import SiblingTestCase, disk, package  # noqa: E402

# Entries of a config, and what an image has of them: with systemd-boot, and with GRUB where that differs.
TAKEN = (
    (["hugepagesz=1G hugepages=16 hugepagesz=2M hugepages=16"],), (["console=tty0", "console=ttyS0", "console=tty0"],), (["x x", "x"],),
    (['dm-mod.create="r,,,rw, 0 4096 linear 98:16 0, 4096 4096 linear 98:32 0" a'], 'dm-mod.create="r,,,rw, 0 4096 linear 98:16 0, 4096 4096 linear 98:32 0" a',
     '"dm-mod.create=r,,,rw, 0 4096 linear 98:16 0, 4096 4096 linear 98:32 0" a'),
    (['"a b=c" d="e;f $g"'], '"a b=c" d="e;f $g"', '"a b=c" "d=e;f $g"'), (["%u=é", "a=#b", "#c", "$x", "`id`", "^a", "!b", "*", "~", "&", "|", "<a>", "(b)", "{c}", "a;b"],),
    (["a=b=c", "a=", "a==b", "=x"],), (["quiet -- single quiet"],), (['n="voilà !"'], 'n="voilà !"', '"n=voilà !"'),
)
REFUSED = (("systemd-boot", 'a="b'), ("systemd-boot", "n=voilà"), ("systemd-boot", "x" * 1940), ("systemd-boot", "é" * 970), ("grub", "x" * 1960), ("grub", "a\\b"), ("grub", "a'b"),
           ("grub", 'n="voilà"'), ("grub", 'a=b"c d"'))


# As the package of a kernel for a hypervisor has it: without the loader on the ESP it leaves with an error.
LOADER_FILES = "windows/loader.dll Loader.efi"
SETTINGS = f"""requirements="{LOADER_FILES}"
for file in $requirements; do
  if [ ! -f /boot/efi/$file ]; then
    warning_msg="${{file}} does not exist"
    grub_warn "${{warning_msg}}"
    return 1
  fi
done
GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX audit=0"
GRUB_DEFAULT="Dom0"
"""


def arguments(loader, entries):
    return f"os:\n  bootloader: {{type: {loader}}}\n  kernelCommandLine:\n    extraCommandLine: {json.dumps(entries)}\n"


class CommandLine(SiblingTestCase):
    PACKAGES = (package("hypervisor", install=f"mkdir -p //etc/default/grub.d\ncat > //etc/default/grub.d/50.cfg << 'END'\n{SETTINGS}END", files="/etc/default/grub.d/50.cfg"),
                package("hypervisor-loader", install="mkdir -p //boot/efi/windows\n" + "".join(f"echo x > //boot/efi/{name}\n" for name in LOADER_FILES.split()),
                        files="".join(f"/boot/efi/{name}\n" for name in LOADER_FILES.split())))

    def command_line(self, image):
        return json.loads(self.run_program("inspect", next(image.out.glob("*.raw")), "--json").stdout)["system"]["kernelCommandLine"]

    def test_words_reach_the_image_as_they_are_written(self):
        rows = [(loader, row) for row in TAKEN for loader in ("systemd-boot", "grub")]
        for (loader, row), image in self.in_parallel(lambda each: self.build(arguments(each[0], each[1][0]), ("raw",)), rows):
            with self.subTest(loader=loader, entries=row[0]):
                self.assertEqual(image.code, 0, image.said)
                expected = " ".join(row[0]) if len(row) == 1 else row[1 if loader == "systemd-boot" else 2]
                self.assertTrue(self.command_line(image).endswith(" " + expected), self.command_line(image))

    def test_what_the_kernel_would_read_otherwise_is_refused_by_plan(self):
        for loader, entry in REFUSED:
            with self.subTest(loader=loader, entry=entry[:40]):
                self.assert_refused(self.run_on("plan", self.config(arguments(loader, ["quiet", entry]), ("raw",))),
                                    "policy.command-line-too-long" if len(entry) > 40 else "policy.command-line-unfit")

    def test_a_releases_own_words_stay_in_order(self):
        for own, entries, expected in (("[console=tty0, console=ttyS0]", ["quiet"], "console=tty0 console=ttyS0 quiet"),
                                       ("[console=ttyS0, console=tty0]", ["a"], "console=ttyS0 console=tty0 a"),
                                       ("[hugepagesz=1G, hugepages=16]", ["hugepagesz=2M hugepages=16"], "hugepagesz=1G hugepages=16 hugepagesz=2M hugepages=16"),
                                       ("[quiet, a=1]", ["a=1 quiet"], "console=ttyS0 a=1 quiet"), ("[quiet]", ["-- quiet"], "quiet -- quiet")):
            with self.subTest(own=own, entries=entries):
                path = self.config(arguments("systemd-boot", entries), ("raw",))
                release = path.parent / "release.yaml"
                release.write_text((self.top / "releases/tiny.yaml").read_text() + f"consoles: {{x86_64: [ttyS0]}}\nkernelArguments: {own}\n")
                path.write_text(path.read_text().replace(f"{self.top}/releases/tiny.yaml", str(release)))
                planned = json.loads(self.run_program("plan", path, "--json", "--cache-dir", self.top / "cache").stdout)
                line = " ".join(each["argument"] for each in self.find(planned, "kernelArguments"))
                self.assertTrue(line.endswith(f" {expected}"), line)

    def test_words_that_grubs_settings_add_are_the_manifests_too(self):
        built = self.image("os:\n  bootloader: {type: grub}\n  kernelCommandLine: {extraCommandLine: [quiet]}\n  additionalFiles:\n"
                           "  - {destination: /etc/default/grub, content: \"for x in /etc/default/grub.d/*.cfg; do . $x; done\\n\"}\n"
                           "  - {destination: /etc/default/grub.d/40-dump.cfg, content: \"GRUB_CMDLINE_LINUX+=' crashkernel=128M'\\n\"}\n")
        line = built.manifest()["kernelCommandLine"]
        self.assertTrue(line.endswith(" quiet crashkernel=128M"), line)
        self.assertIn(f" {line}\n", next(built.read(path) for path in built.archive() if path.endswith("/boot/grub/grub.cfg") and "efi" not in path))

    def test_a_packages_settings_hold_where_its_files_are(self):
        settings = ("{destination: /etc/default/grub, content: \"GRUB_TIMEOUT=0\\nGRUB_CMDLINE_LINUX=quiet\\nfor x in /etc/default/grub.d/*.cfg ; do\\n"
                    "    if [ -e \\\"${x}\\\" ]; then\\n        . \\\"${x}\\\" || grub_warn \\\"no ${x}.\\\"\\n    fi\\ndone\\n\"}")
        for packages, end, warnings in (("hypervisor", " quiet", 0), ("hypervisor, hypervisor-loader", " quiet audit=0", 1)):
            with self.subTest(packages=packages):
                built = self.image(f"os:\n  bootloader: {{type: grub}}\n  packages: {{install: [{packages}]}}\n  additionalFiles: [{settings}]\n")
                self.assertTrue(built.manifest()["kernelCommandLine"].endswith(end), built.manifest()["kernelCommandLine"])
                self.assertEqual(built.said.count("[finalize.boot-settings-not-followed]"), warnings, built.said)

    def find(self, value, key):
        """The first value of that key, wherever it stands."""
        if isinstance(value, dict):
            if key in value:
                return value[key]
            value = list(value.values())
        for each in value if isinstance(value, list) else []:
            found = self.find(each, key)
            if found is not None:
                return found
        return None

    def test_words_added_to_a_base_are_held_against_its_loader(self):
        for loader in ("systemd-boot", "grub"):
            base = self.image(disk([]) + f"os:\n  hostname: base\n  bootloader: {{type: {loader}, resetType: hard-reset}}\n", ("raw",))
            rows = [(row[0], row[0] if len(row) == 1 else row[1:], None) for row in TAKEN[:4]] + [([entry], None, entry) for name, entry in REFUSED if name == loader]
            for entries, expected, refused in rows:
                with self.subTest(loader=loader, entries=str(entries)[:40]):
                    path = self.config(f"os: {{kernelCommandLine: {{extraCommandLine: {json.dumps(entries)}}}}}\n", ("raw",))
                    path.write_text(path.read_text().replace(f"release: {self.top}/releases/tiny.yaml\n", ""))
                    built = self.run_on("customize", path, "--image", next(base.out.glob("*.raw")), "--output-dir", path.parent / "out")
                    if refused:
                        self.assert_refused(built, "policy.command-line-too-long" if len(refused) > 40 else "policy.command-line-unfit")
                        continue
                    self.assertEqual(built.code, 0, built.said)
                    wanted = " ".join(entries) if expected == entries else expected[0 if loader == "systemd-boot" else 1]
                    self.assertTrue(self.command_line(built).endswith(" " + wanted), self.command_line(built))


class Labels(SiblingTestCase):
    def storage(self, identifier, label):
        """The partition of that id has the label, and its filesystem is found by it."""
        labels = {each: json.dumps(label if each == identifier else each) for each in ("esp", "d0", "root")}
        kinds = {each: ", idType: part-label" if each == identifier else "" for each in labels}
        return ("storage:\n  bootType: efi\n  disks:\n  - partitionTableType: gpt\n    partitions:\n"
                f"    - {{id: esp, label: {labels['esp']}, type: esp, size: 40M}}\n    - {{id: d0, label: {labels['d0']}, size: 12M}}\n"
                f"    - {{id: root, label: {labels['root']}, type: root, size: 40M}}\n  filesystems:\n"
                f"  - {{deviceId: esp, type: fat32, mountPoint: {{path: /boot/efi{kinds['esp']}}}}}\n"
                f"  - {{deviceId: d0, type: ext4, mountPoint: {{path: /srv{kinds['d0']}}}}}\n"
                f"  - {{deviceId: root, type: ext4, mountPoint: {{path: /{kinds['root']}}}}}\nos:\n  bootloader: {{resetType: hard-reset}}\n")

    def test_labels_are_escaped_where_fstab_can_and_refused_where_nothing_can(self):
        rows = (("d0", "my data", "PARTLABEL=my\\040data"), ("d0", " a  b ", "PARTLABEL=\\040a\\040\\040b\\040"), ("d0", "a\\b", "PARTLABEL=a\\134b"), ("d0", "a" * 35, "PARTLABEL=" + "a" * 35),
                ("d0", "a/b#c", "PARTLABEL=a/b#c"), ("esp", "my esp", "PARTLABEL=my\\040esp"), ("d0", 'a"b', None), ("d0", "a'b", None), ("d0", "a\nb", None), ("d0", "a\tb", None),
                ("d0", "a" * 37, None), ("root", "my root", None), ("root", 'r"', None), ("root", "a" * 17, "PARTLABEL=" + "a" * 17))
        for (identifier, label, expected), image in self.in_parallel(lambda row: self.build(self.storage(row[0], row[1]), ("raw", "tar")), rows):
            with self.subTest(identifier=identifier, label=label):
                if expected is None:
                    self.assertEqual(image.code, 2, image.said)
                    self.assertRegex(image.said, r"node\.yaml:\d+:\d+: error: .*label")
                    continue
                self.assertEqual(image.code, 0, image.said)
                where = {"esp": "/boot/efi", "d0": "/srv", "root": "/"}[identifier]
                self.assertIn(expected, [line.split()[0] for line in image.lines("/etc/fstab") if line.split()[1] == where])
                table = json.loads(self.run_tool("sfdisk", "--json", next(image.out.glob("*.raw"))).stdout)["partitiontable"]
                self.assertIn(label, [each["name"] for each in table["partitions"]])
                found = json.loads(self.run_program("inspect", next(image.out.glob("*.raw")), "--json").stdout)
                self.assertEqual(len(found["packages"]), 4, "its own reader takes the escapes back")


if __name__ == "__main__":
    unittest.main(verbosity=2)
