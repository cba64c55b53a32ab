#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Container images of a node that a registry has: fetched by digest, once, checked, and the same as from a layout."""

import base64
import json
import socket
import subprocess
import sys
import time
import unittest
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_layouts import Layout, digest_of  # noqa: E402
from imagewright_reports import ReportsTestCase  # noqa: E402
from imagewright_testing import environment, require_program  # noqa: E402
from registry_server import RegistryServer  # noqa: E402

PAUSE = "registry.example/pause:3.9"
SECRET = "hunter2"
LOGIN = base64.b64encode(f"somebody:{SECRET}".encode()).decode()


class RegistryTestCase(ReportsTestCase):
    def setUp(self):
        self.directory = self.scratch()
        self.layout = Layout(self.directory / "images")
        self.manifests = [self.layout.manifest(architecture, [{"pause": f"#!/bin/{architecture}\n"}, {"data": architecture * 50000}])
                          for architecture in ("amd64", "arm64")]
        self.index = self.layout.add("3.9", *self.manifests)
        self.config = self.directory / "node.yaml"

    def serve(self, **options):
        registry = RegistryServer(**options)
        self.addCleanup(registry.stop)
        registry.put_layout(self.layout.directory)
        return registry

    def write(self, *images, **os_section):
        self.config.write_text(json.dumps({"release": str(self.top / "base/tiny.yaml"), "architectures": ["x86_64"],
                                           "os": {"containerImages": list(images), **os_section},
                                           "output": {"name": "node", "images": [{"format": "tar"}]}}))

    def source(self, registry, digest=None, **more):
        return {"source": f"registry:{registry.host}/team/pause:3.9@{digest or self.index['digest']}", "name": PAUSE, **more}

    def run_in(self, command, *arguments, cache="cache", auth=None, **options):
        more = {"REGISTRY_AUTH_FILE": str(auth)} if auth else {}
        return self.run_program(command, self.config, *arguments, "--cache-dir", self.directory / cache, cwd=self.directory, env=environment(**more), **options)

    def build(self, name, *arguments, **options):
        out = self.directory / name
        self.run_in("build", "--output-dir", out, "--no-cache", "--progress", "none", *arguments, **options)
        return out

    def tar_digest(self, out):
        return digest_of(next(out.glob("*.tar.zst")).read_bytes())


class Fetching(RegistryTestCase):
    def test_an_image_is_the_same_as_from_its_layout_and_built_again_without_a_network(self):
        registry = self.serve()
        self.write({"source": "oci:images:3.9", "name": PAUSE, "pin": True})
        local = self.build("local")
        self.run_in("lock")
        locked = (self.directory / "node.lock.json").read_text()
        (self.directory / "node.lock.json").unlink()
        self.write(self.source(registry, pin=True))
        fetched = self.build("fetched")
        self.assertEqual(self.tar_digest(local), self.tar_digest(fetched))
        entry, = json.loads(next(fetched.glob("*.manifest.json")).read_text())["containerImages"]
        self.assertEqual(entry["manifest"], self.manifests[0]["digest"])
        for kind in ("spdx", "cdx"):
            self.assertIn(self.manifests[0]["digest"].split(":")[1], next(fetched.glob(f"*.{kind}.json")).read_text())
        # Only what is of this architecture was asked for, and each thing once.
        asked = [path for path, _ in registry.requests]
        self.assertNotIn(self.manifests[1]["digest"], " ".join(asked))
        self.assertEqual(len([path for path in asked if "/blobs/" in path]), len({path for path in asked if "/blobs/" in path}))
        self.run_in("lock")
        self.assertEqual((self.directory / "node.lock.json").read_text(), locked)
        before = len(registry.requests)
        again = self.build("again", "--offline", "--locked")
        self.assertEqual(self.tar_digest(fetched), self.tar_digest(again))
        self.assertEqual(len(registry.requests), before)
        self.run_program("verify", fetched, "--offline", "--cache-dir", self.directory / "cache", cwd=self.directory, env=environment())
        self.assertEqual(len(registry.requests), before)

    def test_lock_and_plan_fetch_no_layer_and_a_lock_needs_no_registry(self):
        registry = self.serve()
        self.write(self.source(registry))
        said = self.run_in("plan").stdout
        self.assertIn(PAUSE, said)
        self.assertIn(self.manifests[0]["digest"], self.run_in("plan", "--json").stdout)
        self.run_in("lock")
        layers = [each["digest"] for each in json.loads(self.layout.blob_file(self.manifests[0]["digest"]).read_text())["layers"]]
        asked = " ".join(path for path, _ in registry.requests)
        for layer in layers:
            self.assertNotIn(layer, asked)
        entry, = json.loads((self.directory / "node.lock.json").read_text())["architectures"]["x86_64"]["containerImages"]
        self.assertEqual((entry["index"], entry["manifest"], entry["layers"]), (self.index["digest"], self.manifests[0]["digest"], layers))
        registry.stop()
        self.run_in("lock", "--check", cache="other")
        self.run_in("plan", "--offline", cache="other")
        self.run_in("why", "tinybase", cache="other")
        # Another digest is another image: the lock does not hold it.
        other = self.layout.manifest("amd64", [{"pause": "other"}])
        self.write(self.source(registry, other["digest"]))
        self.assertIn("[repo.offline]", self.run_in("lock", "--check", "--offline", cache="other", expect=1).stderr)

    def test_a_manifest_of_no_index_and_a_name_out_of_the_reference(self):
        registry = self.serve()
        self.write({"source": f"registry:{registry.host}/team/pause:3.9@{self.manifests[0]['digest']}"})
        self.run_in("lock")
        entry, = json.loads((self.directory / "node.lock.json").read_text())["architectures"]["x86_64"]["containerImages"]
        self.assertEqual(entry["name"], f"{registry.host}/team/pause:3.9")
        self.assertNotIn("index", entry)
        self.build("out")

    def test_a_damaged_cache_is_fetched_anew(self):
        registry = self.serve()
        self.write(self.source(registry))
        first = self.build("first")
        for path in (self.directory / "cache").rglob("*"):
            if path.is_file() and path.stat().st_size > 1000 and "objects" in str(path):
                path.chmod(0o644)
                with path.open("r+b") as file:
                    file.write(b"damaged")
        second = self.build("second")
        self.assertEqual(self.tar_digest(first), self.tar_digest(second))

    def test_a_server_that_nobody_reaches_can_be_done_without_when_the_cache_has_it(self):
        registry = self.serve()
        self.write(self.source(registry))
        first = self.build("first")
        registry.stop()
        self.assertEqual(self.tar_digest(first), self.tar_digest(self.build("second")))


class Refusals(RegistryTestCase):
    def refuse(self, image, code, exit_code, *commands, where=True, **options):
        self.write(image)
        for command in commands:
            said = self.run_in(*command.split(), expect=exit_code, **options).stderr
            self.assertIn(f"[{code}]", said)
            if where:
                self.assertIn("node.yaml:1", said)
        return said

    def test_references_without_a_digest_or_a_name(self):
        digest = self.index["digest"]
        for reference, word in (("registry.example/pause:3.9", "has no digest"), ("registry.example/pause", "has no digest"),
                                (f"registry.example/pause@sha512:{'0' * 128}", "sha256"), (f"pause@{digest}", "names no registry"),
                                (f"registry.example/Pause@{digest}", "repository name"), (f"registry.example/pause:-x@{digest}", "tag"),
                                (f"registry.example/pause@{digest}0", "digest"), (f"registry.example/../pause@{digest}", "repository name"),
                                (f"user:word@registry.example/pause@{digest}", "host"), ("", "registry")):
            with self.subTest(reference=reference):
                self.write({"source": f"registry:{reference}", "name": PAUSE})
                said = self.run_in("validate", expect=2).stderr
                self.assertIn("[config.bad-value]", said)
                self.assertIn(word, said)
        self.refuse({"source": f"registry:registry.example/pause@{digest}"}, "container.no-name", 2, "validate", "plan", "lock", "build")
        self.write({"source": f"registry:registry.example/pause@{digest}", "name": PAUSE})
        self.run_in("validate")

    def test_what_the_registry_has_is_not_what_was_asked_for(self):
        registry = self.serve()
        self.refuse(self.source(registry, "sha256:" + "0" * 64), "repo.file-missing", 1, "plan", "lock", "build")
        arm = self.layout.add("arm", self.manifests[1])
        registry.put_layout(self.layout.directory)
        said = self.refuse(self.source(registry, arm["digest"]), "container.no-architecture", 2, "plan", "lock")
        self.assertIn("linux/arm64", said)
        self.refuse(self.source(registry, self.manifests[1]["digest"]), "container.no-architecture", 2, "plan")
        # An artifact that is no image.
        disk = registry.put_image({"node.qcow2": b"disk"})
        registry.blobs[digest_of(b"{}")] = b"{}"
        self.refuse(self.source(registry, disk["digest"]), "container.unsupported", 2, "plan", cache="c1")
        kind, _ = registry.manifests[self.index["digest"]]
        registry.manifests[self.index["digest"]] = (kind, b'{"manifests": []}')
        self.refuse(self.source(registry), "repo.file-checksum", 5, "plan", cache="c2")

    def test_layers_that_are_cut_off_replaced_longer_or_do_not_unpack(self):
        registry = self.serve()
        layer = json.loads(self.layout.blob_file(self.manifests[0]["digest"]).read_text())["layers"][1]["digest"]
        whole = registry.blobs[layer]
        for name, content in (("cut", whole[:-1]), ("changed", b"x" + whole[1:]), ("longer", whole + b"x"), ("empty", b"")):
            with self.subTest(name=name):
                registry.blobs[layer] = content
                said = self.refuse(self.source(registry), "repo.file-checksum", 5, "build", cache=f"cache-{name}")
                self.assertIn("while fetching the container image", said)
        del registry.blobs[layer]
        self.refuse(self.source(registry), "repo.file-missing", 1, "build", cache="cache-missing")
        # Its digest is right, and its content is not what the config says.
        other = self.layout.manifest("amd64", [{"a": "a"}], ["sha256:" + "0" * 64])
        registry.put_layout(self.layout.directory)
        self.refuse(self.source(registry, other["digest"]), "container.damaged", 2, "build", cache="cache-other")

    def test_nobody_listens_or_the_network_is_not_to_be_used(self):
        registry = self.serve()
        self.refuse(self.source(registry), "repo.offline", 1, "plan --offline", "lock --offline", "build --offline")
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            registry.host = f"127.0.0.1:{closed.getsockname()[1]}"
        self.refuse(self.source(registry), "repo.unreachable", 1, "plan")

    def test_a_node_that_does_not_find_its_images_is_refused_before_a_layer_is_fetched(self):
        registry = self.serve()
        unit = {"destination": "/etc/systemd/system/var-lib-containerd.mount",
                "content": "[Mount]\nWhat=/dev/disk/by-label/data\nWhere=/var/lib/containerd\n"}
        self.write(self.source(registry), additionalFiles=[unit])
        for command in ("plan", "lock", "build"):
            self.assertIn("[container.hidden-store]", self.run_in(command, expect=2).stderr)
        layers = json.loads(self.layout.blob_file(self.manifests[0]["digest"]).read_text())["layers"]
        self.assertFalse([path for path, _ in registry.requests if layers[0]["digest"] in path])


class Logins(RegistryTestCase):
    def auth_file(self, **logins):
        path = self.directory / "logins.json"
        path.write_text(json.dumps({"auths": {host: {"auth": login} for host, login in logins.items()}}))
        return path

    def test_a_token_for_whoever_comes(self):
        storage = self.serve()
        registry = self.serve(token="secret-token", elsewhere=storage)
        self.write(self.source(registry))
        self.build("out")
        # Where blobs come from another server, it is not told who asks.
        self.assertTrue(storage.requests)
        self.assertEqual({authorization for _, authorization in storage.requests}, {None})

    def test_a_login_for_a_token_and_one_without(self):
        for token in ("secret-token", None):
            with self.subTest(token=token):
                registry = self.serve(token=token, login=f"Basic {LOGIN}")
                self.write(self.source(registry))
                cache = f"cache-{token is None}"
                refused = self.run_in("plan", cache=cache, expect=2).stderr
                self.assertIn("[repo.registry-login]", refused)
                self.assertIn("REGISTRY_AUTH_FILE", refused)
                auth = self.auth_file(**{registry.host: LOGIN})
                said = self.run_in("build", "--output-dir", self.directory / f"out-{token is None}", cache=cache, auth=auth)
                for text in (said.stdout, said.stderr, next((self.directory / f"out-{token is None}").glob("*.report.json")).read_text()):
                    for secret in (SECRET, LOGIN, "secret-token"):
                        self.assertNotIn(secret, text)
                if token:
                    # The login is for whoever gives tokens, and never for the images.
                    self.assertEqual({path.partition("?")[0] for path, authorization in registry.requests if authorization == f"Basic {LOGIN}"}, {"/token"})
                wrong = self.auth_file(**{registry.host: base64.b64encode(b"somebody:else").decode()})
                self.assertIn("[repo.registry-login]", self.run_in("plan", cache=f"other-{token is None}", auth=wrong, expect=2).stderr)
                elsewhere = self.auth_file(**{"127.0.0.1": LOGIN, "registry.example": LOGIN})
                self.assertIn("[repo.registry-login]", self.run_in("plan", cache=f"other-{token is None}", auth=elsewhere, expect=2).stderr)

    def test_files_of_logins_that_cannot_be_used(self):
        registry = self.serve(login=f"Basic {LOGIN}")
        self.write(self.source(registry))
        path = self.directory / "logins.json"
        for content in (None, "", "{", f'{{"auths": {{"{registry.host}": {{}}}}}}', f'{{"auths": {{"{registry.host}": {{"auth": "{SECRET} {SECRET}"}}}}}}',
                        f'{{"auths": {{"{registry.host}": {{"auth": 7}}}}}}', f"{SECRET}:"):
            with self.subTest(content=content):
                path.unlink(missing_ok=True)
                if content is not None:
                    path.write_text(content)
                said = self.run_in("plan", auth=path, expect=2).stderr
                self.assertIn("[repo.registry-login]", said)
                self.assertIn("logins.json", said)
                self.assertNotIn(SECRET, said)


class RealRegistry(RegistryTestCase):
    """Debian's docker-registry, and skopeo which puts the image into it."""

    def test_an_image_that_skopeo_pushed(self):
        for program in ("docker-registry", "skopeo"):
            require_program(program)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = self.directory / "registry.yml"
        settings.write_text(json.dumps({"version": "0.1", "log": {"level": "error"}, "storage": {"filesystem": {"rootdirectory": str(self.directory / "store")}},
                                        "http": {"addr": f"127.0.0.1:{port}"}}))
        process = subprocess.Popen(["docker-registry", "serve", settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        reference = f"127.0.0.1:{port}/team/pause:3.9"
        subprocess.run(["skopeo", "copy", "--all", "--quiet", "--dest-tls-verify=false", f"oci:{self.layout.directory}:3.9", f"docker://{reference}"], check=True)
        raw = subprocess.run(["skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{reference}"], check=True, capture_output=True).stdout
        self.write({"source": f"registry:{reference}@{digest_of(raw)}", "name": PAUSE})
        fetched = self.build("fetched")
        entry, = json.loads(next(fetched.glob("*.manifest.json")).read_text())["containerImages"]
        self.assertEqual(entry["manifest"], self.manifests[0]["digest"])
        process.terminate()
        self.assertEqual(self.tar_digest(fetched), self.tar_digest(self.build("again", "--offline")))


if __name__ == "__main__":
    unittest.main()
