# SPDX-License-Identifier: MIT
"""Packages that lie in an image as files: which are chosen, where they are told, and that nothing of them is installed."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import PROGRAM, environment  # noqa: E402
from sibling_images import SiblingTestCase, make_repository, package  # noqa: E402


def kubelet(version, **more):
    return package("kubelet", version, head="Requires: nothing-has-this\nConflicts: tiny-web\n", install="mkdir -p //usr/bin\n: > //usr/bin/kubelet", files="/usr/bin/kubelet", **more)


def node(*stored, more=""):
    return f"os:\n  packages:\n    install: [tiny-web]\n{more}    stored:\n" + "".join(f"    - {json.dumps(each)}\n" for each in stored)


KUBELETS = {"packages": ["kubelet", "kubelet < 1.30"], "directory": "/opt/kubelets"}
NEWEST, OLDER = "/opt/kubelets/kubelet-1.30.2-1.noarch.rpm", "/opt/kubelets/kubelet-1.29.4-1.noarch.rpm"


class Stored(SiblingTestCase):
    PACKAGES = (package("kubelet-unit", install="mkdir -p //usr/lib/systemd/system\nprintf '[Service]\\nExecStart=/bin/sh\\n' > //usr/lib/systemd/system/kubelet@.service",
                        files="/usr/lib/systemd/system/kubelet@.service"), kubelet("1.29.4"), kubelet("1.29.3"), kubelet("1.30.0"), kubelet("1.30.2"), package("kubelet-extras"))

    def setUp(self):
        super().setUp()
        self.cache = ("--cache-dir", self.top / "cache")

    def test_what_changes_after_it_was_verified_is_not_stored(self):
        path = self.config(node({"packages": ["kubelet-extras"], "directory": "/srv/more"}))
        file = next((self.repositories[0] / "noarch").glob("kubelet-extras-*.rpm"))
        content = file.read_bytes()
        self.addCleanup(file.write_bytes, content)
        out = self.scratch() / "out"
        command = [str(PROGRAM), "build", path, "--output-dir", out, "--cache-dir", out.parent / "cache", "--progress", "json"]
        with subprocess.Popen(command, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as build:
            is_changed = False
            for line in build.stderr:
                # All packages are there and verified.
                if not is_changed and '"install"' in line:
                    file.write_bytes(b"what nobody has verified")
                    is_changed = True
        self.assertEqual((build.returncode, is_changed), (0, True))
        stored = json.loads(next(out.glob("*.manifest.json")).read_text())["files"][f"/srv/more/{file.name}"]
        self.assertIn(f"sha256:{hashlib.sha256(content).hexdigest()}", stored)

    def digest(self, name):
        return hashlib.sha256((self.repositories[0] / f"noarch/{name}").read_bytes()).hexdigest()

    def test_they_are_files_and_nothing_else_and_told_everywhere(self):
        path = self.config(node(KUBELETS, {"packages": ["kubelet"], "directory": "/srv/more"}))
        planned = self.run_program("plan", path, *self.cache)
        self.assertRegex(planned.stdout, rf"package +{NEWEST} +from os\.packages\.stored")
        told = json.loads(self.run_program("plan", path, "--json", *self.cache).stdout)[0]["storedPackages"]
        self.assertEqual([each["path"] for each in told], [OLDER, NEWEST, "/srv/more/kubelet-1.30.2-1.noarch.rpm"])
        self.assertRegex(self.run_program("why", path, "kubelet", *self.cache).stdout, r"node\.yaml:\d+:\d+: os\.packages\.stored asks for \"kubelet < 1\.30\"")
        self.run_program("lock", path, *self.cache)
        built = self.run_on("build", path, "--output-dir", path.parent / "out", "--progress", "none", "--locked")
        self.assertEqual(built.code, 0, built.said)
        manifest = built.manifest()
        self.assertEqual({each["directory"] + "/" + each["version"] for each in manifest["storedPackages"]},
                         {"/opt/kubelets/1.29.4", "/opt/kubelets/1.30.2", "/srv/more/1.30.2"})
        self.assertNotIn("kubelet", {each["name"] for each in manifest["packages"]})
        self.assertNotIn("/usr/bin/kubelet", manifest["files"])
        for place in (OLDER, NEWEST):
            self.assertRegex(manifest["files"][place], rf"^file 0644 0:0 \d+ sha256:{self.digest(Path(place).name)}")
        self.assertNotIn("fetchedFiles", manifest)
        spdx = json.loads(next(built.out.glob("*.spdx.json")).read_text())
        self.assertEqual({each["packageFileName"] for each in spdx["packages"] if each["name"] == "kubelet"}, {OLDER, NEWEST, "/srv/more/kubelet-1.30.2-1.noarch.rpm"})
        self.assertEqual(len({each["SPDXID"] for each in spdx["packages"]}), len(spdx["packages"]))
        cyclonedx = json.loads(next(built.out.glob("*.cdx.json")).read_text())
        self.assertEqual({each["version"] for each in cyclonedx["components"] if each["name"] == "kubelet"}, {"1.29.4-1", "1.30.2-1"})
        references = [each["bom-ref"] for each in cyclonedx["components"]]
        self.assertEqual((len(set(references)), set(cyclonedx["dependencies"][0]["dependsOn"]) <= set(references)), (len(references), True))
        feed = path.parent / "feed.json"
        feed.write_text(json.dumps({"id": "TEST-1", "modified": "2026-01-01T00:00:00Z", "affected": [
            {"package": {"ecosystem": "Tiny", "name": "kubelet"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.30.1-1"}]}]}]}))
        for subject in (next(built.out.glob("*.manifest.json")), path.parent / "node.lock.json"):
            said = self.run_program("advisories", subject, "--feed", feed, *(("--arch", "x86_64") if "lock" in subject.name else ()), expect=None)
            self.assertIn("TEST-1", said.stdout, "an old kubelet that is stored is none: " + said.stderr)
        self.run_program("verify", built.out, *self.cache)
        again = self.run_on("build", path, "--output-dir", path.parent / "again", "--progress", "none", "--no-cache")
        self.assertEqual(again.code, 0, again.said)
        sums = [[line for line in (each / "SHA256SUMS").read_text().splitlines() if ".report." not in line] for each in (built.out, again.out.parent / "again")]
        self.assertEqual(*sums)

    def test_a_lock_pins_them_and_moves_them_by_name(self):
        older = self.repositories
        earlier = self.scratch() / "earlier"
        earlier.mkdir()
        for name in ("kubelet-1.30.0-1.noarch.rpm", "kubelet-extras-1-1.noarch.rpm"):
            shutil.copy2(older[0] / "noarch" / name, earlier)
        self.run_tool("createrepo_c", "--quiet", earlier)
        type(self).repositories = [earlier]
        try:
            path = self.config(node({"packages": ["kubelet"], "directory": "/opt/k"}))
            self.run_program("lock", path, *self.cache)
            type(self).repositories = older
            moved = path.read_text().replace(str(next(line for line in path.read_text().splitlines() if "name: own0" in line)),
                                             f"- {{name: own0, path: {older[0]}, gpgCheck: false, repoGpgCheck: false}}")
            path.write_text(moved)
            lock = path.parent / "node.lock.json"
            self.assertIn("1.30.0-1", lock.read_text())
            self.assertNotIn("/opt/k", self.run_program("lock", path, *self.cache).stdout, "what was pinned has moved")
            self.assertIn("fresh", self.run_program("lock", path, *self.cache).stdout)
            path.write_text(moved.replace('["kubelet"]', '["kubelet", "kubelet-extras"]'))
            self.assertIn("store kubelet-extras in /opt/k", self.run_program("lock", path, "--check", *self.cache, expect=5).stderr)
            self.assertIn("+ /opt/k/kubelet-extras-1-1.noarch.rpm", self.run_program("lock", path, *self.cache).stdout)
            self.assertIn('"1.30.0-1"', lock.read_text(), "what was pinned has moved")
            changes = self.run_program("lock", path, "--update", "kubelet", *self.cache).stdout
            self.assertIn("- /opt/k/kubelet-1.30.0-1.noarch.rpm", changes)
            self.assertIn("+ /opt/k/kubelet-1.30.2-1.noarch.rpm", changes)
        finally:
            type(self).repositories = older

    def test_another_file_of_the_same_name_is_told_as_such(self):
        path = self.config("os: {packages: {install: [tiny-web], stored: [{packages: [kubelet], directory: /opt/k}]}}\n")

        def locked(repository):
            path.write_text(re.sub(r"name: own0, path: [^,]+", f"name: own0, path: {repository}", path.read_text()))
            said = self.run_program("lock", path, "--update", "kubelet", *self.cache).stdout
            copy = self.scratch() / "a.lock.json"
            copy.write_bytes((path.parent / "node.lock.json").read_bytes())
            return said, copy

        first = make_repository(self.scratch() / "first", kubelet("1.30.0"), package("kubelet-extras"))
        again = make_repository(self.scratch() / "again", kubelet("1.30.0", rest="%changelog\n* Mon Jan 01 2024 A <a@b> - 1\n- again\n"))
        place = "/opt/k/kubelet-1.30.0-1.noarch.rpm"
        said, old = locked(first)
        self.assertIn(f"+ {place}", said)
        said, new = locked(again)
        self.assertRegex(said, rf"! {place} is another file: sha256:\w+ → sha256:\w+")
        compared = self.run_program("diff", old, new).stdout
        self.assertRegex(compared, rf"(?s)stored packages for x86_64.*{place}.*content")
        path.write_text(path.read_text().replace("[kubelet]", "[kubelet, kubelet-extras]"))
        said, more = locked(first)
        self.assertIn("+ /opt/k/kubelet-extras-1-1.noarch.rpm", said)
        self.assertRegex(self.run_program("diff", new, more).stdout, r"(?s)stored packages for x86_64.*kubelet-extras-1-1")
        self.assertNotIn("stored packages", self.run_program("diff", more, more).stdout)

    def test_what_cannot_be_stored_is_told(self):
        rows = (({"packages": ["no-such"], "directory": "/opt/k"}, 3), ({"packages": ["kubelet > 2"], "directory": "/opt/k"}, 3),
                ({"packages": ["kubelet"], "directory": "/var/tmp/k"}, 2), ({"packages": ["kubelet"], "directory": ""}, 2),
                ({"packages": ["kubelet"]}, 2), ({"directory": "/opt/k"}, 2), ({"packages": "kubelet\n", "directory": "/a/../b"}, 2),
                ({"packages": ["kubelet"], "directory": "/usr/lib/sysimage/rpm"}, 2))
        for row, code in rows:
            with self.subTest(row=row):
                said = self.run_on("plan", self.config(node(row)))
                self.assertEqual(said.code, code, said.said)
                self.assertRegex(said.said, r"node\.yaml:\d+:\d+: error: ")
        path = self.config(node({"packages": ["kubelet"], "directory": "/"}))
        self.assertRegex(self.run_program("plan", path, *self.cache).stdout, r"package +/kubelet-1\.30\.2-1\.noarch\.rpm")
        taken = self.config(node({"packages": ["kubelet"], "directory": "/opt/k"}) + "  additionalFiles: [{destination: /opt/k/kubelet-1.30.2-1.noarch.rpm, content: x}]\n")
        for is_locked in (False, True):
            with self.subTest(is_locked=is_locked):
                self.assert_refused(self.run_on("plan", taken), "finalize.file-overwritten")
                self.run_program("lock", taken, *self.cache)
        excluded = self.run_on("plan", self.config(node({"packages": ["kubelet"], "directory": "/opt/k"}, more="    exclude: [kubelet]\n")))
        self.assertEqual(excluded.code, 3, excluded.said)

    def test_the_package_of_a_unit_that_is_not_there_is_named_with_a_fresh_lock(self):
        stored = {"packages": ["kubelet-unit"], "directory": "/opt/k"}
        rows = (("kubelet@one", "the image only stores kubelet-unit, which brings it"), ("web-next", "add tiny-web-next, which brings it"))
        for unit, hint in rows:
            with self.subTest(unit=unit):
                path = self.config(node(stored) + f"  services: {{enable: [{unit}]}}\n")
                self.run_program("lock", path, *self.cache)
                said = self.run_on("build", path, "--locked", "--output-dir", path.parent / "out", "--progress", "none")
                self.assertEqual(said.code, 1, said.said)
                self.assertRegex(said.said, r"node\.yaml:9:\d+: error: .*\[finalize\.unknown-unit\]")
                self.assertIn(hint, said.said)

    def test_a_damaged_lock_is_refused(self):
        path = self.config(node({"packages": ["kubelet"], "directory": "/opt/k"}))
        self.run_program("lock", path, *self.cache)
        lock = path.parent / "node.lock.json"
        good = lock.read_text()
        for bad in ("../opt", "/opt/../etc", "", "opt/k"):
            with self.subTest(bad=bad):
                lock.write_text(good.replace('"directory": "/opt/k"', f'"directory": "{bad}"').replace('"directory":"/opt/k"', f'"directory":"{bad}"'))
                self.assertNotEqual(lock.read_text(), good)
                said = self.run_on("build", path, "--locked", "--output-dir", path.parent / "out", "--progress", "none")
                self.assertIn("[lock.", said.said)


if __name__ == "__main__":
    unittest.main()
