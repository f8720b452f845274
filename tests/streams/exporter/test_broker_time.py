"""A clock that is wrong decides nothing, and is believed again once it is right."""

import pytest

from streams.exporter.broker_time import TOLERANCE, BrokerTime

NOON = 1_761_886_800.0
HOUR, DAY = 3600.0, 86_400.0


class Clocks:
    """A broker's clock that is right, and the exporter's own two."""

    def __init__(self, wrong_by: float = 0.0) -> None:
        self.true, self.wrong_by = NOON, wrong_by
        self.time = BrokerTime(lambda: self.true + self.wrong_by, lambda: self.true - NOON + 17)

    def read(self, late: float = 0.1) -> None:
        self.true += 1
        self.time.read([int((self.true - late) * 1000), int((self.true - late - 5) * 1000)])

    def off(self) -> float:
        """Seconds by which the time told differs from the true one."""
        return abs(self.time.now() - self.true)


def test_before_anything_was_read_the_wall_clock_is_believed() -> None:
    clocks = Clocks(wrong_by=DAY)
    assert clocks.time.now() == NOON + DAY
    assert clocks.time.skew is None


@pytest.mark.parametrize("wrong_by", [HOUR, DAY, -HOUR, -DAY])
def test_a_wall_clock_that_is_wrong_is_corrected_by_the_first_read_and_believed_when_it_is_right(
    wrong_by: float,
) -> None:
    clocks = Clocks(wrong_by)
    clocks.read()
    assert clocks.off() < 1
    assert clocks.time.skew == pytest.approx(wrong_by, abs=1)
    clocks.wrong_by = 0.0
    assert clocks.time.now() == clocks.true
    assert clocks.time.skew is None


def test_a_clock_that_steps_while_nothing_is_read_is_noticed_all_the_same() -> None:
    clocks = Clocks()
    clocks.read()
    clocks.true += HOUR
    clocks.wrong_by = DAY
    assert clocks.off() < 1


def test_a_small_difference_is_none() -> None:
    clocks = Clocks(wrong_by=TOLERANCE - 1)
    clocks.read()
    assert clocks.time.now() == clocks.true + TOLERANCE - 1


def test_a_read_that_comes_an_hour_late_moves_nothing() -> None:
    clocks = Clocks()
    for late in (0.1, 0.1, HOUR, 0.1):
        clocks.read(late)
        assert clocks.off() < 1


def test_a_broker_that_was_set_right_is_followed() -> None:
    clocks = Clocks()
    clocks.read(late=-DAY)
    assert clocks.off() == pytest.approx(DAY, abs=1)
    for _ in range(32):
        clocks.read()
    assert clocks.off() < 1
