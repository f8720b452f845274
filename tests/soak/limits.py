"""A disk of limited size and a clock that can be stepped, where this machine lets us have them."""

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from streams.stack.cache import SetupError, cached

_CLONE_NEWNS = 0x00020000
_MEBIBYTES = 3_000


@dataclass(frozen=True)
class Disk:
    """What can be told of the broker's disk."""

    ballast: Path | None = None
    """The file that fills it, where it is limited."""
    missing: str = ""
    """Why it is not."""


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Put a small tmpfs at a new folder, in a mount namespace of this process' own: it goes when the process does."""
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS):
        yield Disk(missing=f"no mount namespace: {os.strerror(ctypes.get_errno())}")
        return
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_MEBIBYTES}m", "tmpfs", str(folder)]
    for command in (["mount", "--make-rprivate", "/"], mount):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            yield Disk(missing=done.stderr.strip())
            return
    try:
        yield Disk(ballast=folder / "ballast")
    finally:
        subprocess.run(["umount", "--lazy", folder], check=False)


@dataclass(frozen=True)
class Clock:
    """The clock of children that are started with its environment."""

    file: Path | None = None
    """Says by how many seconds it is off, where it can be."""
    environment: dict[str, str] = field(default_factory=dict)
    missing: str = ""
    """Why it cannot."""


def loose_clock(file: Path) -> Clock:
    """A clock read through libfaketime, which Debian has."""
    try:
        root = cached("libfaketime", _fetch)
    except SetupError as error:
        return Clock(missing=str(error))
    file.write_text("+0")
    return Clock(
        file,
        {
            "LD_PRELOAD": str(next(root.rglob("libfaketimeMT.so.1"))),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            # Setting a clock leaves the monotonic one alone.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        },
    )


def _fetch(root: Path) -> None:
    if shutil.which("apt-get") is None:
        raise SetupError("libfaketime is a Debian package, and there is no apt-get")
    with tempfile.TemporaryDirectory() as work:
        got = subprocess.run(["apt-get", "-q", "download", "libfaketime"], cwd=work, capture_output=True, check=False)
        packages = [*Path(work).glob("*.deb")]
        if got.returncode or not packages:
            raise SetupError("apt-get could not download libfaketime")
        subprocess.run(["dpkg-deb", "-x", packages[0], root], check=True)
