"""What rises towards a limit, and when it gets there if it goes on as before: the soonest first."""

from dashboards.grafana.breakdown import kpi_column, names
from dashboards.grafana.charts import table, table_height
from dashboards.grafana.panel import Json, Panel, Query, by_name, by_title
from dashboards.grafana.queries import NONE, KpiQueries, kpi_queries, or_none
from dashboards.grafana.status import NO_NUMBER, text_mappings, value_mappings
from dashboards.grafana.units import LOCAL_NUMBER, SECONDS
from dashboards.grafana.words import FORECAST, FORECAST_IN, FORECAST_LIMIT, KPI, NO_FORECAST, RISE_PER_HOUR
from dashboards.rules.exporters import while_one_answers
from dashboards.rules.forecasts import LIMIT
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.kpis import metric_names
from ioc.kpis.kinds.alarm_level import AlarmLevel
from ioc.kpis.limits import STATUS_OF_SEVERITY, Severity
from ioc.text.bilingual import Language, Text
from ioc.text.formats import duration

_RESTS_ON = Text(
    "Dự báo theo đường thẳng qua các trị số của {0}; chỉ hiện khi đường thẳng sát số đo, còn đang tăng, và mốc không "
    "xa hơn chính khoảng thời gian đó. Tính từ trị số mới nhất: trạm ngừng báo thì mốc đến sớm hơn, và sau một phần ba "
    "khoảng thời gian đó không còn dự báo. Không phải dự báo của cơ quan khí tượng thủy văn.",
    "A straight line through the values of {0}; shown only where it fits what was measured, it still rises, and the "
    "limit is no further ahead than that time. Counted from the newest value: of a station that fell silent the limit "
    "comes sooner, and after a third of that time there is no forecast. It is no forecast of the hydrometeorological "
    "service.",
)
_NOTHING = Text("Không nơi nào đang tiến tới ngưỡng", "Nothing is on its way to a limit")
_ROWS = 3
_ALARM = Text("Cấp báo động {0}", "Alarm level {0}")


def forecast_tables(catalogue: Catalogue, subsystem: Subsystem, language: Language) -> list[Panel]:
    """A table for each kind of place at which KPIs with forecasts are read."""
    placed: dict[str, list[KpiQueries]] = {}
    for slug, kpi in subsystem.kpis.items():
        if kpi.forecast is not None and kpi.at_each is not None:
            placed.setdefault(kpi.at_each, []).append(kpi_queries(subsystem, slug))
    return [_table(catalogue, subsystem, field, kpis, language) for field, kpis in placed.items()]


def _table(catalogue: Catalogue, subsystem: Subsystem, field: str, kpis: list[KpiQueries], language: Language) -> Panel:
    label, spec = subsystem.label(field), subsystem.fields[field]
    place, limit, after, rise = (
        text.titled(language) for text in (spec.name, FORECAST_LIMIT, FORECAST_IN, RISE_PER_HOUR)
    )
    forecast, trend = (
        while_one_answers(f'{metric}{{subsystem="{subsystem.subsystem}",{label}!=""}}')
        for metric in (metric_names.FORECAST, metric_names.TREND)
    )
    figure = f'"figure", "{subsystem.subsystem}/$1", "kpi", "(.+)"'
    ahead = f"label_replace(max by (kpi, {label}, {LIMIT}) ({forecast}), {figure})"
    rising = f"label_replace(max by (kpi, {label}) ({trend} and on (kpi, {label}) {forecast}), {figure})"
    # That none rises is told while there is an exporter; that nothing is known the table tells by itself.
    queries = [
        Query(or_none(ahead, label, str(metric_names.CLOCK)), instant=True, table=True),
        Query(rising, instant=True, table=True, possibly_empty=True),
    ]
    places = [*names(catalogue, spec, language), *text_mappings({NONE: _NOTHING}, language)]
    return table(
        FORECAST.titled(language),
        _RESTS_ON.titled(language).format(_times(kpis, language)),
        queries,
        (24, table_height(_ROWS)),
        language,
        columns={label: place, "figure": KPI.titled(language), LIMIT: limit, "Value #A": after, "Value #B": rise},
        sort=[(after, False)],
        overrides=[
            by_name(place, {"mappings": places}),
            kpi_column({kpi.figure: kpi for kpi in kpis}, language, units=True),
            by_name(limit, {"mappings": value_mappings(_limits(kpis, language))}),
            by_title(after, {"unit": SECONDS, "decimals": 0, "mappings": [NO_NUMBER]}),
            by_title(rise, {"unit": LOCAL_NUMBER, "decimals": 2, "noValue": "–"}),
        ],
        no_data=NO_FORECAST.titled(language),
    )


def _times(kpis: list[KpiQueries], language: Language) -> str:
    """``Mực nước sông trong 3 giờ qua, Lượng mưa trong 2 giờ qua``."""
    return ", ".join(
        Text("{0} trong {1} qua", "{0} over the last {1}")
        .of(language)
        .format(kpi.kpi.name.titled(language), duration(kpi.kpi.forecast.over.seconds, language=language))
        for kpi in kpis
        if kpi.kpi.forecast is not None
    )


def _limits(kpis: list[KpiQueries], language: Language) -> dict[str, Json]:
    alarms = [each for kpi in kpis for each in kpi.subsystem.kpis.values() if isinstance(each, AlarmLevel)]
    most = max((len(levels) for each in alarms for levels in each.levels.values()), default=0)
    told = {str(number): _ALARM.titled(language).format(number) for number in range(1, most + 1)}
    told |= {
        severity.name.lower(): STATUS_OF_SEVERITY[severity].text.titled(language)
        for severity in (Severity.WARNING, Severity.CRITICAL)
    }
    return {name: {"text": text} for name, text in told.items()}
