"""Every process exports the platform metrics that are its own, and no others."""

import re
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest

from ioc.engine.plan import compile_plan
from ioc.kpis import platform_metrics
from ioc.kpis.platform_metrics import PlatformMetric
from streams.exporter.exporter import Exporter
from streams.gateway.metrics import GatewayMetrics
from streams.relay.metrics import RelayMetrics
from streams.relay.store import Store
from streams.relay.supervision import Supervision
from streams.settings.settings import load_settings
from streams.worker.gauges import PartitionCollector
from streams.worker.metrics import HealthCollector, WorkerMetrics
from tests.oracle.randomly import SUBSYSTEM
from tests.oracle.workshop import catalogue_of

PLATFORM = {name: metric.name for name, metric in vars(platform_metrics).items() if isinstance(metric, PlatformMetric)}


def of(process: str) -> set[str]:
    """The names of one process' metrics, by those of their constants."""
    return {metric for name, metric in PLATFORM.items() if name.startswith(f"{process}_")}


def exported(page: bytes) -> set[str]:
    return {*re.findall(r"^# TYPE (ioc_\w+) ", page.decode(), re.MULTILINE)} - {
        *re.findall(r"^# TYPE (ioc_\w+_created) ", page.decode(), re.MULTILINE)
    }


def test_a_worker_exports_all_of_its_own() -> None:
    worker: CollectorRegistry = WorkerMetrics().registry
    worker.register(PartitionCollector([], lambda *_: None))
    worker.register(HealthCollector(list, list))
    assert exported(generate_latest(worker)) == of("WORKER")


def test_an_exporter_exports_all_of_its_own() -> None:
    exporter = Exporter(load_settings(), compile_plan(catalogue_of(SUBSYSTEM)))
    assert exported(generate_latest(exporter._registry)) == of("EXPORTER")


def test_a_gateway_exports_all_of_its_own() -> None:
    assert exported(generate_latest(GatewayMetrics(lambda: 0.0, lambda: 1.0).registry)) == of("GATEWAY")


def test_a_relay_exports_all_of_its_own(tmp_path: Path) -> None:
    store = Store(tmp_path / "relay.sqlite")
    try:
        assert exported(generate_latest(RelayMetrics(store, 0.0, (), (), (), Supervision(lambda: 0.0)).registry)) == of(
            "RELAY"
        )
    finally:
        store.close()


def test_each_metric_is_the_own_of_some_process() -> None:
    assert {*PLATFORM.values()} == of("WORKER") | of("EXPORTER") | of("GATEWAY") | of("RELAY")
    assert len(PLATFORM) > 30
