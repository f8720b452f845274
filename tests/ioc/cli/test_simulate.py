"""What `ioc simulate live` lets go wrong: when it begins, and what is refused."""

import pytest

from ioc.cli.simulate import Trouble, UnknownScenario
from ioc.scenarios.incidents import INCIDENTS
from ioc.scenarios.setting import END
from ioc.scenarios.simulator import Simulator
from tests.packaged import packaged_catalogue

CATALOGUE = packaged_catalogue()


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(CATALOGUE, END, rate=0.05, scale=0.05)


def test_an_incident_begins_at_the_local_time_that_was_asked_for(simulator: Simulator) -> None:
    Trouble(["attack"], "2025-11-01T01:00").begin(simulator, CATALOGUE)
    alerts = [event for event in simulator.events_until(END + 7_200) if event.key.startswith(b"ATX")]
    assert min(event.time for event in alerts) == END + 3_600


def test_without_a_time_it_begins_at_once(simulator: Simulator) -> None:
    Trouble(["feed-dies"]).begin(simulator, CATALOGUE)
    heard = {event.type for event in simulator.events_until(END + 3_600) if event.subsystem == "social_listening"}
    assert heard == {b"vn.phutho.social_listening.source_total.reported.v1"}


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (Trouble(["flod"]), "did you mean `flood`"),
        (Trouble(["dragon"]), f"there are {', '.join(INCIDENTS)}"),
        (Trouble(["flood"], "tomorrow"), "is no time; write it as in 2025-11-01T08:00"),
        (Trouble(["flood"], "2025-10-01"), r"is before 2025-11-01T00:00\+07:00"),
    ],
)
def test_what_cannot_happen_is_refused_with_a_fix(simulator: Simulator, trouble: Trouble, told: str) -> None:
    with pytest.raises(UnknownScenario, match=told):
        trouble.begin(simulator, CATALOGUE)
