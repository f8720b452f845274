"""The past of the demo: it ends where the demo goes on, and is what the events up to then give."""

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards.grafana.queries import before
from dashboards.prometheus_api import Prometheus
from ioc.cli.demo_past import DemoPast
from ioc.cli.simulate import publish_events
from ioc.scenarios import phu_tho_2025
from ioc.scenarios.events import Event
from ioc.time.windows import DAY
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings, load_settings
from streams.stack.children import Children
from streams.stack.monitoring import start_prometheus
from tests.packaged import packaged_catalogue

pytestmark = [pytest.mark.kafka, pytest.mark.prometheus]

SUBSYSTEM = "citizen_feedback"
RECEIVED = 'ioc_citizen_feedback_received_requests{window="total"}'


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return [event for event in phu_tho_2025.events(packaged_catalogue(), scale=0.01) if event.subsystem == SUBSYSTEM]


@pytest.fixture
def settings(kafka: str) -> Iterator[Settings]:
    made = load_settings(bootstrap_servers=kafka, topic_prefix=f"t{uuid.uuid4().hex[:8]}", partitions=2)
    with topic_admin(made) as admin:
        admin.ensure(list(packaged_catalogue().subsystems))
        yield made
        admin.delete_all()


async def test_the_four_months_stand_before_now_and_the_change_reaches_into_them(
    settings: Settings, events: list[Event], tmp_path: Path
) -> None:
    assert await publish_events(settings, events, None, lambda _: None) == len(events)
    blocks, now = tmp_path / "run" / "data", float(int(time.time()))
    past = DemoPast(settings, blocks, now)
    past.start()
    past.wait()
    assert "stand before now" in past.news()
    assert past.news() == ""
    (tmp_path / "config").mkdir()
    config = tmp_path / "config" / "prometheus.yml"
    config.write_text("global: {}\n")

    def received(until: int) -> int:
        """How many requests were received until then, event by event."""
        kinds = [json.loads(event.value)["type"] for event in events if event.time <= until]
        return sum(kind.endswith(".request.received.v1") for kind in kinds)

    with Children(tmp_path / "logs") as children:
        service = start_prometheus(children, tmp_path / "run", config)
        with Prometheus(service.url, timeout=60) as prometheus:
            # Its last moment is now, its last day has no gap, and nothing is made up of what comes after.
            for ago in (0, 600, DAY, 10 * DAY, 90 * DAY):
                (sample,) = prometheus.query(RECEIVED, now - ago - ago % 240)
                assert sample.value == received(phu_tho_2025.END - ago - ago % 240)
            assert prometheus.query(RECEIVED, now + 301) == []
            for span, ago in (("1d", DAY), ("7d", 7 * DAY), ("30d", 30 * DAY)):
                (then,) = prometheus.query(before(RECEIVED, span), now + 1800)
                hours = {received(phu_tho_2025.END - ago + second) for second in (-1800, 0, 1800)}
                assert min(hours) <= then.value <= max(hours)
