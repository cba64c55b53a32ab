#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`imagewright build --units` and `imagewright collect`: each unit from what was planned, and exactly one result for each."""

import hashlib
import json
import os
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

    def test_tries_of_last_month_are_none_of_this(self):
        checkout = self.small()
        for attempt in (1, 2):
            self.build(checkout, "--index", "0")
            self.assertEqual(self.record(checkout, "gen1-x86-64")["attempt"], attempt)
        (checkout / "files/motd").write_text("next month\n")
        self.units(checkout)
        self.build(checkout, "--index", "0")
        self.assertEqual(self.record(checkout, "gen1-x86-64")["attempt"], 1)

    def test_the_record_has_the_exit_code_of_the_process(self):
        checkout = self.small()
        for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            shutil.rmtree(checkout / "out", ignore_errors=True)
            process = subprocess.Popen([PROGRAM, "build", "--units", "units.json", "--index", "0", "--no-cache"], cwd=checkout,
                                       env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.addCleanup(process.kill)
            while process.poll() is None and not (checkout / "out/gen1-x86-64/unit.json").exists():
                time.sleep(0.01)
            process.send_signal(number)
            self.assertEqual(process.wait(timeout=60), code)
            record = self.record(checkout, "gen1-x86-64")
            self.assertEqual((record["state"], record["exitCode"], record["message"]), ("failed", code, "interrupted"))

    def test_files_for_signing_do_not_keep_a_unit_from_being_collected(self):
        checkout = self.checkout(SMALL)
        for name in ("gen1", "gen2"):
            config = checkout / f"{name}.yaml"
            config.write_text("previewFeatures: [output-artifacts]\n" + config.read_text() +
                              f"output:\n  artifacts: {{path: ./signing-{name}, items: [bootloader]}}\n")
            self.lock(checkout, name)
        self.units(checkout)
        for index in ("0", "1"):
            self.build(checkout, "--index", index)
        self.assertTrue(list((checkout / "signing-gen1").iterdir()))
        self.collect(checkout)

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

        def pipe(target):
            return lambda out: (out / target).parent.mkdir(exist_ok=True) or os.mkfifo(out / target)

        def loop(out):
            (out / "loop").mkdir()
            (out / "loop/unit.json").symlink_to("unit.json")

        def last_month(out):
            """A result of an earlier list, done and whole, beside the one that counts."""
            shutil.copytree(out / "gen2-x86-64", out / "last-month")
            path = out / "last-month/unit.json"
            path.write_text(json.dumps({**json.loads(path.read_text()), "inputsDigest": "sha256:" + "0" * 64}))

        def no_image_in_manifest(out):
            """Everything fits everything else, but for the image, of which no manifest speaks."""
            path, manifest = out / "gen2-x86-64/unit.json", out / "gen2-x86-64/gen2-x86_64.manifest.json"
            text = json.dumps({**json.loads(manifest.read_text()), "artifacts": []})
            manifest.write_text(text)
            content = json.loads(path.read_text())
            for file in content["files"]:
                if file["name"] == manifest.name:
                    file.update(bytes=len(text), digest="sha256:" + hashlib.sha256(text.encode()).hexdigest())
            path.write_text(json.dumps(content))
        lint = {"imagewrightLint": 1, "file": "f", "kind": "wsl", "broken": 2, "rules": []}
        passed = {"passed": True, "checks": [], "facts": {}}
        checkout = self.built()
        image = checkout / "out/gen2-x86-64/gen2-x86_64.qcow2"
        this = {"subject": {"file": image.name, "digest": "sha256:" + hashlib.sha256(image.read_bytes()).hexdigest()}}
        other = {"subject": {"file": image.name, "digest": "sha256:" + "0" * 64}}
        again = {"imagewrightVerification": 1, "same": True, "files": [{"name": image.name, "same": True, "digest": this["subject"]["digest"]}],
                 "differences": {}}
        drift = {"imagewrightDrift": 1, "image": "gen2-x86_64", "packageCount": 3, "findings": [{"kind": "file", "class": "unexplained"}]}
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
            ("a check of another image", keep("boot.json", {**passed, **other}), "done", "fleet.check-failed"),
            ("lint of another image", keep("lint.json", {**lint, "broken": 0, **other}), "done", "fleet.check-failed"),
            ("advisories of other packages", keep("advisories.json", {"imagewrightAdvisories": 1, "findings": [], **other}), "done", "fleet.check-failed"),
            ("a check of nobody knows what", keep("boot.json", passed), "done", "fleet.check-failed"),
            ("made again elsewhere", keep("verify.json", {**again, "files": [{**again["files"][0], "digest": "sha256:" + "0" * 64}]}),
             "done", "fleet.check-failed"),
            ("nothing made again", keep("verify.json", {**again, "files": []}), "done", "fleet.check-failed"),
            ("no try at all", record(attempt=0), "missing", "fleet.damaged-record"),
            ("endless tries", record(attempt=2 ** 64 - 1), "missing", "fleet.damaged-record"),
            ("a pipe for a check", pipe("gen2-x86-64/boot.json"), "done", "fleet.check-failed"),
            ("a pipe for a record", pipe("pipe/unit.json"), None, "fleet.damaged-record"),
            ("a link to itself", loop, None, "fleet.damaged-record"),
            ("a manifest of nothing", no_image_in_manifest, "damaged", "fleet.unit-damaged"),
            ("drift of a node", keep("drift.json", drift), None, None),
            ("last month", last_month, None, None),
            ("good checks", lambda out: (keep("boot.json", {**passed, **this})(out), keep("lint.json", {**lint, "broken": 0, **this})(out),
                                         keep("verify.json", again)(out)), None, None),
        ]
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
                if code == "fleet.damaged-record":
                    self.assertIn("unit.json", next(problem["message"] for problem in document["problems"] if problem["code"] in (code, "json.syntax")))
                if title == "good checks":
                    self.assertEqual(sorted(verdict["summary"] for verdict in document["units"][1]["verdicts"]),
                                     ["boot passed", "lint: 0 rules broken", "made again, the same"])
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
        # Whoever names a directory twice has one result in it.
        self.collect(checkout, "out", checkout / "out", "out/../out/gen1-x86-64", "--units", "part1.json", "--units", "part2.json")
        result = self.collect(checkout, "out", "--units", "part1.json", expect=5)
        self.assertEqual(codes(result), ["fleet.part-missing", "fleet.unknown-result"])
        # Nor is a part complete for itself.
        result = self.collect(checkout, "out/gen1-x86-64", "--units", "part1.json", "--json", expect=5)
        self.assertFalse(json.loads(result.stdout)["complete"])
        third = self.matrix(checkout, "--fleet", "fleet.yaml", "--exclude", "variant=gen2", "--shard", "1/1").stdout
        (checkout / "other.json").write_text(third)
        self.collect(checkout, "out", "--units", "part2.json", "--units", "other.json", expect=2)
        (checkout / "none.json").write_text(json.dumps({**json.loads(third), "units": []}))
        self.assertEqual(codes(self.collect(checkout, "out", "--units", "none.json", expect=2)), ["fleet.damaged-units"])
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
        self.assertEqual(document["gone"], [])
        # A unit that nobody plans any more is not overlooked.
        self.units(checkout, "--fleet", "fleet.yaml", "--exclude", "variant=gen2")
        shutil.rmtree(checkout / "out/gen2-x86-64")
        result = self.collect(checkout, "out", "--units", "units.json", "--previous", path, "-o", "third")
        self.assertRegex(result.stdout, "(?m)^gen2-x86-64 +gone since")
        self.assertEqual(json.loads((checkout / "third/release.json").read_text())["gone"], ["gen2-x86-64"])
        for page in ("release.md", "release.html"):
            self.assertIn("gen2-x86-64", (checkout / "third" / page).read_text())
        (checkout / "no-release.json").write_text('{"units": []}')
        self.collect(checkout, "out", "--units", "units.json", "--previous", "no-release.json", expect=2)

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
        with self.subTest("what lay there before is not what is waited for"):
            (checkout / "away").rename(checkout / "gen1.yaml")
            (checkout / "files/motd").write_text("next month\n")
            self.units(checkout)
            watcher = subprocess.Popen([PROGRAM, "collect", "out", "--units", "units.json", "--watch", "--progress", "plain"], cwd=checkout,
                                       env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(watcher.kill)
            self.build(checkout, "--index", "0")
            self.assertIsNone(watcher.poll())
            self.build(checkout, "--index", "1")
            stdout, stderr = watcher.communicate(timeout=60)
            self.assertEqual(watcher.returncode, 0, stderr)
            self.assertIn("2 of 2 units done", stdout)
            self.assertNotIn("failed", stderr)
        with self.subTest("patience ends"):
            record = checkout / "out/gen1-x86-64/unit.json"
            text = record.read_text()
            record.write_text(json.dumps({**json.loads(text), "state": "started", "files": []}))
            result = self.collect(checkout, "out", "--units", "units.json", "--watch", "--patience", "1", expect=5)
            self.assertEqual(codes(result), ["fleet.unit-unfinished"])
            self.collect(checkout, "out", "--units", "units.json", "--patience", "1", expect=2)
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
