"""``ioc figures``: the merged figures as JSON, straight from Kafka."""

import asyncio
from collections.abc import Iterator

import msgspec

from ioc.cli.installation import catalogue_of
from ioc.engine.plan import compile_plan
from ioc.engine.store.keys import HEADER
from ioc.figures.clock import Clock
from ioc.figures.exposition import Exposition
from ioc.figures.knowledge import Backlog
from ioc.figures.merged import MergedFigures
from ioc.figures.view import Figure
from ioc.text.formats import iso_time
from ioc.time.instants import float_from_ms
from streams.kafka.log_reader import read_latest
from streams.kafka.promotion import live_settings
from streams.settings.settings import Settings


def figures(settings: Settings, wall: float) -> Iterator[str]:
    """One JSON object per KPI, label set and window, read at the newest checkpoint. Raises LogError."""
    merged = read_merged(settings)
    exposition = Exposition(merged.plan, Clock(settings.clock.value), simulated=settings.simulated)
    for figure in exposition.figures(merged, Backlog(), wall):
        yield msgspec.json.encode(_row(merged, figure)).decode()


def panes(settings: Settings) -> Iterator[str]:
    """One JSON object per pane kept: its subsystem, breakdown, size and start in seconds, and its cells by measure."""
    merged = read_merged(settings)
    for (slug, table, start), pane in sorted(merged.panes()):
        columns = [measure.name for measure in merged.plan.subsystems[slug].tables[table].columns]
        cells = [
            {"labels": labels, "measures": dict(zip(columns, map(_ordered, pane[labels]), strict=True))}
            for labels in sorted(pane)
        ]
        row = {"subsystem": slug, "by": table.grouping, "size": table.size, "start": start, "cells": cells}
        yield msgspec.json.encode(row).decode()


def _ordered(value: object) -> object:
    """Counts by bucket in the order of the buckets, so that equal panes print alike."""
    return dict(sorted(value.items())) if isinstance(value, dict) else value


def read_merged(settings: Settings) -> MergedFigures:
    """The figures of all partitions as they are in Kafka now. Raises LogError."""
    merged = MergedFigures(compile_plan(catalogue_of(settings)))
    live = asyncio.run(read_latest(settings, live_settings(settings).names.figures))
    for partition, records in live.items():
        header = records.pop(HEADER, None)
        for key, value in records.items():
            merged.put(partition, key, value)
        if header is not None:
            merged.put(partition, HEADER, header)
    return merged


def _row(merged: MergedFigures, figure: Figure) -> dict[str, object]:
    newest = merged.newest(figure.subsystem)
    return {
        "subsystem": figure.subsystem,
        "kpi": figure.kpi,
        "labels": dict(figure.labels),
        "window": figure.window,
        "value": figure.value,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "event_time": None if newest is None else iso_time(float_from_ms(newest)),
    }
