#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Booting an image whose qcow2 is damaged at one of 20 places: what the guest did not say was not seen, and is not reported as passed."""

import concurrent.futures
import json
import random
import shutil
import struct
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import build_command, run  # noqa: E402
from imagewright_testing import TestCase, environment, require_workbench  # noqa: E402

SEED = 7
PATIENCE = 300  # seconds; a whole boot takes about 80 without KVM
MIB = 1 << 20


def places_of(image):
    """By name: where something is written over, and what; or how long the file still is ("QCOW2 Image Format" of QEMU)."""
    size = image.stat().st_size
    with open(image, "rb") as file:
        header = file.read(104)
        first = struct.unpack(">Q", header[40:48])[0]
        file.seek(first)
        second = struct.unpack(">Q", file.read(8))[0] & 0x00fffffffffffe00
    noise = random.Random(SEED).randbytes
    places = {"another magic": (0, b"XFI\xfb"), "tables outside": (40, struct.pack(">Q", size + MIB)),
              "the first entry outside": (first, struct.pack(">Q", (1 << 63) | 0x00fffffffffffe00)),
              "entries of zeros": (second, bytes(4096)), "entries of noise": (second, noise(4096)),
              "cut off in the tables": second + 100, "cut off in the middle": size // 2, "cut off before its end": size - 40 * MIB}
    # Firmware's partition, kernel, initramfs, file system, programs.
    for part in range(12):
        start = second + MIB + (size - second - 3 * MIB) * part // 12
        places[f"noise after {part}/12"] = (start, noise(MIB))
    return places


class DamagedBoot(TestCase):
    def setUp(self):
        require_workbench()
        self.top = self.scratch()
        result = run(build_command(self.top / "out", None, anew=False))
        self.assertEqual(result.returncode, 0, result.stderr[-3000:])
        self.image = self.top / "out/node-x86_64.qcow2"
        self.manifest = self.top / "out/node-x86_64.manifest.json"
        self.promised = len(json.loads(self.manifest.read_text())["checks"])

    def boot(self, number, change):
        damaged, log = self.top / str(number) / self.image.name, self.top / f"{number}.log"
        damaged.parent.mkdir()
        shutil.copyfile(self.image, damaged)
        with open(damaged, "r+b") as file:
            if isinstance(change, int):
                file.truncate(change)
            else:
                file.seek(change[0])
                file.write(change[1])
        try:
            return self.run_program("boot", damaged, "--manifest", self.manifest, "--json", "--timeout", PATIENCE, "--serial-log", log,
                                    "--progress", "none", env=environment(), expect=None), log
        finally:
            damaged.unlink()

    def test_no_check_passes_that_was_not_seen(self):
        places = places_of(self.image)
        self.assertEqual(len(places), 20)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            boots = {name: pool.submit(self.boot, number, change) for number, (name, change) in enumerate(places.items())}
        good, started = [], 0
        for name, boot in boots.items():
            result, log = boot.result()
            console = log.read_text(errors="replace") if log.exists() else ""
            started += "Linux version" in console
            with self.subTest(damage=name):
                self.assertIn(result.returncode, (0, 1, 2, 4, 5), result.stderr[-2000:])
                rows = json.loads(result.stdout)["checks"] if result.stdout else []
                passed = [row for row in rows if row["result"] == "passed"]
                print(f"{name}: exit code {result.returncode}, {len(passed)} of {len(rows)} checks passed {result.stderr[:100]!r}", flush=True)
                if result.returncode == 0:
                    good.append(name)
                    self.assertGreaterEqual(len(passed), self.promised)
                    self.assertEqual(len(passed), len(rows))
                else:
                    self.assertLess(len(passed), max(len(rows), 1))
                    self.assertTrue(result.stderr or rows, "neither an error nor a report")
                if passed:
                    # Checks are answered by a system that came up, and says so before it goes down.
                    self.assertIn("Power down", console)
        self.assertGreater(started, 4)
        # What lies where nothing is read does no harm; but not all of it can.
        self.assertLess(len(good), len(places) // 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
