# SPDX-License-Identifier: MIT
"""The same bytes whoever composes: root and those who are less than root."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import derived_config, digest  # noqa: E402
from imagewright_testing import PROGRAM, TOP, TestCase, environment, require_program, require_workbench, skip  # noqa: E402

# The example node, and a script that changes owners and devices in every usual way and looks at what came about.
CONFIG = derived_config("""
os:
  users:
  - {name: given, uid: 1500}
  - {name: moved, uid: 1501}
scripts:
  postCustomization:
  - name: owners
    content: |
      #!/bin/sh
      set -eu
      mkdir -p /var/lib/ladder/directory
      cd /var/lib/ladder
      echo text >file
      chown 1234:5678 file directory
      chmod 4755 file
      ln -s file link
      chown -h 33:44 link
      mknod -m 640 disk b 7 300
      mknod null c 1 3
      chown 0:6 disk
      [ "$(stat -c %u:%g:%a file)" = 1234:5678:4755 ]
      [ "$(stat -c %u:%g link)" = 33:44 ]
      [ "$(stat -c %F:%t:%T disk)" = "block special file:7:12c" ]
      [ -c null ]
      cp -a file copy
      cp -a null another
      install -o 77 -g 88 -m 600 file installed
      install -d -o 99 -g 99 -m 2750 made
      touch reference
      chown --reference=file reference
      tar -cf - file link disk null | (mkdir unpacked && cd unpacked && tar -xpf -)
      [ "$(stat -c %u:%g:%a unpacked/file)" = 1234:5678:4755 ]
      [ "$(stat -c %F unpacked/disk)" = "block special file" ]
      mv file moved
      ln moved hard
      chown 0:0 copy
      [ "$(stat -c %u:%g /home/given)" = 1500:1500 ]
      chown -R 0:0 /home/given
      mv /home/given given-home
      mv /home/moved moved-home
      [ "$(find . -user 1234 | sort | tr '\\n' ' ')" = "./directory ./hard ./moved ./reference ./unpacked/file " ]
""")
# What the manifest has to say about it on each rung.
EXPECTED = {
    "hard": "file 4755 1234:5678", "copy": "file 0755 0:0", "directory": "dir 0755 1234:5678", "link": "link 0777 33:44",
    "installed": "file 0600 77:88", "made": "dir 2750 99:99", "reference": "file 0644 1234:5678", "another": "char 0644 0:0 1,3",
    "given-home": "dir 0700 0:0", "moved-home": "dir 0700 1501:1501", "disk": "block 0640 0:6 7,300", "unpacked/disk": "block 0640 0:6 7,300",
}
# Everything that is compared is a file that users are given. The report holds times and differs.
SUFFIXES = (".qcow2", ".manifest.json", ".spdx.json")
# Set to every architecture for the long form: emulation takes minutes on each rung.
ARCHITECTURES = os.environ.get("IMAGEWRIGHT_LADDER_ARCHITECTURES", "x86_64").split()


def have_user(name, *options):
    """An ordinary user of this machine, made when it is not there yet."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        require_program("useradd")
        subprocess.run(["useradd", "--system", "--create-home", "--shell", "/bin/sh", *options, name], check=True)
        return pwd.getpwnam(name)


def give_subordinate_ids(name):
    for path in (Path("/etc/subuid"), Path("/etc/subgid")):
        text = path.read_text() if path.exists() else ""
        if not any(line.startswith(f"{name}:") for line in text.splitlines()):
            path.write_text(f"{text}{name}:{200000}:65536\n")


def as_user(user, *options):
    """What a command starts with that an ordinary user shall run."""
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *options]


AS_LIMITED_ROOT = ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"]


class EverybodyTestCase(TestCase):
    """What every kind of user runs is copied: users other than root need not be able to read the build directory."""

    @classmethod
    def copy_program(cls, program):
        if os.geteuid() != 0:
            skip("only root can act as every kind of user")
        # Short: sockets of programs in it have paths of at most 107 bytes (unix(7)).
        cls.home = Path("/var/tmp/imagewright-ladder-test")
        shutil.rmtree(cls.home, ignore_errors=True)
        cls.home.mkdir(mode=0o755)
        cls.addClassCleanup(shutil.rmtree, cls.home, ignore_errors=True)
        cls.program = cls.home / program.name
        shutil.copy(program, cls.program)


class Ladder(EverybodyTestCase):
    @classmethod
    def setUpClass(cls):
        for architecture in ARCHITECTURES:
            require_workbench(architecture)
        cls.copy_program(PROGRAM)
        cls.config = cls.home / "node.yaml"
        cls.config.write_text(CONFIG)
        cls.expected = {}
        for architecture in ARCHITECTURES:
            cls.build([], "root", architecture)
            cls.expected[architecture] = cls.digests("root", architecture)
            files = cls.files("root", architecture)
            for name, description in EXPECTED.items():
                if not files[f"/var/lib/ladder/{name}"].startswith(description):
                    raise AssertionError(f"{name} is {files[f'/var/lib/ladder/{name}']}, expected {description}")

    @classmethod
    def build(cls, prefix, name, architecture, user=None):
        output = cls.home / name
        output.mkdir(exist_ok=True)
        if user is not None:
            os.chown(output, user.pw_uid, user.pw_gid)
        command = [*prefix, str(cls.program), "build", str(cls.config), "--no-cache", "--arch", architecture, "--format", "qcow2",
                   "--output-dir", str(output / architecture), "--cache-dir", str(output / "cache"), "--progress", "plain"]
        result = subprocess.run(command, cwd=TOP, env=environment(HOME=str(output)), stdin=subprocess.DEVNULL,
                                capture_output=True, text=True)
        if result.returncode != 0:
            raise AssertionError(f"{' '.join(command)}\nexit code {result.returncode}\n{result.stderr[-6000:]}")
        left = [path.name for path in (output / architecture).iterdir() if path.name.startswith(".")]
        if left:
            raise AssertionError(f"{name} left {left} behind")
        return output / architecture

    @classmethod
    def digests(cls, name, architecture):
        return {suffix: digest(cls.home / name / architecture / f"node-{architecture}{suffix}") for suffix in SUFFIXES}

    @classmethod
    def files(cls, name, architecture):
        return json.loads((cls.home / name / architecture / f"node-{architecture}.manifest.json").read_text())["files"]

    def compare(self, name, architecture):
        found = self.digests(name, architecture)
        if found == self.expected[architecture]:
            return
        files = [self.files(user, architecture) for user in ("root", name)]
        changed = [(path, files[0].get(path), files[1].get(path)) for path in sorted({*files[0], *files[1]})
                   if files[0].get(path) != files[1].get(path)]
        self.fail(f"{name}: {found} instead of {self.expected[architecture]}\n{changed[:20]}")

    def climb(self, prefix, name, user=None):
        for architecture in ARCHITECTURES:
            with self.subTest(architecture=architecture):
                self.build(prefix, name, architecture, user)
                self.compare(name, architecture)

    def test_a_user_with_subordinate_ids(self):
        require_program("newuidmap")
        user = have_user("imagewright-many")
        give_subordinate_ids(user.pw_name)
        self.climb(as_user(user), "many", user)

    def test_a_user_without_subordinate_ids(self):
        user = have_user("imagewright-one")
        for path in ("/etc/subuid", "/etc/subgid"):
            self.assertNotIn("imagewright-one:", Path(path).read_text())
        self.climb(as_user(user), "one", user)

    def test_root_without_the_right_to_administrate(self):
        self.climb(AS_LIMITED_ROOT, "limited")

    def test_a_container_that_hides_parts_of_proc_and_gives_no_right(self):
        user = have_user("imagewright-one")
        # What container engines do to /proc, and what a Kubernetes pod of the restricted kind is left with.
        script = ("for file in kcore keys timer_list; do [ ! -e /proc/$file ] || mount --bind /dev/null /proc/$file; done; "
                  "mount --bind /proc/sys /proc/sys; mount -o remount,ro,bind /proc/sys; "
                  f"exec {' '.join(as_user(user, '--no-new-privs', '--bounding-set=-all'))} \"$@\"")
        self.climb(["unshare", "--mount", "sh", "-c", script, "sh"], "pod", user)


class HostilePackages(EverybodyTestCase):
    """No package reaches outside the root on any rung: the tests of that are run by everybody."""

    @classmethod
    def setUpClass(cls):
        tests = PROGRAM.parents[2] / "tests/component/install/component_install"
        if not tests.exists():
            skip(f"{tests} was not built")
        cls.copy_program(tests)

    def attack(self, prefix, user=None):
        directory = Path(tempfile.mkdtemp(dir=self.home))
        if user is not None:
            os.chown(directory, user.pw_uid, user.pw_gid)
        variables = environment(HOME=directory, TMPDIR=directory, CI=os.environ.get("CI"))
        result = subprocess.run([*prefix, str(self.program), "[hostile]"], cwd=directory, env=variables, stdin=subprocess.DEVNULL,
                                capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout[-4000:] + result.stderr[-2000:])
        self.assertIn("All tests passed", result.stdout)

    def test_root(self):
        self.attack([])

    def test_root_without_the_right_to_administrate(self):
        self.attack(AS_LIMITED_ROOT)

    def test_a_user_with_subordinate_ids(self):
        require_program("newuidmap")
        user = have_user("imagewright-many")
        give_subordinate_ids(user.pw_name)
        self.attack(as_user(user, "unshare", "--user", "--map-root-user", "--map-auto"), user)

    def test_a_user_without_subordinate_ids(self):
        user = have_user("imagewright-one")
        self.attack(as_user(user, "unshare", "--user", "--map-root-user"), user)


if __name__ == "__main__":
    unittest.main(verbosity=2)
