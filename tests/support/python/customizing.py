# SPDX-License-Identifier: MIT
"""What tests of customizing share: a base of the tiny distribution, a run that must leave it as it is, and looks at the result."""

import hashlib
import json

from imagewright_reports import ReportsTestCase
from imagewright_testing import environment

BASE = """
release: {release}
{repositories}storage:
  bootType: efi
  disks:
  - partitionTableType: gpt
    partitions:
    - {{id: esp, label: esp, type: esp, size: 40M}}
    - {{id: data, label: data, size: 20M}}
    - {{id: root, label: root, type: root, size: 80M}}
  filesystems:
  - {{deviceId: esp, type: fat32, mountPoint: {{path: /boot/efi, options: umask=0077}}}}
  - {{deviceId: data, type: ext4, mountPoint: /srv}}
  - {{deviceId: root, type: ext4, mountPoint: /}}
os:
  bootloader: {{resetType: hard-reset, type: {loader}}}
{os}output: {{images: [{formats}]}}
"""


def digest(data):
    return hashlib.sha256(data).hexdigest()


class CustomizingTestCase(ReportsTestCase):
    """A class says by BASE_OS what its base has beside a kernel and a loader, and by BASE_FORMATS what it is written as."""

    BASE_OS = ""
    BASE_FORMATS = ("raw",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.release = cls.top / "base/tiny.yaml"
        cls.made_bases = {}

    def base_repositories(self):
        return ""

    def base(self, loader="grub", pattern="*.raw"):
        """An image to start from; made once for each loader."""
        if loader not in self.made_bases:
            config = self.top / f"base-{loader}.yaml"
            formats = ", ".join(f"{{format: {each}}}" for each in self.BASE_FORMATS)
            config.write_text(BASE.format(release=self.release, loader=loader, os=self.BASE_OS, formats=formats,
                                          repositories=self.base_repositories()))
            out = self.top / f"base-{loader}"
            self.run_program("build", config, "--output-dir", out, "--cache-dir", self.top / "cache", env=environment())
            self.made_bases[loader] = out
        return next(self.made_bases[loader].glob(pattern))

    def config(self, text, image_format="raw"):
        """A file in a directory of its own; what it says of outputs is added."""
        path = self.scratch() / "node.yaml"
        path.write_text(text.removesuffix("\n") + f"\noutput: {{images: [{{format: {image_format}}}]}}\n")
        return path

    def customize(self, text, *options, base=None, expect=0, image_format="raw"):
        """The image that comes of it, or what was said when it has to fail."""
        config = self.config(text, image_format)
        out = config.parent / "out"
        base = base or self.base()
        before = digest(base.read_bytes())
        result = self.run_program("customize", "--image", base, config, "--output-dir", out, "--cache-dir", self.top / "cache",
                                  *options, expect=expect, env=environment())
        self.assertEqual(digest(base.read_bytes()), before, "the base was changed")
        if expect != 0:
            self.assertFalse(out.exists() and any(out.iterdir()), "something partial is left")
            return result.stderr
        return next(out.glob(f"*.{image_format}"))

    def partitions(self, raw):
        """Start and size of each partition, by label, as sfdisk sees them, and the whole table."""
        table = json.loads(self.run_tool("sfdisk", "--json", raw).stdout)["partitiontable"]
        return {each["name"]: each for each in table["partitions"]}, table

    def stretch(self, raw, partition):
        with raw.open("rb") as image:
            image.seek(partition["start"] * 512)
            return image.read(partition["size"] * 512)

    def check_filesystems(self, raw):
        """Judged by their own tools; a directory with a copy of each, by label."""
        self.run_tool("sgdisk", "-v", raw)
        directory = self.scratch()
        for name, partition in self.partitions(raw)[0].items():
            copy = directory / name
            copy.write_bytes(self.stretch(raw, partition))
            self.run_tool(*(("fsck.vfat", "-n") if name == "esp" else ("e2fsck", "-fn")), copy)
        return directory

    def root_tree(self, raw, directory=None):
        """The files of the root filesystem, below a directory."""
        tree = (directory or self.scratch()) / "tree"
        tree.mkdir()
        self.run_tool("debugfs", "-R", f"rdump / {tree}", self.check_filesystems(raw) / "root")
        return tree

    def inspect(self, image, *options):
        return json.loads(self.run_program("inspect", image, "--json", *options, env=environment()).stdout)
