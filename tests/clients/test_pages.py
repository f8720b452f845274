"""The pages of clients followed word by word: what they send is applied, in every mode, by HTTP and to Kafka."""

import json
from pathlib import Path

import pytest
from aiokafka.structs import ConsumerRecord

from ioc.catalogue import Catalogue
from streams.kafka.log_reader import LogReader
from streams.settings.settings import Settings
from tests.clients.toolchains import needs, run
from tests.project.pages import steps
from tests.streams.gateway.conftest import Client
from tests.streams.gateway.sent import TOKEN, fates

pytestmark = [pytest.mark.kafka, pytest.mark.clients, pytest.mark.timeout(1200)]

PAGES = Path(__file__).parents[2] / "docs/howto/clients"
TOOLS = {"node": ["node", "npm"], "java": ["java", "mvn"], "go": ["go"], "python": ["python3"]}
BY_HTTP, TO_KAFKA, STATIONS = 4, 8, {b"viet_tri", b"thanh_ba", b"yen_lap", b"thanh_son"}


def test_every_page_is_followed() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} == TOOLS.keys()


@pytest.mark.parametrize("language", TOOLS)
async def test_what_the_page_of_a_client_sends_is_applied(
    language: str, client: Client, settings: Settings, catalogue: Catalogue, tmp_path: Path
) -> None:
    needs(*TOOLS[language])
    environment = {
        "GATEWAY": str(client.base_url).rstrip("/"),
        "TOKEN": TOKEN,
        "KAFKA": settings.bootstrap_servers,
        "TOPIC": settings.names.events("environment"),
    }
    for step in steps(PAGES / f"{language}.md"):
        if step.title:
            file = tmp_path / step.title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(step.text)
    for step in steps(PAGES / f"{language}.md"):
        if step.kind == "sh":
            await run(step.text, tmp_path, environment)

    records = await records_of(settings, f"/stations/{language}")
    assert len(records) == BY_HTTP + TO_KAFKA
    assert {record.key for record in records} == STATIONS
    binary = [record for record in records if "ce_id" in dict(record.headers)]
    assert len(binary) == 1 + TO_KAFKA // 2
    found = fates(catalogue, "environment", records, settings.partitions)
    assert (found.applied, found.late, found.rejected) == (BY_HTTP + TO_KAFKA, 0, 0)


async def records_of(settings: Settings, source: str) -> list[ConsumerRecord]:
    """The records of a source."""
    found: list[ConsumerRecord] = []
    async with LogReader(settings, settings.names.events("environment")) as reader:
        while not reader.caught_up:
            for records in (await reader.poll()).values():
                found += [record for record in records if _source(record) == source]
    return found


def _source(record: ConsumerRecord) -> str:
    headers = dict(record.headers)
    told: str = headers["ce_source"].decode() if "ce_source" in headers else json.loads(record.value)["source"]
    return told
