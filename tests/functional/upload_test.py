# SPDX-License-Identifier: MIT
"""A disk goes to a page blob: its content alone, again from where a run ended, and nothing tells the signature."""

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import PROGRAM, environment  # noqa: E402
from page_blob_server import PAGE, SECRET, PageBlobServer  # noqa: E402
from sibling_images import SiblingTestCase, disk  # noqa: E402


class Upload(SiblingTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.large = None

    def setUp(self):
        super().setUp()
        self.server = PageBlobServer()
        self.addCleanup(self.server.stop)

    def disk(self):
        """A VHD of 30 GiB, most of it holes."""
        if type(self).large is None:
            built = self.image("os: {packages: {install: [tiny-bulky]}}\n" +
                               disk([], root_size="80M").replace("partitionTableType: gpt", "partitionTableType: gpt\n    maxSize: 30G"), formats=("vhd-fixed",))
            type(self).large = self.top / "large.vhd"
            next(built.out.glob("*.vhd")).rename(self.large)
        return self.large

    def upload(self, file=None, url=None, *arguments, expect=0):
        address = self.scratch() / "address"
        address.write_text((url or self.server.url()) + "\n")
        result = self.run_program("upload", "azure", file or self.disk(), "--url-file", address, *arguments, expect=None)
        self.assertEqual(result.returncode, expect, result.stderr)
        self.assertNotIn(SECRET, result.stdout + result.stderr)
        return result

    def assert_same(self, blob, file):
        self.assertEqual(blob.size, file.stat().st_size)
        content = {}
        with file.open("rb") as source:
            at = 0
            while True:
                try:
                    begin = os.lseek(source.fileno(), at, os.SEEK_DATA)
                except OSError:
                    break
                at = os.lseek(source.fileno(), begin, os.SEEK_HOLE)
                source.seek(begin)
                data = source.read(at - begin)
                content |= {begin + offset: data[offset:offset + PAGE] for offset in range(0, len(data), PAGE) if any(data[offset:offset + PAGE])}
        self.assertEqual({offset: page for offset, page in blob.pages.items() if any(page)}, content)

    def test_only_content_is_sent_and_all_of_it_is_there(self):
        told = json.loads(self.upload(None, None, "--json", "--progress", "json").stdout)
        self.assertEqual(told["bytes"], self.disk().stat().st_size)
        self.assertGreater(told["bytes"], 30 << 30)
        self.assertLess(told["contentBytes"], 64 << 20)
        self.assertEqual((told["sentBytes"], self.server.received), (told["contentBytes"], told["contentBytes"]))
        self.assert_same(self.server.blobs["/vhds/node.vhd"], self.disk())
        again = json.loads(self.upload(None, None, "--json").stdout)
        self.assertEqual((again["sentBytes"], again["contentDigest"]), (0, told["contentDigest"]))

    def test_a_run_that_is_killed_is_gone_on_with(self):
        address = self.scratch() / "address"
        address.write_text(self.server.url())
        writes = lambda: sum(request == ("PUT", "page") for request in self.server.requests)
        for _ in range(10):
            process = subprocess.Popen([str(PROGRAM), "upload", "azure", self.disk(), "--url-file", address, "--progress", "none"], env=environment(),
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            until = writes() + 1
            self.server.fault = lambda _number, process=process, until=until: process.kill() if writes() >= until else None
            process.communicate()
            self.assertEqual(process.returncode, -9)
        self.server.fault = None
        told = json.loads(self.upload(None, None, "--json").stdout)
        self.assertLess(told["sentBytes"], told["contentBytes"])
        self.assert_same(self.server.blobs["/vhds/node.vhd"], self.disk())

    def test_a_server_that_fails_for_a_while_is_asked_again(self):
        self.server.fault = lambda number: 503 if number == 3 else None
        self.upload()
        self.assert_same(self.server.blobs["/vhds/node.vhd"], self.disk())

    def test_what_is_not_what_was_sent_is_told(self):
        self.server.store = lambda data: bytes([data[0] ^ 1]) + data[1:]
        self.assertIn("[upload.damaged]", self.upload(expect=5).stderr)

    def test_nothing_is_overwritten(self):
        self.upload()
        other = self.image("os: {hostname: other}\n", formats=("vhd-fixed",))
        received = self.server.received
        self.assertIn("[upload.other-blob]", self.upload(next(other.out.glob("*.vhd")), expect=2).stderr)
        self.assertEqual(self.server.received, received)

    def test_addresses_that_will_not_do_are_told(self):
        port = self.server.server_port
        rows = ((self.server.url(signature="sv=1&sig=wrong"), "upload.refused", 1), (self.server.url("none/node.vhd"), "upload.no-container", 2),
                ("http://storage.example/vhds/node.vhd?sig=x", "upload.plain-http", 2), (f"http://127.0.0.1:{port}/vhds/node.vhd", "upload.no-signature", 2),
                ("http://localhost.example/vhds/node.vhd?sig=x", "upload.plain-http", 2),
                ("http://localhost:80@storage.example/vhds/node.vhd?sig=x", "upload.plain-http", 2), ("two words", "cli.usage", 2))
        for url, code, exit_code in rows:
            with self.subTest(url=url):
                self.assertIn(f"[{code}]", self.upload(None, url, expect=exit_code).stderr)
        said = self.run_program("upload", "azure", self.disk(), expect=2).stderr
        self.assertIn("IMAGEWRIGHT_BLOB_URL", said)

    def test_only_disks_that_azure_takes_are_sent(self):
        built = self.image("os: {hostname: a}\n", formats=("qcow2", "raw"))
        for name in ("*.qcow2", "*.raw"):
            with self.subTest(name=name):
                self.assertIn("[upload.not-for-azure]", self.upload(next(built.out.glob(name)), expect=2).stderr)
        self.assertEqual(self.server.requests, [])


if __name__ == "__main__":
    unittest.main()
