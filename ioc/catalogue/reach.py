"""How far back the events lie that figures are made of: what a topic must keep, and what its loss leaves unknown."""

from collections.abc import Mapping
from datetime import UTC, datetime

from ioc.catalogue.model import Subsystem
from ioc.catalogue.things import presence_of_kpi
from ioc.kpis.base import Kpi
from ioc.kpis.facts import Happened, Seen, Withdrawn
from ioc.kpis.limits import effective_limits
from ioc.time.instants import EpochSeconds, Seconds
from ioc.time.windows import UTC_OFFSET, Window, span_of

EVER = EpochSeconds(0)
"""The oldest event that is read where any since the beginning may count."""

_END_OF_A_LONG_MONTH = EpochSeconds(int(datetime(2025, 2, 1, tzinfo=UTC).timestamp()) - UTC_OFFSET - 1)


def oldest_read(subsystem: Subsystem, kpi: str, window: Window, now: EpochSeconds) -> EpochSeconds:
    """The event time from which on a KPI, in a window at ``now``, may rest on events; of none ``now``.

    What an entity is, and whatever happens to it after its opening, rests on its opening, and nobody knows how long ago
    that was. So does a running total, and a latest value: each thing may have said its own long ago.
    """
    spec: Kpi = subsystem.kpis[kpi]
    read = [oldest_read(subsystem, other.kpi, other.window or window, now) for other in spec.inputs()]
    remembered = EVER
    if (presence := presence_of_kpi(subsystem, kpi)) is not None:
        # A thing that fell silent while it broke a limit keeps the whole from green for as long as it is remembered.
        remembered = _remembered(subsystem, presence, now)
        read.append(remembered)
    for measure in spec.measures():
        match measure.fact:
            case Seen(things) | Withdrawn(things):
                read.append(_remembered(subsystem, things, now))
            case Happened() if measure.accumulator == "latest":
                read.append(remembered)
            case Happened(event) if _begins(subsystem, event):
                read.append(EpochSeconds(max(EVER, span_of(window, now).start - spec.looks_back)))
            case _:
                read.append(EVER)
    return min(read, default=now)


def _remembered(subsystem: Subsystem, presence: str, now: EpochSeconds) -> EpochSeconds:
    """The oldest sign of life that is remembered of the things of a presence."""
    return EpochSeconds(now - subsystem.presences[presence].forgotten_after.seconds)


def _begins(subsystem: Subsystem, event: str) -> bool:
    """Whether an event counts by itself: it opens an entity, or belongs to none."""
    entity = subsystem.entity_of(event)
    return entity is None or event == subsystem.entities[entity].opened_by


def telemetry_of(subsystems: Mapping[str, Subsystem]) -> frozenset[str]:
    """The subsystems without lifecycles, and without limits on what was said long ago, such as a plan of the year.

    Their events can be forgotten once their windows have passed.
    """
    return frozenset(slug for slug, each in subsystems.items() if not (each.entities or _judges_the_past(each)))


def _judges_the_past(subsystem: Subsystem) -> bool:
    limited = ((kpi, effective_limits(spec)) for kpi, spec in subsystem.kpis.items())
    now = _END_OF_A_LONG_MONTH
    return any(limits and oldest_read(subsystem, kpi, limits.window, now) == EVER for kpi, limits in limited)


def longest_window(subsystem: Subsystem) -> Seconds:
    """How far back the windows of a subsystem's KPIs reach at most, those since the beginning aside."""
    now = _END_OF_A_LONG_MONTH
    starts = [
        span_of(window, now).start - kpi.looks_back
        for kpi in subsystem.kpis.values()
        for window in kpi.windows
        if window != "total"
    ]
    return Seconds(now - min(starts, default=now))
