"""What the figures of a replay lack of those that are live."""

from ioc.figures.merged import MergedFigures
from ioc.figures.shortfall import Shortfall, deleted, shortfalls
from ioc.time.instants import EpochSeconds
from tests.ioc.figures.wall import Wall, packaged
from tests.oracle.oracle import comparable
from tests.oracle.topics import Engine, moment, rows_of

NOW = EpochSeconds(moment("2025-10-31 12:00") // 1000)
WHOLE: tuple[tuple[str, str], ...] = ()


def requests(count: int, resolved: int = 0) -> Wall:
    """Requests of citizens, one an hour from 1 October on, the first ones resolved half an hour later."""
    wall = Wall("citizen_feedback", partitions=1)
    for number in range(count):
        day, hour = divmod(number, 24)
        at = f"2025-10-{day + 1:02} {hour:02}"
        given = {"service_code": "other", "agency_responsible": "so_y_te", "within_authority": True, "channel": "desk"}
        wall.send("request.received", f"{at}:00", service_request_id=f"F-{number}", **given)
        if number < resolved:
            wall.send("request.resolved", f"{at}:30", service_request_id=f"F-{number}")
    wall.read()
    return wall


def replayed(wall: Wall, first: int = 0, end: int | None = None) -> MergedFigures:
    """What a replay makes of some of the records."""
    engine = Engine(packaged(), 1)
    engine.consume(wall.topics.records[first:end], is_trimmed=first > 0)
    engine.checkpoint()
    return engine.store.merged(engine.plan)


def wholes(live: MergedFigures, replay: MergedFigures) -> dict[tuple[str, str], Shortfall]:
    return {(each.kpi, each.window): each for each in shortfalls(live, replay, NOW) if each.labels == WHOLE}


def test_a_replay_of_all_lacks_nothing() -> None:
    wall = requests(48, resolved=40)
    assert comparable(rows_of(wall.merged)) == comparable(rows_of(replayed(wall)))
    assert [*shortfalls(wall.merged, replayed(wall), NOW)] == []


def test_a_replay_of_a_trimmed_topic_lacks_what_was_deleted() -> None:
    wall = requests(48, resolved=8)
    trimmed = replayed(wall, first=24)
    assert deleted(wall.merged, trimmed, wall.slug) == 24
    found = wholes(wall.merged, trimmed)
    assert (found["open", "total"].live, found["open", "total"].replay) == (40, 32)
    assert {("received", "total"), ("received", "month"), ("resolved", "total")} <= set(found)


def test_every_breakdown_is_held_against_its_own() -> None:
    wall = requests(48)
    lacking = [each for each in shortfalls(wall.merged, replayed(wall, first=24), NOW) if each.labels]
    assert (("unit", "so_y_te"),) in {each.labels for each in lacking}


def test_records_that_the_replay_has_not_read_yet_may_be_missing() -> None:
    wall = requests(48)
    assert [*shortfalls(wall.merged, replayed(wall, end=45), NOW)] == []


def test_a_live_state_that_stands_still_is_no_reason_to_refuse() -> None:
    whole = requests(48, resolved=40)
    stopped = replayed(whole, end=60)
    assert [*shortfalls(stopped, replayed(whole), NOW)] == []


def test_what_a_trimmed_replay_has_read_beyond_the_live_state_hides_nothing_that_it_lacks() -> None:
    whole = requests(200)
    stopped = replayed(whole, end=100)
    trimmed = replayed(whole, first=110)
    found = wholes(stopped, trimmed)
    assert (found["received", "total"].live, found["received", "total"].replay) == (100, 90)


def test_what_the_live_state_lacks_too_is_no_loss() -> None:
    wall = requests(48)
    both = replayed(wall, first=24)
    assert deleted(both, both, wall.slug) == 0
    assert [*shortfalls(both, both, NOW)] == []


def test_a_figure_that_is_gone_is_missing() -> None:
    wall = requests(48, resolved=20)
    found = wholes(wall.merged, replayed(wall, first=40))
    ratios = [each for each in found.values() if each.of_cases]
    assert ratios
    assert all((each.replay or 0) < each.live for each in ratios)
