# SPDX-License-Identifier: MIT
"""Every command with every kind of wrong file: it ends at once with what is wrong and what to do, as a mistake of the input, and changes nothing."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import PROGRAM, environment, require_program  # noqa: E402
from sibling_images import SiblingTestCase  # noqa: E402

# X is the place of the wrong file; what is there beside it is right.
COMMANDS = ("validate X", "plan X", "build X -o made", "lock X", "why X tiny-base", "customize --image node.raw X -o made", "customize --image X empty.yaml -o made",
            "plan change.yaml --image X", "matrix X", "matrix --fleet X", "collect out --units X", "collect out --units units.json --previous X", "boot X --print-command",
            "boot node.raw --print-command --manifest X", "inspect X", "measure X", "diff X node.raw", "diff node.manifest.json X", "diff node.lock.json X",
            "advisories X --feed feed.xml", "advisories node.lock.json --feed X", "advisories node.lock.json --feed feed.xml --vex X",
            "advisories --from X --to node.lock.json --feed feed.xml", "drift --root place --manifest X", "drift --root place --manifest node.manifest.json --rules X",
            "sign out --key X", "verify out --key X", "lint X", "convert X made.qcow2", "inject-files X --image node.raw -o made.raw",
            "inject-files list.yaml --image X -o made.raw", "import X", "export libvirt X", "export hyperv X", "export terraform X", "export wsl-catalogue X --url https://a.example/b",
            "upload azure node.vhd --url-file X", "build --units X --index 0 -o made", "validate node.yaml --release X", "verify out --config X")
FILES = {"missing": "no-such", "directory": "place", "nothing": "", "an empty file": "empty", "a pipe": "pipe", "a program": "program", "a text": "text", "half of JSON": "half.json",
         "another document": "other.json", "a link to nowhere": "dangling", "a link to itself": "loop", "a long name": "n" * 300, "below a file": "text/x", "a device": "/dev/zero"}
# What these commands take all the same.
TAKEN = {("validate node.yaml --release X", "a program")}


class WrongFiles(SiblingTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        require_program("openssl")
        place = cls.top / "place-of-all"
        place.mkdir()
        cls.place = place
        config = (f"release: {cls.top}/releases/tiny.yaml\nos: {{hostname: x}}\noutput: {{name: node, images: [{{format: raw}}, {{format: vhd-fixed}}]}}\n")
        (place / "node.yaml").write_text(config)
        for words in (["build", "node.yaml", "-o", "out"], ["lock", "node.yaml"]):
            result = subprocess.run([PROGRAM, *words, "--cache-dir", "cache"], cwd=place, capture_output=True, text=True, env=environment())
            if result.returncode != 0:
                raise AssertionError(result.stderr)
        for name, copy in (("node-x86_64.raw", "node.raw"), ("node-x86_64.manifest.json", "node.manifest.json"), ("node-x86_64.vhd", "node.vhd")):
            subprocess.run(["cp", "--sparse=always", place / "out" / name, place / copy], check=True)
        units = subprocess.run([PROGRAM, "matrix", "node.yaml"], cwd=place, capture_output=True, text=True, env=environment(), check=True)
        (place / "units.json").write_text(units.stdout)
        (place / "empty.yaml").write_text("os: {hostname: y}\noutput: {images: [{format: raw}]}\n")
        (place / "change.yaml").write_text("os: {hostname: y}\noutput: {images: [{format: raw}]}\n")
        (place / "list.yaml").write_text("injectFiles:\n- {partition: {id: 1A2B-3C4D}, destination: /a.efi, source: a.efi}\npreviewFeatures: [inject-files]\n")
        (place / "a.efi").write_text("MZ")
        (place / "feed.xml").write_text('<updates><update type="security"><id>A</id><severity>Low</severity><issued date="2026-01-02 00:00:00"/><pkglist><collection>'
                                        '<package name="tiny-base" epoch="0" version="99" release="1" arch="x86_64"/></collection></pkglist></update></updates>')
        (place / "place").mkdir()
        (place / "empty").touch()
        os.mkfifo(place / "pipe")
        shutil.copy(shutil.which("true"), place / "program")
        (place / "text").write_text("hello world\n")
        (place / "half.json").write_text('{"a": [1,')
        (place / "other.json").write_text('{"imagewrightReport": 1, "name": "x"}')
        (place / "dangling").symlink_to("nowhere")
        (place / "loop").symlink_to("loop")
        cls.before = cls.names()

    @classmethod
    def names(cls):
        return sorted(str(path) for path in cls.place.rglob("*") if "cache" not in path.parts)

    def run_with(self, row):
        command, path = row
        words = [path if word == "X" else word for word in shlex.split(command)]
        return subprocess.run([PROGRAM, *words, "--cache-dir", "cache"], cwd=self.place, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                              env=environment(HOME=self.place))

    def test_each_is_a_mistake_of_the_input_with_a_remedy(self):
        rows = [(command, kind) for command in COMMANDS for kind in FILES]
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(lambda row: self.run_with((row[0], FILES[row[1]])), rows))
        for (command, kind), result in zip(rows, results, strict=True):
            with self.subTest(command=command, kind=kind):
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertEqual(result.stdout, "")
                self.assertRegex(result.stderr, r"error: .* \[[a-z]+\.[a-z-]+\]")
                self.assertIn("hint: ", result.stderr)
                self.assertNotRegex(result.stderr, "(?i)filesystem error|exception|std::|Unknown code")
        self.assertEqual(self.names(), self.before)

    def test_what_is_given_is_told_as_what_it_is(self):
        for command, path, words in (
                ("plan X", "program", "is a program, not an image config"), ("plan X", "other.json", "is the report of a build"), ("matrix X", "node.lock.json", "is a lock"),
                ("validate X", "node.manifest.json", "is the manifest of an image"), ("matrix --fleet X", "node.raw", "is an image"), ("build X", "units.json", "is a list of units"),
                ("lock X", "out/node-x86_64.spdx.json", "SPDX"), ("lock X", "out/node-x86_64.cdx.json", "CycloneDX"), ("validate X", "out/node-x86_64.report.html", "a page of HTML"),
                ("diff node.lock.json X", "other.json", "is neither a manifest nor a lock"), ("boot node.raw --manifest X", "node.lock.json", "is no manifest of an image"),
                ("inspect X", "dangling", 'it is a link to "nowhere", which is not there'), ("inspect X", "loop", "leads back to itself"), ("plan X", "text/x", "which is a file"),
                ("plan X", "-", "standard input is read by validate alone"), ("collect X --units units.json", "text", "is a file, not the directory"),
                ("inspect X", "node.yaml", "of a config, imagewright build makes one"), ("verify X", "text", "is no directory"), ("sign out --key X", "place", "is no file")):
            with self.subTest(command=command, path=path):
                result = self.run_with((command, path))
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertIn(words, result.stderr)

    def test_an_empty_path_is_never_taken_for_none(self):
        for command in ("plan node.yaml --image X", "collect out --units units.json --previous X", "boot node.raw --print-command --manifest X", "verify out --config X",
                        "drift --root place --manifest node.manifest.json --rules X", "build --units X --index 0", "plan X", "advisories node.lock.json --feed feed.xml --vex X"):
            with self.subTest(command=command):
                result = self.run_with((command, ""))
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertRegex(result.stderr, r"the path for .* is empty \[cli.missing-input\]")


class Outputs(SiblingTestCase):
    """Where an answer or an image cannot be written, that is told, and nothing is half there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.raw = cls.top / "disk.raw"
        cls.raw.write_bytes(bytes(1 << 20))

    def test_answers_that_nobody_takes_are_an_error(self):
        for words in (["releases"], ["schema"], ["help"], ["doctor", "--json"], ["completion", "bash"], ["import", "--help"]):
            with self.subTest(words=words):
                result = self.with_output(">/dev/full", words)
                self.assertEqual(result.returncode, 1, result.stderr)
                self.assertIn("[cli.cannot-write-output]", result.stderr)
                # Whoever closes it does not want the answer, and no file of the program's takes its number.
                result = self.with_output(">&-", words)
                self.assertIn(result.returncode, (0, 1), result.stderr)
                self.assertNotIn("bug", result.stderr)
        # Who cannot be told anything still gets the exit code.
        result = subprocess.run(["/bin/sh", "-c", 'exec "$0" inspect no-such 2>&-', PROGRAM], cwd=self.top, capture_output=True, text=True, timeout=60, env=environment())
        self.assertEqual(result.returncode, 2)

    def with_output(self, redirection, words):
        return subprocess.run(["/bin/sh", "-c", f'exec "$0" "$@" {redirection}', PROGRAM, *words], cwd=self.top, stderr=subprocess.PIPE, text=True, timeout=60,
                              env=environment())

    def test_an_image_may_be_replaced_by_itself(self):
        place = self.scratch()
        shutil.copy(self.raw, place / "disk.raw")
        for words in (["disk.raw", "disk.raw"], ["disk.raw", "./disk.raw", "--format", "qcow2"]):
            self.run_program("convert", *words, "--force", cwd=place)
        self.run_tool("qemu-img", "compare", "-f", "raw", "-F", "qcow2", self.raw, place / "disk.raw")

    def test_an_output_that_is_the_input_or_has_no_place_is_refused(self):
        place = self.scratch()
        shutil.copy(self.raw, place / "disk.raw")
        before = (place / "disk.raw").read_bytes()
        for words in (["convert", "disk.raw", "disk.raw"], ["convert", "disk.raw", "./disk.raw"], ["convert", "disk.raw", "no/such/x.qcow2"], ["convert", "disk.raw", "/dev/full", "--format", "raw"], ["convert", "disk.raw", "."],
                      ["convert", "disk.raw", "disk.raw/x.qcow2"]):
            with self.subTest(words=words):
                result = self.run_program(*words, cwd=place, expect=None)
                self.assertIn(result.returncode, (1, 2), result.stderr)
                self.assertRegex(result.stderr, r"error: .* \[[a-z]+\.[a-z-]+\]")
                self.assertEqual((place / "disk.raw").read_bytes(), before)
                self.assertEqual([path.name for path in place.iterdir()], ["disk.raw"])

    def test_reports_and_directories_without_a_place_fail_before_anything_is_made(self):
        for words in (["--report", "no/such/report.json"], ["--report", "."], ["--report", "/dev/full/x"], ["-o", "node.yaml"], ["-o", "node.yaml/out"], ["-o", "/dev/null"]):
            with self.subTest(words=words):
                path = self.config("os: {hostname: x}\n")
                result = self.run_program("build", path, *words, "--cache-dir", path.parent / "cache", cwd=path.parent, expect=None)
                self.assertIn(result.returncode, (1, 2, 4), result.stderr)
                self.assertRegex(result.stderr, r"error: .* \[[a-z]+\.[a-z-]+\]")
                self.assertNotIn("install: ", result.stderr)
                self.assertFalse((path.parent / "out").exists() and any((path.parent / "out").iterdir()))

    def test_json_stays_one_object_or_nothing(self):
        path = self.config("os:\n  hostnam: x\n")
        for words in (["plan", path, "--json"], ["inspect", "no-such", "--json"], ["lock", path, "--json"], ["convert", "a", "b.qcow2", "--json"], ["diff", "a", "b", "--json"]):
            with self.subTest(words=words):
                result = self.run_program(*words, "--cache-dir", path.parent / "cache", cwd=path.parent, expect=2)
                self.assertEqual(result.stdout, "")
                self.assertTrue(re.search("error: ", result.stderr))


if __name__ == "__main__":
    unittest.main(verbosity=2)
