"""What the relay asks of Alertmanager: what it knows by now, to be silent, and no longer to be. API version 2."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import aiohttp

from ioc.notices.alert import Alert
from ioc.notices.episode import Episode, Silence
from ioc.notices.heartbeat import DEAD_MAN_SWITCH, FINGERPRINT

_READ, _WRITE = aiohttp.ClientTimeout(total=3), aiohttp.ClientTimeout(total=10)
"""A scrape of the relay, which reads from Alertmanager, has 5 seconds."""


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
    silenced: tuple[Alert, ...]
    """Those that are silenced and that no other makes superfluous, without the dead man's switch."""

    def counts(self, alert: Alert) -> bool:
        """Whether an open alert is one of those that are counted, here as on the wall."""
        told_by_the_relay = alert.fingerprint == FINGERPRINT
        return told_by_the_relay or alert.fingerprint in self.present - self.inhibited


@dataclass(frozen=True, slots=True)
class Counted:
    """Open alerts as the wall counts them."""

    told: Sequence[Episode]
    """Those that the relay keeps and that no other one makes superfluous."""
    others: Sequence[Episode]
    """Those that it keeps and that do not count."""
    silenced: Sequence[Episode]
    """Those that were silenced before the relay was told of them: it keeps none, and nobody was called."""

    @property
    def all(self) -> list[Episode]:
        """Those that count."""
        return [*self.told, *self.silenced]


class Alertmanager:
    """Alertmanager's HTTP API at an address. Every method raises AlertmanagerError."""

    def __init__(self, client: aiohttp.ClientSession, url: str, login: tuple[str, str] | None = None) -> None:
        """``login``: user and password; None where it asks for none."""
        self._client, self._url = client, url.rstrip("/")
        self._auth = None if login is None else aiohttp.BasicAuth(*login, encoding="utf-8")

    async def known(self) -> AlertStates:
        rows = await self._ask("GET", "alerts")
        with _as_documented():
            return AlertStates(
                frozenset(row["fingerprint"] for row in rows),
                frozenset(row["fingerprint"] for row in rows if row["status"]["state"] == "suppressed"),
                frozenset(row["fingerprint"] for row in rows if row["status"]["inhibitedBy"]),
                tuple(each for each in map(_alert, filter(_only_silenced, rows)) if each.name != DEAD_MAN_SWITCH),
            )

    async def counted(self, opened: Sequence[Episode]) -> "Counted":
        """The alerts that count, here as on the wall; all that are open where Alertmanager does not answer."""
        try:
            known = await self.known()
        except AlertmanagerError:
            return Counted([*opened], [], [])
        kept = {each.alert.fingerprint for each in opened}
        return Counted(
            [each for each in opened if known.counts(each.alert)],
            [each for each in opened if not known.counts(each.alert)],
            [Episode(each, each.starts_at) for each in known.silenced if each.fingerprint not in kept],
        )

    async def silences(self) -> list[Silence]:
        """Those that are not over, the first to end first."""
        rows = await self._ask("GET", "silences")
        with _as_documented():
            found = [_silence(row) for row in rows if row["status"]["state"] != "expired"]
        return sorted(found, key=lambda silence: silence.ends_at)

    async def silences_if_any(self) -> list[Silence] | None:
        """Those that are not over; None where Alertmanager does not answer."""
        try:
            return await self.silences()
        except AlertmanagerError:
            return None

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

    async def end_silence(self, name: str) -> None:
        """End the silence with this id."""
        await self._ask("DELETE", f"silence/{quote(name, safe='')}")

    async def _ask(self, method: str, route: str, body: Mapping[str, Any] | None = None) -> Any:
        url = f"{self._url}/api/v2/{route}"
        timeout = _READ if method == "GET" else _WRITE
        try:
            async with self._client.request(method, url, json=body, timeout=timeout, auth=self._auth) as answer:
                if answer.status != 200:
                    raise AlertmanagerError(f"{method} {url}: {answer.status} {(await answer.text())[:200]}")
                return await answer.json() if await answer.read() else None
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


def _only_silenced(row: Mapping[str, Any]) -> bool:
    return bool(row["status"]["silencedBy"]) and not row["status"]["inhibitedBy"]


def _alert(row: Mapping[str, Any]) -> Alert:
    return Alert(row["fingerprint"], row["labels"], row["annotations"], _seconds(row["startsAt"]))


def _silence(row: Mapping[str, Any]) -> Silence:
    matchers = ", ".join(f"{each['name']}={each['value']}" for each in row["matchers"])
    labels = {
        each["name"]: each["value"] for each in row["matchers"] if not each["isRegex"] and each.get("isEqual", True)
    }
    return Silence(
        row["id"],
        matchers,
        _seconds(row["startsAt"]),
        _seconds(row["endsAt"]),
        row["createdBy"],
        row["comment"],
        labels,
    )


def _moment(instant: float) -> str:
    return datetime.fromtimestamp(instant, UTC).isoformat()


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
