"""``ioc top`` in the smallest terminal: all twelve subsystems, and the alerts."""

from collections.abc import Sequence
from io import StringIO

import pytest
from rich.console import Console

from dashboards.open_alerts import OpenAlert, OpenAlerts
from dashboards.scorecard import Reading, Scorecard, Tile
from ioc.cli.top import rendered
from ioc.kpis.status import Certainty, GreyReason, Status
from ioc.text.bilingual import Text
from tests.packaged import packaged_catalogue

CATALOGUE = packaged_catalogue()
NOW = 1_761_955_200.0


def tile(subsystem: str, certainty: Certainty = Certainty.KNOWN) -> Tile:
    silent = certainty is Certainty.UNKNOWN
    reading = Reading(
        subsystem, CATALOGUE.subsystems[subsystem].headline, (), "total", 0.5, 1, 2, Status.GREEN, None, certainty, NOW
    )
    status, reason = (Status.GREY, GreyReason.FEED_SILENT) if silent else (Status.GREEN, None)
    return Tile(subsystem, reading, status, reason, NOW - 7200, None)


def alert(number: int, taken_at: float | None = None) -> OpenAlert:
    text = Text(f"Cảnh báo {number}", f"Alert {number}")
    return OpenAlert("IocX", "platform", "", "", "critical", "", True, NOW + number, taken_at, text)


def shown(alerts: Sequence[OpenAlert], *, width: int = 80, certainty: Certainty = Certainty.KNOWN) -> list[str]:
    opened = OpenAlerts(list(alerts), evaluated=True, relay_answers=True)
    card = Scorecard([tile(slug, certainty) for slug in CATALOGUE.subsystems], NOW, NOW - 60, True, opened)
    console = Console(width=width, height=24, file=StringIO(), legacy_windows=False)
    console.print(rendered(card, CATALOGUE))
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("count", [0, 3, 40])
def test_80_columns_and_24_rows_hold_all_twelve_and_the_alerts(count: int) -> None:
    lines = shown([alert(number) for number in range(count)])
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    for subsystem in CATALOGUE.subsystems.values():
        assert [line for line in lines if subsystem.name.vi in line], subsystem.name.vi
    assert [line for line in lines if f"Cảnh báo đang mở: {count}" in line]
    named = [line for line in lines if line.startswith("■")]
    assert len(named) >= min(count, 3)


def test_alerts_beyond_the_last_row_are_counted() -> None:
    lines = shown([alert(number) for number in range(40)])
    named = [line for line in lines if line.startswith("■")]
    assert lines[-1] == f"… {40 - len(named)} cảnh báo đang mở"


def test_who_took_an_alert_stands_beside_it_and_those_that_nobody_took_are_counted() -> None:
    lines = shown([alert(1), alert(2, NOW)])
    assert [line for line in lines if "Cảnh báo 2 " in line and ", nhận lúc " in line]
    assert [line for line in lines if "Cảnh báo 1 " in line and line.endswith("chưa ai nhận")]
    assert [line for line in lines if line.endswith("Cảnh báo đang mở: 2, 1 chưa ai nhận")]


def test_how_far_the_data_goes_and_that_it_is_simulated_stands_above() -> None:
    first, second, *_ = shown([])
    assert "Dữ liệu mô phỏng" in first
    assert second.startswith("Số liệu đến 01/11/2025 06:59")


def test_a_wide_terminal_has_room_for_the_headlines_and_what_they_are_made_of() -> None:
    lines = shown([], width=140)
    for subsystem in CATALOGUE.subsystems.values():
        name = subsystem.kpis[subsystem.headline].name.vi
        assert [line for line in lines if name in line and "1/2" in line], name
