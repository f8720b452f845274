"""The exporter's web server: /metrics, /healthz and /readyz."""

import hmac
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from streams.settings import Settings


class Pages(Protocol):
    """What the server asks of the exporter."""

    page: bytes | None

    @property
    def stuck(self) -> list[str]: ...


@asynccontextmanager
async def serve(pages: Pages, settings: Settings, listening: Callable[[str], None]) -> AsyncIterator[None]:
    """Serve the pages; ``listening`` is told the address of the metrics.

    Raises:
        OSError: the address is taken.
    """
    runner = web.AppRunner(_application(pages, settings), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.exporter_host, settings.exporter_port, ssl_context=_tls(settings))
        await site.start()
        port = runner.addresses[0][1]
        scheme = "http" if settings.exporter_cert_file is None else "https"
        listening(f"{scheme}://{settings.exporter_host}:{port}/metrics")
        yield
    finally:
        await runner.cleanup()


def _application(pages: Pages, settings: Settings) -> web.Application:
    token = settings.bearer_token
    wanted = None if token is None else f"Bearer {token.get_secret_value()}".encode()

    async def metrics(request: web.Request) -> web.Response:
        given = request.headers.get("Authorization", "").encode()
        if wanted is not None and not hmac.compare_digest(given, wanted):
            return web.Response(status=401, text="a bearer token is needed\n", headers={"WWW-Authenticate": "Bearer"})
        if pages.page is None:
            return _not_ready()
        return web.Response(body=pages.page, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def healthy(_: web.Request) -> web.Response:
        stuck = pages.stuck
        return web.Response(
            status=503 if stuck else 200, text=f"no progress: {', '.join(stuck)}\n" if stuck else "ok\n"
        )

    async def ready(_: web.Request) -> web.Response:
        return _not_ready() if pages.page is None else web.Response(text="ok\n")

    application = web.Application()
    application.add_routes(
        [web.get("/metrics", metrics), web.get("/healthz", healthy), web.get("/readyz", ready)],
    )
    return application


def _not_ready() -> web.Response:
    # An incomplete page would show every figure falling and rising again.
    return web.Response(status=503, text="still reading the figures\n")


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.exporter_cert_file is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.exporter_cert_file, settings.exporter_key_file)
    return context
