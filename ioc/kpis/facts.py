"""The grammar of facts: what there is to count, and what lifecycles say of it beside the fields of events.

A fact is an event that took effect, or what an entity or a presence is now. ``str`` of one is its name, which is part
of the names of stored columns and therefore stays as it is:

======================  ======================================  ==============================================
name                    the fact                                its stamp
======================  ======================================  ==============================================
``dossier.handled``     `Happened`                              the pane of the event's time
``dossier:open``        `Open`                                  none
``dossier:since``       `OpenSince`                             the minute it was opened in
``dossier:due:main``    `Due`                                   the minute of its deadline, rounded up
``camera:seen``         `Seen`                                  the minute it was last heard of in
``camera:withdrawn``    `Withdrawn`                             the minute it was withdrawn in
======================  ======================================  ==============================================

Minutes are counted since the epoch. A field whose name begins with ``@`` is in no event: lifecycles compute it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

MAIN_DEADLINE = "main"
"""The deadline of an entity that closing it is on time against."""


@dataclass(frozen=True, slots=True)
class FactName:
    """What a fact is of, by its name in the catalogue, and which of the facts of that it is."""

    about: str
    """The event, entity or presence."""

    state: ClassVar[str] = ""
    """What the entity or presence is; an event just happens."""

    def __str__(self) -> str:
        return f"{self.about}:{self.state}" if self.state else self.about


class Happened(FactName):
    """An event; of an entity's lifecycle only one that took effect."""


class Open(FactName):
    """An entity is open."""

    state = "open"


class OpenSince(FactName):
    """An entity is open, by when it was opened."""

    state = "since"


@dataclass(frozen=True, slots=True)
class Due(FactName):
    """An entity is open, not suspended, and has a deadline that is not met, by that deadline."""

    deadline: str = MAIN_DEADLINE

    state = "due"

    def __str__(self) -> str:
        return f"{self.about}:{self.state}:{self.deadline}"


class Seen(FactName):
    """A thing is known and in service, by when it was last heard of."""

    state = "seen"


@dataclass(frozen=True, slots=True)
class Withdrawn(FactName):
    """A thing is out of service, by when it was declared so."""

    def __str__(self) -> str:
        return f"{self.about}:withdrawn"


TIMELINESS = "@timeliness"
"""Of a closing: how it stands to the main deadline."""
Timeliness = Literal["early", "on_time", "late", "no_deadline"]

TOOK = "@took"
"""Of a closing or a milestone: the time from opening to it, suspensions left out, as a bucket of a histogram."""


def took(edges: Sequence[int]) -> str:
    """The same, in a histogram that also has edges at these durations (ms): what they part is told apart for sure."""
    return ":".join([TOOK, *map(str, edges)])


def took_edges(field: str) -> tuple[int, ...] | None:
    """The durations (ms) at which the histogram of such a field has edges of its own; None of any other field."""
    name, *edges = field.split(":")
    return tuple(map(int, edges)) if name == TOOK else None


PHASE = "@phase"
"""Of an open entity: whether it is suspended."""
Phase = Literal["running", "suspended"]

STAMP = "@stamp"
"""As what a measure counts by: the fact's own stamp."""

TIME = "@time"
"""As the amount of a measure that keeps the latest one: none, for its time is all that matters."""

_PASSED = "@passed:"


def passed(milestone: str) -> str:
    """The field of an open entity that says whether it has passed a milestone."""
    return f"{_PASSED}{milestone}"


def milestone_of(field: str) -> str | None:
    """The milestone whose passing a field says; None of any other field."""
    return field.removeprefix(_PASSED) if field.startswith(_PASSED) else None


def is_computed(field: str) -> bool:
    """Whether a lifecycle computes a field, so that no event has it."""
    return field.startswith("@")
