"""``ioc wall``: the page of the wall, which reads Prometheus and knows when nothing answers."""

import time

from dashboards.wall import look, playlist
from ioc.cli.installation import catalogue_of, prometheus_of
from ioc.text.bilingual import Language
from streams.process import running
from streams.settings.settings import Settings
from streams.settings.types import LogFormat
from streams.wall.http import serve_wall
from streams.wall.now import Now

_TIMEOUT = 5.0
"""Seconds that Prometheus has for an answer."""


def wall(settings: Settings) -> None:
    """Serve the page until it is told to stop."""
    running.start(json_log=settings.log_format is LogFormat.JSON)
    catalogue = catalogue_of(settings)
    grafana = None if settings.grafana.url is None else str(settings.grafana.url).rstrip("/")

    def now(language: Language) -> Now:
        seen = look(prometheus, catalogue, language, time.time(), grafana)
        return Now(seen.bar, seen.tiles, seen.stopped, seen.calls)

    def frames(language: Language) -> list[str]:
        return [] if grafana is None else playlist(catalogue, grafana, language)

    with prometheus_of(settings, timeout=_TIMEOUT) as prometheus:
        running.run(serve_wall(settings, catalogue.province.name.vi, now, frames))
