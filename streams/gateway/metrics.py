"""The gateway's metrics: what each sender sent, what was refused and why, how long it took."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from ioc.kpis import platform_metrics

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class GatewayMetrics:
    """The sender is ``unknown`` where no token told it."""

    def __init__(self, waiting_bytes: Callable[[], float], ready: Callable[[], float]) -> None:
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.events = Counter(*platform_metrics.GATEWAY_EVENTS, registry=registry)
        self.refused = Counter(*platform_metrics.GATEWAY_REFUSED_REQUESTS, registry=registry)
        self.seconds = Histogram(*platform_metrics.GATEWAY_REQUEST_SECONDS, buckets=_SECONDS, registry=registry)
        Gauge(*platform_metrics.GATEWAY_WAITING_BYTES, registry=registry).set_function(waiting_bytes)
        Gauge(*platform_metrics.GATEWAY_READY, registry=registry).set_function(ready)
