"""What all feeds of a scenario share: its days, the province's units and calendar, randomness, volumes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from math import cos, sin
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ioc.catalogue.calendar import WorkingCalendar, day_number
from ioc.catalogue.model import Catalogue
from ioc.scenarios.events import midnight

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

FIRST_DAY = day_number(date(2025, 7, 1))
LAST_DAY = day_number(date(2025, 10, 31))
END = midnight(LAST_DAY + 1)
"""The end of the scenario: every event is before it."""

_CALENDAR_DAYS = range(day_number(date(2025, 6, 1)), day_number(date(2040, 1, 1)))

WEEKDAYS = (1.15, 1.05, 1.0, 0.97, 0.9, 0.04, 0.0)
"""How busy offices are, Monday to Sunday; on Saturday mornings some one-stop centers are open."""


@dataclass(frozen=True)
class Setting:
    """The province that a scenario or the simulator plays in; ``scale`` is the share of the real volume."""

    catalogue: Catalogue
    seed: int
    scale: float = 1.0
    rate: float = 1.0
    """How many times its real volume a feed has after the scenario."""

    def rng(self, feed: str, day: int = 0) -> np.random.Generator:
        """Randomness that depends on the seed, the feed and the day only."""
        return np.random.default_rng([self.seed, crc32(feed.encode()), day])

    def scaled(self, count: float, at_least: int = 0) -> int:
        """A count of the scenario in this scale."""
        return max(round(count * self.scale), at_least)

    def volume(self, day: int, count: float, at_least: int = 0) -> int:
        """A day's count: in this scale, and after the scenario at this rate."""
        return self.scaled(count * (self.rate if day > LAST_DAY else 1), at_least)

    def rate_at(self, time: int) -> float:
        """How many times its real volume a feed has at an instant."""
        return self.rate if time >= END else 1.0

    @cached_property
    def calendar(self) -> WorkingCalendar:
        return WorkingCalendar.of(self.catalogue.province.calendar)

    @cached_property
    def working_days(self) -> Ints:
        """The numbers of the working days; a position in it is a rank, in which deadlines are counted."""
        days = [day for day in _CALENDAR_DAYS if self.calendar.is_working_day(date_of(day))]
        return np.array(days, dtype=np.int64)

    def rank(self, day: int) -> int:
        """The rank of a day, or of the next working day."""
        return int(np.searchsorted(self.working_days, day))

    def is_working(self, day: int) -> bool:
        return self.calendar.is_working_day(date_of(day))

    def office_time(self, rng: np.random.Generator, day: int, later: int = 0) -> int:
        """An instant in office hours, so many working days after a day (or after the next working day)."""
        working = self.working_days[self.rank(day) + later]
        return midnight(int(working)) + int(OFFICE.seconds(rng, 1)[0])

    def due(self, day: int, later: int) -> int:
        """The end of office hours so many working days after a day."""
        return midnight(int(self.working_days[self.rank(day) + later])) + 17 * 3600

    def busyness(self, day: int) -> float:
        """How busy offices are on a day; 1 is an ordinary working day, 0 a holiday."""
        weight = WEEKDAYS[date_of(day).weekday()]
        return weight if self.is_working(day) or 0 < weight < 0.5 else 0.0

    @cached_property
    def communes(self) -> tuple[bytes, ...]:
        """The codes of communes and wards."""
        return tuple(unit.code.encode() for unit in self.catalogue.province.units if unit.level == "commune")

    @cached_property
    def commune_shares(self) -> NDArray[np.float64]:
        """Each commune's share of the people: wards are larger, and none is tiny."""
        wards = [unit.kind == "ward" for unit in self.catalogue.province.units if unit.level == "commune"]
        people = self.rng("people").lognormal(0, 0.4, len(wards)).clip(0.4, 3) * np.where(wards, 2.2, 1.0)
        return np.asarray(people / people.sum())

    @cached_property
    def agencies(self) -> tuple[bytes, ...]:
        """The codes of the specialised agencies."""
        return tuple(unit.code.encode() for unit in self.catalogue.province.units if unit.kind == "agency")

    def somewhere(self, rng: np.random.Generator, count: int) -> list[bytes]:
        """Communes, the larger ones more often."""
        return [self.communes[number] for number in rng.choice(len(self.communes), count, p=self.commune_shares)]


def date_of(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)


def spread(count: int, weights: Sequence[float]) -> list[int]:
    """``count`` things dealt out by weights: the shares are whole and add up (largest remainders)."""
    exact = np.asarray(weights, dtype=float) * (count / sum(weights))
    shares = np.floor(exact).astype(int)
    rest = np.argsort(shares - exact, kind="stable")[: count - int(shares.sum())]
    shares[rest] += 1
    return [int(share) for share in shares]


def exactly(rng: np.random.Generator, count: int, of: int) -> Flags:
    """Flags of which exactly ``count`` are set."""
    flags = np.zeros(of, dtype=bool)
    flags[rng.permutation(of)[:count]] = True
    return flags


def evenly(per_day: float, day: int) -> int:
    """How many of a steady stream fall on a day: whole numbers that add up."""
    return int(per_day * (day + 1)) - int(per_day * day)


def wobble(thing: int, time: int) -> float:
    """A number from -1 to 1 that moves with time, differently for each thing: noise without a memory."""
    return sin(time / 977 + 13.7 * thing) * cos(time / 3571 + 5.1 * thing)


class Shape:
    """How events spread over a day; built from the weights of its half hours."""

    def __init__(self, weights: Iterable[float]) -> None:
        halves = np.repeat(np.asarray(list(weights), dtype=float), 1800)
        self._rising = np.cumsum(halves / halves.sum())

    def seconds(self, rng: np.random.Generator, count: int) -> Ints:
        """Seconds of the day, in no order."""
        found = np.searchsorted(self._rising, rng.random(count))
        return np.minimum(found, len(self._rising) - 1).astype(np.int64)

    def times(self, rng: np.random.Generator, day: int, count: int) -> list[int]:
        """Instants on a day, the earliest first."""
        times: list[int] = np.sort(self.seconds(rng, count) + midnight(day)).tolist()
        return times


def _halves(*spans: tuple[float, float, float]) -> list[float]:
    """Weights of half hours from spans of (first hour, last hour, weight)."""
    return [sum(w for first, last, w in spans if first <= half / 2 < last) for half in range(48)]


OFFICE = Shape(_halves((7.5, 8, 0.7), (8, 10.5, 1.6), (10.5, 11.5, 1), (13, 13.5, 0.6), (13.5, 16, 1.3), (16, 17, 0.8)))
MORNING = Shape(_halves((7.5, 11.5, 1)))
DAYTIME = Shape(_halves((0, 6, 0.2), (6, 8, 1), (8, 12, 1.5), (12, 17, 1.3), (17, 21, 1), (21, 24, 0.5)))
EVENING = Shape(_halves((0, 6, 0.15), (6, 12, 1), (12, 18, 1.1), (18, 22, 1.6), (22, 24, 1.1)))
ALWAYS = Shape([1.0] * 48)
