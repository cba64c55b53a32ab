#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Keys that customizing honours and no other test of it names: what each asks for is in the image."""

import datetime
import json
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import file_server  # noqa: E402
from customizing import CustomizingTestCase  # noqa: E402
from imagewright_testing import environment  # noqa: E402

UNIT = "[Service]\\nExecStart=/bin/sh\\n[Install]\\nWantedBy=multi-user.target\\n"

# What the next menu of GRUB is made of.
QUOTED = 'GRUB_CMDLINE_LINUX="quiet d=\\"a b\\" rw"\n. /etc/default/grub.d/50.cfg\n'
MORE = 'GRUB_CMDLINE_LINUX_DEFAULT="nosplash quiet"\n'


class CustomizeKeys(CustomizingTestCase):
    BASE_OS = ("  packages: {install: [first]}\n  additionalFiles:\n" + "".join(
        f"  - {{destination: /usr/lib/systemd/system/{name}.service, content: \"{UNIT}\"}}\n" for name in ("one", "two", "three")) +
        "  - {destination: /usr/share/zoneinfo/Europe/Berlin, content: zone}\n"
        "  - {destination: /usr/share/keymaps/i386/de.map.gz, content: keymap}\n"
        "  - {destination: /etc/merged/kept, content: kept}\n"
        "  services: {enable: [two.service]}\n")

    def base_repositories(self):
        return f"repositories: [{self.repository('early')}]\n"

    def repository(self, name, more=""):
        return f"{{name: {name}, path: {self.top / name}, gpgCheck: false, repoGpgCheck: false{more}}}"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        make = cls.top / "base/mkpkg.py"
        for repository, name, version, *options in (
                ("early", "first", "1", "--file", "/usr/share/first=1"),
                ("late", "first", "2", "--file", "/usr/share/first=2"),
                ("late", "listed", "1", "--file", "/usr/share/listed=l", "--tag", "Recommends: weak"),
                ("late", "weak", "1", "--file", "/usr/share/weak=w"),
                ("late", "wordy", "1", "--file", "/usr/share/doc/wordy/README=doc", "--file", "/usr/share/wordy=w",
                 "--files", "%doc /usr/share/doc/wordy/README", "--files", "/usr/share/wordy"),
                ("late", "spoken", "1", "--file", "/usr/share/locale/de/spoken=de", "--file", "/usr/share/locale/fr/spoken=fr",
                 "--files", "%lang(de) /usr/share/locale/de/spoken", "--files", "%lang(fr) /usr/share/locale/fr/spoken"),
                ("late", "fails", "1", "--file", "/usr/share/fails=f", "--section", "%post\nexit 3"),
                ("other", "listed", "3", "--file", "/usr/share/listed=other")):
            subprocess.run([sys.executable, make, cls.top / repository, name, version, *options], check=True)
        for repository in ("early", "late", "other"):
            subprocess.run(["createrepo_c", "-q", cls.top / repository], check=True)

    def tree(self, text, *options, **more):
        return self.root_tree(self.customize(text, *options, **more))

    def test_accounts(self):
        directory = self.scratch()
        (directory / "key.pub").write_text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPathPathPathPathPathPathPathPathPathPathPath a@b\n")
        tree = self.tree(
            "os:\n  groups: [{name: crew, gid: 1234}, {name: deck}]\n  users:\n  - name: kim\n    uid: 1500\n    homeDirectory: /home/k\n"
            "    primaryGroup: crew\n    secondaryGroups: [deck]\n    passwordExpiresDays: 30\n    startupCommand: /bin/sh\n"
            f"    sshPublicKeyPaths: [{directory / 'key.pub'}]\n    sshPublicKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAITextTextTextTextTextTextTextTextTextTextText c@d]\n")
        passwd = [line.split(":") for line in (tree / "etc/passwd").read_text().splitlines()]
        groups = {line.split(":")[0]: line.split(":") for line in (tree / "etc/group").read_text().splitlines()}
        self.assertEqual(next(row for row in passwd if row[0] == "kim")[2:], ["1500", "1234", "", "/home/k", "/bin/sh"])
        self.assertEqual((groups["crew"][2], groups["deck"][3]), ("1234", "kim"))
        shadow = next(line.split(":") for line in (tree / "etc/shadow").read_text().splitlines() if line.startswith("kim:"))
        self.assertEqual(shadow[4], "30")
        keys = (tree / "home/k/.ssh/authorized_keys").read_text()
        self.assertTrue("IPathPath" in keys and "ITextText" in keys, keys)

    def test_directories_have_the_permissions_that_are_said(self):
        source = self.scratch() / "given"
        (source / "new").mkdir(parents=True)
        (source / "file").write_text("file")
        (source / "new/child").write_text("child")
        raw = self.customize(f"os: {{additionalDirs: [{{source: {source}, destination: /etc/merged, newDirPermissions: '711', "
                             "mergedDirPermissions: '750', childFilePermissions: '604'}]}\n")
        copy = self.check_filesystems(raw) / "root"
        for path, mode in (("/etc/merged", "0750"), ("/etc/merged/new", "0711"), ("/etc/merged/file", "0604"), ("/etc/merged/new/child", "0604")):
            self.assertIn(f"Mode:  {mode}", self.run_tool("debugfs", "-R", f"stat {path}", copy).stdout, path)
        self.assertEqual(self.run_tool("debugfs", "-R", "cat /etc/merged/kept", copy).stdout, "kept")

    def test_units_modules_and_settings(self):
        raw = self.customize(
            "os:\n  services:\n    enable: [one]\n    disable: [two]\n    mask: [three.service]\n"
            "    dropIns: [{unit: one.service, name: 10-more.conf, content: \"[Service]\\nNice=5\\n\"}]\n"
            "  modules: [{name: alpha, loadMode: always, options: {depth: '3'}}, {name: beta, loadMode: disable}]\n"
            "  sysctl: {net.ipv4.ip_forward: 1}\n  timezone: Europe/Berlin\n  keymap: de\n  locale: de_DE.UTF-8\n"
            "checks: [{name: starts, unit: one.service, expect: active}]\n")
        tree = self.root_tree(raw)
        wants = tree / "etc/systemd/system/multi-user.target.wants"
        self.assertEqual(sorted(path.name for path in wants.iterdir()), ["one.service"])
        self.assertEqual(str((tree / "etc/systemd/system/three.service").readlink()), "/dev/null")
        self.assertIn("Nice=5", (tree / "etc/systemd/system/one.service.d/10-more.conf").read_text())
        self.assertIn("alpha", (tree / "etc/modules-load.d/modules-load.conf").read_text().split())
        self.assertIn("options alpha depth=3", (tree / "etc/modprobe.d/module-options.conf").read_text())
        self.assertIn("blacklist beta", (tree / "etc/modprobe.d/modules-disabled.conf").read_text())
        settings = "".join(path.read_text() for path in (tree / "etc/sysctl.d").iterdir())
        self.assertRegex(settings, r"net\.ipv4\.ip_forward\s*=\s*1")
        self.assertEqual(str((tree / "etc/localtime").readlink()), "../usr/share/zoneinfo/Europe/Berlin")
        self.assertEqual((tree / "etc/locale.conf").read_text().strip(), "LANG=de_DE.UTF-8")
        self.assertIn("KEYMAP=de", (tree / "etc/vconsole.conf").read_text())
        checks = json.loads(next(raw.parent.glob("*.manifest.json")).read_text())["checks"]
        self.assertTrue([each for each in checks if each.get("subject") == "one.service"], checks)

    def test_scripts_have_their_interpreter_and_environment(self):
        stages = "".join(f"  {stage}: [{{interpreter: /usr/bin/sh, content: 'echo $WORD $1 >> /etc/said', arguments: [{stage}], "
                         f"environmentVariables: {{WORD: word}}}}]\n" for stage in ("postCustomization", "finalizeCustomization"))
        self.assertEqual((self.tree("scripts:\n" + stages) / "etc/said").read_text(), "word postCustomization\nword finalizeCustomization\n")

    def test_the_image_says_what_it_is(self):
        tree = self.tree("os: {identity: {imageId: node, imageVersion: '7', variant: Big one, variantId: big}}\n")
        release = dict(line.split("=", 1) for line in (tree / "usr/lib/os-release").read_text().splitlines() if "=" in line)
        self.assertEqual({key: release[key].strip("\"'") for key in ("IMAGE_ID", "IMAGE_VERSION", "VARIANT", "VARIANT_ID")},
                         {"IMAGE_ID": "node", "IMAGE_VERSION": "7", "VARIANT": "Big one", "VARIANT_ID": "big"})
        self.assertEqual(release["ID"], "tiny")

    def test_passwords_are_what_was_said_and_stand_in_no_history(self):
        hashed = "$6$saltsalt$" + "h" * 86
        tree = self.tree("os:\n  users:\n"
                         f"  - {{name: kim, password: {{type: hashed, value: '{hashed}'}}}}\n  - {{name: lou, password: {{type: plain-text, value: secretly}}}}\n"
                         "  - {name: max, password: {type: locked}}\n")
        shadow = {line.split(":")[0]: line.split(":")[1] for line in (tree / "etc/shadow").read_text().splitlines()}
        self.assertEqual(shadow["kim"], hashed)
        self.assertRegex(shadow["lou"], r"^\$[0-9a-z]+\$")
        self.assertTrue(shadow["max"].startswith("!"), shadow["max"])
        history = (tree / "usr/share/image-customizer/history.json").read_text()
        self.assertNotIn("secretly", history)
        self.assertNotIn("secretly", (tree / "etc/shadow").read_text())
        self.assertNotIn(hashed, history)

    def test_the_mode_of_selinux_is_said_where_the_system_reads_it(self):
        files = ("os: {additionalFiles: [{destination: /etc/selinux/config, content: \"# a note\\nSELINUX=permissive\\nSELINUXTYPE=tight\\n\"}, "
                 "{destination: /etc/selinux/tight/contexts/files/file_contexts, content: \"/.* system_u:object_r:file_t:s0\\n\"}]}\n")
        base = self.customize(files)
        for mode, words, setting in (("enforcing", ["security=selinux", "selinux=1"], "enforcing"), ("permissive", ["security=selinux", "selinux=1"], "permissive"),
                                     ("force-enforcing", ["security=selinux", "selinux=1", "enforcing=1"], "enforcing"), ("disabled", ["selinux=0"], "disabled")):
            with self.subTest(mode=mode):
                base = self.customize(f"os: {{selinux: {{mode: {mode}}}}}\n", "--release", self.release, base=base)
                text = (self.root_tree(base) / "etc/selinux/config").read_text()
                self.assertEqual(text, f"# a note\nSELINUX={setting}\nSELINUXTYPE=tight\n")
                for entry in self.inspect(base)["system"]["bootEntries"]:
                    said = [word for word in entry["commandLine"].split() if word.split("=")[0] in ("security", "selinux", "enforcing")]
                    self.assertEqual(said, words)

    def test_a_config_for_another_architecture_is_refused(self):
        said = self.customize("architectures: [aarch64]\nos: {hostname: x}\n", expect=2)
        self.assertIn("customize.other-architecture", said)
        self.assertEqual((self.tree("architectures: [aarch64, x86_64]\nos: {hostname: both}\n") / "etc/hostname").read_text().strip(), "both")
        # A repository for other architectures has nothing for this one.
        said = self.customize(f"repositories: [{self.repository('late', ', architectures: [aarch64]')}]\nos: {{packages: {{install: [listed]}}}}\n", expect=None)
        self.assertRegex(said, r"\[(resolve|config|pipeline)\.[a-z-]+\]")

    def test_outputs_have_the_name_and_the_files_that_are_asked_for(self):
        config = self.config("")
        config.write_text("scripts: {postCustomization: [{content: 'echo left > $IMAGEWRIGHT_FILES/note.txt'}]}\n"
                          "output: {name: other, scriptFiles: [note.txt], images: [{format: raw}]}\n")
        out = config.parent / "out"
        self.run_program("customize", "--image", self.base(), config, "--output-dir", out, "--cache-dir", self.top / "cache", env=environment())
        self.assertTrue((out / "other-x86_64.raw").exists())
        self.assertEqual((out / "other-x86_64.files.note.txt").read_text(), "left\n")

    def test_lines_of_files_are_edited_and_files_go(self):
        tree = self.tree("os: {edits: [{path: /etc/merged/kept, lines: [{add: more}], permissions: '600'}, {path: /etc/merged/link, link: kept}, "
                         "{path: /etc/merged/below, directory: true}, {path: /usr/share/first, remove: true}]}\n")
        self.assertEqual((tree / "etc/merged/kept").read_text().split(), ["kept", "more"])
        self.assertEqual(str((tree / "etc/merged/link").readlink()), "kept")
        self.assertTrue((tree / "etc/merged/below").is_dir())
        self.assertFalse((tree / "usr/share/first").exists())

    def packages(self, raw):
        return {f"{each['name']}-{each['version']}" for each in self.inspect(raw)["packages"]}

    def test_lists_of_packages(self):
        directory = self.scratch()
        for name in ("listed", "first"):
            (directory / f"{name}.yaml").write_text(f"packages: [{name}]\n")
        repositories = f"repositories: [{self.repository('late')}]\n"
        installed = self.customize(f"{repositories}os: {{packages: {{installLists: [{directory}/listed.yaml], updateLists: [{directory}/first.yaml]}}}}\n")
        self.assertLessEqual({"listed-1", "first-2"}, self.packages(installed))
        self.assertNotIn("weak-1", self.packages(installed))
        removed = self.customize(f"{repositories}os: {{packages: {{removeLists: [{directory}/listed.yaml]}}}}\n", base=installed)
        self.assertNotIn("listed-1", self.packages(removed))

    def test_what_comes_with_packages(self):
        repositories = f"repositories: [{self.repository('late')}]\n"
        raw = self.customize(repositories + "os: {packages: {install: [listed, wordy], recommends: true, docs: false}}\n")
        self.assertLessEqual({"listed-1", "weak-1", "wordy-1"}, self.packages(raw))
        self.assertFalse((self.root_tree(raw) / "usr/share/doc/wordy/README").exists())
        raw = self.customize(repositories + "os: {packages: {install: [wordy], docs: true}}\n")
        self.assertTrue((self.root_tree(raw) / "usr/share/doc/wordy/README").exists())
        self.assertIn("install.scriptlet-failed", self.customize(repositories + "os: {packages: {install: [fails]}}\n", expect=1))
        raw = self.customize(repositories + "os: {packages: {install: [fails]}, scriptlets: {allowFailure: [fails], timeout: 60}}\n")
        self.assertIn("fails-1", self.packages(raw))

    def test_languages_of_packages(self):
        repositories = f"repositories: [{self.repository('late')}]\n"
        for wish, expected in (("", ["de", "fr"]), (", languages: [fr]", ["fr"])):
            tree = self.tree(f"{repositories}os: {{packages: {{install: [spoken]{wish}}}}}\n")
            self.assertEqual(sorted(path.parent.name for path in tree.glob("usr/share/locale/*/spoken")), expected)

    def test_a_list_of_mirrors(self):
        url = file_server.serve(self.top, self.addCleanup)
        (self.top / "mirrors").write_text(f"{url}/nothing/\n{url}/other/\n")
        raw = self.customize(f"repositories: [{{name: listed, mirrorList: '{url}/mirrors', gpgCheck: false, repoGpgCheck: false}}]\n"
                             "os: {packages: {install: [listed]}}\n")
        self.assertIn("listed-3", self.packages(raw))

    def test_repositories_are_chosen_from(self):
        def installed(*repositories, wish="install: [listed]", expect=0):
            made = self.customize(f"repositories: [{', '.join(repositories)}]\nos: {{packages: {{{wish}}}}}\n", expect=expect)
            return self.packages(made) if expect == 0 else made

        late = self.repository("late")
        self.assertIn("listed-3", installed(late, self.repository("other")))
        self.assertIn("listed-1", installed(late, self.repository("other", ", priority: 120")))
        self.assertIn("listed-1", installed(late, self.repository("other", ", excludePackages: [listed]")))
        self.assertIn("listed-1", installed(late, self.repository("other", ", includePackages: [nothing]")))
        self.assertIn("listed-3", installed(late, self.repository("other", ", cost: 2000")))
        url = f"{{name: url, baseUrl: 'file://{self.top / 'other'}', gpgCheck: false, repoGpgCheck: false}}"
        self.assertIn("listed-3", installed(url))
        self.assertIn("resolve.", installed(self.repository("late", ", excludePackages: [listed]"), expect=3))

    def test_packages_of_a_day(self):
        day = datetime.date.today() - datetime.timedelta(days=2)
        said = self.customize(f"previewFeatures: [package-snapshot-time]\nrepositories: [{self.repository('late')}]\n"
                              f"os: {{packages: {{install: [listed], snapshotTime: '{day}'}}}}\n", expect=3)
        self.assertIn("resolve.", said)

    def test_formats_have_their_settings(self):
        config = self.config("os: {hostname: x}\n")
        config.write_text("os: {hostname: x}\noutput: {images: [{format: qcow2, clusterSize: 128K, compression: {algorithm: zstd, level: 3}}]}\n")
        out = config.parent / "out"
        self.run_program("customize", "--image", self.base(), config, "--output-dir", out, "--cache-dir", self.top / "cache", env=environment())
        facts = json.loads(self.run_tool("qemu-img", "info", "--output=json", next(out.glob("*.qcow2"))).stdout)
        self.assertEqual(facts["cluster-size"], 128 << 10)
        self.assertEqual(facts["format-specific"]["data"]["compression-type"], "zstd")

    def test_the_policy_of_selinux_comes_out(self):
        files = "".join(f"{{destination: {path}, content: \"{text}\"}}, " for path, text in (
            ("/etc/selinux/config", "SELINUX=permissive\\nSELINUXTYPE=tight\\n"), ("/etc/selinux/tight/policy/policy.33", "binary"),
            ("/etc/selinux/tight/contexts/files/file_contexts", "/.* system_u:object_r:file_t:s0\\n"), ("/etc/selinux/loose/policy", "no")))
        policy = self.scratch() / "policy"
        said = self.customize("previewFeatures: [output-selinux-policy]\nos: {hostname: x}\n", base=self.base())
        self.assertTrue(said.exists())
        for text, expect in ((f"os: {{additionalFiles: [{files.removesuffix(', ')}]}}\n", 0), ("os: {hostname: x}\n", 2)):
            config = self.config("previewFeatures: [output-selinux-policy]\n" + text)
            config.write_text(config.read_text().replace("output: {", f"output: {{selinuxPolicyPath: {policy}, "))
            result = self.run_program("customize", "--image", self.base(), config, "--output-dir", config.parent / "out",
                                      "--cache-dir", self.top / "cache", expect=expect, env=environment())
            if expect:
                self.assertIn("pipeline.no-selinux-policy", result.stderr)
                self.assertFalse((config.parent / "out").exists() and any((config.parent / "out").iterdir()))
                continue
            self.assertEqual((policy / "tight/policy/policy.33").read_text(), "binary")
            self.assertEqual(sorted(path.name for path in policy.iterdir()), ["SHA256SUMS", "tight"])
            self.run_tool("sha256sum", "--strict", "-c", "SHA256SUMS", cwd=policy)

    def test_a_new_disk_is_as_large_as_said(self):
        storage = ("storage:\n  bootType: efi\n  disks:\n  - partitionTableType: gpt\n    maxSize: 160M\n    partitions:\n"
                   "    - {id: esp, label: esp, type: esp, end: 41M}\n    - {id: root, label: root, type: root}\n"
                   "  filesystems:\n  - {deviceId: esp, type: fat32, mountPoint: /boot/efi}\n"
                   "  - {deviceId: root, type: ext4, mountPoint: {path: /, idType: part-label}}\n")
        boot = "os: {bootloader: {resetType: hard-reset}}\n"
        raw = self.customize(storage + boot, "--release", self.release)
        partitions = self.partitions(raw)[0]
        self.assertEqual(raw.stat().st_size, 160 << 20)
        self.assertEqual([partitions[name]["size"] >> 11 for name in ("esp", "root")], [40, 118])
        self.assertIn("PARTLABEL=root", (self.root_tree(raw) / "etc/fstab").read_text())
        fitted = storage.replace("    maxSize: 160M\n", "").replace("storage:\n", "storage:\n  autoSize: true\n  freeSpace: 10M\n")
        small = self.partitions(self.customize(fitted + boot, "--release", self.release))[0]["root"]["size"] >> 11
        large = self.partitions(self.customize(fitted.replace("10M", "50M") + boot, "--release", self.release))[0]["root"]["size"] >> 11
        self.assertEqual(large - small, 40)

    def test_an_overlay_has_its_options(self):
        tree = self.tree("os: {overlays: [{lowerDirs: [/etc], upperDir: /srv/u, workDir: /srv/w, mountPoint: /etc, mountOptions: noatime}]}\n")
        self.assertIn("workdir=/srv/w,noatime\t", (tree / "etc/fstab").read_text())


    def refused(self, text, code, *options, expect=2, base=None):
        said = self.customize(text, *options, expect=expect, base=base)
        self.assertIn(f"[{code}]", said)

    def test_an_overlay_that_could_not_be_mounted_is_refused(self):
        lines = self.run_tool("debugfs", "-R", "cat /etc/fstab", self.check_filesystems(self.base()) / "root").stdout
        overlay = "os: {overlays: [{lowerDirs: [/etc], upperDir: %s, workDir: %s, mountPoint: %s%s}]}\n"
        self.refused(overlay % ("/srv/u", "/var/w", "/etc", ""), "config.conflict")
        self.refused(overlay % ("/var/u", "/var/w", "/srv", ""), "config.conflict")
        self.refused(overlay % ("/run/u", "/run/w", "/etc", ""), "config.conflict")
        early = overlay % ("/srv/u", "/srv/w", "/etc", ", isInitrdOverlay: true")
        self.refused(early, "config.conflict", "--release", self.release)
        changed = lines.replace("/srv\text4\tdefaults", "/srv\text4\tdefaults,x-initrd.mount")
        self.assertNotEqual(changed, lines)
        base = self.customize(f"os: {{additionalFiles: [{{destination: /etc/fstab, content: {json.dumps(changed)}}}]}}\n")
        self.customize(early, "--release", self.release, base=base)
        absent = lines + "/dev/sdz1\t/media\tauto\tnoauto\t0\t0\n"
        base = self.customize(f"os: {{additionalFiles: [{{destination: /etc/fstab, content: {json.dumps(absent)}}}]}}\n")
        self.customize(overlay % ("/media/u", "/media/w", "/etc", ", isInitrdOverlay: true"), "--release", self.release, base=base)
        read_only = lines.replace("/srv\text4\tdefaults", "/srv\text4\tro")
        base = self.customize(f"os: {{additionalFiles: [{{destination: /etc/fstab, content: {json.dumps(read_only)}}}]}}\n")
        self.refused(overlay % ("/srv/u", "/srv/w", "/etc", ""), "config.conflict", base=base)

    def test_a_module_is_one_in_either_spelling_and_keeps_its_other_options(self):
        base = self.customize("os: {modules: [{name: nf-x, loadMode: disable}, {name: snd, loadMode: auto, options: {a: 1, b-c: 2}}]}\n")
        tree = self.tree("os: {modules: [{name: nf_x, loadMode: auto}, {name: snd, options: {b_c: 3, d: 4}}]}\n", base=base)
        self.assertEqual((tree / "etc/modprobe.d/modules-disabled.conf").read_text(), "")
        self.assertEqual((tree / "etc/modprobe.d/module-options.conf").read_text(), "options snd b_c=3 d=4 a=1\n")
        self.refused("os: {modules: [{name: nf_x, options: {a: 1}}]}\n", "finalize.options-of-blocked-module", base=base)
        self.refused("os: {modules: [{name: nf_x}, {name: nf-x}]}\n", "config.duplicate-name")

    def test_settings_of_modules_that_are_no_files_stop_nothing(self):
        base = self.customize("os: {additionalFiles: [{destination: /etc/modprobe.d/directory.conf/inner, content: x}]}\n")
        tree = self.tree("os: {modules: [{name: beta, loadMode: always, options: {a: 1}}]}\n", base=base)
        self.assertIn("options beta a=1", (tree / "etc/modprobe.d/module-options.conf").read_text())

    def test_files_that_have_the_last_word_about_a_module_are_named(self):
        base = self.customize("os: {additionalFiles: [{destination: /usr/lib/modprobe.d/guide.conf, content: \"blacklist nf_x\\ninstall beta /bin/true\\n\"}, "
                              "{destination: /etc/modprobe.d/zeta.conf, content: \"options snd a=9\\n\"}]}\n")
        text = "os: {modules: [{name: nf-x, loadMode: auto}, {name: beta, loadMode: auto}, {name: snd, options: {a: 1, b: 2}}]}\n"
        config = self.config(text)
        result = self.run_program("customize", "--image", base, config, "--output-dir", config.parent / "out", "--cache-dir", self.top / "cache", env=environment())
        said = [line for line in result.stderr.splitlines() if "finalize.other-module-setting" in line]
        self.assertEqual(len(said), 3, result.stderr)
        for line, words in zip(said, (("blacklist nf_x", "guide.conf"), ("install beta", "guide.conf"), ("options snd a=9", "zeta.conf"))):
            self.assertTrue(all(word in line for word in words), line)

    def test_what_the_image_has_not_is_told(self):
        config = self.config("os: {locale: xx_XX.UTF-8, keymap: nowhere, modules: [{name: nothing, loadMode: always}], "
                             "users: [{name: kim, startupCommand: /bin/none}, {name: lou, startupCommand: /bin/sh}]}\n")
        result = self.run_program("customize", "--image", self.base(), config, "--output-dir", config.parent / "out", "--cache-dir", self.top / "cache", env=environment())
        for code in ("unknown-locale", "unknown-keymap", "unknown-module", "unknown-shell"):
            self.assertEqual(result.stderr.count(f"[finalize.{code}]"), 1, result.stderr)

    def test_a_script_starts_in_the_root_and_leaves_nothing_beside_itself(self):
        config = self.config("scripts: {postCustomization: [{path: first.sh}]}\n")
        script = config.parent / "first.sh"

        def run(text, expect=0):
            script.write_text(text)
            return self.run_program("customize", "--image", self.base(), config, "--output-dir", config.parent / "out", "--cache-dir", self.top / "cache",
                                    expect=expect, env=environment())
        run("mkdir made; echo here > made/file; echo $PWD >> made/file\n")
        tree = self.root_tree(next((config.parent / "out").glob("*.raw")))
        self.assertEqual((tree / "made/file").read_text(), "here\n/\n")
        self.assertFalse((tree / "_imageconfigs").exists())
        self.assertIn("finalize.unknown-script-file", run("echo x > /_imageconfigs/notes\n", expect=2).stderr)

    def test_arguments_go_from_every_file_that_the_next_menu_is_made_of(self):
        base = self.customize("os: {kernelCommandLine: {extraCommandLine: [quiet, 'd=\"a b\"']}, additionalFiles: ["
                              "{destination: /etc/default/grub, source: grub}, {destination: /etc/default/grub.d/50.cfg, source: more}]}\n"
                              .replace("source: grub}", f"source: {self.file(QUOTED)}}}").replace("source: more}", f"source: {self.file(MORE)}}}"))
        tree = self.tree("os: {kernelCommandLine: {remove: [quiet, d], extraCommandLine: [new]}}\n", base=base)
        self.assertEqual((tree / "etc/default/grub").read_text(), QUOTED.replace('quiet d=\\"a b\\" ', " "))
        self.assertEqual((tree / "etc/default/grub.d/50.cfg").read_text(), 'GRUB_CMDLINE_LINUX_DEFAULT="nosplash new"\n')

    def said(self, text, base=None, expect=0):
        config = self.config(text)
        result = self.run_program("customize", "--image", base or self.base(), config, "--output-dir", config.parent / "out",
                                  "--cache-dir", self.top / "cache", expect=expect, env=environment())
        return result.stderr, next((config.parent / "out").glob("*.raw"), None)

    def test_settings_of_before_stay_beside_those_of_now(self):
        base = self.customize("os: {sysctl: {vm.swappiness: 10, kernel.panic: 5}, additionalFiles: "
                              "[{destination: /etc/sysctl.d/99-late.conf, content: \"kernel.panic = 1\\n\"}]}\n")
        said, raw = self.said("os: {sysctl: {vm/swappiness: 20, kernel.printk: 3}}\n", base=base)
        self.assertNotIn("finalize.other-sysctl-setting", said)
        self.assertEqual((self.root_tree(raw) / "etc/sysctl.d/95-image.conf").read_text(), "kernel.panic = 5\nkernel.printk = 3\nvm/swappiness = 20\n")
        self.assertIn("99-late.conf", next(line for line in self.said("os: {sysctl: {kernel.panic: 9}}\n", base=base)[0].splitlines()
                                           if "[finalize.other-sysctl-setting]" in line))
        self.refused("os: {sysctl: {a.b: 1, a/b: 2}}\n", "config.duplicate-name")

    def test_a_directory_does_not_take_the_place_of_a_file(self):
        given = self.scratch() / "given"
        (given / "kept").mkdir(parents=True)
        said = self.customize(f"os: {{additionalDirs: [{{source: {given}, destination: /etc/merged, mergedDirPermissions: '750'}}]}}\n", expect=2)
        self.assertIn("\"/etc/merged/kept\" is there, and no directory [fs.root-access]", said)
        self.assertIn("node.yaml:1:", said)

    def test_what_fat_does_not_keep_is_told(self):
        said, raw = self.said("os: {additionalFiles: [{destination: /boot/efi/a, content: a, permissions: '600'}, {destination: /boot/efi/b, content: b},"
                              " {destination: /etc/c, content: c, permissions: '600'}], edits: [{path: /boot/efi/EFI, owner: '5'}, {path: /srv, owner: '5'}, {path: /boot/efi/a, lines: [{add: b}]}]}\n")
        told = [line for line in said.splitlines() if "[finalize.no-permissions]" in line]
        self.assertEqual([re.search(r'warning: "([^"]+)"', line).group(1) for line in told], ["/boot/efi/a", "/boot/efi/EFI"])

    def test_units_that_have_other_names_or_are_not_there(self):
        base = self.customize("os: {edits: [{path: /usr/lib/systemd/system/alias.service, link: two.service}]}\n")
        said, raw = self.said("os: {services: {mask: [alias], dropIns: [{unit: nothing, name: a, content: x}, {unit: foo-, name: a, content: x},"
                              " {unit: two, name: a, content: x}]}}\n", base=base)
        units = self.root_tree(raw) / "etc/systemd/system"
        self.assertEqual({str((units / f"{name}.service").readlink()) for name in ("alias", "two")}, {"/dev/null"})
        self.assertEqual([line for line in said.splitlines() if "[finalize.unknown-unit]" in line and "nothing.service" not in line], [])
        self.assertEqual(said.count("[finalize.unknown-unit]"), 1)

    def test_a_first_boot_keeps_what_is_enabled_and_disabled(self):
        preset = "etc/systemd/system-preset/00-image.preset"
        services = "os: {services: {enable: [one], disable: [two.service], mask: [three]}}\n"
        self.assertFalse((self.root_tree(self.customize(services)) / preset).exists())
        base = self.customize("scripts: {postCustomization: [{content: 'rm -f /etc/machine-id; echo uninitialized > /etc/machine-id'}]}\n")
        raw = self.customize(services, base=base)
        self.assertEqual((self.root_tree(raw) / preset).read_text(), "enable one.service\ndisable two.service\n")
        tree = self.tree("os: {services: {enable: [two]}}\n", base=raw)
        self.assertEqual((tree / preset).read_text(), "enable two.service\nenable one.service\n")

    def test_the_image_says_what_it_is_behind_links(self):
        base = self.customize("scripts: {postCustomization: [{content: 'mkdir /usr/lib/variant && cp /usr/lib/os-release /usr/lib/variant/release "
                              "&& ln -sf variant/release /usr/lib/os-release'}]}\n")
        tree = self.tree("os: {identity: {imageId: node}}\n", base=base)
        self.assertEqual(str((tree / "usr/lib/os-release").readlink()), "variant/release")
        self.assertIn("IMAGE_ID='node'", (tree / "usr/lib/variant/release").read_text())

    def test_a_password_gets_an_age_where_it_had_none(self):
        base = self.customize("scripts: {postCustomization: [{content: 'echo \"svc:x:900:0::/:/bin/sh\" >> /etc/passwd; "
                              "echo \"old:x:901:0::/:/bin/sh\" >> /etc/passwd; echo \"old:!::0:99999:7:::\" >> /etc/shadow'}]}\n")
        tree = self.tree("os: {users: [{name: svc, passwordExpiresDays: 30}, {name: old, passwordExpiresDays: 20}]}\n", base=base)
        rows = {line.split(":")[0]: line.split(":") for line in (tree / "etc/shadow").read_text().splitlines()}
        self.assertEqual([rows["svc"][1], rows["svc"][4], rows["old"][4]], ["!", "30", "20"])
        self.assertTrue(rows["svc"][2].isdigit() and rows["old"][2].isdigit(), rows)

    def test_other_names_of_the_machine_stay(self):
        base = self.customize("os: {hostname: old.example, edits: [{path: /etc/hosts, lines: [{replace: '127.0.1.1*', with: 127.0.1.1 old.example old db.local}]}]}\n")
        self.assertIn("127.0.1.1\tnew db.local\n", (self.tree("os: {hostname: new}\n", base=base) / "etc/hosts").read_text())

    def test_a_file_in_the_place_of_a_setting_is_told(self):
        said, raw = self.said("os: {hostname: of-the-key, users: [{name: kim}], additionalFiles: [{destination: /etc/hostname, content: of-the-file}]}\n")
        self.assertEqual(said.count("[config.conflict]"), 1, said)
        self.assertIn("takes the place of what os.hostname writes", said)
        self.assertEqual((self.root_tree(raw) / "etc/hostname").read_text(), "of-the-file")

    def test_scripts_are_promised_no_network(self):
        self.refused("scripts: {network: true, postCustomization: [{content: exit}]}\n", "config.unsupported-key")

    def file(self, text):
        path = self.scratch() / "file"
        path.write_text(text)
        return path


if __name__ == "__main__":
    unittest.main()
