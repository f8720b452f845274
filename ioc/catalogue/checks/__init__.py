"""What must hold among the parts of a subsystem's file, and among all files."""

from collections.abc import Iterable, Iterator, Sequence

from ioc.catalogue.checks.entities import entity_faults, presence_faults
from ioc.catalogue.checks.events import event_faults, field_faults
from ioc.catalogue.checks.feeds import feed_faults
from ioc.catalogue.checks.forecasts import forecast_faults
from ioc.catalogue.checks.kpis import kpi_faults
from ioc.catalogue.checks.province import calendar_faults, province_faults, unit_faults
from ioc.catalogue.checks.texts import text_faults
from ioc.catalogue.checks.things import thing_faults
from ioc.catalogue.faults import Fault, nearest
from ioc.catalogue.model import Province
from ioc.catalogue.structure import Draft
from ioc.kpis import metric_names

__all__ = ["faults_among", "faults_of", "province_faults", "text_faults", "unit_faults"]

_SUFFIXED = (metric_names.numerator_name, metric_names.denominator_name, metric_names.sample_name)
_TAKEN = {
    "overview",
    "desk",
    "on_call",
    "ranking",
    "map",
    "months",
    "unit",
    "units",
    "forecasts",
    "platform",
    "index",
    "alerts",
    "kinds",
    "settings",
}
"""Names of pages, rules and labels that belong to no subsystem."""
_PLATFORM_METRICS = {
    name for constant, name in vars(metric_names).items() if constant.isupper() and name.startswith("ioc_")
}


def faults_of(draft: Draft, province: Province | None) -> Iterator[Fault]:
    """The faults within one subsystem."""
    yield from _name_faults(draft)
    yield from field_faults(draft)
    yield from event_faults(draft)
    yield from entity_faults(draft)
    yield from presence_faults(draft)
    yield from feed_faults(draft, province)
    yield from calendar_faults(draft, province)
    yield from kpi_faults(draft, province)
    yield from thing_faults(draft)
    yield from forecast_faults(draft)


def faults_among(drafts: Sequence[Draft]) -> Iterator[Fault]:
    """The faults between subsystems; each is told of the later file."""
    yield from _repeated(drafts, "subsystem", "give each subsystem a slug of its own, and name its file after it")
    yield from _repeated(drafts, "order", "give each subsystem a place of its own among the tiles")
    yield from _metric_faults(drafts)


def _metric_faults(drafts: Iterable[Draft]) -> Iterator[Fault]:
    """KPIs whose metric, or one exported beside it, is that of another KPI or of the platform."""
    owners: dict[str, str] = dict.fromkeys(_PLATFORM_METRICS, "the platform")
    for draft in drafts:
        for slug, kpi in draft.subsystem.kpis.items():
            owner = f"{draft.subsystem.subsystem}.{slug}"
            metric = metric_names.metric_name(draft.subsystem.subsystem, slug, kpi)
            names = [metric, *(suffixed(metric) for suffixed in _SUFFIXED)]
            taken = next((name for name in names if owners.setdefault(name, owner) != owner), None)
            if taken is not None:
                message = f"its metric {taken} is also that of {owners[taken]}"
                yield draft.fault(("kpis", slug), message, "rename this KPI, or change its unit")


def _repeated(drafts: Iterable[Draft], key: str, fix: str) -> Iterator[Fault]:
    first: dict[object, Draft] = {}
    for draft in drafts:
        value = getattr(draft.subsystem, key)
        if (other := first.setdefault(value, draft)) is not draft:
            line = other.source.line((key,))
            yield draft.fault((key,), f"{key} {value} is already in {other.source.file}:{line}", fix)


def _name_faults(draft: Draft) -> Iterator[Fault]:
    subsystem, stem = draft.subsystem, draft.source.file.stem
    if subsystem.subsystem != stem:
        message = f"the file is named {stem}, the subsystem {subsystem.subsystem}"
        yield draft.fault(
            ("subsystem",), message, f"name the file {subsystem.subsystem}.yaml, or write `subsystem: {stem}`"
        )
    if subsystem.subsystem in _TAKEN:
        message = f"{subsystem.subsystem} is the name of a page of the monitor's own"
        yield draft.fault(("subsystem",), message, f"name it otherwise; taken are {', '.join(sorted(_TAKEN))}")
    if not draft.declares("kpis", subsystem.headline):
        message = f"there is no KPI `{subsystem.headline}`"
        yield draft.fault(
            ("headline",), message, nearest(subsystem.headline, subsystem.kpis, "write the slug of a KPI")
        )
