"""Reading a mapping from its file, with every fault of its form."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ioc.catalogue.faults import CatalogueError, Fault, YamlPath, advice, nearest
from ioc.catalogue.source import Source
from ioc.events.mappings.model import CONDITIONS, SOURCES, EventMapping, Instant, Mapping, Reads, Rule, Shift
from ioc.events.mappings.row import composed

FOLDER = Path(__file__).parent


class MappingError(CatalogueError):
    """A mapping that cannot be used, with every fault of it."""


@dataclass(frozen=True)
class MappingFile:
    """A mapping whose form is sound, and where each part of it is written."""

    mapping: Mapping
    source: Source

    @property
    def units(self) -> Path | None:
        """The file of units that it names."""
        return self.source.file.parent / self.mapping.units if self.mapping.units else None


def packaged() -> dict[str, Path]:
    """The packaged mappings by their names."""
    return {file.stem: file for file in sorted(FOLDER.glob("*.yaml"))}


def is_mapping(file: Path) -> bool:
    """Whether a YAML file is meant as a mapping, be it sound or not, and not as a subsystem."""
    data = Source(file).data
    return isinstance(data, dict) and not data.keys().isdisjoint({"mapping", "times"})


def read_mapping(file: Path) -> MappingFile:
    """The mapping of a file. Raises MappingError."""
    source = Source(file)
    if source.faults:
        raise MappingError(source.faults)
    try:
        read = MappingFile(Mapping.model_validate(_composed(source.data), strict=False), source)
        if read.units is not None and not read.units.resolve().is_relative_to(file.parent.resolve()):
            fix = "name a file beside the mapping, or in a folder there; IOC_UNITS may name any"
            raise MappingError([source.fault(("units",), "this file lies outside of the mapping's folder", fix)])
        return read
    except ValidationError as error:
        raise MappingError([_fault(detail, source) for detail in error.errors(include_url=False)]) from None


def _composed(written: object) -> object:
    """The same with all its texts composed, as those of files are: a Mac and a phone write accents as letters."""
    match written:
        case str():
            return composed(written)
        case list():
            return [_composed(part) for part in written]
        case dict():
            return {_composed(key): _composed(part) for key, part in written.items()}
        case _:
            return written


def _fault(detail: ErrorDetails, source: Source) -> Fault:
    location = detail["loc"]
    place = source.place_of(_without_tag(location), missing=detail["type"] == "missing")
    return source.fault(place, *_explain(detail, location))


def _without_tag(location: YamlPath) -> YamlPath:
    """The location without the kind of source or condition that pydantic names after its place."""
    match location:
        case ("events", _, "data" | "when", _, _, *_):
            return (*location[:4], *location[5:])
        case ("refuse" | "warn", _, "when", _, _, *_):
            return (*location[:4], *location[5:])
        case ("times", _, "zone", _, *_):
            return (*location[:3], *location[4:])
    return location


def _explain(detail: ErrorDetails, location: YamlPath) -> tuple[str, str]:
    """What is wrong, and the fix."""
    name = location[-1] if location else ""
    written = detail["input"]
    match detail["type"]:
        case "missing":
            return f"`{name}` is missing", f"add `{name}:`"
        case "extra_forbidden":
            allowed = _keys_at(location[:-1])
            return f"unknown key `{name}`", nearest(name, allowed, f"remove it; allowed are {', '.join(allowed)}")
        case "union_tag_not_found" | "union_tag_invalid" if "when" in location:
            return "it does not say what it asks of", "write `column:`, or `time:` and `before:`"
        case "union_tag_not_found" | "union_tag_invalid":
            fix = f"write a column's name, or one of {', '.join(SOURCES)}"
            return "it does not say where the value comes from", fix
        case "value_error":
            return advice(detail["ctx"]["error"])
        case "literal_error":
            return f"{written!r} is not allowed here", f"write {detail['ctx']['expected']}"
        case "string_pattern_mismatch":
            fix = f"write a name of the form {detail['ctx']['pattern']}"
            return f"{written!r} is no name that is allowed here", fix
        case _:
            expected = detail["msg"].removeprefix("Input should be ")
            shown = repr(written)
            return f"{shown if len(shown) <= 40 else f'{shown[:39]}…'} has the wrong type or size", f"write {expected}"


def _keys_at(place: YamlPath) -> list[str]:
    """The keys that may be written at a place."""
    model: type[BaseModel] = Mapping
    match place:
        case ("reads",):
            model = Reads
        case ("times", _):
            model = Instant
        case ("times", _, "plus", _):
            model = Shift
        case ("times", _, "zone", *_):
            model = SOURCES["column"]
        case ("events", _):
            model = EventMapping
        case ("events" | "refuse" | "warn", _, "when", _, str(tag)):
            model = CONDITIONS[tag]
        case ("refuse" | "warn", _):
            model = Rule
        case ("events", _, "data", _, str(tag)):
            model = SOURCES[tag]
    return [_written_name(name, field) for name, field in model.model_fields.items()]


def _written_name(name: str, field: Any) -> str:
    return str(field.alias or name)
