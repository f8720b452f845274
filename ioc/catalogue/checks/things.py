"""What must hold so that silence of a thing makes nothing better: it is noticed, and ended by an event."""

from collections.abc import Iterator
from contextlib import suppress

from ioc.catalogue.faults import Fault, YamlPath
from ioc.catalogue.model import Subsystem
from ioc.catalogue.structure import Draft
from ioc.catalogue.things import presence_of_kpi
from ioc.kpis.base import Kpi
from ioc.kpis.kinds.alive import Alive
from ioc.kpis.kinds.last import Last


def thing_faults(draft: Draft) -> Iterator[Fault]:
    """The faults of KPIs of things that may fall silent."""
    for slug, kpi in draft.subsystem.kpis.items():
        # What cannot be read at all is told by the checks of the KPI.
        with suppress(ValueError, KeyError):
            yield from _silence_faults(draft, slug, kpi)
            if kpi.limits is not None:
                yield from _limit_faults(draft, slug, kpi)


def _silence_faults(draft: Draft, slug: str, kpi: Kpi) -> Iterator[Fault]:
    """Silence that nobody could notice."""
    place: YamlPath = ("kpis", slug, "silent_after")
    if kpi.heard_from is not None:
        yield from _part_faults(draft, slug, kpi)
    if kpi.silent_after is None:
        return
    if kpi.sender is None and not isinstance(kpi, Last):
        fix = "add `at_each:` or `heard_from:`, or drop it"
        yield draft.fault(place, "it is told by no thing that could fall silent", fix)
    elif kpi.sender is not None and kpi.reads_silence:
        yield draft.fault(place, f"of a KPI of kind {kpi.kind} no event means that nothing happened", "drop it")
    elif kpi.sender is not None and presence_of_kpi(draft.subsystem, slug) is None:
        message = f"nothing says when a `{kpi.sender}` was last heard of"
        yield draft.fault(place, message, f"declare a presence with `id: {kpi.sender}`")


def _part_faults(draft: Draft, slug: str, kpi: Kpi) -> Iterator[Fault]:
    """Things whose parts cannot be told apart, or whose silence has no end."""
    place: YamlPath = ("kpis", slug, "heard_from")
    if kpi.at_each is not None:
        yield draft.fault(place, f"of each `{kpi.at_each}` it is read already", "drop it")
    elif (kpi.heard_from,) not in kpi.by:
        yield draft.fault(place, f"no breakdown tells the `{kpi.heard_from}` apart", f"add `{kpi.heard_from}` to `by:`")
    if kpi.silent_after is None:
        fix = "add `silent_after:`, the time after which one that is not heard of is silent"
        yield draft.fault(place, f"nothing says when a `{kpi.heard_from}` is silent", fix)


def _limit_faults(draft: Draft, slug: str, kpi: Kpi) -> Iterator[Fault]:
    """Limits that a thing could keep by falling silent."""
    subsystem, place = draft.subsystem, ("kpis", slug, "limits")
    if kpi.at_each is not None and not kpi.reads_silence and kpi.silent_after is None:
        message = f"a `{kpi.at_each}` that falls silent would never break these limits again"
        fix = "add `silent_after:` to the KPI, the time after which one that is not heard of has no value"
        yield draft.fault(place, message, fix)
    if isinstance(kpi, Alive):
        presence: str | None = kpi.presence
    else:
        presence = presence_of_kpi(subsystem, slug)
    if presence in subsystem.presences and not subsystem.presences[presence].withdrawn_by:
        message = f"a `{presence}` that is gone for good could never be taken out of `{slug}`"
        yield draft.fault(place, message, f"add `withdrawn_by:` to the presence `{presence}`, with an event")
    for other in _forgetting(subsystem, slug, 1 if kpi.limits and kpi.limits.direction == "above" else -1):
        message = f"`{other}` leaves out what falls silent, which makes `{slug}` better"
        yield draft.fault(place, message, f"drop `silent_after:` of `{other}`, or read `{slug}` `at_each:` of them")


def _forgetting(subsystem: Subsystem, slug: str, worse: int, way: tuple[str, ...] = ()) -> Iterator[str]:
    """The KPIs behind one that would move it for the better if a thing of theirs fell silent.

    ``worse`` is 1 where it is worse the greater it is, -1 where the smaller; ``way`` leads to it.
    """
    if slug in way:
        return
    kpi = subsystem.kpis[slug]
    if isinstance(kpi, Last) and kpi.things and kpi.silent_after is not None and kpi.at_each is None:
        grown_by = {"sum": 1, "count": 1, "max": 1, "min": -1}.get(kpi.combine)
        if grown_by in (None, worse):
            yield slug
    for other, _, grouping, moves in kpi.inputs():
        if grouping is not None and subsystem.kpis[other].silent_after is not None:
            yield other
        for worse_there in (worse * moves,) if moves else (1, -1):
            yield from _forgetting(subsystem, other, worse_there, (*way, slug))
