"""What Prometheus answers after the scenario phu-tho-2025, played through the whole real stack."""

import re
import subprocess
import time
from io import StringIO

import httpx
import pytest
from rich.console import Console

from dashboards.prometheus_api import Prometheus, PrometheusError
from ioc.cli.explain import explain
from ioc.kpis.kinds.alive import Alive
from ioc.kpis.kinds.open import Open
from ioc.kpis.kinds.open_longer_than import OpenLongerThan
from ioc.kpis.kinds.overdue import Overdue
from ioc.scenarios.calibration import TABLE, PublishedFigure
from streams.stack.programs import Program, find_program
from tests.e2e.conftest import Played
from tests.e2e.drawn import drawn, pages, panels, without_variables

pytestmark = [pytest.mark.kafka, pytest.mark.prometheus, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize("published", TABLE, ids=lambda row: f"{row.kpi}{dict(row.label) or ''}")
def test_a_published_figure_is_what_the_events_count_up_to(played: Played, published: PublishedFigure) -> None:
    subsystem, kpi = published.kpi.split(".")
    found = [
        row
        for row in played.readings
        if (row.subsystem, row.kpi, row.labels, row.window) == (subsystem, kpi, published.label, published.window)
    ]
    assert len(found) == 1
    row = found[0]
    counted = played.counted[published.kpi, published.label]
    if len(counted) == 1:
        assert row.value == pytest.approx(counted[0])
    else:
        assert (row.numerator, row.denominator) == counted
    if played.scale < 1:
        return
    if published.numerator is not None:
        assert (row.numerator, row.denominator) == (published.numerator, published.denominator)
    if published.at_most is not None:
        assert row.value is not None
        assert published.value <= row.value <= published.at_most
    else:
        assert row.value == pytest.approx(published.value, abs=5e-5)


def test_a_published_figure_is_the_one_that_its_page_draws(played: Played) -> None:
    dashboards = dict(pages())
    compared = 0
    for published in (row for row in TABLE if not row.label):
        subsystem, slug = published.kpi.split(".")
        kpi = played.catalogue.subsystems[subsystem].kpis[slug]
        counted = played.counted[published.kpi, ()]
        value = counted[0] if len(counted) == 1 else counted[0] / counted[1]
        page = drawn(subsystem, dashboards[subsystem], played.prometheus)
        figures = [
            each.value for each in page if re.fullmatch(rf"{re.escape(kpi.name.titled('vi'))}( \(.*\))?", each.panel)
        ]
        assert pytest.approx(100 * value if kpi.unit == "ratio" else value, abs=0.005) in figures, published.kpi
        compared += 1
    assert compared > 10


def test_every_kpi_has_its_whole_in_every_window_and_none_is_grey(played: Played) -> None:
    wholes = {(row.subsystem, row.kpi, row.window): row for row in played.readings if row.labels == ()}
    missing = [
        (slug, name, window)
        for slug, subsystem in played.catalogue.subsystems.items()
        for name, kpi in subsystem.kpis.items()
        for window in kpi.windows
        if not kpi.possibly_empty
        and (wholes[slug, name, window].value is None or wholes[slug, name, window].status == 0)
    ]
    assert missing == []


def test_every_event_sent_has_one_fate(played: Played) -> None:
    consumed = played.prometheus.query("sum(ioc_events_consumed_total)")[0].value
    fates = {s.labels["fate"]: s.value for s in played.prometheus.query("sum by (fate) (ioc_events_total)")}
    assert consumed == played.sent
    assert fates == {"applied": played.sent, "duplicate": 0, "rejected": 0}


def test_promtool_finds_nothing_wrong_with_the_metrics(played: Played) -> None:
    page = httpx.get(f"{played.addresses.exporter}/metrics", timeout=60, trust_env=False).content
    promtool = str(find_program(Program.PROMTOOL))
    checked = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, check=False)
    assert checked.stderr.decode() == ""


def test_every_query_of_every_dashboard_returns_data(played: Played) -> None:
    unanswered = [
        (name, panel["title"], without_variables(target["expr"], dashboard), target["possiblyEmpty"])
        for name, dashboard in pages()
        for panel in panels(dashboard)
        for target in panel["targets"]
    ]
    assert len(unanswered) > 500
    if played.scale < 1:  # no commune has the sample that its rank asks for
        unanswered = [(*where, expr.replace(">= 30)", ">= 1)"), empty) for *where, expr, empty in unanswered]
    # A rate needs two scrapes of every target, and ranks are worked out once a minute.
    deadline = time.monotonic() + 300
    while unanswered and time.monotonic() < deadline:
        unanswered = [each for each in unanswered if not _answers(played.prometheus, *each[-2:])]
        time.sleep(2 if unanswered else 0)
    assert unanswered == []


def _answers(prometheus: Prometheus, expr: str, possibly_empty: bool) -> bool:
    try:
        return bool(prometheus.query(expr)) or possibly_empty
    except PrometheusError as error:
        pytest.fail(f"{expr}\n{error}")


def test_there_are_as_many_cases_as_the_wall_says(played: Played) -> None:
    told = {(row.subsystem, row.kpi, row.labels, row.window): row for row in played.readings}
    compared = 0
    with httpx.Client(timeout=60, trust_env=False) as client:
        for (slug, name, labels, window), row in told.items():
            kpi = played.catalogue.subsystems[slug].kpis[name]
            if not isinstance(kpi, Open | Overdue | OpenLongerThan | Alive) or len(labels) > 1 or row.value is None:
                continue
            if labels and labels[0][0] not in ("unit", "level", "agency_responsible"):
                continue
            query = {**dict(labels), "window": window, "format": "json"}
            found = client.get(f"{played.addresses.cases}/{slug}/{name}", params=query).json()
            silent = (row.denominator or 0) - (row.numerator or 0)
            wanted = silent if isinstance(kpi, Alive) else row.value
            assert found["total"] + found["never_heard"] == wanted, (slug, name, labels)
            assert len(found["cases"]) == min(100, found["total"])
            compared += found["total"]
    assert compared > 1000


def test_explain_prints_the_figures_of_the_moment_and_what_they_are_made_of(played: Played) -> None:
    console = Console(file=StringIO(), width=200)
    explain(played.prometheus, played.catalogue, "public_services.handled_ratio", console)
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    handled, received = played.counted["public_services.handled_ratio", ()]
    assert re.search(rf"total +{number(100 * handled / received, 2)} % +{number(handled)} +{number(received)}", text)
    assert re.search(rf"handled +total +{number(handled)}", text)
    assert "31/10/2025" in text
    assert "Dữ liệu mô phỏng" in text


def number(value: float, decimals: int = 0) -> str:
    """As Vietnamese writes it."""
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))
