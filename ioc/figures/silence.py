"""Things whose silence keeps a KPI from green: they broke a limit when last heard, or the whole lacks their part."""

from collections.abc import Iterator
from math import nan
from typing import NamedTuple

from ioc.catalogue.model import Subsystem
from ioc.figures.view import SubsystemView
from ioc.kpis.limits import effective_limits


class SilentThing(NamedTuple):
    """A thing that fell silent."""

    kpi: str
    label: tuple[str, str]
    """The label of the field that names it, and its id."""
    value: float
    """What the KPI said of it then; not a number where nobody can tell any more."""


def silent_things(view: SubsystemView, subsystem: Subsystem) -> Iterator[SilentThing]:
    """The things in service that have fallen silent and whose silence hides what a KPI with limits would say.

    Of the worst of all things it hides that one which was not well; of what is made of all of them, each.
    """
    for slug, kpi in subsystem.kpis.items():
        limits = effective_limits(kpi)
        if limits is None or kpi.sender is None or kpi.silent_after is None:
            continue
        label = subsystem.label(kpi.sender)
        for thing, (said, stands) in sorted(view.said(slug, limits.window).items()):
            if stands:
                continue
            if kpi.heard_from or (said is not None and limits.is_broken_by(said.value, said.sample)):
                yield SilentThing(slug, (label, thing), nan if said is None else said.value)
