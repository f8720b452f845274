"""Made-up events of every subsystem, from the catalogue's schemas: what sources send, and what they should not send."""

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

from ioc.catalogue.model import Catalogue, EntitySpec, FieldSpec, Subsystem
from tests.oracle.reading import FIRST
from tests.oracle.topics import key_of

DUPLICATES, LATE, OUT_OF_ORDER, POISON = 0.02, 0.01, 0.10, 0.005
BINARY = 0.1
"""Share of events whose attributes are in headers."""
START = datetime(2024, 1, 1, tzinfo=UTC)

_VIET_NAM = timezone(timedelta(hours=7))
_LEAPS = [timedelta(minutes=5), *[timedelta(hours=h) for h in (1, 3, 8, 24)], timedelta(days=9), timedelta(days=36)]
"""What event time skips now and then: whatever expires does so in a run of minutes."""
_LEAPING = 1 / 2_000
_LAST_LEAP = START + timedelta(days=600)
_REMEMBERED = 3_000
_RUNNING_AWAY = 0.5
"""Share of an entity that runs away, while it does."""
_IN_PLAY = 40
_WEIGHTS = {"opened": 0.3, "closed": 4, "suspended": 2, "resumed": 2, "extended": 1, "transferred": 1}
_WEIGHTS |= {"corrected": 1, "reopened": 2, "milestone": 2, "voided": 0.3}


@dataclass(frozen=True, slots=True)
class Message:
    """One record of a subsystem's topic; ``partition`` is None where the key decides."""

    subsystem: str
    key: bytes
    value: bytes | None
    headers: list[tuple[str, bytes | None]] = field(default_factory=list)
    partition: int | None = None


class MadeUp:
    """An endless stream of messages of all subsystems, the same for the same seed.

    Args:
        catalogue: what may be sent.
        seed: what decides everything.
        partitions: of each topic, for messages that go to a wrong one.
    """

    def __init__(self, catalogue: Catalogue, seed: int, partitions: int) -> None:
        self._random = Random(seed)
        self._sources = [Source(subsystem, catalogue, self._random) for subsystem in catalogue.subsystems.values()]
        self._partitions = partitions
        self._clock = START
        self._recent: deque[Message] = deque(maxlen=_REMEMBERED)
        self._running_away: Iterator[Message] = iter(())
        self._left = 0

    def run_away(self, count: int) -> None:
        """Let one entity have so many events, among those of all others; what was left of another one is not sent."""
        sources = [source for source in self._sources if source.has_entities]
        self._running_away, self._left = self._random.choice(sources).life(self._clock, count), count

    @property
    def has_run_away(self) -> bool:
        """Whether all events of the last that ran away were sent, or there was none."""
        return not self._left

    def __iter__(self) -> Iterator[Message]:
        random = self._random
        while True:
            self._clock += timedelta(seconds=random.random())
            if random.random() < _LEAPING and self._clock < _LAST_LEAP:
                self._clock += random.choice(_LEAPS)
            if self._recent and random.random() < DUPLICATES:
                yield random.choice(self._recent)
                continue
            message = next(self._running_away, None) if random.random() < _RUNNING_AWAY else None
            if message is None:
                message = random.choice(self._sources).message(self._clock)
            else:
                self._left -= 1
            if random.random() < POISON:
                yield self._poisoned(message)
            else:
                self._recent.append(message)
                yield message

    def _poisoned(self, message: Message) -> Message:
        value = message.value or b""
        name = self._random.choice([*_POISONS, "misrouted", "wrong key", "binary", "sent again", "half a place"])
        if name == "misrouted":
            return Message(message.subsystem, message.key, value, partition=self._random.randrange(self._partitions))
        if name == "wrong key":
            return Message(message.subsystem, b"other", value)
        if name == "binary":
            return Message(message.subsystem, message.key, value, [("ce_specversion", b"1.0"), ("ce_id", b"\xff")])
        if name == "sent again":
            place = ("ioc.events.elsewhere", self._random.randrange(self._partitions), self._random.randrange(30))
            said = [str(part).encode() for part in place]
            headers = [*message.headers, *zip(FIRST, said, strict=True)]
            return Message(message.subsystem, message.key, value, headers)
        if name == "half a place":
            headers = [*message.headers, *self._random.choice(_HALF_PLACES)]
            return Message(message.subsystem, message.key, value, headers)
        return Message(message.subsystem, message.key, _POISONS[name](value), message.headers)


_TOPIC, _PARTITION, _OFFSET = ((FIRST[0], b"t"), (FIRST[1], b"1"), (FIRST[2], b"1"))
_HALF_PLACES: list[list[tuple[str, bytes | None]]] = [
    [(FIRST[1], None)],
    [_PARTITION],
    [_TOPIC, _PARTITION],
    [_TOPIC, (FIRST[1], None), _OFFSET],
    [_TOPIC, _PARTITION, (FIRST[2], b"")],
    [_TOPIC, _PARTITION, (FIRST[2], b"one")],
    [_TOPIC, _PARTITION, (FIRST[2], "１".encode())],
    [(FIRST[0], b"\xff"), _PARTITION, _OFFSET],
]
"""Headers that say where a record was rejected first, and do not."""


def _changed(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    def changed(value: bytes) -> bytes:
        content = json.loads(value)
        change(content)
        return json.dumps(content).encode()

    return changed


def _first_field(content: dict[str, Any]) -> tuple[dict[str, Any], str]:
    data = content.get("data", content)
    return data, next(iter(data), "nothing")


def _put(content: dict[str, Any], value: object) -> None:
    data, name = _first_field(content)
    data[name] = value


def _leave_out(content: dict[str, Any]) -> None:
    data, name = _first_field(content)
    data.pop(name, None)


_POISONS: Mapping[str, Callable[[bytes], bytes | None]] = {
    "empty": lambda value: b"",
    "tombstone": lambda value: None,
    "truncated": lambda value: value[: len(value) // 2],
    "no UTF-8": lambda value: b"\xff\xfe" + value,
    "nested": lambda value: b"[" * 200_000,
    "too large": lambda value: value[:-1] + b" " * 1_500_000 + b"}",
    "a list": lambda value: b"[" + value + b"]",
    "a number": lambda value: b"17",
    "unknown type": _changed(lambda content: content.update(type="vn.phutho.unknown.v1")),
    "missing field": _changed(_leave_out),
    "wrong type": _changed(lambda content: _put(content, {"not": "this"})),
    "endless text": _changed(lambda content: _put(content, "x" * 20_000)),
    "a year ahead": _changed(lambda content: content.update(time="2099-01-01T00:00:00Z")),
    "no zone": _changed(lambda content: content.update(time="2025-10-01T00:00:00")),
    "no such day": _changed(lambda content: content.update(time="2025-02-30T00:00:00Z")),
    "no id": _changed(lambda content: content.pop("id", None)),
    "empty id": _changed(lambda content: content.update(id="")),
}


class Source:
    """The source system of one subsystem."""

    def __init__(self, subsystem: Subsystem, catalogue: Catalogue, random: Random) -> None:
        self._subsystem = subsystem
        self._random = random
        self._units = [unit.code for unit in catalogue.province.units]
        self._entities = {slug: Population(slug, spec, random) for slug, spec in subsystem.entities.items()}
        self._others = [event for event in subsystem.events if subsystem.entity_of(event) is None]
        self._lateness = min(feed.allowed_lateness.seconds for feed in subsystem.feeds.values())
        self._sent = 0

    @property
    def has_entities(self) -> bool:
        return bool(self._entities)

    def message(self, clock: datetime) -> Message:
        """The next event, around ``clock``."""
        event, ids = self._event()
        return self._of(event, ids, clock - timedelta(seconds=self._back()))

    def life(self, clock: datetime, count: int) -> Iterator[Message]:
        """So many events of a new entity, each at another time until ``clock``."""
        slug = self._random.choice([*self._entities])
        spec = self._subsystem.entities[slug]
        ids = {spec.id: f"{slug}-runs-away-{self._sent}"}
        for number in range(count):
            event = self._random.choice([*spec.events]) if number else spec.opened_by
            yield self._of(event, ids, clock - timedelta(seconds=count - number))

    def _of(self, event: str, ids: dict[str, object], time: datetime) -> Message:
        random = self._random
        spec = self._subsystem.events[event]
        data = {name: self._value(name, self._subsystem.fields[name], time) for name in spec.required}
        for name in spec.optional:
            if random.random() < 0.5:
                value = self._value(name, self._subsystem.fields[name], time)
                data[name] = None if random.random() < 0.2 else value
        data |= ids
        self._sent += 1
        key = key_of(self._subsystem, event)
        attributes = {
            "specversion": "1.0",
            "id": f"{self._sent}",
            "source": random.choice(("/one", "/other")),
            "type": self._subsystem.event_type(event),
            "time": self._text(time),
        }
        return self._framed(str(data[key] if key else random.randrange(100)).encode(), attributes, data)

    def _framed(self, key: bytes, attributes: dict[str, str], data: dict[str, object]) -> Message:
        slug = self._subsystem.subsystem
        if self._random.random() < BINARY:
            headers: list[tuple[str, bytes | None]] = [(f"ce_{n}", text.encode()) for n, text in attributes.items()]
            return Message(slug, key, json.dumps(data).encode(), headers)
        return Message(slug, key, json.dumps({**attributes, "data": data}).encode())

    def _event(self) -> tuple[str, dict[str, object]]:
        """An event's name, and the entity's id for one of a lifecycle."""
        choices = [*self._entities, *([""] if self._others else [])]
        chosen = self._random.choice(choices)
        if not chosen:
            return self._random.choice(self._others), {}
        event, entity = self._entities[chosen].event()
        return event, {self._subsystem.entities[chosen].id: entity}

    def _back(self) -> float:
        """How long before now an event happened, in seconds."""
        kind = self._random.random()
        if kind < LATE:
            return self._lateness + self._random.choice((1.0, 3600.0, 86_400.0, 9 * 86_400.0)) * self._random.random()
        return self._random.uniform(0, self._lateness) if kind < LATE + OUT_OF_ORDER else 0.0

    def _value(self, name: str, field: FieldSpec, time: datetime) -> object:
        random = self._random
        if field.hashed:
            return f"{self._random.getrandbits(128):032x}"
        match field.type:
            case "id":
                return f"{name}-{random.randrange(30)}"
            case "code" if field.values:
                return random.choice([*field.values])
            case "code":
                return f"code-{random.randrange(20)}"
            case "unit":
                return random.choice(self._units)
            case "text":
                return random.choice(("", "Phú Thọ", "x" * 500))
            case "boolean":
                return random.random() < 0.5
            case "time":
                return self._text(time + timedelta(seconds=random.uniform(-86_400, 10 * 86_400)))
            case "integer" | "number":
                low, high = field.min or 0, 1_000 if field.max is None else field.max
                drawn = min(high, max(low, random.uniform(low, high)))
                return int(drawn) if field.type == "integer" else round(drawn, random.randrange(5))

    def _text(self, time: datetime) -> str:
        zone = self._random.choice((UTC, _VIET_NAM))
        precision = self._random.choice(("seconds", "milliseconds", "microseconds"))
        return time.astimezone(zone).isoformat(timespec=precision)


class Population:
    """The entities of one type: some in play, some long closed that may come back, new ones all the time."""

    def __init__(self, slug: str, spec: EntitySpec, random: Random) -> None:
        self._slug = slug
        self._opening = spec.opened_by
        self._events = [*spec.events]
        self._weights = [_WEIGHTS[role] for role in spec.events.values()]
        self._random = random
        self._in_play: list[str] = []
        self._retired: deque[str] = deque(maxlen=1_000)
        self._made = 0

    def event(self) -> tuple[str, str]:
        """An event and the entity it is about."""
        random = self._random
        if not self._in_play or random.random() < 0.3:
            self._made += 1
            entity = f"{self._slug}-{self._made}"
            self._in_play.append(entity)
            if len(self._in_play) > _IN_PLAY:
                self._retired.append(self._in_play.pop(random.randrange(_IN_PLAY)))
            if random.random() < 0.85:
                return self._opening, entity
        elif self._retired and random.random() < 0.02:
            entity = random.choice(self._retired)
        else:
            entity = random.choice(self._in_play)
        return random.choices(self._events, self._weights)[0], entity
