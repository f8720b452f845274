"""Administrative procedures: the dossiers of the plan, Project 06, ratings, and what the source reports."""

from collections.abc import Iterable, Iterator
from dataclasses import fields

import numpy as np

from ioc.scenarios import calibration
from ioc.scenarios.events import (
    BOOL,
    BOOLEAN,
    INTEGER,
    NUMBER,
    TEXT,
    Event,
    Writer,
    ids,
    midnight,
    source_totals,
    stamp,
)
from ioc.scenarios.feeds.dossier_plan import FIELDS, Dossiers, calibrated, of_day
from ioc.scenarios.setting import END, FIRST_DAY, LAST_DAY, OFFICE, Setting, exactly, spread
from ioc.scenarios.timeline import Remembering

SLUG = "public_services"


def _writer(event: str, **fields: str) -> Writer:
    return Writer(SLUG, f"dossier.{event}", "dossier", **fields)


_registered = _writer("registered", procedure=TEXT, field=TEXT, level=TEXT, receiving_unit=TEXT, channel='"online"')
_refused = _writer("refused", procedure=TEXT, field=TEXT, level=TEXT, receiving_unit=TEXT)
write_accepted = _writer(
    "accepted", procedure=TEXT, field=TEXT, level=TEXT, deciding_unit=TEXT, receiving_unit=TEXT, receiving_level=TEXT,
    channel=TEXT, components_digitised=BOOLEAN, project06=BOOLEAN, fee_bearing=BOOLEAN, due_at=TEXT,
)  # fmt: skip
_supplement_requested = _writer("supplement_requested")
_suspended = _writer("suspended", reason='"financial_obligation"')
_resumed = _writer("resumed", due_at=TEXT)
_extended = _writer("extended", due_at=TEXT)
write_handled = _writer("handled", e_result=BOOLEAN)
_result_delivered = _writer("result_delivered")
_paid = _writer("paid", payment_channel=TEXT)
_rated = Writer(SLUG, "satisfaction.rated", deciding_unit=TEXT, level=TEXT, rating=INTEGER)
_procedures = Writer(SLUG, "procedures.reported", "level", procedures=INTEGER)
_online_services = Writer(SLUG, "online_services.reported", online_services=INTEGER)
_index = Writer(SLUG, "index.reported", points=NUMBER, rank=INTEGER)

CENTER = b"trung_tam_hanh_chinh_cong"
LONGEST_DAYS = 90
"""No dossier that is accepted after the scenario stays open for longer."""
_FIELDS = [field.slug.encode() for field in FIELDS]
_AGENCIES = [field.agency.encode() for field in FIELDS]
_PROCEDURES = [[b"1.%03d%03d" % (field + 1, number) for number in range(12)] for field in range(len(FIELDS))]
_OUTSIDE_ONLINE = (b"desk", b"desk", b"desk", b"post")


class Administration:
    """The dossiers of both levels."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._dossiers = calibrated(setting)
        self._handled = np.sort(self._dossiers.closed)

    def day(self, day: int) -> Iterator[Event]:
        first, last = np.searchsorted(self._dossiers.accepted, [midnight(day), midnight(day + 1)])
        yield from source_totals(SLUG, day, self._totals(day))
        if FIRST_DAY <= day <= LAST_DAY:
            yield from self._courses(day, self._dossiers.where(slice(int(first), int(last))))
        elif day > LAST_DAY:
            yield from self._courses(day, of_day(self._setting, self._setting.rng("dossiers", day), day))
        yield from self._refusals(day)

    def under_way(self, day: int) -> Iterator[Event]:
        """What follows of the dossiers that are open when the scenario ends, and of those of the days since."""
        dossiers = self._dossiers
        for each in range(FIRST_DAY, min(day, LAST_DAY + 1)):
            first, last = np.searchsorted(dossiers.accepted, [midnight(each), midnight(each + 1)])
            rows = dossiers.where(slice(int(first), int(last)))
            still_open = rows.closed >= END - 2 * 86_400
            yield from self._courses(each, rows, still_open.tolist())
        for each in range(max(LAST_DAY + 1, day - LONGEST_DAYS), day):
            yield from self.day(each)

    def _totals(self, day: int) -> list[tuple[str, float]]:
        """What the source counts up to the midnight before a day of the scenario; afterwards it reports none."""
        if not FIRST_DAY < day <= LAST_DAY + 1:
            return []
        received, handled = (
            np.searchsorted(times, midnight(day)) for times in (self._dossiers.accepted, self._handled)
        )
        return [("received", float(received)), ("handled", float(handled))]

    def _courses(self, day: int, dossiers: Dossiers, chosen: Iterable[bool] | None = None) -> Iterator[Event]:
        """Everything that happens to the dossiers of a day."""
        setting = self._setting
        communes, count = setting.communes, len(dossiers)
        luck = setting.rng("luck", day).random((4, count)).tolist()
        columns = zip(
            ids(b"25", day), *(getattr(dossiers, column.name).tolist() for column in fields(dossiers)), *luck,
            chosen or [True] * count, strict=False,
        )  # fmt: skip
        for (key, accepted, province, field, unit, desk, online, digitised, fee, e_result, due, suspended, resumed,
             extended, later_due, closed, which, payment, delivery, rating, wanted) in columns:  # fmt: skip
            if not wanted:
                continue
            level = b"province" if province else b"commune"
            decider = _AGENCIES[field] if province else communes[unit]
            yield write_accepted(
                accepted, key, _PROCEDURES[field][int(which * 12)], _FIELDS[field], level, decider,
                communes[desk] if desk >= 0 else CENTER, b"commune" if desk >= 0 else b"province",
                b"online" if online else _OUTSIDE_ONLINE[int(which * 4)], BOOL[digitised], b"false", BOOL[fee],
                stamp(due),
            )  # fmt: skip
            if fee and payment < 0.93:
                yield _paid(accepted + 30 + int(payment * 1500), key, b"online" if payment < 0.79 else b"desk")
            if extended:
                yield _extended(extended, key, stamp(later_due))
            if suspended:
                yield _suspended(suspended, key) if field < 3 else _supplement_requested(suspended, key)
                yield _resumed(resumed, key, stamp(later_due))
            yield write_handled(closed, key, BOOL[e_result])
            if not e_result:
                yield _result_delivered(closed + 900 + int(delivery * 5400), key)
            if rating < 0.09:
                yield _rated(closed + 3600 + int(delivery * 9000), key, decider, level, _stars(rating / 0.09))

    def _refusals(self, day: int) -> Iterator[Event]:
        """Submitted online and refused: these are never received."""
        setting, rng = self._setting, self._setting.rng("refusals", day)
        count = setting.volume(day, 30 * setting.busyness(day))
        units = setting.somewhere(rng, count)
        for key, time, unit in zip(ids(b"25R", day), OFFICE.times(rng, day, count), units, strict=False):
            what = (_PROCEDURES[0][int(rng.integers(12))], b"land", b"commune", unit)
            yield _registered(time, key, *what)
            yield _refused(time + int(rng.integers(600, 7200)), key, *what)


class Project06(Remembering):
    """Dossiers of Project 06, largely police procedures; they are in no other KPI."""

    memory = 5

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        rng = setting.rng("project06")
        days = range(FIRST_DAY, LAST_DAY + 1)
        count = setting.scaled(calibration.PROJECT06)
        self._per_day = spread(count, [setting.busyness(day) for day in days])
        self._online = exactly(rng, min(count, setting.scaled(calibration.PROJECT06_ONLINE)), count).tolist()

    def day(self, day: int) -> Iterator[Event]:
        setting, rng, number = self._setting, self._setting.rng("project06", day), day - FIRST_DAY
        if 0 <= number < len(self._per_day):
            begun = sum(self._per_day[:number])
            online = self._online[begun : begun + self._per_day[number]]
        else:
            ordinary = calibration.PROJECT06 / 88 * setting.busyness(day)
            online = (rng.random(setting.volume(day, ordinary)) < 0.987).tolist()
        units = setting.somewhere(rng, len(online))
        times = OFFICE.times(rng, day, len(online))
        for key, time, unit, is_online in zip(ids(b"25C", day), times, units, online, strict=False):
            province = bool(rng.random() < 0.3)
            level = b"province" if province else b"commune"
            due_day = int(setting.working_days[setting.rank(day) + 3])
            yield write_accepted(
                time, key, b"2.001%03d" % rng.integers(9), b"police", level, b"cong_an_tinh" if province else unit,
                CENTER if province else unit, level, b"online" if is_online else b"desk", b"true", b"true", b"false",
                stamp(midnight(due_day) + 17 * 3600),
            )  # fmt: skip
            yield write_handled(time + int(rng.integers(900, 30_000)), key, b"true")


class SourceReports(Remembering):
    """What the province and the national portal report of procedures, services and index 766; the newest counts."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def day(self, day: int) -> Iterator[Event]:
        months = {FIRST_DAY: 4, FIRST_DAY + 31: 3, FIRST_DAY + 62: 2, FIRST_DAY + 92: 1, LAST_DAY: 0}
        if day not in months:
            return
        behind, time = months[day], midnight(day) + 8 * 3600
        yield _procedures(time, b"province", calibration.PROCEDURES_PROVINCE - 9 * behind)
        yield _procedures(time, b"commune", calibration.PROCEDURES_COMMUNE + 4 * behind)
        yield _online_services(time + 60, SLUG.encode(), calibration.ONLINE_SERVICES - 22 * behind)
        rank = calibration.INDEX_766_RANK + behind
        yield _index(time + 120, SLUG.encode(), calibration.INDEX_766 - 0.7 * behind, rank)


def _stars(luck: float) -> int:
    """A rating of 1 to 5, 4.6 on average."""
    return 5 if luck < 0.74 else 4 if luck < 0.92 else 3 if luck < 0.97 else 2 if luck < 0.985 else 1


def feeds(setting: Setting) -> list[Administration | Project06 | SourceReports]:
    """The feeds of this subsystem."""
    return [Administration(setting), Project06(setting), SourceReports(setting)]
