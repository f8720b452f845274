"""The moving parts of the wall's page: the bar and the twelve tiles, as HTML."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from dashboards import wall_words
from dashboards.grafana import words
from dashboards.grafana.addresses import path_of
from dashboards.grafana.status import LOOKS
from dashboards.scorecard import Scorecard, Tile
from ioc.catalogue import Catalogue
from ioc.text import formats
from ioc.text.bilingual import Language
from ioc.text.wall import dashboard_uid

MOST_NAMED = 6
"""Alerts that nobody took, by name; of more their number."""


def bar(card: Scorecard, catalogue: Catalogue, language: Language) -> str:
    """How far the data goes, whether it is simulated, how many alerts are open, and those that have nobody."""
    as_of = words.NO_DATA.titled(language) if card.data_time is None else formats.time_text(card.data_time)
    count = f"{len(card.open.alerts)}" if card.open.evaluated else "–"
    parts = [f"<span><span class=label>{formats.DATA_AS_OF.titled(language)}</span> <b>{as_of}</b></span>"]
    if card.simulated:
        parts.append(f"<span class=simulated>{formats.SIMULATED.titled(language)}</span>")
    opened = f"<span class=label>{words.ALERTS_OPEN.titled(language)}</span> <b>{count}</b>"
    nobody = [alert for alert in card.open.untaken if card.open.relay_answers]
    if nobody:
        opened += f", <b>{len(nobody)}</b> {wall_words.NOBODY.of(language)}"
    parts.append(f"<span>{opened}</span>")
    named = nobody if len(nobody) <= MOST_NAMED else nobody[: MOST_NAMED - 1]
    items = [
        f"<li class={escape(alert.severity)}>{escape(wall_words.alert_text(alert, catalogue, language))}</li>"
        for alert in named
    ]
    if len(named) < len(nobody):
        items.append(f"<li>… +{len(nobody) - len(named)}</li>")
    return "".join(parts) + (f"<ul>{''.join(items)}</ul>" if items else "")


@dataclass(frozen=True, slots=True)
class Tiles:
    """A tile for each subsystem as HTML; with the address of a Grafana a click leads to its page there."""

    catalogue: Catalogue
    language: Language
    now: float
    """Seconds since the epoch, by the clock of alerts."""
    grafana: str | None = None

    def of(self, card: Scorecard) -> str:
        return "".join(self._tile(tile, card) for tile in card.tiles)

    def _tile(self, tile: Tile, card: Scorecard) -> str:
        lines = "".join([self._band(tile, card.now), *self._figure(tile), *self._trouble(tile, card)])
        attributes = f'class="tile {tile.status.name.lower()}" data-subsystem={tile.subsystem}'
        if self.grafana is None:
            return f"<div {attributes}>{lines}</div>"
        page = f"{self.grafana}{path_of(dashboard_uid(tile.subsystem, self.language))}"
        return f'<a {attributes} href="{escape(page)}">{lines}</a>'

    def _band(self, tile: Tile, now: float | None) -> str:
        """The status, and how old the headline's data is."""
        age = ""
        if tile.data_time is not None and now is not None:
            age = formats.duration(now - tile.data_time, units=1, language=self.language)
        status = f"{LOOKS[tile.status].shape} {wall_words.status_words(tile, self.language)}"
        return f"<div class=band><span>{escape(status)}</span><span>{age}</span></div>"

    def _figure(self, tile: Tile) -> Iterator[str]:
        """The headline; dimmed and with its moment where it is not of now."""
        subsystem, language = self.catalogue.subsystems[tile.subsystem], self.language
        yield _line("name", subsystem.name.titled(language))
        yield _line("kpi", subsystem.kpis[subsystem.headline].name.titled(language))
        value = escape(wall_words.value_text(tile, self.catalogue, language))
        fraction = escape(wall_words.fraction_text(tile, language))
        yield f'<div class="value{"" if tile.known else " then"}"><b>{value}</b><span>{fraction}</span></div>'
        if not tile.known and tile.data_time is not None:
            yield _line("then", f"{formats.DATA_AS_OF.titled(language)} {formats.time_text(tile.data_time)}")

    def _trouble(self, tile: Tile, card: Scorecard) -> Iterator[str]:
        """What is broken, where and since when, and how many alerts have nobody."""
        subsystem, broken = self.catalogue.subsystems[tile.subsystem], tile.broken
        if broken is not None:
            kpi = subsystem.kpis[broken.kpi]
            name = escape((kpi.short or kpi.name).titled(self.language))
            since = escape(wall_words.since_text(broken, self.now, self.language))
            yield f'<div class=broken title="{name}"><span>{name}</span><span class=since>{since}</span></div>'
            if where := wall_words.where_text(broken, self.language):
                yield _line("broken where", where)
        untaken = wall_words.untaken_text(card.alerts_of(tile.subsystem), self.language)
        if untaken and card.open.relay_answers:
            yield _line("untaken", untaken)


def _line(kind: str, text: str) -> str:
    return f'<div class="{kind}" title="{escape(text)}">{escape(text)}</div>'
