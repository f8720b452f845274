"""What `ioc explain` says of how much is known of a KPI."""

from collections.abc import Mapping
from io import StringIO
from typing import cast

from rich.console import Console

from dashboards.prometheus_api import Prometheus, Sample
from ioc.cli.knowledge import knowledge
from tests.packaged import packaged_catalogue

SUBSYSTEMS = packaged_catalogue().subsystems
Answers = Mapping[str, list[tuple[dict[str, str], float]]]


class Answering:
    """A Prometheus that answers by the metric that is asked for."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def query(self, expression: str) -> list[Sample]:
        metric = expression.lstrip("(").partition("{")[0]
        return [Sample(labels, value, 0.0) for labels, value in self._answers.get(metric, [])]


def said(subsystem: str, kpi: str, answers: Answers) -> str:
    console = Console(file=StringIO(), width=200)
    console.print(knowledge(cast(Prometheus, Answering(answers)), SUBSYSTEMS[subsystem], kpi))
    return cast(StringIO, console.file).getvalue()


def doubt(reason: str, **about: str) -> tuple[dict[str, str], float]:
    return {"subsystem": "x", "kpi": "y", "instance": "exporter:9464", "reason": reason, **about}, 1


def test_where_all_is_known_nothing_is_missing() -> None:
    text = said("environment", "rain", {"ioc_kpi_knowledge": [({}, 2)]})
    assert "Biết đủ (known)" in text
    assert "to be green" not in text


def test_what_lacks_deleted_events_says_since_when_it_counts_and_what_is_to_be_done() -> None:
    answers = {
        "ioc_kpi_knowledge": [({}, 1)],
        "ioc_kpi_doubt_info": [doubt("lost")],
        "ioc_kpi_since_seconds": [({}, 1_761_926_400.0)],
    }
    text = said("environment", "rain", answers)
    assert "(counts everything since): 31/10/2025 23:00" in text
    assert "older events to be sent again, then the loss accepted (IOC_LOSS_ACCEPTED_BEFORE)" in text


def test_of_two_exporters_the_one_that_knows_less_is_believed() -> None:
    assert "(partly known)" in said("environment", "rain", {"ioc_kpi_knowledge": [({}, 2), ({}, 1)]})


def test_a_silent_feed_is_named_with_how_long_it_has_said_nothing_and_how_long_it_may() -> None:
    answers = {
        "ioc_kpi_knowledge": [({}, 0)],
        "ioc_kpi_doubt_info": [doubt("feed_silent", feed="rain_gauges")],
        "ioc_feed_silence_seconds": [({"feed": "rain_gauges"}, 2 * 3600.0), ({"feed": "air_stations"}, 1.0)],
        "ioc_feed_event_time_seconds": [({"feed": "rain_gauges"}, 1_761_926_400.0)],
    }
    text = said("environment", "rain", answers)
    assert "Trạm đo mưa, im lặng 2 giờ: nguồn gửi lại (Rain gauges, silent for 2 h: the feed to be heard again)" in text
    assert "Trạm đo mưa (rain_gauges)" in text
    assert "air_stations" not in text, "the KPI does not rest on it"
    assert "31/10/2025 23:00" in text
    assert "15m" in text


def test_a_feed_never_heard_a_partition_behind_and_a_silent_station_are_named() -> None:
    doubts = [
        doubt("no_data", feed="river_gauges"),
        doubt("behind", partition="3"),
        doubt("thing_silent", station="thao_phu_tho"),
    ]
    text = said("environment", "river_alarm_level", {"ioc_kpi_doubt_info": [*doubts, doubts[1]]})
    assert "(River gauges: the feed to be heard for the first time)" in text
    assert text.count("(partition 3: the records that wait to be read)") == 1
    assert "(Station Thao river, Phú Thọ: to be heard again, or declared out of service)" in text
