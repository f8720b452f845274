"""An event that was rejected and sent again counts once, however often it is sent."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from ioc.catalogue import load
from ioc.engine.plan import Plan, compile_plan
from ioc.engine.redelivery import Redeliveries
from ioc.engine.shard import Shard
from ioc.engine.store.checkpoint_header import CheckpointHeader, decode_header, encode_header
from ioc.engine.store.keys import HEADER, Kind, StoredKey
from ioc.engine.store.memory import Watermark
from ioc.events.dead_letter import FIRST, LONGEST_KEPT_DAYS, DeadLetter, RecordPosition, first_position
from ioc.events.records import SENT_AGAIN, Batch, Header, Record
from ioc.figures.merged import MergedFigures
from ioc.time.instants import EpochMs, EpochSeconds, ms_from_seconds
from ioc.time.windows import DAY
from tests.ioc.catalogues import SLUG, batch, catalogue, event

pytestmark = pytest.mark.usefixtures("runs")

PLACE = RecordPosition("other.events.statistics", 0, 7)
SETTLED = event(1)
LATER = "2025-08-20T04:00:00+07:00"
DAY_MS = 86_400_000
LONG_AFTER = 1_756_000_000_000


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return compile_plan(load(catalogue(tmp_path / "catalogue")))


def fates(shard: Shard) -> tuple[int, int, int]:
    found = shard.sources[SLUG].fates
    return found.applied, found.duplicate, found.rejected


def redriven(offset: int, value: bytes = SETTLED, place: RecordPosition = PLACE, appended: int = LONG_AFTER) -> Batch:
    """One that the operator sent again, at its place in the topic of such."""
    return batch(
        offset,
        (b"d1", value),
        headers=place.headers,
        appended=appended,
        topic=f"ioc.{SENT_AGAIN}",
        source=SENT_AGAIN,
    )


def own(offset: int) -> RecordPosition:
    """A place in the very partition that is consumed."""
    return RecordPosition(f"ioc.events.{SLUG}", 0, offset)


def long_after(offset: int) -> Batch:
    """An event that puts all before it past the horizon of duplicates, for the next of another day."""
    return batch(offset, (b"d2", event(2, time=LATER)), appended=LONG_AFTER)


def restored(plan: Plan, shard: Shard, harm: Callable[[CheckpointHeader], None] = lambda header: None) -> Shard:
    checkpoint = shard.checkpoint()
    assert checkpoint is not None
    state, figures = live(checkpoint.state), live(checkpoint.figures)
    header = decode_header(figures[HEADER])
    harm(header)
    figures[HEADER] = encode_header(header)
    return Shard.restore(plan, 0, 1, state.items(), figures.items())


def live(records: Iterable[Record]) -> dict[bytes, bytes]:
    """What a compacted log holds of records."""
    newest = {record.key: record.value for record in records}
    return {key: value for key, value in newest.items() if value is not None}


def test_a_redriven_event_counts_once_also_past_the_horizon_of_duplicates_and_after_a_restore(plan: Plan) -> None:
    shard = Shard(plan, 0, 1)
    shard.apply(batch(0, (b"d2", event(2, time=LATER)), appended=LONG_AFTER))
    shard.apply(redriven(1))
    shard.apply(redriven(2))
    shard = restored(plan, shard)
    shard.apply(redriven(3))
    assert fates(shard) == (2, 2, 0)


def test_a_copy_of_an_event_that_came_anyway_counts_for_none_later_either(plan: Plan) -> None:
    shard = Shard(plan, 0, 1)
    shard.apply(batch(0, (b"d1", SETTLED)))
    shard.apply(redriven(1))
    shard.apply(batch(2, (b"d2", event(2, time=LATER)), appended=LONG_AFTER))
    shard.apply(redriven(3))
    assert fates(shard) == (2, 2, 0)


def test_a_redriven_event_that_is_rejected_again_names_its_first_place_and_may_pass_later(plan: Plan) -> None:
    shard = Shard(plan, 0, 1)
    shard.apply(redriven(41, b"{"))
    (letter,) = letters_of(shard)
    assert (letter.offset, letter.first) == (41, PLACE)
    shard.apply(redriven(42))
    assert fates(shard) == (1, 0, 1)


def test_after_a_rebuild_that_reads_more_the_copies_of_what_passed_by_itself_count_for_none(plan: Plan) -> None:
    rebuilt = Shard(plan, 0, 1)
    rebuilt.apply(batch(0, (b"d1", SETTLED), (b"d1", b"{")))
    rebuilt.apply(long_after(2))
    rebuilt.apply(redriven(3, place=own(0)))
    rebuilt = restored(plan, rebuilt)
    rebuilt.apply(redriven(4, place=own(0)))
    assert fates(rebuilt) == (2, 2, 1)
    rebuilt.apply(batch(5, (b"d3", event(3, time=LATER)), appended=LONG_AFTER + DAY_MS))
    rebuilt.apply(redriven(6, event(4), place=own(1), appended=LONG_AFTER + DAY_MS))
    assert fates(rebuilt) == (4, 2, 1)


def test_a_copy_of_what_the_topic_has_forgotten_may_pass(plan: Plan) -> None:
    shard = Shard(plan, 0, 1)
    shard.apply(batch(7, (b"d3", event(3))))
    shard.apply(redriven(8, place=own(6)))
    assert fates(shard) == (2, 0, 0)


def test_a_copy_of_what_an_older_program_rejected_may_pass(plan: Plan) -> None:
    def forget(header: CheckpointHeader) -> None:
        header.sources[SLUG].rejections_from = -1

    shard = Shard(plan, 0, 1)
    shard.apply(batch(0, (b"d3", event(3)), (b"d4", event(4))))
    shard = restored(plan, shard, forget)
    shard.apply(redriven(2, place=own(1)))
    assert fates(shard) == (3, 0, 0)


def test_copies_past_the_remembered_rejections_may_pass_once(plan: Plan) -> None:
    shard, many = Shard(plan, 0, 1), 110_001
    shard.apply(batch(0, (b"d3", event(3)), *[(b"d1", b"{")] * many))
    shard = restored(plan, shard)
    shard.apply(batch(many + 1, (b"d1", b"{")))
    shard.apply(redriven(many + 2, place=own(1)))
    shard.apply(redriven(many + 3, place=own(1)))
    assert fates(shard) == (2, 1, many + 1)
    assert shard.sources[SLUG].rejections_from > 1


def sent_again(offset: int, value: bytes, headers: Iterable[Header]) -> Batch:
    return batch(offset, (b"d1", value), headers=[*headers], topic=f"ioc.{SENT_AGAIN}", source=SENT_AGAIN)


def letters_of(shard: Shard) -> list[DeadLetter]:
    checkpoint = shard.checkpoint()
    assert checkpoint is not None
    return [DeadLetter.from_record(record.value, tuple(record.headers)) for record in checkpoint.dead_letters]


@pytest.mark.parametrize("missing", FIRST)
def test_what_names_half_a_place_is_a_dead_letter_of_the_subsystem_that_its_type_names(
    plan: Plan, missing: str
) -> None:
    headers = [header for header in PLACE.headers if header[0] != missing]
    shard = Shard(plan, 0, 1)
    for offset, own in enumerate(([], headers, [*headers, (missing, b"\xff")], [*headers, (missing, None)])):
        shard.apply(sent_again(offset, SETTLED, own))
    assert fates(shard) == (0, 0, 4)
    assert shard.sources[SLUG].fates.rejected_by_reason == {"no_place": 4}
    assert shard.positions == {SLUG: 0, SENT_AGAIN: 4}
    told = [(letter.subsystem, letter.offset, letter.reason) for letter in letters_of(shard)]
    assert told == [(SLUG, offset, "no_place") for offset in range(4)]


def test_what_is_nobodys_is_a_dead_letter_and_counted_also_after_a_restart(plan: Plan) -> None:
    elsewhere = RecordPosition("ioc.events.gone", 0, 0).headers
    shard = Shard(plan, 0, 1)
    for offset, (value, headers) in enumerate(((b"{", []), (SETTLED.replace(SLUG.encode(), b"gone"), elsewhere))):
        shard.apply(sent_again(offset, value, headers))
    checkpoint = shard.checkpoint()
    assert checkpoint is not None
    letters = [DeadLetter.from_record(record.value, tuple(record.headers)) for record in checkpoint.dead_letters]
    assert [(letter.subsystem, letter.reason) for letter in letters] == [(SENT_AGAIN, "no_place")] * 2
    merged = MergedFigures(plan)
    for _ in range(2):
        for record in checkpoint.figures:
            merged.put(0, record.key, record.value)
        nobodys = merged.nobodys()
        counted = nobodys.consumed, nobodys.sent_again, nobodys.rejected
        assert counted == (2, 2, nobodys.rejected_by_reason["no_place"])
        shard = Shard.restore(plan, 0, 1, live(checkpoint.state).items(), live(checkpoint.figures).items())
        shard.apply(batch(0, (b"d1", SETTLED)))
        checkpoint = shard.checkpoint()
        assert checkpoint is not None
    assert fates(shard) == (1, 0, 0)


def test_what_named_no_place_counts_once_when_the_operator_sends_it_again(plan: Plan) -> None:
    shard = Shard(plan, 0, 1)
    shard.apply(sent_again(0, SETTLED, []))
    (letter,) = letters_of(shard)
    own = letter.first._replace(topic=f"ioc.{SENT_AGAIN}").headers
    for offset in (1, 2):
        shard.apply(sent_again(offset, SETTLED, own))
    assert fates(shard) == (1, 1, 1)


def test_a_feed_that_says_what_only_the_operator_may_is_not_believed(plan: Plan) -> None:
    shard = Shard(plan, 0, 1)
    shard.apply(batch(0, (b"d1", b"{"), (b"d1", b"{")))
    shard.apply(batch(2, (b"d2", event(2)), headers=own(0).headers))
    shard.apply(batch(3, (b"d3", event(3)), (b"d4", b"{"), headers=own(0).headers))
    assert [letter.first.offset for letter in letters_of(shard)] == [0, 1, 4]
    shard.apply(redriven(0, event(4), place=own(0)))
    assert fates(shard) == (3, 0, 3)


def test_in_a_rebuild_what_was_sent_again_may_come_before_the_event_itself(plan: Plan) -> None:
    for value, expected in ((SETTLED, (1, 1, 0)), (b"{", (1, 0, 1))):
        shard = Shard(plan, 0, 1)
        shard.apply(redriven(0, place=own(0)))
        shard = restored(plan, shard)
        assert shard.positions == {SLUG: 0, SENT_AGAIN: 1}
        shard.apply(redriven(0, place=own(0)))
        shard.apply(batch(0, (b"d1", value)))
        assert fates(shard) == expected


def test_headers_of_others_name_no_place() -> None:
    assert first_position([("ce_id", b"1")]) is None
    assert first_position(PLACE.headers) == PLACE


def appended(days: int) -> Watermark:
    """So many days after the epoch by append time."""
    return Watermark(EpochMs(0), ms_from_seconds(EpochSeconds(days * DAY)))


def test_a_place_is_forgotten_only_after_every_dead_letter_is_gone() -> None:
    passed = Redeliveries(StoredKey(SLUG, Kind.REDELIVERIES))
    passed.add(PLACE, EpochMs(0))
    keys = [record.key for record in passed.drain(appended(0))]
    assert [*passed.drain(appended(LONGEST_KEPT_DAYS))] == []
    assert PLACE in passed
    assert [(record.key, record.value) for record in passed.drain(appended(401))] == [(keys[0], None)]
    assert PLACE not in passed
