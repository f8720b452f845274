"""A tile of the overview: one canvas with status, names, the headline with its age and change, and what is broken.

A line has room for some twenty letters of the size that is read from four metres on a 55-inch screen of 1920 x 1080:
names are short ones, and a place goes without "xã" or "phường".
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from math import ceil

from dashboards.grafana.canvas import NO_BREAK, TRANSPARENT, Box, Element, canvas, fitting, scaled, unbroken
from dashboards.grafana.charts import limits_text
from dashboards.grafana.panel import Json, Panel, Query, by_name
from dashboards.grafana.present import DIM, data_time, is_known
from dashboards.grafana.queries import AGO, KpiQueries, fields_of, kpi_queries, whole_statuses, with_reason
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
from dashboards.grafana.words import DAYS, HOURS, MINUTES, NEW, NO_DATA, RED_PLACES, UNTAKEN
from dashboards.rules.broken import place_names
from dashboards.rules.exporters import while_one_answers
from dashboards.rules.limited import limited_kpis
from dashboards.scorecard import headline_window
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.kpis import metric_names, platform_metrics
from ioc.kpis.base import Kpi
from ioc.kpis.status import Status
from ioc.text.bilingual import Language, Text
from ioc.time.windows import DAY, HOUR, Window

WIDTH = 6
HEIGHT = 8
"""Of 38 pixels each."""

LABEL = 41
"""Of every word, in pixels. Its capitals are 0.727 of it in Grafana's typeface, Inter, on that screen 18.9 mm: at four
metres 16 arc minutes, which ISO 9241-303 asks for."""
DIGITS = 61
"""Of the figures: 24 arc minutes."""
INNER = 450
"""Pixels that a line of a tile has."""
NAME_WIDTH, KPI_WIDTH, BROKEN_WIDTH, PLACE_WIDTH = INNER - 170, INNER - 155, INNER - 130, INNER - 182
"""Beside an age, a numerator, a time of day, and "✓ 03:10" or "2 chờ"."""
BAND_WIDTH = INNER - 150
"""Beside a value of three digits."""
NEW_FOR = "15m"
YESTERDAY = "1d"
GREY = LOOKS[Status.GREY].colour
_KINDS = {"Xã ": "", "Phường ": "", "Bệnh viện ": "BV ", "Trung tâm Y tế ": "TTYT ", "Trung tâm ": "TT "}
"""How what a place is begins its name, and what is left of it."""
_DESCRIPTION = Text(
    "{0}: {1}. {2} Tuổi số liệu; ▲▼: tăng, giảm so với {3}. Bên dưới: chỉ tiêu vượt ngưỡng, từ lúc nào, ở đâu "
    "hoặc ở bao nhiêu nơi; bao nhiêu cảnh báo chưa ai nhận, hoặc ✓ nhận lúc nào.",
    "{0}: {1}. {2} Age of the data; ▲▼: more, less than {3}. Below: what breaks its limit, since when, where or "
    "at how many places; how many alerts nobody took, or ✓ when they were.",
)


THEN = {YESTERDAY: Text("hôm qua", "yesterday"), AGO: Text("lúc đã chọn", "at the time picked")}
"""By how long ago what the headline is compared with."""


def tile(
    catalogue: Catalogue,
    subsystem: Subsystem,
    language: Language,
    link: str,
    *,
    scale: float = 1.0,
    ago: str = YESTERDAY,
) -> Panel:
    """The tile of a subsystem; a click leads to ``link``.

    Letters are ``scale`` times as large as on the wall; ``ago`` is a key of `THEN`.
    """
    window = headline_window(catalogue, subsystem.subsystem)
    kpi = kpi_queries(subsystem, subsystem.headline)
    value = _shown(kpi, window)
    exprs = {
        "status": while_one_answers(tile_status(subsystem)),
        "new": f"max(changes({metric_names.SUBSYSTEM_STATUS}{_only(subsystem)}[{NEW_FOR}]))",
        **_ages(subsystem),
        "value": value,
        # There as long as the value is, even where nobody says what is known: "–" alone has neither colour nor unit.
        "known": f"{is_known(kpi)} and on () {value} or on () 0 * {value}",
        **_changes(kpi, window, ago),
    }
    elements = [*_band(language), *_names(subsystem, kpi, language), *_figure(kpi)]
    if kpi.kpi.ratio:
        exprs |= {"numerator": kpi.numerator(window), "denominator": kpi.denominator(window)}
        elements += _fraction()
    if kpi.kpi.bands:
        exprs["band"] = kpi.whole(window)
        elements.append(Element(Box(34, 2, 142, 50), field="band", size=LABEL, align="right"))
    elements += _note()
    # Over everything, so that a click anywhere counts.
    elements.append(Element(Box(0, 0, 0, 296), link=link))
    return canvas(
        _description(subsystem, kpi, language, ago),
        scaled(elements, scale),
        [fields_of(exprs), *note_queries(subsystem)],
        (WIDTH, ceil(HEIGHT * scale)),
        overrides=[*_fields(kpi, language), *_note_fields(catalogue, subsystem, language)],
        no_data=NO_DATA.titled(language),
    )


def _note() -> list[Element]:
    """What is broken, since when, where or at how many places; how many alerts nobody took, else when.

    The headline is named above: where it is broken, or nothing is, its change stands in the place of a name.
    """
    red, yellow = LOOKS[Status.RED].colour, LOOKS[Status.YELLOW].colour
    return [
        Element(Box(2, 30, 200, 50), field="kpi", size=LABEL),
        Element(Box(2, 88, 200, 50), field="arrow", size=LABEL, colour=BLUE),
        Element(Box(11, 50, 200, 50), field="change", size=LABEL, colour=BLUE),
        Element(Box(70, 2, 200, 50), field="since", size=LABEL, align="right"),
        Element(Box(2, 50, 246, 50), field="place", size=LABEL, colour=MUTED),
        Element(Box(2, 50, 246, 50), field="places", size=LABEL, colour=red),
        Element(Box(40, 2, 246, 50), field="taken", size=LABEL, align="right", colour=MUTED),
        Element(Box(40, 2, 246, 50), field="nobody", size=LABEL, align="right", colour=yellow),
    ]


def note_queries(subsystem: Subsystem) -> list[Query]:
    """The KPI that is broken, its worst place where no more than one is red, and the figures beside them."""
    only, named = _only(subsystem), ", ".join(platform_metrics.ALERT_LABELS)
    broken = f"({while_one_answers(metric_names.SUBSYSTEM_BROKEN + only)})"
    places = f"({metric_names.KPI_RED_PLACES}{only} and on (kpi) {broken}) > 1"
    worst = f"({metric_names.KPI_WORST_PLACE}{only} and on (kpi) {broken}) unless on (kpi) ({places})"
    acknowledged = f"{platform_metrics.RELAY_ALERT_ACKNOWLEDGED}{only}"
    untaken = f"{metric_names.ALERT_OPEN}{only} unless on ({named}) {acknowledged}"
    # Only a relay that runs can say that nobody took an alert. One that somebody took speaks for no other.
    nobody = f"count({untaken}) and on () group({platform_metrics.RELAY_OPEN_ALERTS})"
    exprs = {
        "since": f"1000 * min(ALERTS_FOR_STATE{only} and on (kpi) {broken})",
        "places": f"max({places})",
        "nobody": nobody,
        "taken": f"1000 * max({acknowledged}) unless on () {nobody}",
    }
    named_below = (while_one_answers(_broken(subsystem)), f"max by (place) ({worst})")
    tables = [Query(expr, instant=True, table=True) for expr in named_below]
    return [replace(query, possibly_empty=True) for query in (*tables, fields_of(exprs))]


def _broken(subsystem: Subsystem) -> str:
    """The KPI that is broken where that is another than the headline."""
    return f'{metric_names.SUBSYSTEM_BROKEN}{{subsystem="{subsystem.subsystem}",kpi!="{subsystem.headline}"}}'


def _note_fields(catalogue: Catalogue, subsystem: Subsystem, language: Language) -> list[Json]:
    """How the texts of a note read: names instead of slugs and codes, as far as there is room."""
    kpis = {slug: _short(kpi).titled(language) for slug, kpi in subsystem.kpis.items() if kpi.limits is not None}
    places: dict[str, str] = {}
    for kpi in limited_kpis(subsystem):
        places |= {code: text.titled(language) for code, text in place_names(catalogue, kpi).items()}
    fitted = {slug: fitting(name, LABEL, BROKEN_WIDTH) for slug, name in kpis.items()}
    named = {code: fitting(name, LABEL, PLACE_WIDTH, to_the_letter=True) for code, name in without_kind(places).items()}
    fields: dict[str, Json] = {
        "kpi": {"unit": "string", "mappings": _mapped(fitted)},
        "place": {"unit": "string", "mappings": _mapped(named)},
        "since": {"unit": "time:HH:mm"},
        "places": {"unit": f"suffix:{unbroken(RED_PLACES.of(language))}", "decimals": 0},
        "nobody": {"unit": f"suffix:{unbroken(UNTAKEN.of(language))}", "decimals": 0},
        "taken": {"unit": f"time:[✓{NO_BREAK}]HH:mm"},
    }
    return [by_name(name, properties) for name, properties in fields.items()]


def without_kind(places: Mapping[str, str]) -> dict[str, str]:
    """Places without what they are, or in letters for it, but for those that only that tells apart."""
    bare = {code: _bare(name) for code, name in places.items()}
    named = Counter(bare.values())
    return {code: name if named[name] == 1 else places[code] for code, name in bare.items()}


def _bare(name: str) -> str:
    kind = next((kind for kind in _KINDS if name.startswith(kind)), "")
    return _KINDS.get(kind, "") + name.removeprefix(kind)


def _mapped(texts: Mapping[str, str]) -> list[Json]:
    return value_mappings({code: {"text": unbroken(text)} for code, text in texts.items()})


def _short(kpi: Kpi) -> Text:
    return kpi.short or kpi.name


def tile_status(subsystem: Subsystem) -> str:
    """The subsystem's status; where that is grey its reason, the headline's before the least of all."""
    status = f"max({metric_names.SUBSYSTEM_STATUS}{_only(subsystem)})"
    own = whole_statuses(subsystem, metric_names.KPI_GREY_REASON, kpi=subsystem.headline)
    any_kpi = whole_statuses(subsystem, metric_names.KPI_GREY_REASON)
    return with_reason(status, f"max({own}) or min({any_kpi})")


def _band(language: Language) -> list[Element]:
    """Status by colour, shape and word; at the right whether it is new."""
    return [
        Element(Box(0, 0, 0, 50), background=GREY, background_field="status"),
        Element(Box(2, 20, 0, 50), text=unbroken(no_status(language)), field="status", size=LABEL, colour=INK),
        Element(Box(76, 2, 0, 50), field="new", size=LABEL, align="right", colour=INK),
    ]


def _names(subsystem: Subsystem, kpi: KpiQueries, language: Language) -> list[Element]:
    """Of the subsystem, beside it the age of its data, and of its headline."""
    name = fitting(subsystem.short_name.titled(language), LABEL, NAME_WIDTH)
    headline = fitting(_short(kpi.kpi).titled(language), LABEL, KPI_WIDTH)
    return [
        Element(Box(2, 33, 48, 50), text=unbroken(name), size=LABEL),
        *(Element(Box(64, 2, 48, 50), field=unit, size=LABEL, align="right", colour=MUTED) for unit in _AGE_UNITS),
        Element(Box(2, 31, 94, 50), text=unbroken(headline), size=LABEL, colour=MUTED),
    ]


def _figure(kpi: KpiQueries) -> list[Element]:
    """The value, in full white only while it is known now."""
    value = Element(Box(2, 32, 134, 74), "–", "value", DIGITS, "left", DIM, "known")
    if kpi.kpi.unit == "ratio":
        value = replace(value, box=Box(0, 62, 134, 74), align="right")
        # Coloured only where there is a value: "–" has no unit.
        percent = Element(Box(38.5, 52, 146, 50), text="%", size=LABEL, colour=TRANSPARENT, colour_field="known")
        return [value, percent]
    return [value]


def _fraction() -> list[Element]:
    """The numerator over the denominator, and the line between them where there is anything to part."""
    return [
        Element(Box(68, 2, 94, 50), field="numerator", size=LABEL, align="right", colour=DIM, colour_field="known"),
        # An element is at least 10 pixels high: most of the line is covered again.
        Element(Box(72, 2, 142, 10), background=TRANSPARENT, background_field="denominator"),
        Element(Box(72, 2, 144, 10), background=CARD),
        Element(Box(68, 2, 146, 50), field="denominator", size=LABEL, align="right", colour=MUTED),
    ]


def _changes(kpi: KpiQueries, window: Window, ago: str) -> dict[str, str]:
    """Against what it was then, in points of per cent of a share; none of what is not known now."""
    step = "0.1" if kpi.kpi.unit == "ratio" else "1"
    change = f"round({kpi.change(window, ago)}, {step}) != 0 and on () ({is_known(kpi)}) == 1"
    change += f" unless on () {_broken(kpi.subsystem)}"
    return {"change": f"abs({change})", "arrow": f"sgn({change})"}


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
        "seconds": {"unit": "suffix:s", "decimals": 0},
        "minutes": {"unit": f"suffix:{MINUTES.of(language)}", "decimals": 0},
        "hours": {"unit": f"suffix:{HOURS.of(language)}", "decimals": 0},
        "days": {"unit": f"suffix:{DAYS.of(language)}", "decimals": 0},
        "value": value,
        "known": {"mappings": value_mappings({0: {"color": DIM}, 1: {"color": TEXT}})},
        "change": {**value, "decimals": 1},
        "arrow": {"mappings": value_mappings({-1: {"text": "▼"}, 1: {"text": "▲"}})},
        "numerator": plain,
        "denominator": {**plain, "color": {"mode": "fixed", "fixedColor": MUTED}},
    }
    if kpi.kpi.bands:
        fields["band"] = {"mappings": band_mappings(kpi.kpi.bands, language, _band_name)}
    return [by_name(name, properties) for name, properties in fields.items()]


def _band_name(name: str) -> str:
    return unbroken(fitting(name, LABEL, BAND_WIDTH))


def _from_one(text: str) -> list[Json]:
    return [{"type": "range", "options": {"from": 1, "to": None, "result": {"text": text, "index": 1}}}]


def _description(subsystem: Subsystem, kpi: KpiQueries, language: Language, ago: str) -> str:
    limits = f" {limits_text(kpi.limits, kpi.kpi.unit, language)}" if kpi.limits else ""
    parts = (subsystem.name, kpi.kpi.name, kpi.kpi.description)
    said = [part.titled(language) for part in parts]
    return _DESCRIPTION.of(language).format(*said, THEN[ago].of(language)) + limits


def _shown(kpi: KpiQueries, window: Window) -> str:
    """A share in per cent: the browser's language then gives it its decimal comma."""
    return f"100 * {kpi.whole(window)}" if kpi.kpi.unit == "ratio" else kpi.whole(window)


def _only(subsystem: Subsystem) -> str:
    return f'{{subsystem="{subsystem.subsystem}"}}'
