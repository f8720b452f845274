"""What Prometheus wrote down of series and has in no block yet: the records of its write-ahead log, unpacked."""

from collections.abc import Iterator
from pathlib import Path

import cramjam

_PAGE = 32 * 1024
_HEAD = 7
"""Bytes before a fragment: its type and packing, its length, its checksum."""
_WHOLE, _LAST = 1, 4
_SNAPPY = 0x08


def records(folder: Path) -> Iterator[bytes]:
    """Every whole record of the log in a folder of Prometheus' data."""
    for segment in sorted((folder / "wal").glob("[0-9]*")):
        yield from _records(segment.read_bytes())


def _records(segment: bytes) -> Iterator[bytes]:
    place, parts = 0, b""
    while place + _HEAD <= len(segment):
        kind, length = segment[place], int.from_bytes(segment[place + 1 : place + 3], "big")
        if kind & 0x07 == 0:
            # The rest of the page is empty.
            place += _PAGE - place % _PAGE
            continue
        parts += segment[place + _HEAD : place + _HEAD + length]
        place += _HEAD + length
        if kind & 0x07 in {_WHOLE, _LAST}:
            yield bytes(cramjam.snappy.decompress_raw(parts)) if kind & _SNAPPY else parts
            parts = b""
