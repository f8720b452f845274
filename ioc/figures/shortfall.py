"""What the figures of a replay lack of those that are live: what its promotion would lose."""

from collections.abc import Iterator
from math import inf
from typing import Literal, NamedTuple

from ioc.catalogue.model import Subsystem
from ioc.figures.merged import MergedFigures
from ioc.figures.view import Figure, SubsystemView, figures_of
from ioc.time.instants import EpochSeconds
from ioc.time.windows import Window


class Shortfall(NamedTuple):
    """One figure of which a replay has less than the live state, or nothing."""

    subsystem: str
    kpi: str
    window: Window
    labels: tuple[tuple[str, str], ...]
    live: float
    replay: float | None
    """None where it has no such figure."""
    of_cases: bool
    """Whether both numbers are the cases behind the figure, and not the figure itself."""


def shortfalls(live: MergedFigures, replay: MergedFigures, now: EpochSeconds) -> Iterator[Shortfall]:
    """What a replay has less of, figure by figure, both read at ``now``.

    Counts and sums may not be lower, another figure may not have fewer cases behind it, and what the live state says
    anything of may not be missing. Records that only one of them has read may make a difference.
    """
    for slug, plan in replay.plan.subsystems.items():
        calendar, subsystem = replay.plan.calendar, plan.subsystem
        known, anew = (
            {figure[1:4]: figure for figure in figures_of(SubsystemView(each, slug, now, calendar), each, slug)}
            for each in (live, replay)
        )
        apart, is_trimmed = _read_apart(live, replay, slug), deleted(live, replay, slug) > 0
        for name, figure in known.items():
            allowed = _allowed(subsystem, figure, apart, is_trimmed=is_trimmed)
            if (found := _shortfall(figure, anew.get(name), allowed)) is not None:
                yield found


def deleted(live: MergedFigures, replay: MergedFigures, slug: str) -> int:
    """The offsets of a subsystem that a replay found deleted, as far as the live state had found them there."""
    had = {partition: source.lost.offsets if source.lost else 0 for partition, source in live.sources(slug).items()}
    return sum(
        max(0, source.lost.offsets - had.get(partition, source.lost.offsets))
        for partition, source in replay.sources(slug).items()
        if source.lost
    )


class _Apart(NamedTuple):
    """Records that only one of the two has read."""

    behind: int
    """The live state alone."""
    ahead: int
    """The replay alone."""


def _read_apart(live: MergedFigures, replay: MergedFigures, slug: str) -> _Apart:
    ends = [{partition: source.position for partition, source in each.sources(slug).items()} for each in (live, replay)]
    by = [ends[1].get(partition, 0) - ends[0].get(partition, 0) for partition in ends[0].keys() | ends[1].keys()]
    return _Apart(-sum(each for each in by if each < 0), sum(each for each in by if each > 0))


def _allowed(subsystem: Subsystem, figure: Figure, apart: _Apart, *, is_trimmed: bool) -> float:
    """By how much a replay may have less.

    What one that found records deleted has read beyond the live state excuses nothing: it would hide as many that it
    lacks.
    """
    kind = _adds_up(subsystem, figure.kpi)
    records = apart.behind if is_trimmed else apart.behind + apart.ahead
    if figure.sample is not None or kind == "count":
        return records
    return inf if kind is None or (records and not is_trimmed) else 0


def _adds_up(subsystem: Subsystem, kpi: str) -> Literal["count", "sum"] | None:
    """Whether a KPI is a number of events, entities or things, or adds up what they say; None where it is neither."""
    spec = subsystem.kpis[kpi]
    measures = spec.measures()
    parts: set[Literal["count", "sum"] | None] = {_adds_up(subsystem, other.kpi) for other in spec.inputs()}
    parts.update("sum" if measure.amount else "count" for measure in measures)
    if spec.ratio or spec.sampled or spec.unit == "seconds" or spec.at_each or None in parts or not parts:
        return None
    if any(measure.accumulator == "latest" for measure in measures):
        return None
    return "sum" if "sum" in parts else "count"


def _shortfall(live: Figure, replay: Figure | None, allowed: float) -> Shortfall | None:
    of_cases = live.sample is not None
    had = live.value if live.sample is None else live.sample
    has = None if replay is None else replay.sample if of_cases else replay.value
    if had - has > allowed if has is not None else had:
        return Shortfall(live.subsystem, live.kpi, live.window, live.labels, had, has, of_cases)
    return None
