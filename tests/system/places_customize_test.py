# SPDX-License-Identifier: MIT
"""Images that exist, changed in a machine of its own: the bytes of every other rung, and its complaints."""

import json
import re
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_distribution  # noqa: E402
from composing import artifact_digests, hidden_files  # noqa: E402
from imagewright_testing import WORKBENCH, TestCase, environment, require_program, require_workbench  # noqa: E402

HEAD = """\
release: {top}/releases/tiny.yaml
output:
  images: [{{format: qcow2}}, {{format: raw}}]
"""
CHANGES = """\
os:
  hostname: changed
  packages: {install: [tiny-starting], remove: [tiny-web]}
  users: [{name: kim, uid: 1500}]
  additionalFiles: [{source: motd, destination: /etc/motd, permissions: "640"}]
scripts:
  postCustomization:
  - {name: note, content: "while read -r line; do echo $line; done </etc/motd >/etc/copy"}
"""
FAILING = """\
os: {hostname: changed}
scripts:
  postCustomization:
  - {name: breaks, content: "echo it is broken; exit 7"}
"""


class CustomizedInAMachine(TestCase):
    @classmethod
    def setUpClass(cls):
        require_workbench()
        require_program("qemu-system-x86_64")
        cls.kernel = next(WORKBENCH.glob("x86_64/linux-image-[0-9]*.rpm"))
        cls.top = cls.class_scratch()
        tiny_distribution.make(cls.top)
        (cls.top / "motd").write_text("hello\n")

    def config(self, name, text):
        path = self.top / f"{name}.yaml"
        path.write_text(HEAD.format(top=self.top) + text)
        return path

    def run_here(self, command, *words, expect=0):
        return self.run_program("--cache-dir", self.top / "cache", command, *words, expect=expect, env=environment())

    def base(self):
        out = self.top / "base"
        if not out.exists():
            self.run_here("build", self.config("base", "os: {hostname: base, packages: {install: [tiny-kernel, tiny-web]}}\n"),
                          "--output-dir", out)
        return next(out.glob("*.qcow2"))

    def customize(self, rung, config, expect=0):
        out = self.top / f"out-{rung}"
        shutil.rmtree(out, ignore_errors=True)
        options = ("--machine-kernel", self.kernel) if rung == "machine" else ()
        result = self.run_here("customize", "--image", self.base(), config, "--output-dir", out, "--rung", rung, *options, expect=expect)
        return out, result.stderr

    def test_the_bytes_are_those_of_every_other_rung(self):
        config = self.config("node", CHANGES)
        expected, _ = self.customize("single-id", config)
        out, _ = self.customize("machine", config)
        self.assertEqual({file.name for file in out.iterdir()}, {file.name for file in expected.iterdir()})
        self.assertEqual(artifact_digests(out), artifact_digests(expected))
        self.assertEqual(hidden_files(out), [])
        reports = [json.loads(next(directory.glob("*.report.json")).read_text()) for directory in (expected, out)]
        self.assertEqual([report.pop("rung") for report in reports], ["single-id", "machine"])
        self.run_here("verify", out, "--rung", "machine", "--machine-kernel", self.kernel)

    def inject(self, rung, listed, expect=0):
        out = self.top / f"injected-{rung}"
        shutil.rmtree(out, ignore_errors=True)
        options = ("--machine-kernel", self.kernel) if rung == "machine" else ()
        result = self.run_program("inject-files", listed, "--image", self.base(), "-o", out / "node.raw", "--format", "raw", "--rung", rung,
                                  *options, expect=expect, env=environment())
        return out, result.stderr

    def test_files_go_back_with_the_bytes_of_every_other_rung(self):
        partitions = json.loads(self.run_tool("sfdisk", "--json", next(self.base().parent.glob("*.raw"))).stdout)["partitiontable"]["partitions"]
        listed = self.top / "inject-files.yaml"
        text = ("previewFeatures: [inject-files]\ninjectFiles:\n- partition: {{idType: part-uuid, id: {}}}\n"
                "  source: motd\n  destination: {}\n")
        listed.write_text(text.format(partitions[-1]["uuid"].lower(), "/etc/motd"))
        expected, _ = self.inject("single-id", listed)
        out, _ = self.inject("machine", listed)
        self.assertEqual({file.name for file in out.iterdir()}, {file.name for file in expected.iterdir()})
        self.assertEqual(artifact_digests(out), artifact_digests(expected))
        self.assertEqual(hidden_files(out), [])
        # What fails inside has the same words, and leaves nothing.
        listed.write_text(text.format(partitions[-1]["uuid"].lower(), "/etc"))
        code = re.compile(r"\[[a-z]+\.[a-z-]+\]")
        said = [self.inject(rung, listed, expect=2) for rung in ("single-id", "machine")]
        self.assertEqual(code.findall(said[1][1]), code.findall(said[0][1]), said[1][1])
        self.assertEqual([name for name in hidden_files(said[1][0]) if not name.startswith(".imagewright-logs-")], [])

    def test_what_fails_inside_is_told_as_outside(self):
        config = self.config("failing", FAILING)
        _, expected = self.customize("single-id", config, expect=1)
        out, said = self.customize("machine", config, expect=1)
        code = re.compile(r"\[finalize\.[a-z-]+\]")
        self.assertEqual(code.findall(said), code.findall(expected), said)
        log = Path(re.search(r"(\S+\.log)", said).group(1))
        self.assertEqual(log.parent.parent, out, said)
        self.assertIn("it is broken", log.read_text())
        self.assertEqual([name for name in hidden_files(out) if not name.startswith(".imagewright-logs-")], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
