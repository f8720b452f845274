"""Texts within a length: SMS without accents, within 160 characters of the GSM alphabet."""

import re
import unicodedata
from collections.abc import Iterable

SMS = 160
_WRITTEN = str.maketrans({"đ": "d", "Đ": "D", "≥": ">=", "−": "-", "–": "-", "…": "...", "“": '"', "”": '"', "·": "-"})
# These take two places each in the GSM alphabet, or are not in it.
_COSTLY = str.maketrans({"[": "(", "]": ")", "{": "(", "}": ")", "|": "/", "~": "-", "^": "", "\\": "/", "`": "'"})

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


def unaccented(text: str) -> str:
    """``Tỷ lệ đang xử lý`` as ``Ty le dang xu ly``; what has no plain form is a question mark."""
    bare = unicodedata.normalize("NFD", text.translate(_WRITTEN))
    kept = "".join(letter for letter in bare if not unicodedata.combining(letter))
    plain = one_line(kept.translate(_COSTLY)).encode("ascii", "replace").decode()
    return _CONTROLS.sub("", plain)


def one_line(text: str) -> str:
    """A text without line breaks, as a heading or the subject of a letter needs it."""
    return " ".join(text.split())


def size(text: str) -> int:
    """Characters as phones count them: an emoji is two."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def shortened(text: str, length: int) -> str:
    """The text, cut at a word and ended with dots where it is longer."""
    if size(text) <= length:
        return text
    cut = text[: max(0, length - 3)]
    while size(cut) > length - 3 and cut:
        cut = cut[:-1]
    if length > 40 and " " in cut:
        cut = cut.rsplit(" ", 1)[0]
    return f"{cut.rstrip()}..."[:length]


def first_fitting(candidates: Iterable[str], length: int) -> str | None:
    """The first of the texts that is short enough."""
    return next((text for text in candidates if size(text) <= length), None)
