# SPDX-License-Identifier: MIT
"""What people use today for the same, one program after the other."""

import gzip
import hashlib
import re
import shutil
from pathlib import Path

from measuring import WORKBENCH, timed


def dnf(scratch, repository, *words):
    """A command line of dnf that sees nothing but that repository, and nothing of the host's."""
    return ["dnf", "-y", "--quiet", f"--repofrompath=bench,file://{repository}", "--repo", "bench", "--nogpgcheck", "--releasever=12",
            "--forcearch=x86_64", "--setopt=install_weak_deps=False", f"--setopt=cachedir={scratch}/dnf-cache", "--setopt=reposdir=/nonexistent",
            "--setopt=keepcache=True", "--setopt=metadata_expire=-1", "--setopt=module_platform_id=platform:el9", *words]


def compose(scratch, names):
    """dnf --installroot, dracut, mke2fs -d, qemu-img: the same packages in the same two formats, nothing verified and nothing labelled."""
    root, disk = scratch / "peer-root", scratch / "peer.raw"
    shutil.rmtree(root, ignore_errors=True)
    disk.unlink(missing_ok=True)
    cost = timed(dnf(scratch, WORKBENCH, "--installroot", root, "install", *names))
    kernel = next((root / "usr/lib/modules").iterdir()).name
    script = (f"mount --bind /proc {root}/proc && mount -t tmpfs tmpfs {root}/run && mount --bind /dev {root}/dev && "
              f"exec chroot {root} dracut --quiet --force --no-hostonly --reproducible --kver {kernel} /boot/initramfs.img")
    cost += timed(["unshare", "--mount", "--pid", "--fork", "sh", "-c", script])
    cost += timed(["truncate", "-s", "877M", disk])
    cost += timed(["mke2fs", "-q", "-F", "-t", "ext4", "-d", root, disk])
    for format_words, name in ((("qcow2",), "peer.qcow2"), (("vpc", "-o", "subformat=fixed,force_size=on"), "peer.vhd")):
        cost += timed(["qemu-img", "convert", "-f", "raw", "-O", *format_words, disk, scratch / name])
        cost += timed(["sha256sum", scratch / name])
    shutil.rmtree(root, ignore_errors=True)
    return cost


def convert(source, target):
    """A bare copy into another format, which target's name says."""
    target.unlink(missing_ok=True)
    return timed(["qemu-img", "convert", "-f", "raw", "-O", target.suffix.removeprefix("."), source, target])


def large_repository(metadata, directory, wanted=20_000):
    """The metadata of a distribution, with copies of its packages under other names until there are so many."""
    with gzip.open(metadata / "repodata/primary.xml.gz", "rt") as file:
        text = file.read()
    head, packages, tail = text[:text.index("<package ")], re.findall(r"<package .*?</package>\n?", text, re.S), "</metadata>\n"
    more, number = list(packages), 0
    while len(more) < wanted:
        number += 1
        more += [copy_of(package, f"-copy{number}") for package in packages[:wanted - len(more)]]
    (directory / "repodata").mkdir(parents=True)
    body = re.sub(r'packages="\d+"', f'packages="{len(more)}"', head) + "".join(more) + tail
    compressed = gzip.compress(body.encode(), mtime=0)
    (directory / "repodata/primary.xml.gz").write_bytes(compressed)
    (directory / "repodata/repomd.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1700000000</revision>\n'
        f'<data type="primary"><checksum type="sha256">{hashlib.sha256(compressed).hexdigest()}</checksum>'
        f'<open-checksum type="sha256">{hashlib.sha256(body.encode()).hexdigest()}</open-checksum>'
        f'<location href="repodata/primary.xml.gz"/><timestamp>1700000000</timestamp><size>{len(compressed)}</size>'
        f"<open-size>{len(body.encode())}</open-size></data></repomd>\n")
    return len(more)


def copy_of(package, suffix):
    """It provides nothing that another one provides, so that the same packages are chosen as without it."""
    package = re.sub(r"<name>([^<]*)</name>", rf"<name>\1{suffix}</name>", package, count=1)
    package = re.sub(r"<file[^>]*>[^<]*</file>\s*", "", package)
    checksum = hashlib.sha256(package.encode()).hexdigest()
    package = re.sub(r'(pkgid="YES">)[0-9a-f]+', rf"\g<1>{checksum}", package)
    package = re.sub(r'<location href="([^"]*)\.rpm"', rf'<location href="\1{suffix}.rpm"', package)
    return re.sub(r"<rpm:provides>.*?</rpm:provides>", lambda match: re.sub(r'name="([^"]*)"', rf'name="\1{suffix}"', match[0]), package, flags=re.S)
