"""Statistical reports that are scheduled and come in time, telecoms indicators, and staff settled under Decree 154."""

from collections.abc import Iterator

import numpy as np

from ioc.scenarios import calibration
from ioc.scenarios.events import INTEGER, NUMBER, TEXT, Event, Writer, ids, midnight, source_totals, stamp
from ioc.scenarios.setting import FIRST_DAY, LAST_DAY, OFFICE, Setting, date_of, spread
from ioc.scenarios.timeline import Remembering

SLUG = "statistics"
_scheduled = Writer(SLUG, "report.scheduled", "report", form=TEXT, unit=TEXT, period=TEXT, due_at=TEXT)
_received = Writer(SLUG, "report.received", "report")
_indicator = Writer(SLUG, "indicator.reported", "indicator", figure=NUMBER, period=TEXT)
_settled = Writer(SLUG, "staff.settled", "decision", unit=TEXT, policy=TEXT, persons=INTEGER)

_AGENCY_FORMS = (b"economy", b"society", b"telecoms")
_DECISIONS = 640
"""M: decisions by which the people of the calibration table were settled."""
_POLICIES = (b"early_retirement", b"resignation", b"moved_off_payroll", b"other")


class Reports(Remembering):
    """Each month's reports: scheduled on its first working day, due on later ones, received before that."""

    memory = 40

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def day(self, day: int) -> Iterator[Event]:
        setting, rng = self._setting, self._setting.rng("reports", day)
        first_of_month = day - date_of(day).day + 1
        if day != setting.working_days[setting.rank(first_of_month)]:
            return
        period = date_of(day).isoformat()[:7].encode()
        last = self._last_rank(first_of_month) - setting.rank(day)
        wanted = [(form, unit) for form in _AGENCY_FORMS for unit in setting.agencies]
        wanted += [(b"payroll", unit) for unit in setting.communes]
        for number, (form, unit) in enumerate(wanted):
            key, due = b"BC-%b-%b-%b" % (period, form, unit), 3 + number % (last - 2)
            received = max(1, due - int(rng.integers(0, 3)))
            yield _scheduled(midnight(day) + 8 * 3600 + number, key, form, unit, period, stamp(setting.due(day, due)))
            # Early in the scenario some are late; a report that is due on the last day comes on it.
            late = due + 2 if rng.random() < 0.02 and day < FIRST_DAY + 60 else received
            yield _received(setting.due(day, due if due == last else late) - 600 - 20 * (number % 90), key)

    def _last_rank(self, first_of_month: int) -> int:
        """The rank of the month's last working day."""
        next_month = first_of_month + 32 - date_of(first_of_month + 31).day
        return self._setting.rank(next_month) - 1


class Indicators(Remembering):
    """Telecoms figures as the source reports them; the last are the published ones."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def day(self, day: int) -> Iterator[Event]:
        months = {FIRST_DAY + 30: 3, FIRST_DAY + 61: 2, FIRST_DAY + 91: 1, LAST_DAY: 0}
        if day not in months:
            return
        behind, time, period = months[day], midnight(day) + 10 * 3600, date_of(day).isoformat()[:7].encode()
        yield _indicator(time, b"telecom_coverage", calibration.TELECOM_COVERAGE - 0.01 * (behind > 1), period)
        yield _indicator(time + 60, b"base_stations_5g", calibration.BASE_STATIONS_5G - 14 * behind, period)
        yield _indicator(time + 120, b"broadband_lines", calibration.BROADBAND_LINES - 6_350 * behind, period)


class Decree154(Remembering):
    """Decisions that settle people under Decree 154."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        rng, people = setting.rng("decree154"), setting.scaled(calibration.PEOPLE_SETTLED)
        decisions = max(1, min(setting.scaled(_DECISIONS), people))
        self._persons = [1 + more for more in spread(people - decisions, rng.lognormal(0, 0.8, decisions).tolist())]
        days = [setting.busyness(day) for day in range(FIRST_DAY, LAST_DAY + 1)]
        self._ends = np.cumsum(spread(decisions, days)).tolist()

    def day(self, day: int) -> Iterator[Event]:
        number = day - FIRST_DAY
        if not 0 <= number < len(self._ends):
            return
        setting, rng = self._setting, self._setting.rng("decree154", day)
        begun = self._ends[number - 1] if number else 0
        yield from source_totals(SLUG, day, [("people_settled", sum(self._persons[:begun]))])
        persons = self._persons[begun : self._ends[number]]
        for key, time, count in zip(ids(b"QD154", day), OFFICE.times(rng, day, len(persons)), persons, strict=False):
            unit = setting.somewhere(rng, 1)[0] if rng.random() < 0.75 else setting.agencies[int(rng.integers(14))]
            yield _settled(time, key, unit, _POLICIES[int(rng.choice(4, p=[0.7, 0.2, 0.04, 0.06]))], count)


def feeds(setting: Setting) -> list[Remembering]:
    """The feeds of this subsystem."""
    return [Reports(setting), Indicators(setting), Decree154(setting)]
