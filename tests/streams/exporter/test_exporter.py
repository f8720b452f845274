import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from ioc.catalogue import load
from ioc.engine.plan import Plan, compile_plan
from ioc.engine.shard import Shard
from ioc.events.records import Batch
from ioc.kpis.metric_names import CLOCK
from streams.exporter.exporter import Exporter
from streams.exporter.http import serve
from streams.kafka.log_reader import LogError, LogReader
from streams.kafka.producer import Publisher
from streams.kafka.topics import topic_admin
from streams.settings.names import Names
from streams.settings.settings import ClockKind, Settings
from streams.web.metrics import MetricsPage
from streams.worker.checkpoint_writer import CheckpointWriter
from tests.streams.web.scrapes import check_negotiation

pytestmark = pytest.mark.kafka
SLUG = "statistics"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(scope="module")
def plan() -> Plan:
    return compile_plan(load(None))


@pytest.fixture
def settings(installation: Callable[..., Settings], plan: Plan) -> Settings:
    made = installation(exporter={"port": 0}, clock="event")
    with topic_admin(made) as admin:
        admin.ensure(plan.subsystems)
    return made


def with_exporter(settings: Settings, **update: object) -> Settings:
    return settings.model_copy(update={"exporter": settings.exporter.model_copy(update=update)})


async def settle(settings: Settings, plan: Plan, first: int, count: int) -> None:
    """Publish decisions under Decree 154, two persons in each."""
    unit = plan.catalogue.province.units[0].code
    async with Publisher(settings) as publisher:
        for number in range(first, first + count):
            event = {
                "specversion": "1.0",
                "id": str(number),
                "source": "/test",
                "type": plan.subsystems[SLUG].subsystem.event_type("staff.settled"),
                "time": f"2025-07-24T04:00:{number:02}+07:00",
                "data": {"decision": f"d{number}", "unit": unit, "policy": "resignation", "persons": 2},
            }
            topic = Names(settings.topic_prefix).events(SLUG)
            await publisher.send(topic, f"d{number}".encode(), json.dumps(event).encode())


async def work(settings: Settings, plan: Plan) -> None:
    """What a worker does: apply everything there is, and write the figures in one transaction per partition."""
    names = Names(settings.topic_prefix)
    shards = [Shard(plan, index, settings.partitions) for index in range(settings.partitions)]
    async with LogReader(settings, names.events(SLUG)) as reader:
        while not reader.caught_up:
            for partition, records in (await reader.poll()).items():
                columns = [(r.offset, r.timestamp, r.key, r.value, r.headers) for r in records]
                shards[partition].apply(Batch(SLUG, partition, *zip(*columns, strict=True)))
    async with AIOKafkaProducer(**settings.kafka_options(), transactional_id=settings.topic_prefix) as producer:
        for shard in shards:
            if checkpoint := shard.checkpoint():
                assert checkpoint.dead_letters == []
                async with producer.transaction():
                    for record in checkpoint.figures:
                        await producer.send(names.figures, record.value, record.key, partition=shard.index)


@asynccontextmanager
async def exporting(settings: Settings, plan: Plan) -> AsyncIterator[str]:
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    exporter = asyncio.create_task(Exporter(settings, plan).run(address.set_result))
    try:
        exporter.add_done_callback(lambda _: address.cancel())
        yield (await address).removesuffix("/metrics")
    finally:
        exporter.cancel()
        with suppress(asyncio.CancelledError):
            await exporter


async def samples(session: aiohttp.ClientSession, address: str, wanted: Callable[[Samples], bool]) -> Samples:
    """The page's samples, once they are as wanted."""
    async with asyncio.timeout(60):
        while True:
            async with session.get(f"{address}/metrics") as answer:
                if answer.status == 200:
                    found = {
                        (sample.name, frozenset(sample.labels.items())): sample.value
                        for family in text_string_to_metric_families(await answer.text())
                        for sample in family.samples
                    }
                    if wanted(found):
                        return found
            await asyncio.sleep(0.1)


def of(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


OPEN_FOR = of("ioc_source_open_transaction_seconds", subsystem=SLUG)
WAITING = of("ioc_source_lag_seconds", subsystem=SLUG)
LAG = of("ioc_source_lag_records", subsystem=SLUG)
SETTLED = of("ioc_statistics_people_settled_persons", window="total")


async def test_figures_of_all_partitions_are_merged_and_followed(settings: Settings, plan: Plan) -> None:
    await settle(settings, plan, 0, 20)
    await work(settings, plan)
    async with exporting(settings, plan) as address, aiohttp.ClientSession() as session:
        page = await samples(session, address, lambda found: found.get(LAG) == 0)
        settled = {key: value for key, value in page.items() if key[0].startswith("ioc_statistics_people_settled")}
        assert settled.get(SETTLED) == 40, settled
        assert page["ioc_events_consumed_total", frozenset({("subsystem", SLUG)})] == 20
        assert page[of("ioc_clock_seconds")] == 1753304419, "04:00:19 at +07:00"
        await settle(settings, plan, 20, 5)
        behind = await samples(session, address, lambda found: found.get(LAG) != 0)
        assert behind[LAG] == 5
        assert behind[SETTLED] == 40
        await work(settings, plan)
        assert (await samples(session, address, lambda found: found.get(LAG) == 0))[SETTLED] == 50


async def test_a_transaction_that_is_left_open_is_a_lag_and_has_an_age(settings: Settings, plan: Plan) -> None:
    topic = Names(settings.topic_prefix).events(SLUG)
    async with exporting(settings, plan) as address, aiohttp.ClientSession() as session:
        page = await samples(session, address, lambda found: found.get(LAG) == 0)
        assert (page[OPEN_FOR], page[WAITING]) == (0, 0)
        options = {**settings.kafka_options(), "transactional_id": f"{settings.topic_prefix}-feed"}
        async with AIOKafkaProducer(**options) as producer:
            await producer.begin_transaction()
            await producer.send_and_wait(topic, b"{}", b"key", partition=0)
            held = await samples(session, address, lambda found: found.get(OPEN_FOR, 0) > 0)
            assert held[LAG] == 1, "what cannot be read yet was appended all the same"
            await samples(session, address, lambda found: found.get(WAITING, 0) > 0)
            await producer.commit_transaction()
        await samples(session, address, lambda found: found.get(OPEN_FOR) == 0)


async def test_it_says_when_kafka_got_the_newest_figures_that_it_shows(settings: Settings, plan: Plan) -> None:
    checkpoint = of("ioc_exporter_checkpoint_timestamp_seconds")
    async with exporting(settings, plan) as address, aiohttp.ClientSession() as session:
        assert (await samples(session, address, lambda found: True))[checkpoint] == 0
        began = time.time()
        await settle(settings, plan, 0, 1)
        await work(settings, plan)
        found = await samples(session, address, lambda found: found.get(SETTLED) == 2)
        assert began - 1 <= found[checkpoint] <= time.time() + 1
        writer = CheckpointWriter(settings, 0)
        await writer.open()
        await writer.close()
        read = of("ioc_exporter_records_total")
        later = await samples(session, address, lambda page: page[read] > found[read])
        assert later[checkpoint] == found[checkpoint], "who takes over and writes nothing makes no figures new"


async def test_without_progress_for_half_a_minute_it_is_stuck_and_shows_no_page(settings: Settings, plan: Plan) -> None:
    now = 1000.0
    exporter = Exporter(settings, plan, clock=lambda: now)
    exporter.page = MetricsPage.of(CollectorRegistry())
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with serve(exporter, settings.exporter, address.set_result), aiohttp.ClientSession() as session:
        for moment, status in ((1030.0, 200), (1030.1, 503)):
            now = moment
            async with session.get(await address) as answer:
                text = await answer.text()
                assert answer.status == status
        assert text == "no progress: figures\nno progress: ends\nno progress: page\n"


@asynccontextmanager
async def with_a_page(settings: Settings, plan: Plan) -> AsyncIterator[Exporter]:
    exporter = Exporter(settings, plan)
    running = asyncio.create_task(exporter.run(lambda _: None))
    async with asyncio.timeout(60):
        while exporter.page is None:  # noqa: ASYNC110  (nothing tells of the first one)
            await asyncio.sleep(0.01)
    yield exporter
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_moved_before_a_scrape_is_in_it(settings: Settings, plan: Plan) -> None:
    async with with_a_page(settings.model_copy(update={"clock": ClockKind.WALL}), plan) as exporter:
        for moment in (1_764_000_000.0, 1_764_000_005.0):
            await asyncio.sleep(1)  # by then nobody has asked for a page for a while
            exporter._time.now = lambda moment=moment: moment  # type: ignore[misc, method-assign]
            page = await exporter.current()
            assert page is not None
            families = text_string_to_metric_families(page.text().decode())
            [clock] = [sample.value for family in families for sample in family.samples if sample.name == CLOCK]
            assert clock == moment


async def test_who_waits_for_a_page_is_let_go_at_the_end(settings: Settings, plan: Plan) -> None:
    async with with_a_page(settings, plan) as exporter:
        await asyncio.sleep(1)
        await exporter._busy.acquire()  # no page can be made
        waiting = asyncio.create_task(exporter.current())
        await asyncio.sleep(0.2)
        assert not waiting.done()
    async with asyncio.timeout(5):
        await waiting


async def test_its_page_comes_in_the_format_and_packing_that_is_asked_for(settings: Settings, plan: Plan) -> None:
    async with exporting(settings, plan) as address, aiohttp.ClientSession() as session:
        await samples(session, address, lambda found: True)
        await asyncio.to_thread(check_negotiation, f"{address}/metrics")


async def test_health_and_readiness_answer(settings: Settings, plan: Plan) -> None:
    async with exporting(settings, plan) as address, aiohttp.ClientSession() as session:
        await samples(session, address, lambda found: True)
        for path in ("healthz", "readyz"):
            async with session.get(f"{address}/{path}") as answer:
                assert (answer.status, await answer.text()) == (200, "ok\n")


async def test_a_token_is_asked_for_where_one_is_set(settings: Settings, plan: Plan, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("a-t0ken-of-an-exporter\n")
    guarded = with_exporter(settings, token_file=file)
    async with exporting(guarded, plan) as address, aiohttp.ClientSession() as session:
        async with session.get(f"{address}/metrics") as answer:
            assert answer.status == 401
        async with session.get(f"{address}/metrics", headers={"Authorization": "Bearer t0ke"}) as answer:
            assert answer.status == 401
    async with (
        exporting(guarded, plan) as address,
        aiohttp.ClientSession(headers={"Authorization": "Bearer a-t0ken-of-an-exporter"}) as session,
    ):
        assert await samples(session, address, lambda found: True)


async def test_it_serves_https_where_a_certificate_is_set(settings: Settings, plan: Plan, tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    request = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1")
    extra = ("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert))
    child = await asyncio.create_subprocess_exec("openssl", *request, *extra, stderr=asyncio.subprocess.DEVNULL)
    assert await child.wait() == 0
    secured = with_exporter(settings, cert_file=cert, key_file=key)
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=cert))
    async with exporting(secured, plan) as address, aiohttp.ClientSession(connector=connector) as session:
        assert address.startswith("https://")
        assert await samples(session, address, lambda found: True)


async def test_without_a_figures_topic_it_says_what_to_do(installation: Callable[..., Settings], plan: Plan) -> None:
    with pytest.raises(LogError, match=r"there is no topic .*\.figures .* create it with `ioc topics`"):
        await Exporter(installation(exporter={"port": 0}), plan).run()
