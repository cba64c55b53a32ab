# SPDX-License-Identifier: MIT
"""Which Debian packages the distribution consists of: the roles and all they depend on."""

from __future__ import annotations

from collections.abc import Mapping

from . import relations
from .errors import WorkbenchError

Stanzas = Mapping[str, Mapping[str, str]]


def wanted(roles: Mapping[str, object], debian_architecture: str) -> list[str]:
    """The packages that the roles name for one architecture, in order."""
    tables = [roles, roles.get("only", {}).get(debian_architecture, {})]
    names = [name.replace("@ARCH@", debian_architecture)
             for table in tables for value in table.values() if isinstance(value, list)
             for name in value]
    return list(dict.fromkeys(names))


def close(names: list[str], stanzas: Stanzas, dropped: set[str]) -> list[str]:
    """All packages needed by names, sorted; what is dropped is never entered."""
    providers = _providers(stanzas)
    chosen: set[str] = set()
    pending = [(name, "the roles") for name in names]
    while pending:
        name, asked_by = pending.pop(0)
        if name in chosen:
            continue
        if name not in stanzas:
            raise WorkbenchError(f'no package is called "{name}", which {asked_by} wants')
        chosen.add(name)
        for group in _dependencies(stanzas[name]):
            if not _is_met(group, chosen, names, dropped, providers):
                pending.append((_choose(group, name, stanzas, providers), name))
    return sorted(chosen)


def _dependencies(stanza: Mapping[str, str]) -> list[list[relations.Relation]]:
    return [group for field in ("Pre-Depends", "Depends")
            for group in relations.parse(stanza.get(field, ""))]


def _is_met(group, chosen, names, dropped, providers) -> bool:
    for relation in group:
        candidates = {relation.name, *providers.get(relation.name, ())}
        if relation.name in dropped or candidates & (chosen | set(names)):
            return True
    return False


def _choose(group, asked_by, stanzas, providers) -> str:
    for relation in group:
        if relation.name in stanzas:
            return relation.name
        if providers.get(relation.name):
            return providers[relation.name][0]
    raise WorkbenchError(f'nothing provides "{group[0].name}", which {asked_by} wants')


def _providers(stanzas: Stanzas) -> dict[str, list[str]]:
    providers: dict[str, list[str]] = {}
    for name in sorted(stanzas):
        for group in relations.parse(stanzas[name].get("Provides", "")):
            for relation in group:
                providers.setdefault(relation.name, []).append(name)
    return providers
