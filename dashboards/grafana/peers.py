"""The PromQL of one unit beside its peers: its values, their median, its rank and how that has changed.

Peers are the units of the same level: a commune is compared with communes, an agency with agencies. Everything reads
what is recorded of each unit, which leaves out what has fewer cases than the minimum sample.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from dashboards.grafana.queries import AGO, KpiQueries, status_now
from dashboards.grafana.units import shown, written
from dashboards.rules.exporters import certainty
from ioc.kpis import metric_names
from ioc.kpis.status import Certainty

UNIT = "$unit"
FIGURE = "figure"
"""The label that names a KPI of a subsystem, as ``health/beds``."""

_KPI = "subsystem, kpi"
_SAME = f"on ({_KPI}, level)"


@dataclass(frozen=True, slots=True)
class Peers:
    """Queries over the KPIs that are shares, or over all others."""

    shares: bool

    @property
    def value(self) -> str:
        return self._shown(f"max by ({_KPI}, window) ({self._own()})")

    @property
    def trend(self) -> str:
        return _named(shown(f"max by ({_KPI}) ({self._own()})", self._unit))

    @property
    def change(self) -> str:
        """Since `AGO`."""
        now, then = (f"max by ({_KPI}) ({self._own()}{ago})" for ago in ("", f" offset {AGO}"))
        return _named(f"({written(shown(f'{now} - {then}', self._unit))}) unless on ({_KPI}) {_unknown()}")

    @property
    def median(self) -> str:
        return self._shown(f"quantile by ({_KPI}) (0.5, {self._same_level})")

    @property
    def number(self) -> str:
        """How many units are compared."""
        return _named(f"count by ({_KPI}) ({self._same_level})")

    @property
    def rank(self) -> str:
        return _named(self._rank())

    @property
    def climbed(self) -> str:
        """Places gained since `AGO`."""
        return _named(f"({self._rank(f' offset {AGO}')}) - ({self._rank()})")

    @property
    def status(self) -> str:
        return _named(f"({unit_status()}) and on ({_KPI}) {self._own()}")

    @property
    def places(self) -> str:
        """The unit's place in each ranking as a share: above 0 for the first, 1 for the last."""
        return f"({self._rank()}) / on ({_KPI}) count by ({_KPI}) ({self._same_level})"

    @property
    def _same_level(self) -> str:
        return f"{self._all()} and {_SAME} {self._own()}"

    def _rank(self, ago: str = "") -> str:
        """One more than the number of peers that do better; equals share a rank.

        There is none without a good end or without a peer, nor while nothing is known of the KPI, as of one whose feed
        is silent, nor before its report is due: then all are equally first.
        """
        good = 'best!=""'
        ranked = self._own(good)
        first = f"0 * max by ({_KPI}) ({ranked}{ago})"
        rank = f"1 + ({self._better('most', '>', ago)} or {self._better('least', '<', ago)} or {first})"
        alone = f"count by ({_KPI}) ({self._all(good)}{ago} and {_SAME} {ranked}{ago}) < 2"
        not_due = f"max by ({_KPI}) ({metric_names.KPI_NOT_DUE}{ago}) == 1"
        return f"{rank} unless on ({_KPI}) ({alone} or {_unknown(ago)} or {not_due})"

    def _better(self, best: str, sign: Literal["<", ">"], ago: str) -> str:
        only = f'best="{best}"'
        return (
            f"count by ({_KPI}) ({self._all(only)}{ago} {sign} {_SAME} group_left () "
            f"max by ({_KPI}, level) ({self._own(only)}{ago}))"
        )

    def _shown(self, expr: str) -> str:
        return _named(f"({shown(expr, self._unit)}) unless on ({_KPI}) {_unknown()}")

    @property
    def _unit(self) -> str:
        return "ratio" if self.shares else ""

    def _own(self, only: str = "") -> str:
        return self._all(",".join(filter(None, [f'unit="{UNIT}"', only])))

    def _all(self, only: str = "") -> str:
        shares = f'measured_in{"=" if self.shares else "!="}"ratio"'
        return f"{metric_names.UNIT_KPI}{{{','.join(filter(None, [only, shares]))}}}"


def _unknown(ago: str = "") -> str:
    """The KPIs of which nothing is known."""
    return f"({certainty(ago, _KPI)} < {Certainty.PARTLY_KNOWN:d})"


def unit_status() -> str:
    """The status of each of the unit's KPIs that have limits, grey with its reason."""
    names = (metric_names.KPI_STATUS, metric_names.KPI_GREY_REASON)
    # The unit alone: of a breakdown by unit and something else there is no status.
    return status_now(*(f'max by ({_KPI}) ({name}{{unit="{UNIT}"}})' for name in names))


def parts(kpis: Iterable[KpiQueries], part: Callable[[str], str]) -> str:
    """A part of each ratio of the unit, its numerator or denominator, where the ratio itself is shown."""
    found = (
        f'label_replace(max({kpi.of_unit(part(kpi.metric), UNIT)}), "{FIGURE}", "{kpi.figure}", "", "")' for kpi in kpis
    )
    return f"({' or '.join(found)}) and on ({FIGURE}) ({Peers(shares=True).value})"


def _named(expr: str) -> str:
    return f'label_join({expr}, "{FIGURE}", "/", "subsystem", "kpi")'
