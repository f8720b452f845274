"""What does not arrive, while addresses refuse, are gone and are back: it is told, and not once for each minute."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import time
from pathlib import Path
from random import Random
from typing import Literal

import pytest

from ioc.catalogue import Catalogue
from ioc.catalogue.calendar import WorkingCalendar
from ioc.notices.book import book_of
from ioc.notices.description import Context
from ioc.notices.links import Links
from streams.relay.contacts import Contacts
from streams.relay.desk import Desk
from streams.relay.store import Store
from streams.relay.supervision import Supervision
from streams.web.people.person import Actor
from tests.ioc.notices.samples import AT_FOUR, Figures, alert, platform
from tests.streams.relay.receivers import Clock

Mood = Literal["takes", "refuses", "is gone"]
MINUTE, HOUR = 60.0, 3600.0
CONTACTS = Contacts.model_validate(
    {
        "contacts": {
            "lan": {
                "name": "Lan",
                "channels": [{"type": "webhook", "url": "https://a.vn"}, {"type": "file", "path": "x"}],
            },
            "minh": {"name": "Minh", "channels": [{"type": "webhook", "url": "https://c.vn"}]},
        },
        "chains": [{"contacts": ["lan", "minh"]}],
        "digest": ["lan"],
    }
)
ADDRESSES = [("lan", "webhook-0"), ("lan", "file-1"), ("minh", "webhook-0")]
UNTOLD = """
SELECT d.id FROM deliveries d JOIN messages m ON m.id = d.message
WHERE d.state = 'refused' AND m.kind <> 'undelivered' AND d.id NOT IN (
  SELECT r.delivery FROM reports r JOIN deliveries e ON e.message = r.message WHERE e.state = 'delivered'
)
"""
"""What will never arrive, and nobody knows of it."""
WAITING_TWICE = """
SELECT r.delivery FROM reports r JOIN deliveries e ON e.message = r.message JOIN messages m ON m.id = e.message
WHERE e.state = 'pending' AND e.error IS NOT NULL GROUP BY r.delivery, contact, address HAVING count(*) > 1
"""
"""Of what the same address will hear several times at once."""

PAGES_WAITING_TWICE = """
SELECT count(*) FROM told t JOIN deliveries d USING (message) JOIN messages m ON m.id = t.message
WHERE d.state = 'pending' AND d.error IS NOT NULL AND m.kind <> 'undelivered'
GROUP BY t.key, contact, address HAVING count(*) > 1
"""


class Room:
    """A desk, and addresses with moods, at which each message is tried once a minute."""

    def __init__(self, catalogue: Catalogue, folder: Path) -> None:
        self.clock = Clock(AT_FOUR)
        self.catalogue, self.folder = catalogue, folder
        self.start()
        self.moods: dict[tuple[str, str], Mood] = dict.fromkeys(ADDRESSES, "takes")
        self.taken: Counter[str] = Counter()
        """By kind what somebody got."""
        self.database = sqlite3.connect(folder / "relay.sqlite", isolation_level=None)

    def start(self) -> None:
        """Whatever was not written down is forgotten."""
        self.store = Store(self.folder / "relay.sqlite")
        self.steps = Supervision(self.clock)
        context = Context(book_of(self.catalogue), Links("http://relay", "http://relay", None), {}, {}, False)
        calendar = WorkingCalendar.of(self.catalogue.province.calendar)
        self.desk = Desk(
            self.store,
            CONTACTS,
            context,
            calendar,
            Figures(),
            time(7),
            600.0,
            1e9,
            24 * HOUR,
            1e12,
            self.clock,
            self.steps,
        )

    def all(self, mood: Mood) -> None:
        self.moods = dict.fromkeys(ADDRESSES, mood)

    async def minute(self) -> None:
        await self.desk.round(None)
        for each in self.store.pending():
            mood = self.moods[each.contact, each.address]
            self.store.attempting(each.id)
            if mood == "takes":
                self.store.delivered(each.id, "receipt", self.clock())
                self.taken[each.kind] += 1
            elif mood == "refuses":
                self.store.refused(each.id, "HTTP 410", self.clock())
            else:
                self.store.attempt_failed(each.id, "no route", doubtful=False)
        self.clock.time += MINUTE
        assert not self.steps.failures

    async def minutes(self, count: int) -> None:
        for _ in range(count):
            await self.minute()

    async def told_and_taken(self, *alerts: str) -> None:
        """Alerts begin, and somebody takes each, so that nobody is asked again."""
        self.desk.keep([alert(), *map(platform, alerts)])
        await self.desk.tell_new()
        for episode in self.store.open_episodes():
            self.desk.acknowledge(episode.alert.key, Actor("lan", "Lan", "127.0.0.1"), "")

    def found(self, query: str) -> list[int]:
        return [number for (number,) in self.database.execute(query)]


@pytest.fixture
def room(catalogue: Catalogue, tmp_path: Path) -> Iterator[Room]:
    found = Room(catalogue, tmp_path)
    with closing(found.store), closing(found.database):
        yield found


async def test_hours_without_a_network_end_in_one_report_of_each_address(room: Room) -> None:
    room.all("is gone")
    await room.told_and_taken()
    await room.minutes(180)
    assert not room.taken
    room.all("takes")
    await room.minutes(10)
    # Lan has two, at which the page came late.
    assert room.taken == {"firing": 2, "undelivered": 2}


async def test_hours_without_a_network_pile_up_no_reminders(room: Room) -> None:
    room.all("is gone")
    room.desk.keep([alert()])
    for _ in range(180):
        await room.minute()
        assert not room.found(PAGES_WAITING_TWICE)
    room.all("takes")
    await room.minute()
    # Both of Lan's addresses, and Minh, to whom it was escalated meanwhile.
    assert room.taken == {"firing": 2, "escalated": 1, "undelivered": 2}
    await room.minutes(20)
    assert room.taken["reminder"] + room.taken["escalated"] > 1, "and then they are asked again"


async def test_who_has_one_address_that_works_is_reminded_there(room: Room) -> None:
    room.moods["lan", "webhook-0"] = "is gone"
    room.desk.keep([alert()])
    await room.minutes(12)
    assert (room.taken["firing"], room.taken["reminder"]) == (1, 1)


async def test_an_address_that_takes_again_is_told_though_the_others_are_gone(room: Room) -> None:
    room.all("refuses")
    await room.told_and_taken()
    await room.minute()
    room.moods |= {("lan", "file-1"): "is gone", ("minh", "webhook-0"): "is gone"}
    await room.minutes(30)
    assert len(room.found(UNTOLD)) == 2
    room.moods["lan", "webhook-0"] = "takes"
    await room.minutes(10)
    assert not room.found(UNTOLD)


async def test_a_relay_that_is_started_anew_each_minute_tells_all_the_same(room: Room) -> None:
    room.all("refuses")
    await room.told_and_taken()
    await room.minutes(5)
    room.all("takes")
    for _ in range(3):
        room.store.close()
        room.start()
        await room.minute()
    assert not room.found(UNTOLD)


@pytest.mark.parametrize("back", [HOUR, 24 * HOUR])
async def test_a_clock_that_is_set_back_keeps_nothing_from_being_told(room: Room, back: float) -> None:
    room.all("refuses")
    await room.told_and_taken()
    await room.minutes(5)
    room.clock.time -= back
    room.all("takes")
    await room.minutes(3)
    assert not room.found(UNTOLD)


async def test_where_all_refuse_one_message_a_minute_tries_them(room: Room) -> None:
    room.all("refuses")
    await room.told_and_taken()
    await room.minutes(10)
    written = "SELECT count(*) FROM messages WHERE kind = 'undelivered'"
    [before] = room.found(written)
    await room.minutes(30)
    assert room.found(written) == [before + 30]


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_addresses_do_nobody_hears_twice_at_once_and_all_is_told_when_they_are_back(
    room: Room, seed: int
) -> None:
    random, moods = Random(seed), ("takes", "refuses", "is gone")
    for burst in range(6):
        room.moods = {address: random.choice(moods) for address in ADDRESSES}
        await room.told_and_taken(f"A{burst}")
        for _ in range(random.randint(1, 15)):
            await room.minute()
            assert not room.found(WAITING_TWICE)
    room.all("takes")
    await room.minutes(5)
    assert not room.found(UNTOLD)
    assert room.taken["firing"]
