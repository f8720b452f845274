"""A tile of the overview: a canvas with a status band, name, headline figure and age, and the trend below it.

All digits and letters are as large as they must be to be read from four metres on a 55-inch screen of 1920 x 1080.
"""

from dashboards.grafana.canvas import NO_BREAK, Box, Element, canvas, fitting, unbroken
from dashboards.grafana.charts import limits_text, sparkline
from dashboards.grafana.panel import Json, Panel, Query, by_name
from dashboards.grafana.queries import KpiQueries, kpi_queries, whole_statuses, with_reason
from dashboards.grafana.status import (
    BLUE,
    CARD,
    INK,
    LOOKS,
    MUTED,
    SHORT_REASONS,
    band_mappings,
    no_status,
    status_mappings,
    value_mappings,
)
from dashboards.grafana.units import LOCAL_NUMBER, SECONDS, field_unit
from dashboards.grafana.words import DAYS, HOURS, MINUTES, NEW, NO_DATA, NOT_TAKEN, TAKEN
from ioc.catalogue.model import Subsystem
from ioc.kpis import metric_names, platform_metrics
from ioc.kpis.status import Status
from ioc.text.bilingual import Language, Text
from ioc.time.windows import DAY, HOUR, Window

WIDTH = 6
HEIGHT = 6
NOTE_WIDTH = WIDTH // 2
BELOW_HEIGHT = 2

DIGITS = 58
LABEL = 30
NAME_WIDTH = 452
"""Pixels that a line of a tile has."""
NEW_FOR = "15m"
GREY = LOOKS[Status.GREY].colour
_NOTE = Text(
    "Cảnh báo của phân hệ đã có người nhận chưa, lúc nào.", "Whether somebody took the subsystem's alert, and when."
)


def tile(subsystem: Subsystem, window: Window, language: Language, link: str) -> Panel:
    """The tile of a subsystem, its headline in ``window``; a click leads to ``link``."""
    kpi = kpi_queries(subsystem, subsystem.headline)
    queries = [
        _query("status", tile_status(subsystem)),
        _query("new", f"max(changes({metric_names.SUBSYSTEM_STATUS}{_only(subsystem)}[{NEW_FOR}]))"),
        *_age_queries(subsystem),
        _query("value", _shown(kpi, window)),
    ]
    elements = [*_band(language), *_names(subsystem, kpi, language), *_figure(kpi)]
    if kpi.kpi.ratio:
        queries += [_query("numerator", kpi.numerator(window)), _query("denominator", kpi.denominator(window))]
        elements += _fraction()
    if kpi.kpi.bands:
        queries.append(_query("band", kpi.whole(window)))
        elements.append(Element(Box(52, 3, 134, 76), field="band", size=36, align="center"))
    # Over everything, so that a click anywhere counts.
    elements.append(Element(Box(0, 0, 0, 220), link=link))
    return canvas(
        _description(subsystem, kpi, language),
        elements,
        queries,
        (WIDTH, HEIGHT),
        overrides=_fields(kpi, language),
        no_data=NO_DATA.titled(language),
    )


def note(subsystem: Subsystem, language: Language, link: str) -> Panel:
    """When an alert of a subsystem was taken last; or that nobody took any."""
    only = _only(subsystem)
    taken = f"1000 * max({platform_metrics.RELAY_ALERT_ACKNOWLEDGED}{only})"
    firing = f'count(ALERTS{{subsystem="{subsystem.subsystem}",alertstate="firing"}})'
    # Only a relay that runs can say that nobody took an alert.
    untaken = f"{firing} unless on () {platform_metrics.RELAY_ALERT_ACKNOWLEDGED}{only}"
    queries = [
        _query("taken", taken),
        _query("nobody", f"{untaken} and on () {platform_metrics.RELAY_OPEN_ALERTS}"),
    ]
    elements = [
        Element(Box(5, 0, 0, 36), field="taken", size=LABEL, colour=MUTED),
        Element(Box(5, 0, 0, 36), field="nobody", size=LABEL, colour=LOOKS[Status.YELLOW].colour),
        Element(Box(0, 0, 0, 68), link=link),
    ]
    fields: dict[str, Json] = {
        "taken": {"unit": f"time:[✓{NO_BREAK}{TAKEN.of(language)}{NO_BREAK}]HH:mm"},
        "nobody": {"mappings": _from_one(unbroken(NOT_TAKEN.titled(language)))},
    }
    return canvas(
        _NOTE.titled(language),
        elements,
        queries,
        (NOTE_WIDTH, BELOW_HEIGHT),
        overrides=[by_name(name, properties) for name, properties in fields.items()],
        no_data=NO_DATA.titled(language),
        transparent=True,
    )


def trend(subsystem: Subsystem, window: Window, language: Language) -> Panel:
    """The headline over the dashboard's time."""
    kpi = kpi_queries(subsystem, subsystem.headline)
    query = Query(kpi.whole(window), legend=kpi.kpi.name.titled(language))
    return sparkline(
        query,
        _description(subsystem, kpi, language),
        (WIDTH - NOTE_WIDTH, BELOW_HEIGHT),
        language,
        unit=field_unit(kpi.kpi.unit, language),
    )


def tile_status(subsystem: Subsystem) -> str:
    """The subsystem's status; where that is grey its reason, the headline's before the least of all."""
    status = f"max({metric_names.SUBSYSTEM_STATUS}{_only(subsystem)})"
    own = whole_statuses(subsystem, metric_names.KPI_GREY_REASON, kpi=subsystem.headline)
    any_kpi = whole_statuses(subsystem, metric_names.KPI_GREY_REASON)
    return with_reason(status, f"max({own}) or min({any_kpi})")


def _band(language: Language) -> list[Element]:
    """Status by colour, shape and word; the data's age at the right."""
    return [
        Element(Box(0, 0, 0, 46), background=GREY, background_field="status"),
        Element(Box(2, 24, 0, 46), text=unbroken(no_status(language)), field="status", size=LABEL, colour=INK),
        *(Element(Box(62, 2, 0, 46), field=unit, size=LABEL, align="right", colour=INK) for unit in _AGE_UNITS),
    ]


def _names(subsystem: Subsystem, kpi: KpiQueries, language: Language) -> list[Element]:
    return [
        Element(Box(3, 0, 50, 42), text=fitting(subsystem.name.titled(language), LABEL, NAME_WIDTH), size=LABEL),
        Element(
            Box(3, 0, 92, 38), text=fitting(kpi.kpi.name.titled(language), LABEL, NAME_WIDTH), size=LABEL, colour=MUTED
        ),
        Element(Box(3, 80, 130, 38), field="new", size=LABEL, colour=BLUE),
    ]


def _figure(kpi: KpiQueries) -> list[Element]:
    if kpi.kpi.unit != "ratio":
        right = 50 if kpi.kpi.bands else 3
        return [Element(Box(17, right, 130, 84), text="–", field="value", size=DIGITS, align="center")]
    return [
        Element(Box(1, 42, 130, 84), text="–", field="value", size=DIGITS, align="right"),
        Element(Box(59, 32, 146, 64), text="%", size=40),
    ]


def _fraction() -> list[Element]:
    """The numerator over the denominator."""
    return [
        Element(Box(66, 3, 128, 38), field="numerator", size=LABEL, align="right"),
        # An element is at least 10 pixels high: most of the line is covered again.
        Element(Box(70, 3, 170, 10), background=MUTED),
        Element(Box(70, 3, 172, 10), background=CARD),
        Element(Box(66, 3, 176, 38), field="denominator", size=LABEL, align="right", colour=MUTED),
    ]


_AGE_UNITS = {"seconds": (None, 60, 1), "minutes": (60, HOUR, 60), "hours": (HOUR, 2 * DAY, HOUR)} | {
    "days": (2 * DAY, None, DAY)
}
"""From, below and divisor in seconds: a text can have one unit only, so one of four fields has a value."""


def _age_queries(subsystem: Subsystem) -> list[Query]:
    newest = f"max({metric_names.EVENT_TIME}{_only(subsystem)})"
    age = f"clamp_min(max({metric_names.CLOCK}) - {newest}, 0)"
    queries = []
    for name, (first, end, divisor) in _AGE_UNITS.items():
        bounded = age + (f" >= {first}" if first else "") + (f" < {end}" if end else "")
        queries.append(_query(name, f"floor(({bounded}) / {divisor})"))
    return queries


def _fields(kpi: KpiQueries, language: Language) -> list[Json]:
    """How the texts of the fields read."""
    plain = {"unit": LOCAL_NUMBER, "decimals": 0}
    new = value_mappings({0: {"text": ""}}) + _from_one(NEW.titled(language))
    value = {"unit": LOCAL_NUMBER, "decimals": 2} if kpi.kpi.unit == "ratio" else field_unit(kpi.kpi.unit, language)
    value = {"unit": "dthms", "decimals": 0} if value["unit"] == SECONDS else value
    fields: dict[str, Json] = {
        "status": {"mappings": status_mappings(language, unbroken, SHORT_REASONS)},
        "new": {"mappings": new},
        "seconds": {"unit": "suffix: s", "decimals": 0},
        "minutes": {"unit": f"suffix: {MINUTES.of(language)}", "decimals": 0},
        "hours": {"unit": f"suffix: {HOURS.of(language)}", "decimals": 0},
        "days": {"unit": f"suffix: {DAYS.of(language)}", "decimals": 0},
        "value": value,
        "numerator": plain,
        "denominator": plain,
    }
    if kpi.kpi.bands:
        fields["band"] = {"mappings": band_mappings(kpi.kpi.bands, language)}
    return [by_name(name, properties) for name, properties in fields.items()]


def _from_one(text: str) -> list[Json]:
    return [{"type": "range", "options": {"from": 1, "to": None, "result": {"text": text, "index": 1}}}]


def _description(subsystem: Subsystem, kpi: KpiQueries, language: Language) -> str:
    limits = f" {limits_text(kpi.limits, kpi.kpi.unit, language)}" if kpi.limits else ""
    parts = (subsystem.name, kpi.kpi.name, kpi.kpi.description)
    return "{}: {}. {}".format(*(part.titled(language) for part in parts)) + limits


def _shown(kpi: KpiQueries, window: Window) -> str:
    """A share in per cent: the browser's language then gives it its decimal comma."""
    return f"100 * {kpi.whole(window)}" if kpi.kpi.unit == "ratio" else kpi.whole(window)


def _query(name: str, expr: str) -> Query:
    # Of the ages one has a value, and nothing need have been taken.
    return Query(expr, legend=name, instant=True, possibly_empty=name in (*_AGE_UNITS, "taken", "nobody"))


def _only(subsystem: Subsystem) -> str:
    return f'{{subsystem="{subsystem.subsystem}"}}'
