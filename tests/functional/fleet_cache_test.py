#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A cache that machines share: what one has built, another one fetches, and no server can change an image by what it answers."""

import base64
import hashlib
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types
import unittest
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_fleet import FleetTestCase  # noqa: E402
from imagewright_testing import PROGRAM, environment  # noqa: E402
from shared_cache_server import SharedCacheServer, drip  # noqa: E402

SMALL = "variants: {gen1: gen1.yaml}\narchitectures: [x86_64]\n"
IMAGE = "gen1-x86_64.qcow2"


class SharedCacheTestCase(FleetTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in ("team", "stranger"):
            cls.make_key(name)

    @classmethod
    def make_key(cls, name):
        private, public = cls.top / f"{name}.pem", cls.top / f"{name}.pub.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True, capture_output=True)

    def server(self, **options):
        server = SharedCacheServer(**options)
        self.addCleanup(server.stop)
        return server

    def machine(self, name):
        """An environment with a cache directory of its own: what another machine has."""
        return environment(XDG_CACHE_HOME=self.scratch() / name)

    def build(self, checkout, server, *words, machine="one", expect=0, reads="team", writes=None, out=None, patience=30):
        options = ["--shared-cache", server.url, "--shared-cache-patience", str(patience)]
        options += ["--shared-cache-key", self.top / f"{reads}.pub.pem"] if reads else []
        options += ["--shared-cache-sign", self.top / f"{writes}.pem"] if writes else []
        start = time.monotonic()
        result = self.run_program("build", "gen1.yaml", "--arch", "x86_64", "--format", "qcow2", "-o", out or machine, *options, *words,
                                  cwd=checkout, expect=expect, env=environment(XDG_CACHE_HOME=checkout / "caches" / machine))
        result.seconds = time.monotonic() - start
        return result

    def image(self, checkout, out):
        return (checkout / out / IMAGE).read_bytes()

    def filled(self):
        """A checkout, a server with its image, and the image's bytes."""
        checkout, server = self.checkout(SMALL), self.server()
        self.build(checkout, server, machine="builder", writes="team", reads=None)
        return checkout, server, self.image(checkout, "builder")


class Sharing(SharedCacheTestCase):
    def test_what_one_machine_has_built_another_one_fetches(self):
        checkout, server, image = self.filled()
        self.assertEqual(len(server.named("ac")), 1)
        server.forget_requests()
        result = self.build(checkout, server, machine="other")
        self.assertIn("another machine has built it", result.stderr)
        self.assertEqual(self.image(checkout, "other"), image)
        # Everything that does not tell of the run is the same, and nothing more is fetched than that and the entry.
        names = [path.name for path in (checkout / "builder").iterdir() if ".report." not in path.name and path.name != "SHA256SUMS"]
        published = 0
        for name in names:
            self.assertEqual((checkout / "other" / name).read_bytes(), (checkout / "builder" / name).read_bytes(), name)
            published += (checkout / "other" / name).stat().st_size
        self.assertLess(server.given, published + 65536)
        self.assertFalse([request for request in server.requests if request[0] != "GET"])
        # Its report is its own, its cache says where it is from, and it can be proved.
        report = json.loads((checkout / "other/gen1-x86_64.report.json").read_text())
        self.assertEqual(report["inputs"]["config"], str(checkout / "gen1.yaml"))
        self.run_program("verify", "other", cwd=checkout, env=environment(XDG_CACHE_HOME=checkout / "caches/other"))
        # From now on it is known here.
        server.forget_requests()
        self.assertIn("nothing changed", self.build(checkout, server, machine="other").stderr)
        self.assertEqual(server.requests, [])

    def test_nothing_is_read_without_a_key_and_nothing_written_without_one(self):
        checkout, server, image = self.filled()
        server.forget_requests()
        self.build(checkout, server, machine="reads nothing", reads=None)
        self.assertEqual(server.requests, [])
        self.build(checkout, server, "--no-cache", machine="anew", writes="team")
        self.assertEqual(server.requests, [])
        self.assertEqual(self.image(checkout, "anew"), image)

    def test_another_config_is_another_entry(self):
        checkout, server, image = self.filled()
        (checkout / "files/motd").write_text("changed\n")
        result = self.build(checkout, server, machine="other", writes="team")
        self.assertNotIn("another machine", result.stderr)
        self.assertNotEqual(self.image(checkout, "other"), image)
        self.assertEqual(len(server.named("ac")), 2)

    def test_a_repository_that_moved_on_changes_only_what_gets_something_new(self):
        checkout = self.checkout(SMALL)
        locks = {name: (checkout / f"{name}.lock.json").read_bytes() for name in ("gen1", "gen2-fips")}
        self.make_package(self.newer_package, self.repository)
        self.index(self.repository)
        for name in locks:
            self.lock(checkout, name, "--update")
        self.assertEqual((checkout / "gen1.lock.json").read_bytes(), locks["gen1"])
        self.assertNotEqual((checkout / "gen2-fips.lock.json").read_bytes(), locks["gen2-fips"])

    def test_who_has_it_already_offers_it_to_an_empty_server(self):
        checkout, server, image = self.filled()
        server.content.clear()
        self.assertIn("nothing changed", self.build(checkout, server, machine="builder", writes="team").stderr)
        self.build(checkout, server, machine="other")
        self.assertEqual(self.image(checkout, "other"), image)
        server.forget_requests()
        self.build(checkout, server, machine="builder", writes="team")
        self.assertEqual([method for method, _ in server.requests], ["GET"])

    def test_passwords_in_files_are_never_shared(self):
        checkout, server = self.checkout(SMALL), self.server()
        (checkout / "secret").write_text("correct horse battery staple\n")
        config = checkout / "gen1.yaml"
        config.write_text(config.read_text() + "  users:\n  - {name: root, password: {type: plain-text-file, value: secret}}\n")
        result = self.build(checkout, server, "-v", machine="one", writes="team")
        self.assertEqual((result.returncode, server.requests), (0, []))

    def test_a_login_is_sent_to_its_server_and_shown_nowhere(self):
        checkout, server = self.checkout(SMALL), self.server(login="builder:s3cret-word")
        login = checkout / "login"
        login.write_text("builder:s3cret-word\n")
        result = self.build(checkout, server, "-v", "--shared-cache-login", login, machine="builder", writes="team")
        self.assertEqual(len(server.named("ac")), 1)
        login.write_text("builder:wr0ng-word\n")
        refused = self.build(checkout, server, "-v", "--shared-cache-login", login, machine="other", writes="team", reads=None)
        self.assertIn("status 401", refused.stderr)
        self.assertIn("[pipeline.shared-entry-not-kept]", refused.stderr)
        everything = result.stderr + result.stdout + refused.stderr + refused.stdout + "".join(
            path.read_text(errors="replace") for out in ("builder", "other") for path in (checkout / out).glob("*.json"))
        for secret in ("s3cret-word", "wr0ng-word", base64.b64encode(b"builder:s3cret-word").decode()):
            self.assertNotIn(secret, everything)
        for url in ("http://me:s3cret-word@127.0.0.1/", "ftp://host/", "http:///path", "nonsense", "http://host/?token=s3cret-word"):
            result = self.run_program("build", "gen1.yaml", "--shared-cache", url, cwd=checkout, expect=2, env=self.environment())
            self.assertIn("[depot.bad-url]", result.stderr)
            self.assertNotIn("s3cret-word", result.stderr)


class Poison(SharedCacheTestCase):
    """Whatever a server does: the image has its bytes, the build succeeds, and one warning tells of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.count, cls.filling = 0, None

    def scratch(self):
        """It outlives a test: one filling is for all of them."""
        return Path(tempfile.mkdtemp(dir=self.top))

    def setUp(self):
        super().setUp()
        if Poison.filling is None:
            Poison.filling = self.filled()
        self.directory, filled, self.expected = self.filling
        self.sound = dict(filled.content)
        self.cache = self.server()
        self.cache.content = dict(self.sound)
        self.entry = self.cache.named("ac")[0]
        self.largest = max(self.cache.named("cas"), key=lambda path: len(self.sound[path]))
        self.envelope = next(path for path in self.cache.named("cas") if b'"payloadType"' in self.sound[path][:400])

    def check(self, words=None, fault=None, most_seconds=60, is_silent=False, **options):
        Poison.count += 1
        out = f"out{Poison.count}"
        self.cache.fault = fault
        # One machine, whose own cache makes it quick: what it has published elsewhere is another entry there.
        result = self.build(self.directory, self.cache, out=out, machine="poisoned", **options)
        self.cache.fault = None
        self.assertEqual(self.image(self.directory, out), self.expected)
        self.assertNotIn("another machine has built it", result.stderr)
        self.assertEqual(result.stderr.count("[pipeline.shared-entry-refused]"), 0 if is_silent else 1, result.stderr)
        if words:
            self.assertRegex(result.stderr, words)
        self.assertLess(result.seconds, most_seconds)
        left = [path.name for path in (self.directory / out).iterdir() if path.name.startswith(".")]
        self.assertEqual([name for name in left if name != ".lock"], [])
        self.cache.content = dict(self.sound)
        return result

    def poison(self, path, change):
        self.cache.content[path] = change(self.sound[path])

    def test_bytes_are_others(self):
        def flip(body):
            return body[:len(body) // 2] + bytes([body[len(body) // 2] ^ 1]) + body[len(body) // 2 + 1:]
        for path, words in ((self.largest, "not what was signed"), (self.envelope, "damaged")):
            with self.subTest(path=path):
                self.poison(path, flip)
                self.check(words)
        for name, entry in (("noise", b"\xff" * 100), ("empty", b""), ("cut", self.sound[self.entry][:-1])):
            with self.subTest(entry=name):
                self.cache.content[self.entry] = entry
                self.check("entry is (damaged|not signed)")
        for change in (lambda body: body[:-1], lambda body: body[:10], lambda body: b"", lambda body: body + b"x", lambda body: b"<html>"):
            for path in (self.largest, self.envelope):
                with self.subTest(path=path, length=len(change(self.sound[path]))):
                    self.poison(path, change)
                    self.check("larger than|not what was signed|damaged")

    def test_lengths_that_lie(self):
        body = self.sound[self.largest]

        def lie(handler, _, path, length):
            if path != self.largest:
                return False
            handler.answer(200, body, length=length)
            handler.close_connection = True
            return True
        self.check("ends too early", lambda *words: lie(*words, len(body) + 1000))
        self.check("not what was signed|larger", lambda *words: lie(*words, len(body) - 1000))

    def test_a_body_without_end(self):
        sent = []

        def endless(handler, _, path):
            if path not in (self.largest, self.entry):
                return False
            handler.send_response(200)
            handler.send_header("Content-Length", str(100 << 30))
            handler.end_headers()
            block = bytes(1 << 20)
            while len(sent) < 2048:
                handler.wfile.write(block)
                sent.append(1)
        for which in (self.largest, self.entry):
            with self.subTest(which=which):
                sent.clear()
                self.check("larger than", lambda handler, method, path, which=which: path == which and endless(handler, method, path))
                self.assertLess(len(sent), len(self.sound[self.largest]) // (1 << 20) + 64)

    def test_headers_without_end(self):
        sent = []

        def endless(handler, _, path):
            if path not in (self.largest, self.entry):
                return False
            handler.send_response(200)
            handler.flush_headers()
            while len(sent) < 4096:
                handler.wfile.write(b"X-Noise: " + b"x" * 65000 + b"\r\n")
                sent.append(1)
            handler.close_connection = True
            return True
        for which in (self.largest, self.entry):
            with self.subTest(which=which):
                sent.clear()
                self.check("does not answer as it should", lambda handler, method, path, which=which: path == which and endless(handler, method, path))
                self.assertLess(len(sent), 256)

    def test_a_body_in_pieces_that_has_no_length(self):
        body = self.sound[self.largest]

        def pieces(content):
            def answer(handler, _, path):
                if path != self.largest:
                    return False
                handler.send_response(200)
                handler.send_header("Transfer-Encoding", "chunked")
                handler.end_headers()
                for start in range(0, len(content), 1 << 16):
                    piece = content[start:start + (1 << 16)]
                    handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                handler.wfile.write(b"0\r\n\r\n")
                return True
            return answer
        self.check("not what was signed", pieces(body[:-1]))
        self.check("larger than", pieces(body + b"x"))
        # That this way of answering is one, or else nothing above says anything.
        self.cache.fault = pieces(body)
        self.assertIn("another machine has built it", self.build(self.directory, self.cache, machine="in pieces").stderr)
        self.cache.fault = None

    def test_documents_that_cost_much_to_read(self):
        """As large as they may be, and made so that a simple reader compares everything with everything, or goes deep."""
        members = "{" + ",".join(f'"{index:x}":1' for index in range(100000)) + "}"
        repeated = '{"payloadType":"x","payload":"","signatures":[' + ",".join(['{"keyid":"","sig":"AAAA"}'] * 30000) + "]}"
        for name, text in (("members", members), ("depth", "[" * 500000), ("signatures", repeated)):
            with self.subTest(name):
                self.assertLess(len(text), 1 << 20)
                self.put_envelope(text.encode())
                self.check(None)
        self.cache.content[self.entry] = b"\x12\x00" * 500000
        self.check("damaged|not signed")

    def test_a_disk_that_fills_while_it_is_fetched(self):
        """The image that does not fit is not there; with more room, the same command fetches it."""
        room, fetched = self.scratch(), self.scratch() / "fetched"
        words = [PROGRAM, "build", "gen1.yaml", "--arch", "x86_64", "--format", "qcow2", "-o", room, "--shared-cache", self.cache.url,
                 "--shared-cache-key", self.top / "team.pub.pem"]
        command = " ".join(shlex.quote(str(word)) for word in words)
        size = len(self.sound[self.largest]) // 2
        script = (f"mount -t tmpfs -o size={size} tmpfs {room} && {{ {command} > /dev/null; echo status $?; find {room} -type f; }}; "
                  f"echo more; mount -o remount,size=512M {room} && {command} && cp {room}/{IMAGE} {fetched}")
        result = subprocess.run(["unshare", "--mount", "bash", "-c", script], cwd=self.directory, capture_output=True, text=True, timeout=120,
                                env=environment(XDG_CACHE_HOME=self.directory / "caches/full"))
        if "unshare failed" in result.stderr or "permission denied" in result.stderr:
            self.skipTest("this host gives no mount namespace")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("cannot be written here", result.stderr)
        self.assertRegex(result.stderr, "disk-full|No space left")
        status, left = result.stdout.split("more\n", 1)[0].split("\n", 1)
        self.assertRegex(status, "^status [14]$")
        self.assertEqual([line for line in left.splitlines() if not line.endswith(".log")], [])
        self.assertIn("another machine has built it", result.stderr)
        self.assertEqual(fetched.read_bytes(), self.expected)

    def signed(self, key, payload, kind="application/vnd.imagewright.cache-entry+json"):
        """An envelope as DSSE has it, made without our program."""
        scratch = self.scratch()
        message = f"DSSEv1 {len(kind)} {kind} {len(payload)} {payload}".encode()
        (scratch / "message").write_bytes(message)
        subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.top / f"{key}.pem", "-in", scratch / "message",
                        "-out", scratch / "signature"], check=True, capture_output=True)
        return json.dumps({"payloadType": kind, "payload": base64.b64encode(payload.encode()).decode(),
                           "signatures": [{"keyid": "", "sig": base64.b64encode((scratch / "signature").read_bytes()).decode()}]}).encode()

    def put_envelope(self, envelope):
        """Has the entry name this envelope, as somebody would who may write everything."""
        digest = hashlib.sha256(envelope).hexdigest()
        self.cache.content[self.envelope.rsplit("/", 1)[0] + "/" + digest] = envelope
        path = b"imagewright.dsse.json"
        size, value = b"", len(envelope)
        while value >= 128:
            size, value = size + bytes([value & 127 | 128]), value >> 7
        inner = b"\x0a\x40" + digest.encode() + b"\x10" + size + bytes([value])
        output = b"\x0a" + bytes([len(path)]) + path + b"\x12" + bytes([len(inner)]) + inner
        # A field that servers add is passed over.
        self.cache.content[self.entry] = b"\x12" + bytes([len(output)]) + output + b"\x4a\x04\x0a\x02hi"

    def test_signatures(self):
        document = json.loads(self.sound[self.envelope])
        payload = base64.b64decode(document["payload"]).decode()
        # That this way of making entries is believed when all is well, or else nothing below says anything.
        self.put_envelope(self.signed("team", payload))
        self.assertIn("another machine has built it", self.build(self.directory, self.cache, machine="control").stderr)
        unsigned = json.dumps({**document, "signatures": []}).encode()
        doctored = payload.replace(hashlib.sha256(self.sound[self.largest]).hexdigest(), hashlib.sha256(b"evil").hexdigest())
        self.assertNotEqual(doctored, payload)
        resealed = json.dumps({**document, "payload": base64.b64encode(doctored.encode()).decode()}).encode()
        key = json.loads(payload)["key"]
        climbing = payload.replace(IMAGE, "../" + IMAGE)
        for name, envelope in (("unsigned", unsigned), ("unknown key", self.signed("stranger", payload)), ("payload changed", resealed),
                               ("of another kind", self.signed("team", payload, "application/vnd.in-toto+json")),
                               ("of another key", self.signed("team", payload.replace(key, "sha256:" + "0" * 64))),
                               ("climbs", self.signed("team", climbing)), ("no JSON", self.signed("team", "{")), ("noise", b"noise")):
            with self.subTest(name):
                self.put_envelope(envelope)
                self.check()
        self.check("none of the trusted keys", reads="stranger")

    def test_a_signer_who_lies_is_found_by_building_again(self):
        payload = base64.b64decode(json.loads(self.sound[self.envelope])["payload"]).decode()
        image = self.expected[:-1] + bytes([self.expected[-1] ^ 1])
        digest, evil = (hashlib.sha256(content).hexdigest() for content in (self.expected, image))
        self.cache.content[self.envelope.rsplit("/", 1)[0] + "/" + evil] = image
        self.put_envelope(self.signed("team", payload.replace(digest, evil)))
        for unit in ("fleet/lied-to", "fleet/built-well"):
            self.build(self.directory, self.cache, machine="poisoned", out=unit)
            self.cache.content.update(self.sound)
        sample = [path.name for path in (self.directory / "fleet").iterdir() if self.image(self.directory, path) != self.expected]
        self.assertEqual(sample, ["lied-to"])
        environs = environment(XDG_CACHE_HOME=self.directory / "caches/poisoned")
        result = self.run_program("verify", "fleet", "--rebuild-sample", "100", cwd=self.directory, env=environs, expect=5)
        self.assertIn(f"lied-to/{IMAGE}: DIFFERENT", result.stdout)
        self.assertIn(f"built-well/{IMAGE}: same bytes", result.stdout)
        # At least one.
        result = self.run_program("verify", "fleet", "--rebuild-sample", "1", cwd=self.directory, env=environs, expect=None)
        self.assertEqual(result.stderr.count("chosen: "), 1)
        for words in (("fleet/lied-to", "--rebuild-sample", "50"), ("fleet", "--rebuild-sample", "0"), ("fleet", "--rebuild-sample", "101"),
                      ("fleet", "--rebuild-sample", "50", "--config", "gen1.yaml"),
                      ("fleet", "--rebuild-sample", "50", "--key", self.top / "team.pub.pem")):
            self.run_program("verify", *words, cwd=self.directory, env=environs, expect=2)

    def test_an_entry_of_another_unit_is_replayed(self):
        (self.directory / "files/motd").write_text("older\n")
        self.build(self.directory, self.cache, machine="older", writes="team", reads=None)
        (self.directory / "files/motd").write_text("hello\n")
        older = next(path for path in self.cache.named("ac") if path != self.entry)
        self.cache.content[self.entry] = self.cache.content[older]
        self.check("signed for another key")

    def test_what_was_dropped(self):
        for path in (self.largest, self.envelope, self.entry):
            with self.subTest(path=path):
                del self.cache.content[path]
                self.check(is_silent=path != self.largest)

    def test_a_server_that_fails(self):
        def status(number, **fields):
            return lambda handler, *_: handler.answer(number, b"<html>x</html>", **fields) or True
        other = self.server()
        other.content = dict(self.sound)
        for number, fields in ((500, {}), (503, {}), (401, {}), (403, {}), (302, {"Location": other.url}), (204, {}), (206, {})):
            with self.subTest(status=number):
                self.cache.forget_requests()
                self.check(f"status {number}", status(number, **fields))
                self.assertEqual(len(self.cache.requests), 1)
        self.assertEqual(other.requests, [])

    def test_a_server_that_stalls(self):
        def stall(which):
            return lambda handler, method, path: path == which and (handler.hang() or True)
        for which in (self.entry, self.envelope, self.largest):
            with self.subTest(which=which):
                self.check(None, stall(which), most_seconds=45, patience=2)
        self.check(None, lambda handler, method, path: path == self.largest and (drip(handler, self.sound[path]) or True), most_seconds=45, patience=2)

    def test_a_server_that_dies_in_the_middle(self):
        def die(handler, _, path):
            if path != self.largest:
                return False
            body = self.sound[path]
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body[:len(body) // 2])
            handler.wfile.flush()
            self.cache.stop()
            handler.close_connection = True
            return True
        self.check(None, die)
        # And is not there at all.
        self.check("does not answer")


class OtherServers(SharedCacheTestCase):
    """What was not made for this: a directory that a web server shows, and servers of others where they are installed."""

    def directory_of(self, server):
        directory = self.scratch() / "directory"
        for path, body in server.content.items():
            (directory / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            (directory / path.lstrip("/")).write_bytes(body)
        return directory

    def started(self, words, url):
        process = subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        for _ in range(200):
            try:
                urllib.request.urlopen(url)
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                self.assertIsNone(process.poll())
                time.sleep(0.05)
        return types.SimpleNamespace(url=url)

    def free_port(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def test_a_directory_behind_a_simple_web_server(self):
        checkout, filled, image = self.filled()
        port = self.free_port()
        server = self.started([sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", self.directory_of(filled), port],
                              f"http://127.0.0.1:{port}/team/")
        result = self.build(checkout, server, machine="reader")
        self.assertIn("another machine has built it", result.stderr)
        self.assertEqual(self.image(checkout, "reader"), image)
        # It takes nothing, and that is one warning.
        (checkout / "files/motd").write_text("changed\n")
        result = self.build(checkout, server, machine="writer", writes="team")
        self.assertIn("status 501", result.stderr)
        self.assertEqual(result.stderr.count("[pipeline.shared-entry-not-kept]"), 1)

    def test_nginx_with_webdav(self):
        nginx = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if nginx is None:
            self.skipTest("nginx is not installed: this is a second opinion on the server that the other tests have")
        place, port = self.scratch(), self.free_port()
        (place / "store").mkdir()
        (place / "nginx.conf").write_text(f"""
daemon off; user root; pid {place}/pid; error_log {place}/error.log; worker_processes 2;
events {{}}
http {{
  access_log off; client_max_body_size 0; client_body_temp_path {place}/body; proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;
  uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
  server {{ listen 127.0.0.1:{port}; root {place}/store; location / {{ dav_methods PUT; create_full_put_path on; }} }}
}}
""")
        server = self.started([nginx, "-p", place, "-c", place / "nginx.conf"], f"http://127.0.0.1:{port}/team/")
        checkout = self.checkout(SMALL)
        self.build(checkout, server, machine="builder", writes="team", reads=None)
        result = self.build(checkout, server, machine="other")
        self.assertIn("another machine has built it", result.stderr)
        self.assertEqual(self.image(checkout, "other"), self.image(checkout, "builder"))
        # The owner of the server flips a byte of everything.
        for path in (place / "store").rglob("*"):
            if path.is_file():
                body = bytearray(path.read_bytes())
                body[len(body) // 2] ^= 1
                path.write_bytes(body)
        result = self.build(checkout, server, machine="third")
        self.assertEqual(result.stderr.count("[pipeline.shared-entry-refused]"), 1)
        self.assertEqual(self.image(checkout, "third"), self.image(checkout, "builder"))


class Arrays(SharedCacheTestCase):
    def test_an_array_of_jobs_shares_what_its_machines_build(self):
        """As Slurm runs it: two nodes, each with a cache of its own, a directory that both see, and one job that is killed and tried again."""
        checkout, server = self.checkout("variants: {gen1: gen1.yaml, gen2: gen2.yaml}\narchitectures: [x86_64]\n"
                                         "platforms: {azure: [vhd-fixed], qemu: [qcow2]}\n"), self.server()
        units = self.units(checkout)
        self.assertEqual(len(units), 4)

        def job(index, node, out="out", *words):
            return subprocess.Popen([PROGRAM, "build", "--units", "units.json", "-o", out, "--shared-cache", server.url, "--shared-cache-key",
                                     self.top / "team.pub.pem", "--shared-cache-sign", self.top / "team.pem", *words], cwd=checkout,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                    env=environment(XDG_CACHE_HOME=checkout / "caches" / node, SLURM_ARRAY_TASK_ID=str(index)))

        killed = job(1, "two")
        record = checkout / "out" / units[1]["id"] / "unit.json"
        while killed.poll() is None and not record.exists():
            time.sleep(0.01)
        killed.kill()
        killed.communicate()
        jobs = {index: job(index, "one" if index % 2 else "two") for index in (0, 2, 3)}
        for index, process in jobs.items():
            self.assertEqual((process.communicate()[0], process.returncode), (None, 0), index)
        words = ("collect", "out", "--units", "units.json", "--json")
        document = json.loads(self.run_program(*words, cwd=checkout, env=self.environment(), expect=5).stdout)
        self.assertEqual([unit["state"] for unit in document["units"]], ["done", "unfinished", "done", "done"])
        again = job(1, "one")
        again.communicate()
        document = json.loads(self.run_program(*words, cwd=checkout, env=self.environment()).stdout)
        self.assertEqual([(unit["state"], unit["attempts"]) for unit in document["units"]], [("done", 1), ("done", 2), ("done", 1), ("done", 1)])
        # The next month nothing has changed: a machine that never built anything downloads all of it.
        server.forget_requests()
        published = 0
        for unit in units:
            process = job(unit["index"], "three", "next")
            self.assertIn("another machine has built it", process.communicate()[1])
            for path in (checkout / "next" / unit["id"]).iterdir():
                published += path.stat().st_size
                if path.name in unit["outputs"]:
                    self.assertEqual(path.read_bytes(), (checkout / "out" / unit["id"] / path.name).read_bytes())
        self.assertLess(server.given, published + len(units) * 65536)
        self.assertFalse([request for request in server.requests if request[0] == "PUT"])


class Writing(SharedCacheTestCase):
    def test_a_server_without_such_a_place(self):
        checkout, server = self.checkout(SMALL), self.server()
        server.fault = lambda handler, method, path: method == "PUT" and (handler.rfile.read(int(handler.headers["Content-Length"])), handler.answer(404))
        result = self.build(checkout, server, writes="team")
        self.assertIn("status 404", result.stderr)
        self.assertEqual(result.stderr.count("[pipeline.shared-entry-not-kept]"), 1)
        self.assertEqual(len([1 for method, _ in server.requests if method == "PUT"]), 1)

    def test_a_server_that_is_full(self):
        checkout, server = self.checkout(SMALL), self.server()
        server.fault = lambda handler, method, path: method == "PUT" and (handler.rfile.read(int(handler.headers["Content-Length"])), handler.answer(507))
        result = self.build(checkout, server, writes="team")
        self.assertIn("status 507", result.stderr)
        self.assertEqual(result.stderr.count("[pipeline.shared-entry-not-kept]"), 1)
        self.assertEqual((server.content, len([1 for method, _ in server.requests if method == "PUT"])), ({}, 1))

    def test_the_entry_comes_last(self):
        checkout, server = self.checkout(SMALL), self.server()
        self.build(checkout, server, writes="team")
        puts = [path for method, path in server.requests if method == "PUT"]
        self.assertIn("/ac/", puts[-1])
        self.assertFalse([path for path in puts[:-1] if "/ac/" in path])
        for path in server.named("cas"):
            self.assertEqual(hashlib.sha256(server.content[path]).hexdigest(), path.rsplit("/", 1)[1])

    def test_a_server_that_dies_while_it_is_written_to(self):
        checkout, server = self.checkout(SMALL), self.server()

        def die(handler, method, path):
            if method != "PUT":
                return False
            handler.rfile.read(1000)
            handler.close_connection = True
            handler.connection.close()
            return True
        server.fault = die
        result = self.build(checkout, server, writes="team")
        self.assertIn("[pipeline.shared-entry-not-kept]", result.stderr)
        server.fault = None
        self.assertEqual(server.named("ac"), [])

    def test_two_builders_write_the_same_entry_at_once(self):
        checkout, server = self.checkout(SMALL), self.server()
        results = {}

        def build(machine):
            results[machine] = self.build(checkout, server, machine=machine, writes="team")
        threads = [threading.Thread(target=build, args=(machine,)) for machine in ("left", "right")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(results), ["left", "right"])
        self.assertEqual(self.image(checkout, "left"), self.image(checkout, "right"))
        result = self.build(checkout, server, machine="third")
        self.assertIn("another machine has built it", result.stderr)
        self.assertEqual(self.image(checkout, "third"), self.image(checkout, "left"))

    def test_a_clock_that_is_wrong(self):
        checkout, server = self.checkout(SMALL), self.server()

        def build(moment, *words):
            # The clock's library is a part of the program, so that only builds with one have the same inputs.
            words = ["faketime", moment, PROGRAM, "build", "gen1.yaml", "--arch", "x86_64", "--format", "qcow2", "-o", moment,
                     "--shared-cache", server.url, *words]
            result = subprocess.run([str(word) for word in words], cwd=checkout, capture_output=True, text=True, timeout=120,
                                    env=environment(XDG_CACHE_HOME=checkout / "caches" / moment))
            self.assertEqual(result.returncode, 0, result.stderr)
            return result
        build("2099-01-01", "--shared-cache-sign", self.top / "team.pem")
        result = build("1999-01-01", "--shared-cache-key", self.top / "team.pub.pem")
        self.assertIn("another machine has built it", result.stderr)
        self.assertEqual(self.image(checkout, "1999-01-01"), self.image(checkout, "2099-01-01"))


if __name__ == "__main__":
    unittest.main()
