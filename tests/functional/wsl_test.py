# SPDX-License-Identifier: MIT
"""Files for WSL that are made here: each passes its own rules, is a filesystem that others read, and the same bytes twice."""

import struct
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import require_program  # noqa: E402
from sibling_images import SiblingTestCase  # noqa: E402

ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 2, 62) + bytes(44)
# The tiny distribution's is everybody's to read.
SHADOW = "{path: /etc/shadow, permissions: '640'}"
FILE = "  - {{source: {place}/elf, destination: {path}, permissions: '755'}}\n"


class Wsl(SiblingTestCase):
    def distribution(self, place):
        files = "".join(FILE.format(place=place, path=path) for path in ("/usr/lib/systemd/systemd", "/usr/bin/bash", "/usr/sbin/useradd"))
        return f"os:\n  edits: [{{path: /usr/sbin/init, link: ../lib/systemd/systemd}}, {SHADOW}]\n  additionalFiles:\n{files}"

    def system(self, place):
        return (f"os:\n  users: [{{name: wslg, uid: 1000}}]\n  edits: [{SHADOW}]\n  additionalFiles:\n" + FILE.format(place=place, path="/usr/bin/WSLGd") +
                FILE.format(place=place, path="/usr/bin/bash"))

    def built_twice(self, text, formats):
        place = self.scratch()
        (place / "elf").write_bytes(ELF)
        config = self.config(text(place), formats)
        outputs = []
        for name in ("first", "second"):
            built = self.run_on("build", config, "--output-dir", config.parent / name, "--no-cache", "--progress", "none")
            self.assertEqual(built.code, 0, built.said)
            outputs.append({path.name: path for path in (config.parent / name).iterdir() if path.suffix in (".wsl", ".vhdx", ".vhd")})
        first, second = outputs
        self.assertEqual(list(first), list(second))
        for name, path in first.items():
            self.assertEqual(path.read_bytes(), second[name].read_bytes(), name)
        return first

    def assert_is_bare_ext4(self, path, kind):
        for program in ("qemu-img", "e2fsck"):
            require_program(program)
        raw = self.scratch() / "raw"
        subprocess.run(["qemu-img", "convert", "-f", kind, "-O", "raw", path, raw], check=True, capture_output=True)
        subprocess.run(["e2fsck", "-fn", raw], check=True, capture_output=True)

    def test_a_distribution_passes_its_rules_and_is_the_same_twice(self):
        files = self.built_twice(self.distribution, ("wsl", "wsl-vhdx"))
        self.assertEqual(sorted(files), ["node-x86_64.wsl", "node-x86_64.wsl.vhdx"])
        for path in files.values():
            self.run_program("lint", path)
        self.assert_is_bare_ext4(files["node-x86_64.wsl.vhdx"], "vhdx")
        listed = subprocess.run(["tar", "-tzf", files["node-x86_64.wsl"]], check=True, capture_output=True, text=True).stdout
        self.assertNotRegex(listed, r"(?m)^\./(boot|usr/lib/modules)/.")

    def test_a_system_distribution_passes_its_rules_and_is_the_same_twice(self):
        files = self.built_twice(self.system, ("wslg-system-vhd",))
        self.assertEqual(list(files), ["node-x86_64.wslg.vhd"])
        self.run_program("lint", files["node-x86_64.wslg.vhd"])
        self.assert_is_bare_ext4(files["node-x86_64.wslg.vhd"], "vpc")


if __name__ == "__main__":
    unittest.main()
