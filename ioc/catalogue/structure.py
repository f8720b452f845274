"""The form of a file, held against the typed model: what is wrong with it, and the parts that are sound."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import product
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ioc.catalogue.faults import Fault, YamlPath, advice, nearest
from ioc.catalogue.model import Subsystem
from ioc.catalogue.source import Source
from ioc.kpis.base import Kpi
from ioc.kpis.kinds import KINDS

_Form = TypeVar("_Form", bound=BaseModel)

SECTIONS = ("feeds", "fields", "events", "entities", "presences", "kpis")

_NAMING_NOTHING = Kpi.model_fields.keys() - {"by", "at_each", "heard_from"}
"""Keys of KPIs under which nothing of the subsystem is named."""

_LANGUAGES = {"vi": "Vietnamese", "en": "English"}
_NO_TEXT = {"vi": "-", "en": "-"}
_WITHOUT: Mapping[str, object] = {"name": _NO_TEXT, "description": _NO_TEXT, "limits": None, "reporting": None}
"""Parts of an event, KPI and so on that no other part depends on, with what stands in for them."""
_STAND_INS: Mapping[str, object] = {
    "subsystem": "unnamed",
    "name": _NO_TEXT,
    "order": 1,
    "source": "-",
    "headline": "unnamed",
    **{section: {} for section in SECTIONS},
}


@dataclass(frozen=True)
class Draft:
    """A subsystem's file as far as its form is sound: the rest of it is left out of ``subsystem``."""

    source: Source
    subsystem: Subsystem
    broken: frozenset[YamlPath] = field(default_factory=frozenset)
    """The parts that were left out, or replaced by a stand-in so that the rest could be checked."""

    def declares(self, section: str, name: str) -> bool:
        """Whether the file declares a name, be it sound or not; so that one fault is not told twice."""
        return name in getattr(self.subsystem, section) or {(section,), (section, name)} & self.broken != set()

    def written(self, slug: str, *texts: str, first: Iterable[str] = ()) -> YamlPath:
        """Where a KPI names something by one of the texts, as a value or a key; else the KPI itself.

        ``first`` are keys to look under before the others: those that only its kind has, in the order of the file.
        """
        written = self.source.at(("kpis", slug))
        own = [key for key in written if key not in _NAMING_NOTHING] if isinstance(written, dict) else []
        for key, text in product((*first, *own), texts):
            at = self.source.find(("kpis", slug, key), text)
            if text in (at[-1], self.source.at(at)):
                return at
        return "kpis", slug

    def fault(self, place: YamlPath, message: str, fix: str) -> Fault:
        return self.source.fault(place, message, fix)


def read_subsystem(source: Source) -> tuple[Draft, list[Fault]]:
    """The sound parts of a subsystem's file, and the faults of its form."""
    try:
        return Draft(source, Subsystem.model_validate(source.data, strict=False)), []
    except ValidationError as error:
        faults = _explained(error, Subsystem, source)
        unsound = frozenset(_unsound(_place(detail, source), detail["type"]) for detail in error.errors())
    subsystem = None
    while subsystem is None:
        try:
            subsystem = Subsystem.model_validate(_sound(source.data, unsound), strict=False)
        except ValidationError as error:
            # A stand-in does not fit everywhere: what it spoils is left out as a whole.
            spoilt = {_place(detail, source)[:2] for detail in error.errors()}
            if spoilt <= unsound:
                raise
            unsound |= spoilt
    broken = frozenset(place for place in unsound if len(place) < 3)
    return Draft(source, subsystem, broken), faults


def read_form(model: type[_Form], source: Source) -> tuple[_Form | None, list[Fault]]:
    """What a file says, held against a model; None where its form has faults."""
    try:
        return model.model_validate(source.data, strict=False), []
    except ValidationError as error:
        return None, _explained(error, model, source)


def _unsound(place: YamlPath, error: str) -> YamlPath:
    """The smallest part that must be left out for an error at a place."""
    if place[:1] and place[0] not in SECTIONS:
        return place[:1]
    harmless = len(place) > 2 and (place[2] in _WITHOUT or (error == "extra_forbidden" and len(place) == 3))
    return place[:3] if harmless else place[:2]


def _sound(data: object, unsound: Iterable[YamlPath]) -> object:
    """A file's data without the parts that are unsound."""
    if not isinstance(data, dict):
        return _STAND_INS
    kept = deepcopy(data)
    # Parts before wholes: a name may have faults of both sizes.
    for place in sorted(unsound, key=len, reverse=True):
        match place:
            case (str(section), str(name), str(key)) if key in _WITHOUT:
                kept[section][name][key] = _WITHOUT[key]
            case (str(section), str(name), str(key)):
                kept[section][name].pop(key, None)
            case (str(section), str(name)):
                kept[section].pop(name, None)
            case (str(key),) if key in _STAND_INS:
                kept[key] = _STAND_INS[key]
            case (str(key),):
                kept.pop(key, None)
    return kept


def _explained(error: ValidationError, model: type[BaseModel], source: Source) -> list[Fault]:
    faults = []
    for detail in error.errors(include_url=False):
        place = _place(detail, source)
        faults.append(source.fault(place, *_explain(detail, model, place, source)))
    return faults


def _place(detail: ErrorDetails, source: Source) -> YamlPath:
    location = detail["loc"]
    if location[:1] == ("kpis",):
        location = (*location[:2], *location[3:])
    return source.place_of(location, missing=detail["type"] == "missing")


def _explain(detail: ErrorDetails, model: type[BaseModel], place: YamlPath, source: Source) -> tuple[str, str]:
    """What is wrong, and the fix."""
    name = place[-1] if place else ""
    written, context = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return _missing(name)
        case "extra_forbidden":
            allowed = _allowed_at(model, place[:-1], source)
            return f"unknown field `{name}`", nearest(
                name, allowed, f"remove it; allowed are {', '.join(sorted(allowed))}"
            )
        case "union_tag_invalid":
            kind = context["tag"]
            return f"there is no kind of KPI `{kind}`", nearest(kind, KINDS, f"write one of {', '.join(KINDS)}")
        case "union_tag_not_found":
            return "`kind` is missing", f"add `kind:`, one of {', '.join(KINDS)}"
        case "value_error":
            return advice(context["error"])
        case "literal_error":
            return f"{written!r} is not allowed here", f"write {context['expected']}"
        case "string_pattern_mismatch":
            return f"{written!r} is no name that is allowed here", f"write a name of the form {context['pattern']}"
        case "string_too_short" if name in _LANGUAGES:
            return f"the {_LANGUAGES[str(name)]} text is empty", "write the text"
        case _:
            expected = detail["msg"].removeprefix("Input should be ")
            return f"{_shown(written)} has the wrong type or size", f"write {expected}"


def _missing(name: object) -> tuple[str, str]:
    if name in _LANGUAGES:
        return f"the {_LANGUAGES[str(name)]} text is missing", f"add `{name}:` with the text"
    if name == "direction":
        return "these limits have no direction", "add `direction: above` or `direction: below`"
    return f"`{name}` is missing", f"add `{name}:`"


def _shown(written: object) -> str:
    text = repr(written)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _allowed_at(model: type[BaseModel], place: YamlPath, source: Source) -> Iterable[str]:
    """The fields of the model that stands at a place."""
    standing: Any = model
    for depth, part in enumerate(place):
        if place[:1] == ("kpis",) and depth == 1:
            standing = KINDS[str(source.at((*place[:2], "kind")))]
        elif isinstance(standing, type) and issubclass(standing, BaseModel):
            standing = _plain(standing.model_fields[str(part)].annotation)
        else:
            standing = _plain(get_args(standing)[-1])
    return list(standing.model_fields)


def _plain(annotation: Any) -> Any:
    """A type without its metadata and without None."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        return _plain(next(member for member in get_args(annotation) if member is not type(None)))
    return annotation
