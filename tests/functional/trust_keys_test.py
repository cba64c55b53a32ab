#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whole builds from a repository whose packages are signed, with key files and signatures that were made to confuse, and from one that changes under the build."""

import re
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_distribution  # noqa: E402
from faulty_server import FaultyServer  # noqa: E402
from imagewright_testing import TestCase, environment, require_program  # noqa: E402
from packages import Signer  # noqa: E402

NODE = """\
release: {top}/releases/tiny.yaml
repositories: [{{name: tiny, {where}, gpgCheck: true, repoGpgCheck: false, gpgKeys: [{keys}]}}]
os: {{hostname: node}}
output: {{images: [{{format: raw}}]}}
"""
# What every build of the tiny distribution installs.
NEEDED = ("tiny-base-1-1.x86_64.rpm", "tiny-boot-1-1.x86_64.rpm", "tiny-initramfs-1-1.x86_64.rpm", "tiny-kernel-1-1.x86_64.rpm")


def packets_of(binary):
    """The packets of a key, whole; RFC 4880, section 4.2."""
    packets, at = [], 0
    while at < len(binary):
        head, size = binary[at], 1
        if head & 0x40:
            first = binary[at + 1]
            size, length = (2, first) if first < 192 else (3, ((first - 192) << 8) + binary[at + 2] + 192) if first < 224 else (6, int.from_bytes(binary[at + 2:at + 6], "big"))
        else:
            count = 1 << (head & 3)
            size, length = 1 + count, int.from_bytes(binary[at + 1:at + 1 + count], "big")
        packets.append(binary[at:at + size + length])
        at += size + length
    return packets


class TrustKeys(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = cls.class_scratch()
        tiny_distribution.make(cls.top)
        cls.vendor, cls.next_key, cls.stranger = (Signer(cls.top, name) for name in ("vendor", "next", "stranger"))
        cls.whole = cls.signed("whole", {name: (cls.vendor, "sha256") for name in NEEDED})

    @classmethod
    def tearDownClass(cls):
        for signer in (cls.vendor, cls.next_key, cls.stranger):
            signer.stop()
        super().tearDownClass()

    @classmethod
    def signed(cls, name, signers):
        """A repository in which each package is signed by whom it says, with that digest; the others as they are in `whole`, or unsigned."""
        repository = cls.top / name
        shutil.copytree(getattr(cls, "whole", cls.top / "repository"), repository)
        for package, (signer, digest) in signers.items():
            shutil.copy(cls.top / "repository" / package, repository / package)
            if signer:
                subprocess.run(["rpmsign", "--define", f"_gpg_name {signer.name}", "--define", f"_gpg_path {signer.home}", "--define", f"__gpg {shutil.which('gpg')}",
                                "--define", f"_gpg_digest_algo {digest}", "--addsign", str(repository / package)],
                               check=True, capture_output=True, env=environment(GNUPGHOME=signer.home))
        subprocess.run(["createrepo_c", "--quiet", "--revision", "1", "--set-timestamp-to-revision", repository], check=True, capture_output=True)
        return repository

    def build(self, repository, *keys, code=None, packages=""):
        """With the key files of these contents; the error's code, or a build that succeeds."""
        directory = self.scratch()
        for number, key in enumerate(keys):
            (directory / f"key-{number}").write_bytes(key)
        where = f"baseUrl: '{repository}'" if isinstance(repository, str) else f"path: {repository}"
        text = NODE.format(top=self.top, where=where, keys=", ".join(f"key-{number}" for number in range(len(keys))))
        (directory / "node.yaml").write_text(text.replace("hostname: node", f"hostname: node{packages}"))
        result = self.run_program("build", directory / "node.yaml", "--output-dir", directory / "out", "--cache-dir", directory / "cache", "--progress", "none",
                                  expect=None, timeout=120)
        made = sorted(path.name for path in (directory / "out").glob("*.raw")) if (directory / "out").exists() else []
        if code is None:
            self.assertEqual((result.returncode, made), (0, ["node-x86_64.raw"]), result.stderr)
        else:
            self.assertIn(result.returncode, (2, 4, 5), result.stderr)
            self.assertRegex(result.stderr, code)
            self.assertIn("hint: ", result.stderr)
            self.assertEqual(made, [], "an image was made all the same")
        return result

    def test_packages_of_the_right_key_and_of_no_other(self):
        vendor = self.vendor.public_key()
        self.build(self.whole, vendor)
        self.build(self.whole, self.stranger.public_key(), code=r"\[install\.unknown-key\]")
        for name, signer, code in (("unsigned", None, r"\[install\.package-unsigned\]"), ("foreign", self.stranger, r"\[install\.unknown-key\]")):
            repository = self.signed(name, {"tiny-boot-1-1.x86_64.rpm": (signer, "sha256")})
            with self.subTest(name):
                self.assertIn("tiny-boot", self.build(repository, vendor, code=code).stderr)

    def test_what_is_only_stored_is_verified_likewise(self):
        web = next((self.top / "repository").glob("tiny-web-1-1.*.rpm")).name
        wish = ", packages: {stored: [{packages: [tiny-web], directory: /opt/web}]}"
        for name, signer, code in (("stored", self.vendor, None), ("stored-unsigned", None, r"\[install\.package-unsigned\]"),
                                   ("stored-foreign", self.stranger, r"\[install\.unknown-key\]")):
            repository = self.signed(name, {web: (signer, "sha256")})
            with self.subTest(name):
                self.build(repository, self.vendor.public_key(), code=code, packages=wish)
        damaged = self.signed("stored-damaged", {web: (self.vendor, "sha256")})
        content = bytearray((damaged / web).read_bytes())
        content[-10] ^= 1
        (damaged / web).write_bytes(content)
        self.build(damaged, self.vendor.public_key(), code=r"\[repo\.", packages=wish)

    def test_a_bare_key_before_the_right_one_is_nobodys(self):
        bare = packets_of(self.stranger.public_key())[0]
        vendor = self.vendor.public_key()
        foreign = self.signed("bare", {"tiny-boot-1-1.x86_64.rpm": (self.stranger, "sha256")})
        for key in (bare + vendor, vendor + bare):
            self.build(foreign, key, code=r"\[(install\.(signature-[a-z]+|unknown-key)|repo\.key-unreadable)\]")
        # Its user name and signature, taken from the right one, make it nobody else's.
        worn = bare + b"".join(packets_of(vendor)[1:])
        self.build(foreign, worn + vendor, code=r"\[(install\.(signature-[a-z]+|unknown-key)|repo\.key-unreadable)\]")
        self.build(foreign, worn, code=r"\[(install\.(signature-[a-z]+|unknown-key)|repo\.key-[a-z]+)\]")

    def test_keys_that_roll_over_count_both(self):
        repository = self.signed("rolled", {"tiny-boot-1-1.x86_64.rpm": (self.next_key, "sha256")})
        keys = self.vendor.public_key(), self.next_key.public_key()
        armored = [signer.gpg("--armor", "--export") for signer in (self.vendor, self.next_key)]
        for files in (keys, (keys[0] + keys[1],), (b"".join(armored),)):
            self.build(repository, *files)
        self.build(repository, keys[0], code=r"\[install\.unknown-key\]")

    def test_expired_and_revoked_keys_do_not_count(self):
        for name in ("expired", "revoked"):
            signer = Signer(self.top, name)
            self.addCleanup(signer.stop)
            repository = self.signed(f"of-{name}", {"tiny-boot-1-1.x86_64.rpm": (signer, "sha256")})
            keys = self.vendor.public_key(), signer.public_key()
            self.build(repository, *keys)
            number = re.search(r"^fpr:+([0-9A-F]{40}):", signer.gpg("--with-colons", "--list-keys").decode(), re.MULTILINE).group(1)
            if name == "expired":
                signer.gpg("--batch", "--quick-set-expire", number, "seconds=1")
                time.sleep(2)
            else:
                revocation = signer.home / f"openpgp-revocs.d/{number}.rev"
                revocation.write_text(revocation.read_text().replace(":-----BEGIN", "-----BEGIN"))
                signer.gpg("--batch", "--import", str(revocation))
            with self.subTest(name):
                self.assertNotEqual(signer.public_key(), keys[1], "the key is as it was")
                self.build(repository, keys[0] + signer.public_key(), code=r"\[(install\.(signature-[a-z]+|unknown-key)|repo\.key-expired)\]")
                self.build(repository, signer.public_key(), code=r"\[repo\.key-expired\]")
                # Beside a good one it does no harm.
                self.build(self.whole, keys[0] + signer.public_key())

    def test_signatures_over_weak_digests_are_refused(self):
        repository = self.signed("weak", {"tiny-boot-1-1.x86_64.rpm": (self.vendor, "sha1")})
        self.build(repository, self.vendor.public_key(), code=r"\[install\.signature-weak\]")

    def test_a_package_that_changes_behind_its_metadata_is_refused(self):
        vendor = self.vendor.public_key()
        changed = self.top / "changed"
        shutil.copytree(self.whole, changed)
        # As large as before: nobody signed it.
        package = changed / "tiny-boot-1-1.x86_64.rpm"
        content = bytearray(package.read_bytes())
        content[-1] ^= 1
        package.write_bytes(content)
        self.build(changed, vendor, code=r"\[repo\.[a-z-]*(checksum|mismatch|corrupt|damaged|changed)[a-z-]*\]")
        # Well signed, and another one than the metadata say.
        shutil.copy(self.whole / "tiny-kernel-1-1.x86_64.rpm", package)
        self.build(changed, vendor, code=r"\[repo\.[a-z-]+\]")
        with FaultyServer(changed, "status_500", "nothing", 0) as server:
            self.build(server.url.rstrip("/"), vendor, code=r"\[repo\.[a-z-]+\]")
        with FaultyServer(self.whole, "status_500", "nothing", 0) as server:
            self.build(server.url.rstrip("/"), vendor)


if __name__ == "__main__":
    require_program("gpg")
    unittest.main()
