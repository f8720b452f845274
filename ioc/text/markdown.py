"""Plain text in Markdown: CommonMark with GitHub's tables, and Python-Markdown."""

import re

from ioc.text.bilingual import Text

_ENTITIES = ((re.compile(r"&(?=#?\w+;)"), "&amp;"), (re.compile(r"<(?=[\w/!?])"), "&lt;"), (re.compile("~"), "&#126;"))
"""What a backslash does not escape everywhere."""
_MARKS = re.compile(r"[\\`*\[\]{|]|(?<!\w)_|_(?!\w)|^[#+>-]|#$")
"""Underscores within a word are none; some are marks only where a text begins or ends."""
_NUMBERED = re.compile(r"^(\d+)([.)])")


def markdown(text: str) -> str:
    """A text of one line so that it is shown as it is: as a paragraph, in a heading, in a table's cell."""
    escaped = _NUMBERED.sub(r"\1\\\2", _MARKS.sub(r"\\\g<0>", text))
    for pattern, entity in _ENTITIES:
        escaped = pattern.sub(entity, escaped)
    return escaped


def both_languages(text: Text) -> str:
    """A text in Vietnamese and English, as `markdown`."""
    return f"{markdown(text.vi)} / {markdown(text.en)}"
