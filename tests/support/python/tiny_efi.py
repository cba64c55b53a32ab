# SPDX-License-Identifier: MIT
"""Programs for EFI of a few kilobytes, in the place of boot loaders, stubs and kernels: what measures them sees what it would see of real ones."""

import hashlib
import struct

HEADERS = 0x800
ALIGNMENT = 512
PAGE = 4096


def program(*sections):
    """A PE32+ program with these sections, (name, content) each."""
    rows, body, address = b"", b"", PAGE
    texts = bytes(4)  # names that do not fit into their rows
    for name, content in sections:
        padded = content + bytes(-len(content) % ALIGNMENT)
        label = name
        if len(name) > 8:
            label = f"/{len(texts)}".encode()
            texts += name + b"\0"
        rows += struct.pack("<8sIIIIIIHHI", label, len(content), address, len(padded), HEADERS + len(body), 0, 0, 0, 0, 0x40000040)
        body += padded
        address += (len(content) + PAGE - 1) // PAGE * PAGE
    optional = struct.pack("<HBBIIIIIQIIHHHHHHIIIIHHQQQQII", 0x20B, 14, 0, 0, len(body), 0, PAGE, PAGE, 0, PAGE, ALIGNMENT, 0, 0, 0, 0, 0, 0, 0,
                           address, HEADERS, 0, 10, 0, 0, 0, 0, 0, 0, 16) + bytes(16 * 8)
    table = struct.pack("<I", len(texts)) + texts[4:] if len(texts) > 4 else b""
    place = HEADERS + len(body) if table else 0
    header = b"MZ" + bytes(0x3A) + struct.pack("<I", 0x40) + b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, len(sections), 0, place, 0, len(optional), 0x206)
    return (header + optional + rows).ljust(HEADERS, b"\0") + body + table


def authenticode(content):
    """The SHA-256 by which firmware knows a program that has no signature: all but its checksum and the row for signatures."""
    optional = struct.unpack_from("<I", content, 0x3C)[0] + 24
    return hashlib.sha256(content[:optional + 64] + content[optional + 68:optional + 144] + content[optional + 152:]).digest()


def kernel(text=b"kernel byte"):
    """What its stub measures is told by these words (drivers/firmware/efi/libstub)."""
    return program((b".text", text + b"\0LOADED_IMAGE::LoadOptions\0Linux initrd\0"))


def systemd_boot(version="252.1", text=b"loader byte"):
    return program((b".text", text), (b".sdmagic", f"#### LoaderInfo: systemd-boot {version} ####".encode()))


def stub(version="252.1"):
    return program((b".text", b"stub byte"), (b".sdmagic", f"#### LoaderInfo: systemd-stub {version} ####".encode()))


def grub(prefix="/EFI/tiny", asks_again=True):
    """GRUB as grub-mkimage makes it, without a configuration of its own (include/grub/kernel.h)."""
    content = prefix.encode() + b"\0"
    content += bytes(-len(content) % 8)
    item = struct.pack("<II", 3, 8 + len(content)) + content
    modules = struct.pack("<IIQQ", 0x676D696D, 0, 24, 24 + len(item)) + item
    bill = b"sbat,1,SBAT Version,sbat,1,https://example.org\ngrub,3,Free Software Foundation,grub,2.06,https://example.org\n"
    # What it says when Secure Boot is on and it has the kernel looked at again.
    words = b"Secure Boot enabled: trying linuxefi\0Asking shim to verify kernel signature\0" if asks_again else b""
    return program((b".text", b"loader byte\0" + words), (b"mods", modules), (b".sbat", bill))


def shim(version="16.1"):
    """shim without a key of its own (sbat_var.S, cert.S)."""
    texts = b"sbat,1,2025021800\nshim,4\ngrub,3\n\0", b"sbat,1,2025051000\nshim,4\ngrub,5\n\0"
    level = struct.pack("<III", 0, 8, 8 + len(texts[0])) + b"".join(texts)
    bill = b"sbat,1,SBAT Version,sbat,1,https://example.org\nshim,4,UEFI shim,shim,1,https://example.org\n"
    return program((b".text", f"shim byte\0$Version: {version} $".encode()), (b".sbatlevel", level), (b".vendor_cert", struct.pack("<IIII", 0, 0, 16, 16)),
                   (b".sbat", bill))


def sections(content):
    """Of a program, by name."""
    header = struct.unpack_from("<I", content, 0x3C)[0]
    count, size = struct.unpack_from("<H12xH", content, header + 6)
    rows = [struct.unpack_from("<8sIIII", content, header + 24 + size + 40 * index) for index in range(count)]
    return {name.rstrip(b"\0").decode(): content[start:start + min(used, length)] for name, used, _, length, start in rows}
