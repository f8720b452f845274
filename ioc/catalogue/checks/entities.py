"""What must hold for the entities and presences of a subsystem."""

from collections.abc import Iterable, Iterator

from ioc.catalogue.checks.events import KEYS
from ioc.catalogue.faults import Fault, YamlPath, nearest
from ioc.catalogue.model import EntitySpec
from ioc.catalogue.structure import Draft


def entity_faults(draft: Draft) -> Iterator[Fault]:
    roles: dict[str, str] = {}
    for slug, entity in draft.subsystem.entities.items():
        place: YamlPath = ("entities", slug)
        yield from _id_faults(draft, place, entity.id, entity.events)
        for role, at, event in _roles(entity, place):
            if not draft.declares("events", event):
                fix = nearest(event, draft.subsystem.events, "declare it under events")
                yield draft.fault(at, f"there is no event `{event}`", fix)
            if event in roles:
                fix = "an event plays one part in one lifecycle; declare two events"
                yield draft.fault(at, f"`{event}` is already {roles[event]}", fix)
            roles.setdefault(event, f"{role} of {slug}")
        yield from _deadline_faults(draft, slug, entity)


def _roles(entity: EntitySpec, place: YamlPath) -> Iterator[tuple[str, YamlPath, str]]:
    """Every event of an entity with its role and where that is written."""
    for role in type(entity).model_fields:
        if role == "opened_by":
            yield role, (*place, role), entity.opened_by
        elif role.endswith("_by") or role == "milestones":
            for number, event in enumerate(getattr(entity, role)):
                yield role, (*place, role, number), event


def _id_faults(draft: Draft, place: YamlPath, name: str, events: Iterable[str]) -> Iterator[Fault]:
    """The faults of the id of an entity or presence, which each of its events must carry."""
    field = draft.subsystem.fields.get(name)
    if not draft.declares("fields", name):
        fix = nearest(name, draft.subsystem.fields, "declare it under fields with `type: id`")
        yield draft.fault((*place, "id"), f"there is no field `{name}`", fix)
        return
    if field is not None and field.type not in KEYS:
        yield draft.fault(
            (*place, "id"), f"a field of type {field.type} names nothing", f"write `type: id` for `{name}`"
        )
    if field is not None and field.personal:
        message = f"`{name}` is personal data, and cases are listed by their ids"
        yield draft.fault((*place, "id"), message, "take a number that names no person, such as the file's")
    for event in events:
        if event in draft.subsystem.events and name not in draft.subsystem.events[event].required:
            message = f"`{event}` does not require the id `{name}`"
            at = draft.source.find(place, event)
            yield draft.fault(at, message, f"list `{name}` under required of the event `{event}`")


def _deadline_faults(draft: Draft, slug: str, entity: EntitySpec) -> Iterator[Fault]:
    opening = draft.subsystem.events.get(entity.opened_by)
    for name, deadline in entity.deadlines.items():
        place: YamlPath = ("entities", slug, "deadlines", name)
        if deadline.field is None and deadline.after is None:
            yield draft.fault(
                place, "a deadline needs a source", "add `field:` of the opening event, or `after:`, as in 15wd"
            )
        if deadline.field is not None and opening is not None:
            field = draft.subsystem.fields.get(deadline.field)
            if deadline.field not in opening.fields:
                fix = nearest(deadline.field, opening.fields, f"list it in `{entity.opened_by}`")
                yield draft.fault((*place, "field"), f"`{entity.opened_by}` has no field `{deadline.field}`", fix)
            elif field is not None and field.type != "time":
                message = f"a deadline is a time, `{deadline.field}` is of type {field.type}"
                yield draft.fault((*place, "field"), message, "take a field of type time")
        if deadline.until is not None and deadline.until not in entity.milestones:
            fix = nearest(
                deadline.until, entity.milestones, "list it under milestones; without until, closing meets it"
            )
            yield draft.fault((*place, "until"), f"`{deadline.until}` is no milestone of {slug}", fix)
    timed = {deadline.field for deadline in entity.deadlines.values()}
    for number, event in enumerate(entity.extended_by):
        spec = draft.subsystem.events.get(event)
        if spec is not None and not timed & set(spec.required):
            fix = "list the deadline's field under required of the event"
            yield draft.fault(("entities", slug, "extended_by", number), f"`{event}` brings no new deadline", fix)


def presence_faults(draft: Draft) -> Iterator[Fault]:
    for slug, presence in draft.subsystem.presences.items():
        place: YamlPath = ("presences", slug)
        yield from _id_faults(draft, place, presence.id, presence.events)
        signs = [((*place, "heard_by", number), event) for number, event in enumerate(presence.heard_by)]
        withdrawals = [((*place, "withdrawn_by", number), event) for number, event in enumerate(presence.withdrawn_by)]
        for at, event in withdrawals:
            if event in presence.heard_by:
                message = f"`{event}` is a sign of life already, and would take the {slug} out of service"
                yield draft.fault(at, message, "declare an event of its own for the withdrawal")
        for at, event in [*signs, *withdrawals]:
            if not draft.declares("events", event):
                fix = nearest(event, draft.subsystem.events, "declare it under events")
                yield draft.fault(at, f"there is no event `{event}`", fix)
            elif event in draft.subsystem.events and _key_of(draft, event) != presence.id:
                message = (
                    f"`{event}` is not keyed by `{presence.id}`, so one {slug} would be counted in several partitions"
                )
                yield draft.fault(at, message, f"write `key: {presence.id}` in the event `{event}`")


def _key_of(draft: Draft, event: str) -> str | None:
    slug = draft.subsystem.entity_of(event)
    return draft.subsystem.entities[slug].id if slug else draft.subsystem.events[event].key
