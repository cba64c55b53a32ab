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
from imagewright_testing import TestCase, require_program, require_workbench  # noqa: E402

LOADERS = {
    "systemd-boot": ("", "bootloader: {type: systemd-boot}", {4, 5, 9, 11, 12}),
    "uki": ("uki", "uki: {mode: create}", {4, 5, 9, 11, 12}),
    "grub": ("", "bootloader: {type: grub}", {4, 5, 9, 11, 12}),
}
# Registers 8 to 15 but those that a kernel or its user space extends as it likes.
CONFIG = """\
os:
  %s
  additionalFiles:
  - destination: /usr/local/sbin/tell-registers
    permissions: "755"
    content: |
      #!/bin/bash
      for bank in sha256 sha384; do
        for number in 4 5 9 11 12; do
          echo "REGISTER $bank $number $(cat /sys/class/tpm/tpm0/pcr-$bank/$number) END" > /dev/ttyS0
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
        wanted = os.environ.get("IMAGEWRIGHT_LOADERS", " ".join(LOADERS)).split()
        for name in wanted:
            with self.subTest(loader=name):
                self.compare(*LOADERS[name])

    def compare(self, feature, loader, numbers):
        scratch = self.scratch()
        text = derived_config(CONFIG % loader)
        config = scratch / "measured.yaml"
        config.write_text(text.replace("[base-configs]", f"[base-configs, {feature}]") if feature else text)
        self.run_program("build", config, "--arch", "x86_64", "--output-dir", scratch / "out", "--progress", "none")
        image = scratch / "out/measured-x86_64.qcow2"
        measured = json.loads(self.run_program("measure", "--json", image).stdout)
        expected = {row["pcr"]: row["values"] for row in measured["registers"] if "values" in row}
        self.assertLessEqual(numbers, set(expected))
        found = self.boot(image, scratch)
        for number in sorted(numbers):
            for bank in ("sha256", "sha384"):
                self.assertEqual(found[bank, number], expected[number][bank], f"{bank} {number}\n{json.dumps(measured['events'], indent=1)}")

    def boot(self, image, scratch):
        state = scratch / "tpm"
        state.mkdir()
        socket = state / "socket"
        # Every bank that is predicted, as machines in the cloud have them.
        subprocess.run(["swtpm_setup", "--tpm2", "--tpmstate", state, "--pcr-banks", "sha256,sha384"], check=True, capture_output=True)
        subprocess.run(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}", "--ctrl", f"type=unixio,path={socket}", "--daemon", "--terminate"],
                       check=True)
        command = self.run_program("boot", image, "--print-command").stdout.split()
        command += ["-chardev", f"socket,id=tpm,path={socket}", "-tpmdev", "emulator,id=tpm0,chardev=tpm", "-device", "tpm-tis,tpmdev=tpm0"]
        log = scratch / "console.log"
        with log.open("wb") as console:
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT, timeout=900, check=True)
        rows = re.findall(r"REGISTER (\w+) (\d+) ([0-9A-F]+) END", log.read_text(errors="replace"))
        shutil.rmtree(state)
        return {(bank, int(number)): value.lower() for bank, number, value in rows}


if __name__ == "__main__":
    unittest.main(verbosity=2)
