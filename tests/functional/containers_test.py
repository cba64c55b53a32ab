# SPDX-License-Identifier: MIT
"""Container images that a node has before it has a network: what is refused, what the lock says, what containerd finds."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_layouts import Layout  # noqa: E402
from imagewright_reports import ReportsTestCase  # noqa: E402
from imagewright_testing import TOP, environment, require_module, require_program, require_shared_data, skip  # noqa: E402

PAUSE = "registry.example/pause:3.9"
DNS = "registry.example/dns/server:1.2"
STORE = "var/lib/containerd"
BLOBS = f"{STORE}/io.containerd.content.v1.content/blobs/sha256"


class ContainersTestCase(ReportsTestCase):
    def setUp(self):
        self.directory = self.scratch()
        self.layout = Layout(self.directory / "images")
        self.pause = [self.layout.manifest("amd64", [{"pause": "#!/bin/true\n"}]),
                      self.layout.manifest("arm64", [{"pause": "#!/bin/false\n"}])]
        self.layout.add("3.9", *self.pause)
        self.layout.add("dns", self.layout.manifest("amd64", [{"etc/base": "base"}, {"bin/dns": "dns\n" * 5000}]))
        self.config = self.directory / "node.yaml"
        self.images = [{"source": "oci:images:3.9", "name": PAUSE, "pin": True},
                       {"source": "oci:images:dns", "name": DNS}]

    def write(self, **os_section):
        """The config, as JSON, which is YAML."""
        section = {"containerImages": self.images, **os_section}
        self.config.write_text(json.dumps({"release": str(self.top / "base/tiny.yaml"), "architectures": ["x86_64"],
                                           "os": section, "output": {"name": "node", "images": [{"format": "tar"}]}}))

    def run_in(self, command, *arguments, **options):
        return self.run_program(command, self.config, *arguments, "--cache-dir", self.directory / "cache",
                                cwd=self.directory, env=environment(), **options)


class Contents(ContainersTestCase):
    """Packages in the layers of images."""

    RELEASE = 'NAME="Azure Linux"\nID=azurelinux\nVERSION_ID="3.0"\n'
    RPM_DATABASE = (TOP / "tests/unit/inspect/data/packages.sqlite").read_bytes()
    DPKG = ("Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nSource: glibc (2.36-9)\nVersion: 2.36-9+deb12u9\nDescription: x\n y\n\n"
            "Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n")
    # Columns as rpm writes them: name, version, times of installation and of building, vendor, epoch, size, architecture, epoch again, source.
    RPM_LIST = "tzdata\t2025a-1.azl3\t1\t1\tMicrosoft\t(none)\t9\tnoarch\t0\ttzdata-2025a-1.azl3.src.rpm\n" \
               "openssl-libs\t3.3.2-1.azl3\t1\t1\tMicrosoft\t1\t9\tx86_64\t1\topenssl-3.3.2-1.azl3.src.rpm\n"
    APK = "C:Q1x\nP:musl\nV:1.2.5-r0\nA:x86_64\no:musl\n\nP:busybox-binsh\nV:1.36.1-r2\nA:x86_64\no:busybox\n"

    def built(self, **images):
        """The manifest, its container images by name, and where it is."""
        self.images = []
        for name, layers in images.items():
            self.layout.add(name, self.layout.manifest("amd64", layers))
            self.images.append({"source": f"oci:images:{name}", "name": f"registry.example/{name}:1"})
        self.write()
        out = self.directory / "out"
        self.run_in("build", "--output-dir", out, "--progress", "none")
        path = out / "node-x86_64.manifest.json"
        return {each["name"].split("/")[1].split(":")[0]: each for each in json.loads(path.read_text())["containerImages"]}, path

    @staticmethod
    def names(image):
        return [f"{each['kind']} {each['name']} {each['version']}" for each in image["contents"]["packages"]]

    def test_lists_of_each_package_manager_are_read_through_the_layers(self):
        images, path = self.built(
            rpm=[{"usr/lib/os-release": self.RELEASE}, {"var/lib/rpm/rpmdb.sqlite": self.RPM_DATABASE}],
            bare=[{"etc/os-release": self.RELEASE, "var/lib/rpmmanifest/container-manifest-2": self.RPM_LIST}],
            deb=[{"etc/os-release": "ID=debian\nVERSION_ID=12\n", "var/lib/dpkg/status": "Package: old\nStatus: install ok installed\nVersion: 1\n"},
                 {"var/lib/dpkg/status": self.DPKG, "var/lib/dpkg/status.d/tzdata": "Package: tzdata\nVersion: 2025a\nArchitecture: all\n"}],
            apk=[{"lib/apk/db/installed": self.APK}],
            hidden=[{"lib/apk/db/installed": self.APK}, {"lib/apk/.wh.db": ""}],
            opaque=[{"lib/apk/db/installed": "P:old\nV:1\nA:x86_64\n", "var/lib/dpkg/status": self.DPKG},
                    {"lib/apk/db/.wh..wh..opq": "", "lib/apk/db/installed": self.APK, "var/lib/dpkg/.wh.status": ""}],
            damaged=[{"var/lib/rpm/rpmdb.sqlite": self.RPM_DATABASE[:20000]}],
            foreign=[{"var/lib/rpm/Packages": "x"}],
            strange=[{"lib/apk/db/installed": "P:a\x1b[31mb\nV:1\n\nP:fine\nV:2\nA:noarch\n"}],
            link=[{"lib/apk/db/installed": self.APK}, {"lib/apk/db/installed": (tarfile.SYMTYPE, "/etc/passwd")}],
            hard=[{"a": self.APK, "lib/apk/db/installed": (tarfile.LNKTYPE, "a")}],
            directory=[{"lib/apk/db/installed": self.APK}, {"lib/apk": (tarfile.SYMTYPE, "/elsewhere")}],
            outside=[{"../lib/apk/db/installed": self.APK, "x/../../var/lib/dpkg/status": self.DPKG}],
            nothing=[{"pause": "x"}])
        self.assertEqual(len(images["rpm"]["contents"]["packages"]), 60)
        self.assertEqual((images["rpm"]["contents"]["distribution"], images["rpm"]["contents"]["version"]), ("azurelinux", "3.0"))
        self.assertIn("rpm package-59 2:1.59-2.azl3", self.names(images["rpm"]))
        self.assertEqual(self.names(images["bare"]), ["rpm openssl-libs 1:3.3.2-1.azl3", "rpm tzdata 2025a-1.azl3"])
        self.assertEqual(self.names(images["deb"]), ["deb libc6 2.36-9+deb12u9", "deb tzdata 2025a"])
        for name in ("apk", "opaque"):
            self.assertEqual(self.names(images[name]), ["apk busybox-binsh 1.36.1-r2", "apk musl 1.2.5-r0"])
        self.assertEqual(self.names(images["strange"]), ["apk fine 2"])
        for name, why in (("hidden", "no package manager"), ("damaged", "damaged"), ("foreign", "kind"), ("strange", "name"), ("link", "no package manager"), ("hard", "no file of its own"),
                          ("directory", "no package manager"), ("outside", "no package manager"), ("nothing", "no package manager")):
            self.assertIn(why, images[name]["contents"]["unknown"], name)
        for name in ("rpm", "bare", "deb", "apk", "opaque"):
            self.assertNotIn("unknown", images[name]["contents"])
        self.look_for_urls(path.with_name("node-x86_64.spdx.json"), path.with_name("node-x86_64.cdx.json"))

    def look_for_urls(self, *bills):
        for bill in bills:
            text = bill.read_text()
            for url in ("pkg:rpm/azurelinux/openssl-libs@3.3.2-1.azl3?arch=x86_64&distro=azurelinux-3.0&epoch=1&upstream=openssl-3.3.2-1.azl3.src.rpm",
                        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u9?arch=amd64&distro=debian-12&upstream=glibc%402.36-9", "pkg:apk/musl@1.2.5-r0?arch=x86_64&upstream=musl"):
                self.assertIn(f'"{url}"', text)
        spdx = json.loads(bills[0].read_text())
        identifiers = [each["SPDXID"] for each in spdx["packages"]]
        self.assertEqual(len(set(identifiers)), len(identifiers))
        for each in spdx["relationships"]:
            self.assertLessEqual({each["spdxElementId"], each["relatedSpdxElement"]}, {*identifiers, "SPDXRef-DOCUMENT"})
        inside = [each for each in spdx["relationships"] if each["spdxElementId"].startswith("SPDXRef-container-image-")]
        self.assertGreater(len(inside), 60)

    def test_advisories_are_held_against_the_packages_of_one_image(self):
        _, path = self.built(rpm=[{"usr/lib/os-release": self.RELEASE, "var/lib/rpm/rpmdb.sqlite": self.RPM_DATABASE}], deb=[{"var/lib/dpkg/status": self.DPKG}],
                             nothing=[{"pause": "x"}])
        feed = self.directory / "feed.xml"
        feed.write_text('<updates><update type="security"><id>EX-1</id><severity>Important</severity><issued date="2026-01-02 00:00:00"/>'
                        '<references><reference type="cve" id="CVE-2026-0001"/></references><pkglist><collection>'
                        '<package name="package-00" epoch="0" version="99" release="1" arch="x86_64"/></collection></pkglist></update></updates>')

        def ask(*arguments, expect=0):
            return self.run_program("advisories", path, "--feed", feed, *arguments, env=environment(), expect=expect)

        plain = ask("--fail-on", "high").stdout
        self.assertIn("not looked at: what is in 3 container images (--container-image NAME)", plain)
        self.assertEqual(json.loads(ask("--format", "json").stdout)["otherContainerImages"], 3)
        of_image = ask("--container-image", "registry.example/rpm:1", "--fail-on", "high", expect=5)
        self.assertIn("60 packages of registry.example/rpm:1 in ", of_image.stdout)
        self.assertIn("CVE-2026-0001 high package-00 1.0-2.azl3", of_image.stdout)
        self.assertEqual(json.loads(ask("--container-image", "registry.example/rpm:1", "--format", "json").stdout)["containerImage"], "registry.example/rpm:1")
        for name, word in (("deb", "no RPM package"), ("nothing", "no package manager")):
            said = ask("--container-image", f"registry.example/{name}:1", expect=2).stderr
            self.assertIn("[advisory.no-packages]", said)
            self.assertIn(word, said)
        said = ask("--container-image", "registry.example/other:1", expect=2).stderr
        self.assertIn("[advisory.no-container-image]", said)
        self.assertIn("registry.example/rpm:1", said)
        self.run_in("lock")
        path = self.directory / "node.lock.json"
        self.assertIn("[advisory.no-container-image]", ask("--container-image", "registry.example/rpm:1", expect=2).stderr)
        self.assertIn("not looked at: what is in 3 container images", ask().stdout)


class PreparedImage(ContainersTestCase):
    """What AKS takes in the place of an image."""

    def export(self, *arguments, expect=0):
        return self.run_program("export", "aks-prepared-image", self.config, "--lock", self.directory / "node.lock.json", "--location", "westeurope",
                                *arguments, cwd=self.directory, env=environment(), expect=expect)

    def lock(self, **os_section):
        self.write(**os_section)
        self.run_in("lock")

    def test_a_script_does_what_the_config_says(self):
        content = "a\nEND_OF_FILE\n'$(touch bad)`\n"
        self.images = self.images[1:]
        self.lock(packages={"install": ["tinybase"]}, additionalFiles=[{"destination": "/etc/agent/it's.conf", "content": content, "permissions": "600"}],
                  services={"enable": ["agent"], "mask": ["other.service"]}, sysctl={"net.ipv4.ip_forward": "1"},
                  modules=[{"name": "overlay", "loadMode": "always"}, {"name": "dccp", "loadMode": "disable"}])
        first = self.export()
        self.assertEqual(first.stderr, "")
        self.assertEqual(self.export().stdout, first.stdout)
        resource, = json.loads(first.stdout)["resources"]
        self.assert_is_a_specification(first.stdout)
        lock = json.loads((self.directory / "node.lock.json").read_text())
        text = json.dumps(lock)
        reference, = resource["properties"]["containerImages"]
        name, digest = reference.split("@")
        self.assertEqual(name, DNS)
        self.assertIn(digest, text)
        script = resource["properties"]["customizationScripts"][0]["script"]
        root = self.directory / "node"
        done = self.run_script(script, root)
        self.assertRegex(done, r"tdnf install -y tinybase-\d\S*-\S+\.\w+")
        self.assertEqual([line for line in done.splitlines() if line.startswith("systemctl")], ["systemctl enable agent", "systemctl mask other.service"])
        agent = root / "etc/agent/it's.conf"
        self.assertEqual((agent.read_text(), agent.stat().st_mode & 0o7777), (content, 0o600))
        self.assertEqual((root / "etc/sysctl.d/95-image.conf").read_text(), "net.ipv4.ip_forward = 1\n")
        self.assertEqual((root / "etc/modules-load.d/modules-load.conf").read_text(), "overlay\n")
        self.assertEqual((root / "etc/modprobe.d/modules-disabled.conf").read_text(), "blacklist dccp\n")
        self.assertFalse(list(self.directory.rglob("bad")))

    def run_script(self, script, root):
        """Runs it in a root of its own, with stand-ins that say what they were asked."""
        (root / "bin").mkdir(parents=True)
        copied = subprocess.run(["sh", "-c", "for name in bash base64 mkdir chmod chown ln; do command -v $name; done"], check=True, capture_output=True, text=True)
        for program in copied.stdout.split():
            shutil.copy(program, root / "bin")
            for library in subprocess.run(["ldd", program], capture_output=True, text=True).stdout.split():
                if library.startswith("/") and not (root / library[1:]).exists():
                    (root / library[1:]).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(library, root / library[1:])
        for name in ("tdnf", "systemctl"):
            (root / "bin" / name).write_text(f'#!/bin/bash\necho {name} "$@"\n')
            (root / "bin" / name).chmod(0o755)
        (root / "script").write_text(script)
        command = ["chroot", str(root), "/bin/bash", "/script"]
        if os.getuid() != 0:
            command = ["unshare", "--map-root-user", *command]
        return subprocess.run(command, check=True, capture_output=True, text=True, env={"PATH": "/bin:/usr/bin:/usr/sbin"}).stdout

    def assert_is_a_specification(self, text):
        """Microsoft's description of the resource, 2026-02-02-preview, in our own words."""
        schema = json.loads((Path(__file__).parent / "data/aks-prepared-image.schema.json").read_text())
        require_module("jsonschema").validate(json.loads(text), schema)

    def test_the_template_is_the_one_that_is_kept(self):
        self.images = self.images[1:]
        self.lock(packages={"install": ["tinybase"]}, sysctl={"kernel.panic": "10"}, services={"enable": ["agent"], "disable": ["other"]},
                  modules=[{"name": "overlay", "loadMode": "always"}], timezone="Etc/UTC",
                  additionalFiles=[{"destination": "/etc/agent.conf", "content": "a = 1\n", "permissions": "640"}])
        text = self.export("--name", "agents", "--specification-version", "1", "--identity", "/subscriptions/0/identity").stdout
        self.assert_is_a_specification(text)
        # Compressors differ between machines, and with them digests of layers.
        self.assert_golden("handover/prepared-image.json", re.sub(r"sha256:[0-9a-f]{64}", "sha256:DIGEST", text))

    def assert_golden(self, name, text):
        golden = TOP / "tests/golden" / name
        if os.environ.get("IMAGEWRIGHT_GOLDEN") == "rewrite":
            golden.write_text(text)
        self.assertEqual(text, golden.read_text())

    def test_what_has_no_place_is_refused_by_name_or_left_out_by_wish(self):
        self.lock(hostname="n", kernelCommandLine={"extraCommandLine": ["quiet"]}, users=[{"name": "u"}])
        said = self.export(expect=2)
        self.assertEqual(said.stdout, "")
        for word in ("os.hostname", "os.kernelCommandLine", "os.users", "is pinned", "[handover.no-place]", "node.yaml:1"):
            self.assertIn(word, said.stderr)
        partial = self.export("--allow-partial")
        self.assertIn("os.hostname", partial.stderr)
        properties = json.loads(partial.stdout)["resources"][0]["properties"]
        self.assertEqual(len(properties["containerImages"]), 2)
        self.assertNotIn("customizationScripts", properties)

    def test_nothing_is_left_out_in_silence(self):
        self.images = self.images[1:]
        (self.directory / "large").write_bytes(b"x" * (1 << 20) + b"x")
        section = {"packages": {"install": ["tinybase"], "recommends": True, "docs": False, "languages": ["de"]},
                   "scriptlets": {"timeout": 600, "allowFailure": ["tinybase"]},
                   "additionalFiles": [{"source": "large", "destination": "/etc/large"}],
                   "modules": [{"name": "overlay", "loadMode": "auto"}]}
        self.lock(**section)
        said = self.export(expect=2).stderr
        for word in ("os.packages.recommends", "os.packages.docs", "os.packages.languages", "os.scriptlets.timeout", "os.scriptlets.allowFailure",
                     "1048577 bytes", "loadMode auto"):
            self.assertIn(word, said)

    def test_a_lock_of_another_config_is_refused(self):
        self.images = self.images[1:]
        self.lock(packages={"install": ["tinybase"]})
        self.write(packages={"install": ["tinybase"], "exclude": ["vim"]})
        self.assertIn("lock.stale", self.export("--allow-partial", expect=5).stderr)

    def test_names_and_locks_that_will_not_do(self):
        self.images = self.images[1:]
        self.lock()
        self.assertIn("[handover.bad-text]", self.export("--name", "Node_1", expect=2).stderr)
        self.assertIn("[lock.architecture-missing]", self.export("--arch", "aarch64", expect=2).stderr)


class Refusals(ContainersTestCase):
    def refuse(self, code, line=None, **os_section):
        self.write(**os_section)
        for command in ("plan", "validate", "lock"):
            said = self.run_in(command, expect=2).stderr
            self.assertIn(f"[{code}]", said)
            self.assertIn("node.yaml:1", said)
        self.assertFalse((self.directory / "node.lock.json").exists())

    def test_a_layer_that_does_not_fit_its_digest(self):
        manifest = json.loads(self.layout.blob_file(self.pause[0]["digest"]).read_text())
        layer = self.layout.blob_file(manifest["layers"][0]["digest"])
        content = bytearray(layer.read_bytes())
        content[-1] ^= 1
        layer.write_bytes(content)
        self.refuse("container.damaged")

    def test_a_layer_that_unpacks_to_something_else(self):
        self.layout.tag("other", self.layout.manifest("amd64", [{"a": "a"}], ["sha256:" + "0" * 64]))
        self.images = [{"source": "oci:images:other", "name": PAUSE}]
        self.refuse("container.damaged")

    def test_an_index_without_the_architecture(self):
        self.layout.add("arm", self.pause[1])
        self.images = [{"source": "oci:images:arm", "name": PAUSE}]
        self.refuse("container.no-architecture")

    def test_sources_that_are_not_there_or_hold_too_much(self):
        for source, code in (("oci:nowhere", "container.not-found"), ("oci:images:4.0", "container.not-found"),
                             ("oci:images", "container.ambiguous"), ("oci-archive:images", "container.not-found")):
            with self.subTest(source=source):
                self.images = [{"source": source, "name": PAUSE}]
                self.refuse(code)

    def test_a_store_that_is_hidden_by_a_mount(self):
        unit = {"destination": "/etc/systemd/system/var-lib-containerd.mount",
                "content": "[Mount]\nWhat=/dev/disk/by-label/data\nWhere=/var/lib/containerd\n"}
        self.refuse("container.hidden-store", additionalFiles=[unit])
        tree = self.directory / "tree"
        tree.mkdir()
        (tree / "data.mount").write_text("[Mount]\nWhat=/dev/sdb\nWhere=/var/lib\n")
        self.refuse("container.hidden-store",
                    additionalDirs=[{"source": "tree", "destination": "/usr/lib/systemd/system"}])

    def test_a_sandbox_image_that_is_missing_or_not_pinned(self):
        def configuration(image):
            return [{"destination": "/etc/containerd/config.toml",
                     "content": f'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\nsandbox_image = "{image}"\n'}]
        self.refuse("container.sandbox-image-missing", additionalFiles=configuration("registry.example/pause:3.8"))
        self.refuse("container.sandbox-image-not-pinned", additionalFiles=configuration(DNS))
        self.write(additionalFiles=configuration(PAUSE))
        self.run_in("plan")


class Examples(ContainersTestCase):
    """The shipped configs, with small images of the same names in the places of those that only registries have."""

    SHIPPED = TOP / "configs/examples"

    def copied(self, name):
        place = self.directory / "examples"
        shutil.copytree(self.SHIPPED, place)
        text = "".join((place / f"{each}.yaml").read_text() for each in ("kubernetes-worker", name))
        layout = Layout(place / "images")
        for tag in sorted(set(re.findall(r'"oci:images:([^"]+)"', text))):
            layout.add(tag, layout.manifest("amd64", [{"which": tag}]), layout.manifest("arm64", [{"which": f"another {tag}"}]))
        return place, layout

    def run_example(self, place, name, command, *arguments, **options):
        return self.run_program(command, f"{name}.yaml", *arguments, cwd=place, env=environment(IMAGEWRIGHT_DATA=TOP / "configs"), **options)

    def test_workers_are_valid_with_their_images_and_refused_without(self):
        for name in ("kubernetes-worker", "dapr-worker"):
            with self.subTest(config=name):
                place, layout = self.copied(name)
                self.assertEqual(self.run_example(place, name, "validate").stderr, "")
                canonical = self.run_example(place, name, "validate", "--canonical").stdout
                self.assertIn("registry.k8s.io/pause:3.10", canonical)
                self.assertEqual("ghcr.io/dapr/daprd:1.14.4-mariner" in canonical, name == "dapr-worker")
                shutil.rmtree(layout.directory)
                self.assertIn("[container.not-found]", self.run_example(place, name, "validate", expect=2).stderr)
                self.assertEqual(self.run_example(place, name, "validate", "--no-file-checks").stderr, "")
                shutil.rmtree(place)

    def test_a_worker_without_its_sandbox_is_refused(self):
        """The role has a file of the same place, which names no sandbox: the config's counts."""
        place, _ = self.copied("kubernetes-worker")
        config = place / "kubernetes-worker.yaml"
        config.write_text(re.sub(r"(?m)^  - .*oci:images:pause.*\n", "", config.read_text(), count=1))
        self.assertIn("[container.sandbox-image-missing]", self.run_example(place, "kubernetes-worker", "validate", expect=2).stderr)

    def test_tags_of_a_worker_that_move_make_its_lock_stale(self):
        metadata = require_shared_data("azl3-metadata-x86_64")
        place, layout = self.copied("dapr-worker")
        # Repositories that no machine of the tests reaches give way to metadata of the same packages.
        profile = (TOP / "configs/releases/azurelinux-3.0.yaml").read_text()
        profile = re.sub(r"(?ms)^repositories:.*?(?=^[a-z])", "", profile).replace("name: azurelinux-3.0", "name: other")
        (place / "other.yaml").write_text(profile + f"repositories:\n- {{name: base, path: {metadata}, gpgCheck: false, repoGpgCheck: false}}\n")
        arguments = ("--release", "other.yaml", "--arch", "x86_64", "--cache-dir", self.directory / "cache")
        self.run_example(place, "dapr-worker", "lock", *arguments)
        lock = json.loads((place / "dapr-worker.lock.json").read_text())
        names = [each["name"] for each in lock["architectures"]["x86_64"]["containerImages"]]
        self.assertEqual(len(names), 13)
        self.assertIn("ghcr.io/dapr/sentry:1.14.4-mariner", names)
        self.run_example(place, "dapr-worker", "lock", "--check", *arguments)
        index = place / "images/index.json"
        entries = json.loads(index.read_text())
        moved = layout.manifest("amd64", [{"which": "another sentry"}])
        entries["manifests"] = [each for each in entries["manifests"] if each["annotations"]["org.opencontainers.image.ref.name"] != "dapr-sentry"]
        entries["manifests"].append({**moved, "annotations": {"org.opencontainers.image.ref.name": "dapr-sentry"}})
        index.write_text(json.dumps(entries))
        self.assertIn("[lock.stale]", self.run_example(place, "dapr-worker", "lock", "--check", *arguments, expect=5).stderr)


class Locks(ContainersTestCase):
    def test_the_lock_pins_digests_and_only_what_changes_them_makes_it_stale(self):
        self.write()
        self.run_in("lock")
        lock = self.directory / "node.lock.json"
        text = lock.read_text()
        entries = json.loads(text)["architectures"]["x86_64"]["containerImages"]
        self.assertEqual([each["name"] for each in entries], [DNS, PAUSE])
        self.assertEqual(entries[1]["manifest"], self.pause[0]["digest"])
        self.assertEqual(entries[1]["pinned"], True)
        # Another tag of the same content is the same image.
        self.layout.add("latest", *self.pause)
        self.images[0]["source"] = "oci:images:latest"
        self.write()
        self.run_in("lock", "--check")
        self.run_in("lock")
        self.assertEqual(lock.read_text(), text)
        # Other content under the same name is not.
        self.layout.add("new", self.layout.manifest("amd64", [{"pause": "#!/bin/sh\n"}]))
        self.images[0]["source"] = "oci:images:new"
        self.write()
        said = self.run_in("lock", "--check", expect=5).stderr
        self.assertIn("[lock.stale]", said)
        self.assertIn(self.pause[0]["digest"], said)


class BuiltTestCase(ContainersTestCase):
    def build(self, name):
        out = self.directory / name
        self.run_in("build", "--output-dir", out, "--no-cache", "--progress", "none")
        return out


class Stores(BuiltTestCase):
    def unpacked(self, out):
        require_program("zstd")
        root = self.directory / (out.name + "-root")
        root.mkdir()
        subprocess.run(["tar", "--zstd", "-xpf", next(out.glob("*.tar.zst")), "-C", root, f"./{STORE}"], check=True)
        return root

    def test_the_store_is_the_same_in_every_build_and_known_to_everybody(self):
        self.write()
        first = self.build("first")
        self.layout.add("latest", *self.pause)
        self.images[0]["source"] = "oci:images:latest"
        self.images.reverse()
        self.write()
        second = self.build("second")
        digests = [subprocess.run(["sha256sum", next(out.glob("*.tar.zst"))], check=True, capture_output=True,
                                  text=True).stdout.split()[0] for out in (first, second)]
        self.assertEqual(digests[0], digests[1], "a tag or the order of the config is in the image")
        manifest = json.loads(next(first.glob("*.manifest.json")).read_text())
        self.assertEqual([each["name"] for each in manifest["containerImages"]], [DNS, PAUSE])
        bill = json.loads(next(first.glob("*.spdx.json")).read_text())
        locators = [each["externalRefs"][0]["referenceLocator"] for each in bill["packages"] if "externalRefs" in each]
        self.assertIn(f"pkg:oci/pause@sha256%3A{self.pause[0]['digest'][7:]}?arch=amd64"
                      "&repository_url=registry.example%2Fpause&tag=3.9", locators)
        root = self.unpacked(first)
        names = {path.name for path in (root / BLOBS).iterdir()}
        wanted = {digest[7:] for each in manifest["containerImages"]
                  for digest in (each["manifest"], each["config"], *each["layers"])}
        self.assertEqual(names, wanted, "only the image's architecture")
        for path in (root / BLOBS).iterdir():
            self.assertEqual(path.stat().st_mode & 0o7777, 0o444)

    def test_a_containerd_finds_the_images_complete(self):
        for program in ("containerd", "ctr"):
            require_program(program)
        if os.geteuid() != 0:
            skip("containerd wants to be root")
        self.images += [{"source": f"oci:images:many-{index}", "name": f"registry.example/many/image-{index}:v1"}
                        for index in range(18)]
        for index in range(18):
            self.layout.tag(f"many-{index}", self.layout.manifest("amd64", [{"file": f"content {index}"}]))
        self.write()
        store = self.unpacked(self.build("out")) / STORE
        socket = self.directory / "containerd.sock"
        configuration = self.directory / "containerd.toml"
        configuration.write_text(
            f'version = 2\nroot = "{store}"\nstate = "{self.directory}/state"\n'
            f'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "{socket}"\n')
        with (self.directory / "containerd.log").open("w") as log:
            daemon = subprocess.Popen(["containerd", "--config", configuration], stdout=log, stderr=log)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.terminate)

        def ctr(*arguments):
            return subprocess.run(["ctr", "--address", socket, "--namespace", "k8s.io", *arguments], check=True,
                                  capture_output=True, text=True, timeout=60).stdout
        for _ in range(100):
            if socket.exists():
                break
            time.sleep(0.1)
        listed = [line.split() for line in ctr("images", "check").splitlines()[1:]]
        self.assertEqual(len(listed), 20 * 3)
        self.assertTrue(all("complete" in line for line in listed), listed)
        names = {line[0] for line in listed}
        self.assertTrue({PAUSE, DNS, f"registry.example/pause@{self.pause[0]['digest']}"} <= names)
        content = ctr("content", "ls").splitlines()[1:]
        self.assertEqual({line.split()[0][7:] for line in content}, {path.name for path in store.glob(
            "io.containerd.content.v1.content/blobs/sha256/*")})
        # The daemon writes to the database as to one of its own, and the collector removes nothing that is needed.
        ctr("images", "tag", PAUSE, "registry.example/pause:again")
        ctr("images", "rm", "--sync", DNS, *[name for name in names if name.startswith("registry.example/dns/server@")])
        self.assertIn("complete", next(line for line in ctr("images", "check").splitlines() if PAUSE in line))
        exported = self.directory / "exported.tar"
        ctr("images", "export", exported, PAUSE)
        self.assertIn(self.pause[0]["digest"][7:], subprocess.run(["tar", "-tf", exported], check=True,
                                                                  capture_output=True, text=True).stdout)


class Imports(BuiltTestCase):
    """Stores of other versions are not written: containerd takes archives itself."""

    def setUp(self):
        super().setUp()
        for image in self.images:
            image["mode"] = "import"

    def files_of(self, out, *names):
        require_program("zstd")
        root = self.directory / (out.name + "-root")
        root.mkdir()
        subprocess.run(["tar", "--zstd", "-xpf", next(out.glob("*.tar.zst")), "-C", root, *[f"./{name}" for name in names]], check=True)
        return root

    def test_a_containerd_takes_what_it_is_handed_once_and_pins_it(self):
        for program in ("containerd", "ctr"):
            require_program(program)
        if os.geteuid() != 0:
            skip("containerd wants to be root")
        self.write()
        out = self.build("out")
        root = self.files_of(out, "usr/lib/imagewright", "usr/lib/systemd/system", "etc/systemd/system")
        self.assertTrue((root / "etc/systemd/system/multi-user.target.wants/imagewright-container-images.service").is_symlink())
        unit = (root / "usr/lib/systemd/system/imagewright-container-images.service").read_text()
        self.assertIn("Before=kubelet.service", unit)
        self.assertIn("ExecStart=/usr/lib/imagewright/import-container-images\n", unit)
        script = root / "usr/lib/imagewright/import-container-images"
        self.assertEqual(script.stat().st_mode & 0o777, 0o755)
        subprocess.run(["sh", "-n", script], check=True)
        # The same script with this root's archives in the place of the node's.
        moved = self.directory / "import"
        moved.write_text(script.read_text().replace("/usr/lib/imagewright/container-images", str(root / "usr/lib/imagewright/container-images")))
        socket = self.directory / "containerd.sock"
        configuration = self.directory / "containerd.toml"
        configuration.write_text(f'version = 2\nroot = "{self.directory}/store"\nstate = "{self.directory}/state"\n'
                                 f'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "{socket}"\n')
        with (self.directory / "containerd.log").open("w") as log:
            daemon = subprocess.Popen(["containerd", "--config", configuration], stdout=log, stderr=log)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.terminate)
        for _ in range(100):
            if socket.exists():
                break
            time.sleep(0.1)
        around = {**os.environ, "CONTAINERD_ADDRESS": str(socket)}
        did = [subprocess.run(["sh", "-x", moved], check=True, capture_output=True, text=True, env=around, timeout=60).stderr for _ in range(2)]
        self.assertEqual([text.count(" images import ") for text in did], [2, 0], "each is taken once")

        def ctr(*arguments):
            return subprocess.run(["ctr", "--namespace", "k8s.io", *arguments], check=True, capture_output=True, text=True, env=around, timeout=60).stdout
        listed = [line.split() for line in ctr("images", "check").splitlines()[1:]]
        self.assertEqual({line[0] for line in listed}, {PAUSE, DNS})
        self.assertTrue(all("complete" in line for line in listed), listed)
        digests = {line.split()[0]: line for line in ctr("images", "list").splitlines()[1:]}
        self.assertIn(self.pause[0]["digest"], digests[PAUSE])
        self.assertIn("io.cri-containerd.pinned=pinned", digests[PAUSE])
        self.assertNotIn("pinned=pinned", digests[DNS])

    def test_archives_are_the_same_in_every_build_and_the_store_is_left_alone(self):
        self.write()
        first = self.build("first")
        self.images.reverse()
        self.write()
        second = self.build("second")
        digests = [subprocess.run(["sha256sum", next(out.glob("*.tar.zst"))], check=True, capture_output=True, text=True).stdout.split()[0] for out in (first, second)]
        self.assertEqual(digests[0], digests[1])
        listed = subprocess.run(["tar", "--zstd", "-tf", next(first.glob("*.tar.zst"))], check=True, capture_output=True, text=True).stdout
        self.assertNotIn(STORE, listed)
        manifest = json.loads(next(first.glob("*.manifest.json")).read_text())
        self.assertEqual([each["name"] for each in manifest["containerImages"]], [DNS, PAUSE])
        self.assertIn("images of containers were imported", [each["name"] for each in manifest["checks"]])
        # One of each kind: each where it belongs.
        del self.images[0]["mode"]
        self.write()
        root = self.files_of(self.build("mixed"), "usr/lib/imagewright", STORE)
        self.assertEqual(len(list((root / "usr/lib/imagewright/container-images").iterdir())), 1)
        self.assertTrue((root / STORE / "io.containerd.metadata.v1.bolt/meta.db").is_file())

    def test_a_store_on_a_disk_of_its_own_hides_only_what_is_written_into_it(self):
        unit = {"destination": "/etc/systemd/system/var-lib-containerd.mount", "content": "[Mount]\nWhat=/dev/disk/by-label/data\nWhere=/var/lib/containerd\n"}
        self.write(additionalFiles=[unit])
        self.run_in("plan")
        del self.images[0]["mode"]
        self.write(additionalFiles=[unit])
        self.assertIn("[container.hidden-store]", self.run_in("plan", expect=2).stderr)


class Archives(ContainersTestCase):
    def test_archives_hold_what_the_layout_does(self):
        require_program("skopeo")
        source = f"oci:{self.directory}/images:3.9"
        kinds = {"oci-archive": f"oci-archive:{self.directory}/pause.tar:3.9",
                 "docker-archive": f"docker-archive:{self.directory}/docker.tar:{PAUSE}"}
        found = {}
        for kind, target in kinds.items():
            subprocess.run(["skopeo", "--insecure-policy", "--override-arch", "amd64", "copy", source, target],
                           check=True, capture_output=True)
            self.images = [{"source": target.replace(f"{self.directory}/", ""), "name": PAUSE}]
            self.write()
            found[kind] = json.loads(self.run_in("plan", "--json").stdout)
        text = json.dumps(found["oci-archive"])
        self.assertIn(self.pause[0]["digest"], text)
        # The same config, so the same id of the image; its layers are stored without compression.
        config = json.loads(self.layout.blob_file(self.pause[0]["digest"]).read_text())["config"]["digest"]
        self.assertIn(config, json.dumps(found["docker-archive"]))
        # The name stands in the archive.
        self.images = [{"source": "docker-archive:docker.tar"}]
        self.write()
        self.run_in("plan")
        shutil.copy(self.directory / "docker.tar", self.directory / "cut.tar")
        with (self.directory / "cut.tar").open("r+b") as file:
            file.truncate(1500)
        self.images = [{"source": "docker-archive:cut.tar", "name": PAUSE}]
        self.write()
        self.assertIn("[container.damaged]", self.run_in("plan", expect=2).stderr)


if __name__ == "__main__":
    unittest.main()
