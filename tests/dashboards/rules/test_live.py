"""The rules in a real Prometheus, fed by an exporter on which every limit is broken at twelve places."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, cast

import pytest

from dashboards.alert_figures import alert_figures
from dashboards.grafana.queries import worst_of_each
from dashboards.prometheus_api import Prometheus, PrometheusError, RuleAlert
from dashboards.prometheus_config import File, prometheus_config
from dashboards.rules.limited import LimitedKpi, limited_kpis
from dashboards.rules.names import kpi_alert
from ioc.catalogue.model import Subsystem
from ioc.kpis import metric_names
from ioc.kpis.limits import Severity
from ioc.kpis.status import Status
from ioc.notices.figures import AlertFigure
from streams.stack import Stack
from tests.dashboards.rules.scenes import Scene, braces, feeds, figures, notation, outside
from tests.packaged import packaged_catalogue

pytestmark = pytest.mark.prometheus

PLACES = 12
KPIS = [kpi for subsystem in packaged_catalogue().subsystems.values() for kpi in limited_kpis(subsystem)]


def broken_everywhere() -> str:
    """The exporter's page: each KPI as a whole, and at each breakdown twelve places, every one worse than the last."""
    scene = Scene("page", 1, 1)
    for subsystem in packaged_catalogue().subsystems.values():
        feeds(scene, subsystem)
    for kpi in KPIS:
        worst = outside(kpi, kpi.limits.severities[0])
        worse = worst * 0.01 if kpi.limits.direction == "above" else -worst * 0.01
        figures(scene, kpi, worst)
        if kpi.kpi.ratio:
            scene.add(f"{kpi.metric}_numerator", worst * 1000, window=kpi.limits.window)
        for grouping in kpi.kpi.groupings[1:]:
            for place in range(PLACES):
                at = dict.fromkeys(kpi.labels_of(grouping), f"place-{place}")
                figures(scene, kpi, worst + place * worse, **at)
    samples = [
        (name, notation(values).removesuffix("+0x0")) for name, values in scene.series.items() if values != [None]
    ]
    return "".join(f"{_without_target(name)} {value}\n" for name, value in sorted(samples))


def _without_target(series: str) -> str:
    target = 'job="ioc-exporter",instance="exporter:9464"'
    return series.replace(f"{target},", "").replace(f"{{{target}}}", "")


@pytest.fixture(scope="module")
def exporters() -> Iterator[list[str]]:
    """The addresses of two exporters that serve the same."""
    page = broken_everywhere().encode()

    class Exporter(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Exporter) as one, HTTPServer(("127.0.0.1", 0), Exporter) as other:
        for server in (one, other):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        yield [f"127.0.0.1:{server.server_port}" for server in (one, other)]
        one.shutdown()
        other.shutdown()


@pytest.fixture(scope="module")
def prometheus(rules: Path, exporters: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus in which every alert on a KPI is pending."""
    config = tmp_path_factory.mktemp("config")
    (config / "rules").symlink_to(rules)
    jobs = ("exporters", "workers", "relays", "nodes", "alertmanagers", "prometheus")
    targets = {job: File(f"targets/{job}.json") for job in jobs}
    (config / "prometheus.yml").write_text(prometheus_config(**targets, interval="1s"))
    wanted = sum(len(kpi.limits.severities) for kpi in KPIS)
    with Stack(tmp_path_factory.mktemp("run")) as stack:
        addresses = {job: exporters if job == "exporters" else [] for job in targets}
        service = stack.start_prometheus(config / "prometheus.yml", targets=addresses)
        with Prometheus(service.url) as client:
            service.child.wait_until(lambda: sum(alert.labels["layer"] == "kpi" for alert in client.alerts()) == wanted)
            service.child.wait_until(lambda: len(client.query('up{job="ioc-exporter"} == 1')) == len(exporters))
            yield client


@pytest.fixture(scope="module")
def alerts(prometheus: Prometheus) -> list[RuleAlert]:
    return prometheus.alerts()


def alert_of(alerts: list[RuleAlert], kpi: LimitedKpi, severity: Severity) -> RuleAlert:
    name = kpi_alert(kpi.subsystem.subsystem, kpi.slug)
    wanted = {"alertname": name, "severity": severity.value}
    return next(alert for alert in alerts if wanted.items() <= alert.labels.items())


def kpi_of(subsystem: str, slug: str) -> LimitedKpi:
    return next(kpi for kpi in KPIS if kpi.identity == {"subsystem": subsystem, "kpi": slug})


def test_every_text_of_every_alert_is_filled_in(alerts: list[RuleAlert]) -> None:
    texts = [text for alert in alerts for text in alert.annotations.values()]
    assert not [text for text in texts if "<error" in text or "<no value>" in text or "{{" in text]


def test_the_figures_of_an_alert_are_the_number_of_places_and_the_ten_worst_with_what_they_are_made_of(
    prometheus: Prometheus,
) -> None:
    for kpi in KPIS:
        found = alert_figures(kpi, kpi.limits.severities[0], prometheus)
        assert [each.labels for each in found.breakdowns] == [kpi.labels_of(each) for each in kpi.kpi.groupings[1:]]
        for breakdown in found.breakdowns:
            assert breakdown.count == PLACES
            assert [set(each.codes) for each in breakdown.worst] == [{f"place-{place}"} for place in range(11, 1, -1)]
            values = [each.figure.value for each in breakdown.worst]
            assert values == sorted(values, reverse=kpi.limits.direction == "above")


def test_of_a_ratio_the_figures_say_what_it_is_made_of_and_that_they_are_simulated(prometheus: Prometheus) -> None:
    found = alert_figures(kpi_of("public_services", "overdue_share"), Severity.CRITICAL, prometheus)
    assert found.whole == AlertFigure(0.03, 30, 300)
    assert found.breakdowns[0].worst[0].figure.denominator == 300
    assert found.hour_ago is None
    assert found.simulated is False


def test_without_prometheus_there_are_no_figures_and_no_wait_for_every_single_one() -> None:
    with Prometheus("http://127.0.0.1:9", timeout=1) as nowhere, pytest.raises(PrometheusError):
        alert_figures(KPIS[0], KPIS[0].limits.severities[0], nowhere)


def test_a_text_says_status_name_limit_value_and_what_it_was_made_of(alerts: list[RuleAlert]) -> None:
    critical = alert_of(alerts, kpi_of("public_services", "overdue_share"), Severity.CRITICAL)
    assert critical.annotations["summary_vi"] == (
        "Cần xử lý: Tỷ lệ đang xử lý quá hạn (Dịch vụ hành chính công), ngưỡng ≥ 3 %; toàn tỉnh 3,00 % (30/300)"
    )
    assert critical.annotations["summary_en"] == (
        "Act: Overdue share (Administrative procedures), limit ≥ 3%; whole province 3.00% (30/300)"
    )
    assert critical.annotations["details_vi"] == kpi_of("public_services", "overdue_share").kpi.description.vi
    assert critical.annotations["runbook_url"] == "http://127.0.0.1:9095/runbooks/IocPublicServicesOverdueShare"


def test_a_limit_below_reads_as_one_and_so_does_a_time(alerts: list[RuleAlert]) -> None:
    below = alert_of(alerts, kpi_of("tourism", "lodgings_reporting_ratio"), Severity.WARNING)
    assert "limit < 95%" in below.annotations["summary_en"]
    duration = alert_of(alerts, kpi_of("health", "ambulance_p90"), Severity.WARNING)
    assert "ngưỡng ≥ 20 phút; toàn tỉnh 30m 0s" in duration.annotations["summary_vi"]


def test_two_exporters_make_no_status_twice(prometheus: Prometheus) -> None:
    for kpi in KPIS:
        places = 1 + PLACES * (len(kpi.kpi.groupings) - 1)
        assert len(prometheus.query(f"{metric_names.KPI_STATUS}{braces(kpi.identity)}")) == places


@dataclass
class FixedKpi:
    """A KPI whose recorded statuses are given by station; where one is grey the reason is 5."""

    name: str
    statuses: Mapping[str, Status]
    subsystem: Subsystem = field(default_factory=lambda: packaged_catalogue().subsystems["environment"])
    limits: object = "some"

    def recorded(self, metric: str, label: str) -> str:
        reasons = {station: 5 for station, status in self.statuses.items() if status is Status.GREY}
        values = self.statuses if metric == metric_names.KPI_STATUS else reasons
        return " or ".join(self._series(label, *each) for each in values.items()) or "vector(1) < 0"

    def _series(self, label: str, station: str, value: int) -> str:
        named = f'label_replace(vector({value:d}), "{label}", "{station}", "", "")'
        return f'label_replace({named}, "kpi", "{self.name}", "", "")'


def test_worst_of_a_row_is_red_before_yellow_before_grey_before_green(prometheus: Prometheus) -> None:
    green, yellow, red, grey = Status.GREEN, Status.YELLOW, Status.RED, Status.GREY
    air = FixedKpi("air", {"fine": green, "flood": green, "mute": green, "watched": grey, "dry": green})
    river = FixedKpi("river", {"fine": green, "flood": red, "mute": grey, "watched": yellow, "deep": red})
    found = prometheus.query(worst_of_each(cast(Any, [air, river]), "station"))
    assert {sample.labels["station"]: sample.value for sample in found} == {
        "fine": green, "flood": red, "mute": -5, "watched": yellow, "dry": green, "deep": red
    }  # fmt: skip
