"""The simulator, which goes on where the scenario ends, with incidents and without."""

from collections import Counter
from collections.abc import Iterator

import pytest

from ioc.catalogue.model import Catalogue
from ioc.events.decoding import EventDecoder
from ioc.scenarios import phu_tho_2025
from ioc.scenarios.events import Event, midnight
from ioc.scenarios.incidents import INCIDENTS
from ioc.scenarios.setting import END, LAST_DAY
from ioc.scenarios.simulator import Simulator

DAY = 86_400


@pytest.fixture
def simulator(catalogue: Catalogue) -> Simulator:
    """A slow one, so that days are few events: a heartbeat of each camera in 20 minutes."""
    return Simulator(catalogue, END, rate=0.05, scale=0.05)


def keys_of(events: list[Event], name: bytes) -> Iterator[bytes]:
    return (event.key for event in events if name in event.value[:180])


def test_simulated_events_come_in_order_and_within_what_was_asked(simulator: Simulator) -> None:
    for hour in range(1, 30, 7):
        start = simulator.position
        times = [event.time for event in simulator.events_until(END + hour * 3600)]
        assert times == sorted(times)
        assert start <= times[0] <= times[-1] < END + hour * 3600


def test_steps_of_any_size_give_the_same_events(catalogue: Catalogue) -> None:
    whole = Simulator(catalogue, END, scale=0.02).events_until(END + 7_200)
    stepwise, simulator = [], Simulator(catalogue, END, scale=0.02)
    for step in range(600, 7_201, 600):
        stepwise += simulator.events_until(END + step)
    assert sorted(stepwise) == sorted(whole)


def test_the_simulator_handles_what_the_scenario_left_open(catalogue: Catalogue, simulator: Simulator) -> None:
    accepted: set[bytes] = set()
    handled: set[bytes] = set()
    for event in phu_tho_2025.events(catalogue, scale=0.05):
        if b"dossier.accepted" in event.value[:180]:
            accepted.add(event.key)
        elif b"dossier.handled" in event.value[:180]:
            handled.add(event.key)
    monday = simulator.events_until(END + 3 * DAY)
    new = set(keys_of(monday, b"dossier.accepted"))
    closed = set(keys_of(monday, b"dossier.handled"))
    assert closed & (accepted - handled)
    assert new
    assert not new & accepted
    assert not closed & handled
    assert closed <= accepted | new


def test_each_camera_is_heard_every_minute(catalogue: Catalogue) -> None:
    heard = Counter(keys_of(Simulator(catalogue, END, scale=0.02).events_until(END + 600), b"camera.heard"))
    assert len(heard) > 250
    assert set(heard.values()) == {10}


def test_the_rate_multiplies_what_comes(catalogue: Catalogue) -> None:
    one, five = (Simulator(catalogue, END, rate=rate, scale=0.02).events_until(END + 3_600) for rate in (1, 5))
    assert 4 < len(five) / len(one) < 6


@pytest.mark.parametrize("name", INCIDENTS)
def test_incidents_send_valid_events_in_order(catalogue: Catalogue, simulator: Simulator, name: str) -> None:
    units = [unit.code for unit in catalogue.province.units]
    decoders = {slug: EventDecoder(subsystem, units) for slug, subsystem in catalogue.subsystems.items()}
    incident = INCIDENTS[name](catalogue, END + 3_600)
    simulator.begin(incident)
    events = simulator.events_until(END + 3 * 3_600)
    times = [event.time for event in events]
    assert times == sorted(times)
    own = set(incident.events)
    assert {event for event in own if event.time < END + 3 * 3_600} <= set(events)
    assert not any(incident.silences(event) for event in events if event not in own)
    for event in incident.events:
        decoders[event.subsystem].decode(event.value, ())


def test_the_simulator_does_not_start_within_the_scenario(catalogue: Catalogue) -> None:
    with pytest.raises(ValueError, match="the scenario's end"):
        Simulator(catalogue, midnight(LAST_DAY))
