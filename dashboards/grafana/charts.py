"""The kinds of panels that the dashboards use, each with the options that all of its kind share."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from dashboards.grafana.panel import Json, Panel, Query, by_name, letters
from dashboards.grafana.queries import NO_DATA_LINE, or_no_data
from dashboards.grafana.status import (
    BLUE,
    LOOKS,
    NO_NUMBER,
    SHORT_REASONS,
    status_mappings,
    status_steps,
    value_mappings,
)
from dashboards.grafana.units import LOCAL_NUMBER, amount, shown_value, unit_word
from dashboards.grafana.words import AT_OR_ABOVE, BELOW, LIMITS, NO_DATA
from ioc.kpis.base import Kpi
from ioc.kpis.limits import STATUS_OF_SEVERITY, EffectiveLimits, Severity
from ioc.text.bilingual import Language

PLAIN_STEPS: list[Json] = [{"value": None, "color": BLUE}]


def timeseries(
    title: str,
    description: str,
    queries: Sequence[Query],
    size: tuple[int, int],
    language: Language,
    *,
    unit: Json,
    axis: Json | None = None,
    limits: Sequence[Json] = (),
    no_data: str = "",
    stacked: bool = False,
    overrides: Sequence[Json] = (),
) -> Panel:
    """Lines over time with their names below; ``limits``, as `limit_steps` gives them, are drawn as dashed lines.

    ``axis`` are properties of the axis of values, such as how far it reaches.
    """
    custom: Json = {
        "lineWidth": 3,
        # Many areas over each other are one brown one.
        "fillOpacity": 30 if stacked else 10 if len(queries) == 1 and "{{" not in queries[0].legend else 0,
        "showPoints": "never",
        "spanNulls": 60_000,
        "axisBorderShow": False,
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
        "thresholdsStyle": {"mode": "dashed" if limits else "off"},
        **(axis or {}),
    }
    defaults: Json = {
        **unit,
        "noValue": no_data or NO_DATA.titled(language),
        "custom": custom,
        "color": {"mode": "palette-classic"},
        "thresholds": {"mode": "absolute", "steps": list(limits) or PLAIN_STEPS},
    }
    legend = {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []}
    options: Json = {"legend": legend, "tooltip": {"mode": "multi", "sort": "none"}}
    return Panel("timeseries", title, description, *size, queries, options, defaults, overrides)


def stat(
    title: str,
    description: str,
    queries: Sequence[Query],
    size: tuple[int, int],
    language: Language,
    *,
    unit: Json,
    mappings: Sequence[Json] = (),
    steps: Sequence[Json] = (),
    no_data: str = "",
    overrides: Sequence[Json] = (),
    digits: int | None = None,
) -> Panel:
    """The value of each query now, big; ``steps`` colour it. A range would show the past as now."""
    defaults: Json = {
        **unit,
        "noValue": no_data or NO_DATA.titled(language),
        "mappings": list(mappings),
        "color": {"mode": "thresholds"},
        "thresholds": {"mode": "absolute", "steps": list(steps) or PLAIN_STEPS},
    }
    options: Json = {
        "reduceOptions": {"calcs": ["last"], "fields": "", "values": False},
        "colorMode": "value" if steps else "none",
        "graphMode": "none",
        "textMode": "value_and_name" if len(queries) > 1 or "{{" in queries[0].legend else "value",
        "orientation": "auto",
        "justifyMode": "center",
        "wideLayout": True,
        "showPercentChange": False,
        "text": {"valueSize": digits} if digits else {},
    }
    instant = [replace(query, instant=True) for query in queries]
    return Panel("stat", title, description, *size, instant, options, defaults, overrides)


def status_stat(title: str, description: str, query: Query, size: tuple[int, int], language: Language) -> Panel:
    """A status by colour, word and shape."""
    return stat(
        title,
        description,
        [query],
        size,
        language,
        unit={"unit": LOCAL_NUMBER},
        mappings=status_mappings(language, reasons=SHORT_REASONS),
        steps=status_steps(),
        digits=34,
    )


def status_history(
    title: str, description: str, query: Query, size: tuple[int, int], language: Language, *, overrides: Sequence[Json]
) -> Panel:
    """Statuses over time, one line for each series; ``overrides`` name these."""
    defaults: Json = {
        "unit": LOCAL_NUMBER,
        "noValue": NO_DATA.titled(language),
        "mappings": status_mappings(language),
        # By thresholds, a timeline would merge statuses into ranges and name these.
        "color": {"mode": "palette-classic"},
        "custom": {"fillOpacity": 85, "lineWidth": 0, "spanNulls": 60_000},
    }
    options: Json = {
        "showValue": "auto",
        "rowHeight": 0.85,
        "mergeValues": True,
        "alignValue": "left",
        # All on one page.
        "perPage": 0,
        "legend": {"showLegend": False, "displayMode": "list", "placement": "bottom"},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return Panel("state-timeline", title, description, *size, [query], options, defaults, overrides)


def table(
    title: str,
    description: str,
    queries: Sequence[Query],
    size: tuple[int, int],
    language: Language,
    *,
    columns: dict[str, str],
    sort: Sequence[tuple[str, bool]],
    overrides: Sequence[Json] = (),
    no_data: str = "",
    frozen: int = 0,
    one_of_several: bool = False,
    led: bool = False,
) -> Panel:
    """Rows joined by their labels. ``columns`` gives the fields shown and their titles, in order; ``sort`` titles, each
    with whether its largest comes first. The first ``frozen`` columns stay where others scroll. A query over time
    becomes a line in its rows' cells, in a field named ``Trend #`` and its letter.

    Where no query has an answer a row says so: Grafana does only of one query alone, and of several shows the header.
    ``one_of_several`` tables that share their rows may have none. In a ``led`` one no query has a row where the first
    has none, so that one alone is asked.
    """
    said = no_data or NO_DATA.titled(language)
    if len(queries) > 1 and not one_of_several:
        queries, overrides = _or_no_data(queries, columns, overrides, said, led=led)
    order = {name: place for place, name in enumerate(columns)}
    organise: Json = {"includeByName": dict.fromkeys(columns, True), "indexByName": order, "renameByName": columns}
    transformations = [
        *_joined(queries),
        {"id": "organize", "options": {"excludeByName": {"Time": True}, **organise}},
    ]
    defaults: Json = {
        "unit": LOCAL_NUMBER,
        "noValue": said,
        "custom": {
            "align": "auto",
            "filterable": False,
            "minWidth": 150,
            "wrapHeaderText": True,
            "wrapText": True,
            "cellOptions": {"type": "auto"},
        },
        "color": {"mode": "thresholds"},
        "thresholds": {"mode": "absolute", "steps": PLAIN_STEPS},
    }
    options: Json = {
        "showHeader": True,
        "cellHeight": "md",
        "frozenColumns": {"left": frozen},
        "sortBy": [{"displayName": title, "desc": descending} for title, descending in sort],
    }
    return Panel("table", title, description, *size, queries, options, defaults, overrides, transformations)


def _or_no_data(
    queries: Sequence[Query], columns: dict[str, str], overrides: Sequence[Json], said: str, *, led: bool
) -> tuple[list[Query], list[Json]]:
    """The first query with a line for when all are empty, and overrides that write ``said`` in its first column."""
    first, *others = queries
    label = next(field for field in columns if "#" not in field)
    # What may be empty beside the others, as a change, is only ever there where they are.
    rows = [query.expr for query in others if query.instant and "offset" not in query.expr and not led]
    line = value_mappings({NO_DATA_LINE: {"text": said}})
    named = by_name(columns[label], {"mappings": line})
    told = []
    for override in overrides:
        if override["matcher"] == named["matcher"]:
            properties = {each["id"]: each["value"] for each in override["properties"]}
            named = by_name(columns[label], {**properties, "mappings": [*properties.get("mappings", ()), *line]})
            told.append(named)
        else:
            told.append(override)
    return (
        [replace(first, expr=or_no_data(first.expr, label, rows)), *others],
        told if named in told else [*told, named],
    )


def _joined(queries: Sequence[Query]) -> list[Json]:
    """Transformations to one table.

    Grafana merges by the fields that all tables have, and not at all where there is none. An empty answer has no label,
    a line no time: so lines come to what is one table already. One row alone would be taken for a line, too.
    """
    refs = [letters(place) for place in range(len(queries))]
    lines = [ref for ref, query in zip(refs, queries, strict=True) if not query.instant]
    values = [ref for ref in refs if ref not in lines]
    if not lines:
        return [{"id": "merge", "options": {}}] if len(queries) > 1 else []
    return [
        {"id": "timeSeriesTable", "options": {}, "filter": _of_queries(lines)},
        {"id": "merge", "options": {}, "filter": _of_queries(values)},
        {"id": "merge", "options": {}},
    ]


def _of_queries(refs: Sequence[str]) -> Json:
    return {"id": "byRefId", "options": f"/^(?:{'|'.join(refs)})$/"}


def table_height(rows: int, *, header_lines: int = 1) -> int:
    """The height, in rows of the grid, at which a table shows so many rows without scrolling."""
    title_and_header, another_line, row, padding, grid_row = 68, 30, 42, 18, 38
    return ceil((title_and_header + another_line * (header_lines - 1) + row * rows + padding) / grid_row)


def status_column(language: Language) -> Json:
    """The properties of a column that holds statuses."""
    return {
        "mappings": [*status_mappings(language), NO_NUMBER],
        "thresholds": {"mode": "absolute", "steps": status_steps()},
        "custom.cellOptions": {"type": "color-text"},
        "custom.width": 190,
    }


TREND_COLUMN: Json = {
    "custom.cellOptions": {
        "type": "sparkline",
        "hideValue": True,
        "drawStyle": "line",
        "lineInterpolation": "stepAfter",
        "lineWidth": 2,
        "fillOpacity": 15,
        "gradientMode": "none",
        "showPoints": "never",
    },
    "color": {"mode": "fixed", "fixedColor": BLUE},
    "custom.width": 190,
    "noValue": "–",
}
"""The properties of a column with a line over the page's time."""


def limit_steps(limits: EffectiveLimits, unit: str) -> list[Json]:
    """Thresholds at the limits, each in the colour of the status that breaking it gives, as lines are drawn."""
    levels = {
        shown_value(level.raised, unit): LOOKS[STATUS_OF_SEVERITY[severity]].colour
        for severity in limits.severities
        if (level := limits.level(severity))
    }
    return [{"value": None, "color": "transparent"}, *({"value": at, "color": levels[at]} for at in sorted(levels))]


def axis_of(kpi: Kpi, limits: EffectiveLimits | None, language: Language) -> Json:
    """How far the axis of a KPI reaches at least, and its unit.

    A share that should be large is seen from 0 to 100 %, one that should be small from 0 to beyond its limits: on the
    whole scale its limits would be one line with 0.
    """
    reach: Json = {}
    if kpi.unit == "ratio" and (limits is None or limits.direction == "below") and not kpi.signed:
        reach = {"axisSoftMin": 0, "axisSoftMax": 100}
    elif limits is not None:
        drawn = [shown_value(level.raised, kpi.unit) for s in limits.severities if (level := limits.level(s))]
        reach = {"axisSoftMin": 0, "axisSoftMax": max(drawn) * 1.1}
    return {**reach, "axisLabel": unit_word(kpi.unit, language)}


def limits_text(limits: EffectiveLimits, unit: str, language: Language) -> str:
    """``Ngưỡng: Theo dõi từ 1 %, Cần xử lý từ 3 %.``"""
    side = (AT_OR_ABOVE if limits.direction == "above" else BELOW).of(language)
    parts = [
        f"{STATUS_OF_SEVERITY[severity].text.titled(language)} {side} {amount(level.raised, unit, language)}"
        for severity in (Severity.WARNING, Severity.CRITICAL)
        if (level := limits.level(severity))
    ]
    return f"{LIMITS.titled(language)}: {', '.join(parts)}."
