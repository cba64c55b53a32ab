# SPDX-License-Identifier: MIT
"""Many small images: a tiny distribution, packages from a few lines each, and what a built archive or partition holds."""

import io
import json
import shutil
import subprocess
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tiny_distribution
from imagewright_testing import TestCase, environment, require_program

PREAMBLE = """\
%global debug_package %{nil}
%global __os_install_post %{nil}
%global _build_id_links none
"""


def package(name, version="1", release="1", head="", install="", files="", rest=""):
    """A package's text: `head` are tags, `rest` scriptlets. `//` in `install` is the root of its files."""
    return (f"{PREAMBLE}Name: {name}\nVersion: {version}\nRelease: {release}\nSummary: s\nLicense: MIT\nBuildArch: noarch\n"
            f"AutoReqProv: no\n{head}\n%description\nd\n%install\n{install.replace('//', '%{buildroot}/')}\n%files\n{files}\n{rest}\n")


def make_repository(directory, *packages):
    """Builds packages in one go, with metadata; gives the repository."""
    for program in ("rpmbuild", "createrepo_c"):
        require_program(program)
    directory.mkdir(parents=True)
    specs = []
    for number, text in enumerate(packages):
        specs.append(directory / f"{number}.spec")
        specs[-1].write_text(text)
    repository = directory / "repository"
    repository.mkdir()
    built = subprocess.run(["rpmbuild", "-bb", "--quiet", "--define", f"_topdir {directory}/top", "--define", f"_rpmdir {repository}",
                            "--define", "_binary_payload w1.gzdio", *specs], capture_output=True, text=True, env=environment(HOME=directory))
    if built.returncode != 0:
        raise AssertionError(built.stdout + built.stderr)
    subprocess.run(["createrepo_c", "--quiet", repository], check=True, capture_output=True)
    return repository


class Built:
    """What a command said, and what it wrote."""

    def __init__(self, result, directory):
        self.said, self.code, self.out = result.stderr, result.returncode, directory / "out"
        self._archive = None

    def archive(self):
        """The entries of the image's archive by path."""
        if self._archive is None:
            packed = next(self.out.glob("*.tar.zst"))
            content = subprocess.run(["zstd", "-dc", packed], check=True, capture_output=True).stdout
            self._tar = tarfile.open(fileobj=io.BytesIO(content))
            self._archive = {member.name.removeprefix("."): member for member in self._tar.getmembers()}
        return self._archive

    def read(self, path):
        member = self.archive()[path]
        return self._tar.extractfile(member).read().decode()

    def lines(self, path):
        return [line for line in self.read(path).splitlines() if line and not line.startswith("#")] if path in self.archive() else None

    def manifest(self):
        return json.loads(next(self.out.glob("*.manifest.json")).read_text())

    def partition(self, identifier):
        """One partition of the raw image, in a file of its own."""
        found = next(each for each in self.manifest()["disk"]["partitions"] if each["id"] == identifier)
        copy = self.out / f"{identifier}.partition"
        with next(self.out.glob("*.raw")).open("rb") as image:
            image.seek(found["start"])
            copy.write_bytes(image.read(found["size"]))
        return copy


class SiblingTestCase(TestCase):
    """`PACKAGES` are in a repository that every config has beside the tiny distribution."""

    PACKAGES = ()

    @classmethod
    def setUpClass(cls):
        require_program("zstd")
        cls.top = Path(tempfile.mkdtemp(prefix="imagewright-siblings-"))
        cls.addClassCleanup(shutil.rmtree, cls.top, ignore_errors=True)
        tiny_distribution.make(cls.top)
        cls.repositories = [make_repository(cls.top / "own", *cls.PACKAGES)] if cls.PACKAGES else []

    def config(self, text, formats=("tar",), name="node"):
        """A config in a directory of its own, with the tiny release and the repositories."""
        directory = self.scratch()
        repositories = "".join(f"- {{name: own{number}, path: {path}, gpgCheck: false, repoGpgCheck: false}}\n"
                               for number, path in enumerate(self.repositories))
        path = directory / f"{name}.yaml"
        path.write_text(f"release: {self.top}/releases/tiny.yaml\n" + (f"repositories:\n{repositories}" if repositories else "") +
                        text.rstrip() + f"\noutput: {{images: [{', '.join(f'{{format: {each}}}' for each in formats)}]}}\n")
        return path

    def run_on(self, command, path, *arguments):
        result = self.run_program(command, path, "--cache-dir", self.top / "cache", *arguments, expect=None, cwd=path.parent)
        return Built(result, path.parent)

    def build(self, text, formats=("tar",)):
        path = self.config(text, formats)
        built = self.run_on("build", path, "--output-dir", path.parent / "out", "--progress", "none")
        if built.code != 0:
            self.assertFalse(built.out.exists() and any(built.out.iterdir()), "something partial is left")
        return built

    def in_parallel(self, work, rows):
        """What the work makes of each row, in their order: most of a small build is waiting for the disk."""
        with ThreadPoolExecutor(4) as pool:
            return list(zip(rows, pool.map(work, rows), strict=True))

    def image(self, text, formats=("tar",)):
        built = self.build(text, formats)
        self.assertEqual(built.code, 0, built.said)
        return built

    def assert_refused(self, built, code, *words, exit_code=2):
        """It ended with that code at a place of the config, and with the words."""
        self.assertEqual(built.code, exit_code, built.said or "it was taken")
        self.assertIn(f"[{code}]", built.said)
        if exit_code == 2:
            self.assertRegex(built.said, r"node\.yaml:\d+:\d+: error: ")
        for word in words:
            self.assertIn(word, built.said)

    def assert_sound(self, filesystem):
        """As the programs of the filesystem see it."""
        tool = ("fsck.vfat", "-n") if b"FAT" in filesystem.read_bytes()[:512] else ("e2fsck", "-fn")
        self.run_tool(*tool, filesystem)


def disk(mounts, root_size="40M", more_partitions=()):
    """Storage with an ESP, a partition for each mount point "d0", "d1", … and the root."""
    partitions = ["{id: esp, label: esp, type: esp, size: 40M}"]
    partitions += [f"{{id: d{number}, label: d{number}, size: 12M}}" for number in range(len(mounts))] + list(more_partitions)
    partitions += [f"{{id: root, label: root, type: root, size: {root_size}}}"]
    filesystems = ["{deviceId: esp, type: fat32, mountPoint: {path: /boot/efi, options: umask=0077}}"]
    filesystems += [f"{{deviceId: d{number}, type: ext4, mountPoint: {mount}}}" for number, mount in enumerate(mounts)]
    filesystems += ["{deviceId: root, type: ext4, mountPoint: /}"]
    lines = ["storage:", "  bootType: efi", "  disks:", "  - partitionTableType: gpt", "    partitions:"]
    lines += [f"    - {each}" for each in partitions] + ["  filesystems:"] + [f"  - {each}" for each in filesystems]
    return "\n".join(lines) + "\n"
