# SPDX-License-Identifier: MIT
"""A root in an archive is described as the same root on a disk is; what others put into archives is not believed."""

import io
import json
import sys
import tarfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from sibling_images import SiblingTestCase  # noqa: E402

CONFIG = "os: {hostname: x, packages: {install: [tiny-web]}, services: {enable: [web]}}\n"


class Archives(SiblingTestCase):
    def inspect(self, path, expect=0):
        return self.run_program("inspect", path, "--json", expect=expect)

    def packed(self, members, mode="w"):
        """An archive of texts by their names; a text that begins with "->" is a link."""
        path = self.scratch() / "root.tar"
        with tarfile.open(path, mode) as archive:
            for name, text in members:
                member = tarfile.TarInfo(name)
                if text.startswith("->"):
                    member.type, member.linkname = tarfile.SYMTYPE, text[2:]
                    archive.addfile(member)
                else:
                    member.size = len(text)
                    archive.addfile(member, io.BytesIO(text.encode()))
        return path

    def test_it_agrees_with_the_disk_of_the_same_config(self):
        out = self.image(CONFIG, ("raw", "tar", "wsl")).out
        disk = json.loads(self.inspect(next(out.glob("*.raw"))).stdout)
        for pattern in ("*.tar.zst", "*.wsl"):
            archive = json.loads(self.inspect(next(out.glob(pattern))).stdout)
            self.assertEqual(archive["format"], "tar")
            self.assertEqual(archive["packages"], disk["packages"])
            self.assertIn("tiny-web", [package["name"] for package in archive["packages"]])
            for key in ("operatingSystem", "hostName", "enabledUnits", "selinuxMode"):
                self.assertEqual(archive["system"][key], disk["system"][key], f"{pattern} {key}")
        text = self.run_program("inspect", next(out.glob("*.wsl"))).stdout
        self.assertIn("an archive of a root", text)
        self.assertNotIn("\npartitions\n", text)

    def test_other_people_s_archives(self):
        release = 'PRETTY_NAME="Someone Else 1"\n'
        for mode in ("w", "w:gz", "w:xz", "w:bz2"):
            with self.subTest(mode):
                path = self.packed([("etc/os-release", "->../usr/lib/os-release"), ("./usr/lib/os-release", release), ("etc/hostname", "other\n")], mode)
                found = json.loads(self.inspect(path).stdout)
                self.assertEqual((found["system"]["operatingSystem"], found["system"]["hostName"], found["packages"]), ("Someone Else 1", "other", None))

    def test_names_and_links_that_lead_out_lead_nowhere(self):
        path = self.packed([("../../etc/hostname", "outside\n"), ("etc/os-release", "->../../../../../../etc/os-release"), ("usr/lib/os-release", "PRETTY_NAME=inside\n"),
                            ("etc/hostname", "->/proc/self/environ")])
        found = json.loads(self.inspect(path).stdout)
        self.assertEqual((found["system"]["operatingSystem"], found["system"]["hostName"]), ("inside", ""))

    def test_what_is_no_root_is_told(self):
        for members, code in (([("readme", "x")], "inspect.no-system"), ([], "image.unsupported")):
            result = self.inspect(self.packed(members), expect=2)
            self.assertIn(f"[{code}]", result.stderr)
            self.assertIn("hint: ", result.stderr)

    def test_one_that_is_cut_off_is_told_as_that(self):
        path = self.packed([("usr/lib/os-release", "PRETTY_NAME=x\n"), ("etc/large", "y" * 100000)])
        path.write_bytes(path.read_bytes()[:50000])
        self.assertIn("[archive.damaged]", self.inspect(path, expect=None).stderr)

    def test_files_of_an_archive_are_tar_s_to_list(self):
        result = self.run_program("inspect", self.packed([("usr/lib/os-release", "PRETTY_NAME=x\n"), ("etc/x", "")]), "--files", expect=2)
        self.assertIn("tar --list", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
