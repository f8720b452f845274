"""What `ioc ingest --live` asks the live installation before it sends."""

from pathlib import Path
from typing import cast

import pytest

from dashboards.prometheus_api import Prometheus, PrometheusError, Sample
from ioc.catalogue import Catalogue, load
from ioc.cli.live_installation import UnlikeLive, refuse_unlike_live
from ioc.events.mappings import packaged

MINNEAPOLIS = packaged()["mpls_stops"].parent / "units" / "minneapolis.yaml"


class Live:
    """The Prometheus of an installation with these units and subsystems."""

    url = "http://live"

    def __init__(self, units: list[str], subsystems: list[str]) -> None:
        self._answers = {"ioc_unit_info": ("unit", units), "ioc_kpi_info": ("subsystem", subsystems)}

    def query(self, expression: str) -> list[Sample]:
        label, values = self._answers[expression.rpartition("(")[2].rstrip(")")]
        return [Sample({label: value}, 1, 0) for value in values]


def refuse(catalogue: Catalogue, subsystem: str, units: list[str], subsystems: list[str]) -> None:
    refuse_unlike_live(cast(Prometheus, Live(units, subsystems)), catalogue, subsystem)


def test_an_installation_with_the_same_units_and_the_subsystem_takes_what_is_sent(catalogue: Catalogue) -> None:
    refuse(catalogue, "environment", [*catalogue.province.units_by_code, "one_more"], ["environment", "health"])


def test_units_that_the_live_workers_would_reject_are_named(catalogue: Catalogue, tmp_path: Path) -> None:
    elsewhere = load(units=MINNEAPOLIS)
    with pytest.raises(UnlikeLive, match="does not know precinct_1, precinct_2, precinct_3 and 2 more of these units"):
        refuse(elsewhere, "cameras_traffic", [*catalogue.province.units_by_code], ["cameras_traffic"])


def test_a_subsystem_that_the_live_workers_have_not_is_named(catalogue: Catalogue) -> None:
    with pytest.raises(UnlikeLive, match="has no subsystem environment"):
        refuse(catalogue, "environment", [*catalogue.province.units_by_code], ["health"])


def test_a_prometheus_without_an_exporter_says_nothing_of_what_is_live(catalogue: Catalogue) -> None:
    with pytest.raises(PrometheusError, match="knows of no exporter"):
        refuse(catalogue, "environment", [], [])
