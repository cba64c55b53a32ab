# SPDX-License-Identifier: MIT
"""Every remedy that doctor prints is followed in the place where it is printed: what stood in the way is gone then."""

import json
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from container_places import AS_USER, DOCKER_RIGHTS, FREE, PlacesTestCase  # noqa: E402
from imagewright_testing import environment  # noqa: E402

POD = ("--cap-drop=all", "--security-opt", "no-new-privileges", "--user", "10001:10001")
KUBERNETES = ("-e", "KUBERNETES_SERVICE_HOST=10.0.0.1")
# podman's word for Docker's systempaths=unconfined.
UNMASKED = ("--security-opt", "unmask=ALL")
# As user namespaces of pods (hostUsers: false) are made.
OWN_USERS = ("--uidmap", "0:1000000:65536", "--gidmap", "0:1000000:65536")
# A user namespace in which settings of user namespaces can be changed without changing the host's.
OWN_SETTINGS = """\
unshare --user sleep 600 & inside=$!
until [ "$(readlink /proc/$inside/ns/user)" != "$(readlink /proc/self/ns/user)" ]; do sleep 0.1; done
echo 0 0 65536 >/proc/$inside/uid_map
echo 0 0 65536 >/proc/$inside/gid_map
nsenter --user=/proc/$inside/ns/user sh -c '{}'
kill $inside
"""
NOTHING = "/dev/null"


class Remedies(PlacesTestCase):
    def run_container(self, options, command):
        words = [self.scripts / "pod", *options, "--tmpfs", "/work:mode=1777,exec", "-e", "HOME=/work", "--rootfs", self.root, *command]
        return subprocess.run(words, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def doctor(self, *options, start=()):
        result = self.run_container(options, (*start, "imagewright", "doctor"))
        self.assertIn(result.returncode, (0, 4), result.stderr)
        return result.stdout

    def assert_rung(self, text, name):
        self.assertRegex(text, rf"(?m)^  ok      {name}: .*\(this one\)$")

    def test_a_filter_of_a_container(self):
        for place, rung in ((DOCKER_RIGHTS, "limited-root"), (POD, "single-id")):
            with self.subTest(rung):
                text = self.doctor(*place, *self.docker_filter())
                self.assert_rung(text, "machine")
                self.assertIn("start the container with --security-opt seccomp=unconfined --security-opt systempaths=unconfined,", text)
                self.assert_rung(self.doctor(*place, "--security-opt", "seccomp=unconfined", *UNMASKED), rung)

    def test_a_filter_of_a_pod(self):
        for place, rung in ((DOCKER_RIGHTS, "limited-root"), (POD, "single-id")):
            with self.subTest(rung):
                text = self.doctor(*place, *self.docker_filter(), *KUBERNETES)
                self.assert_rung(text, "machine")
                self.assertIn("in the pod's securityContext: seccompProfile with type: Unconfined", text)
                # What else pods have does not help against a filter.
                self.assert_rung(self.doctor(*place, *self.docker_filter(), *UNMASKED, *OWN_USERS, *KUBERNETES), "machine")
                self.assert_rung(self.doctor(*place, "--security-opt", "seccomp=unconfined", *KUBERNETES), rung)

    def test_a_program_that_is_missing(self):
        for file, line, remedy in (("/usr/bin/qemu-system-x86_64", "machine: ", "install qemu-system-x86"),
                                   ("/usr/bin/gpg", "gpg: ", "install gpg"),
                                   ("/usr/bin/qemu-aarch64-static", "qemu-aarch64-static: ", "install qemu-user-static"),
                                   ("/usr/sbin/debugfs", "debugfs: ", "install e2fsprogs")):
            with self.subTest(file):
                text = self.doctor(*DOCKER_RIGHTS, *self.docker_filter(), "-v", f"{NOTHING}:{file}:ro")
                self.assertRegex(text, rf"(?m)^  (missing|unfit  ) {line}")
                self.assertIn(remedy, text)
                self.assertRegex(self.doctor(*DOCKER_RIGHTS, *self.docker_filter()), rf"(?m)^  ok      {line}")

    def test_user_namespaces_that_are_switched_off(self):
        def inside(settings):
            script = OWN_SETTINGS.format(settings + " && exec " + " ".join(AS_USER) + " imagewright doctor")
            return self.run_container(FREE, ("sh", "-c", script)).stdout

        off = "echo 0 >/proc/sys/user/max_user_namespaces"
        self.assertIn("as root: sysctl -w user.max_user_namespaces=15000", inside(off))
        # What sysctl -w does, which this root has not got.
        self.assert_rung(inside(f"{off} && echo 15000 >/proc/sys/user/max_user_namespaces"), "single-id")

    def test_proc_that_is_not_mounted(self):
        text = self.run_container(FREE, ("sh", "-c", "umount -l /proc && imagewright doctor")).stdout
        self.assertIn("mount it: mount -t proc proc /proc", text)
        text = self.run_container(FREE, ("sh", "-c", "umount -l /proc && mount -t proc proc /proc && imagewright doctor")).stdout
        self.assert_rung(text, "root")

    def test_a_chroot(self):
        # Mounted without what is mounted below: the root would be the root of a mount then, and no chroot.
        options = (*FREE, "-v", f"{self.root.parent}:/elsewhere")
        inside = f"/mnt/{self.root.name}"
        before = f"mount --bind /elsewhere /mnt && mount -t proc proc {inside}/proc && exec chroot"
        text = self.run_container(options, ("sh", "-c", f"{before} --userspec=10001:10001 {inside} imagewright doctor")).stdout
        self.assertIn("run it as root of the chroot, or outside of it", text)
        self.assert_rung(self.run_container(options, ("sh", "-c", f"{before} {inside} imagewright doctor")).stdout, "root")
        self.assert_rung(self.doctor(*FREE, start=AS_USER), "single-id")


if __name__ == "__main__":
    unittest.main(verbosity=2)
