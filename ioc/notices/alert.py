"""An alert as Alertmanager's webhook tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec

PAGE, DIGEST = "page", "digest"
_SEVERITIES = ("critical", "warning")
LOST_SIGHT = "lost_sight"
"""The annotation of an alert that ended while its feed was dead: nobody knows whether all is well."""


class WebhookError(ValueError):
    """A request that is no webhook of Alertmanager; the message says which field."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert from its beginning to its end; firing again it is another one. Times: seconds since the epoch."""

    fingerprint: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: float
    """When it began to fire, its hold over."""
    ends_at: float | None = None
    """None while it fires."""

    @property
    def key(self) -> str:
        """Tells it from every other alert, also from itself at another time; fit for an address."""
        return f"{self.fingerprint}-{round(self.starts_at)}"

    @property
    def name(self) -> str:
        return self.labels.get("alertname", "?")

    @property
    def subsystem(self) -> str:
        return self.labels.get("subsystem", "platform")

    @property
    def kpi(self) -> str | None:
        return self.labels.get("kpi")

    @property
    def feed(self) -> str | None:
        """The feed whose silence it tells."""
        return self.labels.get("feed")

    @property
    def feeds(self) -> list[str]:
        """Those that its KPI rests on."""
        return [feed for feed in self.labels.get("feeds", "").split(",") if feed]

    @property
    def severity(self) -> str:
        return self.labels.get("severity", "warning")

    @property
    def rank(self) -> int:
        """0 for the worst severity, more for others."""
        return _SEVERITIES.index(self.severity) if self.severity in _SEVERITIES else len(_SEVERITIES)

    @property
    def pages(self) -> bool:
        """Whether it wakes somebody. An alert without a known class does: better once too often."""
        return self.labels.get("class") != DIGEST


class _WebhookAlert(msgspec.Struct):
    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: datetime = msgspec.field(name="startsAt")
    ends_at: datetime = msgspec.field(name="endsAt")
    fingerprint: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")] = msgspec.field()


class _Webhook(msgspec.Struct):
    version: Literal["4"]
    alerts: list[msgspec.Raw]


@dataclass(frozen=True, slots=True)
class Webhook:
    """One request: the alerts that can be read, and why others cannot."""

    alerts: list[Alert]
    faults: list[str]


def webhook_of(body: bytes) -> Webhook:
    """What Alertmanager tells in one request.

    See https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. Raises WebhookError.
    """
    try:
        request = msgspec.json.decode(body, type=_Webhook)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise WebhookError(f"this is no webhook of Alertmanager, version 4: {error}") from None
    webhook = Webhook([], [])
    for number, raw in enumerate(request.alerts):
        try:
            webhook.alerts.append(_alert(msgspec.json.decode(raw, type=_WebhookAlert)))
        except (ValueError, RecursionError, OverflowError) as error:
            webhook.faults.append(f"alerts[{number}]: {error}")
    return webhook


def _alert(told: _WebhookAlert) -> Alert:
    """Raises ValueError."""
    return Alert(
        told.fingerprint,
        told.labels,
        told.annotations,
        _seconds(told.starts_at),
        _seconds(told.ends_at) if told.status == "resolved" else None,
    )


def _seconds(moment: datetime) -> float:
    """Raises ValueError."""
    if not 2000 <= moment.year < 2200:
        raise ValueError(f"{moment.isoformat()} is no time of an alert")
    # Alertmanager writes its zone; a time without one would be UTC.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
