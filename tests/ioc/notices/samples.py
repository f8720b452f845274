"""Alerts as Alertmanager posts them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ioc.notices.alert import Alert
from ioc.notices.episode import Episode
from ioc.notices.figures import AlertBreakdown, AlertFigure, AlertFigures, WorstPlace

AT_FOUR = datetime(2025, 7, 23, 21, 0, tzinfo=UTC).timestamp()
"""24/07/2025 04:00 in the province."""

WORST = (
    WorstPlace(("8716",), AlertFigure(0.12, 12, 100)),
    *(WorstPlace((f"place-{number}",), AlertFigure(0.1, 9, 90)) for number in range(9)),
)
FIGURES = AlertFigures(
    whole=AlertFigure(0.0355, 1137, 32043),
    hour_ago=0.032,
    simulated=True,
    breakdowns=(AlertBreakdown(("unit",), 148, WORST),),
)
"""Of the overdue share of public services."""


def alert(
    name: str = "IocPublicServicesOverdueShare",
    *,
    starts_at: float = AT_FOUR,
    ends_at: float | None = None,
    annotations: Mapping[str, str] | None = None,
    **labels: str,
) -> Alert:
    """A page on the overdue share of public services, unless said otherwise."""
    given = {
        "alertname": name,
        "subsystem": "public_services",
        "kpi": "overdue_share",
        "severity": "critical",
        "class": "page",
        **labels,
    }
    fingerprint = f"{hash(tuple(sorted(given.items()))) & (2**64 - 1):016x}"
    return Alert(fingerprint, {k: v for k, v in given.items() if v}, annotations or {}, starts_at, ends_at)


def platform(name: str, **labels: str) -> Alert:
    """A page on the platform itself."""
    annotations = {"summary_vi": "Không có exporter nào trả lời", "summary_en": "No exporter answers"}
    annotations |= {"details_vi": "Màn hình không có số liệu mới.", "details_en": "The wall gets no figures at all."}
    return alert(name, annotations=annotations, subsystem="platform", kpi="", **labels)


def episode(one: Alert, figures: AlertFigures | None = FIGURES) -> Episode:
    """An alert as the relay keeps it; a platform's has no figures."""
    known = figures if one.kpi else None
    return Episode(one, one.starts_at, one.ends_at, figures=known)


class Figures:
    """Who knows the figures of alerts: the same of every KPI, or of none."""

    def __init__(self, figures: AlertFigures | None = FIGURES) -> None:
        self.figures = figures
        self.asked: list[list[Alert]] = []

    async def of(self, alerts: Sequence[Alert]) -> Mapping[str, AlertFigures]:
        self.asked.append(list(alerts))
        return {} if self.figures is None else {each.key: self.figures for each in alerts if each.kpi}


def webhook(*alerts: Alert) -> dict[str, Any]:
    """The body of Alertmanager's request."""
    return {
        "version": "4",
        "groupKey": "{}",
        "status": "firing",
        "receiver": "page",
        "alerts": [
            {
                "status": "firing" if each.ends_at is None else "resolved",
                "labels": dict(each.labels),
                "annotations": dict(each.annotations),
                "startsAt": _rfc3339(each.starts_at),
                "endsAt": "0001-01-01T00:00:00Z" if each.ends_at is None else _rfc3339(each.ends_at),
                "fingerprint": each.fingerprint,
                "generatorURL": "",
            }
            for each in alerts
        ],
    }


def _rfc3339(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").replace("Z", "123Z")
