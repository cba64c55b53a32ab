# SPDX-License-Identifier: MIT
"""Debian versions as RPM versions, and their order."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class RpmVersion:
    """An RPM epoch, version and release; an absent part is empty."""

    epoch: str
    version: str
    release: str

    def evr(self) -> str:
        """The text RPM uses in dependencies: `[epoch:]version[-release]`."""
        text = f"{self.epoch}:" if self.epoch else ""
        text += self.version
        return f"{text}-{self.release}" if self.release else text


def translate(debian_version: str) -> RpmVersion:
    """Epoch and upstream version stay; the Debian revision becomes the release.

    RPM forbids `-` inside a version, so a hyphen of a multi-part upstream version becomes `_`.
    """
    epoch, colon, rest = debian_version.partition(":")
    if not colon:
        epoch, rest = "", debian_version
    upstream, hyphen, revision = rest.rpartition("-")
    if not hyphen:
        upstream, revision = rest, ""
    if not re.fullmatch(r"[A-Za-z0-9.+~:_-]+", upstream) or (epoch and not epoch.isdigit()):
        raise ValueError(f"not a Debian version: {debian_version!r}")
    return RpmVersion("" if epoch == "0" else epoch, _legal(upstream), _legal(revision))


def package_version(debian_version: str) -> RpmVersion:
    """Like translate, for a package itself: RPM demands a release, so a native package gets 0."""
    version = translate(debian_version)
    return RpmVersion(version.epoch, version.version, version.release or "0")


def _legal(text: str) -> str:
    return text.replace("-", "_").replace(":", "_")


def sort_key(debian_version: str) -> list:
    """A key that orders Debian versions the way dpkg does."""
    epoch, colon, rest = debian_version.partition(":")
    if not colon:
        epoch, rest = "0", debian_version
    upstream, hyphen, revision = rest.rpartition("-")
    if not hyphen:
        upstream, revision = rest, "0"
    return [int(epoch), _part_key(upstream), _part_key(revision)]


def _part_key(text: str) -> list:
    key: list = []
    for letters, digits in re.findall(r"([^0-9]*)([0-9]*)", text):
        if not letters and not digits:
            continue
        # The end of a run sorts after `~` and before everything else.
        key.append([_letter_order(letter) for letter in letters] + [0])
        key.append(int(digits or 0))
    key.append([0])
    return key


def _letter_order(letter: str) -> int:
    if letter == "~":
        return -1
    return ord(letter) if letter.isalpha() else ord(letter) + 256
