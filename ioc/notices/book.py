"""The catalogue's texts, as far as notices need them: names instead of slugs and codes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ioc.catalogue.model import Catalogue, Subsystem
from ioc.kpis.base import Kpi
from ioc.kpis.limits import effective_limits
from ioc.text.bilingual import Text

PLATFORM = "platform"
_PLATFORM = Text("Nền tảng IOC", "IOC platform")


@dataclass(frozen=True)
class KpiTexts:
    """One KPI that has limits."""

    name: Text
    description: Text
    unit: str
    above: bool
    """Whether it is broken at or above its limit, rather than below."""
    limits: Mapping[str, float]
    """By severity."""
    hold: int
    """Seconds from the breaking of a limit to the alert."""
    fields: Mapping[str, Text]
    """The names of the labels it is broken down by."""
    codes: Mapping[str, Mapping[str, Text]]
    """For each label the names of its values, as far as they are known."""
    unit_labels: frozenset[str] = frozenset()
    """The labels whose values are administrative units."""

    def field(self, label: str) -> Text:
        """The name of a label; the label itself where today's catalogue has none of that name."""
        return self.fields.get(label) or Text(label, label)

    def broken(self, value: float, severity: str) -> bool:
        """Whether a value is on the wrong side of its limit, were it read afresh."""
        limit = self.limits.get(severity)
        if limit is None:
            return False
        return value >= limit if self.above else value < limit


@dataclass(frozen=True)
class Book:
    """All names, by slug and code."""

    province: Text
    subsystems: Mapping[str, Text]
    kpis: Mapping[tuple[str, str], KpiTexts] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    feeds: Mapping[tuple[str, str], Text] = field(default_factory=dict)

    def subsystem(self, slug: str) -> Text:
        return self.subsystems.get(slug) or Text(slug, slug)

    def feed(self, subsystem: str, slug: str) -> Text:
        return self.feeds.get((subsystem, slug)) or Text(slug, slug)

    def kpi(self, subsystem: str, kpi: str | None) -> KpiTexts | None:
        return self.kpis.get((subsystem, kpi or ""))

    def place(self, kpi: KpiTexts, label: str, code: str) -> Text:
        """The name of a unit or of another value of a label; the code itself where it has none."""
        if label in kpi.unit_labels and code in self.units:
            return Text(self.units[code], self.units[code])
        return kpi.codes.get(label, {}).get(code) or Text(code, code)


def book_of(catalogue: Catalogue) -> Book:
    """The texts of a catalogue."""
    return Book(
        province=catalogue.province.name,
        subsystems={PLATFORM: _PLATFORM, **{slug: each.name for slug, each in catalogue.subsystems.items()}},
        kpis=dict(_kpis(catalogue.subsystems.values())),
        units={unit.code: unit.name for unit in catalogue.province.units},
        feeds={
            (slug, name): feed.name
            for slug, subsystem in catalogue.subsystems.items()
            for name, feed in subsystem.feeds.items()
        },
    )


def _kpis(subsystems: Iterable[Subsystem]) -> Iterable[tuple[tuple[str, str], KpiTexts]]:
    for subsystem in subsystems:
        for slug, kpi in subsystem.kpis.items():
            texts = _kpi_texts(subsystem, kpi)
            if texts is not None:
                yield (subsystem.subsystem, slug), texts


def _kpi_texts(subsystem: Subsystem, kpi: Kpi) -> KpiTexts | None:
    limits = effective_limits(kpi)
    if limits is None:
        return None
    specs = {subsystem.label(name): subsystem.fields[name] for grouping in kpi.groupings for name in grouping}
    levels = {severity.value: level for severity in limits.severities if (level := limits.level(severity))}
    return KpiTexts(
        name=kpi.name,
        description=kpi.description,
        unit=kpi.unit,
        above=limits.direction == "above",
        limits={severity: level.raised for severity, level in levels.items()},
        hold=limits.hold.seconds,
        fields={label: spec.name for label, spec in specs.items()},
        codes={label: spec.texts for label, spec in specs.items() if spec.texts},
        unit_labels=frozenset(label for label, spec in specs.items() if spec.type == "unit"),
    )
