#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every key that customizing honours is seen to arrive: a table of cases, which has to be complete. With IMAGEWRIGHT_LONG_TESTS each
is also seen not to be there without the key."""

import base64
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import unittest
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import file_server  # noqa: E402
from arrivals import Made, Refused, Seen, Trial, honoured_keys, keys_in, without  # noqa: E402
from customizing import CustomizingTestCase  # noqa: E402
from imagewright_testing import environment, require_program  # noqa: E402
from registry_server import RegistryServer  # noqa: E402
import tiny_efi  # noqa: E402

IS_LONG = "IMAGEWRIGHT_LONG_TESTS" in os.environ
UNIT = "[Service]\\nExecStart=/bin/sh\\n[Install]\\nWantedBy=multi-user.target\\n"
HASH = "$6$saltsalt$" + "h" * 86


def public_key(byte):
    """As ssh-keygen writes it."""
    parts = b"".join(len(each).to_bytes(4, "big") + each for each in (b"ssh-ed25519", byte * 32))
    return f"ssh-ed25519 {base64.b64encode(parts).decode()} a@b"


WANTS = "/etc/systemd/system/multi-user.target.wants"
NEW_DISK = """storage:
  bootType: efi
  disks:
  - partitionTableType: gpt
    maxSize: 200M
    partitions:
    - {id: esp, label: esp, type: esp, start: 2M, end: 42M}
    - {id: data, label: data, type: usr, size: 40M}
    - {id: hashes, label: hashes, type: usr-verity, size: 4M}
    - {id: boot, label: boot, size: 20M}
    - {id: root, label: root, type: root}
  verity:
  - {id: verified, name: usr, dataDeviceId: data, hashDeviceId: hashes, corruptionOption: panic, dataDeviceMountIdType: uuid,
     hashDeviceMountIdType: part-label, hashSignaturePath: /boot/usr.hash}
  filesystems:
  - {deviceId: esp, type: fat32, mountPoint: /boot/efi}
  - {deviceId: boot, type: ext4, mountPoint: /boot}
  - {deviceId: verified, type: ext4, mountPoint: {path: /usr, options: ro}}
  - {deviceId: root, type: ext4, mountPoint: {path: /, idType: part-label}}
"""


def mode(path, **more):
    return lambda made: made.stat(path, **more).get("Mode")


def text(path, **more):
    return lambda made: made.cat(path, **more)


def link(path):
    return lambda made: made.stat(path).get("link")


def has(path, words):
    return lambda made: words in made.cat(path)


def argument(word):
    return lambda made: word in made.arguments()


def field(table, name, index):
    return lambda made: (made.row(table, name) + [None] * 9)[index]


def installed(package):
    return lambda made: package in made.packages()


def partition(label, key):
    return lambda made: made.partitions().get(label, {}).get(key)


def check(key, value):
    return lambda made: any(each.get(key) == value for each in made.checks())


def fstab(path, column):
    return lambda made: next((line.split()[column] for line in made.cat("/etc/fstab").splitlines() if line.split()[1:2] == [path]), None)


def qcow2(*keys):
    def look(made):
        facts = json.loads(made.run("qemu-img", "info", "--output=json", made.image))
        for key in keys:
            facts = facts.get(key, {})
        return facts
    return look


def archive():
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name in ("top/inner.txt",):
            info = tarfile.TarInfo(name)
            info.size = 5
            tar.addfile(info, io.BytesIO(b"inner"))
    return made.getvalue()


SYSTEM = Trial("what stands in files", rf"""
roles: [told]
previewFeatures: [base-configs]
baseConfigs: [{{path: chain.yaml}}]
checks:
- {{name: starts, unit: one.service, expect: enabled}}
- {{file: /etc/hostname, expect: arrived}}
- {{command: "true"}}
os:
  hostname: arrived
  timezone: Europe/Berlin
  keymap: de
  locale: C.UTF-8
  sysctl: {{net.ipv4.ip_forward: 1}}
  identity: {{imageId: node, imageVersion: '7', variant: Big one, variantId: big}}
  cgroup: {{version: v1}}
  fips: {{mode: enabled}}
  selinux: {{mode: permissive}}
  kernelCommandLine: {{extraCommandLine: [audit=1], remove: [console]}}
  modules: [{{name: alpha, loadMode: always, options: {{depth: '3'}}}}]
  services:
    enable: [one]
    disable: [two]
    mask: [three]
    dropIns: [{{unit: one, name: 10-more, content: "[Service]\nNice=5\n"}}, {{unit: two, name: 20-more, source: given.txt}}]
  groups: [{{name: crew, gid: 1234}}, {{name: deck}}]
  users:
  - name: kim
    uid: 1500
    homeDirectory: /home/k
    primaryGroup: crew
    secondaryGroups: [deck]
    passwordExpiresDays: 30
    startupCommand: /bin/sh
    password: {{type: hashed, value: '{HASH}'}}
    sshPublicKeyPaths: [key.pub]
    sshPublicKeys: [{public_key(b't')}]
  additionalDirs: [{{source: tree, destination: /etc/merged, newDirPermissions: '711', mergedDirPermissions: '750', childFilePermissions: '604'}}]
  additionalFiles:
  - {{destination: /etc/content, content: of the config, permissions: '640'}}
  - {{destination: /etc/source, source: given.txt, sha256: {hashlib.sha256(b'given').hexdigest()}}}
  - {{destination: /etc/unpacked, source: files.tar, unpack: true, stripComponents: 1}}
  edits:
  - {{path: /etc/lines, lines: [{{add: first, before: b}}, {{add: second, after: b}}, {{replace: old, with: new}}, {{remove: gone}}], permissions: '600', owner: kim, group: deck}}
  - {{path: /etc/linked, link: lines}}
  - {{path: /etc/made, directory: true}}
  - {{path: /etc/removed, remove: true}}
  overlays:
  - {{lowerDirs: [/etc], upperDir: /var/u, workDir: /var/w, mountPoint: /etc, isInitrdOverlay: true}}
  - {{lowerDirs: [/usr/share], upperDir: /srv/u, workDir: /srv/w, mountPoint: /usr/share, mountDependencies: [/srv], mountOptions: noatime}}
scripts:
  postCustomization:
  - {{content: 'echo "$WORD $1 $0" > /etc/post', interpreter: /usr/bin/sh, arguments: [one], environmentVariables: {{WORD: word}}, name: first}}
  - {{path: script.sh}}
  finalizeCustomization:
  - {{content: 'echo "$WORD $1" > /etc/final', interpreter: /usr/bin/sh, arguments: [one], environmentVariables: {{WORD: word}}, name: last}}
  - {{path: script.sh}}
""", files={"roles/told.yaml": "os: {additionalFiles: [{destination: /etc/of-role, content: role}]}\n",
            "chain.yaml": "os: {additionalFiles: [{destination: /etc/of-chain, content: chain}]}\n",
            "given.txt": b"given", "files.tar": archive(), "key.pub": public_key(b"p") + "\n",
            "tree/file": "file", "tree/new/child": "child", "script.sh": "echo script >> /etc/scripts\n"},
    options=("--release", "@RELEASE"), cases=[
        Seen("roles", text("/etc/of-role"), "role"),
        Seen("baseConfigs.path", text("/etc/of-chain"), "chain"),
        Seen("checks.name", check("name", "starts"), True),
        Seen("checks.unit", check("subject", "one.service"), True),
        Seen("checks.file", check("subject", "/etc/hostname"), True),
        Seen("checks.command", check("subject", "true"), True),
        Seen("checks.expect", check("expected", "arrived"), True),
        Seen("os.hostname", text("/etc/hostname"), "arrived\n"),
        Seen("os.timezone", link("/etc/localtime"), "../usr/share/zoneinfo/Europe/Berlin"),
        Seen("os.keymap", text("/etc/vconsole.conf"), "KEYMAP=de\n"),
        Seen("os.locale", text("/etc/locale.conf"), "LANG=C.UTF-8\n"),
        Seen("os.sysctl", text("/etc/sysctl.d/95-image.conf"), "net.ipv4.ip_forward = 1\n"),
        *(Seen(f"os.identity.{key}", has("/usr/lib/os-release", words), True) for key, words in (
            ("imageId", "IMAGE_ID='node'"), ("imageVersion", "IMAGE_VERSION='7'"), ("variant", "VARIANT='Big one'"), ("variantId", "VARIANT_ID='big'"))),
        Seen("os.cgroup.version", argument("systemd.unified_cgroup_hierarchy=0"), True),
        Seen("os.fips.mode", argument("fips=1"), True),
        Seen("os.selinux.mode", has("/etc/selinux/config", "SELINUX=permissive\n"), True),
        Seen("os.kernelCommandLine.extraCommandLine", argument("audit=1"), True),
        Seen("os.kernelCommandLine.remove", argument("console=ttyS0"), False),
        Seen("os.modules.name", has("/etc/modprobe.d/module-options.conf", "options alpha"), True),
        Seen("os.modules.loadMode", text("/etc/modules-load.d/modules-load.conf"), "alpha\n"),
        Seen("os.modules.options", has("/etc/modprobe.d/module-options.conf", "depth=3"), True),
        Seen("os.services.enable", lambda made: "one.service" in made.names(WANTS), True),
        Seen("os.services.disable", lambda made: "two.service" in made.names(WANTS), False),
        Seen("os.services.mask", link("/etc/systemd/system/three.service"), "/dev/null"),
        Seen("os.services.dropIns.unit", lambda made: "one.service.d" in made.names("/etc/systemd/system"), True),
        Seen("os.services.dropIns.name", lambda made: made.names("/etc/systemd/system/one.service.d"), {"10-more.conf"}),
        Seen("os.services.dropIns.content", text("/etc/systemd/system/one.service.d/10-more.conf"), "[Service]\nNice=5\n"),
        Seen("os.services.dropIns.source", text("/etc/systemd/system/two.service.d/20-more.conf"), "given"),
        Seen("os.groups.name", lambda made: bool(made.row("group", "deck")), True),
        Seen("os.groups.gid", field("group", "crew", 1), "1234"),
        Seen("os.users.name", lambda made: bool(made.row("passwd", "kim")), True),
        Seen("os.users.uid", field("passwd", "kim", 1), "1500"),
        Seen("os.users.primaryGroup", field("passwd", "kim", 2), "1234"),
        Seen("os.users.homeDirectory", field("passwd", "kim", 4), "/home/k"),
        Seen("os.users.startupCommand", field("passwd", "kim", 5), "/bin/sh"),
        Seen("os.users.secondaryGroups", field("group", "deck", 2), "kim"),
        Seen("os.users.password.type", field("shadow", "kim", 0), HASH),
        Seen("os.users.password.value", field("shadow", "kim", 0), HASH),
        Seen("os.users.passwordExpiresDays", field("shadow", "kim", 3), "30"),
        Seen("os.users.sshPublicKeyPaths", has("/home/k/.ssh/authorized_keys", public_key(b"p")), True),
        Seen("os.users.sshPublicKeys", has("/home/k/.ssh/authorized_keys", public_key(b"t")), True),
        Seen("os.additionalDirs.source", text("/etc/merged/file"), "file"),
        Seen("os.additionalDirs.destination", text("/etc/merged/new/child"), "child"),
        Seen("os.additionalDirs.newDirPermissions", mode("/etc/merged/new"), "0711"),
        Seen("os.additionalDirs.mergedDirPermissions", mode("/etc/merged"), "0750"),
        Seen("os.additionalDirs.childFilePermissions", mode("/etc/merged/file"), "0604"),
        Seen("os.additionalFiles.content", text("/etc/content"), "of the config"),
        Seen("os.additionalFiles.destination", mode("/etc/content"), "0640"),
        Seen("os.additionalFiles.permissions", mode("/etc/content"), "0640"),
        Seen("os.additionalFiles.source", text("/etc/source"), "given"),
        Seen("os.additionalFiles.unpack", lambda made: made.stat("/etc/unpacked").get("Type"), "directory"),
        Seen("os.additionalFiles.stripComponents", text("/etc/unpacked/inner.txt"), "inner"),
        *(Seen(f"os.edits.{key}", text("/etc/lines"), "a\nfirst\nb\nsecond\nnew\n") for key in (
            "path", "lines.add", "lines.before", "lines.after", "lines.replace", "lines.with", "lines.remove")),
        Seen("os.edits.permissions", mode("/etc/lines"), "0600"),
        Seen("os.edits.owner", lambda made: made.stat("/etc/lines")["User"], "1500"),
        Seen("os.edits.group", lambda made: made.stat("/etc/lines")["Group"] == made.row("group", "deck")[1:2][0] if made.row("group", "deck") else False, True),
        Seen("os.edits.link", link("/etc/linked"), "lines"),
        Seen("os.edits.directory", lambda made: made.stat("/etc/made").get("Type"), "directory"),
        Seen("os.edits.remove", lambda made: made.stat("/etc/removed"), {}),
        *(Seen(f"os.overlays.{key}", lambda made, words=words: words in (fstab("/usr/share", 3)(made) or "").split(","), True) for key, words in (
            ("lowerDirs", "lowerdir=/usr/share"), ("upperDir", "upperdir=/srv/u"), ("workDir", "workdir=/srv/w"),
            ("mountDependencies", "x-systemd.requires=/srv"), ("mountOptions", "noatime"))),
        Seen("os.overlays.isInitrdOverlay", lambda made: "x-initrd.mount" in (fstab("/etc", 3)(made) or ""), True),
        Seen("os.overlays.mountPoint", fstab("/etc", 2), "overlay"),
        *(Seen(f"scripts.{stage}.{key}", has(path, words), True) for stage, path in (("postCustomization", "/etc/post"), ("finalizeCustomization", "/etc/final"))
          for key, words in (("content", "word one"), ("arguments", "one"), ("environmentVariables", "word"))),
        Seen("scripts.postCustomization.path", has("/etc/scripts", "script\n"), True),
        Seen("scripts.finalizeCustomization.path", text("/etc/scripts"), "script\nscript\n"),
    ])

REPOSITORIES = "repositories: [{name: late, path: @TOP/late, gpgCheck: false, repoGpgCheck: false}]\n"
PACKAGES = Trial("packages come and go", REPOSITORIES + """
previewFeatures: [remove-package-manager]
os:
  packages:
    install: [spoken, wordy, wants]
    installLists: [install.yaml]
    remove: [leaves]
    removeLists: [remove.yaml]
    update: [first]
    updateLists: [update.yaml]
    recommends: true
    exclude: [unwanted]
    docs: false
    languages: [de]
""", files={"install.yaml": "packages: [listed]\n", "remove.yaml": "packages: [goes]\n", "update.yaml": "packages: [second]\n"}, cases=[
        Seen("os.packages.install", installed("wants-1"), True),
        Seen("os.packages.installLists", installed("listed-1"), True),
        Seen("os.packages.remove", installed("leaves-1"), False),
        Seen("os.packages.removeLists", installed("goes-1"), False),
        Seen("os.packages.update", installed("first-2"), True),
        Seen("os.packages.updateLists", installed("second-2"), True),
        Seen("os.packages.recommends", installed("weak-1"), True),
        Seen("os.packages.exclude", installed("unwanted-1"), False, against="rest"),
        Seen("os.packages.docs", lambda made: made.stat("/usr/share/doc/wordy/README"), {}, against="rest"),
        Seen("os.packages.languages", lambda made: made.stat("/usr/share/locale/fr/spoken"), {}, against="rest"),
    ])
EVERYTHING = Trial("everything is brought up to date", REPOSITORIES + """
previewFeatures: [remove-package-manager]
os: {packages: {updateExistingPackages: true, removePackageManager: true}}
""", options=("--release", "@RELEASE"), cases=[
        Seen("os.packages.updateExistingPackages", text("/usr/share/first"), "2"),
        Seen("os.packages.removePackageManager", lambda made: made.stat("/var/lib/rpm"), {}),
        Seen("previewFeatures", lambda made: made.stat("/var/lib/rpm"), {}, against="rest"),
    ])
FAILING = Trial("scriptlets fail", REPOSITORIES + "os: {packages: {install: [fails]}, scriptlets: {allowFailure: [fails]}}\n", cases=[
        Seen("os.scriptlets.allowFailure", installed("fails-1"), True, against="rest")])
SLOW = Trial("scriptlets take their time", REPOSITORIES + "os: {packages: {install: [slow]}, scriptlets: {timeout: 1}}\n", cases=[
        Refused("os.scriptlets.timeout", "install.scriptlet-timeout")])
DAY = Trial("packages of a day", "previewFeatures: [package-snapshot-time]\n" + REPOSITORIES + "os: {packages: {install: [listed], snapshotTime: '2001-02-03'}}\n",
            cases=[Refused("os.packages.snapshotTime", "resolve.")])


def wish(repositories, package="listed"):
    return f"repositories:\n{repositories}os: {{packages: {{install: [{package}]}}}}\n"


LISTED = "- {name: late, path: @TOP/late, gpgCheck: false, repoGpgCheck: false}\n"
CHOICES = [
    Trial(f"a repository has {key}", wish(LISTED + f"- {{name: other, path: @TOP/other, gpgCheck: false, repoGpgCheck: false, {setting}}}\n", package), cases=[
        Seen(f"repositories.{key}", installed(expected), True, against="rest")])
    for key, setting, package, expected in (("priority", "priority: 120", "listed", "listed-1"), ("excludePackages", "excludePackages: [listed]", "listed", "listed-1"),
                                            ("includePackages", "includePackages: [nothing]", "listed", "listed-1"),
                                            ("architectures", "architectures: [aarch64]", "listed", "listed-1"))]
COST = Trial("a repository has a cost", wish(LISTED + "- {name: other, path: @TOP/other, gpgCheck: false, repoGpgCheck: false, cost: 1}\n", "same"), cases=[
        Seen("repositories.cost", text("/usr/share/same"), "other", against="rest")])
SOURCES = [
    Trial("a repository has a path", wish("- {name: other, path: @TOP/other, gpgCheck: false, repoGpgCheck: false}\n"), cases=[
        Seen(f"repositories.{key}", installed("listed-3"), True, against="rest") for key in ("path", "name", "gpgCheck", "repoGpgCheck")]),
    Trial("a repository has a URL", wish("- {name: other, baseUrl: '@URL/other', gpgCheck: false, repoGpgCheck: false}\n"), cases=[
        Seen("repositories.baseUrl", installed("listed-3"), True, against="rest")]),
    Trial("a repository has mirrors", wish("- {name: other, mirrorList: '@URL/mirrors', gpgCheck: false, repoGpgCheck: false}\n"), cases=[
        Seen("repositories.mirrorList", installed("listed-3"), True, against="rest")]),
    Trial("a repository has a key", wish("- {name: signed, path: @TOP/signed, gpgCheck: false, gpgKeys: [@TOP/signed.asc]}\n"), cases=[
        Seen("repositories.gpgKeys", installed("listed-3"), True, against="rest")]),
]
ARCHITECTURE = Trial("another architecture", "architectures: [aarch64]\nos: {hostname: x}\n", cases=[Refused("architectures", "customize.other-architecture")])
FETCHED = Trial("a file is fetched", f"""
os: {{additionalFiles: [{{destination: /etc/fetched, url: '@URL/fetched', sha256: {hashlib.sha256(b'fetched').hexdigest()}}}]}}
""", cases=[Seen("os.additionalFiles.url", text("/etc/fetched"), "fetched"), Seen("os.additionalFiles.sha256", text("/etc/fetched"), "fetched", against="rest")])
LONGER = Trial("a file is longer than said", f"""
os: {{additionalFiles: [{{destination: /etc/fetched, url: '@URL/longer', size: 3, sha256: {hashlib.sha256(b'longer').hexdigest()}}}]}}
""", cases=[Refused("os.additionalFiles.size", "repo.")])
HISTORY = Trial("no history", "os: {hostname: x, imageHistory: none}\n", cases=[
        Seen("os.imageHistory", lambda made: made.stat("/usr/share/image-customizer/history.json"), {}, against="rest")])
NAMED = [Trial(f"a script of {stage} has a name", f"scripts: {{{stage}: [{{content: 'exit 3', name: the-name-of-it}}]}}\n", fails=True, cases=[
        Seen(f"scripts.{stage}.name", lambda made: "the-name-of-it" in made.said.split("\n", 1)[-1], True, against="rest")])
    for stage in ("postCustomization", "finalizeCustomization")]
INTERPRETED = Trial("scripts have an interpreter", """
scripts:
  postCustomization: [{content: copied, interpreter: /usr/bin/cp, arguments: [/etc/post]}]
  finalizeCustomization: [{content: copied, interpreter: /usr/bin/cp, arguments: [/etc/final]}]
""", cases=[Seen("scripts.postCustomization.interpreter", text("/etc/post"), "copied"),
            Seen("scripts.finalizeCustomization.interpreter", text("/etc/final"), "copied")])
DISK = Trial("a new disk", "release: @RELEASE\npreviewFeatures: [output-artifacts]\n" + NEW_DISK + """os:
  bootloader: {resetType: hard-reset, type: systemd-boot}
""", cases=[
        Seen("release", lambda made: "data" in made.partitions(), True, against="rest"),
        Seen("storage.bootType", lambda made: "hashes" in made.partitions(), True, against="rest"),
        Seen("storage.disks.partitionTableType", lambda made: "hashes" in made.partitions(), True, against="rest"),
        Seen("storage.disks.maxSize", lambda made: made.image.stat().st_size >> 20, 200),
        Seen("storage.disks.partitions.start", partition("esp", "start"), 2 << 11),
        Seen("storage.disks.partitions.end", partition("data", "start"), 42 << 11),
        Seen("storage.disks.partitions.size", partition("data", "size"), 40 << 11),
        Seen("storage.disks.partitions.label", lambda made: list(made.partitions()), ["esp", "data", "hashes", "boot", "root"]),
        Seen("storage.disks.partitions.type", partition("data", "type"), "8484680C-9521-48C6-9C11-B0720656F69E"),
        Seen("storage.disks.partitions.id", fstab("/boot", 2), "ext4"),
        Seen("storage.filesystems.deviceId", fstab("/boot", 2), "ext4"),
        Seen("storage.filesystems.type", fstab("/boot", 2), "ext4"),
        Seen("storage.filesystems.mountPoint.path", fstab("/usr", 0), "/dev/mapper/usr"),
        Seen("storage.filesystems.mountPoint.options", fstab("/usr", 3), "ro"),
        Seen("storage.filesystems.mountPoint.idType", fstab("/", 0), "PARTLABEL=root"),
        Seen("os.bootloader.type", lambda made: made.on_esp("/EFI/systemd/systemd-bootx64.efi") != "", True),
        *(Seen(f"storage.verity.{key}", lambda made, words=words: words in made.said_by_loader(), True) for key, words in (
            ("name", "usrhash="), ("id", "usrhash="), ("dataDeviceId", "systemd.verity_usr_data=UUID="), ("hashDeviceId", "systemd.verity_usr_hash=PARTLABEL=hashes"),
            ("dataDeviceMountIdType", "systemd.verity_usr_data=UUID="), ("hashDeviceMountIdType", "systemd.verity_usr_hash=PARTLABEL=hashes"),
            ("corruptionOption", "panic-on-corruption"), ("hashSignaturePath", "root-hash-signature=/boot/usr.hash"))),
    ])
FITTED = Trial("a disk of the right size", NEW_DISK.replace("    maxSize: 200M\n", "").replace("storage:\n", "storage:\n  autoSize: true\n  freeSpace: 50M\n")
               .replace(", hashSignaturePath: /boot/usr.hash", "") + "os: {bootloader: {resetType: hard-reset}}\n", options=("--release", "@RELEASE"), cases=[
        Seen("storage.autoSize", lambda made: made.partitions()["root"]["size"] >> 11 < 80, True, against="rest"),
        Seen("storage.freeSpace", lambda made: made.partitions()["root"]["size"] >> 11 > 55, True, against="rest")])
EXISTING = Trial("partitions of the base are verified", """
storage: {verity: [{id: v, name: usr, dataDevice: {idType: part-label, id: data}, hashDevice: {idType: part-label, id: hashes}}]}
""", options=("--release", "@RELEASE"), base="unverified", cases=[
        Seen(f"storage.verity.{device}.{key}", fstab("/usr", 0), "/dev/mapper/usr") for device in ("dataDevice", "hashDevice") for key in ("id", "idType")])
REINITIALIZED = Trial("hashes are made again", """
previewFeatures: [reinitialize-verity]
storage: {reinitializeVerity: all}
os: {additionalFiles: [{destination: /usr/share/new, content: new}]}
""", base="verified", cases=[Seen("storage.reinitializeVerity", text("/share/new", label="data"), "new", against="rest")])
GROWN = Trial("a partition grows", "storage: {grow: [{label: data, size: 30M}]}\n", cases=[
        Seen(f"storage.grow.{key}", lambda made: made.partitions()["data"]["size"] >> 11, 30) for key in ("label", "size")])
RENAMED = Trial("other identifiers", "storage: {resetPartitionsUuidsType: reset-all}\nos: {bootloader: {resetType: hard-reset}}\n", options=("--release", "@RELEASE"), cases=[
        Seen(key, lambda made: made.partitions()["data"]["uuid"] != made.base.partitions()["data"]["uuid"], True, against="rest")
        for key in ("storage.resetPartitionsUuidsType", "os.bootloader.resetType")])
UNIFIED = Trial("unified kernel images", "previewFeatures: [uki]\nos: {uki: {mode: create}, bootloader: {resetType: hard-reset}}\n", options=("--release", "@RELEASE"), cases=[
        Seen("os.uki.mode", lambda made: ".efi" in made.run("mdir", "-b", "-/", "-i", made.part("esp"), "::/EFI/Linux"), True)])
FORMAT = Trial("formats have settings", """
scripts: {postCustomization: [{content: 'echo left > $IMAGEWRIGHT_FILES/note.txt'}]}
output: {name: other, scriptFiles: [note.txt], images: [{format: qcow2, clusterSize: 128K, compression: {algorithm: zstd, level: 19}}]}
""", image="*.qcow2", cases=[
        Seen("output.name", lambda made: made.image.name, "other-x86_64.qcow2", against="rest"),
        Seen("output.scriptFiles", lambda made: made.beside("*.files.note.txt"), b"left\n", against="rest"),
        Seen("output.images.format", qcow2("format"), "qcow2"),
        Seen("output.images.clusterSize", qcow2("cluster-size"), 128 << 10, against="rest"),
        Seen("output.images.compression.algorithm", qcow2("format-specific", "data", "compression-type"), "zstd", against="rest"),
        Seen("output.images.compression.level", lambda made: made.image.stat().st_size, "smaller", against="rest")])
OF_ONE = Trial("the one image", "output: {image: {path: sub/named.vhdx, format: vhdx}}\n", image="**/named.vhdx", output=True, cases=[
        Seen("output.image.path", lambda made: made.image.name, "named.vhdx"),
        Seen("output.image.format", qcow2("format"), "vhdx")])
INSTALLER = Trial("an archive for installers", "output: {image: {format: cosi, cosi: {compression: {level: 22}}}}\n", image="*.cosi", cases=[
        Seen("output.image.cosi.compression.level", lambda made: made.image.stat().st_size, "smaller", against="rest")])
SIGNING = Trial("files to be signed", """
previewFeatures: [output-artifacts, output-selinux-policy]
os: {bootloader: {resetType: hard-reset, type: systemd-boot}}
output: {selinuxPolicyPath: policy, artifacts: {items: [bootloader], path: signing}, images: [{format: raw}]}
""", options=("--release", "@RELEASE"), cases=[
        Seen("output.artifacts.items", lambda made: sorted(each.name for each in made.directory.parent.glob("signing/*")), ["SHA256SUMS", "bootloader", "inject-files.yaml"]),
        Seen("output.artifacts.path", lambda made: (made.directory.parent / "signing/inject-files.yaml").exists(), True),
        Seen("output.selinuxPolicyPath", lambda made: (made.directory.parent / "policy/tight/contexts/files/file_contexts").exists(), True)])
GIVEN = Trial("the base is named in the config", "input: {image: {path: @BASE}}\nos: {hostname: of-it}\n", named=False, cases=[
        Seen("input.image.path", text("/etc/merged/kept"), "kept", against="rest")])
PULLED = Trial("the base is in a registry", """
previewFeatures: [input-image-oci]
input: {image: {oci: {uri: '@REGISTRY/os/node', platform: {os: linux, architecture: s390x}}}}
os: {hostname: pulled}
""", named=False, cases=[
        Seen("input.image.oci.uri", text("/etc/hostname"), "pulled\n", against="rest"),
        Seen("input.image.oci.platform.architecture", text("/etc/hostname"), "pulled\n", against="rest"),
        Seen("input.image.oci.platform.os", text("/etc/hostname"), "pulled\n", against="rest")])
# Nobody asks the registry of others in a test: what would be asked of it is told.
PUBLISHED = Trial("the base is published", "input: {image: {azureLinux: {version: 3.0.20250910, variant: minimal-os}}}\nos: {hostname: x}\n",
                  named=False, fails=True, options=("--offline",), cases=[
        Seen("input.image.azureLinux.version", lambda made: "azurelinux/3.0/image/minimal-os:3.0.20250910" in made.said, True, against="rest"),
        Seen("input.image.azureLinux.variant", lambda made: "azurelinux/3.0/image/minimal-os:3.0.20250910" in made.said, True, against="rest")])

TRIALS = [SYSTEM, PACKAGES, EVERYTHING, FAILING, SLOW, DAY, *CHOICES, COST, *SOURCES, ARCHITECTURE, FETCHED, LONGER, HISTORY, *NAMED, INTERPRETED, DISK, FITTED, EXISTING,
          REINITIALIZED, GROWN, RENAMED, UNIFIED, FORMAT, OF_ONE, INSTALLER, SIGNING, GIVEN, PULLED, PUBLISHED]


class CustomizeArrivals(CustomizingTestCase):
    BASE_OS = ("  packages: {install: [first, second, leaves, goes]}\n  additionalFiles:\n" + "".join(
        f"  - {{destination: /usr/lib/systemd/system/{name}.service, content: \"{UNIT}\"}}\n" for name in ("one", "two", "three")) +
        "  - {destination: /usr/share/zoneinfo/Europe/Berlin, content: zone}\n"
        "  - {destination: /usr/share/keymaps/i386/de.map.gz, content: keymap}\n"
        "  - {destination: /etc/selinux/config, content: \"SELINUX=disabled\\nSELINUXTYPE=tight\\n\"}\n"
        "  - {destination: /etc/selinux/tight/contexts/files/file_contexts, content: \"/.* system_u:object_r:file_t:s0\\n\"}\n"
        "  - {destination: /etc/lines, content: \"a\\nb\\nold\\ngone\\n\"}\n"
        "  - {destination: /etc/removed, content: gone}\n"
        "  - {destination: /boot/.vmlinuz-1.0.hmac, content: sum}\n"
        "  - {destination: /usr/lib/boot/linuxx64.efi.stub, source: stub}\n"
        "  - {destination: /etc/merged/kept, content: kept}\n"
        "  services: {enable: [two.service]}\n")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for program in ("veritysetup", "gpg", "mtype", "qemu-img"):
            require_program(program)
        text = cls.release.read_text()
        text = text.replace("roles:\n", "roles:\n" + "".join(f"  {role}: [tinyboot]\n" for role in ("verity", "fips", "selinux-policy", "package-manager")))
        text = re.sub(r"(systemd-boot: \{efiProgram: [^}]*)\}", r"\1, stub: /usr/lib/boot/linuxx64.efi.stub}", text)
        cls.release.write_text(text)
        (cls.top / "stub").write_bytes(tiny_efi.stub())
        make = cls.top / "base/mkpkg.py"
        for repository, name, version, *options in (
                ("early", "first", "1", "--file", "/usr/share/first=1"), ("early", "second", "1", "--file", "/usr/share/second=1"),
                ("early", "leaves", "1", "--file", "/usr/share/leaves=1"), ("early", "goes", "1", "--file", "/usr/share/goes=1"),
                ("late", "first", "2", "--file", "/usr/share/first=2"), ("late", "second", "2", "--file", "/usr/share/second=2"),
                ("late", "listed", "1", "--file", "/usr/share/listed=l"), ("late", "same", "1", "--file", "/usr/share/same=late"),
                ("late", "wants", "1", "--file", "/usr/share/wants=w", "--tag", "Recommends: weak", "--tag", "Recommends: unwanted"),
                ("late", "weak", "1", "--file", "/usr/share/weak=w"), ("late", "unwanted", "1", "--file", "/usr/share/unwanted=w"),
                ("late", "wordy", "1", "--file", "/usr/share/doc/wordy/README=doc", "--file", "/usr/share/wordy=w",
                 "--files", "%doc /usr/share/doc/wordy/README", "--files", "/usr/share/wordy"),
                ("late", "spoken", "1", "--file", "/usr/share/locale/de/spoken=de", "--file", "/usr/share/locale/fr/spoken=fr",
                 "--files", "%lang(de) /usr/share/locale/de/spoken", "--files", "%lang(fr) /usr/share/locale/fr/spoken"),
                ("late", "fails", "1", "--file", "/usr/share/fails=f", "--section", "%post\nexit 3"),
                ("late", "slow", "1", "--file", "/usr/share/slow=f", "--section", "%post\ni=0; while [ $i -lt 3000000 ]; do i=$((i+1)); done"),
                ("other", "listed", "3", "--file", "/usr/share/listed=other"), ("other", "same", "1", "--file", "/usr/share/same=other"),
                ("signed", "listed", "3", "--file", "/usr/share/listed=other")):
            subprocess.run([sys.executable, make, cls.top / repository, name, version, *options], check=True)
        for repository in ("early", "late", "other", "signed"):
            subprocess.run(["createrepo_c", "-q", cls.top / repository], check=True)
        cls.sign()
        (cls.top / "fetched").write_text("fetched")
        (cls.top / "longer").write_text("longer")
        cls.url = file_server.serve(cls.top, cls.addClassCleanup)
        (cls.top / "mirrors").write_text(f"{cls.url}/nothing/\n{cls.url}/other/\n")
        cls.honoured = honoured_keys()

    @classmethod
    def sign(cls):
        """The metadata of one repository, with a key of its own."""
        home = cls.top / "gnupg"
        home.mkdir(mode=0o700)
        gpg = ("gpg", "--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "")
        subprocess.run([*gpg, "--quick-generate-key", "signer <a@b.example>", "rsa2048", "sign", "never"], check=True, capture_output=True)
        subprocess.run([*gpg, "--armor", "--output", cls.top / "signed.asc", "--export"], check=True)
        subprocess.run([*gpg, "--armor", "--detach-sign", cls.top / "signed/repodata/repomd.xml"], check=True)

    def base_repositories(self):
        return f"repositories: [{{name: early, path: {self.top / 'early'}, gpgCheck: false, repoGpgCheck: false}}]\n"

    def disk_base(self, name):
        """With a /usr of its own, verified or not."""
        if name not in self.made_bases:
            storage = NEW_DISK.replace(", hashSignaturePath: /boot/usr.hash", "")
            if name == "unverified":
                storage = re.sub(r"  verity:\n.*?(?=  filesystems:)", "", storage, flags=re.S).replace("deviceId: verified", "deviceId: data")
            config = self.top / f"{name}.yaml"
            config.write_text(f"release: {self.release}\n{storage}os: {{bootloader: {{resetType: hard-reset, type: grub}}}}\noutput: {{images: [{{format: raw}}]}}\n")
            self.run_program("build", config, "--output-dir", self.top / name, "--cache-dir", self.top / "cache", env=environment())
            self.made_bases[name] = self.top / name
        return next(self.made_bases[name].glob("*.raw"))

    def base_of(self, trial):
        return self.disk_base(trial.base) if trial.base else self.base()

    def filled(self, text, trial):
        for mark, value in (("@TOP", self.top), ("@URL", self.url), ("@RELEASE", self.release), ("@BASE", self.base_of(trial))):
            text = text.replace(mark, str(value))
        return text.replace("@REGISTRY", self.registry()) if "@REGISTRY" in text else text

    def registry(self):
        """The base is of a platform that is not the host's, among others."""
        server = RegistryServer()
        self.addCleanup(server.stop)
        image = server.put_image({"node.raw": self.base().read_bytes()})
        other = server.put_image({"node.raw": b"other"})
        server.put_index([("linux", "riscv64", other), ("windows", "s390x", other), ("linux", "s390x", image)], "latest")
        return server.host

    def customized(self, trial, document):
        """The image, and the exit code."""
        directory = self.scratch()
        for name, content in trial.files.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        config = directory / "node.yaml"
        document = document if "output" in document else {**document, "output": {"images": [{"format": "raw"}]}}
        config.write_text(yaml.safe_dump(document, sort_keys=False))
        options = [self.filled(each, trial) for each in trial.options]
        if trial.named:
            options += ["--image", self.base_of(trial)]
        if not trial.output:
            options += ["--output-dir", directory / "out"]
        result = self.run_program("customize", config, *options, "--cache-dir", self.top / "cache", expect=None, env=environment(TMPDIR=directory))
        image = next(iter((directory if trial.output else directory / "out").glob(trial.image)), None)
        base = Made(self.base_of(trial), self.base_of(trial).parent)
        return Made(image, image.parent if image else directory / "out", result.stdout + result.stderr, base), result.returncode

    def look(self, case, made):
        """What cannot be looked at is not there."""
        try:
            return case.look(made)
        except (AttributeError, IndexError, KeyError, OSError, StopIteration, TypeError, ValueError) as error:
            return f"not there: {error!r}"

    def check_refused(self, trial, case, document):
        made, code = self.customized(trial, document)
        self.assertNotEqual(code, 0, "it is not refused")
        self.assertIn(f"[{case.code}", made.said)
        made, code = self.customized(trial, without(document, case.key))
        self.assertEqual(code, 0, f"refused without the key too: {made.said[-1000:]}")

    def check_seen(self, trial, case, document, made):
        seen = self.look(case, made)
        if case.against == "base":
            other = self.look(case, made.base)
        elif not IS_LONG and case.expected != "smaller":
            self.assertEqual(seen, case.expected)
            return
        else:
            rest, code = self.customized(trial, without(document, case.key))
            other = "refused" if code and not trial.fails else self.look(case, rest)
        if case.expected == "smaller":
            self.assertLess(seen, other)
            return
        self.assertEqual(seen, case.expected)
        self.assertNotEqual(other, case.expected, "it is so without the key, too")

    def check(self, trial):
        document = yaml.safe_load(self.filled(trial.config, trial))
        said = keys_in(document, self.honoured)
        for case in trial.cases:
            self.assertIn(case.key, said, "the config of the case does not say its key")
        seen = [each for each in trial.cases if isinstance(each, Seen)]
        made = None
        if seen:
            made, code = self.customized(trial, document)
            self.assertEqual(code != 0, trial.fails, made.said[-3000:])
        for case in trial.cases:
            with self.subTest(key=case.key):
                if isinstance(case, Seen):
                    self.check_seen(trial, case, document, made)
                else:
                    self.check_refused(trial, case, document)

    def test_every_key_has_a_case(self):
        cases = {case.key for trial in TRIALS for case in trial.cases}
        self.assertEqual(sorted(self.honoured - cases), [], "keys that nobody sees arrive")
        self.assertEqual(sorted(cases - self.honoured), [], "cases of keys that are not honoured")
        self.assertGreater(len(self.honoured), 150)


def add_tests():
    for trial in TRIALS:
        name = "test_" + trial.name.replace(" ", "_")
        assert not hasattr(CustomizeArrivals, name), name
        setattr(CustomizeArrivals, name, lambda self, trial=trial: self.check(trial))


add_tests()

if __name__ == "__main__":
    unittest.main()
