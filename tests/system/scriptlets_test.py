# SPDX-License-Identifier: MIT
"""Scriptlets that talk to a running system find that there is none, as in a chroot, and the build goes on."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import derived_config  # noqa: E402
from imagewright_testing import TestCase, require_program, require_workbench  # noqa: E402

# What packages of distributions do at the end of their installation; each line's status is the scriptlet's.
COMMANDS = {
    "start": "systemctl start ssh.service",
    "restart": "systemctl try-restart ssh.service systemd-networkd.service",
    "reload": "systemctl daemon-reload",
    "reexec": "systemctl daemon-reexec",
    "udev-trigger": "udevadm trigger --subsystem-match=misc",
    "udev-control": "udevadm control --reload",
    "udev-settle": "udevadm settle",
    "chroot": "ischroot",
}
SPEC = """\
Name: talker
Version: 1
Release: 1
Summary: Talks to a system that does not run
License: MIT
BuildArch: noarch
Requires(post): systemd udev debianutils
%description
test
%files
%post
{commands}
# As the tools themselves find out, without being told.
unset SYSTEMD_OFFLINE
{commands}
[ -z "$(ls -A /proc/1/root)" ] || exit 1
exit 0
"""


class Scriptlets(TestCase):
    def test_they_talk_to_nobody(self):
        require_workbench()
        for program in ("rpmbuild", "createrepo_c"):
            require_program(program)
        scratch = self.scratch()
        commands = "\n".join(f"{command} || {{ echo '{name} failed'; exit 1; }}" for name, command in COMMANDS.items())
        (scratch / "talker.spec").write_text(SPEC.format(commands=commands))
        self.run_tool("rpmbuild", "-bb", "--quiet", "--define", f"_topdir {scratch}/build", "--define",
                      f"_rpmdir {scratch}/repository", scratch / "talker.spec")
        self.run_tool("createrepo_c", "--quiet", scratch / "repository")
        config = scratch / "talker.yaml"
        config.write_text(derived_config(
            f"repositories:\n- {{name: talker, path: {scratch}/repository, gpgCheck: false, repoGpgCheck: false}}\n"
            "os:\n  packages: {install: [talker]}\noutput: {name: talker, images: [{format: qcow2}]}\n"))
        self.run_program("build", config, "--arch", "x86_64", "--output-dir", scratch / "out", "--progress", "none")


if __name__ == "__main__":
    unittest.main()
