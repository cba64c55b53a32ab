# SPDX-License-Identifier: MIT
"""The parts of a spec that follow from a Debian package: what the specs %include."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from . import control, relations, versions


@dataclass(frozen=True)
class Recipe:
    """What the data file says about one package, defaults filled in."""

    spec: str = "generic"
    drop: tuple[str, ...] = ()
    drop_requires: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    requires_pre: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    verify: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Names:
    """The names that the distribution knows: its packages', and those they provide."""

    packages: frozenset[str]
    provided: frozenset[str]


def preamble(stanza: Mapping[str, str], recipe: Recipe, known: Names, licence: str) -> str:
    """Tags from Name to Conflicts."""
    version = versions.package_version(stanza["Version"])
    summary, _ = control.summary_and_description(stanza)
    tags = [("Name", stanza["Package"]), ("Epoch", version.epoch), ("Version", version.version),
            ("Release", version.release), ("Summary", summary), ("License", licence),
            ("URL", stanza.get("Homepage", "")),
            ("BuildArch", "noarch" if stanza["Architecture"] == "all" else ""),
            ("AutoReqProv", "no")]
    tags += [("Requires(pre)", name) for name in recipe.requires_pre]
    tags += [("Requires", text) for text in _requirements(stanza, recipe, known)]
    tags += [("Provides", text) for text in relations.provides(stanza.get("Provides", ""))]
    tags += [("Provides", text) for text in recipe.provides]
    tags += [("Conflicts", text) for text in _conflicts(stanza, known)]
    return "".join(f"{name}: {_literal(value)}\n" for name, value in tags if value)


def _requirements(stanza, recipe, known) -> list[str]:
    kept = (known.packages | known.provided) - set(recipe.drop_requires)
    texts: list[str] = []
    for name in ("Pre-Depends", "Depends"):
        texts += relations.requirements(stanza.get(name, ""), kept)
    return list(dict.fromkeys(texts + list(recipe.requires)))


def _conflicts(stanza, known) -> list[str]:
    own = {stanza["Package"]} | {relation.name for group in relations.parse(
        stanza.get("Provides", "")) for relation in group}
    texts: list[str] = []
    for name in ("Conflicts", "Breaks"):
        texts += relations.conflicts(stanza.get(name, ""), known.packages, known.provided, own)
    return list(dict.fromkeys(texts))


def description(stanza: Mapping[str, str]) -> str:
    """The %description section."""
    _, text = control.summary_and_description(stanza)
    origin = f"Made from the Debian package {stanza['Package']} {stanza['Version']}."
    lines = [_literal(line) if not line.startswith("#") else " " + line
             for line in text.split("\n")]
    return "%description\n" + "\n".join(lines) + f"\n\n{_literal(origin)}\n"


def licence_names(copyright_text: str) -> str:
    """The licence tag: the short names of a machine-readable copyright file, joined."""
    if "packaging-manuals/copyright-format" not in copyright_text[:400]:
        return "See the licence file"
    names = re.findall(r"^License:[ \t]*(\S[^\n]*)$", copyright_text, re.MULTILINE)
    names = sorted({re.sub(r"\s+", " ", name).strip() for name in names})
    return " and ".join(names[:12]) or "See the licence file"


def _literal(text: str) -> str:
    return text.replace("%", "%%")
