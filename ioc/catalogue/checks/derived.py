"""What must hold for KPIs that are derived from others."""

from collections.abc import Iterable, Iterator, Mapping

from ioc.catalogue.faults import Fault, YamlPath, nearest
from ioc.catalogue.structure import Draft
from ioc.kpis.base import Kpi
from ioc.kpis.measures import Grouping
from ioc.time.windows import Window


def input_faults(draft: Draft, slug: str, kpi: Kpi) -> Iterator[Fault]:
    """KPIs that a derived one is read from, in windows and breakdowns that those have."""
    kpis = draft.subsystem.kpis
    for name, window, grouping, _ in kpi.inputs():
        term = f"{name}@{window}" if window else name
        at = draft.written(slug, term, f"-{term}", name)
        if name in kpis:
            yield from _window_faults(draft, at, name, [window] if window else kpi.windows)
            yield from _breakdown_faults(draft, at, name, kpi.groupings if grouping is None else [grouping])
        elif not draft.declares("kpis", name):
            yield draft.fault(at, f"there is no KPI `{name}`", nearest(name, kpis, "declare it under kpis"))


def _window_faults(draft: Draft, at: YamlPath, name: str, windows: Iterable[Window]) -> Iterator[Fault]:
    own = draft.subsystem.kpis[name].windows
    for window in windows:
        if window not in own:
            fix = f"add {window} to the windows of `{name}`, or read one that it has, as in {name}@{own[0]}"
            yield draft.fault(at, f"`{name}` has no window {window}", fix)


def _breakdown_faults(draft: Draft, at: YamlPath, name: str, groupings: Iterable[Grouping]) -> Iterator[Fault]:
    own = draft.subsystem.kpis[name].groupings
    for grouping in groupings:
        if grouping not in own:
            fix = f"add it to `by` of `{name}`, its fields in the same order, or drop it here"
            yield draft.fault(at, f"`{name}` has no breakdown by {', '.join(grouping)}", fix)


def cycle_faults(draft: Draft) -> Iterator[Fault]:
    """KPIs that are derived from themselves."""
    inputs: Mapping[str, list[str]] = {
        slug: [read.kpi for read in kpi.inputs()] for slug, kpi in draft.subsystem.kpis.items()
    }
    for slug in inputs:
        if cycle := _cycle_from(slug, inputs):
            message = f"it is derived from itself: {' ← '.join(cycle)}"
            yield draft.fault(("kpis", slug), message, "derive it from KPIs that are counted")


def _cycle_from(start: str, inputs: Mapping[str, list[str]]) -> list[str]:
    """The way from a KPI over its inputs back to itself; empty where there is none."""
    ways, seen = [[start]], {start}
    while ways:
        way = ways.pop()
        for name in inputs.get(way[-1], ()):
            if name == start:
                return [*way, start]
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []
