# SPDX-License-Identifier: MIT
"""Roles: configs by name, merged before everything else, with packages that the release knows."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_distribution  # noqa: E402
from imagewright_testing import TOP, TestCase, environment, skip  # noqa: E402

ROLES = TOP / "configs/roles"
ROLE = """\
os:
  packages: {roles: [web]}
  sysctl: {net.ipv4.ip_forward: 1, kernel.panic: 10}
checks:
- {name: "web: forwards", file: /proc/sys/net/ipv4/ip_forward, expect: "1"}
"""


class Shipped(unittest.TestCase):
    """What a role sets it also checks, so that a config that takes the setting out is found out on the booted node."""

    def roles(self):
        files = sorted(ROLES.glob("*.yaml"))
        self.assertGreaterEqual(len(files), 6)
        return {file.stem: file.read_text() for file in files}

    def test_each_setting_of_the_kernel_has_a_check_of_its_value(self):
        for name, text in self.roles().items():
            for key, value in re.findall(r"^    ([a-z0-9._-]+\.[a-z0-9._-]+): (.+)$", text, re.M):
                with self.subTest(role=name, key=key):
                    path = "/proc/sys/" + key.replace(".", "/")
                    self.assertRegex(text, rf'file: {re.escape(path)}, expect: "{re.escape(value.strip(chr(34)))}"')

    def test_each_masked_unit_and_each_module_has_a_check(self):
        for name, text in self.roles().items():
            for unit in (word for words in re.findall(r"^    mask: \[(.*)\]$", text, re.M) for word in words.split(", ")):
                with self.subTest(role=name, unit=unit):
                    self.assertIn(f"unit: {unit if '.' in unit else unit + '.service'}, expect: masked", text)
            for module, mode in re.findall(r"^  - \{name: (\S+), loadMode: (\S+)\}$", text, re.M):
                with self.subTest(role=name, module=module):
                    self.assertRegex(text, rf"command:.*{module.replace('-', r'.*')}")
                    self.assertIn(mode, ("always", "disable"))


class Roles(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = Path(tempfile.mkdtemp(prefix="imagewright-roles-"))
        cls.addClassCleanup(shutil.rmtree, cls.top, ignore_errors=True)
        tiny_distribution.make(cls.top)
        profile = cls.top / "releases/tiny.yaml"
        profile.write_text(profile.read_text().replace("baseRoles:", "  web: [tiny-web]\nbaseRoles:"))

    def setUp(self):
        self.place = self.scratch()
        (self.place / "roles").mkdir()
        self.role("web", ROLE)

    def role(self, name, text):
        (self.place / f"roles/{name}.yaml").write_text(text)

    def run_config(self, command, text, *arguments, **options):
        (self.place / "node.yaml").write_text(text)
        return self.run_program(command, "node.yaml", *arguments, cwd=self.place, env=environment(IMAGEWRIGHT_DATA=self.top), **options)

    def build(self, text):
        self.run_config("build", f"release: tiny\noutput: {{images: [{{format: raw}}]}}\n{text}", "--arch", "x86_64", "--output-dir", "out",
                        "--cache-dir", self.place / "cache", "--progress", "none")
        manifest = json.loads((self.place / "out/node-x86_64.manifest.json").read_text())
        inspected = self.run_program("inspect", "--json", "--files", self.place / "out/node-x86_64.raw").stdout
        return manifest, json.loads(inspected)

    def test_a_role_brings_packages_settings_and_checks(self):
        manifest, _ = self.build("roles: [web]\n")
        self.assertIn("tiny-web", [package["name"] for package in manifest["packages"]])
        self.assertIn("web: forwards", [check["name"] for check in manifest["checks"]])

    def test_an_image_is_asked_for_its_checks_without_being_started(self):
        unit = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"
        files = "".join(f"  - {{destination: /usr/lib/systemd/system/{name}.service, content: {json.dumps(unit)}}}\n" for name in ("on", "off", "hidden"))
        os_section = (f"os:\n  additionalFiles:\n{files}  - {{destination: /etc/motd, content: \"hello\\n\"}}\n"
                      "  services: {enable: [on], disable: [off], mask: [hidden]}\n")
        checks = ("checks:\n- {unit: on, expect: enabled}\n- {unit: off.service, expect: disabled}\n- {unit: hidden, expect: masked}\n"
                  "- {unit: on}\n- {file: /etc/motd, expect: hello}\n- {file: /proc/uptime, expect: x}\n- {command: 'true', name: a command}\n")
        manifest, inspected = self.build(f"roles: [web]\n{os_section}{checks}")
        image, promises = self.place / "out/node-x86_64.raw", self.place / "out/node-x86_64.manifest.json"
        self.assertNotIn("checks", inspected)
        answers = {each["name"]: each for each in json.loads(self.run_program("inspect", "--json", "--checks", promises, image).stdout)["checks"]}
        self.assertEqual(list(answers), [check["name"] for check in manifest["checks"]])
        for name in ("web: forwards", "on is enabled", "off.service is disabled", "hidden is masked", "/etc/motd is as expected"):
            self.assertEqual(answers[name]["outcome"], "passed", answers[name])
        self.assertEqual(answers["web: forwards"]["actual"], "1 (in /etc/sysctl.d/95-image.conf)")
        for name in ("on is active", "/proc/uptime is as expected", "a command"):
            self.assertEqual(answers[name], {"name": name, "outcome": "not-asked", "expected": answers[name]["expected"], "actual": "only a booted machine can tell"})
        # The same promises of an image that does not keep them.
        broken = manifest | {"checks": []}
        for check in manifest["checks"]:
            other = {"on is enabled": "masked", "hidden is masked": "enabled", "off.service is disabled": "enabled", "web: forwards": "0",
                     "/etc/motd is as expected": "bye"}.get(check["name"])
            broken["checks"].append(check | ({"expected": other} if other else {}))
        (self.place / "broken.json").write_text(json.dumps(broken))
        said = self.run_program("inspect", "--checks", self.place / "broken.json", image, expect=5).stdout
        self.assertEqual(said.count("  FAILED     "), 5, said)
        self.assertIn('FAILED     on is enabled: "masked" is expected, found is enabled', said)
        self.assertIn("not asked  a command: only a booted machine can tell", said)
        self.assertIn("cli.", self.run_program("inspect", "--checks", self.place / "nowhere.json", image, expect=2).stderr)
        (self.place / "bad.json").write_text('{"checks": 1}')
        self.run_program("inspect", "--checks", self.place / "bad.json", image, expect=2)

    def test_what_every_image_of_a_release_has_can_be_left_out_with_what_is_demanded_of_it(self):
        profile = (self.top / "releases/tiny.yaml").read_text().replace("baseRoles: [base]", "baseRoles: [base, web]\nbaseline: {web: '1'}")
        (self.place / "tiny.yaml").write_text(profile)
        for word, is_there in (("", True), ("-web", False)):
            text = self.run_config("plan", f"os: {{packages: {{roles: ['{word}']}}}}\n" if word else "os: {}\n", "--release", "tiny.yaml", "--packages",
                                   "--cache-dir", self.place / "cache").stdout
            self.assertEqual("tiny-web" in text, is_there, text)
            self.assertEqual("tiny-web is 1" in text, is_there, text)
        said = self.run_config("plan", "os: {packages: {roles: [-kernal]}}\n", "--release", "tiny.yaml", "--cache-dir", self.place / "cache", expect=2).stderr
        self.assertIn("[policy.no-base-role]", said)
        self.assertIn("they are base, web", said)

    def test_the_config_has_the_last_word_and_the_check_stays(self):
        result = self.run_config("validate", "release: tiny\nroles: [web]\nos: {sysctl: {net.ipv4.ip_forward: 0}}\n", "--canonical").stdout
        self.assertRegex(result, r'net\.ipv4\.ip_forward: "?0')
        self.assertRegex(result, r'kernel\.panic: "?10')
        self.assertIn("web: forwards", result)

    def test_what_was_understood_is_a_config_of_its_own(self):
        canonical = self.run_config("validate", "release: tiny\nroles: [web]\n", "--canonical").stdout
        self.assertNotRegex(canonical, r"(?m)^roles:")
        shutil.rmtree(self.place / "roles")
        again = self.run_config("validate", canonical, "--canonical").stdout
        self.assertEqual(again.split("\n", 1)[1], canonical.split("\n", 1)[1])

    def test_roles_build_on_roles_and_each_counts_once(self):
        self.role("shop", "roles: [web]\nos: {sysctl: {kernel.panic: 20}}\n")
        canonical = self.run_config("validate", "release: tiny\nroles: [web, shop]\n", "--canonical").stdout
        self.assertRegex(canonical, r'kernel\.panic: "?20')
        self.assertEqual(canonical.count("web: forwards"), 1)

    def test_roles_that_build_on_each_other_are_refused(self):
        self.role("web", "roles: [shop]\n")
        self.role("shop", "roles: [web]\n")
        self.assertIn("[config.base-cycle]", self.run_config("validate", "release: tiny\nroles: [web]\n", expect=2).stderr)

    def test_a_role_that_is_not_there(self):
        said = self.run_config("validate", "release: tiny\nroles:\n- wbe\n", expect=2).stderr
        self.assertIn("node.yaml:3:3: error: there is no role \"wbe\" [config.role-not-found]", said)
        self.assertIn('did you mean "web"?', said)

    def test_a_release_without_the_packages_of_a_role(self):
        self.role("gpu", "os: {packages: {roles: [gpu]}}\n")
        said = self.run_config("plan", "release: tiny\nroles: [gpu]\n", "--arch", "x86_64", expect=2).stderr
        self.assertIn("[policy.missing-role]", said)
        self.assertIn("gpu.yaml:1:", said)

    def test_a_mistake_in_a_role_is_shown_with_the_line_that_names_it(self):
        self.role("web", "os: {sysctls: {}}\n")
        said = self.run_config("validate", "release: tiny\nroles: [web]\n", expect=2).stderr
        self.assertIn("web.yaml:1:6: error", said)
        self.assertRegex(said, r"node.yaml:2:\d+: the file is named here")

    def test_every_shipped_role_is_known_to_the_releases_that_are_shipped(self):
        for name in sorted(path.stem for path in ROLES.glob("*.yaml")):
            with self.subTest(role=name):
                config = self.place / "shipped.yaml"
                config.write_text(f"release: {TOP / 'configs/releases/azurelinux-3.0.yaml'}\nroles: [{name}]\n")
                self.run_program("validate", config, cwd=self.place, env=environment(IMAGEWRIGHT_DATA=TOP / "configs"))


class TakenOut(TestCase):
    """A root with the settings of every shipped role, of which one after the other is taken out of the node: `drift` tells of each, by
    the check of its value where the running kernel shows it, and by the file that had it."""

    NAMES = [path.stem for path in sorted(ROLES.glob("*.yaml"))]

    def setUp(self):
        if os.geteuid() != 0:
            skip("owners of an unpacked root need root")
        self.place = self.scratch()
        (self.place / "roles").mkdir()
        tiny_distribution.make(self.place)
        self.text = ""
        for name in self.NAMES:
            # What packages bring and what their units do is for a machine that boots.
            text = re.sub(r"(?m)^  packages:\n    roles: .*\n|^    enable: .*\n", "", (ROLES / f"{name}.yaml").read_text())
            if name == "capz":
                text = text.replace("  services:\n", "")
            (self.place / f"roles/{name}.yaml").write_text(text)
            self.text += text
        # The tiny kernel has them all built in.
        modules = "".join(f"kernel/{name}.ko\n" for name in ("ext4", *re.findall(r"(?m)^  - \{name: (\S+), loadMode", self.text)))
        config = {"release": "tiny", "roles": self.NAMES, "os": {"additionalFiles": [{"destination": "/usr/lib/modules/1.0/modules.builtin", "content": modules}]},
                  "output": {"name": "node", "images": [{"format": "tar"}]}}
        (self.place / "node.yaml").write_text(json.dumps(config))
        self.run_program("build", "node.yaml", "--arch", "x86_64", "--output-dir", "out", "--cache-dir", self.place / "cache", "--progress", "none",
                         cwd=self.place, env=environment(IMAGEWRIGHT_DATA=self.place))
        self.root = self.place / "root"
        self.root.mkdir()
        subprocess.run(["tar", "--zstd", "--numeric-owner", "--xattrs", "-xpf", next((self.place / "out").glob("*.tar.zst")), "-C", self.root], check=True)
        self.settings = self.root / "etc/sysctl.d/95-image.conf"
        for line in self.settings.read_text().splitlines():
            if "=" in line and not line.startswith("#"):
                key, value = (word.strip() for word in line.split("=", 1))
                self.write_state(key, value)
        (self.root / "proc/cmdline").write_text("quiet\n")

    def write_state(self, key, value):
        place = self.root / "proc/sys" / key.replace(".", "/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(value + "\n")

    def drift(self):
        result = self.run_program("drift", "--root", self.root, "--manifest", next((self.place / "out").glob("*.manifest.json")), "--format", "json", expect=None)
        self.assertIn(result.returncode, (0, 5), result.stderr)
        return {row["subject"]: row["class"] for row in json.loads(result.stdout)["findings"]}

    def expect_only(self, subjects):
        found = self.drift()
        self.assertEqual({name: kind for name, kind in found.items() if self.before.get(name) != kind}, {name: "unexplained" for name in subjects})

    def without(self, path, wanted=None):
        """A file without the line that has this word, or gone; the way back is what it gives."""
        if wanted is None:
            target, content = (path.readlink(), None) if path.is_symlink() else (None, path.read_bytes())
            status = path.lstat()
            path.unlink()

            def back():
                if target is not None:
                    path.symlink_to(target)
                else:
                    path.write_bytes(content)
                    path.chmod(status.st_mode & 0o7777)
            return back
        text = path.read_text()
        lines = [line for line in text.splitlines(True) if not re.search(rf"(^|\s){re.escape(wanted)}(\s|=|$)", line)]
        self.assertLess(len(lines), len(text.splitlines()), f"{path} has no {wanted}")
        path.write_text("".join(lines))
        return lambda: path.write_text(text)

    def test_each_setting_that_is_taken_out_is_told(self):
        self.before = self.drift()
        self.assertNotIn("unexplained", {kind for name, kind in self.before.items() if name.startswith("/etc")})
        checks = dict(re.findall(r'name: "?([^",}]+)"?, file: (/proc/sys/\S+), expect', self.text))
        settings = re.findall(r"(?m)^    ([a-z0-9._-]+\.[a-z0-9._-]+): (.+)$", self.text)
        self.assertGreater(len(settings), 20)
        for key, value in settings:
            with self.subTest(setting=key):
                names = {name for name, path in checks.items() if path == "/proc/sys/" + key.replace(".", "/")}
                self.assertEqual(len(names), 1)
                back = self.without(self.settings, key)
                self.write_state(key, "77")
                self.expect_only(names | {"/etc/sysctl.d/95-image.conf"})
                self.write_state(key, value.strip('"'))
                back()
        masks = dict(re.findall(r'name: "?([^",}]+)"?, unit: (\S+), expect: masked', self.text))
        self.assertGreater(len(masks), 5)
        units = [unit if "." in unit else unit + ".service" for words in re.findall(r"(?m)^    mask: \[(.*)\]$", self.text) for unit in words.split(", ")]
        modules = re.findall(r"(?m)^  - \{name: (\S+), loadMode: (\S+)\}$", self.text)
        self.assertGreater(len(modules), 10)
        taken = [(f"etc/systemd/system/{unit}", None) for unit in units]
        taken += [("etc/modprobe.d/modules-disabled.conf" if mode == "disable" else "etc/modules-load.d/modules-load.conf", name) for name, mode in modules]
        taken += [("etc/containerd/config.toml", None), ("etc/containerd/config.toml", "SystemdCgroup"), ("etc/containerd/config.toml", "config_path"),
                  ("etc/systemd/system/containerd.service.d/10-node-limits.conf", "LimitNOFILE")]
        for path, word in taken:
            with self.subTest(path=path, word=word):
                masked = {name for name, unit in masks.items() if word is None and unit == Path(path).name}
                back = self.without(self.root / path, word)
                try:
                    self.expect_only({"/" + path} | masked)
                finally:
                    back()
        self.assertEqual(self.drift(), self.before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
