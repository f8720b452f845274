"""The scenario, played once a run at full size into the real stack, from Kafka to Alertmanager."""

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
from tests.packaged import packaged_catalogue
from tests.streams.relay.conftest import receiver  # noqa: F401 (a fixture)


@dataclass(frozen=True)
class Played:
    """The stack after the scenario, and what Prometheus answers of it."""

    catalogue: Catalogue
    addresses: Addresses
    prometheus: Prometheus
    sent: int
    readings: list[Reading]
    folder: Path


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    catalogue, settings = packaged_catalogue(), load_settings(clock="event", simulated=True)
    folder = tmp_path_factory.mktemp("province")
    with ProvinceStack(settings, catalogue, 2, folder, lambda _: None) as stack:
        addresses = stack.start()
        with Prometheus(addresses.prometheus, timeout=60) as prometheus:
            playback = Playback(stack, prometheus)
            sent = playback.publish(phu_tho_2025.events(catalogue), lambda _: None)
            playback.wait_for_figures(sent)
            playback.wait_for_statuses()
            yield Played(catalogue, addresses, prometheus, sent, readings(prometheus, catalogue), folder)
