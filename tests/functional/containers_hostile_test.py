#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Container images that strangers made to do harm: read by workers alone, refused in order, and written into an image as they were checked."""

import ctypes
import gzip
import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import unittest
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_distribution  # noqa: E402
from imagewright_layouts import CONFIG, INDEX, LAYER, MANIFEST, Layout, digest_of, tar_of  # noqa: E402
from imagewright_testing import PROGRAM, TestCase, environment, require_program  # noqa: E402

NAME = "registry.example/pause:3.9"
CLOSED_UNCHANGED, OPENED = 0x10, 0x20  # of inotify(7)


class Closings:
    """Counts how often a file was opened for reading and closed."""

    def __init__(self, path):
        library = ctypes.CDLL(None, use_errno=True)
        self.descriptor = library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if library.inotify_add_watch(self.descriptor, str(path).encode(), CLOSED_UNCHANGED | OPENED) < 0:
            raise OSError(ctypes.get_errno(), "inotify_add_watch")
        self.count = 0

    def look(self):
        try:
            content = os.read(self.descriptor, 65536)
        except BlockingIOError:
            content = b""
        while content:
            # The kernel tells the same thing once, so both things have to be asked for.
            _, kind, _, length = struct.unpack("iIII", content[:16])
            self.count += kind == CLOSED_UNCHANGED
            content = content[16 + length:]
        return self.count

    def close(self):
        os.close(self.descriptor)


class HostileContainers(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = cls.class_scratch()
        tiny_distribution.make(cls.top)

    def setUp(self):
        self.directory = self.scratch()
        self.layout = Layout(self.directory / "images")
        self.pause = self.layout.manifest("amd64", [{"pause": "#!/bin/true\n"}])
        self.layout.add("3.9", self.pause)
        self.config = self.directory / "node.yaml"

    def plan(self, source, name=NAME, **options):
        self.write([{"source": source, **({"name": name} if name else {})}])
        return self.run_program("plan", "--json", self.config, "--cache-dir", self.directory / "cache", **options)

    def write(self, images):
        self.config.write_text(json.dumps({"release": str(self.top / "releases/tiny.yaml"), "architectures": ["x86_64"],
                                           "os": {"containerImages": images}, "output": {"name": "node", "images": [{"format": "tar"}]}}))

    def refuse(self, what, source, codes, name=NAME):
        with self.subTest(what):
            result = self.plan(source, name, expect=None, timeout=60)
            self.assertIn(result.returncode, (1, 2, 4, 5), result.stderr)
            self.assertRegex(result.stderr, r"\[(" + codes + r")\]")
            self.assertNotRegex(result.stderr, "[\x00-\x08\x0b-\x1f\x7f]|\u009b")
            self.assertLess(len(result.stderr), 20000)

    def archive(self, members, name="images.tar", mode="w"):
        """An archive of TarInfos, or of names with their content."""
        with tarfile.open(self.directory / name, mode=mode, format=tarfile.PAX_FORMAT) as archive:
            for member, content in members:
                info = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        return self.directory / name

    def whole_layout(self):
        files = sorted(path for path in self.layout.directory.rglob("*") if path.is_file())
        return [(str(path.relative_to(self.layout.directory)), path.read_bytes()) for path in files]

    def test_an_archive_is_read_by_a_worker_alone(self):
        require_program("strace")
        archive = self.archive(self.whole_layout())
        self.assertIn(self.pause["digest"], self.plan("oci-archive:images.tar:3.9").stdout)
        subprocess.run(["strace", "-ff", "-qq", "-yy", "-e", "trace=read,pread64,readv,preadv,preadv2,mmap", "-e", "signal=none",
                        "-o", self.directory / "trace", PROGRAM, "plan", self.config, "--cache-dir", self.directory / "cache"],
                       env=environment(), check=True, capture_output=True)
        own, *others = [path.read_text(errors="replace") for path in sorted(self.directory.glob("trace.*"), key=lambda path: int(path.suffix[1:]))]
        self.assertNotIn(str(archive), own)
        self.assertIn(str(archive), "".join(others), "nobody read it: the test sees nothing")

    def test_names_in_archives_lead_nowhere(self):
        layout = self.whole_layout()
        self.addCleanup(Path("/tmp/imagewright-outside").unlink, missing_ok=True)

        def link(kind, name, target):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            return info, b""
        outward = {"up": ("../outside", b"x"), "absolute": ("/tmp/imagewright-outside", b"x"), "up in the middle": ("blobs/../../outside", b"x"),
                   "hard link upward": link(tarfile.LNKTYPE, "blobs/sha256/x", "../../node.yaml"),
                   "hard link to a host's file": link(tarfile.LNKTYPE, "blobs/sha256/x", "/etc/passwd"),
                   "link upward": link(tarfile.SYMTYPE, "blobs/sha256/x", "../../../node.yaml"),
                   "link to a host's file": link(tarfile.SYMTYPE, "blobs/sha256/x", "/etc/passwd")}
        before = sorted(path.name for path in self.directory.iterdir())
        for what, member in outward.items():
            self.archive([member, *layout])
            self.refuse(what, "oci-archive:images.tar:3.9", r"container\.damaged")
            self.assertFalse(Path("/tmp/imagewright-outside").exists())
        harmless = {"a link to itself": link(tarfile.SYMTYPE, "self", "self"), "links in a circle": link(tarfile.SYMTYPE, "a", "b"),
                    "a link to a directory": link(tarfile.SYMTYPE, "dir", "blobs"), "a device": (tarfile.TarInfo("device"), b""),
                    "a name with a line end": ("a\nb\x1b[2J", b"x")}
        harmless["a device"][0].type = tarfile.CHRTYPE
        for what, member in harmless.items():
            with self.subTest(what):
                self.archive([member, *layout])
                self.assertIn(self.pause["digest"], self.plan("oci-archive:images.tar:3.9").stdout)
        self.archive([("blobs", b"a file"), *layout])
        self.refuse("a file in the place of a directory", "oci-archive:images.tar:3.9", r"fs\.cannot-write|container\.damaged")
        self.archive([(f"f{number}", b"") for number in range(70000)])
        self.refuse("files without end", "oci-archive:images.tar:3.9", r"container\.damaged")
        self.assertEqual(sorted(path.name for path in self.directory.iterdir()), sorted({*before, "images.tar", "cache", "node.yaml"}))

    def test_what_is_no_file_is_never_waited_for(self):
        index = self.layout.directory / "index.json"
        text = index.read_text()
        for what in ("FIFO", "device", "directory", "loop"):
            index.unlink()
            {"FIFO": lambda: os.mkfifo(index), "device": lambda: index.symlink_to("/dev/zero"), "directory": index.mkdir,
             "loop": lambda: index.symlink_to("index.json")}[what]()
            self.refuse(what + " in the place of the index", "oci:images:3.9", r"container\.(damaged|not-found)|fs\.cannot-read")
            index.rmdir() if what == "directory" else index.unlink()
            index.write_text(text)
        blob = self.layout.blob_file(self.pause["digest"])
        content = blob.read_bytes()
        blob.unlink()
        os.mkfifo(blob)
        self.refuse("a FIFO in the place of a blob", "oci:images:3.9", r"container\.damaged")
        blob.unlink()
        blob.write_bytes(content)
        self.assertIn(self.pause["digest"], self.plan("oci:images:3.9").stdout)

    def test_documents_that_are_made_to_do_harm(self):
        index = self.layout.directory / "index.json"
        one = {"mediaType": MANIFEST, "digest": self.pause["digest"], "size": self.pause["size"]}
        texts = {"depth": "[" * 500000, "depth of objects": '{"a":' * 500000, "size": " " * (17 << 20), "numbers": '{"manifests": [{"digest": "%s", "size": 1e400}]}' % one["digest"],
                 "negative": json.dumps({"manifests": [{**one, "size": -1}]}), "kinds": json.dumps({"manifests": {"a": 1}}), "texts": '{"manifests": ["a"]}',
                 "a digest that is a path": json.dumps({"manifests": [{**one, "digest": "sha256:../../../etc/passwd"}]}),
                 "another digest": json.dumps({"manifests": [{**one, "digest": "sha512:" + "0" * 128}]}), "no text": "\xff\xfe\x00",
                 "entries": json.dumps({"manifests": [one] * 5000}), "nothing": "", "controls": json.dumps({"manifests": [{**one, "mediaType": "\x1b[2J\u009b::error::"}]})}
        for what, text in texts.items():
            index.write_text(text, encoding="latin-1" if what == "no text" else "utf-8")
            self.refuse(what, "oci:images", r"container\.(damaged|unsupported)|sandbox\.worker-\w+")
        config = json.loads(self.layout.blob_file(self.pause["digest"]).read_text())["config"]
        manifests = {"layers of other kinds": {"layers": [{"mediaType": LAYER + "+evil", **{key: one[key] for key in ("digest", "size")}}], "config": config},
                     "no layers": {"config": config}, "more layers than the config has": {"config": config, "layers": [one, one]},
                     "a config of another kind": {"config": {**config, "mediaType": "application/vnd.cncf.helm.config.v1+json"}, "layers": []}}
        for what, manifest in manifests.items():
            index.write_text(json.dumps({"manifests": [self.layout.document(MANIFEST, manifest)]}))
            self.refuse(what, "oci:images", r"container\.(damaged|unsupported)")
        endless = self.layout.document(INDEX, {"manifests": [one]})
        for _ in range(8):
            endless = self.layout.document(INDEX, {"manifests": [endless]})
        index.write_text(json.dumps({"manifests": [endless]}))
        self.refuse("lists within lists", "oci:images", r"container\.(damaged|no-architecture)")

    def test_files_that_are_no_archives_of_images(self):
        whole = self.archive(self.whole_layout()).read_bytes()
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as archive:
            archive.writestr("index.json", "{}")
        locked = bytearray(zipped.getvalue())
        locked[6] |= 1
        other = {"encrypted by age": b"age-encryption.org/v1\n" + os.urandom(512), "encrypted by OpenPGP": b"-----BEGIN PGP MESSAGE-----\n\nabcd\n",
                 "encrypted by openssl": b"Salted__" + os.urandom(512), "an encrypted ZIP": bytes(locked), "a ZIP": zipped.getvalue(),
                 "a disk": b"QFI\xfb" + bytes(600), "a program": Path("/bin/true").read_bytes(), "a package": b"\xed\xab\xee\xdb" + bytes(600),
                 "a filesystem": b"hsqs" + bytes(600), "an index alone": b'{"manifests": []}'}
        for what, content in other.items():
            (self.directory / "images.tar").write_bytes(content)
            for kind in ("oci-archive", "docker-archive"):
                self.refuse(f"{what} as {kind}", f"{kind}:images.tar", r"container\.unsupported")
            said = self.plan("oci-archive:images.tar", expect=2).stderr
            self.assertEqual("decrypt it first" in said, "encrypted" in what, said)
            self.assertIn("node.yaml:1", said)
        damaged = {"nothing": b"", "a piece": whole[:700], "noise": bytes(range(1, 200)) * 40, "another head": b"x" * 300 + whole[300:],
                   "gzip that is cut off": gzip.compress(whole, mtime=0)[:-200], "gzip of noise": gzip.compress(os.urandom(2000)), "one byte": b"x"}
        for what, content in damaged.items():
            (self.directory / "images.tar").write_bytes(content)
            self.refuse(what, "oci-archive:images.tar:3.9", r"container\.(damaged|not-found)")
            self.assertEqual(self.plan("oci-archive:images.tar:3.9", expect=None).returncode, 2)
        for what, path in {"a device": "/dev/zero", "a directory": "/etc", "nothing": "/nowhere"}.items():
            self.refuse(what, f"oci-archive:{path}", r"container\.(damaged|not-found)")
        os.mkfifo(self.directory / "fifo.tar")
        self.refuse("a FIFO", "oci-archive:fifo.tar", r"container\.(damaged|not-found)")

    def test_archives_without_an_end(self):
        require_program("zstd")
        # 2 GiB of zeros in some hundred kilobytes; a file of an archive that says to have 1 TiB; a hole without content.
        head = tarfile.TarInfo("blobs/sha256/zeros")
        head.size = 2 << 30
        with (self.directory / "images.tar").open("wb") as target:
            process = subprocess.Popen(["zstd", "-1", "-q"], stdin=subprocess.PIPE, stdout=target)
            process.stdin.write(head.tobuf(tarfile.GNU_FORMAT))
            piece = bytes(1 << 24)
            for _ in range(128):
                process.stdin.write(piece)
            process.stdin.close()
            self.assertEqual(process.wait(), 0)
        room = shutil.disk_usage(self.directory).free
        self.refuse("zeros", "oci-archive:images.tar", r"container\.damaged")
        self.assertLess(room - shutil.disk_usage(self.directory).free, 1 << 29)
        head.size = 1 << 40
        (self.directory / "images.tar").write_bytes(head.tobuf(tarfile.GNU_FORMAT) + bytes(4096))
        self.refuse("a promise", "oci-archive:images.tar", r"container\.damaged")
        with (self.directory / "images.tar").open("r+b") as file:
            file.truncate(1 << 42)
        self.refuse("a hole", "oci-archive:images.tar", r"container\.damaged")
        with (self.directory / "hole.tar").open("wb") as file:
            file.truncate(1 << 42)
        self.refuse("a hole alone", "oci-archive:hole.tar", r"container\.(damaged|not-found)")

    def test_encrypted_layers(self):
        config = self.layout.document(CONFIG, {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [digest_of(b"x")]}})
        layer = self.layout.blob(LAYER + "+encrypted", b"x")
        manifest = self.layout.document(MANIFEST, {"schemaVersion": 2, "config": config, "layers": [layer]})
        (self.layout.directory / "index.json").write_text(json.dumps({"manifests": [manifest]}))
        self.refuse("encrypted", "oci:images", r"container\.unsupported")
        self.assertIn("--decryption-key", self.plan("oci:images", expect=2).stderr)

    def test_layers_that_are_no_streams(self):
        plain = tar_of({"pause": "x"})
        whole = gzip.compress(plain, mtime=0)
        for what, content in {"cut off": whole[:-12], "noise": b"\x1f\x8b\x08\x00" + os.urandom(4096), "nothing": b"", "zstd of noise": b"\x28\xb5\x2f\xfd" + os.urandom(512),
                              "xz of noise": b"\xfd7zXZ\x00\x00\x04" + os.urandom(512)}.items():
            config = self.layout.document(CONFIG, {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [digest_of(plain)]}})
            manifest = self.layout.document(MANIFEST, {"schemaVersion": 2, "config": config, "layers": [self.layout.blob(LAYER, content)]})
            (self.layout.directory / "index.json").write_text(json.dumps({"manifests": [manifest]}))
            self.refuse(what, "oci:images", r"container\.damaged|sandbox\.worker-\w+")

    def test_a_name_of_a_source_is_plain_words(self):
        for name in ("registry.example/a\x1b[2J:1", "registry.example/a\n::error::b:1", "registry.example/../../etc/passwd:1", "registry.example//a:1",
                     "registry.example/a b:1", "registry.example/$(touch x):1", "registry.example/a:1:2", "registry.example/a:", "registry.example/" + "a" * 5000 + ":1"):
            self.layout.entries.clear()
            self.layout.tag(name, self.pause)
            self.refuse(repr(name), "oci:images", r"container\.no-name", name=None)
        self.layout.entries.clear()
        self.layout.tag("registry.example:5000/a/b-c_d.e:1.0_x-2", self.pause)
        self.assertIn("registry.example:5000/a/b-c_d.e:1.0_x-2", self.plan("oci:images", name=None).stdout)

    def test_what_was_checked_is_what_is_written(self):
        """A layer is changed after its check, while the next image is checked."""
        manifest = json.loads(self.layout.blob_file(self.pause["digest"]).read_text())
        layer = self.layout.blob_file(manifest["layers"][0]["digest"])
        self.layout.add("large", self.layout.manifest("amd64", [{"large": os.urandom(48 << 20)}]))
        images = [{"source": "oci:images:3.9", "name": NAME}, {"source": "oci:images:large", "name": "registry.example/large:1"}]
        self.write(images)
        out = self.directory / "out"
        command = ["build", self.config, "--output-dir", out, "--cache-dir", self.directory / "cache", "--progress", "none", "--no-cache"]
        closings = Closings(layer)
        self.run_program(*command)
        total = closings.look()
        closings.close()
        undisturbed = self.outcome(out)
        self.assertGreater(total, 3)
        content = layer.read_bytes()
        refused = 0
        # After each time that it was read but the last one.
        for reads in range(1, total):
            shutil.rmtree(out, ignore_errors=True)
            layer.write_bytes(content)
            with self.subTest(reads=reads):
                code, said = self.build_with_a_change(layer, reads, command)
                if code == 0:
                    # It was read to its end once more before it changed.
                    self.assertEqual(self.outcome(out), undisturbed)
                    continue
                self.assertIn(code, (1, 2, 5), said)
                # The change begins with an empty file, in the middle of a reading.
                self.assertRegex(said, r"\[container\.(changed|damaged)\]|ends too early \[fs\.cannot-read\]")
                self.assertEqual([path.name for path in out.glob("*") if re.search(r"\.tar|SHA256SUMS", path.name)], [])
                refused += 1
        self.assertGreater(refused, total // 2)

    @staticmethod
    def outcome(out):
        """The bytes of everything that does not tell of the build's time."""
        return {path.name: path.read_bytes() for path in out.iterdir() if ".report." not in path.name and path.name != "SHA256SUMS"}

    @staticmethod
    def build_with_a_change(layer, reads, command):
        closings = Closings(layer)
        changed = bytearray(layer.read_bytes())
        changed[-1] ^= 1
        with subprocess.Popen(list(map(str, (PROGRAM, *command))), env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as builder:
            # What was just read for the change is the first.
            while builder.poll() is None and closings.look() < reads + 1:
                pass
            layer.write_bytes(changed)
            said = builder.stderr.read()
        closings.close()
        return builder.returncode, said


if __name__ == "__main__":
    unittest.main()
