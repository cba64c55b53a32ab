# SPDX-License-Identifier: MIT
"""Of two kernels in an image the chosen one is what the boot loader starts, whichever loader it is."""

import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
from composing import derived_config  # noqa: E402
from imagewright_testing import WORKBENCH, TestCase, require_program, require_workbench  # noqa: E402

NEWER = "6.9.0-next"
SPEC = """\
Name: kernel-next
Version: 6.9.0
Release: 1
Summary: The workbench's kernel under a newer name
License: GPL-2.0
BuildArch: x86_64
AutoReqProv: no
%description
test
%install
mkdir -p %{{buildroot}}/usr/lib/modules %{{buildroot}}/boot
cp -a {tree}/usr/lib/modules/{older} %{{buildroot}}/usr/lib/modules/{newer}
rm -f %{{buildroot}}/usr/lib/modules/{newer}/build %{{buildroot}}/usr/lib/modules/{newer}/source
cp {tree}/boot/vmlinuz-{older} %{{buildroot}}/boot/vmlinuz-{newer}
%files
/usr/lib/modules/{newer}
/boot/vmlinuz-{newer}
"""


def make_kernel_next(test, scratch):
    """A repository with a second, newer kernel; and the release of the workbench's own."""
    package = next(path for path in WORKBENCH.glob("x86_64/**/linux-image-*.rpm") if re.search(r"image-\d", path.name))
    tree = scratch / "tree"
    tree.mkdir()
    subprocess.run(f"rpm2archive - < '{package}' | tar xz", shell=True, cwd=tree, check=True)
    modules = next((tree / "usr/lib/modules").iterdir(), None) if (tree / "usr/lib/modules").exists() else None
    test.assertIsNotNone(modules, "the workbench's kernel has no modules")
    spec = scratch / "kernel-next.spec"
    spec.write_text(SPEC.format(tree=tree, older=modules.name, newer=NEWER))
    test.run_tool("rpmbuild", "-bb", "--quiet", "--define", f"_topdir {scratch}/build", "--define", "__os_install_post %{nil}",
                  "--define", "_binary_payload w1.zstdio", "--define", f"_rpmdir {scratch}/repository", spec)
    test.run_tool("createrepo_c", "--quiet", scratch / "repository")
    return modules.name


class TwoKernels(TestCase):
    @classmethod
    def setUpClass(cls):
        require_workbench()
        for program in ("rpmbuild", "rpm2archive", "tar", "createrepo_c"):
            require_program(program)

    def test_the_loader_starts_the_chosen_one(self):
        scratch = self.scratch()
        older = make_kernel_next(self, scratch)
        kernel = "kernel: {package: linux-image-cloud-amd64}"
        for loader, lines in (("systemd-boot", []),  # the release's baseline chooses
                              ("grub", ["bootloader: {type: grub}", kernel]),
                              ("uki", ["uki: {mode: create}", kernel])):
            with self.subTest(loader=loader):
                path = scratch / f"{loader}.yaml"
                rest = "".join(f"  {line}\n" for line in lines)
                path.write_text(derived_config(
                    f"repositories:\n- {{name: next, path: {scratch}/repository, gpgCheck: false, repoGpgCheck: false}}\n"
                    f"os:\n  packages: {{install: [kernel-next]}}\n{rest}output: {{name: {loader}, images: [{{format: qcow2}}]}}\n")
                    .replace("[base-configs]", "[base-configs, uki]"))
                output = scratch / "out"
                self.run_program("build", path, "--arch", "x86_64", "--output-dir", output, "--keep-root", "--progress", "none")
                self.check_loader(loader, output / f"{loader}-x86_64.root", older)

    def check_loader(self, loader, root, older):
        if loader == "grub":
            text = next(path for path in (root / "boot/grub/grub.cfg", root / "boot/grub2/grub.cfg") if path.exists()).read_text()
            entries = re.findall(r"linux .*?vmlinuz-(\S+)", text)
            self.assertEqual(entries, [older, NEWER])
            self.assertIn(older, re.search(r"GRUB_TOP_LEVEL=.*", (root / "etc/default/grub").read_text()).group(0))
            return
        configuration = (root / "boot/efi/loader/loader.conf").read_text()
        default = re.search(r"^default (\S+)$", configuration, re.M)
        self.assertIsNotNone(default, configuration)
        self.assertIn(older, default.group(1))
        if loader == "uki":
            self.assertEqual(sorted(path.name for path in (root / "boot/efi/EFI/Linux").glob("*.efi")),
                             sorted([f"vmlinuz-{older}.efi", f"vmlinuz-{NEWER}.efi"]))
        else:
            self.assertEqual(len(list((root / "boot/efi/loader/entries").iterdir())), 2)
            self.assertTrue((root / "boot/efi/loader/entries" / default.group(1)).exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
