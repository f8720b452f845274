"""The same count with Pathway: tumbling windows of event time in its Rust engine, by its one worker.

It keeps no changelog: a user would add its persistence, which costs more.
"""

import os
from datetime import timedelta
from typing import Any

import pathway as pw

from bench.contenders.task import PANE, Task, read_task

_COMMIT = 2000
"""Milliseconds between two commits, as between this product's checkpoints."""


class Reading(pw.Schema):
    time: str
    unit: str
    kind: str


def count(task: Task) -> None:
    readings = pw.io.kafka.read(
        {"bootstrap.servers": task.bootstrap, "group.id": task.run, "auto.offset.reset": "earliest"},
        topic=task.topic,
        format="json",
        schema=Reading,
        json_field_paths={"unit": "/data/unit", "kind": "/data/kind"},
        autocommit_duration_ms=_COMMIT,
    )
    timed = readings.select(pw.this.unit, pw.this.kind, at=pw.this.time.dt.strptime("%Y-%m-%dT%H:%M:%S%z"))
    panes = timed.windowby(
        pw.this.at,
        window=pw.temporal.tumbling(duration=timedelta(seconds=PANE)),
        instance=(pw.this.unit, pw.this.kind),
    ).reduce(place=pw.this._pw_instance, start=pw.this._pw_window_start, number=pw.reducers.count())
    counts: dict[str, int] = {}

    def keep(row: dict[str, Any], is_addition: bool, **_: object) -> None:
        if is_addition:
            unit, kind = row["place"]
            name = f"{unit}|{kind}|{int(row['start'].timestamp())}"
            task.progress.add(row["number"] - counts.get(name, 0))
            counts[name] = row["number"]

    def end_when_done(_: int) -> None:
        if task.done:
            task.finish(counts)
            # What reads a stream does not end by itself.
            os._exit(0)

    pw.io.subscribe(panes, on_change=keep, on_time_end=end_when_done)
    pw.run(monitoring_level=pw.MonitoringLevel.NONE)


if __name__ == "__main__":
    count(read_task())
