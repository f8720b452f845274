"""Pages that can be followed word by word: what they write, run and show is in their fences.

A fence with a file's name as title is that file. A fence `sh` is run by bash. A fence `text` behind a command is what
its output holds, line by line.
"""

import re
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r'^```(?P<kind>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One fence of a page."""

    kind: str
    title: str
    text: str


def steps(page: Path) -> list[Step]:
    """The fences of a page in their order."""
    return [Step(each["kind"], each["title"] or "", each["text"]) for each in _FENCE.finditer(page.read_text())]
