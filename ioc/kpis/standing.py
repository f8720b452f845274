"""What the kinds on entities and presences as they are now share."""

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from ioc.kpis import facts
from ioc.kpis.base import Filtered
from ioc.kpis.measures import Measure, Scalar, Where
from ioc.kpis.view import Moment
from ioc.time.windows import Window

BEFORE_ALL, AFTER_ALL = -math.inf, math.inf


def seen(presence: str, where: Where = ()) -> Measure:
    """The things in service of a presence, by the minute each was last heard of in."""
    return Measure(facts.Seen(presence), "buckets", bucket=facts.STAMP, where=where)


def withdrawn(presence: str, where: Where = ()) -> Measure:
    """The things of a presence that are out of service."""
    return Measure(facts.Withdrawn(presence), where=where)


class Stands(Filtered):
    """A KPI of what entities or presences are now, each of which stands in one instant: its stamp."""

    only_windows: ClassVar[Sequence[Window]] = ("total",)

    @abstractmethod
    def measure(self) -> Measure:
        """What it counts."""

    def measures(self) -> list[Measure]:
        return [self.measure()]

    @abstractmethod
    def cases_between(self, moment: Moment, window: Window) -> tuple[float, float]:
        """The instants, the second excluded, between which the stamps of those lie that somebody must look at.

        In seconds since the epoch.
        """

    @property
    def expected(self) -> int | None:
        """How many there are by declaration, some of which may never have been heard of; None without one."""
        return None


class StandsOpen(Stands):
    """A KPI of open entities."""

    entity: str
    until: str | None = None
    """Only those that have not passed this milestone."""

    def conditions_with(self, *more: tuple[str, frozenset[Scalar]]) -> Where:
        """The catalogue's conditions, that on the milestone, and more."""
        until = [] if self.until is None else [(facts.passed(self.until), frozenset[Scalar]({False}))]
        return tuple(sorted((*self.where, *more, *until)))
