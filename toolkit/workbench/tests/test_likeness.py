# SPDX-License-Identifier: MIT
"""What imitations read of packages, and the data files that describe them."""

import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from likeness import builder, material  # noqa: E402

SPECS = Path(__file__).resolve().parents[3] / "specs"


class FileList(unittest.TestCase):
    def test_modes_owners_and_kinds_are_kept(self):
        rows = ("040755\troot\troot\t0\t4294967295\t/etc/x\n" "0100640\troot\tshadow\t17\t4294967295\t/etc/x/settings\n"
                "0120777\troot\troot\t0\t4294967295\t/usr/bin/link\n" "0100644\troot\troot\t64\t4294967264\t/var/ghost\n")
        self.assertEqual(material.file_list(rows).splitlines()[1:], [
            '%dir %attr(0755, root, root) "/etc/x"', '%config(noreplace) %attr(0640, root, shadow) "/etc/x/settings"',
            '%attr(-, root, root) "/usr/bin/link"', '%ghost %attr(0644, root, root) "/var/ghost"'])

    def test_content_that_nobody_should_verify_is_said_so(self):
        unchecked = 4294967295 & ~(1 | 2 | 32)
        self.assertIn("%verify(not md5 size mtime)", material.file_list(f"0100644\troot\troot\t0\t{unchecked}\t/a\n"))


class Dependencies(unittest.TestCase):
    def test_what_rpmbuild_adds_is_left_to_it(self):
        lines = ["libc6 >= 2.34", "rpmlib(FileDigests) <= 4.6.0-1", "libc6 >= 2.34", "curl(x86-64) = 7.88"]
        self.assertEqual(material.dependencies("Requires", lines), "Requires: libc6 >= 2.34\n")


class Data(unittest.TestCase):
    def test_every_imitation_names_its_release_and_specs_that_are_there(self):
        for path in SPECS.glob("*/likeness.toml"):
            likeness = builder.load(path.parent)
            self.assertTrue((SPECS.parent / f"configs/releases/{likeness.release}.yaml").is_file())
            for name in likeness.update:
                self.assertTrue((path.parent / f"{name}.spec").is_file(), name)

    def test_what_a_package_holds_runs_at_its_build_only_from_trees_of_the_host(self):
        for path in SPECS.glob("azurelinux-like/*.spec"):
            build = path.read_text().partition("%install")[2].partition("%files")[0]
            started = re.findall(r"^\s*(%\{\w+\}/\S+/s?bin/\S+)", build, re.M)
            self.assertEqual([program for program in started if not program.startswith("%{host_trees}/")], [], path.name)

    def test_every_role_of_the_release_is_imitated_or_the_workbench_has_it(self):
        names = (SPECS / "azurelinux-like/names.spec").read_text()
        packages = {match for path in (SPECS / "azurelinux-like").glob("*.spec") for match in
                    re.findall(r"^(?:Name: |%package -n |%package )(\S+)", path.read_text(), re.M)}
        for name in ("cloud-init", "hyperv-daemons", "core-packages-base-image", "initramfs", "kernel", "shim", "tdnf"):
            self.assertIn(name, packages)
        self.assertEqual(len(re.findall(r"^%package -n (\S+)", names, re.M)), len(set(re.findall(r"^%package -n (\S+)", names, re.M))))


if __name__ == "__main__":
    unittest.main()
