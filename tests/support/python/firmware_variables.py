# SPDX-License-Identifier: MIT
"""Flash with a machine's UEFI variables, as EDK II keeps them: to turn Secure Boot on with keys of one's own."""

import struct
import uuid

GLOBAL = uuid.UUID("8be4df61-93ca-11d2-aa0d-00e098032b8c")
DATABASE = uuid.UUID("d719b2cb-3d3a-4596-a3bc-dad00e67656f")
AUTHENTICATED_STORE = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792")
ENABLE = uuid.UUID("f0a30bc7-af08-4556-99c4-001009c93a44")
X509 = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072")
SHA256 = uuid.UUID("c1c41626-504c-4092-aca9-41f936934328")
OWNER = uuid.UUID("11111111-2222-3333-4444-555555555555")
KEPT = 0x7  # non-volatile, for boot services and at run time
AUTHENTICATED = KEPT | 0x20


def signature_list(kind, *entries):
    """One EFI_SIGNATURE_LIST of entries of the same length."""
    body = b"".join(OWNER.bytes_le + entry for entry in entries)
    return kind.bytes_le + struct.pack("<III", 28 + len(body), 0, 16 + len(entries[0])) + body


def variable(vendor, name, data, attributes):
    text = name.encode("utf-16-le") + b"\0\0"
    row = struct.pack("<HBBIQ16sIII", 0x55AA, 0x3F, 0, attributes, 0, bytes(16), 0, len(text), len(data)) + vendor.bytes_le + text + data
    return row + b"\xff" * (-len(row) % 4)


def empty_flash():
    """One without a variable, of as many bytes as are needed."""
    volume = bytearray(0x48)
    volume[0x28:0x2C] = b"_FVH"
    struct.pack_into("<H", volume, 0x30, len(volume))
    room = 0x4000
    store = AUTHENTICATED_STORE.bytes_le + struct.pack("<I", 28 + room) + bytes(8)
    return bytes(volume) + store + b"\xff" * room


def flash_with(empty, platform_key, database, forbidden=b""):
    """`empty` is a flash without keys (OVMF_VARS_4M.fd); the others are lists of signatures."""
    start = struct.unpack_from("<H", empty, 0x30)[0] + 28
    end = start
    while struct.unpack_from("<H", empty, end)[0] == 0x55AA:
        sizes = struct.unpack_from("<II", empty, end + 36)
        end += (60 + sum(sizes) + 3) // 4 * 4
    rows = [variable(GLOBAL, "PK", platform_key, AUTHENTICATED), variable(GLOBAL, "KEK", platform_key, AUTHENTICATED),
            variable(DATABASE, "db", database, AUTHENTICATED)]
    if forbidden:
        rows.append(variable(DATABASE, "dbx", forbidden, AUTHENTICATED))
    rows.append(variable(ENABLE, "SecureBootEnable", b"\1", 0x3))
    added = b"".join(rows)
    return empty[:end] + added + empty[end + len(added):]
