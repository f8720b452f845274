"""Bytes as lines of text: by their byte order mark, by what the mapping says, or as UTF-8."""

import io
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE, getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from streams.ingest.origin import Origin, TableError

# UTF-32's marks begin with those of UTF-16.
_MARKS = (
    (BOM_UTF8, "utf-8-sig"), (BOM_UTF32_LE, "utf-32"), (BOM_UTF32_BE, "utf-32"),
    (BOM_UTF16_LE, "utf-16"), (BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
OF_VIET_NAM = "windows-1258"
"""What programs of Viet Nam write that do not write Unicode."""


def encoding_of(head: bytes, said: str | None) -> str:
    """The encoding of a text that begins so.

    Args:
        said: what the mapping says; a byte order mark goes before it.
    """
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    if marked is not None:
        return marked
    if said is not None and said.lower().replace("_", "-") not in {"utf-16", "utf16", "u16"}:
        return said
    # A table begins with a letter, a quote or a bracket: of two bytes, one is 0.
    if head[:1] == b"\0":
        return "utf-16-be"
    return "utf-16-le" if head[1:2] == b"\0" or said is not None else "utf-8"


@contextmanager
def opened_lines(origin: Origin, said: str | None, newline: Literal["", "\n"]) -> Iterator[Iterator[str]]:
    """The lines of a text with their ends, which are told apart as ``io.TextIOWrapper`` does by ``newline``.

    Args:
        said: the encoding that the mapping says.

    The lines raise TableError.
    """
    with origin.opened() as stream:
        text = io.TextIOWrapper(stream, encoding_of(origin.head, said), newline=newline)
        try:
            yield _lines(text, origin, said)
        finally:
            text.detach()


def _lines(text: io.TextIOWrapper, origin: Origin, said: str | None) -> Iterator[str]:
    whole_lines = 0
    try:
        for line in text:
            yield line
            whole_lines += 1
    except UnicodeError as error:
        wrong, before = str(error), 0
        if isinstance(error, UnicodeDecodeError):
            # What it was decoding begins with the first line that was not handed out yet.
            wrong = f"{error.reason} {error.object[error.start]:#x}"
            before = error.object[: error.start].count(b"\n")
        where = f"{origin.file}: line {whole_lines + before + 1}"
        fix = _advice(origin.head, said)
        raise TableError(f"{where}: this is not {text.encoding.removesuffix('-sig')}: {wrong}. {fix}") from error


def _advice(head: bytes, said: str | None) -> str:
    if said is not None:
        try:
            getincrementaldecoder("utf-8")().decode(head)
        except UnicodeDecodeError:
            pass
        else:
            return "Leave out `encoding:` under `reads:` in the mapping: it seems to be UTF-8"
    return f"Say the right one in the mapping, as in `reads: {{encoding: {OF_VIET_NAM}}}`, or save the file as UTF-8"
