"""The things that KPIs are told by: which presence says whether one is in service, and when it was last heard of."""

from collections.abc import Collection, Iterator

from ioc.catalogue.feeds import events_of_kpi
from ioc.catalogue.model import Subsystem
from ioc.kpis.measures import Needed
from ioc.kpis.standing import seen, withdrawn


def presence_by(subsystem: Subsystem, field: str, events: Collection[str]) -> str | None:
    """The presence whose things a field names; None where there is none.

    A station that measures rain and a river goes silent in one of them: of several presences by one field it is that
    with the fewest signs of life other than ``events``.
    """
    presences = subsystem.presences
    named = [slug for slug, presence in presences.items() if presence.id == field]
    return min(named, key=lambda slug: len(set(presences[slug].heard_by).difference(events)), default=None)


def presence_of_kpi(subsystem: Subsystem, kpi: str) -> str | None:
    """The presence of the things that a KPI is told by; None where none of them can fall silent."""
    spec = subsystem.kpis[kpi]
    if spec.sender is None or spec.silent_after is None:
        return None
    return presence_by(subsystem, spec.sender, events_of_kpi(subsystem, kpi))


def withdrawable_by(subsystem: Subsystem, field: str, event: str) -> str | None:
    """The presence that says which of the things named by a field of an event are out of service."""
    presence = presence_by(subsystem, field, [event])
    return presence if presence is not None and subsystem.presences[presence].withdrawn_by else None


def things_needed(subsystem: Subsystem) -> Iterator[Needed]:
    """What the engine keeps so that silent and withdrawn things can be told from others."""
    for slug in subsystem.kpis:
        if (presence := presence_of_kpi(subsystem, slug)) is not None:
            yield Needed(seen(presence), (subsystem.presences[presence].id,), "total")
    for kpi in subsystem.kpis.values():
        for measure, grouping, _ in kpi.needed():
            for field in grouping if measure.accumulator == "latest" else ():
                if (presence := withdrawable_by(subsystem, field, measure.fact.about)) is not None:
                    yield Needed(withdrawn(presence), (field,), "total")
