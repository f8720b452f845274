"""Parquet: typed columns, read as they are typed."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ioc.events.mappings.row import column_name
from streams.ingest.nested import row_of
from streams.ingest.origin import TableError, told
from streams.ingest.row_file import BLOCK_ROWS, Row, RowBlock, RowFile, blocks_of, lack_told, lacking, twice

if TYPE_CHECKING:
    import pyarrow


class ParquetFile(RowFile):
    """Rows of a Parquet file."""

    def blocks(self) -> Iterator[RowBlock]:
        # Half a second that the other commands need not spend.
        import pyarrow.parquet

        try:
            with self.origin.raw() as stream, pyarrow.parquet.ParquetFile(stream) as parquet:
                schema = parquet.schema_arrow
                self._check_columns([*_paths("", schema)])
                columns = [field.name for field in schema if self._asked(field)]
                first = 1
                for batch in parquet.iter_batches(BLOCK_ROWS, columns=columns):
                    yield _block(first, _in_microseconds(batch))
                    first += batch.num_rows
        except TableError:
            raise
        # Names that are no text and times that no calendar reaches are no errors of Arrow's own.
        except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
            raise TableError(f"{self.file}: this is no whole Parquet file: {told(error)}") from error

    def _check_columns(self, columns: list[str]) -> None:
        doubled = twice(columns, self._wanted)
        if doubled is not None:
            raise TableError(f"{self.file}: column `{doubled}` is there twice; rename one of the two")
        missing = lacking(columns, self._wanted)
        if missing:
            raise TableError(f"{self.file}: {lack_told(columns, missing, '')}")

    def _asked(self, field: "pyarrow.Field") -> bool:
        name = column_name(field.name)
        return self._wanted is None or any(asked == name or asked.startswith(f"{name}.") for asked in self._wanted)


def _block(first: int, batch: "pyarrow.RecordBatch") -> RowBlock:
    import pyarrow.types

    from streams.ingest.arrow_columns import columns_of

    size = batch.num_rows
    numbers = range(first, first + size)
    if any(pyarrow.types.is_nested(field.type) for field in batch.schema):
        rows = zip(numbers, batch.to_pylist(), strict=True)
        return next(blocks_of(Row(number, number, row_of(cells)) for number, cells in rows))
    names = [column_name(name) for name in batch.schema.names]
    block = columns_of(pyarrow.record_batch([_composed(column) for column in batch.columns], names))
    return RowBlock(numbers, numbers, block, block.cells)


def _composed(column: "pyarrow.Array") -> "pyarrow.Array":
    import pyarrow.compute
    import pyarrow.types

    if pyarrow.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pyarrow.types.is_string(column.type) or pyarrow.types.is_large_string(column.type):
        return pyarrow.compute.utf8_normalize(column, "NFC")
    return column


def _paths(above: str, fields: Iterable[Any]) -> Iterator[str]:
    import pyarrow.types

    for field in fields:
        path = above + column_name(field.name)
        yield path
        if pyarrow.types.is_struct(field.type):
            yield from _paths(f"{path}.", field.type)


def _in_microseconds(batch: "pyarrow.RecordBatch") -> "pyarrow.RecordBatch":
    """The same with its nanoseconds cut off, which Python's times do not have."""
    import pyarrow
    import pyarrow.types

    schema = batch.schema
    for position, field in enumerate(schema):
        if pyarrow.types.is_timestamp(field.type) and field.type.unit == "ns":
            schema = schema.set(position, field.with_type(pyarrow.timestamp("us", field.type.tz)))
        elif pyarrow.types.is_time64(field.type) and field.type.unit == "ns":
            schema = schema.set(position, field.with_type(pyarrow.time64("us")))
        elif pyarrow.types.is_duration(field.type) and field.type.unit == "ns":
            schema = schema.set(position, field.with_type(pyarrow.duration("us")))
    return batch if schema is batch.schema else batch.cast(schema, safe=False)
