"""What must hold in the province's file: its units and its calendar."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise

from ioc.catalogue.faults import Fault, YamlPath
from ioc.catalogue.model import CalendarSpec, Province, Unit
from ioc.catalogue.source import Source
from ioc.catalogue.structure import Draft

TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


def province_faults(province: Province, source: Source) -> Iterator[Fault]:
    """The faults within the province's file."""
    yield from unit_faults(province.units, source)
    yield from _working_hours_faults(province.calendar, source)
    yield from _day_faults(province.calendar, source)


def unit_faults(units: Iterable[Unit], source: Source) -> Iterator[Fault]:
    """Units that a file declares twice."""
    first: dict[str, int] = {}
    for number, unit in enumerate(units):
        if first.setdefault(unit.code, number) != number:
            place: YamlPath = ("units", number, "code")
            yield source.fault(place, f"unit {unit.code} is there twice", "remove one of the two")


def _working_hours_faults(calendar: CalendarSpec, source: Source) -> Iterator[Fault]:
    place: YamlPath = ("calendar", "working_hours")
    for number, (start, end) in enumerate(calendar.working_hours):
        if not (TIME_OF_DAY.fullmatch(start) and TIME_OF_DAY.fullmatch(end) and start < end):
            fix = 'write it as ["07:30", "11:30"]'
            yield source.fault((*place, number), f"{start} to {end} is no part of a day", fix)
    if any(start < end for (_, end), (start, _) in pairwise(calendar.working_hours)):
        yield source.fault(place, "working hours overlap", "write them in the order of the day")


def _day_faults(calendar: CalendarSpec, source: Source) -> Iterator[Fault]:
    for section in ("make_up_days", "days_off"):
        for day in getattr(calendar, section):
            if _date(day) is None:
                yield source.fault(("calendar", section, day), f"{day} is no date", "write it as 2026-01-10")
    for number, term in enumerate(calendar.school_terms):
        first, last = _date(term.first), _date(term.last)
        if first is None or last is None or first > last:
            message = f"{term.first} to {term.last} is no school term"
            fix = "write its first and its last day, as in 2025-09-05"
            yield source.fault(("calendar", "school_terms", number), message, fix)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def calendar_faults(draft: Draft, province: Province | None) -> Iterator[Fault]:
    """What a subsystem asks of the calendar that it cannot give."""
    terms = province is None or bool(province.calendar.school_terms)
    fix = "declare school_terms in the calendar of province.yaml, or take another calendar"
    for slug, kpi in draft.subsystem.kpis.items():
        if kpi.reporting is not None:
            place: YamlPath = ("kpis", slug, "reporting")
            if kpi.reporting.calendar == "school_days" and not terms:
                yield draft.fault((*place, "calendar"), "the province declares no school terms", fix)
            if not TIME_OF_DAY.fullmatch(kpi.reporting.by):
                message = f"{kpi.reporting.by!r} is no time of day"
                yield draft.fault((*place, "by"), message, 'write it in quotes, as in "23:00"')
