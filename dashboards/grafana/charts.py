"""The kinds of panels that the dashboards use, each with the options that all of its kind share."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from dashboards.grafana.panel import Json, Panel, Query
from dashboards.grafana.status import BLUE, LOOKS, SHORT_REASONS, status_mappings, status_steps
from dashboards.grafana.units import LOCAL_NUMBER, amount
from dashboards.grafana.words import AT_OR_ABOVE, BELOW, LIMITS, NO_DATA
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
    limits: EffectiveLimits | None = None,
    no_data: str = "",
    stacked: bool = False,
    overrides: Sequence[Json] = (),
) -> Panel:
    """Lines over time with their names below; ``limits`` are drawn as dashed lines."""
    custom: Json = {
        "lineWidth": 3,
        # Many areas over each other are one brown one.
        "fillOpacity": 30 if stacked else 10 if len(queries) == 1 and "{{" not in queries[0].legend else 0,
        "showPoints": "never",
        "spanNulls": 60_000,
        "axisBorderShow": False,
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
        "thresholdsStyle": {"mode": "dashed" if limits else "off"},
    }
    defaults: Json = {
        **unit,
        "noValue": no_data or NO_DATA.titled(language),
        "custom": custom,
        "color": {"mode": "palette-classic"},
        "thresholds": {"mode": "absolute", "steps": limit_steps(limits) if limits else PLAIN_STEPS},
    }
    if limits:
        drawn = [level.raised for severity in limits.severities if (level := limits.level(severity))]
        # The axis reaches as far as the limits, or a line far from one would not show how far.
        if limits.direction == "above":
            custom |= {"axisSoftMin": 0, "axisSoftMax": max(drawn) * 1.1}
        else:
            custom |= {"axisSoftMin": min(drawn) * 0.9, "axisSoftMax": max(drawn)}
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
    ranked_by: tuple[str, bool, str] | None = None,
    overrides: Sequence[Json] = (),
    no_data: str = "",
    frozen: int = 0,
) -> Panel:
    """Rows joined by their labels. ``columns`` gives the fields shown and their titles, in order; ``sort`` titles, each
    with whether its largest comes first. ``ranked_by`` orders the rows by a field before (largest first or not) and
    numbers them from 1 in a field of the given name. The first ``frozen`` columns stay where others scroll."""
    order = {name: place for place, name in enumerate(columns)}
    organise: Json = {"includeByName": dict.fromkeys(columns, True), "indexByName": order, "renameByName": columns}
    transformations: list[Json] = [{"id": "merge", "options": {}}] if len(queries) > 1 else []
    if ranked_by:
        transformations += _numbered(*ranked_by)
    transformations.append({"id": "organize", "options": {"excludeByName": {"Time": True}, **organise}})
    defaults: Json = {
        "unit": LOCAL_NUMBER,
        "noValue": no_data or NO_DATA.titled(language),
        "custom": {
            "align": "auto",
            "filterable": False,
            "minWidth": 150,
            "wrapHeaderText": True,
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


def _numbered(field: str, descending: bool, number: str) -> list[Json]:
    # Grafana counts rows from 0.
    row = "row"
    one_more = {"left": {"matcher": {"id": "byName", "options": row}}, "operator": "+", "right": {"fixed": "1"}}
    return [
        {"id": "sortBy", "options": {"fields": {}, "sort": [{"field": field, "desc": descending}]}},
        {"id": "calculateField", "options": {"mode": "index", "alias": row, "replaceFields": False}},
        {"id": "calculateField", "options": {"mode": "binary", "alias": number, "binary": one_more}},
    ]


def table_height(rows: int, *, header_lines: int = 1) -> int:
    """The height, in rows of the grid, at which a table shows so many rows without scrolling."""
    title_and_header, another_line, row, padding, grid_row = 68, 30, 42, 18, 38
    return ceil((title_and_header + another_line * (header_lines - 1) + row * rows + padding) / grid_row)


def status_column(language: Language) -> Json:
    """The properties of a column that holds statuses."""
    return {
        "mappings": status_mappings(language),
        "thresholds": {"mode": "absolute", "steps": status_steps()},
        "custom.cellOptions": {"type": "color-text"},
        "custom.width": 190,
    }


def limit_steps(limits: EffectiveLimits) -> list[Json]:
    """Thresholds at the limits, each in the colour of the status that breaking it gives, as lines are drawn."""
    levels = {
        level.raised: LOOKS[STATUS_OF_SEVERITY[severity]].colour
        for severity in limits.severities
        if (level := limits.level(severity))
    }
    return [{"value": None, "color": "transparent"}, *({"value": at, "color": levels[at]} for at in sorted(levels))]


def limits_text(limits: EffectiveLimits, unit: str, language: Language) -> str:
    """``Ngưỡng: Theo dõi từ 1 %, Cần xử lý từ 3 %.``"""
    side = (AT_OR_ABOVE if limits.direction == "above" else BELOW).of(language)
    parts = [
        f"{STATUS_OF_SEVERITY[severity].text.titled(language)} {side} {amount(level.raised, unit, language)}"
        for severity in (Severity.WARNING, Severity.CRITICAL)
        if (level := limits.level(severity))
    ]
    return f"{LIMITS.titled(language)}: {', '.join(parts)}."
