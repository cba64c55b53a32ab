# SPDX-License-Identifier: MIT
"""Places where nobody gave a flag: root of a container, a pod of the restricted kind, a user whose namespaces may not mount. Real
containers (podman, crun) with Docker's filter of system calls; everything is composed there with the bytes of root on the host.

IMAGEWRIGHT_PLACES_ROOT names a root filesystem that is kept from run to run; IMAGEWRIGHT_GOLDEN=rewrite rewrites what doctor says."""

import collections
import json
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import adopt_orphans, artifact_digests, hidden_files, living_descendants, wrong_sums  # noqa: E402
from container_places import KINDS, PlacesTestCase  # noqa: E402
from disturbed_builds import DisturbedBuilds, descendants_of, is_running, name_of  # noqa: E402
from imagewright_testing import TOP, WORKBENCH, TestCase, require_program, require_workbench  # noqa: E402

# How many moments of a build in a machine are tried (`toolkit/dev kill`: 100).
MACHINE_KILLS = int(os.environ.get("IMAGEWRIGHT_MACHINE_KILLS", "12"))
SEED = int(os.environ.get("IMAGEWRIGHT_SEED", "20240611"))
PLACES = ("docker-root", "restricted", "ubuntu-user")
GOLDEN = TOP / "tests/golden/doctor"
# Everything that users are given but the report, which holds times and the rung.
SUFFIXES = (".qcow2", ".vhd", ".manifest.json", ".spdx.json", ".cdx.json")


class Places(PlacesTestCase):
    def check_golden(self, name, text):
        file = GOLDEN / f"{name}.txt"
        if os.environ.get("IMAGEWRIGHT_GOLDEN") == "rewrite":
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        self.assertEqual(text, file.read_text(), name)

    def test_doctor_says_what_is_so(self):
        for place in PLACES:
            with self.subTest(place):
                self.check_golden(place, self.run_in(place, "imagewright doctor"))

    def test_doctor_says_what_is_missing(self):
        for place in ("docker-root", "restricted"):
            with self.subTest(place):
                text = self.run_in(place, "imagewright doctor", "-v /dev/null:/usr/bin/qemu-system-x86_64:ro", expect=4)
                self.check_golden(f"{place}-without-qemu", text)

    def test_doctor_sees_a_kernel_of_the_host(self):
        kernel = self.home / "vmlinuz-6.6.1"
        kernel.touch()
        self.check_golden("restricted-with-kernel", self.run_in("restricted", "imagewright doctor", f"-v {kernel}:/boot/{kernel.name}:ro"))

    def test_doctor_says_to_each_kind_of_user_where_a_build_stands(self):
        for kind, start in KINDS.items():
            with self.subTest(kind):
                if kind == "user-with-subordinate-ids":
                    self.give_subordinate_ids()
                text = self.doctor_of(*start)
                self.check_golden(kind, text)
                own = {"root": "root", "user": "single-id", "user-with-subordinate-ids": "subordinate-ids"}[kind]
                self.assertRegex(text, rf"(?m)^  ok      {own}: .*\(this one\)$")

    def test_what_cannot_be_done_is_told_before_anything_is_done(self):
        process = self.enter("restricted", "imagewright build configs/node.yaml -o /work/out; echo $?",
                             "-v /dev/null:/usr/bin/qemu-system-x86_64:ro")
        output, errors = process.communicate()
        self.assertEqual(output.strip(), "4", errors)
        self.assertIn("[sandbox.no-rung]", errors)
        self.assertIn("qemu-system-x86", errors)

    def bytes_of_root(self, architecture):
        """What the sums of a build as root on this host say."""
        host = self.home / f"host-{architecture}"
        self.run_program("build", "configs/node.yaml", "--arch", architecture, "--rung", "root", "--output-dir", host,
                         "--cache-dir", self.home / "cache")
        lines = [line for line in (host / "SHA256SUMS").read_text().splitlines() if line.endswith(SUFFIXES)]
        self.assertEqual(len(lines), 5)
        return lines

    def check_place(self, place, architecture, expected):
        self.run_in(place, "cp -r configs /work && cd /work && sed -i 's,../../build,/srv/source/build,' configs/releases/* && "
                           f"imagewright build configs/node.yaml --arch {architecture} --progress plain && "
                           f"{'imagewright verify out && ' if place == 'restricted' else ''}"
                           "cp /work/out/SHA256SUMS /work/out/*.report.json /share/ && chmod 666 /share/*")
        sums = (self.home / "share/SHA256SUMS").read_text().splitlines()
        self.assertEqual([line for line in sums if line.endswith(SUFFIXES)], expected)
        report = json.loads((self.home / f"share/node-{architecture}.report.json").read_text())
        self.assertEqual(report["rung"], "machine")
        if architecture != platform.machine():
            self.assertEqual(report["emulation"]["noNativePrograms"], "")
            self.assertGreater(report["emulation"]["nativePrograms"], report["emulation"]["programs"])
        for left in (self.home / "share").iterdir():
            left.unlink()

    def test_every_place_gives_the_bytes_of_root(self):
        for architecture in ("x86_64", "aarch64"):
            expected = self.bytes_of_root(architecture)
            for place in PLACES:
                with self.subTest(place, architecture=architecture):
                    self.check_place(place, architecture, expected)


class Kills(TestCase):
    """Any process of a build in a machine is killed, at any moment: nothing is left, and the next build is right."""

    @classmethod
    def setUpClass(cls):
        require_workbench()
        require_program("qemu-system-x86_64")
        kernel = next(WORKBENCH.glob("x86_64/linux-image-[0-9]*.rpm"))
        cls.directory = Path(tempfile.mkdtemp(prefix="imagewright-test-kills-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        adopt_orphans()
        cls.builds = DisturbedBuilds(cls.directory, "--rung", "machine", "--machine-kernel", kernel)
        cls.output = cls.directory / "out"

    def kill(self, source):
        """Gives what kills one process out of those that there are at a random moment, and notes its name in `killed`."""
        moment = time.monotonic() + source.random() * self.builds.duration

        def disturb(front):
            time.sleep(max(0.0, moment - time.monotonic()))
            while is_running(front):
                wanted = source.choice([front, *descendants_of(front)])
                name = name_of(wanted)
                if is_running(wanted):
                    os.kill(wanted, signal.SIGKILL)
                    self.killed[name] += 1
                    return
        return disturb

    def devices(self):
        return [path for path in self.output.rglob("*") if path.is_block_device() or path.is_char_device()]

    def test_nothing_is_left_of_a_machine_whatever_is_killed(self):
        source = random.Random(SEED)
        self.killed = collections.Counter()
        reference = self.builds.expected
        for number in range(MACHINE_KILLS):
            before = self.killed.copy()
            code, said = self.builds.build(self.output, disturb=self.kill(source))
            what = f"kill {number} of {list(self.killed - before)}: exit code {code}: {said}"
            self.assertEqual(living_descendants(), [], what)
            self.assertEqual(self.devices(), [], what)
            self.assertIn(code, (0, 1, 4, -signal.SIGKILL), what)
            found = artifact_digests(self.output)
            self.assertEqual({name: reference.get(name) for name in found}, found, what)
            self.assertEqual(wrong_sums(self.output), [], what)
            if code == -signal.SIGKILL:
                continue  # Who was killed could clean nothing up: the next build does, which is seen below.
            self.assertEqual(self.builds.leftovers(self.output), [], what)
            self.assertTrue(code == 0 or said, what)
        print(f"killed {dict(self.killed)}", flush=True)
        self.assertIn("qemu-system-x86", self.killed)

    def test_the_build_after_one_that_was_killed_is_right(self):
        for share in (0.3, 0.8):
            def disturb(front):
                time.sleep(share * self.builds.duration)
                os.kill(front, signal.SIGKILL)
            code, _ = self.builds.build(self.output, disturb=disturb)
            self.assertEqual(code, -signal.SIGKILL)
            self.assertEqual(living_descendants(), [])
            code, said = self.builds.build(self.output, keeps_output=True)
            self.assertEqual(code, 0, said)
            self.assertEqual(artifact_digests(self.output), self.builds.expected)
            self.assertEqual(hidden_files(self.output), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
