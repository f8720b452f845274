"""The rank of each unit among its peers, by every share that has a good end."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from ioc.catalogue.model import Subsystem
from ioc.figures.family import Family, Sample
from ioc.figures.view import Breakdown
from ioc.kpis import metric_names
from ioc.kpis.ranks import ranks_of
from ioc.time.windows import Window

RANKED_WINDOWS: tuple[Window, ...] = ("7d", "30d", "total")
_BY_UNIT = ("unit",)


def rank_family(ranks: Iterable[Sample]) -> Family:
    """The ranks of all subsystems."""
    return Family(
        metric_names.UNIT_RANK, "gauge", "The rank of a unit by a KPI among the units of its level.", list(ranks)
    )


def unit_ranks(subsystem: Subsystem, breakdowns: Iterable[Breakdown], levels: Mapping[str, str]) -> Iterator[Sample]:
    """Ranks in the running windows; peers are the units of one of ``levels`` that have the minimum sample."""
    for kpi, names, window, values in breakdowns:
        spec = subsystem.kpis[kpi]
        if names != _BY_UNIT or window not in RANKED_WINDOWS or spec.ranked is None or not spec.ratio:
            continue
        peers: defaultdict[str, dict[str, float]] = defaultdict(dict)
        for (unit,), value in values.items():
            if unit in levels and (value.denominator or 0) >= spec.minimum_sample_of_ranks:
                peers[levels[unit]][unit] = value.value
        identity = ("subsystem", subsystem.subsystem), ("kpi", kpi), (metric_names.WINDOW_LABEL, window)
        for of_level in peers.values():
            ranks = ranks_of(of_level, spec.ranked)
            yield from (((*identity, ("unit", unit)), rank) for unit, rank in ranks.items())
