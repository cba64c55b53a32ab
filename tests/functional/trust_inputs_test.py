#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Inputs that were changed, damaged or taken away: a build or a reading ends with what is right, or with an error that says what is wrong."""

import copy
import hashlib
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_distribution  # noqa: E402
from imagewright_testing import PROGRAM, TOP, TestCase, environment, require_program  # noqa: E402
from packages import Signer  # noqa: E402

NODE = """\
release: {top}/releases/tiny.yaml
os: {{hostname: node}}
output: {{images: [{{format: {format}}}]}}
"""


def leaves(value, path=()):
    """The path of each scalar."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if children is None:
        yield path
    for key, child in children or ():
        yield from leaves(child, (*path, key))


def at(value, path):
    for key in path:
        value = value[key]
    return value


def other(value):
    """Something that might stand there as well."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if re.match(r"sha\d+:", value):
        return value[:-1] + ("1" if value.endswith("0") else "0")
    return value + "x"


class TrustInputs(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = cls.class_scratch()
        tiny_distribution.make(cls.top)

    def setUp(self):
        self.directory = self.scratch()
        self.config = self.directory / "node.yaml"
        self.config.write_text(NODE.format(top=self.top, format="raw"))

    def run_in(self, command, *arguments, out="out", **options):
        places = () if command == "lock" else ("--output-dir", self.directory / out)
        return self.run_program(command, *arguments, *places, "--cache-dir", self.directory / "cache", "--progress", "none", **options)

    def test_each_leaf_of_a_lock_is_held_against_something_or_documented_as_informative(self):
        documented = re.findall(r"^\| `([a-z]+)` \| informative", (TOP / "docs/how-to/locks.md").read_text(), re.MULTILINE)
        self.assertGreater(len(documented), 2)
        self.run_in("lock", self.config)
        lock = self.directory / "node.lock.json"
        value = json.loads(lock.read_text())
        self.run_in("build", self.config, "--locked")
        image = next((self.directory / "out").glob("*.raw")).read_bytes()
        informative = set()
        for path in leaves(value):
            # One package stands for all.
            if "packages" in path and path[path.index("packages") + 1] != 1:
                continue
            changed = copy.deepcopy(value)
            at(changed, path[:-1])[path[-1]] = other(at(value, path))
            lock.write_text(json.dumps(changed))
            result = self.run_in("build", self.config, "--locked", out="other", expect=None)
            with self.subTest("/".join(map(str, path))):
                if result.returncode != 0:
                    self.assertIn(result.returncode, (1, 2, 4, 5), result.stderr)
                    self.assertRegex(result.stderr, r"\[(lock|install|repo)\.[a-z-]+\]")
                    self.assertIn("hint: ", result.stderr)
                    continue
                name = [key for key in path if isinstance(key, str)][-1]
                self.assertIn(name, documented)
                informative.add(name)
                self.assertEqual(next((self.directory / "other").glob("*.raw")).read_bytes(), image, "an informative leaf changed the image")
        self.assertEqual(informative, set(documented), "documented as informative, and is not")

    def test_a_package_that_is_taken_out_of_a_lock_is_missed(self):
        self.config.write_text(NODE.format(top=self.top, format="raw").replace("node}", "node, packages: {install: [tiny-web, /bin/sh, tiny-web-1-1]}}"))
        self.run_in("lock", self.config)
        lock = self.directory / "node.lock.json"
        value = json.loads(lock.read_text())
        self.run_in("build", self.config, "--locked")
        packages = value["architectures"]["x86_64"]["packages"]
        packages[:] = [package for package in packages if package["name"] != "tiny-web"]
        lock.write_text(json.dumps(value))
        self.assertIn("[install.package-left-out]", self.run_in("build", self.config, "--locked", expect=5).stderr)

    def test_a_package_that_a_pattern_a_path_or_a_comparison_asks_for_is_missed(self):
        for wish in ("tiny-we[b]", "/etc/web.conf", "/usr/share/web/ind*", "tiny-web >= 1", "t?ny-web"):
            with self.subTest(wish):
                self.config.write_text(NODE.format(top=self.top, format="raw").replace("node}", f'node, packages: {{install: ["{wish}"]}}}}'))
                self.run_in("lock", self.config)
                self.run_in("build", self.config, "--locked")
                lock = self.directory / "node.lock.json"
                value = json.loads(lock.read_text())
                packages = value["architectures"]["x86_64"]["packages"]
                packages[:] = [package for package in packages if package["name"] != "tiny-web"]
                lock.write_text(json.dumps(value))
                self.assertIn("[install.package-left-out]", self.run_in("build", self.config, "--locked", expect=5).stderr)

    def test_a_local_repository_leads_to_nothing_else_on_the_host(self):
        elsewhere, repository = self.directory / "elsewhere", self.directory / "repository"
        shutil.copytree(self.top / "repository", elsewhere)
        shutil.copytree(self.top / "repository", repository)
        own = self.config.read_text()
        self.config.write_text(own + f"repositories: [{{name: tiny, path: {repository}, gpgCheck: false, repoGpgCheck: false}}]\n")
        bases = {f"file://{repository}": 0, f"file://localhost{repository}/": 0, f"file://{elsewhere}": 1, f"file://{repository}/../elsewhere": 1,
                 f"file://{repository}/%2e%2e/elsewhere": 1, f"file:/{elsewhere}": 1, f"FILE://{elsewhere}": 1, f"file://{repository}-other": 1}
        for base, is_refused in bases.items():
            with self.subTest(base):
                shutil.rmtree(self.directory / "cache", ignore_errors=True)
                subprocess.run(["createrepo_c", "--quiet", "--baseurl", base, repository], check=True, capture_output=True)
                result = self.run_in("build", self.config, expect=None)
                self.assertEqual(result.returncode != 0, bool(is_refused), result.stderr)
                if is_refused:
                    self.assertIn("[resolve.metadata-unreadable]", result.stderr)
        # The same of a lock that somebody changed.
        self.config.write_text(own)
        self.run_in("lock", self.config)
        lock = self.directory / "node.lock.json"
        value = json.loads(lock.read_text())
        package = value["architectures"]["x86_64"]["packages"][0]
        for place in (f"file://{elsewhere}/", "../elsewhere/", "%2e%2e/elsewhere/", f"{elsewhere}/", "http://127.0.0.1:1/"):
            changed = copy.deepcopy(value)
            changed["architectures"]["x86_64"]["packages"][0]["location"] = place + package["location"]
            lock.write_text(json.dumps(changed))
            self.assertRegex(self.run_in("build", self.config, "--locked", expect=None).stderr, r"\[(repo\.package-outside|lock\.damaged)\]", place)

    def want_signed_metadata(self):
        """A repository whose metadata is signed, and a config that asks for that."""
        signer = Signer(self.directory)
        self.addCleanup(signer.stop)
        (self.directory / "key").write_bytes(signer.public_key())
        repository = self.directory / "signed"
        shutil.copytree(self.top / "repository", repository)
        repomd = repository / "repodata/repomd.xml"
        signer.gpg("--batch", "--armor", "--detach-sign", "--output", f"{repomd}.asc", str(repomd))
        self.config.write_text(NODE.format(top=self.top, format="raw")
                               + f"repositories: [{{name: tiny, path: {repository}, gpgCheck: false, repoGpgCheck: true, gpgKeys: [key]}}]\n")

    def publish_as_stranger(self, out, config):
        """What a stranger's directory says: another config, and sums that fit."""
        report = next(out.glob("*.report.json"))
        text = json.loads(report.read_text())
        text["inputs"]["config"] = str(config)
        report.write_text(json.dumps(text))
        sums = [line.split() for line in (out / "SHA256SUMS").read_text().splitlines()]
        (out / "SHA256SUMS").write_text("".join(f"{hashlib.sha256((out / name).read_bytes()).hexdigest()}  {name}\n" for _, name in sums))

    def test_a_directory_of_a_stranger_shows_no_file_of_the_host(self):
        self.run_in("build", self.config)
        secret = self.directory / "elsewhere"
        for content in ("root:$6$hunter2:19000:::\nbob:$6$hunter2\n", "user = hunter2\n", "a: {b: hunter2}\n", "a: [hunter2\n"):
            with self.subTest(content):
                secret.write_text(content)
                self.publish_as_stranger(self.directory / "out", secret)
                result = self.run_program("verify", self.directory / "out", "--cache-dir", self.directory / "cache", expect=2)
                self.assertIn("[pipeline.cannot-verify]", result.stderr)
                self.assertNotIn("hunter2", result.stdout + result.stderr)
        # Who names the config is told what is wrong with it.
        named = self.run_program("verify", self.directory / "out", "--config", secret, "--cache-dir", self.directory / "cache", expect=2)
        self.assertIn("[yaml.", named.stderr)

    def test_nothing_waits_for_a_pipe_in_the_directory_of_a_stranger(self):
        self.run_in("build", self.config)
        key = self.directory / "key.pem"
        self.run_tool("openssl", "genpkey", "-quiet", "-algorithm", "ed25519", "-out", key)
        public = self.directory / "public.pem"
        self.run_tool("openssl", "pkey", "-in", key, "-pubout", "-out", public)
        for name in ("node-x86_64.raw", "node-x86_64.manifest.json", "node-x86_64.report.json", "SHA256SUMS", "node-x86_64.intoto.jsonl"):
            for kind in ("pipe", "device"):
                with self.subTest(f"{name} is a {kind}"):
                    out = self.directory / f"{kind}-{name}"
                    shutil.copytree(self.directory / "out", out)
                    (out / name).unlink(missing_ok=True)
                    if kind == "pipe":
                        os.mkfifo(out / name)
                    else:
                        (out / name).symlink_to("/dev/zero")
                    commands = (("verify", out), ("verify", out, "--key", public), ("sign", out, "--key", key), ("boot", out / "node-x86_64.raw", "--print-command"))
                    for command in commands:
                        result = self.run_program(*command, "--cache-dir", self.directory / "cache", expect=None, timeout=60)
                        # Some of them do not ask for this file.
                        self.assertIn(result.returncode, (0, 1, 2, 4, 5), f"{command}: {result.stderr}")
                        if command[0] == "sign":
                            self.assertIn("[attest.not-a-file]", result.stderr)

    def test_gpg_gets_nothing_of_the_caller(self):
        require_program("strace")
        self.want_signed_metadata()
        false = self.directory / "false"
        false.mkdir()
        for name in ("gpg", "gpg2", "gpgconf", "gpgsm", "gpg-agent", "dirmngr", "keyboxd"):
            (false / name).write_text(f"#!/bin/sh\ntouch {false}/was-run\nexec /usr/bin/{name} \"$@\"\n")
            (false / name).chmod(0o755)
        home = self.directory / "home"
        (home / ".gnupg").mkdir(parents=True, mode=0o700)
        (home / ".gnupg/gpg.conf").write_text("no-such-option\n")
        given = environment(HOME=home, GNUPGHOME=home / ".gnupg", PATH=f"{false}:/usr/bin:/bin", AWS_SECRET_ACCESS_KEY="marker-of-environment", LC_ALL="de_DE.UTF-8")
        trace = self.directory / "trace"
        command = ["strace", "-f", "-qq", "-v", "-y", "-s", "4096", "-e", "trace=execve,openat,open,socket,connect", "-e", "signal=none", "-o", trace,
                   PROGRAM, "plan", self.config, "--cache-dir", self.directory / "cache"]
        result = subprocess.run(list(map(str, command)), env=given, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertFalse((false / "was-run").exists(), "a program of the caller's PATH was run")
        lines = trace.read_text(errors="replace").splitlines()
        started = [line for line in lines if re.match(r'\d+ +execve\("[^"]*/gpg[a-z0-9-]*",', line) and " = 0" in line]
        self.assertGreater(len(started), 2, "the test sees nothing")
        for line in started:
            variables = re.search(r'\], \[([^\]]*)\]\)', line).group(1).split(", ")
            # The library asks for the version beforehand.
            names = ["LC_ALL", "PATH"] if '"--version"' in line and "HOME=" not in line else ["HOME", "LC_ALL", "PATH"]
            self.assertEqual(sorted(text.strip('"').split("=")[0] for text in variables), names, line)
            self.assertNotIn(str(home), line)
        numbers = {line.split()[0] for line in started}
        of_gpg = [line for line in lines if line.split()[0] in numbers]
        self.assertFalse([line for line in of_gpg if re.search(r" (socket\(AF_INET|connect\(.* = 0$)", line)])
        opened = [match.group(1) for line in of_gpg if (match := re.search(r" open(?:at)?\(.* = \d+<([^>]*)>", line))]
        self.assertGreater(len(opened), 10, "the test sees nothing")
        self.assertFalse([path for path in opened if path.startswith(str(home))])

    def build_at(self, clock, name, expect=0):
        """With another clock of the day: of this process and gpg; the time that passes is the true one."""
        variables = environment(FAKETIME_DONT_FAKE_MONOTONIC=1)
        command = ["faketime", "-f", clock, PROGRAM, "build", self.config, "--output-dir", self.directory / name, "--cache-dir", self.directory / name / "cache",
                   "--no-cache", "--progress", "none"]
        result = subprocess.run(list(map(str, command)), env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, expect, f"{clock}: {result.stderr}")
        return result.stderr

    def artifacts(self, name):
        places = sorted(path for path in (self.directory / name).iterdir() if path.is_file())
        # A report says when and how long.
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in places if path.suffix in (".raw", ".json") and ".report." not in path.name}

    def test_a_clock_that_is_wrong_or_jumps_changes_nothing(self):
        require_program("faketime")
        self.run_in("build", self.config, "--no-cache", out="true")
        expected = self.artifacts("true")
        self.assertGreater(len(expected), 2)
        for number, clock in enumerate(("@1970-01-02 00:00:00", "@2106-02-07 06:28:16", "@2030-01-01 00:00:00 x5000", "@2030-01-01 00:00:00 x-50")):
            with self.subTest(clock):
                self.build_at(clock, f"clock-{number}")
                self.assertEqual(self.artifacts(f"clock-{number}"), expected)

    def test_a_clock_before_a_signature_is_named(self):
        require_program("faketime")
        self.want_signed_metadata()
        self.build_at("+0", "now")
        self.assertIn("[repo.clock-behind]", self.build_at("@1999-12-31 23:59:59", "before", expect=4))

    def test_a_cache_that_is_pruned_during_builds_and_customizations(self):
        self.run_in("build", self.config, "--no-cache", out="true")
        expected = self.artifacts("true")
        base = next((self.directory / "true").glob("*.raw"))
        other = self.directory / "other.yaml"
        other.write_text("os: {hostname: other}\n")
        cache = ("--cache-dir", self.directory / "cache", "--progress", "none")
        refused = 0
        for command in (("build", self.config), ("build", self.config), ("build", self.config, "--no-cache"), ("customize", "--image", base, other)):
            out = self.directory / "pruned"
            shutil.rmtree(out, ignore_errors=True)
            line = list(map(str, (PROGRAM, *command, "--output-dir", out, *cache)))
            with subprocess.Popen(line, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as builder:
                while builder.poll() is None:
                    result = self.run_program("cache", "prune", "--days", "0", *cache, expect=None)
                    if result.returncode != 0:
                        self.assertIn("[cache.busy]", result.stderr)
                        refused += 1
                self.assertEqual(builder.returncode, 0, builder.stderr.read())
            if command[0] == "build":
                self.assertEqual(self.artifacts("pruned"), expected)
        self.assertGreater(refused, 3, "nothing was pruned while it was used: the test sees nothing")
        # Whoever was killed holds nothing, and what it left half-made goes.
        with subprocess.Popen(list(map(str, (PROGRAM, "build", self.config, "--output-dir", self.directory / "killed", *cache))), env=environment(),
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as builder:
            # Directories come and go meanwhile, which os.walk bears.
            while builder.poll() is None and not any(names and "objects" in Path(place).parts for place, _, names in os.walk(self.directory / "cache")):
                pass
            builder.kill()
        self.run_program("cache", "prune", "--days", "0", *cache)
        left = [path for path in (self.directory / "cache").rglob("*") if path.is_file() and path.name != "lock"]
        self.assertEqual([str(path) for path in left if path.stat().st_size > 0], [])
        self.run_in("build", self.config, out="again")
        self.assertEqual(self.artifacts("again"), expected)

    @staticmethod
    def places_of(image):
        """What is written where: fields of the header, entries of every table, ends that are missing ("QCOW2 Image Format", docs/interop/qcow2 of QEMU)."""
        bits, size = struct.unpack(">I", image[20:24])[0], struct.unpack(">Q", image[24:32])[0]
        first, counts = struct.unpack(">Q", image[40:48])[0], struct.unpack(">Q", image[48:56])[0]
        second = next(entry & 0x00fffffffffffe00 for (entry,) in struct.iter_unpack(">Q", image[first:first + 8 * struct.unpack(">I", image[36:40])[0]]) if entry)
        used = next(second + at for at in range(0, 1 << bits, 8) if any(image[second + at:second + at + 8]))
        big, number, word = struct.Struct(">Q").pack, struct.Struct(">I").pack, len(image)
        return {"magic": (0, b"XFI\xfb"), "version": (4, number(9)), "backing file": (8, big(104) + number(8)), "backing file far away": (8, big(1 << 60) + number(8)),
                "cluster bits 0": (20, number(0)), "cluster bits 63": (20, number(63)), "size 0": (24, big(0)), "size beyond measure": (24, big((1 << 64) - 1)),
                "size larger than the tables": (24, big(size * 4)), "encrypted": (32, number(1)), "first table of nothing": (36, number(0)),
                "first table beyond measure": (36, number(0xffffffff)), "first table outside": (40, big(word + (1 << bits))), "first table unaligned": (40, big(first + 1)),
                "first table at the header": (40, big(0)), "reference counts outside": (48, big(1 << 62)), "features that nobody knows": (72, big(1 << 40)),
                "header length": (100, number(0xfffffff0)), "first entry outside": (first, big((1 << 63) | 0x00fffffffffffe00)),
                "first entry at itself": (first, big((1 << 63) | first)), "second entry outside": (used, big((1 << 63) | 0x00fffffffff00000)),
                "second entry unaligned": (used, big((1 << 63) | (second + 512))), "second entry at the tables": (used, big((1 << 63) | second)),
                "second entry compressed": (used, big((1 << 62) | (0xff << 54) | 0x200)), "second table of ones": (second, b"\xff" * 4096),
                "reference counts of zeros": (counts, bytes(64)), "cut off in the header": 60, "cut off in the tables": second + 100, "cut off in the middle": word // 2,
                "cut off by one": word - 1, "noise": (first, bytes(random.Random(7).randbytes(1 << 16)))}

    def test_damaged_disks_end_in_order_wherever_they_are_read(self):
        self.config.write_text(NODE.format(top=self.top, format="qcow2"))
        self.run_in("build", self.config)
        image = next((self.directory / "out").glob("*.qcow2")).read_bytes()
        config = self.directory / "other.yaml"
        config.write_text("os: {hostname: other}\n")
        damaged = self.directory / "damaged.qcow2"
        failed = set()
        self.run_program("convert", next((self.directory / "out").glob("*.qcow2")), self.directory / "true.raw")
        true = (self.directory / "true.raw").read_bytes()
        for name, change in self.places_of(image).items():
            damaged.write_bytes(image[:change] if isinstance(change, int) else image[:change[0]] + change[1] + image[change[0] + len(change[1]):])
            out = self.directory / "read"
            for command in (("inspect", damaged), ("convert", damaged, out / "disk.raw"),
                            ("customize", "--image", damaged, config, "--output-dir", out, "--cache-dir", self.directory / "cache", "--progress", "none")):
                shutil.rmtree(out, ignore_errors=True)
                out.mkdir()
                result = self.run_program(*command, expect=None, timeout=60)
                with self.subTest(name, command=command[0]):
                    self.assertIn(result.returncode, (0, 1, 2, 4, 5), result.stderr)
                    if result.returncode == 0:
                        # Reference counts are for writers; an entry that names another cluster of the file is no damage that can be seen.
                        if command[0] == "convert" and "entry" not in name:
                            self.assertEqual((out / "disk.raw").read_bytes()[:len(true)], true)
                        continue
                    failed.add(name)
                    self.assertRegex(result.stderr, r"\[[a-z]+\.[a-z0-9-]+\]")
                    self.assertNotIn("sandbox.worker-died", result.stderr)
                    visible = [path.name for path in out.iterdir() if not path.name.startswith(".")]
                    self.assertEqual(visible, [], "something was published")
        # What only counts references is of no use to a reader.
        self.assertGreaterEqual(len(failed), 20, failed)


if __name__ == "__main__":
    unittest.main()
