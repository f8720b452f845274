"""What every page draws half a minute after something happened, held against what is true then.

The twelve subsystems through a real Kafka, workers, exporter, relay, Alertmanager and Prometheus: the scenario, whose
rain gauges fell silent a day before its end, and what goes on live after it. Every instant query of every page is
asked, and read as Grafana colours it.
"""

import asyncio
import math
import re
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from dashboards.grafana.panel import ON_ANY_THEME
from dashboards.grafana.status import LOOKS
from dashboards.prometheus_api import Prometheus, PrometheusError
from ioc.cli.playback import Playback
from ioc.cli.province_stack import ProvinceStack
from ioc.cli.simulate import live_events, publish_events
from ioc.kpis.status import Status
from ioc.scenarios import phu_tho_2025
from ioc.scenarios.events import Event
from ioc.scenarios.feeds.environment import write_water
from ioc.time.windows import DAY
from streams.settings.settings import load_settings
from tests.e2e.drawn import Drawn, drawn, pages
from tests.packaged import packaged_catalogue
from tests.truth.scenes import SCENES

pytestmark = [pytest.mark.kafka, pytest.mark.prometheus, pytest.mark.soak, pytest.mark.timeout(900)]

CATALOGUE = packaged_catalogue()
SCALE = 0.01
GREEN, YELLOW, RED = ({LOOKS[each].colour, ON_ANY_THEME[LOOKS[each].colour]} for each in list(Status)[1:])
"""Each on a card and on the ground that the theme paints."""
HALF_A_MINUTE = 30.0
UNREAD = 30.0
"""Seconds that records may wait before what they would change counts as not known."""
HOLD = 70.0
"""Seconds that a critical alert of the rivers waits before it fires."""
NET = 120.0
"""Seconds after which something counts as not come: no measure."""

ENVIRONMENT, RIVERS, RAIN, FEEDS = "Môi trường", "Cấp báo động lũ", "Lượng mưa", "Nguồn dữ liệu"
GAUGE, NAMED, CALM, FLOOD = b"thao_phu_tho", "Sông Thao, Phú Thọ", 5.0, 19.5
DARK = {kpi for (slug, kpi), scene in SCENES.items() if slug == "environment" and "rain_gauges" in scene.told_by}
"""The KPIs of which somebody is in the dark while the rain gauges are silent, as a person wrote down."""
OF_ALERTS = {"Cảnh báo đang mở", "Đang tắt báo"}
WITHOUT_EXPORTER = {"clock", "as_of", "simulated", "alerts", "platform", "new", "nobody", "taken"}
"""What may stand on a page while no exporter answers: it is not the exporter's, or says as of when it is."""


@dataclass
class Province:
    """The stack, what goes on live, and what the pages draw."""

    stack: ProvinceStack
    prometheus: Prometheus
    playback: Playback
    newest: dict[str, Event] = field(default_factory=dict)
    """Of each subsystem."""
    measured: int = 0
    """When the flooded gauge last did, in seconds since the epoch."""
    ended: bool = False

    def spoken(self, events: Iterable[Event]) -> Iterator[Event]:
        """Without the rain of the last day and of now, and without what the flooded gauge says after the scenario."""
        for event in events:
            if self.ended:
                return
            silent = b".environment.rain." in event.type and event.time > phu_tho_2025.END - DAY
            if not silent and not (event.key == GAUGE and event.time > phu_tho_2025.END):
                self.newest[event.subsystem] = event
                yield event

    def go_on(self) -> None:
        events = self.spoken(live_events(CATALOGUE, 1, SCALE))
        asyncio.run(publish_events(self.stack.settings, events, 1.0, lambda _: None))

    def gauge(self, level: float) -> None:
        """The flooded gauge measures now, in another second than before: that makes the id of its event."""
        now = int(self.prometheus.query("max(ioc_clock_seconds)")[0].value)
        self.measured = max(now, self.measured + 1)
        self.playback.publish([write_water(self.measured, GAUGE, level, b"m")], lambda _: None)

    def drawn(self) -> dict[str, list[Drawn]]:
        """All pages by name."""
        return {name: drawn(name, page, self.prometheus) for name, page in pages()}

    def wait_until_green(self) -> None:
        """Wait until the rivers are green."""
        until, page = time.monotonic() + NET, dict(pages())["environment"]
        while not on(drawn("environment", page, self.prometheus), RIVERS, GREEN):
            assert time.monotonic() < until
            time.sleep(1)

    @contextmanager
    def hanging(self, part: str) -> Iterator[None]:
        """A part that neither answers nor ends, for half a minute and for as long as is looked at it."""
        self.stack.signal(part, signal.SIGSTOP)
        try:
            time.sleep(HALF_A_MINUTE)
            yield
        finally:
            self.stack.signal(part, signal.SIGCONT)


def greens(drawn: Iterable[Drawn]) -> list[tuple[str, str, str, str]]:
    """What is green, to be read where a test fails; "0 are well" is green and says that none is."""
    said = (each for each in drawn if not (each.field == "Bình thường" and each.value == 0))
    return [(each.page, each.panel, each.field, each.expr) for each in said if each.colour in GREEN]


def on(page: Iterable[Drawn], panel: str, colour: set[str]) -> list[Drawn]:
    """What panels of a title's beginning draw in a colour."""
    return [each for each in page if each.panel.startswith(panel) and each.colour in colour]


def all_of(pages: dict[str, list[Drawn]]) -> list[Drawn]:
    return [each for page in pages.values() for each in page]


def kpis_of(each: Drawn) -> set[str]:
    return set(re.findall(r'kpi="(\w+)"', each.expr))


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    settings = load_settings(clock="event", simulated=True)
    with ProvinceStack(settings, CATALOGUE, 2, tmp_path_factory.mktemp("province"), lambda _: None) as stack:
        addresses = stack.start()
        with Prometheus(addresses.prometheus, timeout=60) as prometheus:
            province = Province(stack, prometheus, Playback(stack, prometheus))
            told = province.spoken(phu_tho_2025.events(CATALOGUE, scale=SCALE))
            province.playback.wait_for_figures(province.playback.publish(told, lambda _: None))
            going_on = threading.Thread(target=province.go_on)
            going_on.start()
            try:
                province.playback.wait_for_statuses()
                province.gauge(CALM)
                province.wait_until_green()
                yield province
            finally:
                province.ended = True
                going_on.join()


def test_every_page_has_clock_and_data_time_and_says_that_the_data_is_simulated(province: Province) -> None:
    for name, page in province.drawn().items():
        strip = {each.field: each for each in page if each.field in ("clock", "as_of", "simulated")}
        assert set(strip) == {"clock", "as_of", "simulated"}, name
        assert strip["clock"].value == pytest.approx(1000 * time.time(), abs=60_000), name
        assert strip["simulated"].text == "Dữ liệu mô phỏng", name


def test_what_silent_rain_gauges_tell_is_green_on_no_page_and_the_rivers_are(province: Province) -> None:
    found = province.drawn()
    everything = all_of(found)
    of_the_dark = [each for each in everything if kpis_of(each) and kpis_of(each) <= DARK]
    assert {each.page for each in of_the_dark} >= {"environment"}
    assert greens(of_the_dark) == []
    assert greens(each for each in everything if each.labels.get("station", "").startswith("rain_")) == []
    for page in ("overview", "desk"):
        assert on(found[page], ENVIRONMENT, GREEN) == []
        assert {each.page for each in everything if each.colour in GREEN} >= {page}
    assert next(each.field for each in found["environment"] if each.panel.startswith(f"{RAIN} (")) == "-1"
    assert on(found["environment"], RIVERS, GREEN)
    silent = [each.labels["feed"] for each in found["on_call"] if each.text == "○ Mất dữ liệu" and each.panel == FEEDS]
    assert "rain_gauges" in silent
    assert "river_gauges" not in silent


def test_a_flood_is_red_on_every_page_that_shows_it_and_named_by_its_place(province: Province) -> None:
    province.gauge(FLOOD)
    time.sleep(HALF_A_MINUTE)
    found = province.drawn()
    everything = all_of(found)
    assert on(found["environment"], RIVERS, RED)
    at_the_gauge = [each for each in everything if each.labels.get("station") == GAUGE.decode()]
    assert {each.text for each in at_the_gauge if each.field == "Trạm quan trắc"} == {NAMED}
    assert greens(at_the_gauge) == []
    assert {each.page for each in at_the_gauge if each.colour in RED} == {"environment"}
    for page in ("overview", "desk"):
        tile = [each for each in found[page] if each.panel == ENVIRONMENT]
        assert RED & {each.colour for each in tile if each.field == "status"}
        places = [each.text.replace("\u00a0", " ") for each in tile if each.field == "place"]
        assert [NAMED.startswith(place.removesuffix("…")) for place in places] == [True]
    time.sleep(HOLD)
    called = [each.text for each in province.drawn()["on_call"] if each.panel in OF_ALERTS]
    assert NAMED in called
    province.gauge(CALM)
    province.wait_until_green()


def test_while_prometheus_hangs_no_page_is_answered_and_half_a_minute_after_all_are(province: Province) -> None:
    with province.hanging("prometheus"), Prometheus(province.prometheus.url, timeout=1) as hurried:
        for name, page in pages():
            with pytest.raises(PrometheusError):
                drawn(name, page, hurried)
    time.sleep(HALF_A_MINUTE)
    found = province.drawn()
    assert on(found["environment"], RIVERS, GREEN)


def test_without_an_exporter_no_page_has_a_green_or_a_figure_of_now(province: Province) -> None:
    with province.hanging("exporter"):
        found = province.drawn()
    everything = all_of(found)
    assert greens(everything) == []
    figures = {
        (each.page, each.panel, each.field)
        for each in everything
        if isinstance(each.value, float)
        and not math.isnan(each.value)
        and each.field not in WITHOUT_EXPORTER
        and each.panel not in OF_ALERTS
    }
    assert {figure for figure in figures if figure[0] != "platform"} == set()
    for name, page in found.items():
        assert {"clock", "as_of", "simulated"} <= {each.field for each in page}, name
    for name in ("overview", "desk"):
        assert RED & {each.colour for each in found[name] if each.field == "platform"}
    assert "IocExporterAbsent" in {each.labels.get("alertname") for each in found["platform"]}
    province.wait_until_green()


def test_without_a_worker_nothing_that_waits_unread_is_green_on_any_page(province: Province) -> None:
    for number in (1, 2):
        province.stack.kill(f"worker-{number}")
    assert set(province.newest) == set(CATALOGUE.subsystems)
    province.playback.publish(list(province.newest.values()), lambda _: None)
    time.sleep(UNREAD + HALF_A_MINUTE)
    found = province.drawn()
    # A feed that was heard within its interval has spoken in time, whether or not more of it waits.
    assert greens(each for each in all_of(found) if each.panel != FEEDS) == []
    for name in ("overview", "desk"):
        assert (RED | YELLOW) & {each.colour for each in found[name] if each.field == "platform"}
    assert "IocNoWorker" in {each.labels.get("alertname") for each in found["on_call"]}
