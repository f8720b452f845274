"""The gateway's metrics: what each feed sent, what was refused and why, how long it took."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class GatewayMetrics:
    """Names begin with ``ioc_gateway_``; the feed is ``unknown`` where no token told it."""

    def __init__(self, waiting_bytes: Callable[[], float], ready: Callable[[], float]) -> None:
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.events = Counter(
            "ioc_gateway_events", "Events that Kafka acknowledged.", ["feed", "subsystem"], registry=registry
        )
        self.refused = Counter(
            "ioc_gateway_refused_requests",
            "Requests of which no event was acknowledged, by the first reason.",
            ["feed", "status", "reason"],
            registry=registry,
        )
        self.seconds = Histogram(
            "ioc_gateway_request_seconds",
            "Time from a request's headers to its answer.",
            ["status"],
            buckets=_SECONDS,
            registry=registry,
        )
        Gauge(
            "ioc_gateway_waiting_bytes", "Bytes of events that Kafka has not acknowledged yet.", registry=registry
        ).set_function(waiting_bytes)
        Gauge("ioc_gateway_ready", "1 while Kafka answers.", registry=registry).set_function(ready)

    def page(self) -> bytes:
        """All metrics, in Prometheus' text format."""
        return generate_latest(self.registry)
