# SPDX-License-Identifier: MIT
"""`imagewright advisories` on real feeds and real package lists."""

import hashlib
import json
import os
import re
import resource
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import PROGRAM, TestCase, environment, require_module, require_shared_data  # noqa: E402

# An ordinary run has no time for all of it.
LARGE_FEED = (500 if os.environ.get("IMAGEWRIGHT_LONG_TESTS") else 30) << 20


class Advisories(TestCase):
    def setUp(self):
        data = require_shared_data("advisories")
        self.feed = data / "azurelinux-3.0-oval.xml"
        self.notes = data / "aks/gen2-202501.05.0.txt"
        self.newer_notes = data / "aks/gen2-202608.20.0.txt"

    def verdict(self, packages, *arguments, expect=0):
        result = self.run_program("advisories", packages, "--feed", self.feed, "--format", "json", *arguments, expect=expect)
        return json.loads(result.stdout)

    def doctored(self, **versions):
        """The real list, some packages of which are older."""
        text = self.notes.read_text(errors="replace")
        for name, version in versions.items():
            text, count = re.subn(rf"^{name}-[0-9][^-\n]*-[^-\n]*\.(x86_64|noarch)$", rf"{name}-{version}.\1", text, flags=re.M)
            self.assertEqual(count, 1, name)
        path = self.scratch() / "notes.txt"
        path.write_text(text)
        return path

    def open(self, verdict):
        return {(row["vulnerability"], row["package"]) for row in verdict["findings"] if row["status"] in ("affected", "no-fix")}

    def test_images_newer_than_the_feed_have_nothing_open_in_it(self):
        verdict = self.verdict(self.notes)
        self.assertEqual(self.open(verdict), set())
        self.assertGreater(verdict["packageCount"], 300)
        self.assertGreater(len(verdict["findings"]), 100)
        self.assertEqual(len(verdict["unknownSource"]), verdict["packageCount"], "release notes name no source packages")

    def test_older_packages_have_what_the_feed_says_that_newer_versions_fixed(self):
        verdict = self.verdict(self.doctored(openssl="3.1.4-1.azl3", curl="8.5.0-1.azl3"))
        opened = self.open(verdict)
        self.assertEqual({package for _, package in opened}, {"openssl", "curl"})
        for row in verdict["findings"]:
            if (row["vulnerability"], row["package"]) in opened:
                self.assertIn("fixedIn", row)

    def test_an_update_fixes_what_was_open_and_says_so(self):
        older = self.doctored(openssl="3.1.4-1.azl3")
        result = self.run_program("advisories", "--from", older, "--to", self.newer_notes, "--feed", self.feed, "--format", "json",
                                  "--fail-on", "low")
        delta = json.loads(result.stdout)
        self.assertEqual({row["package"] for row in delta["fixed"]}, {"openssl"})
        self.assertEqual((delta["opened"], delta["open"], delta["regressed"]), ([], [], []))
        result = self.run_program("advisories", "--from", self.newer_notes, "--to", older, "--feed", self.feed, expect=5)
        self.assertIn("fix lost by an older version", result.stdout)
        self.assertIn("[advisory.open]", result.stderr)

    def test_a_gate_says_no(self):
        older = self.doctored(openssl="3.1.4-1.azl3")
        result = self.run_program("advisories", older, "--feed", self.feed, "--fail-on", "medium", expect=5)
        self.assertIn("openssl 3.1.4-1.azl3, fixed in", result.stdout)
        self.run_program("advisories", older, "--feed", self.feed, "--fail-on", "high")

    def test_a_gate_for_an_update_looks_at_the_severity_too(self):
        """An openssl that came with the update has advisories of medium severity at most."""
        without = self.scratch() / "without.txt"
        without.write_text(re.sub(r"^openssl-[0-9].*\n", "", self.newer_notes.read_text(), flags=re.M))
        words = ("advisories", "--from", without, "--to", self.doctored(openssl="3.1.4-1.azl3"), "--feed", self.feed)
        delta = json.loads(self.run_program(*words, "--format", "json").stdout)
        self.assertEqual({row["package"] for row in delta["opened"]}, {"openssl"})
        self.assertIn("[advisory.open]", self.run_program(*words, "--fail-on", "medium", expect=5).stderr)
        self.run_program(*words, "--fail-on", "high")

    def test_a_report_names_what_it_is_of(self):
        verdict = self.verdict(self.notes)
        digest = hashlib.sha256(Path(self.notes).read_bytes()).hexdigest()
        self.assertEqual(verdict["subject"], {"file": Path(self.notes).name, "digest": f"sha256:{digest}"})

    def test_a_frozen_feed_is_refused(self):
        arguments = ("advisories", self.notes, "--feed", self.feed, "--max-feed-age", "14d")
        result = self.run_program(*arguments, expect=2)
        self.assertIn("[advisory.stale-feed]", result.stderr)
        self.assertEqual(result.stdout, "")
        for nothing in ("", "d", "-1d", "14", "14w"):
            result = self.run_program("advisories", self.notes, "--feed", self.feed, "--max-feed-age", nothing, expect=2)
            self.assertIn("[cli.usage]", result.stderr)
        # 2024-10-11
        self.run_program(*arguments, env=environment(SOURCE_DATE_EPOCH="1728604800"))

    def test_a_feed_that_speaks_of_no_package_is_told(self):
        path = self.scratch() / "packages.txt"
        path.write_text("of-nobody-1-1.x86_64\nof-nobody-else-2-1.x86_64\n")
        for arguments in ((path,), ("--from", path, "--to", path)):
            self.assertIn("[advisory.foreign-feed]", self.run_program("advisories", *arguments, "--feed", self.feed).stderr)
        path.write_text("of-nobody-1-1.x86_64\nopenssl-9-1.azl3.x86_64\n")
        self.assertNotIn("advisory.foreign-feed", self.run_program("advisories", path, "--feed", self.feed).stderr)

    def test_a_truncated_feed_counts_for_nothing(self):
        whole = self.feed.read_text()
        path = self.scratch() / "feed.xml"
        for size in (len(whole) // 4, len(whole) // 2, len(whole) - 20):
            path.write_text(whole[:size])
            result = self.run_program("advisories", self.notes, "--feed", path, expect=2)
            self.assertIn("[advisory.damaged-feed]", result.stderr)
            self.assertEqual(result.stdout, "")

    def test_openvex_takes_an_advisory_out(self):
        older = self.doctored(openssl="3.1.4-1.azl3")
        names = {vulnerability for vulnerability, _ in self.open(self.verdict(older))}
        path = self.scratch() / "vex.json"
        path.write_text(json.dumps({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/vex", "author": "us",
                                    "timestamp": "2026-01-01T00:00:00Z", "version": 1,
                                    "statements": [{"vulnerability": {"name": name}, "status": "not_affected",
                                                    "products": [{"@id": "pkg:rpm/azurelinux/openssl"}],
                                                    "justification": "vulnerable_code_not_in_execute_path"} for name in names]}))
        schema = json.loads((require_shared_data("advisories") / "openvex.schema.json").read_text())
        require_module("jsonschema").validate(json.loads(path.read_text()), schema)
        verdict = self.verdict(older, "--vex", path, "--fail-on", "low")
        self.assertEqual(self.open(verdict), set())
        self.assertEqual({row["vulnerability"] for row in verdict["findings"] if row["status"] == "suppressed"}, names)

    def test_a_verdict_as_openvex_is_valid_and_can_be_read_again(self):
        older = self.doctored(openssl="3.1.4-1.azl3", curl="8.0.0-1.azl3")
        path = self.scratch() / "vex.json"
        path.write_text(self.run_program("advisories", older, "--feed", self.feed, "--format", "openvex").stdout)
        document = json.loads(path.read_text())
        schema = json.loads((require_shared_data("advisories") / "openvex.schema.json").read_text())
        require_module("jsonschema").validate(document, schema)
        affected = [statement for statement in document["statements"] if statement["status"] == "affected"]
        self.assertEqual({(statement["vulnerability"]["name"], re.match(r"pkg:rpm/([^@]+)@", statement["products"][0]["@id"])[1])
                          for statement in affected}, self.open(self.verdict(older)))
        self.assertEqual(document["timestamp"][:10], "2024-10-10")
        # Whoever has looked into them says so in the same document.
        for statement in affected:
            statement.update(status="not_affected", justification="vulnerable_code_not_in_execute_path")
            statement.pop("action_statement")
        path.write_text(json.dumps(document))
        self.assertEqual(self.open(self.verdict(older, "--vex", path)), set())
        # Of another version nobody has said anything.
        self.assertNotEqual(self.open(self.verdict(self.doctored(openssl="3.1.4-2.azl3"), "--vex", path)), set())

    def test_a_document_larger_than_any_is_refused_before_it_takes_the_memory(self):
        path = self.scratch() / "feed.json"
        with path.open("wb") as file:
            file.write(b'{"id": "')
            file.truncate(500 << 20)
        result = self.run_program("advisories", self.notes, "--feed", path, expect=2)
        self.assertIn("[advisory.exhausting-feed]", result.stderr)
        self.assertIn("larger than 64 MiB", result.stderr)

    def test_xml_that_was_made_to_exhaust_is_refused_at_once(self):
        whole = self.feed.read_text()
        path = self.scratch() / "feed.xml"
        long = "x" * (20 << 20)
        for text, why in (
                ('<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><oval_definitions>&c;</oval_definitions>', "document type"),
                ("<oval_definitions>" + "<a>" * 100000, "too deep"),
                # expat reads what has not ended anew with each piece: hours for hundreds of megabytes.
                (whole.replace("<definitions>", f"<!-- {long} --><definitions>", 1), "tags or comments is too long"),
                (whole.replace("<definitions>", f'<definitions a="{long}">', 1), "tags or comments is too long"),
                (whole.replace("<definitions>", f"<?a {long}?><definitions>", 1), "tags or comments is too long"),
                (whole.replace("<title>", f"<title>{long}", 1), "texts is too long")):
            path.write_text(text)
            result = self.run_program("advisories", self.notes, "--feed", path, expect=2, timeout=60)
            self.assertIn("[advisory.exhausting-feed]", result.stderr)
            self.assertIn(why, result.stderr)
            self.assertEqual(result.stdout, "")

    def test_a_feed_of_500_megabytes_is_read_within_bounds(self):
        """The real definitions again and again, until there are as many as asked for."""
        whole = self.feed.read_text()
        start, end = whole.index("<definitions>") + len("<definitions>"), whole.index("</definitions>")
        path = self.scratch() / "feed.xml"
        with path.open("w") as file:
            file.write(whole[:start])
            size, count = 0, 0
            while size < LARGE_FEED:
                size += file.write(whole[start:end].replace('<definition class="vulnerability" id="', f'<definition class="vulnerability" id="{count}'))
                count += 1
            file.write(whole[end:])
        older = self.doctored(openssl="3.1.4-1.azl3")
        small = self.open(self.verdict(older))
        # More than 2 GiB of memory are not to be had.
        result = subprocess.run([PROGRAM, "advisories", older, "--feed", path, "--format", "json"], capture_output=True, text=True, env=environment(),
                                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (2 << 30, 2 << 30)))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.open(json.loads(result.stdout)), small)

    def test_a_feed_from_the_future_is_refused(self):
        result = self.run_program("advisories", self.notes, "--feed", self.feed, "--max-feed-age", "14d", expect=2,
                                  env=environment(SOURCE_DATE_EPOCH="1600000000"))
        self.assertIn("[advisory.future-feed]", result.stderr)

    def test_the_same_input_gives_the_same_bytes(self):
        older = self.doctored(openssl="3.1.4-1.azl3")
        for form in ("text", "json", "markdown", "sarif", "openvex"):
            arguments = ("advisories", older, "--feed", self.feed, "--format", form)
            self.assertEqual(self.run_program(*arguments).stdout, self.run_program(*arguments).stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
