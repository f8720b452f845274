"""The catalogue changes while everything runs: rolling upgrades, refusals, replays and promotions with real Kafka."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.kafka.producer import Publisher
from streams.kafka.promotion import PromotionError, live_settings, refuse_unready
from streams.settings.settings import Settings
from tests.ioc.catalogues import SLUG, catalogue, event
from tests.streams.worker.test_redrive import fate
from tests.streams.worker.workers import IOC, WorkerProcess, wait_until, workers

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SUMMED = "    by: [unit, policy]\n    windows: [month, total]\n"
WITHOUT_POLICY = "    by: [unit]\n    windows: [month, total]\n"
OTHER_DEADLINE = ("    deadlines: {main: {field: due_at}}", "    deadlines: {main: {field: due_at, after: 5wd}}")


def publish(settings: Settings, numbers: range) -> None:
    asyncio.run(_publish(settings, numbers))


async def _publish(settings: Settings, numbers: range) -> None:
    async with Publisher(settings) as publisher:
        for n in numbers:
            await publisher.send(settings.names.events(SLUG), b"d%d" % n, event(n))


def settled(settings: Settings, folder: Path, **labels: str) -> float:
    """The persons settled in all, as `ioc figures` tells them; -1 while there is no such figure."""
    environment = {
        "PATH": "",
        "IOC_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "IOC_TOPIC_PREFIX": settings.topic_prefix,
        "IOC_CATALOGUE": str(folder),
    }
    program = [sys.executable, "-m", "ioc.cli", "figures"]
    told = subprocess.run(program, env=environment, check=True, capture_output=True, text=True).stdout
    rows = [json.loads(line) for line in told.splitlines()]
    found = [r for r in rows if r["kpi"] == "people_settled" and r["window"] == "total" and r["labels"] == labels]
    return found[0]["value"] if found else -1


def applied_by(*running: WorkerProcess) -> int:
    return sum(fate(worker, "applied") for worker in running)


def test_workers_of_two_catalogues_take_turns_and_nothing_is_lost(
    installation: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = installation(partitions=4, worker_session_timeout=6.0)
    old, new = catalogue(tmp_path / "old", (SUMMED, WITHOUT_POLICY)), catalogue(tmp_path / "new")
    with workers(settings, tmp_path, IOC, [SLUG]) as start:
        first = start(IOC_CATALOGUE=str(old))
        publish(settings, range(100))
        wait_until(lambda: applied_by(first) == 100)
        second = start(IOC_CATALOGUE=str(new))
        wait_until(lambda: len(second.owned()) == 2)
        publish(settings, range(100, 200))
        wait_until(lambda: applied_by(first, second) == 200)
        assert first.stop() == 0
        wait_until(lambda: len(second.owned()) == 4)
        publish(settings, range(200, 300))
        wait_until(lambda: applied_by(second) == 300)
        assert second.stop() == 0
    assert settled(settings, new) == 600
    assert 200 <= settled(settings, new, policy="resignation") < 600


def test_an_incompatible_catalogue_is_refused_replayed_and_promoted(
    installation: Callable[..., Settings], tmp_path: Path
) -> None:
    live = installation(partitions=2, worker_session_timeout=6.0)
    anew = installation(partitions=2, worker_session_timeout=6.0, source_prefix=live.topic_prefix)
    old, new = catalogue(tmp_path / "old"), catalogue(tmp_path / "new", OTHER_DEADLINE)
    with workers(live, tmp_path, IOC, [SLUG]) as start:
        first = start(IOC_CATALOGUE=str(old))
        publish(live, range(50))
        wait_until(lambda: applied_by(first) == 50)
        assert first.stop() == 0
        refused = start(IOC_CATALOGUE=str(new))
        assert refused.process.wait(60) != 0
        told = refused.log.read_text()
        assert "entities.report.deadlines.main: was field due_at, after None" in told
        assert "`ioc replay --prefix NEW`" in told
    (tmp_path / "anew").mkdir()
    with workers(anew, tmp_path / "anew", IOC, [SLUG]) as start:
        replaying = start(IOC_CATALOGUE=str(new))
        wait_until(lambda: applied_by(replaying) == 50)
        assert replaying.stop() == 0
    with pytest.raises(PromotionError, match="2,000 records behind"):
        refuse_unready(anew, 2_000, 1_000)
    assert live_settings(live) == live
    program = [sys.executable, "-m", "ioc.cli", "promote", "--prefix", anew.topic_prefix, "--from", live.topic_prefix]
    environment = {
        "PATH": "",
        "IOC_BOOTSTRAP_SERVERS": live.bootstrap_servers,
        "IOC_CATALOGUE": str(new),
        "IOC_PARTITIONS": "2",
    }
    subprocess.run(program, env=environment, check=True)
    assert live_settings(live).names == anew.names
    (tmp_path / "promoted").mkdir()
    with workers(live, tmp_path / "promoted", IOC, [SLUG]) as start:
        promoted = start(IOC_CATALOGUE=str(new))
        publish(live, range(50, 60))
        wait_until(lambda: applied_by(promoted) == 60)
        assert promoted.value("ioc_worker_records_total") == 10
        assert promoted.stop() == 0
    assert settled(live, new) == 120
