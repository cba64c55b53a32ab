# SPDX-License-Identifier: MIT
"""Files and mounts of a config meet what packages left there: links, other names, places that an image has empty, odd spellings of paths."""

import json
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from sibling_images import SiblingTestCase, disk, make_repository, package  # noqa: E402

LINKS = package("links", head="Requires(post): tiny-base\n", install=r"""
mkdir -p //etc //usr/share/zone //opt/real //usr/share/hl //var/cache //usr/share/zoneinfo/Europe
ln -s ../run/systemd/resolve/stub-resolv.conf //etc/resolv.conf; ln -s /usr/share/zone/UTC //etc/localtime; echo UTC > //usr/share/zone/UTC
ln -s zone //usr/share/zonelink; ln -s /opt/real //opt/abs; ln -s ../../../../../../nowhere //opt/up
for name in a b c; do echo old > //usr/share/hl/$name; ln //usr/share/hl/$name //usr/share/hl/$name-twin; done
echo host > //usr/share/hl/host; ln //usr/share/hl/host //etc/hostname; ln -s /usr/share/hl/host //etc/locale.conf
ln -s ../run //var/run; ln -s ../../tmp //var/cache/t; ln -s var/tmp //scratch; printf TZif > //usr/share/zoneinfo/Europe/Berlin""",
                files="/etc/resolv.conf\n/etc/localtime\n/etc/hostname\n/etc/locale.conf\n/usr/share/zone\n/usr/share/zonelink\n"
                "/usr/share/hl\n/usr/share/zoneinfo\n/opt\n/var/run\n/var/cache/t\n/scratch",
                rest="%post\nln -s loop2 /opt/loop1\nln -s loop1 /opt/loop2\n")


def additional_files(*destinations, more=""):
    files = ", ".join(f'{{destination: {json.dumps(each)}, content: "new\\n"}}' for each in destinations)
    return f"os:\n  packages: {{install: [links]}}\n  additionalFiles: [{files}]\n{more}"


class Files(SiblingTestCase):
    PACKAGES = (LINKS,)

    def test_a_file_takes_the_name_and_leaves_what_it_led_to(self):
        image = self.image(additional_files("/etc/localtime", "/etc/resolv.conf", "/opt/abs", "/opt/up", "/opt/loop1", "/usr/share/zonelink/UTC", "/usr/share/hl/a",
                                            "/usr/share/hl/b-twin", "/opt/real/x", "etc//./own", "/usr/../etc/dotted"))
        for path in ("/etc/localtime", "/etc/resolv.conf", "/opt/abs", "/opt/up", "/opt/loop1", "/usr/share/zone/UTC", "/usr/share/hl/a", "/usr/share/hl/b-twin",
                     "/opt/real/x", "/etc/own", "/etc/dotted"):
            with self.subTest(path=path):
                self.assertTrue(image.archive()[path].isreg())
                self.assertEqual(image.read(path), "new\n")
        for path in ("/usr/share/hl/a-twin", "/usr/share/hl/b", "/usr/share/hl/c"):
            with self.subTest(path=path):
                self.assertEqual(image.read(path), "old\n")
        self.assertTrue(image.archive()["/opt/loop2"].issym())

    def test_steps_that_write_what_packages_own_take_the_name_too(self):
        image = self.image(additional_files("/etc/own", more="  hostname: fresh\n  locale: C.UTF-8\n  timezone: Europe/Berlin\n"))
        self.assertEqual((image.read("/etc/hostname"), image.read("/usr/share/hl/host")), ("fresh\n", "host\n"))
        self.assertIn("LANG=C.UTF-8", image.read("/etc/locale.conf"))
        self.assertEqual(image.archive()["/etc/localtime"].linkname, "../usr/share/zoneinfo/Europe/Berlin")
        self.assertEqual(image.read("/usr/share/zone/UTC"), "UTC\n")

    def test_what_stands_in_the_way_is_told(self):
        rows = (("/opt/up/x", "fs.root-access", "is a link to"), ("/opt/loop1/x", "fs.root-access", "is a link to"),
                                 ("/opt/real", "fs.root-access", "is a directory"), ("/usr/share/zone/UTC/x", "fs.root-access", "/usr/share/zone/UTC"),
                                 ("/etc/" + "a" * 256, "fs.root-access", "too long"), ("/etc", "fs.root-access", "is a directory"))
        for (path, code, word), built in self.in_parallel(lambda row: self.build(additional_files(row[0])), rows):
            with self.subTest(path=path):
                self.assert_refused(built, code, word)

    def test_destinations_that_name_no_file_are_refused_by_validate(self):
        paths = ("/", "//", "/.", "/etc/foo/", "/etc/foo/.", "/etc/foo/..", "etc/foo//", "", "/dev/x", "//proc//x", "/sys/./x", "/etc/a\n")
        for path in paths:
            with self.subTest(path=path):
                said = self.run_on("validate", self.config(additional_files(path)))
                self.assertEqual(said.code, 2, said.said)
                self.assertRegex(said.said, r"node\.yaml:\d+:\d+: error: .*\[config.bad-value\]")

    def test_what_would_not_be_in_the_image_is_refused(self):
        rows = (("/tmp/x", "config.lost-file"), ("//tmp//x", "config.lost-file"), ("/var/../tmp/x", "config.lost-file"), ("/run/x/y", "config.lost-file"),
                           ("/var/tmp/x", "config.lost-file"), ("/var/run/x", "policy.file-not-kept"), ("/var/lock/x", "policy.file-not-kept"),
                           ("/var/cache/t/x", "finalize.file-not-kept"), ("/scratch/a/x", "finalize.file-not-kept"))
        for (path, code), built in self.in_parallel(lambda row: self.build(additional_files(row[0])), rows):
            with self.subTest(path=path):
                self.assert_refused(built, code)

    def test_the_database_of_packages_is_rpms_alone(self):
        for path in ("/var/lib/rpm", "/var/lib/rpm/rpmdb.sqlite", "/var//lib/./rpm/rpmdb.sqlite-wal", "/etc/../var/lib/rpm/.rpm.lock", "/usr/lib/sysimage/rpm/Packages.db", "/usr/share/rpm/x"):
            with self.subTest(path=path):
                self.assert_refused(self.run_on("validate", self.config(additional_files(path))), "config.package-database", "rpm alone")
        tree = self.scratch() / "tree"
        (tree / "lib/rpm").mkdir(parents=True)
        (tree / "lib/rpm/rpmdb.sqlite").write_text("x")
        directory = f"os: {{additionalDirs: [{{source: {tree}, destination: /var}}]}}\n"
        link = package("dblink", install="ln -s var/lib //short", files="/short")
        self.repositories = [*self.repositories, make_repository(self.scratch() / "r", link)]
        short = additional_files("/short/rpm/rpmdb.sqlite").replace("[links]", "[dblink]")
        for text in (directory, short):
            with self.subTest(text=text):
                self.assert_refused(self.build(text), "finalize.package-database", "rpmdb.sqlite")
        self.assertEqual(self.image(additional_files("/var/lib/rpmx", "/var/lib/rpm-state/x")).read("/var/lib/rpmx"), "new\n")

    def test_what_scripts_use_may_stand_where_nothing_stays(self):
        script = "scripts: {postCustomization: [{content: 'cp /var/tmp/x /etc/copied'}]}\n"
        rows = (("/var/tmp/x", True), ("/scratch/x", True), ("/tmp/x", False), ("/run/x", False))
        for (path, is_taken), built in self.in_parallel(lambda row: self.build(additional_files(row[0]) + script), rows):
            with self.subTest(path=path):
                self.assertEqual(built.code, 0 if is_taken else 2, built.said)
                if is_taken:
                    self.assertEqual(built.read("/etc/copied") if "/etc/copied" in built.archive() else None, "new\n")
                    self.assertNotIn("/var/tmp/x", built.archive())

    def test_files_at_paths_that_are_written_or_cleaned_stay(self):
        paths = ("/etc/fstab", "/etc/hostname", "/etc/machine-id", "/etc/kernel/cmdline", "/etc/default/grub", "/boot/efi/loader/loader.conf", "/etc/selinux/config",
                 "/var/cache/dnf/x", "/var/log/dnf.log", "/var/log/dracut.log", "/var/lib/systemd/random-seed", "/etc/ssh/ssh_host_rsa_key", "/etc/imagewright-release",
                 "/etc/dracut.conf.d/zz.conf", "/etc/vconsole.conf", "/etc/sysctl.d/99-own.conf", "/lost+found/x", "/.autorelabel")
        image = self.image(additional_files(*paths, more="  hostname: gen\n"), ("tar", "raw"))
        for path in paths:
            with self.subTest(path=path):
                self.assertEqual(image.read(path), "new\n")
        for partition in ("root", "esp"):
            self.assert_sound(image.partition(partition))


class Mounts(SiblingTestCase):
    PACKAGES = (LINKS,)

    def test_however_a_mount_point_is_spelt_its_content_is_on_its_partition(self):
        text = "os:\n  bootloader: {resetType: hard-reset}\n  additionalFiles: [{destination: /home//kim/./f, content: x}, {destination: /srv/g, content: x}]\n"
        rows = ((["/home/"], ["/home"]), (["//home//", "/srv/."], ["/home", "/srv"]), (["/var/../home"], ["/home"]),
                              (["{path: /home/, idType: part-label}"], ["/home"]), (["/home/./kim/", "/home"], ["/home/kim", "/home"]), (["/boot/"], ["/boot"]),
                              (["/usr/"], ["/usr"]), (["/HOME", "/home/"], ["/HOME", "/home"]), (["/var/lib/rpm/"], ["/var/lib/rpm"]))
        for (mounts, paths), image in self.in_parallel(lambda row: self.image(disk(row[0]) + text, ("raw", "tar")), rows):
            with self.subTest(mounts=mounts):
                fstab = [line.split()[1] for line in image.lines("/etc/fstab")]
                self.assertEqual(sorted(fstab), sorted(["/", "/boot/efi", *paths]))
                for number, path in enumerate(paths):
                    filesystem = image.partition(f"d{number}")
                    self.assert_sound(filesystem)
                    self.assertEqual(self.names_in(filesystem, "/"), self.expected_names(image, path, paths))
                    self.assertEqual(self.names_in(image.partition("root"), path) - {"lost+found"}, set(), "hidden below the mount")
                self.assert_sound(image.partition("root"))

    def names_in(self, filesystem, path):
        """As debugfs lists them."""
        listed = self.run_tool("debugfs", "-R", f"ls -p {path}", filesystem).stdout
        return {line.split("/")[5] for line in listed.splitlines() if line.startswith("/")} - {".", "..", ""}

    def expected_names(self, image, path, paths):
        names = {entry.removeprefix(path + "/").split("/")[0] for entry in image.archive() if entry.startswith(path + "/")}
        return (names - {""}) | {"lost+found"} | {each.removeprefix(path + "/").split("/")[0] for each in paths if each.startswith(path + "/")}

    def test_mounts_that_hide_or_cannot_be_are_refused_at_their_place(self):
        for mounts, word in ((["/srv", "/srv/"], "mounted twice"), (["/srv", "//srv/./"], "mounted twice"), (["/"], "mounted twice"), (["/boot/efi/"], "mounted twice"),
                             (["/dev/"], "kernel"), (["/proc/x"], "kernel"), (["//sys"], "kernel"), (["/run/"], "systemd"), (["/etc/"], "before anything is mounted"),
                             (["relative"], "absolute"), (["''"], "absolute"), (["'/a b'"], "blank"), (["'/a:b'"], "colon")):
            with self.subTest(mounts=mounts):
                said = self.run_on("validate", self.config(disk(mounts) + "os:\n  bootloader: {resetType: hard-reset}\n", ("raw",)))
                self.assertEqual(said.code, 2, said.said)
                self.assertRegex(said.said, r"node\.yaml:\d+:\d+: error: ")
                self.assertIn(word, said.said)

    def test_mount_points_that_are_no_directories_are_refused(self):
        text = "os:\n  bootloader: {resetType: hard-reset}\n  packages: {install: [links]}\n"
        mounts = ("/opt/abs", "/usr/share/zonelink", "/etc/hostname", "/opt/loop1", "/scratch", "/lib/")
        for mount, built in self.in_parallel(lambda row: self.build(disk([row]) + text, ("raw",)), mounts):
            with self.subTest(mount=mount):
                self.assertNotEqual(built.code, 0)
                self.assertRegex(built.said, re.escape(mount.rstrip("/")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
