"""What fires, since when, and whether it wakes somebody."""

from collections.abc import Iterable, Sequence

from dashboards.grafana.addresses import cases_link
from dashboards.grafana.breakdown import kpi_column, subsystem_column
from dashboards.grafana.charts import table
from dashboards.grafana.panel import Json, Panel, Query, by_name
from dashboards.grafana.peers import FIGURE
from dashboards.grafana.queries import ALERTS_EVALUATED, NONE, all_queries, or_none
from dashboards.grafana.status import LOOKS, NO_NUMBER, text_mappings, value_mappings
from dashboards.grafana.units import DATE_AND_TIME
from dashboards.grafana.words import (
    ALERT,
    ALERTS_OPEN,
    CLASS,
    CLASSES,
    FEED_OR_MACHINE,
    KPI,
    LIMIT_BROKEN,
    NO_ALERT,
    NOT_TAKEN,
    SEVERITIES,
    SEVERITY,
    SINCE,
    STATE,
    STATES,
    SUBSYSTEM,
    TAKEN,
    TAKEN_AT,
)
from dashboards.rules.inhibitions import located
from dashboards.rules.limited import limited_kpis
from dashboards.rules.names import feed_alert, kpi_alert
from dashboards.rules.platform import platform_alerts
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.kpis import platform_metrics
from ioc.kpis.status import GreyReason, Status
from ioc.text.bilingual import Language, Text

NOBODY, SOMEBODY = "nobody", "somebody"
_TEXT = Text(
    "Cảnh báo đang chờ xác nhận hoặc đang báo, từ lúc ngưỡng bị vượt.",
    "Alerts pending and firing, and since when the limit has been broken.",
)


def alert_table(
    catalogue: Catalogue, language: Language, *, subsystem: Subsystem | None = None, height: int = 7
) -> Panel:
    """The alerts of one subsystem, or of all and of the platform."""
    only = f'subsystem="{subsystem.subsystem}"' if subsystem else 'class!="heartbeat"'
    # ALERTS_FOR_STATE has when each became active; ALERTS has the state.
    named = ", ".join(platform_metrics.ALERT_LABELS)
    since = f"1000 * ALERTS_FOR_STATE{{{only}}} * ignoring (alertstate) group_right () ALERTS{{{only}}}"
    since = f"max by ({named}, class, alertstate) ({located(since)})"
    since = f'label_join({since}, "{FIGURE}", "/", "subsystem", "kpi")'
    # Alerts of feeds and of the platform have no KPI.
    since = f'label_replace({since}, "{FIGURE}", "", "{FIGURE}", ".*/")'
    # That there are none only the alert that always fires can prove.
    shown = or_none(of_feed_or_machine(since), "alertstate", ALERTS_EVALUATED)
    # That somebody took an alert is known while the relay runs, who it was stands on its page; nobody has no time.
    alerts = located(f"ALERTS{{{only}}}")
    taken = f"1000 * max by ({named}) ({platform_metrics.RELAY_ALERT_ACKNOWLEDGED}) and on ({named}) {alerts}"
    taken = f'label_replace({taken}, "taken", "{SOMEBODY}", "", "")'
    firing = located(f'ALERTS{{{only},alertstate="firing"}}')
    firing = f"max by ({named}) ({firing})"
    nobody = f'label_replace(NaN * {firing}, "taken", "{NOBODY}", "", "")'
    taken = f"{taken} or on ({named}) {nobody} and on () count({platform_metrics.RELAY_OPEN_ALERTS})"
    columns = {
        "alertstate": STATE.titled(language),
        "severity": SEVERITY.titled(language),
        "subsystem": SUBSYSTEM.titled(language),
        FIGURE: KPI.titled(language),
        "feed": FEED_OR_MACHINE.titled(language),
        "alertname": ALERT.titled(language),
        "Value #A": SINCE.titled(language),
        "taken": TAKEN.titled(language),
        "Value #B": TAKEN_AT.titled(language),
        "class": CLASS.titled(language),
    }
    return table(
        ALERTS_OPEN.titled(language),
        _TEXT.titled(language),
        [
            Query(shown, instant=True, table=True),
            Query(of_feed_or_machine(taken), instant=True, table=True, possibly_empty=True),
        ],
        (24, height),
        language,
        columns=columns,
        sort=[(SINCE.titled(language), True)],
        overrides=_columns(catalogue, subsystem, language),
    )


def of_feed_or_machine(alerts: str) -> str:
    """Alerts of a machine with its name where others have the feed: none is of both, and two of one name are two."""
    return f'label_replace({alerts}, "feed", "$1", "at", "(.+)")'


def feed_names(subsystems: Iterable[Subsystem]) -> dict[str, Text]:
    """Slugs with their names; one that subsystems share has the first's."""
    names: dict[str, Text] = {}
    for subsystem in subsystems:
        for slug, feed in subsystem.feeds.items():
            names.setdefault(slug, feed.name)
    return names


def alert_names(subsystems: Iterable[Subsystem]) -> dict[str, Text]:
    """What each alert says; of which KPI or feed stands in a column of its own."""
    names = {rule.alert: rule.title for rule in platform_alerts()}
    for subsystem in subsystems:
        names[feed_alert(subsystem.subsystem)] = GreyReason.FEED_SILENT.text
        names |= {kpi_alert(subsystem.subsystem, kpi.slug): LIMIT_BROKEN for kpi in limited_kpis(subsystem)}
    return names


def _columns(catalogue: Catalogue, subsystem: Subsystem | None, language: Language) -> list[Json]:
    shown = [subsystem] if subsystem else list(catalogue.subsystems.values())
    kpis = {kpi.figure: kpi for each in shown for kpi in all_queries(each) if kpi.limits is not None}
    absent = {"noValue": "–"}
    moment: Json = {"unit": DATE_AND_TIME, "mappings": [NO_NUMBER], **absent}
    return [
        by_name(
            STATE.titled(language),
            {"mappings": text_mappings({**STATES, NONE: NO_ALERT}, language), "custom.width": 170},
        ),
        severity_column(language),
        subsystem_column(catalogue, language),
        kpi_column(kpis, language, [cases_link(language, "${__value.raw}")]),
        by_name(FEED_OR_MACHINE.titled(language), {"mappings": text_mappings(feed_names(shown), language), **absent}),
        by_name(ALERT.titled(language), {"mappings": text_mappings(alert_names(shown), language), **absent}),
        by_name(SINCE.titled(language), {**moment, "custom.width": 170}),
        taken_column(language),
        by_name(TAKEN_AT.titled(language), {**moment, "custom.width": 170}),
        class_column(language),
    ]


def severity_column(language: Language) -> Json:
    """Severities by colour, shape and word."""
    severities = {
        severity: {"text": f"{_COLOURS[severity].shape} {word.titled(language)}", "color": _COLOURS[severity].colour}
        for severity, word in SEVERITIES.items()
    }
    properties = {"mappings": value_mappings(severities), "custom.cellOptions": {"type": "color-text"}}
    return by_name(SEVERITY.titled(language), {**properties, "custom.width": 130})


def taken_column(language: Language, links: Sequence[Json] = ()) -> Json:
    """Whether somebody took an alert; "–" while nobody can know."""
    takers = {
        NOBODY: {"text": NOT_TAKEN.titled(language), "color": _COLOURS["warning"].colour},
        SOMEBODY: {"text": "✓"},
    }
    properties = {"mappings": value_mappings(takers), "noValue": "–", "links": list(links)}
    return by_name(TAKEN.titled(language), {**properties, "custom.width": 130})


def class_column(language: Language) -> Json:
    return by_name(
        CLASS.titled(language), {"mappings": text_mappings(CLASSES, language), "custom.width": 130, "noValue": "–"}
    )


_COLOURS = {"warning": LOOKS[Status.YELLOW], "critical": LOOKS[Status.RED]}
