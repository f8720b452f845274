"""A report as headings, lines and tables: what HTML, PDF and XLSX are three writings of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ioc.text.bilingual import Language

Tone = Literal["plain", "dim", "good", "watch", "act"]
Kind = Literal["text", "ratio", "number", "seconds"]


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a table: as people read it, and as the number that it is."""

    text: str
    tone: Tone = "plain"
    number: float | None = None
    kind: Kind = "text"
    suffix: str = ""
    """What stands behind the number: what it is measured in, the mark of what is incomplete."""


@dataclass(frozen=True, slots=True)
class Column:
    """``width`` is its share of the page's."""

    title: str
    width: float
    right: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Where it has no rows it says why."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    empty: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part with a heading; lines stand above its tables."""

    title: str
    lines: Sequence[Cell]
    tables: Sequence[Table]


@dataclass(frozen=True, slots=True)
class Document:
    """The whole; the first section is the summary and fills the first page alone."""

    language: Language
    name: str
    """Of its files, without an ending."""
    issuer: str
    title: str
    as_of: str
    mark: str | None
    """On every page: that the data is simulated."""
    page: str
    """The word before a page's number."""
    moment: int
    """Seconds since the epoch: when it is of."""
    sections: Sequence[Section]
