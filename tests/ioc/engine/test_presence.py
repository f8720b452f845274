"""Things: when they count as seen, when as out of service, whatever the order of their events."""

from collections.abc import Iterable
from itertools import permutations
from typing import NamedTuple

import msgspec
import pytest

from ioc.engine.plan import compile_plan
from ioc.engine.presence import decode_thing
from ioc.figures.view import SubsystemView
from ioc.kpis.facts import Seen, Withdrawn
from ioc.kpis.view import KpiValue
from tests.oracle.topics import Engine, Topics, moment
from tests.oracle.workshop import catalogue_of, workshop

pytestmark = pytest.mark.usefixtures("runs")

SUBSYSTEM = workshop()
PLAN = compile_plan(catalogue_of(SUBSYSTEM))
NOON = moment("2025-10-31 12:00")
DAY = 86_400_000


class Said(NamedTuple):
    """An event of the camera c."""

    event: str
    after: int
    """Milliseconds after noon."""
    unit: str = "7900"


HEARD, WITHDRAWN = "camera.heard", "camera.withdrawn"


def view_of(engine: Engine) -> SubsystemView:
    return SubsystemView(engine.store.merged(PLAN), "workshop", NOON // 1000, PLAN.calendar)


class Counted(NamedTuple):
    """How the cameras count."""

    in_service: float
    out_of_service: float
    listed: set[str]


def counted(*parts: Iterable[Said], restarts: bool = False) -> Counted:
    """What counts at noon after a checkpoint of each part."""
    topics, engine, read = Topics(1), Engine(PLAN, 1), 0
    for part in parts:
        for event, after, unit in part:
            data = {"camera": "c", "unit": unit} if event == HEARD else {"camera": "c"}
            topics.send(SUBSYSTEM, event, NOON + after, data, appended=NOON + DAY)
        engine.consume(topics.records[read:])
        engine.checkpoint()
        read = len(topics.records)
        if restarts:
            engine.restart()
    view = view_of(engine)
    nothing: KpiValue = KpiValue(0)
    alive = view.kpi("alive", (), "total").get((), nothing)
    listed = view.kpi("out_of_service", ("camera",), "total")
    return Counted(
        alive.denominator or 0, view.kpi("out_of_service", (), "total")[()].value, {name for (name,) in listed}
    )


IN_SERVICE, OUT = Counted(1, 0, set()), Counted(0, 1, {"c"})


def test_a_withdrawn_thing_is_in_no_share() -> None:
    assert counted([Said(HEARD, 0)]) == IN_SERVICE
    assert counted([Said(HEARD, 0), Said(WITHDRAWN, 1)]) == OUT


def test_it_is_back_in_service_when_it_is_heard_a_millisecond_later() -> None:
    assert counted([Said(WITHDRAWN, 5), Said(HEARD, 5)]) == OUT
    assert counted([Said(WITHDRAWN, 5), Said(HEARD, 6)]) == IN_SERVICE


def test_a_thing_that_was_never_heard_of_can_be_withdrawn() -> None:
    assert counted([Said(WITHDRAWN, 0)]) == OUT


LIVES = [
    ([Said(HEARD, 0), Said(WITHDRAWN, 10), Said(HEARD, 20, "8716"), Said(WITHDRAWN, 30)], OUT),
    ([Said(WITHDRAWN, 0), Said(HEARD, 30, "8716"), Said(WITHDRAWN, 10), Said(HEARD, 20)], IN_SERVICE),
    ([Said(WITHDRAWN, 70_000), Said(HEARD, 60_000), Said(HEARD, 0, "8716"), Said(HEARD, 90_000)], IN_SERVICE),
]


@pytest.mark.parametrize(("life", "wanted"), LIVES)
def test_the_order_in_which_its_events_come_changes_nothing(life: list[Said], wanted: Counted) -> None:
    for order in permutations(life):
        assert counted(order) == counted(*([said] for said in order)) == wanted
        assert counted(*([said] for said in order), restarts=True) == wanted


def test_what_was_withdrawn_long_ago_is_out_of_service_until_it_is_heard() -> None:
    assert counted([Said(WITHDRAWN, -4 * DAY)], [Said(HEARD, 0, "8716")]) == IN_SERVICE
    camera = {"camera": "other", "unit": "7900"}
    topics, engine = Topics(1), Engine(PLAN, 1)
    topics.send(SUBSYSTEM, WITHDRAWN, NOON - 4 * DAY, {"camera": "c"}, appended=NOON)
    topics.send(SUBSYSTEM, HEARD, NOON, camera)
    engine.consume(topics.records)
    engine.checkpoint()
    assert view_of(engine).kpi("out_of_service", (), "total")[()].value == 1


def test_what_a_program_of_minutes_stored_is_in_service() -> None:
    thing = decode_thing(msgspec.msgpack.encode([29_000_000, ["7900"]]))
    assert thing.standing("camera") == (Seen("camera"), 29_000_000)
    assert thing._replace(withdrawn=29_000_000 * 60_000).standing("camera")[0] == Withdrawn("camera")
    assert thing._replace(withdrawn=29_000_000 * 60_000 - 1).standing("camera")[0] == Seen("camera")
