"""Things that fell silent while they broke a limit: their silence is no improvement."""

from collections.abc import Iterator
from typing import NamedTuple

from ioc.catalogue.model import Subsystem
from ioc.figures.view import SubsystemView
from ioc.kpis.limits import effective_limits


class SilentThing(NamedTuple):
    """A thing that broke the limits of a KPI when it was last heard of."""

    kpi: str
    label: tuple[str, str]
    """The label of the field that names it, and its id."""
    value: float
    """What the KPI said of it then; not a number where nobody can tell any more."""


def silent_over_limits(view: SubsystemView, subsystem: Subsystem) -> Iterator[SilentThing]:
    """The things in service that have fallen silent, and of which it is not known that they were well then."""
    for slug, kpi in subsystem.kpis.items():
        limits = effective_limits(kpi)
        if limits is not None and kpi.at_each is not None and kpi.silent_after is not None:
            label = subsystem.label(kpi.at_each)
            for thing, (said, stands) in sorted(view.said(slug, limits.window).items()):
                if not stands and said is not None and limits.is_broken_by(said.value, said.sample):
                    yield SilentThing(slug, (label, thing), said.value)
