"""What files cannot do with Grafana, through its HTTP API: see whether every panel has data, and mark a moment.

`grafana-api` for the routes that current Grafana still has; `grafana-client` where that fails, see
docs/decisions/0012-grafana-clients.md. Routes: https://grafana.com/docs/grafana/latest/developers/http_api/.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from grafana_api.grafana_api import GrafanaException
from grafana_api.grafana_face import GrafanaFace
from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaException as GrafanaClientException

from dashboards.grafana.queries import without_no_data
from ioc.kpis import metric_names
from ioc.text.wall import TAG

_TIMEOUT = 30.0
_SPAN, _STEP = 3600, 60
"""Seconds back from now, and between two values, for which a panel over time is asked."""
_REMEMBERED = 7 * 86_400
"""Seconds back in which a figure of a window that has just begun must have been there, or it never was."""
_PASSING = re.compile(rf'\b{metric_names.WINDOW_LABEL}="(?!total")')
"""A window that begins anew, such as today or this month: until something happens in it a ratio has no value."""
_BUILT_IN = {"__rate_interval": "1m", "__interval": "1m", "__range": "1h", "__interval_ms": "60000"}


class GrafanaError(RuntimeError):
    """Grafana cannot be reached or refuses; the message says what it said."""


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel, its variables filled in."""

    expr: str
    datasource: str
    """Uid of the data source."""
    instant: bool
    possibly_empty: bool
    """Declared by the panel: it may have no data for long."""

    @property
    def passing(self) -> bool:
        """Whether it asks for a window that passes: then there may be nothing now where there was before."""
        return bool(_PASSING.search(self.expr))


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel that asks for data."""

    dashboard: str
    title: str
    queries: list[Query]


@dataclass(slots=True)
class Verified:
    """What became of a panel's queries."""

    panel: Panel
    faults: list[str] = field(default_factory=list)
    """Queries that failed, or returned nothing where something must be."""
    empty: int = 0
    """Queries that returned nothing and may."""
    last_seen: list[float] = field(default_factory=list)
    """Of queries of a window in which nothing has happened yet: when they last returned data, s since the epoch."""


class Grafana:
    """One Grafana, as a user of its API. Every method raises GrafanaError."""

    def __init__(self, url: str, auth: str | tuple[str, str]) -> None:
        """``auth``: the token of a service account, or user and password."""
        parts = urlsplit(url)
        self.url = url.rstrip("/")
        prefix = parts.path.strip("/")
        address: dict[str, Any] = {
            "host": parts.hostname,
            "port": parts.port,
            "protocol": parts.scheme,
            "url_path_prefix": f"{prefix}/" if prefix else "",
            "timeout": _TIMEOUT,
        }
        self._face = GrafanaFace(auth, **address)
        self._client = GrafanaApi(auth, **address)

    def panels(self) -> Iterator[Panel]:
        """Every panel of the monitor's dashboards that asks for data."""
        for found in self._asked(lambda: self._face.search.search_dashboards(tag=TAG, type_="dash-db", limit=5000)):
            dashboard = self._asked(lambda uid=found["uid"]: self._face.dashboard.get_dashboard(uid))["dashboard"]
            variables = _variables(dashboard)
            for panel in _nested(dashboard.get("panels", [])):
                queries = [_query(target, panel, variables) for target in panel.get("targets", [])]
                if queries:
                    yield Panel(dashboard["title"], _filled(panel["title"], variables), queries)

    def verify(self, panel: Panel, now: float) -> Verified:
        """Run a panel's queries as Grafana does, through its data source, at ``now`` (s since the epoch)."""
        verified = Verified(panel)
        for query in panel.queries:
            try:
                if self._answers(query, now):
                    continue
                if query.possibly_empty:
                    verified.empty += 1
                elif query.passing and (seen := self._last_seen(query, now)) is not None:
                    verified.last_seen.append(seen)
                else:
                    verified.faults.append(f"no data: {query.expr}")
            except GrafanaError as error:
                verified.faults.append(f"{error}: {query.expr}")
        return verified

    def annotate(self, text: str, at: float, tags: Sequence[str] = (), dashboards: Sequence[str] = ()) -> None:
        """Mark a moment (s since the epoch): on every dashboard that shows the tags, or on those with these uids."""
        own = [TAG, *tags]
        moment = round(at * 1000)
        if not dashboards:
            self._asked(lambda: self._face.annotations.add_annotation(time_from=moment, tags=own, text=text))
        for uid in dashboards:
            self._asked(
                lambda uid=uid: self._client.annotations.add_annotation(
                    dashboard_uid=uid, time_from=moment, tags=own, text=text
                )
            )

    def _answers(self, query: Query, now: float) -> bool:
        """Whether a query returns anything now, or a panel over time has anything to draw."""
        if query.instant:
            return bool(self._result(query.datasource, "query", query=query.expr, time=now))
        return bool(self._over_time(query.datasource, query.expr, now, _SPAN))

    def _last_seen(self, query: Query, now: float) -> float | None:
        """When a query last returned anything, s since the epoch; None if it has not for a week."""
        # Counted, or a breakdown would send a week of every unit.
        series = self._over_time(query.datasource, f"count({query.expr})", now, _REMEMBERED)
        return float(series[0]["values"][-1][0]) if series else None

    def _over_time(self, datasource: str, expr: str, now: float, span: float) -> list[Any]:
        return self._result(datasource, "query_range", query=expr, start=now - span, end=now, step=_STEP)

    def _result(self, datasource: str, route: str, **asked: object) -> list[Any]:
        """What Prometheus answers through the data source's proxy."""
        address = f"/datasources/proxy/uid/{quote(datasource)}/api/v1/{route}?{urlencode(asked)}"
        body = self._asked(lambda: self._face.api.GET(address))
        return list(body["data"]["result"])

    def _asked(self, call: Any) -> Any:
        try:
            return call()
        except (GrafanaException, GrafanaClientException) as error:
            raise GrafanaError(f"Grafana at {self.url}: {error.message}") from error
        except json.JSONDecodeError as error:
            raise GrafanaError(f"Grafana at {self.url} answered with no JSON: is the address right?") from error
        except OSError as error:  # (both clients' errors of connections are)
            raise GrafanaError(f"Grafana at {self.url} cannot be reached: {error}") from error


def _nested(panels: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for panel in panels:
        yield panel
        yield from _nested(panel.get("panels", []))


def _variables(dashboard: Mapping[str, Any]) -> dict[str, str]:
    """The value that each variable has when the dashboard is opened; one that has none yet matches anything."""
    values = dict(_BUILT_IN)
    for variable in dashboard.get("templating", {}).get("list", []):
        current = variable.get("current", {}).get("value")
        first = current[0] if isinstance(current, list) and current else current
        values[variable["name"]] = ".*" if first in (None, "", [], "$__all") else str(first)
    return values


def _query(target: Mapping[str, Any], panel: Mapping[str, Any], variables: Mapping[str, str]) -> Query:
    source = (target.get("datasource") or panel.get("datasource") or {}).get("uid", "")
    return Query(
        _filled(without_no_data(target["expr"]), variables),
        _filled(source, variables),
        instant=bool(target.get("instant")) and not target.get("range"),
        possibly_empty=bool(target.get("possiblyEmpty")),
    )


def _filled(text: str, variables: Mapping[str, str]) -> str:
    # The longest names first: $__interval_ms begins as $__interval does.
    for name in sorted(variables, key=len, reverse=True):
        for form in (f"${{{name}}}", f"${{{name}:regex}}", f"${{{name}:raw}}", f"[[{name}]]", f"${name}"):
            text = text.replace(form, variables[name])
    return text
