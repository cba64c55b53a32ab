#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Scripts of a config, and what stands in the place of dracut, search all that they see for what the caller knows, and find nothing.
(Scriptlets of packages do the same in tests/component/install/secrecy_test.cpp.)"""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_distribution  # noqa: E402
from faulty_server import FaultyServer  # noqa: E402
from imagewright_testing import TestCase, environment  # noqa: E402

# Whoever searches must not find its own words.
SEARCH = """\
seen=0
for file in /proc/[0-9]*/environ /proc/[0-9]*/cmdline /proc/[0-9]*/maps /proc/[0-9]*/mountinfo /proc/keys /proc/cmdline; do
  text=$(cat "$file" 2>/dev/null) || continue
  seen=$((seen+1))
  case "$text" in *mark""er-of-*) echo "found in $file"; exit 9;; esac
done
[ $seen -ge 4 ] || exit 8
echo $seen >>/etc/searched
"""
NODE = """\
release: {top}/tiny.yaml
os:
  hostname: node
  users:
  - {{name: one, password: {{type: plain-text, value: marker-of-password}}}}
output: {{images: [{{format: raw}}]}}
scripts:
  postCustomization:
  - {{name: search, content: "{search}"}}
  - {{name: search in dracut's place, content: "{replace}"}}
  finalizeCustomization:
  - {{name: search at the end, content: "{search}"}}
  - {{name: all of them searched, content: "set -- $(cat /etc/searched); [ $# -eq 3 ]; rm /etc/searched"}}
"""


def quoted(text):
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


class Markers(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = cls.class_scratch()
        tiny_distribution.make(cls.top)

    def build(self, search, expect):
        directory = self.scratch()
        replace = ("cp /usr/bin/dracut /usr/bin/dracut.first\ncat >/usr/bin/dracut <<'END'\n#!/bin/sh\n" + search
                   + 'exec /bin/sh /usr/bin/dracut.first "$@"\nEND\n')
        with FaultyServer(self.top / "repository", "status_500", "nothing", 0) as server:
            release = (self.top / "releases/tiny.yaml").read_text()
            address = server.url.replace("//", "//marker-of-user:marker-of-url@")
            (directory / "tiny.yaml").write_text(release.replace(f"path: {self.top}/repository", f"baseUrl: '{address}'"))
            config = directory / "node.yaml"
            config.write_text(NODE.format(top=directory, search=quoted(search), replace=quoted(replace)))
            return self.run_program("build", config, "--output-dir", directory / "out", "--cache-dir", directory / "cache",
                                    env=environment(AWS_SECRET_ACCESS_KEY="marker-of-environment"), expect=expect, timeout=120)

    def test_no_script_finds_anything_of_the_caller(self):
        self.build(SEARCH, expect=0)

    def test_the_search_would_find(self):
        result = self.build("export FOUND=mark\"\"er-of-itself\n"
                            + SEARCH.replace("for file in", "cat /proc/self/environ >/tmp/own\nfor file in /tmp/own"), expect=1)
        self.assertIn("found in /tmp/own", result.stderr)


if __name__ == "__main__":
    unittest.main()
