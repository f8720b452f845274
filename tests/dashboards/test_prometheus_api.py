import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from dashboards.prometheus_api import Prometheus, PrometheusError
from streams.stack import Service, Stack
from streams.stack.ports import free_port

pytestmark = pytest.mark.prometheus

CONFIG = """
global: {scrape_interval: 200ms, evaluation_interval: 200ms}
rule_files: [rules.yml]
"""
RULES = """
groups:
  - name: one
    rules:
      - {record: answer, expr: "vector(42)", labels: {of: everything}}
      - {alert: Always, expr: "answer > 41", labels: {severity: watch}, annotations: {summary: "{{ $value }}"}}
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    config = tmp_path_factory.mktemp("config")
    (config / "rules.yml").write_text(RULES)
    (config / "prometheus.yml").write_text(CONFIG)
    with Stack(tmp_path_factory.mktemp("run"), lambda progress: None) as stack:
        service = stack.start_prometheus(config / "prometheus.yml")
        with Prometheus(service.url) as prometheus:
            service.child.wait_until(lambda: any(alert.state == "firing" for alert in prometheus.alerts()))
        yield service


@pytest.fixture
def prometheus(service: Service) -> Iterator[Prometheus]:
    with Prometheus(service.url + "/") as prometheus:
        yield prometheus


def test_a_vector_gives_a_sample_per_series_with_its_name_apart(prometheus: Prometheus) -> None:
    (sample,) = prometheus.query("answer")
    assert (sample.name, sample.labels, sample.value) == ("answer", {"of": "everything"}, 42)


def test_a_scalar_is_one_sample_without_labels(prometheus: Prometheus) -> None:
    (sample,) = prometheus.query("6 * 7")
    assert (sample.name, sample.labels, sample.value) == ("", {}, 42)


def test_the_moment_asked_is_the_moment_answered(prometheus: Prometheus) -> None:
    (sample,) = prometheus.query("time()", at=1_762_000_000.5)
    assert sample.value == sample.time == 1_762_000_000.5


def test_no_series_is_an_empty_list(prometheus: Prometheus) -> None:
    assert prometheus.query("never_heard_of") == []


def test_a_range_gives_points_at_each_step_both_ends_included(prometheus: Prometheus) -> None:
    (series,) = prometheus.query_range("vector(1)", 100, 130, 15)
    assert series.points == [(100, 1), (115, 1), (130, 1)]


def test_series_are_found_by_any_of_the_selectors(prometheus: Prometheus) -> None:
    found = prometheus.series("answer", "never_heard_of", start=time.time() - 60)
    assert found == [{"__name__": "answer", "of": "everything"}]


def test_alerts_carry_labels_annotations_and_state(prometheus: Prometheus) -> None:
    (alert,) = prometheus.alerts()
    assert alert.labels == {"alertname": "Always", "severity": "watch", "of": "everything"}
    assert (alert.annotations, alert.state, alert.value) == ({"summary": "42"}, "firing", 42)


def test_a_wrong_expression_is_named_with_prometheus_reason(prometheus: Prometheus) -> None:
    with pytest.raises(PrometheusError, match=r"sum\(: bad_data: .*parse error"):
        prometheus.query("sum(")


def test_a_range_where_one_value_was_asked_names_the_way_out(prometheus: Prometheus) -> None:
    with pytest.raises(PrometheusError, match=r"answer\[1m\] gives a matrix.*query_range"):
        prometheus.query("answer[1m]")


def test_an_address_without_server_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with Prometheus(url) as prometheus, pytest.raises(PrometheusError, match=rf"{url}.*Is it running"):
        prometheus.query("up")


def test_an_address_that_is_no_prometheus_is_told(service: Service) -> None:
    with Prometheus(f"{service.url}/elsewhere") as prometheus, pytest.raises(PrometheusError, match="404"):
        prometheus.query("up")


def test_a_proxy_of_the_environment_is_not_asked(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://{urlsplit(service.url).netloc}/-/ready")
    with Prometheus(service.url) as prometheus:
        assert prometheus.query("1")
