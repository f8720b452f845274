"""The nation's recording rules: what each province says of each subsystem, as far as it is known to be of now.

A status is judged in its province, once. The nation only asks whether it may be believed, and is grey where it may not.
"""

from collections.abc import Iterator

from dashboards.nation.names import (
    BRIDGED,
    CELL_GREY_REASON,
    CELL_INFO,
    CELL_STATUS,
    JOB,
    OLD,
    PROVINCE,
    PROVINCE_DOUBT,
    PROVINCE_INFO,
    PROVINCE_SCORE,
    PROVINCE_STATUS,
    STANDING,
    Doubt,
)
from dashboards.rules.names import EXPORTER_FRESH
from dashboards.rules.rule import Recording, selector
from ioc.catalogue.model import Catalogue
from ioc.catalogue.nation import Nation
from ioc.kpis import metric_names
from ioc.kpis.status import GreyReason, Status

PROVINCES = f"group by ({PROVINCE}) ({PROVINCE_INFO})"
"""1 for every province of the nation's file."""
_ON = f"on ({PROVINCE})"
_CELL = f"{PROVINCE}, subsystem"
_ON_CELL = f"on ({_CELL})"


def _within(end: str, series: str, seconds: int) -> str:
    """The ``last``, the ``min`` or the ``max`` of a series within so many seconds."""
    return f"{end}_over_time({series}[{seconds}s])"


def national_recordings(catalogue: Catalogue, nation: Nation) -> Iterator[Recording]:
    """In the order they depend on each other."""
    for place, member in enumerate(nation.provinces, 1):
        names = {"name_vi": member.name.vi, "name_en": member.name.en}
        labels = {PROVINCE: member.code, **names, "grafana": member.grafana}
        yield Recording(PROVINCE_INFO, f"vector({place})", labels)
    for slug in catalogue.subsystems:
        yield Recording(CELL_INFO, PROVINCES, {"subsystem": slug})
    yield Recording(PROVINCE_DOUBT, _doubt())
    yield Recording(CELL_STATUS, _status())
    yield Recording(CELL_GREY_REASON, _reason(catalogue))
    yield Recording(PROVINCE_STATUS, _worst())
    yield Recording(PROVINCE_SCORE, _score())


def of_counted(series: str) -> str:
    """What an expression gives of the exporters that count in their province."""
    return f"({series} unless on ({PROVINCE}, instance) {EXPORTER_FRESH} == 0)"


def believed(expr: str) -> str:
    """What an expression gives of the provinces that are believed now."""
    return f"({expr} and {_ON} {PROVINCE_INFO} unless {_ON} {PROVINCE_DOUBT})"


def _doubt() -> str:
    up = f'up{{job=~"{JOB}.+"}}'
    answered = f"max by ({PROVINCE}) ({_within('max', up, BRIDGED)}) == 1"
    judged = f"max by ({PROVINCE}) ({_within('last', metric_names.SUBSYSTEM_JUDGED, BRIDGED)})"
    # Of two exporters one may stand.
    first, last = (_within(end, metric_names.CLOCK, STANDING) for end in ("min", "max"))
    moved = f"max by ({PROVINCE}) ({last} - {first})"
    doubts = {
        Doubt.NO_ANSWER: f"{PROVINCES} unless {_ON} ({answered})",
        Doubt.CLOCK_AHEAD: f"{PROVINCES} and {_ON} ({judged} - time() > {OLD})",
        Doubt.NOT_JUDGED: f"{PROVINCES} unless {_ON} (time() - {judged} <= {OLD})",
        Doubt.FIGURES_STAND: f"{PROVINCES} and {_ON} ({moved} == 0)",
    }
    return f"\nor {_ON}\n".join(f"({expr}) * {doubt:d}" for doubt, expr in doubts.items())


_SAID = f"max by ({_CELL}) ({_within('last', metric_names.SUBSYSTEM_STATUS, BRIDGED)})"
_JUDGED = f"max by ({_CELL}) ({_within('last', metric_names.SUBSYSTEM_JUDGED, BRIDGED)})"
_OF_NOW = f"(time() - {_JUDGED} <= {OLD})"
"""The cells whose status was judged just now."""


def _status() -> str:
    # Whatever else it may say is no status.
    said = believed(f"{_SAID} >= {min(Status):d} <= {max(Status):d}")
    of_now = f"{said}\n  and {_ON_CELL} {_OF_NOW}\n  and {_ON_CELL} {CELL_INFO}"
    return f"{of_now}\nor {_ON_CELL}\n{CELL_INFO} * {Status.GREY:d}"


def _reason(catalogue: Catalogue) -> str:
    grey = f"({CELL_STATUS} == {Status.GREY:d})"
    of_headlines = " or ".join(
        selector(metric_names.KPI_GREY_REASON, subsystem=slug, kpi=subsystem.headline)
        for slug, subsystem in catalogue.subsystems.items()
    )
    reasons = [
        f"{grey} + {_ON} group_left () {PROVINCE_DOUBT}",
        f"{grey} + {Doubt.NOT_JUDGED:d} and {_ON_CELL} {_SAID} unless {_ON_CELL} {_OF_NOW}",
        # That of the headline before the least of all, as on the province's own wall.
        f"{grey} + {_ON_CELL} max by ({_CELL}) ({of_headlines})",
        f"{grey} + {_ON_CELL} min by ({_CELL}) ({metric_names.KPI_GREY_REASON})",
        f"{grey} + {GreyReason.NO_DATA:d}",
    ]
    return f"\nor {_ON_CELL}\n".join(reasons)


def _worst() -> str:
    return f"max by ({PROVINCE}) ({CELL_STATUS} >= {Status.YELLOW:d})\nor {_ON}\nmin by ({PROVINCE}) ({CELL_STATUS})"


def _score() -> str:
    """Larger for the worse; of equals for the first in the file, less than the least else."""
    none = f"0 * {PROVINCES}"

    def number_of(status: Status) -> str:
        return f"(count by ({PROVINCE}) ({CELL_STATUS} == {status:d}) or {_ON} {none})"

    parts = [
        f"1e9 * (({PROVINCES} and {_ON} {PROVINCE_DOUBT}) or {_ON} {none})",
        f"1e6 * {number_of(Status.RED)}",
        f"1e3 * {number_of(Status.YELLOW)}",
        number_of(Status.GREY),
    ]
    # A thousandth for each place in the file.
    return f"\n+ {_ON} ".join(parts) + f"\n- {_ON} max by ({PROVINCE}) ({PROVINCE_INFO}) / 1000"
