"""Logs of made-up events for hypothesis: late, early, repeated, broken and misrouted ones among good ones."""

import json
from contextlib import suppress
from typing import Any, NamedTuple

from hypothesis import strategies as st

from ioc.catalogue.model import Subsystem
from tests.oracle.topics import Topics, moment, time_text
from tests.oracle.workshop import UNITS, workshop

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START = moment("2025-10-30 23:50")
SUBSYSTEM = workshop()

STEPS_ON = [*[0] * 8, 1, 999, 1_000, MINUTE, 5 * MINUTE - 1, 5 * MINUTE, 29 * MINUTE, HOUR, 3 * HOUR, 8 * HOUR, DAY]
LEAPS = [3 * DAY, 8 * DAY, 29 * DAY, 31 * DAY, 401 * DAY]
BACK = [*[0] * 8, 1, 1_000, 5 * MINUTE, 10 * MINUTE, 10 * MINUTE + 1, 40 * MINUTE, 3 * HOUR, DAY, 8 * DAY, 30 * DAY]
AHEAD = [5 * MINUTE, 5 * MINUTE + 1]
DUE = [-HOUR, 0, 30 * MINUTE, 8 * HOUR, 10 * MINUTE, DAY]
VALUES = [0, 1, -1.5, 0.1, 0.0005, 2.675, 1e6, 333.333]
TROUBLES = [
    *[""] * 20,
    *("again", "again", "same id", "malformed", "empty", "unknown type", "missing field", "wrong type", "wrong key"),
    *("misrouted", "no zone", "before 1970", "sent again", "sent again", "no place"),
]


class Step(NamedTuple):
    """What one record is made of."""

    event: str
    thing: int
    on: int
    """How far the clock moves before it, ms."""
    back: int
    """How long before the clock it happened, ms."""
    choices: tuple[int, int, int]
    trouble: str
    which: int
    """Which earlier record it repeats."""


def steps(events: list[str] | None = None, *, leaps: bool = True) -> st.SearchStrategy[Step]:
    """One step; without leaps the clock moves by a day at the most."""
    often = events or [*SUBSYSTEM.events, "case.opened", "case.opened", "case.closed", "case.closed"]
    return st.builds(
        Step,
        st.sampled_from(often),
        st.integers(0, 2),
        st.sampled_from(STEPS_ON + (LEAPS if leaps else [])),
        st.sampled_from(BACK + [-ahead for ahead in AHEAD]),
        st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(0, 7)),
        st.sampled_from(TROUBLES),
        st.integers(0, 100),
    )


def topics_of(steps: list[Step], partitions: int = 2, subsystem: Subsystem = SUBSYSTEM) -> Topics:
    """The topics after all steps."""
    topics = Topics(partitions)
    clock = START
    for step in steps:
        clock += step.on
        if step.trouble in ("again", "same id") and topics.records:
            _repeat(topics, step, clock)
        else:
            time = -1 if step.trouble == "before 1970" else clock - step.back
            again = None
            if step.trouble == "sent again" and topics.records:
                again = topics.records[step.which % len(topics.records)]
            record = topics.send(
                subsystem, step.event, time, _data(subsystem, step, clock), appended=clock, again=again
            )
            if step.trouble not in ("", "sent again"):
                topics.undo(record)
                key, value = _broken(step, record.key, json.loads(record.value or b""))
                partition = (record.partition + (step.trouble == "misrouted")) % partitions
                half = [("ioc_first_topic", b"ioc.events.workshop"), ("ioc_first_offset", b"0")][: step.choices[1] % 3]
                stray = step.trouble == "no place"
                topics.append(
                    record.subsystem, key, value, clock, partition, headers=half if stray else (), sent_again=stray
                )
    return topics


def _repeat(topics: Topics, step: Step, clock: int) -> None:
    record = topics.records[step.which % len(topics.records)]
    value = record.value
    if step.trouble == "same id":
        # A malformed record is repeated as it is.
        with suppress(ValueError):
            value = json.dumps({**json.loads(value or b""), "time": time_text(clock - step.back)}).encode()
    topics.append(record.subsystem, record.key, value, clock, record.partition)


def _broken(step: Step, key: bytes | None, envelope: dict[str, Any]) -> tuple[bytes | None, bytes | None]:
    data = envelope["data"]
    match step.trouble:
        case "malformed":
            return key, json.dumps(envelope).encode()[: -1 - step.choices[0]]
        case "empty":
            return key, None if step.choices[0] % 2 else b""
        case "unknown type":
            envelope["type"] += "x"
        case "missing field":
            data.pop(next(iter(data)))
        case "wrong type":
            data[next(iter(data))] = [1]
        case "no zone":
            envelope["time"] = envelope["time"][:-6]
        case "wrong key":
            key = None if step.choices[0] % 2 else b"other"
    return key, json.dumps(envelope).encode()


def _data(subsystem: Subsystem, step: Step, clock: int) -> dict[str, Any]:
    spec = subsystem.events[step.event]
    one, two, three = step.choices
    made = {
        "case": f"case{step.thing}",
        "camera": f"camera{step.thing}",
        "station": f"station{step.thing}",
        "unit": UNITS[one % len(UNITS)],
        "topic": ["land", "water"][two % 2],
        "urgent": three % 2 == 0,
        "due_at": time_text(clock + DUE[two % len(DUE)] + one % 2),
        "value": VALUES[one],
        "level": VALUES[two],
        "amount": int(VALUES[three]),
        "measured_in": ["g", "kg", "lot"][two % 3],
    }
    left_out = {field for number, field in enumerate(spec.optional) if (one + two + number) % 3 == 0}
    return {field: made[field] for field in spec.fields if field not in left_out}
