"""Cases: the entities that a KPI counts at one moment, and that somebody must look at.

They are found by the KPI's own measure and its own span of time, so that they are as many as it says.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ioc.cases.book import CaseBook, Standing
from ioc.catalogue.calendar import WorkingCalendar
from ioc.catalogue.faults import nearest
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.engine.plan import Fact, FieldValues, SubsystemPlan, label_of
from ioc.kpis.base import Kpi
from ioc.kpis.facts import Due, Seen, Withdrawn, is_computed
from ioc.kpis.standing import Stands
from ioc.time.durations import Duration
from ioc.time.instants import EpochMinute, EpochMs, EpochSeconds, seconds_from_minute
from ioc.time.windows import Window

UNIT = "unit"
"""In a filter: the field of the KPI that is an administrative unit, whatever its label is called."""


class CasesError(ValueError):
    """What was asked for has no cases; the message says what to ask for instead."""


class Case(NamedTuple):
    """One entity, or one thing that fell silent or was withdrawn."""

    id: str
    labels: tuple[tuple[str, str], ...]
    """Its fields as far as the KPI is told apart by them, by field."""
    opened: EpochSeconds | None
    due: EpochMs | None
    """The deadline that the KPI is about, else the main one; None while it is suspended."""
    heard: EpochSeconds | None
    """When a thing in service was last heard of; to the minute."""
    withdrawn: EpochSeconds | None
    """When a thing was declared out of service; to the minute."""


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to one question for cases."""

    subsystem: str
    kpi: str
    window: Window
    now: EpochSeconds
    total: int
    """How many there are: what the KPI counts."""
    never_heard: int
    """Of a declared inventory, how many were never heard of and have no name."""
    cases: list[Case]
    """The worst first, as many as were asked for."""


@dataclass(frozen=True, slots=True)
class At:
    """The moment at which cases are looked for."""

    now: EpochSeconds
    reached: EpochSeconds
    calendar: WorkingCalendar

    def after(self, duration: Duration) -> EpochSeconds:
        return self.calendar.add_working_time(self.reached, duration)


class _Question(NamedTuple):
    """Which things one KPI counts."""

    thing: str
    fact: Fact
    first: float
    last: float
    passes: Callable[[FieldValues], bool]


def find(
    book: CaseBook,
    subsystem: str,
    kpi: str,
    now: EpochSeconds,
    only: Mapping[str, str] | None = None,
    *,
    reached: EpochSeconds | None = None,
    window: Window | None = None,
    limit: int = 100,
    offset: int = 0,
) -> Found:
    """The cases behind a KPI at ``now``.

    Args:
        reached: what all partitions have reached of ``now``; unless said, all have reached it.
        only: values that fields or labels of the KPI must have; `UNIT` stands for its field of an administrative unit.
        window: the window of the KPI; that of its limits, else its first, unless said.

    Raises:
        CasesError: there is no such KPI, it counts nothing that stands open, or a filter is none of its fields.
    """
    plan = book.plan.subsystems[subsystem_of(book.plan.catalogue, subsystem).subsystem]
    spec = kpi_of(plan.subsystem, kpi)
    asked = _window(spec, window)
    moment = At(now, now if reached is None else reached, plan.calendar)
    matching: list[_Match] = []
    never_heard = 0
    for own, own_window in stands_behind(plan.subsystem, kpi, asked):
        question = _question(plan, own, moment, own_window, only or {})
        things = list(book.things(subsystem, question.thing))
        matching += _matching(things, question)
        if own.expected is not None and not only:
            never_heard += max(0, own.expected - sum(_passes(thing, question) for _, thing in things))
    worst = heapq.nsmallest(offset + limit, matching, key=_worst_first)[offset:]
    return Found(subsystem, kpi, asked, now, len(matching), never_heard, [_case(match) for match in worst])


def subsystem_of(catalogue: Catalogue, slug: str) -> Subsystem:
    """A subsystem by its slug. Raises CasesError."""
    found = catalogue.subsystems.get(slug)
    if found is None:
        known = list(catalogue.subsystems)
        raise CasesError(f"there is no subsystem {slug!r}; " + nearest(slug, known, f"there are {', '.join(known)}"))
    return found


def kpi_of(subsystem: Subsystem, slug: str) -> Kpi:
    """A KPI of a subsystem. Raises CasesError."""
    found = subsystem.kpis.get(slug)
    if found is None:
        known = list(subsystem.kpis)
        raise CasesError(
            f"{subsystem.subsystem} has no KPI {slug!r}; " + nearest(slug, known, f"it has {', '.join(known)}")
        )
    return found


def kpis_with_cases(subsystem: Subsystem) -> list[str]:
    """The KPIs of a subsystem that cases stand behind."""
    return [slug for slug, kpi in subsystem.kpis.items() if any(_stands(subsystem, slug, kpi.windows[0]))]


def stands_behind(subsystem: Subsystem, slug: str, window: Window) -> list[tuple[Stands, Window]]:
    """The KPIs, each with the window it is read in, whose things stand behind another one.

    Of a ratio those are what it counts; of one that is broken below its limit what keeps it from being greater.
    Raises CasesError where there is none.
    """
    found = list(_stands(subsystem, slug, window))
    if not found:
        others = ", ".join(kpis_with_cases(subsystem)) or "none"
        raise CasesError(
            f"{subsystem.subsystem}.{slug} counts what happened, and nothing that stands open; "
            f"KPIs of {subsystem.subsystem} with cases: {others}"
        )
    return found


def _stands(subsystem: Subsystem, slug: str, window: Window) -> Iterator[tuple[Stands, Window]]:
    kpi = subsystem.kpis[slug]
    if isinstance(kpi, Stands):
        yield kpi, window
    for behind in kpi.behind():
        yield from _stands(subsystem, behind.kpi, behind.window or window)


def _window(kpi: Kpi, window: Window | None) -> Window:
    if window is not None and window not in kpi.windows:
        raise CasesError(f"the KPI has no window {window}; it has {', '.join(kpi.windows)}")
    return window or (kpi.limits.window if kpi.limits else None) or kpi.windows[0]


def _question(plan: SubsystemPlan, kpi: Stands, moment: At, window: Window, only: Mapping[str, str]) -> _Question:
    measure = kpi.measure()
    fact = plan.facts[measure.fact]
    wanted = {_field(plan.subsystem, fact, name): value for name, value in only.items()}
    places = {name: place for place, name in enumerate(fact.fields)}
    known: dict[FieldValues, bool] = {}

    def passes(values: FieldValues) -> bool:
        passed = known.get(values)
        if passed is None:
            passed = known[values] = all(values[places[name]] in allowed for name, allowed in measure.where) and all(
                values[places[name]] is not None and label_of(values[places[name]]) == value
                for name, value in wanted.items()
            )
        return passed

    return _Question(measure.fact.about, fact, *kpi.cases_between(moment, window), passes)


def _field(subsystem: Subsystem, fact: Fact, name: str) -> str:
    """The field of a fact that a filter names: by its own name, by its label, or as the unit."""
    shown = [field for field in fact.fields if not is_computed(field)]
    found = [field for field in shown if name in (field, subsystem.label(field))]
    if not found and name == UNIT:
        found = [field for field in shown if subsystem.fields[field].type == "unit"]
    if len(found) != 1:
        labels = ", ".join(subsystem.label(field) for field in shown) or "nothing"
        raise CasesError(f"cases of this KPI cannot be told apart by {name!r}; they can by {labels}")
    return found[0]


class _Match(NamedTuple):
    """A thing that is a case, by what makes it a bad one: first the instant it stands in, then its opening."""

    minute: EpochMinute
    opened: EpochSeconds
    id: str
    fact: Fact
    values: FieldValues
    standing: Standing


def _matching(things: Iterable[tuple[str, Standing]], question: _Question) -> Iterator[_Match]:
    _, asked, first, last, passes = question
    name = asked.name
    for identity, standing in things:
        for fact, stamp, values in standing.facts:
            if fact == name and first <= seconds_from_minute(EpochMinute(stamp)) < last and passes(values):
                yield _Match(EpochMinute(stamp), standing.opened or EpochSeconds(0), identity, asked, values, standing)


def _passes(thing: Standing, question: _Question) -> bool:
    return any(fact == question.fact.name and question.passes(values) for fact, _, values in thing.facts)


def _worst_first(match: _Match) -> tuple[int, int, str]:
    return match.minute, match.opened, match.id


def _case(match: _Match) -> Case:
    shown = zip(match.fact.fields, match.values, strict=True)
    labels = tuple((field, label_of(value)) for field, value in shown if value is not None and not is_computed(field))
    what = match.fact.what
    deadline = what if isinstance(what, Due) else Due(what.about)
    runs = any(fact == str(deadline) for fact, _, _ in match.standing.facts)
    due = match.standing.due.get(deadline.deadline) if runs else None
    minute = seconds_from_minute(match.minute)
    heard, withdrawn = (minute if isinstance(what, kind) else None for kind in (Seen, Withdrawn))
    return Case(match.id, labels, match.standing.opened, due, heard, withdrawn)
