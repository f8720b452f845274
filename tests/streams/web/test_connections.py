"""Connections that say nothing keep nobody out, and end."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from streams.settings.parts import ExporterSettings, WorkerMetricsSettings
from streams.settings.secrets.certificates import Authority, Issued
from streams.web import connections
from streams.web.connections import Connections, Phase
from streams.web.server import serving
from streams.worker.http import serve

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"


class Client:
    """A connection that is what it is set to."""

    def __init__(self, phase: Phase, since: float) -> None:
        self.phase, self.since, self.dropped = phase, since, False

    def drop(self) -> None:
        self.dropped = True


async def test_a_new_client_gets_the_place_of_who_has_said_nothing_for_longest() -> None:
    answered, begun, silent, idle = (
        Client(phase, since) for phase, since in [(Phase.ANSWER, 0), (Phase.HEAD, 2), (Phase.HEAD, 1), (Phase.IDLE, 0)]
    )
    among = Connections(4)
    assert all(among.enter(each) for each in (answered, begun, silent, idle))
    for expected in (silent, begun, idle):
        assert among.enter(Client(Phase.ANSWER, 3))
        assert expected.dropped
    assert not among.enter(Client(Phase.HEAD, 4))
    assert not answered.dropped


async def _body(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


@asynccontextmanager
async def served(pair: Issued | None = None, **limits: Any) -> AsyncIterator[int]:
    application = web.Application()
    application.add_routes([web.post("/", _body)])
    with patch.multiple(connections, _LOOK=0.05, **limits):
        files: dict[str, Any] = {} if pair is None else {"cert_file": pair.cert, "key_file": pair.key}
        async with serving(application, ExporterSettings(port=0, **files)) as address:
            yield int(address.rpartition(":")[2])


@pytest.fixture
def pair(tmp_path: Path) -> Issued:
    return Authority(tmp_path).issue("ioc-exporter", ["127.0.0.1"], until=datetime.now(UTC) + timedelta(days=1))


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01"])
async def test_handshakes_that_never_end_keep_nobody_out(pair: Issued, said: bytes) -> None:
    trusting = ssl.create_default_context(cafile=pair.cert.with_name("ca.pem"))
    async with served(pair=pair) as port:
        half_open = [await opened(port, said) for _ in range(300)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
        writer.write(HEAD + b"Connection: close\r\n\r\n{}")
        assert (await ended(reader)).endswith(b"\r\n\r\n{}")
        for _, each in [*half_open, (reader, writer)]:
            each.close()


async def test_a_handshake_that_takes_too_long_or_is_none_ends(pair: Issued) -> None:
    limits = {each: 0.2 if each is Phase.HANDSHAKE else 60.0 for each in Phase}
    async with served(pair=pair, SECONDS=limits) as port:
        for said in (b"", HEAD):
            reader, writer = await opened(port, said)
            assert b"HTTP" not in await ended(reader)
            writer.close()


async def opened(port: int, said: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    await writer.drain()
    return reader, writer


async def ended(reader: asyncio.StreamReader) -> bytes:
    """All that came until the server ended the connection."""
    try:
        async with asyncio.timeout(20):
            return await reader.read()
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("said", [b"", b"POST / HT", HEAD, HEAD + b"\r\n{"])
async def test_three_hundred_half_open_connections_keep_nobody_out(said: bytes) -> None:
    async with served() as port:
        half_open = [await opened(port, said) for _ in range(300)]
        reader, writer = await opened(port, HEAD + b"Connection: close\r\n\r\n{}")
        assert (await ended(reader)).endswith(b"\r\n\r\n{}")
        for _, each in [*half_open, (reader, writer)]:
            each.close()


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        (Phase.HEAD, b""),
        (Phase.HEAD, HEAD),
        (Phase.IDLE, HEAD + b"\r\n{}"),
        (Phase.HEAD, HEAD + b"\r\n{}" + HEAD),
        (Phase.BODY, HEAD + b"\r\n{"),
    ],
)
async def test_what_takes_too_long_ends(phase: Phase, said: bytes) -> None:
    limits = {each: 0.2 if each is phase else 60.0 for each in Phase}
    async with served(SECONDS=limits) as port:
        reader, writer = await opened(port, said[: len(HEAD) + 4])
        if said[len(HEAD) + 4 :]:
            await reader.readuntil(b"{}")
            writer.write(said[len(HEAD) + 4 :])
        await ended(reader)
        writer.close()


async def test_half_open_connections_keep_nobody_from_a_workers_health() -> None:
    with serve(WorkerMetricsSettings(port=0), CollectorRegistry(), list, list) as address:
        port = int(address.removesuffix("/metrics").rpartition(":")[2])
        half_open = [await opened(port, b"GET /healthz HT") for _ in range(120)]
        reader, writer = await opened(port, b"GET /healthz HTTP/1.0\r\n\r\n")
        assert b"200 OK" in await ended(reader)
        for _, each in [*half_open, (reader, writer)]:
            each.close()
