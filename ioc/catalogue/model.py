"""The typed catalogue: what a subsystem's YAML file may say.

Every model forbids unknown keys, so that a misspelt key is a fault and never
silently ignored.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ioc.kpis.kinds import AnyKpi
from ioc.text.bilingual import Text
from ioc.time.durations import AnyDuration, Elapsed

Hours = Literal["always", "working", "school"]
"""When a feed is expected to speak: the hours of the working calendar; schools keep them on school days."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
CODE = r"[A-Za-z0-9._-]{1,64}"
"""A code, such as that of a unit or of what may be a label, as a regular expression of the whole of it."""
Code = Annotated[str, StringConstraints(pattern=f"^{CODE}$")]
EventName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}\.[a-z][a-z0-9_]{0,62}$")]
"""``<entity>.<past-tense verb>``; the CloudEvents type is ``vn.phutho.<subsystem>.<event name>.v1``."""


class Model(BaseModel):
    """A frozen part of the catalogue."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class FieldSpec(Model):
    """A field of an event's ``data``."""

    type: Literal["id", "code", "text", "integer", "number", "boolean", "time", "unit"]
    """``id`` names an entity; ``code`` is short and may become a label; ``text`` never is one;
    ``unit`` is the code of an administrative unit; ``time`` is RFC 3339 with a zone."""
    name: Text
    values: dict[str, Text] | None = None
    """The only codes allowed, with their texts. Without it any code of 1 to 64 letters, digits, ``._-``."""
    known: dict[str, Text] | None = None
    """Names of some ids or codes, such as of stations; unlike with ``values`` others come too and stand as they are."""
    label: Slug | None = None
    """The label's name where it differs from the field's."""
    min: float | None = None
    max: float | None = None
    measured_in: str | None = None
    """Unit of measure, for people."""
    personal: bool = False
    """Personal data: can be no label and no case field, and must be hashed."""
    hashed: bool = False
    """Replaced by its keyed hash before it is sent; a worker rejects any other value."""

    @property
    def texts(self) -> dict[str, Text]:
        """What people call its values, as far as that is known."""
        return {**(self.values or {}), **(self.known or {})}


class EventSpec(Model):
    """One type of event."""

    name: Text
    required: list[str] = Field(default_factory=list)
    optional: list[str] = Field(default_factory=list)
    key: str | None = None
    """The field that is the message key; an entity's events take the entity's ``id``."""

    @property
    def fields(self) -> list[str]:
        return [*self.required, *self.optional]


class DeadlineSpec(Model):
    """A deadline of an entity: from a field of the opening event, else after a time from opening."""

    field: str | None = None
    after: AnyDuration | None = None
    until: EventName | None = None
    """The milestone that meets the deadline; without it, closing does."""


class EntitySpec(Model):
    """An entity with a lifecycle: which event opens it, which move it, which close it.

    The state of an entity is a function of the events known of it, ordered by event time.
    """

    name: Text
    id: str
    opened_by: EventName
    closed_by: list[EventName] = Field(default_factory=list)
    suspended_by: list[EventName] = Field(default_factory=list)
    resumed_by: list[EventName] = Field(default_factory=list)
    extended_by: list[EventName] = Field(default_factory=list)
    transferred_by: list[EventName] = Field(default_factory=list)
    reopened_by: list[EventName] = Field(default_factory=list)
    corrected_by: list[EventName] = Field(default_factory=list)
    voided_by: list[EventName] = Field(default_factory=list)
    milestones: list[EventName] = Field(default_factory=list)
    """Events that count at most once for an entity and change nothing else."""
    deadlines: dict[Slug, DeadlineSpec] = Field(default_factory=dict)
    """``main`` is the deadline that closing is on time against."""
    retention: Elapsed = Field(default_factory=lambda: _elapsed("35d"))
    """How long a closed entity is remembered, and an entity whose opening never came."""

    @property
    def events(self) -> dict[str, str]:
        """Each event of the lifecycle with its role."""
        roles = {self.opened_by: "opened"}
        for role in ROLES:
            roles.update(dict.fromkeys(getattr(self, "milestones" if role == "milestone" else f"{role}_by"), role))
        return roles


ROLES = ("closed", "suspended", "resumed", "extended", "transferred", "reopened", "corrected", "voided", "milestone")


class PresenceSpec(Model):
    """A thing known by its signs of life: only when it was last heard of matters."""

    name: Text
    id: str
    heard_by: list[EventName] = Field(min_length=1)
    withdrawn_by: list[EventName] = Field(default_factory=list)
    """Events that declare it out of service; it is until it is heard of later."""
    forgotten_after: Elapsed = Field(default_factory=lambda: _elapsed("400d"))
    """How long its signs of life are remembered: silence alone must not take it out of any share."""

    @property
    def events(self) -> list[str]:
        return [*self.heard_by, *self.withdrawn_by]


class FeedSpec(Model):
    """One system that sends events of a subsystem, and may fall silent by itself."""

    name: Text
    events: list[EventName] = Field(default_factory=list)
    """What it sends; the feed that names none sends all that no other names."""
    expected_interval: Elapsed | None = None
    """The longest time without an event, in its hours, while it is well. None where nobody can tell: it is never said
    to be silent, and no KPI with limits may rest on it."""
    hours: Hours = "always"
    allowed_lateness: Elapsed
    """An event is late that is older than the newest one of its feed and partition by more than this."""
    duplicate_horizon: Elapsed
    """How long an event that is sent again is known by its id; at least as long as events may be late. The newest
    250,000 ids of each partition are kept in any case, and no more than 750,000."""
    undeclared: Literal["drop", "refuse"] = "drop"
    """What becomes of attributes and fields that are not declared here: they are left out, or the event is refused."""
    transactions: bool = False
    """It writes to Kafka in transactions, which its Kafka user may do only where this says so; none lasts over 60 s."""
    gateway_only: bool = False
    """It sends by the gateway alone, which holds it to its own events: it has no user of Kafka's."""
    heartbeat: bool = False
    """Its events are rare: it also sends ``<feed>.heartbeat_sent``, which says that nothing happened."""


class Subsystem(Model):
    """One subsystem: one YAML file."""

    subsystem: Slug
    name: Text
    short: Text | None = None
    """Its name in a word or two, as the wall has room for in letters that are read from four metres."""
    order: int = Field(ge=1)
    """Its place among the tiles."""
    source: str
    """S: read in a source; I: inferred; with the reference."""
    feeds: dict[Slug, FeedSpec]
    headline: Slug
    fields: dict[Slug, FieldSpec]
    events: dict[EventName, EventSpec]
    entities: dict[Slug, EntitySpec] = Field(default_factory=dict)
    presences: dict[Slug, PresenceSpec] = Field(default_factory=dict)
    kpis: dict[Slug, AnyKpi]

    @property
    def short_name(self) -> Text:
        return self.short or self.name

    def event_type(self, event: str) -> str:
        """The CloudEvents type of an event."""
        return f"{TYPE_PREFIX}.{self.subsystem}.{event}.v1"

    def event_of(self, event_type: str) -> str | None:
        """The event of a CloudEvents type; None for one that is none of the subsystem's."""
        head, _, version = event_type.rpartition(".")
        event = head.removeprefix(f"{TYPE_PREFIX}.{self.subsystem}.")
        return event if event in self.events and version == "v1" else None

    def label(self, field: str) -> str:
        """The Prometheus label under which a field is exported."""
        return self.fields[field].label or field

    def feed_of(self, event: str) -> str:
        """The feed that sends an event. Raises KeyError where none does."""
        for slug, feed in self.feeds.items():
            if event in feed.events:
                return slug
        rest = [slug for slug, feed in self.feeds.items() if not feed.events]
        if event not in self.events or not rest:
            raise KeyError(event)
        return rest[0]

    def entity_of(self, event: str) -> str | None:
        """The entity whose lifecycle an event belongs to."""
        return next((slug for slug, entity in self.entities.items() if event in entity.events), None)


TYPE_PREFIX = "vn.phutho"


def subsystem_of_type(event_type: str) -> str:
    """The subsystem that a CloudEvents type names, be it in the catalogue or not."""
    return event_type.removeprefix(f"{TYPE_PREFIX}.").partition(".")[0]


Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


class Unit(Model):
    """An administrative unit: a commune, a ward, an agency, another body."""

    code: Code
    name: Annotated[str, StringConstraints(min_length=1)]
    kind: Literal["province", "agency", "body", "service_unit", "commune", "ward", "other"]
    level: Literal["province", "commune"]
    at: tuple[Latitude, Longitude] | None = None
    """A point in it, in degrees, by which a map shows it; where its boundaries are it does not say."""


class SchoolTerm(Model):
    """Days on which schools report, both ends included, as ISO dates."""

    first: str
    last: str


class CalendarSpec(Model):
    """Working time of the province; public holidays come from the package ``holidays``."""

    version: str = ""
    """A name of it for people; calendars are told apart by their days and hours."""
    working_hours: list[tuple[str, str]]
    """Local times of day, such as ``["07:30", "11:30"]``."""
    make_up_days: dict[str, str] = Field(default_factory=dict)
    """Saturdays and Sundays that are worked: ISO date to the reason."""
    days_off: dict[str, str] = Field(default_factory=dict)
    """Days off beyond the public holidays: ISO date to the reason."""
    school_terms: list[SchoolTerm] = Field(default_factory=list)


class Province(Model):
    """What all subsystems share."""

    code: str
    name: Text
    calendar: CalendarSpec
    units: list[Unit]

    @property
    def units_by_code(self) -> Mapping[str, Unit]:
        return {unit.code: unit for unit in self.units}


class Units(Model):
    """A file of units that stand for the province's, for data from elsewhere."""

    units: list[Unit] = Field(min_length=1)


class Catalogue(Model):
    """The province and its subsystems, in the order of their tiles."""

    province: Province
    subsystems: dict[str, Subsystem]


def _elapsed(text: str) -> Elapsed:
    from ioc.time.durations import parse_duration

    return parse_duration(text)


def message_key(subsystem: Subsystem, event: str) -> str | None:
    """The field of the data that is the message key; None where any key will do."""
    return routing_key(subsystem, event) or subsystem.events[event].key


def routing_key(subsystem: Subsystem, event: str) -> str | None:
    """The field that is the id of the thing that an event is about, whose events are all in one partition; None where
    an event may be in any."""
    if entity := subsystem.entity_of(event):
        return subsystem.entities[entity].id
    return next((presence.id for presence in subsystem.presences.values() if event in presence.events), None)
