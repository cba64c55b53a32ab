#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Packages of images that exist: what goes, what comes, what stays, and what is refused."""

import base64
import json
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from customizing import CustomizingTestCase  # noqa: E402
from imagewright_testing import environment, require_program  # noqa: E402
from packages import Signer  # noqa: E402

class CustomizePackages(CustomizingTestCase):
    BASE_OS = ("  packages: {install: [alpha, beta, other]}\n"
               "  additionalFiles: [{destination: /etc/alpha.conf, content: \"changed here\\n\"},"
               " {destination: /var/log/dnf.log, content: \"the base's\\n\"}]\n")

    def base_repositories(self):
        return f"repositories: [{{name: first, path: {self.top / 'first'}, gpgCheck: false, repoGpgCheck: false}}]\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        require_program("rpm")
        make = cls.top / "base/mkpkg.py"

        def package(repository, name, version, *options):
            subprocess.run([sys.executable, make, cls.top / repository, name, version, *options], check=True)

        package("first", "alpha", "1", "--file", "/usr/share/alpha=one\\n", "--file", "/etc/alpha.conf=as packaged\\n",
                "--files", "/usr/share/alpha", "--files", "%config(noreplace) /etc/alpha.conf")
        package("first", "beta", "1", "--tag", "Requires: alpha", "--file", "/usr/share/beta=b\\n",
                "--section", "%postun\necho gone > /var/lib/beta-is-gone")
        package("first", "other", "1", "--file", "/usr/share/other=o\\n")
        package("second", "alpha", "2", "--file", "/usr/share/alpha=two\\n", "--file", "/etc/alpha.conf=newly packaged\\n",
                "--files", "/usr/share/alpha", "--files", "%config(noreplace) /etc/alpha.conf",
                "--section", "%post\necho $1 > /var/lib/alpha-count")
        package("second", "gamma", "1", "--tag", "Requires: delta >= 2", "--tag", "Requires: /usr/share/other",
                "--file", "/usr/share/gamma=g\\n")
        package("second", "delta", "2", "--file", "/usr/share/delta=d\\n",
                "--section", "%post\necho made > /var/lib/delta-was-here\nread -r once < /proc/sys/kernel/random/uuid\n"
                             "mkdir -p /var/cache/ldconfig\necho $once > /var/cache/ldconfig/aux-cache")
        package("second", "takeover", "1", "--tag", "Obsoletes: other < 2", "--tag", "Provides: other = 2",
                "--file", "/usr/share/takeover=t\\n")
        package("second", "impossible", "1", "--tag", "Requires: nobody-has-this", "--file", "/usr/share/impossible=i\\n")
        package("second", "tinykernel", "2.0", "--file", "/boot/vmlinuz-2.0=newer\\n",
                "--file", "/usr/lib/modules/2.0/vmlinuz=newer\\n", "--file", "/usr/lib/modules/2.0/modules.dep=")
        package("second", "identity", "1", "--file", "/usr/share/identity=i\\n", "--section",
                "%post\nmkdir -p /etc/ssh\necho secret > /etc/ssh/ssh_host_rsa_key\necho 0123456789abcdef0123456789abcdef > /etc/machine-id")
        package("second", "breaks", "1", "--file", "/usr/share/breaks=x\\n", "--section", "%post\nexit 3")
        for repository in ("first", "second"):
            subprocess.run(["createrepo_c", "-q", cls.top / repository], check=True)

    KEYED = ""  # another repository, as it stands in the list

    def config(self, text, image_format="raw"):
        """What is said below `os:`, over both repositories."""
        repositories = self.KEYED + ", ".join(f"{{name: {name}, path: {self.top / name}, gpgCheck: false, repoGpgCheck: false}}"
                                 for name in ("first", "second"))
        return super().config(f"repositories: [{repositories}]\nos:\n  {text}\n", image_format)

    def rpm(self, tree, *arguments, expect=0):
        return self.run_tool("rpm", "--root", tree, "--dbpath", "/var/lib/rpm", *arguments, expect=expect).stdout

    def packages(self, tree):
        return sorted(self.rpm(tree, "-qa", "--qf", "%{NAME}-%{VERSION}\\n").split())

    def check(self, tree):
        """rpm's own look at every file; times are those of the copy."""
        said = self.rpm(tree, "-Va", "--nomtime", "--nodeps", "--noscripts", expect=None)
        odd = [line for line in said.splitlines()
               if not re.search(r" c /etc/|/etc/(passwd|group|shadow)|/boot/efi|^\S+ +g |/etc/alpha.conf", line)]
        # What the build of the base has changed itself (a machine id and the like) is as it was.
        base_said = set(self.rpm(self.base_tree(), "-Va", "--nomtime", "--nodeps", "--noscripts", expect=None).splitlines())
        self.assertEqual([line for line in odd if line not in base_said], [])
        self.assertEqual(self.rpm(tree, "-Va", "--nofiles", "--noscripts", expect=None).strip(), "")

    def base_tree(self):
        if not hasattr(type(self), "made_tree"):
            directory = self.top / "base-tree"
            directory.mkdir()
            type(self).made_tree = self.root_tree(self.base(), directory)
        return self.made_tree

    def test_a_package_comes_with_what_it_needs_and_nothing_else_moves(self):
        raw = self.customize("packages: {install: [gamma]}")
        tree = self.root_tree(raw)
        before = self.packages(self.base_tree())
        self.assertEqual(self.packages(tree), sorted([*before, "gamma-1", "delta-2"]))
        self.assertEqual((tree / "var/lib/delta-was-here").read_text(), "made\n")
        self.check(tree)
        times = "%{NAME} %{INSTALLTIME}\\n"
        old = set(self.rpm(self.base_tree(), "-qa", "--qf", times).splitlines())
        self.assertLessEqual(old, set(self.rpm(tree, "-qa", "--qf", times).splitlines()))
        self.assertEqual(raw.read_bytes(), self.customize("packages: {install: [gamma]}").read_bytes())
        manifest = json.loads(next(raw.parent.glob("*.manifest.json")).read_text())
        self.assertIn("gamma", json.dumps(manifest["packages"]))
        # Advisories are about sources.
        self.assertEqual([package["name"] for package in manifest["packages"] if not package.get("source", "").endswith(".src.rpm")], [])

    def test_who_needs_what_is_removed_goes_as_well(self):
        tree = self.root_tree(self.customize("packages: {remove: [alpha]}"))
        self.assertFalse({"alpha-1", "beta-1"} & set(self.packages(tree)))
        self.assertIn("other-1", self.packages(tree))
        self.assertFalse((tree / "usr/share/alpha").exists())
        self.assertEqual((tree / "var/lib/beta-is-gone").read_text(), "gone\n")
        self.assertEqual((tree / "etc/alpha.conf.rpmsave").read_text(), "changed here\n")
        self.check(tree)

    def test_an_update_by_name_keeps_changed_settings(self):
        tree = self.root_tree(self.customize("packages: {update: [alpha]}"))
        self.assertIn("alpha-2", self.packages(tree))
        self.assertNotIn("alpha-1", self.packages(tree))
        self.assertIn("other-1", self.packages(tree))
        self.assertEqual((tree / "usr/share/alpha").read_text(), "two\n")
        self.assertEqual((tree / "etc/alpha.conf").read_text(), "changed here\n")
        self.assertEqual((tree / "etc/alpha.conf.rpmnew").read_text(), "newly packaged\n")
        self.assertEqual((tree / "var/lib/alpha-count").read_text(), "2\n")
        self.check(tree)

    def test_everything_becomes_as_new_as_can_be(self):
        tree = self.root_tree(self.customize("packages: {updateExistingPackages: true}"))
        self.assertIn("alpha-2", self.packages(tree))
        self.assertIn("takeover-1", self.packages(tree))
        self.assertNotIn("other-1", self.packages(tree))
        self.assertNotIn("gamma-1", self.packages(tree))

    def test_pins_of_the_base_that_are_not_heeded_are_told(self):
        def said(base):
            config = self.config("packages: {update: [alpha]}")
            return self.run_program("customize", "--image", base, config, "--output-dir", config.parent / "out", "--cache-dir", self.top / "cache",
                                    env=environment()).stderr

        self.assertNotIn("pipeline.version-locks", said(self.base()))
        for path, content in (("/etc/dnf/plugins/versionlock.list", "# by hand\\nalpha-0:1-1.*\\n"), ("/etc/tdnf/locks.d/one.conf", "alpha\\n"),
                              ("/etc/tdnf/tdnf.conf", "[main]\\nexcludepkgs = alpha\\n")):
            pinned = self.customize(f'additionalFiles: [{{destination: {path}, content: "{content}"}}]')
            self.assertRegex(said(pinned), rf"warning: .*by {path}.*\[pipeline.version-locks\]")

    def entries(self, raw):
        facts = self.inspect(raw)["system"]
        return [each["kernel"] for each in facts["bootEntries"]], facts["kernels"]

    def test_a_kernel_comes_with_initramfs_and_entries(self):
        for loader in ("grub", "systemd-boot"):
            with self.subTest(loader=loader):
                raw = self.customize("packages: {updateExistingPackages: true}\n  kernelCommandLine: {extraCommandLine: [audit=1]}",
                                     "--release", self.release, base=self.base(loader))
                tree = self.root_tree(raw)
                self.assertLessEqual({"tinykernel-1.0", "tinykernel-2.0"}, set(self.packages(tree)))
                kernels, releases = self.entries(raw)
                self.assertEqual(releases, ["1.0", "2.0"])
                self.assertRegex(kernels[0], "2.0")
                self.assertRegex(kernels[-1], "1.0")
                facts = self.inspect(raw)["system"]
                for entry in facts["bootEntries"]:
                    self.assertIn("audit=1", entry["commandLine"].split())
                if loader == "grub":
                    self.assertTrue((tree / "boot/initramfs-2.0.img").exists())
                    self.assertEqual((tree / "boot/vmlinuz-2.0").read_text(), "newer\n")
                gone = self.customize("packages: {remove: [tinykernel-1.0]}", "--release", self.release, base=raw)
                kernels, releases = self.entries(gone)
                self.assertEqual(releases, ["2.0"])
                self.assertEqual([each for each in kernels if "1.0" in each], [])
                self.assertTrue(kernels)

    def test_the_package_manager_goes_with_what_it_remembers(self):
        said = self.customize("packages: {removePackageManager: true}\npreviewFeatures: [remove-package-manager]",
                              "--release", self.release, expect=2)
        self.assertIn("policy.missing-role", said)
        release = self.top / "base/manager.yaml"
        release.write_text(self.release.read_text().replace("roles:\n", "roles:\n  package-manager: [alpha, never-there]\n"))
        base = self.customize("hostname: cached\n  additionalFiles: [{destination: /var/cache/dnf/kept, content: x}]")
        raw = self.customize("packages: {removePackageManager: true, install: [delta]}\n"
                             "scripts: {finalizeCustomization: [{content: 'test ! -e /var/lib/rpm'}]}\n"
                             "previewFeatures: [remove-package-manager]", "--release", release, base=base)
        tree = self.root_tree(raw)
        for path in ("var/lib/rpm", "var/cache/dnf", "usr/share/alpha", "usr/share/beta"):
            self.assertFalse((tree / path).exists(), path)
        self.assertTrue((tree / "usr/share/delta").exists() and (tree / "usr/share/other").exists())
        manifest = json.loads(next(raw.parent.glob("*.manifest.json")).read_text())
        names = {package["name"] for package in manifest["packages"]}
        self.assertLessEqual({"other", "delta", "tinykernel"}, names)
        self.assertFalse({"alpha", "beta"} & names)
        self.assertIn("inspect.no-packages", self.customize("packages: {install: [gamma]}", base=raw, expect=2))

    def test_no_machine_identity_is_left_by_scripts(self):
        tree = self.root_tree(self.customize("packages: {install: [identity]}"))
        self.assertFalse((tree / "etc/ssh/ssh_host_rsa_key").exists())
        self.assertEqual((tree / "etc/machine-id").read_text(), (self.base_tree() / "etc/machine-id").read_text())

    def test_steps_follow_each_other(self):
        # One question for both would have no answer: what is installed needs what is removed.
        tree = self.root_tree(self.customize("packages: {remove: [other], install: [gamma]}"))
        self.assertIn("gamma-1", self.packages(tree))
        self.assertIn("other-1", self.packages(tree))
        # And what is there is enough.
        before = self.packages(self.base_tree())
        self.assertEqual(self.packages(self.root_tree(self.customize("packages: {install: [alpha, other]}"))), before)

    def test_a_dry_run_tells_what_goes_comes_and_stays(self):
        config = self.config("packages: {remove: [beta], install: [gamma], update: [alpha]}")
        said = self.run_program("customize", "--image", self.base(), config, "--dry-run", "--cache-dir", self.top / "cache",
                                env=environment()).stdout
        self.assertRegex(said, r"remove the package beta-1-1.noarch")
        self.assertRegex(said, r"install the package delta-2-1.noarch")
        self.assertRegex(said, r"change the package alpha-1-1.noarch to 2-1")
        self.assertRegex(said, r"keep \d+ packages as they are")
        self.assertEqual([each.name for each in config.parent.iterdir()], ["node.yaml"])

    def test_what_cannot_be_is_told_at_its_line(self):
        for wish, code, status in (
                ("packages: {remove: [nothing]}", "resolve.not-installed", 3),
                ("packages: {update: [gamma]}", "resolve.not-installed", 3),
                ("packages: {install: [missing]}", "resolve.no-such-package", 3),
                ("packages: {install: [impossible]}", "resolve.nothing-provides", 3),
                ("packages: {install: [gamma], exclude: [delta]}", "resolve.", 3),
                ("packages: {exclude: [alpha]}", "customize.excluded-package", 2),
                ("packages: {remove: [tinykernel]}", "finalize.no-kernel", 2),
                ("packages: {install: [breaks]}", "install.scriptlet-failed", 1)):
            said = self.customize(wish, expect=status)
            self.assertIn(code, said, wish)
            if status != 1 and "tinykernel" not in wish:
                self.assertIn("node.yaml:3", said, wish)

    def test_a_base_without_a_database_keeps_its_packages(self):
        raw = self.customize("hostname: bare\nscripts: {postCustomization: [{content: 'rm -rf /var/lib/rpm'}]}")
        said = self.customize("packages: {install: [gamma]}", base=raw, expect=2)
        self.assertIn("inspect.no-packages", said)
        self.customize("hostname: still", base=raw)

    def test_the_manifest_has_the_keys_that_later_updates_are_known_by(self):
        signer = Signer(self.scratch())
        self.addCleanup(signer.stop)
        key = self.scratch() / "key"
        key.write_bytes(signer.public_key())
        self.KEYED = f"{{name: keyed, path: {self.top / 'first'}, gpgKeys: [{key}], repoGpgCheck: false}}, "
        raw = self.customize("packages: {install: [gamma]}")
        keys = json.loads(next(raw.parent.glob("*.manifest.json")).read_text())["packageKeys"]
        self.assertEqual([(row["repository"], base64.b64decode(row["key"])) for row in keys], [("keyed", signer.public_key())])

    def test_packages_need_a_place_to_come_from(self):
        config = self.scratch() / "node.yaml"
        config.write_text("os: {packages: {install: [gamma]}}\noutput: {images: [{format: raw}]}\n")
        said = self.run_program("customize", "--image", self.base(), config, "--dry-run", expect=2, env=environment()).stderr
        self.assertIn("pipeline.no-release", said)

    def program(self, command, *arguments, expect=0, **variables):
        result = self.run_program(command, *arguments, "--cache-dir", self.top / "cache", expect=expect, env=environment(**variables))
        return result.stdout if expect == 0 else result.stderr

    def test_a_plan_says_what_goes_comes_and_stays_and_why(self):
        config = self.config("packages: {remove: [beta], install: [gamma]}")
        base = ("--image", self.base())
        text = self.program("plan", *base, config, "--packages")
        for words in ("remove the package beta-1", "install the package delta-2", "install the package gamma-1", "  alpha-1"):
            self.assertIn(words, text)
        packages = json.loads(self.program("plan", *base, config, "--json"))["packages"]
        self.assertEqual([len(packages["erased"]), [each.rsplit("-", 2)[0] for each in packages["installed"]]], [1, ["delta", "gamma"]])
        why = self.program("why", *base, config, "delta")
        self.assertIn("node.yaml:3", why)
        self.assertIn('needs "delta >= 2"', why)
        self.assertIn("of the base and stays", self.program("why", *base, config, "other"))
        self.assertIn("is in the base, and goes", self.program("why", *base, config, "beta", expect=2))
        self.assertIn("cli.package-not-in-image", self.program("why", *base, config, "nonsense", expect=2))
        self.assertIn("comes as everything is updated", self.program("why", *base, self.config("packages: {updateExistingPackages: true}"), "alpha"))
        self.assertIn("leave out --arch", self.program("plan", *base, config, "--arch", "x86_64", expect=2))
        self.assertIn("leave out --locked", self.program("why", *base, config, "bash", "--locked", expect=2))

    def test_a_lock_holds_the_base_and_what_goes_comes_and_stays(self):
        config = self.config("packages: {remove: [beta], install: [gamma]}")
        path = config.with_name("node.lock.json")
        base = ("--image", self.base())
        self.assertIn("pipeline.lock-missing", self.program("customize", *base, config, "-o", config.parent / "none", "--locked", expect=5))
        self.assertFalse((config.parent / "none").exists())
        said = self.program("lock", *base, config)
        for words in ("+ gamma-1", "+ delta-2", "- beta-1", "written"):
            self.assertIn(words, said)
        entry = next(iter(json.loads(path.read_text())["architectures"].values()))
        self.assertRegex(entry["base"], "^sha256:[0-9a-f]{64}$")
        self.assertEqual([each.split("-")[0] for each in entry["erased"]], ["beta"])
        self.assertTrue(any(each.startswith("alpha-1") for each in entry["kept"]))
        text = path.read_text()
        self.assertIn("fresh", self.program("lock", *base, config))
        self.assertIn("fresh", self.program("lock", *base, config, "--check"))
        self.assertEqual(path.read_text(), text)
        # A newer one is published: the lock stays with the old one, until it is moved.
        newer = self.top / "second/delta-newer"
        subprocess.run([sys.executable, self.top / "base/mkpkg.py", newer, "delta", "3", "--file", "/usr/share/delta=newer\\n"], check=True)
        subprocess.run(["createrepo_c", "-q", self.top / "second"], check=True)
        self.addCleanup(subprocess.run, ["createrepo_c", "-q", self.top / "second"], check=True)
        self.addCleanup(shutil.rmtree, newer)
        for options in ((), ("--locked",)):
            out = config.parent / ("out" + "-".join(options))
            self.program("customize", *base, config, "-o", out, *options)
            self.assertIn("delta-2", self.packages(self.root_tree(next(out.glob("*.raw")))))
        self.assertIn("delta-3", self.program("customize", *base, self.config("packages: {install: [gamma]}"), "--dry-run"))
        self.assertIn("delta", self.program("lock", *base, config, "--update"))
        self.assertIn("delta-3", self.program("customize", *base, config, "--dry-run", "--locked"))
        # Another wish, and another base.
        config.write_text(config.read_text().replace("remove: [beta], ", ""))
        self.assertIn("remove beta", self.program("customize", *base, config, "--dry-run", "--locked", expect=5))
        self.assertIn("lock.stale", self.program("lock", *base, config, "--check", expect=5))
        config.write_text(config.read_text().replace("install: [gamma]", "remove: [beta], install: [gamma]"))
        other = config.parent / "other.raw"
        shutil.copy(self.base(), other)
        with other.open("r+b") as disk:
            disk.write(b"another")
        for variables in ({}, {"CI": "1"}):
            options = () if variables else ("--locked",)
            stale = self.program("customize", "--image", other, config, "--dry-run", *options, expect=5, **variables)
            self.assertIn("base sha256:", stale)
        # Which base it was and is, is a difference of two locks, too.
        earlier = config.parent / "earlier.lock.json"
        shutil.copy(path, earlier)
        self.program("lock", "--image", other, config)
        self.assertRegex(self.program("diff", earlier, path), r"base for \S+\n  ~ image: digest sha256:")
        self.program("diff", "--exit-code", earlier, path, expect=5)
        # A config has one lock for an architecture: that of a composition does not go in silence.
        document = json.loads(path.read_text())
        for entry in document["architectures"].values():
            for member in ("base", "kept", "erased"):
                del entry[member]
        path.write_text(json.dumps(document))
        self.assertIn("is replaced", self.program("lock", "--image", other, config))

    def test_what_comes_into_a_base_is_handed_over_to_aks(self):
        """What the base has is not asked for: AKS brings its own."""
        config = self.config("packages: {remove: [beta], install: [gamma]}\n  hostname: node")
        self.program("lock", "--image", self.base(), config)
        words = ("export", "aks-prepared-image", config, "--lock", config.with_name("node.lock.json"), "--location", "westeurope")
        said = self.program(*words, expect=2)
        for place in ("handover.no-place", "os.hostname", "node.yaml:4"):
            self.assertIn(place, said)
        script = self.program(*words, "--allow-partial")
        self.assertRegex(script, r"tdnf install -y[^\\]* gamma-1-\S+")
        self.assertRegex(script, r"tdnf remove -y[^\\]* beta")
        self.assertNotIn("alpha-1", script)

    def test_what_a_lock_says_of_the_base_is_held_against_it(self):
        config = self.config("packages: {remove: [beta]}")
        path = config.with_name("node.lock.json")
        self.program("lock", "--image", self.base(), config)
        text = path.read_text()
        for before, after in (("alpha-1", "alpha-9"), ('"erased": [', '"erased": [\n"never-1-1.noarch",')):
            self.assertIn(before, text)
            path.write_text(text.replace(before, after, 1))
            self.assertIn("lock.damaged", self.program("customize", "--image", self.base(), config, "--dry-run", expect=2))

    def test_what_was_customized_is_made_again(self):
        config = self.config("hostname: again\n  packages: {remove: [beta], install: [gamma]}")
        base = config.parent / "base.raw"
        shutil.copy(self.base(), base)
        out = config.parent / "out"
        self.program("customize", "--image", base, config, "-o", out)
        # What the run left behind is different in each; what the base has under such a name is its own.
        tree = self.root_tree(next(out.glob("*.raw")))
        self.assertFalse((tree / "var/cache/ldconfig/aux-cache").exists())
        self.assertEqual((tree / "var/log/dnf.log").read_text(), "the base's\n")
        self.assertNotIn("DIFFERENT", self.program("verify", out))
        # Packages are those of then.
        newer = self.top / "second/delta-later"
        subprocess.run([sys.executable, self.top / "base/mkpkg.py", newer, "delta", "4", "--file", "/usr/share/delta=later\\n"], check=True)
        subprocess.run(["createrepo_c", "-q", self.top / "second"], check=True)
        self.addCleanup(subprocess.run, ["createrepo_c", "-q", self.top / "second"], check=True)
        self.addCleanup(shutil.rmtree, newer)
        moved = base.rename(base.with_name("moved.raw"))
        self.assertIn("--image", self.program("verify", out, expect=2))
        self.assertIn("same bytes", self.program("verify", out, "--image", moved))
        text = config.read_text()
        config.write_text(text.replace("again", "changed"))
        self.assertIn("pipeline.config-changed", self.program("verify", out, "--image", moved, expect=2))
        config.write_text(text)
        with moved.open("r+b") as disk:
            disk.write(b"another")
        self.assertIn("customize.other-base", self.program("verify", out, "--image", moved, expect=5))


if __name__ == "__main__":
    unittest.main()
