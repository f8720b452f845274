"""The terminal that commands write to: any text is shown as it is, and none of it is obeyed."""

import os
import re
from typing import Any

from rich.console import Console, ConsoleDimensions
from rich.text import Text

_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_WIDTH = 120
"""Columns of what goes to a file or another program."""


class Terminal(Console):
    """A console without markup, on which what would control a terminal is written out: ``\\x1b``."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, soft_wrap=True, markup=False, emoji=False, highlight=False)

    @property  # type: ignore[misc]
    def size(self) -> ConsoleDimensions:
        """Columns and rows."""
        size = super().size
        told = self.is_terminal or self._width is not None or "COLUMNS" in os.environ
        return size if told else ConsoleDimensions(_WIDTH, size.height)

    def render_str(self, text: str, **options: Any) -> Text:
        """Text as rich has it."""
        return super().render_str(visible(text), **options)


def visible(text: str) -> str:
    """A text in which characters that control a terminal, or turn the line round, are written out."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


console = Terminal()
errors = Terminal(stderr=True)
