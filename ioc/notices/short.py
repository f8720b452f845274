"""Texts for SMS: without accents, within 160 characters of the GSM alphabet."""

import re
import unicodedata
from collections.abc import Iterable

SMS = 160
_WRITTEN = str.maketrans({"đ": "d", "Đ": "D", "≥": ">=", "−": "-", "–": "-", "…": "...", "“": '"', "”": '"', "·": "-"})
# These take two places each in the GSM alphabet, or are not in it.
_COSTLY = str.maketrans({"[": "(", "]": ")", "{": "(", "}": ")", "|": "/", "~": "-", "^": "", "\\": "/", "`": "'"})


def unaccented(text: str) -> str:
    """``Tỷ lệ đang xử lý`` as ``Ty le dang xu ly``; what has no plain form is a question mark."""
    bare = unicodedata.normalize("NFD", text.translate(_WRITTEN))
    kept = "".join(letter for letter in bare if not unicodedata.combining(letter))
    plain = kept.translate(_COSTLY).replace("\u00a0", " ").encode("ascii", "replace").decode()
    return re.sub(r"[ \n]+", " ", plain).strip()


def shortened(text: str, length: int) -> str:
    """The text, cut at a word and ended with dots where it is longer."""
    if len(text) <= length:
        return text
    cut = text[: max(0, length - 3)].rstrip()
    if length > 40 and " " in cut:
        cut = cut.rsplit(" ", 1)[0]
    return f"{cut}..."[:length]


def first_fitting(candidates: Iterable[str], length: int) -> str | None:
    """The first of the texts that is short enough."""
    return next((text for text in candidates if len(text) <= length), None)
