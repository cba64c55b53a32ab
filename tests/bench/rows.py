# SPDX-License-Identifier: MIT
"""What is measured of builds: one function for each group of rows of docs/benchmarks.md."""

import functools
import json
import random
import re
import shutil
import subprocess
import sys

import peers
from measuring import PROGRAM, TOP, Figure, Row, most_memory, rounds, timed

SHARED = TOP.parent / "shared/data"
PAIR = ("qcow2", "vhd-fixed")


def own_copy(text=None):
    """configs/node.yaml as it can stand anywhere."""
    text = text or (TOP / "configs/node.yaml").read_text()
    return text.replace("release: workbench", f"release: {TOP}/configs/releases/workbench.yaml")


class Builder:
    """Builds of configs with one cache, into one directory that is empty before each."""

    def __init__(self, scratch):
        self.scratch, self.output = scratch, scratch / "out"
        self.number = 0

    def command(self, config, *words, formats=PAIR, architectures=("x86_64",)):
        return [PROGRAM, "build", config, *(word for name in architectures for word in ("--arch", name)),
                *(word for name in formats for word in ("--format", name)),
                "--output-dir", self.output, "--progress", "none", "--cache-dir", self.scratch / "cache", *words]

    def cold(self, *words, **options):
        """Of the cache packages and metadata only."""
        shutil.rmtree(self.output, ignore_errors=True)
        return timed(self.command(TOP / "configs/node.yaml", "--no-cache", *words, **options), cwd=TOP)

    def changed_config(self, find="hostname: node", replacement="hostname: node{}"):
        """A config that no build before had."""
        self.number += 1
        config = self.scratch / "changed.yaml"
        text = own_copy()
        if find not in text:
            sys.exit(f"configs/node.yaml has no {find!r} any more")
        config.write_text(text.replace(find, replacement.format(self.number)))
        return config

    def changed(self, *change):
        return timed(self.command(self.changed_config(*change)), cwd=TOP)

    def unchanged(self):
        return timed(self.command(self.scratch / "changed.yaml"), cwd=TOP)

    def forget(self):
        """What builds leave for later ones; packages and metadata stay."""
        shutil.rmtree(self.scratch / "cache/stages", ignore_errors=True)

    def first(self):
        self.forget()
        return self.changed()


CHANGES = {"the host name": (),
           "a unit": ("enable: [ssh,", "enable: [systemd-timesyncd, ssh,"),
           "a file": ("os:\n", "os:\n  additionalFiles:\n  - {{destination: /etc/bench.conf, content: '# {}'}}\n"),
           "a kernel argument": ("os:\n", "os:\n  kernelCommandLine: {{extraCommandLine: [bench={}]}}\n"),
           "a file that dracut reads": ("os:\n", "os:\n  additionalFiles:\n  - {{destination: /etc/modprobe.d/x.conf, content: '# {}'}}\n")}


def build_rows(scratch):
    """Cold builds beside the usual tools, and what earlier builds spare."""
    builder = Builder(scratch)
    builder.cold()
    manifest = json.loads((builder.output / "node-x86_64.manifest.json").read_text())
    measures = {"cold": builder.cold,
                "one": functools.partial(builder.cold, formats=("qcow2",)),
                "three": functools.partial(builder.cold, formats=("raw", *PAIR))}
    names = [package["name"] for package in manifest["packages"]]
    if shutil.which("dnf"):
        measures["usual"] = functools.partial(peers.compose, scratch, names)
    costs = rounds(**measures)
    yield Row("build of `configs/node.yaml`, qcow2 and vhd-fixed, packages present, `--no-cache`", costs["cold"])
    if "usual" in costs:
        yield Row("the usual tools ÷ that: dnf --installroot, dracut, mke2fs -d, qemu-img, sha256sum of the same packages", costs["usual"],
                  to=costs["cold"], aim="≥ 6")
    else:
        print("dnf is not installed: the usual tools are not measured", file=sys.stderr)
    yield Row("qcow2 only", costs["one"])
    yield Row("raw, qcow2 and vhd-fixed ÷ qcow2 only", costs["three"], to=costs["one"], aim="≤ 1.05")
    builder.changed()
    measures = {"first": builder.first}
    for title, change in CHANGES.items():
        measures[title] = functools.partial(builder.changed, *change)
    candidates = iter(PACKAGES_TO_ADD)
    measures["package"] = lambda: builder.changed("    - jq\n", f"    - jq\n    - {next(candidates)}\n")
    measures["nothing"] = builder.unchanged
    costs = rounds(**measures)
    yield Row("build that keeps its root and its initramfs", costs["first"])
    for title in CHANGES:
        yield Row(f"one line changed: {title}, ÷ that", costs[title], to=costs["first"], aim="≤ 1.5 s" if "dracut" not in title else "")
    yield Row("one package added, ÷ that", costs["package"], to=costs["first"], aim="≤ 4 s")
    yield Row("nothing changed, ÷ that", costs["nothing"], to=costs["first"], aim="≤ 0.05 s")


# Each leaves a root that no round before had.
PACKAGES_TO_ADD = ("cryptsetup-bin", "gettext-base", "libefiboot1", "libfuse2", "libpng16-16", "libpopt0", "policycoreutils")


def memory_rows(scratch):
    """Of all processes together."""
    builder = Builder(scratch)
    yield Figure("most memory of all processes: build with `--no-cache`",
                 f"{most_memory(builder.command(TOP / 'configs/node.yaml', '--no-cache'), cwd=TOP):.0f} MiB", "≤ 200 MiB")
    builder.changed()
    yield Figure("most memory of all processes: the host name changed",
                 f"{most_memory(builder.command(builder.changed_config()), cwd=TOP):.0f} MiB", "≤ 200 MiB")


def customize_rows(scratch):
    """A base with 1 GiB in it, beside a bare copy of it into the same format."""
    base, output, config = large_base(scratch), scratch / "customized", scratch / "customize.yaml"

    def command(text):
        config.write_text(f"release: {TOP}/configs/releases/workbench.yaml\n{text}output: {{images: [{{format: qcow2}}]}}\n")
        shutil.rmtree(output, ignore_errors=True)
        return [PROGRAM, "customize", "--image", base, config, "--output-dir", output, "--progress", "json", "--cache-dir", scratch / "cache"]

    def all_of_it():
        cost = timed(command(EVERYTHING), cwd=TOP)
        cost.wall -= sum(event["duration"] for event in events(cost.said) if event.get("stage") in TRANSACTION and "duration" in event)
        return cost

    costs = rounds(copy=lambda: peers.convert(base, scratch / "copy.qcow2"), file=lambda: timed(command(ONE_FILE), cwd=TOP), all=all_of_it)
    yield Row("`qemu-img convert` of a raw image with 1 GiB in it to qcow2", costs["copy"])
    yield Row("`customize` it with one file ÷ that", costs["file"], to=costs["copy"], aim="≤ 1.2")
    # The processors' time is of all of it: stages do not tell theirs.
    yield Row("`customize` it with a file, a user, an argument and a package, without its transaction and its initramfs, ÷ that", costs["all"],
              to=costs["copy"], aim="≤ 1.5")
    for title, text in (("one file", ONE_FILE), ("a file, a user, an argument and a package", EVERYTHING)):
        yield Figure(f"most memory of all processes: `customize` with {title}", f"{most_memory(command(text), cwd=TOP):.0f} MiB", "< 300 MiB")
    base.unlink()


# Stages that a bare copy has nothing of.
TRANSACTION = ("metadata", "download", "install", "initramfs")


def events(said):
    """What `--progress json` tells, without what is no event."""
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


ONE_FILE = "os: {additionalFiles: [{destination: /etc/new, content: new}]}\n"
EVERYTHING = ("os: {additionalFiles: [{destination: /etc/new, content: new}], users: [{name: kim}], "
              "kernelCommandLine: {extraCommandLine: [audit=1]}, packages: {install: [policycoreutils]}}\n")


def large_base(scratch):
    """The node with files that do not compress, so that it has 1 GiB."""
    chance = random.Random(1)
    files = []
    for number in range(7):
        path = scratch / f"bulk{number}"
        path.write_bytes(chance.randbytes(100 * 2**20))
        files.append(f"  - {{source: {path}, destination: /srv/bulk{number}}}\n")
    config = scratch / "large.yaml"
    config.write_text(own_copy().replace("os:\n", "os:\n  additionalFiles:\n" + "".join(files), 1))
    output = scratch / "large"
    timed([PROGRAM, "build", config, "--no-cache", "--arch", "x86_64", "--format", "raw", "--output-dir", output, "--progress", "none",
           "--cache-dir", scratch / "cache"], cwd=TOP)
    for path in scratch.glob("bulk*"):
        path.unlink()
    base = scratch / "base.raw"
    next(output.glob("*.raw")).rename(base)
    return base


def plan_rows(scratch):
    """The metadata of Azure Linux 3.0, made 20,000 packages large, beside dnf."""
    metadata = SHARED / "azl3-metadata-x86_64"
    if not metadata.is_dir() or not shutil.which("dnf"):
        print("plans are not measured: dnf or ../shared/data is not here", file=sys.stderr)
        return
    directory = scratch / "plan"
    count = peers.large_repository(metadata, directory / "repository")
    profile = (TOP / "configs/releases/azurelinux-3.0.yaml").read_text()
    profile = re.sub(r"(?ms)^repositories:.*?(?=^[a-z])", "", profile).replace("name: azurelinux-3.0", "name: other")
    (directory / "other.yaml").write_text(
        profile + f"repositories:\n- {{name: base, path: {directory}/repository, gpgCheck: false, repoGpgCheck: false}}\n")
    config = directory / "node.yaml"
    config.write_text((TOP / "configs/azurelinux-3.0/node.yaml").read_text().replace("    - blobfuse2\n", ""))
    plan = [PROGRAM, "plan", config, "--release", directory / "other.yaml", "--arch", "x86_64", "--progress", "none", "--cache-dir", directory / "cache"]
    said = subprocess.run([str(word) for word in [*plan, "--json"]], capture_output=True, text=True, check=True).stdout
    names = [request["package"] for request in json.loads(said)[0]["requests"]]

    def fresh(*caches):
        for cache in caches:
            shutil.rmtree(cache, ignore_errors=True)

    def dnf(*words):
        return timed(peers.dnf(directory, directory / "repository", "--installroot", directory / "root", *words, "--assumeno", "install", *names), expect=1)

    def first():
        fresh(directory / "cache")
        return timed(plan)

    def first_dnf():
        fresh(directory / "dnf-cache")
        return dnf()

    costs = rounds(first=first, first_dnf=first_dnf, warm=lambda: timed(plan), warm_dnf=lambda: dnf("-C"))
    yield Row(f"`dnf -C --assumeno install` of what the Azure Linux node asks for, {count} packages", costs["warm_dnf"])
    yield Row("warm `plan` of the node ÷ that", costs["warm"], to=costs["warm_dnf"], aim="≤ 0.2")
    yield Row("the same by dnf without a cache", costs["first_dnf"])
    yield Row("first `plan` after new metadata ÷ that", costs["first"], to=costs["first_dnf"], aim="≤ 1 s")


def privilege_rows(scratch):
    """What an ordinary user may do, beside root: the rungs of root and of a user with one id."""
    builder = Builder(scratch)
    costs = rounds(**{rung: functools.partial(builder.cold, "--rung", rung) for rung in ("root", "single-id")})
    yield Row("build on the rung of root, `--no-cache`", costs["root"])
    yield Row("on the rung of an ordinary user (`single-id`) ÷ that", costs["single-id"], to=costs["root"], aim="≤ 1.1")


def foreign_rows(scratch):
    """ARM64 on x86_64, and both in one call."""
    builder = Builder(scratch)
    builder.cold(architectures=("aarch64",))
    measures = {"x86_64": builder.cold,
                "aarch64": functools.partial(builder.cold, architectures=("aarch64",)),
                "both": functools.partial(builder.cold, architectures=("x86_64", "aarch64"))}
    costs = rounds(**measures)
    # Minutes of a row without an aim: once, beside a round of its own.
    full = rounds(1, x86_64=builder.cold, full=functools.partial(builder.cold, "--emulation", "full", architectures=("aarch64",)))
    builder.cold(architectures=("aarch64",))
    report = json.loads((builder.output / "node-aarch64.report.json").read_text())["emulation"]
    second = [both - first for both, first in zip(costs["both"], costs["x86_64"])]
    yield Row("build for x86_64, `--no-cache`", costs["x86_64"])
    yield Row("for aarch64 (`--emulation auto`) ÷ that", costs["aarch64"], to=costs["x86_64"], aim="≤ 1.5")
    yield Row("for aarch64 with everything emulated (`--emulation full`), one round, ÷ x86_64", full["full"], to=full["x86_64"])
    yield Row("what aarch64 adds to a call that builds x86_64 too ÷ aarch64 alone", second, to=costs["aarch64"], aim="≤ 0.5")
    yield Figure("programs that ran under the emulator in one build for aarch64 (`--emulation auto`)",
                 f"{report['programs']} of {report['programs'] + report['nativePrograms']}")


def variant_rows(scratch):
    """A second variant of a config: the same packages, other settings, a new place for its output."""
    builder = Builder(scratch)

    def second():
        builder.output = scratch / "variant"
        shutil.rmtree(builder.output, ignore_errors=True)
        cost = builder.changed(*CHANGES["a file"])
        builder.output = scratch / "out"
        return cost

    costs = rounds(first=builder.first, second=second)
    yield Row("a second variant with the same packages ÷ the first", costs["second"], to=costs["first"], aim="≤ 0.5")


def drift_rows(scratch):
    """A walk over everything that the image of configs/node.yaml has."""
    builder = Builder(scratch)
    timed(builder.command(TOP / "configs/node.yaml", "--keep-root"), cwd=TOP)
    root = builder.output / "node-x86_64.root"
    root.chmod(0o755)
    command = [PROGRAM.parent / "imagewright-drift", "--root", root, "--manifest", builder.output / "node-x86_64.manifest.json"]
    yield Row("`imagewright-drift` over the root of `configs/node.yaml`", rounds(walk=lambda: timed(command))["walk"])
    yield Figure("most memory of that", f"{most_memory(command):.0f} MiB")


GROUPS = {"builds": build_rows, "variants": variant_rows, "memory": memory_rows, "plans": plan_rows, "privileges": privilege_rows,
          "foreign": foreign_rows, "customize": customize_rows, "drift": drift_rows}
