# SPDX-License-Identifier: MIT
"""A node of the role kubernetes-node starts pods from images that were put into it, with its network down. A program in the
place of the kubelet asks its containerd over CRI."""

import json
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import digest  # noqa: E402
from imagewright_layouts import Layout  # noqa: E402
from imagewright_testing import TOP, TestCase, environment, require_program, require_workbench  # noqa: E402

COUNT = 20
PAUSE = "registry.example/pause:3.9"
PROGRAMS = {
    "pause": "#include <signal.h>\n#include <unistd.h>\nstatic void end(int number) { _exit(number != SIGTERM); }\n"
             "int main(void) { signal(SIGTERM, end); for (;;) pause(); }\n",
    "say": "#include <stdio.h>\nint main(void) { FILE* f = fopen(\"/which\", \"r\"); char t[64];\n"
           "  return f && fgets(t, sizeof t, f) && printf(\"%s\\n\", t) > 0 ? 0 : 1; }\n",
}
CONTAINERD = f"""\
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = true
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"
"""
SCRIPT = """\
#!/bin/sh
# In the kubelet's place, with no network: one pod after the other.
for link in /sys/class/net/*; do ip link set "${link##*/}" down; done
ip link set lo up
for index in $(seq %d); do
  said=$(pod_starter pod "/run/pods/$index" "registry.example/many/image-$index:v1" /say 2>&1) || { echo "pod $index: $said"; exit 1; }
  echo "$said" | grep -q "stdout F image $index$" || { echo "pod $index said: $said"; exit 1; }
done
echo all pods ran
"""


class Pods(TestCase):
    def compiled(self, name, source, *options):
        subprocess.run(["g++" if source.suffix == ".cpp" else "gcc", "-static", "-Os", "-s", *options, "-o", name, source], cwd=source.parent, check=True)
        return (source.parent / name).read_bytes()

    def write_images(self, scratch):
        """Images of three layers, the lower two of which all have; behind each tag is an index of two architectures."""
        layout = Layout(scratch / "images")
        programs = {}
        for name, text in PROGRAMS.items():
            source = scratch / f"{name}.c"
            source.write_text(text)
            programs[name] = self.compiled(name, source)
        layout.add("pause", layout.manifest("amd64", [{"pause": programs["pause"]}]), layout.manifest("arm64", [{"pause": "another"}]))
        images = [{"source": "oci:images:pause", "name": PAUSE, "pin": True}]
        for index in range(1, COUNT):
            layers = [{"etc/base": "base"}, {"say": programs["say"]}, {"which": f"image {index}"}]
            layout.add(f"t{index}", layout.manifest("arm64", [{"which": "another"}]), layout.manifest("amd64", layers))
            images.append({"source": f"oci:images:t{index}", "name": f"registry.example/many/image-{index}:v1"})
        # The node itself takes this one, by its unit.
        images[-1]["mode"] = "import"
        return images

    def write_config(self, scratch, images):
        starter = scratch / "pod_starter.cpp"
        starter.write_text((Path(__file__).parent / "pod_starter.cpp").read_text())
        self.compiled("pod_starter", starter, "-std=c++20")
        (scratch / "start-pods").write_text(SCRIPT % (COUNT - 1))
        files = [{"source": "pod_starter", "destination": "/usr/bin/pod_starter", "permissions": "755"},
                 {"source": "start-pods", "destination": "/usr/bin/start-pods", "permissions": "755"},
                 {"content": CONTAINERD, "destination": "/etc/containerd/config.toml", "permissions": "644"}]
        config = scratch / "node.yaml"
        config.write_text(json.dumps({
            "release": str(TOP / "configs/releases/workbench.yaml"), "roles": ["kubernetes-node", "cis"],
            "os": {"hostname": "node", "containerImages": images, "additionalFiles": files},
            "output": {"name": "node", "images": [{"format": "qcow2"}]},
            "checks": [{"name": "every record is complete", "command": f"test $(ctr -n k8s.io images check | grep -cw complete) -gt {3 * (COUNT - 1)}"},
                       {"name": "no record is incomplete", "command": "! ctr -n k8s.io images check | grep -w incomplete"},
                       {"name": "CRI lists every image", "command": f"test $(pod_starter images | grep -c ':v1$\\|pause:3.9$') = {COUNT}"},
                       {"name": "pods start", "command": "start-pods || { journalctl -n 3 -o cat -u containerd; exit 1; }", "expect": "all pods ran"}]}))
        return config

    def build(self, config, out):
        self.run_program("build", config, "--arch", "x86_64", "--output-dir", out, "--progress", "none", env=environment(IMAGEWRIGHT_DATA=TOP / "configs"))
        return out / "node-x86_64.qcow2"

    def test_pods_start_from_preloaded_images_with_no_network(self):
        require_workbench()
        for program in ("gcc", "g++"):
            require_program(program)
        scratch = self.scratch()
        config = self.write_config(scratch, self.write_images(scratch))
        image = self.build(config, scratch / "out")
        self.assertEqual(digest(image), digest(self.build(config, scratch / "again")))
        said = self.run_program("boot", image, "--accel", "tcg", "--json", env=environment()).stdout
        rows = {row["check"]: row["result"] for row in json.loads(said)["checks"]}
        self.assertEqual({name: outcome for name, outcome in rows.items() if outcome != "passed"}, {})
        for name in ("pods start", "images of containers were imported", "kubernetes-node: br_netfilter is loaded", "cis: redirects are not sent"):
            self.assertIn(name, rows)


if __name__ == "__main__":
    unittest.main()
