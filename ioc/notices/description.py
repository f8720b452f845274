"""An alert in words of one language, field by field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ioc.kpis.limits import STATUS_OF_SEVERITY
from ioc.kpis.status import Status
from ioc.notices.alert import LOST_SIGHT, Alert
from ioc.notices.book import Book, KpiTexts
from ioc.notices.episode import Episode
from ioc.notices.figures import AlertBreakdown, AlertFigure, AlertFigures, WorstPlace
from ioc.notices.links import Links
from ioc.text import formats
from ioc.text.bilingual import Language, Text
from ioc.time.windows import HOUR

_RESOLVED = Text("Đã trở lại bình thường", "back to normal")
_LOST_SIGHT = Text("Không còn theo dõi được", "out of sight")
_BROKEN = Text("vượt ngưỡng", "over the limit")
_WORST = Text("nặng nhất", "worst")
_OTHERS = Text("và {count} nơi khác", "and {count} others")
_POINTS = Text("điểm", "points")
_UNCHANGED = Text("không đổi", "unchanged")
_FAULT = Text("Không dùng được danh mục", "the catalogue could not be used")


@dataclass(frozen=True)
class Context:
    """What alerts are described with."""

    book: Book
    links: Links
    first_steps: Mapping[str, Text] = field(default_factory=dict)
    """By alert, from the runbooks."""
    duty_steps: Mapping[str, Sequence[Text]] = field(default_factory=dict)
    """By alert those without a command."""
    simulated: bool = False
    """Whether everything here is."""


@dataclass(frozen=True, slots=True)
class Description:
    """One alert; what it has not is None."""

    status: str
    subsystem: str
    title: str
    """The KPI's name where its figures are known; else the alert's own summary."""
    place: str | None
    """The whole province; where that is not over the limit the worst place by name, and how many others are."""
    value: str | None
    """With numerator and denominator: ``70,55 % (40.695/57.679)``."""
    limit: str | None
    since: str
    change: str | None
    """Over the last hour."""
    details: tuple[str, ...]
    """How many units break the limit and the worst of them, or what else the alert says of itself."""
    first_step: str | None
    runbook: str
    dashboard: str | None
    page: str
    """Where to acknowledge it."""
    simulated: str | None


def describe(episode: Episode, context: Context, now: float, language: Language) -> Description:
    """Describe an alert at a moment, in seconds since the epoch: by the catalogue, or else by its own texts."""
    try:
        return _by_the_catalogue(episode, context, now, language)
    except Exception as error:
        # Whatever is wrong with one alert, somebody hears of it, and of what went wrong.
        return _by_its_own_texts(episode.alert, context, language, error)


def _by_the_catalogue(episode: Episode, context: Context, now: float, language: Language) -> Description:
    alert = episode.alert
    kpi = context.book.kpi(alert.subsystem, alert.kpi)
    figures = episode.figures if kpi else None
    since = began(alert, kpi)
    first_step = context.first_steps.get(alert.name)
    worst = _worst_place(alert, kpi, figures) if kpi and figures else None
    summary = _summary(alert, context.book, language)
    return Description(
        status=_status(alert, language),
        subsystem=context.book.subsystem(alert.subsystem).of(language),
        title=kpi.name.of(language) if kpi and (figures or not summary) else summary or alert.name,
        place=_place(kpi, worst, context.book, language) if figures else None,
        value=_value(kpi, figures, worst, language),
        limit=limit_in_words(kpi, alert.severity, language) if kpi else None,
        since=_since(since, alert.ends_at or now, language),
        change=_change(kpi, figures, worst, context.book, language) if alert.ends_at is None else None,
        details=_details(alert, kpi, figures, context.book, language) if alert.ends_at is None else (),
        first_step=first_step.of(language) if first_step and alert.ends_at is None else None,
        runbook=context.links.runbook(alert.name),
        dashboard=context.links.dashboard(alert.subsystem, _unit(kpi, worst), since - HOUR, alert.ends_at, language),
        page=context.links.alert(alert.key),
        simulated=formats.SIMULATED.of(language) if context.simulated or (figures and figures.simulated) else None,
    )


def _summary(alert: Alert, book: Book, language: Language) -> str | None:
    """The alert's own, with names instead of the slugs of its subsystem and its feed, which rules write at its end."""
    summary = _annotation(alert, "summary", language)
    if summary is None:
        return None
    names = {alert.subsystem: book.subsystem(alert.subsystem)}
    if feed := alert.labels.get("feed"):
        names[feed] = book.feed(alert.subsystem, feed)
    said, colon, of = summary.rpartition(": ")
    return said + colon + ", ".join(names[part].of(language) if part in names else part for part in of.split(", "))


def _by_its_own_texts(alert: Alert, context: Context, language: Language, error: Exception) -> Description:
    details = (_annotation(alert, "details", language) or "").splitlines()
    return Description(
        status=_status(alert, language),
        subsystem=alert.subsystem,
        title=_annotation(alert, "summary", language) or alert.name,
        place=None,
        value=None,
        limit=None,
        since=formats.time_text(alert.starts_at),
        change=None,
        details=(*details, f"{_FAULT.of(language)}: {type(error).__name__}: {error}"),
        first_step=None,
        runbook=context.links.runbook(alert.name),
        dashboard=None,
        page=context.links.alert(alert.key),
        simulated=formats.SIMULATED.of(language) if context.simulated else None,
    )


def began(alert: Alert, kpi: KpiTexts | None) -> float:
    """When the limit was broken: its hold before the alert began."""
    return alert.starts_at - (kpi.hold if kpi else 0)


def limit_in_words(kpi: KpiTexts, severity: str, language: Language) -> str | None:
    """``≥ 3 %``; None where the severity has none."""
    limit = kpi.limits.get(severity)
    if limit is None:
        return None
    sign = "≥" if kpi.above else "<"
    if kpi.unit != "ratio":
        return f"{sign} {formats.value_text(limit, kpi.unit, language)}"
    # Limits are round numbers: no decimals for their own sake.
    shown = f"{limit * 100:.10g}"
    return f"{sign} {shown.replace('.', ',')} %" if language == "vi" else f"{sign} {shown}%"


def figure_text(figure: AlertFigure, unit: str, language: Language) -> str:
    """``70,55 % (40.695/57.679)``."""
    text = formats.value_text(figure.value, unit, language)
    if figure.numerator is None or figure.denominator is None:
        return text
    return f"{text} ({formats.fraction(figure.numerator, figure.denominator, language)})"


def _status(alert: Alert, language: Language) -> str:
    if alert.ends_at is not None:
        word = (_LOST_SIGHT if LOST_SIGHT in alert.annotations else _RESOLVED).of(language)
    else:
        word = STATUS_OF_SEVERITY.get(alert.severity, Status.GREY).text.of(language)
    return word[0].upper() + word[1:]


@dataclass(frozen=True, slots=True)
class _Worst:
    """The worst place of a breakdown by a single label, and how many others break the limit."""

    label: str
    place: WorstPlace
    others: int


def _worst_place(alert: Alert, kpi: KpiTexts, figures: AlertFigures) -> _Worst | None:
    """None where the province as a whole breaks the limit, but for a whole that is only its one worst place."""
    found = [
        _Worst(breakdown.labels[0], breakdown.worst[0], breakdown.count - 1)
        for breakdown in figures.breakdowns
        if len(breakdown.labels) == 1 and breakdown.worst
    ]
    if not found:
        return None
    # An administrative unit is where somebody can go.
    worst = min(found, key=lambda each: each.label not in kpi.unit_labels)
    if figures.whole and kpi.broken(figures.whole.value, alert.severity):
        return worst if worst.others == 0 and worst.place.figure.value == figures.whole.value else None
    return worst


def _place(kpi: KpiTexts | None, worst: _Worst | None, book: Book, language: Language) -> str | None:
    if kpi is None:
        return None
    if worst is None:
        return book.province.of(language)
    name = book.place(kpi, worst.label, worst.place.codes[0]).of(language)
    return f"{name} {_OTHERS.of(language).format(count=worst.others)}" if worst.others else name


def _unit(kpi: KpiTexts | None, worst: _Worst | None) -> str | None:
    """The code of the one administrative unit that breaks the limit."""
    if kpi is None or worst is None or worst.others or worst.label not in kpi.unit_labels:
        return None
    return worst.place.codes[0]


def _value(kpi: KpiTexts | None, figures: AlertFigures | None, worst: _Worst | None, language: Language) -> str | None:
    if kpi is None or figures is None:
        return None
    figure = worst.place.figure if worst else figures.whole
    return figure_text(figure, kpi.unit, language) if figure else None


def _since(since: float, until: float, language: Language) -> str:
    return f"{formats.time_text(since)} ({formats.duration(until - since, language=language)})"


def _change(
    kpi: KpiTexts | None, figures: AlertFigures | None, worst: _Worst | None, book: Book, language: Language
) -> str | None:
    """How the whole changed within the hour, and from what; it is named where the value is another's."""
    if kpi is None or figures is None or figures.whole is None or figures.hour_ago is None:
        return None
    whose = f"{book.province.of(language)} " if worst and worst.place.figure.value != figures.whole.value else ""
    change = figures.whole.value - figures.hour_ago
    before = formats.value_text(figures.hour_ago, kpi.unit, language)
    if change == 0:
        return f"{whose}{_UNCHANGED.of(language)} ({before})"
    sign = "+" if change > 0 else "−"
    if kpi.unit == "ratio":
        shown = f"{formats.number(abs(change) * 100, 2, language)} {_POINTS.of(language)}"
    else:
        shown = formats.value_text(abs(change), kpi.unit, language)
    return f"{whose}{sign}{shown} ({before})"


def _details(
    alert: Alert, kpi: KpiTexts | None, figures: AlertFigures | None, book: Book, language: Language
) -> tuple[str, ...]:
    if kpi is None or figures is None:
        details = _annotation(alert, "details", language)
        return tuple(details.splitlines()) if details else ()
    return tuple(_breakdown(each, kpi, book, language) for each in figures.breakdowns)


def _breakdown(breakdown: AlertBreakdown, kpi: KpiTexts, book: Book, language: Language) -> str:
    def name(codes: tuple[str, ...]) -> str:
        pairs = zip(breakdown.labels, codes, strict=True)
        return ", ".join(book.place(kpi, label, code).of(language) for label, code in pairs)

    title = ", ".join(kpi.field(label).of(language) for label in breakdown.labels)
    worst = "; ".join(
        f"{name(place.codes)} {figure_text(place.figure, kpi.unit, language)}" for place in breakdown.worst
    )
    return f"{title}: {breakdown.count} {_BROKEN.of(language)}, {_WORST.of(language)}: {worst}"


def _annotation(alert: Alert, name: str, language: Language) -> str | None:
    return alert.annotations.get(f"{name}_{language}")
