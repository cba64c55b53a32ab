# SPDX-License-Identifier: MIT
"""What `imagewright measure` says of an image against what the TPM of a machine that booted it says (swtpm, OVMF)."""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import derived_config  # noqa: E402
from firmware_variables import SHA256, X509, flash_with, signature_list  # noqa: E402
from imagewright_testing import TOP, TestCase, require_program, require_workbench, skip  # noqa: E402

LOADERS = {
    "systemd-boot": ("", "bootloader: {type: systemd-boot}"),
    "uki": ("uki", "uki: {mode: create}"),
    "grub": ("", "bootloader: {type: grub}"),
    "shim": ("", "bootloader: {type: grub}"),
}
SHIM = Path("/usr/lib/shim/shimx64.efi")
FIRMWARE = Path("/usr/share/OVMF")
NUMBERS = (4, 5, 7, 8, 9, 11, 12)
# Registers 8 to 15 but those that a kernel or its user space extends as it likes.
CONFIG = """\
os:
  %s
  additionalFiles:
  - destination: /usr/local/sbin/tell-registers
    permissions: "755"
    content: |
      #!/bin/bash
      dmesg -n 1
      # Others write to the console as well, in the middle of a line.
      for again in 1 2 3; do
        for bank in sha256 sha384; do
          for number in 4 5 7 8 9 11 12; do
            printf '\\nREGISTER %%s %%s %%s END\\n' $bank $number "$(cat /sys/class/tpm/tpm0/pcr-$bank/$number)" > /dev/ttyS0
          done
        done
      done
      systemctl poweroff
  - destination: /etc/systemd/system/tell-registers.service
    content: |
      [Unit]
      After=multi-user.target
      [Service]
      Type=oneshot
      ExecStart=/usr/local/sbin/tell-registers
      [Install]
      WantedBy=multi-user.target
  services: {enable: [tell-registers]}
output: {name: measured, images: [{format: qcow2}]}
"""


class Measure(TestCase):
    @classmethod
    def setUpClass(cls):
        require_workbench()
        for program in ("qemu-system-x86_64", "swtpm"):
            require_program(program)

    def test_the_tpm_of_a_booted_machine_holds_what_was_predicted(self):
        for name in self.wanted():
            with self.subTest(loader=name):
                self.require(name)
                scratch = self.scratch()
                self.compare(self.build(scratch, name), scratch, FIRMWARE / "OVMF_VARS_4M.fd")

    def test_so_does_one_with_secure_boot(self):
        """GRUB alone starts no kernel there; behind shim it does, which knows the key that has signed the kernel."""
        require_program("sbsign")
        for name in sorted(set(self.wanted()) - {"grub"}):
            with self.subTest(loader=name):
                self.require(name)
                scratch = self.scratch()
                image = self.build(scratch, name)
                variables = self.make_keys(scratch)
                refused = self.run_program("measure", image, "--firmware-variables", variables, expect=5)
                self.assertIn("[measure.refused-program]", refused.stderr)
                self.compare(self.sign(image, scratch), scratch, variables)

    def test_boot_compares_them_itself(self):
        scratch = self.scratch()
        image = self.build(scratch, "systemd-boot", tells=False)
        told = json.loads(self.run_program("boot", "--tpm", "--accel", "tcg", "--json", image).stdout)
        rows = [row for row in told["checks"] if "register" in row["check"]]
        self.assertEqual({row["result"] for row in rows}, {"passed"}, rows)
        self.assertGreaterEqual(len(rows), 2 * len(NUMBERS) + 1)
        self.assertIn("sha384:12", told["facts"]["registers"])
        path = scratch / "out/measured-x86_64.manifest.json"
        manifest = json.loads(path.read_text())
        manifest["measurements"]["registers"][9]["values"]["sha256"] = "0" * 64
        path.write_text(json.dumps(manifest))
        told = json.loads(self.run_program("boot", "--tpm", "--accel", "tcg", "--json", image, expect=5).stdout)
        self.assertEqual([row["actual"] for row in told["checks"] if row["result"] == "failed"], ["others: 9"])

    def test_an_arm64_machine_with_a_tpm_holds_what_was_predicted(self):
        """Debian's firmware for it measures too, and begins with a blank flash. Its GRUB is followed in part, its systemd-boot 252,
        which does not say what it is in a section of its own, not at all: both is said."""
        require_workbench("aarch64")
        require_program("qemu-system-aarch64")
        for name, numbers in (("uki", set()), ("grub", {"5", "7", "11"})):
            with self.subTest(loader=name):
                image = self.build(self.scratch(), name, tells=False, architecture="aarch64")
                # systemd-pcrphase fails without the libraries of the TPM, which this image has not.
                told = json.loads(self.run_program("boot", "--tpm", "--json", image, expect=None).stdout)
                rows = [(re.search(r"register (\d+) \(sha256\)", row["check"]), row["result"]) for row in told["checks"]]
                self.assertNotIn("failed", [row["result"] for row in told["checks"] if "register" in row["check"]])
                self.assertIn("registers of the manifest", [row["check"] for row in told["checks"]])
                self.assertGreaterEqual({found[1] for found, result in rows if found and result == "passed"}, numbers, told["checks"])

    def test_a_changed_byte_changes_the_registers_that_it_should(self):
        scratch = self.scratch()
        disk = scratch / "disk.raw"
        subprocess.run(["qemu-img", "convert", "-O", "raw", self.build(scratch, "grub"), disk], check=True)
        before = self.registers(disk)
        root = self.partition(scratch, "root")
        kernel = next(iter(json.loads((scratch / "out/measured-x86_64.manifest.json").read_text())["kernels"]))
        for path, offset, expected in ((kernel["image"], 1 << 20, {9}), (kernel["initramfs"], 1 << 20, {9}), ("/boot/grub/grub.cfg", b"timeout=0", {8, 9}),
                                       ("/boot/grub/grub.cfg", b"console=ttyS0", {8, 9}), ("/boot/grub/grub.cfg", b"# Made", {9})):
            with self.subTest(path=path, offset=offset), disk.open("r+b") as file:
                listed = subprocess.run(["debugfs", "-R", f"blocks {path}", f"{disk}?offset={root}"], check=True, capture_output=True, text=True).stdout
                blocks = [int(number) for number in listed.split()]
                file.seek(root + blocks[0] * 4096)
                begin = file.read(4096)
                at = begin.index(offset) + len(offset) - 1 if isinstance(offset, bytes) else offset
                place = root + blocks[at // 4096] * 4096 + at % 4096
                file.seek(place)
                old = file.read(1)
                file.seek(place)
                file.write(bytes([old[0] ^ 1]))
                file.flush()
                after = self.registers(disk)
                file.seek(place)
                file.write(old)
                self.assertEqual({number for number in before if before[number] != after.get(number)}, expected)

    def require(self, name):
        if name == "shim" and not SHIM.exists():
            skip(f"there is no {SHIM} (Debian's shim-unsigned)")

    def wanted(self):
        return os.environ.get("IMAGEWRIGHT_LOADERS", " ".join(LOADERS)).split()

    def build(self, scratch, name, tells=True, architecture="x86_64"):
        feature, loader = LOADERS[name]
        text = derived_config(CONFIG % loader)
        if not tells:
            text = text.replace("enable: [tell-registers]", "enable: []")
        if name == "shim":
            release = (TOP / "configs/releases/workbench.yaml").read_text().replace("../../", f"{TOP}/")
            (scratch / "shim.yaml").write_text(release.replace("    configurationDirectory: /EFI/debian\n",
                                                               "    configurationDirectory: /EFI/debian\n    shim: /usr/lib/shim/shimx64.efi\n"))
            text = text.replace(f"{TOP}/configs/releases/workbench.yaml", str(scratch / "shim.yaml"))
            text = text.replace("additionalFiles:\n", f"additionalFiles:\n  - {{source: {SHIM}, destination: {SHIM}}}\n")
        config = scratch / "measured.yaml"
        config.write_text(text.replace("[base-configs]", f"[base-configs, {feature}]") if feature else text)
        self.run_program("build", config, "--arch", architecture, "--output-dir", scratch / "out", "--progress", "none")
        return scratch / f"out/measured-{architecture}.qcow2"

    def partition(self, scratch, name):
        manifest = json.loads((scratch / "out/measured-x86_64.manifest.json").read_text())
        return next(row["start"] for row in manifest["disk"]["partitions"] if row["id"] == name)

    def make_keys(self, scratch):
        """A machine that starts what `key` has signed."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", scratch / "key", "-out", scratch / "certificate",
                        "-subj", "/CN=measured", "-days", "3650"], check=True, capture_output=True)
        der = subprocess.run(["openssl", "x509", "-in", scratch / "certificate", "-outform", "der"], check=True, capture_output=True).stdout
        owner = signature_list(X509, der)
        variables = scratch / "variables.fd"
        variables.write_bytes(flash_with((FIRMWARE / "OVMF_VARS_4M.fd").read_bytes(), owner, signature_list(SHA256, bytes(32)) + owner))
        return variables

    def sign(self, image, scratch):
        """Signs every program that the firmware starts."""
        disk = scratch / "signed.raw"
        subprocess.run(["qemu-img", "convert", "-O", "raw", image, disk], check=True)
        esp = f"{disk}@@{self.partition(scratch, 'esp')}"
        names = subprocess.run(["mdir", "-b", "-/", "-i", esp, "::/"], check=True, capture_output=True, text=True).stdout.split()
        for name in names:
            if not name.lower().endswith((".efi", "/linux")):
                continue
            program = scratch / "program"
            program.unlink(missing_ok=True)
            subprocess.run(["mcopy", "-n", "-i", esp, name, program], check=True)
            subprocess.run(["sbsign", "--key", scratch / "key", "--cert", scratch / "certificate", "--output", program, program], check=True, capture_output=True)
            subprocess.run(["mcopy", "-o", "-i", esp, program, name], check=True)
        image.unlink()
        subprocess.run(["qemu-img", "convert", "-O", "qcow2", disk, image], check=True)
        return image

    def registers(self, image, *arguments):
        measured = json.loads(self.run_program("measure", "--json", image, *arguments).stdout)
        return {row["pcr"]: row["values"] for row in measured["registers"] if "values" in row}

    def compare(self, image, scratch, variables):
        expected = self.registers(image, "--firmware-variables", variables)
        self.assertLessEqual(set(NUMBERS), set(expected))
        found = self.boot(image, scratch, variables)
        for number in NUMBERS:
            for bank in ("sha256", "sha384"):
                with self.subTest(register=number, bank=bank):
                    self.assertEqual(found[bank, number], expected[number][bank])

    def boot(self, image, scratch, variables):
        state = scratch / "tpm"
        state.mkdir()
        socket = state / "socket"
        # Every bank that is predicted, as machines in the cloud have them.
        subprocess.run(["swtpm_setup", "--tpm2", "--tpmstate", state, "--pcr-banks", "sha256,sha384"], check=True, capture_output=True)
        subprocess.run(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}", "--ctrl", f"type=unixio,path={socket}", "--daemon", "--terminate"],
                       check=True)
        command = self.run_program("boot", image, "--accel", "tcg", "--print-command").stdout.split()
        # The same machine with the firmware that knows Secure Boot, and these variables.
        command[command.index("-machine") + 1] += ",smm=on"
        place = next(index for index, word in enumerate(command) if "unit=0" in word)
        command[place] = f"if=pflash,unit=0,format=raw,readonly=on,file={FIRMWARE}/OVMF_CODE_4M.secboot.fd"
        own = scratch / "own-variables.fd"
        shutil.copyfile(variables, own)
        command[place + 2] = f"if=pflash,unit=1,format=raw,file={own}"
        command += ["-global", "driver=cfi.pflash01,property=secure,value=on",
                    "-chardev", f"socket,id=tpm,path={socket}", "-tpmdev", "emulator,id=tpm0,chardev=tpm", "-device", "tpm-tis,tpmdev=tpm0"]
        log = scratch / "console.log"
        with log.open("wb") as console:
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT, timeout=1500, check=True)
        rows = re.findall(r"REGISTER (\w+) (\d+) ([0-9A-F]+) END", log.read_text(errors="replace"))
        shutil.rmtree(state)
        return {(bank, int(number)): value.lower() for bank, number, value in rows}


if __name__ == "__main__":
    unittest.main(verbosity=2)
