#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bases that a registry of containers has: found by tag, platform and digest, recorded by digest, and nothing else taken for them."""

import json
import shutil
import socket
import subprocess
import sys
import time
import unittest
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from customizing import CustomizingTestCase  # noqa: E402
from imagewright_testing import TOP, environment, require_module, skip  # noqa: E402
from registry_server import MANIFEST, RegistryServer, digest_of  # noqa: E402


class CustomizeRegistry(CustomizingTestCase):
    BASE_FORMATS = ("raw", "qcow2")

    def registry(self, **options):
        server = RegistryServer(**options)
        self.addCleanup(server.stop)
        return server

    def disk(self):
        return self.base(pattern="*.qcow2").read_bytes()

    def run_config(self, source, *options, expect=0, cache=None, more="", command="customize", directory=None):
        directory = directory or self.scratch()
        config = directory / "node.yaml"
        config.write_text(f"previewFeatures: [input-image-oci]\ninput: {{image: {source}}}\nos: {{hostname: fetched}}\n{more}"
                          "output: {images: [{format: raw}]}\n")
        if command == "customize":
            options = (*options, "--output-dir", directory / "out")
        return self.run_program(command, config, *options, "--cache-dir", cache or directory / "cache", expect=expect, env=environment())

    def test_a_tag_is_the_image_that_it_names(self):
        registry = self.registry()
        image = registry.put_image({"readme.txt": b"text", "node.qcow2": self.disk()}, "3.0")
        directory = self.scratch()
        self.run_config(f"{{oci: \"{registry.host}/os/node:3.0\"}}", directory=directory)
        expected = self.customize("previewFeatures: [input-image-oci]\nos: {hostname: fetched}\n")
        made = next((directory / "out").glob("*.raw"))
        self.assertEqual(self.inspect(made)["system"]["hostName"], "fetched")
        self.assertEqual(made.stat().st_size, expected.stat().st_size)
        # What is there is not fetched again, and a digest needs no network.
        before = len(registry.requests)
        self.run_config(f"{{oci: {{uri: \"{registry.host}/os/node@{image['digest']}\"}}}}", "--offline", "--dry-run", cache=directory / "cache")
        self.assertEqual(len(registry.requests), before)
        said = self.run_config(f"{{oci: \"{registry.host}/os/node:3.0\"}}", "--offline", "--dry-run", expect=None, cache=directory / "cache")
        self.assertIn("repo.offline", said.stderr)

    def test_the_lock_says_which_image_a_tag_was(self):
        registry = self.registry()
        first = registry.put_image({"node.qcow2": self.disk()}, "3.0")
        directory = self.scratch()
        source = f"{{oci: \"{registry.host}/os/node:3.0\"}}"
        self.run_config(source, "--dry-run", directory=directory)
        self.run_config(source, command="lock", directory=directory)
        locked = json.loads((directory / "node.lock.json").read_text())["architectures"]["x86_64"]
        self.assertEqual(locked["baseSource"], f"{registry.host}/os/node:3.0@{first['digest']}")
        jsonschema = require_module("jsonschema")
        definitions = json.loads((TOP / "docs/json.schema.json").read_text())["$defs"]
        validator = jsonschema.Draft202012Validator({"$ref": "#/$defs/lock-file", "$defs": definitions})
        document = json.loads((directory / "node.lock.json").read_text())
        validator.validate(document)
        for wrong in ("node", f"{registry.host}/os/node:3.0", 1):
            document["architectures"]["x86_64"]["baseSource"] = wrong
            self.assertFalse(validator.is_valid(document), wrong)
        # The tag goes on; the config stays with what was locked until it is locked anew.
        other = self.customize("os: {hostname: other}\n", image_format="qcow2").read_bytes()
        second = registry.put_image({"node.qcow2": other}, "3.0")
        self.run_config(source, "--locked", directory=directory)
        self.run_config(source, "--update", command="lock", directory=directory)
        locked = json.loads((directory / "node.lock.json").read_text())["architectures"]["x86_64"]
        self.assertEqual(locked["baseSource"], f"{registry.host}/os/node:3.0@{second['digest']}")

    def test_a_config_with_roles_is_locked_by_its_base(self):
        registry = self.registry()
        first = registry.put_image({"node.qcow2": self.disk()}, "3.0")
        directory = self.scratch()
        config, data = directory / "node.yaml", directory / "data"
        (data / "roles").mkdir(parents=True)
        (data / "roles/quiet.yaml").write_text("os: {sysctl: {kernel.printk: 3}}\n")
        config.write_text(f"previewFeatures: [input-image-oci]\ninput: {{image: {{oci: \"{registry.host}/os/node:3.0\"}}}}\nroles: [quiet]\n")
        self.run_program("lock", config, "--cache-dir", directory / "cache", env=environment(IMAGEWRIGHT_DATA=data))
        locked = json.loads((directory / "node.lock.json").read_text())["architectures"]["x86_64"]
        self.assertEqual(locked["baseSource"], f"{registry.host}/os/node:3.0@{first['digest']}")

    def test_platforms_of_an_index(self):
        registry = self.registry()
        ours = registry.put_image({"node.qcow2": self.disk()})
        other = registry.put_image({"node.qcow2": b"other"})
        registry.put_index([("linux", "riscv64", other), ("linux", "amd64", ours)], "latest")
        reference = f"{registry.host}/os/node"
        for source in (f"{{oci: \"{reference}\"}}", f"{{oci: {{uri: \"{reference}\", platform: linux/amd64}}}}",
                       f"{{oci: {{uri: \"{reference}\", platform: {{os: linux, architecture: amd64}}}}}}"):
            self.run_config(source, "--dry-run", more="architectures: [x86_64]\n")
        said = self.run_config(f"{{oci: {{uri: \"{reference}\", platform: linux/s390x}}}}", "--dry-run", expect=2).stderr
        self.assertIn("repo.registry-image", said)
        self.assertIn("linux/riscv64, linux/amd64", said)
        registry.put_image({"node.qcow2": self.disk()}, "plain")
        said = self.run_config(f"{{oci: {{uri: \"{reference}:plain\", platform: linux}}}}", "--dry-run", expect=2).stderr
        self.assertIn("it is of no platform", said)

    def test_a_token_is_fetched_and_told_to_nobody_else(self):
        storage = self.registry()
        registry = self.registry(token="secret-token", elsewhere=storage)
        registry.put_image({"node.qcow2": self.disk()}, "3.0")
        storage.blobs = registry.blobs
        said = self.run_config(f"{{oci: \"{registry.host}/os/node:3.0\"}}", "--dry-run")
        asked = next(path for path, _ in registry.requests if path.startswith("/token"))
        self.assertEqual(asked, "/token?service=the%20service&scope=repository%3Aos%2Fnode%3Apull")
        self.assertTrue(storage.requests)
        self.assertNotIn("secret-token", said.stdout + said.stderr)
        # To curl another port is another host.
        self.assertEqual({authorization for _, authorization in storage.requests}, {None})
        registry.token = ""
        registry.token = "rightly\nrefused"
        said = self.run_config(f"{{oci: \"{registry.host}/os/node:3.0\"}}", "--dry-run", expect=2)
        self.assertIn("repo.registry-login", said.stderr)

    def test_a_token_is_asked_for_where_nobody_else_listens(self):
        registry, other = self.registry(token="secret-token"), self.registry()
        registry.put_image({"node.qcow2": self.disk()}, "3.0")
        # With what stands before "@" it would be this host's for a careless reader.
        for realm in ("http://registry.example/token", f"http://127.0.0.1@{other.host}/token", f"http://{other.host}@registry.example/token", "http://127.0.0.1.example/token",
                      "http://localhost.example/token", "file:///etc/passwd", f"HTTP://{other.host}/token", "gopher://127.0.0.1/token", "", "//127.0.0.1/token",
                      f"http://{other.host}\\@registry.example/token", "http://[::1].example/token"):
            with self.subTest(realm=realm):
                registry.realm = realm or " "
                said = self.run_config(f"{{oci: \"{registry.host}/os/node:3.0\"}}", "--dry-run", expect=2)
                self.assertIn("repo.registry-login", said.stderr)
                self.assertEqual(other.requests, [])
        for token in ("with space", "\x01", "\u00e9", "a" * 20000, "\x00"):
            with self.subTest(token=token[:10]):
                registry.realm, registry.token = None, token
                self.assertIn("repo.registry-login", self.run_config(f"{{oci: \"{registry.host}/os/node:3.0\"}}", "--dry-run", expect=2).stderr)
                self.assertFalse([authorization for _, authorization in registry.requests if authorization])

    def test_a_manifest_in_the_cache_does_not_keep_its_disk_away(self):
        registry = self.registry(token="secret-token")
        image = registry.put_image({"node.qcow2": self.disk()}, "3.0")
        directory = self.scratch()
        source = f"{{oci: \"{registry.host}/os/node@{image['digest']}\"}}"
        disk = registry.blobs.pop(digest_of(self.disk()))
        said = self.run_config(source, "--dry-run", directory=directory, expect=None)
        self.assertIn("repo.file-missing", said.stderr)
        self.assertIn(f"{registry.host}/os/node@", said.stderr)
        registry.blobs[digest_of(disk)] = disk
        self.run_config(source, "--dry-run", directory=directory)

    def test_a_manifest_that_says_no_size_is_refused(self):
        registry = self.registry()
        layer = {"digest": digest_of(self.disk()), "annotations": {"org.opencontainers.image.title": "a.qcow2"}}
        registry.put_document(MANIFEST, {"layers": [layer]}, "3.0")
        said = self.run_config(f"{{oci: \"{registry.host}/os/node:3.0\"}}", "--dry-run", expect=2)
        self.assertIn("does not say how large", said.stderr)

    def test_what_is_no_image_is_refused(self):
        registry = self.registry()
        good = registry.put_image({"node.qcow2": self.disk()}, "good")
        reference = f"{registry.host}/os/node"

        def refused(version, code, expect):
            said = self.run_config(f"{{oci: \"{reference}{version}\"}}", "--dry-run", expect=None)
            self.assertEqual((said.returncode, code in said.stderr), (expect, True), said.stderr)
            self.assertIn("node.yaml:2", said.stderr)
            return said.stderr

        registry.put_image({"a.vhd": b"a", "b.raw": b"b"}, "two")
        self.assertIn('"a.vhd" and "b.raw"', refused(":two", "repo.registry-image", 2))
        registry.put_image({"readme.txt": b"a"}, "none")
        refused(":none", "repo.registry-image", 2)
        refused(":absent", "repo.file-missing", 1)
        for name, text in (("text", b"no json"), ("list", b"[]"), ("deep", b"[" * 100000), ("odd", b'{"layers": 3}'),
                           ("digest", b'{"layers": [{"digest": "sha256:../../x", "size": 1, "annotations": {"org.opencontainers.image.title": "a.raw"}}]}'),
                           ("size", b'{"layers": [{"digest": "%s", "size": -1, "annotations": {"org.opencontainers.image.title": "a.raw"}}]}' % digest_of(b"a").encode())):
            registry.manifests[digest_of(text)], registry.tags[name] = (MANIFEST, text), digest_of(text)
            with self.subTest(name=name):
                self.assertRegex(self.run_config(f"{{oci: \"{reference}:{name}\"}}", "--dry-run", expect=None).stderr,
                                 "repo.registry-image|repo.file-(missing|checksum)|sandbox.worker-")
        # Other bytes than the digest says: of the manifest, of the disk.
        registry.manifests[good["digest"]] = (MANIFEST, registry.manifests[good["digest"]][1] + b" ")
        refused(f"@{good['digest']}", "repo.file-checksum", 5)
        registry.blobs[digest_of(self.disk())] = self.disk()[:-1] + b"x"
        refused(":good", "repo.file-checksum", 5)

    def test_a_registry_of_others_is_understood(self):
        program = shutil.which("docker-registry")
        if program is None:
            skip("docker-registry is not installed")
        directory = self.scratch()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        config = directory / "registry.yml"
        config.write_text(f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {directory / 'store'}}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n")
        server = subprocess.Popen([program, "serve", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        address = f"http://127.0.0.1:{port}/v2/os/node"

        def send(method, url, data, kind):
            request = urllib.request.Request(url, data, {"Content-Type": kind}, method=method)
            with urllib.request.urlopen(request) as answer:
                return answer.headers.get("Location")

        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/").close()
                break
            except OSError:
                time.sleep(0.1)
        ours = RegistryServer()
        ours.stop()
        image = ours.put_image({"node.qcow2": self.disk()})
        for data in (b"{}", self.disk()):
            place = send("POST", address + "/blobs/uploads/", b"", "application/octet-stream")
            send("PUT", f"{place}&digest={digest_of(data)}", data, "application/octet-stream")
        send("PUT", address + "/manifests/3.0", ours.manifests[image["digest"]][1], MANIFEST)
        self.run_config(f"{{oci: \"127.0.0.1:{port}/os/node:3.0\"}}", "--dry-run")


if __name__ == "__main__":
    unittest.main()
