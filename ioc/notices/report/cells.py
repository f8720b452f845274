"""Figures, changes, statuses and times as cells of a report's tables."""

from collections.abc import Mapping

from ioc.kpis.base import Kpi
from ioc.kpis.status import Status
from ioc.notices.report.document import Cell, Kind, Tone
from ioc.notices.report.facts import Figure, KpiFacts
from ioc.text import formats
from ioc.text.bilingual import Language, Text

NONE = "–"
INCOMPLETE = " *"
"""Behind a value that lacks what a silent feed would have sent; a line above the table says so."""
_TONES: Mapping[Status, Tone] = {Status.GREY: "dim", Status.GREEN: "good", Status.YELLOW: "watch", Status.RED: "act"}
_POINTS = Text("điểm", "points")
_SAME = Text("không đổi", "no change")
_BETTER = Text("tốt hơn", "better")
_WORSE = Text("xấu hơn", "worse")
_PARTLY = Text("Mới biết một phần", "Partly known")
_UNKNOWN = Text("Chưa biết", "Unknown")


def value_cell(figure: Figure, kpi: Kpi, language: Language, *, incomplete: bool = False) -> Cell:
    """The value with its unit of measure; a dash where nothing is known."""
    if figure.shown is None:
        return Cell(NONE, "dim")
    mark = INCOMPLETE if incomplete else ""
    suffix = formats.measured_in(kpi.unit, language) + mark
    return Cell(
        formats.value_text(figure.shown, kpi.unit, language) + mark, "plain", figure.shown, _kind(kpi.unit), suffix
    )


def fraction_cell(figure: Figure, language: Language) -> Cell:
    """What a share is made of; empty where it is none."""
    if figure.shown is None or figure.numerator is None or figure.denominator is None:
        return Cell("")
    return Cell(formats.fraction(figure.numerator, figure.denominator, language))


def change_cell(facts: KpiFacts, kpi: Kpi, language: Language) -> Cell:
    """Against the end of the period before; a dash where one of the two is not wholly known."""
    if not (facts.figure.whole and facts.before.whole):
        return Cell(NONE, "dim")
    assert facts.figure.shown is not None
    assert facts.before.shown is not None
    change = facts.figure.shown - facts.before.shown
    if change == 0:
        return Cell(_SAME.of(language), "plain", 0.0, _kind(kpi.unit))
    sign = "+" if change > 0 else "−"
    if kpi.unit == "ratio":
        text = f"{sign}{formats.number(abs(change) * 100, 2, language)} {_POINTS.of(language)}"
    else:
        text = f"{sign}{formats.value_text(abs(change), kpi.unit, language)}"
    if kpi.ranked is not None:
        better = (change > 0) == (kpi.ranked == "most")
        text += f", {(_BETTER if better else _WORSE).of(language)}"
    return Cell(text, "plain", change, _kind(kpi.unit), formats.measured_in(kpi.unit, language))


def status_cell(figure: Figure, language: Language) -> Cell:
    """Its colour in words, or why it has none; empty where it has no limits and nothing is amiss."""
    if figure.status is None:
        if figure.shown is None:
            return Cell(_UNKNOWN.of(language), "dim")
        return Cell("") if figure.whole else Cell(_PARTLY.of(language), "watch")
    if figure.status is Status.GREY and figure.reason is not None:
        return Cell(figure.reason.text.titled(language), "dim")
    return worst_cell(figure.status, language)


def worst_cell(status: Status, language: Language) -> Cell:
    """A status by itself."""
    return Cell(status.text.titled(language), _TONES[status])


def duration_cell(seconds: float, language: Language) -> Cell:
    return Cell(formats.duration(seconds, language=language), "plain", seconds, "seconds")


def _kind(unit: str) -> Kind:
    return "ratio" if unit == "ratio" else "seconds" if unit == "seconds" else "number"
