"""What must hold for the fields and events of a subsystem."""

import re
from collections.abc import Iterator

from ioc.catalogue.faults import Fault, YamlPath, nearest
from ioc.catalogue.model import CODE, FieldSpec
from ioc.catalogue.structure import Draft

KEYS = {"id", "code", "unit"}
"""The types of fields that can be a message key."""


def field_faults(draft: Draft) -> Iterator[Fault]:
    used = {field for event in draft.subsystem.events.values() for field in event.fields}
    for name, field in draft.subsystem.fields.items():
        place: YamlPath = ("fields", name)
        if name not in used and not any(place[0] == "events" for place in draft.broken):
            yield draft.fault(
                place, "no event has this field", "list it in an event's required or optional, or remove it"
            )
        yield from _form_of_field(draft, place, field)


def _form_of_field(draft: Draft, place: YamlPath, field: FieldSpec) -> Iterator[Fault]:
    if field.values is not None and field.type != "code":
        yield draft.fault(
            (*place, "values"), f"a field of type {field.type} has no list of values", "write `type: code`"
        )
    yield from _code_faults(draft, place, field)
    if field.known is not None and (field.values is not None or field.type not in {"id", "code"}):
        fix = "write `type: id` or, without `values:`, `type: code`; names of all codes there are stand under `values:`"
        yield draft.fault((*place, "known"), "only ids, and codes without a list of values, may have names", fix)
    if field.type not in {"integer", "number"}:
        for bound in ("min", "max"):
            if getattr(field, bound) is not None:
                fix = "remove it, or write `type: integer` or `type: number`"
                yield draft.fault((*place, bound), f"a field of type {field.type} has no {bound}", fix)
    elif field.min is not None and field.max is not None and field.min > field.max:
        message = f"no value is at least {field.min:g} and at most {field.max:g}"
        yield draft.fault((*place, "min"), message, "exchange min and max")
    if field.personal and not field.hashed:
        fix = "write `hashed: true`, or take the field out: what is not declared is not kept"
        yield draft.fault((*place, "personal"), "personal data is stored by its hash only", fix)
    if field.hashed and field.type not in {"id", "code", "text"}:
        yield draft.fault(
            (*place, "hashed"), f"a field of type {field.type} cannot be hashed", "write `type: text`, or drop hashed"
        )


def event_faults(draft: Draft) -> Iterator[Fault]:
    fields = draft.subsystem.fields
    for name, event in draft.subsystem.events.items():
        for section in ("required", "optional"):
            for number, field in enumerate(getattr(event, section)):
                place: YamlPath = ("events", name, section, number)
                if not draft.declares("fields", field):
                    yield draft.fault(
                        place, f"there is no field `{field}`", nearest(field, fields, "declare it under fields")
                    )
                if event.fields.index(field) != number + (len(event.required) if section == "optional" else 0):
                    yield draft.fault(
                        place, f"`{field}` is listed twice", "list each field once, as required or as optional"
                    )
        if event.key is not None:
            yield from _key_faults(draft, name, event.key)


def _key_faults(draft: Draft, name: str, key: str) -> Iterator[Fault]:
    event, place = draft.subsystem.events[name], ("events", name, "key")
    if key not in event.required:
        fix = nearest(key, event.required, f"list `{key}` under the event's required")
        yield draft.fault(place, f"the key `{key}` is no required field of the event", fix)
    field = draft.subsystem.fields.get(key)
    if field is not None and field.type not in KEYS:
        yield draft.fault(place, f"a field of type {field.type} can be no key", "take a field of type id, code or unit")
    if (slug := draft.subsystem.entity_of(name)) and (own := draft.subsystem.entities[slug].id) != key:
        message = f"the events of {slug} have its id `{own}` as their key"
        yield draft.fault(place, message, f"write `key: {own}`, or drop key")


def _code_faults(draft: Draft, place: YamlPath, field: FieldSpec) -> Iterator[Fault]:
    for section in ("values", "known") if field.type == "code" else ():
        for code in getattr(field, section) or ():
            if not re.fullmatch(CODE, code):
                fix = "write 1 to 64 letters, digits, dots, hyphens or underscores"
                yield draft.fault((*place, section, code), f"{code!r} is no code", fix)
