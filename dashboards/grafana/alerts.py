"""What fires, since when, and whether it wakes somebody."""

from dashboards.grafana.addresses import cases_link
from dashboards.grafana.breakdown import kpi_column, subsystem_column
from dashboards.grafana.charts import table
from dashboards.grafana.panel import Json, Panel, Query, by_name
from dashboards.grafana.peers import FIGURE
from dashboards.grafana.queries import NONE, all_queries, or_none
from dashboards.grafana.status import LOOKS, NO_NUMBER, text_mappings, value_mappings
from dashboards.grafana.units import DATE_AND_TIME
from dashboards.grafana.words import (
    ALERT,
    ALERTS_OPEN,
    CLASS,
    CLASSES,
    KPI,
    NO_ALERT,
    NOT_TAKEN,
    SEVERITIES,
    SEVERITY,
    SINCE,
    STATE,
    STATES,
    SUBSYSTEM,
    TAKEN_AT,
    TAKEN_BY,
    Speaker,
)
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.kpis import metric_names
from ioc.kpis.limits import Status
from ioc.text.words import Words

_NOBODY = "nobody"
_TEXT = Words(
    "Cảnh báo đang chờ xác nhận hoặc đang báo, từ lúc ngưỡng bị vượt.",
    "Alerts pending and firing, and since when the limit has been broken.",
)


def alert_table(catalogue: Catalogue, say: Speaker, *, subsystem: Subsystem | None = None, height: int = 7) -> Panel:
    """The alerts of one subsystem, or of all and of the platform."""
    only = f'subsystem="{subsystem.subsystem}"' if subsystem else 'class!="heartbeat"'
    # ALERTS_FOR_STATE has when each became active; ALERTS has the state.
    since = (
        "label_join("
        f"max by (alertname, subsystem, kpi, severity, class, alertstate) "
        f"(1000 * ALERTS_FOR_STATE{{{only}}} * ignoring (alertstate) group_right () ALERTS{{{only}}})"
        f', "{FIGURE}", "/", "subsystem", "kpi")'
    )
    # Alerts of feeds and of the platform have no KPI.
    since = f'label_replace({since}, "{FIGURE}", "", "{FIGURE}", ".*/")'
    # That there are none only the alert that always fires can prove.
    shown = or_none(since, "alertstate", 'ALERTS{class="heartbeat"}')
    # Who took an alert is known while the relay runs; that nobody did has no time.
    named = "alertname, subsystem, kpi, severity"
    taken = f"1000 * max by ({named}, who) ({metric_names.ALERT_ACKNOWLEDGED}) and on ({named}) ALERTS{{{only}}}"
    firing = f'max by ({named}) (ALERTS{{{only},alertstate="firing"}})'
    nobody = f'label_replace(NaN * {firing}, "who", "{_NOBODY}", "", "")'
    taken = f"{taken} or on ({named}) {nobody} and on () count({metric_names.RELAY_OPEN_ALERTS})"
    columns = {
        "alertstate": say(STATE),
        "severity": say(SEVERITY),
        "subsystem": say(SUBSYSTEM),
        FIGURE: say(KPI),
        "alertname": say(ALERT),
        "Value #A": say(SINCE),
        "who": say(TAKEN_BY),
        "Value #B": say(TAKEN_AT),
        "class": say(CLASS),
    }
    return table(
        say(ALERTS_OPEN),
        say(_TEXT),
        [
            Query(shown, instant=True, table=True),
            Query(taken, instant=True, table=True, possibly_empty=True),
        ],
        (24, height),
        say,
        columns=columns,
        sort=[(say(SINCE), True)],
        overrides=_columns(catalogue, subsystem, say),
    )


def _columns(catalogue: Catalogue, subsystem: Subsystem | None, say: Speaker) -> list[Json]:
    shown = [subsystem] if subsystem else list(catalogue.subsystems.values())
    kpis = {kpi.figure: kpi for each in shown for kpi in all_queries(each) if kpi.limits is not None}
    colours = {"warning": LOOKS[Status.YELLOW], "critical": LOOKS[Status.RED]}
    severities = {
        severity: {"text": f"{colours[severity].shape} {say(word)}", "color": colours[severity].colour}
        for severity, word in SEVERITIES.items()
    }
    nobody = {"text": say(NOT_TAKEN), "color": colours["warning"].colour}
    absent = {"noValue": "–"}
    moment: Json = {"unit": DATE_AND_TIME, "mappings": [NO_NUMBER], **absent}
    coloured = {"custom.cellOptions": {"type": "color-text"}}
    return [
        by_name(say(STATE), {"mappings": text_mappings({**STATES, NONE: NO_ALERT}, say), "custom.width": 170}),
        by_name(say(SEVERITY), {"mappings": value_mappings(severities), "custom.width": 150, **coloured}),
        subsystem_column(catalogue, say),
        kpi_column(kpis, say, [cases_link(say, "${__value.raw}")]),
        by_name(say(ALERT), absent),
        by_name(say(SINCE), {**moment, "custom.width": 170}),
        by_name(say(TAKEN_BY), {"mappings": value_mappings({_NOBODY: nobody}), "custom.width": 190, **absent}),
        by_name(say(TAKEN_AT), {**moment, "custom.width": 170}),
        by_name(say(CLASS), {"mappings": text_mappings(CLASSES, say), "custom.width": 150, **absent}),
    ]
