# SPDX-License-Identifier: MIT
"""Repositories over HTTP as the world has them: mirrors that are stale, cut off or portals, names that need escapes, packages that stand elsewhere."""

import gzip
import hashlib
import http.server
import json
import os
import re
import shutil
import sys
import threading
import unittest
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from sibling_images import SiblingTestCase, make_repository, package  # noqa: E402

PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"


class Mirror(http.server.BaseHTTPRequestHandler):
    """The first part of a path says how the mirror misbehaves; what follows is a path below `top`."""

    top = None

    def log_message(self, *arguments):
        pass

    def answer(self, code, content=b"", announced=None):
        self.send_response(code)
        self.send_header("Content-Length", str(len(content) if announced is None else announced))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self):
        kind, _, path = self.path.partition("?")[0].lstrip("/").partition("/")
        # As S3 and its kin have it, "+" is a blank.
        decoded = urllib.parse.unquote_plus(path) if kind == "plus" else urllib.parse.unquote(path)
        file = self.top / decoded
        if kind == "portal" or (kind == "portal-for-packages" and path.endswith(".rpm")):
            return self.answer(200, PAGE)
        if kind == "broken":
            return self.answer(500)
        if not file.is_file():
            return self.answer(404)
        content = file.read_bytes()
        half = content[:len(content) // 2]
        return {"cut": lambda: self.answer(200, half), "hangup": lambda: self.answer(200, half, len(content))}.get(kind, lambda: self.answer(200, content))()


class Repositories(SiblingTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.web = cls.top / "web"
        for version in ("1", "2"):
            repository = make_repository(cls.web / f"leaf{version}", package("leaf", version))
            repository.rename(cls.web / version)
        odd = (package("leaf++"), package("caret", "1^git1"), package("tilde", "1~rc1"), package("plain", "1+2"))
        make_repository(cls.web / "odd-specs", *odd).rename(cls.web / "odd")
        mirror = type("TopMirror", (Mirror,), {"top": cls.web})
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), mirror)
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.url = f"http://127.0.0.1:{cls.server.server_port}"

    def locked(self, repository, request):
        """What lock says, and the packages that it chose by name."""
        path = self.config(f"os: {{packages: {{install: ['{request}']}}}}\n")
        text = path.read_text().replace("os:", f"repositories:\n- {{name: web, {repository}, gpgCheck: false, repoGpgCheck: false}}\nos:", 1)
        path.write_text(text)
        result = self.run_program("build", path, "--output-dir", path.parent / "out", "--cache-dir", path.parent / "cache", expect=None)
        if result.returncode != 0:
            return result, {}
        manifest = json.loads(next((path.parent / "out").glob("*.manifest.json")).read_text())
        return result, {each["name"]: each for each in manifest["packages"]}

    def metalink(self, mirrors, digests=("sha256",), wrong=()):
        content = (self.web / "2/repodata/repomd.xml").read_bytes()
        hashes = "".join(f'<hash type="{each}">{hashlib.new(each, content + (b"x" if each in wrong else b"")).hexdigest()}</hash>' for each in digests)
        urls = "".join(f'<url protocol="http" type="http" location="DE" preference="{100 - place}">{self.url}/{each}/repodata/repomd.xml</url>'
                       for place, each in enumerate(mirrors))
        return ('<?xml version="1.0" encoding="utf-8"?><metalink version="3.0" xmlns="http://www.metalinker.org/"><files><file name="repomd.xml">'
                f"<size>{len(content)}</size><verification>{hashes}</verification><resources>{urls}</resources></file></files></metalink>")

    def plain_list(self, *mirrors):
        return "".join(f"{self.url}/{each}\n" for each in mirrors)

    def test_mirrors_are_passed_over_until_one_is_right(self):
        rows = {
            "stale": (self.metalink(["as-is/1", "as-is/2"]), "2", True), "stale, sha512 alone": (self.metalink(["as-is/1", "as-is/2"], ["sha512"]), "2", True),
            "stale, sha384 alone": (self.metalink(["as-is/1", "as-is/2"], ["sha384"]), "2", True), "portal": (self.metalink(["portal/2", "as-is/2"]), "2", True),
            "cut off": (self.metalink(["cut/2", "as-is/2"]), "2", True), "hung up": (self.metalink(["hangup/2", "as-is/2"]), "2", True),
            "broken": (self.metalink(["broken/2", "as-is/2"]), "2", True), "not there": (self.metalink(["as-is/no", "as-is/2"]), "2", True),
            "packages are portals": (self.metalink(["portal-for-packages/2", "as-is/2"]), "2", True), "good": (self.metalink(["as-is/2", "as-is/1"]), "2", False),
            "list with a portal": (self.plain_list("portal/2", "as-is/2"), "2", True), "list with a cut": (self.plain_list("cut/2", "hangup/2", "as-is/2"), "2", True),
            "list with comments": (f"# mirrors\r\n\r\n  {self.url}/as-is/2/  \r\n", "2", False), "list of dead ones": (self.plain_list("as-is/no", "broken/2", "as-is/2"), "2", True),
            "empty": ("\n", None, False), "half a metalink": (self.metalink(["as-is/2"])[:300], None, False), "no addresses": ("lorem ipsum\n", None, False),
        }
        # Half a minute of trying again each.
        hopeless = {
            "only stale": (self.metalink(["as-is/1"]), None, False), "one digest wrong": (self.metalink(["as-is/2"], ["sha256", "sha512"], ["sha512"]), None, False),
            "digests that prove nothing": (self.metalink(["as-is/2"], ["md5", "sha1"]), None, False), "all dead": (self.plain_list("broken/2", "portal/2"), None, False),
            "a portal for a list": (PAGE.decode(), None, False),
        }
        if os.environ.get("IMAGEWRIGHT_LONG_TESTS"):
            rows |= hopeless
        for number, (content, _, _) in enumerate(rows.values()):
            (self.web / f"list{number}").write_text(content)
        numbered = list(enumerate(rows.items()))
        for (_, (name, (_, version, is_told))), (result, packages) in self.in_parallel(lambda row: self.locked(f"mirrorList: '{self.url}/as-is/list{row[0]}'", "leaf"), numbered):
            with self.subTest(name=name):
                self.assertEqual(packages["leaf"]["version"] if packages else None, version, result.stderr)
                if version is None:
                    self.assertRegex(result.stderr, r"node\.yaml:\d+:\d+: error: ")
                    self.assertIn("hint: ", result.stderr)
                self.assertEqual("[repo.mirror-passed-over]" in result.stderr, is_told, result.stderr)

    def test_names_of_files_are_escaped_whatever_the_server_makes_of_them(self):
        rows = [(kind, name) for kind in ("as-is", "plus") for name in ("leaf++", "caret", "tilde", "plain")]
        for (kind, name), (result, packages) in self.in_parallel(lambda row: self.locked(f"baseUrl: '{self.url}/{row[0]}/odd'", row[1]), rows):
            with self.subTest(kind=kind, name=name):
                self.assertIn(name, packages, result.stderr)

    def make_directory(self, name):
        (self.web / name).mkdir()
        return self.web / name

    def with_primary(self, name, change):
        """A repository whose primary metadata was changed, and what repomd.xml says of it."""
        repository = self.web / name
        shutil.copytree(self.needy, repository)
        index = repository / "repodata/repomd.xml"
        block = re.search(r'<data type="primary">.*?</data>', index.read_text(), re.DOTALL).group(0)
        file = repository / re.search(r'href="([^"]*)"', block).group(1)
        text = change(gzip.decompress(file.read_bytes()).decode()).encode()
        file.write_bytes(gzip.compress(text, mtime=0))
        sums = iter((hashlib.sha256(file.read_bytes()).hexdigest(), hashlib.sha256(text).hexdigest()))
        told = re.sub(r"(checksum[^>]*>)[^<]*(?=<)", lambda found: found.group(1) + next(sums), re.sub("</(open-)?checksum>", "<end>", block))
        told = told.replace("<end>", "</checksum>", 1).replace("<end>", "</open-checksum>", 1)
        told = re.sub(r"<size>\d+", f"<size>{file.stat().st_size}", re.sub(r"<open-size>\d+", f"<open-size>{len(text)}", told))
        index.write_text(index.read_text().replace(block, told))
        return repository

    def test_metadata_that_does_not_say_what_packages_need_is_told(self):
        self.needy = make_repository(self.scratch() / "needy", package("leaf", head="Requires: dep"), package("dep"), package("other", head="Requires: dep"))
        without = re.compile(r"<rpm:requires>.*?</rpm:requires>", re.DOTALL)
        rows = {"as it is": (lambda text: text, 0, ""), "of none": (lambda text: without.sub("", text), 1, "[resolve.no-requirements]"),
                "empty ones": (lambda text: without.sub("<rpm:requires/>", text), 1, "[resolve.no-requirements]"),
                "of one package": (lambda text: text.replace(without.search(text[text.index("<name>leaf"):]).group(0), "", 1), 1, "make it again with createrepo_c"),
                "a page": (lambda text: "<html><body>Please log in</body></html>", 1, "[resolve.metadata-unreadable]"), "half": (lambda text: text[:len(text) // 2], 1, "[resolve.metadata-unreadable]")}
        for number, (name, (change, code, word)) in enumerate(rows.items()):
            with self.subTest(name=name):
                result, _ = self.locked(f"path: {self.with_primary(f'changed{number}', change)}", "leaf")
                self.assertEqual(result.returncode, code, result.stderr)
                self.assertIn(word, result.stderr)

    def test_streams_of_modules_are_refused_or_told(self):
        modules = self.scratch() / "modules.yaml"
        document = "---\ndocument: modulemd\nversion: 2\ndata: {name: leaf, stream: '1', version: 1, context: c, arch: noarch, summary: s, description: d, license: {module: [MIT]}}\n...\n"
        rows = [("gz", document), ("xz", document), ("zst", document), ("none", document), ("gz", ""), ("gz", document + document.replace("'1'", "'2'"))]
        for number, (compression, text) in enumerate(rows):
            with self.subTest(compression=compression, text=text[:9]):
                repository = self.web / f"modular{number}"
                shutil.copytree(self.web / "2", repository)
                modules.write_text(text)
                option = ["--no-compress"] if compression == "none" else ["--compress", "--compress-type", compression]
                self.run_tool("modifyrepo_c", *option, "--mdtype=modules", modules, repository / "repodata", expect=None)
                if 'type="modules"' not in (repository / "repodata/repomd.xml").read_text():
                    continue
                result, _ = self.locked(f"path: {repository}", "leaf")
                self.assertEqual(result.returncode, 1, result.stderr)
                self.assertIn("[repo.modules-unsupported]", result.stderr)
        releases = ("1.module+el8.9.0+1+abc", "1.module_el8.5.0+746+bbd5d70c", "1.module_f38+1+2", "1.modules", "2.fc38")
        told = make_repository(self.scratch() / "told", *(package(f"leaf{number}", release=release) for number, release in enumerate(releases)))
        for number, release in enumerate(releases):
            with self.subTest(release=release):
                result, packages = self.locked(f"path: {told}", f"leaf{number}")
                self.assertIn(f"leaf{number}", packages, result.stderr)
                self.assertEqual("[resolve.module-packages]" in result.stderr, number < 3, result.stderr)

    def test_metadata_may_stand_elsewhere(self):
        """xml:base on a record of repomd.xml, as on a package."""
        for number, (base, is_found) in enumerate(((f"{self.url}/as-is/2/", True), (f"{self.url}/as-is/2", True), (f"{self.url}/as-is/nowhere/", False))):
            if not is_found and not os.environ.get("IMAGEWRIGHT_LONG_TESTS"):
                continue
            with self.subTest(base=base):
                repository = self.web / f"records{number}"
                (repository / "repodata").mkdir(parents=True)
                text = (self.web / "2/repodata/repomd.xml").read_text()
                (repository / "repodata/repomd.xml").write_text(text.replace('<location href="', f'<location xml:base="{base}" href="'))
                source = next((self.web / "2").rglob("*.rpm"))
                target = repository / source.relative_to(self.web / "2")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
                result, packages = self.locked(f"baseUrl: '{self.url}/as-is/records{number}'", "leaf")
                self.assertEqual("leaf" in packages, is_found, result.stderr)

    def test_packages_may_stand_elsewhere(self):
        pool = self.web / "pool with blank"
        pool.mkdir()
        shutil.copy(next((self.web / "2").rglob("*.rpm")), pool)
        rows = [("address", f"{self.url}/as-is/pool%20with%20blank/", True), ("address without a slash", f"{self.url}/as-is/pool%20with%20blank", True),
                ("address with blanks", f"{self.url}/as-is/pool with blank", True)]
        if os.environ.get("IMAGEWRIGHT_LONG_TESTS"):
            rows += [("of another server's portal", f"{self.url}/portal/", False), ("of what is not there", f"{self.url}/as-is/nowhere/", False)]
        for number, (_, base, _) in enumerate(rows):
            self.run_tool("createrepo_c", "--quiet", "--baseurl", base, "--outputdir", self.make_directory(f"meta{number}"), pool)
        numbered = list(enumerate(rows))
        for (_, (name, _, is_found)), (result, packages) in self.in_parallel(lambda row: self.locked(f"baseUrl: '{self.url}/as-is/meta{row[0]}'", "leaf"), numbered):
            with self.subTest(name=name):
                self.assertEqual("leaf" in packages, is_found, result.stderr)
                if not is_found:
                    self.assertIn("hint: ", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
