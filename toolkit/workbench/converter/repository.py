# SPDX-License-Identifier: MIT
"""Turns a directory of packages into a repository with signed metadata."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from .errors import WorkbenchError
from .keys import SigningKey


def publish(directory: Path, key: SigningKey, scratch: Path) -> None:
    """Writes repodata/ with its detached signature, complete or not at all."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    # The metadata's times and revision follow from the packages, so that equal packages give
    # equal metadata.
    revision = str(max(int(path.stat().st_mtime) for path in directory.glob("*.rpm")))
    command = ["createrepo_c", "--quiet", "--no-database", "--checksum", "sha256",
               "--revision", revision, "--set-timestamp-to-revision", "--workers", "2",
               "--outputdir", str(scratch), str(directory)]
    done = subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env={**os.environ, "LC_ALL": "C", "TZ": "UTC"})
    if done.returncode != 0:
        raise WorkbenchError(f"createrepo_c failed:\n{done.stdout.strip()[-2000:]}")
    key.sign_detached(scratch / "repodata/repomd.xml")
    final, old = directory / "repodata", scratch / "old"
    if final.exists():
        final.rename(old)
    (scratch / "repodata").rename(final)
    shutil.rmtree(scratch)
