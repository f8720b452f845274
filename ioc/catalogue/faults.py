"""Faults of the catalogue's files, each with its place and its fix."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

_ADVICE = re.compile(r"[;:] (?=write|drop|declare|add)")

YamlPath = tuple[str | int, ...]
"""Keys and list positions that lead to a part of a YAML file."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a file of the catalogue."""

    file: Path
    line: int
    path: str
    """Where in the file, as in ``kpis.received.of[0]``."""
    message: str
    fix: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: "
        return (
            f"{where}{self.path}: {self.message} — {self.fix}" if self.path else f"{where}{self.message} — {self.fix}"
        )


class CatalogueError(ValueError):
    """A catalogue that cannot be used, with every fault of every file."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = list(faults)


def advice(error: object) -> tuple[str, str]:
    """What is wrong, and the fix, of an error that says both: ``... is no duration; write a whole number``."""
    message, *fix = _ADVICE.split(str(error), maxsplit=1)
    return message, fix[0] if fix else "write it in the form that the reference of the catalogue gives"


def path_of(place: YamlPath) -> str:
    """A place as people read it."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".")


def nearest(name: object, known: Iterable[str], otherwise: str) -> str:
    """The fix for a name that is not among the known ones: the nearest of them if one is near."""
    matches = get_close_matches(str(name), list(known), 1)
    return f"did you mean `{matches[0]}`? Otherwise {otherwise}" if matches else otherwise
