"""What a server tells without a secret it tells this machine alone: not to a page that gave its name our address."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, cast

import httpx
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from streams.cases.follower import CaseFollower
from streams.cases.http import CaseServer
from streams.exporter import http as exporter
from streams.gateway.http import Server
from streams.gateway.metrics import GatewayMetrics
from streams.settings.listener import WebServer
from streams.settings.parts import (
    CasesSettings,
    ExporterSettings,
    GatewaySettings,
    RelayMachinesSettings,
    RelaySettings,
    WallSettings,
    WorkerMetricsSettings,
)
from streams.wall.http import WallServer
from streams.wall.now import Now
from streams.web.here import is_own_name
from streams.web.server import serving
from streams.worker import http as worker
from tests.packaged import packaged_plan

Serving = Callable[[], AbstractAsyncContextManager[str]]
EVIL = {"Host": "evil.example"}
ASKS = (RelaySettings, RelayMachinesSettings)
"""Those that do not start without a secret: tests/secure/routes.py says what each caller is answered."""


class Stub:
    """Stands for what the handlers need: nothing of it is asked before it is known who asks."""

    stuck = unready = ()
    page = None
    ready = False

    def __getattr__(self, name: str) -> Any:
        return Stub()


@asynccontextmanager
async def of_application(application: web.Application, listener: WebServer) -> AsyncIterator[str]:
    async with serving(application, listener) as address:
        yield address


@asynccontextmanager
async def of_exporter() -> AsyncIterator[str]:
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with exporter.serve(cast("Any", Stub()), ExporterSettings(port=0), told.set_result):
        yield (await told).removesuffix("/metrics")


@asynccontextmanager
async def of_worker() -> AsyncIterator[str]:
    with worker.serve(WorkerMetricsSettings(port=0), CollectorRegistry(), list, list) as address:
        yield address.removesuffix("/metrics")


def of_cases() -> AbstractAsyncContextManager[str]:
    server = CaseServer(cast("CaseFollower", Stub()), packaged_plan(), None, simulated=True)
    return of_application(server.application(), CasesSettings(port=0))


def of_wall() -> AbstractAsyncContextManager[str]:
    server = WallServer("Phú Thọ", lambda _: Now(None, None), lambda _: [], None, 45)
    return of_application(server.application(), WallSettings(port=0))


def of_gateway() -> AbstractAsyncContextManager[str]:
    stub, listener = cast("Any", Stub()), GatewaySettings(port=0)
    metrics = GatewayMetrics(lambda: 0.0, lambda: 1.0)
    return of_application(Server(stub, stub, stub, metrics, "{}", 1024, 1.0, listener).application(), listener)


SERVERS: dict[type[WebServer], tuple[Serving, set[str]]] = {
    CasesSettings: (of_cases, {"/cases", "/cases/statistics/none"}),
    ExporterSettings: (of_exporter, {"/metrics"}),
    GatewaySettings: (of_gateway, {"/metrics"}),
    WallSettings: (of_wall, {"/", "/now", "/wall.js", "/wall.css"}),
    WorkerMetricsSettings: (of_worker, {"/metrics"}),
}
"""By its settings each server that may run without a secret, and its paths that tell something then."""


def kinds(of: type[WebServer]) -> set[type[WebServer]]:
    """The settings of all web servers there are: those that no other settings are made of."""
    below = of.__subclasses__()
    return set[type[WebServer]]().union(*map(kinds, below)) if below else {of}


def test_every_web_server_is_known_here() -> None:
    assert kinds(WebServer) == {*SERVERS, *ASKS}


@pytest.mark.parametrize("kind", SERVERS, ids=lambda kind: kind.__name__)
async def test_what_needs_no_secret_is_told_to_none_who_asks_for_another_name(kind: type[WebServer]) -> None:
    serve, paths = SERVERS[kind]
    async with serve() as address, httpx.AsyncClient(base_url=address, trust_env=False) as client:
        for path in paths:
            assert (await client.get(path, headers=EVIL)).status_code == 403, path
            assert (await client.get(path)).status_code != 403, path
        assert (await client.get("/healthz", headers=EVIL)).status_code == 200


@pytest.mark.parametrize("host", ["localhost", "localhost:9098", "127.0.0.1:1", "127.8.0.1", "[::1]:9098", "LOCALHOST"])
def test_names_that_are_this_machines(host: str) -> None:
    assert is_own_name(host)


@pytest.mark.parametrize("host", ["", "evil.example", "localhost.evil.example", "10.0.0.1", "[::", "a@localhost.vn"])
def test_names_that_are_anothers(host: str) -> None:
    assert not is_own_name(host)
