#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`imagewright matrix`: a fleet as units, and the units as engines take them."""

import hashlib
import json
import re
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_fleet import FLEET, FleetTestCase  # noqa: E402
from imagewright_testing import TOP, TestCase, require_module  # noqa: E402

# The ten node images of Azure Linux 3 that AKS has, as variants, architectures, and what there is not.
AKS = """
variants:
  gen1: gen1.yaml
  gen1-fips: gen1.yaml
  gen2: gen2.yaml
  gen2-fips: gen2-fips.yaml
  gen2-kata: gen2.yaml
  gen2-tl: gen2.yaml
  cvm-gen2: gen2.yaml
  osguard-gen2-fips-tl: gen2-fips.yaml
architectures: [x86_64, aarch64]
exclude:
- {variant: "gen1*", architecture: aarch64, reason: ARM64 boots by UEFI}
- {variant: "*-tl", architecture: aarch64, reason: trusted launch is for x86_64}
- {variant: "*-kata", architecture: aarch64}
- {variant: "cvm-*", architecture: aarch64}
"""


class Matrix(FleetTestCase):
    def codes(self, result):
        return re.findall(r"\[([\w.-]+)\]$", result.stderr, re.M)

    def test_a_fleet_is_every_combination_once(self):
        checkout = self.checkout()
        units = self.units(checkout)
        self.assertEqual(len(units), 12)
        self.assertEqual([unit["index"] for unit in units], list(range(12)))
        self.assertEqual(sorted(unit["id"] for unit in units), [unit["id"] for unit in units])
        self.assertEqual({(unit["variant"], unit["architecture"], unit["platform"]) for unit in units},
                         {(variant, architecture, platform) for variant in ("gen1", "gen2", "gen2-fips")
                          for architecture in ("x86_64", "aarch64") for platform in ("azure", "qemu")})
        unit = next(unit for unit in units if unit["id"] == "gen2-fips-x86-64-azure")
        self.assertEqual(unit["outputs"], ["gen2-fips-x86_64.vhd"])
        self.assertEqual(unit["lock"]["path"], "gen2-fips.lock.json")
        self.assertEqual(unit["inputsDigest"],
                         "sha256:" + hashlib.sha256(json.dumps(unit["inputs"], separators=(",", ":")).encode()).hexdigest())
        self.assertGreater(unit["needs"]["diskMiB"], 100)
        schema = require_module("jsonschema")
        definitions = json.loads((TOP / "docs/json.schema.json").read_text())["$defs"]
        schema.validate(json.loads((checkout / "units.json").read_text()), {"$defs": definitions, "$ref": "#/$defs/matrix"})

    def test_the_list_is_the_same_each_time_and_in_every_checkout(self):
        one, two = self.checkout(), self.checkout(lock=False)
        for lock in one.glob("*.lock.json"):
            shutil.copy(lock, two)
        self.assertEqual(self.matrix(one).stdout, self.matrix(one).stdout)
        self.assertEqual(self.matrix(one).stdout, self.matrix(two).stdout)

    def test_a_digest_moves_with_every_input_and_with_no_other(self):
        checkout = self.checkout()
        before = {unit["id"]: unit["inputsDigest"] for unit in self.units(checkout)}

        def changed():
            now = {unit["id"]: unit["inputsDigest"] for unit in self.units(checkout)}
            return {name for name in before if now[name] != before[name]}
        (checkout / "unrelated.txt").write_text("x")
        self.assertEqual(changed(), set())
        for path, old, new, expected in (
                ("gen2.yaml", "hostname: gen2", "hostname: other", "gen2-(x|a)"),
                ("files/motd", "hello", "hallo", ""),
                ("fleet.yaml", "qemu: [qcow2]", "qemu: [raw]", ".*-qemu$")):
            with self.subTest(path):
                text = (checkout / path).read_text()
                (checkout / path).write_text(text.replace(old, new))
                self.assertEqual(changed(), {name for name in before if re.match(expected, name)})
                (checkout / path).write_text(text)
        with self.subTest("mode"):
            (checkout / "files/motd").chmod(0o600)
            self.assertEqual(changed(), set(before))
            (checkout / "files/motd").chmod(0o644)
        with self.subTest("the lock of one architecture"):
            path = checkout / "gen1.lock.json"
            lock = json.loads(path.read_text())
            lock["architectures"]["aarch64"]["packages"][0]["checksum"] = "sha256:" + "0" * 64
            path.write_text(json.dumps(lock))
            self.assertEqual(changed(), {"gen1-aarch64-azure", "gen1-aarch64-qemu"})

    def test_exclusions_are_data(self):
        checkout = self.checkout(AKS)
        self.assertEqual([unit["id"] for unit in self.units(checkout)], [
            "cvm-gen2-x86-64", "gen1-fips-x86-64", "gen1-x86-64", "gen2-aarch64", "gen2-fips-aarch64", "gen2-fips-x86-64",
            "gen2-kata-x86-64", "gen2-tl-x86-64", "gen2-x86-64", "osguard-gen2-fips-tl-x86-64"])
        fewer = self.units(checkout, "--fleet", "fleet.yaml", "--exclude", "variant=*fips*", "--arch", "arm64")
        self.assertEqual([unit["id"] for unit in fewer], ["gen2-aarch64"])
        self.assertEqual(self.codes(self.matrix(checkout, "--fleet", "fleet.yaml", "--exclude", "variant=fips", expect=2)),
                         ["fleet.idle-exclusion"])
        self.assertEqual(self.codes(self.matrix(checkout, "--fleet", "fleet.yaml", "--exclude", "variant=*", expect=2)),
                         ["fleet.no-units"])
        self.assertEqual(self.codes(self.matrix(checkout, "--fleet", "fleet.yaml", "--exclude", "fips", expect=2)),
                         ["fleet.bad-exclusion"])

    def test_parts_are_the_whole(self):
        checkout = self.checkout()
        whole = {unit["id"]: unit["inputsDigest"] for unit in self.units(checkout)}
        parts = [self.units(checkout, "--fleet", "fleet.yaml", "--shard", f"{part}/5") for part in range(1, 6)]
        self.assertEqual({unit["id"]: unit["inputsDigest"] for part in parts for unit in part}, whole)
        self.assertEqual(sum(map(len, parts)), 12)
        for part in parts:
            self.assertEqual([unit["index"] for unit in part], list(range(len(part))))

    def test_configs_alone_are_a_fleet(self):
        checkout = self.checkout()
        units = self.units(checkout, "gen1.yaml", "gen2.yaml", "--arch", "x86_64")
        self.assertEqual([unit["id"] for unit in units], ["gen1-x86-64", "gen2-x86-64"])
        (checkout / "sub").mkdir()
        shutil.copytree(checkout / "files", checkout / "sub/files")
        for name in ("gen1.yaml", "gen1.lock.json"):
            shutil.copy(checkout / name, checkout / "sub")
        self.assertEqual(self.codes(self.matrix(checkout, "gen1.yaml", "sub/gen1.yaml", "--arch", "x86_64", expect=2)), ["fleet.same-id"])

    def test_what_cannot_be_planned_is_refused(self):
        checkout = self.checkout()
        gen1, gen2 = checkout / "gen1.yaml", checkout / "gen2.yaml"
        kept = gen1.read_text(), gen2.read_text()
        gen1.write_text(kept[0] + "  nonsense: 1\n")
        gen2.write_text(kept[1] + "  nonsense: 2\n")
        result = self.matrix(checkout, expect=2)
        self.assertEqual(len(set(re.findall(r"^error: (gen\d.yaml:\d+)|^(gen\d.yaml):\d+", result.stderr, re.M))), 2, result.stderr)
        gen1.write_text(kept[0].replace("install: []", "install: [extra]"))
        gen2.write_text(kept[1])
        self.assertEqual(self.codes(self.matrix(checkout, expect=5)), ["lock.stale"])
        gen1.write_text(kept[0])
        (checkout / "gen2.lock.json").unlink()
        self.assertEqual(set(self.codes(self.matrix(checkout, expect=5))), {"pipeline.lock-missing"})
        for words in ((), ("gen1.yaml", "--fleet", "fleet.yaml"), ("--fleet", "absent.yaml"), ("absent.yaml",)):
            self.run_program("matrix", *words, cwd=checkout, expect=2)

    def test_an_engine_gets_no_more_than_it_takes(self):
        checkout = self.checkout("variants:\n" + "".join(f"  n{number}: gen1.yaml\n" for number in range(201)) + "architectures: [x86_64]\n")
        result = self.matrix(checkout, "--fleet", "fleet.yaml", "--format", "gitlab", expect=2)
        self.assertIn("201 units are more than GitLab takes: 200", result.stderr)
        self.assertEqual(self.codes(result), ["fleet.too-many-units"])
        self.assertEqual(result.stdout, "")
        self.matrix(checkout, "--fleet", "fleet.yaml", "--format", "gitlab", "--shard", "2/2")
        self.matrix(checkout, "--fleet", "fleet.yaml", "--format", "gitlab", "--limit", "300")
        self.matrix(checkout, "--fleet", "fleet.yaml", "--format", "github")


class Schema(TestCase):
    def test_the_schema_takes_what_the_program_takes(self):
        jsonschema, yaml = require_module("jsonschema"), require_module("yaml")
        schema = json.loads(self.run_program("schema", "--fleet").stdout)
        jsonschema.Draft202012Validator.check_schema(schema)
        directory = self.scratch()
        (directory / "gen1.yaml").write_text("")
        for name in ("gen2", "gen2-fips"):
            (directory / f"{name}.yaml").write_text("")
        cases = {FLEET: True, AKS: True, "variants: {}": False, "variants: {A: gen1.yaml}": False, "platforms: {a: [qcow2]}": False,
                 "variants: {a: gen1.yaml}\nplatforms: {a: []}": False, "variants: {a: gen1.yaml}\nplatforms: {a: [floppy]}": False,
                 "variants: {a: gen1.yaml}\narchitectures: [mips]": False, "variants: {a: gen1.yaml}\nexclude: [{reason: no}]": False,
                 "variants: {a: gen1.yaml}\nexclude: [{arch: x86_64}]": False, "variants: {a: gen1.yaml}\nshards: 2": False}
        validator = jsonschema.Draft202012Validator(schema)
        for text, is_good in cases.items():
            with self.subTest(text):
                (directory / "fleet.yaml").write_text(text)
                self.assertEqual(validator.is_valid(yaml.safe_load(text)), is_good)
                result = self.run_program("matrix", "--fleet", directory / "fleet.yaml", expect=None)
                self.assertEqual("[fleet.bad-file]" not in result.stderr, is_good, result.stderr)
        page = (TOP / "docs/how-to/fleet.md").read_text()
        for key in [*schema["properties"], *schema["properties"]["exclude"]["items"]["properties"]]:
            self.assertIn(f"`{key}`", page)


if __name__ == "__main__":
    unittest.main(verbosity=2)
