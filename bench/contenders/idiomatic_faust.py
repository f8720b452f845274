"""The same count as Faust's documentation writes it: a loop over events and a table with a changelog."""

import os
import signal
import sys
import tempfile
from datetime import datetime

import faust

from bench.contenders.task import PANE, Task, read_task


def counting_app(task: Task, folder: str) -> faust.App:
    app = faust.App(
        task.run,
        broker=f"kafka://{task.bootstrap}",
        value_serializer="json",
        consumer_auto_offset_reset="earliest",
        topic_partitions=task.partitions,
        web_enabled=False,
        worker_redirect_stdouts=False,
        datadir=folder,
    )
    counts = app.Table("counts", default=int)

    @app.agent(app.topic(task.topic))
    async def count(stream: faust.StreamT) -> None:
        async for event in stream:
            start = int(datetime.fromisoformat(event["time"]).timestamp()) // PANE * PANE
            data = event["data"]
            counts[f"{data['unit']}|{data['kind']}|{start}"] += 1
            task.progress.add(1)
            if task.done:
                task.finish(dict(counts.items()))
                os.kill(os.getpid(), signal.SIGTERM)

    return app


if __name__ == "__main__":
    given = read_task()
    sys.argv[1:] = []
    with tempfile.TemporaryDirectory() as data:
        counting_app(given, data).Worker(loglevel="WARNING").execute_from_commandline()
