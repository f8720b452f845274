"""The scorecard: every KPI's value and status as Prometheus answers them, and the twelve tiles made of it.

``ioc top``, the demo and its JSON read only this, so that they cannot disagree with the wall.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dashboards.open_alerts import OpenAlert, OpenAlerts, open_alerts
from dashboards.prometheus_api import Prometheus, Queries, Sample
from dashboards.rules.broken import PLACE_LABEL, place_name
from dashboards.rules.exporters import certainty, of_unoutdated, while_one_answers
from dashboards.rules.limited import limited_kpis
from dashboards.rules.wall import DATA_TIME_KEPT, SIMULATED_KEPT
from ioc.catalogue import Catalogue
from ioc.catalogue.feeds import feeds_of_kpi
from ioc.kpis import metric_names
from ioc.kpis.status import Certainty, GreyReason, Status
from ioc.text import formats
from ioc.text.bilingual import Text
from ioc.time.windows import Window

LabelSet = tuple[tuple[str, str], ...]
_NOT_DIMENSIONS = {"subsystem", "kpi", metric_names.WINDOW_LABEL, "instance", "job"}


@dataclass(frozen=True, slots=True)
class Reading:
    """One KPI, label set and window; ``value`` is None where there is none."""

    subsystem: str
    kpi: str
    labels: LabelSet
    window: Window
    value: float | None
    numerator: float | None
    denominator: float | None
    status: Status | None
    """None where it has a value but no limits."""
    grey_reason: GreyReason | None
    """Why it is grey, where it is."""
    certainty: Certainty
    """How much is known of what makes it."""
    event_time: float | None

    def as_json(self) -> dict[str, object]:
        """The row of ``ioc demo --json``."""
        return {
            "subsystem": self.subsystem,
            "kpi": self.kpi,
            "labels": dict(self.labels),
            "window": self.window,
            "value": self.value,
            "numerator": self.numerator,
            "denominator": self.denominator,
            "status": None if self.status is None else self.status.name.lower(),
            "reason": None if self.grey_reason is None else self.grey_reason.name.lower(),
            "knowledge": self.certainty.name.lower(),
            "event_time": None if self.event_time is None else formats.iso_time(self.event_time),
        }


@dataclass(frozen=True, slots=True)
class Broken:
    """A KPI that breaks a limit, as a whole or at some places."""

    kpi: str
    place: Text | None
    """The name of the worst of its units, stations or the like; None where none breaks it."""
    red_places: int
    since: float | None
    """When the limit was broken, seconds since the epoch; None while its alert's hold has not begun."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A subsystem at a glance: its headline's value, its worst status."""

    subsystem: str
    headline: Reading
    status: Status
    grey_reason: GreyReason | None
    data_time: float | None
    """How far the headline's data goes, seconds since the epoch: the newest event of the oldest of its feeds."""
    broken: Broken | None
    """What gives it its colour, or is red in it where the whole is not."""

    @property
    def known(self) -> bool:
        """Whether the headline's value is of now."""
        return self.headline.certainty is not Certainty.UNKNOWN


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The tiles in their order, the moment they are read at, how far the data goes, and whether it is simulated."""

    tiles: list[Tile]
    now: float | None
    data_time: float | None
    simulated: bool
    open: OpenAlerts

    def alerts_of(self, subsystem: str) -> list[OpenAlert]:
        return [alert for alert in self.open.alerts if alert.subsystem == subsystem]


_Place = tuple[str, str, LabelSet, str]


def readings(prometheus: Queries, catalogue: Catalogue, only: Iterable[tuple[str, str]] | None = None) -> list[Reading]:
    """Every KPI in every label set and window, or those of the (subsystem, KPI) pairs in ``only``.

    A KPI without a value for the whole is there all the same, grey. Raises PrometheusError.
    """
    pairs = (
        list(only) if only is not None else [(s.subsystem, k) for s in catalogue.subsystems.values() for k in s.kpis]
    )
    parts = _parts_of(catalogue, pairs)
    values: dict[str, dict[_Place, float]] = {"value": {}, "numerator": {}, "denominator": {}}
    for sample in prometheus.query(of_unoutdated(f'{{__name__=~"{"|".join(parts)}"}}')):
        subsystem, kpi, part = parts[sample.name]
        values[part][subsystem, kpi, _dimensions(sample), sample.labels[metric_names.WINDOW_LABEL]] = sample.value
    statuses = {place: Status(int(value)) for place, value in _recorded(prometheus, metric_names.KPI_STATUS)}
    reasons = {place: GreyReason(int(value)) for place, value in _recorded(prometheus, metric_names.KPI_GREY_REASON)}
    known = _certainties(prometheus)
    times = {sample.labels["subsystem"]: sample.value for sample in prometheus.query(metric_names.EVENT_TIME)}
    places = dict.fromkeys([*values["value"], *_wholes(catalogue, pairs)])
    judged = _judged_wholes(catalogue)
    return [
        Reading(
            *place,  # type: ignore[arg-type]  # (a window is one of the catalogue's)
            values["value"].get(place),
            values["numerator"].get(place),
            values["denominator"].get(place),
            # Without a status one that has limits is unknown, as when the exporter goes between two questions.
            statuses.get(place, None if place in values["value"] and place not in judged else Status.GREY),
            reasons.get(place),
            known.get(place[:2], Certainty.UNKNOWN),
            times.get(place[0]),
        )
        for place in places
    ]


def scorecard(prometheus: Prometheus, catalogue: Catalogue) -> Scorecard:
    """The twelve tiles. Raises PrometheusError."""
    headlines = [(subsystem.subsystem, subsystem.headline) for subsystem in catalogue.subsystems.values()]
    found = {
        reading.subsystem: reading
        for reading in readings(prometheus, catalogue, headlines)
        if reading.labels == () and reading.window == headline_window(catalogue, reading.subsystem)
    }
    statuses = prometheus.query(while_one_answers(metric_names.SUBSYSTEM_STATUS))
    worst = {sample.labels["subsystem"]: Status(int(sample.value)) for sample in statuses}
    reasons = {
        (s.labels["subsystem"], s.labels["kpi"]): GreyReason(int(s.value))
        for s in prometheus.query(metric_names.KPI_GREY_REASON)
        if not _dimensions(s)
    }
    times = {
        (sample.labels["subsystem"], sample.labels["feed"]): sample.value
        for sample in prometheus.query(f"max by (subsystem, feed) ({metric_names.FEED_EVENT_TIME})")
    }
    broken = _broken(prometheus, catalogue)
    tiles = [
        Tile(
            slug,
            found[slug],
            worst.get(slug, Status.GREY),
            _reason(slug, kpi, worst, reasons),
            min(
                (times[slug, f] for f in feeds_of_kpi(catalogue.subsystems[slug], kpi) if (slug, f) in times),
                default=None,
            ),
            broken.get(slug),
        )
        for slug, kpi in headlines
    ]
    return Scorecard(
        tiles,
        _one(prometheus, f"max({metric_names.CLOCK})"),
        _one(prometheus, DATA_TIME_KEPT),
        _one(prometheus, SIMULATED_KEPT) == 1,
        open_alerts(prometheus),
    )


def _one(prometheus: Prometheus, expr: str) -> float | None:
    return next((sample.value for sample in prometheus.query(expr)), None)


def _broken(prometheus: Prometheus, catalogue: Catalogue) -> dict[str, Broken]:
    """By subsystem."""

    def by_kpi(expr: str) -> dict[tuple[str, str], Sample]:
        return {(s.labels["subsystem"], s.labels["kpi"]): s for s in prometheus.query(expr)}

    places, red = by_kpi(metric_names.KPI_WORST_PLACE), by_kpi(metric_names.KPI_RED_PLACES)
    since = by_kpi('min by (subsystem, kpi) (ALERTS_FOR_STATE{kpi!=""})')
    found = {}
    for slug, kpi in by_kpi(while_one_answers(metric_names.SUBSYSTEM_BROKEN)):
        place = places.get((slug, kpi))
        limited = next(each for each in limited_kpis(catalogue.subsystems[slug]) if each.slug == kpi)
        found[slug] = Broken(
            kpi,
            None if place is None else place_name(catalogue, limited, place.labels[PLACE_LABEL]),
            int(red[slug, kpi].value) if (slug, kpi) in red else 0,
            since[slug, kpi].value if (slug, kpi) in since else None,
        )
    return found


def headline_window(catalogue: Catalogue, slug: str) -> Window:
    """The window of a subsystem's headline: that of its limits, else its first."""
    subsystem = catalogue.subsystems[slug]
    kpi = subsystem.kpis[subsystem.headline]
    return (kpi.limits.window if kpi.limits else None) or kpi.windows[0]


def _reason(
    slug: str, headline: str, worst: Mapping[str, Status], reasons: Mapping[tuple[str, str], GreyReason]
) -> GreyReason | None:
    if worst.get(slug, Status.GREY) != Status.GREY:
        return None
    own = [reason for (subsystem, _), reason in reasons.items() if subsystem == slug]
    return reasons.get((slug, headline)) or min(own, default=None)


def _parts_of(catalogue: Catalogue, pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, str, str]]:
    """Each metric's subsystem, KPI and which part of it the metric is."""
    parts = {}
    for slug, name in pairs:
        kpi = catalogue.subsystems[slug].kpis[name]
        metric = metric_names.metric_name(slug, name, kpi)
        parts[metric] = (slug, name, "value")
        if kpi.ratio:
            parts[metric_names.numerator_name(metric)] = (slug, name, "numerator")
            parts[metric_names.denominator_name(metric)] = (slug, name, "denominator")
    return parts


def _recorded(prometheus: Queries, metric: str) -> Iterator[tuple[_Place, float]]:
    for s in prometheus.query(while_one_answers(metric)):
        place = s.labels["subsystem"], s.labels["kpi"], _dimensions(s), s.labels[metric_names.WINDOW_LABEL]
        yield place, s.value


def _certainties(prometheus: Queries) -> dict[tuple[str, str], Certainty]:
    """By subsystem and KPI; of two exporters the one that knows less is believed."""
    samples = prometheus.query(certainty(by="subsystem, kpi"))
    return {(s.labels["subsystem"], s.labels["kpi"]): Certainty(int(s.value)) for s in samples}


def _wholes(catalogue: Catalogue, pairs: Iterable[tuple[str, str]]) -> list[_Place]:
    return [
        (slug, name, (), window) for slug, name in pairs for window in catalogue.subsystems[slug].kpis[name].windows
    ]


def _judged_wholes(catalogue: Catalogue) -> set[_Place]:
    """Those that have limits, in the window that these are of."""
    return {
        (subsystem.subsystem, kpi.slug, (), kpi.limits.window)
        for subsystem in catalogue.subsystems.values()
        for kpi in limited_kpis(subsystem)
    }


def _dimensions(sample: Sample) -> LabelSet:
    return tuple(sorted((name, value) for name, value in sample.labels.items() if name not in _NOT_DIMENSIONS))
