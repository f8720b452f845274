"""A disk of limited size and a clock that can be stepped, where this machine lets us have them."""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from streams.stack.cache import SetupError
from streams.stack.debian import Packages, unpacked

_CLONE_NEWNS = 0x00020000
_MEBIBYTES = 3_000
_FAKETIME = Packages(
    name="libfaketime",
    lack="A clock is stepped by libfaketime, a package of Debian",
    choose=lambda _: ["libfaketime"],
    holds=["usr/lib/*/faketime/libfaketimeMT.so.1"],
    without_apt="it is left alone",
)


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
        root = unpacked(_FAKETIME)
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
