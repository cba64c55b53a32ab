# SPDX-License-Identifier: MIT
"""Small signed packages, roots that rpm installed them into, and manifests of such roots written without the program."""

import base64
import hashlib
import os
import shutil
import stat
import subprocess
from pathlib import Path

from imagewright_testing import environment, require_program

UUID = "6e3850e0-e2ae-8c4b-b43e-a7282e9d48f7"


class Signer:
    """A key of OpenPGP, and packages signed with it."""

    def __init__(self, directory, name="vendor", algorithm="rsa3072"):
        for program in ("gpg", "rpmbuild", "rpmsign"):
            require_program(program)
        self.home = directory / f"gnupg-{name}"
        self.home.mkdir(mode=0o700)
        self.name = f"{name}@example.org"
        self.gpg("--batch", "--passphrase", "", "--quick-generate-key", self.name, algorithm, "sign", "never")

    def gpg(self, *arguments):
        command = ["gpg", "--homedir", str(self.home), "--quiet", *arguments]
        return subprocess.run(command, capture_output=True, check=True, env=environment()).stdout

    def public_key(self):
        return self.gpg("--export")

    def sign(self, package):
        command = ["rpmsign", "--define", f"_gpg_name {self.name}", "--define", f"_gpg_path {self.home}", "--define",
                   f"__gpg {shutil.which('gpg')}", "--define", "_gpg_digest_algo sha256", "--addsign", str(package)]
        subprocess.run(command, capture_output=True, check=True, env=environment(GNUPGHOME=self.home))

    def stop(self):
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], capture_output=True, check=False, env=environment())


def build_package(directory, name, version, files, links=None, modes=None):
    """An unsigned package whose files have the given contents."""
    place = directory / f"{name}-{version}"
    place.mkdir(parents=True)
    lines, listed = [], []
    for path, content in files.items():
        (place / hashlib.sha256(path.encode()).hexdigest()).write_text(content)
        mode = (modes or {}).get(path, "0644")
        lines.append(f"install -D -m {mode} {place}/{hashlib.sha256(path.encode()).hexdigest()} %{{buildroot}}{path}")
        listed.append(path)
    for path, target in (links or {}).items():
        lines.append(f"mkdir -p $(dirname %{{buildroot}}{path}); ln -s {target} %{{buildroot}}{path}")
        listed.append(path)
    spec = place / "package.spec"
    spec.write_text("\n".join([f"Name: {name}", f"Version: {version}", "Release: 1", "Summary: test", "License: MIT", "BuildArch: noarch",
                               "%description", "test", "%install", *lines, "%files", "%defattr(-,root,root)", *listed, ""]))
    command = ["rpmbuild", "-bb", "--define", f"_topdir {place}/top", "--define", f"_rpmdir {place}/out",
               "--define", "_source_filedigest_algorithm 8", "--define", "_binary_filedigest_algorithm 8",
               "--define", "__os_install_post %{nil}", "--define", "debug_package %{nil}", str(spec)]
    result = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert result.returncode == 0, result.stderr
    return next((place / "out").rglob("*.rpm"))


def rpm(root, *arguments, check=True):
    command = ["rpm", "--root", str(root), "--define", "_dbpath /var/lib/rpm", "--define", "_db_backend sqlite", "--define",
               "_pkgverify_level none", "--noplugins", *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert not check or result.returncode == 0, result.stderr
    return result


def file_line(path):
    """One line of a manifest's list of files, made a second time."""
    status = os.lstat(path)
    kind = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "link"}[stat.S_IFMT(status.st_mode)]
    line = f"{kind} {stat.S_IMODE(status.st_mode):04o} {status.st_uid}:{status.st_gid}"
    if kind == "file":
        content = Path(path).read_bytes()
        line += f" {len(content)} sha256:{hashlib.sha256(content).hexdigest()}"
    elif kind == "link":
        line += f' "{os.readlink(path)}"'
    return line


def manifest_of(root, keys, **members):
    """The manifest that an image of this root would have."""
    packages, owned = [], {}
    for line in rpm(root, "-qa", "--qf", "%{NAME} %{VERSION} %{RELEASE} %{ARCH}\\n").stdout.splitlines():
        name, version, release, architecture = line.split()
        owned.update({path: name for path in rpm(root, "-ql", name).stdout.splitlines()})
        packages.append({"name": name, "epoch": 0, "version": version, "release": release, "architecture": architecture,
                         "repository": "base", "location": "x.rpm", "checksum": "sha256:" + "a" * 64, "downloadSize": 1,
                         "installedSize": 1, "buildTime": 1})
    # After every question to rpm, which leaves traces beside its database.
    files = {"/": file_line(root)}
    for directory, folders, names in os.walk(root):
        for name in (*folders, *names):
            path = Path(directory, name)
            files["/" + str(path.relative_to(root))] = file_line(path)
    for path, name in owned.items():
        files[path] += f" package={name}"
    return {"imagewrightManifest": 1, "name": "node", "architecture": "x86_64", "release": "test", "toolVersion": "0.1.0",
            "epoch": 1700000000, "kernelCommandLine": "", "kernels": [], "units": [], "checks": [], "artifacts": [],
            "repositories": [], "packages": packages, "disk": {"uuid": UUID, "size": 1, "partitions": []},
            "packageKeys": [{"repository": "base", "key": base64.b64encode(key).decode()} for key in keys],
            "files": dict(sorted(files.items())), **members}
