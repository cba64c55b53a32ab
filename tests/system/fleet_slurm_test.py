#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Twelve units through Slurm: one controller and two node daemons on this kernel, a scheduler with all that it does, but no second machine."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from imagewright_fleet import FleetTestCase  # noqa: E402
from imagewright_testing import PROGRAM, require_program  # noqa: E402

CONFIGURATION = """
ClusterName=fleet
SlurmctldHost={host}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={top}/munge.socket
CryptoType=crypto/munge
StateSaveLocation={top}/state
SlurmdSpoolDir={top}/spool-%n
SlurmctldPidFile={top}/slurmctld.pid
SlurmdPidFile={top}/slurmd-%n.pid
SlurmctldLogFile={top}/slurmctld.log
SlurmdLogFile={top}/slurmd-%n.log
SlurmctldPort={port}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=defer,requeue_delay=0
JobRequeue=1
KillWait=2
SlurmdParameters=config_overrides
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={first} CPUs=4 RealMemory=16000
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={second} CPUs=4 RealMemory=16000
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
"""


class Cluster:
    """Started and ended with the test."""

    def __init__(self, top, test):
        self.top, self.test = top, test
        for name in ("state", "spool-n1", "spool-n2"):
            (top / name).mkdir()
        top.chmod(0o755)
        key = top / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        ports = self.free_ports(3)
        self.configuration = top / "slurm.conf"
        self.configuration.write_text(CONFIGURATION.format(host=socket.gethostname().split(".")[0], top=top, port=ports[0],
                                                           first=ports[1], second=ports[2]))
        self.start("munged", "--foreground", "--force", f"--socket={top}/munge.socket", f"--key-file={key}", f"--log-file={top}/munge.log",
                   f"--pid-file={top}/munge.pid", f"--seed-file={top}/munge.seed")
        self.wait(lambda: (top / "munge.socket").exists())
        self.start("slurmctld", "-D", "-i", "-f", self.configuration)
        for node in ("n1", "n2"):
            self.start("slurmd", "-D", "-N", node, "-f", self.configuration)
        self.wait(lambda: self.run("sinfo", "-h", "-o", "%T", check=False).stdout.split() == ["idle"])

    def free_ports(self, count):
        sockets = [socket.socket() for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        ports = [each.getsockname()[1] for each in sockets]
        for each in sockets:
            each.close()
        return ports

    def environment(self, **changes):
        return {**os.environ, "PATH": f"{self.top}/bin:{os.environ['PATH']}:/usr/sbin:/sbin", "SLURM_CONF": str(self.configuration), **changes}

    def start(self, *command):
        with open(self.top / f"{command[0]}.out", "ab") as log:
            process = subprocess.Popen(list(map(str, command)), env=self.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.test.addCleanup(self.end, process)

    def end(self, process):
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def wait(self, condition, seconds=60):
        deadline = time.monotonic() + seconds
        while not condition():
            self.test.assertLess(time.monotonic(), deadline, "the cluster does not come up: " + str(self.top))
            time.sleep(0.2)

    def run(self, *command, check=True, **options):
        result = subprocess.run(list(map(str, command)), env=options.pop("env", self.environment()), capture_output=True, text=True, timeout=900,
                                **options)
        if check:
            self.test.assertEqual(result.returncode, 0, f"{command}\n{result.stdout}\n{result.stderr}")
        return result


# Stands in for a machine that dies: the first try of one unit is killed when it has begun.
WRAPPER = """#!/bin/bash
if [ "$1" = build ] && [ "$SLURM_ARRAY_TASK_ID" = {victim} ] && mkdir {top}/killed 2>/dev/null; then
  {program} "$@" &
  while [ ! -e out/{name}/unit.json ]; do sleep 0.01; done
  kill -9 $!
  exit 1
fi
echo "$SLURM_ARRAY_TASK_ID $SLURMD_NODENAME" >> {top}/nodes
exec {program} "$@"
"""


class Slurm(FleetTestCase):
    def test_twelve_units_on_two_nodes(self):
        for program in ("slurmctld", "slurmd", "munged", "sbatch"):
            require_program(program)
        checkout = self.checkout()
        # What fails on purpose: scripts run only when the unit is built, so the plan is good.
        (checkout / "fail.sh").write_text("exit 1\n")
        config = checkout / "gen1.yaml"
        config.write_text(config.read_text() + "scripts: {postCustomization: [{path: fail.sh}]}\n")
        fleet = checkout / "fleet.yaml"
        fleet.write_text(fleet.read_text().replace("gen1: gen1.yaml", "gen1: gen1-good.yaml"))
        (checkout / "gen1-good.yaml").write_text(config.read_text().split("scripts:")[0])
        shutil.copy(checkout / "gen1.lock.json", checkout / "gen1-good.lock.json")
        fleet.write_text(fleet.read_text() + "exclude: [{variant: bad, platform: qemu}, {variant: bad, architecture: aarch64}, "
                         "{variant: gen1, platform: azure, architecture: x86_64}]\n")
        fleet.write_text(fleet.read_text().replace("{gen1:", "{bad: gen1.yaml, gen1:"))
        units = self.units(checkout)
        self.assertEqual(len(units), 12)
        bad = next(unit["id"] for unit in units if unit["variant"] == "bad")
        victim = next(unit for unit in units if unit["id"] == "gen2-x86-64-qemu")
        top = self.scratch() / "slurm"
        top.mkdir()
        cluster = Cluster(top, self)
        (top / "bin").mkdir()
        wrapper = top / "bin/imagewright"
        wrapper.write_text(WRAPPER.format(victim=victim["index"], top=top, program=f"{PROGRAM} --cache-dir {self.top}/fleet-cache",
                                          name=victim["id"]))
        wrapper.chmod(0o755)
        script = self.matrix(checkout, "--fleet", "fleet.yaml", "--format", "slurm").stdout
        # Programs of the small distribution are this host's on every architecture.
        script = script.replace("imagewright build", "imagewright build --emulation full")
        (checkout / "fleet.sbatch").write_text(script)
        result = cluster.run("sbatch", "--wait", "--output", top / "job-%a.log", "fleet.sbatch", cwd=checkout, check=False)
        self.assertEqual(result.returncode, 1, result.stderr)
        logs = "".join(path.read_text()[-1500:] for path in sorted(top.glob("job-*.log")))
        collected = self.run_program("collect", "out", "--units", "units.json", "-o", "release", "--json", cwd=checkout, expect=5,
                                     env=self.environment())
        document = json.loads(collected.stdout)
        states = {unit["id"]: (unit["state"], unit["attempts"]) for unit in document["units"]}
        expected = {unit["id"]: ("done", 1) for unit in units}
        # The one that fails was tried again; the one that was killed was done the second time.
        expected[bad] = ("failed", 2)
        expected[victim["id"]] = ("done", 2)
        self.assertEqual(states, expected, logs)
        self.assertEqual([problem["code"] for problem in document["problems"]], ["fleet.unit-failed"])
        self.assertEqual({line.split()[1] for line in (top / "nodes").read_text().splitlines()}, {"n1", "n2"})
        for unit in units:
            if unit["id"] == bad:
                continue
            words = ["--emulation", "full", "--no-cache", "--arch", unit["architecture"], "--format", unit["inputs"]["formats"][0]]
            self.run_program("build", unit["config"], *words, "-o", f"hand/{unit['id']}", cwd=checkout, env=self.environment())
            for name in unit["outputs"]:
                self.assertEqual((checkout / "out" / unit["id"] / name).read_bytes(), (checkout / "hand" / unit["id"] / name).read_bytes(), name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
