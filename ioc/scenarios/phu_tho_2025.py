"""The scenario `phu-tho-2025`: four months of a province, 1 July to 31 October 2025, that end on a quiet evening."""

from collections.abc import Iterator, Sequence

from ioc.catalogue.model import Catalogue
from ioc.scenarios.events import Event
from ioc.scenarios.feeds import (
    cameras_traffic,
    citizen_feedback,
    cybersecurity,
    e_documents,
    education,
    environment,
    health,
    public_services,
    social_listening,
    socioeconomic,
    statistics,
    tourism,
)
from ioc.scenarios.heartbeats import Heartbeats
from ioc.scenarios.setting import END, FIRST_DAY, LAST_DAY, Setting
from ioc.scenarios.timeline import Feed, Telemetry, Timeline

NAME = "phu-tho-2025"
SEED = 2025
_FEEDS = (
    cameras_traffic,
    citizen_feedback,
    cybersecurity,
    e_documents,
    education,
    environment,
    health,
    public_services,
    social_listening,
    socioeconomic,
    statistics,
    tourism,
)
SUBSYSTEMS = frozenset(module.__name__.rpartition(".")[2] for module in _FEEDS)
"""The subsystems it feeds; an installation's own are not among them."""


def events(catalogue: Catalogue, seed: int = SEED, scale: float = 1.0) -> Iterator[Event]:
    """The events in order of time, all before ``END``.

    At scale 1 their counts give the calibration table exactly, at others in proportion. Raises ValueError.
    """
    if not 0.01 <= scale <= 1:
        raise ValueError(f"the scale is {scale}; write one from 0.01 to 1")
    timeline = Timeline(feeds_of(Setting(catalogue, seed, scale)))
    for day in range(FIRST_DAY, LAST_DAY + 1):
        yield from timeline.day(day)


def feeds_of(setting: Setting) -> Sequence[Feed | Telemetry]:
    """Every feed of the province."""
    return [*(feed for module in _FEEDS for feed in module.feeds(setting)), Heartbeats(setting, SUBSYSTEMS)]


__all__ = ["END", "FIRST_DAY", "LAST_DAY", "NAME", "SEED", "SUBSYSTEMS", "events", "feeds_of"]
