# SPDX-License-Identifier: MIT
"""`imagewright drift`: a root with signed packages is changed in every way, and each change is classed right."""

import base64
import hashlib
import json
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import PROGRAM, TOP, TestCase, environment, require_module, require_npm_packages, require_program, require_workbench, skip  # noqa: E402
from packages import Signer, build_package, manifest_of, rpm  # noqa: E402

SMALL_PROGRAM = PROGRAM.parent / "imagewright-drift"
TOOL = "/usr/bin/tool"
LINE = "BOOT_IMAGE=/vmlinuz root=UUID=1 console=ttyS0 quiet"
CHECKS = [("kernel-series", "", "6.6"), ("package-series", "tool", "1"), ("command-line-has", "", "console=ttyS0"),
          ("command-line-lacks", "", "debug"), ("cgroup-filesystem", "", "cgroup2fs"), ("selinux-mode", "", "enforcing"),
          ("fips-enabled", "", "1"), ("unit-active", "agent.service", ""), ("file-content", "/etc/role", "node")]


class World:
    """Packages, and a root of which nothing was changed yet: made once, copied for each test."""

    def __init__(self):
        if os.geteuid() != 0:
            skip("rpm --root needs root")
        require_program("rpm")
        self.directory = Path(tempfile.mkdtemp(prefix="imagewright-drift-"))
        self.vendor = Signer(self.directory)
        self.stranger = Signer(self.directory, "stranger")
        files = {TOOL: "first\n", "/usr/lib/tool/old-data": "old\n", "/etc/tool.conf": "a = 1\n", "/usr/lib/tool/data": "one\n"}
        modes, links = {TOOL: "0755"}, {"/usr/bin/tool-link": "tool"}
        newer = {TOOL: "second\n", "/etc/tool.conf": "a = 1\n", "/usr/lib/tool/data": "two\n", "/usr/lib/tool/new-data": "new\n"}
        self.packages = {
            "tool-1": self.package("tool", "1", files, links, modes, self.vendor),
            "tool-2": self.package("tool", "2", newer, links, modes, self.vendor),
            "tool-0": self.package("tool", "0", {**files, TOOL: "vulnerable\n"}, links, modes, self.vendor),
            "tool-3": self.package("tool", "3", {**files, TOOL: "foreign\n"}, links, modes, self.stranger),
            "tool-4": self.package("tool", "4", {**files, TOOL: "nobody's\n"}, links, modes, None),
            "other-1": self.package("other", "1", {"/usr/bin/other": "other\n"}, None, None, self.vendor),
            "extra-1": self.package("extra", "1", {"/usr/bin/extra": "extra\n"}, None, None, self.vendor),
        }
        self.root = self.directory / "root"
        for place in ("usr/bin", "etc/systemd/system", "etc/ssh", "root", "home/core", "var/log", "var/lib/rpm", "boot", "opt", "proc",
                      "sys", "usr/lib/modules/6.6.1/kernel", "etc/modprobe.d", "etc/sysctl.d"):
            (self.root / place).mkdir(parents=True)
        self.root.chmod(0o755)
        for path, content in {"etc/passwd": "root:x:0:0::/root:/bin/sh\ncore:x:1000:1000::/home/core:/bin/sh\nagent:x:2000:2000::/srv/agent:/bin/sh\n",
                              "etc/group": "root:x:0:\n", "etc/machine-id": "uninitialized\n", "etc/role": "node\n",
                              "var/log/start": "", "etc/ld.so.cache": "cache",
                              "usr/lib/modules/6.6.1/kernel/dummy-net.ko.xz": "module", "usr/lib/modules/6.6.1/kernel/floppy.ko": "module",
                              "etc/modprobe.d/off.conf": "blacklist floppy\n", "etc/sysctl.d/95-image.conf": "net.ipv4.ip_forward = 1\n"}.items():
            (self.root / path).write_text(content)
        (self.root / "bin").symlink_to("usr/bin")
        rpm(self.root, "--initdb")
        rpm(self.root, "-i", "--nodeps", self.packages["tool-1"], self.packages["other-1"])
        checks = [{"name": f"{kind} {subject}".strip(), "kind": kind, "subject": subject, "expected": expected}
                  for kind, subject, expected in CHECKS]
        self.manifest = manifest_of(self.root, [self.vendor.public_key()], checks=checks,
                                    kernelCommandLine=LINE.split(" ", 1)[1])

    def package(self, name, version, files, links, modes, signer):
        package = build_package(self.directory / "build", name, version, files, links, modes)
        if signer:
            signer.sign(package)
        return package

    def remove(self):
        self.vendor.stop()
        self.stranger.stop()
        shutil.rmtree(self.directory)


class Drift(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.addClassCleanup(cls.world.remove)

    def setUp(self):
        self.directory = self.scratch()
        self.root = self.directory / "root"
        subprocess.run(["cp", "-a", self.world.root, self.root], check=True)
        self.manifest = self.directory / "manifest.json"
        self.write_manifest(self.world.manifest)

    def write_manifest(self, manifest):
        self.manifest.write_text(json.dumps(manifest))

    def write(self, path, content, mode=None):
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
        if mode is not None:
            place.chmod(mode)

    def install(self, *names, options=("-U", "--oldpackage", "--nodeps")):
        rpm(self.root, *options, *(self.world.packages[name] for name in names))

    def run_drift(self, *arguments, expect=0, **options):
        return self.run_program("drift", "--root", self.root, "--manifest", self.manifest, *arguments, expect=expect, **options)

    def drift(self, *arguments, expect=5):
        """{subject: class} of everything that differs."""
        document = json.loads(self.run_drift("--format", "json", *arguments, expect=expect).stdout)
        definitions = json.loads((TOP / "docs/json.schema.json").read_text())["$defs"]
        require_module("jsonschema").validate(document, {"$defs": definitions, "$ref": "#/$defs/drift"})
        self.findings = {row["subject"]: row for row in document["findings"]}
        counts = {}
        for row in document["findings"]:
            counts[row["class"]] = counts.get(row["class"], 0) + 1
        self.assertEqual({name: count for name, count in document["counts"].items() if count}, counts)
        # Asking rpm anything leaves traces beside its database.
        return {subject: row["class"] for subject, row in self.findings.items() if not subject.startswith("/var/lib/rpm/rpmdb.sqlite-")}

    def start(self, line=LINE, **files):
        """What a running kernel says of itself, with changes; None removes a file."""
        state = {"proc/cmdline": line + "\n", "proc/sys/kernel/osrelease": "6.6.1\n", "proc/modules": "dummy_net 1 0 - Live 0x0\n",
                 "proc/sys/crypto/fips_enabled": "1\n", "proc/sys/net/ipv4/ip_forward": "1\n", "sys/fs/selinux/enforce": "1",
                 "sys/fs/cgroup/cgroup.controllers": "cpu\n",
                 "sys/fs/cgroup/system.slice/agent.service/cgroup.events": "populated 1\nfrozen 0\n"}
        state.update({name.replace("__", "/"): content for name, content in files.items()})
        for path, content in state.items():
            if content is not None:
                self.write(path, content)

    # --- files

    def test_a_node_that_is_its_image_has_nothing_to_say(self):
        self.assertEqual(self.drift(expect=0), {})

    def test_an_edited_program_is_unexplained(self):
        self.write(TOOL, "backdoor\n", 0o755)
        self.assertEqual(self.drift(), {TOOL: "unexplained"})

    def test_a_mode_or_an_owner_or_a_capability_is_a_change(self):
        (self.root / "usr/bin/tool").chmod(0o4755)
        os.chown(self.root / "usr/bin/other", 1000, 0)
        self.assertEqual(self.drift(), {TOOL: "unexplained", "/usr/bin/other": "unexplained"})
        self.assertEqual(self.findings[TOOL]["what"], "mode 0755 -> 4755")
        self.assertEqual(self.findings["/usr/bin/other"]["what"], "owner 0:0 -> 1000:0")

    def test_an_attribute_that_the_image_does_not_have_is_a_change(self):
        try:
            os.setxattr(self.root / "usr/bin/tool", "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))
        except OSError as error:
            skip(f"this filesystem keeps no capabilities: {error}")
        self.assertEqual(self.drift(), {TOOL: "unexplained"})
        self.assertEqual(self.findings[TOOL]["what"], "capabilities")

    def test_a_file_of_another_kind_or_none_is_a_change(self):
        (self.root / "usr/bin/tool").unlink()
        (self.root / "usr/bin/tool").symlink_to("/opt/evil")
        (self.root / "usr/bin/tool-link").unlink()
        (self.root / "usr/bin/tool-link").symlink_to("other")
        (self.root / "usr/bin/other").unlink()
        self.assertEqual(set(self.drift().values()), {"unexplained"})
        self.assertEqual({subject: row["what"] for subject, row in self.findings.items()},
                         {TOOL: "content, mode 0755 -> 0777, target, type file -> link", "/usr/bin/tool-link": "target",
                          "/usr/bin/other": "removed"})

    def test_a_directory_that_became_a_link_is_not_followed(self):
        shutil.move(self.root / "usr/lib/tool", self.root / "opt/tool")
        (self.root / "usr/lib/tool").symlink_to("/opt/tool")
        found = self.drift()
        self.assertEqual(found["/usr/lib/tool"], "unexplained")
        self.assertEqual(found["/usr/lib/tool/data"], "unexplained")
        # Out of the root it leads even less.
        (self.root / "usr/lib/tool").unlink()
        (self.root / "usr/lib/tool").symlink_to(self.world.root / "usr/lib/tool")
        self.assertEqual(self.drift()["/usr/lib/tool/data"], "unexplained")

    def test_added_files_count_in_guarded_places_only(self):
        guarded = ["/etc/systemd/system/evil.service", "/usr/lib/systemd/system/evil.service", "/root/.ssh/authorized_keys",
                   "/home/core/.ssh/authorized_keys", "/srv/agent/.ssh/authorized_keys", "/etc/cron.d/evil", "/etc/ld.so.preload",
                   "/etc/sudoers.d/evil", "/etc/modules-load.d/evil.conf", "/etc/sysctl.d/99-evil.conf", "/etc/udev/rules.d/evil.rules",
                   "/boot/evil.img", "/var/spool/cron/root", "/usr/local/bin/evil", "/etc/pam.d/evil"]
        for path in (*guarded, "/opt/thing", "/var/lib/thing", "/home/core/notes", "/srv/data"):
            self.write(path, "x")
        self.assertEqual(self.drift(), {path: "unexplained" for path in guarded})
        (self.root / "etc/systemd/system/multi-user.target.wants").mkdir()
        (self.root / "etc/systemd/system/multi-user.target.wants/x.service").symlink_to("/usr/lib/systemd/system/evil.service")
        self.assertEqual(self.drift()["/etc/systemd/system/multi-user.target.wants/x.service"], "unexplained")

    def test_what_every_node_changes_is_expected(self):
        self.write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        self.write("/etc/ssh/ssh_host_ed25519_key", "key")
        self.write("/var/log/start", "lines")
        self.assertEqual(set(self.drift(expect=0).values()), {"expected"})
        self.assertEqual(self.findings["/etc/machine-id"]["reason"], "the identity of this machine")

    def test_an_expected_place_does_not_hide_a_program_with_rights(self):
        self.write("/var/log/start", "lines", 0o4755)
        self.assertEqual(self.drift(), {"/var/log/start": "unexplained"})

    def test_rules_of_a_file_are_added_to_those_of_the_manifest(self):
        rules = self.directory / "rules.json"
        rules.write_text(json.dumps({"changing": [{"path": "/etc/role", "reason": "we set it", "when": "always"}], "guarded": ["/opt/agent"]}))
        self.write("/etc/role", "gateway\n")
        self.write("/opt/agent/plugin", "x")
        self.assertEqual(self.drift("--rules", rules), {"/etc/role": "expected", "/opt/agent/plugin": "unexplained"})
        for text in ("{\"changing\": [{\"path\": \"etc\", \"reason\": \"x\"}]}", "{\"changed\": []}", "{\"guarded\": [1]}",
                     "{\"changing\": [{\"path\": \"/etc/x\", \"reason\": \"x\", \"when\": \"never\"}]}"):
            rules.write_text(text)
            self.assertIn("[audit.damaged-rules]", self.run_drift("--rules", rules, expect=2).stderr)

    # --- packages

    def test_an_update_with_a_good_signature_explains_its_files(self):
        self.install("tool-2")
        self.write("/etc/ld.so.cache", "made again")
        found = self.drift(expect=0)
        self.assertEqual(found, {"tool": "explained", TOOL: "explained", "/usr/lib/tool/data": "explained", "/usr/lib/tool/new-data": "explained",
                                 "/usr/lib/tool/old-data": "explained", "/etc/ld.so.cache": "expected",
                                 "/var/lib/rpm/rpmdb.sqlite": "expected"})
        self.assertEqual(self.findings["tool"]["what"], "version 1-1 -> 2-1")
        self.run_drift("--strict", expect=5)

    def test_without_an_update_nothing_is_made_of_its_files(self):
        self.write("/etc/ld.so.cache", "made again")
        self.assertEqual(self.drift(), {"/etc/ld.so.cache": "unexplained"})

    def test_an_update_explains_its_own_bytes_only(self):
        self.install("tool-2")
        self.write(TOOL, "backdoor\n", 0o755)
        self.write("/usr/lib/tool/extra", "x")
        self.write("/usr/bin/other", "backdoor\n")
        (self.root / "usr/lib/tool/data").chmod(0o666)
        (self.root / "usr/lib/tool/new-data").unlink()
        found = self.drift()
        self.assertEqual({path for path, kind in found.items() if kind == "unexplained"},
                         {TOOL, "/usr/lib/tool/extra", "/usr/bin/other", "/usr/lib/tool/data"})
        self.assertEqual(found["/usr/lib/tool/old-data"], "explained")

    def test_an_older_version_is_no_update_however_well_it_is_signed(self):
        self.install("tool-0")
        found = self.drift()
        self.assertEqual((found["tool"], found[TOOL]), ("unexplained", "unexplained"))
        self.assertIn("older", self.findings["tool"]["reason"])

    def test_a_stranger_and_nobody_explain_nothing(self):
        for package in ("tool-3", "tool-4"):
            self.install(package)
            found = self.drift()
            self.assertEqual((found["tool"], found[TOOL]), ("unexplained", "unexplained"), package)

    def test_packages_that_come_and_go_are_unexplained(self):
        self.install("extra-1")
        rpm(self.root, "-e", "--nodeps", "other")
        found = self.drift()
        self.assertEqual({name for name, kind in found.items() if kind == "unexplained"},
                         {"extra-1-1.noarch", "/usr/bin/extra", "other-1-1.noarch", "/usr/bin/other"})

    def test_the_same_version_put_back_does_not_explain_what_the_image_had_changed(self):
        # The image's own config differs from the package's; reinstalling undoes that.
        manifest = json.loads(json.dumps(self.world.manifest))
        hardened = b"a = 2\n"
        line = manifest["files"]["/etc/tool.conf"].split()
        line[3], line[4] = str(len(hardened)), "sha256:" + hashlib.sha256(hardened).hexdigest()
        manifest["files"]["/etc/tool.conf"] = " ".join(line)
        self.write_manifest(manifest)
        self.assertEqual(self.drift(), {"/etc/tool.conf": "unexplained"})

    def rewrite_database(self, before, after):
        """As an attacker does who wants `rpm -Va` to be content."""
        with sqlite3.connect(self.root / "var/lib/rpm/rpmdb.sqlite") as database:
            for number, blob in database.execute("SELECT hnum, blob FROM Packages").fetchall():
                if before in blob:
                    database.execute("UPDATE Packages SET blob = ? WHERE hnum = ?", (blob.replace(before, after), number))

    def test_a_rewritten_database_is_found_where_rpm_finds_nothing(self):
        backdoor = "evil!\n"
        self.assertEqual(len(backdoor), len("first\n"))
        status = os.stat(self.root / "usr/bin/tool")
        self.write(TOOL, backdoor, 0o755)
        os.utime(self.root / "usr/bin/tool", ns=(status.st_atime_ns, status.st_mtime_ns))
        self.assertIn("..5", rpm(self.root, "-V", "tool", check=False).stdout)
        self.rewrite_database(hashlib.sha256(b"first\n").hexdigest().encode(), hashlib.sha256(backdoor.encode()).hexdigest().encode())
        result = rpm(self.root, "-V", "--nosignature", "--nodigest", "tool", check=False)
        self.assertEqual((result.returncode, result.stdout), (0, ""), "rpm believes its database")
        found = self.drift()
        self.assertEqual((found[TOOL], found["tool-1-1.noarch"]), ("unexplained", "unexplained"))
        self.assertIn("rewritten", self.findings["tool-1-1.noarch"]["reason"])

    def test_a_rewritten_entry_of_an_update_explains_nothing(self):
        self.install("tool-2")
        self.write(TOOL, "evil!!\n", 0o755)
        self.rewrite_database(hashlib.sha256(b"second\n").hexdigest().encode(), hashlib.sha256(b"evil!!\n").hexdigest().encode())
        found = self.drift()
        self.assertEqual((found[TOOL], found["tool"]), ("unexplained", "unexplained"))

    def test_a_database_that_cannot_be_read_is_never_clean(self):
        database = self.root / "var/lib/rpm/rpmdb.sqlite"
        whole = database.read_bytes()
        for content in (b"", whole[:5000], b"no database"):
            database.write_bytes(content)
            self.assertEqual(self.drift()["package database"], "unreadable")
        database.unlink()
        self.assertEqual(self.drift()["package database"], "unreadable")

    def test_ed25519_signatures_count_as_those_of_rsa(self):
        signer = Signer(self.directory, "edwards", "ed25519")
        self.addCleanup(signer.stop)
        package = self.directory / "tool-2.rpm"
        shutil.copy(self.world.packages["tool-2"], package)
        subprocess.run(["rpmsign", "--delsign", package], check=True, capture_output=True)
        signer.sign(package)
        rpm(self.root, "-U", "--nodeps", package)
        self.assertEqual(self.drift()["tool"], "unexplained")
        manifest = dict(self.world.manifest)
        self.write_manifest({**manifest, "packageKeys": manifest["packageKeys"] + [{"repository": "base", "key": self.encoded(signer)}]})
        self.assertEqual(self.drift(expect=0)["tool"], "explained")

    @staticmethod
    def encoded(signer):
        return base64.b64encode(signer.public_key()).decode()

    # --- the running state

    def test_a_running_node_is_held_against_the_checks(self):
        self.start()
        self.assertEqual(self.drift(expect=0), {"module dummy_net": "expected"})

    def test_each_promise_that_is_broken_is_named(self):
        for changes, subject in (({"proc__sys__kernel__osrelease": "5.15.1\n"}, "kernel-series"),
                                 ({"sys__fs__selinux__enforce": "0"}, "selinux-mode"),
                                 ({"proc__sys__crypto__fips_enabled": "0\n"}, "fips-enabled"),
                                 ({"proc__sys__net__ipv4__ip_forward": "0\n"}, "sysctl net.ipv4.ip_forward"),
                                 ({"proc__modules": "rootkit 1 0 - Live 0x0 (OE)\n"}, "module rootkit"),
                                 ({"proc__modules": "floppy 1 0 - Live 0x0\n"}, "module floppy"),
                                 ({"proc__modules": "dummy_net 1 0 - Live 0x0 (OE)\n"}, "module dummy_net"),
                                 ({"line": LINE + " init=/bin/sh"}, "kernel command line"),
                                 ({"line": LINE.replace(" quiet", "")}, "kernel command line")):
            self.start(**changes)
            self.assertEqual(self.drift().get(subject), "unexplained", changes)
        self.start(line=LINE.replace("console=ttyS0", "console=tty0 debug"))
        found = self.drift()
        self.assertEqual((found["command-line-has"], found["command-line-lacks"]), ("unexplained", "unexplained"))

    def test_what_only_a_command_could_tell_is_unreadable(self):
        self.write_manifest({**self.world.manifest, "checks": [{"name": "answers", "kind": "command-output", "subject": "true", "expected": ""},
                                                               {"name": "none failed", "kind": "no-failed-units", "subject": "", "expected": ""}]})
        self.start()
        self.assertEqual(self.drift(), {"answers": "unreadable", "none failed": "unreadable", "module dummy_net": "expected"})

    def test_a_unit_without_processes_is_not_taken_for_active(self):
        self.start()
        self.write("sys/fs/cgroup/system.slice/agent.service/cgroup.events", "populated 0\n")
        self.assertEqual(self.drift()["unit-active agent.service"], "unreadable")

    def test_a_tree_that_does_not_run_is_asked_nothing(self):
        document = json.loads(self.run_drift("--format", "json").stdout)
        self.assertEqual((document["running"], document["checkCount"]), (False, 0))

    # --- answers

    def test_monitoring_gets_its_own_formats(self):
        clean = self.run_drift("--format", "prometheus").stdout
        self.assertIn('imagewright_drift_findings{class="unexplained",kind="file"} 0\n', clean)
        self.assertEqual(self.run_drift("--format", "npd").stdout, "node is its image\n")
        self.write(TOOL, "backdoor\n", 0o755)
        output = self.directory / "drift.prom"
        result = self.run_drift("--format", "prometheus", "--output", output, expect=5)
        self.assertEqual(result.stdout, "")
        self.assertIn('imagewright_drift_findings{class="unexplained",kind="file"} 1\n', output.read_text())
        message = self.run_drift("--format", "npd", expect=1).stdout
        self.assertEqual(message, "drift: 1 unexplained, 0 unreadable, /usr/bin/tool\n")
        self.write("/usr/bin/" + "x" * 200, "x")
        self.assertLessEqual(len(self.run_drift("--format", "npd", expect=1).stdout), 81)
        # Two is "cannot tell".
        self.run_program("drift", "--root", self.root, "--manifest", self.directory / "none.json", "--format", "npd", expect=2)

    def test_prometheus_own_parser_reads_it(self):
        # Of the distribution's own Python, whichever runs the tests.
        script = ("import json, sys, prometheus_client.parser as p; "
                  "print(json.dumps([[f.name, len(f.samples)] for f in p.text_string_to_metric_families(sys.stdin.read())]))")
        text = self.run_drift("--format", "prometheus").stdout
        result = subprocess.run(["/usr/bin/python3", "-c", script], input=text, capture_output=True, text=True, env=environment())
        if "ModuleNotFoundError" in result.stderr:
            skip("python3-prometheus-client is not installed")
        self.assertEqual(json.loads(result.stdout), [["imagewright_drift_findings", 12], ["imagewright_drift_files", 1],
                                                     ["imagewright_drift_checks", 1]], result.stderr)

    def test_sarif_names_the_files(self):
        self.write("/usr/bin/a b%", "x")
        document = json.loads(self.run_drift("--format", "sarif", expect=5).stdout)
        result = document["runs"][0]["results"][0]
        self.assertEqual((result["ruleId"], result["level"]), ("drift.unexplained", "error"))
        self.assertEqual(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "usr/bin/a%20b%25")

    def test_names_that_would_disturb_a_terminal_are_written_out(self):
        self.write("/usr/bin/\x1b[31m\nevil", "x")
        for form in ("text", "json", "sarif", "npd"):
            output = self.run_drift("--format", form, expect=None).stdout
            self.assertNotIn("\x1b", output)
        self.assertEqual(len(self.run_drift("--format", "npd", expect=1).stdout.splitlines()), 1)

    def test_the_same_node_gives_the_same_bytes(self):
        self.install("tool-2")
        self.write("/usr/bin/evil", "x")
        for form in ("text", "json", "sarif", "prometheus", "npd"):
            outputs = {self.run_drift("--format", form, "--jobs", jobs, expect=None).stdout for jobs in ("1", "4")}
            self.assertEqual(len(outputs), 1, form)

    # --- bad input

    def test_another_image_s_manifest_is_no_baseline(self):
        empty = self.scratch()
        result = self.run_program("drift", "--root", empty, "--manifest", self.manifest, expect=2)
        self.assertIn("[drift.other-image]", result.stderr)
        result = self.run_program("drift", "--root", self.directory / "none", "--manifest", self.manifest, expect=2)
        self.assertIn("[drift.no-root]", result.stderr)

    def test_a_manifest_can_be_pinned_by_its_digest(self):
        digest = hashlib.sha256(self.manifest.read_bytes()).hexdigest()
        self.run_drift("--manifest-digest", digest)
        self.run_drift("--manifest-digest", f"sha256:{digest}")
        # A variable that nobody has set is no leave to take any manifest.
        self.assertIn("[drift.other-manifest]", self.run_drift("--manifest-digest", "", expect=5).stderr)
        self.write_manifest({**self.world.manifest, "files": {}})
        self.assertIn("[drift.other-manifest]", self.run_drift("--manifest-digest", digest, expect=5).stderr)

    def test_a_damaged_manifest_is_refused(self):
        for text in ("", "{}", self.manifest.read_text()[:-100], json.dumps({**self.world.manifest, "packageKeys": [{"repository": "b", "key": "?"}]})):
            self.manifest.write_text(text)
            self.run_drift(expect=2)

    # --- the small program

    def test_the_small_program_says_the_same(self):
        self.write(TOOL, "backdoor\n", 0o755)
        small = subprocess.run([SMALL_PROGRAM, "--root", self.root, "--manifest", self.manifest], capture_output=True, text=True,
                               env=environment())
        large = self.run_drift(expect=5)
        self.assertEqual((small.returncode, small.stdout), (5, large.stdout))
        small = subprocess.run([SMALL_PROGRAM, "--help"], capture_output=True, text=True, env=environment())
        self.assertIn("--manifest", small.stdout)
        # Whoever reads its findings may go away: its answer is the same, and no death by a signal.
        reader, writer = os.pipe()
        os.close(reader)
        small = subprocess.run([SMALL_PROGRAM, "--root", self.root, "--manifest", self.manifest], stdout=writer, stderr=subprocess.PIPE, text=True,
                               env=environment(), restore_signals=True)
        os.close(writer)
        self.assertEqual((small.returncode, small.stderr), (5, ""))

    def test_the_small_program_needs_few_libraries(self):
        needed = re.findall(r"NEEDED.*\[(.*)\]", self.run_tool("readelf", "-d", SMALL_PROGRAM).stdout)
        self.assertFalse([name for name in needed if re.search("rpm|solv|repo|archive|selinux|curl", name)], needed)
        self.assertLess(len(needed), 10)


class Cluster(TestCase):
    """The DaemonSet, held against Kubernetes' own types and against what it promises."""
    # Kubernetes' types let keys that they do not know pass: a misspelt one would be a promise that nobody keeps.
    KEYS = {"apiVersion", "kind", "metadata", "name", "labels", "app", "data", "manifestDigest", "spec", "selector", "matchLabels", "template",
            "automountServiceAccountToken", "enableServiceLinks", "hostNetwork", "hostPID", "hostIPC", "securityContext", "runAsUser",
            "runAsGroup", "seccompProfile", "type", "tolerations", "operator", "containers", "image", "env", "valueFrom", "configMapKeyRef",
            "key", "command", "args", "privileged", "allowPrivilegeEscalation", "readOnlyRootFilesystem", "capabilities", "drop", "add",
            "resources", "requests", "limits", "cpu", "memory", "volumeMounts", "mountPath", "readOnly", "mountPropagation", "volumes",
            "hostPath", "path"}

    def setUp(self):
        yaml = require_module("yaml")
        self.documents = list(yaml.safe_load_all((TOP / "toolkit/kubernetes/drift.yaml").read_text()))

    def test_kubernetes_types_accept_it_and_no_key_is_misspelt(self):
        modules = require_npm_packages("kubernetes-models@5.1.0")
        script = self.scratch() / "check.mjs"
        script.write_text(f"const {{DaemonSet}} = await import('{modules}/kubernetes-models/apps/v1/index.js');"
                          f"const {{ConfigMap}} = await import('{modules}/kubernetes-models/v1/index.js'); import fs from 'fs';"
                          "for (const d of JSON.parse(fs.readFileSync(0)))"
                          "  new ({DaemonSet, ConfigMap})[d.kind](d).validate(); console.log('good');")

        def check(documents):
            return subprocess.run(["node", script], input=json.dumps(documents), capture_output=True, text=True,
                                  env=environment())
        result = check(self.documents)
        self.assertEqual(result.stdout, "good\n", result.stderr)
        broken = json.loads(json.dumps(self.documents))
        broken[1]["spec"]["template"]["spec"]["hostPID"] = "no"
        self.assertNotEqual(check(broken).returncode, 0)

        def keys(value):
            if isinstance(value, dict):
                return set(value).union(*map(keys, value.values()))
            return set().union(*map(keys, value)) if isinstance(value, list) else set()
        self.assertEqual(keys(self.documents) - self.KEYS, set())

    def test_it_has_no_privilege_and_changes_nothing(self):
        pod = self.documents[1]["spec"]["template"]["spec"]
        container = pod["containers"][0]
        self.assertEqual(container["securityContext"], {"privileged": False, "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                                        "capabilities": {"drop": ["ALL"], "add": ["DAC_READ_SEARCH"]}})
        self.assertFalse(pod["automountServiceAccountToken"] or pod["hostPID"] or pod["hostNetwork"] or pod["hostIPC"])
        mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
        self.assertTrue(mounts["host"]["readOnly"])
        self.assertEqual([name for name, mount in mounts.items() if not mount.get("readOnly")], ["textfile"])

    def test_its_options_are_the_program_s(self):
        text = self.documents[1]["spec"]["template"]["spec"]["containers"][0]["args"][0]
        known = subprocess.run([SMALL_PROGRAM, "--help"], capture_output=True, text=True, env=environment()).stdout
        for option in re.findall(r"--[a-z-]+", text):
            self.assertIn(option, known)


OVAL_OF_A_SOURCE = """<oval_definitions><generator><timestamp>2024-10-10T12:04:24Z</timestamp></generator><definitions>
<definition class="vulnerability" id="d"><metadata><reference ref_id="CVE-2024-1"/></metadata>
<criteria><criterion test_ref="t"/></criteria></definition></definitions>
<tests><rpminfo_test check="at least one" id="t"><object object_ref="o"/><state state_ref="s"/></rpminfo_test></tests>
<objects><rpminfo_object id="o"><name>bash</name></rpminfo_object></objects>
<states><rpminfo_state id="s"><evr operation="less than">0:99999-1</evr></rpminfo_state></states></oval_definitions>"""


class WholeImage(TestCase):
    def test_a_walk_over_the_node_s_image_is_quick_and_small(self):
        require_workbench()
        directory = self.scratch()
        self.run_program("build", "configs/node.yaml", "--arch", "x86_64", "--output-dir", directory, "--progress", "none", "--keep-root")
        root = directory / "node-x86_64.root"
        # As the image has it; on the host only its owner may enter.
        root.chmod(0o755)
        manifest = directory / "node-x86_64.manifest.json"
        if os.geteuid() != 0:
            skip("owners of the kept root are the user's own")
        started = time.monotonic()
        # More than 64 MiB of memory of its own are not to be had.
        result = subprocess.run([SMALL_PROGRAM, "--root", root, "--manifest", manifest], capture_output=True, text=True, env=environment(),
                                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (64 << 20, 64 << 20)))
        self.assertLess(time.monotonic() - started, 3)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertRegex(result.stdout, r"node-x86_64: \d{4,} files, \d{3} packages, not running\n")
        # Advisories are about sources: the image's own database knows as much of them as its manifest.
        feed = directory / "feed.xml"
        feed.write_text(OVAL_OF_A_SOURCE)
        image = next(path for path in directory.iterdir() if path.suffix in (".raw", ".qcow2", ".vhd", ".vhdx"))
        verdicts = [json.loads(self.run_program("advisories", path, "--feed", feed, "--format", "json").stdout) for path in (image, manifest)]
        self.assertEqual(verdicts[0]["findings"], verdicts[1]["findings"])
        self.assertEqual(verdicts[0]["unknownSource"], [])
        self.assertEqual([(row["package"], row["status"]) for row in verdicts[0]["findings"]], [("bash", "affected")])
        (root / "usr/bin/bash").write_bytes((root / "usr/bin/bash").read_bytes() + b"\0")
        result = self.run_program("drift", "--root", root, "--manifest", manifest, expect=5)
        self.assertIn("/usr/bin/bash: content", result.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
