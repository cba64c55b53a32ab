# SPDX-License-Identifier: MIT
"""`imagewright measure`: which registers a changed byte changes, what the manifest says of them, and images that lie."""

import base64
import hashlib
import json
import re
import shutil
import socket
import struct
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import firmware_variables  # noqa: E402
import tiny_efi  # noqa: E402
from imagewright_testing import PROGRAM, environment, require_program  # noqa: E402
from sibling_images import SiblingTestCase  # noqa: E402

LOADERS = {"systemd-boot": "bootloader: {type: systemd-boot}", "uki": "uki: {mode: create}", "grub": "bootloader: {type: grub}",
           "shim": "bootloader: {type: grub}"}
PROGRAMS = {"/usr/lib/boot/systemd-bootx64.efi": tiny_efi.systemd_boot(), "/usr/lib/boot/linuxx64.efi.stub": tiny_efi.stub(),
            "/usr/lib/boot/grubx64.efi": tiny_efi.grub(), "/usr/lib/boot/shimx64.efi": tiny_efi.shim(), "/usr/lib/modules/1.0/vmlinuz": tiny_efi.kernel(), "/boot/vmlinuz-1.0": tiny_efi.kernel()}
# What is changed, where, and what has to be another one then. The kernel's own stub measures its command line and the initial RAM disk (9).
CHANGES = {
    "systemd-boot": ((b"kernel byte", "esp", {4}), (b"#!/bin/sh\n\0", "esp", {9}), (b"mark=line", "esp", {9, 12}), (b"loader byte", "esp", {4}),
                     (b"timeout 0", "esp", set()), (b"title", "esp", set())),
    "uki": ((b"kernel byte", "esp", {4, 11}), (b"#!/bin/sh\n\0", "esp", {4, 9, 11}), (b"mark=line", "esp", {4, 9, 11, 12}), (b"PRETTY_NAME", "esp", {4, 11}),
            (b"stub byte", "esp", {4}), (b"loader byte", "esp", {4}), (b"timeout 0", "esp", set())),
    "grub": ((b"kernel byte", "root", {9}), (b"#!/bin/sh\n\0", "root", {9}), (b"mark=line", "root", {8, 9}), (b"# Made with", "root", {9}),
             (b"set timeout=", "root", {8, 9}), (b"loader byte", "esp", {4}), (b"configfile ", "esp", {8, 9})),
    "shim": ((b"kernel byte", "root", {9}), (b"mark=line", "root", {8, 9}), (b"loader byte", "esp", {4}), (b"shim byte", "esp", {4})),
}


MEASURE = Path("/usr/lib/systemd/systemd-measure")


class Machine:
    """A TPM, and what a machine does with it."""

    def __init__(self, case):
        self.case = case
        self.place = case.scratch()

    def __enter__(self):
        for _ in range(20):
            with socket.socket() as one, socket.socket() as two:
                one.bind(("127.0.0.1", 0))
                port = one.getsockname()[1]
                try:
                    two.bind(("127.0.0.1", port + 1))
                    break
                except OSError:
                    continue
        self.process = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.place}", "--server", f"type=tcp,port={port}",
                                         "--ctrl", f"type=tcp,port={port + 1}", "--flags", "not-need-init,startup-clear"])
        self.environment = environment(TPM2TOOLS_TCTI=f"swtpm:host=127.0.0.1,port={port}")
        for _ in range(200):
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port + 1)) == 0:
                    return self
            time.sleep(0.05)
        raise AssertionError("swtpm does not answer")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def run(self, *words, expect=(0,)):
        # Nobody manages its few places for objects.
        if "extend" not in words[0]:
            subprocess.run(["tpm2_flushcontext", "-t"], cwd=self.place, env=self.environment, check=True, capture_output=True)
        result = subprocess.run([str(word) for word in words], cwd=self.place, env=self.environment, capture_output=True, text=True)
        self.case.assertIn(result.returncode, expect, result.stderr)
        return result

    def seal(self, public_key):
        """A secret that opens for whatever the key has signed."""
        (self.place / "secret").write_text("secret")
        self.run("tpm2_createprimary", "-C", "o", "-c", "primary")
        self.run("tpm2_loadexternal", "-C", "o", "-G", "rsa", "-u", public_key, "-c", "key", "-n", "name")
        self.run("tpm2_startauthsession", "-S", "session")
        self.run("tpm2_policyauthorize", "-S", "session", "-L", "authorized", "-n", "name")
        self.run("tpm2_flushcontext", "session")
        self.run("tpm2_create", "-C", "primary", "-u", "public", "-r", "private", "-L", "authorized", "-i", "secret")
        self.run("tpm2_load", "-C", "primary", "-u", "public", "-r", "private", "-c", "sealed")

    def measure(self, sections, phases):
        """What systemd-stub and systemd-pcrphase do."""
        for name in (".linux", ".osrel", ".cmdline", ".initrd", ".pcrpkey"):
            for content in (name.encode() + b"\0", sections[name]):
                self.run("tpm2_pcrextend", f"11:sha256={hashlib.sha256(content).hexdigest()}")
        for phase in phases:
            self.run("tpm2_pcrextend", f"11:sha256={hashlib.sha256(phase.encode()).hexdigest()}")

    def opens(self, policy):
        (self.place / "policy").write_bytes(bytes.fromhex(policy["pol"]))
        (self.place / "signature").write_bytes(base64.b64decode(policy["sig"]))
        self.run("tpm2_startauthsession", "--policy-session", "-S", "session")
        self.run("tpm2_policypcr", "-S", "session", "-l", "sha256:11")
        self.run("tpm2_verifysignature", "-c", "key", "-g", "sha256", "-m", "policy", "-s", "signature", "-f", "rsassa", "-t", "ticket")
        authorized = self.run("tpm2_policyauthorize", "-S", "session", "-i", "policy", "-n", "name", "-t", "ticket", expect=(0, 1))
        if authorized.returncode != 0:
            self.case.assertIn("policy", authorized.stderr)
            return False
        return self.run("tpm2_unseal", "-p", "session:session", "-c", "sealed").stdout == "secret"


class Measure(SiblingTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        release = cls.top / "releases/tiny.yaml"
        release.write_text(release.read_text().replace("systemd-bootx64.efi}", "systemd-bootx64.efi, stub: /usr/lib/boot/linuxx64.efi.stub}"))
        cls.images = {}

    def built(self, loader):
        if loader not in self.images:
            directory = self.class_scratch()
            files = ""
            for number, (path, content) in enumerate(PROGRAMS.items()):
                (directory / str(number)).write_bytes(content)
                files += f"\n  - {{source: {directory}/{number}, destination: {path}}}"
            release = self.top / "releases/tiny.yaml"
            plain = release.read_text()
            if loader == "shim":
                release.write_text(plain.replace("grub: {", "grub: {shim: /usr/lib/boot/shimx64.efi, "))
            built = self.image(f"previewFeatures: [uki]\nos:\n  {LOADERS[loader]}\n  kernelCommandLine: {{extraCommandLine: [mark=line]}}\n"
                               f"  additionalFiles:{files}\n", formats=("raw",))
            release.write_text(plain)
            built.out = built.out.rename(directory / "out")
            self.images[loader] = built
        return self.images[loader]

    def measured(self, image, *arguments, expect=0):
        result = self.run_program("measure", "--json", image, *arguments, expect=expect)
        return json.loads(result.stdout) if expect == 0 else result.stderr

    @staticmethod
    def values(measured):
        return {row["pcr"]: row["values"] for row in measured["registers"] if "values" in row}

    def span(self, built, partition):
        row = next(row for row in built.manifest()["disk"]["partitions"] if row["id"] == partition)
        return row["start"], row["start"] + row["size"]

    def test_a_changed_byte_changes_exactly_the_registers_that_it_should(self):
        for loader, changes in CHANGES.items():
            built = self.built(loader)
            disk = self.scratch() / "disk.raw"
            shutil.copyfile(next(built.out.glob("*.raw")), disk)
            content = disk.read_bytes()
            before = self.values(self.measured(disk))
            self.assertLessEqual({4, 5, 8, 9, 11, 12}, set(before), loader)
            for mark, partition, expected in changes:
                begin, end = self.span(built, partition)
                places = [found.start() for found in re.finditer(re.escape(mark), content[begin:end])]
                with self.subTest(loader=loader, mark=mark), disk.open("r+b") as file:
                    self.assertTrue(places)
                    for place in places:
                        file.seek(begin + place + len(mark) - 1)
                        file.write(bytes([content[begin + place + len(mark) - 1] ^ 1]))
                    file.flush()
                    after = self.values(self.measured(disk))
                    self.assertEqual({number for number in before if before[number] != after.get(number)}, expected)
                    for place in places:
                        file.seek(begin + place)
                        file.write(mark)
            with self.subTest(loader=loader, mark="partition table"), disk.open("r+b") as file:
                file.seek(1024 + 16)  # the first partition's own identifier
                file.write(bytes([content[1024 + 16] ^ 1]))
                file.flush()
                after = self.values(self.measured(disk))
                self.assertEqual({number for number in before if before[number] != after.get(number)}, {5})

    def test_registers_are_what_the_events_make_of_them(self):
        for loader in LOADERS:
            measured = self.measured(next(self.built(loader).out.glob("*.raw")))
            for bank, size in (("sha256", 32), ("sha384", 48)):
                folded = {number: bytes(size) for number in range(16)}
                for event in measured["events"]:
                    folded[event["pcr"]] = hashlib.new(bank, folded[event["pcr"]] + bytes.fromhex(event["digests"][bank])).digest()
                for number, values in self.values(measured).items():
                    self.assertEqual(values[bank], folded[number].hex(), (loader, bank, number))

    def test_with_secure_boot_shim_is_asked_about_the_loader_once_and_about_the_kernel_twice(self):
        disk = next(self.built("shim").out.glob("*.raw"))
        variables = self.scratch() / "variables.fd"

        def measured(*programs, expect=0):
            allowed = firmware_variables.signature_list(firmware_variables.SHA256, *map(tiny_efi.authenticode, programs))
            variables.write_bytes(firmware_variables.flash_with(firmware_variables.empty_flash(), allowed, allowed))
            return self.measured(disk, "--firmware-variables", variables, expect=expect)

        kernel = tiny_efi.kernel()
        told = measured(tiny_efi.shim(), tiny_efi.grub(), kernel)
        self.assertLessEqual({4, 5, 7, 8, 9}, set(self.values(told)))
        started = [(event["what"].partition(",")[0], event["digests"]["sha256"]) for event in told["events"]
                   if event["type"] == "EV_EFI_BOOT_SERVICES_APPLICATION"]
        self.assertEqual(started, [(name, tiny_efi.authenticode(program).hex()) for name, program in (
            ("/EFI/BOOT/BOOTX64.EFI", tiny_efi.shim()), ("/EFI/BOOT/grubx64.efi", tiny_efi.grub()),
            ("/boot/vmlinuz-1.0", kernel), ("/boot/vmlinuz-1.0", kernel))])
        authorities = [event["what"].split(",")[0] for event in told["events"] if event["type"] == "EV_EFI_VARIABLE_AUTHORITY"]
        self.assertEqual(authorities, ["db", "SbatLevel", "db", "db"])
        for missing in ((tiny_efi.grub(), kernel), (tiny_efi.shim(), kernel), (tiny_efi.shim(), tiny_efi.grub())):
            self.assertIn("[measure.refused-program]", measured(*missing, expect=5))

    def unified(self):
        """The unified kernel image, and for systemd-measure the sections of it that are measured."""
        built = self.built("uki")
        disk = next(built.out.glob("*.raw"))
        scratch = self.scratch()
        esp = f"{disk}@@{self.span(built, 'esp')[0]}"
        unified = scratch / "unified.efi"
        name = subprocess.run(["mdir", "-b", "-i", esp, "::/EFI/Linux"], check=True, capture_output=True, text=True).stdout.split()[0]
        subprocess.run(["mcopy", "-n", "-i", esp, name, unified], check=True)
        arguments = []
        for section, content in tiny_efi.sections(unified.read_bytes()).items():
            if section in (".linux", ".osrel", ".cmdline", ".initrd"):
                (scratch / section).write_bytes(content)
                arguments.append(f"--{section[1:]}={scratch / section}")
        return unified, arguments

    def test_the_kernel_image_register_is_what_systemd_says(self):
        require_program(str(MEASURE))
        _, arguments = self.unified()
        told = json.loads(self.run_tool(MEASURE, "calculate", *arguments, "--bank=sha256", "--bank=sha384", "--phase=:", "--json=short").stdout)
        expected = self.values(self.measured(next(self.built("uki").out.glob("*.raw"))))[11]
        self.assertEqual({bank: told[bank][0]["hash"] for bank in ("sha256", "sha384")}, expected)

    def make_key(self, *kind):
        key = self.scratch() / "key.pem"
        self.run_tool("openssl", "genpkey", "-algorithm", *kind, "-out", key)
        self.run_tool("openssl", "pkey", "-in", key, "-pubout", "-out", key.with_suffix(".pub"))
        return key

    def sign(self, unified, key, *arguments, expect=0):
        return self.run_program("sign-policy", unified, "--key", key, *arguments, expect=expect)

    def test_a_policy_is_signed_for_each_phase(self):
        unified, arguments = self.unified()
        key = self.make_key("rsa", "-pkeyopt", "rsa_keygen_bits:2048")
        before = unified.read_bytes()
        told = json.loads(self.sign(unified, key, "--json", "--output", unified.with_name("signed")).stdout)
        self.assertEqual(unified.read_bytes(), before)
        self.sign(unified, key)
        self.assertEqual(unified.read_bytes(), unified.with_name("signed").read_bytes())
        sections = tiny_efi.sections(unified.read_bytes())
        self.assertEqual({name: content for name, content in sections.items() if name not in (".pcrsig", ".pcrpkey")}, tiny_efi.sections(before))
        self.assertEqual(sections[".pcrpkey"], key.with_suffix(".pub").read_bytes())
        policies = json.loads(sections[".pcrsig"])
        self.assertEqual([len(policies[bank]) for bank in ("sha256", "sha384")], [4, 4])
        scratch = self.scratch()
        for bank in policies:
            values = [row["value"] for row in told["policies"] if row["bank"] == bank]
            for policy, value in zip(policies[bank], values, strict=True):
                # TPM2_PolicyPCR of register 11 in a session of SHA-256.
                selected = {"sha256": b"\0\x0b", "sha384": b"\0\x0c"}[bank] + b"\3\0\x08\0"
                digest = hashlib.sha256(bytes(32) + b"\0\0\1\x7f\0\0\0\1" + selected + hashlib.sha256(bytes.fromhex(value)).digest())
                self.assertEqual(policy["pol"], digest.hexdigest())
                (scratch / "policy").write_bytes(digest.digest())
                (scratch / "signature").write_bytes(base64.b64decode(policy["sig"]))
                self.run_tool("openssl", "dgst", "-sha256", "-verify", key.with_suffix(".pub"), "-signature", scratch / "signature", scratch / "policy")
        require_program(str(MEASURE))
        (scratch / "pcrpkey").write_bytes(sections[".pcrpkey"])
        said = json.loads(self.run_tool(MEASURE, "calculate", *arguments, f"--pcrpkey={scratch / 'pcrpkey'}", "--bank=sha256", "--bank=sha384", "--json=short").stdout)
        self.assertEqual([row["value"] for row in told["policies"]], [row["hash"] for bank in ("sha256", "sha384") for row in said[bank]])

    def test_a_secret_opens_with_the_image_s_values_and_not_with_others(self):
        for program in ("swtpm", "tpm2_unseal"):
            require_program(program)
        unified, _ = self.unified()
        key = self.make_key("rsa", "-pkeyopt", "rsa_keygen_bits:2048")
        told = json.loads(self.sign(unified, key, "--json").stdout)
        policies = json.loads(tiny_efi.sections(unified.read_bytes())[".pcrsig"])
        for index in (0, 3):
            for is_changed in (False, True):
                with self.subTest(phase=told["policies"][index]["phase"], is_changed=is_changed), Machine(self) as machine:
                    machine.seal(key.with_suffix(".pub"))
                    content = unified.read_bytes()
                    machine.measure(tiny_efi.sections(content.replace(b"kernel byte", b"kernel bite") if is_changed else content),
                                    told["policies"][index]["phase"].split(":"))
                    self.assertEqual(machine.opens(policies["sha256"][index]), not is_changed)

    def test_what_gets_no_policy_is_told(self):
        unified, _ = self.unified()
        key = self.make_key("rsa", "-pkeyopt", "rsa_keygen_bits:2048")
        strange = self.scratch() / "strange"
        for content, code in ((b"", "measure.damaged-program"), (tiny_efi.kernel(), "measure.no-stub"), (tiny_efi.stub("256.1"), "measure.no-stub"),
                              (unified.read_bytes()[:5000], "measure.damaged-program")):
            strange.write_bytes(content)
            said = self.sign(strange, key, expect=None)
            self.assertIn(f"[{code}]", said.stderr)
            self.assertIn(said.returncode, (1, 2))
            self.assertEqual(strange.read_bytes(), content)
        for kind in (("ed25519",), ("rsa", "-pkeyopt", "rsa_keygen_bits:1024")):
            self.assertIn("[attest.unfit-key]", self.sign(unified, self.make_key(*kind), expect=2).stderr)
        self.assertIn("[cli.usage]", self.sign(unified, key, "--phase", "a b", expect=2).stderr)
        self.sign(unified, key, "--phase", "enter-initrd")
        self.assertIn("[measure.has-policy]", self.sign(unified, key, expect=2).stderr)
        self.assertEqual([path.name for path in unified.parent.iterdir() if "unified" in path.name], ["unified.efi"])

    def test_what_was_measured_is_what_gets_the_policy(self):
        require_program("strace")
        unified, _ = self.unified()
        key = self.make_key("rsa", "-pkeyopt", "rsa_keygen_bits:2048")
        trace = self.scratch() / "trace"
        self.run_tool("strace", "-f", "-qq", "-y", "-e", "trace=open,openat,openat2", "-o", trace, PROGRAM, "sign-policy", unified, "--key", key,
                      "--output", unified.with_name("signed"))
        opened = [line for line in trace.read_text().splitlines() if f'"{unified}"' in line and " = -1" not in line]
        self.assertEqual(len(opened), 1, opened)

    def test_an_image_whose_headers_are_full_is_told_as_that(self):
        unified, _ = self.unified()
        key = self.make_key("rsa", "-pkeyopt", "rsa_keygen_bits:2048")
        content = bytearray(unified.read_bytes())
        header = struct.unpack_from("<I", content, 0x3C)[0]
        count, size = struct.unpack_from("<H12xH", content, header + 6)
        struct.pack_into("<I", content, header + 24 + 60, header + 24 + size + 40 * count)
        full = self.scratch() / "full.efi"
        full.write_bytes(content)
        said = self.sign(full, key, expect=1).stderr
        self.assertIn("[finalize.unfit-stub]", said)
        self.assertIn("its headers have no room for more sections", said)
        self.assertIn("more room in its headers", said)
        self.assertEqual(full.read_bytes(), content)

    def test_the_manifest_says_the_same_and_twice_the_same(self):
        for loader in LOADERS:
            built = self.built(loader)
            measured = self.measured(next(built.out.glob("*.raw")))
            self.assertEqual(built.manifest()["measurements"], {"entry": measured["entry"], "registers": measured["registers"]})
        plain = self.image("os: {hostname: a}\n", formats=("qcow2",)).manifest()["measurements"]
        self.assertIn("no whole program", plain["unknown"])
        self.assertNotIn("measurements", self.image("os: {hostname: a}\n").manifest())

    MENU = "set default=0\nmenuentry one --id one {\n linux /EFI/BOOT/BOOTX64.EFI x\n}\n"

    def grub_with(self, *names, **files):
        """The image with GRUB, with other files below its prefix; names that end in "/" are directories."""
        built = self.built("grub")
        disk = self.scratch() / "disk.raw"
        shutil.copyfile(next(built.out.glob("*.raw")), disk)
        esp = ["-i", f"{disk}@@{self.span(built, 'esp')[0]}"]
        for name in names:
            subprocess.run(["mmd", *esp, f"::/EFI/tiny/{name}"], check=True, capture_output=True)
        for name, text in files.items():
            (disk.parent / "text").write_text(text)
            subprocess.run(["mcopy", "-o", *esp, disk.parent / "text", f"::/EFI/tiny/{name}.cfg"], check=True, capture_output=True)
        return disk

    def grub_words(self, measured):
        """The commands that GRUB measures, as digests of their words."""
        return {event["digests"]["sha256"] for event in measured["events"] if event["pcr"] == 8}

    @staticmethod
    def digest(text):
        return hashlib.sha256(text.encode()).hexdigest()

    def assert_given_up(self, measured):
        self.assertFalse({8, 9} & set(self.values(measured)))
        self.assertLessEqual({4, 5}, set(self.values(measured)))

    def test_another_configuration_begins_with_what_grub_hands_on_alone(self):
        # The variable "kept" is gone, root and prefix are not; the menu of the first configuration is gone as well.
        measured = self.measured(self.grub_with(grub=f"set kept=1\nmenuentry old --id old {{\n linux /x\n}}\nconfigfile $prefix/other.cfg\n",
                                                other='set seen="$kept."\nset at=$root\n' + self.MENU))
        self.assertEqual(measured["entry"], "one")
        words = self.grub_words(measured)
        for text in ("set kept=1", "configfile (hd0,gpt1)/EFI/tiny/other.cfg", "set seen=.", "set at=hd0,gpt1", "linux /EFI/BOOT/BOOTX64.EFI x"):
            self.assertIn(self.digest(text), words, text)
        # What is sourced shares everything.
        measured = self.measured(self.grub_with(grub="set kept=1\nsource $prefix/other.cfg\n" + self.MENU, other='set seen="$kept."\n'))
        self.assertIn(self.digest("set seen=1."), self.grub_words(measured))

    def test_configurations_that_are_not_followed_to_their_end_give_no_values(self):
        menu = self.MENU
        for what, files in {"a command after another configuration": {"grub": "configfile $prefix/other.cfg\nset after=1\n", "other": menu},
                            "another configuration without a menu": {"grub": menu + "configfile $prefix/other.cfg\n", "other": "set a=1\n"},
                            "a configuration within an entry": {"grub": "menuentry one {\n configfile $prefix/other.cfg\n}\n", "other": menu},
                            "a configuration that is not there": {"grub": "configfile $prefix/nowhere.cfg\n"},
                            "a circle": {"grub": "configfile $prefix/grub.cfg\n"}, "a circle of sources": {"grub": "source $prefix/other.cfg\n", "other": "source $prefix/other.cfg\n" + menu},
                            "text without end": {"grub": "set a=xxxxxxxx\n" + "set a=$a$a\n" * 40 + menu},
                            "a command that reads files": {"grub": "loadfont $prefix/font.pf2\n" + menu}, "a file as condition": {"grub": "search --file /x --set=root\n" + menu}}.items():
            with self.subTest(what):
                result = self.run_program("measure", "--json", self.grub_with(**files), expect=None, timeout=120)
                if result.returncode == 0:
                    self.assert_given_up(json.loads(result.stdout))
                else:
                    self.assertIn("[sandbox.worker-memory]", result.stderr)

    def test_modules_beside_the_configuration_are_not_passed_over(self):
        self.assertLessEqual({8, 9}, set(self.values(self.measured(self.grub_with(grub=self.MENU)))))
        # Names of FAT have no case.
        for names in (["x86_64-efi"], ["X86_64-EFI"], ["arm64-efi"], ["other", "other/x86_64-efi"]):
            text = "set prefix=$prefix/other\n" if len(names) > 1 else ""
            with self.subTest(names):
                self.assert_given_up(self.measured(self.grub_with(*names, grub=text + self.MENU)))
        self.assertLessEqual({8, 9}, set(self.values(self.measured(self.grub_with("other", "other/x86_64-efi", grub=self.MENU)))))
        self.assert_given_up(self.measured(self.grub_with(grub="set prefix=(hd0,gpt9)/nowhere\n" + self.MENU)))

    def test_one_of_two_filesystems_of_one_name_is_not_guessed(self):
        built = self.built("grub")
        measured = self.measured(self.grub_with(grub="search --label --set=root root\n" + self.MENU.replace("/EFI/BOOT/BOOTX64.EFI", "/boot/vmlinuz-1.0")))
        self.assertLessEqual({8, 9}, set(self.values(measured)))
        disk = self.grub_with(grub="search --label --set=root root\n" + self.MENU)
        subprocess.run(["mlabel", "-i", f"{disk}@@{self.span(built, 'esp')[0]}", "::root"], check=True, capture_output=True)
        self.assert_given_up(self.measured(disk))


if __name__ == "__main__":
    unittest.main()
