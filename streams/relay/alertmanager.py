"""The two things that the relay asks of Alertmanager: what it knows by now, and to be silent. API version 2."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp

from ioc.notices.alert import Alert
from ioc.notices.episode import Silence
from ioc.notices.heartbeat import FINGERPRINT

_TIMEOUT = aiohttp.ClientTimeout(total=10)


class AlertmanagerError(OSError):
    """Alertmanager did not answer, or refused; the message says what was asked."""


@dataclass(frozen=True, slots=True)
class AlertStates:
    """The alerts that Alertmanager has, by fingerprint."""

    present: frozenset[str]
    suppressed: frozenset[str]
    """Of these, those that are silenced or inhibited."""
    inhibited: frozenset[str]
    """Of these, those that another alert makes superfluous."""

    def counts(self, alert: Alert) -> bool:
        """Whether an open alert is one of those that are counted, here as on the wall."""
        told_by_the_relay = alert.fingerprint == FINGERPRINT
        return told_by_the_relay or alert.fingerprint in self.present - self.inhibited


class Alertmanager:
    """Alertmanager's HTTP API at an address. Every method raises AlertmanagerError."""

    def __init__(self, client: aiohttp.ClientSession, url: str) -> None:
        self._client, self._url = client, url.rstrip("/")

    async def known(self) -> AlertStates:
        rows = await self._ask("GET", "alerts")
        with _as_documented():
            return AlertStates(
                frozenset(row["fingerprint"] for row in rows),
                frozenset(row["fingerprint"] for row in rows if row["status"]["state"] == "suppressed"),
                frozenset(row["fingerprint"] for row in rows if row["status"]["inhibitedBy"]),
            )

    async def silences(self) -> list[Silence]:
        """Those that are not over, the first to end first."""
        rows = await self._ask("GET", "silences")
        with _as_documented():
            found = [_silence(row) for row in rows if row["status"]["state"] != "expired"]
        return sorted(found, key=lambda silence: silence.ends_at)

    async def silence(self, alert: Alert, who: str, reason: str, start: float, end: float) -> str:
        """Silence exactly this alert and return the silence's id."""
        body = {
            "matchers": [
                {"name": name, "value": value, "isRegex": False, "isEqual": True}
                for name, value in sorted(alert.labels.items())
            ],
            "startsAt": _moment(start),
            "endsAt": _moment(end),
            "createdBy": who,
            "comment": reason,
        }
        answer = await self._ask("POST", "silences", body)
        with _as_documented():
            return str(answer["silenceID"])

    async def _ask(self, method: str, route: str, body: Mapping[str, Any] | None = None) -> Any:
        url = f"{self._url}/api/v2/{route}"
        try:
            async with self._client.request(method, url, json=body, timeout=_TIMEOUT) as answer:
                if answer.status != 200:
                    raise AlertmanagerError(f"{method} {url}: {answer.status} {(await answer.text())[:200]}")
                return await answer.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise AlertmanagerError(
                f"Alertmanager at {url} cannot be asked: {str(error) or 'no answer in time'}"
            ) from None


@contextmanager
def _as_documented() -> Iterator[None]:
    try:
        yield
    except (LookupError, TypeError, ValueError) as error:
        raise AlertmanagerError(f"Alertmanager's answer is not that of its API 2: {error!r}") from None


def _silence(row: Mapping[str, Any]) -> Silence:
    matchers = ", ".join(f"{each['name']}={each['value']}" for each in row["matchers"])
    return Silence(
        row["id"], matchers, _seconds(row["startsAt"]), _seconds(row["endsAt"]), row["createdBy"], row["comment"]
    )


def _moment(instant: float) -> str:
    return datetime.fromtimestamp(instant, UTC).isoformat()


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
