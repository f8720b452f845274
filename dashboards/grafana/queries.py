"""The PromQL of a KPI. Two exporters may run, so every query takes one value of each series, of one that counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dashboards.grafana.panel import Query
from dashboards.grafana.units import shown
from dashboards.rules.exporters import of_unoutdated, while_one_answers
from dashboards.rules.series import broken_down_by, labels_of, series_of
from dashboards.rules.timing import GAP
from dashboards.rules.units import UNIT as UNIT_LABEL
from dashboards.rules.units import shown_window
from ioc.catalogue.model import Subsystem
from ioc.kpis import metric_names
from ioc.kpis.base import Kpi
from ioc.kpis.limits import EffectiveLimits, effective_limits
from ioc.kpis.measures import Grouping
from ioc.time.windows import Window

AGO = "$ago"
"""The variable with the time before now that figures are compared with."""


def before(selector: str, ago: str = AGO) -> str:
    """What a series was then: its last value within an hour, as the past has that `ioc backfill` brings."""
    return f"last_over_time({selector}[1h] offset {ago})"


@dataclass(frozen=True, slots=True)
class KpiQueries:
    """The queries of one KPI."""

    subsystem: Subsystem
    slug: str
    kpi: Kpi

    @property
    def metric(self) -> str:
        return metric_names.metric_name(self.subsystem.subsystem, self.slug, self.kpi)

    @property
    def figure(self) -> str:
        """Its name over all subsystems, as in the address of its cases."""
        return f"{self.subsystem.subsystem}/{self.slug}"

    @property
    def limits(self) -> EffectiveLimits | None:
        return effective_limits(self.kpi)

    @property
    def window(self) -> Window:
        """The window it is shown in where there is room for one: that of its limits, else the running one."""
        return shown_window(self.kpi)

    @property
    def groupings(self) -> list[Grouping]:
        """Its breakdowns, as fields."""
        return [grouping for grouping in self.kpi.groupings if grouping]

    def whole(self, window: Window | None = None) -> str:
        return self._whole(self.metric, window or self.window)

    def numerator(self, window: Window | None = None) -> str:
        return self._whole(metric_names.numerator_name(self.metric), window or self.window)

    def denominator(self, window: Window | None = None) -> str:
        return self._whole(metric_names.denominator_name(self.metric), window or self.window)

    def change(self, window: Window | None = None, ago: str = AGO) -> str:
        """What it has gained since then, as people read its values."""
        then = f"max({before(self._selector(self.metric, window or self.window), ago)})"
        return shown(f"{self.whole(window)} - {then}", self.kpi.unit)

    def change_of_each(self, field: str) -> str:
        label = self.subsystem.label(field)
        # Which exporter was the fresher one then is not asked of the past, which may have been imported.
        then = f"max by ({label}) ({before(self._selector(self.metric, self.window, label))})"
        return shown(f"{self.of_each(field)} - {then}", self.kpi.unit)

    def of_each(self, field: str, metric: str | None = None) -> str:
        """The series of a breakdown by one field."""
        label = self.subsystem.label(field)
        return f"max by ({label}) {of_unoutdated(self._selector(metric or self.metric, self.window, label))}"

    def of_unit(self, metric: str, unit: str) -> str:
        """The series of one unit of a KPI that is broken down by the unit that answers for a case."""
        others = [f'{label}=""' for label in self._labels if label != UNIT_LABEL]
        matchers = [f'{metric_names.WINDOW_LABEL}="{self.window}"', f'{UNIT_LABEL}="{unit}"', *others]
        return of_unoutdated(f"{metric}{{{','.join(matchers)}}}")

    @property
    def whole_status(self) -> str:
        """The status of the whole, grey with its reason."""
        recorded = (self.recorded(name) for name in (metric_names.KPI_STATUS, metric_names.KPI_GREY_REASON))
        return status_now(*(f"max({selector})" for selector in recorded))

    def status_of_each(self, field: str) -> str:
        label = self.subsystem.label(field)
        recorded = (self.recorded(name, label) for name in (metric_names.KPI_STATUS, metric_names.KPI_GREY_REASON))
        return status_now(*(f"max by ({label}) ({selector})" for selector in recorded))

    def recorded(self, metric: str, label: str = "") -> str:
        """A selector of the statuses (or reasons) recorded of each value of a label, or of the whole."""
        own = f'subsystem="{self.subsystem.subsystem}",kpi="{self.slug}",{metric_names.WINDOW_LABEL}="{self.window}"'
        return f"{metric}{{{','.join(filter(None, (own, self._dimensions(label))))}}}"

    @property
    def _labels(self) -> list[str]:
        return labels_of(self.subsystem, self.kpi)

    def _whole(self, metric: str, window: Window) -> str:
        return f"max{of_unoutdated(self._selector(metric, window))}"

    def _selector(self, metric: str, window: Window, label: str = "") -> str:
        return series_of(self.subsystem, self.kpi, metric, window, label)

    def _dimensions(self, label: str = "") -> str:
        return ",".join(broken_down_by(self._labels, label))


def kpi_queries(subsystem: Subsystem, slug: str) -> KpiQueries:
    return KpiQueries(subsystem, slug, subsystem.kpis[slug])


def all_queries(subsystem: Subsystem) -> list[KpiQueries]:
    """The queries of its KPIs, in their order."""
    return [KpiQueries(subsystem, slug, kpi) for slug, kpi in subsystem.kpis.items()]


def dimensions(kpis: Iterable[KpiQueries]) -> dict[str, list[KpiQueries]]:
    """Each field that KPIs are broken down by alone, with those KPIs; the fields of KPIs with limits come first."""
    found: dict[str, list[KpiQueries]] = {}
    for kpi in sorted(kpis, key=lambda kpi: kpi.limits is None):
        for grouping in kpi.groupings:
            if len(grouping) == 1:
                found.setdefault(grouping[0], []).append(kpi)
    return found


def worst_of_each(kpis: Iterable[KpiQueries], field: str) -> str:
    """The worst status of each value of a field over several KPIs; one that is grey keeps the others from green."""
    judged = [kpi for kpi in kpis if kpi.limits is not None]
    label = judged[0].subsystem.label(field)
    statuses, reasons = (
        " or ".join(kpi.recorded(metric, label) for kpi in judged)
        for metric in (metric_names.KPI_STATUS, metric_names.KPI_GREY_REASON)
    )
    worst = f"(max by ({label}) ({statuses}) > 1 or min by ({label}) ({statuses}))"
    return status_now(worst, f"max by ({label}) ({reasons})")


def whole_statuses(subsystem: Subsystem, metric: str, **matchers: str) -> str:
    """A selector of the recorded statuses (or reasons) of the subsystem's KPIs as a whole."""
    kpis = [kpi for kpi in all_queries(subsystem) if kpi.limits is not None]
    labels = dict.fromkeys(subsystem.label(field) for kpi in kpis for group in kpi.groupings for field in group)
    texts = [f'{name}="{value}"' for name, value in {"subsystem": subsystem.subsystem, **matchers}.items()]
    texts += [f'{label}=""' for label in labels]
    return f"{metric}{{{','.join(texts)}}}"


def with_reason(status: str, reason: str) -> str:
    """A status, and where it is grey the reason below 0: one field says which grey, and grey sorts behind green."""
    return f"({status}) > 0 or - ({reason}) or {status}"


def status_now(status: str, reason: str) -> str:
    """The same as it is shown for now: unknown as soon as no exporter answers, though rules bridge a minute."""
    return while_one_answers(with_reason(status, reason))


def fields_of(exprs: Mapping[str, str]) -> Query:
    """One instant query for several figures, each of one series without labels, by the names of their fields."""
    named = (f'label_replace({expr}, "{_FIELD}", "{name}", "", "")' for name, expr in exprs.items())
    return Query(" or ".join(named), f"{{{{{_FIELD}}}}}", instant=True)


_FIELD = "field"
NONE = "none"
"""The label's value of the line that says that there is nothing."""

NO_DATA_LINE = "no_data"
"""Likewise of the line that says that there is no data."""
_OR_NO_DATA = " or on () label_replace(vector(NaN)"


def or_none(expr: str, label: str, proof: str, *, value: str = "NaN") -> str:
    """A query; where it is empty a line of this value, none by default, named `NONE`, while ``proof`` has any series.

    An empty answer alone is no proof that there is nothing: perhaps nobody asks any more.
    """
    return f'{expr} or on () label_replace({value} * group({proof}), "{label}", "{NONE}", "", "")'


def or_no_data(expr: str, label: str, others: Iterable[str]) -> str:
    """A query; where it and all ``others`` are empty a line without a value, named `NO_DATA_LINE`.

    That is true whatever the reason, so it takes no proof.
    """
    nothing = "".join(f" unless on () ({other})" for other in others)
    return f'{expr}{_OR_NO_DATA}{nothing}, "{label}", "{NO_DATA_LINE}", "", "")'


def without_no_data(expr: str) -> str:
    """A query without that line, which is no answer to who asks whether there is any."""
    return expr.partition(_OR_NO_DATA)[0]


ALERTS_EVALUATED = f'timestamp(ALERTS{{class="heartbeat"}}) > time() - {GAP}'
"""There while the alert that always fires proves that alerts are evaluated, not only were before Prometheus ended."""

OPEN_ALERTS = f"count({metric_names.ALERT_OPEN}) or on () 0 * count({ALERTS_EVALUATED})"
"""Their number; 0 only while alerts are evaluated."""

PLATFORM_STATUS = (
    '3 * group(ALERTS{layer="platform",severity="critical"})'
    ' or on () 2 * group(ALERTS{alertstate="firing",layer="platform",severity="warning"})'
    f" or on () group({ALERTS_EVALUATED})"
)
"""The worst of the platform's alerts as a status, a critical one within its hold too: a page tells before a call."""
