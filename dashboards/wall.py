"""What the wall's page shows of a moment: asked of Prometheus, with every part that has stopped."""

from collections.abc import Iterator
from dataclasses import dataclass

from dashboards.grafana.addresses import path_of
from dashboards.prometheus_api import Prometheus, PrometheusError
from dashboards.rules.names import EXPORTER_JOB, WORKER_JOB
from dashboards.scorecard import Scorecard, scorecard
from dashboards.wall_page import Tiles, bar
from ioc.catalogue import Catalogue
from ioc.text.bilingual import Language, Text
from ioc.text.wall import dashboard_uid

STILL = 20
"""Seconds without an evaluation after which Prometheus counts as standing still."""
GONE = "15s"
"""A part that answered none of the scrapes of so long is gone; one may be missed while it restarts."""

_PROMETHEUS = Text("Prometheus không trả lời", "Prometheus does not answer")
_RULES = Text("Prometheus không tính trạng thái", "Prometheus evaluates no statuses")
_PARTS = {
    EXPORTER_JOB: Text("Exporter không trả lời", "The exporter does not answer"),
    WORKER_JOB: Text("Không có tiến trình xử lý nào hoạt động", "No worker is running"),
}


@dataclass(frozen=True, slots=True)
class Looked:
    """One moment."""

    bar: str | None
    """HTML; None where Prometheus does not answer, as the tiles then are."""
    tiles: str | None
    stopped: list[str]
    """Each part that has stopped, in words."""
    calls: list[str]
    """Keys of the pages that nobody took."""


def look(
    prometheus: Prometheus, catalogue: Catalogue, language: Language, now: float, grafana: str | None = None
) -> Looked:
    """What is at ``now``, seconds since the epoch; tiles lead to the ``grafana`` of that address, if any."""
    try:
        stopped = [part.of(language) for part in _stopped(prometheus, now)]
        card = scorecard(prometheus, catalogue)
    except PrometheusError:
        return Looked(None, None, [_PROMETHEUS.of(language)], [])
    shown = bar(card, catalogue, language), Tiles(catalogue, language, now, grafana).of(card)
    return Looked(*shown, stopped, _calls(card))


def playlist(catalogue: Catalogue, grafana: str, language: Language) -> list[str]:
    """The dashboards that are shown in turn: the overview, who is on call, every subsystem; without Grafana's bars."""
    names = ["overview", "on-call", *catalogue.subsystems]
    return [f"{grafana.rstrip('/')}{path_of(dashboard_uid(name, language))}?kiosk" for name in names]


def _calls(card: Scorecard) -> list[str]:
    return [alert.key for alert in card.open.untaken if alert.pages]


def _stopped(prometheus: Prometheus, now: float) -> Iterator[Text]:
    evaluated = max((s.value for s in prometheus.query('timestamp(ALERTS{class="heartbeat"})')), default=0.0)
    if now - evaluated > STILL:
        yield _RULES
    up = {sample.labels["job"] for sample in prometheus.query(f"max by (job) (max_over_time(up[{GONE}])) == 1")}
    yield from (word for job, word in _PARTS.items() if job not in up)
