"""What is broken, by name: of each subsystem the KPI that gives it its colour, of each KPI the worst of its places."""

from collections.abc import Iterator, Mapping, Sequence

from dashboards.rules.limited import LimitedKpi, limited_kpis
from dashboards.rules.names import KPI_JUDGED
from dashboards.rules.rule import Recording, selector
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.kpis import metric_names
from ioc.kpis.status import Status
from ioc.text.bilingual import Text

PLACE_LABEL = "place"


def place_field(kpi: LimitedKpi) -> str | None:
    """The field of the places that are named of a KPI: units before stations and the like; None where it has none."""
    alone = [grouping[0] for grouping in kpi.kpi.groupings if len(grouping) == 1]
    return min(alone, key=lambda field: kpi.subsystem.fields[field].type != "unit", default=None)


def place_of(kpi: LimitedKpi) -> str | None:
    """The label of that field."""
    field = place_field(kpi)
    return None if field is None else kpi.subsystem.label(field)


def place_name(catalogue: Catalogue, kpi: LimitedKpi, code: str) -> Text:
    """What people call a place of a KPI; its code where it has no name."""
    return place_names(catalogue, kpi).get(code) or Text(code, code)


def place_names(catalogue: Catalogue, kpi: LimitedKpi) -> Mapping[str, Text]:
    """What people call the places of a KPI, by their codes."""
    field = place_field(kpi)
    if field is None:
        return {}
    spec = kpi.subsystem.fields[field]
    if spec.type == "unit":
        return {unit.code: Text(unit.name, unit.name) for unit in catalogue.province.units}
    return spec.texts


def broken_recordings(subsystem: Subsystem) -> Iterator[Recording]:
    """How many places are red, which is the worst, and which KPI breaks a limit; nothing where none does."""
    kpis = list(limited_kpis(subsystem))
    for kpi in kpis:
        label = place_of(kpi)
        if label is not None:
            statuses = f"{metric_names.KPI_STATUS}{_of_each(kpi, label)}"
            yield Recording(metric_names.KPI_RED_PLACES, f"count({statuses} == {Status.RED:d})", kpi.identity)
            yield Recording(metric_names.KPI_WORST_PLACE, _worst(kpi, label), kpi.identity)
    if kpis:
        yield Recording(metric_names.SUBSYSTEM_BROKEN, _broken(kpis), {"subsystem": subsystem.subsystem})


def _worst(kpi: LimitedKpi, label: str) -> str:
    """The value of the worst place that is red, else of the worst that is yellow."""
    judged, statuses = (f"{name}{_of_each(kpi, label)}" for name in (KPI_JUDGED, metric_names.KPI_STATUS))
    first = "topk" if kpi.limits.direction == "above" else "bottomk"
    red, yellow = (
        f"{first}(1, {judged} and on ({label}) {statuses} == {status:d})" for status in (Status.RED, Status.YELLOW)
    )
    named = f'label_replace({red}\n  or on ()\n{yellow}, "{PLACE_LABEL}", "$1", "{label}", "(.*)")'
    return f"max by ({PLACE_LABEL}) ({named})"


def _broken(kpis: Sequence[LimitedKpi]) -> str:
    """The KPI whose whole breaks the worst limit, the headline before others; else the one with the most red places."""
    subsystem, labels = kpis[0].subsystem, dict.fromkeys((label for kpi in kpis for label in kpi.labels), "")
    statuses = selector(metric_names.KPI_STATUS, subsystem=subsystem.subsystem, **labels)
    headline = selector(metric_names.KPI_STATUS, subsystem=subsystem.subsystem, **{**labels, "kpi": subsystem.headline})
    places = selector(metric_names.KPI_RED_PLACES, subsystem=subsystem.subsystem)
    return f"""group by (kpi) (
  topk(1, {headline} + 0.5 >= {Status.YELLOW:d} or {statuses} >= {Status.YELLOW:d})
  or on ()
  topk(1, {places})
)"""


def _of_each(kpi: LimitedKpi, label: str) -> str:
    """Matchers of the series of one breakdown."""
    matchers = [f'{name}="{value}"' for name, value in kpi.identity.items()]
    matchers += [f'{each}{"!=" if each == label else "="}""' for each in kpi.labels]
    return f"{{{','.join(matchers)}}}"
