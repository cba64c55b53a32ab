# SPDX-License-Identifier: MIT
"""`imagewright sign` and `imagewright verify --key`, with OpenSSL's own program and sigstore's verifier as second opinions."""

import base64
import hashlib
import json
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import TOP, TestCase, require_module, require_npm_packages  # noqa: E402

UUID = "6e3850e0-e2ae-8c4b-b43e-a7282e9d48f7"
SIGSTORE = ("@sigstore/verify@3.1.1", "@sigstore/bundle@4.0.0")
# Reads an envelope, a PEM key and its name; says whether sigstore's own code takes the signature.
SIGSTORE_CHECK = """
const {bundleFromJSON} = require('@sigstore/bundle');
const {Verifier, toSignedEntity, toTrustMaterial} = require('@sigstore/verify');
const crypto = require('crypto'), fs = require('fs');
const envelope = JSON.parse(fs.readFileSync(process.argv[2]));
const key = crypto.createPublicKey(fs.readFileSync(process.argv[3]));
const bundle = bundleFromJSON({mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.2', dsseEnvelope: envelope,
                               verificationMaterial: {publicKey: {hint: 'k'}, tlogEntries: []}});
const trust = toTrustMaterial({certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: []},
                              () => ({publicKey: key, validFor: () => true}));
new Verifier(trust, {tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0}).verify(toSignedEntity(bundle));
console.log('good');
"""


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def publish(directory, architecture="x86_64", name="node"):
    """A small set as a build publishes it."""
    stem = f"{name}-{architecture}"
    image = f"the disk of {stem}".encode()
    manifest = {"imagewrightManifest": 1, "name": name, "architecture": architecture, "release": "workbench", "toolVersion": "0.1.0",
                "epoch": 1700000000, "kernelCommandLine": "", "kernels": [], "units": [], "checks": [],
                "artifacts": [{"file": f"{stem}.qcow2", "format": "qcow2", "virtualSize": len(image), "fileSize": len(image),
                               "digest": f"sha256:{sha256(image)}"}],
                "repositories": [{"name": "base", "address": "https://example.org/base", "metadata": "sha256:" + "1" * 64, "keys": []}],
                "packages": [{"name": "openssl", "epoch": 0, "version": "3.3.2", "release": "1", "architecture": architecture,
                              "repository": "base", "location": "o.rpm", "checksum": "sha256:" + "a" * 64, "downloadSize": 1,
                              "installedSize": 1, "buildTime": 1, "source": "openssl-3.3.2-1.src.rpm", "license": "", "vendor": ""}],
                "disk": {"uuid": UUID, "size": 1, "partitions": []}, "files": {}}
    report = {"imagewrightReport": 1, "inputs": {"config": f"/secret/place/{name}.yaml", "files": "sha256:" + "b" * 64,
                                                 "release": "", "repositories": [], "formats": ["qcow2"]}}
    contents = {f"{stem}.qcow2": image, f"{stem}.manifest.json": json.dumps(manifest).encode(), f"{stem}.spdx.json": b"{}",
                f"{stem}.cdx.json": b"{}", f"{stem}.report.json": json.dumps(report).encode()}
    sums = directory / "SHA256SUMS"
    lines = sums.read_text() if sums.exists() else ""
    for file, content in contents.items():
        (directory / file).write_bytes(content)
        lines += f"{sha256(content)}  {file}\n"
    sums.write_text(lines)
    return stem


def pae(envelope):
    """What a DSSE signature is over, written down a second time."""
    kind, payload = envelope["payloadType"].encode(), base64.b64decode(envelope["payload"], validate=True)
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


class Signing(TestCase):
    def setUp(self):
        self.directory = self.scratch()
        self.out = self.directory / "out"
        self.out.mkdir()
        self.stem = publish(self.out)
        self.statement = self.out / f"{self.stem}.intoto.jsonl"

    def key(self, name="release", algorithm="ed25519", *options):
        """A private key and its public half."""
        private, public = self.directory / f"{name}.pem", self.directory / f"{name}.pub.pem"
        self.run_tool("openssl", "genpkey", "-algorithm", algorithm, *options, "-out", private)
        self.run_tool("openssl", "pkey", "-in", private, "-pubout", "-out", public)
        return private, public

    def sign(self, key, *arguments, **options):
        return self.run_program("sign", self.out, "--key", key, *arguments, **options)

    def conforms(self, name, text):
        definitions = json.loads((TOP / "docs/json.schema.json").read_text())["$defs"]
        require_module("jsonschema").validate(json.loads(text), {"$defs": definitions, "$ref": f"#/$defs/{name}"})

    def problems(self, *public, expect=5):
        arguments = [word for key in public for word in ("--key", key)]
        result = self.run_program("verify", self.out, *arguments, "--json", expect=expect)
        self.conforms("verify-signatures", result.stdout)
        found = [problem["code"] for problem in json.loads(result.stdout)["problems"]]
        for code in found:
            self.assertIn(f"[{code}]", result.stderr)
        return found

    def payload(self):
        return json.loads(base64.b64decode(json.loads(self.statement.read_text())["payload"]))

    def test_every_file_of_a_set_is_vouched_for(self):
        private, public = self.key()
        (self.out / "release-note.md").write_text("what is new\n")
        self.sign(private)
        self.assertEqual(self.problems(public, expect=0), [])
        statement = self.payload()
        names = {subject["name"]: subject["digest"]["sha256"] for subject in statement["subject"]}
        self.assertEqual(set(names), {f"{self.stem}.{end}" for end in ("qcow2", "manifest.json", "spdx.json", "cdx.json")})
        details = statement["predicate"]["runDetails"]
        self.assertEqual({file["name"] for file in details["byproducts"]}, {f"{self.stem}.report.json", "SHA256SUMS", "release-note.md"})
        for name, digest in names.items():
            self.assertEqual(digest, sha256((self.out / name).read_bytes()))

    def test_the_statement_is_slsa_provenance_of_what_was_built_of_what(self):
        private, _ = self.key()
        self.conforms("sign", self.sign(private, "--builder", "https://ci.example.org/images", "--json").stdout)
        statement = self.payload()
        self.assertEqual(statement["_type"], "https://in-toto.io/Statement/v1")
        self.assertEqual(statement["predicateType"], "https://slsa.dev/provenance/v1")
        definition = statement["predicate"]["buildDefinition"]
        self.assertEqual(definition["externalParameters"]["config"], "node.yaml")
        self.assertNotIn("/secret/place", json.dumps(statement))
        self.assertEqual({item["digest"]["sha256"] for item in definition["resolvedDependencies"]}, {"1" * 64, "a" * 64})
        self.assertEqual(statement["predicate"]["runDetails"]["builder"]["id"], "https://ci.example.org/images")
        self.assertIn("[cli.usage]", self.sign(private, "--builder", "us and them", expect=2).stderr)

    def test_openssl_takes_the_signatures_of_both_kinds_of_keys(self):
        for name, kind, options, verify in (
                ("edwards", "ed25519", (), ("-rawin",)),
                ("elliptic", "EC", ("-pkeyopt", "ec_paramgen_curve:P-256"), ("-rawin", "-digest", "sha256"))):
            with self.subTest(kind):
                private, public = self.key(name, kind, *options)
                self.sign(private)
                self.assertEqual(self.problems(public, expect=0), [])
                envelope = json.loads(self.statement.read_text())
                message, signature = self.directory / "message", self.directory / "signature"
                message.write_bytes(pae(envelope))
                signature.write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
                command = ("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public, *verify, "-in", message, "-sigfile", signature)
                self.run_tool(*command)
                message.write_bytes(pae(envelope) + b" ")
                self.run_tool(*command, expect=1)
                der = subprocess.run(["openssl", "pkey", "-pubin", "-in", public, "-outform", "DER"], capture_output=True, check=True)
                self.assertEqual(envelope["signatures"][0]["keyid"], sha256(der.stdout))

    def test_sigstore_takes_the_envelope_and_refuses_a_changed_one(self):
        modules = require_npm_packages(*SIGSTORE)
        script = self.directory / "check.js"
        script.write_text(SIGSTORE_CHECK)
        for name, kind, options in (("edwards", "ed25519", ()), ("elliptic", "EC", ("-pkeyopt", "ec_paramgen_curve:P-256"))):
            with self.subTest(kind):
                private, public = self.key(name, kind, *options)
                self.sign(private)
                command = ["node", script, self.statement, public]

                def check():
                    return subprocess.run(list(map(str, command)), capture_output=True, text=True, env={"NODE_PATH": str(modules), "PATH": "/usr/bin:/bin"})
                result = check()
                self.assertEqual(result.stdout, "good\n", result.stderr)
                envelope = json.loads(self.statement.read_text())
                envelope["payloadType"] = "application/vnd.in-toto+jso"
                self.statement.write_text(json.dumps(envelope))
                self.assertNotEqual(check().returncode, 0)

    def test_an_ed25519_signature_is_the_same_each_time(self):
        private, _ = self.key()
        self.sign(private)
        first = self.statement.read_bytes()
        self.sign(private)
        self.assertEqual(self.statement.read_bytes(), first)

    def test_each_thing_that_does_not_fit_has_its_code(self):
        private, public = self.key()
        self.sign(private)
        image, bill = self.out / f"{self.stem}.qcow2", self.out / f"{self.stem}.spdx.json"
        whole = image.read_bytes()
        image.write_bytes(whole[:-1] + b"!")
        self.assertEqual(self.problems(public), ["attest.changed-file"])
        image.write_bytes(whole[:-1])
        self.assertEqual(self.problems(public), ["attest.changed-file"])
        image.write_bytes(whole)
        bill.unlink()
        self.assertEqual(self.problems(public), ["attest.missing-file"])
        bill.mkdir()
        self.assertEqual(self.problems(public), ["attest.missing-file"])
        bill.rmdir()
        bill.write_bytes(b"{}")
        for extra in ("other.qcow2", ".hidden"):
            (self.out / extra).write_bytes(b"")
            self.assertEqual(self.problems(public), ["attest.extra-file"])
            (self.out / extra).unlink()
        (self.out / "directory").mkdir()
        self.assertEqual(self.problems(public), ["attest.extra-file"])
        (self.out / "directory").rmdir()
        (self.out / f"{self.stem}.report.json").write_text("{}")
        self.assertEqual(self.problems(public), ["attest.changed-file"])

    def test_all_that_is_wrong_is_said_at_once(self):
        private, public = self.key()
        self.sign(private)
        (self.out / f"{self.stem}.qcow2").write_bytes(b"other")
        (self.out / f"{self.stem}.cdx.json").unlink()
        (self.out / "extra").write_bytes(b"")
        self.assertEqual(sorted(self.problems(public)), ["attest.changed-file", "attest.extra-file", "attest.missing-file"])

    def test_a_stranger_vouches_for_nothing(self):
        _, public = self.key()
        foreign, foreign_public = self.key("foreign")
        self.assertEqual(self.problems(public), ["attest.not-signed"])
        self.sign(foreign)
        self.assertEqual(self.problems(public), ["attest.unknown-key"])
        self.assertEqual(self.problems(public, foreign_public, expect=0), [])
        # The key's name is only a hint: writing ours on it makes it no better.
        der = subprocess.run(["openssl", "pkey", "-pubin", "-in", public, "-outform", "DER"], capture_output=True, check=True)
        envelope = json.loads(self.statement.read_text())
        envelope["signatures"][0]["keyid"] = sha256(der.stdout)
        self.statement.write_text(json.dumps(envelope))
        self.assertEqual(self.problems(public), ["attest.bad-signature"])

    def test_a_changed_statement_is_not_believed(self):
        private, public = self.key()
        self.sign(private)
        envelope = json.loads(self.statement.read_text())
        changed = json.loads(base64.b64decode(envelope["payload"]))
        (self.out / f"{self.stem}.qcow2").write_bytes(b"evil")
        for subject in changed["subject"]:
            if subject["name"].endswith(".qcow2"):
                subject["digest"]["sha256"] = sha256(b"evil")
        for payload in (json.dumps(changed).encode(), b""):
            self.statement.write_text(json.dumps({**envelope, "payload": base64.b64encode(payload).decode()}))
            self.assertEqual(self.problems(public), ["attest.bad-signature"])
        for text in ("", "{}", "[]", "{\"payloadType\": 1}", json.dumps({**envelope, "payload": "no base64!"}),
                     json.dumps({**envelope, "signatures": []}), self.statement.read_text()[:-10]):
            self.statement.write_text(text)
            self.assertEqual(self.problems(public), ["attest.damaged-envelope"], text)

    def forge(self, private, change):
        """Signs, with the right key, another statement than imagewright would."""
        statement = self.payload()
        kind = change(statement) or "application/vnd.in-toto+json"
        envelope = {"payloadType": kind, "payload": base64.b64encode(json.dumps(statement).encode()).decode()}
        message = self.directory / "forged"
        message.write_bytes(pae(envelope))
        signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", str(private), "-rawin", "-in", str(message)],
                                   capture_output=True, check=True).stdout
        # The other alphabet of base64, and no name of a key.
        envelope["signatures"] = [{"sig": base64.urlsafe_b64encode(signature).decode()}]
        self.statement.write_text(json.dumps(envelope))

    def test_what_a_good_signature_is_over_is_looked_at_too(self):
        private, public = self.key()
        self.sign(private)
        original = self.statement.read_bytes()

        def without_image(statement):
            statement["subject"] = [item for item in statement["subject"] if not item["name"].endswith(".qcow2")]

        def of_another_kind(statement):
            statement["predicateType"] = "https://example.org/opinion"

        def with_a_path(statement):
            statement["subject"][0]["name"] = "../" + statement["subject"][0]["name"]

        def of_another_type(_):
            return "application/json"

        for change, codes in ((lambda _: None, []), (without_image, ["attest.extra-file", "attest.missing-subject", "attest.missing-subject"]),
                              (of_another_kind, ["attest.damaged-statement"]), (with_a_path, ["attest.damaged-statement"]),
                              (of_another_type, ["attest.damaged-statement"])):
            self.statement.write_bytes(original)
            self.forge(private, change)
            self.assertEqual(sorted(self.problems(public, expect=5 if codes else 0)), codes)

    def test_two_architectures_in_one_directory_have_a_statement_each(self):
        private, public = self.key()
        second = publish(self.out, "aarch64")
        self.sign(private)
        self.assertEqual(self.problems(public, expect=0), [])
        (self.out / f"{second}.intoto.jsonl").unlink()
        self.assertIn("attest.extra-file", self.problems(public))

    def test_only_what_was_published_is_signed(self):
        private, _ = self.key()
        image = self.out / f"{self.stem}.qcow2"
        whole = image.read_bytes()
        image.write_bytes(b"changed after the build")
        self.assertIn("[attest.changed-file]", self.sign(private, expect=5).stderr)
        image.unlink()
        self.assertIn("[attest.missing-file]", self.sign(private, expect=5).stderr)
        image.write_bytes(whole)
        (self.out / "root").mkdir()
        self.assertIn("[attest.not-a-file]", self.sign(private, expect=2).stderr)
        self.assertFalse(self.statement.exists())
        self.assertIn("[attest.nothing-to-sign]", self.run_program("sign", self.scratch(), "--key", private, expect=2).stderr)
        self.assertIn("[cli.missing-input]", self.run_program("sign", self.directory / "no", "--key", private, expect=2).stderr)

    def test_keys_that_do_not_fit_are_refused(self):
        private, public = self.key()
        rsa, _ = self.key("rsa", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")
        large, _ = self.key("large", "EC", "-pkeyopt", "ec_paramgen_curve:P-384")
        self.assertIn("[attest.unfit-key]", self.sign(public, expect=2).stderr)
        for key in (rsa, large):
            self.assertIn("[attest.unfit-key]", self.sign(key, expect=2).stderr)
        result = self.run_program("verify", self.out, "--key", private, expect=2)
        self.assertIn("[attest.unfit-key]", result.stderr)
        for key in (self.directory / "none.pem", self.out / "SHA256SUMS", "pkcs11:object=release"):
            self.assertIn("[attest.no-key]", self.sign(key, expect=2).stderr)
        self.assertIn("[attest.no-provider]", self.sign(private, "--provider", "no-such-thing", expect=4).stderr)
        self.assertFalse(self.statement.exists())

    def test_a_locked_key_opens_with_its_passphrase_only(self):
        locked = self.directory / "locked.pem"
        self.run_tool("openssl", "genpkey", "-algorithm", "ed25519", "-aes-256-cbc", "-pass", "pass:open sesame", "-out", locked)
        passphrase = self.directory / "passphrase"
        self.assertIn("[attest.locked-key]", self.sign(locked, expect=2).stderr)
        passphrase.write_text("wrong\n")
        result = self.sign(locked, "--passphrase-file", passphrase, expect=2)
        self.assertIn("[attest.locked-key]", result.stderr)
        self.assertNotIn("wrong", result.stderr)
        for end in ("\n", "\r\n", ""):
            passphrase.write_bytes(b"open sesame" + end.encode())
            self.sign(locked, "--passphrase-file", passphrase)

    def test_a_key_may_be_a_uri_of_openssls_store(self):
        private, public = self.key()
        self.sign(f"file:{private}")
        self.assertEqual(self.problems(f"file:{public}", expect=0), [])
        # A provider that is named explicitly does not drive out the default one.
        self.sign(f"file:{private}", "--provider", "base")

    def test_signatures_are_not_mixed_with_composing_again(self):
        _, public = self.key()
        for more in (("--offline",), ("--image", self.out / "base.raw")):
            result = self.run_program("verify", self.out, "--key", public, *more, expect=2)
            self.assertIn("[cli.usage]", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
