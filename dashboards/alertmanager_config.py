"""Alertmanager's configuration: who hears of what, and which alert makes another one superfluous."""

from collections.abc import Iterable
from typing import Any

from dashboards.rules.inhibitions import Inhibition, inhibitions
from dashboards.rules.timing import EVALUATION
from dashboards.yaml_text import dump
from ioc.catalogue.model import Catalogue


def alertmanager_config(
    catalogue: Catalogue, relay_url: str, *, token_file: str | None = None, ca_file: str | None = None
) -> str:
    """The text of a province's ``alertmanager.yml``; of ``catalogue`` each feed hides what rests on it while it is
    silent. The other arguments are those of `alertmanager_with`.
    """
    return alertmanager_with(inhibitions(catalogue), relay_url, token_file=token_file, ca_file=ca_file)


def alertmanager_with(
    rules: Iterable[Inhibition], relay_url: str, *, token_file: str | None = None, ca_file: str | None = None
) -> str:
    """The text of ``alertmanager.yml``.

    Args:
        rules: which alert makes another one superfluous.
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
            "inhibit_rules": [_inhibit(each) for each in rules],
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


def _inhibit(inhibition: Inhibition) -> dict[str, Any]:
    return {
        "source_matchers": [*inhibition.source],
        "target_matchers": [*inhibition.target],
        **({"equal": [*inhibition.equal]} if inhibition.equal else {}),
    }
