# SPDX-License-Identifier: MIT
"""Accounts of a config meet the files of packages as useradd does, which is asked; what makes one machine does not become that of all."""

import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_testing import environment, require_program  # noqa: E402
from sibling_images import SiblingTestCase, make_repository, package  # noqa: E402

PASSWD = "root:x:0:0:root:/root:/bin/sh\n"
GROUP = "root:x:0:\nwheel:x:10:\n"

# login.defs, subuid and subgid of a package, and the users that a config adds.
FILES = (
    ("UID_MIN 5000\nUID_MAX 6000\nGID_MIN 7000\n", "", ["kim"]), ("UID_MIN\t0x1388\nGID_MIN 010000\n", None, ["kim"]), ("UID_MIN 5000", None, ["kim"]),
    ("UID_MIN 3000\nUID_MIN 4000\n", None, ["kim", "lee"]), ("UID_MIN 6000\nUID_MAX 5000\n", None, ["kim"]), ("UID_MIN 5000\nUID_MAX 5000\n", None, ["kim"]),
    ("UID_MIN 5000\nUID_MAX 5000\n", None, ["kim", "lee"]), ("# UID_MIN 4000\nGID_MIN 1000\nGID_MAX 1000\n", None, ["kim", "lee"]),
    ("", "", ["kim", "lee"]), ("", "old:100000:65536", ["kim"]), ("", "old:165536:65536\n", ["kim", "lee"]),
    ("SUB_UID_COUNT 0\nSUB_GID_COUNT 0\n", "old:100000:65536\n", ["kim"]), ("SUB_UID_MIN 500000\nSUB_GID_MIN 600000\nSUB_UID_COUNT 10\n", "", ["kim", "lee"]),
    ("SUB_UID_MAX 120000\nSUB_GID_MAX 120000\n", "old:100000:65536\n", ["kim"]), ("", "", ["kim=300"]), ("", "", ["kim=2000"]),
)


def account_package(number, definitions, subordinate):
    contents = {"login.defs": definitions, "subuid": subordinate, "subgid": subordinate}
    given = {name: text for name, text in contents.items() if text is not None}
    lines = ["mkdir -p //etc"] + [f"printf %%s '{text}' > //etc/{name}" for name, text in given.items()]
    return package(f"accounts{number}", install="\n".join(lines), files="\n".join(f"/etc/{name}" for name in given))


class Accounts(SiblingTestCase):
    PACKAGES = tuple(account_package(number, definitions, subordinate) for number, (definitions, subordinate, _) in enumerate(FILES))

    def ours(self, number):
        users = ", ".join(f"{{name: {name}{', uid: ' + uid if uid else ''}}}" for name, _, uid in (each.partition("=") for each in FILES[number][2]))
        built = self.build(f"os:\n  packages: {{install: [accounts{number}]}}\n  users: [{users}]\n")
        if built.code != 0:
            self.assertIn("[finalize.account-refused]", built.said)
            self.assertRegex(built.said, r"node\.yaml:\d+:\d+: error: ")
            return None
        return {name: built.lines(f"/etc/{name}") for name in ("passwd", "group", "subuid", "subgid")}

    def theirs(self, number):
        definitions, subordinate, users = FILES[number]
        root = self.scratch()
        (root / "etc").mkdir()
        for name, text in {"passwd": PASSWD, "group": GROUP, "shadow": "root:*:19000:0:99999:7:::\n", "gshadow": "", "login.defs": definitions,
                           "subuid": subordinate, "subgid": subordinate}.items():
            if text is not None:
                (root / "etc" / name).write_text(text)
        for name, _, uid in (each.partition("=") for each in users):
            command = ["useradd", "--prefix", str(root), "--user-group", "--no-create-home", "--shell", "/bin/sh", *(["--uid", uid] if uid else []), name]
            if subprocess.run(command, capture_output=True, text=True, env=environment()).returncode != 0:
                return None
        texts = {name: root / "etc" / name for name in ("passwd", "group", "subuid", "subgid")}
        return {name: path.read_text().splitlines() if path.exists() else None for name, path in texts.items()}

    def test_ids_and_ranges_are_those_of_useradd(self):
        require_program("useradd")
        for number, ours in self.in_parallel(self.ours, range(len(FILES))):
            with self.subTest(files=FILES[number]):
                theirs = self.theirs(number)
                self.assertEqual(ours is None, theirs is None, ours or theirs)
                # Whose id is given has a group of that id here.
                for name in (each for each in ours or () if "=300" not in FILES[number][2][0] or each.startswith("sub")):
                    self.assertEqual(self.ids_in(ours[name]), self.ids_in(theirs[name]), name)

    def ids_in(self, lines):
        """Name and numbers of those that the config or a file of ranges has."""
        kept = [line.split(":") for line in lines or [] if re.match("kim|lee|old", line)]
        return sorted([fields[0], *(each for each in fields[1:4] if each.isdigit())] for fields in kept)

    def test_explicit_ids_are_reserved_before_free_ones_are_given(self):
        for users, groups, ids in (("[{name: a}, {name: b, uid: 1000}]", "[]", {"a": "1001", "b": "1000"}),
                                   ("[{name: a}, {name: b}, {name: c, uid: 1001}]", "[]", {"a": "1000", "b": "1002", "c": "1001"}),
                                   ("[{name: a}]", "[{name: g, gid: 1000}]", {"a": "1001"}), ("[{name: a}, {name: b}]", "[{name: b, gid: 1000}]", {"a": "1001"}),
                                   ("[{name: a}, {name: b, uid: 1002}, {name: c, uid: 1000}]", "[{name: g, gid: 1001}]", {"a": "1003", "b": "1002", "c": "1000"})):
            with self.subTest(users=users, groups=groups):
                lines = self.image(f"os:\n  users: {users}\n  groups: {groups}\n").lines("/etc/passwd")
                found = {line.split(":")[0]: line.split(":")[2] for line in lines}
                self.assertEqual({name: found[name] for name in ids}, ids)
                self.assertEqual(len(set(found.values())), len(found))

    def test_names_and_homes_that_tools_do_not_take_are_refused_by_validate(self):
        rows = [("name", name) for name in ("a" * 32, "kim x", "-kim", "'kim:'", "'ki,m'", "1", "..", '"kim\\n"', "ki/m")]
        rows += [("homeDirectory", home) for home in ("/home/k m", "/home/../x", "relative", "'~'", "/home/kim:x", "/proc/x", "//dev/x", "/sys")]
        for key, value in rows:
            with self.subTest(key=key, value=value):
                user = f"name: {value}" if key == "name" else f"name: kim, {key}: {value}"
                said = self.run_on("validate", self.config(f"os: {{users: [{{{user}}}]}}\n"))
                self.assertEqual(said.code, 2, said.said)
                self.assertRegex(said.said, r"node\.yaml:4:\d+: error: ")
                self.assertIn("hint: ", said.said)
                self.assertNotIn("/bin/", said.said)
        self.assert_refused(self.build("os: {users: [{name: kim, homeDirectory: /etc/passwd}]}\n"), "finalize.account-refused", "is no directory")
        for home in ("/tmp/kim", "/run/kim", "/var/tmp/kim"):
            key = "ssh-ed25519 " + "AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43
            self.assert_refused(self.build(f"os: {{users: [{{name: kim, homeDirectory: {home}, sshPublicKeys: ['{key}']}}]}}\n"), "config.lost-file")

    def test_host_names_and_zones_that_no_machine_takes_are_refused(self):
        for key, value in (("hostname", "a" * 64 + "b"), ("hostname", ".".join(["a" * 31] * 3)), ("hostname", "ü"), ("hostname", "a_b"), ("hostname", "-a"), ("hostname", "a."),
                           ("hostname", "a..b"), ("timezone", "Europe"), ("timezone", "Mars/Olympus"), ("timezone", "../../etc/passwd"), ("timezone", "/etc/passwd")):
            with self.subTest(key=key, value=value):
                self.assertEqual(self.build(f"os: {{{key}: {value}}}\n").code, 2)

    def test_translations_are_those_that_rpm_installs(self):
        languages = ("de", "de_DE", "de_AT", "fr", "C")
        lines = "; ".join(f"mkdir -p //usr/share/locale/{each}; echo x > //usr/share/locale/{each}/m" for each in languages)
        own = make_repository(self.top / "translations", package("translations", install=lines, files="\n".join(f"%lang({each}) /usr/share/locale/{each}/m" for each in languages)))
        self.repositories = [own]
        rows = (["de"], ["de_DE"], ["fr", "C"], ["de", "fr"], ["es"], ["all"], ["de_AT.UTF-8"])
        for chosen, image in self.in_parallel(lambda each: self.image(f"os: {{packages: {{install: [translations], languages: {list(each)}}}}}\n"), rows):
            with self.subTest(chosen=chosen):
                root = self.scratch()
                self.run_tool("rpm", "--root", root, "--nodeps", "--nosignature", "--define", f"_install_langs {':'.join(chosen)}", "-i", next(own.rglob("*.rpm")))
                theirs = sorted(path.parent.name for path in root.glob("usr/share/locale/*/m"))
                ours = sorted(path.split("/")[4] for path in image.archive() if path.startswith("/usr/share/locale/") and path.endswith("/m"))
                self.assertEqual(ours, theirs)

    def test_lines_of_a_packages_fstab_stay_or_are_told(self):
        table = "# by a package\\ntmpfs /scratch tmpfs size=64M 0 0\\nnone /home/./ tmpfs x 0 0\\nLABEL=x /boot/efi/ vfat x 0 0\\nUUID=1 / xfs x 0 0\\n/dev/sdb1 none swap sw 0 0"
        text = package("table", install=f"mkdir -p //etc; printf '{table}' > //etc/fstab", files="%config(noreplace) /etc/fstab")
        own = make_repository(self.top / "table", text)
        self.repositories = [own]
        image = self.image("os: {packages: {install: [table]}}\n")
        mounts = [line.split()[1] for line in image.lines("/etc/fstab")]
        self.assertEqual(sorted(mounts), ["/", "/boot/efi", "/home/./", "/scratch", "none"])
        self.assertEqual(image.said.count("[finalize.mount-replaced]"), 2)


MADE = ("/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_rsa_key.pub", "/etc/ssh/ssh_host_ed25519_key-cert.pub", "/etc/ssh/ssh_host_mldsa_key", "/etc/iscsi/initiatorname.iscsi",
        "/etc/nvme/hostid", "/etc/nvme/hostnqn", "/etc/hostid", "/var/lib/NetworkManager/secret_key", "/var/lib/NetworkManager/internal-1-eth0.lease",
        "/var/lib/NetworkManager/seen-bssids", "/var/lib/dhclient/dhclient.leases", "/var/lib/dhcp/dhclient.leases", "/var/lib/dhcpcd/eth0.lease", "/var/lib/cloud/instances/i-1/obj.pkl",
        "/var/lib/cloud/data/instance-id", "/var/lib/systemd/random-seed", "/var/lib/systemd/credential.secret", "/var/lib/dbus/machine-id", "/var/lib/waagent/provisioned")


class Identity(SiblingTestCase):
    PACKAGES = (
        package("made", head="Requires(post): tiny-base\n", rest="%post\nfor path in " + " ".join(MADE) + "; do mkdir -p ${path%/*}; echo secret > $path; done\n"
                "ln -s instances/i-1 /var/lib/cloud/instance; echo 0123456789abcdef0123456789abcdef > /etc/machine-id\n"),
        package("linked", head="Requires(post): tiny-base\n", install="mkdir -p //srv/keys //etc; echo shared > //srv/keys/ssh_host_ecdsa_key; ln -s /srv/keys //etc/ssh",
                files="/srv/keys\n/etc/ssh", rest="%post\necho secret > /etc/ssh/ssh_host_rsa_key\n"),
        package("owned", install="mkdir -p //etc/ssh; echo shared > //etc/ssh/ssh_host_rsa_key", files="/etc/ssh/ssh_host_rsa_key"),
    )

    def test_what_scripts_made_is_removed_and_named(self):
        image = self.image("os: {packages: {install: [made]}}\n")
        for path in MADE:
            with self.subTest(path=path):
                self.assertNotIn(path, image.archive())
                if not path.endswith("machine-id"):
                    self.assertIn(path, image.said)
        self.assertEqual((image.read("/etc/machine-id"), image.archive()["/etc/machine-id"].mode), ("", 0o444))
        self.assertNotIn("/var/lib/cloud/instance", image.archive())

    def test_it_is_found_behind_links_and_packages_keep_theirs(self):
        image = self.image("os: {packages: {install: [linked]}}\n")
        self.assertNotIn("/srv/keys/ssh_host_rsa_key", image.archive())
        self.assertEqual(image.read("/srv/keys/ssh_host_ecdsa_key"), "shared\n")
        self.assertEqual(self.image("os: {packages: {install: [owned]}}\n").read("/etc/ssh/ssh_host_rsa_key"), "shared\n")

    def test_the_configs_own_stays(self):
        image = self.image('os: {packages: {install: [made]}, additionalFiles: [{destination: /etc/nvme/hostid, content: "mine\\n"}]}\n')
        self.assertEqual(image.read("/etc/nvme/hostid"), "mine\n")

    def test_modes_of_the_machine_id_mean_what_the_reference_says(self):
        for mode, text in (("first-boot", ""), ("uninitialized", "uninitialized\n"), ("keep", "0123456789abcdef0123456789abcdef\n")):
            with self.subTest(mode=mode):
                self.assertEqual(self.image(f"os: {{packages: {{install: [made]}}, machineId: {{mode: {mode}}}}}\n").read("/etc/machine-id"), text)
        self.assertEqual(self.image("os: {hostname: x}\n").read("/etc/machine-id"), "")
        kept = self.image("os: {machineId: {mode: keep}}\n")
        self.assertNotRegex(kept.read("/etc/machine-id") if "/etc/machine-id" in kept.archive() else "", "[0-9a-f]{32}", "nobody has made one")


if __name__ == "__main__":
    unittest.main(verbosity=2)
