"""What must hold between a mapping and the catalogue."""

import codecs
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from ioc.catalogue.faults import Fault, YamlPath, nearest
from ioc.catalogue.model import Catalogue, EventSpec, FieldSpec, Subsystem
from ioc.events.mappings.loader import MappingError, MappingFile
from ioc.events.mappings.model import (
    AnyCondition,
    Constant,
    Earlier,
    EventMapping,
    FieldSource,
    FileColumn,
    Instant,
    Part,
    Scalar,
    Timestamp,
)

_SHOWN = 12
_NO_CHARACTER_SETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})
"""What Python can decode, too: ways to write Unicode in ASCII, some of which give halves of characters."""


@dataclass(frozen=True)
class _Check:
    """A mapping, the subsystem that it maps to, the units that exist there, and whether personal fields are hashed."""

    file: MappingFile
    subsystem: Subsystem
    units: Collection[str]
    hashes: bool

    @property
    def fault(self) -> Callable[[YamlPath, str, str], Fault]:
        return self.file.source.fault


def refuse_faults(file: MappingFile, catalogue: Catalogue, *, hashes: bool) -> None:
    """Check a mapping against the catalogue; without ``hashes`` no field to be hashed is taken. Raises MappingError."""
    slug = file.mapping.subsystem
    if slug not in catalogue.subsystems:
        fix = nearest(slug, catalogue.subsystems, f"write one of {', '.join(catalogue.subsystems)}")
        raise MappingError([file.source.fault(("subsystem",), f"there is no subsystem `{slug}`", fix)])
    check = _Check(file, catalogue.subsystems[slug], catalogue.province.units_by_code, hashes)
    faults = [*_encoding_faults(check), *_time_faults(check)]
    for kind, rules in (("refuse", file.mapping.refuse), ("warn", file.mapping.warn)):
        for number, rule in enumerate(rules):
            faults += _condition_faults(check, (kind, number, "when"), rule.when)
    for number, event in enumerate(file.mapping.events):
        faults += _event_faults(check, ("events", number), event)
    if faults:
        raise MappingError(faults)


def _encoding_faults(check: _Check) -> Iterator[Fault]:
    encoding = check.file.mapping.reads.encoding or "utf-8"
    try:
        "".encode(encoding)
        known = codecs.lookup(encoding).name not in _NO_CHARACTER_SETS
    except (LookupError, UnicodeError):
        known = False
    if not known:
        fix = "write one that Python knows, such as utf-8, windows-1258 or utf-16"
        yield check.fault(("reads", "encoding"), f"there is no encoding {encoding!r}", fix)


def _time_faults(check: _Check) -> Iterator[Fault]:
    above: list[str] = []
    for name, instant in check.file.mapping.times.items():
        for key, referred in (("from", instant.start), ("not_before", instant.not_before)):
            if referred is not None and referred not in above:
                fix = nearest(referred, above, "write that time above this one")
                yield check.fault(("times", name, key), f"there is no time `{referred}` above this one", fix)
        yield from _zone_faults(check, name, instant)
        above.append(name)


def _zone_faults(check: _Check, name: str, instant: Instant) -> Iterator[Fault]:
    if isinstance(instant.zone, FileColumn) and instant.zone.table:
        for key, zone in instant.zone.table.items():
            if not isinstance(zone, str):
                place = ("times", name, "zone", "table", key)
                yield check.fault(place, f"{zone!r} is no time zone", "write its IANA name, as in Asia/Ho_Chi_Minh")


def _event_faults(check: _Check, place: YamlPath, event: EventMapping) -> Iterator[Fault]:
    subsystem = check.subsystem
    yield from _known_time(check, (*place, "time"), event.time)
    yield from _condition_faults(check, (*place, "when"), event.when)
    spec = subsystem.events.get(event.event)
    if spec is None:
        known = ", ".join(list(subsystem.events)[:_SHOWN])
        fix = nearest(event.event, subsystem.events, f"{subsystem.subsystem} has {known}")
        yield check.fault((*place, "event"), f"{subsystem.subsystem} has no event `{event.event}`", fix)
        return
    yield from _missing_fields(check, place, event, spec)
    for name, source in event.data.items():
        yield from _field_faults(check, (*place, "data", name), event.event, name, source)


def _condition_faults(check: _Check, place: YamlPath, conditions: Iterable[AnyCondition]) -> Iterator[Fault]:
    for number, condition in enumerate(conditions):
        if isinstance(condition, Earlier):
            yield from _known_time(check, (*place, number, "time"), condition.time)
            yield from _known_time(check, (*place, number, "before"), condition.before)


def _missing_fields(check: _Check, place: YamlPath, event: EventMapping, spec: EventSpec) -> Iterator[Fault]:
    for name in spec.required:
        if name not in event.data:
            fix = f"add `{name}:` with a column, or with `constant:`"
            yield check.fault((*place, "data"), f"{event.event} requires `{name}`", fix)


def _field_faults(check: _Check, place: YamlPath, event: str, name: str, source: FieldSource) -> Iterator[Fault]:
    declared = check.subsystem.events[event].fields
    if name not in declared:
        fix = nearest(name, declared, f"remove it; {event} has {', '.join(declared)}")
        yield check.fault(place, f"{event} has no field `{name}`", fix)
        return
    field = check.subsystem.fields[name]
    if field.hashed and not check.hashes:
        yield check.fault(
            place, f"`{name}` must be hashed, and there is no key", "leave it out, or set IOC_HASH_KEY_FILE"
        )
    is_time = isinstance(source, Timestamp)
    if is_time != (field.type == "time"):
        fix = "write `time:` with the name of one of the mapping's times" if not is_time else "take another field"
        yield check.fault(place, f"`{name}` is of type {field.type}", fix)
        return
    match source:
        case Timestamp(time=time) | Part(of=time):
            yield from _known_time(check, (*place, "time" if is_time else "of"), time)
        case Constant(constant=constant):
            yield from _scalar_faults(check, (*place, "constant"), field, [constant])
        case FileColumn():
            yield from _column_faults(check, place, field, source)


def _column_faults(check: _Check, place: YamlPath, field: FieldSpec, source: FileColumn) -> Iterator[Fault]:
    if source.empty is not None:
        yield from _scalar_faults(check, (*place, "empty"), field, [source.empty])
    yield from chain.from_iterable(
        _scalar_faults(check, (*place, "table", key), field, [value]) for key, value in (source.table or {}).items()
    )
    numeric = field.type in {"integer", "number"} and source.table is None
    if not numeric and (source.factor != 1.0 or source.decimal != "."):
        fix = "remove them" if source.table is None else "write the converted numbers into the table"
        yield check.fault(place, "`factor` and `decimal` are for numbers that are read as they are", fix)


def _known_time(check: _Check, place: YamlPath, name: str) -> Iterator[Fault]:
    times = check.file.mapping.times
    if name not in times:
        fix = nearest(name, times, f"declare it under `times:`; there are {', '.join(times)}")
        yield check.fault(place, f"there is no time `{name}`", fix)


def _scalar_faults(check: _Check, place: YamlPath, field: FieldSpec, values: Iterable[Scalar]) -> Iterator[Fault]:
    for value in values:
        wrong = _misfit(check, field, value)
        if wrong:
            yield check.fault(place, *wrong)


def _misfit(check: _Check, field: FieldSpec, value: Scalar) -> tuple[str, str] | None:
    """What is wrong with a value that the mapping itself gives to a field, and the fix; None where nothing is."""
    match field.type:
        case "boolean":
            fits, wanted = isinstance(value, bool), "write true or false, without quotes"
        case "integer":
            fits, wanted = isinstance(value, int) and not isinstance(value, bool), "write a whole number"
        case "number":
            fits, wanted = isinstance(value, int | float) and not isinstance(value, bool), "write a number"
        case _:
            fits, wanted = isinstance(value, str), "write a text, in quotes"
    if not fits:
        return f"{value!r} does not fit a field of type {field.type}", wanted
    if field.type == "unit" and value not in check.units:
        fix = "write the code of a unit; for data from elsewhere name a file of its units with `units:` or --units"
        return f"there is no unit {value!r}", nearest(value, check.units, fix)
    if field.type == "code" and field.values and value not in field.values:
        known = ", ".join(list(field.values)[:_SHOWN])
        return f"{value!r} is none of the field's codes", nearest(value, field.values, f"write one of {known}")
    return None
