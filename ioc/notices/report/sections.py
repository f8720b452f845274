"""The part of a report that is of one subsystem: its KPIs, its worst units, what was unknown, its alerts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ioc.catalogue.model import Catalogue, Subsystem
from ioc.notices.book import PLATFORM, Book
from ioc.notices.episode import Episode
from ioc.notices.report.alerts import NOT_ASKED, alerts_of, alerts_table
from ioc.notices.report.cells import change_cell, duration_cell, fraction_cell, status_cell, value_cell, worst_cell
from ioc.notices.report.document import Cell, Column, Section, Table
from ioc.notices.report.facts import KpiFacts, ReportFacts, SubsystemFacts, WorstUnits
from ioc.text import formats
from ioc.text.bilingual import Language, Text
from ioc.text.words import LEVELS, WINDOWS
from ioc.time.windows import Window

KPI = Text("Chỉ tiêu", "KPI")
VALUE = Text("Giá trị", "Value")
FRACTION = Text("Tử số/mẫu số", "Of")
CHANGE = Text("So với kỳ trước", "Change")
STATUS = Text("Trạng thái", "Status")
INCOMPLETE = Text(
    "* Có nguồn im lặng trong kỳ: số liệu thiếu những gì nguồn đó chưa gửi.",
    "* A source was silent in the period: the figure lacks what that source has not sent.",
)
_WINDOW = Text("Kỳ số liệu", "Window")
_KPIS = Text("Các chỉ tiêu lúc hết kỳ", "KPIs at the period's end")
_WORST = Text("Xếp cuối: {kpi}, {level} ({window})", "Last: {kpi}, {level} ({window})")
_RANK = Text("Hạng", "Rank")
_UNIT = Text("Đơn vị", "Unit")
_UNNAMED = Text("và {0} đơn vị cùng hạng", "and {0} units of the same rank")
_UNKNOWN = Text("Không biết trong kỳ", "Unknown in the period")
_WHAT = Text("Nguồn, chỉ tiêu", "Source, KPI")
_WHY = Text("Lý do", "Why")
_HOW_LONG = Text("Trong bao lâu", "How long")
_FEED = Text("Nguồn: {0}", "Source: {0}")
_SILENT = Text("Nguồn im lặng", "Source silent")
_UNRECORDED = Text("Không được ghi lại", "Not recorded")
_ALL_KNOWN = Text("Không có lúc nào thiếu dữ liệu.", "Nothing was unknown at any time.")
_WHOLE_STATUS = Text("Trạng thái chung: {0}", "Status: {0}")
_IN_A_REPORT = {"today": Text("trong ngày", "the day"), "month": Text("trong tháng", "the month")}
"""Today is not the reader's."""
LEAST_UNRECORDED = 300.0
"""Seconds: a restart of Prometheus is no gap."""


@dataclass(frozen=True)
class Sections:
    """Writes them in one language."""

    facts: ReportFacts
    catalogue: Catalogue
    book: Book
    language: Language

    def all(self) -> Iterator[Section]:
        """One for each subsystem; at the end the platform's, where it had alerts."""
        for facts in self.facts.subsystems:
            yield self._section(facts)
        platform = self._alerts(PLATFORM)
        if platform:
            yield Section(self.book.subsystem(PLATFORM).titled(self.language), [], [self._alerts_table(platform)])

    def _section(self, facts: SubsystemFacts) -> Section:
        subsystem = self.catalogue.subsystems[facts.subsystem]
        status = worst_cell(facts.status, self.language)
        lines = [Cell(_WHOLE_STATUS.of(self.language).format(status.text), status.tone)]
        if any(each.feeds_silent for each in facts.kpis):
            lines.append(Cell(INCOMPLETE.of(self.language), "watch"))
        tables = [self._kpis(facts, subsystem), *self._worst(facts, subsystem), self._unknown(facts, subsystem)]
        if self.facts.alerts is None:
            lines.append(Cell(NOT_ASKED.of(self.language), "watch"))
        else:
            tables.append(self._alerts_table(self._alerts(facts.subsystem)))
        return Section(subsystem.name.titled(self.language), lines, tables)

    def _kpis(self, facts: SubsystemFacts, subsystem: Subsystem) -> Table:
        columns = self._columns(
            (KPI, 4.2, False), (_WINDOW, 1.4, False), (VALUE, 1.8, True), (FRACTION, 2.0, True), (CHANGE, 2.4, True),
            (STATUS, 1.9, False),
        )  # fmt: skip
        return Table(_KPIS.of(self.language), columns, [self._kpi_row(each, subsystem) for each in facts.kpis], "")

    def _kpi_row(self, facts: KpiFacts, subsystem: Subsystem) -> list[Cell]:
        kpi = subsystem.kpis[facts.kpi]
        return [
            Cell(kpi.name.titled(self.language)),
            Cell(window_words(facts.window, self.language)),
            value_cell(facts.figure, kpi, self.language, incomplete=facts.feeds_silent),
            fraction_cell(facts.figure, self.language),
            change_cell(facts, kpi, self.language),
            status_cell(facts.figure, self.language),
        ]

    def _worst(self, facts: SubsystemFacts, subsystem: Subsystem) -> Iterator[Table]:
        """Of the headline and of what has limits; the others are to be looked up on the ranking's page."""
        for each in facts.kpis:
            if each is facts.headline or subsystem.kpis[each.kpi].limits is not None:
                for worst in each.worst:
                    yield self._worst_table(each, worst, subsystem)

    def _worst_table(self, facts: KpiFacts, worst: WorstUnits, subsystem: Subsystem) -> Table:
        kpi, language = subsystem.kpis[facts.kpi], self.language
        title = _WORST.of(language).format(
            kpi=kpi.name.titled(language),
            level=LEVELS[worst.level].of(language),
            window=window_words(facts.window, language),
        )
        rows = [
            [
                Cell(f"{formats.number(each.rank, 0, language)}/{formats.number(worst.worst.peers, 0, language)}"),
                Cell(self.book.units.get(each.unit, each.unit)),
                value_cell(worst.figures[each.unit], kpi, language, incomplete=facts.feeds_silent),
                fraction_cell(worst.figures[each.unit], language),
                status_cell(worst.figures[each.unit], language),
            ]
            for each in worst.worst.units
        ]
        if worst.worst.unnamed:
            more = _UNNAMED.of(language).format(formats.number(worst.worst.unnamed, 0, language))
            rows.append([Cell(""), Cell(more, "dim"), Cell(""), Cell(""), Cell("")])
        columns = self._columns(
            (_RANK, 1.2, False), (_UNIT, 4.4, False), (VALUE, 1.8, True), (FRACTION, 2.0, True), (STATUS, 1.9, False)
        )
        return Table(title, columns, rows, "")

    def _unknown(self, facts: SubsystemFacts, subsystem: Subsystem) -> Table:
        language = self.language
        rows = [
            [
                Cell(_FEED.of(language).format(subsystem.feeds[feed].name.of(language))),
                Cell(_SILENT.of(language)),
                duration_cell(seconds, language),
            ]
            for feed, seconds in facts.silences.items()
        ]
        for each in facts.kpis:
            name = subsystem.kpis[each.kpi].name.titled(language)
            whys = [(reason.text.titled(language), seconds) for reason, seconds in each.grey.items()]
            if each.unrecorded >= LEAST_UNRECORDED:
                whys.append((_UNRECORDED.of(language), each.unrecorded))
            rows += [[Cell(name), Cell(why), duration_cell(seconds, language)] for why, seconds in whys]
        columns = self._columns((_WHAT, 5.5, False), (_WHY, 3.5, False), (_HOW_LONG, 2.2, True))
        return Table(_UNKNOWN.of(language), columns, rows, _ALL_KNOWN.of(language))

    def _alerts(self, subsystem: str) -> list[Episode]:
        found = alerts_of(self.facts.alerts or (), self.facts.period)
        return [each for each in found if each.alert.subsystem == subsystem]

    def _alerts_table(self, episodes: Sequence[Episode]) -> Table:
        return alerts_table(episodes, self.facts.period, self.book, self.language)

    def _columns(self, *columns: tuple[Text, float, bool]) -> list[Column]:
        return [Column(title.of(self.language), width, right) for title, width, right in columns]


def window_words(window: Window, language: Language) -> str:
    return (_IN_A_REPORT.get(window) or WINDOWS[window]).of(language)
