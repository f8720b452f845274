"""Ids are known for as long as said, in a bounded number, and whatever was dropped never counts twice."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from ioc.catalogue import load
from ioc.engine.duplicates import Duplicates, FormerDuplicates
from ioc.engine.plan import compile_plan
from ioc.engine.shard import Shard
from ioc.engine.store.checkpoint_header import FeedState
from ioc.engine.store.keys import StoredKey
from ioc.engine.store.memory import Watermark
from ioc.events.admission import Admission
from ioc.events.decoding import Rejection
from ioc.time.instants import EpochMs, Seconds
from tests.ioc.catalogues import SLUG, batch, catalogue, event

HEAD = StoredKey("workshop", "seen_ids@reports")
MINUTE = 60_000
NOON = 1_761_886_800_000
HORIZON = 40
"""Minutes."""
ALWAYS_KEPT, MOST = 8, 16


class Sent(NamedTuple):
    """An event by its id; times in minutes after noon."""

    id: int
    time: int
    appended: int


class Feed:
    """A feed in one partition whose ids are stored, as an intake uses them."""

    def __init__(self) -> None:
        self.state = FeedState()
        self.stored: dict[StoredKey, bytes] = {}
        self.ids = self._made()

    def _made(self) -> Duplicates:
        former = FormerDuplicates(StoredKey("workshop", "seen_ids"))
        horizon = Seconds(HORIZON * 60)
        return Duplicates(HEAD, horizon, self.state, former, always_kept=ALWAYS_KEPT, most=MOST)

    def take(self, sent: Sent) -> str:
        """What becomes of an event."""
        time, appended = EpochMs(NOON + sent.time * MINUTE), EpochMs(NOON + sent.appended * MINUTE)
        try:
            if not self.ids.remember("source", str(sent.id), appended, time, 0):
                return "duplicate"
        except Rejection as rejection:
            return rejection.reason
        self.state.first = min(self.state.first or time, time)
        self.state.newest = max(self.state.newest, time)
        return "new"

    def take_all(self, sent: Iterable[Sent]) -> list[str]:
        return [self.take(each) for each in sent]

    def checkpoint(self) -> None:
        for record in self.ids.drain(Watermark(EpochMs(0), EpochMs(0))):
            key = StoredKey.parse(record.key)
            if record.value is None:
                del self.stored[key]
            else:
                self.stored[key] = record.value

    def restart(self) -> None:
        self.checkpoint()
        self.resume()

    def resume(self) -> None:
        self.ids = self._made()
        self.ids.restore(self.stored)


@st.composite
def logs(draw: st.DrawFn) -> list[Sent]:
    """Events of a few ids, each of which has its time; the order of their times is anything."""
    appended, sent = 0, []
    for id_, gap in draw(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), max_size=150)):
        appended += gap
        sent.append(Sent(id_, id_ * 37 % 61 * 10 - 600, appended))
    return sent


@given(logs(), st.lists(st.integers(0, 150), max_size=6), st.lists(st.integers(0, 150), max_size=6))
def test_no_event_counts_twice_and_checkpoints_and_restarts_change_nothing(
    log: list[Sent], checkpoints: list[int], restarts: list[int]
) -> None:
    uncut, feed = Feed(), Feed()
    judged = uncut.take_all(log)
    for number, sent in enumerate(log):
        if number in checkpoints:
            feed.checkpoint()
        if number in restarts:
            feed.restart()
        assert feed.take(sent) == judged[number]
    uncut.checkpoint()
    feed.checkpoint()
    assert feed.state == uncut.state
    counted = [sent.id for sent, fate in zip(log, judged, strict=True) if fate == "new"]
    assert len(counted) == len({*counted})
    for number, (sent, fate) in enumerate(zip(log, judged, strict=True)):
        if fate == "duplicate":
            assert (sent.id, "new") in [(o.id, f) for o, f in zip(log[:number], judged, strict=False)]


def test_restarts_within_a_minute_change_nothing() -> None:
    uncut, feed = Feed(), Feed()
    for sent in [Sent(number, number, number // 3) for number in range(100)]:
        assert feed.take(sent) == uncut.take(sent)
        feed.restart()
        uncut.checkpoint()
        assert feed.state == uncut.state


@given(st.lists(st.tuples(st.integers(0, ALWAYS_KEPT - 1), st.integers(-900, 900), st.integers(0, 500)), max_size=80))
def test_a_feed_with_few_ids_never_forgets_any(steps: list[tuple[int, int, int]]) -> None:
    feed, known, appended = Feed(), set[int](), 0
    for id_, time, gap in steps:
        appended += gap
        assert feed.take(Sent(id_, time, appended)) == ("duplicate" if id_ in known else "new")
        known.add(id_)


@given(st.lists(st.tuples(st.integers(10, 100), st.integers(0, HORIZON), st.booleans()), min_size=20, max_size=120))
def test_an_event_within_the_lateness_is_decided_and_one_sent_again_within_the_horizon_is_known(
    steps: list[tuple[int, int, bool]],
) -> None:
    # No more than ten within a horizon: far fewer than may be known at most.
    feed, appended, sent = Feed(), 0, list[Sent]()
    for gap, late, again in steps:
        appended += gap
        recent = [each for each in sent if each.appended + HORIZON >= appended]
        if again and recent:
            assert feed.take(recent[0]._replace(appended=appended)) == "duplicate"
        newest = max((each.time for each in sent), default=0)
        sent.append(Sent(len(sent), max(newest - late, appended - HORIZON), appended))
        assert feed.take(sent[-1]) == "new"


def steadily(count: int, first: int = 0) -> list[Sent]:
    """One event in ten minutes: four within a horizon, and so soon more than are always kept."""
    return [Sent(number, number * 10, number * 10) for number in range(first, first + count)]


def test_what_is_unknown_of_a_time_whose_ids_were_dropped_is_undecidable() -> None:
    feed = Feed()
    assert {*feed.take_all(steadily(100))} == {"new"}
    assert feed.take(Sent(3, 30, 1000)) == "undecidable"
    assert feed.take(Sent(1000, 30, 1000)) == "undecidable"
    assert feed.take(Sent(1000, 30, 1000)) == "undecidable"
    assert feed.take(Sent(1001, 990 - HORIZON, 1000)) == "new"
    assert feed.take(Sent(99, 990, 1000)) == "duplicate"


def test_a_history_older_than_all_that_was_dropped_counts_beside_live_events() -> None:
    feed = Feed()
    feed.take_all(steadily(100))
    history = [Sent(2000 + number, number - 600, 1000) for number in range(300)]
    assert {*feed.take_all(history)} == {"new"}
    assert {*feed.take_all(history[-ALWAYS_KEPT:])} == {"duplicate"}


def test_an_event_as_late_as_the_horizon_is_decided() -> None:
    feed = Feed()
    feed.take_all(Sent(number, number * 5, number * 6) for number in range(100))
    newest = 99 * 5
    assert feed.take(Sent(1000, newest, 600)) == "new"
    assert feed.take(Sent(1001, newest - HORIZON, 600)) == "new"
    assert feed.take(Sent(1002, newest - HORIZON - 20, 600)) == "undecidable"


def test_ids_stay_while_no_newer_event_comes() -> None:
    old, feed = [Sent(number, -number, 0) for number in range(MOST)], Feed()
    assert {*feed.take_all(old)} == {"new"}
    assert {*feed.take_all(each._replace(appended=5000) for each in old)} == {"duplicate"}


def test_the_ids_of_a_history_sent_at_once_are_all_known() -> None:
    history, feed = [Sent(number, number * 1000, number // 2) for number in range(MOST)], Feed()
    assert {*feed.take_all(history)} == {"new"}
    assert {*feed.take_all(each._replace(appended=MOST) for each in history)} == {"duplicate"}


def test_more_than_the_most_are_never_kept_beyond_those_of_a_minute() -> None:
    feed, each_minute = Feed(), 5
    for number in range(1000):
        feed.take(Sent(number, 0, number // each_minute))
        feed.checkpoint()
        known = sum(len(value) // 8 for value in feed.stored.values())
        assert known <= MOST + each_minute + ALWAYS_KEPT
    assert feed.take(Sent(0, 0, 200)) == "undecidable"


def test_an_id_stamped_again_with_another_time_is_known() -> None:
    feed = Feed()
    assert feed.take_all([Sent(1, 0, 5), Sent(1, -1, 5), Sent(1, 4, 700)]) == ["new", "duplicate", "duplicate"]


def test_an_event_that_did_not_pass_may_come_again() -> None:
    feed = Feed()
    assert feed.take(Sent(1, 0, 0)) == "new"
    feed.ids.forget_last()
    feed.restart()
    assert feed.take_all([Sent(1, 0, 0), Sent(1, 0, 0)]) == ["new", "duplicate"]


def former_state(count: int) -> Feed:
    """As a former program left it, which had buckets of an eighth of a horizon, and in each here one id."""
    feed, before = Feed(), NOON // (5 * MINUTE)
    for number in range(count):
        feed.take(Sent(number, number * 5, number * 5))
    feed.checkpoint()
    numbers = b"".join(feed.stored[key] for key in sorted(feed.stored, key=lambda key: int(key.record.split("/")[0])))
    feed.stored = {
        HEAD._replace(record=f"{before + number}/1"): numbers[8 * number : 8 * number + 8] for number in range(count)
    }
    feed.state = FeedState(
        newest=EpochMs(NOON + (count - 1) * 5 * MINUTE),
        first=EpochMs(NOON),
        newest_of_ids={before + number: EpochMs(NOON + number * 5 * MINUTE) for number in range(count)},
    )
    feed.resume()
    return feed


def test_the_ids_of_a_former_program_are_known_and_leave_in_their_turn() -> None:
    feed = former_state(7)
    assert feed.take_all([Sent(0, 0, 31), Sent(6, 30, 31)]) == ["duplicate", "duplicate"]
    assert {*feed.take_all(steadily(12, first=10))} == {"new"}
    feed.restart()
    assert feed.take_all([Sent(0, 0, 220), Sent(6, 30, 220)]) == ["undecidable", "undecidable"]
    feed.checkpoint()
    assert all(int(key.record.split("/")[0]) >= NOON // MINUTE for key in feed.stored)


def test_a_repetition_that_says_something_else_is_counted_while_the_former_is_at_hand() -> None:
    feed = Feed()

    def take(number: int, data: int) -> bool:
        return feed.ids.remember("source", str(number), EpochMs(NOON), EpochMs(NOON), data)

    assert [take(1, 1), take(1, 1), take(1, 2), take(1, 3)] == [True, False, False, False]
    assert feed.state.conflicting == 2
    for number in range(2, 20_000):
        take(number, number)
    assert not take(1, 2)
    known = feed.state.conflicting
    assert known == 2
    assert [take(19_999, 19_999), take(19_999, 1)] == [False, False]
    assert feed.state.conflicting == known + 1


TOLD = {"decision": "d1", "unit": "so_noi_vu", "policy": "resignation", "persons": 2}
SAME = {
    "as it came": event(1),
    "with its keys in another order": event(1, **dict(reversed(TOLD.items()))),
    "in another time zone": event(1, time="2025-07-22T21:00:00Z"),
    "a number written otherwise": event(1, **TOLD | {"persons": 2.0}),
    "with what nobody declared": event(1, **TOLD | {"note": "x"}),
}
OTHER = {
    "another number": event(1, **TOLD | {"persons": 3}),
    "another type": event(1, "indicator.reported", indicator="broadband_lines", figure=2, period="2025-07"),
    "another time": event(1, time="2025-07-23T04:00:01+07:00"),
}


def test_what_says_the_same_in_another_form_is_no_conflict(tmp_path: Path) -> None:
    made = load(catalogue(tmp_path))
    through = Admission(made, None).admit(SAME["in another time zone"], (), EpochMs(NOON)).value
    for value, expected in [
        *((same, 0) for same in (*SAME.values(), through)),
        *((each, 1) for each in OTHER.values()),
    ]:
        shard = Shard(compile_plan(made), 0, 1)
        shard.apply(batch(0, (b"d1", event(1)), (b"d1", value)))
        source = shard.sources[SLUG]
        assert (source.fates.duplicate, sum(feed.conflicting for feed in source.feeds.values())) == (1, expected), value
