# SPDX-License-Identifier: MIT
"""The signing key: made on the spot, kept between runs, without a passphrase."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from .errors import WorkbenchError

_IDENTITY = "Imagewright workbench <workbench@imagewright.invalid>"
# RSA is the algorithm that every reader of RPM signatures verifies.
_PARAMETERS = f"""%no-protection
Key-Type: RSA
Key-Length: 4096
Key-Usage: sign
Name-Real: {_IDENTITY.split(" <")[0]}
Name-Email: {_IDENTITY.split("<")[1].rstrip(">")}
Expire-Date: 0
%commit
"""


class SigningKey:
    """A GnuPG home with one key; use as a context manager, so that its agent ends with it."""

    def __init__(self, home: Path):
        self._home = home
        self._alias = tempfile.TemporaryDirectory(prefix="workbench-key-")
        # GnuPG's agent puts its socket here, and a socket's path must be short.
        self.home = Path(self._alias.name) / "home"
        self.fingerprint = ""

    def __enter__(self) -> SigningKey:
        if not self._home.is_dir():
            self._create()
        self.home.symlink_to(self._home.resolve())
        self.fingerprint = self._find_fingerprint(self.home)
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._alias.cleanup()

    def _create(self) -> None:
        """Makes the key beside its final place, so that an interruption leaves no half home."""
        fresh = Path(self._alias.name) / "fresh"
        fresh.mkdir(mode=0o700)
        _gpg(fresh, "--gen-key", input_text=_PARAMETERS)
        subprocess.run(["gpgconf", "--homedir", str(fresh), "--kill", "all"], check=False)
        partial = self._home.with_name(self._home.name + ".partial")
        subprocess.run(["rm", "-rf", str(partial)], check=True)
        # Sockets do not survive a copy and need not.
        for socket in fresh.glob("S.*"):
            socket.unlink()
        subprocess.run(["cp", "-a", str(fresh), str(partial)], check=True)
        partial.chmod(0o700)
        partial.rename(self._home)

    def _find_fingerprint(self, home: Path) -> str:
        listing = _gpg(home, "--list-secret-keys", "--with-colons")
        for line in listing.splitlines():
            if line.startswith("fpr:"):
                return line.split(":")[9]
        raise WorkbenchError(f"no secret key in {self._home}; remove the directory to make a new one")

    def export(self, path: Path) -> None:
        """Writes the public key, armored."""
        text = _gpg(self.home, "--armor", "--export", self.fingerprint)
        partial = path.with_name(path.name + ".partial")
        partial.write_text(text)
        partial.rename(path)

    def sign_detached(self, path: Path) -> None:
        """Writes path.asc, an armored detached signature."""
        _gpg(self.home, "--yes", "--local-user", self.fingerprint, "--digest-algo", "SHA256",
             "--armor", "--detach-sign", "--output", f"{path}.asc", str(path))


def sign_package(home: str, fingerprint: str, package: Path) -> None:
    """Adds an RPM signature to the package file."""
    gpg = shutil.which("gpg")
    command = ["rpmsign", "--define", f"__gpg {gpg}", "--define", f"_gpg_name {fingerprint}", "--define", f"_gpg_path {home}",
               "--define", "_gpg_digest_algo sha256", "--define", "_gpg_sign_cmd_extra_args --batch",
               "--addsign", str(package)]
    done = subprocess.run(command, check=False, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, "LC_ALL": "C"})
    if done.returncode != 0:
        raise WorkbenchError(f"cannot sign {package.name}:\n{done.stdout.strip()}")


def _gpg(home: Path, *arguments: str, input_text: str = "") -> str:
    command = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--no-tty", *arguments]
    done = subprocess.run(command, check=False, text=True, input=input_text,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise WorkbenchError(f"gpg failed: {done.stderr.strip()}")
    return done.stdout
