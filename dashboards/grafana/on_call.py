"""On call: what fires and since when, and how old every feed is."""

from dashboards.grafana.addresses import CASES_VARIABLE, dashboard_links, uid
from dashboards.grafana.alerts import alert_table
from dashboards.grafana.breakdown import subsystem_column, subsystem_series
from dashboards.grafana.charts import status_column, status_history, table, table_height
from dashboards.grafana.panel import Dashboard, Panel, Query, Section, by_name
from dashboards.grafana.queries import NONE, or_none
from dashboards.grafana.status import NO_NUMBER, text_mappings
from dashboards.grafana.tile import tile_status
from dashboards.grafana.units import DATE_AND_TIME, SECONDS
from dashboards.grafana.words import ALERTS, FEEDS, ON_CALL, STATUS, SUBSYSTEM, Speaker
from ioc.catalogue.model import Catalogue
from ioc.kpis import metric_names
from ioc.text.formats import DATA_AS_OF
from ioc.text.words import Words

_SILENT_FOR = Words("Im lặng", "Silent for")
_EXPECTED = Words("Chu kỳ", "Expected every")
_FEEDS_TEXT = Words(
    "Mỗi nguồn im lặng bao lâu so với chu kỳ của nó; im lặng lâu nhất đứng đầu.",
    "How long each feed has been silent against its expected interval; the longest silence first.",
)
_SILENCES = Words("Đang tắt báo", "Silences")
_SILENCES_TEXT = Words(
    "Cảnh báo đang được tắt báo: đến khi nào, ai tắt, vì sao.", "What is silenced: until when, by whom and why."
)
_ENDS = Words("Đến lúc", "Until")
_SILENCED = Words("Cảnh báo", "Alerts")
_BY = Words("Người tắt", "By")
_NOTE = Words("Lý do", "Why")
_NO_SILENCE = Words("Không có cảnh báo nào đang tắt", "Nothing is silenced")
_HISTORY = Words("Trạng thái các phân hệ", "Status of the subsystems")
_HISTORY_TEXT = Words("Trạng thái xấu nhất của từng phân hệ, theo thời gian.", "The worst status of each subsystem.")


def on_call(catalogue: Catalogue, say: Speaker) -> Dashboard:
    """The duty officer's dashboard in one language."""
    names = subsystem_series(catalogue, say)
    history = Query(_statuses(catalogue), "{{subsystem}}")
    height = table_height(len(catalogue.subsystems))
    return Dashboard(
        uid=uid("on-call", say),
        title=say(ON_CALL),
        description=say(Words("Cảnh báo và các nguồn dữ liệu cho trực ban.", "Alerts and feeds for the duty officer.")),
        language=say.language,
        sections=[
            Section(say(ALERTS), [alert_table(catalogue, say, height=12), _silences(say)]),
            Section(
                say(FEEDS),
                [
                    _feeds(catalogue, say),
                    status_history(say(_HISTORY), say(_HISTORY_TEXT), history, (12, height), say, overrides=names),
                ],
            ),
        ],
        span="8h",
        refresh="10s",
        variables=[CASES_VARIABLE],
        links=dashboard_links(say, "on-call"),
    )


def _silences(say: Speaker) -> Panel:
    ends = f"1000 * max by (matchers, who, note) ({metric_names.SILENCE_ENDS})"
    # That nothing is silenced only a relay that runs can say.
    shown = or_none(ends, "matchers", metric_names.RELAY_OPEN_ALERTS)
    return table(
        say(_SILENCES),
        say(_SILENCES_TEXT),
        [Query(shown, instant=True, table=True)],
        (24, 5),
        say,
        columns={"Value": say(_ENDS), "matchers": say(_SILENCED), "who": say(_BY), "note": say(_NOTE)},
        sort=[(say(_ENDS), False)],
        overrides=[
            by_name(say(_ENDS), {"unit": DATE_AND_TIME, "mappings": [NO_NUMBER], "custom.width": 220}),
            by_name(say(_SILENCED), {"mappings": text_mappings({NONE: _NO_SILENCE}, say)}),
            *(by_name(say(title), {"noValue": "–"}) for title in (_BY, _NOTE)),
        ],
    )


def _statuses(catalogue: Catalogue) -> str:
    """What the tiles show, of all subsystems at once."""
    return " or ".join(
        f'label_replace({tile_status(subsystem)}, "subsystem", "{slug}", "", "")'
        for slug, subsystem in catalogue.subsystems.items()
    )


def _feeds(catalogue: Catalogue, say: Speaker) -> Panel:
    exprs = {
        _statuses(catalogue): STATUS,
        f"1000 * max by (subsystem) ({metric_names.EVENT_TIME})": DATA_AS_OF,
        f"max by (subsystem) ({metric_names.FEED_SILENCE})": _SILENT_FOR,
        f"max by (subsystem) ({metric_names.FEED_EXPECTED_INTERVAL})": _EXPECTED,
    }
    columns = {"subsystem": say(SUBSYSTEM)}
    columns |= {f"Value #{ref}": say(title) for ref, title in zip("ABCD", exprs.values(), strict=True)}
    seconds = {"unit": SECONDS, "decimals": 0}
    return table(
        say(FEEDS),
        say(_FEEDS_TEXT),
        [Query(expr, instant=True, table=True) for expr in exprs],
        (12, table_height(len(catalogue.subsystems))),
        say,
        columns=columns,
        sort=[(say(_SILENT_FOR), True)],
        overrides=[
            subsystem_column(catalogue, say),
            by_name(say(STATUS), status_column(say)),
            by_name(say(DATA_AS_OF), {"unit": DATE_AND_TIME}),
            by_name(say(_SILENT_FOR), seconds),
            by_name(say(_EXPECTED), seconds),
        ],
    )
