"""Stays in hospitals a little below their beds, notifiable cases reported in time, ambulances."""

from collections.abc import Iterator
from typing import NamedTuple

from ioc.scenarios.events import INTEGER, TEXT, Event, Writer, ids, midnight, source_totals, stamp
from ioc.scenarios.setting import DAYTIME, FIRST_DAY, LAST_DAY, Setting, evenly
from ioc.scenarios.timeline import Remembering

SLUG = "health"
_admitted = Writer(SLUG, "patient.admitted", "stay", facility=TEXT)
_discharged = Writer(SLUG, "patient.discharged", "stay")
_beds = Writer(SLUG, "beds.reported", "facility", beds=INTEGER)
_diagnosed = Writer(SLUG, "case.diagnosed", "case", disease=TEXT, list=TEXT, commune=TEXT, due_at=TEXT)
_reported = Writer(SLUG, "case.reported", "case")
_called = Writer(SLUG, "ambulance.called", "call", commune=TEXT)
_arrived = Writer(SLUG, "ambulance.arrived", "call")


class Facility(NamedTuple):
    """An inpatient facility: its beds, and the share of them that is occupied on average."""

    slug: str
    beds: int
    occupancy: float


# M: sizes; one hospital is over its beds, as large ones are in autumn.
FACILITIES = (
    Facility("phu_tho_general", 1300, 1.03),
    Facility("vinh_phuc_general", 950, 0.91),
    Facility("hoa_binh_general", 700, 0.88),
    Facility("phu_tho_maternity", 550, 0.86),
    Facility("vinh_phuc_maternity", 420, 0.84),
    Facility("phu_tho_town", 480, 0.87),
    Facility("phuc_yen", 520, 0.86),
    Facility("mai_chau", 160, 0.74),
    Facility("lung", 220, 0.78),
    Facility("mental_health", 260, 0.82),
    Facility("traditional_medicine", 240, 0.8),
    Facility("thanh_son", 200, 0.77),
)
STAY_DAYS = 6.5
STAYS_SINCE = FIRST_DAY + 62
"""M: hospitals were connected on 1 September; by the end the stays of before then no longer matter."""
_HOUR = 3600


class Stays(Remembering):
    """Admissions at an even rate, so that each facility's occupancy stays near its own; beds reported at 06:00."""

    memory = 40

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def day(self, day: int) -> Iterator[Event]:
        if day < STAYS_SINCE:
            return
        setting, rng, keys = self._setting, self._setting.rng("stays", day), ids(b"BA", day)
        for number, facility in enumerate(FACILITIES):
            slug, beds = facility.slug.encode(), setting.scaled(facility.beds, 1)
            yield _beds(midnight(day) + 6 * _HOUR + number * 40, slug, beds)
            count = evenly(beds * facility.occupancy / STAY_DAYS, day)
            lengths = rng.gamma(2, STAY_DAYS / 2, count).tolist()
            for time, length in zip(DAYTIME.times(rng, day, count), lengths, strict=True):
                key = next(keys)
                yield _admitted(time, key, slug)
                yield _discharged(time + _HOUR + int(length * 86_400), key)
        if day > STAYS_SINCE:
            rates = [setting.scaled(f.beds, 1) * f.occupancy / STAY_DAYS for f in FACILITIES]
            admitted = sum(int(rate * day) - int(rate * STAYS_SINCE) for rate in rates)
            yield from source_totals(SLUG, day, [("admitted", admitted)])


_DISEASES = (
    (b"dengue", b"within_48h", 0.3), (b"hand_foot_mouth", b"within_48h", 0.24), (b"influenza", b"other", 0.24),
    (b"measles", b"within_24h", 0.1), (b"rabies", b"within_24h", 0.02), (b"streptococcus_suis", b"within_48h", 0.04),
    (b"diphtheria", b"within_24h", 0.01), (b"meningococcal", b"within_24h", 0.02), (b"other", b"other", 0.03),
)  # fmt: skip
_ALLOWED = {b"within_24h": 24, b"within_48h": 48, b"other": 168}


class Cases(Remembering):
    """Notifiable cases; in the last weeks of the scenario none is reported late."""

    memory = 10

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def day(self, day: int) -> Iterator[Event]:
        if day < FIRST_DAY:
            return
        rng = self._setting.rng("cases", day)
        count = self._setting.volume(day, 8, 8)
        kinds = rng.choice(len(_DISEASES), count, p=[share for *_, share in _DISEASES])
        communes = self._setting.somewhere(rng, count)
        for key, time, kind, commune in zip(
            ids(b"CB", day), DAYTIME.times(rng, day, count), kinds, communes, strict=False
        ):
            disease, listed, _ = _DISEASES[kind]
            allowed = _ALLOWED[listed]
            took = allowed * (0.05 + 0.75 * rng.random())
            if rng.random() < 0.02 and day < LAST_DAY - 20:
                took = allowed * 1.4
            yield _diagnosed(time, key, disease, listed, commune, stamp(time + allowed * _HOUR))
            yield _reported(time + int(took * _HOUR), key)


class Ambulances(Remembering):
    """A call each half hour or so, reached after ten minutes or so."""

    memory = 1

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def day(self, day: int) -> Iterator[Event]:
        if day < FIRST_DAY:
            return
        rng = self._setting.rng("ambulances", day)
        count = self._setting.volume(day, 48, 48)
        apart = 86_400 / count
        communes = self._setting.somewhere(rng, count)
        for number, (key, commune) in enumerate(zip(ids(b"CC", day), communes, strict=False)):
            time = midnight(day) + int((number + rng.random() * 0.7) * apart)
            yield _called(time, key, commune)
            yield _arrived(time + int(min(540 * rng.lognormal(0, 0.35), 1500)), key)


def feeds(setting: Setting) -> list[Remembering]:
    """The feeds of this subsystem."""
    return [Stays(setting), Cases(setting), Ambulances(setting)]
