"""Generated JSON: few lines, of which a small change touches few."""

import json
from collections.abc import Iterable

_WIDTH = 120
"""Characters of a line, as in the code."""
_INDENT = 2


def json_text(document: object) -> str:
    """The text of a generated JSON file.

    An object that does not fit on its line takes a line for each key, a list one for each item. An item is never
    broken, however long: each panel of a dashboard is one line.
    """
    return _written(document, 0, 0) + "\n"


def _written(value: object, margin: int, column: int) -> str:
    """``value`` as it stands at ``column`` of a line that begins at ``margin``."""
    compact = _compact(value)
    if not isinstance(value, dict | list) or column + len(compact) < _WIDTH:
        return compact
    if isinstance(value, list):
        return _block("[", map(_compact, value), "]", margin)
    inner = margin + _INDENT
    entries = []
    for key, part in value.items():
        start = f"{_compact(key)}: "
        entries.append(start + _written(part, inner, inner + len(start)))
    return _block("{", entries, "}", margin)


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _block(opening: str, lines: Iterable[str], closing: str, margin: int) -> str:
    outer = "\n" + " " * margin
    inner = outer + " " * _INDENT
    return f"{opening}{inner}{f',{inner}'.join(lines)}{outer}{closing}"
