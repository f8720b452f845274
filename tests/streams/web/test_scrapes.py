from prometheus_client import CollectorRegistry

from streams.settings.parts import WorkerMetricsSettings
from streams.worker.http import serve
from streams.worker.metrics import WorkerMetrics
from tests.streams.web.scrapes import check_negotiation


def test_a_workers_metrics_come_in_the_format_and_packing_that_is_asked_for() -> None:
    registry: CollectorRegistry = WorkerMetrics().registry
    with serve(WorkerMetricsSettings(port=0), registry, list, list) as address:
        check_negotiation(address)
