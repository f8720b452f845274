"""Rows through the query of a mapping: a table ``rows`` in, rows of the result out."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ioc.catalogue.faults import Fault, nearest
from ioc.events.mappings import Cells, Columns, MappingError
from ioc.events.mappings.block import Column
from ioc.events.mappings.loader import MappingFile
from ioc.events.mappings.model import LINE
from ioc.events.mappings.row import text_of
from streams.ingest.arrow_columns import columns_of
from streams.ingest.origin import TableError
from streams.ingest.row_file import BLOCK_ROWS, RowBlock, RowFile

_SHOWN_COLUMNS = 30


def refuse_no_query(form: MappingFile) -> None:
    """Raise MappingError where ``prepare`` is not one query, before any row is read."""
    if form.mapping.prepare is None:
        return
    try:
        statements = duckdb.extract_statements(form.mapping.prepare)
    except duckdb.Error as error:
        fix = 'correct the SQL; a name that is a word of SQL stands in double quotes, as in "case", "when" or "at"'
        raise _fault(form, _first_line(error), fix) from None
    kinds = [statement.type for statement in statements]
    if kinds == [duckdb.StatementType.MULTI]:
        fix = "name the values that become columns, as in PIVOT rows ON activity IN ('a', 'b') USING min(time)"
        raise _fault(form, "its columns would depend on the rows", fix)
    if kinds != [duckdb.StatementType.SELECT]:
        queries = kinds and set(kinds) == {duckdb.StatementType.SELECT}
        fix = "write one SELECT; what goes before it stands in WITH … AS (…)"
        raise _fault(form, "it is more than one query" if queries else "it is no query", fix)


class Prepared:
    """The rows of a file as the mapping's query makes them.

    Args:
        wanted: the columns that the mapping reads, each with whether the result may lack it.
        connection: of a workbench that nothing else is in.
    """

    def __init__(
        self, table: RowFile, form: MappingFile, wanted: dict[str, bool], connection: duckdb.DuckDBPyConnection
    ) -> None:
        self._table = table
        self._form = form
        self._wanted = wanted
        self._connection = connection
        self.rows_of_file = 0
        """How many rows the file has, as soon as a row is given out."""

    def blocks(self) -> Iterator[RowBlock]:
        """First the rows that cannot be read at all, then those of the result. Raises TableError, MappingError."""
        loading = _Loading(self._connection, self._table, self._form.mapping.reads.missing)
        for rows in self._table.blocks():
            self.rows_of_file += rows.sound.size + len(rows.unreadable)
            if rows.unreadable:
                nothing = Columns(0, {})
                yield RowBlock((), (), nothing, nothing.cells, rows.unreadable)
            if rows.sound.size:
                loading.add(rows)
        if not loading.names:
            return
        self._connection.execute("SET lock_configuration = true")
        try:
            yield from self._results(loading.names)
        except duckdb.Error as error:
            raise self._explained(error, loading.names) from None

    def _results(self, names: Sequence[str]) -> Iterator[RowBlock]:
        result = self._connection.sql(self._form.mapping.prepare or "")
        self._check_columns(result.columns)
        first = 1
        for batch in result.to_arrow_reader(BLOCK_ROWS):
            yield _block(first, batch)
            first += batch.num_rows

    def _check_columns(self, columns: Sequence[str]) -> None:
        twice = [column for column in columns if columns.count(column) > 1]
        if twice:
            raise _fault(self._form, f"its result has `{twice[0]}` twice", "give one of the two another name with AS")
        for column, optional in self._wanted.items():
            if column not in columns and not optional:
                fix = nearest(column, columns, f"let the query give it: … AS {_quoted(column)}")
                raise _fault(self._form, f"its result has no column `{column}`, which the mapping reads", fix)

    def _explained(self, error: duckdb.Error, names: Sequence[str]) -> MappingError:
        message = _first_line(error)
        match error:
            case duckdb.BinderException() | duckdb.CatalogException():
                known = ", ".join(map(_quoted, names[:_SHOWN_COLUMNS]))
                fix = f"there is the table rows with the columns {known}"
            case duckdb.ConversionException():
                fix = "take TRY_CAST or try_strptime, which make NULL of what they cannot read"
            case duckdb.PermissionException():
                fix = "a mapping reads its file alone: take the table rows, and put what it needs into the file"
            case duckdb.OutOfMemoryException() | duckdb.IOException():
                fix = "give TMPDIR a folder with more room, or let the query keep fewer rows at once"
            case _:
                fix = "correct the query; DuckDB's documentation describes it"
        return _fault(self._form, message, fix)


def _block(first: int, batch: pa.RecordBatch) -> RowBlock:
    block = columns_of(batch)
    lines = [line if isinstance(line, int) else 0 for line in block[LINE]]
    return RowBlock(range(first, first + block.size), lines, block, block.cells)


def first_cells(cells: Cells) -> str:
    """The first cells of a row of a result, for messages about rows that no line of the file has."""
    return ", ".join(f"{name} {text_of(value)}" for name, value in islice(cells.items(), 3))


class _Loading:
    """Puts rows into the table ``rows``, whose columns and their types are those that turn up."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: RowFile, missing: Iterable[str]) -> None:
        self._connection = connection
        self._table = table
        self._missing = frozenset(missing)
        self._missing_array = pa.array(self._missing, _TEXT)
        self._types: dict[str, pa.DataType] = {LINE: pa.int64()}
        connection.execute(f"CREATE TABLE rows ({_quoted(LINE)} BIGINT)")

    @property
    def names(self) -> list[str]:
        """The columns of the file."""
        return [name for name in self._types if name != LINE]

    def add(self, rows: RowBlock) -> None:
        """Put the sound ones of some rows into the table."""
        sound = rows.sound
        columns = {name: self._array(column, sound.kind(name)) for name, column in sound.columns.items() if name}
        columns[LINE] = pa.array(rows.lines, pa.int64())
        self._fit({name: column.type for name, column in columns.items()})
        fitting = {name: _as_type(column, self._types[name]) for name, column in columns.items()}
        self._connection.register("batch", pa.table(fitting))
        self._connection.execute("INSERT INTO rows BY NAME SELECT * FROM batch")
        self._connection.unregister("batch")

    def _array(self, cells: Column, kind: type | None) -> pa.Array:
        if kind is str:
            texts = pc.utf8_trim_whitespace(pa.array(cells, _TEXT))
            given = pc.if_else(pc.is_in(texts, self._missing_array), pa.scalar(None, _TEXT), texts)
            return given if given.null_count < len(given) else pa.nulls(len(given))
        values = [self._value(cell) for cell in cells]
        try:
            found = pa.array(values)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            found = pa.array([text_of(value) for value in values], pa.string())
        return _as_type(found, _plain(found.type))

    def _value(self, cell: object) -> object:
        if isinstance(cell, str):
            text = cell.strip()
            return None if text in self._missing else text
        return msgspec.json.encode(cell).decode() if isinstance(cell, dict | list) else cell

    def _fit(self, found: dict[str, pa.DataType]) -> None:
        """Give the table the columns and the types that it needs for what was found."""
        for name, new in found.items():
            known = self._types.get(name)
            if known is None:
                self._refuse_alike(name)
                self._types[name] = new
                self._connection.execute(f"ALTER TABLE rows ADD COLUMN {_quoted(name)} {_SQL[new]}")
            elif (wanted := _both(known, new)) != known:
                self._types[name] = wanted
                self._connection.execute(f"ALTER TABLE rows ALTER {_quoted(name)} TYPE {_SQL[wanted]}")

    def _refuse_alike(self, name: str) -> None:
        alike = next((known for known in self._types if known.casefold() == name.casefold()), None)
        if alike is not None:
            raise TableError(
                f"{self._table.file}: the columns `{alike}` and `{name}` differ in capitals alone, and a query cannot "
                "tell them apart; rename one of them"
            )


_NOTHING, _TEXT, _INTEGER, _NUMBER = pa.null(), pa.string(), pa.int64(), pa.float64()
_TIME = pa.timestamp("us", "UTC")
_SQL = {
    _NOTHING: "VARCHAR", _TEXT: "VARCHAR", _INTEGER: "BIGINT", _NUMBER: "DOUBLE", pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE", pa.time64("us"): "TIME", pa.timestamp("us"): "TIMESTAMP", _TIME: "TIMESTAMPTZ",
}  # fmt: skip
"""The types that columns have here, and what a query knows them as."""


def _plain(found: pa.DataType) -> pa.DataType:
    """The type of ours that values of a type of Arrow's have."""
    if pa.types.is_decimal(found):
        return _NUMBER
    if pa.types.is_timestamp(found) and found.tz is not None:
        return _TIME
    return found if found in _SQL else _TEXT


def _both(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """The type of a column that has values of both."""
    if other in {one, _NOTHING}:
        return one
    if one == _NOTHING:
        return other
    return _NUMBER if {one, other} == {_INTEGER, _NUMBER} else _TEXT


def _as_type(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    if column.type == wanted:
        return column
    if wanted == _TEXT and column.type != _NOTHING:
        return pa.array([text_of(value) for value in column.to_pylist()], _TEXT)
    return column.cast(wanted)


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))


def _first_line(error: duckdb.Error) -> str:
    return str(error).strip().partition("\n")[0]


def _fault(form: MappingFile, message: str, fix: str) -> MappingError:
    fault: Fault = form.source.fault(("prepare",), message, fix)
    return MappingError([fault])
