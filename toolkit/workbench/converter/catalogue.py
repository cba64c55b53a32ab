# SPDX-License-Identifier: MIT
"""Reads specs/: the data file, the specs, and which recipe goes with which package."""

from __future__ import annotations

import fnmatch
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import WorkbenchError
from .specfile import Recipe

_RECIPE_KEYS = {name.replace("_", "-"): name for name in Recipe.__dataclass_fields__}


@dataclass(frozen=True)
class Catalogue:
    """The contents of specs/, read once."""

    directory: Path
    roles: Mapping[str, object]
    dropped: frozenset[str]
    drop_paths: tuple[str, ...]
    recipes: Mapping[str, Recipe]
    shared_directories: tuple[str, ...]

    def recipe(self, name: str) -> Recipe:
        """The recipe whose pattern matches the name; an exact name wins."""
        if name in self.recipes:
            return self.recipes[name]
        for pattern, recipe in self.recipes.items():
            if fnmatch.fnmatchcase(name, pattern):
                return recipe
        return Recipe()

    def spec(self, recipe: Recipe, name: str) -> Path:
        """The spec that builds the package: its own, its recipe's, or the generic one."""
        own = self.directory / "workbench" / f"{name}.spec"
        if own.is_file():
            return own
        return self.directory / "workbench" / f"{recipe.spec}.spec"

    def node_specs(self) -> list[Path]:
        """Specs of packages that do not come from Debian."""
        return sorted((self.directory / "node").glob("*.spec"))

    def macros(self) -> Path:
        """The macros every spec may use."""
        return self.directory / "workbench" / "workbench.macros"


def sources_of(spec: Path) -> Path:
    """The directory of a spec's own sources, which bears its name; it need not exist."""
    return spec.with_suffix("")


def load(directory: Path) -> Catalogue:
    """Reads and checks the data file."""
    data_file = directory / "workbench" / "packages.toml"
    try:
        data = tomllib.loads(data_file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise WorkbenchError(f"{data_file}: {problem}") from problem
    unknown = set(data) - {"roles", "dropped", "drop-paths", "packages"}
    if unknown:
        raise WorkbenchError(f'{data_file}: unknown key "{sorted(unknown)[0]}"')
    recipes = {name: _recipe(data_file, name, table) for name, table in data["packages"].items()}
    lines = (directory / "workbench/base-files/directories").read_text().splitlines()
    shared = tuple(line.split()[3] for line in lines if line and not line.startswith("#"))
    return Catalogue(directory, data["roles"], frozenset(data["dropped"]),
                     tuple(data["drop-paths"]), recipes, shared)


def _recipe(data_file: Path, name: str, table: Mapping[str, object]) -> Recipe:
    unknown = set(table) - set(_RECIPE_KEYS)
    if unknown:
        raise WorkbenchError(f'{data_file}: packages.{name}: unknown key "{sorted(unknown)[0]}"')
    values = {_RECIPE_KEYS[key]: tuple(value) if isinstance(value, list) else value
              for key, value in table.items()}
    return Recipe(**values)


def digest_of(paths: list[Path]) -> str:
    """One digest over files and directory trees, names included."""
    digest = hashlib.sha256()
    for path in paths:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                name = str(file.relative_to(path)) if path.is_dir() else file.name
                content = file.read_bytes()
                digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
