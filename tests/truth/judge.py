"""The oracle: it sees every event that was sent, knows what a KPI means, and nothing of the engine's rules.

Green is right only where all that could make it red is known to be not so. Red and yellow are right where they are
true, of all that was sent or of what is known of it.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from ioc.kpis.base import Kpi
from ioc.kpis.status import Status
from tests.oracle.oracle import Oracle
from tests.oracle.reading import LogRecord
from tests.truth.world import PARTITIONS, Place, catalogue_of


class Verdict(StrEnum):
    RIGHT = "right"
    WRONG_GREEN = "wrong green"
    WRONG_RED = "wrong red"
    UNDERSTATED = "understated"
    """Yellow where it is known to be red."""
    NEEDLESS_GREY = "needless grey"


def truth(slug: str, kpi: str, records: Iterable[LogRecord], now: int) -> dict[Place, Status]:
    """The status of a KPI at every place that has one, of these events at a moment (seconds since the epoch)."""
    catalogue = catalogue_of(slug)
    oracle = Oracle(catalogue, PARTITIONS)
    for record in records:
        oracle.feed(record)
    spec = catalogue.subsystems[slug].kpis[kpi]
    assert spec.limits is not None
    window = str(spec.limits.window or spec.windows[0])
    return {
        tuple(sorted(labels)): colour(spec, value, denominator)
        for (_, name, labels, of_window), (value, _, denominator) in oracle.figures(now).items()
        if name == kpi and of_window == window
    }


def colour(kpi: Kpi, value: float, denominator: float | None) -> Status:
    """What a value means by the limits as they are written."""
    limits = kpi.limits
    assert limits is not None
    if denominator is not None and denominator < kpi.minimum_sample:
        return Status.GREY
    for limit, status in ((limits.critical, Status.RED), (limits.warning, Status.YELLOW)):
        if limit is not None and (value >= limit if limits.direction == "above" else value < limit):
            return status
    return Status.GREEN


def judged(shown: Status, true: Status, of_known: Status, *, all_known: bool, grey_allowed: bool) -> Verdict:
    """What to say of a status that is shown.

    Args:
        true: of all that was sent.
        of_known: of what the wall has been told.
        all_known: whether nothing is hidden that could make it worse.
        grey_allowed: whether grey needs no excuse.
    """
    if shown is Status.GREEN and (not all_known or true is not Status.GREEN):
        return Verdict.WRONG_GREEN
    if shown > Status.GREEN and shown > max(true, of_known):
        return Verdict.WRONG_RED
    if all_known and Status.GREY < shown < true:
        return Verdict.UNDERSTATED
    if all_known and shown is Status.GREY is not true and not grey_allowed:
        return Verdict.NEEDLESS_GREY
    return Verdict.RIGHT


def status_at(statuses: Mapping[Place, Status], place: Place) -> Status:
    return statuses.get(place, Status.GREY)
