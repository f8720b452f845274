"""A KPI that has limits, and how its series are selected."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from dashboards.rules.exporters import recent
from dashboards.rules.rule import selector
from dashboards.rules.series import labels_of
from ioc.catalogue.model import Subsystem
from ioc.kpis import metric_names
from ioc.kpis.base import Kpi
from ioc.kpis.limits import EffectiveLimits, effective_limits
from ioc.kpis.measures import Grouping


@dataclass(frozen=True)
class LimitedKpi:
    """One KPI with its limits."""

    subsystem: Subsystem
    slug: str
    kpi: Kpi
    limits: EffectiveLimits

    @cached_property
    def metric(self) -> str:
        return metric_names.metric_name(self.subsystem.subsystem, self.slug, self.kpi)

    @property
    def identity(self) -> dict[str, str]:
        """The labels that every series recorded or fired for it carries."""
        return {"subsystem": self.subsystem.subsystem, "kpi": self.slug}

    @cached_property
    def labels(self) -> list[str]:
        """The labels of all breakdowns, each once."""
        return labels_of(self.subsystem, self.kpi)

    @property
    def series(self) -> str:
        """The labels that tell its exported series apart, as PromQL lists them; which exporter it was is none."""
        return ", ".join([metric_names.WINDOW_LABEL, *self.labels])

    @property
    def sample_metric(self) -> str:
        """The metric of the cases behind the value."""
        return metric_names.denominator_name(self.metric) if self.kpi.ratio else metric_names.sample_name(self.metric)

    def labels_of(self, grouping: Grouping) -> Grouping:
        return tuple(self.subsystem.label(name) for name in grouping)

    def recent(self, metric: str) -> str:
        """A metric of its own in the limits' window, a short gap bridged."""
        return recent(selector(metric, **{metric_names.WINDOW_LABEL: self.limits.window}))


def limited_kpis(subsystem: Subsystem) -> Iterator[LimitedKpi]:
    """The subsystem's KPIs that have limits."""
    for slug, kpi in subsystem.kpis.items():
        limits = effective_limits(kpi)
        if limits is not None:
            yield LimitedKpi(subsystem, slug, kpi, limits)
