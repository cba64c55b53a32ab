# SPDX-License-Identifier: MIT
"""The kernel gets the words of the config as they are written, whatever loads it: the running kernel is asked.

IMAGEWRIGHT_LOADERS chooses the boot loaders ("systemd-boot uki grub bios"); without it one is booted.
"""

import json
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import build_command, derived_config, run  # noqa: E402
from imagewright_testing import TestCase, require_workbench  # noqa: E402

# Of every kind that a shell, a menu or a file would change; each is one entry of the list.
WORDS = ["hugepagesz=2M hugepages=2 hugepagesz=2M hugepages=1", "console=tty0 console=ttyS0", 'test.dyndbg="file a.c +p ; file b.c +p"',
         '"test.whole=in quotes"', "test.seed=nocloud;s=http://127.0.0.1/seed/", "test.map=128M$1G", "test.hash=#1", "test.percent=%n%%",
         "test.letters=ü€", "test.marks=!&|<>(){}[]*?~^", "test.same test.same"]
# GRUB would put backslashes before these.
LITERAL_WORDS = ["test.slash=a\\b", "test.escape=a\\x20b", "test.single=it's", 'test.double=a"b"c']
LOADERS = {"systemd-boot": "{bootloader: {type: systemd-boot}}", "uki": "{uki: {mode: create}}", "grub": "{bootloader: {type: grub}}"}


def kernel_words(line):
    """As next_arg of the kernel's lib/cmdline.c: blanks end a word outside of double quotes."""
    words, word, is_quoted = [], "", False
    for letter in line:
        if letter in " \t\n\v\f\r" and not is_quoted:
            words, word = words + [word] * bool(word), ""
            continue
        is_quoted ^= letter == '"'
        word += letter
    return words + [word] * bool(word)


def meaning(word):
    """The parameter that the kernel makes of a word: quotes that only group are not of it."""
    is_whole = word.startswith('"')
    word = word[1:] if is_whole else word
    name, equals, value = word.partition("=")
    value_is_quoted = value.startswith('"')
    if (is_whole or value_is_quoted) and word.endswith('"'):
        value = value[:-1] if equals else value
        name = name if equals else name[:-1]
    return name, value[1:] if value_is_quoted else value


class CommandLine(TestCase):
    @classmethod
    def setUpClass(cls):
        require_workbench()

    def config(self, loader, entries):
        path = self.scratch() / "node.yaml"
        text = derived_config(f"os:\n  kernelCommandLine: {{extraCommandLine: {json.dumps(entries, ensure_ascii=False)}}}\n")
        path.write_text(text.replace("[base-configs]", "[base-configs, uki]") + "  " + LOADERS[loader][1:-1] +
                        "\noutput: {name: node, images: [{format: qcow2}]}\n")
        return path

    def test_the_running_kernel_has_every_word(self):
        for loader in os.environ.get("IMAGEWRIGHT_LOADERS", "grub").split():
            with self.subTest(loader=loader):
                entries = WORDS if loader == "grub" else WORDS + LITERAL_WORDS
                out = self.scratch() / "out"
                result = run(build_command(out, None, self.config(loader, entries)))
                self.assertEqual(result.returncode, 0, result.stderr[-4000:])
                report = json.loads(self.run_program("boot", next(out.glob("*.qcow2")), "--json", "--progress", "none").stdout)
                wanted = [meaning(word) for entry in entries for word in kernel_words(entry)]
                found = [meaning(word) for word in kernel_words(report["facts"]["commandLine"])]
                self.assertEqual(found[-len(wanted):], wanted)

    def test_what_grub_would_change_is_refused(self):
        for word in LITERAL_WORDS:
            with self.subTest(word=word):
                result = self.run_program("plan", self.config("grub", [word]), "--arch", "x86_64", expect=2)
                self.assertIn("policy.command-line-unfit", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
