"""Events as feeds send them, and what came of them."""

import asyncio
import json
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx
from aiokafka.structs import ConsumerRecord

from ioc.catalogue import Catalogue
from ioc.engine.plan import compile_plan
from ioc.engine.store.checkpoint_header import Fates
from ioc.engine.subsystem_state import SubsystemState
from ioc.events.records import Batch
from streams.kafka.log_reader import LogReader
from streams.settings.settings import Settings

TOKEN, TOKEN_OF_HOSPITALS, TOKEN_OF_SLOW = "ioc_everything", "ioc_hospitals", "ioc_slow"
HASH_KEY = "a key that nobody but this test knows, 32 bytes long at least"
STRUCTURED = {"Content-Type": "application/cloudevents+json"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}


def measured(station: str = "viet_tri", rain: float = 7.5, **changed: Any) -> dict[str, Any]:
    """A measurement of rain, as a structured event; ``changed`` replaces attributes."""
    return {
        "specversion": "1.0",
        "id": uuid.uuid4().hex,
        "source": "/stations",
        "type": "vn.phutho.environment.rain.measured.v1",
        "time": datetime.now(UTC).isoformat(),
        "data": {"station": station, "rain": rain},
        **changed,
    }


def admitted(patient: str, stay: str = "S-1") -> dict[str, Any]:
    data = {"stay": stay, "facility": "lung", "patient": patient}
    return measured(type="vn.phutho.health.patient.admitted.v1", data=data)


async def send(
    client: httpx.AsyncClient, body: Any, headers: dict[str, str] = STRUCTURED, token: str | None = None
) -> Any:
    """The status, and the answer's JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    own = {**headers, **({"Authorization": f"Bearer {token}"} if token is not None else {})}
    answer = await client.post("/events", content=content, headers=own)
    assert answer.headers["Content-Type"].startswith(
        "application/json" if answer.status_code == 202 else "application/problem+json"
    )
    return answer.status_code, answer.json()


async def records_of(settings: Settings, subsystem: str, *ids: str) -> list[ConsumerRecord]:
    """The records of events with these ids, in a subsystem's topic."""
    found: list[ConsumerRecord] = []
    async with asyncio.timeout(60), LogReader(settings, settings.names.events(subsystem)) as reader:
        while not reader.caught_up:
            for records in (await reader.poll()).values():
                found += [record for record in records if _id(record) in ids]
    return found


def _id(record: ConsumerRecord) -> str:
    headers = dict(record.headers)
    return headers["ce_id"].decode() if "ce_id" in headers else json.loads(record.value)["id"]


def fates(catalogue: Catalogue, subsystem: str, records: list[ConsumerRecord], partitions: int) -> Fates:
    """What the workers' engine makes of records."""
    plan = compile_plan(catalogue).subsystems[subsystem]
    total = Fates()
    for partition in range(partitions):
        own = [record for record in records if record.partition == partition]
        state = SubsystemState(plan, partition, partitions)
        for _ in state.apply(
            Batch(
                subsystem,
                partition,
                [record.offset for record in own],
                [record.timestamp for record in own],
                [record.key for record in own],
                [record.value for record in own],
                [record.headers for record in own],
            )
        ):
            pass
        found = state.source.fates
        total.applied += found.applied
        total.duplicate += found.duplicate
        total.rejected += found.rejected
    return total
