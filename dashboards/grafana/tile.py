"""A tile of the overview: a canvas with a status band, name, headline figure and age, and the trend below it.

All digits and letters are as large as they must be to be read from four metres on a 55-inch screen of 1920 x 1080.
"""

from collections.abc import Mapping
from dataclasses import replace

from dashboards.grafana.canvas import NO_BREAK, Box, Element, canvas, fitting, unbroken
from dashboards.grafana.charts import limits_text
from dashboards.grafana.panel import Json, Panel, Query, by_name
from dashboards.grafana.present import DIM, data_time, is_known
from dashboards.grafana.queries import KpiQueries, fields_of, kpi_queries, whole_statuses, with_reason
from dashboards.grafana.status import (
    BLUE,
    CARD,
    INK,
    LOOKS,
    MUTED,
    SHORT_REASONS,
    TEXT,
    band_mappings,
    no_status,
    status_mappings,
    value_mappings,
)
from dashboards.grafana.units import LOCAL_NUMBER, SECONDS, field_unit
from dashboards.grafana.words import DAYS, HOURS, MINUTES, NEW, NO_DATA, NOT_TAKEN, PLACES_RED, TAKEN
from dashboards.rules.broken import place_names
from dashboards.rules.limited import limited_kpis
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.kpis import metric_names, platform_metrics
from ioc.kpis.status import Status
from ioc.text.bilingual import Language, Text
from ioc.time.windows import DAY, HOUR, Window

WIDTH = 6
HEIGHT = 6
BELOW_HEIGHT = 2

DIGITS = 58
LABEL = 30
NAME_WIDTH = 452
"""Pixels that a line of a tile has."""
NEW_FOR = "15m"
GREY = LOOKS[Status.GREY].colour
_KPI_WIDTH, _PLACE_WIDTH = 345, 280
_NOTE = Text(
    "Chỉ tiêu vượt ngưỡng, từ lúc nào, ở đâu hoặc ở bao nhiêu đơn vị; bao nhiêu cảnh báo chưa ai nhận, nhận khi nào.",
    "What breaks its limit, since when, where or at how many places; how many alerts nobody took, or else when.",
)


def tile(subsystem: Subsystem, window: Window, language: Language, link: str) -> Panel:
    """The tile of a subsystem, its headline in ``window``; a click leads to ``link``."""
    kpi = kpi_queries(subsystem, subsystem.headline)
    exprs = {
        "status": tile_status(subsystem),
        "new": f"max(changes({metric_names.SUBSYSTEM_STATUS}{_only(subsystem)}[{NEW_FOR}]))",
        **_ages(subsystem),
        "value": _shown(kpi, window),
        "known": is_known(kpi),
    }
    elements = [*_band(language), *_names(subsystem, kpi, language), *_figure(kpi)]
    if kpi.kpi.ratio:
        exprs |= {"numerator": kpi.numerator(window), "denominator": kpi.denominator(window)}
        elements += _fraction()
    if kpi.kpi.bands:
        exprs["band"] = kpi.whole(window)
        elements.append(Element(Box(52, 3, 134, 76), field="band", size=36, align="center"))
    # Over everything, so that a click anywhere counts.
    elements.append(Element(Box(0, 0, 0, 220), link=link))
    return canvas(
        _description(subsystem, kpi, language),
        elements,
        [fields_of(exprs)],
        (WIDTH, HEIGHT),
        overrides=_fields(kpi, language),
        no_data=NO_DATA.titled(language),
    )


def note(catalogue: Catalogue, subsystem: Subsystem, language: Language, link: str) -> Panel:
    """What is broken, since when, where or at how many places; how many alerts nobody took, else when."""
    only, named = _only(subsystem), ", ".join(platform_metrics.ALERT_LABELS)
    broken = f"{metric_names.SUBSYSTEM_BROKEN}{only}"
    places = f"{metric_names.KPI_RED_PLACES}{only} and on (kpi) {broken}"
    worst = f"{metric_names.KPI_WORST_PLACE}{only} and on (kpi) {broken} unless on (kpi) {places} > 1"
    acknowledged = f"{platform_metrics.RELAY_ALERT_ACKNOWLEDGED}{only}"
    untaken = f"{metric_names.ALERT_OPEN}{only} unless on ({named}) {acknowledged}"
    # Only a relay that runs can say that nobody took an alert. One that somebody took speaks for no other.
    nobody = f"count({untaken}) and on () group({platform_metrics.RELAY_OPEN_ALERTS})"
    exprs = {
        "since": f"1000 * min(ALERTS_FOR_STATE{only} and on (kpi) {broken})",
        "places": f"max({places} > 1)",
        "nobody": nobody,
        "taken": f"1000 * max({acknowledged}) unless on () {nobody}",
    }
    tables = [Query(expr, instant=True, table=True) for expr in (broken, f"max by (place) ({worst})")]
    queries = [replace(query, possibly_empty=True) for query in (*tables, fields_of(exprs))]
    elements = [
        Element(Box(3, 25, 0, 36), field="kpi", size=LABEL),
        Element(Box(76, 3, 0, 36), field="since", size=LABEL, align="right"),
        Element(Box(3, 38, 32, 36), field="place", size=LABEL, colour=MUTED),
        Element(Box(3, 38, 32, 36), field="places", size=LABEL, colour=LOOKS[Status.RED].colour),
        Element(Box(50, 3, 32, 36), field="taken", size=LABEL, align="right", colour=MUTED),
        Element(Box(50, 3, 32, 36), field="nobody", size=LABEL, align="right", colour=LOOKS[Status.YELLOW].colour),
        Element(Box(0, 0, 0, 68), link=link),
    ]
    return canvas(
        _NOTE.titled(language),
        elements,
        queries,
        (WIDTH, BELOW_HEIGHT),
        overrides=_note_fields(catalogue, subsystem, language),
        no_data=NO_DATA.titled(language),
        transparent=True,
    )


def _note_fields(catalogue: Catalogue, subsystem: Subsystem, language: Language) -> list[Json]:
    """How the texts of a note read: names instead of slugs and codes, as far as there is room."""
    kpis = {slug: kpi.name.titled(language) for slug, kpi in subsystem.kpis.items() if kpi.limits is not None}
    places: dict[str, str] = {}
    for kpi in limited_kpis(subsystem):
        places |= {code: text.titled(language) for code, text in place_names(catalogue, kpi).items()}
    fields: dict[str, Json] = {
        "kpi": {"unit": "string", "mappings": _fitted(kpis, _KPI_WIDTH)},
        "place": {"unit": "string", "mappings": _fitted(places, _PLACE_WIDTH)},
        "since": {"unit": "time:HH:mm"},
        "places": {"unit": f"suffix: {unbroken(PLACES_RED.of(language))}", "decimals": 0},
        "nobody": {"unit": f"suffix: {unbroken(NOT_TAKEN.of(language))}", "decimals": 0},
        "taken": {"unit": f"time:[✓{NO_BREAK}{TAKEN.of(language)}{NO_BREAK}]HH:mm"},
    }
    return [by_name(name, properties) for name, properties in fields.items()]


def _fitted(texts: Mapping[str, str], width: float) -> list[Json]:
    return value_mappings({code: {"text": unbroken(fitting(text, LABEL, width))} for code, text in texts.items()})


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
    """The value, in full white only while it is known now."""
    look = Element(Box(17, 50 if kpi.kpi.bands else 3, 130, 84), "–", "value", DIGITS, "center", DIM, "known")
    if kpi.kpi.unit != "ratio":
        return [look]
    return [
        replace(look, box=Box(1, 42, 130, 84), align="right"),
        Element(Box(59, 32, 146, 64), text="%", size=40, colour=DIM, colour_field="known"),
    ]


def _fraction() -> list[Element]:
    """The numerator over the denominator."""
    return [
        Element(Box(66, 3, 128, 38), field="numerator", size=LABEL, align="right", colour=DIM, colour_field="known"),
        # An element is at least 10 pixels high: most of the line is covered again.
        Element(Box(70, 3, 170, 10), background=MUTED),
        Element(Box(70, 3, 172, 10), background=CARD),
        Element(Box(66, 3, 176, 38), field="denominator", size=LABEL, align="right", colour=MUTED),
    ]


_AGE_UNITS = {"seconds": (None, 60, 1), "minutes": (60, HOUR, 60), "hours": (HOUR, 2 * DAY, HOUR)} | {
    "days": (2 * DAY, None, DAY)
}
"""From, below and divisor in seconds: a text can have one unit only, so one of four fields has a value."""


def _ages(subsystem: Subsystem) -> dict[str, str]:
    """Of the headline's data, by the oldest of its feeds."""
    age = f"clamp_min(max({metric_names.CLOCK}) - {data_time(subsystem, subsystem.headline)}, 0)"
    exprs = {}
    for name, (first, end, divisor) in _AGE_UNITS.items():
        bounded = age + (f" >= {first}" if first else "") + (f" < {end}" if end else "")
        exprs[name] = f"floor(({bounded}) / {divisor})"
    return exprs


def _fields(kpi: KpiQueries, language: Language) -> list[Json]:
    """How the texts of the fields read."""
    plain = {"unit": LOCAL_NUMBER, "decimals": 0}
    new = value_mappings({0: {"text": ""}}) + _from_one(NEW.titled(language))
    value = {"unit": LOCAL_NUMBER, "decimals": 2} if kpi.kpi.unit == "ratio" else field_unit(kpi.kpi.unit)
    value = {"unit": "dthms", "decimals": 0} if value["unit"] == SECONDS else value
    fields: dict[str, Json] = {
        "status": {"mappings": status_mappings(language, unbroken, SHORT_REASONS)},
        "new": {"mappings": new},
        "seconds": {"unit": "suffix: s", "decimals": 0},
        "minutes": {"unit": f"suffix: {MINUTES.of(language)}", "decimals": 0},
        "hours": {"unit": f"suffix: {HOURS.of(language)}", "decimals": 0},
        "days": {"unit": f"suffix: {DAYS.of(language)}", "decimals": 0},
        "value": value,
        "known": {"mappings": value_mappings({0: {"color": DIM}, 1: {"color": TEXT}})},
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


def _only(subsystem: Subsystem) -> str:
    return f'{{subsystem="{subsystem.subsystem}"}}'
