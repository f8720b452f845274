"""The open alerts as the one on call needs them: where, how much against which limit, since when, who has it."""

from collections.abc import Iterable, Iterator

from dashboards.grafana.addresses import cases_link, relay_link
from dashboards.grafana.alerts import (
    NOBODY,
    SOMEBODY,
    alert_names,
    class_column,
    feed_names,
    of_feed_or_machine,
    severity_column,
    taken_column,
)
from dashboards.grafana.breakdown import kpi_column, subsystem_column
from dashboards.grafana.charts import table
from dashboards.grafana.panel import Json, Panel, Query, by_name
from dashboards.grafana.peers import FIGURE
from dashboards.grafana.queries import ALERTS_EVALUATED, NONE, all_queries, or_none
from dashboards.grafana.status import NO_NUMBER, text_mappings, value_mappings
from dashboards.grafana.units import DATE_AND_TIME, LOCAL_NUMBER
from dashboards.grafana.words import (
    ALERT,
    ALERTS_OPEN,
    CLASS,
    FEED_OR_MACHINE,
    KPI,
    LIMIT,
    NO_ALERT,
    SEVERITY,
    SINCE,
    SUBSYSTEM,
    TAKEN,
    WHOLE,
    WORST_PLACE,
)
from dashboards.rules.broken import PLACE_LABEL, place_names
from dashboards.rules.exporters import while_one_answers
from dashboards.rules.inhibitions import located
from dashboards.rules.limited import LimitedKpi, limited_kpis
from dashboards.rules.names import KPI_JUDGED
from dashboards.rules.wording import limit_text
from ioc.catalogue.model import Catalogue
from ioc.kpis import metric_names, platform_metrics
from ioc.text.bilingual import Language, Text

_NAMED = ", ".join(platform_metrics.ALERT_LABELS)
_LIMIT_LABEL = "limit"
_TEXT = Text(
    "Cảnh báo đang mở, nặng nhất và lâu nhất đứng đầu: nơi xấu nhất và giá trị ở đó, giá trị toàn tỉnh, ngưỡng, từ lúc "
    "nào. Giá trị theo đơn vị của ngưỡng. Bấm tên cảnh báo để xem cách xử lý, bấm cột nhận để nhận hoặc xem ai giữ.",
    "The open alerts, the worst and oldest first: the worst place and its value, the value of the whole, the limit, "
    "since when. Values are in the unit of the limit. A click on the alert leads to its runbook, on 'taken' to who "
    "has it.",
)
_AT_PLACE = Text("Giá trị ở đó", "Value there")


def open_alerts_table(catalogue: Catalogue, language: Language, height: int) -> Panel:
    """Those of all subsystems and of the platform; a warning beside its critical is not told twice."""
    limited = [kpi for each in catalogue.subsystems.values() for kpi in limited_kpis(each)]
    one = f"max by ({_NAMED}, class) ({metric_names.ALERT_OPEN})"
    began = f"max by ({_NAMED}) ({located('ALERTS_FOR_STATE')})"
    since = f"1000 * {began} * on ({_NAMED}) group_right () {one}"
    # That there are none only the alert that always fires can prove.
    since = or_none(_identified(since), "alertname", ALERTS_EVALUATED)
    acknowledged = f"max by ({_NAMED}) ({platform_metrics.RELAY_ALERT_ACKNOWLEDGED})"
    taken = f'label_replace({one} and on ({_NAMED}) {acknowledged}, "taken", "{SOMEBODY}", "", "")'
    untaken = f'label_replace({one} unless on ({_NAMED}) {acknowledged}, "taken", "{NOBODY}", "", "")'
    # Only a relay that runs can say who took what.
    holder = f"({taken} or {untaken}) and on () group({platform_metrics.RELAY_OPEN_ALERTS})"
    # An alert goes on without an exporter; what is so bad then nobody knows.
    places, wholes = (while_one_answers(" or ".join(each)) for each in (_worst(limited), _whole(limited)))
    worst = f"{one} * on (subsystem, kpi) group_left ({PLACE_LABEL}) ({places})"
    whole = f"{one} * on (subsystem, kpi) group_left () ({wholes})"
    exprs = (since, _identified(holder), _identified(worst), _identified(whole))
    columns = {
        "severity": SEVERITY,
        "subsystem": SUBSYSTEM,
        FIGURE: KPI,
        "feed": FEED_OR_MACHINE,
        PLACE_LABEL: WORST_PLACE,
        "Value #C": _AT_PLACE,
        "Value #D": WHOLE,
        _LIMIT_LABEL: LIMIT,
        "Value #A": SINCE,
        "taken": TAKEN,
        "class": CLASS,
        "alertname": ALERT,
    }
    return table(
        ALERTS_OPEN.titled(language),
        _TEXT.titled(language),
        [Query(expr, instant=True, table=True, possibly_empty=expr != since) for expr in exprs],
        (24, height),
        language,
        columns={field: title.titled(language) for field, title in columns.items()},
        sort=[(SEVERITY.titled(language), False), (SINCE.titled(language), False)],
        overrides=_columns(catalogue, limited, language),
    )


def _identified(expr: str) -> str:
    """With the labels that its KPI and its limit are named by."""
    named = f'label_join({expr}, "{FIGURE}", "/", "subsystem", "kpi")'
    # Alerts of feeds and of the platform have no KPI, and so no limit.
    named = f'label_replace({named}, "{FIGURE}", "", "{FIGURE}", ".*/")'
    named = f'label_join({named}, "{_LIMIT_LABEL}", "/", "{FIGURE}", "severity")'
    return of_feed_or_machine(named)


def _worst(limited: Iterable[LimitedKpi]) -> Iterator[str]:
    for subsystem, unit, slugs in _by_unit(limited):
        only = f'subsystem="{subsystem}",kpi=~"{slugs}"'
        worst = f"max by (subsystem, kpi, {PLACE_LABEL}) ({metric_names.KPI_WORST_PLACE}{{{only}}})"
        yield _in_limits_unit(worst, unit)


def _whole(limited: Iterable[LimitedKpi]) -> Iterator[str]:
    limited = list(limited)
    labels = dict.fromkeys(label for kpi in limited for label in kpi.labels)
    for subsystem, unit, slugs in _by_unit(limited):
        only = ",".join([f'subsystem="{subsystem}",kpi=~"{slugs}"', *(f'{label}=""' for label in labels)])
        yield _in_limits_unit(f"max by (subsystem, kpi) ({KPI_JUDGED}{{{only}}})", unit)


def _by_unit(limited: Iterable[LimitedKpi]) -> list[tuple[str, str, str]]:
    """Subsystem, unit, and a pattern of the slugs of the KPIs that have both."""
    found: dict[tuple[str, str], list[str]] = {}
    for kpi in limited:
        unit = kpi.kpi.unit if kpi.kpi.unit in ("ratio", "seconds") else ""
        found.setdefault((kpi.subsystem.subsystem, unit), []).append(kpi.slug)
    return [(subsystem, unit, "|".join(slugs)) for (subsystem, unit), slugs in found.items()]


def _in_limits_unit(expr: str, unit: str) -> str:
    """Limits are written in per cent and minutes."""
    return f"100 * {expr}" if unit == "ratio" else f"{expr} / 60" if unit == "seconds" else expr


def _columns(catalogue: Catalogue, limited: list[LimitedKpi], language: Language) -> list[Json]:
    queries = {kpi.figure: kpi for each in catalogue.subsystems.values() for kpi in all_queries(each) if kpi.limits}
    limits = {
        f"{kpi.subsystem.subsystem}/{kpi.slug}/{severity}": {"text": limit_text(kpi, severity, language)}
        for kpi in limited
        for severity in kpi.limits.severities
    }
    places: dict[str, Json] = {}
    for kpi in limited:
        places |= {code: {"text": name.titled(language)} for code, name in place_names(catalogue, kpi).items()}
    alerts = text_mappings({NONE: NO_ALERT, **alert_names(catalogue.subsystems.values())}, language)
    # What is no KPI's is "/warning" or the like.
    none: Json = {"type": "regex", "options": {"pattern": "^/.*", "result": {"text": "–", "index": 0}}}
    number: Json = {"unit": LOCAL_NUMBER, "decimals": 2, "noValue": "–", "custom.width": 90}
    runbook = relay_link(language, "/runbooks/${__value.raw:percentencode}")
    properties: dict[Text, Json] = {
        FEED_OR_MACHINE: {
            "mappings": text_mappings(feed_names(catalogue.subsystems.values()), language),
            "custom.width": 160,
        },
        WORST_PLACE: {"mappings": value_mappings(places), "custom.width": 200},
        _AT_PLACE: number,
        WHOLE: number,
        LIMIT: {"mappings": [*value_mappings(limits), none], "custom.width": 100},
        SINCE: {"unit": DATE_AND_TIME, "mappings": [NO_NUMBER], "custom.width": 160},
        ALERT: {"mappings": alerts, "links": [runbook], "custom.minWidth": 290},
    }
    return [
        severity_column(language),
        subsystem_column(catalogue, language),
        kpi_column(queries, language, [cases_link(language, "${__value.raw}")]),
        taken_column(language, [relay_link(language, "/")]),
        class_column(language),
        *(by_name(title.titled(language), {"noValue": "–", **each}) for title, each in properties.items()),
    ]
