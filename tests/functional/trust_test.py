#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What strangers wrote is read by workers alone, secrets are written nowhere, and a build opens nothing of the host that is not its own."""

import base64
import hashlib
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import traced_paths  # noqa: E402
from imagewright_reports import ReportsTestCase  # noqa: E402
from imagewright_testing import PROGRAM, environment, require_program, skip  # noqa: E402
from sibling_images import make_repository, package  # noqa: E402

SECRETS = {"password": "marker-of-plain-text", "file": "marker-of-password-file", "user": "marker-of-user",
           "url": "marker-of-url-password", "variable": "marker-of-environment"}
NODE = """
release: {top}/base/tiny.yaml
repositories:
- {{name: main, baseUrl: "{url}", gpgCheck: false, repoGpgCheck: false}}
os:
  hostname: node
  users:
  - {{name: one, password: {{type: plain-text, value: {password}}}}}
  - {{name: two, password: {{type: plain-text-file, value: secret.txt}}}}
output: {{images: [{{format: raw}}]}}
"""
PLAIN = "release: {top}/base/tiny.yaml\nos: {{hostname: node}}\noutput: {{images: [{{format: raw}}]}}\n"
MIRRORED = """
release: {top}/base/tiny.yaml
repositories:
- {{name: main, mirrorList: "{url}", gpgCheck: false, repoGpgCheck: false}}
os: {{hostname: node}}
output: {{images: [{{format: raw}}]}}
"""
LOCAL = MIRRORED.replace("mirrorList: \"{url}\"", "path: \"{path}\"")
# null, zero, full, random, urandom, tty; by their numbers.
OPENED_DEVICES = {"1:3", "1:5", "1:7", "1:8", "1:9", "5:0"}


class Server(http.server.SimpleHTTPRequestHandler):
    """Gives files to whoever knows the user and the password."""
    asked = []

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, directory=Server.directory, **options)

    def do_GET(self):
        pair = base64.b64encode(f"{SECRETS['user']}:{SECRETS['url']}".encode()).decode()
        Server.asked.append(self.headers.get("Authorization") == f"Basic {pair}")
        if not Server.asked[-1]:
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            self.end_headers()
            return
        super().do_GET()

    def log_message(self, *arguments):
        pass


class Trust(ReportsTestCase):
    started_by = ()

    def traced(self, calls, *arguments, expect=0):
        """Lines of strace, each process of the program with a file of its own; the program's own is the first."""
        require_program("strace")
        directory = self.scratch()
        command = ["strace", "-ff", "-qq", "-yy", "-e", f"trace={calls}", "-e", "signal=none", "-o", str(directory / "trace"),
                   *self.started_by, str(PROGRAM), *map(str, arguments)]
        result = subprocess.run(command, env=environment(TMPDIR=tempfile.gettempdir()), stdin=subprocess.DEVNULL,
                                capture_output=True, text=True, timeout=600)
        if expect is not None:
            self.assertEqual(result.returncode, expect, result.stderr[-3000:])
        self.said = result.stderr
        self.numbers = traced_paths.in_order([int(path.suffix[1:]) for path in directory.glob("trace.*")])
        return [(directory / f"trace.{number}").read_text(errors="replace").splitlines() for number in self.numbers]

    def build(self, text, *options):
        directory = self.scratch()
        config = directory / "node.yaml"
        config.write_text(text.format(top=self.top))
        self.run_program("build", config, "--output-dir", directory / "out", "--cache-dir", directory / "cache", *options)
        return directory

    @staticmethod
    def bytes_read(lines, path):
        pattern = re.compile(r"^(?:read|pread64|readv|preadv2?)\(\d+<" + re.escape(str(path)) + r"[>(].* = (\d+)$")
        return sum(int(match.group(1)) for match in map(pattern.match, lines) if match)

    def test_images_are_read_by_workers(self):
        image = next((self.build(PLAIN) / "out").glob("*.raw"))
        reads = "read,pread64,readv,preadv,preadv2,mmap"
        # A raw disk breaks rules for Azure.
        for expect, *arguments in ((0, "inspect", image), (0, "inspect", "--json", "--files", image), (0, "diff", image, image),
                                   (5, "lint", "--as", "azure-vhd", image)):
            own, *others = self.traced(reads, *arguments, expect=expect)
            self.assertLessEqual(self.bytes_read(own, image), 64, f"{arguments}: more than what tells compression apart")
            self.assertFalse([line for line in own if line.startswith("mmap") and str(image) in line], arguments)
            self.assertGreater(max(self.bytes_read(lines, image) for lines in others), 4096, "nobody read it: the test sees nothing")

    def test_bases_are_taken_apart_by_workers(self):
        image = next((self.build(PLAIN) / "out").glob("*.raw"))
        directory = self.scratch()
        qcow2 = directory / "base.qcow2"
        require_program("qemu-img")
        subprocess.run(["qemu-img", "convert", "-c", "-O", "qcow2", image, qcow2], check=True)
        (directory / "node.yaml").write_text(f"release: {self.top}/base/tiny.yaml\nos: {{hostname: other, packages: {{remove: [no-such-package]}}}}\n")
        for base in (image, qcow2):
            # It ends where packages are chosen: the tables, the system and the package database have been read.
            own, *others = self.traced("read,pread64,readv,preadv,preadv2,mmap,wait4,waitid", "customize", "--image", base, directory / "node.yaml",
                                       "--output-dir", directory / "out", "--cache-dir", directory / "cache", expect=None)
            self.assertIn("no-such-package", self.said)
            ends = [number for number, line in enumerate(own) if re.match(r"wait(4|id)\(.* = \d", line)]
            self.assertGreater(len(ends), 0, "no worker")
            self.assertLessEqual(self.bytes_read(own[:ends[0]], base), 64, "more than what tells formats apart, before a worker has looked at it")
            self.assertGreater(max(self.bytes_read(lines, base) for lines in others), 4096, "nobody read it: the test sees nothing")
            self.assertFalse([line for line in own if line.startswith("mmap") and str(base) in line])

    def test_a_root_that_is_kept_is_closed_and_has_no_devices(self):
        if os.geteuid() != 0:
            skip("only root can make devices that could be left")
        own = make_repository(self.scratch() / "own", package("nodes", install="mkdir -p //srv; touch //srv/tool", files="%dev(c,1,3) %attr(0666,root,root) /srv/null\n"
                                                              "%attr(4755,root,root) /srv/tool\n", rest="%post -p <lua>\nposix.umask('rwxrwxrwx')\n"))
        text = PLAIN.replace("os: {{", f"repositories: [{{{{name: own, path: {own}, gpgCheck: false, repoGpgCheck: false}}}}]\nos: {{{{packages: {{{{install: [nodes]}}}}, ")
        before = os.umask(0)
        try:
            out = self.build(text, "--keep-root") / "out"
        finally:
            os.umask(before)
        root = next(out.glob("*.root"))
        self.assertEqual(root.stat().st_mode & 0o777, 0o700)
        self.assertTrue((root / "srv/tool").stat().st_mode & 0o4000, "the test sees nothing")
        devices = [path for path in root.rglob("*") if path.is_char_device() or path.is_block_device()]
        self.assertEqual(devices, [])
        listing = subprocess.run(["debugfs", "-R", "stat /srv/null", self.root_partition(next(out.glob("*.raw")))], capture_output=True, text=True, check=True).stdout
        self.assertIn("Type: character special", listing)

    def root_partition(self, image):
        """The last partition of a disk, in a file of its own."""
        table = json.loads(subprocess.run(["sfdisk", "--json", image], capture_output=True, text=True, check=True).stdout)["partitiontable"]
        last = max(table["partitions"], key=lambda partition: partition["start"])
        copy = self.scratch() / "partition"
        with image.open("rb") as disk:
            disk.seek(last["start"] * 512)
            copy.write_bytes(disk.read(last["size"] * 512))
        return copy

    def test_metadata_is_parsed_by_a_worker(self):
        directory = self.build(PLAIN)
        own, *others = self.traced("read,pread64", "plan", directory / "node.yaml", "--cache-dir", directory / "other")
        digest = next((self.top / "base/repo/repodata").glob("*primary.xml*")).name.split("-")[0]
        content = directory / "other/objects/sha256" / digest[:2] / digest
        self.assertTrue(content.exists())
        self.assertEqual(self.bytes_read(own, content), 0)
        self.assertGreater(sum(self.bytes_read(lines, content) for lines in others), 500, "nobody read it: the test sees nothing")

    def test_indexes_of_repositories_are_parsed_by_workers(self):
        repository = self.scratch() / "repo"
        shutil.copytree(self.top / "base/repo", repository)
        class Files(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments, **options):
                super().__init__(*arguments, directory=str(repository), **options)

            def log_message(self, *arguments):
                pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        repomd = repository / "repodata/repomd.xml"
        digest = hashlib.sha256(repomd.read_bytes()).hexdigest()
        address = f"http://127.0.0.1:{server.server_port}"
        metalink = (f'<metalink version="3.0" xmlns="http://www.metalinker.org/"><files><file name="repomd.xml"><verification><hash type="sha256">'
                    f'{digest}</hash></verification><resources><url protocol="http" type="http" preference="100">{address}/repodata/repomd.xml'
                    f'</url></resources></file></files></metalink>')
        (repository / "metalink.xml").write_text(metalink)
        directory = self.scratch()
        (directory / "node.yaml").write_text(MIRRORED.format(top=self.top, url=f"{address}/metalink.xml"))
        own, *others = self.traced("read,pread64", "plan", directory / "node.yaml", "--cache-dir", directory / "cache")
        content = directory / "cache/objects/sha256" / digest[:2] / digest
        self.assertEqual(max(self.bytes_read(lines, content) for lines in others), repomd.stat().st_size)
        names = {match.group(1) for lines in others for line in lines if (match := re.match(r"read\(\d+<([^>]*/list)[>(]", line))}
        self.assertEqual(len(names), 1, "the metalink")
        self.assertEqual(max(self.bytes_read(lines, names.copy().pop()) for lines in others), len(metalink))
        # The same of a list that is no XML.
        listed = f"# {'servers ' * 50}\n{address}\n"
        (repository / "mirrors").write_text(listed)
        (directory / "node.yaml").write_text(MIRRORED.format(top=self.top, url=f"{address}/mirrors"))
        own, *others = self.traced("read,pread64", "plan", directory / "node.yaml", "--cache-dir", directory / "other")
        read = [{match.group(1) for line in lines if (match := re.match(r"(?:read|pread64)\(\d+<([^>]*/list)[>(]", line))} for lines in (own, *others)]
        name = set().union(*read).pop()
        self.assertLessEqual(self.bytes_read(own, name), 64, "more than what tells XML apart")
        self.assertEqual(max(self.bytes_read(lines, name) for lines in others), len(listed))

    def test_hostile_indexes_end_in_order(self):
        bomb = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
        text = (self.top / "base/repo/repodata/repomd.xml").read_text()
        contents = {
            "entities": f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a0 "aaaaaaaaaa">{bomb}]><repomd><data type="primary">&a11;</data></repomd>',
            "a file of the host": text.replace("?>", '?><!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]>', 1).replace("<revision>1", "<revision>&f;"),
            "depth": '<?xml version="1.0"?><repomd>' + "<data>" * 200000,
            "records": '<?xml version="1.0"?><repomd>' + '<data type="a"/>' * 20000 + "</repomd>",
            "controls": text.replace("primary", "pri\x1bmary"),
            "names without end": re.sub(r'href="repodata/', lambda found: found.group() + "a" * 3000000, text),
            "a base without end": text.replace("<location ", '<location xml:base="file:///' + "a" * 3000000 + '" '),
            "encoding": text.replace("UTF-8", "UTF-16"),
            "nothing": "",
            "negative sizes": re.sub(r"<size>\d+", "<size>-7", text),
            "sizes beyond measure": re.sub(r"<size>\d+", "<size>99999999999999999999", text),
            "out of the repository": text.replace('href="repodata/', 'href="../../../../etc/'),
        }
        for name, content in contents.items():
            with self.subTest(name):
                directory = self.scratch()
                shutil.copytree(self.top / "base/repo/repodata", directory / "repo/repodata")
                (directory / "repo/repodata/repomd.xml").write_text(content)
                (directory / "node.yaml").write_text(LOCAL.format(top=self.top, path=directory / "repo"))
                result = self.run_program("plan", directory / "node.yaml", "--cache-dir", directory / "cache", expect=None)
                if name == "a file of the host":
                    # Revisions tell us nothing; what counts is that nobody opened the file.
                    own, *others = self.traced("open,openat,openat2", "plan", directory / "node.yaml", "--cache-dir", directory / "cache", expect=result.returncode)
                    for lines in (own, *others):
                        self.assertFalse([line for line in lines if '"/etc/passwd"' in line and " = -1 " not in line], "the host's file was opened")
                    continue
                self.assertIn(result.returncode, (1, 4, 5), result.stderr)
                self.assertRegex(result.stderr, r"\[(repo\.(metadata-damaged|metadata-truncated|weak-checksum)|sandbox\.worker-\w+)\]")
                self.assertNotIn("\x1b", result.stderr)
                self.assertLess(len(result.stderr), 40000)

    def test_secrets_are_written_nowhere(self):
        Server.directory = str(self.top / "base/repo")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        directory = self.scratch()
        (directory / "secret.txt").write_text(SECRETS["file"])
        config = directory / "node.yaml"
        url = f"http://{SECRETS['user']}:{SECRETS['url']}@127.0.0.1:{server.server_port}/"
        config.write_text(NODE.format(top=self.top, url=url, password=SECRETS["password"]))
        said = []
        given = environment(AWS_SECRET_ACCESS_KEY=SECRETS["variable"])
        common = ("--cache-dir", directory / "cache", "--log-level", "debug")
        for command in (("build", config, "--output-dir", directory / "out", "--report", directory / "again.json", *common),
                        ("plan", config, *common), ("plan", "--json", config, *common), ("lock", config, *common),
                        ("validate", "--format", "sarif", config), ("validate", "--format", "json", config),
                        ("validate", "--canonical", config),
                        ("build", config, "--output-dir", directory / "none", "--locked", "--repo", "main=http://127.0.0.1:1/", *common)):
            result = self.run_program(*command, env=given, expect=None)
            if "--locked" not in command:
                self.assertEqual(result.returncode, 0, (command, result.stderr[-2000:]))
            said.append((" ".join(map(str, command)), (result.stdout + result.stderr).encode()))
        self.assertTrue(Server.asked and Server.asked[-1], "the server was not asked with the password")
        for path in directory.rglob("*"):
            if path.is_file() and path not in (config, directory / "secret.txt"):
                said.append((str(path), path.read_bytes()))
        self.assertGreater(len(said), 12)
        for name, marker in SECRETS.items():
            found = [place for place, content in said if marker.encode() in content]
            self.assertEqual(found, [], f"the secret {name} is written there")

    def test_a_build_opens_nothing_but_its_own(self):
        if os.geteuid() != 0:
            self.skipTest("a build as root is what could open devices")
        directory = self.scratch()
        config = directory / "node.yaml"
        config.write_text(PLAIN.format(top=self.top))
        bait = Path.home() / ".imagewright-bait"
        bait.write_text("nobody reads this")
        self.addCleanup(bait.unlink)
        build = ("build", config, "--output-dir", directory / "out", "--cache-dir", directory / "cache", "--no-cache")
        self.check_traces(self.traced(traced_paths.CALLS + ",finit_module,init_module", *build), directory)
        base = next((directory / "out").glob("*.raw"))
        config.write_text("os: {hostname: other}\n")
        customize = ("customize", "--image", base, config, "--output-dir", directory / "out/other", "--cache-dir", directory / "cache")
        self.check_traces(self.traced(traced_paths.CALLS + ",finit_module,init_module", *customize), directory)

    def test_a_build_without_the_right_to_administrate_opens_nothing_but_its_own(self):
        if os.geteuid() != 0:
            self.skipTest("a build as root is what could open devices")
        require_program("setpriv")
        self.started_by = ("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin")
        directory = self.scratch()
        (directory / "node.yaml").write_text(PLAIN.format(top=self.top))
        build = ("build", directory / "node.yaml", "--output-dir", directory / "out", "--cache-dir", directory / "cache", "--no-cache",
                 "--log-level", "debug")
        traces = self.traced(traced_paths.CALLS + ",finit_module,init_module", *build)
        self.assertTrue(next((directory / "out").glob("*.raw")).exists())
        self.check_traces(traces, directory)

    def check_traces(self, traces, directory, inputs=(), least=10):
        """Of a command that wrote below `directory`, at least so many times, and read `inputs`."""
        opened = 0
        for lines in traces:
            for line in lines:
                success = re.search(r" = \d+<(.*)>$", line)
                opened += success is not None
                if success is None:
                    continue
                device = re.search(r"<(?:char|block) (\d+:\d+)", success.group(1))
                # Of terminals there is none; ptmx of an instance of our own would be 5:2.
                if device:
                    self.assertIn(device.group(1), OPENED_DEVICES, line)
            self.assertFalse([line for line in lines if re.match(r"mknod(at)?\(.*S_IF(CHR|BLK).* = 0$", line)], "a device was made")
            self.assertFalse([line for line in lines if re.match(r"f?init_module\(", line)], "a module of the kernel was loaded")
        self.assertGreater(opened, 20)
        self.check_uses(list(traced_paths.uses_of_host(dict(zip(self.numbers, traces)))), directory, inputs, least)

    def check_uses(self, uses, directory, inputs, least):
        """Every path that a process outside of the root opened or changed."""
        # It has tried out there whether it may make roots at all.
        own = [directory / "out", directory / "cache", Path(tempfile.gettempdir()) / "imagewright-probe-",
               Path(tempfile.gettempdir()) / ".imagewright-container-"]
        read = [*own, *inputs, directory / "node.yaml", self.top, Path(PROGRAM).resolve().parents[3], "/usr/lib", "/usr/share", "/usr/bin", "/lib", "/bin",
                "/etc/ld.so.", "/etc/ssl/openssl.cnf", "/etc/localtime", "/etc/locale.alias", "/proc/", "/sys/devices/system/cpu/", "/sys/fs/cgroup", "/dev/null", "/dev/urandom"]
        written = [*own, "/dev/null", "/proc/self/", "/proc/thread-self/"]
        exact = {"/", tempfile.gettempdir(), str(directory), "/etc/nsswitch.conf", "/etc/hosts", "/etc/resolv.conf", "/etc/host.conf", "/etc/gai.conf"}
        for use in uses:
            if use.path.split("/#")[0] == tempfile.gettempdir() and "O_TMPFILE" in use.line:
                continue  # a file without a name
            # Of a child that has a user namespace of its own; the kernel lets a process write no other's.
            if re.fullmatch(r"/proc/\d+/(?:uid_map|gid_map|setgroups)", use.path):
                continue
            allowed = written if use.changes else read
            self.assertTrue(use.path in exact and not use.changes or any(use.path.startswith(str(place)) for place in allowed), use.line)
        self.assertGreater(len([use for use in uses if use.changes and use.path.startswith(str(directory / "out"))]), least - 1, "the test sees nothing")
        # The same eyes see what does not belong there.
        strange = {1: ['openat(AT_FDCWD</root>, ".ssh/id", O_RDONLY) = 3</root/.ssh/id>', 'mkdirat(4</etc>, "cron.d", 0755) = 0',
                       'unlink("/var/lib/x") = 0', 'rename("/tmp/a", "/usr/bin/b") = 0']}
        self.assertEqual([use.path for use in traced_paths.uses_of_host(strange)], ["/root/.ssh/id", "/etc/cron.d", "/var/lib/x", "/tmp/a", "/usr/bin/b"])


if __name__ == "__main__":
    unittest.main()
