# SPDX-License-Identifier: MIT
"""What scripts leave beside an image."""

import hashlib
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from sibling_images import SiblingTestCase  # noqa: E402


def config(post="", final="", names=("notes.txt",), more=""):
    stages = {"postCustomization": post, "finalizeCustomization": final}
    scripts = {name: [{"content": text, "interpreter": "/bin/sh"}] for name, text in stages.items() if text}
    return f"os: {{packages: {{install: [tiny-web]}}}}\nscripts: {json.dumps(scripts)}\n{more}", list(names)


class ScriptFiles(SiblingTestCase):
    def written(self, text, names, formats=("tar",)):
        path = self.config(text, formats)
        content = path.read_text().replace("output: {", f"output: {{scriptFiles: {json.dumps(names)}, ")
        path.write_text(content)
        return path

    def run_build(self, text, names, formats=("tar",)):
        path = self.written(text, names, formats)
        return self.run_on("build", path, "--output-dir", path.parent / "out", "--progress", "none"), path

    def test_they_are_published_and_told(self):
        text, names = config(post='echo post > "$IMAGEWRIGHT_FILES/notes.txt"; echo early > "$IMAGEWRIGHT_FILES/early+1.json"',
                             final='echo final > "$IMAGEWRIGHT_FILES/notes.txt"; echo "$IMAGEWRIGHT_FILES" > /etc/where', names=("notes.txt", "early+1.json"))
        built, path = self.run_build(text, names)
        self.assertEqual(built.code, 0, built.said)
        content = {name: (built.out / f"node-x86_64.files.{name}").read_bytes() for name in names}
        self.assertEqual(content, {"notes.txt": b"final\n", "early+1.json": b"early\n"}, "the later stage has the last word")
        told = {each["file"]: (each["size"], each["digest"]) for each in built.manifest()["scriptFiles"]}
        self.assertEqual(told, {f"node-x86_64.files.{name}": (len(text), f"sha256:{hashlib.sha256(text).hexdigest()}") for name, text in content.items()})
        sums = (built.out / "SHA256SUMS").read_text()
        self.assertIn(f"{hashlib.sha256(content['notes.txt']).hexdigest()}  node-x86_64.files.notes.txt\n", sums)
        self.assertFalse([each for each in built.archive() if "imagewright-files" in each], "the directory is not in the image")
        self.assertNotEqual(built.read("/etc/where").strip(), "")
        verified = self.run_program("verify", built.out, "--cache-dir", self.top / "cache")
        self.assertIn("notes.txt", verified.stdout + verified.stderr)
        again = self.run_on("build", path, "--output-dir", built.out, "--progress", "none")
        self.assertEqual((again.code, (built.out / "SHA256SUMS").read_text().count("node-x86_64.files.")), (0, 2), again.said)
        (built.out / "node-x86_64.files.notes.txt").unlink()
        self.assertEqual(self.run_on("build", path, "--output-dir", built.out, "--progress", "none").code, 0)
        self.assertEqual((built.out / "node-x86_64.files.notes.txt").read_bytes(), b"final\n", "what is gone is made again")

    def test_without_the_key_there_is_no_directory(self):
        built = self.image("os: {packages: {install: [tiny-web]}}\nscripts: {postCustomization: [{content: 'echo \"<$IMAGEWRIGHT_FILES>\" > /etc/where'}]}\n")
        self.assertEqual(built.read("/etc/where"), "<>\n")
        self.assertNotIn("scriptFiles", built.manifest())

    def test_what_is_left_is_what_was_named(self):
        rows = (("true", "finalize.no-script-file"), ('echo x > "$IMAGEWRIGHT_FILES/other"', "finalize.unknown-script-file"),
                ('echo x > "$IMAGEWRIGHT_FILES/.hidden"', "finalize.unknown-script-file"), ('mkdir "$IMAGEWRIGHT_FILES/notes.txt"', "finalize.unknown-script-file"),
                ('ln -s /etc/passwd "$IMAGEWRIGHT_FILES/notes.txt"', "finalize.unknown-script-file"),
                ('ln -s ../../../../../../../../etc/hostname "$IMAGEWRIGHT_FILES/notes.txt"', "finalize.unknown-script-file"),
                ('rmdir "$IMAGEWRIGHT_FILES"; ln -s /etc "$IMAGEWRIGHT_FILES"', "finalize.unknown-script-file"),
                ('x=0123456789abcdef; i=0; while [ $i -lt 16 ]; do x="$x$x"; i=$((i+1)); done; '
                 'while [ $i -lt 81 ]; do echo "$x"; i=$((i+1)); done > "$IMAGEWRIGHT_FILES/notes.txt"', "finalize.large-script-file"))
        for script, code in rows:
            for stage in ("post", "final"):
                with self.subTest(script=script, stage=stage):
                    built, _ = self.run_build(*config(**{stage: script}))
                    self.assert_refused(built, code)
                    self.assertFalse(built.out.exists() and any(built.out.iterdir()))

    def test_names_are_names_of_files(self):
        for name in ("a/b", "../a", ".a", "", "a b", "-a", "ü", 7.5, None):
            with self.subTest(name=name):
                text, _ = config(post="true")
                said = self.run_on("validate", self.written(text, [name]))
                self.assertEqual(said.code, 0 if name in (7.5, None) else 2, said.said)
        self.assert_refused(self.run_on("validate", self.written("os: {hostname: a}\n", ["notes"])), "config.conflict")
        text, _ = config(post="true")
        self.assert_refused(self.run_on("validate", self.written(text, ["a", "a"])), "config.duplicate-name")

    def test_a_customized_image_leaves_them_too(self):
        base = self.image("os: {packages: {install: [tiny-web]}}\n", formats=("raw",))
        path = self.scratch() / "node.yaml"
        path.write_text("scripts: {finalizeCustomization: [{content: 'echo hello > \"$IMAGEWRIGHT_FILES/notes.txt\"'}]}\noutput: {scriptFiles: [notes.txt]}\n")
        out = path.parent / "out"
        self.run_program("customize", "--image", next(base.out.glob("*.raw")), path, "--output-dir", out, "--cache-dir", self.scratch(), "--progress", "none")
        self.assertEqual((out / "node-x86_64.files.notes.txt").read_text(), "hello\n")
        told = json.loads(next(out.glob("*.manifest.json")).read_text())["scriptFiles"]
        self.assertEqual([each["file"] for each in told], ["node-x86_64.files.notes.txt"])


if __name__ == "__main__":
    unittest.main()
