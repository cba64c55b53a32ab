# SPDX-License-Identifier: MIT
"""Archives that a config has unpacked: what comes of good ones, and that bad ones write nothing."""

import hashlib
import io
import json
import stat
import sys
import tarfile
import unittest
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from fetched_files_test import ServerTestCase  # noqa: E402
from sibling_images import SiblingTestCase  # noqa: E402


def member(name, content=b"", kind=tarfile.REGTYPE, mode=0o644, target="", size=None, **more):
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.linkname = kind, mode, target
    info.size = len(content) if size is None else size
    info.uid, info.gid, info.uname, info.mtime = 1234, 1234, "somebody", 1
    info.pax_headers.update(more.get("pax", {}))
    return info, content


def tar(*members, mode="w:gz"):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode, format=tarfile.PAX_FORMAT) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


PROGRAM = b"#!/bin/sh\nexit 0\n"
GOOD = (member("./agent-1.2/", kind=tarfile.DIRTYPE, mode=0o777), member("./agent-1.2/bin/agent", PROGRAM, mode=0o775),
        member("agent-1.2/bin/tool", kind=tarfile.LNKTYPE, target="./agent-1.2/bin/agent", mode=0o775), member("agent-1.2/share/ü \\x2d", b"name", mode=0o600),
        member("agent-1.2/current", kind=tarfile.SYMTYPE, target="bin/agent"), member("agent-1.2/share/up", kind=tarfile.SYMTYPE, target="../bin"),
        member("agent-1.2/empty/", kind=tarfile.DIRTYPE, mode=0o500), member("README", b"left out"))


def unpacked(archive, **more):
    pairs = {"destination": "/opt/agent", "source": str(archive), "unpack": True, "stripComponents": 1, **more}
    return json.dumps({key: value for key, value in pairs.items() if value is not None})


def files(*entries):
    return "os:\n  packages: {install: [tiny-web]}\n  additionalFiles:\n" + "".join(f"  - {each}\n" for each in entries)


class Unpacked(ServerTestCase):
    def test_members_are_files_of_root_and_are_told_everywhere(self):
        content = tar(*GOOD)
        (self.files / "agent.tar.gz").write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        url = self.url + "agent.tar.gz"
        path = self.config(files(unpacked("", source=None, url=url + "?token=secret", sha256=digest)))
        cache = self.scratch()
        planned = self.run_program("plan", path, "--cache-dir", cache)
        self.assertRegex(planned.stdout, rf"unpacked +/opt/agent +fetched from {url}\n")
        out = self.build_with(path, cache)
        manifest = json.loads((out / "node-x86_64.manifest.json").read_text())
        self.assertEqual(manifest["fetchedFiles"], [{"destination": "/opt/agent", "url": url, "digest": f"sha256:{digest}", "unpacked": True, "stripComponents": 1}])
        below = {name.removeprefix("/opt/agent"): line.split(" package=")[0] for name, line in manifest["files"].items() if name.startswith("/opt/agent")}
        program = f"file 0755 0:0 {len(PROGRAM)} sha256:{hashlib.sha256(PROGRAM).hexdigest()}"
        self.assertEqual({name: line for name, line in below.items() if not line.startswith("dir ")},
                         {"/bin/agent": program, "/bin/tool": program, "/current": 'link 0777 0:0 "bin/agent"', "/share/up": 'link 0777 0:0 "../bin"',
                          "/share/ü \\x2d": f"file 0600 0:0 4 sha256:{hashlib.sha256(b'name').hexdigest()}"})
        self.assertRegex(below[""], "^dir 0755 0:0")
        self.assertRegex(below["/empty"], "^dir 0700 0:0")
        spdx = json.loads((out / "node-x86_64.spdx.json").read_text())
        told = next(each for each in spdx["packages"] if each["name"] == "/opt/agent")
        self.assertEqual((told["primaryPackagePurpose"], told["downloadLocation"], told["checksums"][0]["checksumValue"]), ("ARCHIVE", url, digest))
        cyclonedx = json.loads((out / "node-x86_64.cdx.json").read_text())
        self.assertEqual(next(each for each in cyclonedx["components"] if each["name"] == "/opt/agent")["hashes"][0]["content"], digest)
        for document in out.iterdir():
            self.assertNotIn(b"token=secret", document.read_bytes(), document)
        self.run_program("verify", out, "--cache-dir", cache)

    def test_each_form_gives_the_same_files(self):
        directory = self.scratch()
        seen = set()
        for suffix, mode in (("tar", "w:"), ("tgz", "w:gz"), ("tar.xz", "w:xz"), ("tar.bz2", "w:bz2")):
            (directory / f"a.{suffix}").write_bytes(tar(member("a/b", PROGRAM, mode=0o755), member("a/l", kind=tarfile.SYMTYPE, target="b"), mode=mode))
        self.run_tool("zstd", "-q", directory / "a.tar", "-o", directory / "a.tar.zst")
        with zipfile.ZipFile(directory / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, mode, content in (("a/b", stat.S_IFREG | 0o755, PROGRAM), ("a/l", stat.S_IFLNK | 0o777, b"b")):
                info = zipfile.ZipInfo(name)
                info.external_attr, info.create_system = mode << 16, 3
                archive.writestr(info, content)
        for suffix in ("tar", "tgz", "tar.xz", "tar.bz2", "tar.zst", "zip"):
            with self.subTest(suffix=suffix):
                built = self.image(files(unpacked(directory / f"a.{suffix}", stripComponents=0)))
                self.assertEqual(built.read("/opt/agent/a/b"), PROGRAM.decode())
                seen.add(tuple((name, entry.mode, entry.uid, entry.mtime, entry.linkname) for name, entry in sorted(built.archive().items())
                               if name.startswith("/opt/agent")))
        self.assertEqual(len(seen), 1, seen)

    def test_an_archive_of_a_whole_tree_is_unpacked_at_the_top(self):
        archive = self.scratch() / "tree.tar.gz"
        archive.write_bytes(tar(member("./", kind=tarfile.DIRTYPE), member("./opt/agent/run", PROGRAM, mode=0o755), member("bin/agent", kind=tarfile.SYMTYPE, target="../opt/agent/run"),
                                member("etc/motd", b"welcome\n"), member("opt/agent/same", kind=tarfile.LNKTYPE, target="opt/agent/run")))
        for top in ("/", "//", "/x/.."):
            with self.subTest(top=top):
                built = self.image(files(unpacked(archive, destination=top, stripComponents=0)))
                self.assertEqual((built.read("/opt/agent/run"), built.read("/opt/agent/same"), built.read("/etc/motd")), (PROGRAM.decode(),) * 2 + ("welcome\n",))
                # The directory is a link of a package.
                self.assertEqual(built.archive()["/usr/bin/agent"].linkname, "../opt/agent/run")
                self.assertNotIn("//opt", "".join(built.manifest()["files"]))
        within = self.image(files(unpacked(archive, destination="/srv/tree/", stripComponents=0)))
        self.assertEqual(within.read("/srv/tree/etc/motd"), "welcome\n")

    def test_a_customized_image_gets_them_too(self):
        base = self.image("os: {packages: {install: [tiny-web]}}\n", formats=("raw",))
        archive = self.scratch() / "agent.tar"
        archive.write_bytes(tar(*GOOD, mode="w:"))
        config = self.scratch() / "more.yaml"
        config.write_text(f"os:\n  additionalFiles:\n  - {unpacked(archive)}\n")
        out = config.parent / "out"
        arguments = ("customize", "--image", next(base.out.glob("*.raw")), config, "--cache-dir", self.scratch())
        dry = self.run_program(*arguments, "--dry-run")
        self.assertIn("unpack an archive to /opt/agent", dry.stdout)
        self.run_program(*arguments, "--output-dir", out, "--progress", "none")
        manifest = json.loads(next(out.glob("*.manifest.json")).read_text())
        self.assertIn(hashlib.sha256(PROGRAM).hexdigest(), manifest["files"]["/opt/agent/bin/agent"])


class Refused(SiblingTestCase):
    def build_of(self, content, **more):
        archive = self.scratch() / "archive"
        archive.write_bytes(content)
        return self.build(files(unpacked(archive, **{"stripComponents": 0, **more})))

    def test_what_would_be_elsewhere_is_refused(self):
        link = {"kind": tarfile.SYMTYPE}
        rows = {
            "above": [member("../evil", b"x")], "deep above": [member("a/../../evil", b"x")], "absolute": [member("/etc/evil", b"x")],
            "absolute link": [member("a", target="/etc", **link)], "link out": [member("a", target="..", **link)],
            "deep link out": [member("a/b", target="../../x", **link)], "link by way of a name": [member("b", target=".", **link), member("a", target="b/..", **link)],
            "through a link": [member("a", target="b", **link), member("a/passwd", b"x")], "empty link": [member("a/b", target="", **link)],
            "another name of what is not there": [member("a", kind=tarfile.LNKTYPE, target="/etc/passwd")],
            "another name above": [member("a", kind=tarfile.LNKTYPE, target="../../etc/passwd")],
            "device": [member("sda", kind=tarfile.BLKTYPE)], "terminal": [member("tty", kind=tarfile.CHRTYPE)], "fifo": [member("f", kind=tarfile.FIFOTYPE)],
            "for its owner": [member("su", PROGRAM, mode=0o4755)], "for its group": [member("sg", PROGRAM, mode=0o2755)],
            "capabilities": [member("ping", PROGRAM, pax={"SCHILY.xattr.security.capability": "AQAAAgAgAAAAAAAAAAAAAAAAAAA="})]}
        for what, built in self.in_parallel(lambda what: self.build_of(tar(*rows[what])), list(rows)):
            with self.subTest(what=what):
                self.assert_refused(built, "archive.unsafe-member", exit_code=1)
                self.assertRegex(built.said, r"node\.yaml:\d+:\d+: error: ")

    def test_bombs_and_ruins_are_refused(self):
        whole = tar(*GOOD)
        rows = (("archive.too-large", 1, member("huge", size=1 << 42)[0].tobuf(tarfile.GNU_FORMAT)),
                ("archive.damaged", 1, whole[:len(whole) // 2]), ("archive.damaged", 1, b"no archive at all" * 100),
                ("archive.nothing-left", 2, tar(member("README", b"x"))), ("archive.nothing-left", 2, tar()))
        for code, exit_code, content in rows:
            with self.subTest(code=code):
                self.assert_refused(self.build_of(content, stripComponents=1), code, exit_code=exit_code)

    def test_what_stands_in_the_way_is_told_at_its_place(self):
        self.assert_refused(self.build_of(tar(member("usr/bin", b"x")), destination="/"), "fs.root-access")
        built = self.build_of(tar(member("bin", b"x")), destination="/usr")
        self.assert_refused(built, "fs.root-access")

    def test_at_the_top_the_same_holds_as_below(self):
        rows = {"archive.unsafe-member": [[member("../evil", b"x")], [member("a", target="..", kind=tarfile.SYMTYPE)], [member("a/b", target="../../c", kind=tarfile.SYMTYPE)],
                                          [member("a", target="b", kind=tarfile.SYMTYPE), member("a/c", b"x")]],
                "finalize.file-not-kept": [[member("tmp/a", b"x")], [member("var/run/a", b"x")], [member("dev/a", b"x")], [member("proc/a", b"x")]],
                "finalize.package-database": [[member("var/lib/rpm/a", b"x")]]}
        for code, archives in rows.items():
            for members in archives:
                with self.subTest(members=[each.name for each, _ in members]):
                    self.assert_refused(self.build_of(tar(*members), destination="/"), code, exit_code=1 if code.startswith("archive.") else 2)

    def test_keys_that_have_no_meaning_beside_it(self):
        rows = (("{destination: /, content: x}", "config.bad-value"), ("{destination: /a/, source: a}", "config.bad-value"),
                ("{destination: /, source: a.tar, unpack: false}", "config.bad-value"), ("{destination: /proc, source: a.tar, unpack: true}", "config.bad-value"),
                ("{destination: /a, content: x, unpack: true}", "config.conflict"), ("{destination: /a, content: x, stripComponents: 1}", "config.conflict"),
                ("{destination: /a, source: a.tar, unpack: true, permissions: 644}", "config.conflict"),
                ("{destination: /a, source: a.tar, unpack: 7}", "config.wrong-type"), ("{destination: /a, source: a.tar, unpack: true, stripComponents: -1}", "config.bad-value"),
                ("{destination: /a, source: a.tar, unpack: true, stripComponents: many}", "config.wrong-type"),
                ("{destination: /a, source: a.tar, unpack: false, stripComponents: 1}", "config.conflict"))
        for text, code in rows:
            with self.subTest(text=text):
                said = self.run_on("validate", self.config(files(text)), "--no-file-checks")
                self.assert_refused(said, code)


if __name__ == "__main__":
    unittest.main()
