#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""COSI files: what is in them is judged by tar, zstd and e2fsck, and what others write is read."""

import hashlib
import io
import json
import subprocess
import sys
import tarfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from customizing import CustomizingTestCase, digest  # noqa: E402
from imagewright_testing import environment, require_program  # noqa: E402

TABLE_SIZE = 34 * 512
MIB = 1 << 20


def unzstd(data):
    return subprocess.run(["zstd", "-dc", "--long=27"], input=data, capture_output=True, check=True).stdout


def zstd(data):
    return subprocess.run(["zstd", "-qc", "-3"], input=data, capture_output=True, check=True).stdout


class Archive:
    """A COSI file as Python's tarfile sees it."""

    def __init__(self, path):
        with tarfile.open(path, "r:") as tar:
            self.names = tar.getnames()
            self.members = {each.name: each for each in tar.getmembers()}
            self.content = {each.name: tar.extractfile(each).read() for each in tar.getmembers()}
        self.metadata = json.loads(self.content["metadata.json"])

    def image(self, number):
        region = next(each for each in self.metadata["disk"]["gptRegions"] if each.get("number", 0) == number)
        return unzstd(self.content[region["image"]["path"]])

    def write(self, path, metadata=None, content=None, order=None):
        """The same with something else in it."""
        content = {**self.content, **(content or {})}
        content["metadata.json"] = json.dumps(metadata or self.metadata).encode()
        with tarfile.open(path, "w:", format=tarfile.PAX_FORMAT) as tar:
            for name in order or [each for each in self.names if each in content]:
                member = tarfile.TarInfo(name)
                member.size = len(content[name])
                tar.addfile(member, io.BytesIO(content[name]))
        return path


def record(content, data, path):
    compressed = content[path] = zstd(data)
    return {"path": path, "compressedSize": len(compressed), "uncompressedSize": len(data),
            "sha384": hashlib.sha384(compressed).hexdigest()}


class Cosi(CustomizingTestCase):
    @classmethod
    def setUpClass(cls):
        require_program("zstd")
        super().setUpClass()

    def convert(self, source, name, *options, expect=0):
        target = self.scratch() / name
        result = self.run_program("convert", source, target, *options, expect=expect, env=environment())
        return target if expect == 0 else result.stderr

    def cosi(self):
        if not hasattr(type(self), "made_cosi"):
            path = self.top / "base.cosi"
            self.run_program("convert", self.base(), path, env=environment())
            type(self).made_cosi = path
        return self.made_cosi

    def test_a_file_is_what_the_specification_says(self):
        base = self.base()
        self.assertEqual(self.cosi().read_bytes()[:11], b"cosi-marker")
        archive = Archive(self.cosi())
        metadata = archive.metadata
        self.assertEqual(archive.names[:3], ["cosi-marker", "metadata.json", metadata["disk"]["gptRegions"][0]["image"]["path"]])
        self.assertEqual(archive.members["cosi-marker"].size, 0)
        self.assertEqual(metadata["version"], "1.2")
        self.assertEqual(metadata["osArch"], "x86_64")
        self.assertEqual(metadata["compression"], {"maxWindowLog": 27})
        self.assertEqual(metadata["bootloader"], {"type": "grub"})
        partitions, table = self.partitions(base)
        self.assertEqual((metadata["disk"]["size"], metadata["disk"]["type"], metadata["disk"]["lbaSize"]),
                         (base.stat().st_size, "gpt", 512))
        regions = metadata["disk"]["gptRegions"]
        self.assertEqual([each["image"]["path"] for each in regions], archive.names[2:])
        self.assertEqual([(each["type"], each.get("number")) for each in regions],
                         [("primary-gpt", None), ("partition", 1), ("partition", 2), ("partition", 3)])
        for region in regions:
            image = region["image"]
            stored = archive.content[image["path"]]
            self.assertEqual(len(stored), image["compressedSize"])
            self.assertEqual(hashlib.sha384(stored).hexdigest(), image["sha384"])
            self.assertEqual(len(unzstd(stored)), image["uncompressedSize"])
        with base.open("rb") as disk:
            self.assertEqual(unzstd(archive.content[regions[0]["image"]["path"]]), disk.read(TABLE_SIZE))
        for number, label in enumerate(("esp", "data", "root"), 1):
            self.assertEqual(digest(archive.image(number)), digest(self.stretch(base, partitions[label])), label)
        images = {each["mountPoint"]: each for each in metadata["images"]}
        self.assertEqual(set(images), {"/", "/srv", "/boot/efi"})
        self.assertEqual(images["/boot/efi"]["fsType"], "vfat")
        self.assertEqual(images["/boot/efi"]["partType"].lower(), "c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
        self.assertEqual(images["/"]["image"], regions[3]["image"])
        copy = self.scratch() / "root"
        copy.write_bytes(archive.image(3))
        self.run_tool("e2fsck", "-fn", copy)
        self.assertEqual(images["/"]["fsUuid"], self.run_tool("blkid", "-s", "UUID", "-o", "value", copy).stdout.strip())
        release = self.run_tool("debugfs", "-R", "cat /usr/lib/os-release", copy).stdout
        self.assertEqual(metadata["osRelease"], release)
        packages = [(each["name"], each["version"], each["release"], each["architecture"]) for each in self.inspect(base)["packages"]]
        self.assertEqual([(each["name"], each["version"], each["release"], each["arch"]) for each in metadata["osPackages"]],
                         sorted(packages))

    def test_a_disk_survives_the_way_there_and_back(self):
        self.assertEqual(digest(self.convert(self.cosi(), "back.raw").read_bytes()), digest(self.base().read_bytes()))
        self.assertEqual(digest(self.convert(self.cosi(), "again.cosi").read_bytes()), digest(self.cosi().read_bytes()))
        self.run_program("diff", self.base(), self.cosi(), env=environment())
        said, plain = self.inspect(self.cosi(), "--files"), self.inspect(self.base(), "--files")
        self.assertEqual(said.pop("format"), "cosi")
        self.assertEqual(plain.pop("format"), "raw")
        said.pop("file")
        plain.pop("file")
        self.assertEqual(said, plain)

    def test_what_is_customized_comes_and_goes_as_cosi(self):
        text = "os: {hostname: changed, additionalFiles: [{destination: /srv/new, content: new}]}\n"
        wanted = self.customize(text)
        self.assertEqual(digest(self.customize(text, base=self.cosi()).read_bytes()), digest(wanted.read_bytes()))
        # An image's identifier is of its config, which names the formats: both are of one run.
        config = self.config(text)
        config.write_text(config.read_text().replace("[{format: raw}]", "[{format: raw}, {format: cosi}]"))
        out = config.parent / "out"
        self.run_program("customize", "--image", self.cosi(), config, "--output-dir", out, "--cache-dir", self.top / "cache", env=environment())
        wanted, made = next(out.glob("*.raw")), next(out.glob("*.cosi"))
        self.assertEqual(digest(self.convert(made, "made.raw").read_bytes()), digest(wanted.read_bytes()))
        archive = Archive(made)
        self.assertEqual(archive.metadata["osArch"], "x86_64")
        copy = self.scratch() / "data"
        copy.write_bytes(archive.image(2))
        self.run_tool("e2fsck", "-fn", copy)
        self.assertEqual(self.run_tool("debugfs", "-R", "cat /new", copy).stdout, "new")
        # The identifier is that of the release file.
        root = self.scratch() / "root"
        root.write_bytes(archive.image(3))
        release = self.run_tool("debugfs", "-R", "cat /etc/image-customizer-release", root).stdout
        self.assertIn(f'IMAGE_UUID="{archive.metadata["id"]}"', release)

    def test_a_level_is_obeyed_and_changes_nothing_else(self):
        config = self.config("os: {hostname: level}\n")
        sizes, disks = [], []
        for level in (1, 19):
            config.write_text("os: {hostname: level, imageHistory: none}\noutput: {image: {path: " + str(self.scratch() / "node.cosi") +
                              f", format: cosi, cosi: {{compression: {{level: {level}}}}}}}}}\n")
            out = self.scratch() / "out"
            self.run_program("customize", "--image", self.base(), config, "--output-dir", out, "--cache-dir", self.top / "cache",
                             env=environment())
            sizes.append((out / "node.cosi").stat().st_size)
            disks.append({(each["label"], path): file for each in self.inspect(out / "node.cosi", "--files")["disk"]["partitions"]
                          for path, file in each["files"].items()})
        self.assertGreater(sizes[0], sizes[1])
        self.assertLessEqual({key for key in disks[0].keys() | disks[1].keys() if disks[0].get(key) != disks[1].get(key)},
                             {("root", "/etc/image-customizer-release")})

    def test_an_image_for_bare_metal_is_a_cosi_in_a_fixed_vhd(self):
        path = self.scratch() / "node.baremetal.cosi"
        self.run_program("convert", self.base(), path, "--format", "baremetal-image", env=environment())
        content = path.read_bytes()
        plain = self.cosi().read_bytes()
        self.assertEqual(content[:len(plain)], plain)
        self.assertEqual((len(content) - 512) % MIB, 0)
        self.assertLess(len(content) - 512 - len(plain), MIB)
        self.assertEqual(set(content[len(plain):-512]), {0})
        footer = content[-512:]
        size, kind, checksum = (int.from_bytes(footer[start:end], "big") for start, end in ((48, 56), (60, 64), (64, 68)))
        self.assertEqual((footer[:8], size, kind), (b"conectix", len(content) - 512, 2))
        self.assertEqual(checksum, ~sum(footer[:64] + footer[68:]) & 0xFFFFFFFF)
        # QEMU sees the archive as a disk, tar the members, and here it is the system.
        self.assertEqual(json.loads(self.run_tool("qemu-img", "info", "-f", "vpc", "--output=json", path).stdout)["virtual-size"], size)
        self.assertEqual(Archive(path).names, Archive(self.cosi()).names)
        self.assertEqual(digest(self.convert(path, "back.raw").read_bytes()), digest(self.base().read_bytes()))
        for given in ("cosi", "baremetal-image"):
            self.assertEqual(json.loads(self.run_program("inspect", path, "--input-format", given, "--json", env=environment()).stdout)["format"], "cosi")
        config = self.config("os: {hostname: bare, imageHistory: none}\n")
        config.write_text(config.read_text().replace("output: {images: [{format: raw}]}",
                                                     "output: {image: {path: bare.vhd, format: baremetal-image, cosi: {compression: {level: 1}}}}"))
        out = config.parent / "out"
        self.run_program("customize", "--image", path, config, "--output-dir", out, "--cache-dir", self.top / "cache", env=environment())
        self.assertEqual(self.inspect(out / "bare.vhd")["system"]["hostName"], "bare")
        self.check_filesystems(self.convert(out / "bare.vhd", "bare.raw"))
        self.assertEqual(set(Archive(out / "bare.vhd").metadata), set(Archive(self.cosi()).metadata))

    def test_unified_kernel_images_are_listed(self):
        archive = Archive(self.convert(self.base("systemd-boot"), "uki.cosi"))
        loader = archive.metadata["bootloader"]
        self.assertEqual(loader["type"], "systemd-boot")
        told = self.inspect(self.base("systemd-boot"))["system"]["bootEntries"]
        self.assertEqual([(each["path"], each["cmdline"]) for each in loader["systemdBoot"]["entries"]],
                         [(each["file"], each["commandLine"]) for each in told])
        for entry in loader["systemdBoot"]["entries"]:
            self.assertIn(entry["kernel"], self.inspect(self.base("systemd-boot"))["system"]["kernels"])

    def test_files_of_versions_without_a_partition_table_are_read(self):
        archive = Archive(self.cosi())
        for version in ("1.0", "1.1"):
            metadata = {key: value for key, value in archive.metadata.items() if key not in ("disk", "compression")}
            metadata["version"] = version
            order = ["metadata.json", *[each["image"]["path"] for each in metadata["images"]]]
            old = archive.write(self.scratch() / "old.cosi", metadata, order=order)
            said = self.inspect(old)
            self.assertEqual([each["filesystem"]["type"] for each in said["disk"]["partitions"]], ["vfat", "ext4", "ext4"])
            self.run_tool("sgdisk", "-v", self.convert(old, "old.raw"))
            told = {each["filesystem"]["uuid"] for each in said["disk"]["partitions"]}
            self.assertEqual(told, {each["fsUuid"] for each in metadata["images"]})

    def test_a_partition_without_an_image_reads_as_zeros(self):
        archive = Archive(self.cosi())
        metadata = json.loads(json.dumps(archive.metadata))
        gone = metadata["disk"]["gptRegions"].pop(2)["image"]
        metadata["images"] = [each for each in metadata["images"] if each["image"] != gone]
        content = {name: data for name, data in archive.content.items() if name != gone["path"]}
        archive.content = content
        raw = self.convert(archive.write(self.scratch() / "less.cosi", metadata), "less.raw")
        partition = self.partitions(raw)[0]["data"]
        self.assertEqual(self.stretch(raw, partition), bytes(partition["size"] * 512))

    def test_a_shrunk_filesystem_stays_in_its_partition(self):
        archive = Archive(self.cosi())
        shrunk = self.scratch() / "data"
        shrunk.write_bytes(archive.image(2))
        self.run_tool("e2fsck", "-fy", shrunk)
        self.run_tool("resize2fs", shrunk, "12M")
        metadata = json.loads(json.dumps(archive.metadata))
        content = {}
        region = metadata["disk"]["gptRegions"][2]
        old, region["image"] = region["image"], record(content, shrunk.read_bytes()[:12 << 20], region["image"]["path"])
        for each in metadata["images"]:
            if each["image"] == old:
                each["image"] = region["image"]
        path = archive.write(self.scratch() / "shrunk.cosi", metadata, content)
        filesystem = self.inspect(path)["disk"]["partitions"][1]["filesystem"]
        self.assertEqual(filesystem["size"], 12 << 20)
        raw = self.customize("os: {hostname: shrunk, additionalFiles: [{destination: /srv/new, content: x}]}\n", base=path)
        self.check_filesystems(raw)

    def test_what_contradicts_itself_is_refused(self):
        archive = Archive(self.cosi())

        def changed(change, content=None):
            metadata = json.loads(json.dumps(archive.metadata))
            change(metadata, metadata["disk"]["gptRegions"])
            return archive.write(self.scratch() / "bad.cosi", metadata, content)

        def in_both(key, value):
            def change(metadata, regions):
                for each in (regions[3]["image"], *(each["image"] for each in metadata["images"] if each["mountPoint"] == "/")):
                    each[key] = value
            return change

        size = archive.metadata["disk"]["gptRegions"][3]["image"]["uncompressedSize"]
        for change in (in_both("sha384", "0" * 96), in_both("sha384", "short"), in_both("compressedSize", 5),
                       in_both("uncompressedSize", size - 512), in_both("uncompressedSize", size * 4),
                       in_both("path", "images/none"), in_both("uncompressedSize", -1), in_both("uncompressedSize", "much"),
                       lambda metadata, regions: regions[3].update(number=9),
                       lambda metadata, regions: regions[3].update(number=2),
                       lambda metadata, regions: regions[3].update(number=0),
                       lambda metadata, regions: regions.pop(0),
                       lambda metadata, regions: regions.clear(),
                       lambda metadata, regions: regions.pop(3),
                       lambda metadata, regions: metadata["images"][0].pop("mountPoint"),
                       lambda metadata, regions: metadata["disk"].update(size=1000),
                       lambda metadata, regions: metadata["disk"].update(size=1 << 62),
                       lambda metadata, regions: metadata["disk"].update(lbaSize=100),
                       lambda metadata, regions: metadata.update(version="one"),
                       lambda metadata, regions: metadata.pop("images"),
                       lambda metadata, regions: metadata.pop("disk")):
            self.assertIn("image.corrupt-cosi", self.convert(changed(change), "out.raw", expect=5))
        self.assertIn("image.unsupported",
                      self.convert(changed(lambda metadata, regions: metadata.update(version="2.0")), "out.raw", expect=2))
        whole = self.cosi().read_bytes()
        cut = self.scratch() / "cut.cosi"
        for length in (512, 1024, 2000, len(whole) // 2, len(whole) - 1024):
            cut.write_bytes(whole[:length])
            self.assertIn("image.corrupt-cosi", self.convert(cut, "out.raw", expect=5))
        cut.write_bytes(zstd(whole))
        self.assertIn("unpack it first", self.convert(cut, "out.raw", expect=2))

    def test_what_cannot_be_cosi_is_refused_with_a_reason(self):
        text = "storage: {bootType: legacy}\noutput: {images: [{format: cosi}]}\n"
        config = self.scratch() / "legacy.yaml"
        config.write_text(text)
        result = self.run_program("validate", config, expect=2, env=environment())
        self.assertIn("COSI files are of disks that start by UEFI", result.stderr)
        config.write_text("output: {images: [{format: cosi, compression: {algorithm: none}}]}\n")
        self.assertIn("compressed with zstd", self.run_program("validate", config, expect=2, env=environment()).stderr)
        empty = self.scratch() / "empty.raw"
        empty.write_bytes(bytes(4 << 20))
        self.run_tool("sgdisk", "-n", "1:0:0", empty)
        self.assertIn("inspect.no-system", self.convert(empty, "empty.cosi", expect=2))


if __name__ == "__main__":
    unittest.main()
