"""Schools that report each school day, and incidents at schools."""

from collections.abc import Iterator
from typing import NamedTuple

from ioc.scenarios.events import INTEGER, TEXT, Event, Writer, ids, midnight, source_totals
from ioc.scenarios.setting import FIRST_DAY, LAST_DAY, OFFICE, Setting, date_of
from ioc.scenarios.timeline import Remembering

SLUG = "education"
_reported = Writer(
    SLUG, "school_day.reported", "school", unit=TEXT, grade_level=TEXT, enrolled=INTEGER, present=INTEGER
)
_inventory = Writer(SLUG, "school_inventory.reported", "unit", schools=INTEGER)
_opened = Writer(SLUG, "incident.opened", "incident", incident_kind=TEXT, unit=TEXT)
_closed = Writer(SLUG, "incident.closed", "incident")

SCHOOLS = 1_200
REPORTING_SINCE = FIRST_DAY + 92
"""M: schools were connected on 1 October."""
INCIDENTS_SINCE = FIRST_DAY + 66
"""The school year began on 5 September."""
_SILENT_COMMUNES = (11, 77)
"""The schools of two communes do not report: their line is down."""
_GRADES = ((b"kindergarten", 0.36), (b"primary", 0.32), (b"lower_secondary", 0.25), (b"upper_secondary", 0.06),
           (b"continuing", 0.01))  # fmt: skip
_KINDS = (b"injury", b"violence", b"facility", b"other")


class School(NamedTuple):
    """A school; ``afternoon`` schools teach in a second shift and report at noon."""

    key: bytes
    unit: bytes
    grade: bytes
    enrolled: int
    afternoon: bool


class Schools(Remembering):
    """Reports of the school day."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        rng, communes = setting.rng("schools"), setting.communes
        count = setting.scaled(SCHOOLS, len(communes))
        units = [*communes, *setting.somewhere(rng, count - len(communes))]
        grades = rng.choice(len(_GRADES), count, p=[share for _, share in _GRADES])
        self._all = [
            School(b"T-%04d" % number, unit, _GRADES[grade][0], int(rng.integers(120, 900)), number % 50 == 49)
            for number, (unit, grade) in enumerate(zip(units, grades, strict=True))
        ]
        silent = {communes[number % len(communes)] for number in _SILENT_COMMUNES}
        self._reporting = [school for school in self._all if school.unit not in silent]

    def day(self, day: int) -> Iterator[Event]:
        setting, rng = self._setting, self._setting.rng("school_days", day)
        if day < REPORTING_SINCE:
            return
        if day == REPORTING_SINCE:
            for number, unit in enumerate(setting.communes):
                schools = sum(school.unit == unit for school in self._all)
                yield _inventory(midnight(day) + 6 * 3600 + number, unit, schools)
        else:
            days = sum(self._is_school_day(earlier) for earlier in range(REPORTING_SINCE, day))
            yield from source_totals(SLUG, day, [("school_reports", days * len(self._reporting))])
        if not self._is_school_day(day):
            return
        seconds = rng.integers(0, 7200, len(self._reporting)).tolist()
        absences = (0.01 + 0.05 * rng.random(len(self._reporting))).tolist()
        for number, (school, second, absence) in enumerate(zip(self._reporting, seconds, absences, strict=True)):
            start = midnight(day) + (13 * 3600 + 600 if school.afternoon else 7 * 3600 + 900)
            # On the scenario's last days the flu has reached one school.
            absent = 0.13 if number == 7 and day in range(LAST_DAY - 1, LAST_DAY + 3) else absence
            present = school.enrolled - int(school.enrolled * absent)
            yield _reported(
                start + second // (2 if school.afternoon else 1),
                school.key,
                school.unit,
                school.grade,
                school.enrolled,
                present,
            )

    def _is_school_day(self, day: int) -> bool:
        return self._setting.calendar.is_school_day(date_of(day))


class Incidents(Remembering):
    """Incidents at schools; none is food poisoning or an outbreak."""

    memory = 4

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def day(self, day: int) -> Iterator[Event]:
        setting, rng = self._setting, self._setting.rng("incidents", day)
        if day < INCIDENTS_SINCE or not setting.is_working(day):
            return
        count = setting.volume(day, 2, 2)
        for key, time in zip(ids(b"SCT", day), OFFICE.times(rng, day, count), strict=False):
            yield _opened(time, key, _KINDS[int(rng.integers(len(_KINDS)))], setting.somewhere(rng, 1)[0])
            yield _closed(time + int(rng.integers(2 * 3600, 60 * 3600)), key)


def feeds(setting: Setting) -> list[Remembering]:
    """The feeds of this subsystem."""
    return [Schools(setting), Incidents(setting)]
