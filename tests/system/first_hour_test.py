# SPDX-License-Identifier: MIT
"""The first hour of somebody new: the package in a clean root, its own pages, and nothing else. Each page's commands run there as they stand.

Needs root, mmdebstrap and Debian's packages."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import PROGRAM, TOP, TestCase, require_program, skip  # noqa: E402

BUILD = PROGRAM.parents[2]
BLOCK = re.compile(r"(?ms)^```(\S+)([^\n]*)\n(.*?)^```$")
# A namespace of mounts, and a chroot that is a plain directory, as debootstrap leaves it.
ENTER = """set -e
mount --rbind /dev "$1/dev"; mount -t proc proc "$1/proc"; mount -t sysfs sysfs "$1/sys"
exec chroot "$1" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive bash -euo pipefail -c "cd /root; $2"
"""


class FirstHour(TestCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            skip("entering a root takes root")
        for program in ("mmdebstrap", "dpkg-shlibdeps", "rpmbuild"):
            require_program(program)
        cls.directory = Path(tempfile.mkdtemp(prefix="imagewright-first-hour-", dir="/var/tmp"))
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.root = cls.directory / "root"
        made = subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", "bookworm", cls.root], capture_output=True, text=True)
        if made.returncode != 0:
            skip(f"no clean root can be made here: {made.stderr[-300:]}")
        subprocess.run(["ninja", "-C", BUILD, "imagewright", "imagewright_share"], check=True, capture_output=True)
        subprocess.run([TOP / "toolkit/packages", BUILD, cls.directory / "packages"], check=True, capture_output=True)
        shutil.copy(next((cls.directory / "packages").glob("*.deb")), cls.root / "root")
        shutil.copy("/etc/resolv.conf", cls.root / "etc/resolv.conf")
        cls.run_inside("apt-get -qq update && apt-get -qq install -y ./imagewright_*.deb >/dev/null")

    @classmethod
    def run_inside(cls, script, expect=0):
        result = subprocess.run(["unshare", "--mount", "--propagation", "private", "--fork", "--pid", "sh", "-c", ENTER, "sh", cls.root, script],
                                stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if result.returncode != expect:
            raise AssertionError(f"{script}\nexit code {result.returncode}\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}")
        return result.stdout + result.stderr

    def follow(self, page, marks=("",)):
        """Files and commands of an installed page, in a directory of its name; `marks` says which kinds of commands."""
        place = self.root / "root" / page
        place.mkdir()
        ran = 0
        for language, mark, text in BLOCK.findall((self.root / f"usr/share/doc/imagewright/docs/how-to/{page}.md").read_text()):
            if language == "yaml" and (target := re.search(r"file=(\S+)", mark)):
                (place / target.group(1)).write_text(text)
            elif language == "sh" and mark.strip() in marks:
                (place / "commands").write_text(text)
                self.run_inside(f"cd {page}; bash -euo pipefail ./commands")
                ran += 1
        self.assertGreater(ran, 0)

    def test_each_job_is_done_by_its_page(self):
        # What it lacks it says, and what it says helps.
        said = self.run_inside("imagewright-workbench --arch x86_64", expect=4)
        self.run_inside("apt-get -qq install -y --no-install-recommends "
                        + re.search(r"apt-get install --no-install-recommends (.*)", said).group(1) + " >/dev/null")
        self.assertIn("into /var/lib/imagewright/workbench", self.run_inside("imagewright-workbench --arch x86_64"))
        for page, marks in (("first-image", ("",)), ("pipelines", ("",)), ("customize", ("", "skip")), ("advisories", ("",)), ("locks", ("",))):
            with self.subTest(page):
                self.follow(page, marks)


if __name__ == "__main__":
    unittest.main(verbosity=2)
