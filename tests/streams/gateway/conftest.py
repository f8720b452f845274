"""A gateway in this process, on the shared broker."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import MappingProxyType
from typing import Any

import httpx
import pytest

from ioc.catalogue import Catalogue
from ioc.catalogue.feeds import feed_names
from streams.gateway.gateway import Gateway
from streams.gateway.senders import hash_of
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings, load_settings
from tests.packaged import packaged_catalogue
from tests.streams.gateway.sent import HASH_KEY, TOKEN, TOKEN_OF_HOSPITALS, TOKEN_OF_SLOW

SENDERS = f"""
senders:
  everything:
    tokens_sha256: [{hash_of(TOKEN)}]
    feeds: [{", ".join(feed_names(packaged_catalogue().subsystems))}]
    sources: ["*"]
    events_per_second: 1000000
  hospitals:
    tokens_sha256: [{hash_of("ioc_former")}, {hash_of(TOKEN_OF_HOSPITALS)}]
    feeds: [health.hospitals]
    sources: [/stations, /his/*]
  slow:
    tokens_sha256: [{hash_of(TOKEN_OF_SLOW)}]
    feeds: [environment.rain_gauges]
    sources: [/gauges]
    events_per_second: 1
"""
Client = httpx.AsyncClient
Running = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture(scope="session")
def settings(kafka: str, tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Settings:
    """Settings of a gateway whose topics exist; its tests share them, each with events of its own."""
    senders = tmp_path_factory.mktemp("gateway") / "senders.yaml"
    senders.write_text(SENDERS)
    made = load_settings(
        bootstrap_servers=kafka,
        topic_prefix=f"t{uuid.uuid4().hex[:8]}",
        partitions=3,
        gateway={"senders": senders, "port": 0},
        hash_key=HASH_KEY,
    )
    with topic_admin(made) as admin:
        admin.ensure(catalogue.subsystems)
    return made


@pytest.fixture
def running(settings: Settings, catalogue: Catalogue) -> Running:
    """Start a gateway: ``async with running() as client``; the client shows the token of the sender `everything`."""

    @asynccontextmanager
    async def start(gateway: Mapping[str, object] = MappingProxyType({}), **changed: object) -> AsyncIterator[Client]:
        address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        own = settings.model_copy(update={**changed, "gateway": settings.gateway.model_copy(update=gateway)})
        serving = asyncio.create_task(Gateway(own, catalogue, address.set_result).run())
        waited: set[asyncio.Future[Any]] = {serving, address}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
        headers = {"Authorization": f"Bearer {TOKEN}"}
        try:
            async with Client(base_url=address.result(), headers=headers, trust_env=False, timeout=60) as client:
                yield client
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    return start


@pytest.fixture
async def client(running: Running) -> AsyncIterator[Client]:
    async with running() as client:
        yield client
