"""Alertmanager's configuration: who hears of what, and which alert makes another one superfluous."""

from collections.abc import Iterator
from typing import Any

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
from dashboards.rules.timing import EVALUATION
from dashboards.yaml_text import dump
from ioc.catalogue.model import Catalogue


def alertmanager_config(
    catalogue: Catalogue, relay_url: str, *, token_file: str | None = None, ca_file: str | None = None
) -> str:
    """The text of ``alertmanager.yml``.

    Args:
        catalogue: its feeds, each of which hides the alerts that rest on it while it is silent.
        relay_url: the relay, which is told of all alerts, and every minute of the dead-man switch.
        token_file: file with the bearer token that it asks for.
        ca_file: authority of its certificate, where that is none of the system's.
    """
    client = {
        **({"authorization": {"credentials_file": token_file}} if token_file else {}),
        **({"tls_config": {"ca_file": ca_file}} if ca_file else {}),
    }
    paths = {"page": "alerts", "digest": "alerts", "heartbeat": "heartbeat"}
    return dump(
        {
            "route": {
                # An alert without a known class wakes somebody: better once too often.
                "receiver": "page",
                "group_by": ["subsystem"],
                # What fires together is one message; what follows is told as soon, for it has had its hold already.
                "group_wait": f"{EVALUATION}s",
                "group_interval": f"{EVALUATION}s",
                "repeat_interval": "4h",
                "routes": [_route("page"), _route("digest", repeat="24h"), _route("heartbeat", repeat="1m")],
            },
            "inhibit_rules": [
                # One alertname stands for all feeds of a subsystem, and each is told for itself.
                _inhibit(['severity="critical"'], ['severity="warning"'], equal=["alertname", "subsystem", "feed"]),
                *_silent_feeds(catalogue),
                _inhibit(_any_of(DOWN), ['layer="feed"']),
                _inhibit(_any_of(BEHIND), ['layer="feed"'], equal=["subsystem"]),
                _inhibit(_any_of((TRANSACTION_OPEN,)), _any_of((FIGURES_BEHIND,)), equal=["subsystem"]),
                # Without an exporter nothing is judged: what fired does not resolve, it is out of sight.
                _inhibit(_any_of((EXPORTER_ABSENT,)), ['layer="kpi"']),
                _inhibit(_any_of((EXPORTER_ABSENT,)), _any_of((EXPORTER_LEFT_BEHIND,))),
                _inhibit(_any_of((NO_WORKER,)), _any_of((WORKER_DOWN,))),
            ],
            "receivers": [_receiver(name, f"{relay_url}/{path}", client) for name, path in paths.items()],
        }
    )


def _route(alert_class: str, repeat: str | None = None) -> dict[str, Any]:
    return {
        "receiver": alert_class,
        "matchers": [f'class="{alert_class}"'],
        **({"repeat_interval": repeat} if repeat else {}),
    }


def _receiver(name: str, url: str, client: dict[str, Any]) -> dict[str, Any]:
    webhook: dict[str, Any] = {"url": url, "send_resolved": True, **({"http_config": client} if client else {})}
    return {"name": name, "webhook_configs": [webhook]}


def _silent_feeds(catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """What a silent feed hides: the KPIs that rest on it, not those that rest on others."""
    names = {slug: None for each in catalogue.subsystems.values() for slug in each.feeds}
    for feed in names:
        among = f'feeds=~"(.+,)?{feed}(,.+)?"'
        yield _inhibit(['layer="feed"', f'feed="{feed}"'], ['layer="kpi"', among], equal=["subsystem"])


def _any_of(alerts: tuple[str, ...]) -> list[str]:
    return [f'alertname=~"{"|".join(alerts)}"']


def _inhibit(source: list[str], target: list[str], equal: list[str] | None = None) -> dict[str, Any]:
    return {
        "source_matchers": source,
        "target_matchers": target,
        **({"equal": equal} if equal else {}),
    }
