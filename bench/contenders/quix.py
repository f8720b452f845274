"""The same count with Quix Streams: tumbling windows of five minutes in its own store, with its changelog.

Its windows count per message key, here per device. Equal units and kinds would come together by `group_by`, which
writes and reads every event once more; a device has one unit and kind, so that what is counted can be added up later.
"""

import tempfile
from datetime import datetime, timedelta
from typing import Any

from quixstreams import Application

from bench.contenders.task import PANE, Task, read_task


def count(task: Task, folder: str) -> dict[str, int]:
    app = Application(
        broker_address=task.bootstrap,
        consumer_group=task.run,
        auto_offset_reset="earliest",
        state_dir=folder,
        loglevel="WARNING",
    )
    places: dict[bytes, str] = {}
    counts: dict[tuple[bytes, int], int] = {}

    def event_time(value: Any, *_: object) -> int:
        return int(datetime.fromisoformat(value["time"]).timestamp() * 1000)

    def place(value: Any, key: bytes, *_: object) -> None:
        places[key] = f"{value['data']['unit']}|{value['data']['kind']}"

    def keep(window: Any, key: bytes, *_: object) -> None:
        counts[key, window["start"] // 1000] = window["value"]
        task.progress.add(1)
        if task.done:
            app.stop()

    topic = app.topic(task.topic, value_deserializer="json", timestamp_extractor=event_time)
    stream = app.dataframe(topic).update(place, metadata=True)
    stream.tumbling_window(timedelta(seconds=PANE)).count().current().update(keep, metadata=True)
    app.run()
    added: dict[str, int] = {}
    for (key, start), number in counts.items():
        name = f"{places[key]}|{start}"
        added[name] = added.get(name, 0) + number
    return added


if __name__ == "__main__":
    given = read_task()
    with tempfile.TemporaryDirectory() as data:
        given.finish(count(given, data))
