# SPDX-License-Identifier: MIT
"""What a new user does wrong: the whole of what is said, as golden files, and a remedy that is followed and helps."""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Callable, Optional

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_distribution  # noqa: E402
from imagewright_testing import PROGRAM, TOP, TestCase, environment, require_program, skip  # noqa: E402

GOLDEN = TOP / "tests/golden/mistakes"
NODE = """\
release: tiny
os:
  hostname: node
  packages:
    install: [tiny-web]
  services:
    enable: [web]
output:
  image: {format: raw}
"""
STORAGE = """\
  disks:
  - partitionTableType: gpt
    partitions:
    - {id: esp, type: esp, size: 40M}
    - {id: root, type: root, size: 40M}
  filesystems:
  - {deviceId: esp, type: fat32, mountPoint: /boot/efi}
  - {deviceId: root, type: ext4, mountPoint: /}
"""
USER = "os:\n  users:\n  - name: admin\n    "
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDv6mJYTUbTNR9Pz3HLbXTYMNUVxBQdbTSiB2ZpZ0Nzb admin"
PRIVATE_KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\n-----END OPENSSH PRIVATE KEY-----\n"
PRIVATE_PGP_KEY = "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQVYBF\n-----END PGP PRIVATE KEY BLOCK-----\n"
HASH = "$6$saltsalt$" + "a" * 86

VERIFIED = NODE + """\
storage:
  bootType: efi
  disks:
  - partitionTableType: gpt
    partitions:
    - {id: esp, type: esp, size: 40M}
    - {id: hashes, type: root-verity, size: 8M}
    - {id: data, type: root, size: 40M}
  verity:
  - {id: verified, name: root, dataDeviceId: data, hashDeviceId: hashes}
  filesystems:
  - {deviceId: esp, type: fat32, mountPoint: /boot/efi}
  - {deviceId: verified, type: ext4, mountPoint: {path: /, options: ro}}
"""

BUILD = ("build", "node.yaml", "--progress", "none")
PLAN = ("plan", "node.yaml", "--progress", "none")
Place = Path
Change = Callable[[Place], None]


@dataclasses.dataclass
class Mistake:
    """A command line, what it finds, and what helps; `told` is the part of the message that the remedy was taken from."""

    name: str
    exit_code: int
    told: str
    config: str = NODE
    command: tuple = ("validate", "node.yaml")
    prepare: Optional[Change] = None
    right: Optional[str] = None
    right_command: Optional[tuple] = None
    repair: Optional[Change] = None
    env: Optional[dict] = None
    right_env: Optional[dict] = None
    before: tuple = ()  # what hides something of this host; takes root


# Root reads every file; without its capabilities it reads what its permissions allow, as anybody does.
UNPRIVILEGED = ("setpriv", "--bounding-set", "-all", "--inh-caps", "-all") if os.geteuid() == 0 else ()

# In a mount namespace of its own there is something in QEMU's place that nobody can run.
WITHOUT_QEMU = ("unshare", "--mount", "--propagation", "private", "sh", "-c",
                'for name in $(command -v qemu-system-x86_64); do mount --bind /dev/null "$name"; done; exec "$@"', "sh")

# What a mount namespace shows of a disk that is too small.
FULL_DISK = ("unshare", "--mount", "--propagation", "private", "sh", "-c", 'mount -t tmpfs -o size=SIZE tmpfs PLACE && exec "$@"', "sh")


READ_ONLY = ("unshare", "--mount", "--propagation", "private", "sh", "-c", 'mount -t tmpfs -o ro tmpfs out && exec "$@"', "sh")


def small(place, size):
    return tuple(word.replace("SIZE", size).replace("PLACE", place) for word in FULL_DISK)


def edited(old, new, text=NODE):
    assert old in text, old
    return text.replace(old, new, 1)


def write(name, text):
    def change(place):
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return change


def both(*changes):
    def change(place):
        for each in changes:
            each(place)
    return change


def permit(name, mode):
    return lambda place: (place / name).chmod(mode)


def profile(old, new):
    def change(place):
        path = place / "releases/tiny.yaml"
        path.write_text(edited(old, new, path.read_text()))
    return change


# The tiny distribution has no program for it, and validate asks only whether there is a package.
VERITY_ROLE = profile("  kernel: [tiny-kernel]\n", "  kernel: [tiny-kernel]\n  verity: [tiny-base]\n")


def with_user(text):
    return NODE.replace("os:\n", USER + text + "\n")


def with_os(text):
    return NODE.replace("os:\n", "os:\n" + text)


def run(*arguments):
    def change(place):
        subprocess.run([PROGRAM, *arguments], cwd=place, env=environment(HOME=place, IMAGEWRIGHT_DATA=place), check=True, capture_output=True)
    return change


def prepended(name, text):
    return lambda place: (place / name).write_text(text + (place / name).read_text())


def move(old, new):
    return lambda place: (place / old).rename(place / new)


MISTAKES = [
    # The file.
    Mistake("no-config", 2, "there is no config", command=("validate", "nod.yaml"), right_command=("validate", "node.yaml")),
    Mistake("directory", 2, "is a directory", command=("build", "releases"), right_command=BUILD),
    Mistake("empty-config", 2, "", config="", right=NODE),
    Mistake("only-comments", 2, "", config="# a node\n", right=NODE),
    Mistake("tab", 2, "tab", config=edited("  hostname", "\thostname"), right=NODE),
    Mistake("indentation", 2, "", config=edited("    install", "   install").replace("  services", "   services"), right=NODE),
    Mistake("duplicate-key", 2, "", config=NODE + "os:\n  hostname: other\n", right=NODE),
    Mistake("key-typo", 2, '"hostname"', config=edited("hostname", "hostnam"), right=NODE),
    Mistake("word-for-list", 2, "[tiny-web]", config=edited("[tiny-web]", "tiny-web"), right=NODE),
    Mistake("latin-1", 2, "UTF-8", config=edited("node\n", "n\xf6de\n").encode("latin-1"), right=NODE),
    Mistake("profile-for-config", 2, "release profile", command=("build", "releases/tiny.yaml"), right_command=BUILD),
    Mistake("image-for-config", 2, "", command=("build", "disk.raw"), prepare=write("disk.raw", bytes(1 << 16)), right_command=BUILD),
    Mistake("config-for-image", 2, "is a config", command=("boot", "node.yaml"), repair=run(*BUILD), right_command=("boot", "out/node-x86_64.raw", "--print-command")),
    Mistake("manifest-for-image", 2, "", command=("boot", "out/node-x86_64.manifest.json"), prepare=run(*BUILD),
            right_command=("boot", "out/node-x86_64.raw", "--print-command")),
    Mistake("hostname", 2, "", config=edited("hostname: node", "hostname: my_node"), right=edited("hostname: node", "hostname: my-node")),
    Mistake("other-format", 2, ".qcow2", command=("convert", "disk.raw", "disk.iso"), prepare=write("disk.raw", bytes(1 << 20)),
            right_command=("convert", "disk.raw", "disk.qcow2")),
    Mistake("no-such-directory", 2, "output directory", command=("verify", "nowhere")),
    Mistake("command-typo", 2, '"build"', command=("bild", "node.yaml"), right_command=("build", "node.yaml", "--progress", "none")),
    Mistake("option-typo", 2, '"--output-dir"', command=(*BUILD, "--ouput-dir", "x"), right_command=(*BUILD, "--output-dir", "x")),
    Mistake("switch-for-mapping", 2, "write {mode: disabled}", config=with_os("  selinux: false\n"), right=with_os("  selinux: {mode: disabled}\n")),
    Mistake("words-of-others", 2, '"nameServers"', config=with_os("  network: {interfaces: [{dns: [10.0.0.1]}]}\n"),
            right=with_os("  network: {interfaces: [{nameServers: [10.0.0.1]}]}\n")),
    Mistake("sudo-for-user", 2, "/etc/sudoers.d", config=with_user("sudo: true"),
            right=with_user("uid: 1000").replace("os:\n", "os:\n  additionalFiles:\n  - {destination: /etc/sudoers.d/admin, permissions: '440', "
                                                 "content: 'admin ALL=(ALL:ALL) NOPASSWD: ALL'}\n")),
    Mistake("unreadable-config", 2, "", prepare=permit("node.yaml", 0), before=UNPRIVILEGED, repair=permit("node.yaml", 0o400)),
    Mistake("colon-without-blank", 2, "", config=edited("hostname: node", "hostname:node"), right=NODE),
    Mistake("list-of-options", 2, "", config=edited("install: [tiny-web]", "install: [{name: tiny-web}]"), right=NODE),
    Mistake("option-without-path", 2, "--output-dir DIR", command=(*BUILD, "-o", "--json"), right_command=(*BUILD, "-o", "images", "--json")),
    Mistake("option-without-anything", 2, "--output-dir DIR", command=(*BUILD, "-o"), right_command=(*BUILD, "-o", "images")),
    Mistake("two-configs", 2, "", command=("plan", "node.yaml", "other.yaml"), right_command=PLAN),
    Mistake("cut-image", 5, "", command=("inspect", "disk.qcow2"), prepare=write("disk.qcow2", b"QFI\xfb\x00\x00\x00\x03" + bytes(60)), repair=both(run(*BUILD), move("out/node-x86_64.raw", "disk.raw")),
            right_command=("inspect", "disk.raw")),
    # The release and its repositories.
    Mistake("release-typo", 2, '"tiny"', config=edited("tiny", "tinny"), right=NODE),
    Mistake("no-release", 2, "release", config=edited("release: tiny\n", ""), command=PLAN, right=NODE),
    Mistake("architecture-of-nobody", 2, "x86_64", command=(*PLAN, "--arch", "riscv64"), right_command=(*PLAN, "--arch", "amd64")),
    Mistake("architecture-of-the-config", 2, "x86_64", config="architectures: [aarch64]\n" + NODE, command=PLAN, right="architectures: [x86_64]\n" + NODE),
    Mistake("architecture", 2, "x86_64", command=(*PLAN, "--arch", "aarch64"), right_command=(*PLAN, "--arch", "x86_64")),
    Mistake("missing-repository", 1, "", command=PLAN, prepare=move("repository", "elsewhere"), repair=move("elsewhere", "repository")),
    Mistake("no-network", 1, "trying again for 31 s", command=(*PLAN, "--repo", "tiny=http://127.0.0.1:9/repo"), right_command=(*PLAN, "--repo", "tiny=repository")),
    Mistake("offline-without-cache", 1, "--offline", command=(*PLAN, "--repo", "tiny=http://127.0.0.1:9/repo", "--offline"), right_command=PLAN),
    Mistake("moved-repository", 1, "repodata", command=(*PLAN, "--repo", "tiny=elsewhere"), prepare=write("elsewhere/readme", "x"), right_command=(*PLAN, "--repo", "tiny=repository")),
    Mistake("missing-repository-key", 5, "key.asc", command=PLAN, prepare=profile("gpgCheck: false, repoGpgCheck: false", "gpgKeys: [keys/key.asc], repoGpgCheck: false"),
            repair=profile("gpgKeys: [keys/key.asc], repoGpgCheck: false", "gpgCheck: false, repoGpgCheck: false")),
    Mistake("private-repository-key", 5, "PRIVATE", command=PLAN, prepare=both(write("releases/key.asc", PRIVATE_PGP_KEY),
            profile("gpgCheck: false, repoGpgCheck: false", "gpgKeys: [key.asc], repoGpgCheck: false")),
            repair=profile("gpgKeys: [key.asc], repoGpgCheck: false", "gpgCheck: false, repoGpgCheck: false")),
    Mistake("repository-of-the-config", 1, "repodata", config=NODE + "repositories:\n- name: agents\n  path: agents\n  gpgCheck: false\n  repoGpgCheck: false\n", command=PLAN,
            right=NODE + "repositories:\n- name: agents\n  path: repository\n  gpgCheck: false\n  repoGpgCheck: false\n"),
    Mistake("dead-proxy", 1, "http_proxy", command=(*PLAN, "--repo", "tiny=http://repo.invalid/tiny"), env={"http_proxy": "http://127.0.0.1:9"}, right_command=(*PLAN, "--repo", "tiny=repository")),
    Mistake("repository-typo", 5, "repoGpgCheck", command=(*PLAN, "--repo", "tinny=repository"), right_command=(*PLAN, "--repo", "tiny=repository")),
    Mistake("damaged-repository", 5, "", command=PLAN, prepare=write("repository/repodata/repomd.xml", "<html>moved</html>"),
            repair=lambda place: (place / "repository/repodata/repomd.xml").write_bytes(Mistakes.repomd)),
    Mistake("unsigned-repository", 5, "repoGpgCheck", command=PLAN, prepare=profile(", gpgCheck: false, repoGpgCheck: false", ", gpgKeys: [key.asc]"),
            repair=profile(", gpgKeys: [key.asc]", ", gpgCheck: false, repoGpgCheck: false")),
    Mistake("no-key", 2, "gpgKeys", command=PLAN, prepare=profile(", gpgCheck: false, repoGpgCheck: false", ""),
            repair=profile("repository}", "repository, gpgCheck: false, repoGpgCheck: false}")),
    # Packages.
    Mistake("package-typo", 3, '"tiny-web"', config=edited("[tiny-web]", "[tiny-wbe]"), command=PLAN, right=NODE),
    Mistake("package-without-its-end", 3, '"tiny-base"', config=edited("[tiny-web]", "[tiny-web, tiny]"), command=PLAN,
            right=edited("[tiny-web]", "[tiny-web, tiny-base]")),
    Mistake("package-of-nobody", 3, '"tiny"', config=edited("[tiny-web]", "[tiny-web, nginx]"), command=PLAN, right=NODE),
    Mistake("conflicting-packages", 3, "tiny-web-next", config=edited("[tiny-web]", "[tiny-web, tiny-web-next]"), command=PLAN, right=NODE),
    Mistake("missing-requirement", 3, "libmissing.so.7", config=edited("[tiny-web]", "[tiny-web, tiny-needy]"), command=PLAN, right=NODE),
    Mistake("scriptlet", 1, "", config=edited("[tiny-web]", "[tiny-web, tiny-failing]"), command=BUILD, right=NODE),
    # Users and keys.
    Mistake("missing-key-file", 2, "", config=with_user("sshPublicKeyPaths: [id.pub]"), prepare=write("id_ed25519.pub", KEY + "\n"),
            right=with_user("sshPublicKeyPaths: [id_ed25519.pub]")),
    Mistake("key-file-is-a-directory", 2, "keys", config=with_user("sshPublicKeyPaths: [keys]"), prepare=write("keys/admin.pub", KEY + "\n"),
            right=with_user("sshPublicKeyPaths: [keys/admin.pub]")),
    Mistake("unreadable-key-file", 2, "chmod", config=with_user("sshPublicKeyPaths: [id.pub]"), prepare=both(write("id.pub", KEY + "\n"), permit("id.pub", 0)),
            before=UNPRIVILEGED, repair=permit("id.pub", 0o400)),
    Mistake("second-key-file", 2, "two.pub", config=with_user("sshPublicKeyPaths:\n    - one.pub\n    - two.pub"), prepare=write("one.pub", KEY + "\n"),
            repair=write("two.pub", KEY + "\n")),
    Mistake("missing-password-file", 2, "hash", config=with_user("password: {type: hashed-file, value: hash}"), repair=write("hash", HASH + "\n")),
    Mistake("private-key", 2, ".pub", config=with_user("sshPublicKeyPaths: [id]"), prepare=both(write("id", PRIVATE_KEY), write("id.pub", KEY + "\n")),
            right=with_user("sshPublicKeyPaths: [id.pub]")),
    Mistake("no-ssh-key", 0, "", config=with_user("sshPublicKeys: [this-is-not-a-key]"), right=with_user(f"sshPublicKeys: [{KEY}]")),
    Mistake("bad-hash", 2, "openssl passwd", config=with_user("password: {type: hashed, value: secret}"),
            right=with_user(f"password: {{type: hashed, value: '{HASH}'}}")),
    Mistake("plain-password", 0, "", config=with_user("password: {type: plain-text, value: secret}"),
            right=with_user(f"password: {{type: hashed, value: '{HASH}'}}")),
    Mistake("unknown-shell", 0, "/bin/sh", config=with_user("startupCommand: /bin/zsh"), command=PLAN, right=with_user("startupCommand: /bin/sh")),
    Mistake("unknown-group", 2, '"wheel"', config=with_user("secondaryGroups: [whell]"), command=BUILD, right=with_user("secondaryGroups: [wheel]")),
    Mistake("group-of-nobody", 2, "os.groups", config=with_user("secondaryGroups: [operators]"), command=BUILD,
            right=with_user("secondaryGroups: [operators]").replace("os:\n", "os:\n  groups: [{name: operators}]\n")),
    Mistake("two-users", 2, "admin", config=with_user("uid: 1000\n  - name: admin"), right=with_user("uid: 1000")),
    # What packages bring.
    Mistake("unknown-unit", 0, '"web', config=edited("enable: [web]", "enable: [wbe]"), command=PLAN, right=NODE),
    Mistake("unit-of-missing-package", 0, "", config=edited("enable: [web]", "enable: [web, web-next]"), command=PLAN, right=NODE),
    Mistake("unknown-module", 0, "loop", config=with_os("  modules: [{name: lopo, loadMode: always}]\n"), command=PLAN,
            right=with_os("  modules: [{name: loop, loadMode: always}]\n")),
    Mistake("unknown-time-zone", 0, "", config=with_os("  timezone: Europe/Berln\n"), command=PLAN, right=NODE),
    Mistake("locale-without-files", 0, "C.UTF-8", config=with_os("  locale: de_DE.UTF-8\n"), command=PLAN, right=with_os("  locale: C.UTF-8\n")),
    Mistake("keymap-without-files", 0, "", config=with_os("  keymap: de\n"), command=PLAN, right=NODE),
    Mistake("unreadable-file", 2, "chmod", config=with_os("  additionalFiles: [{source: motd.txt, destination: /etc/motd}]\n"),
            prepare=both(write("motd.txt", "hello\n"), permit("motd.txt", 0)), before=UNPRIVILEGED, repair=permit("motd.txt", 0o400)),
    Mistake("file-typo", 2, '"motd.txt"', config=with_os("  additionalFiles: [{source: mott.txt, destination: /etc/motd}]\n"), prepare=write("motd.txt", "hello\n"),
            right=with_os("  additionalFiles: [{source: motd.txt, destination: /etc/motd}]\n")),
    Mistake("missing-directory", 2, "overlay", config=with_os("  additionalDirs: [{source: overlay, destination: /srv}]\n"), repair=write("overlay/readme", "x")),
    Mistake("missing-drop-in", 2, "limits.conf", config=edited("enable: [web]", "dropIns: [{unit: web.service, name: limits, source: limits.conf}]"),
            repair=write("limits.conf", "[Service]\nLimitNOFILE=1024\n")),
    Mistake("missing-script", 2, "last.sh", config=NODE + "scripts:\n  postCustomization:\n  - {path: last.sh}\n", repair=write("last.sh", "true\n")),
    Mistake("missing-base-config", 2, "common.yaml", config="baseConfigs:\n- path: common.yaml\npreviewFeatures: [base-configs]\n" + NODE,
            repair=write("common.yaml", "os: {timezone: UTC}\n")),
    Mistake("missing-package-list", 2, "agents.yaml", config=edited("install: [tiny-web]", "installLists: [agents.yaml]"), repair=write("agents.yaml", "packages: [tiny-web]\n")),
    Mistake("missing-profile", 2, "my.yaml", command=("plan", "node.yaml", "--release", "my.yaml"), right_command=PLAN),
    Mistake("missing-file", 2, "motd.txt", config=with_os("  additionalFiles: [{source: motd.txt, destination: /etc/motd}]\n"),
            repair=write("motd.txt", "hello\n")),
    # The disk.
    Mistake("small-root", 0, "larger", config=NODE + "storage:\n  bootType: efi\n" + STORAGE.replace("root, size: 40M", "root, size: 2M"), command=PLAN,
            right=NODE + "storage:\n  bootType: efi\n" + STORAGE.replace("root, size: 40M", "root, size: 20M")),
    Mistake("small-root-built", 1, "larger", config=NODE + "storage:\n  bootType: efi\n" + STORAGE.replace("root, size: 40M", "root, size: 2M"), command=BUILD,
            right=NODE + "storage:\n  bootType: efi\n" + STORAGE.replace("root, size: 40M", "root, size: 20M")),
    Mistake("read-only-var", 0, "systemd.volatile=state", config=VERIFIED, prepare=VERITY_ROLE, right=VERIFIED.replace("  hostname", "  kernelCommandLine: {extraCommandLine: [systemd.volatile=state]}\n  hostname")),
    Mistake("disk-without-room", 2, "", config=NODE + "storage:\n  bootType: efi\n" + STORAGE.replace("gpt\n", "gpt\n    maxSize: 64M\n"),
            right=NODE + "storage:\n  bootType: efi\n" + STORAGE.replace("gpt\n", "gpt\n    maxSize: 82M\n")),
    Mistake("unknown-partition", 2, '"root"', config=NODE + "storage:\n  bootType: efi\n" + STORAGE.replace("deviceId: root", "deviceId: rot"),
            right=NODE + "storage:\n  bootType: efi\n" + STORAGE),
    Mistake("no-boot-type", 2, "bootType", config=NODE + "storage:\n" + STORAGE, right=NODE + "storage:\n  bootType: efi\n" + STORAGE),
    Mistake("size-unit", 2, "40M", config=NODE + "storage:\n  bootType: efi\n" + STORAGE.replace("root, size: 40M", "root, size: 40MB"),
            right=NODE + "storage:\n  bootType: efi\n" + STORAGE),
    Mistake("format-typo", 2, '"qcow2"', config=edited("raw", "qcow"), right=edited("raw", "qcow2")),
    Mistake("unsupported-filesystem", 2, "ext4", config=NODE + "storage:\n  bootType: efi\n" + STORAGE.replace("ext4", "xfs"),
            right=NODE + "storage:\n  bootType: efi\n" + STORAGE),
    Mistake("two-roots", 2, "mount one filesystem", config=NODE + "storage:\n  bootType: efi\n" + STORAGE.replace("/boot/efi", "/"),
            right=NODE + "storage:\n  bootType: efi\n" + STORAGE),
    # What a node is.
    Mistake("role-typo", 2, '"init"', config=edited("install:", "roles: [inti]\n    install:"), command=PLAN, right=edited("install:", "roles: [init]\n    install:")),
    Mistake("left-out-role-typo", 2, '"base"', config=edited("install:", "roles: [-bsae]\n    install:"), command=PLAN, right=NODE),
    Mistake("mode-typo", 2, "first-boot", config=with_os("  machineId: {mode: firstboot}\n"), right=with_os("  machineId: {mode: first-boot}\n")),
    Mistake("address-without-prefix", 2, "", config=with_os("  network: {interfaces: [{addresses: [10.0.0.2]}]}\n"),
            right=with_os("  network: {interfaces: [{addresses: [10.0.0.2/24]}]}\n")),
    Mistake("permissions-in-letters", 2, "644", config=with_os("  additionalFiles: [{content: x, destination: /etc/motd, permissions: rw-r--r--}]\n"),
            right=with_os("  additionalFiles: [{content: x, destination: /etc/motd, permissions: '644'}]\n")),
    Mistake("directory-for-file", 2, "additionalDirs", config=with_os("  additionalFiles: [{source: releases, destination: /srv/releases}]\n"),
            right=with_os("  additionalDirs: [{source: releases, destination: /srv/releases}]\n")),
    Mistake("check-of-two-kinds", 2, "", config=NODE + "checks:\n- {unit: web, command: test -e /etc/web.conf}\n",
            right=NODE + "checks:\n- {unit: web}\n- {command: test -e /etc/web.conf}\n"),
    Mistake("merge-markers", 2, "", config="<<<<<<< HEAD\n" + NODE, right=NODE),
    # Locks.
    Mistake("merge-markers-in-lock", 2, "imagewright lock", command=(*BUILD, "--locked"),
            prepare=both(run("lock", "node.yaml"), prepended("node.lock.json", "<<<<<<< HEAD\n")),
            repair=both(lambda place: (place / "node.lock.json").unlink(), run("lock", "node.yaml"))),
    Mistake("locked-without-lock", 5, "imagewright lock", command=(*BUILD, "--locked"), repair=run("lock", "node.yaml")),
    Mistake("stale-lock", 5, "imagewright lock", command=(*BUILD, "--locked"),
            prepare=both(run("lock", "node.yaml"), write("node.yaml", edited("[tiny-web]", "[tiny-web, tiny-bulky]"))),
            config=NODE, repair=run("lock", "node.yaml")),
    # The host.
    Mistake("output-is-a-file", 4, "--output-dir", command=BUILD, prepare=write("out", "a file"), right_command=(*BUILD, "-o", "images")),
    Mistake("output-of-others", 4, "--output-dir", command=(*BUILD, "-o", "/proc/images"), right_command=(*BUILD, "-o", "images")),
    Mistake("convert-onto-a-file", 2, "--force", command=("convert", "disk.raw", "disk.qcow2"),
            prepare=both(write("disk.raw", bytes(1 << 20)), write("disk.qcow2", "precious")),
            right_command=("convert", "disk.raw", "disk.qcow2", "--force")),
    Mistake("full-disk", 1, "--output-dir", command=BUILD, prepare=write("out/.keep", ""), before=small("out", "2M"), right_command=(*BUILD, "-o", "images")),
    Mistake("read-only-output", 4, "--output-dir", command=(*BUILD, "-o", "out/images"), prepare=write("out/.keep", ""), before=READ_ONLY, right_command=(*BUILD, "-o", "images")),
    Mistake("packages-of-another-architecture", 3, "exists only for another architecture", command=(*PLAN, "--arch", "aarch64"),
            prepare=profile("architectures: [x86_64]", "architectures: [x86_64, aarch64]"), right_command=(*PLAN, "--arch", "x86_64")),
    Mistake("bad-epoch", 2, "SOURCE_DATE_EPOCH", command=PLAN, env={"SOURCE_DATE_EPOCH": "yesterday"}, right_env={"SOURCE_DATE_EPOCH": "1700000000"}),
    Mistake("no-qemu", 4, "install qemu-system-x86 ", command=("boot", "out/node-x86_64.raw", "--progress", "none"), prepare=run(*BUILD), before=WITHOUT_QEMU,
            right_command=("boot", "out/node-x86_64.raw", "--print-command")),  # the first hour installs it
    Mistake("no-home", 2, "--cache-dir", command=PLAN, env={"HOME": None}, right_command=(*PLAN, "--cache-dir", "cache"), right_env={"HOME": None}),
]


class Mistakes(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = Path(tempfile.mkdtemp(prefix="imagewright-mistakes-"))
        cls.addClassCleanup(shutil.rmtree, cls.top, ignore_errors=True)
        tiny_distribution.make(cls.top)
        cls.repomd = (cls.top / "repository/repodata/repomd.xml").read_bytes()

    def place(self):
        """A directory with the config, the release profile and the repository, as somebody would have them."""
        place = self.scratch()
        shutil.copytree(self.top / "repository", place / "repository")
        (place / "releases").mkdir()
        text = (self.top / "releases/tiny.yaml").read_text()
        (place / "releases/tiny.yaml").write_text(text.replace(str(self.top / "repository"), "../repository"))
        write("node.yaml", NODE)(place)
        return place

    def run_in(self, place, command, env, before=()):
        changes = {"HOME": place, "IMAGEWRIGHT_DATA": place, **(env or {})}
        return subprocess.run([*before, str(PROGRAM), *command], cwd=place, env=environment(**changes), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=120)

    def text_of(self, command, result, place):
        said = result.stderr.replace(str(place), "HERE")
        said = re.sub(r"in [0-9.]+ s\b", "in N s", said)
        said = re.sub(r"after [0-9]+ ms\b", "after N ms", said)
        return f"$ imagewright {' '.join(command)}\n{said}exit code {result.returncode}\n"

    def compare(self, name, text):
        path = GOLDEN / f"{name}.txt"
        if os.environ.get("IMAGEWRIGHT_GOLDEN") == "rewrite":
            path.write_text(text)
        self.assertTrue(path.exists(), f"there is no {path}; IMAGEWRIGHT_GOLDEN=rewrite makes it from\n{text}")
        self.assertEqual(text, path.read_text(), name)

    def check(self, mistake):
        place = self.place()
        write("node.yaml", mistake.config)(place)
        if mistake.prepare is not None:
            mistake.prepare(place)
        if mistake.before and os.geteuid() != 0:
            skip(f"{mistake.name} takes root")
        wrong = self.run_in(place, mistake.command, mistake.env, mistake.before)
        text = self.text_of(mistake.command, wrong, place)
        self.compare(mistake.name, text)
        self.assertEqual(wrong.returncode, mistake.exit_code, text)
        self.assertIn("hint: ", text)
        self.assertIn(mistake.told, wrong.stderr, text)
        self.assertNotIn("in N s: ", wrong.stderr, text)
        if mistake.right is mistake.right_command is mistake.repair is None:
            return
        if mistake.right is not None:
            write("node.yaml", mistake.right)(place)
        if mistake.repair is not None:
            mistake.repair(place)
        right = self.run_in(place, mistake.right_command or mistake.command, mistake.right_env)
        codes = set(re.findall(r"\[[a-z]+\.[a-z-]+\]$", wrong.stderr, re.MULTILINE))
        self.assertEqual([code for code in codes if code in right.stderr], [], f"the remedy of {mistake.name} did not help\n{text}\n{right.stderr}")
        self.assertEqual(right.returncode, 0, f"the remedy of {mistake.name} did not help\n{text}\n{right.stderr}")

    def test_each_is_told_with_a_remedy_that_helps(self):
        for mistake in MISTAKES:
            with self.subTest(mistake=mistake.name):
                self.check(mistake)

    def test_whatever_makes_var_writable_is_no_mistake(self):
        overlay = "  overlays: [{lowerDirs: [/var], upperDir: /state/upper, workDir: /state/work, mountPoint: /var}]\n"
        with_state = VERIFIED.replace("    - {id: data,", "    - {id: state, size: 20M}\n    - {id: data,")
        for name, text in {
                "partition": with_state + "  - {deviceId: state, type: ext4, mountPoint: /var}\n", "overlay": with_state.replace("  hostname", overlay + "  hostname")
                + "  - {deviceId: state, type: ext4, mountPoint: /state}\n",
                "unit": VERIFIED.replace("  hostname", "  additionalFiles: [{destination: /etc/systemd/system/var.mount, content: x}]\n  hostname"),
                "extra": VERIFIED.replace("  hostname", '  kernelCommandLine: {extraCommandLine: ["systemd.mount-extra=tmpfs:/var:tmpfs"]}\n  hostname'),
                "whole root": VERIFIED.replace("  hostname", '  kernelCommandLine: {extraCommandLine: ["quiet systemd.volatile"]}\n  hostname')}.items():
            with self.subTest(name):
                place = self.place()
                VERITY_ROLE(place)
                write("node.yaml", text)(place)
                self.assertEqual(self.run_in(place, ("validate", "node.yaml"), None).stderr, "")

    def test_files_from_other_editors_are_understood(self):
        """Ends of lines and encodings that Windows writes: no mistake."""
        for name, content in {"crlf": NODE.replace("\n", "\r\n").encode(), "byte order mark": b"\xef\xbb\xbf" + NODE.encode(),
                              "UTF-16": NODE.encode("utf-16")}.items():
            with self.subTest(name):
                place = self.place()
                write("node.yaml", content)(place)
                self.assertEqual(self.run_in(place, ("validate", "node.yaml"), None).stderr, "")

    def test_every_golden_file_has_its_mistake(self):
        names = [mistake.name for mistake in MISTAKES]
        self.assertEqual(len(set(names)), len(names))
        self.assertEqual(sorted(path.stem for path in GOLDEN.glob("*.txt")), sorted(names))


if __name__ == "__main__":
    unittest.main(verbosity=2)
