#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Repositories as the field's users have them: small inputs that were made after public reports of faults."""

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

    def test_an_obsoleted_name_takes_what_obsoletes_it(self):
        packages = self.lock("29-obsoleted-request/foo.yaml")
        self.assertIn("bar", packages)
        self.assertNotIn("foo", packages)

    def test_files_in_conditions_are_looked_up(self):
        self.assertIn("plugin", self.lock("34-file-conditions/cond.yaml"))
        self.lock("34-file-conditions/alt.yaml")


if __name__ == "__main__":
    unittest.main()
