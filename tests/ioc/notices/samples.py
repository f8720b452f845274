"""Alerts as Alertmanager posts them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ioc.notices.alert import Alert

AT_FOUR = datetime(2025, 7, 23, 21, 0, tzinfo=UTC).timestamp()
"""24/07/2025 04:00 in the province."""

FIGURES = {
    "value": 0.0355,
    "numerator": 1137,
    "denominator": 32043,
    "hour_ago": 0.032,
    "simulated": 1,
    "breakdowns": [
        None,
        {
            "by": ["unit"],
            "count": 148,
            "worst": [None, {"at": ["8716"], "numerator": 12, "denominator": 100, "value": 0.12}]
            + [{"at": [f"place-{n}"], "numerator": 9, "denominator": 90, "value": 0.1} for n in range(9)],
        },
    ],
}


def alert(
    name: str = "IocPublicServicesOverdueShare",
    *,
    starts_at: float = AT_FOUR,
    ends_at: float | None = None,
    figures: Mapping[str, Any] | None = FIGURES,
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
    written = {} if figures is None else {"figures": json.dumps(figures)}
    fingerprint = f"{hash(tuple(sorted(given.items()))) & (2**64 - 1):016x}"
    return Alert(
        fingerprint, {k: v for k, v in given.items() if v}, {**written, **(annotations or {})}, starts_at, ends_at
    )


def platform(name: str, **labels: str) -> Alert:
    """A page on the platform itself."""
    annotations = {"summary_vi": "Không có exporter nào trả lời", "summary_en": "No exporter answers"}
    annotations |= {"details_vi": "Màn hình không có số liệu mới.", "details_en": "The wall gets no figures at all."}
    return alert(name, figures=None, annotations=annotations, subsystem="platform", kpi="", **labels)


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
