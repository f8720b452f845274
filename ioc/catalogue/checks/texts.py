"""What a text may hold, wherever in a file it stands: it must come through every output as it is written."""

import re
import unicodedata
from collections.abc import Iterator

from ioc.catalogue.faults import Fault
from ioc.catalogue.source import Source

_TEMPLATE = re.compile(r"\{\{|\$\{|\$[A-Za-z_]|\[\[")
"""What begins a template of Prometheus or a variable of Grafana, neither of which can write it otherwise."""
_LINE_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_REORDERING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""They turn round what stands behind them, too (https://www.unicode.org/reports/tr9/)."""


def text_faults(source: Source) -> Iterator[Fault]:
    """The texts of a file, names of keys included, that some output could not show."""
    for place, text in source.texts():
        if (refusal := _refusal(text)) is not None:
            yield source.fault(place, *refusal)


def _refusal(text: str) -> tuple[str, str] | None:
    """What is wrong with a text, and the fix; None for one that every output shows."""
    # Each character is looked at only where one is not printable, as are all that are refused, and some that are not.
    if not text.isprintable():
        if any(character in _LINE_BREAKS for character in text):
            return "the text has a line break", "write it as one line; where that is long, after `>-`"
        if hidden := next(filter(_is_hidden, text), None):
            return f"the text has the character U+{ord(hidden):04X}, which nobody sees", "remove it, or write a space"
    if found := _TEMPLATE.search(text):
        message = f"`{found[0]}` would begin a template of Prometheus or a variable of Grafana"
        return message, "write it with a space between, or without"
    if text != text.strip():
        return "the text begins or ends with a space", "remove it"
    return None


def _is_hidden(character: str) -> bool:
    """Whether a character shows nothing and changes how others show, or is none at all."""
    code = ord(character)
    if unicodedata.category(character) in ("Cc", "Cs") or character in _REORDERING or character == "\ufeff":
        return True
    # Those that Unicode says will never be characters.
    return 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE
