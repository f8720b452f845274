"""The scenario, played into the real stack, from Kafka to Alertmanager."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dashboards.prometheus_api import Prometheus
from dashboards.scorecard import Reading, readings
from ioc.catalogue import Catalogue
from ioc.cli.playback import Playback
from ioc.cli.province_stack import Addresses, ProvinceStack
from ioc.scenarios import phu_tho_2025
from streams.settings.settings import load_settings
from tests.ioc.scenarios.naive_count import NaiveCount, Readings
from tests.ioc.scenarios.naive_count import readings as counted
from tests.packaged import packaged_catalogue
from tests.streams.relay.conftest import receiver  # noqa: F401 (a fixture)


@dataclass(frozen=True)
class Played:
    """The stack after the scenario, and what Prometheus answers of it."""

    catalogue: Catalogue
    addresses: Addresses
    prometheus: Prometheus
    scale: float
    sent: int
    counted: Readings
    """What the events count up to without the engine."""
    readings: list[Reading]
    folder: Path


@pytest.fixture(scope="module", params=[0.03, pytest.param(1.0, marks=[pytest.mark.soak, pytest.mark.timeout(900)])])
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """The scenario at a small scale; `make soak` plays the whole."""
    scale: float = request.param
    catalogue, settings = packaged_catalogue(), load_settings(clock="event", simulated=True)
    folder = tmp_path_factory.mktemp("province")
    with ProvinceStack(settings, catalogue, 2, folder, lambda _: None) as stack:
        addresses = stack.start()
        with Prometheus(addresses.prometheus, timeout=60) as prometheus:
            playback = Playback(stack, prometheus)
            naive = NaiveCount()
            events = naive.pass_on(phu_tho_2025.events(catalogue, scale=scale))
            sent = playback.publish(events, lambda _: None)
            playback.wait_for_figures(sent)
            playback.wait_for_statuses()
            told = readings(prometheus, catalogue)
            yield Played(catalogue, addresses, prometheus, scale, sent, counted(naive), told, folder)
