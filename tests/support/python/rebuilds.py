# SPDX-License-Identifier: MIT
"""One config composed over and over with everything varied that a user can vary."""

import os
import pwd
import random
import shlex
import shutil

from composing import artifact_digests, build_command, run
from imagewright_testing import PROGRAM, TOP, TestCase, environment, require_program, require_workbench

REBUILDS = int(os.environ.get("IMAGEWRIGHT_REBUILDS", "4"))
SEED = int(os.environ.get("IMAGEWRIGHT_SEED", "20240611"))

# Clocks go forward only: before its creation a key signs nothing.
# For each aspect what it may be; the first rebuilds together show every value at least once.
ASPECTS = {
    "place": ["here", "elsewhere", "deep"],
    "umask": ["022", "077", "002"],
    "locale": ["C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8", "POSIX"],
    "zone": ["UTC", "Asia/Kathmandu", "America/St_Johns"],
    "clock": ["now", "2031-02-28 23:59:58", "2038-01-19 03:14:09"],
    "host": ["builder", "a-much-longer-name.example.org"],
    "cores": ["0", "0,1"],
    "jobs": ["1", "2", "7"],
    "filesystem": ["disk", "tmpfs", "overlay"],
    "home": ["warm", "cold"],
    "locked": ["no", "yes"],
    "user": ["root", "root without CAP_SYS_ADMIN", "nobody"],
}
STARTS = {"root": [], "root without CAP_SYS_ADMIN": ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"],
          "nobody": ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]}


def variations(count, random_source):
    """Each value of each aspect in turn, in an order of its own for every aspect."""
    columns = {}
    for aspect, values in ASPECTS.items():
        rest = values[1:] + values[:1]
        columns[aspect] = rest + [random_source.choice(values) for _ in range(count)]
    return [{aspect: column[index] for aspect, column in columns.items()} for index in range(count)]


class Rebuilds(TestCase):
    # What every build is told of its packages.
    repositories = ()

    @classmethod
    def setUpClass(cls):
        require_workbench()
        for program in ("faketime", "setpriv", "taskset", "unshare"):
            require_program(program)

    def place(self, word, scratch):
        """The directory of the configs; elsewhere it is a copy."""
        if word == "here":
            return TOP / "configs"
        configs = scratch / ("somewhere/quite/deep/in a tree" if word == "deep" else "x") / "configs"
        shutil.copytree(TOP / "configs", configs)
        return configs

    def command(self, output, config, *arguments, cache=None):
        return build_command(output, cache, config, *map(str, self.repositories), *arguments)

    def script(self, variation, scratch, output, config):
        """One shell script inside namespaces of its own: mounts and host name vanish with it."""
        mount = {"disk": "true", "tmpfs": f"mount -t tmpfs tmpfs {shlex.quote(str(output))}",
                 "overlay": f"mkdir -p {scratch}/layers && mount -t tmpfs tmpfs {scratch}/layers && mkdir {scratch}/layers/up "
                            f"{scratch}/layers/low {scratch}/layers/work && mount -t overlay overlay -o lowerdir={scratch}/layers/low,"
                            f"upperdir={scratch}/layers/up,workdir={scratch}/layers/work {shlex.quote(str(output))}"}
        cache = scratch / "cache" if variation["home"] == "cold" or variation["user"] == "nobody" else None
        arguments = ["--locked"] if variation["locked"] == "yes" else []
        command = self.command(output / "out", config, *arguments, cache=cache)
        command[1:1] = ["--jobs", variation["jobs"]]
        clock = [] if variation["clock"] == "now" else ["faketime", "-f", "@" + variation["clock"]]
        line = shlex.join(["taskset", "-c", variation["cores"], *STARTS[variation["user"]], *clock, *command])
        # What was built on a filesystem of its own is copied out before that vanishes.
        return (f"set -e; hostname {variation['host']}; {mount[variation['filesystem']]}; "
                f"chown {pwd.getpwnam('nobody').pw_uid if variation['user'] == 'nobody' else 0} {shlex.quote(str(output))} .; "
                f"umask {variation['umask']}; {line}; "
                f"mkdir -p {scratch}/result; cp --sparse=always {shlex.quote(str(output))}/out/* {scratch}/result/")

    def rebuild(self, variation, name):
        scratch = self.scratch()
        output = scratch / "output"
        output.mkdir()
        config = self.place(variation["place"], scratch) / name
        if variation["locked"] == "yes":
            lock = run([str(PROGRAM), "lock", str(config), "--arch", "x86_64", *map(str, self.repositories), "--progress", "none"])
            self.assertEqual(lock.returncode, 0, lock.stderr)
        variables = environment(LANG=variation["locale"], LC_ALL=variation["locale"], TZ=variation["zone"])
        try:
            result = run(["unshare", "--mount", "--uts", "sh", "-c", self.script(variation, scratch, output, config)],
                         env=variables, cwd=scratch)
        finally:
            if variation["locked"] == "yes" and config.is_relative_to(TOP):
                config.with_suffix(".lock.json").unlink(missing_ok=True)
        self.assertEqual(result.returncode, 0, f"{variation}\n{result.stderr[-4000:]}")
        return scratch / "result"

    def differences(self, first, second, name):
        texts = []
        for suffix in (".qcow2", ".manifest.json"):
            texts.append(run([str(PROGRAM), "diff", str(first / (name + suffix)), str(second / (name + suffix))]).stdout)
        return "\n".join(texts)[:8000]

    def rebuild_all(self, config, name):
        """Composes a config below `configs` once, and then so often as wished; its artifacts' names begin with `name`."""
        first = self.scratch() / "first"
        result = run(self.command(first, TOP / "configs" / config))
        self.assertEqual(result.returncode, 0, result.stderr[-4000:])
        expected = artifact_digests(first)
        self.assertIn(f"{name}.qcow2", expected)
        for number, variation in enumerate(variations(REBUILDS, random.Random(SEED)), 1):
            # A lock beside the project's own config would be seen by other tests.
            if variation["place"] == "here":
                variation["locked"] = "no"
            with self.subTest(number=number, **variation):
                again = self.rebuild(variation, config)
                found = artifact_digests(again)
                if found != expected:
                    self.fail(f"{variation}\n{self.differences(first, again, name)}")
                shutil.rmtree(again)
                print(f"rebuild {number} of {REBUILDS} is the same: {variation}", flush=True)
