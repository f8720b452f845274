"""Which form a file of rows has, by what the mapping says, by its name, and never against what is in it."""

from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from ioc.events.mappings.model import Format, Reads
from streams.ingest.csv_file import CsvFile
from streams.ingest.json_lines import JsonLinesFile
from streams.ingest.origin import Origin, TableError
from streams.ingest.parquet import ParquetFile
from streams.ingest.row_file import RowFile, Wanted
from streams.ingest.xes import XesFile
from streams.ingest.xlsx import XlsxFile

_FILES: Mapping[Format, type[RowFile]] = {
    "csv": CsvFile, "jsonl": JsonLinesFile, "parquet": ParquetFile, "xlsx": XlsxFile, "xes": XesFile,
}  # fmt: skip
_ENDINGS: Mapping[str, Format] = {
    ".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".pq": "parquet",
    ".xlsx": "xlsx", ".xlsm": "xlsx", ".xes": "xes",
}  # fmt: skip
_TEXTS: frozenset[Format] = frozenset({"csv", "jsonl", "xes"})


def open_table(file: Path, reads: Reads, wanted: Wanted = None) -> RowFile:
    """A file as rows.

    Args:
        file: ``-`` is standard input.
        wanted: the columns that will be read, each with whether the file may lack it; None for all.

    Raises:
        TableError: there is no such file, it is empty, or it is not of a form that is read.
    """
    origin = Origin(file)
    found = _content_of(origin)
    ending = (file.with_suffix("").suffix if file.suffix == ".gz" else file.suffix).lower()
    form = reads.format or _ENDINGS.get(ending)
    if form is None:
        raise TableError(f"{origin.file}: {_unnamed(origin, ending, found or 'csv')}")
    if found not in {form, None} and not (found == "jsonl" and form == "csv"):
        raise TableError(f"{origin.file}: this is {found}, and not {form}: {_said(origin, found)}")
    if origin.packed and form not in _TEXTS:
        raise TableError(f"{origin.file}: {form} is not read packed; unpack it with gunzip")
    if ending == ".tsv" and reads.delimiter is None:
        reads = reads.model_copy(update={"delimiter": "\t"})
    return _FILES[form](origin, reads, wanted)


def _unnamed(origin: Origin, ending: str, seems: Format) -> str:
    if origin.piped:
        return f"what is piped in has no name that tells its form: {_said(origin, seems)}"
    return f"`{ending}` does not tell how it is written: {_said(origin, seems)}"


def _said(origin: Origin, form: Format) -> str:
    """How to say that a file is of a form."""
    say = f"say `reads: {{format: {form}}}` in the mapping"
    return say if origin.piped else f"rename it to {origin.file.stem}.{form}, or {say}"


def _content_of(origin: Origin) -> Format | None:
    """The form that a file shows by itself; None where it could be any text. Raises TableError for what is not read."""
    head = origin.head
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if head.startswith(b"PK\x03\x04"):
        return _of_archive(origin)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        fix = "save it in Excel as an Excel workbook (.xlsx) without a password"
        raise TableError(f"{origin.file}: this is an old workbook (.xls) or one with a password; {fix}")
    if start.startswith((b"<html", b"<!doctype html", b"<table")):
        fix = "open it in Excel and save it as an Excel workbook (.xlsx)"
        raise TableError(f"{origin.file}: this is a web page, which some systems call a workbook; {fix}")
    if start.startswith((b"<?xml", b"<log")) and b"<log" in start:
        return "xes"
    return "jsonl" if start.startswith(b"{") else None


def _of_archive(origin: Origin) -> Format | None:
    try:
        with origin.raw() as stream, ZipFile(stream) as archive:
            names = archive.namelist()
    except BadZipFile:
        return None
    if any(name.startswith("xl/") for name in names):
        return "xlsx"
    if "content.xml" in names:
        raise TableError(f"{origin.file}: this is an OpenDocument file; save it as an Excel workbook (.xlsx)")
    raise TableError(f"{origin.file}: this is an archive of {len(names)} files; unpack it, and give one of them")
