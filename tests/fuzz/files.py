"""Files of odd rows in every form, and what a mapping may say of them."""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable
from random import Random
from typing import Any
from xml.etree import ElementTree

import pyarrow
import pyarrow.parquet
from openpyxl import Workbook

from ioc.events.mappings.model import Reads
from tests.fuzz.mutations import mutated, mutated_part, odd_value


def odd_file(columns: list[str], random: Random) -> tuple[str, bytes]:
    """The ending of a file's name, and what is in it: odd rows, often with bytes changed."""
    rows = [{column: odd_value(random) for column in columns} for _ in range(random.randrange(8))]
    ending = random.choice([*_WRITTEN])
    content = _WRITTEN[ending](columns, rows)
    if random.random() < 0.7:
        content = mutated_part(content, random) if ending == ".xlsx" else mutated(content, random)
    return (f"{ending}.gz", gzip.compress(content)) if random.random() < 0.1 else (ending, content)


def odd_reads(random: Random) -> Reads:
    """How a file is read: mostly as it shows by itself."""
    return Reads.model_validate({key: random.choice(said) for key, said in _READS.items() if random.random() < 0.1})


def _csv(columns: list[str], rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(errors="surrogatepass")


def _utf_16(columns: list[str], rows: list[dict[str, Any]]) -> bytes:
    return _csv(columns, rows).decode(errors="replace").encode("utf-16")


def _with_titles(columns: list[str], rows: list[dict[str, Any]]) -> bytes:
    return b"sep=;\r\nDanh s\xc3\xa1ch,\r\n\r\n" + _csv(columns, rows).replace(b",", b";")


def _xlsx(columns: list[str], rows: list[dict[str, Any]]) -> bytes:
    book = Workbook()
    for cells in ([*columns], *(row.values() for row in rows)):
        # What no workbook holds is left out, as Excel would.
        book.active.append([cell if isinstance(cell, int | float) else _clean(cell) for cell in cells])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _clean(cell: object) -> str:
    return re.sub(r"[\x00-\x1f\ud800-\udfff]", "", str(cell))


def _xes(columns: list[str], rows: list[dict[str, Any]]) -> bytes:
    log = ElementTree.Element("log", xmlns="http://www.xes-standard.org/")
    for row in rows:
        trace = ElementTree.SubElement(log, "trace")
        event = ElementTree.SubElement(trace, "event")
        for column in columns:
            kind = {bool: "boolean", int: "int", float: "float"}.get(type(row[column]), "string")
            ElementTree.SubElement(event, kind, key=column, value=_clean(row[column]))
    return ElementTree.tostring(log)


def _json_lines(columns: list[str], rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def _parquet(columns: list[str], rows: list[dict[str, Any]]) -> bytes:
    texts = {column: [str(row[column]).encode(errors="replace").decode() for row in rows] for column in columns}
    written = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(texts), written)
    return written.getvalue()


_WRITTEN: dict[str, Callable[[list[str], list[dict[str, Any]]], bytes]] = {
    ".csv": _csv,
    ".jsonl": _json_lines,
    ".parquet": _parquet,
    ".utf16.csv": _utf_16,
    ".titles.csv": _with_titles,
    ".xlsx": _xlsx,
    ".xes": _xes,
}
_READS: dict[str, list[Any]] = {
    "format": ["csv", "jsonl", "parquet", "xlsx", "xes"],
    "encoding": ["windows-1258", "utf-16", "utf-16-be", "utf-32", "iso2022_jp", "big5"],
    "delimiter": [";", "tab", " ", "\u0303"],
    "skip_rows": [0, 1, 100],
    "sheet": ["Sheet", "none"],
}
"""What a mapping may say of a file."""
