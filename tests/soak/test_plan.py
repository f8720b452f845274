from collections.abc import Callable
from random import Random

import pytest

from tests.soak.plan import Course, Kind, Part, Plan, Wait, missing, played

BROKER = frozenset({Part.BROKER, Part.WORKERS})
WORKERS = frozenset({Part.WORKERS})
MAIL = frozenset({Part.MAIL})


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def pass_by(self, plan: Plan, seconds: float, look: Callable[[], None] = lambda: None) -> None:
        """Let a plan be played for so long, and what runs then end."""
        while (deal := self.now < seconds) or plan.running:
            plan.step(deal=deal)
            look()
            self.now += max(0.01, plan.seconds_to_next(0.5))


def lasting(seconds: float) -> Callable[[], Course]:
    def course() -> Course:
        yield Wait(seconds)
        return True

    return course


@pytest.mark.parametrize("seed", range(5))
def test_every_kind_strikes_before_any_strikes_again_and_none_beside_one_that_hides_it(seed: int) -> None:
    clock, beside = Clock(), set[frozenset[str]]()
    parts = {"broker": BROKER, "kill": WORKERS, "freeze": WORKERS, "mail": MAIL}
    plan = Plan(
        [Kind(name, its, lasting(20.0)) for name, its in parts.items()], Random(seed), 1.0, now=lambda: clock.now
    )

    def look() -> None:
        beside.add(frozenset(running.kind.name for running in plan._running))
        assert max(plan.struck.values(), default=0) - min((plan.struck[name] for name in parts), default=0) <= 1

    clock.pass_by(plan, 100.0, look)
    assert not plan.never
    assert any("mail" in names and len(names) == 2 for names in beside)
    assert not any(len(names & {"broker", "kill", "freeze"}) > 1 for names in beside)


def test_a_kind_that_met_nothing_is_named_as_one_that_never_struck() -> None:
    def nothing() -> Course:
        yield Wait(1.0)
        return False

    clock = Clock()
    plan = Plan([Kind("sms", MAIL, nothing), Kind("kill", WORKERS, lasting(1.0))], Random(1), 1.0, lambda: clock.now)
    clock.pass_by(plan, 20.0)
    assert missing(plan.never) == ["a kind of fault that never struck: sms"]


def test_a_course_ends_its_wait_when_what_it_waits_for_has_come() -> None:
    came: list[bool] = []

    def course() -> Course:
        came.append((yield Wait(60.0, until=lambda: clock.now > 3.0)))
        came.append((yield Wait(2.0)))
        return True

    clock = Clock()
    clock.pass_by(plan := Plan([Kind("one", MAIL, course)], Random(1), 50.0, lambda: clock.now), 0.1)
    assert plan.struck["one"] == 1
    assert came == [True, False]
    assert clock.now < 7.0
    assert played(course(), lambda seconds, until: seconds > 10.0)
