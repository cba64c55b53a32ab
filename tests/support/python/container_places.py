# SPDX-License-Identifier: MIT
"""Real containers (podman, crun) in which a build has as few rights as where nobody gave a flag, and others in which it has more."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from imagewright_testing import (PROGRAM, TOP, WORKBENCH, TestCase, environment, require_program, require_shared_data, require_workbench,
                                 skip)

# Places like a host, where root may do everything: options of podman.
FREE = ("--cap-add=all", "--security-opt", "seccomp=unconfined", "--security-opt", "unmask=ALL")
# What Docker leaves to root of a container, and to an ordinary user's setuid programs.
DOCKER_CAPABILITIES = ("CHOWN,DAC_OVERRIDE,FSETID,FOWNER,MKNOD,NET_RAW,SETGID,SETUID,SETFCAP,SETPCAP,NET_BIND_SERVICE,SYS_CHROOT,KILL,"
                       "AUDIT_WRITE")
DOCKER_RIGHTS = ("--cap-drop=all", f"--cap-add={DOCKER_CAPABILITIES}")
# As login does it: programs that are setuid, like newuidmap, may still become root.
AS_USER = ("setpriv", "--reuid=10001", "--regid=10001", "--clear-groups")
KINDS = {"root": (), "user": AS_USER, "user-with-subordinate-ids": AS_USER}


def packages_of_container():
    """What the recipe of the container image installs beside the program."""
    text = (TOP / "toolkit/container/Containerfile").read_text()
    words = re.search(r"install -y --no-install-recommends (.*?) && rm", text.split("FROM")[2], re.S).group(1)
    return [word for word in re.sub(r'"[^"]*"|\\', "", words).split()] + ["qemu-system-x86"]


class PlacesTestCase(TestCase):
    """IMAGEWRIGHT_PLACES_ROOT names a root filesystem that is kept from run to run."""

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            skip("only root can set the places up")
        cls.scripts = require_shared_data("containers")
        for program in ("podman", "crun", "mmdebstrap"):
            require_program(program)
        require_workbench()
        cls.home = Path(tempfile.mkdtemp(prefix="imagewright-places-test-", dir="/var/tmp"))
        cls.addClassCleanup(shutil.rmtree, cls.home, ignore_errors=True)
        cls.home.chmod(0o755)
        (cls.home / "share").mkdir()
        (cls.home / "share").chmod(0o1777)
        cls.root = Path(os.environ.get("IMAGEWRIGHT_PLACES_ROOT", cls.home / "root"))
        if not cls.root.exists():
            subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", "--include=" + ",".join(packages_of_container()),
                            "bookworm", str(cls.root)], check=True, capture_output=True)
        shutil.copy(PROGRAM, cls.root / "usr/bin/imagewright")
        # As the recipe has it. Without one podman makes an entry up for some containers, and newuidmap serves nobody without.
        accounts = cls.root / "etc/passwd"
        others = [line for line in accounts.read_text().splitlines(keepends=True) if ":10001:" not in line]
        accounts.write_text("".join(others) + "builder:x:10001:10001::/work:/bin/sh\n")
        source = cls.root / "srv/source"
        shutil.rmtree(source, ignore_errors=True)
        shutil.copytree(TOP / "configs", source / "configs")
        (source / "build/workbench").mkdir(parents=True)

    @classmethod
    def docker_filter(cls):
        """Options for Docker's filter of system calls, which is the RuntimeDefault of Kubernetes too."""
        path = cls.home / "filter.json"
        if not path.exists():
            subprocess.run([cls.scripts / "make-filter", path], check=True)
            path.chmod(0o644)
        return ("--security-opt", f"seccomp={path}")

    def enter(self, place, script, *volumes):
        """Runs a script in a place, as podman's process."""
        mounts = [f"-v {WORKBENCH.resolve()}:/srv/source/build/workbench:ro", f"-v {self.home}/share:/share", "-e HOME=/work", *volumes]
        return subprocess.Popen([str(self.scripts / place), str(self.root), "sh", "-c", f"cd /srv/source; {script}"],
                                env=environment(VOLUMES=" ".join(mounts), TIMEOUT=2000), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run_in(self, place, script, *volumes, expect=0):
        process = self.enter(place, script, *volumes)
        output, errors = process.communicate()
        self.assertEqual(process.returncode, expect, f"{place}: {script}\n{output[-3000:]}\n{errors[-3000:]}")
        return output

    def doctor_of(self, *start):
        """What doctor says to somebody where nothing is refused."""
        command = [self.scripts / "pod", *FREE, "--tmpfs", "/work:mode=1777,exec", "-e", "HOME=/work", "--rootfs", self.root, *start, "imagewright", "doctor"]
        return subprocess.run(command, env=environment(), stdin=subprocess.DEVNULL, check=True, capture_output=True, text=True).stdout

    def give_subordinate_ids(self):
        """As the package uidmap and usermod do, until the test is over."""
        for program in ("newuidmap", "newgidmap"):
            require_program(program)
            shutil.copy(shutil.which(program), self.root / "usr/bin")
            (self.root / "usr/bin" / program).chmod(0o4755)
            self.addCleanup((self.root / "usr/bin" / program).unlink)
        for name in ("subuid", "subgid"):
            path = self.root / "etc" / name
            self.addCleanup(path.write_text, path.read_text())
            path.write_text("10001:200000:65536\n")
