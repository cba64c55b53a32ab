# SPDX-License-Identifier: MIT
"""The program from outside: words, exit codes, standard output and standard error."""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import PROGRAM, TOP, TestCase, environment, require_module, require_shared_data, require_workbench  # noqa: E402


class Usage(TestCase):
    def test_help_and_version_go_to_standard_output(self):
        for arguments, words in ((["--help"], "build"), (["build", "--help"], "--output-dir"), (["--version"], "imagewright ")):
            result = self.run_program(*arguments)
            self.assertIn(words, result.stdout)
            self.assertEqual(result.stderr, "")

    def test_wrong_usage_exits_with_2_and_says_so_on_standard_error(self):
        for arguments in ([], ["frobnicate"], ["build"], ["build", "x.yaml", "--arch", "riscv"], ["build", "x.yaml", "--jobs", "0"],
                          ["plan", "configs/node.yaml", "--repo", "nonsense"]):
            result = self.run_program(*arguments, expect=2)
            self.assertEqual(result.stdout, "")
            self.assertIn("[cli.usage]", result.stderr)

    def test_no_cache_directory_is_an_error(self):
        result = self.run_program("plan", "configs/node.yaml", env=environment(HOME=None), expect=2)
        self.assertIn("[cli.no-cache-directory]", result.stderr)

    def test_what_needs_no_cache_runs_without_a_home(self):
        nowhere = environment(HOME=None)
        for arguments in (["validate", "configs/node.yaml"], ["schema"], ["help", "error"], ["completion", "bash"]):
            self.run_program(*arguments, env=nowhere)

    def test_a_mistyped_command_or_option_is_named_with_a_near_one(self):
        for arguments, said in ((["bild", "x.yaml"], 'there is no command "bild"'), (["bild", "x.yaml"], 'did you mean "build"?'),
                                (["frobnicate"], "imagewright --help lists all commands"),
                                (["plan", "configs/node.yaml", "--hlep"], 'did you mean "--help"?')):
            self.assertIn(said, self.run_program(*arguments, expect=2).stderr)


class Validation(TestCase):
    def validate(self, text, expect=2):
        path = self.scratch() / "node.yaml"
        path.write_text(text)
        result = self.run_program("validate", path.name, cwd=path.parent, expect=expect)
        self.assertEqual(result.stdout, "")
        return result.stderr

    def test_every_mistake_is_shown_with_line_column_caret_and_hint(self):
        errors = self.validate("release: workbench\nos:\n  hostnam: node\n  hostname: 7\n  hostname: x\nstorage: [1]\n")
        for place in ("node.yaml:3:3:", "node.yaml:5:3:", "node.yaml:6:10:"):
            self.assertIn(place, errors)
        self.assertIn(' 3 |   hostnam: node\n   |   ^\n', errors)
        self.assertIn('did you mean "hostname"?', errors)

    def test_secrets_of_a_config_are_not_shown(self):
        key = "-----BEGIN OPENSSH PRIVATE KEY-----"
        for password in ("{type: plain-text, value: hunter2}", "{type: hashed, value: hunter2}", "{type: nonsense, value: hunter2}",
                         "{type: plain-text, value: hunter2", "hunter2"):
            for form in ("human", "json", "sarif", "github"):
                path = self.scratch() / "node.yaml"
                path.write_text(f"os:\n  users:\n  - name: a\n    password: {password}\n    sshPublicKeys: ['{key} hunter2']\n")
                result = self.run_program("validate", "--format", form, path, expect=None)
                said = result.stdout + result.stderr
                self.assertIn("node.yaml", said)
                self.assertNotIn("hunter2", said, (password, form))

    def test_an_empty_file_is_an_error(self):
        self.assertIn("node.yaml", self.validate(""))

    def test_a_missing_file_is_an_error_with_its_name(self):
        result = self.run_program("validate", "missing.yaml", cwd=self.scratch(), expect=None)
        self.assertIn(result.returncode, (1, 2))
        self.assertIn("missing.yaml", result.stderr)

    def test_the_example_configs_are_valid(self):
        configs = sorted(path.relative_to(TOP) for path in (TOP / "configs").rglob("*.yaml") if "releases" not in path.parts)
        self.assertTrue(configs)
        # Container images of the examples come from registries; containers_test.py has others in their places.
        with_images = [path for path in configs if "\n  containerImages:" in (TOP / path).read_text()]
        others = [path for path in configs if path not in with_images]
        for arguments in (others, ["--no-file-checks", *with_images]):
            self.assertEqual(self.run_program("validate", *arguments).stderr, "")

    def test_an_unknown_release_lists_those_that_exist(self):
        path = self.scratch() / "node.yaml"
        shutil.copytree(TOP / "configs/releases", path.parent / "releases")
        path.write_text("release: workbenck\nos: {hostname: x}\n")
        result = self.run_program("validate", path, expect=2)
        self.assertIn("workbench", result.stderr)
        self.assertIn(":1:10:", result.stderr)


class Exchange(TestCase):
    def test_mistakes_are_told_as_json_sarif_and_annotations(self):
        path = self.scratch() / "node.yaml"
        path.write_text("release: x\nos:\n  hostnam: node\n")
        found = json.loads(self.run_program("validate", path, "--json", expect=2).stdout)
        self.assertEqual([(item["code"], item["line"], item["column"]) for item in found], [("config.unknown-key", 3, 3)])
        sarif = json.loads(self.run_program("validate", path, "--format", "sarif", expect=2).stdout)
        self.assertEqual(sarif["version"], "2.1.0")
        self.assertEqual(len(sarif["runs"][0]["results"]), 1)
        (rule,) = sarif["runs"][0]["tool"]["driver"]["rules"]
        self.assertEqual(rule["help"]["markdown"], (TOP / "docs/errors/config.unknown-key.md").read_text())
        self.assertEqual(rule["shortDescription"]["text"], "A mapping has a key that the language does not know at this place.")
        self.assertIn("::error file=", self.run_program("validate", path, "--format", "github", expect=2).stdout)

    def test_upstream_configs_are_valid_without_a_release(self):
        configs = require_shared_data("azure-configs")
        self.run_program("validate", configs / "image-customizer/partitions-config.yaml")

    def test_an_older_json_definition_becomes_a_config_of_ours(self):
        source = require_shared_data("azure-configs") / "azurelinux-imageconfigs/core-efi.json"
        text = self.run_program("import", source).stdout
        self.assertIn("packages:", text)
        self.assertIn("storage:", text)

    def schema(self):
        return json.loads(self.run_program("schema").stdout)

    def errors_of(self, validator, path):
        yaml = require_module("yaml")

        class Yaml12(yaml.SafeLoader):
            """Dates are texts, as YAML 1.2 and the language have them."""
        Yaml12.yaml_implicit_resolvers = {first: [each for each in resolvers if not each[0].endswith("timestamp")]
                                          for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}
        return [error.message for error in validator.iter_errors(yaml.load(path.read_text(), Loader=Yaml12))]

    def test_the_canonical_form_shows_what_merged_and_is_a_config(self):
        scratch = self.scratch()
        (scratch / "base.yaml").write_text("os: {hostname: base, packages: {install: [vim]}, services: {enable: [nginx]}}\n")
        (scratch / "node.yaml").write_text("previewFeatures: [base-configs]\nbaseConfigs: [{path: base.yaml}]\n"
                                           "os: {hostname: node, packages: {install: [jq]}, services: {disable: [nginx.service]},\n"
                                           "     users: [{name: one, password: {type: plain-text, value: hush}}]}\n")
        result = self.run_program("validate", "--canonical", "node.yaml", cwd=scratch)
        self.assertIn("os:\n  hostname: node\n  packages:\n    install:\n    - vim\n    - jq\n", result.stdout)
        self.assertNotIn("enable", result.stdout)
        self.assertNotIn("hush", result.stdout)
        self.assertIn("plain text", result.stderr)
        shown = self.run_program("validate", "--canonical", "--show-secrets", "node.yaml", cwd=scratch).stdout
        self.assertIn("value: hush", shown)
        (scratch / "again.yaml").write_text(shown)
        again = self.run_program("validate", "--canonical", "--show-secrets", "again.yaml", cwd=scratch).stdout
        self.assertEqual(again.splitlines()[1:], shown.splitlines()[1:])

    def test_the_canonical_form_of_a_wrong_config_is_none(self):
        path = self.scratch() / "node.yaml"
        path.write_text("os: {hostnam: node}\n")
        self.assertEqual(self.run_program("validate", "--canonical", path, expect=2).stdout, "")
        path.write_text("os: {hostname: node}\n")
        for arguments in (["--canonical", path, path], ["--canonical", "--json", path], ["--show-secrets", path]):
            self.assertIn("[cli.usage]", self.run_program("validate", *arguments, expect=2).stderr)

    def test_files_that_a_config_names_are_looked_for_unless_told_otherwise(self):
        path = self.scratch() / "node.yaml"
        path.write_text("os: {additionalFiles: [{destination: /a, source: missing}], users: [{name: u, sshPublicKeyPaths: [k.pub]}]}\n")
        self.assertIn("[config.missing-file]", self.run_program("validate", path, expect=2).stderr)
        self.assertEqual(self.run_program("validate", "--no-file-checks", path).stderr, "")
        path.write_text("os: {users: [{name: u, sshPublicKeyPaths: [/dev/zero]}]}\n")
        for arguments, code in (([], 2), (["--no-file-checks"], 0)):
            self.run_program("validate", *arguments, path, expect=code)

    def test_the_schema_is_valid_and_accepts_what_validate_accepts(self):
        jsonschema = require_module("jsonschema")
        schema = self.schema()
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        for path in sorted((TOP / "configs").glob("*.yaml")) + sorted((TOP / "configs/azurelinux-3.0").glob("*.yaml")):
            self.assertEqual(self.errors_of(validator, path), [], path)

    def test_the_schema_accepts_upstream_configs_and_refuses_unknown_keys(self):
        jsonschema = require_module("jsonschema")
        samples = require_shared_data("azure-configs")
        validator = jsonschema.Draft202012Validator(self.schema())
        classes = [line.split("\t") for line in (samples / "CLASSES.tsv").read_text().splitlines()]
        accepted = [row[0] for row in classes if row[1] in ("VALID", "RUNTIME-FAIL")]
        self.assertGreater(len(accepted), 50)
        for name in accepted:
            self.assertEqual(self.errors_of(validator, samples / name), [], name)
        wrong = TOP / "tests/golden/config"
        self.assertNotEqual(self.errors_of(validator, wrong / "unknown-key-case/input.yaml"), [])

    def test_keys_that_build_refuses_are_listed(self):
        listed = self.run_program("schema", "--support").stdout.splitlines()
        key = next(line.split()[0] for line in listed if line.startswith("iso "))
        path = self.scratch() / "node.yaml"
        path.write_text("release: workbench\niso: {initramfsType: bootstrap}\n")
        self.assertEqual(key, "iso")
        result = self.run_program("plan", path, "--release", TOP / "configs/releases/workbench.yaml", expect=2)
        self.assertIn("config.unsupported-key", result.stderr)


class Help(TestCase):
    def test_each_page_of_an_error_code_is_in_the_program(self):
        codes = self.run_program("help", "error").stdout.splitlines()
        self.assertEqual(codes, sorted(path.stem for path in (TOP / "docs/errors").glob("*.md")))
        page = (TOP / "docs/errors/config.unknown-key.md").read_text()
        self.assertEqual(self.run_program("help", "error", "config.unknown-key").stdout, page)

    def test_help_of_a_command_is_what_the_command_prints(self):
        self.assertEqual(self.run_program("help", "build").stdout, self.run_program("build", "--help").stdout)
        self.assertEqual(self.run_program("help").stdout, self.run_program("--help").stdout)

    def test_a_mistyped_topic_or_code_is_refused_with_a_near_one(self):
        self.assertIn('did you mean "build"?', self.run_program("help", "biuld", expect=2).stderr)
        result = self.run_program("help", "error", "config.unknown-kei", expect=2)
        self.assertIn('did you mean "config.unknown-key"?', result.stderr)


class Resolving(TestCase):
    """On metadata of other distributions: real names and versions, nothing that could be installed."""

    CENTOS = """\
name: other
title: Metadata of CentOS Stream 9
version: "9"
architectures: [x86_64]
roles:
  kernel: [kernel]
  init: [systemd]
  initramfs: [dracut]
  bootloader-grub: [grub2-efi-x64]
bootLoaders:
  grub: {efiProgram: /boot/efi/EFI/centos/grubx64.efi, configurationDirectory: /EFI/centos}
defaultBootLoader: grub
defaultStorage:
  bootType: efi
  disks:
  - partitionTableType: gpt
    partitions:
    - {id: esp, type: esp, size: 64M}
    - {id: root, type: root, size: 2G}
  filesystems:
  - {deviceId: esp, type: fat32, mountPoint: /boot/efi}
  - {deviceId: root, type: ext4, mountPoint: /}
"""

    def profile(self, data, more=""):
        """A directory with a release "other" whose only repository is that metadata."""
        metadata = require_shared_data(data)
        directory = self.scratch()
        (directory / "releases").mkdir()
        text = self.CENTOS
        if data.startswith("azl3"):
            # The distribution's own profile, with the repositories that no machine here can reach left out.
            text = (TOP / "configs/releases/azurelinux-3.0.yaml").read_text()
            text = re.sub(r"(?ms)^repositories:.*?(?=^[a-z])", "", text).replace("name: azurelinux-3.0", "name: other")
        repository = f"repositories:\n- {{name: base, path: {metadata}, gpgCheck: false, repoGpgCheck: false}}\n"
        (directory / "releases/other.yaml").write_text(text + repository + more)
        return directory

    def config(self, directory, *packages):
        path = directory / "node.yaml"
        lines = "".join(f"      - {package}\n" for package in packages)
        path.write_text(f"release: other\nos:\n  packages:\n    install:\n{lines}")
        return path

    def run_in(self, directory, command, *arguments, **options):
        return self.run_program(command, "node.yaml", *arguments, "--cache-dir", directory / "cache", cwd=directory, **options)

    def test_a_package_that_does_not_exist_exits_with_3_near_names_and_the_line(self):
        for data, wrong, near in (("azl3-metadata-x86_64", "containerd3", "containerd2"),
                                  ("centos-stream9-baseos", "sytemd", "systemd")):
            with self.subTest(data=data):
                directory = self.profile(data)
                self.config(directory, "bash", wrong)
                result = self.run_in(directory, "plan", expect=3)
                self.assertEqual(result.stdout, "")
                self.assertIn("node.yaml:6:9:", result.stderr)
                self.assertIn(f'"{near}"', result.stderr)

    def test_plan_lock_and_why_agree(self):
        for data in ("azl3-metadata-x86_64", "centos-stream9-baseos"):
            with self.subTest(data=data):
                directory = self.profile(data)
                self.config(directory, "openssh-server")
                plan = json.loads(self.run_in(directory, "plan", "--json").stdout)[0]
                self.run_in(directory, "lock")
                lock = (directory / "node.lock.json").read_text()
                self.run_in(directory, "lock", "--check")
                self.run_in(directory, "lock")
                self.assertEqual((directory / "node.lock.json").read_text(), lock)
                locked = json.loads(self.run_in(directory, "plan", "--json", "--locked").stdout)[0]
                self.assertEqual(locked["packages"], plan["packages"])
                why = self.run_in(directory, "why", "glibc").stdout
                self.assertIn("asks for", why)
                self.assertIn("node.yaml:5:9", self.run_in(directory, "why", "openssh-server").stdout)
                absent = self.run_in(directory, "why", "openssh-servre", expect=2).stderr
                self.assertIn('did you mean "openssh-server"?', absent)

    def test_the_configs_of_azure_linux_resolve_and_keep_the_baseline(self):
        directory = self.profile("azl3-metadata-x86_64")
        for name in ("node", "node-fips"):
            # Of the repositories "base" alone is here, and this package is of another one.
            text = (TOP / f"configs/azurelinux-3.0/{name}.yaml").read_text()
            (directory / f"{name}.yaml").write_text(text.replace("    - blobfuse2\n", ""))
            result = self.run_program("plan", f"{name}.yaml", "--release", "releases/other.yaml", "--arch", "x86_64", "--json",
                                      "--cache-dir", directory / "cache", cwd=directory)
            plan = json.loads(result.stdout)[0]
            versions = {package["name"]: package["evr"] for package in plan["packages"]}
            for package, series in (("kernel", "6.6."), ("systemd", "255"), ("openssl", "3.3."), ("containerd2", "2.")):
                self.assertTrue(versions[package].startswith(series), (package, versions[package]))
            arguments = {argument["argument"] for argument in plan["kernelArguments"]}
            self.assertEqual("fips=1" in arguments, name == "node-fips")
            self.assertEqual("dracut-fips" in versions, name == "node-fips")

    def test_a_stale_lock_is_refused_and_a_missing_one_too(self):
        directory = self.profile("centos-stream9-baseos")
        self.config(directory, "bash")
        self.assertIn("[pipeline.lock-missing]", self.run_in(directory, "lock", "--check", expect=5).stderr)
        self.run_in(directory, "lock")
        self.config(directory, "bash", "sed")
        self.assertIn("[lock.stale]", self.run_in(directory, "lock", "--check", expect=5).stderr)
        self.assertIn("[lock.stale]", self.run_in(directory, "plan", "--locked", expect=5).stderr)
        ci = environment(CI="true")
        self.assertIn("[lock.stale]", self.run_in(directory, "plan", env=ci, expect=5).stderr)

    def test_a_missed_baseline_names_package_versions_and_the_line_of_the_profile(self):
        directory = self.profile("centos-stream9-baseos", 'baseline:\n  systemd: "255"\n')
        self.config(directory, "systemd")
        errors = self.run_in(directory, "plan", expect=3).stderr
        self.assertIn("[resolve.baseline-missed]", errors)
        self.assertRegex(errors, r"other\.yaml:\d+:3:")
        for word in ("systemd", "249", "255"):
            self.assertIn(word, errors)


class Workbench(TestCase):
    def test_the_plan_is_the_same_on_every_run(self):
        require_workbench()
        first = self.run_program("plan", "configs/node.yaml", "--arch", "x86_64").stdout
        self.assertEqual(first, self.run_program("plan", "configs/node.yaml", "--arch", "x86_64").stdout)
        self.assertIn("root=PARTUUID=", first)

    def test_a_format_that_is_not_written_is_refused_before_anything_is_done(self):
        config = self.scratch() / "node.yaml"
        config.write_text((TOP / "configs/node.yaml").read_text().replace("images:", "image:").replace("  - format: qcow2", "    path: node.iso")
                          .replace("  - format: vhd-fixed", "    format: iso")
                          .replace("release: workbench", f"release: {TOP}/configs/releases/workbench.yaml"))
        result = self.run_program("build", config, expect=2)
        self.assertEqual(result.stderr.count("error:"), 1, result.stderr)
        self.assertIn("[config.unsupported-key]", result.stderr)
        self.assertIn("use one of vhd, vhd-fixed, vhdx, qcow2, raw,", result.stderr)

    def test_a_full_output_is_an_error_for_help_too(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([PROGRAM, "--version"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("[cli.cannot-write-output]", result.stderr)

    def test_an_image_does_not_take_the_place_of_a_device(self):
        scratch = self.scratch()
        (scratch / "disk.raw").write_bytes(bytes(1024))
        os.mkfifo(scratch / "pipe.raw")
        result = self.run_program("convert", scratch / "disk.raw", scratch / "pipe.raw", expect=2)
        self.assertIn("[pipeline.output-not-a-file]", result.stderr)
        self.assertTrue((scratch / "pipe.raw").is_fifo())

    def test_a_repository_that_is_down_says_which_and_what_to_do(self):
        result = self.run_program("plan", "configs/node.yaml", "--arch", "x86_64", "--repo", "workbench=http://127.0.0.1:9/",
                                  "--cache-dir", self.scratch(), expect=1)
        self.assertIn("workbench", result.stderr)
        self.assertIn("[repo.unreachable]", result.stderr)
        self.assertIn("hint:", result.stderr)


class Doctor(TestCase):
    def test_it_says_what_is_there_and_what_is_missing(self):
        result = self.run_program("doctor", "--json", expect=None)
        examination = json.loads(result.stdout)
        self.assertEqual(result.returncode, 0 if examination["canBuild"] else 4)
        for finding in examination["findings"]:
            self.assertTrue(finding["present"] or finding["remedy"], finding)


class Comparison(TestCase):
    def lock(self, name, *packages):
        entries = [{"name": package, "version": version, "architecture": "x86_64", "repository": "base", "location": f"{package}.rpm",
                    "checksum": "sha256:" + "0" * 64, "downloadSize": 1, "installedSize": 2, "buildTime": 3}
                   for package, version in packages]
        path = self.directory / name
        path.write_text(json.dumps({"format": 1, "architectures": {"x86_64": {
            "request": "sha256:" + "1" * 64, "repositories": [], "packages": entries}}}))
        return path

    def setUp(self):
        self.directory = self.scratch()

    def test_locks_are_compared_by_package(self):
        old = self.lock("a.lock.json", ("bash", "5.1-1"), ("gone", "1-1"))
        new = self.lock("b.lock.json", ("bash", "5.2-1"))
        words = "packages for x86_64\n  ~ bash.x86_64: version 5.1-1 → 5.2-1\n  - gone.x86_64 1-1\n"
        self.assertEqual(self.run_program("diff", old, new).stdout, words)
        self.assertEqual(self.run_program("diff", old, new, "--exit-code", expect=5).stdout, words)
        self.assertEqual(self.run_program("diff", old, old, "--exit-code").stdout, "")
        found = json.loads(self.run_program("diff", old, new, "--json").stdout)
        self.assertEqual(found["sections"][0]["differences"][0],
                         {"subject": "bash.x86_64", "aspect": "version", "before": "5.1-1", "after": "5.2-1"})

    def test_a_list_of_packages_goes_with_whatever_has_packages(self):
        lock = self.lock("b.lock.json", ("bash", "1:5.2-1"), ("come", "1-1"), ("libpcre2-8-0", "10-1"))
        rows = ["bash-5.1-1.x86_64", "gone-1-1.x86_64", "libpcre2-8-0-10-1.x86_64", "gpg-pubkey-3135ce90-5e6fda74.(none)"]
        old = self.directory / "old.txt"
        for text in ("\n".join(rows), "Starting build\n=== Installed Packages Begin\n" + "\r\n".join(rows) + "\n=== Installed Packages End\nDisk: 5\n"):
            old.write_text(text)
            said = self.run_program("diff", old, lock, "--exit-code", expect=5).stdout
            self.assertTrue(said.startswith("packages\n  ~ bash.x86_64: version 5.1-1 → 5.2-1\n  + come.x86_64 1-1\n  - gone.x86_64 1-1\nnot compared\n"), said)
        self.assertIn("~ bash.x86_64: version 5.2-1 → 5.1-1", self.run_program("diff", lock, old).stdout)
        self.assertIn("| gone.x86\\_64 | 1-1 |", self.run_program("diff", old, lock, "--format", "markdown").stdout)
        self.assertEqual(json.loads(self.run_program("diff", old, old, "--json", "--exit-code").stdout)["sections"], [])
        for text, code in (("bash-5.1-1.x86_64\nwhat is this\n", "audit.damaged-list"), ("=== Installed Packages Begin\nbash-5.1-1.x86_64\n", "audit.damaged-list"),
                           ("bash-5.1-1.aarch64\n", "audit.kinds-differ"), ("bash-5.1-1.noarch\n" * 70, "audit.kinds-differ")):
            old.write_text(text)
            self.assertIn(f"[{code}]", self.run_program("diff", old, lock, expect=2).stderr, text)

    def test_the_lists_of_two_node_images_are_compared(self):
        lists = require_shared_data("advisories") / "aks"
        found = json.loads(self.run_program("diff", lists / "gen2-202501.05.0.txt", lists / "gen2-202608.20.0.txt", "--json").stdout)
        rows = {row["subject"]: row for row in found["sections"][0]["differences"]}
        self.assertEqual(rows["systemd.x86_64"]["aspect"], "version")
        self.assertGreater(len(rows), 200)

    def test_a_note_for_people_has_versions_advisories_and_sizes(self):
        old = self.lock("a.lock.json", ("bash", "5.1-1"), ("go|ne", "1-1"))
        new = self.lock("b.lock.json", ("bash", "5.2-1"), ("come", "1-1"))
        feed = self.directory / "feed.xml"
        feed.write_text('<updates><update type="security"><id>EX-1</id><severity>Important</severity><issued date="2026-01-02 00:00:00"/>'
                        '<references><reference type="cve" id="CVE-2026-0001"/></references><pkglist><collection>'
                        '<package name="bash" epoch="0" version="5.2" release="1" arch="x86_64"/></collection></pkglist></update></updates>')
        text = self.run_program("diff", old, new, "--format", "markdown", "--feed", feed).stdout
        self.assertTrue(text.startswith("# Changes from a.lock.json to b.lock.json\n\n## Advisories\n\n1 fixed, 0 newly open"), text)
        self.assertIn("\n| bash.x86\\_64 | 5.1-1 | 5.2-1 | fixes CVE-2026-0001 |\n", text)
        self.assertIn("\n| go\\|ne.x86\\_64 | 1-1 |  |  |\n", text)
        self.assertIn("\n| come.x86\\_64 |  | 2 B | +2 B |\n", text)
        self.assertEqual(text, self.run_program("diff", old, new, "--format", "markdown", "--feed", feed).stdout)
        page = self.run_program("diff", old, new, "--format", "html", "--feed", feed, "--exit-code", expect=5).stdout
        self.assertIn("<td>fixes CVE-2026-0001</td>", page)
        self.assertNotIn("<script", page)
        self.assertIn("Nothing differs.", self.run_program("diff", old, old, "--format", "markdown").stdout)
        self.assertIn("[cli.usage]", self.run_program("diff", old, new, "--feed", feed, expect=2).stderr)
        feed.write_text(feed.read_text()[:-5])
        self.assertIn("[advisory.damaged-feed]", self.run_program("diff", old, new, "--format", "html", "--feed", feed, expect=2).stderr)

    def test_what_cannot_be_read_is_named(self):
        lock = self.lock("a.lock.json")
        empty = self.directory / "empty.raw"
        empty.write_bytes(bytes(1 << 20))
        for arguments, code, name in ((("inspect", empty), "disk.no-partition-table", ""),
                                      (("inspect", self.directory / "absent"), "cli.missing-input", "absent"),
                                      (("diff", lock, empty), "audit.kinds-differ", "empty.raw"),
                                      (("verify", self.directory), "pipeline.cannot-verify", "SHA256SUMS")):
            result = self.run_program(*arguments, expect=None)
            self.assertIn(result.returncode, (1, 2, 5), arguments)
            self.assertIn(f"[{code}]", result.stderr)
            self.assertIn(name, result.stderr)
            self.assertEqual(result.stdout, "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
