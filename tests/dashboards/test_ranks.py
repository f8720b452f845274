"""The ranking from the command line, read from a real Prometheus: the order and ranks of the page and of the report."""

import csv
from collections.abc import Iterator
from io import StringIO

import pytest
from typer.testing import CliRunner

from dashboards.prometheus_api import Prometheus
from dashboards.ranks import NotRanked, ranking_of
from ioc.cli.main import app
from ioc.kpis import metric_names
from ioc.notices.report.ranking import worst_units
from streams.stack import Service, Stack
from streams.stack.ports import free_port
from tests.e2e.chain import Exporter, serve, start_monitoring
from tests.packaged import packaged_catalogue

pytestmark = pytest.mark.prometheus
CATALOGUE = packaged_catalogue()
KPI = "public_services.overdue_share"
COMMUNES = {"8716": (30, 300), "7894": (12, 300), "7897": (12, 300), "7900": (3, 300), "7903": (9, 10)}
"""Overdue of how many; the last one has fewer than the minimum sample."""
WORST_FIRST = [("8716", 4), ("7894", 2), ("7897", 2), ("7900", 1)]
AGENCY = "H44.01"
"""Alone at its level."""


def figures(exporter: Exporter) -> None:
    exporter.hear("public_services")
    metric = metric_names.metric_name(
        "public_services", "overdue_share", CATALOGUE.subsystems["public_services"].kpis["overdue_share"]
    )
    for unit, (overdue, pending) in {**COMMUNES, AGENCY: (1, 300)}.items():
        level = "province" if unit == AGENCY else "commune"
        where = f'{{subsystem="public_services",window="total",unit="{unit}"}}'
        exporter.series[metric + where] = overdue / pending
        exporter.series[metric_names.numerator_name(metric) + where] = overdue
        exporter.series[metric_names.denominator_name(metric) + where] = pending
        exporter.series[f'{metric_names.UNIT_INFO}{{unit="{unit}",name="{unit}",level="{level}"}}'] = 1
    for unit, rank in WORST_FIRST:
        named = f'subsystem="public_services",kpi="overdue_share",window="total",unit="{unit}"'
        exporter.series[f"{metric_names.UNIT_RANK}{{{named}}}"] = rank


@pytest.fixture(scope="module")
def exporter() -> Exporter:
    exporter = Exporter()
    figures(exporter)
    return exporter


@pytest.fixture(scope="module")
def prometheus(exporter: Exporter, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder, served = tmp_path_factory.mktemp("ranks"), serve(exporter)
    with Stack(folder / "run") as stack:
        service, _ = start_monitoring(stack, folder, next(served), free_port(), divided_by=5)
        with Prometheus(service.url) as client:
            service.child.wait_until(lambda: len(ranking_of(client, CATALOGUE, KPI, "commune", None).units) == 4)
        yield service
    next(served, None)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["ranking", *arguments])
    return result.exit_code, result.stdout if result.exception is None else str(result.exception)


def test_the_csv_has_the_worst_first_with_ranks_that_equals_share_and_nobody_below_the_sample(
    prometheus: Service,
) -> None:
    code, text = run(KPI, "--csv", "--english", "--prometheus", prometheus.url)
    assert code == 0
    (title, as_of), headings, *rows = csv.reader(StringIO(text.removeprefix("\ufeff")))
    assert title.startswith("Overdue share (Administrative procedures), communes and wards")
    assert as_of.startswith("Data as of")
    assert headings == ["Rank", "Code", "Unit", "Part", "Value", "Numerator", "Denominator"]
    assert [(unit, int(rank)) for rank, unit, *_ in rows] == WORST_FIRST
    named = CATALOGUE.province.units_by_code["8716"].name
    assert rows[0] == ["4", "8716", named, "last tenth", "10.00%", "30", "300"]


def test_ranks_are_those_of_the_leaders_report(prometheus: Service) -> None:
    with Prometheus(prometheus.url) as client:
        found = ranking_of(client, CATALOGUE, KPI, "commune", None)
    worst = worst_units({unit.unit: unit.value for unit in found.units}, "least")
    assert worst is not None
    told = [(each.unit, each.rank) for each in worst.units]
    assert told
    assert told == [(each.unit, each.rank) for each in found.units][: len(told)]


def test_nobody_is_ranked_alone(prometheus: Service) -> None:
    with Prometheus(prometheus.url) as client:
        assert ranking_of(client, CATALOGUE, KPI, "province", None).units == []


@pytest.mark.parametrize(
    ("kpi", "level", "window", "told"),
    [
        ("public_services.overdue", "commune", None, KPI),
        (KPI, "village", None, "commune, province"),
        (KPI, "commune", "7d", "total"),
    ],
)
def test_what_is_not_ranked_is_refused_with_what_is(
    kpi: str, level: str, window: str | None, told: str, prometheus: Service
) -> None:
    with Prometheus(prometheus.url) as client, pytest.raises(NotRanked, match=told):
        ranking_of(client, CATALOGUE, kpi, level, window)


def test_while_its_feed_is_silent_nobody_is_ranked(exporter: Exporter, prometheus: Service) -> None:
    feeds = dict.fromkeys(CATALOGUE.subsystems["public_services"].feeds, 601.0)
    exporter.hear("public_services", **feeds)
    with Prometheus(prometheus.url) as client:
        prometheus.child.wait_until(lambda: ranking_of(client, CATALOGUE, KPI, "commune", None).units == [])
    assert "8716" not in run(KPI, "--prometheus", prometheus.url)[1]
