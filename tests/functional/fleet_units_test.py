#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`imagewright build --units` and `imagewright collect`: each unit from what was planned, and exactly one result for each."""

import hashlib
import json
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest
from html.parser import HTMLParser
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_fleet import FleetTestCase  # noqa: E402
from imagewright_testing import PROGRAM, TOP, require_module  # noqa: E402

SMALL = """
variants: {gen1: gen1.yaml, gen2: gen2.yaml}
architectures: [x86_64]
"""


def codes(result):
    return re.findall(r"\[([\w.-]+)\]$", result.stderr, re.M)


class UnitsTestCase(FleetTestCase):
    def build(self, checkout, *words, expect=0, **changes):
        return self.run_program("build", "--units", "units.json", *words, cwd=checkout, expect=expect, env=self.environment(**changes))

    def collect(self, checkout, *words, expect=0):
        words = words or ("out", "--units", "units.json")
        return self.run_program("collect", *words, cwd=checkout, expect=expect, env=self.environment())

    def record(self, checkout, name, out="out"):
        return json.loads((checkout / out / name / "unit.json").read_text())

    def small(self):
        checkout = self.checkout(SMALL)
        self.units(checkout)
        return checkout


class Build(UnitsTestCase):
    def test_a_unit_has_the_bytes_of_a_build_by_hand(self):
        checkout = self.checkout()
        self.units(checkout)
        self.build(checkout, "--unit", "gen2-fips-x86-64-azure")
        self.run_program("build", "gen2-fips.yaml", "--arch", "x86_64", "--format", "vhd-fixed", "-o", "hand", "--no-cache",
                         cwd=checkout, env=self.environment())
        name = "gen2-fips-x86_64.vhd"
        self.assertEqual((checkout / "out/gen2-fips-x86-64-azure" / name).read_bytes(), (checkout / "hand" / name).read_bytes())
        record = self.record(checkout, "gen2-fips-x86-64-azure")
        self.assertEqual((record["state"], record["attempt"]), ("done", 1))
        digest = hashlib.sha256((checkout / "hand" / name).read_bytes()).hexdigest()
        self.assertIn({"name": name, "bytes": (checkout / "hand" / name).stat().st_size, "digest": f"sha256:{digest}"}, record["files"])

    def test_the_number_comes_from_where_engines_put_it(self):
        checkout = self.small()
        self.build(checkout, "--index", "0")
        self.build(checkout, JOB_COMPLETION_INDEX="1")
        self.assertEqual(self.record(checkout, "gen2-x86-64")["state"], "done")
        self.build(checkout, SLURM_ARRAY_TASK_ID="0")
        self.assertEqual(self.record(checkout, "gen1-x86-64")["attempt"], 2)
        # What is asked for outweighs what is in the environment.
        self.build(checkout, "--unit", "gen2-x86-64", JOB_COMPLETION_INDEX="77")
        for words, changes, code in (((), {}, "cli.usage"), ((), {"JOB_COMPLETION_INDEX": "x"}, "cli.usage"),
                                     ((), {"JOB_COMPLETION_INDEX": "0", "SLURM_ARRAY_TASK_ID": "1"}, "cli.usage"),
                                     ((), {"JOB_COMPLETION_INDEX": "2"}, "fleet.no-such-unit"),
                                     (("--unit", "gen3-x86-64"), {}, "fleet.no-such-unit"),
                                     (("gen1.yaml", "--index", "0"), {}, "cli.usage"), (("--arch", "x86_64", "--index", "0"), {}, "cli.usage")):
            with self.subTest(words=words, changes=changes):
                self.assertEqual(codes(self.build(checkout, *words, expect=2, **changes)), [code])
        self.run_program("build", "--index", "0", cwd=checkout, expect=2)
        self.run_program("build", cwd=checkout, expect=2)

    def test_another_checkout_is_refused(self):
        checkout = self.small()

        def check(change, undo, words):
            change()
            result = self.build(checkout, "--index", "0", expect=5)
            self.assertIn("[fleet.changed-inputs]", result.stderr)
            self.assertRegex(result.stderr, words)
            record = self.record(checkout, "gen1-x86-64")
            self.assertEqual((record["state"], record["exitCode"], record["code"]), ("failed", 5, "fleet.changed-inputs"))
            self.assertEqual([path.name for path in (checkout / "out/gen1-x86-64").iterdir()], ["unit.json"])
            undo()
        config, lock, motd = checkout / "gen1.yaml", checkout / "gen1.lock.json", checkout / "files/motd"
        text, pins = config.read_text(), lock.read_text()
        check(lambda: config.write_text(text.replace("hostname: gen1", "hostname: evil")), lambda: config.write_text(text), "the config")
        check(lambda: config.write_text(text + "nonsense: 1\n"), lambda: config.write_text(text), "cannot be planned")
        check(lambda: motd.write_text("HELLO\n"), lambda: motd.write_text("hello\n"), "a file that they name")
        check(motd.unlink, lambda: motd.write_text("hello\n"), "motd")
        check(lambda: config.rename(checkout / "moved"), lambda: (checkout / "moved").rename(config), "not here")
        check(lambda: lock.write_text(pins.replace('"tinyboot","version":"1-1"', '"tinyboot","version":"1-2"')),
              lambda: lock.write_text(pins), "the lock")
        check(lambda: lock.write_text("{"), lambda: lock.write_text(pins), "cannot be planned")
        check(lock.unlink, lambda: lock.write_text(pins), "not here")
        result = self.build(checkout, "--index", "0", expect=5, SOURCE_DATE_EPOCH="1")
        self.assertIn("the time stamp", result.stderr)
        units = (checkout / "units.json").read_text()
        older = json.loads(units)
        for unit in older["units"]:
            unit["inputs"]["toolVersion"] = "0.0.9"
            unit["inputsDigest"] = "sha256:" + hashlib.sha256(json.dumps(unit["inputs"], separators=(",", ":")).encode()).hexdigest()
        (checkout / "units.json").write_text(json.dumps(older))
        self.assertIn("0.0.9", self.build(checkout, "--index", "0", expect=5).stderr)
        (checkout / "units.json").write_text(units)
        self.build(checkout, "--index", "0")
        self.assertEqual(self.record(checkout, "gen1-x86-64")["state"], "done")

    def test_a_time_stamp_is_part_of_the_plan(self):
        checkout = self.checkout(SMALL)
        self.units(checkout, "--fleet", "fleet.yaml", "--source-date-epoch", "1600000000")
        self.build(checkout, "--index", "0")
        manifest = json.loads((checkout / "out/gen1-x86-64/gen1-x86_64.manifest.json").read_text())
        self.assertEqual(manifest["epoch"], 1600000000)

    def test_a_build_that_fails_says_so_in_its_record(self):
        checkout = self.small()
        repository = self.top / "fleet-repository"
        hidden = self.top / "hidden-repository"
        repository.rename(hidden)
        self.addCleanup(lambda: hidden.exists() and hidden.rename(repository))
        shutil.rmtree(self.top / "empty-cache", ignore_errors=True)
        result = self.run_program("--cache-dir", self.top / "empty-cache", "build", "--units", "units.json", "--index", "0",
                                  cwd=checkout, expect=None, env=self.environment())
        hidden.rename(repository)
        record = self.record(checkout, "gen1-x86-64")
        self.assertNotEqual(result.returncode, 0)
        self.assertEqual((record["state"], record["exitCode"]), ("failed", result.returncode))
        self.assertIn(f"[{record['code']}]", result.stderr)


class Collect(UnitsTestCase):
    def built(self, *words):
        """A checkout whose two units are built; copied, because nothing of it depends on where it is."""
        checkout = self.small()
        for index in ("0", "1"):
            self.build(checkout, "--index", index, *words)
        return checkout

    def test_a_whole_fleet_becomes_a_release(self):
        checkout = self.built()
        result = self.collect(checkout, "out", "--units", "units.json", "-o", "release", "--json")
        release = checkout / "release"
        self.assertEqual(result.stdout, (release / "release.json").read_text())
        document = json.loads(result.stdout)
        definitions = json.loads((TOP / "docs/json.schema.json").read_text())["$defs"]
        require_module("jsonschema").validate(document, {"$defs": definitions, "$ref": "#/$defs/collect"})
        self.assertTrue(document["complete"])
        self.assertEqual([(unit["id"], unit["state"]) for unit in document["units"]], [("gen1-x86-64", "done"), ("gen2-x86-64", "done")])
        self.assertEqual(document["units"][0]["packages"]["tinykernel.noarch"], "1.0-1")
        self.run_tool("sha256sum", "--strict", "-c", release / "SHA256SUMS", cwd=checkout / "out")
        self.assertEqual(len((release / "SHA256SUMS").read_text().splitlines()),
                         sum(len(unit["files"]) for unit in document["units"]))
        for page in ("release.md", "release.html"):
            text = (release / page).read_text()
            self.assertIn("2 of 2 units done", text)
            digest = hashlib.sha256((checkout / "out/gen1-x86-64/gen1-x86_64.qcow2").read_bytes()).hexdigest()
            self.assertIn(digest, text)

    def test_each_fault_has_its_name(self):
        def drop(out):
            shutil.rmtree(out / "gen2-x86-64")

        def record(**changes):
            def change(out):
                path = out / "gen2-x86-64/unit.json"
                path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
            return change

        def flip(out):
            path = out / "gen2-x86-64/gen2-x86_64.qcow2"
            data = bytearray(path.read_bytes())
            data[4096] ^= 1
            path.write_bytes(data)

        def other_image(out):
            """Record and image agree, and the manifest knows another one."""
            flip(out)
            path = out / "gen2-x86-64/unit.json"
            content = json.loads(path.read_text())
            for file in content["files"]:
                if file["name"].endswith(".qcow2"):
                    file["digest"] = "sha256:" + hashlib.sha256((out / "gen2-x86-64" / file["name"]).read_bytes()).hexdigest()
            path.write_text(json.dumps(content))

        def name(target):
            return lambda out: (out / "gen2-x86-64" / target).unlink()

        def link(out):
            path = out / "gen2-x86-64/gen2-x86_64.qcow2"
            path.rename(out / "elsewhere")
            path.symlink_to(out / "elsewhere")

        def keep(file, content):
            return lambda out: (out / "gen2-x86-64" / file).write_text(json.dumps(content) if not isinstance(content, str) else content)
        lint = {"imagewrightLint": 1, "file": "f", "kind": "wsl", "broken": 2, "rules": []}
        passed = {"passed": True, "checks": [], "facts": {}}
        cases = [
            ("nothing", lambda out: None, None, None),
            ("missing", drop, "missing", "fleet.unit-missing"),
            ("failed", record(state="failed", exitCode=3, code="resolve.unsolvable", message="no kernel", files=[]), "failed", "fleet.unit-failed"),
            ("unfinished", record(state="started", files=[]), "unfinished", "fleet.unit-unfinished"),
            ("twice", lambda out: shutil.copytree(out / "gen2-x86-64", out / "again"), "repeated", "fleet.unit-repeated"),
            ("other inputs", record(inputsDigest="sha256:" + "0" * 64), "stale", "fleet.unit-stale"),
            ("flipped bit", flip, "damaged", "fleet.unit-damaged"),
            ("shorter", lambda out: (out / "gen2-x86-64/gen2-x86_64.qcow2").write_bytes(b"x"), "damaged", "fleet.unit-damaged"),
            ("no image", name("gen2-x86_64.qcow2"), "damaged", "fleet.unit-damaged"),
            ("no bill", name("gen2-x86_64.spdx.json"), "damaged", "fleet.unit-damaged"),
            ("a link", link, "damaged", "fleet.unit-damaged"),
            ("another image", other_image, "damaged", "fleet.unit-damaged"),
            ("other places", record(files=[{"name": "../x", "bytes": 1, "digest": "sha256:" + "0" * 64}]), "missing", "fleet.damaged-record"),
            ("half a record", keep("unit.json", "{"), "missing", "json.syntax|fleet.damaged-record"),
            ("a stranger", lambda out: (shutil.copytree(out / "gen2-x86-64", out / "stranger"), (out / "stranger/unit.json").write_text(
                (out / "stranger/unit.json").read_text().replace("gen2-x86-64", "gen3-x86-64"))), "done", "fleet.unknown-result"),
            ("lint", keep("lint.json", lint), "done", "fleet.check-failed"),
            ("boot", keep("boot.json", {**passed, "passed": False}), "done", "fleet.check-failed"),
            ("half a check", keep("boot.json", "{"), "done", "fleet.check-failed"),
            ("good checks", lambda out: (keep("boot.json", passed)(out), keep("lint.json", {**lint, "broken": 0})(out)), None, None),
        ]
        checkout = self.built()
        for title, change, state, code in cases:
            with self.subTest(title):
                out = checkout / title.replace(" ", "-")
                shutil.copytree(checkout / "out", out)
                change(out)
                result = self.collect(checkout, out, "--units", "units.json", "-o", out / "release", "--json", expect=5 if code else 0)
                document = json.loads(result.stdout)
                units = {unit["id"]: unit["state"] for unit in document["units"]}
                self.assertEqual(units, {"gen1-x86-64": "done", "gen2-x86-64": state or "done"})
                self.assertEqual(document["complete"], code is None)
                if code:
                    self.assertTrue(set(codes(result)) & set(code.split("|")) or
                                    {problem["code"] for problem in document["problems"]} & set(code.split("|")), result.stderr)
                    self.assertNotEqual(state, "done" if "unit-" in code else "")
                sums = (out / "release/SHA256SUMS").read_text()
                self.assertIn("gen1-x86-64/", sums)
                self.assertEqual("gen2-x86-64/" in sums, state in (None, "done"))

    def test_tries_of_one_unit_count_once(self):
        checkout = self.built()
        shutil.copytree(checkout / "out/gen2-x86-64", checkout / "out/first-try")
        path = checkout / "out/first-try/unit.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "state": "failed", "exitCode": 1, "files": []}))
        document = json.loads(self.collect(checkout, "out", "--units", "units.json", "--json").stdout)
        self.assertEqual([(unit["state"], unit["attempts"]) for unit in document["units"]], [("done", 1), ("done", 2)])

    def test_parts_are_collected_as_a_whole(self):
        checkout = self.built()
        for part in ("1", "2"):
            (checkout / f"part{part}.json").write_text(self.matrix(checkout, "--fleet", "fleet.yaml", "--shard", f"{part}/2").stdout)
        self.collect(checkout, "out/gen1-x86-64", "out/gen2-x86-64", "--units", "part1.json", "--units", "part2.json")
        result = self.collect(checkout, "out", "--units", "part1.json", expect=5)
        self.assertEqual(codes(result), ["fleet.unknown-result"])
        self.collect(checkout, "out", "--units", "part1.json", "--units", "part1.json", expect=2)

    def test_what_changed_since_the_last_release_is_told(self):
        checkout = self.built()
        self.collect(checkout, "out", "--units", "units.json", "-o", "release")
        path = checkout / "release/release.json"
        before = json.loads(path.read_text())
        before["units"][1]["packages"].update({"tinyboot.noarch": "0-9", "gone.noarch": "1-1"})
        del before["units"][1]["packages"]["tinykernel.noarch"]
        path.write_text(json.dumps(before))
        document = json.loads(self.collect(checkout, "out", "--units", "units.json", "--previous", path, "-o", "second", "--json").stdout)
        self.assertEqual(document["units"][0]["changes"], [])
        self.assertEqual(document["units"][1]["changes"], ["tinyboot.noarch: 0-9 → 1-1", "+ tinykernel.noarch 1.0-1", "- gone.noarch 1-1"])
        self.assertIn("tinyboot.noarch: 0-9 → 1-1", (checkout / "second/release.md").read_text())

    def test_what_a_record_says_is_no_markup(self):
        checkout = self.built()
        path = checkout / "out/gen2-x86-64/unit.json"
        evil = "<script>alert(1)</script> | `x` \x1b[31m"
        path.write_text(json.dumps({**json.loads(path.read_text()), "state": "failed", "exitCode": 1, "message": evil, "files": []}))
        result = self.collect(checkout, "out", "--units", "units.json", "-o", "release", expect=5)
        self.assertNotIn("\x1b", result.stdout + result.stderr)
        tags = set()
        parser = HTMLParser()
        parser.handle_starttag = lambda tag, attributes: tags.add(tag)
        parser.feed((checkout / "release/release.html").read_text())
        self.assertNotIn("script", tags)
        row = next(line for line in (checkout / "release/release.md").read_text().splitlines() if line.startswith("| gen2"))
        self.assertNotIn("<script", row.replace("\\<", ""))
        self.assertEqual(len(re.findall(r"(?<!\\)\|", row)), 4)

    def test_watching_ends_with_the_last_unit(self):
        checkout = self.small()
        watcher = subprocess.Popen([PROGRAM, "collect", "out", "--units", "units.json", "--watch", "--progress", "plain"], cwd=checkout,
                                   env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(watcher.kill)
        self.build(checkout, "--index", "1")
        (checkout / "gen1.yaml").rename(checkout / "away")
        self.build(checkout, "--index", "0", expect=5)
        stdout, stderr = watcher.communicate(timeout=60)
        self.assertEqual(watcher.returncode, 5)
        self.assertLess(stderr.index("gen2-x86-64 done"), stderr.index("gen1-x86-64 failed: exit code 5"))
        self.assertIn("1 of 2 units done, 1 failed", stdout)
        with self.subTest("it can be interrupted"):
            shutil.rmtree(checkout / "out/gen1-x86-64")
            watcher = subprocess.Popen([PROGRAM, "collect", "out", "--units", "units.json", "--watch"], cwd=checkout,
                                       env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.addCleanup(watcher.kill)
            time.sleep(0.5)
            watcher.send_signal(signal.SIGINT)
            self.assertEqual(watcher.wait(timeout=30), 130)


if __name__ == "__main__":
    unittest.main(verbosity=2)
