"""The one client of Prometheus' HTTP API: instant and range queries, series and alerts.

See https://prometheus.io/docs/prometheus/latest/querying/api/.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

import httpx

_LONGEST_EXPRESSION_TOLD = 200


class PrometheusError(Exception):
    """Prometheus gave no answer, or an error; the message says which expression or address, and why."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A value at a time."""

    labels: dict[str, str]
    """Without the metric's name; that is ``name``."""
    value: float
    time: float
    """Seconds since the epoch."""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time."""

    labels: dict[str, str]
    points: list[tuple[float, float]]
    """Pairs of seconds since the epoch and value, oldest first."""
    name: str = ""


@dataclass(frozen=True, slots=True)
class RuleAlert:
    """An active alert."""

    labels: dict[str, str]
    annotations: dict[str, str]
    state: str
    """``pending`` or ``firing``."""
    active_at: str
    """RFC 3339, in UTC."""
    value: float


class Queries(Protocol):
    """Who answers instant queries: a server, or a server as it was."""

    def query(self, expr: str) -> list[Sample]:
        """The value of each series of an expression. Raises PrometheusError."""
        ...


@dataclass(frozen=True, slots=True)
class AsOf:
    """A server as it was at a moment, in seconds since the epoch."""

    prometheus: "Prometheus"
    moment: float

    def query(self, expr: str) -> list[Sample]:
        return self.prometheus.query(expr, at=self.moment)


class Prometheus:
    """A Prometheus server. Every method raises PrometheusError; close it, or use it in a ``with``."""

    def __init__(self, url: str, timeout: float = 10.0, login: tuple[str, str] | None = None) -> None:
        """``url``: the address under which the server's pages are; ``timeout``: seconds for a whole answer's parts;
        ``login``: user and password, None where it asks for none.
        """
        self.url = url.rstrip("/")
        # A local server is not to be sought through a proxy of the environment.
        self._client = httpx.Client(base_url=self.url, timeout=timeout, trust_env=False, auth=login)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def query(self, expr: str, at: float | None = None) -> list[Sample]:
        """The value of each series of an expression, now or ``at`` seconds since the epoch; a scalar has no labels."""
        moment = {} if at is None else {"time": f"{at:.3f}"}
        data = self._ask("POST", "query", {"query": expr, **moment}, about=expr)
        match data["resultType"]:
            case "vector":
                return [_sample(row["metric"], row["value"]) for row in data["result"]]
            case "scalar":
                return [_sample({}, data["result"])]
            case other:
                raise PrometheusError(f"{_told(expr)} gives a {other}, not one value per series; ask query_range.")

    def query_range(self, expr: str, start: float, end: float, step: float) -> list[Series]:
        """The values of each series from ``start`` to ``end`` (seconds since the epoch, both included)."""
        form = {"query": expr, "start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:.3f}"}
        data = self._ask("POST", "query_range", form, about=expr)
        return [_series(row["metric"], row["values"]) for row in data["result"]]

    def series(self, *selectors: str, start: float | None = None, end: float | None = None) -> list[dict[str, str]]:
        """The label sets, ``__name__`` included, of all series that match any of the selectors."""
        span = {"start": start, "end": end}
        form: dict[str, Any] = {"match[]": list(selectors)}
        form |= {name: f"{moment:.3f}" for name, moment in span.items() if moment is not None}
        found: list[dict[str, str]] = self._ask("POST", "series", form, about=", ".join(selectors))
        return found

    def alerts(self) -> list[RuleAlert]:
        """All pending and firing alerts."""
        return [
            RuleAlert(row["labels"], row.get("annotations", {}), row["state"], row["activeAt"], float(row["value"]))
            for row in self._ask("GET", "alerts")["alerts"]
        ]

    def _ask(self, method: str, route: str, form: Mapping[str, Any] | None = None, about: str = "") -> Any:
        """The ``data`` of an answer."""
        address = f"{self.url}/api/v1/{route}"
        try:
            answer = self._client.request(method, f"/api/v1/{route}", data=form)
        except httpx.TimeoutException as error:
            asked = f" for {_told(about)}" if about else ""
            raise PrometheusError(f"Prometheus at {address} did not answer in time{asked}.") from error
        except httpx.HTTPError as error:
            raise PrometheusError(f"Prometheus at {address} cannot be reached: {error}. Is it running?") from error
        try:
            body = answer.json()
            status = body["status"]
        except (ValueError, TypeError, KeyError) as error:
            kind = answer.headers.get("content-type", "no content type")
            raise PrometheusError(
                f"{address} answered {answer.status_code} with {kind}, not as Prometheus does: is the address right?"
            ) from error
        if status != "success":
            where = f"{_told(about)}: " if about else ""
            raise PrometheusError(f"{where}{body.get('errorType', 'error')}: {body.get('error', answer.status_code)}")
        return body["data"]


def _told(expr: str) -> str:
    return expr if len(expr) <= _LONGEST_EXPRESSION_TOLD else f"{expr[:_LONGEST_EXPRESSION_TOLD]}…"


def _split(metric: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    return metric.get("__name__", ""), {name: value for name, value in metric.items() if name != "__name__"}


def _sample(metric: Mapping[str, str], point: tuple[float, str]) -> Sample:
    name, labels = _split(metric)
    return Sample(labels, float(point[1]), float(point[0]), name)


def _series(metric: Mapping[str, str], points: Iterable[tuple[float, str]]) -> Series:
    name, labels = _split(metric)
    return Series(labels, [(float(time), float(value)) for time, value in points], name)
