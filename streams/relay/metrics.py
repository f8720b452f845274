"""The relay's metrics: which alerts are taken or silenced, and how deliveries fare. No person is in them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ioc.kpis import platform_metrics
from ioc.kpis.platform_metrics import PlatformMetric
from ioc.notices.episode import Episode, Silence
from streams.relay.store import Store
from streams.relay.supervision import Supervision
from streams.secrets.endings import ends_at

_OVER = ("delivered", "refused")


class _Relay(Collector):
    def __init__(
        self,
        store: Store,
        now: float,
        *,
        silences: Sequence[Silence],
        counted: Sequence[Episode],
        steps: Supervision,
        certificates: Sequence[Path] = (),
    ) -> None:
        self._store, self._now, self._silences, self._counted, self._steps = store, now, silences, counted, steps
        self._certificates = certificates

    def collect(self) -> Iterable[Metric]:
        taken = _gauge(platform_metrics.RELAY_ALERT_ACKNOWLEDGED)
        opened = _gauge(platform_metrics.RELAY_OPEN_ALERTS)
        counts = {(name, is_taken): 0 for name in ("page", "digest") for is_taken in ("true", "false")}
        for episode in self._counted:
            counts["page" if episode.alert.pages else "digest", "true" if episode.acknowledgement else "false"] += 1
        latest: dict[tuple[str, ...], float] = {}
        for episode in self._store.open_episodes():
            alert, who = episode.alert, episode.acknowledgement
            if who is not None:
                # Alerts that differ in other labels only are one series: its newest time.
                place = _named(alert.labels)
                latest[place] = max(who.at, latest.get(place, 0.0))
        for place, at in latest.items():
            taken.add_metric(place, at)
        for (alert_class, is_taken), count in counts.items():
            opened.add_metric([alert_class, is_taken], count)
        yield taken
        yield opened
        yield self._silenced()
        yield from self._deliveries()
        yield from self._supervised()
        ends = _gauge(platform_metrics.RELAY_CERTIFICATE_ENDS)
        for file in self._certificates:
            ends.add_metric([file.name], ends_at(file))
        yield ends

    def _silenced(self) -> Metric:
        ends = _gauge(platform_metrics.RELAY_SILENCE_ENDS)
        latest: dict[tuple[str, ...], float] = {}
        for silence in self._silences:
            place = _named(silence.labels)
            latest[place] = max(silence.ends_at, latest.get(place, 0.0))
        for place, at in latest.items():
            ends.add_metric(place, at)
        return ends

    def _deliveries(self) -> Iterable[Metric]:
        metric = platform_metrics.RELAY_DELIVERIES
        done = CounterMetricFamily(metric.name, metric.documentation, labels=metric.labels)
        waiting = _gauge(platform_metrics.RELAY_WAITING_DELIVERIES)
        for channel, state, count in self._store.deliveries():
            if state in _OVER:
                done.add_metric([channel, state], count)
            else:
                waiting.add_metric([channel], count)
        oldest = self._store.oldest_pending()
        age = _gauge(platform_metrics.RELAY_OLDEST_WAITING)
        age.add_metric([], 0.0 if oldest is None else max(0.0, self._now - oldest))
        yield from (done, waiting, age)

    def _supervised(self) -> Iterable[Metric]:
        metric = platform_metrics.RELAY_STEP_FAILURES
        failures = CounterMetricFamily(metric.name, metric.documentation)
        failures.add_metric([], self._steps.failures.total())
        last = _gauge(platform_metrics.RELAY_ROUND)
        last.add_metric([], self._steps.last_round)
        yield from (failures, last)


def _named(labels: Mapping[str, str]) -> tuple[str, ...]:
    """The labels of an alert that are the series' too."""
    return tuple(labels.get(name, "") for name in platform_metrics.ALERT_LABELS)


def _gauge(metric: PlatformMetric) -> GaugeMetricFamily:
    return GaugeMetricFamily(metric.name, metric.documentation, labels=metric.labels)


def registry(
    store: Store,
    now: float,
    *,
    silences: Sequence[Silence],
    counted: Sequence[Episode],
    steps: Supervision,
    certificates: Sequence[Path] = (),
) -> CollectorRegistry:
    """All metrics of this moment; ``silences`` are Alertmanager's, ``counted`` the alerts it says are open.

    Args:
        certificates: files whose ends are told.
    """
    made = CollectorRegistry(auto_describe=False)
    made.register(_Relay(store, now, silences=silences, counted=counted, steps=steps, certificates=certificates))
    return made
