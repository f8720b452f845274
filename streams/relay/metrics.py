"""The relay's metrics: which alerts are taken or silenced, and how deliveries fare. No person is in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ioc.kpis import platform_metrics
from ioc.kpis.platform_metrics import PlatformMetric, alert_named
from ioc.notices.episode import Episode, Silence
from streams.relay.store import Store
from streams.relay.supervision import Supervision
from streams.settings.secrets.endings import ends_at

_OVER = ("delivered", "refused")


@dataclass(frozen=True, eq=False)
class RelayMetrics(Collector):
    """What the relay knows at one moment."""

    store: Store
    now: float
    opened: Sequence[Episode]
    """The alerts that are open."""
    counted: Sequence[Episode]
    """Of these those that Alertmanager says are open."""
    silences: Sequence[Silence] | None
    """Alertmanager's; None where it does not answer."""
    steps: Supervision
    certificates: Sequence[Path] = ()
    """Files whose ends are told."""

    @property
    def registry(self) -> CollectorRegistry:
        """All metrics of this moment."""
        made = CollectorRegistry(auto_describe=False)
        made.register(self)
        return made

    def collect(self) -> Iterable[Metric]:
        taken = _gauge(platform_metrics.RELAY_ALERT_ACKNOWLEDGED)
        opened = _gauge(platform_metrics.RELAY_OPEN_ALERTS)
        counts = {(name, is_taken): 0 for name in ("page", "digest") for is_taken in ("true", "false")}
        for episode in self.counted:
            counts["page" if episode.alert.pages else "digest", "true" if episode.acknowledgement else "false"] += 1
        places: dict[tuple[str, ...], list[float | None]] = {}
        for episode in self.opened:
            who = episode.acknowledgement
            places.setdefault(alert_named(episode.alert.labels), []).append(None if who is None else who.at)
        for place, times in places.items():
            # Of alerts that are one series one that somebody took speaks for no other.
            known = [at for at in times if at is not None]
            if len(known) == len(times):
                taken.add_metric(place, max(known))
        for (alert_class, is_taken), count in counts.items():
            opened.add_metric([alert_class, is_taken], count)
        yield taken
        yield opened
        yield from self._silenced()
        yield from self._deliveries()
        yield from self._supervised()
        ends = _gauge(platform_metrics.RELAY_CERTIFICATE_ENDS)
        for file in self.certificates:
            ends.add_metric([file.name], ends_at(file))
        yield ends

    def _silenced(self) -> Iterable[Metric]:
        if self.silences is None:
            return
        count = _gauge(platform_metrics.RELAY_SILENCES)
        count.add_metric([], len(self.silences))
        ends = _gauge(platform_metrics.RELAY_SILENCE_ENDS)
        latest: dict[tuple[str, ...], float] = {}
        for silence in self.silences:
            place = alert_named(silence.labels)
            latest[place] = max(silence.ends_at, latest.get(place, 0.0))
        for place, at in latest.items():
            ends.add_metric(place, at)
        yield from (count, ends)

    def _deliveries(self) -> Iterable[Metric]:
        metric = platform_metrics.RELAY_DELIVERIES
        done = CounterMetricFamily(metric.name, metric.documentation, labels=metric.labels)
        waiting = _gauge(platform_metrics.RELAY_WAITING_DELIVERIES)
        for channel, state, count in self.store.deliveries():
            if state in _OVER:
                done.add_metric([channel, state], count)
            else:
                waiting.add_metric([channel], count)
        oldest = self.store.oldest_pending()
        age = _gauge(platform_metrics.RELAY_OLDEST_WAITING)
        age.add_metric([], 0.0 if oldest is None else max(0.0, self.now - oldest))
        yield from (done, waiting, age)

    def _supervised(self) -> Iterable[Metric]:
        metric = platform_metrics.RELAY_STEP_FAILURES
        failures = CounterMetricFamily(metric.name, metric.documentation)
        failures.add_metric([], self.steps.failures.total())
        last = _gauge(platform_metrics.RELAY_ROUND)
        last.add_metric([], self.steps.last_round)
        yield from (failures, last)


def _gauge(metric: PlatformMetric) -> GaugeMetricFamily:
    return GaugeMetricFamily(metric.name, metric.documentation, labels=metric.labels)
