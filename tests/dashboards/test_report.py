"""The leaders' report of a recorded day, from a real Prometheus to the files that people open."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from dashboards.openmetrics import create_blocks
from dashboards.prometheus_api import AsOf, Prometheus
from dashboards.report_facts import report_facts
from dashboards.scorecard import readings
from ioc.kpis.status import Certainty, GreyReason
from ioc.notices.alert import Alert
from ioc.notices.episode import Acknowledgement, Episode
from ioc.notices.report.compose import compose
from ioc.notices.report.document import Document
from ioc.notices.report.facts import ReportFacts, SubsystemFacts
from ioc.notices.report.period import Period, Span
from streams.relay.report.files import Form, report_file
from streams.stack.children import Children
from streams.stack.monitoring import start_prometheus
from streams.stack.programs import Program, find_program
from tests.dashboards.recorded_day import BELOW_SAMPLE, DAY, OVERDUE, write_day
from tests.packaged import packaged_catalogue

pytestmark = pytest.mark.prometheus
CATALOGUE = packaged_catalogue()
LABELS = {
    "alertname": "IocPublicServicesOverdueShare",
    "subsystem": "public_services",
    "kpi": "overdue_share",
    "severity": "critical",
    "class": "page",
}
TAKEN = Episode(
    Alert("a", LABELS, {}, DAY.start + 3600.0),
    DAY.start + 3600.0,
    DAY.start + 9000.0,
    Acknowledgement("Lan", "", DAY.start + 3900.0),
)
BEFORE = replace(TAKEN, alert=replace(TAKEN.alert, starts_at=DAY.start - 9000.0), resolved_at=DAY.start - 1.0)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "config").mkdir()
    config = folder / "config" / "prometheus.yml"
    config.write_text("global: {}\n")
    write_day(CATALOGUE, folder / "day.om")
    create_blocks(find_program(Program.PROMTOOL), folder / "day.om", folder / "run" / "data")
    with Children(folder / "logs") as children:
        service = start_prometheus(children, folder / "run", config)
        with Prometheus(service.url, timeout=60) as client:
            yield client


@pytest.fixture(scope="module")
def facts(prometheus: Prometheus) -> ReportFacts:
    return report_facts(prometheus, CATALOGUE, DAY, [TAKEN, BEFORE])


@pytest.fixture(scope="module")
def document(facts: ReportFacts) -> Document:
    return compose(facts, CATALOGUE, "vi")


@pytest.fixture(scope="module")
def pages(document: Document) -> list[str]:
    octets = report_file(document, Form.PDF).octets
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(octets)).pages]


def of(facts: ReportFacts, slug: str) -> SubsystemFacts:
    return next(each for each in facts.subsystems if each.subsystem == slug)


def texts(document: Document, section: int) -> str:
    shown = document.sections[section]
    cells = [cell.text for table in shown.tables for row in table.rows for cell in row]
    return " | ".join([*(line.text for line in shown.lines), *(table.title for table in shown.tables), *cells])


def test_every_figure_is_the_scorecards_of_the_periods_end(prometheus: Prometheus, facts: ReportFacts) -> None:
    read = {
        (each.subsystem, each.kpi, each.window): (each.value, each.numerator, each.denominator)
        for each in readings(AsOf(prometheus, DAY.end - 1), CATALOGUE)
        if each.labels == ()
    }
    told = 0
    for subsystem in facts.subsystems:
        for kpi in subsystem.kpis:
            figure = kpi.figure
            assert (figure.value, figure.numerator, figure.denominator) == read[
                subsystem.subsystem, kpi.kpi, kpi.window
            ]
            told += figure.value is not None
    assert told == 3


def test_a_change_is_against_the_end_of_the_period_before(document: Document, facts: ReportFacts) -> None:
    headline = of(facts, OVERDUE[0]).headline
    assert headline.before.numerator == 130
    assert "+0,11 điểm, xấu hơn" in texts(document, 0)


def test_a_feed_that_was_silent_is_told_with_how_long_and_no_figure_that_rests_on_it_stands_alone(
    document: Document, facts: ReportFacts
) -> None:
    health = of(facts, "health")
    assert set(health.silences) == set(CATALOGUE.subsystems["health"].feeds)
    assert list(health.silences.values()) == pytest.approx([2 * 3600] * len(health.silences), abs=360)
    assert health.headline.grey[GreyReason.FEED_SILENT] == pytest.approx(2 * 3600, abs=360)
    assert health.headline.feeds_silent
    assert "92,50 % *" in texts(document, 0)
    assert "Nguồn im lặng trong kỳ" in texts(document, 0)


def test_of_what_is_silent_at_the_end_no_figure_is_shown_though_one_is_held(
    document: Document, facts: ReportFacts
) -> None:
    environment = of(facts, "environment").headline
    assert environment.figure.value is not None
    assert environment.figure.certainty is Certainty.UNKNOWN
    assert environment.figure.shown is None
    row = next(row for row in document.sections[0].tables[0].rows if row[0].text == "Môi trường")
    assert [cell.text for cell in row[2:5]] == ["–", "–", "Mất dữ liệu"]
    assert row[2].number is None


def test_where_nothing_was_recorded_that_is_said_of_the_whole_period(facts: ReportFacts) -> None:
    tourism = of(facts, "tourism").headline
    assert tourism.figure.shown is None
    assert tourism.unrecorded == 86_400


def test_units_are_ranked_among_their_peers_a_tie_shares_its_rank_and_who_has_too_few_cases_is_left_out(
    facts: ReportFacts,
) -> None:
    [communes] = of(facts, OVERDUE[0]).headline.worst
    assert [(each.unit, each.rank) for each in communes.worst.units] == [("8716", 4), ("7894", 2), ("7897", 2)]
    assert BELOW_SAMPLE not in communes.figures
    assert communes.figures["8716"].denominator == 300


def test_an_alert_is_told_with_how_long_it_was_open_and_how_long_until_it_was_taken(document: Document) -> None:
    [section] = [n for n, each in enumerate(document.sections) if each.title == "Dịch vụ hành chính công"]
    assert "Cần xử lý | Tỷ lệ đang xử lý quá hạn (≥ 3 %)" in texts(document, section)
    assert "5 phút" in texts(document, section)
    assert "Cảnh báo trong kỳ: 1, trong đó 1 gọi trực ban; cuối kỳ còn mở 0." in texts(document, 0)


def test_without_the_relays_record_the_report_does_not_say_that_there_was_no_alert(facts: ReportFacts) -> None:
    silent = compose(replace(facts, alerts=None), CATALOGUE, "vi")
    assert "Không hỏi được sổ cảnh báo" in texts(silent, 0)
    assert "Không có cảnh báo" not in str(silent)


def test_the_first_page_is_the_whole_province_and_each_subsystem_begins_a_page(
    pages: list[str], document: Document
) -> None:
    for subsystem in CATALOGUE.subsystems.values():
        assert subsystem.name.titled("vi") in pages[0]
    for section in document.sections[1:]:
        # Behind what stands at the head and the foot of every page.
        assert [page for page in pages if f"{section.title} Trạng thái chung" in page], section.title
    assert "Các chỉ tiêu lúc hết kỳ" not in pages[0]


def test_every_page_says_whether_it_is_simulated_as_of_when_it_is_and_its_number(pages: list[str]) -> None:
    for number, page in enumerate(pages, 1):
        assert "DỮ LIỆU MÔ PHỎNG" in page
        assert "Số liệu tại thời điểm 01/11/2025 00:00" in page
        assert f"Trang {number}/{len(pages)}" in page


def test_pdf_html_and_csv_hold_every_text_and_a_workbook_every_number(pages: list[str], document: Document) -> None:
    pdf = " ".join(pages)
    for text in ("0,71 %", "153/21.543", "Phường Vĩnh Phúc"):
        assert text in pdf
        for form in (Form.HTML, Form.CSV):
            assert text in report_file(document, form).octets.decode()
    book = load_workbook(BytesIO(report_file(document, Form.XLSX).octets))
    assert len(book.sheetnames) == len(document.sections)
    for sheet, section in zip(book, document.sections, strict=True):
        read = [cell.value for row in sheet.iter_rows() for cell in row if cell.data_type in "nd" and cell.value]
        numbers = [each.total_seconds() if isinstance(each, timedelta) else each for each in read]
        given = [cell.number for table in section.tables for row in table.rows for cell in row if cell.number]
        assert numbers == pytest.approx(given, rel=1e-12)
        assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    whole = {cell.value: cell.number_format for row in book.worksheets[0].iter_rows() for cell in row}
    # To the digits that a workbook has room for; what is incomplete is marked here, too.
    assert whole[float(f"{153 / 21543:.16g}")] == "0.00%"
    assert whole[0.925] == '0.00%" *"'


def test_what_sets_a_pdf_stays_in_no_process_that_asks_for_one(document: Document) -> None:
    report_file(document, Form.PDF)
    assert "typst" not in sys.modules


def test_the_same_facts_give_the_same_pdf(document: Document) -> None:
    assert report_file(document, Form.PDF) == report_file(document, Form.PDF)


def test_a_period_of_which_nothing_is_held_is_a_report_that_says_so(prometheus: Prometheus) -> None:
    empty = Period(Span.DAY, date(2024, 2, 1), date(2024, 2, 1))
    document = compose(report_facts(prometheus, CATALOGUE, empty, []), CATALOGUE, "vi")
    assert {row[2].text for row in document.sections[0].tables[0].rows} == {"–"}
    assert "không ai biết" in texts(document, 0)
