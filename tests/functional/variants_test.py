# SPDX-License-Identifier: MIT
"""Several images of one config: chosen, locked, built, verified, and in a fleet."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from sibling_images import SiblingTestCase  # noqa: E402

NODE = """\
os:
  packages: {install: [tiny-web]}
  additionalFiles: [{destination: /etc/shared, content: shared}]
variants:
  plain: {os: {identity: {variantId: plain}}}
  extra:
    os:
      identity: {variantId: extra}
      packages: {install: [tiny-starting]}
      additionalFiles: [{destination: /etc/own, content: own}]
  bare:
"""


class Variants(SiblingTestCase):
    def build_of(self, path, *arguments, cache=None, expect=0):
        return self.run_program("build", path, "--output-dir", path.parent / "out", "--progress", "none", "--cache-dir", cache or self.top / "cache", *arguments, expect=expect)

    def manifest(self, path, name):
        return json.loads((path.parent / "out" / f"{name}-x86_64.manifest.json").read_text())

    def names(self, manifest):
        return {each["name"] for each in manifest["packages"]}

    def test_all_of_them_are_built_and_verified(self):
        path = self.config(NODE)
        cache = self.scratch()
        built = self.build_of(path, "--variant", "all", cache=cache)
        for name in ("plain", "extra", "bare"):
            self.assertIn(f"node-{name}-x86_64.tar.zst", built.stdout)
        plain, extra, bare = (self.manifest(path, f"node-{name}") for name in ("plain", "extra", "bare"))
        self.assertTrue(all("/etc/shared" in each["files"] for each in (plain, extra, bare)))
        self.assertEqual(["/etc/own" in each["files"] for each in (plain, extra, bare)], [False, True, False])
        self.assertEqual(self.names(extra) - self.names(plain), {"tiny-starting"})
        self.assertNotEqual(plain["files"]["/usr/lib/os-release"], bare["files"]["/usr/lib/os-release"])
        report = json.loads((path.parent / "out/node-bare-x86_64.report.json").read_text())
        found = {each["stage"]: each["result"] for each in report["cache"]}
        self.assertEqual(found.get("root"), "hit", "what plain and bare share was installed twice")
        verified = self.run_program("verify", path.parent / "out", "--cache-dir", cache)
        self.assertIn("node-extra-x86_64", verified.stdout + verified.stderr)

    def test_one_is_chosen_in_two_ways(self):
        path = self.config(NODE)
        self.build_of(path, "--variant", "extra")
        self.build_of(path.with_name(path.name + "@plain"))
        self.assertEqual({each.name for each in (path.parent / "out").glob("*.manifest.json")}, {"node-extra-x86_64.manifest.json", "node-plain-x86_64.manifest.json"})
        self.build_of(path)
        self.assertNotIn("/etc/own", self.manifest(path, "node")["files"])
        for words, code in (((path, "--variant", "extr"), "config.no-such-variant"), ((path.with_name(path.name + "@none"),), "config.no-such-variant"),
                            ((path.with_name(path.name + "@plain"), "--variant", "extra"), "cli.usage"), ((path, "--variant", "../x"), "cli.usage"),
                            ((path, "--variant", "all", "--json"), "cli.usage"), ((self.config("os: {hostname: a}\n"), "--variant", "all"), "cli.usage"),
                            ((self.config("os: {hostname: a}\n"), "--variant", "x"), "config.no-such-variant"), ((path.with_name("none.yaml@plain"),), "")):
            with self.subTest(words=words):
                refused = self.build_of(*words, expect=2)
                self.assertIn(code, refused.stderr)
        self.assertIn('did you mean "extra"', self.build_of(path, "--variant", "extr", expect=2).stderr)

    def test_each_has_a_lock_of_its_own(self):
        path = self.config(NODE)
        cache = ("--cache-dir", self.top / "cache")
        self.run_program("lock", path, "--variant", "all", *cache)
        locks = {each.name for each in path.parent.glob("*.lock.json")}
        self.assertEqual(locks, {"node@plain.lock.json", "node@extra.lock.json", "node@bare.lock.json"})
        self.run_program("lock", path, "--variant", "all", "--check", *cache)
        before = (path.parent / "node@plain.lock.json").read_bytes()
        path.write_text(path.read_text().replace("[tiny-starting]", "[tiny-starting, tiny-bulky]"))
        self.assertIn("extra", self.run_program("lock", path, "--variant", "all", "--check", *cache, expect=5).stderr)
        self.run_program("lock", path.with_name("node.yaml@extra"), *cache)
        self.run_program("lock", path, "--variant", "all", "--check", *cache)
        self.assertEqual((path.parent / "node@plain.lock.json").read_bytes(), before)
        self.build_of(path, "--variant", "all", "--locked")

    def test_plan_why_and_validate_know_them(self):
        path = self.config(NODE)
        cache = ("--cache-dir", self.top / "cache")
        text = self.run_program("plan", path, "--variant", "all", *cache).stdout
        self.assertEqual(text.count("/etc/shared"), 3)
        self.assertEqual(text.count("/etc/own"), 1)
        self.assertIn("tiny-starting", self.run_program("why", path, "tiny-starting", "--variant", "extra", *cache).stdout)
        self.run_program("why", path.with_name("node.yaml@plain"), "tiny-starting", *cache, expect=None)
        self.run_program("validate", path)
        canonical = self.run_program("validate", "--canonical", path, "--variant", "extra").stdout
        self.assertIn("/etc/own", canonical)
        self.assertNotIn("variants:", canonical)
        broken = self.config(NODE.replace("tiny-web]", "tiny-web, -x]").replace("content: own", "content: own, contents: x"))
        said = self.run_program("validate", broken, expect=2).stderr
        self.assertEqual(said.count("error: "), 2, "a mistake that variants share is told once, and every one of them: " + said)

    def test_what_variants_cannot_have(self):
        rows = (("variants: {a: {baseConfigs: [{path: b.yaml}]}}", "config.conflict"), ("variants: {a: {variants: {b: {}}}}", "config.conflict"),
                ("variants: {a: {roles: [x]}}", "config.conflict"), ("variants: {a: {previewFeatures: [uki]}}", "config.conflict"),
                ("variants: {all: {}}", "config.bad-value"), ("variants: {A: {}}", "config.bad-value"), ("variants: {'a b': {}}", "config.bad-value"),
                ("variants: {a: {nothing: 1}}", "config.unknown-key"), ("variants: [a]", "config.wrong-type"), ("variants: {a: text}", "config.wrong-type"),
                ("variants: {A: {}, b: {}}", "config.bad-value"),
                ("variants: {a: {output: {name: x}}, b: {output: {name: x}}}", "config.duplicate-name"),
                ("variants: {a: {output: {name: node-b}}, b: {}}", "config.duplicate-name"),
                ("variants: {a: {os: {hostname: a..b}}}", "config.bad-value"))
        for text, code in rows:
            with self.subTest(text=text):
                said = self.run_on("validate", self.config("os: {packages: {install: [tiny-web]}}\n" + text))
                self.assert_refused(said, code)
        base = self.config("variants: {a: {}}\n", name="base")
        said = self.run_on("validate", self.config(f"previewFeatures: [base-configs]\nbaseConfigs: [{{path: {base}}}]\nos: {{hostname: a}}\n"))
        self.assertEqual(said.code, 2, said.said)
        self.assertIn("[config.conflict]", said.said)

    def test_a_shared_name_has_the_variant_behind_it(self):
        path = self.config(NODE)
        path.write_text(path.read_text().replace("output: {", "output: {name: worker, "))
        self.build_of(path, "--variant", "bare")
        self.assertEqual(self.manifest(path, "worker-bare")["name"], "worker-bare")

    def test_a_fleet_has_them_in_its_matrix(self):
        path = self.config(NODE)
        cache = ("--cache-dir", self.top / "cache")
        self.run_program("lock", path, "--variant", "all", *cache)
        fleet = path.parent / "fleet.yaml"
        fleet.write_text("variants:\n  one: node.yaml@plain\n  two: node.yaml@extra\narchitectures: [x86_64]\n")
        made = self.run_program("matrix", "--fleet", fleet, *cache, expect=None, cwd=path.parent)
        self.assertEqual(made.returncode, 0, made.stderr)
        units = path.parent / "units.json"
        units.write_text(made.stdout)
        self.assertEqual({Path(each["config"]).name for each in json.loads(made.stdout)["units"]}, {"node.yaml@plain", "node.yaml@extra"})
        for index in ("0", "1"):
            self.run_program("build", "--units", units, "--index", index, "--output-dir", path.parent / "fleet", "--progress", "none", *cache, cwd=path.parent)
        self.assertEqual({each.name for each in (path.parent / "fleet").rglob("*.manifest.json")}, {"node-plain-x86_64.manifest.json", "node-extra-x86_64.manifest.json"})

    def test_a_base_is_customized_as_a_variant_says(self):
        base = self.image("os: {packages: {install: [tiny-web]}}\n", formats=("raw",))
        path = self.scratch() / "node.yaml"
        path.write_text("variants: {one: {os: {additionalFiles: [{destination: /etc/one, content: x}]}}, two: {os: {additionalFiles: [{destination: /etc/two, source: two}]}}}\n")
        (path.parent / "two").write_text("x")
        image = next(base.out.glob("*.raw"))
        self.run_program("customize", "--image", image, path, "--variant", "all", "--output-dir", path.parent / "out", "--cache-dir", self.top / "cache", "--progress", "none")
        for name, other in (("one", "two"), ("two", "one")):
            files = self.manifest(path, f"node-{name}")["files"]
            self.assertTrue(f"/etc/{name}" in files and f"/etc/{other}" not in files)
        (path.parent / "two").unlink()
        self.run_program("customize", "--image", image, f"{path}@one", "--output-dir", path.parent / "out", "--cache-dir", self.top / "cache", "--progress", "none")


if __name__ == "__main__":
    unittest.main()
