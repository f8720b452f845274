"""The file of refused rows: nobody else reads it, and it never takes the place of another file's content."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from streams.ingest.origin import Origin, TableError

FIRST_KEY = '{"file": '
"""How each of its lines begins, and so how a former one is known."""


@contextmanager
def open_rejects(file: Path | None, origin: Origin) -> Iterator[TextIO | None]:
    """A file for the refused rows of another; None where none is asked for.

    Raises TableError where it would overwrite the rows themselves, or anything but an earlier file of refused rows.
    """
    if file is None:
        yield None
        return
    # Opened before it is looked at, so that it is what was looked at that is overwritten.
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    with open(descriptor, "w", encoding="utf-8") as stream:  # noqa: PTH123 (a descriptor)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            _refuse_others(file, descriptor, origin)
            # Rows may hold personal data: nobody else reads them, whoever could read the file before.
            os.fchmod(descriptor, 0o600)
            os.ftruncate(descriptor, 0)
        yield stream


def _refuse_others(file: Path, descriptor: int, origin: Origin) -> None:
    if os.path.samestat(os.fstat(descriptor), origin.stat):
        raise TableError(f"{file}: these are the rows themselves; give --rejects a file of its own")
    start = os.pread(descriptor, len(FIRST_KEY), 0).decode(errors="replace")
    if start and start != FIRST_KEY:
        raise TableError(f"{file}: there is another file of that name; remove it, or give --rejects another name")
