"""``ioc top``: the wall for a terminal, twelve tiles and the open alerts in 80 columns and 24 rows."""

import time
from collections.abc import Iterator

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from dashboards import wall_words
from dashboards.grafana import words
from dashboards.prometheus_api import Prometheus, PrometheusError
from dashboards.scorecard import Scorecard, Tile, scorecard
from ioc.catalogue import Catalogue
from ioc.cli.status import status_text
from ioc.text import formats

_HEADER_ROWS = 4
"""Two of the header, two above and below the table's titles."""
_LEAST_ALERTS = 6
_KPI_FROM = 110
"""Columns from which there is room for the headline's name, and for what its value is made of."""


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
    """The scorecard: a line for each tile, and below them the alerts as far as there is room."""
    return _Picture(card, catalogue)


class _Picture:
    def __init__(self, card: Scorecard, catalogue: Catalogue) -> None:
        self._card, self._catalogue = card, catalogue

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        wide = options.max_width >= _KPI_FROM
        room = max(_LEAST_ALERTS, options.size.height - _HEADER_ROWS - len(self._card.tiles) - 1)
        yield Group(self._header(), self._tiles(wide=wide), *self._alerts(room))

    def _header(self) -> Text:
        card = self._card
        as_of = "-" if card.data_time is None else formats.time_text(card.data_time)
        header = Text.assemble(
            (f"IOC {self._catalogue.province.name.vi}", "bold reverse"),
            f"  {formats.UPDATED.vi} {formats.local_time(time.time()):%H:%M:%S}",
            (f"  {formats.SIMULATED.vi}" if card.simulated else "", "bold magenta"),
            f"\n{formats.DATA_AS_OF.vi} {as_of}  ",
        )
        count = len(card.open.alerts) if card.open.evaluated else "–"
        header.append(f"{words.ALERTS_OPEN.vi}: {count}", style="bold red" if card.open.alerts else "")
        if card.open.relay_answers and card.open.untaken:
            header.append(f", {len(card.open.untaken)} {wall_words.NOBODY.vi}", style="bold red")
        return header

    def _tiles(self, *, wide: bool) -> Table:
        table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1, 0, 0), show_edge=False)
        table.add_column("Trạng thái", no_wrap=True, width=17)
        table.add_column("Hệ thống", ratio=1, no_wrap=True, overflow="ellipsis")
        if wide:
            table.add_column("Chỉ tiêu", ratio=1, no_wrap=True, overflow="ellipsis")
            table.add_column("", justify="right", no_wrap=True)
        table.add_column("Giá trị", justify="right", no_wrap=True)
        table.add_column("Tuổi", justify="right", no_wrap=True)
        for tile in self._card.tiles:
            table.add_row(*self._row(tile, wide=wide))
        return table

    def _row(self, tile: Tile, *, wide: bool) -> Iterator[RenderableType]:
        subsystem, now = self._catalogue.subsystems[tile.subsystem], self._card.now
        # What is not of now is dim.
        look = "bold" if tile.known else "dim"
        yield status_text(tile.status, wall_words.status_words(tile, "vi"))
        yield Text(subsystem.name.vi)
        if wide:
            yield Text(subsystem.kpis[subsystem.headline].name.vi, style="dim")
            yield Text(wall_words.fraction_text(tile, "vi"), style="dim")
        yield Text(wall_words.value_text(tile, self._catalogue, "vi"), style=look)
        known = tile.data_time is not None and now is not None
        yield formats.duration((now or 0) - (tile.data_time or 0), units=1) if known else "-"

    def _alerts(self, room: int) -> Iterator[Text]:
        """A line each; of more than there is room for their number."""
        alerts = self._card.open.alerts
        shown = alerts if len(alerts) <= room else alerts[: room - 1]
        for alert in shown:
            since = "" if alert.since is None else f" {wall_words.clock_text(alert.since, time.time())}"
            taken = wall_words.taken_text(alert, time.time(), "vi")
            line = status_text(wall_words.alert_status(alert), wall_words.alert_text(alert, self._catalogue, "vi"))
            if not self._card.open.relay_answers:
                taken = "–"
            line.append(f"{since}, {taken}", style="default")
            line.no_wrap, line.overflow = True, "ellipsis"
            yield line
        if len(shown) < len(alerts):
            yield Text(f"… {len(alerts) - len(shown)} {words.ALERTS_OPEN.vi.lower()}")
