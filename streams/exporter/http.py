"""The exporter's web server: /metrics, /healthz and /readyz."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from aiohttp import web

from streams.settings.listener import Listener
from streams.web.checks import checks, verdict
from streams.web.metrics import MetricsPage
from streams.web.server import serving, to_who_shows


class Pages(Protocol):
    """What the server asks of the exporter."""

    async def current(self) -> MetricsPage | None: ...

    @property
    def stuck(self) -> list[str]: ...

    @property
    def unready(self) -> list[str]: ...


@asynccontextmanager
async def serve(pages: Pages, listener: Listener, listening: Callable[[str], None]) -> AsyncIterator[None]:
    """Serve the pages; ``listening`` is told the address of the metrics.

    Raises:
        OSError: the address is taken.
        TlsError: the certificate cannot be used.
    """
    async with serving(_application(pages, listener), listener) as address:
        listening(f"{address}/metrics")
        yield


def _application(pages: Pages, listener: Listener) -> web.Application:
    async def metrics(request: web.Request) -> web.Response:
        # An old page would be read as the present, and one that does not come would be waited for.
        page = None if pages.unready or pages.stuck else await pages.current()
        reasons = [*pages.unready, *pages.stuck]
        if page is None or reasons:
            status, text = verdict(reasons)
            return web.Response(status=status, text=text)
        return page.answer(request)

    application = web.Application()
    to_scrapes = to_who_shows(listener.secret, listener, metrics)
    application.add_routes([web.get("/metrics", to_scrapes), *checks(lambda: pages.stuck, lambda: pages.unready)])
    return application
