"""Batches of Arrow as columns of Python's values."""

from datetime import datetime

import pyarrow as pa

from ioc.events.mappings import Columns
from ioc.events.mappings.block import Column


def columns_of(batch: pa.RecordBatch) -> Columns:
    """A batch without nested columns as a block. Raises ValueError, OverflowError for times that Python has not."""
    columns = {name: _values(column) for name, column in zip(batch.schema.names, batch.columns, strict=True)}
    # Equal times are the same where no clock is put back.
    times = [field.name for field in batch.schema if field.type in _WITHOUT_CLOCKS]
    return Columns(batch.num_rows, columns, dict.fromkeys(times, datetime))


_WITHOUT_CLOCKS = (pa.timestamp("us"), pa.timestamp("us", "UTC"))


def _values(column: pa.Array) -> Column:
    if not pa.types.is_timestamp(column.type) or column.type.tz is not None:
        return column.to_pylist()
    # A tenth of the time that Arrow's own values take.
    values: Column = column.to_numpy(zero_copy_only=False).astype(object).tolist()
    # Times beyond Python's come as numbers; Arrow's own values say what is wrong with them.
    return column.to_pylist() if int in {*map(type, values)} else values
