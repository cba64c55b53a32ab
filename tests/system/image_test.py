# SPDX-License-Identifier: MIT
"""The example node on the workbench: composed, examined by tools of others, composed again."""

import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import unittest
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import digest  # noqa: E402
from imagewright_testing import (PROGRAM, TOP, TestCase, environment, require_module, require_npm_packages,  # noqa: E402
                                 require_shared_data, require_workbench)

CONFIG = "configs/node.yaml"
# Shared by the tests of this file; made anew by each run.
IMAGES = TOP / "build/system-test"
NAME = "node-x86_64"
MIB = 1 << 20


def build(output, *arguments, **options):
    command = [str(PROGRAM), "build", CONFIG, "--no-cache", "--arch", "x86_64", "--output-dir", str(output), "--progress", "plain",
               "--format", "raw", "--format", "qcow2", "--format", "vhd-fixed", *arguments]
    return subprocess.run(command, cwd=TOP, env=environment(), capture_output=True, text=True, **options)


class ComposedImage(TestCase):
    @classmethod
    def setUpClass(cls):
        require_workbench()
        shutil.rmtree(IMAGES, ignore_errors=True)
        cls.result = build(IMAGES / "first", "--keep-root")
        if cls.result.returncode != 0:
            raise AssertionError(f"build failed with {cls.result.returncode}\n{cls.result.stdout}\n{cls.result.stderr[-6000:]}")
        cls.raw = IMAGES / "first" / f"{NAME}.raw"
        cls.manifest = json.loads((IMAGES / "first" / f"{NAME}.manifest.json").read_text())

    def image(self, extension):
        return IMAGES / "first" / f"{NAME}{extension}"

    def partition(self, mount_point):
        for partition in self.manifest["disk"]["partitions"]:
            if partition.get("filesystem", {}).get("mountPoint") == mount_point:
                return partition
        self.fail(f"nothing is mounted at {mount_point}")

    def extract(self, partition):
        target = self.scratch() / "partition"
        with open(self.raw, "rb") as source, open(target, "wb") as copy:
            source.seek(partition["start"])
            left = partition["size"]
            while left:
                piece = source.read(min(MIB, left))
                left -= len(piece)
                if piece.count(0) == len(piece):
                    copy.seek(len(piece), os.SEEK_CUR)
                else:
                    copy.write(piece)
            copy.truncate(partition["size"])
        return target

    def test_every_artifact_is_published_with_its_sum(self):
        names = {f"{NAME}{extension}" for extension in
                 (".raw", ".qcow2", ".vhd", ".manifest.json", ".spdx.json", ".cdx.json", ".report.json", ".report.html")}
        directory = IMAGES / "first"
        self.assertEqual({path.name for path in directory.iterdir()}, names | {"SHA256SUMS", f"{NAME}.root"})
        listed = dict(reversed(line.split("  ")) for line in (directory / "SHA256SUMS").read_text().splitlines())
        self.assertEqual(set(listed), names)
        for name, expected in listed.items():
            self.assertEqual(digest(directory / name), expected, name)
        self.assertEqual({line.rsplit("/", 1)[1] for line in self.result.stdout.split()}, names)

    def test_qemu_reads_every_format_as_the_same_disk(self):
        self.run_tool("qemu-img", "check", "-f", "qcow2", self.image(".qcow2"))
        for format_name, extension in (("qcow2", ".qcow2"), ("vpc", ".vhd")):
            self.run_tool("qemu-img", "compare", "-f", "raw", "-F", format_name, self.raw, self.image(extension))

    def test_the_partition_table_is_sound(self):
        result = self.run_tool("sgdisk", "-v", self.raw)
        self.assertIn("No problems found", result.stdout)
        self.run_tool("sfdisk", "--verify", self.raw)

    def test_the_root_filesystem_is_sound(self):
        result = self.run_tool("e2fsck", "-fn", self.extract(self.partition("/")))
        self.assertNotRegex(result.stdout + result.stderr, "(?i)error|fix|corrupt")

    def test_the_system_partition_is_sound(self):
        self.run_tool("fsck.vfat", "-n", self.extract(self.partition("/boot/efi")))

    def test_the_root_as_an_archive_is_the_root(self):
        """tar and wsl of the same lock: unpacked by GNU tar, rpm finds nothing that differs."""
        output = self.scratch() / "out"
        result = subprocess.run([str(PROGRAM), "build", CONFIG, "--no-cache", "--arch", "x86_64", "--output-dir", str(output), "--format", "tar",
                                 "--format", "wsl"], cwd=TOP, env=environment(), capture_output=True, text=True, timeout=600)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sorted(path.name for path in output.iterdir() if "." in path.name and path.name.endswith(("zst", "wsl"))),
                         [f"{NAME}.tar.zst", f"{NAME}.wsl"])
        root = self.scratch() / "root"
        root.mkdir()
        self.run_tool("tar", "--numeric-owner", "--xattrs", "--xattrs-include=*", "-C", root, "-xpf", output / f"{NAME}.tar.zst")
        verified = self.run_tool("rpm", "--root", root, "--dbpath", "/var/lib/rpm", "-Va", "--nodeps", expect=None)
        self.assertEqual(verified.stdout, "")
        plain = self.run_tool("tar", "-tzf", output / f"{NAME}.wsl").stdout.splitlines()
        self.assertEqual(len(plain), len(set(plain)))
        self.assertIn("./etc/wsl-distribution.conf", plain)
        manifest = json.loads((output / f"{NAME}.manifest.json").read_text())
        self.assertEqual(manifest["disk"]["partitions"], [])

    def test_rpm_finds_every_package_as_it_was_installed(self):
        root = IMAGES / "first" / f"{NAME}.root"
        result = self.run_tool("rpm", "--root", root, "--dbpath", "/var/lib/rpm", "-Va", "--nodeps", expect=None)
        # A kept root is open to its owner alone; in the image "/" has the mode of its package.
        self.assertEqual(result.stdout, ".M.......    /\n")
        installed = self.run_tool("rpm", "--root", root, "--dbpath", "/var/lib/rpm", "-qa").stdout.split()
        self.assertEqual(len(installed), len(self.manifest["packages"]))

    def test_rpm_finds_every_package_in_the_image_as_it_was_installed(self):
        """Everything that rpm compares, from the image file and not from the root that it was made of."""
        root = self.scratch() / "root"
        root.mkdir()
        self.run_tool("debugfs", "-R", f"rdump / {root}", self.extract(self.partition("/")))
        esp = self.extract(self.partition("/boot/efi"))
        self.run_tool("mcopy", "-s", "-Q", "-p", "-m", "-i", esp, "::*", root / "boot/efi")
        # debugfs copies neither extended attributes nor owners of links, nor setuid bits.
        for path, file in self.files_of("/"):
            target = root / path.lstrip("/")
            for name, value in file.get("attributes", {}).items():
                os.setxattr(target, name, bytes.fromhex(value), follow_symlinks=False)
            if file["type"] == "link":
                os.chown(target, file["owner"], file["group"], follow_symlinks=False)
            else:
                os.chmod(target, int(file["mode"], 8))
        result = self.run_tool("rpm", "--root", root, "--dbpath", "/var/lib/rpm", "-Va", "--nodeps", expect=None)
        self.assertEqual(result.stdout, "")
        installed = self.run_tool("rpm", "--root", root, "--dbpath", "/var/lib/rpm", "-qa", "--qf", "%{NAME}\\n").stdout.split()
        self.assertEqual(sorted(installed), sorted(package["name"] for package in self.manifest["packages"]))

    @classmethod
    def inspection(cls):
        result = subprocess.run([str(PROGRAM), "inspect", str(cls.raw), "--json", "--files"], env=environment(),
                                capture_output=True, text=True, check=True)
        return json.loads(result.stdout)

    def files_of(self, mount_point):
        for partition in self.inspection()["disk"]["partitions"]:
            if partition.get("filesystem", {}).get("mountPoint") == mount_point:
                return partition["files"].items()
        self.fail(f"nothing is mounted at {mount_point}")

    def test_inspect_finds_what_the_manifest_promises(self):
        found = self.inspection()
        fields = ("name", "epoch", "version", "release", "architecture")
        self.assertEqual([[package[field] for field in fields] for package in found["packages"]],
                         sorted([package[field] for field in fields] for package in self.manifest["packages"]))
        self.assertEqual(found["system"]["kernels"], [kernel["release"] for kernel in self.manifest["kernels"]])
        self.assertEqual(found["system"]["kernelCommandLine"], self.manifest["kernelCommandLine"])
        self.assertEqual(found["disk"]["uuid"], self.manifest["disk"]["uuid"])
        enabled = {unit["unit"] for unit in self.manifest["units"] if unit["state"] == "enabled"}
        self.assertLessEqual({f"{unit}.service" for unit in ("ssh", "containerd")}, set(found["system"]["enabledUnits"]), enabled)

    def test_inspect_sees_every_file_as_the_manifest_lists_it(self):
        files = dict(self.files_of("/"))
        listed = {path: line.split(" ") for path, line in self.manifest["files"].items() if not path.startswith("/boot/efi/")}
        self.assertEqual(set(listed) - set(files), set())
        for path, words in listed.items():
            file = files[path]
            self.assertEqual([file["type"], file["mode"], f"{file['owner']}:{file['group']}"], words[:3], path)
            if words[0] == "file":
                self.assertEqual([str(file["size"]), file["content"]], words[3:5], path)

    def test_images_of_one_disk_are_equal_whatever_their_format(self):
        result = self.run_program("diff", self.image(".qcow2"), self.image(".vhd"), "--exit-code")
        self.assertEqual(result.stdout, "")

    def test_the_vhd_is_what_azure_takes(self):
        path = self.image(".vhd")
        size = path.stat().st_size
        self.assertEqual((size - 512) % MIB, 0)
        with open(path, "rb") as file:
            file.seek(size - 512)
            footer = file.read(512)
        cookie, features, version, offset, _, creator = struct.unpack(">8sIIQI4s", footer[:32])
        original, current = struct.unpack(">QQ", footer[40:56])
        disk_type, checksum = struct.unpack(">II", footer[60:68])
        self.assertEqual((cookie, features, version, offset), (b"conectix", 2, 0x10000, 0xFFFFFFFFFFFFFFFF))
        self.assertNotIn(creator, (b"vpc ", b"vs  ", b"qemu"))
        self.assertEqual((original, current, disk_type), (size - 512, size - 512, 2))
        without_checksum = footer[:64] + bytes(4) + footer[68:]
        self.assertEqual(checksum, ~sum(without_checksum) & 0xFFFFFFFF)

    def test_the_bill_of_materials_lists_every_package(self):
        document = json.loads(self.image(".spdx.json").read_text())
        names = {package["name"] for package in document["packages"]}
        self.assertLessEqual({package["name"] for package in self.manifest["packages"]}, names)

    def test_bills_of_materials_fit_the_schemas_of_their_makers(self):
        jsonschema = require_module("jsonschema")
        for extension, name in ((".spdx.json", "spdx-2.3"), (".cdx.json", "cyclonedx-1.6")):
            schema = json.loads((require_shared_data("advisories") / f"{name}.schema.json").read_text())
            # CycloneDX refers to lists of licences and to signatures, neither of which we use.
            store = {urllib.parse.urljoin(schema.get("$id", ""), other): {} for other in ("spdx.schema.json", "jsf-0.82.schema.json")}
            resolver = jsonschema.RefResolver.from_schema(schema, store=store)
            document = json.loads(self.image(extension).read_text())
            errors = list(jsonschema.validators.validator_for(schema)(schema, resolver=resolver).iter_errors(document))
            self.assertEqual([error.message[:200] for error in errors], [], extension)

    def test_cyclonedx_own_library_takes_the_bill_of_materials(self):
        modules = require_npm_packages("@cyclonedx/cyclonedx-library@10.3.0", "ajv@8.20.0", "ajv-formats@3.0.1", "ajv-formats-draft2019@1.6.1")
        script = self.scratch() / "check.js"
        script.write_text("const {Spec, Validation} = require('@cyclonedx/cyclonedx-library'), text = require('fs').readFileSync(0, 'utf8');"
                          "new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text).then(e => console.log(JSON.stringify(e)));")

        def complaints(document):
            result = subprocess.run(["node", script], input=json.dumps(document), capture_output=True, text=True,
                                    env=environment(NODE_PATH=str(modules)))
            self.assertEqual(result.returncode, 0, result.stderr)
            return json.loads(result.stdout)
        document = json.loads(self.image(".cdx.json").read_text())
        self.assertIsNone(complaints(document))
        document["components"][0]["licenses"] = [{"license": {"id": "no such licence"}}]
        self.assertTrue(complaints(document))

    def test_bills_of_materials_name_source_and_supplier(self):
        for component in json.loads(self.image(".cdx.json").read_text())["components"]:
            self.assertIn("&upstream=", component["purl"])
            self.assertTrue(component["licenses"], component["name"])

    def test_a_second_build_has_the_same_bytes(self):
        again = build(IMAGES / "second")
        self.assertEqual(again.returncode, 0, again.stderr[-4000:])
        for extension in (".raw", ".qcow2", ".vhd", ".manifest.json", ".spdx.json", ".cdx.json"):
            self.assertEqual(digest(IMAGES / "second" / f"{NAME}{extension}"), digest(self.image(extension)), extension)

    def test_no_loop_device_is_opened_and_nothing_is_mounted_outside(self):
        scratch = self.scratch()
        before = Path("/proc/self/mountinfo").read_text()
        trace = scratch / "trace"
        command = ["strace", "-f", "-qq", "--pidns-translation", "-o", str(trace), "-e", "trace=open,openat,openat2,mount,umount2,unshare,clone,clone3,fork,vfork",
                   str(PROGRAM), "build", CONFIG, "--no-cache", "--arch", "x86_64", "--output-dir", str(scratch / "out"), "--format", "raw",
                   "--progress", "none"]
        result = subprocess.run(command, cwd=TOP, env=environment(), capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr[-4000:])
        self.assertEqual(Path("/proc/self/mountinfo").read_text(), before)
        self.assertEqual(self.offending_calls(trace), [])

    @staticmethod
    def offending_calls(trace):
        """Opens of loop devices, and mounts by a process that is not in a mount namespace of the build's own."""
        lines = trace.read_text(errors="replace").splitlines()
        # The trace may have a child's calls, among them those that make children of its own, before the end of the call
        # that made it: so it is read again until nobody is added.
        born_private, known = set(), None
        while born_private != known:
            known, private = set(born_private), set(born_private)
            for line in lines:
                pid, _, call = line.partition(" ")
                call = call.strip()
                # What a child of a PID namespace is called there is followed by its number here.
                child = re.search(r"= \d+ /\* (\d+) in strace's PID NS \*/$", call) or re.search(r"= (\d+)$", call)
                if re.match(r"(clone|clone3|fork|vfork)\(|<\.\.\. (clone|clone3|fork|vfork) resumed", call) and child:
                    if "CLONE_NEWNS" in call or pid in private:
                        private.add(child.group(1))
                        born_private.add(child.group(1))
                if call.startswith("unshare(") and "CLONE_NEWNS" in call:
                    private.add(pid)
        private = set(born_private)
        offending = []
        for line in lines:
            pid, _, call = line.partition(" ")
            call = call.strip()
            if call.startswith("unshare(") and "CLONE_NEWNS" in call:
                private.add(pid)
            if "/dev/loop" in call or (re.match(r"(mount|umount2)\(", call) and pid not in private):
                offending.append(line)
        return offending


class InterruptedBuild(TestCase):
    @classmethod
    def setUpClass(cls):
        require_workbench()

    def start(self, output):
        return subprocess.Popen([str(PROGRAM), "build", CONFIG, "--no-cache", "--arch", "x86_64", "--output-dir", str(output), "--progress", "plain"],
                                cwd=TOP, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def test_control_c_leaves_nothing_at_any_stage(self):
        for stage in ("metadata:", "install:", "initramfs:", "image:"):
            with self.subTest(stage=stage):
                output = self.scratch() / "out"
                process = self.start(output)
                said = []
                while not (said and said[-1].startswith(stage)):
                    said.append(process.stderr.readline())
                    self.assertNotEqual(said[-1], "", "".join(said))
                process.send_signal(signal.SIGINT)
                _, errors = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 130, "".join(said) + errors[-2000:])
                self.assertEqual(list(output.iterdir()) if output.exists() else [], [])

    def test_a_full_disk_is_an_error_and_leaves_nothing(self):
        scratch = self.scratch()
        output = scratch / "small"
        output.mkdir()
        script = (f"mount -t tmpfs -o size=120M tmpfs {output} && "
                  f"{PROGRAM} build {CONFIG} --arch x86_64 --output-dir {output} --progress none; "
                  f"code=$?; ls -A {output}; exit $code")
        result = subprocess.run(["unshare", "--mount", "bash", "-c", script], cwd=TOP, env=environment(),
                                capture_output=True, text=True)
        self.assertEqual(result.returncode, 1, result.stderr[-3000:])
        self.assertEqual(result.stdout, "")
        self.assertRegex(result.stderr, r"disk-full|No space left")


if __name__ == "__main__":
    unittest.main(verbosity=2)
