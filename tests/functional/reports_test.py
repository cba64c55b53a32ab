#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Repositories as the field's users have them: small inputs that were made after public reports of faults."""

import base64
import json
import socket
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_reports import ReportsTestCase  # noqa: E402
from imagewright_testing import environment  # noqa: E402

PORTS = {"05-xml-base": 8105, "06-url-characters": 8106, "07-metalink": 8107}


class Reports(ReportsTestCase):
    def serve(self, case, *options):
        port = PORTS[case]
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                self.skipTest(f"port {port} is taken on this host")
        server = subprocess.Popen([sys.executable, self.top / "base/serve.py", self.top / case, str(port), *options],
                                  stderr=subprocess.PIPE, text=True)
        self.addCleanup(server.stderr.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        self.fail("the server does not listen")

    def lock(self, config, expect=0):
        """Runs lock; gives the locked packages by name, or what was said."""
        path = self.top / config
        result = self.run_program("lock", path, "--cache-dir", self.scratch() / "cache", expect=expect,
                                  env=environment(), cwd=self.top)
        if expect != 0:
            return result.stderr
        lock = json.loads(path.with_suffix(".lock.json").read_text())
        self.said = result.stderr
        return {package["name"]: package for package in lock["architectures"]["x86_64"]["packages"]}

    def test_a_base_of_its_own_is_honoured_and_locked(self):
        self.serve("05-xml-base")
        leaf = self.lock("05-xml-base/node.yaml")["leaf"]
        self.assertEqual(leaf["base"], "http://127.0.0.1:8105/pool")
        self.assertEqual(leaf["location"], "leaf-1-1.noarch.rpm")

    def test_a_stale_mirror_is_passed_over_whatever_digest_is_announced(self):
        self.serve("07-metalink")
        for config in ("node.yaml", "sha512.yaml"):
            leaf = self.lock(f"07-metalink/{config}")["leaf"]
            self.assertEqual(leaf["version"], "2-1")
            self.assertIn("repo.mirror-passed-over", self.said)

    def test_metadata_without_requirements_is_said(self):
        self.lock("09-metadata-without-requires/node.yaml")
        self.assertIn("resolve.no-requirements", self.said)

    def test_module_streams_are_refused_with_a_sentence(self):
        self.assertIn("repo.modules-unsupported", self.lock("10-module-streams/node.yaml", expect=1))

    def test_a_capability_is_left_out(self):
        for config in ("cap.yaml", "remove.yaml"):
            self.assertIn("resolve.excluded", self.lock(f"11-exclude-capability/{config}", expect=3))

    def test_the_second_key_of_a_file_counts(self):
        self.assertIn("leaf", self.lock("12-several-keys-in-a-file/blocks.yaml"))

    def test_keys_count_in_whatever_form_they_come(self):
        """The repository is signed with the second; a key block of both is only as good as each of its keys."""
        place = self.top / "12-several-keys-in-a-file"
        first, second = ((place / f"{name}.asc").read_text() for name in ("first", "second"))
        binary = {name: self.binary(text) for name, text in (("first", first), ("second", second))}
        rows = {"swapped": ((second + first).encode(), 0), "with a comment between": ((first + "\n# the other\n\n" + second).encode(), 0),
                "line ends of Windows": ((first + second).replace("\n", "\r\n").encode(), 0), "binary": (binary["second"], 0), "binary, both": (binary["first"] + binary["second"], 0),
                "one block of both": (self.armoured(binary["first"] + binary["second"]).encode(), 0), "twice": ((second + second).encode(), 0),
                "the other alone": (first.encode(), 5), "cut off": (second[:len(second) // 2].encode(), 5), "nothing": (b"", 5), "a text": (b"hello\n", 5)}
        for number, (name, (content, code)) in enumerate(rows.items()):
            with self.subTest(name=name):
                (place / f"form{number}.asc").write_bytes(content)
                config = place / f"form{number}.yaml"
                config.write_text((place / "blocks.yaml").read_text().replace("both-blocks.asc", f"form{number}.asc"))
                result = self.run_program("build", config, "--output-dir", self.scratch() / "out", "--cache-dir", self.scratch() / "cache", "--progress", "none",
                                          expect=None, env=environment(), cwd=self.top)
                self.assertEqual(result.returncode == 0, code == 0, result.stderr)
                if code:
                    self.assertIn(result.returncode, (1, 2, 5), result.stderr)
                    self.assertIn("hint: ", result.stderr)

    def binary(self, armoured):
        lines = armoured.split("\n\n", 1)[1].splitlines()
        return base64.b64decode("".join(line for line in lines if line and not line.startswith(("=", "-"))))

    def armoured(self, content):
        text = base64.encodebytes(content).decode()
        return f"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{text}-----END PGP PUBLIC KEY BLOCK-----\n"

    def test_an_obsoleted_name_takes_what_obsoletes_it(self):
        packages = self.lock("29-obsoleted-request/foo.yaml")
        self.assertIn("bar", packages)
        self.assertNotIn("foo", packages)

    def test_files_in_conditions_are_looked_up(self):
        self.assertIn("plugin", self.lock("34-file-conditions/cond.yaml"))
        self.lock("34-file-conditions/alt.yaml")


if __name__ == "__main__":
    unittest.main()
