"""Events on disk, in their order, until all of them are known."""

from collections.abc import Iterator, Sequence
from tempfile import TemporaryFile
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.ipc

from ioc.events.mappings import Outgoing

_SCHEMA = pa.schema([("key", pa.binary()), ("value", pa.binary())])
_PACKED = pa.ipc.IpcWriteOptions(compression="lz4")


class Spool:
    """Keeps events in a file that has no name, so that nobody else reads it and nothing is left of it."""

    def __init__(self) -> None:
        self._file = TemporaryFile(prefix="ioc-ingest-")  # noqa: SIM115 (closed on leaving the context)
        self._writer = pa.ipc.new_stream(self._file, _SCHEMA, options=_PACKED)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, events: Sequence[Outgoing]) -> None:
        """Take the next events."""
        columns = [event.key for event in events], [event.value for event in events]
        self._writer.write_batch(pa.record_batch([pa.array(column, pa.binary()) for column in columns], schema=_SCHEMA))

    def events(self) -> Iterator[tuple[bytes, bytes]]:
        """Key and value of all events that were added; none is added after that."""
        self._writer.close()
        self._file.seek(0)
        for batch in pa.ipc.open_stream(self._file):
            keys, values = (column.to_pylist() for column in batch.columns)
            yield from zip(keys, values, strict=True)
