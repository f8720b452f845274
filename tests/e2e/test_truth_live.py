"""A sample of `make truth` through real Kafka, workers, exporters and the rules in Prometheus.

The rivers and the rain of the packaged catalogue, whose feeds are said to be silent after half a minute. Gauges
measure every second; one of two exporters froze while all was green and goes on answering.
"""

import asyncio
import json
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiokafka import AIOKafkaProducer

from dashboards.prometheus_api import Prometheus
from dashboards.rules.limited import LimitedKpi, limited_kpis
from ioc.catalogue import load
from ioc.catalogue.loader import PACKAGED
from ioc.cli.province_stack import ProvinceStack
from ioc.kpis.status import GreyReason, Status
from streams.kafka.producer import Publisher
from streams.settings.settings import load_settings
from tests.dashboards.rules.scenes import reason_of_whole, status_of_whole
from tests.truth.scenes import filled

pytestmark = [pytest.mark.kafka, pytest.mark.prometheus, pytest.mark.soak, pytest.mark.timeout(900)]

SLUG = "environment"
GAUGES = ("thao_phu_tho", "lo_vu_quang", "bua_thanh_son", "hong_viet_tri", "da_hoa_binh", "boi_hung_thi")
CALM, LEVEL_3 = 5.0, 19.5
PATIENCE = 120.0
"""Seconds until a status must be what it should be: half a minute of silence or waiting, and what a page takes."""


def sooner_silent(folder: Path) -> Path:
    """The catalogue of the environment alone, its feeds expected every half minute."""
    text = (PACKAGED / "subsystems" / f"{SLUG}.yaml").read_text(encoding="utf-8")
    for interval in ("1h", "15m"):
        text = text.replace(f"expected_interval: {interval}", "expected_interval: 30s")
    (folder / "subsystems").mkdir(parents=True)
    (folder / "subsystems" / f"{SLUG}.yaml").write_text(text, encoding="utf-8")
    (folder / "province.yaml").write_text((PACKAGED / "province.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    return folder


@dataclass
class Feeds:
    """Everything that measures, once a second, each feed until it is stopped."""

    stack: ProvinceStack
    silent: set[str] = field(default_factory=set)
    levels: dict[str, float] = field(default_factory=lambda: dict.fromkeys(GAUGES, CALM))
    ended: bool = False

    async def run(self) -> None:
        topic = self.stack.settings.names.events(SLUG)
        async with Publisher(self.stack.settings) as publisher:
            number = 0
            while not self.ended:
                for event, data in self._measured():
                    number += 1
                    await publisher.send(topic, str(data.get("station", "kpi")).encode(), _written(event, number, data))
                await asyncio.sleep(1)

    def _measured(self) -> Iterator[tuple[str, dict[str, object]]]:
        for gauge, level in self.levels.items():
            yield "water_level.measured", {"station": gauge, "water_level": level, "water_level_unit": "m"}
        if "rain_gauges" not in self.silent:
            for number in range(4):
                yield "rain.measured", {"station": f"rain{number}", "rain": 0.0}
        yield "source_total.reported", filled(load().subsystems[SLUG], "source_total.reported", {})


def _written(event: str, number: int, data: dict[str, object]) -> bytes:
    envelope = {"specversion": "1.0", "id": str(number), "source": "/test", "data": data}
    envelope |= {"type": load().subsystems[SLUG].event_type(event), "time": datetime.now(UTC).isoformat()}
    return json.dumps(envelope).encode()


@dataclass
class Live:
    """The stack, what measures, and what Prometheus says."""

    stack: ProvinceStack
    feeds: Feeds
    prometheus: Prometheus
    kpis: dict[str, LimitedKpi]

    def shown(self, kpi: str) -> tuple[Status | None, GreyReason | None]:
        status = self.prometheus.query(status_of_whole(self.kpis[kpi]))
        reason = self.prometheus.query(reason_of_whole(self.kpis[kpi]))
        return (
            Status(int(status[0].value)) if status else None,
            GreyReason(int(reason[0].value)) if reason else None,
        )

    def wait_for(self, kpi: str, status: Status, reason: GreyReason | None = None) -> None:
        """Wait until a whole is shown so."""
        until = time.monotonic() + PATIENCE
        while (shown := self.shown(kpi)) != (status, reason):
            assert time.monotonic() < until, f"{kpi} is {shown}, not {(status, reason)}"
            time.sleep(1)


@contextmanager
def frozen(address: str, page: bytes) -> Iterator[None]:
    """An exporter that goes on answering with the same page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    place = urlsplit(address)
    assert place.hostname is not None
    assert place.port is not None
    with ThreadingHTTPServer((place.hostname, place.port), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = sooner_silent(tmp_path_factory.mktemp("catalogue") / "short")
    catalogue = load(folder)
    settings = load_settings(clock="wall", catalogue=folder)
    with ProvinceStack(settings, catalogue, 1, tmp_path_factory.mktemp("run"), lambda _: None, exporters=2) as stack:
        addresses = stack.start()
        feeds = Feeds(stack)
        sending = threading.Thread(target=lambda: asyncio.run(feeds.run()))
        sending.start()
        kpis = {kpi.slug: kpi for kpi in limited_kpis(catalogue.subsystems[SLUG])}
        try:
            with Prometheus(addresses.prometheus, timeout=60) as prometheus:
                live = Live(stack, feeds, prometheus, kpis)
                live.wait_for("river_alarm_level", Status.GREEN)
                with urllib.request.urlopen(f"{addresses.exporter}/metrics") as answer:  # noqa: S310 (of our own)
                    page = answer.read()
                stack.kill("exporter")
                with frozen(addresses.exporter, page):
                    yield live
        finally:
            feeds.ended = True
            sending.join()


@contextmanager
def open_transaction(live: Live, gauge: str) -> Iterator[None]:
    """A record of a gauge's partition that is appended, and neither committed nor aborted."""
    opened, end = threading.Event(), threading.Event()

    async def hold() -> None:
        options = {**live.stack.settings.kafka_options(), "transactional_id": "endless"}
        async with AIOKafkaProducer(**options, transaction_timeout_ms=60_000) as producer:
            await producer.begin_transaction()
            await producer.send_and_wait(live.stack.settings.names.events(SLUG), b"{}", gauge.encode())
            opened.set()
            await asyncio.to_thread(end.wait)
            await producer.abort_transaction()

    thread = threading.Thread(target=lambda: asyncio.run(hold()))
    thread.start()
    try:
        assert opened.wait(60)
        yield
    finally:
        end.set()
        thread.join()


def test_a_frozen_exporter_hides_no_river_at_alarm_level_3(live: Live) -> None:
    live.feeds.levels["thao_phu_tho"] = LEVEL_3
    live.wait_for("river_alarm_level", Status.RED)
    live.feeds.levels["thao_phu_tho"] = CALM
    live.wait_for("river_alarm_level", Status.GREEN)


def test_rain_of_silent_gauges_is_grey_while_the_rivers_speak(live: Live) -> None:
    live.feeds.silent.add("rain_gauges")
    live.wait_for("rain", Status.GREY, GreyReason.FEED_SILENT)
    assert live.shown("river_alarm_level") == (Status.GREEN, None)
    live.feeds.silent.clear()


def test_behind_a_transaction_that_does_not_end_calm_rivers_are_grey_and_a_flood_is_red(live: Live) -> None:
    live.wait_for("river_alarm_level", Status.GREEN)
    with open_transaction(live, "lo_vu_quang"):
        live.wait_for("river_alarm_level", Status.GREY, GreyReason.BEHIND)
        live.feeds.levels["thao_phu_tho"] = LEVEL_3
        live.wait_for("river_alarm_level", Status.RED)
        live.feeds.levels["thao_phu_tho"] = CALM
    live.wait_for("river_alarm_level", Status.GREEN)


def test_a_worker_that_hangs_leaves_nothing_green(live: Live) -> None:
    live.wait_for("river_alarm_level", Status.GREEN)
    live.stack.signal("worker-1", signal.SIGSTOP)
    try:
        # What waits is told first, and after half a minute more nothing of the gauges is in the figures.
        live.wait_for("river_alarm_level", Status.GREY, GreyReason.FEED_SILENT)
    finally:
        live.stack.signal("worker-1", signal.SIGCONT)
    live.wait_for("river_alarm_level", Status.GREEN)
