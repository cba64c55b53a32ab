# SPDX-License-Identifier: MIT
"""The schema as an editor shows it: the server that editors run for YAML is asked for completions, hovers and mistakes."""

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import TestCase, require_npm_packages, require_program  # noqa: E402

SERVER = "yaml-language-server@1.15.0"


class Server:
    """The language server protocol over standard input and output."""

    def __init__(self, modules, directory):
        program = modules / "yaml-language-server/bin/yaml-language-server"
        # No proxy and no home: a schema that has to be fetched, or settings of a user, would be another test.
        env = {"PATH": os.environ["PATH"], "HOME": str(directory), "NODE_PATH": str(modules)}
        self.process = subprocess.Popen(["node", str(program), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env)
        self.number = 0
        self.diagnostics = {}
        self.request("initialize", {"processId": None, "rootUri": directory.as_uri(), "capabilities": {
            "textDocument": {"completion": {"completionItem": {"documentationFormat": ["markdown"]}}, "hover": {"contentFormat": ["markdown"]}}}})
        self.notify("initialized", {})
        self.notify("workspace/didChangeConfiguration", {"settings": {"yaml": {
            "validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}}})

    def stop(self):
        self.request("shutdown", None)
        self.notify("exit", None)
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def receive(self):
        length = 0
        while line := self.process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        if length == 0:
            raise AssertionError("the server has ended")
        return json.loads(self.process.stdout.read(length))

    def notify(self, method, parameters):
        self.send({"method": method, "params": parameters})

    def handle(self, message):
        """What the server says or asks on its own."""
        if message.get("method") == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "method" in message and "id" in message:
            items = message.get("params", {}).get("items", []) if message["method"] == "workspace/configuration" else None
            self.send({"id": message["id"], "result": None if items is None else [{} for _ in items]})

    def request(self, method, parameters):
        self.number += 1
        number = self.number
        self.send({"id": number, "method": method, "params": parameters})
        while True:
            message = self.receive()
            if message.get("id") == number and "method" not in message:
                if "error" in message:
                    raise AssertionError(message["error"])
                return message["result"]
            self.handle(message)

    def open(self, path):
        self.notify("textDocument/didOpen", {"textDocument": {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": path.read_text()}})

    def diagnostics_of(self, path):
        while path.as_uri() not in self.diagnostics:
            self.handle(self.receive())
        return self.diagnostics[path.as_uri()]


class Editor(TestCase):
    @classmethod
    def setUpClass(cls):
        require_program("node")
        cls.modules = require_npm_packages(SERVER)

    def setUp(self):
        self.directory = self.scratch()
        (self.directory / "imagewright.schema.json").write_text(self.run_program("schema").stdout)
        self.server = Server(self.modules, self.directory)
        self.addCleanup(self.server.stop)

    def opened(self, text):
        path = self.directory / f"{len(list(self.directory.glob('*.yaml')))}.yaml"
        path.write_text("# yaml-language-server: $schema=./imagewright.schema.json\n" + text)
        self.server.open(path)
        return path

    def ask(self, method, text):
        """The answer for the place of the mark | in a text."""
        before, after = text.split("|")
        path = self.opened(before + after)
        lines = path.read_text()[:len(path.read_text()) - len(after)].split("\n")
        return self.server.request("textDocument/" + method, {"textDocument": {"uri": path.as_uri()},
                                                              "position": {"line": len(lines) - 1, "character": len(lines[-1])}})

    def labels(self, text):
        return {item["label"] for item in self.ask("completion", text)["items"]}

    def test_keys_and_words_are_offered_where_they_stand(self):
        self.assertLessEqual({"os", "storage", "release", "output"}, self.labels("|\n"))
        keys = self.labels("os:\n  hostname: x\n  |\n")
        self.assertLessEqual({"packages", "services", "users", "kernel"}, keys)
        self.assertNotIn("storage", keys)
        self.assertLessEqual({"qcow2", "raw", "vhd-fixed"}, self.labels("output:\n  image:\n    format: |\n"))
        self.assertLessEqual({"disabled", "permissive", "enforcing"}, self.labels("os:\n  selinux:\n    mode: |\n"))

    def test_a_key_is_explained_with_its_words(self):
        for text, words in (("os:\n  host|name: x\n", "name"), ("output:\n  image:\n    for|mat: qcow2\n", "QEMU's format"), ("storage:\n  boot|Type: efi\n", "firmware")):
            hover = self.ask("hover", text)
            self.assertIsNotNone(hover, text)
            self.assertIn(words.lower(), json.dumps(hover["contents"]).lower(), text)

    def test_a_wrong_key_word_and_kind_are_marked_at_their_places(self):
        for text, line, words in (("os:\n  hostnam: x\n", 2, "hostnam"), ("output:\n  image: {format: qcow3}\n", 2, "qcow2"),
                                  ("os:\n  packages:\n    install: openssh\n", 3, "array")):
            found = self.server.diagnostics_of(self.opened(text))
            self.assertEqual([each["range"]["start"]["line"] for each in found], [line], found)
            self.assertIn(words, found[0]["message"])
        self.assertEqual(self.server.diagnostics_of(self.opened("os:\n  hostname: x\n")), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
