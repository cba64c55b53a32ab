# SPDX-License-Identifier: MIT
"""Requests for packages mean what they mean to dnf, which is asked: obsoleted names, versions, files, conditions, excludes."""

import json
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import environment, skip  # noqa: E402
from sibling_images import SiblingTestCase, package  # noqa: E402

ORACLE = Path(__file__).resolve().parents[1] / "support/python/dnf_oracle.py"
MARKED = {"install": "mkdir -p //usr/share/marks; touch //usr/share/marks/%{name}", "files": "/usr/share/marks/%{name}"}

# Words of a request list each; dnf says what they mean.
REQUESTS = (
    # names that were taken over
    ["renamed"], ["renamed = 1"], ["renamed-1-1"], ["renamed-1"], ["renamed.noarch"], ["rena*"], ["other"], ["first"], ["second"], ["selfish"],
    ["split"], ["split", "split-b"], ["alive"], ["needs-renamed"], ["both"],
    # versions, files, capabilities
    ["lib"], ["lib < 2"], ["lib-2"], ["lib-1:3-1"], ["lib = 1:3-1"], ["/usr/share/marks/owner"], ["tools"], ["tools", "telnet-old"], ["telnet >= 2"],
    # files in conditions
    ["if-file"], ["if-file", "marker"], ["if-else"], ["if-else", "marker"], ["unless-file"], ["unless-file", "marker"], ["or-file"], ["hater"],
    ["needs-file"], ["if-name"], ["if-name", "marker"], ["with-file"],
)
# A request, what is left out, and whether it is by something that is a name to dnf too.
EXCLUDES = ((["renamed"], ["takes-over"]), (["tools"], ["telnet-ng"]), (["needs-lib"], ["lib-2*"]), (["needs-lib"], ["lib-1:3-1"]),
            (["needs-lib"], ["lib-1:3-1.noarch", "lib-2-1"]), (["needs-lib"], ["lib.noarch"]), (["tools"], ["telnet-*"]), (["tools"], ["tools"]))


class AsDnf(SiblingTestCase):
    PACKAGES = (
        package("renamed"), package("takes-over", "2", head="Obsoletes: renamed < 5\nProvides: other"), package("old-taker", head="Obsoletes: renamed < 0.5"),
        package("needs-renamed", head="Requires: renamed"), package("both", head="Requires: takes-over"),
        package("first"), package("second", head="Obsoletes: first < 9"), package("third", head="Obsoletes: second < 9"),
        package("selfish", head="Obsoletes: selfish < 1"), package("split"), package("split-a", head="Obsoletes: split < 9"),
        package("split-b", head="Obsoletes: split < 9"), package("alive", "1"), package("alive", "3"), package("undertaker", head="Obsoletes: alive < 2"),
        package("lib", "1"), package("lib", "2"), package("lib", "3", head="Epoch: 1"), package("needs-lib", head="Requires: lib"),
        package("tools", head="Requires: telnet"), package("telnet-old", head="Provides: telnet = 1"), package("telnet-ng", head="Provides: telnet = 2"),
        package("owner", **MARKED), package("marker", **MARKED), package("plugin"), package("one"), package("two"),
        package("needs-file", head="Requires: /usr/share/marks/owner"),
        package("if-file", head="Requires: (plugin if /usr/share/marks/marker)"),
        package("if-else", head="Requires: (one if /usr/share/marks/marker else two)"),
        package("unless-file", head="Conflicts: (plugin unless /usr/share/marks/marker)"),
        package("or-file", head="Requires: (/usr/share/marks/owner or two)"), package("hater", head="Conflicts: /usr/share/marks/marker"),
        package("if-name", head="Requires: (plugin if marker)"), package("with-file", head="Requires: (marker with /usr/share/marks/marker)"),
    )

    def ours(self, requests, excludes=()):
        """The packages beside the distribution's, or None when there is no answer."""
        lists = {"install": requests, **({"exclude": excludes} if excludes else {})}
        path = self.config(f"os:\n  packages: {json.dumps(lists)}\n")
        locked = self.run_on("lock", path)
        if locked.code != 0:
            self.assertEqual(locked.code, 3, locked.said)
            return None
        packages = json.loads(path.with_suffix(".lock.json").read_text())["architectures"]["x86_64"]["packages"]
        return sorted(f"{each['name']} {each['version']}" for each in packages if not each["name"].startswith("tiny-"))

    def compare(self, questions):
        """Questions are requests and what is left out."""
        asked = {"directory": str(self.top / "dnf"), "questions": [[["tiny-base", *requests], excludes] for requests, excludes in questions],
                 "repositories": {"own": str(self.repositories[0]), "tiny": str(self.top / "repository")}}
        result = subprocess.run(["/usr/bin/python3", ORACLE], input=json.dumps(asked), capture_output=True, text=True, env=environment(HOME=self.top))
        if result.returncode == 4:
            skip("dnf is not installed")
        self.assertEqual(result.returncode, 0, result.stderr)
        answers = json.loads(result.stdout)
        self.assertGreater(sum(answer is not None for answer in answers), len(answers) / 2)
        for (requests, excludes), answer in zip(questions, answers, strict=True):
            with self.subTest(requests=requests, excludes=excludes):
                expected = answer and [each for each in answer if not each.startswith("tiny-")]
                self.assertEqual(self.ours(requests, excludes), expected)

    def test_requests_mean_what_they_mean_to_dnf(self):
        self.compare([(requests, []) for requests in REQUESTS])

    def test_what_is_left_out_is_what_dnf_leaves_out(self):
        self.compare(EXCLUDES)

    def test_what_dnf_cannot_leave_out_is_left_out_as_requests_are_understood(self):
        for requests, excludes, expected in (
                (["needs-lib"], ["lib >= 2"], ["lib 1-1", "needs-lib 1-1"]), (["tools"], ["telnet = 2"], ["telnet-old 1-1", "tools 1-1"]),
                (["tools"], ["telnet"], None), (["needs-file"], ["/usr/share/marks/owner"], None), (["tools"], ["(telnet-old or x)"], ["telnet-ng 1-1", "tools 1-1"])):
            with self.subTest(requests=requests, excludes=excludes):
                self.assertEqual(self.ours(requests, excludes), expected)

    def test_what_is_left_out_and_matches_nothing_is_an_error_with_near_names(self):
        for kind in ("exclude", "remove"):
            for word, near in (("telnet-nq", "telnet-ng"), ("telent", "telnet"), ("lib < 1", "1-1, 1:3-1, 2-1"), ("lib.x86_64", "lib"), ("/usr/share/no", "remove the line"),
                               ("no-such*", "remove the line")):
                with self.subTest(kind=kind, word=word):
                    said = self.run_on("plan", self.config(f"os:\n  packages: {{install: [tools], {kind}: {json.dumps([word])}}}\n"))
                    self.assertEqual(said.code, 3, said.said)
                    self.assertIn("[resolve.exclude-unmatched]", said.said)
                    self.assertIn(near, said.said.replace('"', ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
