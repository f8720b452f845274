"""`ioc alerts` against a running relay, and the shift report."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from ioc.cli import alerts
from streams.relay.client import RelayError
from tests.ioc.notices.samples import AT_FOUR, alert, platform, webhook
from tests.streams.relay.receivers import LAN_TOKEN, Clock, HttpReceiver, RunningRelay, until

CONTACTS = """
contacts: {{lan: {{name: Lan, channels: [{{type: webhook, url: '{url}'}}]}}}}
chains: [{{contacts: [lan]}}]
digest: [lan]
"""


@pytest.fixture
async def relay(
    start_relay: Callable[..., Any], receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RunningRelay]:
    async with start_relay(CONTACTS.format(url=receiver.url), Clock(AT_FOUR + 720)) as found:
        monkeypatch.setenv("IOC_RELAY_URL", found.url)
        monkeypatch.setenv("IOC_RELAY_TOKEN", LAN_TOKEN)
        # Not by COLUMNS, which counts when the module is first imported.
        monkeypatch.setattr(alerts, "console", Console(soft_wrap=True, width=250))
        await found.machines.post("/alerts", json=webhook(alert(), platform("IocExporterAbsent")))
        await until(lambda: receiver.received)
        yield found


async def ioc_alerts(*arguments: str) -> Result:
    """Run `ioc alerts`, beside the relay of this process."""
    return await asyncio.to_thread(CliRunner().invoke, alerts.app, list(arguments))


async def test_list_shows_what_is_open_and_that_nobody_took_it(relay: RunningRelay) -> None:
    shown = (await ioc_alerts("list")).output
    assert "Tỷ lệ đang xử lý quá hạn" in shown
    assert "3,55 % (1.137/32.043)" in shown
    assert shown.count("chưa ai nhận") == 2


async def test_ack_by_the_beginning_of_a_key_takes_the_alert(relay: RunningRelay) -> None:
    result = await ioc_alerts("ack", alert().key[:8], "--note", "đang gọi")
    assert result.exit_code == 0, result.exception
    taken = {each["key"]: each["taken"] for each in (await relay.client.get("/api/alerts")).json()}
    assert taken[alert().key] == {"who": "Lan", "note": "đang gọi", "at": AT_FOUR + 720}


async def test_an_unknown_key_is_said_and_takes_nothing(relay: RunningRelay) -> None:
    result = await ioc_alerts("ack", "nothing")
    assert isinstance(result.exception, RelayError)
    assert "no open alert with a key that begins with 'nothing'" in str(result.exception)


async def test_silence_without_alertmanager_is_an_error_and_no_acknowledgement(relay: RunningRelay) -> None:
    result = await ioc_alerts("silence", alert().key, "--reason", "r", "--until", "2025-07-24T07:30")
    assert isinstance(result.exception, RelayError)
    assert "Alertmanager at" in str(result.exception)
    assert [each["taken"] for each in (await relay.client.get("/api/alerts")).json()] == [None, None]


async def test_the_shift_report_says_what_fired_how_long_and_who_took_it(relay: RunningRelay, tmp_path: Path) -> None:
    await ioc_alerts("ack", alert().key, "--note", "a|b")
    await relay.machines.post("/alerts", json=webhook(alert(ends_at=AT_FOUR + 700)))
    report = (await ioc_alerts("report")).output
    assert report.startswith("# Báo cáo ca trực (Shift report)\n\nTỉnh Phú Thọ, 23/07/2025 16:12 – 24/07/2025 04:12")
    assert "## Đang mở (Open): 1" in report
    assert "## Đã hết (Over): 1" in report
    assert r"| 3,55 % (1.137/32.043), ≥ 3 % | 24/07/2025 03:55 | 17 phút | Lan, 24/07/2025 04:12 | a\|b |" in report
    assert "**Dữ liệu mô phỏng (simulated)**" in report
    page = tmp_path / "shift.html"
    await ioc_alerts("report", "--output", str(page))
    assert "<td>3,55 % (1.137/32.043), ≥ 3 %</td>" in page.read_text()
    assert "<td>a|b</td>" in page.read_text()


async def test_a_shift_knows_only_its_own_hours(relay: RunningRelay) -> None:
    report = (await ioc_alerts("report", "--from", "2025-07-22T07:00", "--to", "2025-07-22T19:00")).output
    assert "## Đang mở (Open): 0" in report


async def test_a_wrong_token_is_told(relay: RunningRelay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_RELAY_TOKEN", "wrong")
    result = await ioc_alerts("list")
    assert isinstance(result.exception, RelayError)
    assert "knows nobody with this token" in str(result.exception)
