# SPDX-License-Identifier: MIT
"""`imagewright upload azure` against Azurite, Microsoft's own imitation of the storage service (npm)."""

import base64
import hashlib
import hmac
import json
import socket
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote, urlencode

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import PROGRAM, environment, require_npm_packages, require_program  # noqa: E402
from sibling_images import SiblingTestCase, disk  # noqa: E402

ACCOUNT = "devstoreaccount1"
# Azurite's well-known account, which is no secret; the signatures made with it play one.
KEY = base64.b64decode("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==")
VERSION = "2021-12-02"
EXPIRY = "2099-01-01T00:00:00Z"
MIB = 1 << 20
SIZE = 30 * 1024 * MIB


def signed(lines):
    return base64.b64encode(hmac.new(KEY, "\n".join(lines).encode(), hashlib.sha256).digest()).decode()


def account_signature():
    signature = signed([ACCOUNT, "rwdlac", "b", "sco", "", EXPIRY, "", "", VERSION, "", ""])
    return urlencode({"sv": VERSION, "ss": "b", "srt": "sco", "sp": "rwdlac", "se": EXPIRY, "sig": signature}, quote_via=quote)


class Azurite(SiblingTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        require_program("node")
        modules = require_npm_packages("azurite@3.35.0")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            cls.port = free.getsockname()[1]
        cls.state = cls.class_scratch()
        cls.server = subprocess.Popen(["node", modules / "azurite/dist/src/blob/main.js", "--blobPort", str(cls.port), "--location", cls.state, "--silent"],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.stop)
        cls.signature = account_signature()
        for _ in range(600):
            try:
                cls.ask("vhds?restype=container&" + cls.signature, method="PUT")
                return
            except urllib.error.HTTPError:
                raise
            except OSError:
                time.sleep(0.1)
        raise AssertionError("Azurite does not answer")

    @classmethod
    def stop(cls):
        cls.server.terminate()
        cls.server.wait()

    @classmethod
    def ask(cls, what, method="GET", **headers):
        request = urllib.request.Request(f"http://127.0.0.1:{cls.port}/{ACCOUNT}/{what}", method=method, headers={"x-ms-version": VERSION, **headers})
        with urllib.request.urlopen(request) as answer:
            return answer.read(), answer.headers

    def disk(self):
        """A fixed VHD of 30 GiB, most of it holes."""
        built = self.image("os: {packages: {install: [tiny-bulky]}}\n" +
                           disk([], root_size="80M").replace("partitionTableType: gpt", "partitionTableType: gpt\n    maxSize: 30G"), formats=("vhd-fixed",))
        return next(built.out.glob("*.vhd"))

    def test_a_disk_that_is_sent_in_spite_of_ten_kills_is_there(self):
        image = self.disk()
        address = self.scratch() / "address"
        address.write_text(f"http://127.0.0.1:{self.port}/{ACCOUNT}/vhds/node.vhd?{self.signature}")
        secret = self.signature.rsplit("sig=", 1)[1]
        killed = 0
        for moment in range(10):
            process = subprocess.Popen([str(PROGRAM), "upload", "azure", image, "--url-file", address, "--progress", "json"], env=environment(),
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            heard = "".join(process.stderr.readline() for _ in range(1 + moment))
            process.kill()
            out, errors = process.communicate()
            errors = heard + errors
            killed += process.returncode == -9
            self.assertNotIn(secret[:16], out + errors)
        self.assertGreater(killed, 5, errors)
        result = self.run_program("upload", "azure", image, "--url-file", address, "--json")
        self.assertNotIn(secret[:16], result.stdout + result.stderr)
        told = json.loads(result.stdout)
        self.assertEqual(told["bytes"], image.stat().st_size)
        self.assertGreater(told["bytes"], SIZE)
        self.assertLess(told["contentBytes"], 64 * MIB)
        _, headers = self.ask("vhds/node.vhd?" + self.signature, method="HEAD")
        self.assertEqual((int(headers["Content-Length"]), headers["x-ms-blob-type"]), (image.stat().st_size, "PageBlob"))
        with image.open("rb") as file:
            for place, length in ((0, 4 * MIB), (1 * MIB, 4 * MIB), (image.stat().st_size - MIB - 512, MIB + 512), (SIZE // 2, MIB)):
                stored, _ = self.ask("vhds/node.vhd?" + self.signature, **{"x-ms-range": f"bytes={place}-{place + length - 1}"})
                file.seek(place)
                self.assertEqual(stored, file.read(length))
        again = json.loads(self.run_program("upload", "azure", image, "--url-file", address, "--json").stdout)
        self.assertEqual((again["sentBytes"], again["contentDigest"]), (0, told["contentDigest"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
