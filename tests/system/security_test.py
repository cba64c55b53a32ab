# SPDX-License-Identifier: MIT
"""A labelled image with accounts: labels are what the image's own policy says, and secrets are where they belong only."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import PROGRAM, TOP, TestCase, environment, require_program, require_workbench  # noqa: E402

IMAGES = TOP / "build/security-test"
NAME = "labelled"
PLAIN_TEXT = "correct-horse-battery"
HASH = "$6$saltsalt$" + hashlib.sha512(b"not a real hash").hexdigest()[:86]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKnotARealKeyButLongEnoughToBeFoundAgain operator@example"
CONFIG = {
    "release": str(TOP / "configs/releases/workbench.yaml"),
    "os": {
        "hostname": "node",
        "packages": {"install": ["openssh-server", "containerd", "sudo"]},
        "selinux": {"mode": "enforcing"},
        "users": [
            {"name": "operator", "password": {"type": "hashed", "value": HASH}, "sshPublicKeys": [KEY]},
            {"name": "clerk", "password": {"type": "plain-text", "value": PLAIN_TEXT}},
        ],
        # A label must not depend on who wrote the file.
        "additionalFiles": [{"destination": "/var/lib/node/odd name.txt", "content": "x"}],
    },
    "scripts": {"postCustomization": [{"content": "ln /etc/hostname /etc/second-name; mkfifo /run/x /var/spool/pipe"}],
                "finalizeCustomization": [{"content": "echo late > /etc/ssh/written-late"}]},
    "output": {"name": NAME, "images": [{"format": "raw"}]},
}
# The words of matchpathcon(8) for the words of the manifest.
TYPES = {"file": "file", "dir": "dir", "link": "lnk_file", "fifo": "pipe"}


class LabelledImage(TestCase):
    @classmethod
    def setUpClass(cls):
        require_workbench()
        shutil.rmtree(IMAGES, ignore_errors=True)
        IMAGES.mkdir(parents=True)
        config = IMAGES / "labelled.json"
        config.write_text(json.dumps(CONFIG))
        cls.output = IMAGES / "out"
        cls.result = subprocess.run([str(PROGRAM), "build", str(config), "--no-cache", "--arch", "x86_64", "--output-dir", str(cls.output),
                                     "--progress", "plain", "--keep-root"], cwd=TOP, env=environment(), capture_output=True, text=True)
        if cls.result.returncode != 0:
            raise AssertionError(cls.result.stderr[-6000:])
        cls.manifest = json.loads((cls.output / f"{NAME}-x86_64.manifest.json").read_text())
        root = [partition for partition in cls.manifest["disk"]["partitions"] if partition["filesystem"]["mountPoint"] == "/"][0]
        cls.filesystem = f"{cls.output / f'{NAME}-x86_64.raw'}?offset={root['start']}"
        cls.root = cls.output / f"{NAME}-x86_64.root"

    def debugfs(self, commands):
        script = self.scratch() / "commands"
        script.write_text("".join(command + "\n" for command in commands))
        return self.run_tool("debugfs", "-f", script, self.filesystem).stdout

    def paths_by_type(self):
        """Every path of the root filesystem; what is below /boot/efi is on another one."""
        paths = {}
        for path, facts in self.manifest["files"].items():
            if not path.startswith("/boot/efi/"):
                paths.setdefault(facts.split()[0], []).append(path)
        self.assertLessEqual(set(paths), set(TYPES))
        return paths

    def stored_labels(self, paths):
        text = self.debugfs(f'ea_get "{path}" security.selinux' for path in paths)
        answers = re.split(r'^debugfs: ea_get "(.*)" security.selinux$', text, flags=re.MULTILINE)[1:]
        labels = {}
        for path, answer in zip(answers[::2], answers[1::2]):
            value = re.fullmatch(r'\s*security\.selinux \(\d+\) = "(.*)\\000"\s*', answer)
            labels[path] = value.group(1) if value else None
        return labels

    def policy_labels(self, paths_by_type):
        require_program("matchpathcon")
        contexts = self.root / "etc/selinux/default/contexts/files/file_contexts"
        labels = {}
        for kind, paths in paths_by_type.items():
            text = subprocess.run(["/usr/sbin/matchpathcon", "-n", "-f", str(contexts), "-m", TYPES[kind], *paths], check=True,
                                  capture_output=True, text=True, env=environment()).stdout
            for path, label in zip(paths, text.splitlines(), strict=True):
                labels[path] = None if label == "<<none>>" else label
        return labels

    def inodes_of(self, paths):
        """How many inodes the paths name: a file may have several names."""
        return len({(self.root / path.lstrip("/")).lstat().st_ino for path in paths})

    def inode_count(self):
        facts = dict(line.split(":", 1) for line in self.run_tool("dumpe2fs", "-h", self.filesystem).stdout.splitlines() if ":" in line)
        # The first ten are the filesystem's own, but for the root directory.
        return int(facts["Inode count"]) - int(facts["Free inodes"]) - 10 + 1

    def test_every_inode_has_the_label_of_the_images_own_policy(self):
        paths_by_type = self.paths_by_type()
        every = [path for paths in paths_by_type.values() for path in paths]
        stored = self.stored_labels(every)
        expected = self.policy_labels(paths_by_type)
        self.assertEqual(self.inodes_of(every), self.inode_count())
        # A file with two names has the label of the first.
        expected["/etc/second-name"] = expected["/etc/hostname"]
        self.assertEqual({path: (stored[path], expected[path]) for path in every if stored[path] != expected[path]}, {})
        self.assertGreater(len(set(stored.values())), 100)
        self.assertRegex(stored["/etc/shadow"], ":shadow_t:")
        self.assertRegex(stored["/lost+found"], ":lost_found_t:")
        self.assertRegex(stored["/etc/ssh/written-late"], ":etc_t:")

    def test_secrets_are_in_the_image(self):
        shadow = self.debugfs(["cat /etc/shadow"])
        self.assertIn(f"operator:{HASH}:", shadow)
        self.assertRegex(shadow, r"(?m)^clerk:\$6\$[^:]{80,}:")
        self.assertNotIn(PLAIN_TEXT, shadow)
        self.assertIn(KEY, self.debugfs(["cat /home/operator/.ssh/authorized_keys"]))

    def test_secrets_are_nowhere_else(self):
        shadow = self.debugfs(["cat /etc/shadow"])
        clerk = re.search(r"(?m)^clerk:([^:]+):", shadow).group(1)
        texts = {"standard output": self.result.stdout, "standard error": self.result.stderr}
        for path in self.output.glob("*.json"):
            texts[path.name] = path.read_text()
        self.assertEqual(len(texts), 6)
        for file in ("/etc/imagewright-release",):
            texts[file] = self.debugfs([f"cat {file}"])
            self.assertIn(NAME, texts[file])
        for name, text in texts.items():
            for secret in (HASH, PLAIN_TEXT, clerk, KEY.split()[1]):
                self.assertNotIn(secret, text, name)
        self.assertEqual(self.files_with(PLAIN_TEXT), [])
        self.assertEqual(self.files_with(HASH), ["etc/shadow"])

    def files_with(self, text):
        result = subprocess.run(["grep", "-rlF", "--devices=skip", "--", text, "."], cwd=self.root, capture_output=True, text=True)
        return sorted(line.removeprefix("./") for line in result.stdout.splitlines())


if __name__ == "__main__":
    unittest.main(verbosity=2)
