"""Topics whose beginnings were deleted by age, with real Kafka: what a rebuild says, and what a promotion refuses."""

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from ioc.catalogue.loader import PACKAGED
from ioc.cli.figures import read_merged
from ioc.cli.topics import open_cases
from ioc.figures.clock import Clock
from ioc.figures.exposition import Exposition
from ioc.figures.knowledge import Backlog
from ioc.kpis import metric_names
from streams.kafka.producer import Publisher
from streams.kafka.promotion import live_settings
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings
from tests.ioc.catalogues import SLUG, catalogue, event
from tests.streams.worker.test_redrive import fate
from tests.streams.worker.workers import IOC, delete_records, overwrite_state, wait_until, workers

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

REPORTS = 60
NOW = 1_764_000_000.0
TOLERANCE = 302
FORM = {"form": "economy", "unit": "so_noi_vu", "period": "2025-07", "due_at": "2025-09-10T00:00:00+07:00"}


def schedule(settings: Settings) -> None:
    asyncio.run(_schedule(settings))


async def _schedule(settings: Settings) -> None:
    async with Publisher(settings) as publisher:
        for number in range(REPORTS):
            value = event(number, "report.scheduled", report=f"r{number}", **FORM)
            await publisher.send(settings.names.events(SLUG), b"r%d" % number, value)


def trim(settings: Settings) -> int:
    """Let Kafka forget the older half of each partition; gives how many records that are."""
    with topic_admin(settings) as admin:
        (ends,) = (state.end_offsets for state in admin.states() if state.name == settings.names.events(SLUG))
    for index, end in ends.items():
        delete_records(settings, SLUG, index, end // 2)
    return sum(end // 2 for end in ends.values())


def overdue(settings: Settings) -> float:
    """The reports overdue by the figures that are in Kafka."""
    merged = read_merged(settings)
    figures = Exposition(merged.plan, Clock("wall"), simulated=False).figures(merged, Backlog(), NOW)
    (found,) = (each for each in figures if (each.kpi, each.window, each.labels) == ("reports_overdue", "total", ()))
    return found.value


def told(settings: Settings, metric: str, **labels: str) -> list[float]:
    """The samples of the KPI of overdue reports that the exporter shows."""
    merged = read_merged(settings)
    exposition = Exposition(merged.plan, Clock("wall"), simulated=False)
    (family,) = (each for each in exposition.families(merged, Backlog(), NOW)[""] if each.name == metric)
    wanted = {"subsystem": SLUG, "kpi": "reports_overdue", **labels}
    return [value for labels, value in family.samples if wanted.items() <= dict(labels).items()]


def test_a_rebuild_from_topics_that_were_trimmed_says_since_when(
    installation: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = installation(partitions=2, worker_session_timeout=6.0, catalogue=catalogue(tmp_path / "catalogue"))
    environment = {"IOC_CATALOGUE": str(settings.catalogue)}
    with workers(settings, tmp_path, IOC, [SLUG]) as start:
        first, began = start(**environment), time.time()
        schedule(settings)
        wait_until(lambda: fate(first, "applied") == REPORTS)
        assert first.stop() == 0
        assert overdue(settings) == REPORTS
        assert told(settings, metric_names.KPI_SINCE) == []
        gone = trim(settings)
        for index in range(2):
            overwrite_state(settings, index, f"{SLUG}/entities/report/99".encode(), b"\x90")
        second = start(**environment)
        wait_until(lambda: fate(second, "applied") == REPORTS - gone)
        assert second.stop() == 0
        assert "which the broker deleted" in second.log.read_text()
    assert overdue(settings) == REPORTS - gone
    assert told(settings, metric_names.KPI_DOUBT_INFO, reason="lost") == [1]
    (since,) = told(settings, metric_names.KPI_SINCE)
    assert began + TOLERANCE - 2 < since < time.time() + TOLERANCE


def test_a_replay_that_lacks_what_the_live_state_has_is_refused_with_the_difference(
    installation: Callable[..., Settings], tmp_path: Path
) -> None:
    folder = catalogue(tmp_path / "catalogue")
    live = installation(partitions=2, worker_session_timeout=6.0)
    anew = installation(partitions=2, worker_session_timeout=6.0, source_prefix=live.topic_prefix)
    environment = {"IOC_CATALOGUE": str(folder)}
    with workers(live, tmp_path, IOC, [SLUG]) as start:
        first = start(**environment)
        schedule(live)
        wait_until(lambda: fate(first, "applied") == REPORTS)
        assert first.stop() == 0
    with_catalogue = live.model_copy(update={"catalogue": folder})
    assert open_cases(with_catalogue, Console(quiet=True)) == 0
    gone = trim(live)
    assert open_cases(with_catalogue, Console(quiet=True)) == 1
    (tmp_path / "anew").mkdir()
    with workers(anew, tmp_path / "anew", IOC, [SLUG]) as start:
        replaying = start(**environment)
        wait_until(lambda: fate(replaying, "applied") == REPORTS - gone)
        assert replaying.stop() == 0
    refused = promoted(live, anew, folder)
    assert refused.returncode == 1
    assert f"{gone} records that the live state has read were deleted by age since" in refused.stdout
    row = ["statistics.reports_overdue", "total", "the", "whole", str(REPORTS), str(REPORTS - gone)]
    assert row in [line.split() for line in refused.stdout.splitlines()]
    assert "lack what those of" in refused.stderr
    assert live_settings(live).names == live.names
    accepted = promoted(live, anew, folder, "--accept-loss")
    assert accepted.returncode == 0, accepted.stderr
    assert live_settings(live).names == anew.names


def test_a_replay_of_one_subsystem_keeps_what_the_live_state_has_of_the_others(
    installation: Callable[..., Settings], tmp_path: Path
) -> None:
    folder = catalogue(tmp_path / "catalogue")
    shutil.copy(PACKAGED / "subsystems" / "tourism.yaml", folder / "subsystems")
    live = installation(partitions=2, worker_session_timeout=6.0, catalogue=folder)
    anew = installation(partitions=2, worker_session_timeout=6.0, source_prefix=live.topic_prefix, catalogue=folder)
    environment = {"IOC_CATALOGUE": str(folder)}
    with workers(live, tmp_path, IOC, [SLUG, "tourism"]) as start:
        first = start(**environment)
        schedule(live)
        wait_until(lambda: fate(first, "applied") == REPORTS)
        assert first.stop() == 0
    trim(live)
    (tmp_path / "anew").mkdir()
    arguments = ["--prefix", anew.topic_prefix, "--from", live.topic_prefix, "--only", "tourism"]
    replay = (sys.executable, "-m", "ioc.cli", "replay", *arguments)
    with workers(anew, tmp_path / "anew", replay, [SLUG, "tourism"]) as start:
        replaying = start(**environment)
        wait_until(lambda: fate(replaying, "applied") == REPORTS)
        assert replaying.value("ioc_worker_records_total") == 0
        assert replaying.stop() == 0
    assert overdue(anew) == REPORTS
    assert told(anew, metric_names.KPI_SINCE) == []
    accepted = promoted(live, anew, folder)
    assert accepted.returncode == 0, accepted.stderr


def promoted(live: Settings, anew: Settings, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "ioc.cli", "promote", "--prefix", anew.topic_prefix, "--from", live.topic_prefix]
    environment = os.environ | {
        "IOC_BOOTSTRAP_SERVERS": live.bootstrap_servers,
        "IOC_CATALOGUE": str(folder),
        "IOC_PARTITIONS": "2",
    }
    return subprocess.run([*program, *more], env=environment, check=False, capture_output=True, text=True)
