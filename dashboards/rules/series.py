"""How the exported series of a KPI are selected: in one window, as a whole or at each value of a label."""

from ioc.catalogue.model import Subsystem
from ioc.kpis import metric_names
from ioc.kpis.base import Kpi
from ioc.time.windows import Window


def labels_of(subsystem: Subsystem, kpi: Kpi) -> list[str]:
    """The labels of all breakdowns, each once."""
    return list(dict.fromkeys(subsystem.label(field) for grouping in kpi.groupings for field in grouping))


def broken_down_by(labels: list[str], label: str = "") -> list[str]:
    """Matchers of the series of a breakdown by one label alone, or of the whole."""
    return [f'{name}{"!=" if name == label else "="}""' for name in labels]


def series_of(subsystem: Subsystem, kpi: Kpi, metric: str, window: Window | str, label: str = "") -> str:
    """The series of a metric of the KPI in a window, at each value of ``label`` or as a whole."""
    matchers = [f'{metric_names.WINDOW_LABEL}="{window}"', *broken_down_by(labels_of(subsystem, kpi), label)]
    return f"{metric}{{{','.join(matchers)}}}"
