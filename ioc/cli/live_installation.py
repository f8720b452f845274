"""Whether the installation that is live would take what these settings send: it says of itself what it knows."""

from collections.abc import Sequence

from dashboards.prometheus_api import Prometheus, PrometheusError
from ioc.catalogue import Catalogue
from ioc.kpis import metric_names

_TOLD = 3
"""Names that a message tells before it counts the others."""


class UnlikeLive(ValueError):
    """The live workers would reject what these settings take; the message says what and the fix."""


def refuse_unlike_live(prometheus: Prometheus, catalogue: Catalogue, subsystem: str) -> None:
    """Refuse a subsystem that the live exporter has not, and units that it does not know.

    Raises:
        UnlikeLive: the live workers would reject events of it.
        PrometheusError: nobody says what is live.
    """
    subsystems = _values(prometheus, metric_names.KPI_INFO, "subsystem")
    units = _values(prometheus, metric_names.UNIT_INFO, "unit")
    if not subsystems:
        raise PrometheusError(f"{prometheus.url} knows of no exporter")
    if subsystem not in subsystems:
        raise UnlikeLive(
            f"the live installation, as {prometheus.url} has it, has no subsystem {subsystem}: give its workers and "
            "exporters the subsystem's file (IOC_SUBSYSTEMS), or set IOC_PROMETHEUS_URL to the right one"
        )
    if strange := [code for code in catalogue.province.units_by_code if code not in units]:
        raise UnlikeLive(
            f"the live installation, as {prometheus.url} has it, does not know {_some(strange)} of these units: leave "
            "--units and IOC_UNITS as its workers have them, or set IOC_PROMETHEUS_URL to the right one"
        )


def _values(prometheus: Prometheus, metric: str, label: str) -> set[str]:
    return {sample.labels[label] for sample in prometheus.query(f"group by ({label}) ({metric})")}


def _some(names: Sequence[str]) -> str:
    others = len(names) - _TOLD
    return ", ".join(names[:_TOLD]) + (f" and {others:,} more" if others > 0 else "")
