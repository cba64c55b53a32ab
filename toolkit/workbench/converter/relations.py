# SPDX-License-Identifier: MIT
"""Debian relations (`a (>= 1) | b, c`) parsed, and told in RPM's words."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

from . import versions

_OPERATORS = {"<<": "<", "<=": "<=", "=": "=", ">=": ">=", ">>": ">", "": ""}
_RELATION = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9+.-]*)(?::[a-z0-9-]+)?\s*"
    r"(?:\(\s*(?P<operator><<|<=|=|>=|>>)\s*(?P<version>[^\s)]+)\s*\))?")


@dataclass(frozen=True)
class Relation:
    """One package name, with a version bound or without (operator empty)."""

    name: str
    operator: str = ""
    version: str = ""

    def rpm(self) -> str:
        """The relation as RPM writes it."""
        if not self.operator:
            return self.name
        version = versions.translate(self.version)
        operator = _OPERATORS[self.operator]
        # Without a release, RPM compares versions alone: 2.36-9 is not greater than 2.36 to it, as
        # it is to dpkg.
        if operator == ">" and not version.release:
            operator = ">="
        return f"{self.name} {operator} {version.evr()}"


def parse(field: str) -> list[list[Relation]]:
    """Each group is a list of alternatives."""
    groups = []
    for group in filter(None, (part.strip() for part in field.replace("\n", " ").split(","))):
        groups.append([_parse_one(text.strip()) for text in group.split("|")])
    return groups


def _parse_one(text: str) -> Relation:
    match = _RELATION.fullmatch(text)
    if not match:
        raise ValueError(f"not a Debian relation: {text!r}")
    return Relation(match["name"], match["operator"] or "", match["version"] or "")


def requirements(field: str, available: Container[str]) -> list[str]:
    """RPM requirements for a Depends field.

    Names that the distribution does not have fall away, alternatives that it has become a rich
    dependency, and a group of which it has none asks for nothing.
    """
    result: list[str] = []
    for group in parse(field):
        kept = list(dict.fromkeys(relation.rpm() for relation in group
                                  if relation.name in available))
        if kept:
            result.append(kept[0] if len(kept) == 1 else f"({' or '.join(kept)})")
    return list(dict.fromkeys(result))


def conflicts(field: str, packages: Container[str], provided: Container[str],
              own_names: Container[str]) -> list[str]:
    """RPM conflicts for a Breaks or Conflicts field: only with what the distribution has.

    A Debian package never conflicts with itself, even if it provides the name, and a version bound
    never meets a provided name without a version; in RPM both would.
    """
    result = []
    for relation in (relation for group in parse(field) for relation in group):
        known = relation.name in packages or (not relation.operator and relation.name in provided)
        if known and relation.name not in own_names:
            result.append(relation.rpm())
    return list(dict.fromkeys(result))


def provides(field: str) -> list[str]:
    """RPM provides for a Provides field."""
    return list(dict.fromkeys(relation.rpm() for group in parse(field) for relation in group))
