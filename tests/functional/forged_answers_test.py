#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A worker that was taken over can answer what it likes: for each kind the program ends with a value or an error of its own, soon, and writes nowhere else."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import file_server  # noqa: E402
sys.path.insert(0, str(Path(__file__).resolve().parent))
import tiny_distribution  # noqa: E402
import tiny_efi  # noqa: E402
from imagewright_layouts import Layout  # noqa: E402
from imagewright_testing import TOP, TestCase, environment, require_program  # noqa: E402
from measure_test import PROGRAMS  # noqa: E402
from page_blob_server import PageBlobServer  # noqa: E402
from registry_server import RegistryServer  # noqa: E402
from sibling_images import make_repository, package  # noqa: E402

FORGER = Path(os.environ.get("IMAGEWRIGHT_FORGER", TOP / "build/release/tests/functional/forger"))
# How many lies each worker tells; an ordinary run has no time for more.
LIES = int(os.environ.get("IMAGEWRIGHT_LIES", 400 if os.environ.get("IMAGEWRIGHT_LONG_TESTS") else 12))
# Where lies point at.
FORGED = Path("/tmp/imagewright-forged")
ERRORS = TOP / "docs/errors"
NODE = "release: {top}/releases/tiny.yaml\n{more}os: {{hostname: node{os}}}\noutput: {{images: [{{format: raw}}]}}\n"
OVAL = """<?xml version="1.0"?>
<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5" xmlns:linux="http://oval.mitre.org/XMLSchema/oval-definitions-5#linux">
<generator><timestamp xmlns="http://oval.mitre.org/XMLSchema/oval-common-5">2026-01-01T00:00:00Z</timestamp></generator>
<definitions><definition class="vulnerability" id="oval:x:def:1" version="1"><metadata><title>CVE-2025-0001 affecting package web</title>
<reference ref_id="CVE-2025-0001" ref_url="https://example.org/1" source="CVE"/><patchable>true</patchable><advisory_id>1-1</advisory_id><severity>High</severity>
<description>d</description></metadata><criteria operator="AND"><criterion comment="c" test_ref="oval:x:tst:1"/></criteria></definition></definitions>
<tests><linux:rpminfo_test check="at least one" comment="c" id="oval:x:tst:1" version="1"><linux:object object_ref="oval:x:obj:1"/><linux:state state_ref="oval:x:ste:1"/></linux:rpminfo_test></tests>
<objects><linux:rpminfo_object id="oval:x:obj:1" version="1"><linux:name>tiny-base</linux:name></linux:rpminfo_object></objects>
<states><linux:rpminfo_state id="oval:x:ste:1" version="1"><linux:evr datatype="evr_string" operation="less than">0:2-1</linux:evr></linux:rpminfo_state></states>
</oval_definitions>
"""
POLICY = package("selinux-policy", install="mkdir -p //etc/selinux/tight/contexts/files //etc/selinux/tight/policy\n"
                 "printf 'SELINUX=enforcing\\nSELINUXTYPE=tight\\n' > //etc/selinux/config\n"
                 "printf '/.*  system_u:object_r:file_t:s0\\n/etc(/.*)? system_u:object_r:etc_t:s0\\n' > //etc/selinux/tight/contexts/files/file_contexts\n"
                 "printf policy > //etc/selinux/tight/policy/policy.33\n", files="/etc/selinux\n")


class ForgedAnswers(TestCase):
    @classmethod
    def setUpClass(cls):
        require_program("openssl")
        cls.top = cls.class_scratch()
        tiny_distribution.make(cls.top)
        cls.program = cls.top / "program"
        shutil.copy(FORGER, cls.program)
        cls.own = make_repository(cls.top / "own", POLICY)
        release = cls.top / "releases/tiny.yaml"
        release.write_text(release.read_text().replace("  init: [tiny-base]\n", "  init: [tiny-base]\n  selinux-policy: [selinux-policy]\n"))
        programs = []
        for number, (path, content) in enumerate(PROGRAMS.items()):
            (cls.top / f"program-{number}").write_bytes(content)
            programs.append(f"{{source: {cls.top}/program-{number}, destination: {path}}}")
        config = cls.config_file("base", os=f", services: {{enable: [web]}}, packages: {{install: [tiny-web]}}, additionalFiles: [{', '.join(programs)}]")
        made = cls.run_forger(cls.top / "making", None, "build", config, "--output-dir", cls.top / "base", "--cache-dir", cls.top / "cache")
        if made.returncode != 0:
            raise AssertionError(made.stderr.decode())
        cls.image = next((cls.top / "base").glob("*.raw"))
        cls.other = cls.top / "other.raw"
        content = cls.image.read_bytes()
        cls.other.write_bytes(content.replace(b"What the package brought", b"What the program bought"))

    @classmethod
    def config_file(cls, name, more="", os=""):
        path = cls.top / f"{name}.yaml"
        path.write_text(NODE.format(top=cls.top, more=more, os=os))
        return path

    @classmethod
    def run_forger(cls, directory, forgery, *arguments):
        directory.mkdir(parents=True)
        program = directory / "forger"
        program.hardlink_to(cls.program)
        if forgery:
            (directory / "forger.forgery").write_text(forgery)
        variables = environment(IMAGEWRIGHT_DATA=TOP / "configs", TMPDIR=directory)
        return subprocess.run([program, *map(str, arguments)], env=variables, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, cwd=directory)

    def tell_lies(self, jobs, *arguments, fresh=(), most=LIES):
        """Each of the jobs lies in turn; `fresh` are options whose value is a place of each run's own."""
        scratch = self.scratch()

        def run(forgery):
            directory = scratch / forgery.replace(" ", "-")
            own = [part for option, name in fresh for part in ((option, directory / name) if option else (directory / name,))]
            result = self.run_forger(directory, forgery, *arguments, *own)
            asked = directory / "forger.asked"
            told = asked.read_text().split() if asked.exists() else []
            shutil.rmtree(directory)
            return result, told

        honest, asked = run("any honest")
        self.assertIn(honest.returncode, (0, 5), honest.stderr.decode(errors="replace")[-3000:])
        for job in jobs:
            self.assertIn(job, asked, "nobody asks it: the test sees nothing")
        rows = [f"{job} {number}" for job in jobs for number in ("empty", *range(min(most, LIES)))]
        with ThreadPoolExecutor(4) as pool:
            for row, (result, _) in zip(rows, pool.map(run, rows), strict=True):
                with self.subTest(row, command=arguments[0]):
                    self.assert_sound(result, row)

    def assert_sound(self, result, row):
        said = result.stderr.decode(errors="replace")
        self.assertIn(result.returncode, (0, 1, 2, 3, 4, 5), said[-3000:])
        self.assertNotRegex(said.replace("\t", ""), "[\x00-\x08\x0b-\x1f\x7f]|\u009b", "it steers the terminal")
        self.assertNotRegex(said, "(?m)^(::|##\\[)")
        self.assertFalse(FORGED.exists(), "it wrote where a worker said")
        if result.returncode in (1, 2, 3):
            codes = re.findall(r"\[([a-z0-9]+\.[a-z0-9.-]+)\]", said)
            self.assertTrue(codes, said[-3000:])
            for code in codes:
                self.assertTrue((ERRORS / f"{code}.md").exists(), code)
        if row.endswith("empty") and not row.startswith("add-sections"):
            self.assertNotEqual(result.returncode, 0, "no answer was taken for one")

    def test_readers_of_images(self):
        self.tell_lies(("describe-image",), "inspect", "--json", "--files", self.image)

    def test_comparisons(self):
        self.tell_lies(("compare-files",), "diff", "--json", self.image, self.other)

    def test_rules_of_platforms(self):
        self.tell_lies(("lint-file",), "lint", "--as", "azure-vhd", self.image)

    def test_conversions(self):
        compressed = self.top / "image.raw.zst"
        self.run_tool("zstd", "-q", self.image, "-o", compressed)
        self.tell_lies(("flatten-image",), "convert", compressed, fresh=(("", "out.qcow2"),))

    def test_measurements(self):
        self.tell_lies(("measure-image",), "measure", "--json", self.image)

    def test_advisories(self):
        feed = self.top / "feed.xml"
        feed.write_text(OVAL)
        self.tell_lies(("read-system", "read-feed"), "advisories", self.image, "--feed", feed, "--format", "json")

    def test_metadata(self):
        config = self.config_file("metadata")
        self.tell_lies(("read-repomd", "prepare-metadata"), "plan", config, fresh=(("--cache-dir", "cache"),))

    def test_compositions(self):
        config = self.config_file("labels", more=f"repositories: [{{name: own, path: {self.own}, gpgCheck: false, repoGpgCheck: false}}]\n",
                                  os=", selinux: {mode: enforcing}, packages: {install: [selinux-policy]}")
        self.tell_lies(("transaction", "read-initramfs", "label-paths"), "build", config, "--no-cache",
                       fresh=(("--output-dir", "out"), ("--cache-dir", "cache")))

    def test_files_that_are_not_as_they_came(self):
        (self.top / "agent").mkdir()
        (self.top / "agent/program").write_text("#!/bin/sh\n")
        (self.top / "agent/again").hardlink_to(self.top / "agent/program")
        (self.top / "agent/link").symlink_to("program")
        self.run_tool("tar", "-C", self.top, "-cf", self.top / "agent.tar", "agent")
        config = self.config_file("files", more=f"repositories: [{{name: own, path: {self.own}, gpgCheck: false, repoGpgCheck: false}}]\n",
                                  os=", packages: {stored: [{packages: [selinux-policy], directory: /opt/stored}]}, "
                                     f"additionalFiles: [{{destination: /opt/agent, source: {self.top}/agent.tar, unpack: true}}]")
        self.tell_lies(("read-archive-members", "package-files"), "build", config, fresh=(("--output-dir", "out"), ("--cache-dir", "cache")))

    def test_descriptions_of_disks(self):
        self.tell_lies(("describe-disk",), "convert", self.image, fresh=(("", "out.cosi"),))

    def test_lists_of_mirrors(self):
        url = file_server.serve(self.own, self.addCleanup)
        digest = hashlib.sha256((self.own / "repodata/repomd.xml").read_bytes()).hexdigest()
        (self.own / "list").write_text(f"{url}/\n")
        (self.own / "metalink").write_text(
            '<?xml version="1.0" encoding="utf-8"?><metalink version="3.0" xmlns="http://www.metalinker.org/"><files><file name="repomd.xml">'
            f'<verification><hash type="sha256">{digest}</hash></verification><resources><url protocol="http" type="http" preference="1">'
            f"{url}/repodata/repomd.xml</url></resources></file></files></metalink>")
        for name, job in (("list", "read-mirror-list"), ("metalink", "read-metalink")):
            config = self.config_file(name, more=f"repositories: [{{name: own, mirrorList: '{url}/{name}', gpgCheck: false, repoGpgCheck: false}}]\n")
            self.tell_lies((job,), "plan", config, fresh=(("--cache-dir", "cache"),), most=40)

    def test_uploads(self):
        config = self.top / "vhd.yaml"
        config.write_text(NODE.format(top=self.top, more="", os="").replace("raw", "vhd-fixed"))
        made = self.run_forger(self.top / "vhd", None, "build", config, "--output-dir", self.top / "disk", "--cache-dir", self.top / "cache")
        self.assertEqual(made.returncode, 0, made.stderr.decode())
        server = PageBlobServer()
        self.addCleanup(server.stop)
        address = self.top / "address"
        address.write_text(server.url() + "\n")
        self.tell_lies(("read-page-list",), "upload", "azure", next((self.top / "disk").glob("*.vhd")), "--url-file", address, most=40)

    def test_each_kind_of_worker_is_made_to_lie(self):
        named = re.compile(r"k_\w*job\w* ?=\s*\"([\w-]+)\"")
        jobs = {name for path in (TOP / "src").rglob("*.?pp") for name in named.findall(path.read_text())}
        self.assertGreater(len(jobs), 25)
        # What a machine does is not done by a worker: its answers are in the harness.
        jobs -= {"compose-root", "customize", "inject-files"}
        told = set(re.findall(r"\"([\w-]+)\"", Path(__file__).read_text()))
        self.assertEqual(jobs - told, set())

    def test_customizations(self):
        config = self.config_file("changes", os=", packages: {remove: [tiny-web]}")
        self.tell_lies(("take-base-apart", "read-system", "read-installed-packages"), "customize", "--image", self.image, config,
                       fresh=(("--output-dir", "out"), ("--cache-dir", "cache")))

    def test_bases_of_registries(self):
        registry = RegistryServer(token="word")
        self.addCleanup(registry.stop)
        compressed = self.top / "base.qcow2"
        self.run_tool("qemu-img", "convert", "-c", "-O", "qcow2", self.image, compressed)
        registry.put_image({"node.qcow2": compressed.read_bytes()}, "1")
        config = self.top / "registry.yaml"
        config.write_text(f"previewFeatures: [input-image-oci]\ninput: {{image: {{oci: \"{registry.host}/os/node:1\"}}}}\nos: {{hostname: node}}\n"
                          "output: {images: [{format: raw}]}\n")
        self.tell_lies(("repo-registry-manifest", "repo-registry-token"), "customize", config, "--dry-run",
                       fresh=(("--output-dir", "out"), ("--cache-dir", "cache")))

    def test_container_images(self):
        layout = Layout(self.top / "images")
        layout.add("1", layout.manifest("amd64", [{"pause": "#!/bin/true\n", "var/lib/dpkg/status.d/a": "Package: a\nVersion: 1\nArchitecture: all\n"}]))
        self.run_tool("tar", "-C", layout.directory, "-cf", self.top / "images.tar", ".")
        config = self.config_file("containers", os=", containerImages: [{source: 'oci-archive:images.tar:1', name: 'registry.example/pause:1'}]")
        self.tell_lies(("unpack-container-archive", "read-container-document", "digest-container-layer", "read-layer-packages"), "build", config,
                       fresh=(("--output-dir", "out"), ("--cache-dir", "cache")))

    def test_kernel_images_with_policies(self):
        key, program = self.top / "key.pem", self.top / "linux.efi"
        self.run_tool("openssl", "genpkey", "-quiet", "-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key)
        program.write_bytes(tiny_efi.program((b".text", b"stub byte"), (b".sdmagic", b"#### LoaderInfo: systemd-stub 252.1 ####"),
                                             (b".osrel", b"ID=x\n"), (b".linux", tiny_efi.kernel())))
        self.tell_lies(("measure-phases", "add-sections"), "sign-policy", program, "--key", key, "--json", fresh=(("--output", "signed.efi"),))


if __name__ == "__main__":
    unittest.main(verbosity=2)
