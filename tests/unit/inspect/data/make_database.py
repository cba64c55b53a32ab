# SPDX-License-Identifier: MIT
"""Makes packages.sqlite: a package database with small pages, so that a small file has deep trees and rows that overflow."""

import sqlite3
import struct
import sys


def header(name, epoch, version, release, architecture, padding):
    texts = {1000: name, 1001: version, 1002: release, 1022: architecture, 1004: "x" * padding}
    entries, data = [], b""
    if epoch:
        entries.append((1003, 4, 0, 1))
        data += struct.pack(">I", epoch)
    for tag, text in sorted(texts.items()):
        entries.append((tag, 6, len(data), 1))
        data += text.encode() + b"\0"
    return struct.pack(">II", len(entries), len(data)) + b"".join(struct.pack(">IIII", *entry) for entry in entries) + data


connection = sqlite3.connect(sys.argv[1])
connection.execute("PRAGMA page_size = 512")
connection.execute("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
connection.execute("CREATE TABLE 'Name' (key TEXT NOT NULL, hnum INTEGER NOT NULL)")
for number in range(60):
    blob = header(f"package-{number:02}", number % 3, f"1.{number}", "2.azl3", "noarch" if number % 2 else "x86_64", number * number)
    connection.execute("INSERT INTO 'Packages' (blob) VALUES (?)", (blob,))
    connection.execute("INSERT INTO 'Name' VALUES (?, ?)", (f"package-{number:02}", number + 1))
connection.execute("INSERT INTO 'Packages' (blob) VALUES (?)", (header("gpg-pubkey", 0, "abcd", "1", "(none)", 10),))
connection.commit()
connection.close()
