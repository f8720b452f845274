"""The same count written by hand: aiokafka, msgspec and a dict; no checkpoint, no duplicates, no bad input."""

import asyncio
from collections import defaultdict
from datetime import datetime

import msgspec

from bench.contenders.source import batches
from bench.contenders.task import PANE, Task, read_task


class Reading(msgspec.Struct):
    unit: str
    kind: str


class Event(msgspec.Struct):
    time: datetime
    data: Reading


async def count(task: Task) -> dict[tuple[str, str, int], int]:
    counts: dict[tuple[str, str, int], int] = defaultdict(int)
    decode = msgspec.json.Decoder(Event).decode
    async for records in batches(task):
        for record in records:
            event = decode(record.value)
            data = event.data
            counts[data.unit, data.kind, int(event.time.timestamp()) // PANE * PANE] += 1
        task.progress.add(len(records))
    return counts


if __name__ == "__main__":
    given = read_task()
    counted = asyncio.run(count(given))
    given.finish({f"{unit}|{kind}|{start}": number for (unit, kind, start), number in counted.items()})
