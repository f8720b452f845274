"""Where a table's bytes come from: a file, packed or not, or what is piped in."""

import gzip
import os
import shutil
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

STANDARD_INPUT = Path("-")
_GZIP = b"\x1f\x8b"
_HEAD_BYTES = 4096


class TableError(ValueError):
    """A file that cannot be read as a whole; the message names file, line and what to do."""


def told(error: Exception) -> str:
    """What an error of a library says, in one line."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


class Origin:
    """A file that can be read more than once: what is piped in is copied first, to where nobody else can read it.

    Raises TableError where there is nothing to read.
    """

    def __init__(self, file: Path) -> None:
        self.file = Path("standard input") if file == STANDARD_INPUT else file
        """What messages call it."""
        self._path = file
        self._copy: BinaryIO | None = None
        if file == STANDARD_INPUT:
            self.stat = os.fstat(sys.stdin.fileno())
            self._keep(sys.stdin.buffer)
        elif not file.exists():
            raise TableError(f"{file}: there is no such file")
        else:
            self.stat = file.stat()
            if stat.S_ISDIR(self.stat.st_mode):
                raise TableError(f"{file}: this is a folder; give one file of it")
            if not stat.S_ISREG(self.stat.st_mode):
                with file.open("rb") as pipe:
                    self._keep(pipe)
        if not self.head:
            raise TableError(f"{self.file}: the file is empty")

    @property
    def piped(self) -> bool:
        """Whether it has no name that could tell how it is written."""
        return self._copy is not None

    @cached_property
    def packed(self) -> bool:
        """Whether it is packed by gzip, whatever its name says."""
        with self.raw() as stream:
            return stream.read(len(_GZIP)) == _GZIP

    @cached_property
    def head(self) -> bytes:
        """How it begins, unpacked. Raises TableError."""
        with self.opened() as stream:
            return stream.read(_HEAD_BYTES)

    @contextmanager
    def raw(self) -> Iterator[BinaryIO]:
        """Its bytes as they are, from the first on; one reader at a time. Raises OSError."""
        if self._copy is None:
            with self._path.open("rb") as stream:
                yield stream
        else:
            self._copy.seek(0)
            yield self._copy

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Its bytes, unpacked. Raises TableError where they end too early."""
        packed = self.packed
        try:
            with self.raw() as stream:
                if packed:
                    with gzip.open(stream) as unpacked:
                        yield cast(BinaryIO, unpacked)
                else:
                    yield stream
        except (OSError, EOFError, zlib.error) as error:
            raise TableError(f"{self.file}: cannot be read to its end: {error}") from error

    def _keep(self, pipe: BinaryIO) -> None:
        self._copy = cast(BinaryIO, TemporaryFile(prefix="ioc-ingest-"))  # noqa: SIM115 (as long as this is needed)
        shutil.copyfileobj(pipe, self._copy)
        self._copy.flush()
