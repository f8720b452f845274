"""What must hold for each KPI by itself: its unit, its labels, its limits."""

from collections.abc import Iterable, Iterator

from ioc.catalogue.checks.derived import cycle_faults, input_faults
from ioc.catalogue.checks.facts import measure_faults, where_faults
from ioc.catalogue.faults import Fault, YamlPath, nearest
from ioc.catalogue.model import FieldSpec, Province
from ioc.catalogue.structure import Draft
from ioc.kpis import metric_names
from ioc.kpis.base import Kpi
from ioc.kpis.measures import Grouping

RESERVED_LABELS = {
    metric_names.WINDOW_LABEL,
    "subsystem",
    "kpi",
    "severity",
    "alertname",
    "job",
    "instance",
    "le",
    "quantile",
}
LABELS = {"id", "code", "unit", "boolean", "integer"}
"""The types of fields that can be a label."""
MOST_NUMBERS = 100
"""The most values of an integer that are few enough for labels, as hours and years are."""
LARGEST_RATIO_LIMIT = 10


def kpi_faults(draft: Draft, province: Province | None) -> Iterator[Fault]:
    """The faults of all KPIs of a subsystem, each told once."""
    units = frozenset(unit.code for unit in province.units) if province else frozenset()
    for slug, kpi in draft.subsystem.kpis.items():
        found = [
            *_unit_faults(draft, slug, kpi),
            *_window_faults(draft, slug, kpi),
            *(draft.fault(("kpis", slug, key), message, fix) for key, message, fix in kpi.misuses()),
            *_label_faults(draft, slug, kpi),
            *measure_faults(draft, slug, kpi),
            *where_faults(draft, slug, kpi, units),
            *input_faults(draft, slug, kpi),
            *_limit_faults(draft, slug, kpi),
        ]
        yield from dict.fromkeys(found)
    yield from cycle_faults(draft)


def _unit_faults(draft: Draft, slug: str, kpi: Kpi) -> Iterator[Fault]:
    place: YamlPath = ("kpis", slug, "unit")
    if not kpi.unit.replace("_", "").isalnum() or not kpi.unit.isascii() or kpi.unit != kpi.unit.lower():
        yield draft.fault(
            place, f"the unit {kpi.unit!r} cannot end a metric's name", "write one English word in lower case"
        )
    if kpi.only_unit is not None and kpi.unit != kpi.only_unit:
        what = {"seconds": "in seconds", "ratio": "a ratio"}[kpi.only_unit]
        yield draft.fault(
            place, f"a KPI of kind {kpi.kind} is {what}, not {kpi.unit}", f"write `unit: {kpi.only_unit}`"
        )


def _window_faults(draft: Draft, slug: str, kpi: Kpi) -> Iterator[Fault]:
    """Windows that the kind cannot be read in."""
    if not set(kpi.windows) <= set(kpi.only_windows):
        what = "is a present state" if list(kpi.only_windows) == ["total"] else "has windows of its own"
        fix = f"write windows: [{', '.join(kpi.only_windows)}]"
        yield draft.fault(("kpis", slug, "windows"), f"a KPI of kind {kpi.kind} {what}", fix)


def _label_faults(draft: Draft, slug: str, kpi: Kpi) -> Iterator[Fault]:
    """Fields that may be no label, and breakdowns whose labels are alike."""
    fields, labels = draft.subsystem.fields, _names(kpi.groupings)
    for name in dict.fromkeys([*labels, *kpi.things]):
        at = draft.written(slug, name, first=("by", "at_each"))
        if name in fields:
            yield from _identity_faults(draft, at, name)
            if name in labels:
                yield from _series_faults(draft, at, name)
        elif not draft.declares("fields", name):
            yield draft.fault(at, f"there is no field `{name}`", nearest(name, fields, "declare it under fields"))
    for number, grouping in enumerate(kpi.by):
        names = [draft.subsystem.label(name) for name in grouping if name in fields]
        if len(set(names)) < len(names):
            at = ("kpis", slug, "by", number)
            fix = "give one of the fields another `label:`"
            yield draft.fault(at, f"{', '.join(grouping)} would have the same label", fix)


def _identity_faults(draft: Draft, at: YamlPath, name: str) -> Iterator[Fault]:
    """Whether a field may tell things apart at all."""
    field = draft.subsystem.fields[name]
    if field.personal:
        yield draft.fault(at, f"`{name}` is personal data and can be no label", "take a field that names no person")
    if field.type not in LABELS:
        fix = f"take a field of type {', '.join(sorted(LABELS))}"
        yield draft.fault(at, f"`{name}` is of type {field.type} and can be no label", fix)


def _series_faults(draft: Draft, at: YamlPath, name: str) -> Iterator[Fault]:
    """Whether a field may be exported as a label: few values, a name of its own."""
    field, label = draft.subsystem.fields[name], draft.subsystem.label(name)
    if field.type == "code" and not field.values:
        fix = f"declare `values:` for the field `{name}`, or `type: id` if it names one of a few sites"
        yield draft.fault(at, f"`{name}` may take any code, so its labels would have no end", fix)
    if field.type == "integer" and not _is_bounded(field):
        message = f"`{name}` may be any number, so its labels would have no end"
        yield draft.fault(at, message, f"declare `min:` and `max:` of at most {MOST_NUMBERS} values for the field")
    for slug, entity in draft.subsystem.entities.items():
        if name == entity.id:
            message = f"`{name}` names each single {slug}, so its labels would have no end"
            yield draft.fault(at, message, "break down by a property of it")
    if label in RESERVED_LABELS:
        fix = f"give the field another `label:`; taken are {', '.join(sorted(RESERVED_LABELS))}"
        yield draft.fault(at, f"the label {label} is taken by every metric", fix)


def _is_bounded(field: FieldSpec) -> bool:
    return field.min is not None and field.max is not None and field.max - field.min < MOST_NUMBERS


def _names(groupings: Iterable[Grouping]) -> list[str]:
    return [name for grouping in groupings for name in grouping]


def _limit_faults(draft: Draft, slug: str, kpi: Kpi) -> Iterator[Fault]:
    if (limits := kpi.limits) is None:
        return
    place: YamlPath = ("kpis", slug, "limits")
    above = limits.direction == "above"
    fix = "write at least one of `warning:` and `critical:`"
    if limits.warning is None and limits.critical is None:
        yield draft.fault(place, "these limits limit nothing", fix)
    if (
        limits.warning is not None
        and limits.critical is not None
        and _beyond(limits.warning, limits.critical, above=above)
    ):
        side = "above" if above else "below"
        message = f"critical ({limits.critical:g}) is reached before warning ({limits.warning:g})"
        yield draft.fault((*place, "critical"), message, f"with `direction: {side}` critical lies {side} warning")
    for name, raised, clear in (
        ("warning", limits.warning, limits.clear_warning),
        ("critical", limits.critical, limits.clear_critical),
    ):
        at = (*place, f"clear_{name}")
        if clear is not None and raised is None:
            yield draft.fault(at, f"there is no limit `{name}` to clear", f"add `{name}:`, or drop it")
        if clear is not None and raised is not None and _beyond(clear, raised, above=above):
            side = "at most" if above else "at least"
            message = f"it clears at {clear:g}, where `{name}` ({raised:g}) is still broken"
            yield draft.fault(at, message, f"with `direction: {limits.direction}` write {side} {raised:g}")
        if raised is not None and kpi.unit == "ratio" and abs(raised) > LARGEST_RATIO_LIMIT:
            message = f"{raised:g} is no share"
            yield draft.fault((*place, name), message, "write a share of 1, as in 0.95 for 95 %")
    if limits.window is not None and limits.window not in kpi.windows:
        fix = f"write one of {', '.join(kpi.windows)}, or add it to windows"
        yield draft.fault((*place, "window"), f"the KPI has no window {limits.window}", fix)


def _beyond(first: float, second: float, *, above: bool) -> bool:
    """Whether ``first`` is worse than ``second``."""
    return first > second if above else first < second
