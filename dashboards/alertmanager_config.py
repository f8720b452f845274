"""Alertmanager's configuration: who hears of what, and which alert makes another one superfluous."""

from typing import Any

from dashboards.rules.platform import BEHIND, DOWN, EXPORTER_ABSENT, NO_WORKER, WORKER_DOWN
from dashboards.rules.timing import EVALUATION
from dashboards.yaml_text import dump

NOBODY = "nobody"
RECEIVERS = ("page", "digest", "heartbeat")
"""One receiver for each class of alert."""


def alertmanager_config(
    *, webhook_url: str | None = None, webhook_token_file: str | None = None, heartbeat_url: str | None = None
) -> str:
    """The text of ``alertmanager.yml``.

    Args:
        webhook_url: where alerts of the classes page and digest are posted; None posts them nowhere.
        webhook_token_file: file with the bearer token that the webhook asks for.
        heartbeat_url: where the dead-man switch is posted every minute, for something outside this platform to miss it.
    """
    webhook, heartbeat = _webhook(webhook_url, webhook_token_file), _webhook(heartbeat_url, None)
    webhooks = {"page": webhook, "digest": webhook, "heartbeat": heartbeat}
    return dump(
        {
            "route": {
                "receiver": NOBODY,
                "group_by": ["subsystem"],
                # What fires together is one message; what follows is told as soon, for it has had its hold already.
                "group_wait": f"{EVALUATION}s",
                "group_interval": f"{EVALUATION}s",
                "repeat_interval": "4h",
                "routes": [_route("page"), _route("digest", repeat="24h"), _route("heartbeat", repeat="1m")],
            },
            "inhibit_rules": [
                _inhibit('severity="critical"', 'severity="warning"', equal=["alertname", "subsystem"]),
                _inhibit('layer="feed"', 'layer="kpi"', equal=["subsystem"]),
                _inhibit(_any_of(DOWN), 'layer="feed"'),
                _inhibit(_any_of(BEHIND), 'layer="feed"', equal=["subsystem"]),
                # Without an exporter nothing is judged: what fired does not resolve, it is out of sight.
                _inhibit(_any_of((EXPORTER_ABSENT,)), 'layer="kpi"'),
                _inhibit(_any_of((NO_WORKER,)), _any_of((WORKER_DOWN,))),
            ],
            "receivers": [{"name": NOBODY}, *(_receiver(name, webhooks[name]) for name in RECEIVERS)],
        }
    )


def _route(alert_class: str, repeat: str | None = None) -> dict[str, Any]:
    return {
        "receiver": alert_class,
        "matchers": [f'class="{alert_class}"'],
        **({"repeat_interval": repeat} if repeat else {}),
    }


def _webhook(url: str | None, token_file: str | None) -> dict[str, Any] | None:
    if url is None:
        return None
    webhook: dict[str, Any] = {"url": url, "send_resolved": True}
    if token_file is not None:
        webhook["http_config"] = {"authorization": {"credentials_file": token_file}}
    return webhook


def _receiver(name: str, webhook: dict[str, Any] | None) -> dict[str, Any]:
    return {"name": name, **({"webhook_configs": [webhook]} if webhook else {})}


def _any_of(alerts: tuple[str, ...]) -> str:
    return f'alertname=~"{"|".join(alerts)}"'


def _inhibit(source: str, target: str, equal: list[str] | None = None) -> dict[str, Any]:
    return {
        "source_matchers": [source],
        "target_matchers": [target],
        **({"equal": equal} if equal else {}),
    }
