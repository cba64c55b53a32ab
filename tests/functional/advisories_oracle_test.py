# SPDX-License-Identifier: MIT
"""`imagewright advisories` and OpenSCAP on the same definitions and the same packages."""

import json
import re
import shutil
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import TestCase, environment, require_program, require_shared_data  # noqa: E402
from packages import UUID, rpm  # noqa: E402


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def versions_of(feed):
    """The versions that the feed names, by package."""
    parts = {kind: {} for kind in ("rpminfo_object", "rpminfo_state", "rpminfo_test")}
    for element in ElementTree.parse(feed).iter():
        if local(element) in parts:
            parts[local(element)][element.get("id")] = {local(child): child for child in element}
    versions = {}
    for test in parts["rpminfo_test"].values():
        name = parts["rpminfo_object"][test["object"].get("object_ref")]["name"].text
        version = parts["rpminfo_state"][test["state"].get("state_ref")]["evr"].text
        versions.setdefault(name, []).append("".join(version.split()))
    return versions


def install(root, scratch, packages):
    """Packages without files, known to the root's database alone."""
    spec = ["Name: all", "Version: 1", "Release: 1", "Summary: test", "License: MIT", "BuildArch: noarch", "%description", "test"]
    for name, (epoch, version, release) in packages.items():
        spec += [f"%package -n {name}", "Summary: test", f"Epoch: {epoch}", f"Version: {version}", f"Release: {release}",
                 f"%description -n {name}", "test", f"%files -n {name}"]
    (scratch / "all.spec").write_text("\n".join([*spec, ""]))
    command = ["rpmbuild", "-bb", "--define", f"_topdir {scratch}/top", "--define", f"_rpmdir {scratch}/out",
               "--define", "__os_install_post %{nil}", "--define", "_build_name_fmt %%{NAME}.rpm", str(scratch / "all.spec")]
    result = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert result.returncode == 0, result.stderr[-2000:]
    (root / "var/lib/rpm").mkdir(parents=True)
    rpm(root, "-i", "--justdb", "--nodeps", "--nosignature", "--ignorearch", "--ignoreos", *sorted((scratch / "out").rglob("*.rpm")))


class Oracle(TestCase):
    def setUp(self):
        self.feed = require_shared_data("advisories") / "azurelinux-3.0-oval.xml"
        for program in ("oscap", "rpmbuild", "rpm"):
            require_program(program)

    def packages(self):
        """Each package of the feed once, at the version in the middle of those that the feed names for it."""
        packages = {}
        for name, versions in sorted(versions_of(self.feed).items()):
            epoch, version, release = re.fullmatch(r"(\d+):([^-]+)-(.+)", sorted(versions)[len(versions) // 2]).groups()
            older = len(packages) % 3 == 0
            packages[name] = (epoch, version, "0.azl3" if older else release)
        return packages

    def verdicts_of_oscap(self, root, feed):
        # Debian's rpm asks bash for the place of the database, and is told of one in the user's home.
        for directory in ("root", "usr/bin", "usr/lib", "usr/lib64"):
            (root / directory).mkdir(parents=True)
        for link, target in (("bin", "usr/bin"), ("lib", "usr/lib"), ("lib64", "usr/lib64"), ("root/.rpmdb", "../var/lib/rpm")):
            (root / link).symlink_to(target)
        libraries = re.findall(r"/lib\S+", subprocess.run(["ldd", "/bin/bash"], capture_output=True, text=True).stdout)
        for path in ("/bin/bash", *libraries):
            (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / path[1:])
        (root / "bin/sh").symlink_to("bash")
        result = subprocess.run(["oscap", "oval", "eval", "--skip-validation", str(feed)], capture_output=True, text=True,
                                env=environment(OSCAP_PROBE_ROOT=root, HOME="/root"))
        verdicts = dict(re.findall(r"^Definition (\S+): (true|false)$", result.stdout, flags=re.M))
        self.assertEqual(len(verdicts), feed.read_text().count("<definition "), result.stderr[-1000:])
        return {definition for definition, verdict in verdicts.items() if verdict == "true"}

    def verdicts_of_ours(self, path, feed=None):
        document = json.loads(self.run_program("advisories", path, "--feed", feed or self.feed, "--format", "json").stdout)
        return {row["advisory"]: row["package"] for row in document["findings"] if row["status"] in ("affected", "no-fix")}

    def both(self):
        scratch = self.scratch()
        packages = self.packages()
        root = scratch / "root"
        root.mkdir()
        install(root, scratch, packages)
        return packages, self.verdicts_of_oscap(root, self.feed)

    def test_verdicts_are_those_of_openscap_where_names_are_those_of_sources(self):
        packages, theirs = self.both()
        path = self.scratch() / "packages.txt"
        path.write_text("".join(f"{name}-{version}-{release}.noarch\n" for name, (_, version, release) in packages.items()))
        # A list has no epochs.
        with_epoch = {name for name, (epoch, *_) in packages.items() if epoch != "0"}
        ours = self.verdicts_of_ours(path)
        self.assertEqual({definition for definition in set(ours) ^ theirs if ours.get(definition) not in with_epoch}, set())
        self.assertGreater(len(theirs), 200)

    def test_verdicts_on_lists_of_released_images_and_of_older_ones_are_those_of_openscap(self):
        counts = {}
        for notes in sorted(self.feed.parent.glob("aks/*.txt")):
            listed = re.findall(r"^(\S+)-([^-\s]+)-([^-\s]+)\.(?:x86_64|aarch64|noarch)$", notes.read_text(errors="replace"), flags=re.M)
            # Of a name that is there twice, such as a key, oscap would look at either.
            names = [name for name, *_ in listed]
            real = {name: ("0", version, release) for name, version, release in listed if names.count(name) == 1}
            self.assertGreater(len(real), 300)
            for kind, packages in (("as released", real), ("older", {name: ("0", version if number % 3 else "0.1", release)
                                                                   for number, (name, (_, version, release)) in enumerate(real.items())})):
                scratch = self.scratch()
                root = scratch / "root"
                root.mkdir()
                install(root, scratch, packages)
                path = scratch / "packages.txt"
                path.write_text("".join(f"{name}-{version}-{release}.noarch\n" for name, (_, version, release) in packages.items()))
                theirs = self.verdicts_of_oscap(root, self.feed)
                self.assertEqual(set(self.verdicts_of_ours(path)), theirs, f"{notes.name}, {kind}")
                counts.setdefault(kind, []).append(len(theirs))
        # The feed is older than the images: nothing in it is open in them.
        self.assertEqual(set(counts["as released"]), {0})
        self.assertGreater(min(counts["older"]), 20)

    def test_ranges_with_two_bounds_and_alternatives_are_read_as_openscap_reads_them(self):
        text = self.feed.with_name("azurelinux-3.0-oval.truncated-ranges.xml").read_text()
        for old, new in (('tst:39708000"/>', 'tst:39708000"/><criterion test_ref="oval:com.microsoft.azurelinux:tst:39694000"/>'),
                         ('<criterion comment="Package ceph', '<criteria operator="OR"><criterion test_ref="oval:com.microsoft.azurelinux:'
                          'tst:39708000"/><criterion comment="Package ceph'), ('tst:39076000"/>', 'tst:39076000"/></criteria>')):
            self.assertEqual(text.count(old), 1)
            text = text.replace(old, new)
        first, second = [match.start() for match in re.finditer('operation="less than">0:3.4.0', text)]
        text = text[:second] + text[second:].replace('less than">0:3.4.0-1', 'greater than">0:1.2.3-4', 1)
        feed = self.scratch() / "feed.xml"
        feed.write_text(text)
        names = versions_of(feed)
        verdicts = []
        for version in ("0.0.0-0", "0.0.1-1.azl3", "1.2.3-4.azl3", "2.0-1.azl3", "99-1.azl3", *{v.split(":")[1] for each in names.values() for v in each}):
            scratch = self.scratch()
            root = scratch / "root"
            root.mkdir()
            install(root, scratch, {name: ("0", *version.split("-")) for name in names})
            path = scratch / "packages.txt"
            path.write_text("".join(f"{name}-{version}.noarch\n" for name in names))
            theirs = self.verdicts_of_oscap(root, feed)
            self.assertEqual(set(self.verdicts_of_ours(path, feed)), theirs, version)
            verdicts.append(len(theirs))
        self.assertEqual(set(verdicts), {1, 2, 3}, verdicts)

    def test_verdicts_differ_only_where_the_source_has_another_name(self):
        packages, _ = self.both()
        renamed = set(list(packages)[::5])
        scratch = self.scratch()
        root = scratch / "root"
        root.mkdir()
        installed = {name + "-libs" if name in renamed else name: version for name, version in packages.items()}
        install(root, scratch, installed)
        manifest = {"imagewrightManifest": 1, "name": "node", "architecture": "x86_64", "release": "test", "toolVersion": "0.1.0",
                    "epoch": 1700000000, "kernelCommandLine": "", "kernels": [], "units": [], "checks": [], "artifacts": [],
                    "repositories": [], "disk": {"uuid": UUID, "size": 1, "partitions": []}, "files": {},
                    "packages": [{"name": name, "epoch": int(epoch), "version": version, "release": release, "architecture": "noarch",
                                  "repository": "base", "location": "x.rpm", "checksum": "sha256:" + "a" * 64, "downloadSize": 1,
                                  "installedSize": 1, "buildTime": 1,
                                  "source": f"{name.removesuffix('-libs')}-{version}-{release}.src.rpm"}
                                 for name, (epoch, version, release) in installed.items()]}
        path = scratch / "manifest.json"
        path.write_text(json.dumps(manifest))
        ours, theirs = self.verdicts_of_ours(path), self.verdicts_of_oscap(root, self.feed)
        self.assertEqual(theirs - set(ours), set())
        others = {ours[definition] for definition in set(ours) - theirs}
        self.assertEqual(others - renamed - {name for name, (epoch, *_) in packages.items() if epoch != "0"}, set())
        self.assertGreater(len(others), 10)


if __name__ == "__main__":
    unittest.main(verbosity=2)
