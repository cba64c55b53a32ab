# SPDX-License-Identifier: MIT
"""What is installed: complete, findable from anywhere, without a trace of where it was built, and gone again."""

import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import PROGRAM, TOP, TestCase, environment, require_program, skip  # noqa: E402

BUILD = PROGRAM.parents[2]
FILES = ["bin/imagewright", "bin/imagewright-drift", "bin/imagewright-workbench", "share/bash-completion/completions/imagewright", "share/doc/imagewright/LICENSE",
         "share/doc/imagewright/README.md", "share/doc/imagewright/docs/how-to/first-image.md", "share/doc/imagewright/examples/node.yaml", "share/fish/vendor_completions.d/imagewright.fish",
         "share/imagewright/imagewright.schema.json", "share/imagewright/releases/azurelinux-3.0.yaml",
         "share/imagewright/releases/workbench.yaml", "share/man/man1/imagewright.1", "share/zsh/site-functions/_imagewright"]


class Packaging(TestCase):
    def installed(self):
        """A prefix with everything that is installed, moved away from where it was installed to."""
        directory = self.scratch()
        subprocess.run(["ninja", "-C", BUILD, "imagewright_share"], check=True, capture_output=True)
        subprocess.run(["cmake", "--install", BUILD, "--prefix", directory / "first", "--strip"], check=True, capture_output=True)
        (directory / "first").rename(directory / "moved")
        return directory / "moved"

    def run_installed(self, prefix, *arguments, **options):
        return subprocess.run([prefix / "bin/imagewright", *map(str, arguments)], capture_output=True, text=True, cwd="/",
                              env=environment(HOME=None), check=True, **options)

    def test_everything_is_there_and_names_no_place_of_the_build(self):
        prefix = self.installed()
        present = {str(path.relative_to(prefix)) for path in prefix.rglob("*") if path.is_file()}
        self.assertEqual(set(FILES) - present, set())
        places = [str(BUILD).encode(), str(TOP).encode(), b"/first/"]
        named = [(name, place) for name in sorted(present) for place in places if place in (prefix / name).read_bytes()]
        self.assertEqual(named, [])

    def test_profiles_are_found_from_the_program_wherever_the_config_lies(self):
        prefix = self.installed()
        listed = self.run_installed(prefix, "releases").stdout
        for name in ("azurelinux-3.0", "workbench"):
            self.assertRegex(listed, rf"(?m)^{re.escape(name)} .*{re.escape(str(prefix))}/share/imagewright/releases/{re.escape(name)}\.yaml$")
        config = self.scratch() / "node.yaml"
        config.write_text("release: workbench\nos: {hostname: x}\n")
        self.run_installed(prefix, "validate", config)

    def test_every_example_names_its_schema(self):
        """In a clone the one that the build makes, where it is installed the one beside the program."""
        documentation = self.installed() / "share/doc/imagewright"
        for directory, count in ((TOP / "configs", 8), (documentation / "examples", 5), (documentation / "configs", 3)):
            examples = [path for path in directory.rglob("*.yaml") if not {"releases", "roles"} & set(path.parts)]
            self.assertEqual(len(examples), count)
            for path in examples:
                named = re.search(r"(?m)^# yaml-language-server: \$schema=(\S+)$", path.read_text()).group(1)
                schema = (path.parent / named).resolve()
                if directory == TOP / "configs":
                    self.assertEqual(schema, TOP / "build/release/src/cli/share/imagewright.schema.json")
                else:
                    self.assertIn('"$schema"', schema.read_text())

    def test_every_link_of_the_installed_pages_resolves(self):
        pages = list((self.installed() / "share/doc/imagewright").rglob("*.md"))
        self.assertGreater(len(pages), 100)
        broken = [f"{page}: {target}" for page in pages for target in re.findall(r"\]\(([^)#\s]+)", page.read_text())
                  if "://" not in target and not (page.parent / target).exists()]
        self.assertEqual(broken, [])

    def test_the_installed_workbench_says_where_it_goes_and_what_is_missing(self):
        prefix = self.installed()
        command = prefix / "bin/imagewright-workbench"
        shown = subprocess.run([command, "--help"], capture_output=True, text=True, check=True).stdout
        self.assertIn("/var/lib/imagewright/workbench", " ".join(shown.split()))
        profile = (prefix / "share/imagewright/releases/workbench.yaml").read_text()
        self.assertIn("path: /var/lib/imagewright/workbench/$basearch", profile)
        lacking = subprocess.run([sys.executable, command, "--output", self.scratch() / "workbench"], capture_output=True, text=True,
                                 env=environment(PATH="/nonexistent"))
        if lacking.returncode != 4:  # the search goes on in /usr/sbin and /sbin, which are everything on some hosts
            skip("every program is in /usr/sbin here")
        self.assertIn("apt-get install", lacking.stderr)

    def test_what_is_made_from_the_tables_is_what_the_program_prints(self):
        prefix = self.installed()
        for name, arguments in (("share/man/man1/imagewright.1", ["help", "manual"]),
                                ("share/bash-completion/completions/imagewright", ["completion", "bash"]),
                                ("share/imagewright/imagewright.schema.json", ["schema"])):
            self.assertEqual((prefix / name).read_text(), self.run_installed(prefix, *arguments).stdout)

    def test_install_and_uninstall_leave_a_prefix_as_it_was(self):
        directory = self.scratch()
        (directory / "usr/share/man/man1").mkdir(parents=True)
        (directory / "usr/share/man/man1/other.1").write_text("theirs")
        before = sorted(path for path in directory.rglob("*") if path.is_file())
        subprocess.run(["cmake", "--install", BUILD, "--prefix", "/usr"], check=True, capture_output=True,
                       env=os.environ | {"DESTDIR": str(directory)})
        self.assertTrue((directory / "usr/bin/imagewright").exists())
        subprocess.run([TOP / "toolkit/dev", "uninstall"], check=True, capture_output=True,
                       env=os.environ | {"DESTDIR": str(directory), "PREFIX": "/usr"})
        self.assertEqual(sorted(path for path in directory.rglob("*") if path.is_file()), before)

    def packages(self):
        for program in ("dpkg-shlibdeps", "dpkg-deb", "rpmbuild"):
            require_program(program)
        directory = self.scratch()
        subprocess.run(["ninja", "-C", BUILD, "imagewright_share"], check=True, capture_output=True)
        made = subprocess.run([TOP / "toolkit/packages", BUILD, directory / "out"], capture_output=True, text=True)
        self.assertEqual(made.returncode, 0, made.stderr)
        return directory / "out"

    def test_packages_hold_the_same_files_and_run_in_a_clean_root(self):
        output = self.packages()
        subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=output, check=True)
        package = next(output.glob("*.deb"))
        depends = subprocess.run(["dpkg-deb", "--field", package, "Depends"], capture_output=True, text=True, check=True).stdout
        for library in ("librpm", "libsolv", "librepo", "gpg"):
            self.assertIn(library, depends)
        root = self.scratch()
        subprocess.run(["dpkg-deb", "--extract", package, root], check=True)
        wanted = sorted(("usr/" + name).replace("imagewright.1", "imagewright.1.gz") for name in FILES)
        self.assertEqual(sorted(set(wanted) - {str(path.relative_to(root)) for path in root.rglob("*")}), [])
        listed = subprocess.run(["rpm", "-qlp", next(output.glob("*.rpm"))], capture_output=True, text=True, check=True).stdout.split()
        self.assertEqual(sorted(set(wanted) - {name.lstrip("/") for name in listed}), [])
        self.run_in_clean_root(root)

    def run_in_clean_root(self, root):
        """With nothing but the package and the libraries that it needs."""
        if os.geteuid() != 0:
            skip("entering a root takes root")
        lines = subprocess.run(["ldd", root / "usr/bin/imagewright"], capture_output=True, text=True, check=True).stdout
        for name in re.findall(r"(/\S+)", lines):
            if Path(name) == root / "usr/bin/imagewright":
                continue
            target = root / name.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(name, target)
        (root / "node.yaml").write_text("release: workbench\nos:\n  hostnam: x\n")

        def run(*arguments):
            return subprocess.run(["/usr/sbin/chroot", root, "/usr/bin/imagewright", *arguments], capture_output=True, text=True, env={})
        releases = run("releases")
        self.assertEqual(releases.returncode, 0, releases.stderr)
        self.assertIn("/usr/share/imagewright/releases/workbench.yaml", releases.stdout)
        wrong = run("validate", "/node.yaml")
        self.assertEqual(wrong.returncode, 2, wrong.stderr)
        self.assertIn('did you mean "hostname"?', wrong.stderr)


class ManualPage(TestCase):
    def test_it_has_every_word_that_help_prints(self):
        require_program("man")
        page = self.run_program("help", "manual").stdout
        shown = subprocess.run(["man", "-l", "-"], input=page, capture_output=True, text=True,
                               env=environment(MANWIDTH="300", LC_ALL="C.UTF-8"), check=True)
        self.assertEqual(shown.stderr, "")
        words = set(re.sub(r".\x08", "", shown.stdout).split())
        program = self.run_program("--help").stdout
        commands = re.search(r"Commands:\n(.*?)\n\n", program, re.S).group(1)
        texts = [program]
        for command in re.findall(r"(?m)^  (\S+)", commands):
            texts.append(self.run_program(command, "--help").stdout)
            nested = re.findall(r"(?m)^  ([a-z][a-z-]*)  ", texts[-1].partition("Commands:")[2].partition("\n\n")[0])
            texts += [self.run_program(command, name, "--help").stdout for name in nested]
        self.assertGreater(len(texts), 30)
        missing = sorted({word for text in texts for word in text.split()} - words
                         - {"Composes", "Usage:", "Examples:", "Options:", "this", "Print", "help", "exit", "(imagewright", "--help):"})
        missing = [word for word in missing if word.strip(",.:;()[]") not in {each.strip(",.:;()[]") for each in words}]
        self.assertEqual(missing, [])


class Completions(TestCase):
    def complete(self, *words):
        script = self.run_program("completion", "bash").stdout
        quoted = " ".join(f"'{word}'" for word in ("imagewright", *words))
        result = subprocess.run(["bash", "-c", script + f"\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _imagewright; "
                                 "printf '%s\\n' \"${COMPREPLY[@]}\""], capture_output=True, text=True, cwd=self.directory,
                                env=environment(PATH=f"{PROGRAM.parent}:{os.environ['PATH']}"), check=True)
        return [line for line in result.stdout.splitlines() if line]

    def setUp(self):
        self.directory = self.scratch()
        (self.directory / "releases").mkdir()
        shutil.copy(TOP / "configs/releases/workbench.yaml", self.directory / "releases")
        (self.directory / "my node.yaml").write_text("")

    def test_bash_completes_commands_options_and_values(self):
        self.assertIn("build", self.complete("bu"))
        self.assertIn("--output-dir", self.complete("build", "--o"))
        self.assertIn("--progress", self.complete("build", "--p"))
        self.assertEqual(sorted(self.complete("build", "--arch", "")), ["aarch64", "x86_64"])
        self.assertEqual(self.complete("build", "--arch", "=", "x"), ["x86_64"])
        self.assertIn("vhd-fixed", self.complete("build", "node.yaml", "--format", "v"))
        self.assertEqual(self.complete("--progress", "pl"), ["plain"])
        self.assertEqual(self.complete("plan", "--release", "work"), ["workbench"])
        self.assertEqual(self.complete("help", "error", "config.unknown-k"), ["config.unknown-key"])
        self.assertEqual(sorted(self.complete("cache", "")), ["info", "prune"])

    def test_every_option_of_every_help_is_completed_and_in_the_manual(self):
        """Help is read as people read it: what stands at the beginning of a line of options, of the command and of every command."""
        scripts = {shell: self.run_program("completion", shell).stdout for shell in ("zsh", "fish")}
        manual = self.run_program("help", "manual").stdout.replace("\\-", "-")
        commands = re.findall(r"(?m)^  (\S+)", re.search(r"Commands:\n(.*?)\n\n", self.run_program("--help").stdout, re.S).group(1))
        self.assertGreater(len(commands), 20)
        missing = []
        for command in commands:
            text = self.run_program(command, "--help").stdout
            options = set(re.findall(r"(?m)^  (?:-\w, |    )(--[a-z][a-z-]*)", text))
            self.assertTrue(options, text)
            completed = set(self.complete(command, "--"))
            for option in sorted(options):
                word = option.lstrip("-")
                found = {"bash": option in completed, "zsh": option in scripts["zsh"], "manual": option in manual,
                         "fish": re.search(rf"-l '?{word}\b", scripts["fish"]) is not None}
                missing += [f"{command} {option}: {where}" for where, is_there in found.items() if not is_there]
        self.assertEqual(missing, [])

    def test_bash_completes_files_with_blanks(self):
        self.assertEqual(self.complete("build", "my"), ["my node.yaml"])

    def test_scripts_are_understood_by_their_shells(self):
        checked = []
        for shell, check in (("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")):
            path = self.directory / shell
            path.write_text(self.run_program("completion", shell).stdout)
            if shutil.which(shell) is None:
                continue
            subprocess.run([shell, check, path], check=True)
            checked.append(shell)
        self.assertIn("bash", checked)


if __name__ == "__main__":
    unittest.main(verbosity=2)
