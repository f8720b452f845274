"""The one ``now`` at which all figures are read, and what each subsystem's partitions have reached of it."""

from collections.abc import Mapping
from typing import Literal

from ioc.figures.merged import MergedFigures
from ioc.time.instants import EpochSeconds, seconds_from_ms

Lag = Mapping[tuple[str, int], int]
"""For each subsystem and partition the records appended and not yet in the figures."""


ClockKind = Literal["wall", "event"]


WRONG_BY = 30
"""Seconds that the wall clock may go back without having been wrong."""


class Clock:
    """Chooses ``now``; it never moves back, but from a wall clock that was wrong.

    ``wall`` is the wall clock. ``event`` is the newest event time of all.
    """

    def __init__(self, kind: ClockKind) -> None:
        self.kind = kind
        self._now = EpochSeconds(0)
        self._reached: dict[str, EpochSeconds] = {}

    def advance(self, merged: MergedFigures, wall: float) -> EpochSeconds:
        """Move on; gives the moment to read figures at, 0 on the event clock while nothing ever came."""
        candidate = EpochSeconds(int(wall)) if self.kind == "wall" else _newest_event(merged)
        if self.kind == "wall" and candidate < self._now - WRONG_BY:
            self._now = candidate
            self._reached.clear()
        self._now = max(self._now, candidate)
        return self._now

    def reached(self, merged: MergedFigures, slug: str, lag: Lag, now: EpochSeconds) -> EpochSeconds:
        """What all partitions of a subsystem have reached: ``now``, or the newest event of the lagging ones.

        States driven by the clock stand there: after a restart no camera is dead and no dossier overdue because the
        worker was away. It never moves back, so that one record that waits in a partition that was quiet for hours
        does not show the states of hours ago.
        """
        behind = [
            seconds_from_ms(source.newest)
            for partition, source in merged.sources(slug).items()
            if lag.get((slug, partition), 0) > 0 and source.newest
        ]
        reached = self._reached[slug] = max(self._reached.get(slug, EpochSeconds(0)), min([now, *behind]))
        return reached


def _newest_event(merged: MergedFigures) -> EpochSeconds:
    newest = (merged.newest(slug) for slug in merged.plan.subsystems)
    return max((seconds_from_ms(time) for time in newest if time is not None), default=EpochSeconds(0))
