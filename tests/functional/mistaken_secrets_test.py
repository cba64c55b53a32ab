#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Configs with a mistake where a secret stands: what is said about the mistake does not repeat the secret, in any form."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import TestCase, environment  # noqa: E402

SECRET = "SeCrEtMaRk"
USER = "os:\n  users:\n  - "
REPOSITORY = "repositories:\n- "
CONFIGS = {
    "a misspelt key": USER + "{name: a, pasword: {type: plain-text, value: SECRET}}",
    "a misspelt key in a block": USER + "name: a\n    pasword:\n      type: plain-text\n      value: SECRET",
    "a misspelt value": USER + "{name: a, password: {type: plain-text, val: SECRET}}",
    "users at the top": "users: [{name: a, password: {type: plain-text, value: SECRET}}]",
    "users in the singular": "os:\n  user: [{name: a, password: {type: plain-text, value: SECRET}}]",
    "a password of the system": "os:\n  password: SECRET",
    "a password of root": "os:\n  rootPassword: SECRET",
    "a password's hash": USER + "{name: a, passwordHash: SECRET}",
    "a passphrase": "storage: {encryption: [{passphrase: SECRET}]}",
    "a text in the place of a password": USER + "{name: a, password: SECRET}",
    "a list in the place of a password": USER + "{name: a, password: [SECRET]}",
    "a mapping in the place of a value": USER + "{name: a, password: {type: plain-text, value: {is: SECRET}}}",
    "the value at the user": USER + "{name: a, type: plain-text, value: SECRET}",
    "a value in the place of a type": USER + "{name: a, password: {type: SECRET}}",
    "no blank behind the colon": USER + "{name: a, password: {type: plain-text, value:SECRET}}",
    "no blank behind the colon of a password": USER + "{name: a, password:SECRET}",
    "no blank behind the colon in a block": USER + "name: a\n    password:SECRET\n    uid: 7",
    "a colon in the value": USER + "name: a\n    password:\n      type: plain-text\n      value: SECRET: more",
    "a colon in the password": USER + "name: a\n    password: SECRET: more",
    "an anchor": USER + "{name: a, password: {type: plain-text, value: &SECRET}}",
    "as chpasswd has it": "os:\n  users: a:SECRET",
    "as chpasswd has it, in a list": "os:\n  users: [\"a:SECRET\"]",
    "a quote that is open": USER + "{name: a, pasword: {type: plain-text, value: \"SECRET}}",
    "an escape that does not exist": USER + "{name: a, rootpw: {type: plain-text, value: \"SECRET\\q\"}}",
    "a slash in the password": REPOSITORY + "{name: m, baseUrl: 'http://user:a/SECRET@127.0.0.1:1/'}",
    "a slash behind the password": REPOSITORY + "{name: m, baseUrl: 'http://user:SECRET/a@127.0.0.1:1/'}",
    "a fragment": REPOSITORY + "{name: m, baseUrl: 'http://user:SECRET#a@127.0.0.1:1/'}",
    "a query": REPOSITORY + "{name: m, baseUrl: 'http://user:SECRET?a@127.0.0.1:1/'}",
    "a blank in the password": REPOSITORY + "{name: m, baseUrl: 'http://user:a SECRET@127.0.0.1:1/'}",
    "a quote in the password": REPOSITORY + "{name: m, baseUrl: 'http://user:a\"SECRET@127.0.0.1:1/'}",
    "one slash": REPOSITORY + "{name: m, baseUrl: 'http:/user:SECRET@127.0.0.1:1/'}",
    "no slash": REPOSITORY + "{name: m, baseUrl: 'http:user:SECRET@127.0.0.1:1/'}",
    "no protocol": REPOSITORY + "{name: m, baseUrl: 'user:SECRET@127.0.0.1:1/'}",
    "no protocol but slashes": REPOSITORY + "{name: m, baseUrl: '//user:SECRET@127.0.0.1:1/'}",
    "another protocol": REPOSITORY + "{name: m, baseUrl: 'ftp://user:SECRET@127.0.0.1:1/'}",
    "slashes with escapes": REPOSITORY + "{name: m, baseUrl: \"http:\\/\\/user:SECRET@127.0.0.1:1/\"}",
    "several lines": REPOSITORY + "name: m\n  baseUrl: http://user:\n    SECRET@127.0.0.1:1/",
    "a URL in the place of a path": "os:\n  additionalFiles:\n  - {source: 'http://user:SECRET@127.0.0.1:1/k', destination: /x}",
    "a URL in the place of a config": "baseConfigs: [{path: 'http://user:SECRET@127.0.0.1:1/x.yaml'}]",
}


class MistakenSecrets(TestCase):
    def said_about(self, text):
        directory = self.scratch()
        config = directory / "node.yaml"
        config.write_text(f"release: workbench\n{text}\noutput: {{images: [{{format: raw}}]}}\n")
        runs = [("validate", "--format", form, config) for form in ("human", "json", "sarif", "github", "gitlab")]
        runs += [("validate", "--canonical", config), ("plan", config, "--cache-dir", directory / "cache", "--offline")]
        for run in runs:
            result = self.run_program(*run, expect=None, cwd=directory)
            self.assertIn(result.returncode, (0, 1, 2), (run, result.stderr))
            yield run, result.returncode, result.stdout + result.stderr

    def test_what_is_said_about_a_mistake_repeats_no_secret(self):
        for name, text in CONFIGS.items():
            with self.subTest(name):
                codes = set()
                for run, code, said in self.said_about(text.replace("SECRET", SECRET)):
                    self.assertNotIn(SECRET, said, run)
                    codes.add(code)
                self.assertNotEqual(codes, {0}, "it is no mistake: the test sees nothing")

    def test_what_is_said_about_a_mistaken_command_repeats_no_secret(self):
        directory = self.scratch()
        config = directory / "node.yaml"
        config.write_text("release: workbench\nrepositories: [{name: m, baseUrl: 'http://127.0.0.1:1/'}]\noutput: {images: [{format: raw}]}\n")
        (directory / "key.pem").write_text("no key")
        plan = ("plan", config, "--cache-dir", directory / "cache")
        runs = [((*plan, "--repo", f"m=user:{SECRET}@127.0.0.1:1/"), {}), ((*plan, "--repo", f"user:{SECRET}@127.0.0.1:1/"), {}),
                (("sign", directory, "--key", directory / "key.pem", "--passphrase-file", SECRET), {}),
                (("build", config, "--cache-dir", directory / "cache", "--output-dir", directory / "out"),
                 {"IMAGEWRIGHT_SHARED_CACHE": "http://127.0.0.1:1/", "IMAGEWRIGHT_SHARED_CACHE_LOGIN": f"user:{SECRET}"})]
        for command, variables in runs:
            with self.subTest(command):
                result = self.run_program(*command, expect=None, cwd=directory, env=environment(**variables), timeout=120)
                self.assertIn(result.returncode, (1, 2), result.stderr)
                self.assertNotIn(SECRET, result.stdout + result.stderr)

    def test_what_is_no_secret_is_repeated(self):
        for text, word in (("os:\n  hostnme: marker", "marker"), (USER + "{name: a, shel: marker}", "a user has no key \"shel\""),
                           (REPOSITORY + "{name: m, baseUrl: 'gopher://marker/'}", "marker"),
                           (USER + "{name: a, password: {type: lockd}}", "lockd"), ("os:\n  users: [marker]", "marker")):
            with self.subTest(text):
                self.assertIn(word, next(self.said_about(text))[2])


if __name__ == "__main__":
    unittest.main()
