#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each key of the language that a build honours, changed alone: the build that may take stages of the one before has the bytes of a
build that may not, and other bytes than before where the key has a say in them.

A key that the schema gets is missing here until it has a change of its own, or a reason why it has none. IMAGEWRIGHT_CACHE_KEYS says how
many changes are tried (default 8; `toolkit/dev test-long` tries all)."""

import copy
import io
import json
import os
import random
import re
import shutil
import sys
import tarfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_distribution  # noqa: E402
from composing import artifact_digests, digest  # noqa: E402
from imagewright_testing import TestCase, environment  # noqa: E402

SEED = int(os.environ.get("IMAGEWRIGHT_SEED", "20240611"))
PASSWORD = "$6$saltsalt$" + "a" * 86
SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUrZPqxUhgPfCrdM1yrJ7HZdSVfUMNAqBZ7N2PDHkwQ "


def fetched(path):
    return {"destination": "/etc/copy", "url": path.as_uri(), "sha256": digest(path)}


def script(name):
    return {"name": name, "content": f"echo \"$1 $WHO\" > /etc/{name}", "interpreter": "/bin/sh", "arguments": ["one"],
            "environmentVariables": {"WHO": "me"}}


# What a step looks for, whatever is in it.
NEEDED = "/usr/lib/systemd/system/systemd-networkd.service"
# In the form of an earlier version; the edits of the config need the note.
NEEDED_MAP = {"files/drop-in": [{"path": NEEDED}], "files/other": [{"path": "/etc/note"}]}
OVERLAY = {"lowerDirs": ["/opt"], "upperDir": "/data/upper", "workDir": "/data/work", "mountPoint": "/opt"}

FILES = {"files/note": "note", "files/other": "other", "files/key.pub": SSH_KEY + "file\n", "more/thing": "more",
         "files/drop-in": "[Service]\nNice=3\n", "files/script.sh": "echo file > /etc/by-file\n", "files/list.yaml": "packages: [tiny-starting]\n",
         "files/base.yaml": "os: {packages: {install: [tiny-starting]}}\n"}
def archive_text():
    """A tar archive, which is text as long as what is in it is."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("a/b")
        archive.addfile(member)
    return packed.getvalue().decode("ascii")


FILES["files/tree.tar"] = archive_text()
REPOSITORY = {"name": "more", "path": "repository", "gpgCheck": False, "repoGpgCheck": False}
# What the release has besides.
PROFILE = (("roles:\n", "roles:\n  more: [tiny-starting]\n"), ("baseRoles", "platforms: {azure: {kernelArguments: [audit=1]}}\nbaseRoles"))
STORAGE = {
    "bootType": "efi",
    "disks": [{"partitionTableType": "gpt", "partitions": [
        {"id": "esp", "label": "esp", "type": "esp", "start": "1M", "size": "40M"},
        {"id": "root", "label": "root", "type": "root", "size": "40M"},
        {"id": "data", "label": "data", "type": "linux-generic", "size": "8M"}]}],
    "filesystems": [
        {"deviceId": "esp", "type": "fat32", "mountPoint": {"path": "/boot/efi", "options": "umask=0077"}},
        {"deviceId": "root", "type": "ext4", "mountPoint": {"path": "/", "idType": "part-label"}},
        {"deviceId": "data", "type": "ext4", "mountPoint": {"path": "/data"}}],
}

# What is changed below, with a value for every key that a tiny distribution can honour.
BASE = {
    "previewFeatures": ["package-snapshot-time", "base-configs"],
    "repositories": [REPOSITORY],
    "os": {
        "hostname": "node",
        "packages": {"install": ["tiny-web"], "docs": True, "languages": ["en"]},
        "additionalFiles": [{"destination": "/etc/note", "content": "one", "permissions": "644"},
                            {"destination": "/etc/copy", "source": "files/note"},
                            {"destination": NEEDED, "content": "[Service]\nExecStart=/bin/sh\n"}],
        "edits": [{"path": "/etc/note", "lines": [{"add": "more"}]}, {"path": "/etc/linked", "link": "note"}],
        "additionalDirs": [{"source": "files", "destination": "/opt/files", "newDirPermissions": "755", "mergedDirPermissions": "755",
                            "childFilePermissions": "644"}],
        "groups": [{"name": "operators", "gid": 1600}],
        "users": [{"name": "kim", "uid": 1500, "homeDirectory": "/home/kim", "primaryGroup": "operators", "secondaryGroups": ["wheel"],
                   "password": {"type": "hashed", "value": PASSWORD}, "passwordExpiresDays": 90, "startupCommand": "/bin/sh",
                   "sshPublicKeys": [SSH_KEY + "one"]}],
        "services": {"enable": ["web"], "dropIns": [{"unit": "web.service", "name": "10-own.conf", "content": "[Service]\nNice=1\n"}]},
        "kernelCommandLine": {"extraCommandLine": ["quiet"]},
        "modules": [{"name": "loop", "loadMode": "always", "options": {"max_loop": "8"}}],
        "sysctl": {"vm.swappiness": "10"},
        "network": {"interfaces": [{"name": "eth0", "dhcp": "ipv4"},
                                   {"mac": "52:54:00:12:34:56", "addresses": ["192.0.2.2/24"], "gateways": ["192.0.2.1"],
                                    "nameServers": ["192.0.2.53"]}]},
        "overlays": [OVERLAY],
        "machineId": {"mode": "uninitialized"},
        "cgroup": {"version": "v2"},
        "bootloader": {"type": "systemd-boot"},
    },
    "scripts": {"postCustomization": [script("post")], "finalizeCustomization": [script("final")]},
    "storage": STORAGE,
    "output": {"name": "small", "images": [{"format": "qcow2", "clusterSize": "64K"}]},
}

# By the schema's path: where in BASE the change is (empty: there), and the new value.
CHANGES = {
    "output.name": ("", "other"),
    "os.hostname": ("", "another"),
    "os.packages.install": ("", ["tiny-web", "tiny-starting"]),
    "os.additionalFiles[].content": ("os.additionalFiles.0.content", "two"),
    "os.additionalFiles[].destination": ("os.additionalFiles.1.destination", "/etc/other"),
    "os.additionalFiles[].permissions": ("os.additionalFiles.0.permissions", "600"),
    "os.additionalFiles[].source": ("os.additionalFiles.1.source", "files/other"),
    "os.additionalFiles[].url": ("os.additionalFiles.1", fetched(Path(__file__))),
    "os.additionalFiles[].sha256": ("os.additionalFiles.1", fetched(Path(tiny_distribution.__file__))),
    "os.additionalFiles[].size": ("os.additionalFiles.1", {**fetched(Path(__file__)), "size": Path(__file__).stat().st_size}),
    "os.additionalFiles[].unpack": ("os.additionalFiles.1", {"destination": "/etc/copy", "source": "files/tree.tar", "unpack": True}),
    "os.additionalFiles[].stripComponents": ("os.additionalFiles.1", {"destination": "/etc/copy", "source": "files/tree.tar", "unpack": True,
                                                                      "stripComponents": 1}),
    "os.edits[].path": ("os.edits.1.path", "/etc/other"),
    "os.edits[].directory": ("os.edits.1", {"path": "/etc/made", "directory": True}),
    "os.edits[].remove": ("os.edits.1", {"path": "/etc/copy", "remove": True}),
    "os.edits[].link": ("os.edits.1.link", "copy"),
    "os.edits[].permissions": ("os.edits.0.permissions", "640"),
    "os.edits[].owner": ("os.edits.0.owner", "kim"),
    "os.edits[].group": ("os.edits.0.group", "operators"),
    "os.edits[].lines[].add": ("os.edits.0.lines.0.add", "another"),
    "os.edits[].lines[].before": ("os.edits.0.lines.0", {"add": "two", "before": "one"}),
    "os.edits[].lines[].after": ("os.edits.0.lines.0", {"add": "zero", "after": "o*"}),
    "os.edits[].lines[].replace": ("os.edits.0.lines.0", {"replace": "one", "with": "1"}),
    "os.edits[].lines[].with": ("os.edits.0.lines.0", {"replace": "one", "with": "2"}),
    "os.edits[].lines[].remove": ("os.edits.0.lines.0", {"remove": "one"}),
    "os.packages.stored[].packages": ("os.packages", {**BASE["os"]["packages"], "stored": [{"packages": ["tiny-bulky"], "directory": "/opt/packages"}]}),
    "os.packages.stored[].directory": ("os.packages", {**BASE["os"]["packages"], "stored": [{"packages": ["tiny-starting"], "directory": "/opt/other"}]}),
    "os.identity.variantId": ("os.identity.variantId", "worker"),
    "os.identity.variant": ("os.identity.variant", "A worker"),
    "os.identity.imageId": ("os.identity.imageId", "node"),
    "os.identity.imageVersion": ("os.identity.imageVersion", "2"),
    "os.additionalFiles.*.path": ("os.additionalFiles", {"files/note": {"path": "/etc/mapped"}, **NEEDED_MAP}),
    "os.additionalFiles.*.permissions": ("os.additionalFiles", {"files/note": {"path": "/etc/mapped", "permissions": "600"}, **NEEDED_MAP}),
    "os.additionalFiles.*[].path": ("os.additionalFiles", {"files/note": [{"path": "/etc/a"}, {"path": "/etc/b"}], **NEEDED_MAP}),
    "os.additionalFiles.*[].permissions": ("os.additionalFiles", {"files/note": [{"path": "/etc/a", "permissions": "600"}], **NEEDED_MAP}),
    "os.additionalDirs[].source": ("os.additionalDirs.0.source", "more"),
    "os.additionalDirs[].destination": ("os.additionalDirs.0.destination", "/opt/more"),
    "os.additionalDirs[].sourcePath": ("os.additionalDirs.0", {"sourcePath": "more", "destination": "/opt/files"}),
    "os.additionalDirs[].destinationPath": ("os.additionalDirs.0", {"source": "files", "destinationPath": "/opt/path"}),
    "os.additionalDirs[].newDirPermissions": ("os.additionalDirs.0.newDirPermissions", "700"),
    "os.additionalDirs[].mergedDirPermissions": ("os.additionalDirs.0", {"source": "files", "destination": "/etc",
                                                                         "mergedDirPermissions": "700"}),
    "os.additionalDirs[].childFilePermissions": ("os.additionalDirs.0.childFilePermissions", "600"),
    "os.groups[].name": ("os.groups", [{"name": "operators", "gid": 1600}, {"name": "others"}]),
    "os.groups[].gid": ("os.groups.0.gid", 1601),
    "os.users[].name": ("os.users.0.name", "robin"),
    "os.users[].uid": ("os.users.0.uid", 1501),
    "os.users[].homeDirectory": ("os.users.0.homeDirectory", "/home/other"),
    "os.users[].primaryGroup": ("os.users.0.primaryGroup", "wheel"),
    "os.users[].secondaryGroups": ("os.users.0.secondaryGroups", []),
    "os.users[].password.type": ("os.users.0.password", {"type": "locked"}),
    "os.users[].password.value": ("os.users.0.password.value", PASSWORD.replace("a", "b")),
    "os.users[].passwordExpiresDays": ("os.users.0.passwordExpiresDays", 91),
    "os.users[].startupCommand": ("os.users.0.startupCommand", "/usr/bin/sh"),
    "os.users[].sshPublicKeys": ("os.users.0.sshPublicKeys", [SSH_KEY + "two"]),
    "os.users[].sshPublicKeyPaths": ("os.users.0.sshPublicKeyPaths", ["files/key.pub"]),
    "os.services.enable": ("os.services.enable", []),
    "os.services.disable": ("os.services", {"disable": ["web"]}),
    "os.services.mask": ("os.services", {"mask": ["web"]}),
    "os.services.dropIns[].content": ("os.services.dropIns.0.content", "[Service]\nNice=2\n"),
    "os.services.dropIns[].name": ("os.services.dropIns.0.name", "20-own.conf"),
    "os.services.dropIns[].unit": ("os.services.dropIns.0.unit", "other.service"),
    "os.services.dropIns[].source": ("os.services.dropIns.0", {"unit": "web.service", "name": "10-own.conf", "source": "files/drop-in"}),
    "os.kernelCommandLine.extraCommandLine": ("", ["quiet", "audit=1"]),
    "os.kernelCommandLine.remove": ("os.kernelCommandLine.remove", ["console"]),
    "os.modules[].name": ("os.modules", [{"name": "ext4", "loadMode": "always"}]),
    "os.modules[].loadMode": ("os.modules.0", {"name": "loop", "loadMode": "disable"}),
    "os.modules[].options.*": ("os.modules.0.options", {"max_loop": "9"}),
    "os.sysctl.*": ("os.sysctl", {"vm.swappiness": "11"}),
    "os.network.interfaces[].name": ("os.network.interfaces.0.name", "eth1"),
    "os.network.interfaces[].dhcp": ("os.network.interfaces.0.dhcp", "ipv6"),
    "os.network.interfaces[].mac": ("os.network.interfaces.1.mac", "52:54:00:12:34:57"),
    "os.network.interfaces[].addresses": ("os.network.interfaces.1.addresses", ["192.0.2.3/24"]),
    "os.network.interfaces[].gateways": ("os.network.interfaces.1.gateways", ["192.0.2.9"]),
    "os.network.interfaces[].nameServers": ("os.network.interfaces.1.nameServers", ["192.0.2.54"]),
    "os.machineId.mode": ("", "keep"),
    "os.cgroup.version": ("", "v1"),
    "os.bootloader.type": ("", "grub"),
    "os.overlays[].mountPoint": ("os.overlays", [{**OVERLAY, "mountPoint": "/home"}]),
    "scripts.postCustomization[].content": ("scripts.postCustomization.0.content", "echo other > /etc/post"),
    "scripts.postCustomization[].arguments": ("scripts.postCustomization.0.arguments", ["two"]),
    "scripts.postCustomization[].environmentVariables.*": ("scripts.postCustomization.0.environmentVariables", {"WHO": "you"}),
    "scripts.postCustomization[].path": ("scripts.postCustomization.0", {"path": "files/script.sh"}),
    "scripts.finalizeCustomization[].content": ("scripts.finalizeCustomization.0.content", "echo other > /etc/final"),
    "scripts.finalizeCustomization[].arguments": ("scripts.finalizeCustomization.0.arguments", ["two"]),
    "scripts.finalizeCustomization[].environmentVariables.*": ("scripts.finalizeCustomization.0.environmentVariables", {"WHO": "you"}),
    "scripts.finalizeCustomization[].path": ("scripts.finalizeCustomization.0", {"path": "files/script.sh"}),
    "os.overlays[].lowerDirs": ("os.overlays", [{**OVERLAY, "lowerDirs": ["/opt", "/home"]}]),
    "os.overlays[].upperDir": ("os.overlays", [{**OVERLAY, "upperDir": "/data/other"}]),
    "os.overlays[].workDir": ("os.overlays", [{**OVERLAY, "workDir": "/data/other"}]),
    "os.overlays[].mountOptions": ("os.overlays", [{**OVERLAY, "mountOptions": "ro"}]),
    "os.overlays[].mountDependencies": ("os.overlays", [{**OVERLAY, "mountDependencies": ["/data"]}]),
    "os.packages.installLists": ("os.packages.installLists", ["files/list.yaml"]),
    "os.packages.roles": ("os.packages.roles", ["more"]),
    "os.packages.updateLists": ("os.packages", {"install": ["tiny-web"], "updateLists": ["files/list.yaml"]}),
    "baseConfigs[].path": ("baseConfigs", [{"path": "files/base.yaml"}]),
    "os.locale": ("", "C.UTF-8"),
    "output.images[].platform": ("output.images.0.platform", "azure"),
    "storage.freeSpace": ("storage", {**STORAGE, "autoSize": True, "freeSpace": "20M"}),
    "storage.disks[].maxSize": ("storage.disks.0.maxSize", "100M"),
    "storage.disks[].partitions[].size": ("storage.disks.0.partitions.1.size", "48M"),
    "storage.disks[].partitions[].end": ("storage.disks.0.partitions.0", {"id": "esp", "label": "esp", "type": "esp", "start": "1M",
                                                                         "end": "45M"}),
    "storage.disks[].partitions[].start": ("storage.disks.0.partitions.0.start", "2M"),
    "storage.disks[].partitions[].label": ("storage.disks.0.partitions.0.label", "efi"),
    "storage.disks[].partitions[].type": ("storage.disks.0.partitions.1.type", "linux-generic"),
    "storage.filesystems[].mountPoint.options": ("storage.filesystems.0.mountPoint.options", "umask=0022"),
    "storage.filesystems[].mountPoint.path": ("storage.filesystems.2.mountPoint.path", "/elsewhere"),
    "storage.filesystems[].mountPoint.idType": ("storage.filesystems.1.mountPoint.idType", "uuid"),
    "output.images[].format": ("output.images", [{"format": "vhd-fixed"}]),
    "output.images[].compression.algorithm": ("output.images", [{"format": "qcow2", "compression": {"algorithm": "zstd"}}]),
    "output.images[].compression.level": ("output.images", [{"format": "qcow2", "compression": {"algorithm": "zstd", "level": 9}}]),
    "output.image.format": ("output", {"image": {"format": "vhd-fixed"}}),
    "output.images[].clusterSize": ("output.images.0.clusterSize", "128K"),
}

# Written as those, and without a say in the bytes of the image.
NO_EFFECT = {
    # Nothing here has a language; the same layout in other words.
    "os.packages.languages": ("", ["de"]),
    "os.overlays[].lowerDir": ("os.overlays", [{**{key: value for key, value in OVERLAY.items() if key != "lowerDirs"}, "lowerDir": "/opt"}]),
    "storage.autoSize": ("", True),
    "storage.filesystems[].type": ("storage.filesystems.0.type", "vfat"),
    # Words that only a person or another command reads: the bytes stay.
    "scripts.postCustomization[].interpreter": ("scripts.postCustomization.0.interpreter", "/usr/bin/sh"),
    "scripts.postCustomization[].name": ("scripts.postCustomization.0.name", "renamed"),
    "scripts.finalizeCustomization[].interpreter": ("scripts.finalizeCustomization.0.interpreter", "/usr/bin/sh"),
    "scripts.finalizeCustomization[].name": ("scripts.finalizeCustomization.0.name", "renamed"),
    "os.imageHistory": ("os.imageHistory", "none"),
    "checks[].name": ("checks", [{"name": "is there", "file": "/etc/note", "expect": "one"}]),
    "checks[].file": ("checks", [{"file": "/etc/note", "expect": "one"}]),
    "checks[].expect": ("checks", [{"file": "/etc/note", "expect": "two"}]),
    "checks[].command": ("checks", [{"command": "true"}]),
    "checks[].unit": ("checks", [{"unit": "web.service"}]),
    "architectures": ("", ["x86_64"]),
    "previewFeatures": ("", ["package-snapshot-time", "base-configs", "uki"]),
    "os.packages.exclude": ("os.packages", {**BASE["os"]["packages"], "exclude": ["tiny-starting"]}),
    "os.packages.snapshotTime": ("", "2099-01-01"),
    "os.packages.update": ("os.packages.update", ["tiny-web"]),
    "os.packages.updateExistingPackages": ("", True),
    "os.packages.remove": ("", ["tiny-starting"]),
    "os.packages.removeLists": ("", ["files/list.yaml"]),
    "os.packages.recommends": ("", True),
    "repositories[].name": ("repositories.0.name", "others"),
    "repositories[].path": ("repositories.0.path", "files/../repository"),
    "repositories[].cost": ("repositories.0.cost", 2000),
    "repositories[].priority": ("repositories.0.priority", 98),
    "repositories[].architectures": ("repositories.0.architectures", ["x86_64"]),
    "repositories[].excludePackages": ("repositories.0.excludePackages", ["tiny-needy"]),
    "repositories[].includePackages": ("repositories.0.includePackages", ["tiny-*"]),
    "scripts.network": ("", False),
    "os.scriptlets.timeout": ("os.scriptlets.timeout", 90),
    "os.scriptlets.allowFailure": ("os.scriptlets.allowFailure", ["tiny-web"]),
}
# Keys without a change of their own, and why.
ELSEWHERE = {
    r"(input|iso|pxe)\b.*|resetPartitionsUuidsType|os\.resetBootLoaderType|os\.bootloader\.resetType":
        "has no meaning when a root is composed",
    r"release": "test_what_a_config_refers_to_is_looked_at",
    r"os\.containerImages\b.*": "containers_test.py builds with them again",
    r"os\.(fips|kernel|selinux|timezone|uki)\b.*|storage\.verity\b.*|os\.overlays\[\]\.is(Initrd|Rootfs)Overlay|storage\.bootType|storage\.disks\[\]\.partitionTableType":
        "needs packages of a real distribution: cache_test.py",
    r"repositories\[\]\.(baseUrl|mirrorList|gpgKeys|gpgCheck|repoGpgCheck)": "another way to the same packages",
    r"os\.keymap": "no distribution of the tests has keymaps; the line is the last one that the step of os.locale writes",
    r"os\.packages\.docs": "nothing here has documentation: cache_test.py",
    r"variants\b.*": "configs of others, as baseConfigs: variants_test.py",
    r"roles": "configs of others, as baseConfigs",
    r"output\.scriptFiles": "needs scripts of its own: script_files_test.py",
    r"output\.artifacts\b.*": "beside the image, made of the same root",
    r"output\.image\.path": "a place",
    r"output\.image\.cosi\b.*": "compresses a file of another format: customize_cosi_test.py",
    r"storage\.disks\[\]\.partitions|storage\.filesystems|output\.images": "shorter ways to write what is tried",
    r"storage\.disks\[\]\.partitions\[\]\.id|storage\.filesystems\[\]\.deviceId": "names within the config",
    r"storage\.filesystems\[\]\.btrfs\b.*": "refused with the file system",
    r"storage\.fileSystems\b.*": "another spelling of storage.filesystems",
}


def members(schema):
    """The paths of all keys of a JSON schema that hold no other keys; [] stands for a list, * for names of the user's own."""
    definitions = schema.get("$defs", {})
    found = set()

    def walk(node, path, seen=()):
        if not isinstance(node, dict):
            return False
        if "$ref" in node:
            if node["$ref"] == "#":  # a variant holds what a config does
                return True
            name = node["$ref"].rsplit("/", 1)[-1]
            return name not in seen and walk(definitions[name], path, (*seen, name))
        holds = False
        for word in ("oneOf", "anyOf", "allOf"):
            for choice in node.get(word, []):
                holds |= walk(choice, path, seen)
        inner = {f"{path}.{key}": value for key, value in node.get("properties", {}).items()}
        if isinstance(node.get("additionalProperties"), dict):
            inner[f"{path}.*"] = node["additionalProperties"]
        for key, value in inner.items():
            holds = True
            if not walk(value, key, seen):
                found.add(key.lstrip("."))
        if isinstance(node.get("items"), dict):
            holds |= walk(node["items"], path + "[]", seen)
        return holds

    walk(schema, "")
    return found


def changed(config, place, value):
    """A copy of the config with another value at the place, which is written with dots."""
    copied = copy.deepcopy(config)
    *steps, last = [int(step) if step.isdigit() else step for step in place.split(".")]
    at = copied
    for step in steps:
        at = at[step] if isinstance(at, list) else at.setdefault(step, {})
    at[last] = value
    return copied


class Keys(TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.distribution = cls.class_scratch()
        tiny_distribution.make(cls.distribution)
        profile = cls.distribution / "releases/tiny.yaml"
        for text, replacement in PROFILE:
            profile.write_text(profile.read_text().replace(text, replacement, 1))

    def setUp(self):
        self.top = self.scratch()
        for name, content in FILES.items():
            path = self.top / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)
        # Packages that the release has too, so that there is something to prefer.
        (self.top / "repository").symlink_to(self.distribution / "repository")

    def build(self, config, output, *arguments, env=None):
        path = self.top / "small.yaml"
        path.write_text(json.dumps({**config, "release": str(self.distribution / "releases/tiny.yaml")}))
        if output != "base":
            shutil.rmtree(self.top / output, ignore_errors=True)
        result = self.run_program("--cache-dir", self.top / "cache", "build", path, "--arch", "x86_64", "--output-dir", self.top / output,
                                  "--progress", "none", *arguments, env=env or environment(), expect=None)
        self.assertEqual(result.returncode, 0, result.stderr[-1500:])
        return artifact_digests(self.top / output)

    def test_every_key_is_tried_or_has_a_reason(self):
        schema = json.loads(self.run_program("schema").stdout)
        refused = tuple(line.split("  ")[0] for line in self.run_program("schema", "--support").stdout.splitlines() if ":" not in line)
        left = [key for key in sorted(members(schema)) if key not in {*CHANGES, *NO_EFFECT} and not key.startswith(refused)
                and not any(re.fullmatch(pattern, key) for pattern in ELSEWHERE)]
        self.assertEqual(left, [])

    def test_a_change_of_one_key_has_the_bytes_of_a_build_without_a_cache(self):
        before = self.build(BASE, "base")
        names = [*CHANGES, *NO_EFFECT]
        random.Random(SEED).shuffle(names)
        only = os.environ.get("IMAGEWRIGHT_CACHE_KEY")
        for key in [only] if only else names[:int(os.environ.get("IMAGEWRIGHT_CACHE_KEYS", "8"))]:
            place, value = CHANGES.get(key) or NO_EFFECT[key]
            with self.subTest(key=key):
                config = changed(BASE, place or key, value)
                anew = self.build(config, "anew", "--no-cache")
                cached = self.build(config, "cached")
                self.assertEqual(cached, anew)
                images = [sorted(value for name, value in each.items() if not name.endswith(".json")) for each in (before, anew)]
                self.assertEqual(images[0] != images[1], key in CHANGES)
                # What the next change is compared with is the base's again.
                self.build(BASE, "base")

    def test_what_a_config_refers_to_is_looked_at(self):
        profile = self.distribution / "releases/tiny.yaml"
        kept = profile.read_text()
        self.addCleanup(profile.write_text, kept)
        epoch = environment(SOURCE_DATE_EPOCH=1600000000)

        referents = {
            "a file": lambda: (self.top / "files/note").write_text("changed"),
            "a file's mode": lambda: (self.top / "files/note").chmod(0o600),
            "a script": lambda: (self.top / "files/script.sh").write_text("echo changed > /etc/by-file\n"),
            "a base config": lambda: (self.top / "files/base.yaml").write_text("os: {packages: {install: [tiny-bulky]}}\n"),
            "the release profile": lambda: profile.write_text(kept + "kernelArguments: [audit=1]\n"),
        }
        config = changed(BASE, "baseConfigs", [{"path": "files/base.yaml"}])
        config = changed(config, "scripts.postCustomization.0", {"path": "files/script.sh"})
        before = self.build(config, "base")
        for name, change in referents.items():
            with self.subTest(changed=name):
                change()
                anew = self.build(config, "anew", "--no-cache")
                self.assertEqual(self.build(config, "cached"), anew)
                self.assertNotEqual(anew, before)
                before = anew
        with self.subTest(changed="the environment"):
            anew = self.build(config, "anew", "--no-cache", env=epoch)
            self.assertEqual(self.build(config, "cached", env=epoch), anew)
            self.assertNotEqual(anew, before)


if __name__ == "__main__":
    unittest.main()
