"""``ioc top``: the wall for a terminal, twelve tiles that fit into 100 columns and 30 rows."""

import time
from collections.abc import Iterator

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from dashboards.prometheus_api import Prometheus, PrometheusError
from dashboards.scorecard import Scorecard, Tile, scorecard
from ioc.catalogue import Catalogue
from ioc.cli.status import status_text
from ioc.text import formats


def top(prometheus: Prometheus, catalogue: Catalogue, console: Console, *, interval: float, once: bool) -> None:
    """Show the scorecard, again every ``interval`` seconds until Ctrl-C. Raises PrometheusError only with ``once``."""
    if once:
        console.print(rendered(scorecard(prometheus, catalogue), catalogue))
        return
    with Live(console=console, screen=True, auto_refresh=False) as live:
        for picture in pictures(prometheus, catalogue):
            live.update(picture, refresh=True)
            time.sleep(interval)


def pictures(prometheus: Prometheus, catalogue: Catalogue) -> Iterator[RenderableType]:
    """The scorecard again and again; where Prometheus does not answer, that instead of old figures."""
    while True:
        try:
            yield rendered(scorecard(prometheus, catalogue), catalogue)
        except PrometheusError as error:
            yield Text(f"Không có số liệu (no figures): {error}", style="bold red")


def rendered(card: Scorecard, catalogue: Catalogue) -> RenderableType:
    """The scorecard as a table, two lines a tile."""
    table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1))
    table.add_column("Hệ thống, chỉ tiêu", ratio=1, no_wrap=True)
    table.add_column("Giá trị", justify="right", no_wrap=True)
    table.add_column("Trạng thái", no_wrap=True, min_width=20)
    table.add_column("Tuổi", justify="right", no_wrap=True)
    for tile in card.tiles:
        table.add_row(*_row(tile, catalogue, card.now))
    return Group(_header(card, catalogue), table)


def _header(card: Scorecard, catalogue: Catalogue) -> Text:
    as_of = "-" if card.now is None else formats.time_text(card.now)
    header = Text.assemble(
        (f"IOC {catalogue.province.name.vi}", "bold reverse"),
        f"  {formats.DATA_AS_OF.vi} {as_of}  {formats.UPDATED.vi} {formats.local_time(time.time()):%H:%M:%S}",
        (f"  Cảnh báo {card.open_alerts}", "bold red" if card.open_alerts else ""),
    )
    if card.simulated:
        header.append(f"  {formats.SIMULATED.vi}", style="bold magenta")
    return header


def _row(tile: Tile, catalogue: Catalogue, now: float | None) -> Iterator[RenderableType]:
    subsystem = catalogue.subsystems[tile.subsystem]
    reading, kpi = tile.headline, subsystem.kpis[subsystem.headline]
    text = (tile.grey_reason or tile.status).text
    yield Text.assemble((subsystem.name.vi, "bold"), "\n", (f"  {kpi.name.vi}", "dim"))
    value = "-" if reading.value is None else formats.value_text(reading.value, kpi.unit)
    parts = reading.numerator is not None and reading.denominator is not None
    made_of = formats.fraction(reading.numerator or 0, reading.denominator or 0) if parts else ""
    yield Text.assemble((value, "bold"), "\n", (made_of, "dim"))
    yield status_text(tile.status, text.vi)
    yield "-" if reading.event_time is None or now is None else formats.duration(now - reading.event_time, units=1)
