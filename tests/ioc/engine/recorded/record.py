"""Makes the recording of this folder: ``python -m tests.ioc.engine.recorded.record COMMIT``; README.md says when.

Made-up events of some subsystems over six weeks, then a checkpoint: what lies in the two topics after it, and all
that is read from them. Then events of one more day, and all that is read after those.
"""

import json
import lzma
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec

from ioc.catalogue import load
from ioc.engine.plan import Plan, compile_plan
from ioc.events.dead_letter import RecordPosition
from tests.ioc.engine.recorded.recording import CATALOGUE, FILE, PARTITIONS, Recording, read
from tests.oracle.reading import LogRecord
from tests.oracle.topics import Engine, Topics
from tests.soak.made_up import Message, Source

BEGIN = datetime.fromisoformat("2025-09-18T00:00:00+07:00")
DAYS = 42
LAST_DAY = 40
"""Events of each subsystem on the last day, and on the one after the checkpoint."""
TROUBLE = {"again": 0.04, "malformed": 0.01, "unknown type": 0.01, "future": 0.02, "misrouted": 0.01}


class Feed:
    """Made-up events of all subsystems of a catalogue, appended in the order of time; the same in every run."""

    def __init__(self, plan: Plan) -> None:
        self._random = Random(14)
        self._sources = [Source(each, plan.catalogue, self._random) for each in plan.catalogue.subsystems.values()]
        self._topics = Topics(PARTITIONS)
        self.ahead: list[LogRecord] = []
        """Records that are rejected since they come before their time."""

    @property
    def records(self) -> list[LogRecord]:
        return self._topics.records

    def send(self, clocks: Iterator[datetime]) -> None:
        """Append an event of every subsystem at each of these moments, some of them in trouble."""
        for clock in clocks:
            for source in self._sources:
                trouble = self._random.choices(["", *TROUBLE], [1 - sum(TROUBLE.values()), *TROUBLE.values()])[0]
                self._append(source.message(clock), clock, trouble)

    def _append(self, message: Message, clock: datetime, trouble: str) -> None:
        value, partition = message.value or b"", self._topics.partition_of(message.key)
        match trouble:
            case "malformed":
                value = value[: len(value) // 2]
            case "unknown type":
                value = _with(value, type="vn.phutho.unknown.v1")
            case "misrouted":
                partition = 1 - partition
            case "future":
                value = _with(value, time=(clock + timedelta(minutes=10)).isoformat())
        for _ in range(2 if trouble == "again" else 1):
            record = self._topics.append(
                message.subsystem, message.key, value, _milliseconds(clock), partition, headers=message.headers
            )
        if trouble == "future" and not message.headers:
            self.ahead.append(record)

    def repeat(self, records: Iterable[LogRecord], clock: datetime) -> None:
        """Append records once more, as a source does that missed their acknowledgement."""
        for each in records:
            self._topics.append(
                each.subsystem, each.key, each.value, _milliseconds(clock), each.partition, headers=each.headers
            )

    def redeliver(self, records: Iterable[LogRecord], clock: datetime) -> None:
        """Send records again as `ioc dlq` does, each of them twice."""
        for each in records:
            first = RecordPosition(each.topic, each.partition, each.offset).headers
            self.repeat([each._replace(headers=[*each.headers, *first])] * 2, clock)


def _milliseconds(clock: datetime) -> int:
    return int(clock.timestamp() * 1000)


def _with(value: bytes, **changes: str) -> bytes:
    content: dict[str, Any] = json.loads(value)
    return json.dumps(content | changes).encode()


def _mornings() -> Iterator[datetime]:
    """Four moments of each day's tenth hour: surges compare that hour with the same one of the days before."""
    for day in range(DAYS):
        for turn in range(4):
            yield BEGIN + timedelta(days=day, hours=9, minutes=14 * turn)


def _day(number: int) -> Iterator[datetime]:
    """Moments of a morning, a minute apart."""
    for minute in range(LAST_DAY):
        yield BEGIN + timedelta(days=number, hours=9, minutes=minute)


def _live(topic: Mapping[int, Mapping[bytes, bytes]]) -> dict[int, dict[str, bytes]]:
    return {partition: {key.decode(): value for key, value in own.items()} for partition, own in topic.items()}


def record(commit: str) -> Recording:
    """The recording as this program makes it."""
    plan = compile_plan(load(CATALOGUE))
    feed, engine = Feed(plan), Engine(plan, PARTITIONS)
    feed.send(_mornings())
    feed.redeliver(feed.ahead[::2], BEGIN + timedelta(days=DAYS))
    feed.send(_day(DAYS))
    before = feed.records[:]
    for first in range(0, len(before), 400):
        engine.consume(before[first : first + 400])
        engine.checkpoint()
    state, figures = _live(engine.store.state), _live(engine.store.figures)
    was = read(engine.store, plan, BEGIN + timedelta(days=DAYS, hours=10, minutes=30))
    # What the state remembers decides what becomes of these: repeated, sent again after all, sent again for nothing.
    feed.repeat(before[-100:], BEGIN + timedelta(days=DAYS, hours=9, minutes=LAST_DAY))
    feed.send(_day(DAYS + 1))
    feed.redeliver([*before[:40], *feed.ahead], BEGIN + timedelta(days=DAYS + 1, hours=10))
    after = feed.records[len(before) :]
    engine.consume(after)
    engine.checkpoint()
    then = read(engine.store, plan, BEGIN + timedelta(days=DAYS + 1, hours=10, minutes=30))
    return Recording(commit, state, figures, was, after, then)


if __name__ == "__main__":
    FILE.write_bytes(lzma.compress(msgspec.json.encode(record(sys.argv[1])), preset=9))
