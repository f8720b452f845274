"""What `ioc explain` and the reference say of a KPI."""

from io import StringIO

import pytest
from rich.console import Console

from dashboards.definition import definition
from dashboards.prometheus_api import Prometheus
from dashboards.reference import reference
from ioc.cli.explain import UnknownKpi, explain, kpi_of
from streams.stack.ports import free_port
from tests.packaged import packaged_catalogue

CATALOGUE = packaged_catalogue()
KPIS = [(subsystem, slug) for subsystem in CATALOGUE.subsystems.values() for slug in subsystem.kpis]


def explained(name: str) -> str:
    """What is printed where no Prometheus answers."""
    console = Console(file=StringIO(), width=200)
    with Prometheus(f"http://127.0.0.1:{free_port()}") as prometheus:
        explain(prometheus, CATALOGUE, name, console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_kpi_has_definition_formula_source_dimensions_windows_and_limits(language: str) -> None:
    titles = {
        "vi": {"Định nghĩa", "Công thức", "Nguồn", "Chiều phân tích", "Cửa sổ thời gian"},
        "en": {"Definition", "Formula", "Source", "Dimensions", "Windows"},
    }[language]
    for subsystem, slug in KPIS:
        lines = dict(definition(subsystem, slug, language))  # type: ignore[arg-type]
        assert lines.keys() >= titles
        assert all(lines.values()), (subsystem.subsystem, slug)


def test_a_formula_names_what_the_kpi_is_made_of() -> None:
    lines = dict(definition(CATALOGUE.subsystems["public_services"], "overdue_share", "en"))
    assert lines["Formula"] == "«Overdue» / («Backlog» - «Suspended»)"
    assert lines["Warning"] == "≥ 1%, clears at < 0.5%; 07:30 digest"


@pytest.mark.parametrize(
    ("subsystem", "kpi", "zero"),
    [
        ("cybersecurity", "alerts_open", "there is none; only while the feeds above speak"),
        ("health", "bed_occupancy_ratio", "none of the denominator; where that is 0 there is no value; only while"),
        ("environment", "river_alarm_level", "no station has reached its first alarm level; only while"),
        ("cybersecurity", "breaches", "there is none, as far as the feed has sent anything"),
    ],
)
def test_what_a_zero_means_depends_on_the_kind_and_on_whether_its_feeds_can_be_missed(
    subsystem: str, kpi: str, zero: str
) -> None:
    lines = dict(definition(CATALOGUE.subsystems[subsystem], kpi, "en"))
    assert lines["What 0 means"].startswith(zero)


def test_a_definition_names_the_feeds_and_how_long_each_may_say_nothing() -> None:
    lines = dict(definition(CATALOGUE.subsystems["environment"], "rain", "en"))
    assert lines["Rests on"] == "Rain gauges (rain_gauges: silent after 15m)"


def test_the_reference_has_every_kpi() -> None:
    pages = reference(CATALOGUE)
    assert [
        slug for subsystem, slug in KPIS if f"`{subsystem.subsystem}.{slug}`" not in pages[f"{subsystem.subsystem}.md"]
    ] == []


def test_without_prometheus_the_definition_alone_is_printed_and_it_says_so() -> None:
    text = explained("health.bed_occupancy_ratio")
    assert "Người bệnh nội trú trên giường thực kê;" in text
    assert "no figures, the definition alone" in text
    assert "Giá trị (value)" not in text


@pytest.mark.parametrize(
    "name", ["health.bed_occupancy_ratio", "bed_occupancy_ratio", "ioc_health_bed_occupancy_ratio"]
)
def test_a_kpi_is_found_by_its_name_its_slug_and_its_metric(name: str) -> None:
    subsystem, slug = kpi_of(CATALOGUE, name)
    assert (subsystem.subsystem, slug) == ("health", "bed_occupancy_ratio")


@pytest.mark.parametrize(
    ("name", "told"),
    [("bed_ocupancy_ratio", "did you mean `bed_occupancy_ratio`"), ("overdue_share", "citizen_feedback.overdue_share")],
)
def test_a_name_that_is_unknown_or_of_several_is_refused_with_the_nearest(name: str, told: str) -> None:
    with pytest.raises(UnknownKpi, match=told):
        kpi_of(CATALOGUE, name)
