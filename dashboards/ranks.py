"""The ranking of units as the page of rankings asks for it, as rows: for a terminal, and for a spreadsheet."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.grafana.queries import KpiQueries
from dashboards.grafana.ranking import (
    GROUPS,
    LEVEL_OF,
    part_of_the_ranking,
    place_in_the_ranking,
    ranked_kpis,
    ranked_units,
    windows_of,
)
from dashboards.prometheus_api import Prometheus
from dashboards.rules.units import UNIT, of_each_unit
from dashboards.rules.wall import DATA_TIME_KEPT
from ioc.catalogue.model import Catalogue
from ioc.kpis import metric_names
from ioc.text import formats
from ioc.text.bilingual import Language, Text
from ioc.text.words import LEVELS, WINDOWS
from ioc.time.windows import Window

_COLUMNS = (
    Text("Hạng", "Rank"),
    Text("Mã", "Code"),
    Text("Đơn vị", "Unit"),
    Text("Nhóm", "Part"),
    Text("Giá trị", "Value"),
    Text("Tử số", "Numerator"),
    Text("Mẫu số", "Denominator"),
)


class NotRanked(ValueError):
    """What was asked for is in no ranking; the message says what is."""


@dataclass(frozen=True, slots=True)
class RankedUnit:
    """A row of a ranking."""

    unit: str
    """Its code."""
    rank: int | None
    """1 for the best, equals alike; None until the exporter has told it."""
    part: Text | None
    """Of the order: the last tenth, the lower half and so on.

    None where all do alike, or where it was ranked between two questions.
    """
    value: float
    """A share from 0 to 1."""
    numerator: float | None
    denominator: float | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """The units of a level by a KPI, the worst first."""

    kpi: KpiQueries
    level: str
    window: Window
    data_time: float | None
    """How far the data goes, seconds since the epoch."""
    units: Sequence[RankedUnit]


def ranking_of(prometheus: Prometheus, catalogue: Catalogue, kpi: str, level: str, window: str | None) -> Ranking:
    """The ranking by a KPI, ``subsystem.kpi``.

    Without a ``window`` that which the page shows first. Raises NotRanked, PrometheusError.
    """
    found = _kpi_of(catalogue, kpi)
    if level not in LEVELS:
        raise NotRanked(f"there is no level {level!r}: write one of {', '.join(LEVELS)}")
    windows = windows_of(found)
    chosen = next((each for each in windows if each == (window or windows[0])), None)
    if chosen is None:
        raise NotRanked(f"{kpi} is not ranked by {window!r}: write one of {', '.join(windows)}")

    def read(expr: str) -> dict[str, float]:
        samples = prometheus.query(expr.replace(LEVEL_OF, level))
        return {sample.labels[UNIT]: sample.value for sample in samples if sample.labels.get(UNIT)}

    ranked = ranked_units(found, chosen)
    values, parts = read(ranked), read(part_of_the_ranking(found, chosen))
    ranks = read(place_in_the_ranking(found, chosen, ranked))
    numerators, denominators = (
        read(of_each_unit(found.subsystem, found.kpi, name(found.metric), chosen))
        for name in (metric_names.numerator_name, metric_names.denominator_name)
    )
    times = prometheus.query(DATA_TIME_KEPT)
    # Equals by their code, so that the same figures give the same table.
    worst_first = sorted(values, key=lambda unit: (values[unit] if found.kpi.ranked == "most" else -values[unit], unit))
    units = [
        RankedUnit(
            unit,
            int(ranks[unit]) if unit in ranks else None,
            GROUPS[int(parts[unit])] if unit in parts else None,
            values[unit],
            numerators.get(unit),
            denominators.get(unit),
        )
        for unit in worst_first
    ]
    return Ranking(found, level, chosen, times[0].value if times else None, units)


def _kpi_of(catalogue: Catalogue, name: str) -> KpiQueries:
    ranked = {f"{each.subsystem.subsystem}.{each.slug}": each for each in ranked_kpis(catalogue)}
    if name not in ranked:
        raise NotRanked(f"{name!r} is in no ranking: write one of {', '.join(ranked)}")
    return ranked[name]


def title(ranking: Ranking, language: Language) -> str:
    """``Tỷ lệ quá hạn (Dịch vụ công), xã, phường, 7 ngày; mẫu số ≥ 30``."""
    kpi = ranking.kpi
    parts = (
        f"{kpi.kpi.name.titled(language)} ({kpi.subsystem.name.titled(language)})",
        LEVELS[ranking.level].of(language),
        WINDOWS[ranking.window].of(language),
    )
    return f"{', '.join(parts)}; {_COLUMNS[-1].of(language).lower()} ≥ {kpi.kpi.minimum_sample_of_ranks}"


def as_of(ranking: Ranking, language: Language) -> str:
    """How far the data goes."""
    told = "–" if ranking.data_time is None else formats.time_text(ranking.data_time)
    return f"{formats.DATA_AS_OF.titled(language)} {told}"


def table(ranking: Ranking, catalogue: Catalogue, language: Language) -> list[list[str]]:
    """Headings, and a row of as many cells for each unit."""
    names = catalogue.province.units_by_code
    rows = [
        [
            "–" if each.rank is None else formats.number(each.rank, 0, language),
            each.unit,
            names[each.unit].name if each.unit in names else each.unit,
            "–" if each.part is None else each.part.of(language),
            formats.value_text(each.value, ranking.kpi.kpi.unit, language),
            *(
                "–" if count is None else formats.number(count, 0, language)
                for count in (each.numerator, each.denominator)
            ),
        ]
        for each in ranking.units
    ]
    return [[column.of(language) for column in _COLUMNS], *rows]
