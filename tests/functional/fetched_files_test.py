# SPDX-License-Identifier: MIT
"""Files that a config fetches by address and digest, and what an image calls itself."""

import functools
import hashlib
import http.server
import io
import json
import subprocess
import sys
import tarfile
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from file_server import QuietHandler  # noqa: E402
from imagewright_testing import PROGRAM, environment  # noqa: E402
from sibling_images import SiblingTestCase  # noqa: E402

AGENT = b"#!/bin/sh\nexit 0\n" * 500


def entry(url, content=AGENT, destination="/usr/bin/agent", **more):
    """An entry of os.additionalFiles for a file with that content."""
    pairs = {"destination": destination, "url": url, "sha256": hashlib.sha256(content).hexdigest(), **more}
    return json.dumps({key: value for key, value in pairs.items() if value is not None})


def files(*entries, more=""):
    return f"os:\n  packages: {{install: [tiny-web]}}\n{more}  additionalFiles:\n" + "".join(f"  - {each}\n" for each in entries)


class Handler(QuietHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        super().do_GET()


class ServerTestCase(SiblingTestCase):
    def setUp(self):
        super().setUp()
        self.files = self.scratch()
        (self.files / "agent").write_bytes(AGENT)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=self.files))
        self.server.asked = []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def build_with(self, path, cache, *arguments, out="out"):
        self.run_program("build", path, "--cache-dir", cache, "--output-dir", path.parent / out, "--progress", "none", *arguments)
        return path.parent / out


class Fetched(ServerTestCase):
    def test_a_file_is_fetched_once_checked_and_told_everywhere(self):
        path = self.config(files(entry(self.url + "agent?token=secret", size=len(AGENT), permissions="755")))
        cache = self.scratch()
        planned = self.run_program("plan", path, "--cache-dir", cache)
        self.assertIn(f"fetched from {self.url}agent", planned.stdout)
        self.assertEqual(self.server.asked, [], "a plan fetches nothing")
        out = self.build_with(path, cache)
        manifest = json.loads((out / "node-x86_64.manifest.json").read_text())
        digest = hashlib.sha256(AGENT).hexdigest()
        self.assertEqual(manifest["fetchedFiles"], [{"destination": "/usr/bin/agent", "url": self.url + "agent", "digest": f"sha256:{digest}"}])
        self.assertIn(f"file 0755 0:0 {len(AGENT)} sha256:{digest}", manifest["files"]["/usr/bin/agent"])
        spdx = json.loads((out / "node-x86_64.spdx.json").read_text())
        told = next(each for each in spdx["packages"] if each["name"] == "/usr/bin/agent")
        self.assertEqual((told["downloadLocation"], told["checksums"][0]["checksumValue"]), (self.url + "agent", digest))
        cyclonedx = json.loads((out / "node-x86_64.cdx.json").read_text())
        told = next(each for each in cyclonedx["components"] if each["name"] == "/usr/bin/agent")
        self.assertEqual((told["type"], told["hashes"][0]["content"]), ("file", digest))
        for document in out.iterdir():
            self.assertNotIn(b"token=secret", document.read_bytes(), document)
        (self.files / "agent").write_bytes(b"replaced")
        again = self.build_with(path, cache, "--offline", out="again")
        self.assertEqual(*[[line for line in (each / "SHA256SUMS").read_text().splitlines() if ".report." not in line] for each in (again, out)])
        self.assertEqual(len(self.server.asked), 1)
        self.run_program("verify", out, "--cache-dir", cache)

    def test_a_file_of_this_host_is_taken_by_its_address(self):
        built = self.image(files(entry(f"file://{self.files}/agent")))
        self.assertEqual(built.read("/usr/bin/agent"), AGENT.decode())
        self.assertEqual(built.archive()["/usr/bin/agent"].mode, 0o644)

    def test_a_file_of_more_than_a_gibibyte_arrives(self):
        large = self.scratch() / "large"
        with large.open("wb") as file:
            file.truncate(1 << 30)
            file.seek(0, 2)
            file.write(b"end")
        built = self.image(files(f"{{destination: /opt/large, source: {large}}}"))
        with large.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        manifest = json.loads((built.out / "node-x86_64.manifest.json").read_text())
        self.assertEqual(manifest["files"]["/opt/large"], f"file 0644 0:0 {(1 << 30) + 3} sha256:{digest}")

    def test_what_is_not_what_was_named_is_refused(self):
        (self.files / "other").write_bytes(b"x" + AGENT[1:])
        wrong = hashlib.sha256(b"").hexdigest()
        rows = ((self.url + "other", {}, "repo.file-checksum", 5), (self.url + "agent", {"size": 12}, "repo.file-checksum", 5),
                (self.url + "none", {}, "repo.file-missing", 1), (f"file://{self.files}/other", {}, "repo.file-checksum", 5),
                (f"file://{self.files}/none", {}, "repo.file-missing", 1), (self.url + "agent", {"sha256": wrong}, "repo.file-checksum", 5))
        for url, more, code, exit_code in rows:
            with self.subTest(url=url, more=more):
                path = self.config(files(entry(url, **more)))
                out = path.parent / "out"
                refused = self.run_program("build", path, "--cache-dir", self.scratch(), "--output-dir", out, "--progress", "none", expect=exit_code)
                self.assertIn(f"[{code}]", refused.stderr)
                self.assertRegex(refused.stderr, r"node\.yaml:\d+:\d+: error: ")
                self.assertFalse(out.exists() and any(out.iterdir()))

    def test_offline_only_what_is_there_already_counts(self):
        path = self.config(files(entry(self.url + "agent")))
        cache = self.scratch()
        self.run_program("lock", path, "--cache-dir", cache)
        refused = self.run_program("build", path, "--cache-dir", cache, "--offline", "--output-dir", path.parent / "out", expect=None)
        self.assertIn("[repo.offline]", refused.stderr)
        self.assertEqual(self.server.asked, [])

    def test_a_digest_belongs_to_an_address(self):
        rows = (("{destination: /a, url: 'http://h/a'}", "config.missing-key"), ("{destination: /a, content: x, sha256: " + "0" * 64 + "}", "config.conflict"),
                ("{destination: /a, content: x, size: 1}", "config.conflict"), ("{destination: /a, url: 'ftp://h/a', sha256: " + "0" * 64 + "}", "config.bad-value"),
                ("{destination: /a, url: 'http://h/a', sha256: 12}", "config.bad-value"),
                ("{destination: /a, url: 'http://h/a', content: x, sha256: " + "0" * 64 + "}", "config."))
        for text, code in rows:
            with self.subTest(text=text):
                said = self.run_on("validate", self.config(files(text)))
                self.assertEqual(said.code, 2, said.said)
                self.assertIn(f"[{code}", said.said)

    def test_a_file_beside_the_config_has_to_be_what_its_digest_says(self):
        path = self.config(files(entry(None, source="agent", permissions="755"), entry(None, source="agent", destination="/opt/as-it-is")))
        agent = path.parent / "agent"
        agent.write_bytes(AGENT)
        agent.chmod(0o640)
        built = self.run_on("build", path, "--output-dir", path.parent / "out", "--progress", "none")
        self.assertEqual(built.code, 0, built.said)
        self.assertEqual((built.read("/usr/bin/agent"), built.archive()["/usr/bin/agent"].mode, built.archive()["/opt/as-it-is"].mode), (AGENT.decode(), 0o755, 0o640))
        self.assertNotIn("fetchedFiles", built.manifest())
        self.assertIn(hashlib.sha256(AGENT).hexdigest(), self.run_program("validate", "--canonical", path).stdout)
        digest = hashlib.sha256(AGENT).hexdigest()
        # The value begins with a quotation mark.
        line, column = next((number, text.index(digest)) for number, text in enumerate(path.read_text().splitlines(), 1) if digest in text)
        agent.write_bytes(AGENT + b"x")
        for command in (("validate",), ("build", "--output-dir", path.parent / "other")):
            with self.subTest(command=command[0]):
                said = self.run_on(command[0], path, *command[1:])
                self.assert_refused(said, "config.file-checksum", hashlib.sha256(AGENT + b"x").hexdigest())
                self.assertIn(f"node.yaml:{line}:{column}: error: ", said.said)
        self.assertFalse((path.parent / "other").exists() and any((path.parent / "other").iterdir()))
        capitals = self.config(files(entry(None, source=str(self.files / "agent"), sha256=hashlib.sha256(AGENT).hexdigest().upper())))
        self.run_program("validate", capitals)

    def test_what_becomes_another_file_after_that_is_not_in_the_image(self):
        for more in ({}, {"unpack": True, "destination": "/opt/agent"}):
            with self.subTest(more=more):
                packed = io.BytesIO()
                with tarfile.open(fileobj=packed, mode="w:") as archive:
                    archive.add(self.files / "agent", "agent")
                content = packed.getvalue() if more else AGENT
                path = self.config(files(entry(None, content, source="agent", **more)))
                (path.parent / "agent").write_bytes(content)
                out = path.parent / "out"
                command = [str(PROGRAM), "build", path, "--output-dir", out, "--cache-dir", self.scratch(), "--progress", "json"]
                with subprocess.Popen(command, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as build:
                    said = ""
                    for line in build.stderr:
                        if '"install"' in line:
                            (path.parent / "agent").write_bytes(content.replace(b"exit 0", b"exit 1"))
                        said += line
                self.assertEqual(build.returncode, 2, said)
                self.assertIn("config.file-checksum", said)
                self.assertIn("any more", said)
                self.assertFalse([each for each in out.iterdir() if not each.name.startswith(".")] if out.exists() else [])

    def test_a_customized_image_gets_it_too(self):
        base = self.image("os: {packages: {install: [tiny-web]}}\n", formats=("raw",))
        config = self.scratch() / "more.yaml"
        config.write_text(f"os:\n  identity: {{variantId: patched}}\n  additionalFiles:\n  - {entry(self.url + 'agent', permissions='755')}\n")
        out = config.parent / "out"
        image = next(base.out.glob("*.raw"))
        self.run_program("customize", "--image", image, config, "--output-dir", out, "--cache-dir", self.scratch(), "--progress", "none")
        manifest = json.loads(next(out.glob("*.manifest.json")).read_text())
        self.assertEqual([each["destination"] for each in manifest["fetchedFiles"]], ["/usr/bin/agent"])
        self.assertIn(hashlib.sha256(AGENT).hexdigest(), manifest["files"]["/usr/bin/agent"])


class Identity(SiblingTestCase):
    def test_os_release_says_which_image_it_is(self):
        identity = "  identity: {variantId: gen2-fips, variant: 'A node; \"FIPS\"', imageId: node, imageVersion: 2026.11.1}\n"
        built = self.image("os:\n" + identity)
        shell = self.run_tool("sh", "-c", '. "$1"; printf "%s|%s|%s|%s|%s" "$ID" "$VARIANT_ID" "$VARIANT" "$IMAGE_ID" "$IMAGE_VERSION"', "sh",
                              self.written(built.read("/usr/lib/os-release")))
        self.assertEqual(shell.stdout, 'tiny|gen2-fips|A node; "FIPS"|node|2026.11.1')
        self.assertTrue(built.archive()["/etc/os-release"].issym(), "the link of the package stays")

    def written(self, text):
        path = self.scratch() / "os-release"
        path.write_text(text)
        return path

    def test_variants_of_one_node_differ_in_a_line(self):
        base = self.config("os:\n  identity: {variantId: gen1, imageId: node}\n", name="base")
        path = self.config("previewFeatures: [base-configs]\nbaseConfigs: [{path: BASE}]\nos:\n  identity: {variantId: gen2}\n".replace("BASE", str(base)))
        canonical = self.run_program("validate", "--canonical", path).stdout
        self.assertIn("variantId: gen2", canonical)
        self.assertIn("imageId: node", canonical)

    def test_words_that_os_release_does_not_have_are_refused(self):
        for text in ("variantId: Gen2", "variantId: ''", "imageVersion: '1 2'", "variant: \"a\\nb\"", "imageId: a/b"):
            with self.subTest(text=text):
                said = self.run_on("validate", self.config(f"os:\n  identity: {{{text}}}\n"))
                self.assertEqual(said.code, 2, said.said)
                self.assertIn("[config.bad-value]", said.said)

    def test_a_file_that_would_undo_it_is_refused(self):
        said = self.run_on("validate", self.config("os:\n  identity: {variantId: a}\n  additionalFiles: [{destination: /etc/os-release, content: x}]\n"))
        self.assertIn("[config.conflict]", said.said)

    def test_the_manifest_says_what_the_image_is_for(self):
        for formats, platforms in ((("vhd-fixed",), ["azure"]), (("qcow2", "vhdx"), ["hyperv", "qemu"]), (("tar",), None)):
            with self.subTest(formats=formats):
                self.assertEqual(self.image("os: {hostname: a}\n", formats).manifest().get("platforms"), platforms)


if __name__ == "__main__":
    unittest.main()
