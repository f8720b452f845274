"""A report's facts as a document: one page of the whole province, then a section for each subsystem."""

from collections import Counter

from ioc.catalogue.model import Catalogue
from ioc.kpis.status import Status
from ioc.notices.book import book_of
from ioc.notices.report.alerts import NOT_ASKED, alerts_of, summary_lines
from ioc.notices.report.cells import change_cell, status_cell, value_cell, worst_cell
from ioc.notices.report.document import Cell, Column, Document, Section, Table
from ioc.notices.report.facts import ReportFacts, SubsystemFacts
from ioc.notices.report.sections import CHANGE, INCOMPLETE, LEAST_UNRECORDED, STATUS, VALUE, Sections
from ioc.text import formats
from ioc.text.bilingual import Language, Text

_ISSUER = Text("Trung tâm Điều hành thông minh (IOC) {0}", "Intelligent Operation Center (IOC), {0}")
_SUMMARY = Text("Toàn tỉnh", "The province")
_SUBSYSTEM = Text("Phân hệ", "Subsystem")
_HEADLINE = Text("Chỉ tiêu chính", "Headline")
_WHOLE = Text("Chung", "Overall")
_AS_OF = Text("Số liệu tại thời điểm {0}", "Figures of {0}")
_NO_DATA_TIME = Text("chưa có dữ liệu", "no data yet")
_PAGE = Text("Trang", "Page")
_SILENT = Text("Nguồn im lặng trong kỳ: {0}.", "Sources that were silent in the period: {0}.")
_NONE_SILENT = Text("Không ghi nhận nguồn nào im lặng trong kỳ.", "No source was recorded as silent in the period.")
_MORE = Text("và {0} nguồn khác", "and {0} others")
_UNRECORDED = Text(
    "Có chỉ tiêu không được ghi lại trong {0} của kỳ: khi đó không ai biết.",
    "A KPI was not recorded for {0} of the period: nobody knows what it was then.",
)
_NAMED = 5
"""Silent sources that the first page names."""


def compose(facts: ReportFacts, catalogue: Catalogue, language: Language) -> Document:
    """The whole report in one language."""
    book = book_of(catalogue)
    end = facts.period.end
    data_time = _NO_DATA_TIME.of(language) if facts.data_time is None else formats.time_text(facts.data_time)
    as_of = f"{_AS_OF.of(language).format(formats.time_text(end))}; {formats.DATA_AS_OF.titled(language)} {data_time}"
    return Document(
        language,
        f"ioc-{facts.period.name}",
        _ISSUER.of(language).format(catalogue.province.name.of(language)),
        facts.period.title(language),
        as_of,
        formats.SIMULATED.titled(language) if facts.simulated else None,
        _PAGE.of(language),
        end,
        [_summary(facts, catalogue, language), *Sections(facts, catalogue, book, language).all()],
    )


def _summary(facts: ReportFacts, catalogue: Catalogue, language: Language) -> Section:
    book = book_of(catalogue)
    lines = [_statuses(facts, language)]
    if facts.alerts is None:
        lines.append(Cell(NOT_ASKED.of(language), "watch"))
    else:
        lines += summary_lines(alerts_of(facts.alerts, facts.period), facts.period, book, language)
    lines.append(_silences(facts, catalogue, language))
    gap = max((kpi.unrecorded for each in facts.subsystems for kpi in each.kpis), default=0.0)
    if gap >= LEAST_UNRECORDED:
        lines.append(Cell(_UNRECORDED.of(language).format(formats.duration(gap, language=language)), "watch"))
    if any(each.headline.feeds_silent for each in facts.subsystems):
        lines.append(Cell(INCOMPLETE.of(language), "watch"))
    columns = [
        Column(title.of(language), width, right)
        for title, width, right in (
            (_SUBSYSTEM, 2.7, False), (_HEADLINE, 2.9, False), (VALUE, 1.5, True), (CHANGE, 3.0, True),
            (STATUS, 1.9, False), (_WHOLE, 1.9, False),
        )
    ]  # fmt: skip
    rows = [_row(each, catalogue, language) for each in facts.subsystems]
    return Section(_SUMMARY.of(language), lines, [Table("", columns, rows, "")])


def _row(facts: SubsystemFacts, catalogue: Catalogue, language: Language) -> list[Cell]:
    subsystem, headline = catalogue.subsystems[facts.subsystem], facts.headline
    kpi = subsystem.kpis[headline.kpi]
    return [
        Cell(subsystem.name.titled(language)),
        Cell(kpi.name.titled(language)),
        value_cell(headline.figure, kpi, language, incomplete=headline.feeds_silent),
        change_cell(headline, kpi, language),
        status_cell(headline.figure, language),
        worst_cell(facts.status, language),
    ]


def _statuses(facts: ReportFacts, language: Language) -> Cell:
    """``12 phân hệ: 2 cần xử lý, 10 bình thường.``"""
    counts = Counter(each.status for each in facts.subsystems)
    parts = [
        f"{counts[status]} {status.text.of(language).lower()}" for status in sorted(Status, key=lambda s: s.rank)
        if counts[status]
    ]  # fmt: skip
    return Cell(f"{len(facts.subsystems)} {_SUBSYSTEM.of(language).lower()}: {', '.join(parts)}.")


def _silences(facts: ReportFacts, catalogue: Catalogue, language: Language) -> Cell:
    found = [
        (seconds, catalogue.subsystems[each.subsystem].feeds[feed].name.of(language))
        for each in facts.subsystems
        for feed, seconds in each.silences.items()
    ]
    if not found:
        return Cell(_NONE_SILENT.of(language))
    longest = sorted(found, key=lambda each: (-each[0], each[1]))
    named = [f"{name} {formats.duration(seconds, language=language)}" for seconds, name in longest[:_NAMED]]
    if len(longest) > _NAMED:
        named.append(_MORE.of(language).format(len(longest) - _NAMED))
    return Cell(_SILENT.of(language).format("; ".join(named)), "watch")
