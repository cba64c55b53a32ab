# SPDX-License-Identifier: MIT
"""A node starts a container from an image that was put into it, with no network: its own containerd says so."""

import json
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import CONFIG  # noqa: E402
from imagewright_layouts import Layout  # noqa: E402
from imagewright_testing import TOP, TestCase, environment, require_program, require_workbench  # noqa: E402

COUNT = 20
PROBE = '#include <unistd.h>\nint main(void) { return write(1, "preloaded\\n", 10) == 10 ? 0 : 1; }\n'


class Preloaded(TestCase):
    def probe(self, scratch):
        """A program that needs nothing of the image that it is in."""
        require_program("gcc")
        (scratch / "probe.c").write_text(PROBE)
        subprocess.run(["gcc", "-static", "-Os", "-s", "-o", "probe", "probe.c"], cwd=scratch, check=True)
        return (scratch / "probe").read_bytes()

    def test_a_container_starts_from_a_preloaded_image(self):
        require_workbench()
        scratch = self.scratch()
        layout = Layout(scratch / "images")
        probe = self.probe(scratch)
        images = []
        for index in range(COUNT):
            layout.tag(f"t{index}", layout.manifest("amd64", [{"probe": probe, "which": f"image {index}"}]))
            images.append({"source": f"oci:images:t{index}", "name": f"registry.example/many/image-{index}:v1"})
        start = ("ctr -n k8s.io run --rm --snapshotter native registry.example/many/image-7:v1 probe /probe "
                 "| grep -x preloaded")
        complete = f"test $(ctr -n k8s.io images check | grep -c complete) = {3 * COUNT}"
        config = scratch / "node.yaml"
        config.write_text(json.dumps({
            "previewFeatures": ["base-configs"], "baseConfigs": [{"path": str(CONFIG)}],
            "release": str(TOP / "configs/releases/workbench.yaml"), "os": {"containerImages": images},
            "checks": [{"name": "every record is complete", "command": complete},
                       {"name": "a container starts from a preloaded image", "command": start}]}))
        out = scratch / "out"
        self.run_program("build", config, "--arch", "x86_64", "--format", "qcow2", "--output-dir", out,
                         "--progress", "none", env=environment())
        said = self.run_program("boot", out / "node-x86_64.qcow2", "--accel", "tcg", env=environment()).stdout
        self.assertRegex(said, r"a container starts from a preloaded image")


if __name__ == "__main__":
    unittest.main()
