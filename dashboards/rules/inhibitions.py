"""Which alert makes another one superfluous: the one table of Alertmanager's configuration and of what is counted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dashboards.rules.platform import (
    BEHIND,
    DOWN,
    EXPORTER_ABSENT,
    EXPORTER_LEFT_BEHIND,
    FIGURES_BEHIND,
    NO_WORKER,
    TRANSACTION_OPEN,
    WORKER_DOWN,
)
from ioc.catalogue.model import Catalogue
from ioc.kpis import platform_metrics

FIRING = 'ALERTS{alertstate="firing",class!="heartbeat"}'
"""Every alert that fires but the dead man's switch, which always does."""


@dataclass(frozen=True)
class Inhibition:
    """While an alert like ``source`` fires, none like ``target`` with the same labels in ``equal`` is told or counted.

    Matchers read alike in Alertmanager and in PromQL.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    equal: tuple[str, ...] = ()

    def superfluous(self) -> str:
        """PromQL: the alerts that it hides now."""
        on = f"on ({', '.join(self.equal)})"
        return f"{_firing(self.target)} and {on} {_firing(self.source)}"


def inhibitions(catalogue: Catalogue) -> Iterator[Inhibition]:
    """All of them; of a catalogue each feed, which hides the alerts that rest on it while it is silent."""
    yield Inhibition(('severity="critical"',), ('severity="warning"',), platform_metrics.LABELS_OF_ONE_FAULT)
    yield from _silent_feeds(catalogue)
    yield Inhibition(_any_of(*DOWN), ('layer="feed"',))
    yield Inhibition(_any_of(*BEHIND), ('layer="feed"',), ("subsystem",))
    yield Inhibition(_any_of(TRANSACTION_OPEN), _any_of(FIGURES_BEHIND), ("subsystem",))
    # Without an exporter nothing is judged: what fired does not resolve, it is out of sight.
    yield Inhibition(_any_of(EXPORTER_ABSENT), ('layer="kpi"',))
    yield Inhibition(_any_of(EXPORTER_ABSENT), _any_of(EXPORTER_LEFT_BEHIND))
    yield Inhibition(_any_of(NO_WORKER), _any_of(WORKER_DOWN))


def open_alerts(rules: Iterable[Inhibition]) -> str:
    """PromQL: what fires less what is superfluous, each told apart by `ALERT_LABELS`."""
    opened = "\nunless\n".join([FIRING, *(f"({each.superfluous()})" for each in rules)])
    return located(f"({opened})")


def located(alerts: str) -> str:
    """PromQL: series of Prometheus' alerts with the label ``at``, as `alert_named` has it."""
    names = ", ".join(f'"{name}"' for name in platform_metrics.ALERT_AT)
    return f'label_replace(label_join({alerts}, "at", "/", {names}), "at", "$1", "at", "/*(.*?)/*")'


def _silent_feeds(catalogue: Catalogue) -> Iterator[Inhibition]:
    """What a silent feed hides: the KPIs that rest on it, not those that rest on others."""
    names = {slug: None for each in catalogue.subsystems.values() for slug in each.feeds}
    for feed in names:
        among = f'feeds=~"(.+,)?{feed}(,.+)?"'
        yield Inhibition(('layer="feed"', f'feed="{feed}"'), ('layer="kpi"', among), ("subsystem",))


def _any_of(*alerts: str) -> tuple[str, ...]:
    return (f'alertname=~"{"|".join(alerts)}"',)


def _firing(matchers: tuple[str, ...]) -> str:
    return f"{FIRING.removesuffix('}')},{','.join(matchers)}}}"
