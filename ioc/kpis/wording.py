"""How a formula reads: what it names by the catalogue's texts, in one language.

What a `Vocabulary` must have is what a subsystem of the catalogue has, which stands above this room.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from ioc.kpis import facts
from ioc.kpis.measures import Where
from ioc.text import formats
from ioc.text.bilingual import Language, Text
from ioc.time.durations import Duration

_YES, _NO = Text("có", "yes"), Text("không", "no")
_COMPUTED = {
    facts.TIMELINESS: Text("So với thời hạn", "Timeliness"),
    facts.PHASE: Text("Giai đoạn", "Phase"),
    facts.TOOK: Text("Thời gian thực hiện", "Time taken"),
}


class Named(Protocol):
    """A part of the catalogue with a name for people."""

    @property
    def name(self) -> Text: ...


class NamedField(Named, Protocol):
    """A field, and the texts of its codes."""

    @property
    def values(self) -> Mapping[str, Text] | None: ...


class NamedDeadline(Protocol):
    """A deadline: a field, else a time from opening."""

    @property
    def field(self) -> str | None: ...

    @property
    def after(self) -> Duration | None: ...


class NamedEntity(Named, Protocol):
    """An entity, and its deadlines."""

    @property
    def deadlines(self) -> Mapping[str, NamedDeadline]: ...


class Vocabulary(Protocol):
    """The parts of a subsystem that formulas name, by their slugs."""

    @property
    def fields(self) -> Mapping[str, NamedField]: ...

    @property
    def events(self) -> Mapping[str, Named]: ...

    @property
    def entities(self) -> Mapping[str, NamedEntity]: ...

    @property
    def presences(self) -> Mapping[str, Named]: ...

    @property
    def kpis(self) -> Mapping[str, Named]: ...


class Writer:
    """Writes parts of formulas in one language; names of the catalogue stand in «»."""

    def __init__(self, vocabulary: Vocabulary, language: Language) -> None:
        self._vocabulary = vocabulary
        self._language: Language = language

    def __call__(self, vi: str, en: str) -> str:
        """The one of two texts that is in its language; unlike those of a `Text` they may be empty."""
        return vi if self._language == "vi" else en

    def text(self, text: Text) -> str:
        return text.of(self._language)

    def number(self, value: float) -> str:
        """With decimals where it has some."""
        return formats.number(value, 0 if value.is_integer() else 2, self._language)

    def either(self, texts: Iterable[str]) -> str:
        """``early or on time``."""
        return f" {self('hoặc', 'or')} ".join(texts)

    def events(self, events: Iterable[str]) -> str:
        """``«Handled» + «Withdrawn»``."""
        return " + ".join(self._quoted(self._vocabulary.events[event].name) for event in events)

    def in_events(self, events: Iterable[str]) -> str:
        return f"{self('trong các sự kiện', 'in events')} {self.events(events)}"

    def field(self, field: str) -> str:
        """A field of events, or one that lifecycles compute."""
        if (milestone := facts.milestone_of(field)) is not None:
            return f"{self('đã có', 'passed')} {self.events([milestone])}"
        return self._quoted(_COMPUTED[field] if field in _COMPUTED else self._vocabulary.fields[field].name)

    def of_each(self, fields: Iterable[str]) -> str:
        """The things whose values are told apart, with a space before; nothing where there are none."""
        each = ", ".join(map(self.field, fields))
        return each and f" {self('của từng', 'of each')} {each}"

    def kpi(self, slug: str) -> str:
        return self._quoted(self._vocabulary.kpis[slug].name)

    def presence(self, slug: str) -> str:
        return self._quoted(self._vocabulary.presences[slug].name)

    def entity(self, slug: str) -> str:
        return self._quoted(self._vocabulary.entities[slug].name)

    def deadline(self, entity: str, name: str) -> str:
        """The field that says it, else the time from opening, and whether that is working time."""
        deadline = self._vocabulary.entities[entity].deadlines[name]
        said = "" if deadline.field is None else self.field(deadline.field)
        if deadline.after is None:
            return said or f"«{name}»"
        counted = self("theo giờ làm việc", "of working time")
        if not deadline.after.working:
            counted = self("kể cả ngày nghỉ", "days off included")
        after = f"{deadline.after} {self('từ khi mở', 'from opening')}, {counted}"
        return f"{said}, {self('không có thì', 'else')} {after}" if said else after

    def before(self, milestone: str | None) -> str:
        """That a milestone is not passed yet, after a comma; nothing without one."""
        return "" if milestone is None else f", {self('chưa có', 'before')} {self.events([milestone])}"

    def heard_within(self, time: Duration | None, each: str | None = None) -> str:
        """How lately things must have been heard of, after a comma; nothing where they need not.

        ``each`` is the field of those all of which must have been.
        """
        if time is None:
            return ""
        if each is None:
            return f", {self('chỉ nơi có tín hiệu trong', 'only what was heard of within')} {time}"
        all_of = self("biết đủ khi mọi", "known while every")
        return f", {all_of} {self.field(each)} {self('có tín hiệu trong', 'was heard of within')} {time}"

    def where(self, conditions: Where) -> str:
        """Conditions, each after a comma."""
        return "".join(f", {self.field(field)} = {self._allowed(field, allowed)}" for field, allowed in conditions)

    def _allowed(self, field: str, allowed: Iterable[object]) -> str:
        names = sorted(map(str, allowed))
        if names in (["False"], ["True"]):
            return self.text(_YES if names == ["True"] else _NO)
        texts = {} if facts.is_computed(field) else self._vocabulary.fields[field].values or {}
        return self.either(self.text(texts[name]) if name in texts else name for name in names)

    def _quoted(self, text: Text) -> str:
        return f"«{self.text(text)}»"
