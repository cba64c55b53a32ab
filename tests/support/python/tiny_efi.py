# SPDX-License-Identifier: MIT
"""Programs for EFI of a few kilobytes, in the place of boot loaders, stubs and kernels: what measures them sees what it would see of real ones."""

import struct

HEADERS = 0x800
ALIGNMENT = 512
PAGE = 4096


def program(*sections):
    """A PE32+ program with these sections, (name, content) each."""
    rows, body, address = b"", b"", PAGE
    for name, content in sections:
        padded = content + bytes(-len(content) % ALIGNMENT)
        rows += struct.pack("<8sIIIIIIHHI", name, len(content), address, len(padded), HEADERS + len(body), 0, 0, 0, 0, 0x40000040)
        body += padded
        address += (len(content) + PAGE - 1) // PAGE * PAGE
    optional = struct.pack("<HBBIIIIIQIIHHHHHHIIIIHHQQQQII", 0x20B, 14, 0, 0, len(body), 0, PAGE, PAGE, 0, PAGE, ALIGNMENT, 0, 0, 0, 0, 0, 0, 0,
                           address, HEADERS, 0, 10, 0, 0, 0, 0, 0, 0, 16) + bytes(16 * 8)
    header = b"MZ" + bytes(0x3A) + struct.pack("<I", 0x40) + b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, len(sections), 0, 0, 0, len(optional), 0x206)
    return (header + optional + rows).ljust(HEADERS, b"\0") + body


def kernel(text=b"kernel byte"):
    """What its stub measures is told by these words (drivers/firmware/efi/libstub)."""
    return program((b".text", text + b"\0LOADED_IMAGE::LoadOptions\0Linux initrd\0"))


def systemd_boot(version="252.1", text=b"loader byte"):
    return program((b".text", text), (b".sdmagic", f"#### LoaderInfo: systemd-boot {version} ####".encode()))


def stub(version="252.1"):
    return program((b".text", b"stub byte"), (b".sdmagic", f"#### LoaderInfo: systemd-stub {version} ####".encode()))


def grub(prefix="/EFI/tiny"):
    """GRUB as grub-mkimage makes it, without a configuration of its own (include/grub/kernel.h)."""
    content = prefix.encode() + b"\0"
    content += bytes(-len(content) % 8)
    item = struct.pack("<II", 3, 8 + len(content)) + content
    modules = struct.pack("<IIQQ", 0x676D696D, 0, 24, 24 + len(item)) + item
    bill = b"sbat,1,SBAT Version,sbat,1,https://example.org\ngrub,3,Free Software Foundation,grub,2.06,https://example.org\n"
    return program((b".text", b"loader byte"), (b"mods", modules), (b".sbat", bill))


def sections(content):
    """Of a program, by name."""
    header = struct.unpack_from("<I", content, 0x3C)[0]
    count, size = struct.unpack_from("<H12xH", content, header + 6)
    rows = [struct.unpack_from("<8sIIII", content, header + 24 + size + 40 * index) for index in range(count)]
    return {name.rstrip(b"\0").decode(): content[start:start + min(used, length)] for name, used, _, length, start in rows}
