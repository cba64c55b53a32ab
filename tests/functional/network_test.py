# SPDX-License-Identifier: MIT
"""Repositories behind a login, a proxy, or a certificate of an authority of one's own: docs/how-to/repositories.md as it says it."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_distribution  # noqa: E402
from imagewright_testing import PROGRAM, TestCase, environment, require_program, skip  # noqa: E402
from web_places import Proxy, Web, make_authority, make_certificate  # noqa: E402

NODE = """\
release: tiny
repositories:
- {name: tiny, baseUrl: "URL", gpgCheck: false, repoGpgCheck: false}
os:
  hostname: node
  packages: {install: [tiny-web]}
output:
  image: {format: raw}
"""
TOKEN = "t0ken-of-the-pipeline"
WORD = "w0rd-of-the-proxy"
# A name that nothing but the proxy of the tests knows (RFC 6761).
HOST = "packages.invalid"


class NetworkTestCase(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = cls.class_scratch()
        tiny_distribution.make(cls.top)
        cls.repository = cls.top / "repository"

    def run_in(self, place, *arguments, before=(), **variables):
        return subprocess.run([*before, str(PROGRAM), "--cache-dir", str(place / "cache"), *arguments, "--progress", "none"], cwd=place,
                              env=environment(HOME=place, IMAGEWRIGHT_DATA=self.top, **variables), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=120)

    def place(self, url):
        place = self.scratch()
        (place / "node.yaml").write_text(NODE.replace("URL", url))
        return place

    def built(self, place, *options, **variables):
        result = self.run_in(place, "build", "node.yaml", *options, **variables)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue((place / "out/node-x86_64.raw").exists())
        return result

    def refused(self, place, *words, expect=1, **variables):
        result = self.run_in(place, "plan", "node.yaml", **variables)
        self.assertEqual(result.returncode, expect, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
        return result


class Logins(NetworkTestCase):
    def test_a_token_on_the_command_line_opens_the_repository_and_stands_nowhere(self):
        with Web(self.repository, login=f"pipeline:{TOKEN}") as web:
            address = f"127.0.0.1:{web.server_port}"
            place = self.place(f"http://{address}")
            locked = self.run_in(place, "lock", "node.yaml", "--repo", f"tiny=http://pipeline:{TOKEN}@{address}")
            self.assertEqual(locked.returncode, 0, locked.stderr)
            result = self.built(place, "--locked", "--repo", f"tiny=http://pipeline:{TOKEN}@{address}")
            self.assertNotIn(TOKEN, result.stdout + result.stderr + locked.stdout + locked.stderr)
            files = [path for path in place.rglob("*") if path.is_file()]
            self.assertGreater(len(files), 8)
            self.assertEqual([path for path in files if TOKEN.encode() in path.read_bytes()], [])

    def test_without_it_or_with_another_one_the_message_says_what_to_give(self):
        with Web(self.repository, login=f"pipeline:{TOKEN}") as web:
            address = f"127.0.0.1:{web.server_port}"
            for url in (f"http://{address}", f"http://pipeline:wr0ng@{address}"):
                place = self.place(url)
                result = self.refused(place, "[repo.unreachable]", "answers with status 401", "write NAME:PASSWORD@ before its host in the address")
                self.assertNotIn("wr0ng", result.stderr.partition("hint: ")[0].partition("node.yaml:3")[0])
                self.assertNotIn("trying again", result.stderr)
            before = len(web.asked)
            # Asked again it would answer the same.
            self.refused(self.place(f"http://{address}"))
            self.assertLessEqual(len(web.asked) - before, 2)


class Proxies(NetworkTestCase):
    def test_everything_goes_through_the_proxy(self):
        with Web(self.repository) as web, Proxy({HOST: ("127.0.0.1", web.server_port)}) as proxy:
            place = self.place(f"http://{HOST}/")
            self.built(place, http_proxy=f"http://127.0.0.1:{proxy.server_port}")
            self.assertEqual(len(proxy.asked), len(web.asked))
            self.assertIn(f"http://{HOST}/repodata/repomd.xml", proxy.asked)
            self.assertTrue([path for path in proxy.asked if path.endswith(".rpm")], proxy.asked)

    def test_what_no_proxy_names_is_asked_itself(self):
        with Web(self.repository) as web, Proxy({}) as proxy:
            place = self.place(f"http://127.0.0.1:{web.server_port}/")
            variables = {"http_proxy": f"http://127.0.0.1:{proxy.server_port}"}
            self.assertEqual(self.run_in(place, "plan", "node.yaml", no_proxy="127.0.0.1", **variables).returncode, 0)
            self.assertEqual(proxy.asked, [])
            self.assertEqual(self.run_in(place, "plan", "node.yaml", **variables).returncode, 0)
            self.assertNotEqual(proxy.asked, [])

    def test_a_proxy_may_want_a_login_which_nobody_is_told(self):
        with Web(self.repository) as web, Proxy({HOST: ("127.0.0.1", web.server_port)}, login=f"me:{WORD}") as proxy:
            address = f"127.0.0.1:{proxy.server_port}"
            place = self.place(f"http://{HOST}/")
            self.refused(place, "answers with status 407", "write NAME:PASSWORD@ before its host in http_proxy", http_proxy=f"http://{address}")
            other = self.refused(place, "status 407", http_proxy=f"http://me:wr0ng-{WORD}@{address}")
            result = self.built(place, http_proxy=f"http://me:{WORD}@{address}")
            self.assertNotIn(WORD, result.stdout + result.stderr + other.stderr)
            self.assertEqual([path for path in place.rglob("*") if path.is_file() and WORD.encode() in path.read_bytes()], [])

    def test_a_proxy_that_is_not_there_is_named_by_its_variable(self):
        place = self.place(f"http://{HOST}/")
        self.refused(place, "[repo.unreachable]", "check the proxy that http_proxy", http_proxy="http://127.0.0.1:9")


class Authorities(NetworkTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        require_program("openssl")
        cls.keys = cls.class_scratch()
        cls.authority = make_authority(cls.keys)
        cls.certificate = make_certificate(cls.authority, "localhost")

    def web(self):
        return Web(self.repository, certificate=self.certificate)

    def test_a_server_of_an_unknown_authority_is_refused_at_once_with_what_helps(self):
        with self.web() as web:
            place = self.place(f"https://localhost:{web.server_port}/")
            result = self.refused(place, "[repo.unreachable]", "certificate", "SSL_CERT_FILE")
            self.assertNotIn("trying again", result.stderr)
            self.assertEqual(web.asked, [])
            # What the message says helps.
            self.built(place, SSL_CERT_FILE=self.authority)
            self.assertIn("/repodata/repomd.xml", web.asked)

    def test_its_certificate_among_those_of_the_host_counts(self):
        if os.geteuid() != 0:
            skip("adding to the certificates of a host takes root")
        require_program("update-ca-certificates")
        # As the page says, in a view of the host that ends with the command.
        change = ('set -e; cp -a /etc/ssl "$1/ssl"; mount --bind "$1/ssl" /etc/ssl; mkdir -p /usr/local/share/ca-certificates "$1/local"; '
                  'mount --bind "$1/local" /usr/local/share/ca-certificates; cp "$2" /usr/local/share/ca-certificates/team.crt; '
                  'update-ca-certificates >/dev/null 2>&1; shift 2; exec "$@"')
        before = ["unshare", "--mount", "--propagation", "private", "sh", "-c", change, "sh", str(self.scratch()), str(self.authority)]
        with self.web() as web:
            place = self.place(f"https://localhost:{web.server_port}/")
            result = self.run_in(place, "plan", "node.yaml", before=before)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.refused(place, "certificate")

    def test_a_certificate_of_another_name_or_authority_is_refused(self):
        other = make_authority(self.keys, "Other")
        with self.web() as web:
            self.refused(self.place(f"https://localhost:{web.server_port}/"), "certificate", SSL_CERT_FILE=other)
            self.refused(self.place(f"https://127.0.0.1:{web.server_port}/"), "does not match target host name", SSL_CERT_FILE=self.authority)

    def test_a_file_of_certificates_that_is_none_is_told(self):
        with self.web() as web:
            self.refused(self.place(f"https://localhost:{web.server_port}/"), "correct SSL_CERT_FILE", SSL_CERT_FILE=self.keys / "nothing.crt")

    def test_a_tunnel_through_a_proxy_keeps_the_certificate_and_the_token(self):
        with Web(self.repository, login=f"pipeline:{TOKEN}", certificate=make_certificate(self.authority, HOST)) as web, \
                Proxy({HOST: ("127.0.0.1", web.server_port)}, login=f"me:{WORD}") as proxy:
            place = self.place(f"https://{HOST}/")
            variables = {"https_proxy": f"http://me:{WORD}@127.0.0.1:{proxy.server_port}", "SSL_CERT_FILE": self.authority}
            result = self.built(place, "--repo", f"tiny=https://pipeline:{TOKEN}@{HOST}/", **variables)
            # The proxy saw the name of the server and nothing else.
            self.assertEqual(set(proxy.asked), {f"{HOST}:443"})
            self.assertNotIn(TOKEN, result.stderr + result.stdout)
            self.refused(place, "407", "write NAME:PASSWORD@ before its host in http_proxy", https_proxy=f"http://127.0.0.1:{proxy.server_port}", SSL_CERT_FILE=self.authority)


if __name__ == "__main__":
    unittest.main(verbosity=2)
