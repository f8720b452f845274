"""What must hold for what a KPI reads: its facts exist, and have the fields that it asks of them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ioc.catalogue.faults import Fault, YamlPath, nearest
from ioc.catalogue.model import EntitySpec, FieldSpec, Subsystem
from ioc.catalogue.structure import Draft
from ioc.kpis.base import Kpi
from ioc.kpis.facts import (
    MAIN_DEADLINE,
    PHASE,
    TIME,
    TIMELINESS,
    Due,
    FactName,
    Happened,
    Seen,
    Withdrawn,
    is_computed,
    milestone_of,
    took_edges,
)
from ioc.kpis.measures import Measure, Needed

NUMERIC = {"integer", "number"}


def measure_faults(draft: Draft, slug: str, kpi: Kpi) -> Iterator[Fault]:
    """Facts, amounts, buckets and breakdowns that what the KPI is about does not have."""
    for each in kpi.needed():
        unknown = list(_fact_faults(draft, slug, each.measure.fact))
        yield from unknown
        carried = _carried(draft.subsystem, each.measure.fact)
        if not unknown and carried is not None:
            yield from _field_faults(draft, slug, each, carried)


class Carried(NamedTuple):
    """The fields that a fact always has, and all that it may have."""

    required: frozenset[str]
    possible: frozenset[str]


def _carried(subsystem: Subsystem, fact: FactName) -> Carried | None:
    """The fields of a fact; None where the file does not declare what it is about (which is told elsewhere)."""
    match fact:
        case Happened(event):
            entity = subsystem.entity_of(event)
            return _union(subsystem, [event] if entity is None else [event, subsystem.entities[entity].opened_by])
        case Seen(slug):
            presence = subsystem.presences.get(slug)
            return _common(subsystem, presence.heard_by) if presence else None
        case Withdrawn(slug):
            presence = subsystem.presences.get(slug)
            known = _common(subsystem, presence.heard_by) if presence else None
            # Of a thing that was never heard of no more is known than its id.
            return Carried(frozenset({presence.id}), known.possible) if presence and known else None
        case _:
            spec = subsystem.entities.get(fact.about)
            return _union(subsystem, [spec.opened_by]) if spec else None


def _union(subsystem: Subsystem, events: Iterable[str]) -> Carried | None:
    specs = [subsystem.events[event] for event in events if event in subsystem.events]
    if not specs:
        return None
    required = frozenset(field for spec in specs for field in spec.required)
    return Carried(required, required.union(field for spec in specs for field in spec.optional))


def _common(subsystem: Subsystem, events: Iterable[str]) -> Carried | None:
    specs = [subsystem.events[event] for event in events if event in subsystem.events]
    if not specs:
        return None
    required = frozenset.intersection(*(frozenset(spec.required) for spec in specs))
    return Carried(required, required)


def _fact_faults(draft: Draft, slug: str, fact: FactName) -> Iterator[Fault]:
    """Whether the event, or the state of an entity or presence, exists."""
    about = fact.about
    match fact:
        case Happened():
            section, thing = "events", "event"
        case Seen() | Withdrawn():
            section, thing = "presences", "presence"
        case _:
            section, thing = "entities", "entity"
    known = getattr(draft.subsystem, section)
    if not draft.declares(section, about):
        fix = nearest(about, known, f"declare it under {section}")
        yield draft.fault(draft.written(slug, about), f"there is no {thing} `{about}`", fix)
    elif isinstance(fact, Due) and about in known and fact.deadline not in (deadlines := known[about].deadlines):
        at = draft.written(slug, fact.deadline)
        fix = nearest(fact.deadline, deadlines, f"declare it under deadlines of the entity {about}")
        yield draft.fault(at, f"{about} has no deadline `{fact.deadline}`", fix)


def _field_faults(draft: Draft, slug: str, needed: Needed, carried: Carried) -> Iterator[Fault]:
    measure = needed.measure
    amount = {measure.amount} if measure.amount and measure.amount != TIME else set()
    for name in sorted({*measure.fields, *needed.grouping, *amount}):
        if is_computed(name):
            yield from _computed_faults(draft, slug, measure.fact, name)
        elif name in draft.subsystem.fields or name in (measure.amount, measure.bucket):
            yield from _presence_of_field(draft, draft.written(slug, name), measure, name, carried)
    yield from _kept_faults(draft, slug, measure)
    yield from _amount_faults(draft, slug, measure, carried)
    if measure.factors:
        yield from _factor_faults(draft, slug, measure, carried)


def _presence_of_field(draft: Draft, at: YamlPath, measure: Measure, name: str, carried: Carried) -> Iterator[Fault]:
    """Whether a fact has a field, and has it always where a condition needs it, which names no person."""
    if name not in carried.possible:
        there = ", ".join(sorted(carried.possible))
        fix = nearest(name, carried.possible, f"list it in the event, or take one of {there}")
        yield draft.fault(at, f"`{measure.fact}` has no field `{name}`", fix)
    elif name in dict(measure.where) and name not in carried.required:
        message = f"`{name}` is optional in `{measure.fact}`, so a condition on it would drop events"
        yield draft.fault(at, message, f"list `{name}` under required of the event")
    if name in dict(measure.where) and draft.subsystem.fields[name].personal:
        yield draft.fault(at, f"`{name}` is personal data, and cases show it", "take a field that names no person")


def _kept_faults(draft: Draft, slug: str, measure: Measure) -> Iterator[Fault]:
    """Whether a field can be added up, or its values be kept to be counted."""
    fields = draft.subsystem.fields
    if (amount := fields.get(measure.amount or "")) and amount.type not in NUMERIC:
        at = draft.written(slug, measure.amount or "")
        message = f"`{measure.amount}` is of type {amount.type} and is no amount"
        yield draft.fault(at, message, "take a field of type integer or number")
    if (bucket := fields.get(measure.bucket or "")) and (bucket.personal or bucket.type == "text"):
        what = "personal data" if bucket.personal else "free text"
        at = draft.written(slug, measure.bucket or "")
        yield draft.fault(at, f"`{measure.bucket}` is {what}, of which nothing is kept", "count another field")


def _amount_faults(draft: Draft, slug: str, measure: Measure, carried: Carried) -> Iterator[Fault]:
    """Amounts that would be read as 0: those of lifecycles, and optional ones that are divided by all events."""
    if measure.amount is None:
        return
    at = draft.written(slug, measure.amount)
    if owner := draft.subsystem.entity_of(measure.fact.about):
        message = f"`{measure.fact}` belongs to the lifecycle of {owner}, whose events carry no amounts"
        yield draft.fault(at, message, "report the amount in an event of its own")
    if draft.subsystem.kpis[slug].divides and measure.amount in carried.possible - carried.required:
        message = f"`{measure.amount}` is optional in `{measure.fact}`, so an event without it would count as 0"
        yield draft.fault(at, message, f"list `{measure.amount}` under required of the event")


def _factor_faults(draft: Draft, slug: str, measure: Measure, carried: Carried) -> Iterator[Fault]:
    """Every value of the field that factors go by needs its factor, or an amount could not be converted."""
    by, factors = measure.factors or ("", ())
    field = draft.subsystem.fields.get(by)
    if field is None or by not in carried.possible:
        return
    place: YamlPath = ("kpis", slug, "factors")
    if by not in carried.required:
        fix = f"list `{by}` under required of the event"
        yield draft.fault((*place, "by"), f"`{by}` is optional, so some amounts could not be converted", fix)
    if field.values is None:
        yield draft.fault((*place, "by"), f"`{by}` may take any value", f"declare `values:` for the field `{by}`")
        return
    for value in field.values.keys() - dict(factors).keys():
        yield draft.fault((*place, "of"), f"there is no factor for `{value}`", f"add `{value}:` with its factor")
    for value in dict(factors).keys() - field.values.keys():
        fix = nearest(value, field.values, "remove it")
        yield draft.fault((*place, "of", value), f"`{by}` never is `{value}`", fix)


def _computed_faults(draft: Draft, slug: str, fact: FactName, name: str) -> Iterator[Fault]:
    """What lifecycles add to facts: the timeliness of closings, the time they took, an open entity's phase."""
    owner = draft.subsystem.entity_of(fact.about) if isinstance(fact, Happened) else fact.about
    entity = draft.subsystem.entities.get(owner or "")
    milestone = milestone_of(name)
    at = draft.written(slug, milestone or str(fact))
    if milestone is not None:
        if entity is not None and milestone not in entity.milestones:
            fix = nearest(milestone, entity.milestones, f"list it under milestones of {owner}")
            yield draft.fault(at, f"`{milestone}` is no milestone of {owner}", fix)
    elif name == TIMELINESS:
        yield from _timeliness_faults(draft, at, fact, entity)
    elif took_edges(name) is not None:
        if entity is None or fact.about not in (*entity.closed_by, *entity.milestones):
            fix = "list the event under closed_by or milestones of an entity, or take another event"
            yield draft.fault(at, f"`{fact}` neither closes an entity nor is a milestone of one", fix)
    elif name != PHASE:
        fix = f"write {TIMELINESS}, {PHASE} or the name of a field"
        yield draft.fault(at, f"there is no pseudo-field `{name}`", fix)
    elif isinstance(fact, Happened):
        yield draft.fault(at, "only an open entity has a phase", "take a KPI of kind open")


def _timeliness_faults(draft: Draft, at: YamlPath, fact: FactName, entity: EntitySpec | None) -> Iterator[Fault]:
    if entity is None or fact.about not in entity.closed_by:
        yield draft.fault(
            at, f"`{fact}` closes no entity, so it is neither on time nor late", "take an event of closed_by"
        )
    elif MAIN_DEADLINE not in entity.deadlines:
        yield draft.fault(
            at,
            f"the entity has no deadline `{MAIN_DEADLINE}` to be on time against",
            f"declare `{MAIN_DEADLINE}:` under its deadlines",
        )


def where_faults(draft: Draft, slug: str, kpi: Kpi, units: frozenset[str]) -> Iterator[Fault]:
    """Conditions on values that no event can take."""
    for name, allowed in kpi.conditions:
        place: YamlPath = ("kpis", slug, "where", name)
        field = draft.subsystem.fields.get(name)
        if field is None:
            if not is_computed(name) and not draft.declares("fields", name):
                fix = nearest(name, draft.subsystem.fields, "declare it under fields")
                yield draft.fault(place, f"there is no field `{name}`", fix)
            continue
        for value in sorted(allowed, key=str):
            if fix := _impossible(field, value, units):
                yield draft.fault(place, f"`{name}` of type {field.type} never is {value!r}", fix)


def _impossible(field: FieldSpec, value: object, units: frozenset[str]) -> str:
    """How to mend a value that a field cannot take; empty where it can."""
    match field.type:
        case "boolean":
            return "" if isinstance(value, bool) else "write true or false"
        case "integer":
            whole = isinstance(value, int) and not isinstance(value, bool)
            within = whole and _within(field, float(str(value)))
            return "" if within else "write a whole number between min and max of the field"
        case "code" | "unit":
            known: Iterable[str] | None = field.values if field.type == "code" else units or None
            if isinstance(value, str) and (known is None or value in known):
                return ""
            return nearest(value, known or (), "write one of the field's values, in quotes if it looks like a number")
        case "id":
            return "" if isinstance(value, str) else "write a text, in quotes if it looks like a number"
        case _:
            return "a condition needs a field of type code, unit, id, boolean or integer"


def _within(field: FieldSpec, value: float) -> bool:
    return (field.min is None or field.min <= value) and (field.max is None or value <= field.max)
