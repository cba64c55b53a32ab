# SPDX-License-Identifier: MIT
"""A node that runs is changed in many ways, and `imagewright drift` classes each: from inside, and on its disk.

`toolkit/dev test-long` runs this. The node boots twice from one disk: it is looked at, changed, looked at after each change, restarted with
another kernel argument, and looked at again. A second disk brings the small program, rpm and packages to it, and takes the answers back."""

import json
import re
import shutil
import subprocess
import sys
import unittest
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import derived_config  # noqa: E402
from imagewright_testing import PROGRAM, TestCase, require_program, require_workbench, skip  # noqa: E402
from packages import Signer, build_package  # noqa: E402

TOOL = "/usr/bin/tool"
CONFIG = """
repositories:
- {name: own, path: DIRECTORY/repository, gpgKeys: [DIRECTORY/key]}
os:
  packages:
    install: [tool, other, third, fourth]
  modules:
  - {name: dummy, loadMode: disable}
  sysctl:
    net.ipv4.ip_forward: "1"
  additionalFiles:
  - {destination: /usr/local/sbin/steps, permissions: "755", content: "#!/bin/sh\\nmount -L steps /mnt && cd /mnt && exec sh ./steps\\n"}
  - {destination: /etc/systemd/system/steps.service, content: "[Unit]\\nAfter=multi-user.target\\n[Service]\\nType=oneshot\\nTimeoutStartSec=infinity\\nExecStart=/usr/local/sbin/steps\\n[Install]\\nWantedBy=multi-user.target\\n"}
  services:
    enable: [steps]
output:
  name: drifting
  images:
  - format: raw
"""
# Runs once in each of the two lives of the node. Programs of the host with libraries of their own, for the node's rpm is a library at most.
STEPS = """\
with_libraries() { LD_LIBRARY_PATH=/mnt/lib /mnt/lib/ld-linux-x86-64.so.2 "$@"; }
rpm() { RPM_CONFIGDIR=/mnt/rpm with_libraries /mnt/bin/rpm --define "_dbpath /var/lib/rpm" --define "_db_backend sqlite" --noplugins "$@"; }
look() {
  with_libraries /mnt/bin/imagewright-drift --root / --manifest /mnt/manifest.json --format json > /mnt/answers/$1.json 2> /mnt/answers/$1.log
  echo "exit code $?" >> /mnt/answers/$1.log
  echo "STEP $1" > /dev/ttyS0
}
if [ ! -e /mnt/answers/changed.json ]; then
  look clean
  # --- a package is updated to a newer version, signed by the key that the image knows
  rpm -U --nodeps /mnt/packages/tool-2.rpm > /mnt/answers/update.txt 2>&1
  look update
  # --- the database is rewritten to fit a changed file: byte for byte, and by installing a forged package of the same name and version
  printf 'evil!\\n' > /usr/bin/third
  sed -i s/@THIRD@/@EVIL@/ /var/lib/rpm/rpmdb.sqlite
  rpm -U --nodeps --nosignature --force /mnt/packages/forged.rpm >> /mnt/answers/update.txt 2>&1
  rpm -V other > /mnt/answers/verify-forged.txt 2>&1; echo "exit code $?" >> /mnt/answers/verify-forged.txt
  rpm -V --nosignature --nodigest --nomtime third > /mnt/answers/verify-rewritten.txt 2>&1; echo "exit code $?" >> /mnt/answers/verify-rewritten.txt
  # --- an older version with a good signature, and a newer one of a stranger
  rpm -U --nodeps --oldpackage /mnt/packages/fourth-0.rpm >> /mnt/answers/update.txt 2>&1
  # --- files
  printf '\\0' >> /usr/bin/jq
  chmod 4755 /usr/bin/curl
  rm /usr/bin/sudo
  printf '[Service]\\nExecStart=/bin/true\\n' > /etc/systemd/system/evil.service
  ln -s /etc/systemd/system/evil.service /etc/systemd/system/multi-user.target.wants/evil.service
  mkdir -p /root/.ssh /home/operator/.ssh
  echo ssh-ed25519 AAAA > /root/.ssh/authorized_keys
  echo ssh-ed25519 AAAA > /home/operator/.ssh/authorized_keys
  echo 'operator ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/operator
  echo 'evil:x:0:0::/root:/bin/sh' >> /etc/passwd
  echo > /etc/ld.so.preload
  echo x > /srv/data
  # --- the running kernel
  insmod $(find /usr/lib/modules -name 'dummy.ko*')
  echo 0 > /proc/sys/net/ipv4/ip_forward
  look changed
  rmmod dummy
  sed -i 's/console=ttyS0/console=ttyS0 debug_boot_weak_hash/' /boot/efi/loader/entries/*.conf
  sync
  systemctl reboot
else
  look restarted
  cat /proc/cmdline > /mnt/answers/cmdline.txt
  sync
  systemctl poweroff
fi
"""
UNEXPLAINED = {
    "/usr/bin/jq", "/usr/bin/curl", "/usr/bin/sudo", "/etc/systemd/system/evil.service",
    "/etc/systemd/system/multi-user.target.wants/evil.service", "/root/.ssh/authorized_keys", "/home/operator/.ssh/authorized_keys",
    "/etc/sudoers.d/operator", "/etc/passwd", "/etc/ld.so.preload", "/usr/bin/third", "third-1-1.noarch", "/usr/bin/other", "other-1-1.noarch",
    "/usr/bin/fourth", "fourth"}
EXPLAINED = {"tool", TOOL, "/usr/lib/tool/new-data", "/usr/lib/tool/old-data"}


class NodeDrift(TestCase):
    def setUp(self):
        require_workbench()
        for program in ("qemu-system-x86_64", "mke2fs", "rpm", "createrepo_c", "mcopy", "debugfs"):
            require_program(program)
        self.directory = self.scratch()
        self.packages = self.directory / "packages"
        self.packages.mkdir()
        self.make_packages()

    def make_packages(self):
        vendor = Signer(self.directory)
        self.addCleanup(vendor.stop)

        def package(name, version, content, files=None, signer=vendor, place="packages"):
            built = build_package(self.directory / f"build-{place}", name, version, {f"/usr/bin/{name}": content, **(files or {})}, None,
                                  {f"/usr/bin/{name}": "0755"})
            if signer:
                signer.sign(built)
            return built
        repository = self.directory / "repository"
        repository.mkdir()
        for built in (package("tool", "1", "first\n", {"/usr/lib/tool/old-data": "old\n"}), package("other", "1", "other\n"),
                      package("third", "1", "third\n"), package("fourth", "1", "fourth\n")):
            shutil.copy(built, repository)
        subprocess.run(["createrepo_c", "--quiet", repository], check=True, capture_output=True)
        (self.directory / "key").write_bytes(vendor.gpg("--export", "--armor"))
        vendor.gpg("--batch", "--armor", "--detach-sign", str(repository / "repodata/repomd.xml"))
        shutil.copy(package("tool", "2", "second\n", {"/usr/lib/tool/new-data": "new\n"}), self.packages / "tool-2.rpm")
        shutil.copy(package("fourth", "0", "vulnerable\n"), self.packages / "fourth-0.rpm")
        shutil.copy(package("other", "1", "forged\n", signer=None, place="forged"), self.packages / "forged.rpm")

    def compose(self):
        config = self.directory / "node.yaml"
        config.write_text(derived_config(CONFIG.replace("DIRECTORY", str(self.directory))))
        out = self.directory / "out"
        self.run_program("build", config, "--arch", "x86_64", "--output-dir", out, "--progress", "none")
        self.manifest = out / "drifting-x86_64.manifest.json"
        return out / "drifting-x86_64.raw"

    def steps_disk(self):
        """A disk of programs, packages and questions; answers go to it, too."""
        tree = self.directory / "steps"
        for name in ("bin", "lib", "answers"):
            (tree / name).mkdir(parents=True)
        for program in (PROGRAM.parent / "imagewright-drift", Path(shutil.which("rpm"))):
            shutil.copy(program, tree / "bin" / program.name)
            for library in re.findall(r"/lib\S+", subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout):
                shutil.copy(library, tree / "lib")
        shutil.copytree("/usr/lib/rpm", tree / "rpm", symlinks=True)
        shutil.copytree(self.packages, tree / "packages")
        shutil.copy(self.manifest, tree / "manifest.json")
        digests = {"@THIRD@": sha256(b"third\n").hexdigest(), "@EVIL@": sha256(b"evil!\n").hexdigest()}
        text = STEPS
        for word, value in digests.items():
            text = text.replace(word, value)
        (tree / "steps").write_text(text)
        disk = self.directory / "steps.img"
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-L", "steps", "-d", tree, disk, "256M"], check=True, capture_output=True)
        return disk

    def live(self, image, disk):
        """Both lives of the node, keeping what it writes."""
        command = self.run_program("boot", image, "--print-command").stdout.split()
        command = [word.replace(",snapshot=on", "") if "id=disk" in word else word for word in command]
        command += ["-drive", f"if=none,id=steps,format=raw,file={disk}", "-device", "virtio-blk-pci,drive=steps"]
        with (self.directory / "console.log").open("wb") as console:
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT, timeout=1800, check=True)
        subprocess.run(["debugfs", "-R", f"rdump /answers {self.directory}", disk], check=True, capture_output=True)
        return self.directory / "answers"

    def classes(self, document):
        """Without what every node that lives has."""
        self.findings = {row["subject"]: row for row in document["findings"]}
        return {subject: row["class"] for subject, row in self.findings.items() if row["class"] != "expected"}

    def answer(self, name):
        return self.classes(json.loads((self.directory / f"answers/{name}.json").read_text()))

    def mount(self, place, *arguments):
        result = subprocess.run(["mount", *arguments, place], capture_output=True, text=True)
        if result.returncode != 0:
            skip(f"nothing can be mounted here: {result.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", str(place)], check=True)

    def entries_of(self, image, partition):
        listed = self.run_tool("mdir", "-b", "-i", f"{image}@@{partition['start']}", "::/").stdout
        return [line.rstrip("/") for line in listed.splitlines() if line]

    def offline(self, image):
        """The disk of the node that was switched off, as another machine reads it."""
        root = self.directory / "root"
        root.mkdir()
        esp, system = json.loads(self.manifest.read_text())["disk"]["partitions"]
        self.mount(root, "-o", f"loop,ro,offset={system['start']},sizelimit={system['size']}", image)
        # Not every kernel can mount FAT.
        self.mount(root / "boot/efi", "-t", "tmpfs", "none")
        self.run_tool("mcopy", "-s", "-i", f"{image}@@{esp['start']}", *self.entries_of(image, esp), root / "boot/efi")
        result = self.run_program("drift", "--root", root, "--manifest", self.manifest, "--format", "json", expect=5)
        return self.classes(json.loads(result.stdout))

    def test_each_change_of_a_node_that_runs_is_classed_right(self):
        image = self.compose()
        answers = self.live(image, self.steps_disk())
        # What only systemd or a command of the node could tell is unreadable, and nothing else is to be said.
        clean = self.answer("clean")
        commands = {row["name"] for row in json.loads(self.manifest.read_text())["checks"] if row["kind"] in ("command-output", "no-failed-units")}
        self.assertEqual({subject: kind for subject, kind in clean.items() if subject not in commands}, {})
        self.assertEqual({subject: kind for subject, kind in self.answer("update").items() if subject not in commands},
                         dict.fromkeys(EXPLAINED, "explained"))
        running = {"module dummy", "sysctl net.ipv4.ip_forward"}
        expected = {**dict.fromkeys(EXPLAINED, "explained"), **dict.fromkeys(UNEXPLAINED, "unexplained")}
        self.assertEqual({subject: kind for subject, kind in self.answer("changed").items() if subject not in commands},
                         {**expected, **dict.fromkeys(running, "unexplained")})
        restarted = {subject: kind for subject, kind in self.answer("restarted").items() if subject not in commands}
        self.assertIn("debug_boot_weak_hash", (answers / "cmdline.txt").read_text())
        self.assertEqual(restarted.pop("kernel command line"), "unexplained")
        menus = {subject for subject in restarted if subject.startswith("/boot/")}
        self.assertTrue(menus)
        self.assertEqual(restarted, {**expected, **dict.fromkeys(menus, "unexplained")})
        # rpm believes the database that was rewritten.
        self.assertEqual((answers / "verify-forged.txt").read_text(), "exit code 0\n")
        self.assertEqual((answers / "verify-rewritten.txt").read_text(), "exit code 0\n")
        self.assertEqual(self.offline(image), {**expected, **dict.fromkeys(menus, "unexplained")})


if __name__ == "__main__":
    unittest.main(verbosity=2)
