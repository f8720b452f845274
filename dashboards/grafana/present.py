"""Figures that are now, or say that they are not: dimmed, with the moment that the data goes to."""

from collections.abc import Sequence

from dashboards.grafana.canvas import Box, Element, canvas
from dashboards.grafana.charts import stat
from dashboards.grafana.compared import change_title
from dashboards.grafana.panel import Json, Panel, Query, by_name, by_regexp
from dashboards.grafana.queries import KpiQueries, fields_of
from dashboards.grafana.status import LOOKS, MUTED, SHORT_REASONS, status_looks, value_mappings
from dashboards.grafana.units import CLOCK, DATE_AND_TIME, field_unit, shown, written
from dashboards.grafana.words import NO_ANSWER, NO_DATA, NO_LONGER_NEW
from dashboards.rules.exporters import certainty
from dashboards.rules.rule import selector
from dashboards.rules.wall import DATA_TIME_KEPT, SIMULATED_KEPT
from ioc.catalogue.feeds import feeds_of_kpi
from ioc.catalogue.model import Subsystem
from ioc.kpis import metric_names
from ioc.kpis.status import Certainty, Status
from ioc.text.bilingual import Language, Text
from ioc.text.formats import DATA_AS_OF, SIMULATED

DIM = LOOKS[Status.GREY].colour
PLAIN: list[Json] = [{"value": None, "color": "text"}]
"""The theme's colour of text."""

PRESENT = {"as_of": f"1000 * {DATA_TIME_KEPT}", "simulated": SIMULATED_KEPT}
"""What stands over every page beside the clock, by the names of fields."""
CLOCK_NOW = Query("1000 * time()", "clock", instant=True)

_MOMENT = "moment"
_STATUS = "status"
_THEN = "*"
_PRESENT = Text(
    "Đồng hồ chạy theo từng lần làm mới; nếu đồng hồ đứng thì màn hình đã đứng. "
    "Số liệu đến: của nguồn cũ nhất trong các nguồn phải gửi hằng giờ.",
    "The clock moves with every refresh: where it stands, the screen is frozen. "
    "Data as of: of the oldest of the feeds that are expected every hour.",
)


def is_known(kpi: KpiQueries, least: Certainty = Certainty.PARTLY_KNOWN) -> str:
    """1 while at least so much is known of what makes the KPI now, else 0; anything by default."""
    return f"{certainty(selector('', subsystem=kpi.subsystem.subsystem, kpi=kpi.slug))} >= bool {least:d}"


def unless_unknown(expr: str, kpi: KpiQueries) -> str:
    """Figures of a KPI's places, but none while nothing is known of it; in an imported past, where nobody knows, all.

    A table cannot dim a cell, and its status says why there is nothing.
    """
    return f"({expr}) unless on () ({is_known(kpi)}) == 0"


def data_time(subsystem: Subsystem, kpi: str) -> str:
    """Seconds since the epoch up to which all feeds of a KPI have spoken: the oldest one's newest event."""
    feeds = "|".join(feeds_of_kpi(subsystem, kpi))
    only = f'{{subsystem="{subsystem.subsystem}",feed=~"{feeds}"}}'
    return f"min(max by (feed) ({metric_names.FEED_EVENT_TIME}{only}))"


def kpi_stat(
    title: str,
    kpi: KpiQueries,
    queries: Sequence[Query],
    size: tuple[int, int],
    language: Language,
    *,
    description: str,
    unit: Json,
    no_data: str = "",
    digits: int | None = None,
) -> Panel:
    """What a KPI's queries give now. While nothing of it is known that is dimmed, with the moment it is of."""
    as_of = DATA_AS_OF.titled(language)
    then = f"1000 * {data_time(kpi.subsystem, kpi.slug)} unless on () ({is_known(kpi)}) == 1"
    old = {"color": {"mode": "fixed", "fixedColor": DIM}}
    return stat(
        title,
        description,
        [
            *(
                Query(_marked(query.expr, kpi), f"{query.legend}{{{{{_MOMENT}}}}}", possibly_empty=query.possibly_empty)
                for query in queries
            ),
            Query(then, as_of, possibly_empty=True),
        ],
        size,
        language,
        unit=unit,
        steps=PLAIN,
        no_data=no_data,
        digits=digits,
        overrides=[
            by_regexp(f"/\\{_THEN}$/", {**old, "displayName": NO_LONGER_NEW.titled(language)}),
            by_name(as_of, {**old, "unit": DATE_AND_TIME}),
        ],
    )


def limited_stat(
    title: str,
    kpi: KpiQueries,
    size: tuple[int, int],
    language: Language,
    *,
    description: str,
    digits: int | None = None,
) -> Panel:
    """A KPI that has limits, now, in the colour of its status and with its word; grey where it cannot be judged.

    Beside it how it has changed; while nothing of it is known, the moment it is of.
    """
    as_of = DATA_AS_OF.titled(language)
    then = f"1000 * {data_time(kpi.subsystem, kpi.slug)} unless on () ({is_known(kpi)}) == 1"
    value = shown(kpi.whole(), kpi.kpi.unit)
    status = f'count_values("{_STATUS}", {kpi.whole_status})'
    change = f"({written(kpi.change())}) and on () ({is_known(kpi)}) == 1"
    judged = f"{value} * on () group_left ({_STATUS}) {status} or on () NaN * {status} or on () {value}"
    return stat(
        title,
        description,
        [
            Query(judged, f"{{{{{_STATUS}}}}}", possibly_empty=kpi.kpi.possibly_empty),
            Query(change, change_title(language), possibly_empty=True),
            Query(then, as_of, possibly_empty=True),
        ],
        size,
        language,
        unit=field_unit(kpi.kpi.unit),
        steps=PLAIN,
        digits=digits,
        overrides=[
            *(
                by_name(
                    f"{status}", {"displayName": look["text"], "color": {"mode": "fixed", "fixedColor": look["color"]}}
                )
                for status, look in status_looks(language, SHORT_REASONS).items()
            ),
            by_name(as_of, {"color": {"mode": "fixed", "fixedColor": DIM}, "unit": DATE_AND_TIME}),
        ],
    )


def _marked(expr: str, kpi: KpiQueries) -> str:
    """The figure; with a mark of its own where nothing of it is known now."""
    now = f"({is_known(kpi)}) == 1"
    then = f'label_replace({expr} unless on () {now}, "{_MOMENT}", "{_THEN}", "", "")'
    return f"{expr} and on () {now} or {then}"


def present_strip(language: Language) -> Panel:
    """Clock, how far the data goes and whether it is simulated: over every page, and also without an exporter."""
    elements = [
        Element(Box(1, 62, 4, 54), text=NO_ANSWER.titled(language), field="clock", size=40),
        Element(Box(30, 51, 10, 44), text=DATA_AS_OF.titled(language), align="right", colour=MUTED),
        Element(Box(50, 26, 8, 46), text=NO_DATA.titled(language), field="as_of", size=36),
        Element(Box(74, 1, 10, 44), field="simulated", align="right", colour_field="simulated"),
    ]
    fields = {"clock": {"unit": CLOCK}, "as_of": {"unit": DATE_AND_TIME}, "simulated": simulated_field(language)}
    return canvas(
        _PRESENT.titled(language),
        elements,
        [CLOCK_NOW, fields_of(PRESENT)],
        (24, 2),
        overrides=[by_name(name, properties) for name, properties in fields.items()],
        no_data=NO_DATA.titled(language),
    )


def simulated_field(language: Language) -> Json:
    """How the mark of simulated data reads; real data has none."""
    texts: dict[int, Json] = {
        0: {"text": ""},
        1: {"text": SIMULATED.titled(language), "color": LOOKS[Status.YELLOW].colour},
    }
    return {"mappings": value_mappings(texts)}
