"""Silences as the relay exports them for the duty officer's dashboard."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prometheus_client import generate_latest

from dashboards.rules.timing import EVALUATION
from ioc.notices.episode import Silence
from streams.relay.metrics import RelayMetrics
from streams.relay.store import Store
from streams.relay.supervision import Supervision
from streams.stack.ports import free_port
from tests.e2e.drawn import pages, panels
from tests.streams.relay.test_metrics_page import CONTACTS

QUYET = "Nguyễn Văn Quyết"


def test_a_silence_is_exported_with_its_end_and_of_two_alike_the_later(tmp_path: Path) -> None:
    silences = [
        Silence(f"{end}", "alertname=IocKafkaDown", 100.0, end, QUYET, "bảo trì", {"alertname": "IocKafkaDown"})
        for end in (900.0, 500.0)
    ]
    store = Store(tmp_path / "relay.sqlite")
    page = generate_latest(RelayMetrics(store, 200.0, (), (), silences, Supervision(lambda: 200.0)).registry).decode()
    (line,) = [line for line in page.splitlines() if line.startswith("ioc_alert_silence_ends_timestamp_seconds{")]
    assert line.endswith(" 900.0")
    assert 'alertname="IocKafkaDown"' in line
    assert not [word for word in (QUYET, "bảo trì") if word in page]


async def test_that_nothing_is_silenced_is_not_exported_where_alertmanager_does_not_answer(
    start_relay: Callable[..., Any],
) -> None:
    async with start_relay(CONTACTS, time.time, alertmanager_url=f"http://127.0.0.1:{free_port()}") as relay:
        page = (await relay.machines.get("/metrics")).text
    assert "ioc_relay_open_alerts{" in page
    assert "ioc_relay_silences" not in page
    assert "ioc_relay_silences" in proof_of_no_silence()


async def test_an_alertmanager_that_hangs_keeps_no_scrape_of_the_relay_waiting_in_vain(
    start_relay: Callable[..., Any],
) -> None:
    port, listener = free_port(), socket.socket()
    with listener:
        listener.bind(("127.0.0.1", port))
        # The kernel takes connections that nobody reads from.
        listener.listen()
        async with start_relay(CONTACTS, time.time, alertmanager_url=f"http://127.0.0.1:{port}") as relay:
            page = (await relay.machines.get("/metrics", timeout=EVALUATION)).text
    assert "ioc_relay_open_alerts{" in page
    assert "ioc_relay_silences" not in page


def test_that_nothing_is_silenced_is_exported_where_alertmanager_says_so(tmp_path: Path) -> None:
    store = Store(tmp_path / "relay.sqlite")
    page = generate_latest(RelayMetrics(store, 200.0, (), (), (), Supervision(lambda: 200.0)).registry).decode()
    assert "ioc_relay_silences 0.0" in page.splitlines()


def proof_of_no_silence() -> str:
    """What the dashboard of the one on call asks before it says that nothing is silenced."""
    (panel,) = (each for _, page in pages() for each in panels(page) if each["title"] == "Đang tắt báo")
    return str(panel["targets"][0]["expr"].rpartition("group(")[2])
