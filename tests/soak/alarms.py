"""Alerts as Prometheus raises them: told to Alertmanager again and again while they fire, and once they are over."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx
from ruamel.yaml import YAML

from dashboards.rules import rule_files
from ioc.catalogue.model import Catalogue

_TURN = 2.0
"""Seconds between two tellings, of alerts that stand for a few minutes more if none came."""
_PER_TURN = 0.15
"""New alerts a turn, on average."""
_OVER_IS_TOLD = 60.0
"""Seconds that the end of the last ones is told, whatever happens to Alertmanager meanwhile."""
_SHORTEST, _LONGEST = 90.0, 180.0
"""Seconds that an alert fires: longer than any fault keeps Alertmanager and relay from each other."""


@dataclass
class Raised:
    """One alert from its beginning to its end."""

    labels: dict[str, str]
    annotations: dict[str, str]
    began: datetime
    until: float
    """Monotonic seconds."""
    over: datetime | None = None


class Alarms:
    """Raises the pages of the catalogue's own rules at random until stopped; two of the same never stand at once."""

    def __init__(self, catalogue: Catalogue, url: str, random: Random) -> None:
        rules = list(_rules(catalogue))
        self._pages = [rule for rule in rules if rule["labels"]["class"] == "page"]
        # The dead man's switch always fires.
        self._always = [self._raise(rule, float("inf")) for rule in rules if rule["labels"]["class"] == "heartbeat"]
        self._url = url
        self._random = random
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)
        self.raised: list[Raised] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Raise no more; what stands still fires for as long as it must."""
        self._stopping.set()

    @property
    def over(self) -> bool:
        """Whether it has stopped and nothing stands any more."""
        return not self._thread.is_alive()

    def _run(self) -> None:
        with httpx.Client(timeout=5, trust_env=False) as client:
            until = float("inf")
            while time.monotonic() < until:
                if not self._stopping.is_set():
                    self._begin_some()
                for each in self.raised:
                    if each.over is None and time.monotonic() > each.until:
                        each.over = datetime.now(UTC)
                if self._stopping.is_set() and all(each.over for each in self.raised):
                    until = min(until, time.monotonic() + _OVER_IS_TOLD)
                self._tell(client)
                time.sleep(_TURN)

    def _begin_some(self) -> None:
        standing = [each.labels for each in self.raised if each.over is None]
        for rule in self._pages:
            if rule["labels"] not in standing and self._random.random() < _PER_TURN / len(self._pages):
                seconds = self._random.uniform(_SHORTEST, _LONGEST)
                self.raised.append(self._raise(rule, time.monotonic() + seconds))

    @staticmethod
    def _raise(rule: dict[str, Any], until: float) -> Raised:
        return Raised(rule["labels"], rule["annotations"], datetime.now(UTC), until)

    def _tell(self, client: httpx.Client) -> None:
        # As Prometheus: what is over is told for a while, of each alert only the newest.
        newest = {each.labels["alertname"]: each for each in (*self._always, *self.raised)}
        with suppress(httpx.TransportError):
            client.post(f"{self._url}/api/v2/alerts", json=[_posted(each) for each in newest.values()])


def _rules(catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    for text in rule_files(catalogue).values():
        for group in YAML(typ="safe").load(text)["groups"]:
            for rule in group["rules"]:
                if "alert" in rule and "{{" not in str(rule["labels"]) and _is_told(rule["labels"]):
                    yield {**rule, "labels": {"alertname": rule["alert"], **rule["labels"]}}


def _is_told(labels: dict[str, str]) -> bool:
    """Whether its alert is told whatever else fires: those of feeds and of the platform hide others."""
    return labels.get("class") == "heartbeat" or (labels.get("class") == "page" and labels.get("layer") == "kpi")


def _posted(each: Raised) -> dict[str, Any]:
    ends = each.over or datetime.now(UTC) + timedelta(minutes=5)
    return {
        "labels": each.labels,
        "annotations": each.annotations,
        "startsAt": each.began.isoformat(),
        "endsAt": ends.isoformat(),
    }
