"""The facts of a leaders' report, asked of Prometheus: figures as the scorecard reads them, at a period's end.

Whatever is counted over the period is counted once a minute.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dashboards.prometheus_api import AsOf, Prometheus, Sample
from dashboards.rules.limited import limited_kpis
from dashboards.rules.names import FEED_SILENT
from dashboards.rules.rule import selector
from dashboards.rules.units import UNIT, shown_window
from dashboards.scorecard import LabelSet, Reading, headline_window, readings
from ioc.catalogue import Catalogue
from ioc.catalogue.feeds import feeds_of_kpi
from ioc.kpis import metric_names
from ioc.kpis.status import GreyReason, Status
from ioc.notices.episode import Episode
from ioc.notices.report.facts import Figure, KpiFacts, ReportFacts, SubsystemFacts, WorstUnits
from ioc.notices.report.period import Period
from ioc.notices.report.ranking import worst_units
from ioc.time.windows import Window

_STEP = 60
_Kpi = tuple[str, str]
_Place = tuple[str, str, LabelSet, str]
_NOTHING = Figure(None)


def report_facts(
    prometheus: Prometheus, catalogue: Catalogue, period: Period, alerts: Sequence[Episode] | None
) -> ReportFacts:
    """The facts of a period that is over. Raises PrometheusError."""
    return _Asked(prometheus, catalogue, period).facts(alerts)


def reported_window(catalogue: Catalogue, slug: str, name: str, period: Period) -> Window:
    """The window that a KPI is reported in: that of its limits, else one as long as the period."""
    subsystem = catalogue.subsystems[slug]
    if name == subsystem.headline:
        return headline_window(catalogue, slug)
    kpi = subsystem.kpis[name]
    fitting = [window for window in period.span.windows if window in kpi.windows]
    return fitting[0] if kpi.limits is None and fitting else shown_window(kpi)


@dataclass(frozen=True)
class _Asked:
    """A server asked about a period."""

    prometheus: Prometheus
    catalogue: Catalogue
    period: Period

    def facts(self, alerts: Sequence[Episode] | None) -> ReportFacts:
        end = self._at(self.period)
        figures, before = self._figures(end), self._figures(self._at(self.period.before))
        units, not_due = self._units(end), self._not_due(end)
        grey, recorded, silences = self._grey(), self._minutes(self._wholes(metric_names.KPI_STATUS)), self._silences()
        worst = {s.labels["subsystem"]: Status(int(s.value)) for s in end.query(metric_names.SUBSYSTEM_STATUS)}

        def kpi_facts(slug: str, name: str) -> KpiFacts:
            kpi = self.catalogue.subsystems[slug].kpis[name]
            window = reported_window(self.catalogue, slug, name, self.period)
            figure = figures.get((slug, name, (), window), _NOTHING)
            ranked = figure.whole and (slug, name) not in not_due and kpi.ranked is not None
            return KpiFacts(
                name,
                window,
                figure,
                before.get((slug, name, (), window), _NOTHING),
                not silences[slug].keys().isdisjoint(feeds_of_kpi(self.catalogue.subsystems[slug], name)),
                grey[slug, name],
                self._length - recorded.get((slug, name), 0.0) if kpi.limits else 0.0,
                list(self._worst(slug, name, units[slug, name], figures)) if ranked else [],
            )

        return ReportFacts(
            self.period,
            any(sample.value == 1 for sample in end.query(metric_names.SIMULATED)),
            next((sample.value for sample in end.query(f"max({metric_names.DATA_TIME})")), None),
            [
                SubsystemFacts(
                    slug,
                    worst.get(slug, Status.GREY),
                    [kpi_facts(slug, name) for name in sorted(subsystem.kpis, key=lambda k: k != subsystem.headline)],
                    silences[slug],
                )
                for slug, subsystem in self.catalogue.subsystems.items()
            ],
            alerts,
        )

    @property
    def _length(self) -> float:
        return float(self.period.end - self.period.start)

    def _at(self, period: Period) -> AsOf:
        """The last second of a period: at its end the next day's windows begin."""
        return AsOf(self.prometheus, period.end - 1)

    def _figures(self, moment: AsOf) -> dict[_Place, Figure]:
        found = readings(moment, self.catalogue)
        return {(each.subsystem, each.kpi, each.labels, each.window): _figure(each) for each in found}

    def _units(self, moment: AsOf) -> dict[_Kpi, list[Sample]]:
        """What is recorded of each unit: only of those that have the minimum sample."""
        found: dict[_Kpi, list[Sample]] = defaultdict(list)
        for sample in moment.query(metric_names.UNIT_KPI):
            found[_kpi_of(sample)].append(sample)
        return found

    def _worst(
        self, slug: str, name: str, units: Sequence[Sample], figures: Mapping[_Place, Figure]
    ) -> Iterator[WorstUnits]:
        """By level: a commune is compared with communes."""
        kpi = self.catalogue.subsystems[slug].kpis[name]
        assert kpi.ranked is not None
        levels: dict[str, dict[str, float]] = defaultdict(dict)
        for sample in units:
            levels[sample.labels["level"]][sample.labels[UNIT]] = sample.value
        for level in sorted(levels):
            worst = worst_units(levels[level], kpi.ranked)
            if worst is not None:
                places = {each.unit: (slug, name, ((UNIT, each.unit),), shown_window(kpi)) for each in worst.units}
                yield WorstUnits(level, worst, {unit: figures.get(at, _NOTHING) for unit, at in places.items()})

    def _not_due(self, moment: AsOf) -> set[_Kpi]:
        return {_kpi_of(sample) for sample in moment.query(f"{metric_names.KPI_NOT_DUE} == 1")}

    def _grey(self) -> dict[_Kpi, dict[GreyReason, float]]:
        found: dict[_Kpi, dict[GreyReason, float]] = defaultdict(dict)
        for reason in GreyReason:
            expr = f"{self._wholes(metric_names.KPI_GREY_REASON)} == {reason:d}"
            for kpi, seconds in self._minutes(expr).items():
                found[kpi][reason] = seconds
        return found

    def _silences(self) -> dict[str, dict[str, float]]:
        """By subsystem and feed."""
        found: dict[str, dict[str, float]] = defaultdict(dict)
        counted = f"count_over_time((max by (subsystem, feed) ({FEED_SILENT}) == 1)[{self._span}])"
        for sample in self._at(self.period).query(counted):
            found[sample.labels["subsystem"]][sample.labels["feed"]] = sample.value * _STEP
        return found

    def _minutes(self, expr: str) -> dict[_Kpi, float]:
        """For how long an expression had a value, in seconds."""
        found = self._at(self.period).query(f"count_over_time((max by (subsystem, kpi) ({expr}))[{self._span}])")
        return {_kpi_of(sample): sample.value * _STEP for sample in found}

    @property
    def _span(self) -> str:
        return f"{self._length:.0f}s:{_STEP}s"

    def _wholes(self, metric: str) -> str:
        """A recorded metric of KPIs as a whole: without the labels of any breakdown."""
        labels = {
            label for each in self.catalogue.subsystems.values() for kpi in limited_kpis(each) for label in kpi.labels
        }
        return selector(metric, **dict.fromkeys(sorted(labels), ""))


def _figure(reading: Reading) -> Figure:
    return Figure(
        reading.value,
        reading.numerator,
        reading.denominator,
        reading.status,
        reading.grey_reason,
        reading.certainty,
    )


def _kpi_of(sample: Sample) -> _Kpi:
    return sample.labels["subsystem"], sample.labels["kpi"]
