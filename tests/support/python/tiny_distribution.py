# SPDX-License-Identifier: MIT
"""A distribution of a few kilobytes, made in a second, that composes whole images: files in the place of a kernel and boot loaders."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from imagewright_testing import environment, require_program

# What scriptlets and the program in the place of dracut need.
PROGRAMS = ("dash", "cat", "mkdir", "chmod", "ln", "rm", "cp")

# In a specification of rpm: a program in the place of dracut, whose initramfs has nothing but a script /init in it.
DRACUT = r"""printf '#!/bin/sh\nfor last; do :; done\nprintf "07070100000001000081ED000000000000000000000001000000000000000A000000000000000000000000000000000000000500000000init\\000\\000#!/bin/sh\\n\\000\\00007070100000000000000000000000000000000000000010000000000000000000000000000000000000000000000000000000B00000000TRAILER!!!\\000\\000\\000\\000" > "$last"\n'"""

SPEC = r"""
%global debug_package %{nil}
%global __os_install_post %{nil}
%global _build_id_links none
Name: tiny
Version: 1
Release: 1
Summary: A tiny distribution
License: MIT
AutoReqProv: no
%description
Nothing.
%package base
Summary: Directories, accounts and a shell
AutoReqProv: no
Provides: /bin/sh
%description base
Directories, accounts and a shell.
%package kernel
Summary: A file in the place of a kernel
AutoReqProv: no
%description kernel
A file in the place of a kernel.
%package boot
Summary: Files in the place of boot loaders
AutoReqProv: no
%description boot
Files in the place of boot loaders.
%package initramfs
Summary: A program in the place of dracut
AutoReqProv: no
Requires: tiny-base
%description initramfs
A program in the place of dracut.
%package web
Summary: A service
AutoReqProv: no
%description web
A service.
%package web-next
Summary: The same service, which does not go with the other
AutoReqProv: no
Conflicts: tiny-web
%description web-next
The same service, which does not go with the other.
%package needy
Summary: Something that needs what nobody has
AutoReqProv: no
Requires: libmissing.so.7
%description needy
Something that needs what nobody has.
%package bulky
Summary: Something of thirty megabytes
AutoReqProv: no
%description bulky
Something of thirty megabytes.
%package failing
Summary: Something whose scriptlet fails
AutoReqProv: no
Requires: tiny-base
%description failing
Something whose scriptlet fails.
%post failing
cat /etc/no-such-file
exit 7
%package starting
Summary: Something whose scriptlet takes a while
AutoReqProv: no
Requires: tiny-base
%description starting
Something whose scriptlet takes a while.
%post starting
i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; cat /etc/passwd >/dev/null
%install
cp -a @ROOT@/. %{buildroot}
cd %{buildroot}
for name in bin sbin lib lib64; do ln -s usr/$name $name; done
mkdir -p root home boot tmp var/lib var/tmp etc usr/sbin usr/lib/systemd/system usr/lib/modules/1.0/kernel usr/lib/boot usr/share
printf 'root:x:0:0:root:/root:/bin/sh\n' > etc/passwd
printf 'root:x:0:\nwheel:x:10:\n' > etc/group
printf 'root:*:19000:0:99999:7:::\n' > etc/shadow
printf '/bin/sh\n/usr/bin/sh\n' > etc/shells
printf 'NAME=Tiny\nID=tiny\nPRETTY_NAME="Tiny 1"\nVERSION_ID=1\n' > usr/lib/os-release
ln -s ../usr/lib/os-release etc/os-release
printf kernel > usr/lib/modules/1.0/vmlinuz
printf kernel > boot/vmlinuz-1.0
printf 'kernel/loop.ko:\n' > usr/lib/modules/1.0/modules.dep
printf 'kernel/ext4.ko\n' > usr/lib/modules/1.0/modules.builtin
printf 'module' > usr/lib/modules/1.0/kernel/loop.ko
printf 'MZ' > usr/lib/boot/grubx64.efi
printf 'MZ' > usr/lib/boot/systemd-bootx64.efi
@DRACUT@ > usr/bin/dracut
chmod 755 usr/bin/dracut
printf '[Service]\nExecStart=/bin/sh\n[Install]\nWantedBy=multi-user.target\n' > usr/lib/systemd/system/web.service
cp usr/lib/systemd/system/web.service usr/lib/systemd/system/web-next.service
printf '# What the package brought\nListen = 80\nUser = nobody\n' > etc/web.conf
mkdir -p usr/share/web/empty; printf page > usr/share/web/index
ln -s index usr/share/web/link
touch usr/share/failing usr/share/starting
head -c 30000000 /dev/zero > usr/share/bulky
mkdir -p usr/lib64 usr/lib/x86_64-linux-gnu
%files base
%defattr(-,root,root,-)
@BASE@
/bin
/sbin
/lib
/lib64
/etc/passwd
/etc/group
/etc/shadow
/etc/shells
/etc/os-release
/usr/lib/os-release
%dir /root
%dir /home
%dir /boot
%dir /tmp
%dir /var
%dir /var/lib
%dir /var/tmp
%dir /usr/sbin
%dir /usr/share
%files kernel
/usr/lib/modules/1.0
/boot/vmlinuz-1.0
%files boot
/usr/lib/boot
%files initramfs
/usr/bin/dracut
%files web
/usr/lib/systemd/system/web.service
%config(noreplace) /etc/web.conf
/usr/share/web
%files web-next
/usr/lib/systemd/system/web-next.service
%files needy
%files bulky
/usr/share/bulky
%files starting
/usr/share/starting
%files failing
/usr/share/failing
"""

RELEASE = """\
name: tiny
title: A tiny distribution
version: "1"
architectures: [x86_64]
repositories:
- {name: tiny, path: REPOSITORY, gpgCheck: false, repoGpgCheck: false}
roles:
  kernel: [tiny-kernel]
  init: [tiny-base]
  base: [tiny-base]
  initramfs: [tiny-initramfs]
  bootloader-grub: [tiny-boot]
  bootloader-systemd-boot: [tiny-boot]
baseRoles: [base]
bootLoaders:
  grub: {efiProgram: /usr/lib/boot/grubx64.efi, configurationDirectory: /EFI/tiny}
  systemd-boot: {efiProgram: /usr/lib/boot/systemd-bootx64.efi}
defaultBootLoader: systemd-boot
defaultStorage:
  bootType: efi
  disks:
  - partitionTableType: gpt
    partitions:
    - {id: esp, label: esp, type: esp, size: 40M}
    - {id: root, label: root, type: root, size: 40M}
  filesystems:
  - {deviceId: esp, type: fat32, mountPoint: {path: /boot/efi, options: umask=0077}}
  - {deviceId: root, type: ext4, mountPoint: /}
"""


def copy_programs(root):
    """Programs of this machine and the libraries that they need, at the places where they are looked for; their paths."""
    paths = set()
    for name in PROGRAMS:
        program = Path(shutil.which(name)).resolve()
        copies = {f"/usr/bin/{name}": program}
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for library in re.findall(r"(/\S+)", listed):
            copies["/usr" + library.removeprefix("/usr")] = Path(library).resolve()
        for path, source in copies.items():
            target = root / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
            target.chmod(0o755)
            paths.add(path)
    (root / "usr/bin/sh").symlink_to("dash")
    return sorted(paths | {"/usr/bin/sh"})


def make(directory):
    """The repository in `directory/repository`, and its release profile in `directory/releases/tiny.yaml`."""
    for program in ("rpmbuild", "createrepo_c"):
        require_program(program)
    root = directory / "work/root"
    files = copy_programs(root)
    spec = directory / "work/tiny.spec"
    spec.write_text(SPEC.replace("@DRACUT@", DRACUT).replace("@ROOT@", str(root)).replace("@BASE@", "\n".join(files)))
    repository = directory / "repository"
    defines = {"_topdir": directory / "work/rpm", "_rpmdir": repository, "_rpmfilename": "%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm",
               "_buildhost": "host", "_binary_payload": "w1.gzdio", "use_source_date_epoch_as_buildtime": "1", "clamp_mtime_to_source_date_epoch": "1"}
    command = ["rpmbuild", "-bb", "--quiet", "--target", "x86_64"]
    for name, value in defines.items():
        command += ["--define", f"{name} {value}"]
    built = subprocess.run([*command, spec], capture_output=True, text=True, env=environment(HOME=directory / "work", SOURCE_DATE_EPOCH="1700000000"))
    if built.returncode != 0:
        raise AssertionError(built.stdout + built.stderr)
    subprocess.run(["createrepo_c", "--quiet", "--revision", "1", "--set-timestamp-to-revision", repository], check=True, capture_output=True)
    shutil.rmtree(directory / "work")
    (directory / "releases").mkdir()
    (directory / "releases/tiny.yaml").write_text(RELEASE.replace("REPOSITORY", os.fspath(repository)))
