"""The one ``now`` at which all figures are read."""

from collections.abc import Mapping
from typing import Literal

from ioc.figures.merged import MergedFigures
from ioc.time.instants import EpochSeconds, seconds_from_ms

Lag = Mapping[tuple[str, int], int]
"""For each subsystem and partition the records appended and not yet in the figures."""


ClockKind = Literal["wall", "event"]


class Clock:
    """Chooses ``now``; it never moves back.

    ``wall`` is the wall clock. ``event`` is the newest event time: while partitions lag, the least of theirs,
    else the greatest of all.
    """

    def __init__(self, kind: ClockKind) -> None:
        self.kind = kind
        self._now = EpochSeconds(0)
        self._shown: dict[str, EpochSeconds] = {}

    def advance(self, merged: MergedFigures, lag: Lag, wall: float) -> EpochSeconds:
        """Move on; gives the moment to read figures at, 0 on the event clock while nothing ever came."""
        candidate = EpochSeconds(int(wall)) if self.kind == "wall" else _event_time(merged, lag)
        self._now = max(self._now, candidate)
        return self._now

    def advance_of(self, merged: MergedFigures, slug: str, lag: Lag, now: EpochSeconds) -> EpochSeconds:
        """``now`` for one subsystem: held at the newest event time of its lagging partitions, but never moving back.

        After a restart no camera is dead and no dossier overdue because the worker was away. And one record that waits
        in a partition that was quiet for hours does not show the figures of hours ago.
        """
        behind = [
            seconds_from_ms(source.newest)
            for partition, source in merged.sources(slug).items()
            if lag.get((slug, partition), 0) > 0 and source.newest
        ]
        shown = self._shown[slug] = max(self._shown.get(slug, EpochSeconds(0)), min([now, *behind]))
        return shown


def _event_time(merged: MergedFigures, lag: Lag) -> EpochSeconds:
    newest = {
        (slug, partition): seconds_from_ms(source.newest)
        for slug in merged.plan.subsystems
        for partition, source in merged.sources(slug).items()
        if source.newest
    }
    lagging = [instant for key, instant in newest.items() if lag.get(key, 0) > 0]
    return min(lagging) if lagging else max(newest.values(), default=EpochSeconds(0))
