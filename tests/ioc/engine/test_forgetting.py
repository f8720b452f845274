"""What is forgotten of entities, when, and what becomes of the events of one that was."""

from collections.abc import Iterator

import pytest

from ioc.catalogue.calendar import WorkingCalendar
from ioc.engine.plan import compile_plan
from ioc.engine.store.forgotten import ForgottenKeys
from ioc.engine.store.keys import Kind, StoredKey
from ioc.events.records import Record
from ioc.figures.view import SubsystemView
from tests.oracle.topics import Engine, Topics, moment
from tests.oracle.workshop import CASE, catalogue_of, workshop

pytestmark = pytest.mark.usefixtures("runs")

SUBSYSTEM = workshop(entities={"case": {**CASE, "retention": "3d"}})
CATALOGUE = catalogue_of(SUBSYSTEM)
PLAN = compile_plan(CATALOGUE)
CALENDAR = WorkingCalendar.of(CATALOGUE.province.calendar)

YEARS_AGO = "2023-03-01 08:00"
TODAY = "2025-10-31"
DAY = 86_400_000


class Office:
    """Sends events of cases, and reads what they come to."""

    def __init__(self) -> None:
        self.topics = Topics(1)
        self.engine = Engine(PLAN, 1)
        self._consumed = 0

    def send(self, event: str, at: str, appended: str, case: str = "a") -> None:
        said: dict[str, dict[str, object]] = {
            "opened": {"unit": "7900", "topic": "land", "urgent": True},
            "closed": {"urgent": False},
        }
        data = {"case": case, **said.get(event, {})}
        self.topics.send(SUBSYSTEM, f"case.{event}", moment(at), data, appended=moment(appended))

    def settle(self, *, restart: bool = True) -> None:
        self.engine.consume(self.topics.records[self._consumed :])
        self._consumed = len(self.topics.records)
        self.engine.checkpoint()
        if restart:
            self.engine.restart()

    def counts(self) -> tuple[float, ...]:
        """Opened, closed and open."""
        self.settle()
        view = SubsystemView(self.engine.store.merged(PLAN), "workshop", moment(f"{TODAY} 18:00") // 1000, CALENDAR)
        return tuple(view.kpi(kpi, (), "total")[()].value for kpi in ("opened", "closed", "open"))

    def reasons(self) -> dict[str, int]:
        self.settle()
        return self.engine.shards[0].sources["workshop"].fates.rejected_by_reason

    @property
    def remembered(self) -> int:
        return len(self.engine.shards[0].states["workshop"].entities["case"])


def forgetful_office() -> Office:
    """One that has forgotten case a, of years ago, and has read case b, of today."""
    office = Office()
    office.send("opened", YEARS_AGO, "2025-10-20 08:00")
    office.send("closed", "2023-03-02 09:00", "2025-10-20 08:00")
    office.settle()
    office.send("opened", f"{TODAY} 08:00", f"{TODAY} 08:00", case="b")
    office.settle(restart=False)
    assert office.remembered == 1
    assert office.counts() == (2, 1, 1)
    return office


def test_a_history_of_years_that_comes_within_an_hour_is_all_remembered() -> None:
    office = Office()
    office.send("opened", f"{TODAY} 08:00", f"{TODAY} 08:00", case="b")
    office.send("reopened", "2023-03-05 08:00", f"{TODAY} 08:10")
    office.send("closed", "2023-03-02 09:00", f"{TODAY} 08:20")
    office.settle()
    office.send("opened", YEARS_AGO, f"{TODAY} 08:30")
    assert office.counts() == (2, 0, 2)
    assert office.reasons() == {}


def test_a_case_is_remembered_for_as_long_as_either_clock_says() -> None:
    for clock, appended in (("2025-10-23 07:50", "2025-10-23 07:59"), ("2023-03-04 00:00", f"{TODAY} 08:00")):
        office = Office()
        office.send("opened", YEARS_AGO, "2025-10-20 08:00")
        office.send("closed", "2023-03-02 09:00", "2025-10-20 08:00")
        office.send("opened", clock, appended, case="b")
        office.settle()
        office.send("reopened", "2023-03-03 08:00", appended)
        assert office.counts() == (2, 0, 2)


def test_a_forgotten_case_sent_again_counts_once() -> None:
    office = forgetful_office()
    office.send("opened", YEARS_AGO, f"{TODAY} 09:00")
    office.send("closed", "2023-03-02 09:00", f"{TODAY} 09:00")
    assert office.counts() == (2, 1, 1)
    assert office.engine.shards[0].sources["workshop"].fates.duplicate == 2


def test_a_new_event_of_a_forgotten_case_is_a_dead_letter() -> None:
    office = forgetful_office()
    office.send("reopened", f"{TODAY} 09:00", f"{TODAY} 09:00")
    assert office.counts() == (2, 1, 1)
    assert office.reasons() == {"forgotten": 1}


def test_an_old_case_that_never_came_before_counts_beside_one_forgotten() -> None:
    office = forgetful_office()
    office.send("opened", YEARS_AGO, f"{TODAY} 09:00", case="c")
    assert office.counts() == (3, 1, 2)


def test_the_opening_of_a_forgotten_orphan_is_a_dead_letter() -> None:
    office = Office()
    office.send("closed", "2023-03-02 09:00", "2025-10-20 08:00")
    office.send("opened", f"{TODAY} 08:00", f"{TODAY} 08:00", case="b")
    office.settle()
    office.send("opened", YEARS_AGO, f"{TODAY} 09:00")
    assert office.counts() == (1, 0, 1)
    assert office.reasons() == {"forgotten": 1}


@pytest.mark.parametrize("restart", [False, True])
def test_what_is_forgotten_is_so_before_a_checkpoint_drops_it(restart: bool) -> None:
    office = Office()
    office.send("opened", YEARS_AGO, "2025-10-20 08:00")
    office.send("closed", "2023-03-02 09:00", "2025-10-20 08:00")
    if restart:
        office.settle()
    office.send("opened", f"{TODAY} 08:00", f"{TODAY} 08:00", case="b")
    office.send("opened", YEARS_AGO, f"{TODAY} 08:00")
    office.send("reopened", f"{TODAY} 08:00", f"{TODAY} 08:00")
    assert office.counts() == (2, 1, 1)
    assert office.reasons() == {"forgotten": 1}


HEAD = StoredKey("workshop", f"{Kind.FORGOTTEN}@case")


class KeyLog:
    """What forgotten keys store."""

    def __init__(self) -> None:
        self.records: dict[bytes, bytes] = {}

    def take(self, records: Iterator[Record]) -> None:
        for record in records:
            if record.value is None:
                del self.records[record.key]
            else:
                self.records[record.key] = record.value

    def restored(self, most: int) -> ForgottenKeys:
        keys = ForgottenKeys(HEAD, most)
        keys.restore({StoredKey.parse(key): value for key, value in self.records.items()})
        return keys


def test_beyond_the_bound_the_oldest_keys_leave_and_older_days_cannot_be_decided() -> None:
    keys, log = ForgottenKeys(HEAD, most=100), KeyLog()
    for day in range(20_000, 20_300):
        keys.add(f"case {day}", day)
        if day % 7 == 0:
            log.take(keys.drain())
    log.take(keys.drain())
    for each in (keys, log.restored(100)):
        assert len(each) <= 100
        assert [day for day in range(20_000, 20_300) if each.last_day(f"case {day}") is not None] == [
            *range(each.decidable_from, 20_300)
        ]


def test_keys_are_found_by_their_last_day_before_and_after_a_restart() -> None:
    keys, log = ForgottenKeys(HEAD), KeyLog()
    for number in range(3_000):
        keys.add(f"case {number}", 15_000 + number)
        keys.add(f"case {number}", 60_000)
    assert keys.last_day("case 2999") == 17_999
    log.take(keys.drain())
    for each in (keys, log.restored(10_000)):
        assert [each.last_day(f"case {number}") for number in range(3_001)] == [*range(15_000, 18_000), None]
        assert each.decidable_from == 0
