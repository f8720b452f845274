"""The alerts of a period: how long each was open, and how long until somebody took it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from ioc.kpis.limits import STATUS_OF_SEVERITY
from ioc.kpis.status import Status
from ioc.notices.book import Book
from ioc.notices.description import began, limit_in_words
from ioc.notices.episode import Episode
from ioc.notices.report.cells import NONE, duration_cell, worst_cell
from ioc.notices.report.document import Cell, Column, Table
from ioc.notices.report.period import Period
from ioc.text import formats
from ioc.text.bilingual import Language, Text

_TITLE = Text("Cảnh báo trong kỳ", "Alerts of the period")
_COLUMNS = (
    (Text("Mức", "Status"), 1.4, False),
    (Text("Cảnh báo", "Alert"), 4.2, False),
    (Text("Từ lúc", "Since"), 1.9, False),
    (Text("Kéo dài", "Lasted"), 1.9, True),
    (Text("Nhận sau", "Taken after"), 1.9, True),
)
_NONE = Text("Không có cảnh báo nào trong kỳ.", "There was no alert in the period.")
_STILL = Text("còn mở", "still open")
_NOBODY = Text("chưa ai nhận", "nobody")
_COUNT = Text(
    "Cảnh báo trong kỳ: {all}, trong đó {pages} gọi trực ban; cuối kỳ còn mở {open}.",
    "Alerts of the period: {all}, of which {pages} called somebody; {open} open at its end.",
)
_TAKEN = Text(
    "Cảnh báo gọi trực ban được nhận sau {median} (trung vị), lâu nhất {longest}; chưa ai nhận: {nobody}.",
    "Calls were taken after {median} (median), {longest} at the longest; taken by nobody: {nobody}.",
)
_NONE_TAKEN = Text("Cảnh báo gọi trực ban chưa ai nhận: {nobody}.", "Calls taken by nobody: {nobody}.")
NOT_ASKED = Text(
    "Không hỏi được sổ cảnh báo: báo cáo này không nói gì về cảnh báo.",
    "The record of alerts could not be asked: this report says nothing of alerts.",
)


@dataclass(frozen=True, slots=True)
class _Past:
    """An alert as it was known at the end of a period."""

    episode: Episode
    since: float
    open: bool
    lasted: float
    taken_after: float | None


def alerts_of(episodes: Iterable[Episode], period: Period) -> list[Episode]:
    """Those that were open at any time of a period, the oldest first."""
    found = [
        each
        for each in episodes
        if each.alert.starts_at < period.end and (each.resolved_at is None or each.resolved_at > period.start)
    ]
    return sorted(found, key=lambda each: (each.alert.starts_at, each.alert.key))


def alerts_table(episodes: Sequence[Episode], period: Period, book: Book, language: Language) -> Table:
    columns = [Column(title.of(language), width, right) for title, width, right in _COLUMNS]
    rows = [_row(_past(each, period, book), book, language) for each in episodes]
    return Table(_TITLE.of(language), columns, rows, _NONE.of(language))


def summary_lines(episodes: Sequence[Episode], period: Period, book: Book, language: Language) -> list[Cell]:
    """How many there were, and how soon those that call somebody were taken."""
    past = [_past(each, period, book) for each in episodes]
    pages = [each for each in past if each.episode.alert.pages]
    count = {"all": len(past), "pages": len(pages), "open": sum(each.open for each in past)}
    lines = [Cell(_COUNT.of(language).format(**{name: formats.number(n, 0, language) for name, n in count.items()}))]
    taken = [each.taken_after for each in pages if each.taken_after is not None]
    nobody = len(pages) - len(taken)
    if taken:
        times = {
            "median": formats.duration(median(taken), language=language),
            "longest": formats.duration(max(taken), language=language),
        }
        lines.append(Cell(_TAKEN.of(language).format(**times, nobody=nobody), "act" if nobody else "plain"))
    elif nobody:
        lines.append(Cell(_NONE_TAKEN.of(language).format(nobody=nobody), "act"))
    return lines


def _past(episode: Episode, period: Period, book: Book) -> _Past:
    since = began(episode.alert, book.kpi(episode.alert.subsystem, episode.alert.kpi))
    still = episode.resolved_at is None or episode.resolved_at > period.end
    until = period.end if still or episode.resolved_at is None else episode.resolved_at
    taken = episode.acknowledgement
    known = taken is not None and taken.at <= period.end
    # From the alert on, not from its hold before: nobody can take what nobody was told.
    after = max(0.0, taken.at - episode.alert.starts_at) if known and taken is not None else None
    return _Past(episode, since, still, until - since, after)


def _row(past: _Past, book: Book, language: Language) -> list[Cell]:
    alert = past.episode.alert
    lasted = duration_cell(past.lasted, language)
    if past.open:
        lasted = Cell(
            f"{lasted.text}, {_STILL.of(language)}", "act" if alert.pages else "plain", lasted.number, "seconds"
        )
    if past.taken_after is not None:
        taken = duration_cell(past.taken_after, language)
    else:
        taken = Cell(_NOBODY.of(language), "act") if alert.pages else Cell(NONE, "dim")
    status = STATUS_OF_SEVERITY.get(alert.severity, Status.GREY)
    return [
        worst_cell(status, language),
        Cell(_title(past.episode, book, language)),
        Cell(formats.time_text(past.since)),
        lasted,
        taken,
    ]


def _title(episode: Episode, book: Book, language: Language) -> str:
    """``Tỷ lệ quá hạn, ngưỡng ≥ 3 %``; what is no KPI's by what its rule says."""
    alert = episode.alert
    kpi = book.kpi(alert.subsystem, alert.kpi)
    if kpi is None:
        return alert.annotations.get(f"summary_{language}") or alert.name
    limit = limit_in_words(kpi, alert.severity, language)
    return f"{kpi.name.titled(language)} ({limit})" if limit else kpi.name.titled(language)
