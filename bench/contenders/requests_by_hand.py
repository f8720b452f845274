"""The requests by hand: aiokafka, msgspec and dicts; no checkpoint, no bad input, ids known for ever."""

import asyncio
import heapq
from collections import Counter
from datetime import datetime

import msgspec

from bench.contenders.source import batches
from bench.contenders.task import Task, read_task


class Data(msgspec.Struct):
    request: str
    unit: str | None = None
    due: datetime | None = None


class Event(msgspec.Struct):
    id: str
    type: str
    time: datetime
    data: Data


async def count(task: Task) -> dict[str, int]:
    counts: Counter[str] = Counter()
    decode = msgspec.json.Decoder(Event).decode
    known: set[str] = set()
    opened: dict[str, tuple[str, datetime]] = {}
    due: list[tuple[datetime, str]] = []
    overdue: set[str] = set()
    newest: datetime | None = None
    async for records in batches(task):
        for record in records:
            event = decode(record.value)
            if event.id in known:
                continue
            known.add(event.id)
            data = event.data
            if data.unit is not None and data.due is not None:
                opened[data.request] = data.unit, data.due
                heapq.heappush(due, (data.due, data.request))
                counts[f"received|{data.unit}"] += 1
                counts[f"open|{data.unit}"] += 1
            else:
                unit, until = opened.pop(data.request)
                counts[f"handled|{unit}"] += 1
                counts[f"on_time|{unit}"] += event.time <= until
                counts[f"open|{unit}"] -= 1
                counts[f"overdue|{unit}"] -= data.request in overdue
            newest = event.time if newest is None else max(newest, event.time)
        task.progress.add(len(records))
        while due and newest is not None and due[0][0] < newest:
            _, request = heapq.heappop(due)
            if request in opened:
                overdue.add(request)
                counts[f"overdue|{opened[request][0]}"] += 1
    return {name: number for name, number in counts.items() if number}


if __name__ == "__main__":
    given = read_task()
    given.finish(asyncio.run(count(given)))
