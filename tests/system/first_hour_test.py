# SPDX-License-Identifier: MIT
"""The first hour of somebody new: the package in a clean root, its own pages, and nothing else. The commands of each page run there
as they stand, those that boot machines too.

Needs root, mmdebstrap and Debian's packages. IMAGEWRIGHT_PAGES="disks hardening" follows a few pages by their names; IMAGEWRIGHT_FIRST_HOUR=DIR
keeps the root there, for the next run, which leaves out the pages that were followed to their ends in it: as long as the package is the same. DIR is
one that this test made, or empty, or not there: nothing of anybody else's is removed."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import PROGRAM, TOP, TestCase, require_program, skip  # noqa: E402
from pages import blocks_of, pages_below  # noqa: E402

BUILD = PROGRAM.parents[2]
# A namespace of mounts, and a chroot that is a plain directory, as debootstrap leaves it.
ENTER = """set -e
mount --rbind /dev "$1/dev"; mount -t proc proc "$1/proc"; mount -t sysfs sysfs "$1/sys"
exec chroot "$1" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive bash -euo pipefail -c "cd /root; $2"
"""


# Stands in each directory that a run made: what has none is not this test's to empty.
MARK = "made-by-first-hour-test"


def claim(directory):
    """Makes the directory, or takes one of an earlier run; refuses what is somebody else's."""
    if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
        raise AssertionError(f"{directory} is no directory")
    if directory.is_dir() and any(directory.iterdir()) and not (directory / MARK).is_file():
        raise AssertionError(f"{directory} holds files that no run of this test made: name an empty directory, or one that is not there")
    directory.mkdir(exist_ok=True)
    (directory / MARK).touch()


def digest_of(package):
    return hashlib.sha256(package.read_bytes()).hexdigest()


class Directories(TestCase):
    """What IMAGEWRIGHT_FIRST_HOUR may name."""

    def test_a_directory_of_somebody_else_is_refused_and_kept(self):
        place = self.scratch()
        (place / "precious").write_text("mine")
        for path in (place, place / "precious"):
            with self.assertRaisesRegex(AssertionError, "holds files|no directory"):
                claim(path)
        (place / "link").symlink_to(self.scratch())
        with self.assertRaisesRegex(AssertionError, "no directory"):
            claim(place / "link")
        self.assertEqual(sorted(path.name for path in place.iterdir()), ["link", "precious"])

    def test_an_empty_one_and_one_of_an_earlier_run_are_taken(self):
        place = self.scratch()
        for path in (place / "new", place / "new", self.scratch()):
            claim(path)
            (path / "root").mkdir(exist_ok=True)
            self.assertTrue((path / MARK).is_file())


class FirstHour(TestCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            skip("entering a root takes root")
        for program in ("mmdebstrap", "dpkg-shlibdeps", "rpmbuild"):
            require_program(program)
        kept = os.environ.get("IMAGEWRIGHT_FIRST_HOUR")
        cls.directory = Path(kept or tempfile.mkdtemp(prefix="imagewright-first-hour-", dir="/var/tmp"))
        cls.root, cls.passed = cls.directory / "root", cls.directory / "passed"
        if not kept:
            cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        claim(cls.directory)
        cls.package = cls.make_package()
        ready = cls.directory / "ready"
        if not ready.exists() or ready.read_text() != digest_of(cls.package):
            cls.make_root()

    @classmethod
    def make_package(cls):
        packages = cls.directory / "packages"
        shutil.rmtree(packages, ignore_errors=True)
        subprocess.run(["ninja", "-C", BUILD, "imagewright", "imagewright_share"], check=True, capture_output=True)
        subprocess.run([TOP / "toolkit/packages", BUILD, packages], check=True, capture_output=True)
        return next(packages.glob("*.deb"))

    @classmethod
    def make_root(cls):
        for name in ("ready", "passed"):
            (cls.directory / name).unlink(missing_ok=True)
        shutil.rmtree(cls.root, ignore_errors=True)
        made = subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", "bookworm", cls.root], capture_output=True, text=True)
        if made.returncode != 0:
            skip(f"no clean root can be made here: {made.stderr[-300:]}")
        shutil.copy(cls.package, cls.root / "root")
        shutil.copy("/etc/resolv.conf", cls.root / "etc/resolv.conf")
        cls.run_inside("apt-get -qq update && apt-get -qq install -y ./imagewright_*.deb >/dev/null; apt-get -qq install -y openssh-client openssl >/dev/null")
        # What it lacks it says, and what it says helps.
        boots = ["QEMU for x86_64", "UEFI firmware for x86_64", "qemu-img"]
        lacking = dict(re.findall(r"missing ([^:]*): .*\n +install ([a-z0-9-]+)", cls.run_inside("imagewright doctor || true")))
        cls.run_inside("apt-get -qq install -y " + " ".join(lacking[subject] for subject in boots) + " >/dev/null")
        found = cls.run_inside("imagewright doctor || true")
        if any(f"ok      {subject}: /" not in found for subject in boots):
            raise AssertionError(f"{lacking} did not help\n{found}")
        said = cls.run_inside("imagewright-workbench --arch x86_64", expect=4)
        cls.run_inside("apt-get -qq install -y --no-install-recommends "
                       + re.search(r"apt-get install --no-install-recommends (.*)", said).group(1) + " >/dev/null")
        said = cls.run_inside("imagewright-workbench --arch x86_64")
        if "into /var/lib/imagewright/workbench" not in said:
            raise AssertionError(said)
        cls.passed.touch()
        (cls.directory / "ready").write_text(digest_of(cls.package))

    @classmethod
    def run_inside(cls, script, expect=0):
        result = subprocess.run(["unshare", "--mount", "--propagation", "private", "--fork", "--pid", "sh", "-c", ENTER, "sh", cls.root, script],
                                stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if result.returncode != expect:
            raise AssertionError(f"{script}\nexit code {result.returncode}\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}")
        return result.stdout + result.stderr

    def script_of(self, block):
        """A block as bash runs it: what waits for somebody is given what its page says, or is ended when it has said what its page says."""
        if "input" in block.marks:
            (self.place / "input").write_text(block.marks["input"] + "\n")
            return f"{{\n{block.text}\n}} < input"
        if "until" not in block.marks:
            return block.text
        word = block.marks["until"]
        # The command that --ssh prints is tried, too.
        tried = f"until $(grep -o '{word}.*' said) true; do sleep 5; done\n" if word.startswith("ssh ") else ""
        return (block.text.replace("imagewright ", "exec imagewright ", 1).join(["(\n", "\n) > said 2>&1 &\npid=$!\n"])
                + f"until grep -qe '{word}' said; do sleep 1; kill -0 $pid; done\n" + tried
                + "kill -TERM $pid\nstatus=0; wait $pid || status=$?\ntest $status = 143\n")

    def follow(self, page):
        """Files and commands of an installed page, in a directory of its name; how long it took."""
        self.place = self.root / "root" / page.stem
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir()
        start, ran = time.monotonic(), 0
        for block in blocks_of(page):
            if "file" in block.marks:
                path = self.place / block.marks["file"]
                path.parent.mkdir(exist_ok=True)
                path.write_text(block.text)
            elif block.language == "sh" and "not-run" not in block.marks:
                (self.place / "commands").write_text(self.script_of(block))
                self.run_inside(f"cd {page.stem}; timeout 1800 bash -euo pipefail ./commands")
                ran += 1
        self.assertGreater(ran, 0)
        print(f"{page.stem}: {ran} blocks in {time.monotonic() - start:.0f} s", flush=True)
        with self.passed.open("a") as file:
            file.write(page.stem + "\n")

    def test_each_job_is_done_by_its_page(self):
        pages = [page for page in pages_below(self.root / "usr/share/doc/imagewright")
                 if any(block.language == "sh" and "not-run" not in block.marks for block in blocks_of(page))]
        self.assertGreater(len(pages), 15)
        wanted = os.environ.get("IMAGEWRIGHT_PAGES", "").split()
        for page in pages:
            if (not wanted or page.stem in wanted) and page.stem not in self.passed.read_text().split():
                with self.subTest(page.stem):
                    self.follow(page)


if __name__ == "__main__":
    unittest.main(verbosity=2)
