# SPDX-License-Identifier: MIT
"""Reads Debian control data: stanzas of `Field: value` lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def stanzas(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """Yields each stanza as a dict; continuation lines keep their line breaks."""
    stanza: dict[str, str] = {}
    field = ""
    for line in lines:
        line = line.rstrip("\n")
        if not line.strip():
            if stanza:
                yield stanza
            stanza, field = {}, ""
        elif line[0] in " \t":
            if not field:
                raise ValueError(f"continuation line without a field: {line!r}")
            stanza[field] += "\n" + line[1:]
        else:
            field, separator, value = line.partition(":")
            if not separator:
                raise ValueError(f"not a control field: {line!r}")
            stanza[field] = value.strip()
    if stanza:
        yield stanza


def summary_and_description(stanza: dict[str, str]) -> tuple[str, str]:
    """Splits the Description field into its first line and the reflowed rest."""
    summary, _, rest = stanza.get("Description", "").partition("\n")
    lines = ["" if line.strip() == "." else line.rstrip() for line in rest.split("\n")]
    return summary.strip().rstrip("."), "\n".join(lines).strip() or summary.strip()
