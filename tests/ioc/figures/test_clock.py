"""The one moment that figures are read at, and what the partitions have reached of it."""

from collections.abc import Mapping

from ioc.engine.plan import compile_plan
from ioc.figures.clock import Clock
from ioc.figures.merged import MergedFigures
from tests.oracle.topics import Engine, Topics, moment
from tests.oracle.workshop import catalogue_of, workshop

SUBSYSTEM = workshop()
PLAN = compile_plan(catalogue_of(SUBSYSTEM))
NOON = moment("2025-10-31 12:00")
WALL = NOON // 1000 + 86_400


def merged(newest: Mapping[int, int]) -> MergedFigures:
    """Figures of partitions whose newest event came so many seconds after noon."""
    topics, engine = Topics(3), Engine(PLAN, 3)
    report = {"station": "s", "unit": "7900", "amount": 1}
    for partition, seconds in newest.items():
        record = topics.send(SUBSYSTEM, "day.reported", NOON + seconds * 1000, report)
        topics.undo(record)
        topics.append("workshop", record.key, record.value, record.appended, partition)
    engine.consume(topics.records)
    engine.checkpoint()
    return engine.store.merged(PLAN)


def test_live_it_is_the_wall_clock() -> None:
    assert Clock("wall").advance(merged({0: 0}), WALL + 0.9) == WALL


def test_on_the_event_clock_it_is_the_newest_event() -> None:
    assert Clock("event").advance(merged({0: 10, 1: 30, 2: 20}), WALL) == NOON // 1000 + 30


def test_it_never_moves_back() -> None:
    clock = Clock("event")
    first = clock.advance(merged({0: 10, 1: 30}), WALL)
    assert clock.advance(merged({0: 10}), WALL) == first


def test_a_wall_clock_that_was_a_day_ahead_comes_back_with_all_that_it_had_reached() -> None:
    clock, shown = Clock("wall"), merged({0: 0})
    ahead = clock.advance(shown, WALL + 86_400)
    assert clock.reached(shown, "workshop", {}, ahead) == WALL + 86_400
    now = clock.advance(shown, WALL)
    assert (now, clock.reached(shown, "workshop", {}, now)) == (WALL, WALL)


def test_a_wall_clock_that_goes_back_a_little_stands() -> None:
    clock, shown = Clock("wall"), merged({0: 0})
    assert [clock.advance(shown, wall) for wall in (WALL, WALL - 30)] == [WALL, WALL]


def test_before_the_first_event_there_is_no_moment() -> None:
    assert Clock("event").advance(merged({}), WALL) == 0


def test_partitions_that_lag_have_reached_the_newest_event_of_the_one_furthest_behind() -> None:
    lag = {("workshop", 1): 5, ("workshop", 2): 1}
    assert Clock("wall").reached(merged({0: 10, 1: 30, 2: 20}), "workshop", lag, WALL) == NOON // 1000 + 20


def test_what_is_reached_is_of_a_subsystem() -> None:
    assert Clock("wall").reached(merged({0: 10, 1: 30}), "workshop", {("other", 0): 2}, WALL) == WALL


def test_a_record_that_waits_in_a_quiet_partition_does_not_move_what_was_reached_back() -> None:
    clock, shown = Clock("wall"), merged({0: 10, 1: 30})
    assert clock.reached(shown, "workshop", {}, WALL) == WALL
    assert clock.reached(shown, "workshop", {("workshop", 0): 1}, WALL + 5) == WALL
    assert clock.reached(shown, "workshop", {}, WALL + 10) == WALL + 10


def test_a_value_of_the_whole_is_there_only_after_an_event() -> None:
    assert merged({}).labels("workshop", ()) == []
    assert merged({0: 0}).labels("workshop", ()) == [()]
