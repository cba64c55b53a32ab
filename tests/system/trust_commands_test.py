#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What holds for a build holds for each command: it tells no secret, and as root it opens and changes nothing of the host that is not its own."""

import base64
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "functional"))
import tiny_distribution  # noqa: E402
import traced_paths  # noqa: E402
import trust_test  # noqa: E402
from customizing import CustomizingTestCase  # noqa: E402
from faulty_server import FaultyServer  # noqa: E402
from imagewright_layouts import Layout, tar_of  # noqa: E402
from imagewright_testing import TestCase, environment, require_program  # noqa: E402
from page_blob_server import SECRET, PageBlobServer  # noqa: E402

SECRETS = ("marker-of-password", "marker-of-password-file", "marker-of-user", "marker-of-url", "marker-of-token", "marker-of-variable",
           "marker-of-passphrase", "marker-of-login", SECRET)
NODE = """\
release: {top}/tiny.yaml
os:
  hostname: {hostname}
  users:
  - {{name: {user}, password: {{type: plain-text, value: marker-of-password}}}}
  - {{name: {user}2, password: {{type: plain-text-file, value: password.txt}}}}
{more}output: {{images: [{{format: raw}}{formats}]}}
"""
FEED = """<?xml version="1.0"?>
<updates><update type="security"><id>A-1</id><title>t</title><severity>Important</severity><references><reference type="cve" id="CVE-2024-1"/></references>
<pkglist><collection><package name="tiny-base" version="9" release="1" epoch="0" arch="x86_64"/></collection></pkglist></update></updates>
"""


class Secrets(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = cls.class_scratch()
        tiny_distribution.make(cls.top)

    def write_inputs(self, server):
        directory = self.scratch()
        address = server.url.replace("//", "//marker-of-user:marker-of-url@")
        release = (self.top / "releases/tiny.yaml").read_text()
        (directory / "tiny.yaml").write_text(release.replace(f"path: {self.top}/repository", f"baseUrl: '{address}'"))
        for name, text in (("password.txt", "marker-of-password-file"), ("passphrase.txt", "marker-of-passphrase"), ("login.txt", "marker-of-login:marker-of-login")):
            (directory / name).write_text(text + "\n")
        layout = Layout(directory / "images")
        layout.add("3.9", layout.manifest("amd64", [{"pause": "x"}]))
        (directory / "node.yaml").write_text(NODE.format(top=directory, hostname="node", user="one", formats=", {format: vhd-fixed}",
                                                         more="  containerImages: [{source: 'oci:images:3.9', name: 'registry.example/pause:3.9'}]\n"))
        (directory / "other.yaml").write_text(NODE.format(top=directory, hostname="other", user="three", more="  packages: {install: [tiny-web]}\n", formats=""))
        (directory / "fleet.yaml").write_text("variants: [{config: node.yaml}]\n")
        (directory / "feed.xml").write_text(FEED)
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:marker-of-passphrase", "-out", directory / "key.pem"], check=True,
                       capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", directory / "key.pem", "-passin", "pass:marker-of-passphrase", "-pubout", "-out", directory / "key.pub.pem"],
                       check=True, capture_output=True)
        return directory

    def commands(self, directory, blob):
        """Exit code and words; the files of one are read by the next."""
        out, other = directory / "out", directory / "other"
        image, manifest = out / "node-x86_64.raw", out / "node-x86_64.manifest.json"
        bad = "tiny=http://marker-of-user:marker-of-url@127.0.0.1:1/?token=marker-of-token"
        yield 0, "build", "node.yaml", "--output-dir", out, "--report", directory / "again.json", "--log-level", "debug"
        yield 0, "customize", "--image", image, "other.yaml", "--output-dir", other, "--log-level", "debug"
        yield None, "customize", "--image", image, "other.yaml", "--output-dir", directory / "none", "--repo", bad, "--log-level", "debug"
        yield None, "build", "node.yaml", "--output-dir", directory / "none", "--repo", bad
        yield None, "verify", out, "--repo", bad
        for command in ("plan", "why", "lock", "validate"):
            yield 0, command, "node.yaml", *(["tiny-base"] if command == "why" else [])
        for form in ("human", "json", "sarif", "github", "gitlab"):
            yield 0, "validate", "--format", form, "node.yaml", "other.yaml"
        for form in ("json", "github", "gitlab", "azure", "kubernetes", "tekton", "argo", "slurm"):
            yield 0, "matrix", "node.yaml", "--format", form, *(["--image", "registry.example/x:1"] if form in ("kubernetes", "tekton", "argo") else [])
        yield 0, "inspect", "--files", image
        yield 0, "inspect", "--json", image
        # Its loader is no program.
        yield 1, "measure", image
        for form in ("text", "json", "markdown", "html"):
            yield 0, "diff", "--format", form, manifest, next(other.glob("*.manifest.json"))
        for form in ("text", "json", "markdown", "sarif", "openvex"):
            yield None, "advisories", manifest, "--feed", "feed.xml", "--format", form
        yield None, "lint", "--as", "azure-vhd", "--json", next(out.glob("*.vhd"))
        for kind in ("libvirt", "hyperv", "terraform"):
            yield None, "export", kind, manifest
        yield None, "export", "aks-prepared-image", "node.yaml", "--location", "westeurope", "--allow-partial"
        yield 0, "sign", out, "--key", "key.pem", "--passphrase-file", "passphrase.txt"
        yield 0, "verify", out, "--key", "key.pub.pem"
        yield 0, "verify", out
        yield None, "drift", "--root", directory / "images", "--manifest", manifest, "--format", "sarif"
        yield 0, "upload", "azure", next(out.glob("*.vhd")), "--url-file", "address", "--json"
        blob.stop()
        yield None, "upload", "azure", next(out.glob("*.vhd")), "--url-file", "address"

    def test_no_command_tells_a_secret(self):
        require_program("openssl")
        blob = PageBlobServer()
        with FaultyServer(self.top / "repository", "status_500", "nothing", 0) as server:
            directory = self.write_inputs(server)
            (directory / "address").write_text(blob.url() + "\n")
            given = {path.relative_to(directory) for path in directory.rglob("*") if path.is_file()}
            variables = environment(AWS_SECRET_ACCESS_KEY="marker-of-variable", IMAGEWRIGHT_SHARED_CACHE=server.url + "/shared",
                                    IMAGEWRIGHT_SHARED_CACHE_LOGIN=directory / "login.txt")
            said = []
            for code, command, *arguments in self.commands(directory, blob):
                options = () if command in ("inspect", "measure", "diff", "lint", "export", "sign", "validate", "drift", "upload", "advisories") else ("--cache-dir", "cache")
                result = self.run_program(command, *arguments, *options, cwd=directory, env=variables, expect=None, timeout=120)
                if code is not None:
                    self.assertEqual(result.returncode, code, (command, arguments, result.stderr[-3000:]))
                self.assertNotIn(result.returncode, (70, -6, -11), (command, arguments, result.stderr[-3000:]))
                said.append((f"{command} {arguments}", (result.stdout + result.stderr).encode()))
        for path in directory.rglob("*"):
            if path.is_file() and path.relative_to(directory) not in given:
                said.append((str(path), path.read_bytes()))
        self.assertGreater(len(said), 50)
        for secret in SECRETS:
            # What is signed stands in base64.
            found = [place for place, content in said if secret.encode() in content or any(base64.b64encode(b"x" * shift + secret.encode())[4:-4] in content for shift in range(3))]
            self.assertEqual(found, [], f"{secret} is told there")


class Opened(CustomizingTestCase):
    BASE_FORMATS = ("raw", "qcow2", "vhd-fixed")
    started_by = ()
    traced = trust_test.Trust.traced
    check_traces = trust_test.Trust.check_traces
    check_uses = trust_test.Trust.check_uses

    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("a command as root is what could open devices")
        self.directory = self.scratch()
        bait = Path.home() / ".imagewright-bait"
        bait.write_text("nobody reads this")
        self.addCleanup(bait.unlink)

    def check_command(self, *command, inputs=(), least=1, expect=0):
        traces = self.traced(traced_paths.CALLS + ",finit_module,init_module", *command, expect=expect)
        self.check_traces(traces, self.directory, [str(path) for path in inputs], least)

    def test_a_build_with_container_images(self):
        layout = Layout(self.directory / "images")
        layout.add("3.9", layout.manifest("amd64", [{"pause": "x"}]))
        archive = self.directory / "images.tar"
        archive.write_bytes(tar_of({str(path.relative_to(layout.directory)): path.read_bytes() for path in layout.directory.rglob("*") if path.is_file()}))
        config = self.directory / "node.yaml"
        for source in ("oci:images:3.9", "oci-archive:images.tar:3.9"):
            config.write_text(json.dumps({"release": str(self.release), "os": {"hostname": "node", "containerImages": [{"source": source, "name": "registry.example/pause:3.9"}]},
                                          "output": {"images": [{"format": "raw"}]}}))
            self.check_command("build", config, "--output-dir", self.directory / "out", "--cache-dir", self.directory / "cache", "--no-cache",
                               inputs=(layout.directory, archive), least=10)

    def test_a_customization_with_packages_and_scripts_of_what_a_stranger_made(self):
        config = self.directory / "node.yaml"
        config.write_text("os: {hostname: other, additionalFiles: [{content: text, destination: /etc/new}]}\n"
                          "scripts: {postCustomization: [{name: s, content: 'echo x >/etc/script'}]}\noutput: {images: [{format: raw}]}\n")
        for pattern in ("*.raw", "*.qcow2"):
            self.check_command("customize", "--image", self.base(pattern=pattern), config, "--output-dir", self.directory / "out", "--cache-dir", self.directory / "cache", least=10)

    def test_files_that_come_back(self):
        files = self.directory / "signed"
        files.mkdir()
        (files / "BOOTX64.EFI").write_bytes(b"signed elsewhere")
        listing = files / "inject-files.yaml"
        listing.write_text("previewFeatures: [inject-files]\ninjectFiles:\n- {partition: {idType: part-label, id: esp}, destination: /EFI/BOOT/BOOTX64.EFI, source: BOOTX64.EFI}\n")
        (self.directory / "out").mkdir()
        self.check_command("inject-files", listing, "--image", self.base(), "--output", self.directory / "out/signed.raw", inputs=(files,), expect=None)
        self.assertIn("signed.raw", [path.name for path in (self.directory / "out").iterdir()], self.said)

    def test_what_only_reads_and_writes_files(self):
        require_program("openssl")
        self.base()
        out = self.made_bases["grub"]
        (self.directory / "out").mkdir()
        self.check_command("convert", next(out.glob("*.qcow2")), self.directory / "out/disk.vhdx")
        raw, manifest = next(out.glob("*.raw")), next(out.glob("*.manifest.json"))
        for command in (("inspect", "--files", raw), ("diff", raw, next(out.glob("*.qcow2"))), ("measure", raw), ("lint", "--as", "azure-vhd", next(out.glob("*.vhd"))),
                        ("export", "libvirt", manifest), ("export", "hyperv", manifest), ("drift", "--root", self.directory / "out", "--manifest", manifest)):
            with self.subTest(command[0]):
                self.check_command(*command, least=0, expect=None)
                self.assertNotRegex(self.said, r"\[usage\.", command)

    def test_an_upload(self):
        server = PageBlobServer()
        self.addCleanup(server.stop)
        address = self.directory / "address"
        address.write_text(server.url() + "\n")
        self.check_command("upload", "azure", next((self.base().parent).glob("*.vhd")), "--url-file", address, inputs=(address,), least=0)


if __name__ == "__main__":
    unittest.main()
