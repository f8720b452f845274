"""How the scorecard reads to people, on the page of the wall as in a terminal."""

from dashboards.grafana.status import SHORT_REASONS
from dashboards.grafana.words import PLACES_RED
from dashboards.open_alerts import OpenAlert
from dashboards.scorecard import Broken, Tile
from ioc.catalogue import Catalogue
from ioc.kpis.status import Status
from ioc.text import formats
from ioc.text.bilingual import Language, Text

NOBODY = Text("chưa ai nhận", "nobody took it")
TAKEN = Text("nhận lúc {0}", "taken at {0}")
_SINCE = Text("từ {0}", "since {0}")
_UNTAKEN = Text("{0} cảnh báo chưa ai nhận", "{0} alerts that nobody took")


def value_text(tile: Tile, catalogue: Catalogue, language: Language) -> str:
    """The headline's value with its unit; a dash where there is none."""
    subsystem = catalogue.subsystems[tile.subsystem]
    value = tile.headline.value
    return "–" if value is None else formats.value_text(value, subsystem.kpis[subsystem.headline].unit, language)


def fraction_text(tile: Tile, language: Language) -> str:
    """What the value is made of: ``40.695/57.679``; empty where it is no ratio."""
    numerator, denominator = tile.headline.numerator, tile.headline.denominator
    if numerator is None or denominator is None:
        return ""
    return formats.fraction(numerator, denominator, language)


def status_words(tile: Tile, language: Language) -> str:
    """The status; where that is grey, why, in as few words as there is room for."""
    words = tile.status.text if tile.grey_reason is None else SHORT_REASONS[tile.grey_reason]
    return words.titled(language)


def where_text(broken: Broken, language: Language) -> str:
    """Where it is broken: of several red places their number, else the worst one's name; empty where there is none."""
    if broken.red_places > 1:
        return f"{broken.red_places} {PLACES_RED.of(language)}"
    return "" if broken.place is None else broken.place.of(language)


def since_text(broken: Broken, now: float, language: Language) -> str:
    """``từ 14:05``; empty where nobody knows."""
    return "" if broken.since is None else _SINCE.of(language).format(clock_text(broken.since, now))


def untaken_text(alerts: list[OpenAlert], language: Language) -> str:
    """How many of some alerts have nobody; empty where all have somebody."""
    untaken = sum(alert.taken_at is None for alert in alerts)
    return _UNTAKEN.of(language).format(untaken) if untaken else ""


def taken_text(alert: OpenAlert, now: float, language: Language) -> str:
    """When somebody took it, or that nobody did."""
    if alert.taken_at is None:
        return NOBODY.of(language)
    return TAKEN.of(language).format(clock_text(alert.taken_at, now))


def alert_text(alert: OpenAlert, catalogue: Catalogue, language: Language) -> str:
    """What it is about: a KPI by its name and subsystem, else what its rule says."""
    subsystem = catalogue.subsystems.get(alert.subsystem)
    if subsystem is None or alert.kpi not in subsystem.kpis:
        return alert.summary.of(language)
    return f"{subsystem.kpis[alert.kpi].name.titled(language)} ({subsystem.name.titled(language)})"


def alert_status(alert: OpenAlert) -> Status:
    return Status.RED if alert.severity == "critical" else Status.YELLOW


def clock_text(instant: float, now: float) -> str:
    """``14:05``, local, with the day where that is not today's."""
    local = formats.local_time(instant)
    return f"{local:%H:%M}" if local.date() == formats.local_time(now).date() else f"{local:%H:%M %d/%m}"
