"""On call: what fires and since when, and how old every feed is."""

from dashboards.grafana.addresses import CASES_VARIABLE, RELAY_VARIABLE, dashboard_links
from dashboards.grafana.breakdown import subsystem_series
from dashboards.grafana.charts import status_history, table, table_height
from dashboards.grafana.feeds import all_feeds
from dashboards.grafana.open_alerts import open_alerts_table
from dashboards.grafana.panel import Dashboard, Panel, Query, Section, by_name
from dashboards.grafana.queries import NONE, or_none
from dashboards.grafana.status import NO_NUMBER, text_mappings
from dashboards.grafana.tile import tile_status
from dashboards.grafana.units import DATE_AND_TIME
from dashboards.grafana.words import ALERT, ALERTS, FEED, FEEDS, KPI, ON_CALL, SUBSYSTEM
from ioc.catalogue.model import Catalogue
from ioc.kpis import platform_metrics
from ioc.text.bilingual import Language, Text
from ioc.text.wall import dashboard_uid

_SILENCES = Text("Đang tắt báo", "Silences")
_SILENCES_TEXT = Text(
    "Cảnh báo đang được tắt báo, đến khi nào; ai tắt và vì sao thì xem ở trang cảnh báo.",
    "What is silenced, and until when; by whom and why the page of alerts says.",
)
_ENDS = Text("Đến lúc", "Until")
_NO_SILENCE = Text("Không có cảnh báo nào đang tắt", "Nothing is silenced")
_HISTORY = Text("Trạng thái các phân hệ", "Status of the subsystems")
_HISTORY_TEXT = Text("Trạng thái xấu nhất của từng phân hệ, theo thời gian.", "The worst status of each subsystem.")


def on_call(catalogue: Catalogue, language: Language) -> Dashboard:
    """The duty officer's dashboard in one language."""
    names = subsystem_series(catalogue, language)
    history = Query(_statuses(catalogue), "{{subsystem}}")
    height = table_height(len(catalogue.subsystems))
    return Dashboard(
        uid=dashboard_uid("on-call", language),
        title=ON_CALL.titled(language),
        description=Text(
            "Cảnh báo và các nguồn dữ liệu cho trực ban.", "Alerts and feeds for the duty officer."
        ).titled(language),
        language=language,
        sections=[
            Section(ALERTS.titled(language), [open_alerts_table(catalogue, language, 12), _silences(language)]),
            Section(
                FEEDS.titled(language),
                [
                    all_feeds(catalogue, language, 12, len(catalogue.subsystems)),
                    status_history(
                        _HISTORY.titled(language),
                        _HISTORY_TEXT.titled(language),
                        history,
                        (12, height),
                        language,
                        overrides=names,
                    ),
                ],
            ),
        ],
        span="8h",
        refresh="10s",
        variables=[CASES_VARIABLE, RELAY_VARIABLE],
        links=dashboard_links(language, "on-call"),
    )


def _silences(language: Language) -> Panel:
    ends = f"1000 * max by (alertname, subsystem, kpi, feed) ({platform_metrics.RELAY_SILENCE_ENDS})"
    # That nothing is silenced only a relay that Alertmanager answers can say.
    shown = or_none(ends, "alertname", str(platform_metrics.RELAY_SILENCES))
    return table(
        _SILENCES.titled(language),
        _SILENCES_TEXT.titled(language),
        [Query(shown, instant=True, table=True)],
        (24, 5),
        language,
        columns={
            "Value": _ENDS.titled(language),
            "alertname": ALERT.titled(language),
            "subsystem": SUBSYSTEM.titled(language),
            "kpi": KPI.titled(language),
            "feed": FEED.titled(language),
        },
        sort=[(_ENDS.titled(language), False)],
        overrides=[
            by_name(_ENDS.titled(language), {"unit": DATE_AND_TIME, "mappings": [NO_NUMBER], "custom.width": 220}),
            by_name(ALERT.titled(language), {"mappings": text_mappings({NONE: _NO_SILENCE}, language)}),
            *(by_name(title.titled(language), {"noValue": "–"}) for title in (SUBSYSTEM, KPI, FEED)),
        ],
    )


def _statuses(catalogue: Catalogue) -> str:
    """What the tiles show, of all subsystems at once."""
    return " or ".join(
        f'label_replace({tile_status(subsystem)}, "subsystem", "{slug}", "", "")'
        for slug, subsystem in catalogue.subsystems.items()
    )
