"""The pages of cases over a real broker: followed from the state topic, as HTML and JSON, guarded by a token."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer
from typer.testing import CliRunner
from yarl import URL

from ioc.engine.plan import compile_plan
from streams.cases.http import serve_cases
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings, SettingsError
from streams.web.people.accounts import Account, hash_of_token, write_accounts
from tests.oracle.randomly import SUBSYSTEM
from tests.oracle.topics import Engine, Topics, moment, time_text
from tests.oracle.workshop import catalogue_of
from tests.texts.texts import ALL

pytestmark = pytest.mark.kafka
PLAN = compile_plan(catalogue_of(SUBSYSTEM))
SLUG = SUBSYSTEM.subsystem
OVERDUE = f"/cases/{SLUG}/overdue"


@pytest.fixture
def settings(installation: Callable[..., Settings]) -> Settings:
    made = installation(cases={"port": 0}, clock="event", partitions=2)
    with topic_admin(made) as admin:
        admin.ensure([SLUG])
    return made


class Feed:
    """A source and a worker of it: what is opened is published, applied and checkpointed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topics = Topics(settings.partitions)
        self._engine = Engine(PLAN, settings.partitions)

    async def opened(self, *cases: str, unit: str = "7900", due: str = "2025-10-31 10:00") -> None:
        before = len(self._topics.records)
        for case in cases:
            data = {"case": case, "unit": unit, "topic": "land", "urgent": False, "due_at": time_text(moment(due))}
            self._topics.send(SUBSYSTEM, "case.opened", moment("2025-10-31 12:00"), data)
        new = self._topics.records[before:]
        names = self._settings.names
        async with AIOKafkaProducer(**self._settings.kafka_options(), transactional_id=names.prefix) as producer:
            async with producer.transaction():
                for record in new:
                    await producer.send(names.events(SLUG), record.value, record.key, partition=record.partition)
            self._engine.consume(new)
            for partition, shard in self._engine.shards.items():
                if checkpoint := shard.checkpoint():
                    async with producer.transaction():
                        for topic, records in ((names.state, checkpoint.state), (names.figures, checkpoint.figures)):
                            for each in records:
                                await producer.send(topic, each.value, each.key, partition=partition)


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[aiohttp.ClientSession]:
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(serve_cases(settings, PLAN, address.set_result))
    try:
        server.add_done_callback(lambda _: address.cancel())
        base = (await address).removesuffix("/cases")
        async with aiohttp.ClientSession(base) as session:
            async with asyncio.timeout(60):
                while (await session.get("/readyz")).status != 200:  # noqa: ASYNC110 (another program's state)
                    await asyncio.sleep(0.1)
            yield session
    finally:
        server.cancel()
        with suppress(asyncio.CancelledError):
            await server


async def data(session: aiohttp.ClientSession, query: str = "") -> dict[str, Any]:
    async with session.get(f"{OVERDUE}?format=json{query}") as reply:
        found: dict[str, Any] = await reply.json()
        return found


async def test_cases_of_all_partitions_are_found_and_followed(settings: Settings) -> None:
    feed = Feed(settings)
    await feed.opened(*(f"case {number}" for number in range(20)))
    async with serving(settings) as session:
        found = await data(session)
        assert (found["total"], len(found["cases"])) == (20, 20)
        assert found["cases"][0]["due"] == "2025-10-31T10:00:00+07:00"
        await feed.opened("worst", unit="8716", due="2025-10-31 09:00")
        async with asyncio.timeout(30):
            while (found := await data(session))["total"] != 21:  # noqa: ASYNC110 (another program's state)
                await asyncio.sleep(0.1)
        assert found["cases"][0]["id"] == "worst"
        assert [case["id"] for case in (await data(session, "&unit=8716"))["cases"]] == ["worst"]
        page = await (await session.get(f"{OVERDUE}?unit=8716")).text()
        assert "worst" in page
        assert "31/10/2025 09:00" in page
        assert "1 trường hợp" in page
        assert "1 cases" in await (await session.get(f"{OVERDUE}?unit=8716&lang=en")).text()
        table = await session.get(f"{OVERDUE}?format=csv&page=9")
        lines = (await table.read()).decode("utf-8-sig").splitlines()
        assert (len(lines), lines[2].split(",")[0]) == (2 + 21, "worst")
        assert table.headers["Content-Disposition"] == f'attachment; filename="{SLUG}.overdue.csv"'
        wrong = await session.get(f"/cases/{SLUG}/closed")
        assert (wrong.status, "with cases: open" in await wrong.text()) == (404, True)
    told = await asyncio.to_thread(command, settings)
    assert (told["total"], [case["id"] for case in told["cases"]]) == (1, ["worst"])


def command(settings: Settings) -> dict[str, Any]:
    """What `ioc cases` prints; the workshop's catalogue stands for the packaged one."""
    from ioc.cli import main as cli

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ioc.cli.cases.catalogue_of", lambda _: PLAN.catalogue)
        patch.setenv("IOC_BOOTSTRAP_SERVERS", settings.bootstrap_servers)
        patch.setenv("IOC_CLOCK", "event")
        arguments = ["cases", f"{SLUG}.overdue", "--unit", "8716", "--json", "--prefix", settings.topic_prefix]
        result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 0, result.exception
    found: dict[str, Any] = json.loads(result.output)
    return found


@pytest.mark.parametrize(
    "address",
    ["/cases/{}/x", f"/cases/{SLUG}/{{}}", *(f"{OVERDUE}?{name}={{}}" for name in ("page", "window", "unit", "lang"))],
)
async def test_no_address_makes_the_pages_fail(
    settings: Settings, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(settings) as session:
        for text in ("٣", "9" * 5000, "-1", *ALL):
            asked = URL(address.format(quote(text, safe="")), encoded=True)
            for_program = await session.get(asked)
            for_browser = await session.get(asked, headers={"Accept": "text/html"})
            assert for_program.status == for_browser.status < 500, text
            assert for_browser.content_type == "text/html", text
            if for_program.status >= 400:
                assert for_program.content_type == "application/problem+json", text
                assert (await for_program.json(content_type=None))["detail"]
    assert not [record for record in caplog.records if record.exc_info and record.levelno >= logging.INFO]


async def test_where_people_are_known_everybody_says_who_they_are(settings: Settings, tmp_path: Path) -> None:
    lan = Account(name="Lan", role="viewer", tokens_sha256=[hash_of_token("t0ken")])
    write_accounts(tmp_path / "accounts.yaml", {"lan": lan})
    own = settings.cases.model_copy(update={"database": tmp_path / "cases.sqlite"})
    people = settings.people.model_copy(update={"accounts": tmp_path / "accounts.yaml"})
    async with serving(settings.model_copy(update={"cases": own, "people": people})) as session:
        assert (await session.get(f"{OVERDUE}?format=json")).status == 401
        form = await session.get(OVERDUE, headers={"Accept": "text/html"})
        assert (form.status, 'action="/cases/sign-in"' in await form.text()) == (401, True)
        bearer = {"Authorization": "Bearer t0ken"}
        assert (await session.get(f"{OVERDUE}?format=json", headers=bearer)).status == 200


async def test_where_nobody_is_known_only_this_machine_is_served(settings: Settings) -> None:
    exposed = settings.model_copy(update={"cases": settings.cases.model_copy(update={"host": "192.0.2.1"})})
    with pytest.raises(SettingsError, match=r"IOC_PEOPLE_ACCOUNTS"):
        await serve_cases(exposed, PLAN)


async def test_a_strange_name_for_this_machine_opens_nothing(settings: Settings) -> None:
    """As where a page of another site gives its own name this machine's address."""
    async with serving(settings) as session:
        assert (await session.get("/cases")).status == 200
        assert (await session.get("/cases", headers={"Host": "evil.example"})).status == 403
