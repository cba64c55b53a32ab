# SPDX-License-Identifier: MIT
"""Edits of files that are in an image already: what becomes of them, and what is refused."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from sibling_images import SiblingTestCase, package  # noqa: E402

SETTINGS = "# of the package\nPort 22\nPermitRootLogin yes\nPermitRootLogin prohibit\n[Match]\nX *\n"
APP = package("app", install=f"mkdir -p //etc/app.d //usr/bin //usr/lib/app\nprintf '%s' '{SETTINGS}' > //etc/app.conf\n"
              "printf 'no end' > //etc/app.d/unended\n: > //etc/app.d/empty\nprintf 'a\\0b\\n' > //etc/app.d/binary\n"
              "echo real > //usr/lib/app/real\nln -s ../usr/lib/app/real //etc/app.link\n"
              "ln -s ../../../../../../../../../tmp/imagewright-escape //etc/app.escape\nln -s nowhere //etc/app.dangling\n"
              "printf '#!/bin/sh\\n' > //usr/bin/app",
              files="%dir /etc/app.d\n%attr(0640,root,wheel) /etc/app.conf\n/etc/app.d/unended\n/etc/app.d/empty\n/etc/app.d/binary\n%dir /usr/lib/app\n"
                    "/usr/lib/app/real\n/etc/app.link\n/etc/app.escape\n/etc/app.dangling\n%attr(0755,root,root) /usr/bin/app")


def edits(*entries, more=""):
    return f"os:\n  packages: {{install: [tiny-web, app]}}\n{more}  edits:\n" + "".join(f"  - {json.dumps(each)}\n" for each in entries)


class Edits(SiblingTestCase):
    PACKAGES = (APP,)

    def test_lines_come_and_go(self):
        built = self.image(edits({"path": "/etc/app.conf", "lines": [
            {"replace": "PermitRootLogin *", "with": "PermitRootLogin no"}, {"remove": "Port 22"}, {"add": "first\nsecond", "before": "[Match]"},
            {"add": "below", "after": "[Match]"}, {"add": "last"}, {"replace": "X *", "with": "Y ?"}]},
            {"path": "/etc/app.d/unended", "lines": [{"add": "more"}]}, {"path": "/etc/app.d/empty", "lines": [{"add": "one"}]},
            {"path": "/etc/app.link", "lines": [{"replace": "r*l", "with": "edited"}]}))
        self.assertEqual(built.read("/etc/app.conf"),
                         "# of the package\nPermitRootLogin no\nPermitRootLogin no\nfirst\nsecond\n[Match]\nbelow\nY ?\nlast\n")
        entry = built.archive()["/etc/app.conf"]
        self.assertEqual((entry.mode, entry.uid, entry.gid), (0o640, 0, self.group_of(built, "wheel")))
        self.assertEqual(built.read("/etc/app.d/unended"), "no end\nmore")
        self.assertEqual(built.read("/etc/app.d/empty"), "one\n")
        self.assertTrue(built.archive()["/etc/app.link"].issym(), "the link stays")
        self.assertEqual(built.read("/usr/lib/app/real"), "edited\n")

    def group_of(self, built, name):
        return next(int(line.split(":")[2]) for line in built.read("/etc/group").splitlines() if line.startswith(name + ":"))

    def test_properties_links_removal_and_directories(self):
        built = self.image(edits({"path": "/usr/bin/app", "permissions": "700", "owner": "kim", "group": "1234"},
                                 {"path": "/etc/app.conf", "owner": "65534"}, {"path": "/etc/app.dangling", "link": "/etc/app.conf"},
                                 {"path": "/etc/app.d", "remove": True}, {"path": "/etc/app.link", "remove": True},
                                 {"path": "/etc/new/place/link", "link": "../elsewhere", "owner": "kim"},
                                 {"path": "/var/lib/app/state", "directory": True, "permissions": "750", "owner": "kim", "group": "kim"},
                                 {"path": "/usr/lib/app", "directory": True}, {"path": "/srv/note", "permissions": "600"},
                                 more="  users: [{name: kim, uid: 1500}]\n  additionalFiles: [{destination: /srv/note, content: x}]\n"))
        archive = built.archive()
        told = {path: (archive[path].mode, archive[path].uid, archive[path].gid) for path in ("/usr/bin/app", "/etc/app.conf", "/srv/note")}
        self.assertEqual(told, {"/usr/bin/app": (0o700, 1500, 1234), "/etc/app.conf": (0o640, 65534, self.group_of(built, "wheel")), "/srv/note": (0o600, 0, 0)})
        state = archive["/var/lib/app/state"]
        self.assertEqual((state.isdir(), state.mode, state.uid, state.gid), (True, 0o750, 1500, self.group_of(built, "kim")))
        self.assertEqual((archive["/var/lib/app"].mode, archive["/var/lib/app"].uid), (0o755, 0))
        self.assertEqual(archive["/etc/app.dangling"].linkname, "/etc/app.conf")
        self.assertEqual((archive["/etc/new/place/link"].linkname, archive["/etc/new/place/link"].uid), ("../elsewhere", 1500))
        self.assertIn("/usr/lib/app/real", archive, "a link was removed, and not what it means")
        self.assertFalse([path for path in archive if path.startswith("/etc/app.d/") or path in ("/etc/app.d", "/etc/app.link")])

    def test_what_is_not_there_is_told_at_its_place(self):
        lines = {"path": "/etc/app.conf"}
        rows = (({**lines, "lines": [{"remove": "Port 2"}]}, "finalize.no-such-line"), ({**lines, "lines": [{"remove": "Port 22 "}]}, "finalize.no-such-line"),
                ({**lines, "lines": [{"replace": "port *", "with": ""}]}, "finalize.no-such-line"),
                ({**lines, "lines": [{"add": "x", "before": "Match"}]}, "finalize.no-such-line"),
                ({"path": "/etc/none", "lines": [{"add": "x"}]}, "finalize.no-such-file"), ({"path": "/etc/none", "remove": True}, "finalize.no-such-file"),
                ({"path": "/etc/none/x", "permissions": "600"}, "finalize.no-such-file"), ({"path": "/etc/app.dangling", "permissions": "600"}, "finalize.no-such-file"),
                ({"path": "/etc/app.escape", "lines": [{"add": "x"}]}, "finalize.no-such-file"),
                ({"path": "/etc/app.d", "lines": [{"add": "x"}]}, "finalize.not-editable"), ({"path": "/etc/app.d/binary", "lines": [{"add": "x"}]}, "finalize.not-editable"),
                ({"path": "/etc/app.conf", "directory": True}, "finalize.not-editable"), ({"path": "/etc/app.d", "link": "x"}, "fs.root-access"),
                ({**lines, "owner": "nobody-here"}, "finalize.no-such-account"), ({**lines, "group": "nobody-here"}, "finalize.no-such-account"),
                ({**lines, "owner": "4294967295"}, "finalize.no-such-account"),
                ({"path": "/usr/lib/sysimage/rpm", "remove": True}, "config.package-database"))
        for (row, code), built in self.in_parallel(lambda row: self.build(edits(row[0])), rows):
            with self.subTest(row=row):
                self.assert_refused(built, code)

    def test_a_link_out_of_the_image_stays_inside(self):
        outside = Path("/tmp/imagewright-escape")
        self.assertFalse(outside.exists())
        built = self.image(edits({"path": "/etc/app.escape", "link": "/etc/passwd"}, {"path": "/etc/app.escape", "remove": True}))
        self.assertNotIn("/etc/app.escape", built.archive())
        self.assertFalse(outside.exists())

    def test_plan_tells_them(self):
        path = self.config(edits({"path": "/etc/app.conf", "lines": [{"remove": "Port 22"}], "permissions": "600"}, {"path": "/etc/app.d", "remove": True},
                                 {"path": "/etc/l", "link": "x", "owner": "root"}))
        planned = self.run_on("plan", path)
        self.assertEqual(planned.code, 0, planned.said)
        text = self.run_program("plan", path, "--cache-dir", self.top / "cache").stdout
        for line in ("/etc/app.conf +from os.edits: 1 edit of lines, mode 0600", "/etc/app.d +from os.edits: removed", '/etc/l +from os.edits: link to "x", owner root'):
            self.assertRegex(text, line)
        told = json.loads(self.run_program("plan", path, "--json", "--cache-dir", self.top / "cache").stdout)
        self.assertIn({"path": "/etc/app.d", "edit": "removed"}, json.dumps(told) and self.find(told, "edits"))

    def find(self, value, key):
        if isinstance(value, dict):
            return value[key] if key in value else next((found for each in value.values() if (found := self.find(each, key)) is not None), None)
        if isinstance(value, list):
            return next((found for each in value if (found := self.find(each, key)) is not None), None)
        return None

    def test_a_customized_image_is_edited_too(self):
        base = self.image("os: {packages: {install: [tiny-web, app]}}\n", formats=("raw",))
        config = self.scratch() / "node.yaml"
        entries = ({"path": "/etc/app.conf", "lines": [{"remove": "Port 22"}], "owner": "root"}, {"path": "/etc/app.d", "remove": True},
                   {"path": "/etc/app.link", "link": "app.conf"})
        config.write_text("os:\n  edits:\n" + "".join(f"  - {json.dumps(each)}\n" for each in entries))
        out = config.parent / "out"
        arguments = ("customize", "--image", next(base.out.glob("*.raw")), config, "--cache-dir", self.scratch())
        self.assertIn("edit /etc/app.d: removed", self.run_program(*arguments, "--dry-run").stdout)
        self.run_program(*arguments, "--output-dir", out, "--progress", "none")
        files = json.loads(next(out.glob("*.manifest.json")).read_text())["files"]
        size = len(SETTINGS) - len("Port 22\n")
        self.assertRegex(files["/etc/app.conf"], rf"^file 0640 0:\d+ {size} ")
        self.assertRegex(files["/etc/app.link"], r'^link 0777 0:0 "app\.conf"')
        self.assertNotIn("/etc/app.d", files)
        config.write_text('os: {edits: [{path: /etc/app.conf, lines: [{remove: "Port 23"}]}]}\n')
        refused = self.run_program(*arguments, "--output-dir", config.parent / "other", "--progress", "none", expect=2)
        self.assertRegex(refused.stderr, r"node\.yaml:1:\d+: error: .*\n?.*\[finalize\.no-such-line\]")

    def test_keys_that_exclude_each_other(self):
        rows = ({"path": "/a"}, {"path": "/a", "lines": []}, {"path": "/a", "remove": False}, {"path": "/a", "remove": True, "permissions": "600"},
                {"path": "/a", "remove": True, "link": "b"}, {"path": "/a", "link": "b", "permissions": "600"}, {"path": "/a", "directory": True, "lines": [{"add": "x"}]},
                {"path": "/a", "lines": [{"add": "x", "remove": "y"}]}, {"path": "/a", "lines": [{"replace": "x"}]}, {"path": "/a", "lines": [{"with": "x"}]},
                {"path": "/a", "lines": [{"remove": "x", "before": "y"}]}, {"path": "/a", "lines": [{"add": "x", "before": "y", "after": "z"}]},
                {"path": "/a", "lines": [{"remove": ""}]}, {"path": "", "remove": True}, {"path": "/", "remove": True}, {"path": "/proc/x", "remove": True},
                {"path": "/a/../proc/x", "remove": True}, {"remove": True}, {"path": "/a", "permissions": "999"}, {"path": "/a", "owner": "a b"}, {"path": "/a", "remove": 3},
                {"path": "/a", "lines": "x"}, {"path": "/a", "lines": [3]})
        for row in rows:
            with self.subTest(row=row):
                said = self.run_on("validate", self.config(edits(row)))
                self.assertEqual(said.code, 2, said.said or "it was taken")
                self.assertRegex(said.said, r"node\.yaml:\d+:\d+: error: ")

    def test_a_base_config_comes_first(self):
        base = self.config(edits({"path": "/etc/app.conf", "lines": [{"remove": "Port 22"}]}), name="base")
        own = edits({"path": "/etc/app.conf", "lines": [{"add": "Port 23"}]})
        path = self.config(f"previewFeatures: [base-configs]\nbaseConfigs: [{{path: {base}}}]\n{own}")
        canonical = self.run_program("validate", "--canonical", path).stdout
        self.assertLess(canonical.index("remove: Port 22"), canonical.index("add: Port 23"))
        again = path.parent / "canonical.yaml"
        again.write_text(canonical)
        text = self.run_program("validate", "--canonical", again).stdout
        self.assertEqual(text[text.index("release:"):], canonical[canonical.index("release:"):])


if __name__ == "__main__":
    unittest.main()
