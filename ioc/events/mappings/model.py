"""The typed mapping: what a mapping's YAML file may say."""

from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from ioc.catalogue.model import EventName, Model, Slug
from ioc.events.mappings.row import column_name

Scalar = str | int | float | bool
ColumnName = Annotated[str, AfterValidator(column_name), Field(min_length=1)]
Format = Literal["csv", "jsonl", "parquet", "xlsx", "xes"]

LINE = "@line"
"""The column in which ``prepare`` finds, and may leave, the line of the file that a row is from."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        fix = "write its IANA name, as in Asia/Ho_Chi_Minh or UTC"
        raise ValueError(f"there is no time zone {name!r}; {fix}") from error
    return name


ZoneName = Annotated[str, AfterValidator(_known_zone)]


class Written(Model):
    """A part of a mapping."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class FileColumn(Written):
    """What stands in a column. A column's name alone is short for it."""

    column: ColumnName
    """Its name in the header; of nested values its path, as in `a.b`."""
    optional: bool = False
    """Whether the whole column may be missing from a file; it then counts as empty."""
    empty: Scalar | None = None
    """What an empty cell stands for; without it, a required field refuses the row and an optional one is left out."""
    table: dict[str, Scalar] | None = None
    """What each text stands for. ``*`` in a key is any text; the first key that fits is taken, exact ones first."""
    factor: float = 1.0
    """What a number is multiplied by, to bring it to the unit of the field."""
    decimal: Literal[".", ","] = "."
    """How numbers are written; with a comma, dots may separate thousands: ``1.234,5``."""


class Padded(Written):
    """A column whose text is filled up with zeros from the left: 517 of width 4 is 0517."""

    column: ColumnName
    """Its name."""
    width: int = Field(ge=1, le=64)
    """How long the text is at least."""


class Join(Written):
    """The texts of several columns, one after the other."""

    join: list[ColumnName | Padded] = Field(min_length=2)
    """Columns, or padded ones."""
    between: str = Field("-", alias="with")
    """What stands between two texts."""
    optional: bool = False
    """Whether the columns may be missing from a file; they then count as empty."""


class Constant(Written):
    """The same value for every row."""

    constant: Scalar
    """A text, a number, true or false."""


class Timestamp(Written):
    """One of the mapping's times, for a field of type time."""

    time: Slug
    """Its name under `times`."""


class Part(Written):
    """A part of one of the mapping's times, as text: 06 is the hour, 2025-07-01 the date."""

    part: Literal["year", "month", "day", "date", "hour", "minute", "weekday"]
    """``weekday`` is 1 for Monday to 7 for Sunday."""
    of: Slug
    """The time's name."""
    zone: ZoneName
    """The zone in which the part is read."""


SOURCES: dict[str, type[Model]] = {
    "column": FileColumn, "join": Join, "constant": Constant, "time": Timestamp, "part": Part,
}  # fmt: skip
"""Where a field's value can come from, by the key that tells."""


def _source_of(written: Any) -> str | None:
    keys = written if isinstance(written, dict) else type(written).model_fields if isinstance(written, Model) else ()
    return next((name for name in SOURCES if name in keys), None)


def _as_column(written: Any) -> Any:
    return {"column": written} if isinstance(written, str) else written


FieldSource = Annotated[
    Annotated[FileColumn, Tag("column")]
    | Annotated[Join, Tag("join")]
    | Annotated[Constant, Tag("constant")]
    | Annotated[Timestamp, Tag("time")]
    | Annotated[Part, Tag("part")],
    Discriminator(_source_of),
    BeforeValidator(_as_column),
]


ZoneSource = Annotated[
    Annotated[ZoneName, Tag("name")] | Annotated[FileColumn, Tag("column")],
    Discriminator(lambda written: "name" if isinstance(written, str) else "column"),
]


class Shift(Written):
    """An amount of time to add to a time: from a column, or always the same; it may be negative."""

    column: ColumnName | None = None
    """The column that has the amount."""
    amount: Annotated[float, Field(ge=-1e9, le=1e9)] | None = None
    """The amount for every row."""
    unit: Literal["seconds", "minutes", "hours", "days"] = Field(alias="in")
    """What it is counted in."""
    min: float | None = None
    """A smaller amount refuses the row."""
    max: float | None = None
    """A larger amount refuses the row."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.column is None) == (self.amount is None):
            raise ValueError("a shift has one amount; write either `column:` or `amount:`")
        return self


class Instant(Written):
    """A moment, read from a row. It is written once, under ``times``, and referred to by its name."""

    column: ColumnName | None = None
    """The column that has it."""
    join: list[ColumnName | Padded] | None = None
    """Columns that have it together, such as a day and a time of day."""
    between: str = Field(" ", alias="with")
    """What stands between the texts of joined columns."""
    constant: str | None = None
    """The same moment for every row."""
    start: Slug | None = Field(None, alias="from")
    """A time written above, to which something is added."""
    optional: bool = False
    """Whether the whole column may be missing from a file."""
    format: str = "iso"
    """How texts write it: ``iso`` (ISO 8601), ``unix``, ``unix_ms``; ``day_first`` or ``month_first``, as in 01/11/2025
    or 08:30 1-11-2025; or a format of ``datetime.strptime`` such as ``%d/%m/%Y %H:%M``. A cell that holds a time, and
    no text, is taken as it is."""
    zone: ZoneSource | None = None
    """The zone of times that do not say theirs; where it differs by row, a column with a table of zones."""
    plus: list[Shift] = Field(default_factory=list)
    """Amounts of time that are added."""
    not_before: Slug | None = None
    """A time written above: whole days are added, in the own zone, until this one is no longer before it."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [source for source in (self.column, self.join, self.constant, self.start) if source is not None]
        if len(given) != 1:
            raise ValueError("a time has one origin; write one of `column:`, `join:`, `constant:` and `from:`")
        if self.start is None and self.format not in {"iso", "unix", "unix_ms"}:
            if "%" not in self.format and self.format not in {"day_first", "month_first"}:
                fix = "write iso, unix, unix_ms, day_first, month_first or one such as %d/%m/%Y %H:%M"
                raise ValueError(f"{self.format!r} is no format; {fix}")
            if self.zone is None and "%z" not in self.format:
                raise ValueError("these times say no zone; add `zone:`, as in Asia/Ho_Chi_Minh")
        return self


class Condition(Written):
    """Something that holds of what stands in a column, or does not."""

    column: ColumnName
    """Its name."""
    optional: bool = False
    """Whether the whole column may be missing from a file; it then counts as empty."""
    present: bool | None = None
    """Whether something stands there."""
    one_of: list[str] | None = None
    """The texts of which one stands there."""
    none_of: list[str] | None = None
    """The texts of which none stands there; an empty cell holds none of them."""

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        if [self.present, self.one_of, self.none_of].count(None) != 2:
            raise ValueError("a condition has one test; write one of `present:`, `one_of:` and `none_of:`")
        return self


class Earlier(Written):
    """Holds where one of the mapping's times is before another; not where the row lacks one of them."""

    time: Slug
    """The time that is earlier."""
    before: Slug
    """The time that is later."""


CONDITIONS: dict[str, type[Model]] = {"column": Condition, "time": Earlier}
"""What can be asked of a row, by the key that tells."""


def _condition_of(written: Any) -> str | None:
    keys = written if isinstance(written, dict) else type(written).model_fields if isinstance(written, Model) else ()
    return next((name for name in CONDITIONS if name in keys), None)


AnyCondition = Annotated[
    Annotated[Condition, Tag("column")] | Annotated[Earlier, Tag("time")], Discriminator(_condition_of)
]


class EventMapping(Written):
    """An event that a row stands for."""

    event: EventName
    """One of the subsystem's events."""
    time: Slug
    """When it happened: one of the mapping's times."""
    when: list[AnyCondition] = Field(default_factory=list)
    """It is sent only where all of these hold."""
    data: dict[Slug, FieldSource]
    """Where each of the event's fields comes from."""


class Rule(Written):
    """Something that rows should not be, such as closed before they were opened."""

    name: Slug
    """What reports call it."""
    when: list[AnyCondition] = Field(min_length=1)
    """It is so where all of these hold."""


_DELIMITERS = {"tab": "\t", "\\t": "\t"}


def _one_separator(written: Any) -> Any:
    mark = _DELIMITERS.get(written, written) if isinstance(written, str) else written
    if isinstance(mark, str) and (len(mark) != 1 or mark.isalnum() or mark in '"\r\n'):
        raise ValueError(f"{written!r} cannot separate columns; write one character, as in ';', or tab")
    return mark


class Reads(Written):
    """How the file is written; a key that a form of file has no use for is not looked at."""

    format: Format | None = None
    """By default what the ending of the file's name says. What comes from standard input has no name."""
    encoding: str | None = None
    """Of CSV and JSON Lines, as in windows-1258; by default UTF-8, or UTF-16. A byte order mark goes before it."""
    delimiter: Annotated[str | None, BeforeValidator(_one_separator)] = None
    """What separates the columns of CSV: one character, or ``tab``. By default that of ``, ; tab |`` under which the
    header has the columns that the mapping reads; a first line such as ``sep=;`` goes before it."""
    skip_rows: int | None = Field(None, ge=0)
    """How many lines of CSV, or rows of a sheet, stand above the header; by default it is found by its columns."""
    sheet: str | None = None
    """The sheet of a workbook; by default its first visible one."""
    missing: list[str] = Field(default_factory=lambda: ["", "NA", "NaN"])
    """Texts that stand for an empty cell."""


class Mapping(Written):
    """How the rows of one form of file become events of one subsystem."""

    mapping: Slug
    """Its name; the events' ``source`` is ``/ingest/<name>``."""
    subsystem: Slug
    """The subsystem whose events the rows become."""
    description: str = ""
    """What the file is, for people."""
    units: str | None = None
    """A file of units beside the mapping that stands for the province's: for data from elsewhere."""
    reads: Reads = Field(default_factory=lambda: Reads.model_validate({}))
    """How the file is written, where that does not show by itself."""
    prepare: Annotated[str, Field(min_length=1)] | None = None
    """A query in DuckDB's SQL over the rows of the file, a table that it calls ``rows``. The columns of its result are
    those that the rest of the mapping names. It says what no single row does: the first and the last of a case, what
    went before, patterns, ids made of several columns. It reads nothing but the file, of any size. Cells of CSV are
    texts, missing ones are NULL; times with a zone are in UTC unless the query says another. Every row has the column
    ``@line``; a result that has it too lets refusals name the line of the file."""
    times: dict[Slug, Instant] = Field(min_length=1)
    """The moments that are read from a row, each under a name; a time refers only to those above it."""
    refuse: list[Rule] = Field(default_factory=list)
    """Rows that send none of their events, and are told with the rule's name as the reason."""
    warn: list[Rule] = Field(default_factory=list)
    """Rows that are sent all the same, and told by the rule's name."""
    events: list[EventMapping] = Field(min_length=1)
    """The events that a row may stand for, none, one or several."""

    @property
    def source(self) -> str:
        """The CloudEvents source of its events."""
        return f"/ingest/{self.mapping}"
