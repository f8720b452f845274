"""Visitors of sites well below their capacity, guests of lodgings, and the lodgings' reports before 23:00."""

from collections.abc import Iterator
from typing import NamedTuple

from ioc.scenarios.events import INTEGER, TEXT, Event, Writer, day_of, ids, midnight, source_totals
from ioc.scenarios.setting import EVENING, FIRST_DAY, LAST_DAY, Setting, date_of, wobble
from ioc.scenarios.timeline import Remembering, Telemetry, instants

SLUG = "tourism"
_entered = Writer(SLUG, "visitors.entered", "site", visitors=INTEGER)
_left = Writer(SLUG, "visitors.left", "site", visitors=INTEGER)
_heard = Writer(SLUG, "site.heard", "site")
_capacity = Writer(SLUG, "site_capacity.reported", "site", capacity=INTEGER)
_checked_in = Writer(SLUG, "guest.checked_in", "stay", lodging=TEXT, unit=TEXT, origin=TEXT)
_checked_out = Writer(SLUG, "guest.checked_out", "stay")
_lodging = Writer(SLUG, "lodging.reported", "lodging", unit=TEXT, rooms=INTEGER, rooms_occupied=INTEGER)
_inventory = Writer(SLUG, "lodging_inventory.reported", "unit", lodgings=INTEGER)

SINCE = FIRST_DAY + 92
"""The feeds begin on 1 October: 30 days are their longest window."""
REPORTS_SINCE = LAST_DAY - 2
LODGINGS, GUESTS = 420, 700
_TOURIST_COMMUNES = 60
_LATE_LODGINGS = 6
"""So many of the lodgings forget to report each day."""


class Site(NamedTuple):
    """A site: its capacity, and the hours in which visitors enter it."""

    slug: bytes
    capacity: int
    opens: int
    closes: int


SITES = (
    Site(b"den_hung", 20_000, 6, 18),
    Site(b"tam_dao", 9_000, 6, 22),
    Site(b"mai_chau", 4_000, 7, 21),
    Site(b"tay_thien", 6_000, 6, 18),
    Site(b"thung_nai", 3_000, 7, 18),
    Site(b"xuan_son", 2_500, 7, 17),
    Site(b"thanh_thuy", 3_500, 7, 21),
    Site(b"viet_tri_walking_street", 5_000, 16, 24),
)
_STAYS = 2 * 3600
"""Visitors leave two hours after they came."""


class Visitors(Telemetry):
    """Entries and exits at each site, counted each half hour, with a sign of life of its counters."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def between(self, start: int, end: int) -> Iterator[Event]:
        start = max(start, midnight(SINCE))
        apart = 1800 / self._setting.rate_at(start)
        for number, site in enumerate(SITES):
            for time in instants(start, end, apart, 55 * number):
                yield _heard(time, site.slug)
                if entered := self._entering(number, site, time, apart):
                    yield _entered(time, site.slug, entered)
                if left := self._entering(number, site, time - _STAYS, apart):
                    yield _left(time, site.slug, left)

    def _entering(self, number: int, site: Site, time: int, apart: float) -> int:
        """How many enter: on a weekend a third of the capacity each hour of the busiest, on other days a tenth."""
        hour = (time - midnight(day_of(time))) / 3600
        if not site.opens <= hour < site.closes:
            return 0
        share = 0.12 if date_of(day_of(time)).weekday() >= 5 else 0.04
        return int(site.capacity * share * apart / 3600 * (1 + 0.4 * wobble(number, time)))


class Lodgings(Remembering):
    """Reports of the day by each lodging, in time for 23:00; capacities and inventories once."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        rng = setting.rng("lodgings")
        chosen = rng.permutation(len(setting.communes))[:_TOURIST_COMMUNES]
        count = setting.scaled(LODGINGS, 2 * _TOURIST_COMMUNES)
        self._units = [setting.communes[chosen[number * number % len(chosen)]] for number in range(count)]
        self._rooms = rng.integers(8, 90, count).tolist()

    def day(self, day: int) -> Iterator[Event]:
        rng = self._setting.rng("lodging_reports", day)
        if day == SINCE:
            for number, site in enumerate(SITES):
                yield _capacity(midnight(day) + 5 * 3600 + number, site.slug, site.capacity)
            for number, unit in enumerate(sorted(set(self._units))):
                yield _inventory(midnight(day) + 6 * 3600 + number, unit, self._units.count(unit))
        if day < REPORTS_SINCE:
            return
        silent = self._setting.scaled(_LATE_LODGINGS)
        for number, (unit, rooms) in enumerate(zip(self._units, self._rooms, strict=True)):
            if number >= silent:
                time = midnight(day) + 18 * 3600 + int(rng.integers(4 * 3600 + 3000))
                occupied = int(rooms * (0.35 + 0.4 * rng.random()))
                yield _lodging(time, b"LT-%04d" % number, unit, rooms, occupied)


class Guests(Remembering):
    """Guests who check in, and out after one to three nights."""

    memory = 4

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def day(self, day: int) -> Iterator[Event]:
        if day < SINCE:
            return
        setting, rng, count = self._setting, self._setting.rng("guests", day), self._count(day)
        units = setting.somewhere(rng, count)
        luck = rng.random((3, count)).tolist()
        times = EVENING.times(rng, day, count)
        for key, time, unit, nights, hour, origin in zip(ids(b"KLT", day), times, units, *luck, strict=False):
            yield _checked_in(time, key, b"LT-%b" % unit, unit, b"foreign" if origin < 0.06 else b"domestic")
            yield _checked_out(midnight(day + 1 + int(nights * 2.6)) + int((6 + 6 * hour) * 3600), key)
        if day > SINCE:
            total = sum(map(self._count, range(SINCE, day)))
            yield from source_totals(SLUG, day, [("guests_arrived", total)])

    def _count(self, day: int) -> int:
        return self._setting.volume(day, GUESTS, 120)


def feeds(setting: Setting) -> list[Remembering | Telemetry]:
    """The feeds of this subsystem."""
    return [Visitors(setting), Lodgings(setting), Guests(setting)]
