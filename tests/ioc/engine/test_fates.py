"""Where events at the edges go: clocks never set, milliseconds, headers without values, horizons."""

import json
from functools import partial

import pytest

from ioc.engine import entities
from ioc.engine.duplicates import Duplicates
from ioc.engine.plan import compile_plan
from ioc.engine.shard import Shard
from ioc.events.dead_letter import DeadLetter
from ioc.kpis.facts import STAMP
from tests.oracle import oracle as oracle_module
from tests.oracle.oracle import Oracle
from tests.oracle.reading import LogRecord
from tests.oracle.topics import Engine, Topics, batch_of, moment
from tests.oracle.workshop import catalogue_of, workshop

pytestmark = pytest.mark.usefixtures("runs")

SUBSYSTEM = workshop()
PLAN = compile_plan(catalogue_of(SUBSYSTEM))
NOON = moment("2025-10-31 12:00")
REPORT = {"station": "s", "unit": "7900", "amount": 1}


def shard_after(*records: LogRecord) -> Shard:
    shard = Shard(PLAN, 0, 1)
    shard.apply(batch_of(records))
    return shard


def reports(*sent: tuple[int, str]) -> Shard:
    """The shard after reports of given times and ids."""
    topics = Topics(1)
    for time, event_id in sent:
        topics.send(SUBSYSTEM, "day.reported", time, REPORT, id=event_id, appended=NOON + 10**9)
    return shard_after(*topics.records)


@pytest.mark.parametrize("event", ["case.closed", "day.reported"])
def test_an_event_before_1970_is_rejected(event: str) -> None:
    topics = Topics(1)
    topics.send(SUBSYSTEM, event, -1, {"case": "a", "urgent": True, **REPORT}, appended=NOON)
    shard = shard_after(*topics.records)
    assert shard.sources["workshop"].fates.rejected_by_reason == {"invalid_value": 1}
    assert shard.checkpoint() is not None


def test_no_millisecond_is_lost_in_a_float() -> None:
    milliseconds = range(1, 1000, 37)
    assert [reports((NOON + ms, "a")).sources["workshop"].newest - NOON for ms in milliseconds] == list(milliseconds)


def test_an_event_is_late_by_a_millisecond() -> None:
    ten_minutes = 600_000
    assert reports((NOON + ten_minutes, "a"), (NOON, "b")).sources["workshop"].fates.late == 0
    assert reports((NOON + ten_minutes + 1, "a"), (NOON, "b")).sources["workshop"].fates.late == 1


def test_an_event_five_minutes_ahead_is_taken_and_one_a_millisecond_further_is_not() -> None:
    for ahead, reasons in ((300_000, {}), (300_001, {"future": 1})):
        topics = Topics(1)
        topics.send(SUBSYSTEM, "day.reported", NOON + ahead, REPORT, appended=NOON)
        assert shard_after(*topics.records).sources["workshop"].fates.rejected_by_reason == reasons


def duplicates_of(*sent: tuple[int, int, str]) -> int:
    """How many of these are duplicates: (event time, append time, id), in minutes after noon."""
    topics = Topics(1)
    for time, appended, event_id in sent:
        topics.send(
            SUBSYSTEM,
            "day.reported",
            NOON + time * 60_000,
            REPORT,
            id=event_id,
            appended=NOON + appended * 60_000,
        )
    return shard_after(*topics.records).sources["workshop"].fates.duplicate


def test_an_event_of_a_time_whose_ids_were_dropped_is_a_dead_letter_and_never_counts_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ioc.engine.judge.Duplicates", partial(Duplicates, always_kept=8, most=16))
    topics = Topics(1)
    for place, number in enumerate((*range(100), 3, 99)):
        time, appended = (NOON + tens * 10 * 60_000 for tens in (number, place))
        topics.send(SUBSYSTEM, "day.reported", time, REPORT, id=f"d{number}", appended=appended)
    shard = shard_after(*topics.records)
    fates = shard.sources["workshop"].fates
    assert (fates.applied, fates.duplicate, fates.rejected_by_reason) == (100, 1, {"undecidable": 1})
    checkpoint = shard.checkpoint()
    assert checkpoint is not None
    letters = [DeadLetter.from_record(record.value, tuple(record.headers)) for record in checkpoint.dead_letters]
    assert [(letter.reason, letter.field, letter.offset) for letter in letters] == [("undecidable", "time", 100)]


def test_the_ids_of_a_history_sent_at_once_are_all_known() -> None:
    years = [(-day * 1440, 0, f"d{day}") for day in range(900)]
    assert duplicates_of(*years, *years) == 900


def test_ids_stay_known_while_no_newer_event_comes() -> None:
    assert duplicates_of((0, 0, "a"), (0, 100, "b"), (0, 2000, "c"), (0, 4000, "a")) == 1


def test_an_id_stamped_again_with_another_time_is_a_duplicate() -> None:
    topics = Topics(1)
    for time in (NOON - 1, NOON, NOON + 7 * 60_000):
        topics.send(SUBSYSTEM, "day.reported", time, REPORT, id="a", appended=NOON + 10 * 60_000)
    assert shard_after(*topics.records).sources["workshop"].fates.duplicate == 2


def test_a_dead_letter_comes_of_every_rejected_record_and_counts_add_up() -> None:
    topics = Topics(1)
    for value in (b"{", b"", None, b'{"type":"x"}'):
        topics.append("workshop", b"s", value, NOON)
    topics.send(SUBSYSTEM, "day.reported", NOON, REPORT)
    topics.send(SUBSYSTEM, "day.reported", NOON, REPORT, id="n4")
    shard = shard_after(*topics.records)
    fates = shard.sources["workshop"].fates
    assert (fates.consumed, fates.applied, fates.duplicate, fates.rejected) == (6, 1, 1, 4)
    checkpoint = shard.checkpoint()
    assert checkpoint is not None
    assert len(checkpoint.dead_letters) == 4


def test_a_type_that_is_no_utf_8_is_malformed() -> None:
    topics = Topics(1)
    value = topics.send(SUBSYSTEM, "day.reported", NOON, REPORT).value or b""
    record = LogRecord("workshop", 0, 0, NOON, b"s", value.replace(b"phutho", b"ph\xfbtho"))
    assert shard_after(record).sources["workshop"].fates.rejected_by_reason == {"malformed": 1}


def binary(data: bytes, **headers: bytes | None) -> LogRecord:
    """A record in binary mode."""
    about: dict[str, bytes | None] = {
        "specversion": b"1.0",
        "id": b"a",
        "source": b"tests",
        "type": SUBSYSTEM.event_type("day.reported").encode(),
        "time": b"2025-10-31T12:00:00+07:00",
    }
    pairs = tuple((f"ce_{name}", text) for name, text in {**about, **headers}.items())
    return LogRecord("workshop", 0, 0, NOON, b"s", data, pairs)


def test_a_header_without_a_value_is_an_attribute_without_one() -> None:
    assert shard_after(binary(json.dumps(REPORT).encode())).sources["workshop"].fates.applied == 1
    record = binary(json.dumps(REPORT).encode(), id=None)
    assert shard_after(record).sources["workshop"].fates.rejected_by_reason == {"invalid_value": 1}


def test_no_attribute_passes_in_through_the_data() -> None:
    record = binary(json.dumps(REPORT).encode() + b',"id":"b"')
    assert shard_after(record).sources["workshop"].fates.rejected_by_reason == {"malformed": 1}


def test_endless_nesting_is_malformed() -> None:
    for record in (binary(b"[" * 5000), LogRecord("workshop", 0, 0, NOON, b"s", b'{"data":' * 5000)):
        assert shard_after(record).sources["workshop"].fates.rejected_by_reason == {"malformed": 1}


def alive(engine: Engine) -> dict[str, int]:
    """How many cameras are known, by unit, as of the last checkpoint."""
    cells = engine.panes().get(("workshop", ("unit",), 0, 0), {})
    return {labels[0]: sum(counts.values()) for (labels, name), counts in cells.items() if name.endswith(STAMP)}


def test_of_one_minute_it_does_not_matter_which_sign_of_life_came_first() -> None:
    signs = [(NOON, "7900"), (NOON + 59_999, "8716")]
    for order in (signs, signs[::-1]):
        topics, engine = Topics(1), Engine(PLAN, 1)
        for time, unit in order:
            topics.send(SUBSYSTEM, "camera.heard", time, {"camera": "c", "unit": unit}, appended=NOON + 10**6)
        engine.consume(topics.records)
        engine.checkpoint()
        assert alive(engine) == {"8716": 1}


def test_a_sign_of_life_from_long_ago_is_forgotten_whenever_it_comes() -> None:
    topics = Topics(1)
    for days, camera in ((0, "new"), (-10, "old")):
        data = {"camera": camera, "unit": "7900"}
        topics.send(SUBSYSTEM, "camera.heard", NOON + days * 86_400_000, data, appended=NOON)
    together, apart = Engine(PLAN, 1), Engine(PLAN, 1)
    together.consume(topics.records)
    together.checkpoint()
    for record in topics.records:
        apart.consume([record])
        apart.checkpoint()
    assert alive(together) == alive(apart) == {"7900": 1}


def test_what_an_entity_says_beyond_its_longest_history_is_rejected_but_what_it_said_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert entities.LONGEST_HISTORY == oracle_module.LONGEST_LIFE
    monkeypatch.setattr(entities, "LONGEST_HISTORY", 5)
    monkeypatch.setattr(oracle_module, "LONGEST_LIFE", 5)
    topics = Topics(1)
    for minute in (0, 1, 2, 3, 4, 5, 2, 6, -1):
        event = "case.assigned" if minute else "case.opened"
        said = {"case": "a"} if minute else {"case": "a", "unit": "7900", "topic": "land", "urgent": True}
        topics.send(SUBSYSTEM, event, NOON + minute * 60_000, said, appended=NOON + 3_600_000)
    oracle = Oracle(catalogue_of(SUBSYSTEM), 1)
    for record in topics.records:
        oracle.feed(record)
    fates, wanted = shard_after(*topics.records).sources["workshop"].fates, oracle.fates("workshop")
    assert fates.rejected_by_reason == {"history_too_long": 3}
    assert (fates.applied, fates.duplicate) == (wanted["applied"], wanted["duplicate"]) == (5, 1)
    assert fates.rejected == wanted["rejected"]
