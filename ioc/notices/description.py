"""An alert in words of one language, field by field."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ioc import texts
from ioc.notices.alert import Alert
from ioc.notices.book import Book, KpiTexts
from ioc.notices.figures import Breakdown, Figure, Figures, figures_of
from ioc.notices.links import Links
from ioc.panes import HOUR
from ioc.texts import Language, Words

_SEVERITIES = {"critical": texts.RED, "warning": texts.YELLOW}
_RESOLVED = Words("Đã trở lại bình thường", "back to normal")
_BROKEN = Words("vượt ngưỡng", "over the limit")
_WORST = Words("nặng nhất", "worst")
_POINTS = Words("điểm", "points")
_UNCHANGED = Words("không đổi", "unchanged")


@dataclass(frozen=True)
class Context:
    """What alerts are described with."""

    book: Book
    links: Links
    first_steps: Mapping[str, Words] = field(default_factory=dict)
    """By alert, from the runbooks."""


@dataclass(frozen=True, slots=True)
class Description:
    """One alert; what it has not is None."""

    status: str
    subsystem: str
    title: str
    """The KPI's name; of another alert its summary."""
    place: str | None
    """The unit by name, or the whole province."""
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


def describe(alert: Alert, context: Context, now: float, language: Language) -> Description:
    """Describe an alert at a moment, in seconds since the epoch."""
    kpi = context.book.kpi(alert.subsystem, alert.kpi)
    figures = figures_of(alert.annotations) if kpi else None
    since = began(alert, kpi)
    first_step = context.first_steps.get(alert.name)
    place, unit = _place(alert, kpi, figures, context.book)
    return Description(
        status=_status(alert, language),
        subsystem=context.book.subsystem(alert.subsystem).of(language),
        title=kpi.name.of(language) if kpi else _annotation(alert, "summary", language) or alert.name,
        place=place.of(language) if place else None,
        value=_value(alert, kpi, figures, language),
        limit=limit_text(kpi, alert.severity, language) if kpi else None,
        since=_since(since, alert.ends_at or now, language),
        change=_change(kpi, figures, language) if alert.ends_at is None else None,
        details=_details(alert, kpi, figures, context.book, language) if alert.ends_at is None else (),
        first_step=first_step.of(language) if first_step and alert.ends_at is None else None,
        runbook=context.links.runbook(alert.name),
        dashboard=context.links.dashboard(alert.subsystem, unit, since - HOUR, alert.ends_at, language),
        page=context.links.alert(alert.key),
        simulated=texts.SIMULATED.of(language) if figures and figures.simulated else None,
    )


def began(alert: Alert, kpi: KpiTexts | None) -> float:
    """When the limit was broken: its hold before the alert began."""
    return alert.starts_at - (kpi.hold if kpi else 0)


def limit_text(kpi: KpiTexts, severity: str, language: Language) -> str | None:
    """``≥ 3 %``; None where the severity has none."""
    limit = kpi.limits.get(severity)
    if limit is None:
        return None
    sign = "≥" if kpi.above else "<"
    if kpi.unit != "ratio":
        return f"{sign} {texts.value_text(limit, kpi.unit, language)}"
    # Limits are round numbers: no decimals for their own sake.
    shown = f"{limit * 100:.10g}"
    return f"{sign} {shown.replace('.', ',')} %" if language == "vi" else f"{sign} {shown}%"


def figure_text(figure: Figure, unit: str, language: Language) -> str:
    """``70,55 % (40.695/57.679)``."""
    text = texts.value_text(figure.value, unit, language)
    if figure.numerator is None or figure.denominator is None:
        return text
    return f"{text} ({texts.fraction(figure.numerator, figure.denominator, language)})"


def _status(alert: Alert, language: Language) -> str:
    if alert.ends_at is not None:
        word = _RESOLVED.of(language)
    else:
        word = texts.STATUS_WORDS[_SEVERITIES.get(alert.severity, texts.GREY)].of(language)
    return word[0].upper() + word[1:]


def _place(alert: Alert, kpi: KpiTexts | None, figures: Figures | None, book: Book) -> tuple[Words | None, str | None]:
    """The one place that breaks the limit while the whole does not, else the province; a unit's code too."""
    if kpi is None or figures is None:
        return (book.province if kpi else None), None
    only = _only_place(alert, kpi, figures)
    if only is None:
        return book.province, None
    label, code = only
    return book.place(kpi, label, code), code if label in kpi.unit_labels else None


def _only_place(alert: Alert, kpi: KpiTexts, figures: Figures) -> tuple[str, str] | None:
    if figures.only_place is None or (figures.whole and kpi.broken(figures.whole.value, alert.severity)):
        return None
    label, place = figures.only_place
    return label, place.codes[0]


def _value(alert: Alert, kpi: KpiTexts | None, figures: Figures | None, language: Language) -> str | None:
    if kpi is None or figures is None:
        return None
    figure = figures.whole
    if figures.only_place and _only_place(alert, kpi, figures):
        figure = figures.only_place[1].figure
    return figure_text(figure, kpi.unit, language) if figure else None


def _since(since: float, until: float, language: Language) -> str:
    return f"{texts.time_text(since)} ({texts.duration(until - since, language=language)})"


def _change(kpi: KpiTexts | None, figures: Figures | None, language: Language) -> str | None:
    """How the whole changed within the hour, and from what."""
    if kpi is None or figures is None or figures.whole is None or figures.hour_ago is None:
        return None
    change = figures.whole.value - figures.hour_ago
    before = texts.value_text(figures.hour_ago, kpi.unit, language)
    if change == 0:
        return f"{_UNCHANGED.of(language)} ({before})"
    sign = "+" if change > 0 else "−"
    if kpi.unit == "ratio":
        shown = f"{texts.number(abs(change) * 100, 2, language)} {_POINTS.of(language)}"
    else:
        shown = texts.value_text(abs(change), kpi.unit, language)
    return f"{sign}{shown} ({before})"


def _details(
    alert: Alert, kpi: KpiTexts | None, figures: Figures | None, book: Book, language: Language
) -> tuple[str, ...]:
    if kpi is None or figures is None:
        details = _annotation(alert, "details", language)
        return tuple(details.splitlines()) if details else ()
    return tuple(_breakdown(each, kpi, book, language) for each in figures.breakdowns)


def _breakdown(breakdown: Breakdown, kpi: KpiTexts, book: Book, language: Language) -> str:
    def name(codes: tuple[str, ...]) -> str:
        pairs = zip(breakdown.labels, codes, strict=True)
        return ", ".join(book.place(kpi, label, code).of(language) for label, code in pairs)

    title = ", ".join(kpi.fields[label].of(language) for label in breakdown.labels)
    worst = "; ".join(
        f"{name(place.codes)} {figure_text(place.figure, kpi.unit, language)}" for place in breakdown.worst
    )
    return f"{title}: {breakdown.count} {_BROKEN.of(language)}, {_WORST.of(language)}: {worst}"


def _annotation(alert: Alert, name: str, language: Language) -> str | None:
    return alert.annotations.get(f"{name}_{language}")
