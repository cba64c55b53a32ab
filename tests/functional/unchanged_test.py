# SPDX-License-Identifier: MIT
"""A build of which nothing has changed reads and plans nothing; whatever may have changed makes it plan again, and its bytes are right."""

import hashlib
import json
import os
import re
import shutil
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_distribution  # noqa: E402
from imagewright_testing import TestCase, environment  # noqa: E402

NODE = """\
release: tiny
roles: [worker]
os:
  hostname: one
  packages: {install: [tiny-web]}
  users:
  - {name: kim, password: {type: plain-text-file, value: files/password}}
  - {name: lee, password: {type: plain-text, value: open}}
  additionalFiles:
  - {source: files/note, destination: /opt/note}
  additionalDirs:
  - {source: tree, destination: /opt/tree}
output: {image: {format: raw}}
"""
ROLE = "os: {sysctl: {kernel.panic: 10}}\n"


class Unchanged(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.distribution = cls.class_scratch() / "tiny"
        cls.distribution.mkdir()
        tiny_distribution.make(cls.distribution)

    def setUp(self):
        self.top = self.scratch()
        shutil.copytree(self.distribution / "repository", self.top / "repository")
        (self.top / "team/releases").mkdir(parents=True)
        profile = (self.distribution / "releases/tiny.yaml").read_text()
        (self.top / "team/releases/tiny.yaml").write_text(profile.replace(str(self.distribution / "repository"), str(self.top / "repository")))
        (self.top / "team/roles").mkdir()
        (self.top / "team/roles/worker.yaml").write_text(ROLE)
        self.place = self.top / "team/nodes"
        (self.place / "files").mkdir(parents=True)
        (self.place / "files/note").write_text("one")
        (self.place / "files/password").write_text("secret one")
        (self.place / "tree/below").mkdir(parents=True)
        (self.place / "tree/below/file").write_text("one")
        (self.place / "tree/link").symlink_to("below/file")
        (self.place / "node.yaml").write_text(NODE)
        # As files are that nobody has just written: a file with a password is not trusted before.
        time.sleep(2.2)

    def build(self, *words, output="out", expect=0, **variables):
        result = self.run_program("--cache-dir", self.top / "cache", "build", "node.yaml", "--json", "-o", output, "--progress", "json", *words,
                                  cwd=self.place, expect=expect, env=environment(HOME=self.top, **variables))
        result.events = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
        return result

    def has_planned(self, result):
        return "metadata" in [event.get("stage") for event in result.events]

    def warnings(self, result):
        return [{name: value for name, value in event.items() if name != "time"} for event in result.events if event.get("event") == "warning"]

    def image(self, output="out"):
        return (self.place / output / "node-x86_64.raw").read_bytes()

    def settled(self):
        """A build after which the next one has nothing to do."""
        first = self.build()
        self.assertTrue(self.has_planned(first))
        self.assertFalse(self.has_planned(self.build()))
        return first

    def test_nothing_is_planned_and_everything_is_said_again(self):
        first = self.settled()
        before = {path.name: path.stat().st_ino for path in (self.place / "out").iterdir()}
        again = self.build()
        self.assertEqual([event for event in again.events if "stage" in event], [])
        self.assertIn("nothing changed", again.stderr)
        self.assertEqual([file["path"] for file in json.loads(again.stdout)["files"]], [file["path"] for file in json.loads(first.stdout)["files"]])
        self.assertEqual(json.loads(again.stdout)["packages"], json.loads(first.stdout)["packages"])
        # With the place in the config.
        self.assertEqual([warning["code"] for warning in self.warnings(again)], ["config.plain-text-password"])
        self.assertEqual(self.warnings(again), self.warnings(first))
        self.assertIn("node.yaml", json.dumps(self.warnings(again)))
        after = {path.name: path.stat().st_ino for path in (self.place / "out").iterdir()}
        changed = {name for name in before if after[name] != before[name]}
        self.assertEqual(changed, {"node-x86_64.report.json", "node-x86_64.report.html", "SHA256SUMS"})
        report = json.loads((self.place / "out/node-x86_64.report.json").read_text())
        self.assertEqual([(each["stage"], each["result"]) for each in report["cache"]], [("outputs", "hit")])
        self.run_tool("sha256sum", "--check", "--quiet", "SHA256SUMS", cwd=self.place / "out")

    def test_a_copy_of_the_report_is_written_all_the_same(self):
        self.settled()
        result = self.build("--report", "more.json")
        self.assertFalse(self.has_planned(result))
        self.assertEqual((self.place / "more.json").read_bytes(), (self.place / "out/node-x86_64.report.json").read_bytes())

    @staticmethod
    def rewrite(path, text):
        """With the size and the times of before."""
        status = path.stat()
        assert len(text) == status.st_size
        path.write_text(text)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    def reindex(self):
        self.run_tool("createrepo_c", "--quiet", "--revision", "2", "--set-timestamp-to-revision", self.top / "repository")

    def nearer(self, kind, name, change):
        """What is found by its name is found in a nearer place."""
        directory = self.place / kind
        directory.mkdir()
        (directory / name).write_text(change((self.top / "team" / kind / name).read_text()))

    def lock(self):
        self.run_program("--cache-dir", self.top / "cache", "lock", "node.yaml", cwd=self.place, env=environment(HOME=self.top))

    def retarget(self):
        link = self.place / "tree/link"
        link.unlink()
        link.symlink_to("below/else")

    def test_whatever_a_build_looks_at_makes_it_plan_again(self):
        node, note = self.place / "node.yaml", self.place / "files/note"
        changes = {
            "a value of the same length": lambda: self.rewrite(node, NODE.replace("hostname: one", "hostname: two")),
            "the content of a file": lambda: self.rewrite(note, "two"),
            "the mode of a file": lambda: note.chmod(0o600),
            "a file in another's place": lambda: ((self.place / "files/new").write_text("new"), os.rename(self.place / "files/new", note)),
            "the content of a file of a directory": lambda: self.rewrite(self.place / "tree/below/file", "two"),
            "one more file in a directory": lambda: (self.place / "tree/below/more").write_text("more"),
            "one file less in a directory": lambda: (self.place / "tree/below/more").unlink(),
            "the target of a link": self.retarget,
            "a password": lambda: self.rewrite(self.place / "files/password", "secret two"),
            "a nearer role": lambda: self.nearer("roles", "worker.yaml", lambda text: text.replace("10", "20")),
            "the role": lambda: self.rewrite(self.place / "roles/worker.yaml", ROLE.replace("10", "30")),
            "a nearer release": lambda: self.nearer("releases", "tiny.yaml", lambda text: text.replace("size: 40M", "size: 44M")),
            "the release": lambda: self.rewrite(self.place / "releases/tiny.yaml", (self.place / "releases/tiny.yaml").read_text().replace("44M", "48M")),
            "the repository": self.reindex,
        }
        self.settled()
        for name, change in changes.items():
            with self.subTest(change=name):
                change()
                result = self.build()
                self.assertTrue(self.has_planned(result))
                self.build("--no-cache", output="anew")
                self.assertEqual(self.image(), self.image("anew"))
                # A file with a password that has just been written is looked at again.
                time.sleep(2.2 if name == "a password" else 0)
                self.build()
                self.assertFalse(self.has_planned(self.build()))

    def test_a_lock_that_comes_changes_or_goes_is_seen(self):
        self.settled()
        path = self.place / "node.lock.json"
        self.lock()
        self.assertNotIn("metadata", [event.get("stage") for event in self.build().events])
        self.assertIn("nothing changed", self.build().stderr)
        # The repository is not asked any more, and need not be there.
        shutil.move(self.top / "repository", self.top / "elsewhere")
        self.assertIn("nothing changed", self.build().stderr)
        shutil.move(self.top / "elsewhere", self.top / "repository")
        path.write_text("{}")
        self.assertIn("[lock.", self.build(expect=2).stderr)
        path.unlink()
        self.assertTrue(self.has_planned(self.build()))

    def test_words_of_the_command_line_and_of_the_environment_count(self):
        self.settled()
        for words, variables in ((("--format", "qcow2"), {}), ((), {"SOURCE_DATE_EPOCH": 1700000001}), (("--repo", f"tiny={self.distribution}/repository"), {}),
                                 (("--offline",), {}), ((), {"CI": "true"}), (("--no-cache",), {}), (("--keep-root",), {})):
            with self.subTest(words=words, variables=variables):
                self.assertTrue(self.has_planned(self.build(*words, **variables)))
        self.assertTrue(self.has_planned(self.build(output="elsewhere")))

    def test_what_is_published_must_still_be_there(self):
        self.settled()
        expected = self.image()
        image = self.place / "out/node-x86_64.raw"
        for spoil in (image.unlink, lambda: image.write_bytes(b"x"), (self.place / "out/SHA256SUMS").unlink,
                      (self.place / "out/node-x86_64.manifest.json").unlink):
            spoil()
            self.assertTrue(self.has_planned(self.build()))
            self.assertEqual(self.image(), expected)
            self.run_tool("sha256sum", "--check", "--quiet", "SHA256SUMS", cwd=self.place / "out")
            self.assertFalse(self.has_planned(self.build()))

    def record(self):
        file, = (self.top / "cache/stages/entries/unchanged").iterdir()
        return file

    def put_record(self, whole):
        file = self.record()
        file.chmod(0o600)
        file.write_bytes(whole)

    def test_a_record_that_is_damaged_or_of_others_is_not_believed(self):
        self.settled()
        whole = self.record().read_bytes()
        for poison in (b"", whole[:-1], whole[:-1] + b"!", hashlib.sha256(b"").hexdigest().encode() + b"\n"):
            self.put_record(poison)
            self.assertTrue(self.has_planned(self.build()))
            self.assertFalse(self.has_planned(self.build()))
        self.record().chmod(0o666)
        self.assertTrue(self.has_planned(self.build()))
        (self.top / "cache").chmod(0o777)
        result = self.build()
        self.assertTrue(self.has_planned(result))
        self.assertIn("pipeline.cache-not-trusted", [warning["code"] for warning in self.warnings(result)])

    def test_nothing_is_believed_for_longer_than_a_day_or_from_the_future(self):
        self.settled()
        # The digest of the rest, the size of the key, the key, and the record, which begins with its time.
        _, rest = self.record().read_bytes().split(b"\n", 1)
        size, rest = rest.split(b"\n", 1)
        key, text = rest[:int(size)], rest[int(size) + 1:]
        made = int.from_bytes(text[:8], sys.byteorder)
        self.assertLess(abs(time.time() - made), 600)
        for hours, is_believed in ((-23, True), (-25, False), (1, False)):
            again = size + b"\n" + key + b"\n" + (made + hours * 3600).to_bytes(8, sys.byteorder) + text[8:]
            self.put_record(hashlib.sha256(again).hexdigest().encode() + b"\n" + again)
            self.assertEqual(self.has_planned(self.build()), not is_believed, hours)

    def test_a_file_that_has_just_been_written_is_told_by_its_content(self):
        (self.place / "node.yaml").write_text(re.sub(r"  users:\n.*\n.*\n", "", NODE))
        self.settled()
        self.assertIn(hashlib.sha256((self.place / "node.yaml").read_bytes()).hexdigest().encode(), self.record().read_bytes())
        # Of passwords no digest is ever kept, only of when their files were changed.
        (self.place / "node.yaml").write_text(NODE)
        (self.place / "files/password").write_text("secret new")
        self.build()
        for path in (self.top / "cache/stages").rglob("*"):
            if path.is_file():
                self.assertNotIn(hashlib.sha256(b"secret new").hexdigest().encode(), path.read_bytes(), path)


if __name__ == "__main__":
    unittest.main()
