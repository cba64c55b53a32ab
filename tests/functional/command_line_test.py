# SPDX-License-Identifier: MIT
"""The command line as a new user meets it: mistakes that are named, help that fits, one exit code for a kind of mistake."""

import json
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import PROGRAM, TOP, TestCase, environment, require_module, require_workbench  # noqa: E402


def commands_of(help_text):
    return re.findall(r"(?m)^  ([a-z]\S*)", re.search(r"Commands:\n(.*?)\n\n", help_text, re.S).group(1))


class Mistakes(TestCase):
    def refused(self, *arguments, **options):
        result = self.run_program(*arguments, expect=2, **options)
        self.assertEqual(result.stdout, "")
        return result.stderr

    def test_what_was_mistyped_is_named_with_what_is_near(self):
        for arguments, message, hint in (
                (["bild"], 'there is no command "bild"', 'did you mean "build"?'),
                (["isnpect", "x"], 'there is no command "isnpect"', 'did you mean "inspect"?'),
                (["--hlep"], 'imagewright has no option "--hlep"', 'did you mean "--help"?'),
                (["build", "--hlep"], 'imagewright build has no option "--hlep"', 'did you mean "--help"?'),
                (["build", "x.yaml", "--output-dri=x"], 'imagewright build has no option "--output-dri"', 'did you mean "--output-dir"?'),
                (["--progres", "none", "build", "x.yaml"], 'imagewright has no option "--progres"', 'did you mean "--progress"?'),
                (["build", "x.yaml", "--progres", "none"], 'imagewright build has no option "--progres"', 'did you mean "--progress"?'),
                (["--progress", "nome", "doctor"], '"nome" is no value of --progress', 'did you mean "none"?'),
                (["build", "x.yaml", "--arch", "x86-64"], '"x86-64" is no value of --arch', 'did you mean "x86_64"?'),
                (["build", "x.yaml", "--format", "qcow3"], '"qcow3" is no value of --format', 'did you mean "qcow2"?'),
                (["cache", "prun"], 'there is no command "prun" of imagewright cache', 'did you mean "prune"?'),
                (["cache"], "imagewright cache needs a command of its own", "it has info, prune"),
                (["build"], "imagewright build needs CONFIG", "imagewright build --help"),
                (["why", "x.yaml"], "imagewright why needs PACKAGE", "imagewright why --help"),
                (["build", "x.yaml", "y.yaml"], 'imagewright build has no use for "y.yaml"', "imagewright build --help"),
                (["build", "x.yaml", "-j", "0"], '"0" is no value of --jobs', "a number from 1 to 1024"),
                (["build", "x.yaml", "-j", "two"], '"two" is no value of --jobs', "a number from 1 to 1024"),
                (["lock", "x.yaml", "--check", "--update"], "--check and --update exclude each other", "give one of them"),
                (["build", "x.yaml", "-o", "a", "-o", "b"], "--output-dir was given 2 times", "give it once"),
                ([], "no command was given", "imagewright --help")):
            with self.subTest(arguments=arguments):
                said = self.refused(*arguments)
                self.assertIn("[cli.usage]", said)
                self.assertIn(message, said)
                self.assertIn(hint, said)

    def test_a_missing_input_is_a_wrong_input_for_every_command(self):
        scratch = self.scratch()
        for arguments in (["build", "no.yaml"], ["plan", "no.yaml"], ["lock", "no.yaml"], ["validate", "no.yaml"], ["why", "no.yaml", "x"],
                          ["boot", "no.raw"], ["inspect", "no.raw"], ["diff", "no.raw", "no.raw"], ["convert", "no.raw", "x.qcow2"],
                          ["import", "no.json"]):
            with self.subTest(arguments=arguments):
                said = self.refused(*arguments, cwd=scratch)
                self.assertIn("[cli.missing-input]", said)
                self.assertIn(f'"{arguments[1]}"', said)
                self.assertIn(str(scratch), said)
                directory = self.refused(arguments[0], ".", *arguments[2:], cwd=scratch)
                self.assertIn("is a directory", directory)

    def test_what_is_something_else_is_told_as_what_it_is(self):
        profile = TOP / "configs/releases/workbench.yaml"
        self.assertIn("is a release profile, not an image config", self.refused("validate", profile))
        self.assertIn("is a config, not an image", self.refused("boot", "configs/node.yaml"))
        manifest = self.scratch() / "x.manifest.json"
        manifest.write_text("{}")
        self.assertIn("[cli.not-an-image]", self.refused("boot", manifest))

    def test_a_path_that_no_command_can_read_is_refused_at_once(self):
        scratch = self.scratch()
        os.mkfifo(scratch / "pipe")
        for arguments in (["boot"], ["inspect"], ["convert", "x.qcow2"], ["validate"], ["build"], ["plan"], ["lock"], ["why", "x"], ["diff", "pipe"], ["lint"]):
            for path, word in (("pipe", "is a pipe or a socket"), ("", "is empty")):
                if not path and arguments[0] in ("validate", "build", "plan", "lock", "why", "lint"):
                    continue
                with self.subTest(arguments=arguments, path=path):
                    said = self.refused(arguments[0], path, *arguments[1:], cwd=scratch, timeout=20)
                    self.assertIn("[cli.missing-input]", said)
                    self.assertIn(word, said)
        said = self.refused("build", TOP / "configs/node.yaml", "--repo", "x=/no/such", "--cache-dir", scratch / "cache")
        self.assertIn("[cli.missing-input]", said)
        self.assertFalse((scratch / "cache").exists())

    def test_what_is_no_disk_image_has_a_hint_that_helps(self):
        manifest = self.scratch() / "x.manifest.json"
        manifest.write_text("{}")
        self.assertIn("diff compares two manifests", self.refused("validate", manifest))

    def test_convert_replaces_only_what_it_is_told_to(self):
        scratch = self.scratch()
        (scratch / "disk.raw").write_bytes(bytes(1 << 20))
        (scratch / "out.qcow2").write_text("precious")
        said = self.refused("convert", scratch / "disk.raw", scratch / "out.qcow2")
        self.assertIn("[cli.output-exists]", said)
        self.assertEqual((scratch / "out.qcow2").read_text(), "precious")
        self.run_program("convert", scratch / "disk.raw", scratch / "out.qcow2", "--force")
        self.assertNotEqual((scratch / "out.qcow2").read_bytes()[:4], b"prec")

    def test_convert_leaves_a_link_alone(self):
        scratch = self.scratch()
        (scratch / "disk.raw").write_bytes(bytes(1 << 20))
        for target in ("precious", "nothing"):
            link = scratch / f"{target}.qcow2"
            link.symlink_to(target)
            self.assertIn("[cli.output-exists]", self.refused("convert", scratch / "disk.raw", link))
            self.assertTrue(link.is_symlink())

    def test_a_file_that_may_not_be_looked_at_is_not_told_to_be_absent(self):
        if os.geteuid() != 0 or shutil.which("setpriv") is None:
            self.skipTest("this needs a second user")
        closed = self.scratch() / "closed"
        closed.mkdir(mode=0o700)
        (closed / "node.yaml").write_text("os: {hostname: x}\n")
        words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", PROGRAM, "plan", closed / "node.yaml"]
        result = subprocess.run(words, capture_output=True, text=True, cwd="/", env=environment(XDG_CACHE_HOME="/nonexistent"))
        if "cannot execute" in result.stderr or "failed to execute" in result.stderr:
            self.skipTest("the program is out of the other user's reach")
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("Permission denied", result.stderr)
        self.assertNotIn("there is no config", result.stderr)

    def test_a_broken_profile_that_is_nearer_hides_the_farther_one(self):
        scratch = self.scratch()
        (scratch / "releases").mkdir()
        (scratch / "releases/workbench.yaml").write_text("nonsense: 1\n")
        result = self.run_program("releases", cwd=scratch, env=environment(IMAGEWRIGHT_DATA=TOP / "configs"))
        self.assertIn("nonsense", result.stderr)
        self.assertNotRegex(result.stdout, "(?m)^workbench ")

    def test_options_about_a_key_need_one(self):
        scratch = self.scratch()
        (scratch / "secret").write_text("x\n")
        for words in (("--provider", "base"), ("--passphrase-file", scratch / "secret")):
            self.assertIn("[cli.usage]", self.refused("verify", scratch, *words))

    def test_a_release_that_is_not_there_lists_names_and_places(self):
        config = self.scratch() / "node.yaml"
        config.write_text("release: workbenck\nos: {hostname: x}\n")
        said = self.refused("validate", config, env=environment(IMAGEWRIGHT_DATA=TOP / "configs"))
        self.assertIn("workbench", said)
        self.assertIn(str(TOP / "configs/releases"), said)


class Words(TestCase):
    def test_other_spellings_and_short_options_mean_the_same(self):
        config = self.scratch() / "node.yaml"
        config.write_text("release: workbench\nos: {hostname: x}\n")
        env = environment(IMAGEWRIGHT_DATA=TOP / "configs")
        for arguments in (["-V"], ["--version"], ["-h"], ["build", "-h"], ["-q", "validate", config], ["validate", config, "-v", "-j", "2"]):
            self.run_program(*arguments, env=env)
        self.assertEqual(self.run_program("-V").stdout, self.run_program("--version").stdout)
        for word in ("amd64", "x64", "arm64"):
            said = self.run_program("plan", config, "--arch", word, "--offline", "--cache-dir", self.scratch(), env=env, expect=None).stderr
            self.assertNotIn("cli.usage", said)

    def test_a_repeatable_option_does_not_swallow_the_config(self):
        said = self.run_program("build", "--arch", "x86_64", "--format", "raw", "no-such.yaml", expect=2).stderr
        self.assertIn('there is no config "no-such.yaml"', said)

    def test_a_config_may_come_from_standard_input(self):
        for text, code in (("os: {hostname: x}\n", 0), ("os:\n  hostnam: x\n", 2)):
            result = subprocess.run([PROGRAM, "validate", "-"], input=text, capture_output=True, text=True, cwd=self.scratch(), env=environment())
            self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn("<stdin>:2:3", result.stderr)
        self.assertIn(" 2 |   hostnam: x", result.stderr)

    def test_a_list_of_files_to_put_back_is_validated_as_what_it_is(self):
        scratch = self.scratch()
        listed = scratch / "inject-files.yaml"
        listed.write_text("injectFiles:\n- {partition: {id: 1A2B-3C4D}, destination: /a.efi, source: a.efi}\npreviewFeatures: [inject-files]\n")
        self.assertIn("config.missing-file", self.run_program("validate", listed, expect=2).stderr)
        self.run_program("validate", "--no-file-checks", listed)
        (scratch / "a.efi").write_bytes(b"signed")
        self.assertEqual(self.run_program("validate", listed).stderr, "")
        self.assertIn("cli.usage", self.run_program("validate", "--canonical", listed, expect=2).stderr)
        self.assertIn("a file of its own", self.run_program("build", listed, "--output-dir", scratch / "out", expect=2).stderr)

    def test_what_is_no_regular_file_is_no_config(self):
        self.assertIn("is not a regular file", self.run_program("validate", "/dev/zero", expect=2, timeout=60).stderr)

    def test_commands_that_need_no_cache_need_no_home(self):
        scratch = self.scratch()
        (scratch / "disk.raw").write_bytes(bytes(1 << 20))
        env = environment(HOME=None)
        self.run_program("validate", "configs/node.yaml", env=env)
        self.run_program("convert", scratch / "disk.raw", scratch / "disk.qcow2", env=env)
        self.run_program("doctor", env=env, expect=None)
        self.run_program("schema", env=env)
        self.assertIn("cli.no-cache-directory", self.run_program("cache", "info", env=env, expect=2).stderr)


class Help(TestCase):
    def help_texts(self, **changes):
        env = environment(**changes)
        program = self.run_program("--help", env=env).stdout
        yield "", program
        for command in commands_of(program):
            yield command, self.run_program(command, "--help", env=env).stdout

    def test_it_fits_the_terminal(self):
        for columns in (60, 80):
            for command, text in self.help_texts(COLUMNS=columns):
                prose = text.split("\nExamples:\n")[0]
                long = [line for line in prose.splitlines() if len(line) > columns]
                self.assertEqual(long, [], f"{command} at {columns}")

    def test_every_command_has_two_examples_that_the_program_understands(self):
        for command, text in self.help_texts():
            if not command:
                continue
            examples = re.findall(r"(?m)^  (\S.*imagewright.*|imagewright.*)$", text.split("\nExamples:\n")[1])
            self.assertGreaterEqual(len(examples), 2, command)
            for example in examples:
                self.understood(example)

    def test_every_example_is_a_line_that_the_program_takes(self):
        """Where nothing is that the examples name: whatever is missing, it is not that the line is wrong."""
        scratch = self.scratch()
        texts = [text for command, text in self.help_texts() if command]
        texts += [self.run_program(command, nested, "--help").stdout for command, text in self.help_texts() if command and "\nCommands:\n" in text
                  for nested in commands_of(text)]
        for text in texts:
            for example in re.findall(r"(?m)^  (imagewright .*)$", text.partition("\nExamples:\n")[2]):
                words = shlex.split(re.split(r" [|>&;] ?", example)[0])[1:]
                with self.subTest(example=example):
                    result = subprocess.run([PROGRAM, *words], cwd=scratch, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, env=environment(HOME=scratch))
                    self.assertIn(result.returncode, (0, 2, 4), result.stderr)
                    self.assertNotIn("[cli.usage]", result.stderr)

    def understood(self, line):
        """Every option and command of a line that somebody may copy exists."""
        words = [word.strip("'\"()<") for word in re.split(r"\s+", re.search(r"(?<![\w/])imagewright (.*)", line).group(1).split(" > ")[0].split(")")[0])]
        command = next((word for word in words if not word.startswith("-")), None)
        texts = self.run_program("--help").stdout
        if command is not None:
            texts += self.run_program(command, "--help").stdout
            for nested in commands_of(texts) if command == "cache" else []:
                if nested in words:
                    texts += self.run_program(command, nested, "--help").stdout
            if command == "cache":
                texts += self.run_program("cache", "info", "--help").stdout + self.run_program("cache", "prune", "--help").stdout
        for word in words:
            if word.startswith("-") and len(word) > 1:
                self.assertIn(word.split("=")[0], re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", texts), line)

    def test_what_hints_and_pages_tell_to_run_exists(self):
        """Commands and options of the program in the texts of the sources, of the error pages and of the documentation."""
        program = self.run_program("--help").stdout
        commands = commands_of(program)
        texts = {command: program + self.run_program(command, "--help").stdout for command in commands}
        for outer, nested in (("cache", ("info", "prune")),
                              ("export", ("libvirt", "hyperv", "terraform", "aks-prepared-image", "wsl-catalogue")), ("upload", ("azure",))):
            for inner in nested:
                texts[outer] += self.run_program(outer, inner, "--help").stdout
        mention = re.compile(r"imagewright ((?:--?[\w-]+ )*)([a-z]+(?:-[a-z]+)*)((?: [^`\"\\\n;,()|<>]+)?)")
        files = [*(TOP / "src").rglob("*.cpp"), *(TOP / "docs").rglob("*.md"), TOP / "README.md"]
        wrong = []
        for path in files:
            if "decisions" in path.parts:
                continue
            text = re.sub(r"\"\n\s*\"", "", path.read_text())
            marked = text if path.suffix == ".cpp" else "\n".join(re.findall(r"`([^`\n]+)`", text) + re.findall(r"(?m)^imagewright .*$", text))
            for _, command, rest in mention.findall(marked if path.suffix == ".md" else "\n".join(re.findall(r"\"((?:[^\"\\]|\\.)*)\"", marked))):
                if command not in commands:
                    if rest.strip().startswith("--") or path.suffix == ".md":
                        wrong.append(f"{path.relative_to(TOP)}: imagewright {command}")
                    continue
                for option in re.findall(r"(?<![\w-])--[a-z][\w-]*", rest.split(" #")[0]):
                    if option not in re.findall(r"--[a-z][\w-]*", texts[command]):
                        wrong.append(f"{path.relative_to(TOP)}: imagewright {command} {option}")
        self.assertEqual(sorted(set(wrong)), [])


class Colours(TestCase):
    def colours(self, on_terminal, **changes):
        command = [str(PROGRAM), "validate", "/no/such.yaml"]
        env = environment(**changes)
        if not on_terminal:
            return "\x1b[" in subprocess.run(command, capture_output=True, text=True, env=env).stderr
        primary, secondary = pty.openpty()
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=secondary, stderr=secondary, env=env):
            os.close(secondary)
            said = b""
            try:
                while piece := os.read(primary, 4096):
                    said += piece
            except OSError:
                pass
        os.close(primary)
        return b"\x1b[" in said

    def test_terminal_and_environment_decide(self):
        self.assertFalse(self.colours(False))
        self.assertTrue(self.colours(True, TERM="xterm"))
        self.assertFalse(self.colours(True, TERM="dumb"))
        self.assertFalse(self.colours(True, TERM="xterm", NO_COLOR="1"))
        self.assertTrue(self.colours(False, FORCE_COLOR="1"))
        self.assertTrue(self.colours(True, TERM="dumb", FORCE_COLOR="1"))
        self.assertFalse(self.colours(False, FORCE_COLOR="1", NO_COLOR="1"))


class Objects(TestCase):
    """What --json prints is what docs/json.schema.json says."""

    def conforms(self, name, value):
        jsonschema = require_module("jsonschema")
        schema = json.loads((TOP / "docs/json.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(value, {"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]})

    def said(self, *arguments, expect=0, **options):
        return json.loads(self.run_program(*arguments, "--json", expect=expect, **options).stdout)

    def test_commands_without_a_build(self):
        scratch = self.scratch()
        (scratch / "disk.raw").write_bytes(bytes(1 << 20))
        (scratch / "node.yaml").write_text("os:\n  hostnam: x\n")
        self.conforms("releases", self.said("releases", env=environment(IMAGEWRIGHT_DATA=TOP / "configs")))
        self.conforms("doctor", self.said("doctor", expect=None))
        self.conforms("convert", self.said("convert", scratch / "disk.raw", scratch / "disk.qcow2"))
        self.conforms("cache-info", self.said("cache", "info", "--cache-dir", scratch / "cache"))
        self.conforms("cache-prune", self.said("cache", "prune", "--cache-dir", scratch / "cache"))
        self.conforms("validate", self.said("validate", scratch / "node.yaml", expect=2))

    def test_lock_of_the_example(self):
        require_workbench()
        config = self.scratch() / "node.yaml"
        config.write_text((TOP / "configs/node.yaml").read_text())
        cache = self.scratch()
        found = self.said("lock", config, "--arch", "x86_64", "--release", TOP / "configs/releases/workbench.yaml", "--cache-dir", cache)
        self.conforms("lock", found)
        self.conforms("lock-file", json.loads(config.with_suffix(".lock.json").read_text()))
        self.assertTrue(found["isWritten"])

    def test_every_object_is_documented(self):
        defined = set(json.loads((TOP / "docs/json.schema.json").read_text())["$defs"])
        for command, text in Help.help_texts(self):
            if "--json" in text:
                self.assertIn(command, defined)


class Endings(TestCase):
    """However a build is ended, the exit code tells, and nothing partial is left."""

    def end_with(self, number):
        require_workbench()
        scratch = self.scratch()
        with subprocess.Popen([PROGRAM, "build", "configs/node.yaml", "--arch", "x86_64", "-o", scratch / "out", "--cache-dir", scratch / "cache",
                               "--progress", "json"], cwd=TOP, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as build:
            for line in build.stderr:
                if '"install"' in line:
                    break
            time.sleep(1)
            build.send_signal(number)
            said = build.stderr.read()
            code = build.wait()
        left = [str(path) for path in (scratch / "out").rglob("*")] if (scratch / "out").exists() else []
        self.assertEqual(left, [], said)
        return code

    def test_signals(self):
        self.assertEqual(self.end_with(signal.SIGINT), 130)
        self.assertEqual(self.end_with(signal.SIGTERM), 143)
        self.assertEqual(self.end_with(signal.SIGHUP), 129)


class LastWords(TestCase):
    def test_a_build_ends_with_what_there_is_and_what_to_do_and_shows_each_stage_once(self):
        require_workbench()
        scratch = self.scratch()
        result = self.run_program("build", "configs/node.yaml", "--arch", "amd64", "-o", scratch / "out", "--format", "raw", "--progress", "plain",
                                  "--json")
        published = json.loads(result.stdout)
        Objects.conforms(self, "build", published)
        self.assertGreater(published["packages"], 100)
        tail = result.stderr[result.stderr.index("done in ", result.stderr.rindex("\ndone in ") if "\ndone in " in result.stderr else 0):]
        self.assertIn(f"{published['packages']} packages", tail)
        for item in published["files"]:
            self.assertIn(item["path"], tail)
            self.assertEqual(Path(item["path"]).stat().st_size, item["bytes"])
        self.assertIn(f"next: imagewright boot {scratch}/out/node-x86_64.raw", tail)
        finished = re.findall(r"(?m)^(\S+): done in", result.stderr)
        self.assertEqual(sorted(set(finished)), sorted(finished))
        quiet = self.run_program("-q", "build", "configs/node.yaml", "--arch", "amd64", "-o", scratch / "out", "--format", "raw")
        self.assertEqual(quiet.stderr, "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
