"""Tables as CSV that a spreadsheet opens as they are, and never runs."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for a formula at a cell's beginning, also in full-width letters.

See https://owasp.org/www-community/attacks/CSV_Injection.
"""


def csv_octets(rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with a byte order mark, by which Excel knows the letters; lines end as RFC 4180 says."""
    text = StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([plain_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig", errors="replace")


def plain_cell(text: str) -> str:
    """A cell that stays text: an apostrophe before what would be a formula, also behind spaces."""
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_FORMULA) else text
