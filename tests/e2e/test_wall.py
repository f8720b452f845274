"""The wall's page in a browser: what it shows of a real Prometheus, and what it says when any part has stopped.

Scrapes, evaluations and holds are a fifth of what they are in production.
"""

import asyncio
import os
import re
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from dashboards.prometheus_api import Prometheus
from dashboards.rules.limited import LimitedKpi, limited_kpis
from dashboards.wall import look
from ioc.kpis import metric_names
from ioc.text.bilingual import Language
from streams.settings.parts import WallSettings
from streams.stack import Service, Stack
from streams.wall.http import WallServer
from streams.wall.now import Now
from streams.web.server import serving
from tests.dashboards.rules.scenes import inside, outside
from tests.e2e.chain import Exporter, serve, start_monitoring
from tests.e2e.chromium import PROGRAM, Tab, browsing
from tests.packaged import packaged_catalogue

pytestmark = [
    pytest.mark.prometheus,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium"),
]

CATALOGUE = packaged_catalogue()
KPIS = {(kpi.subsystem.subsystem, kpi.slug): kpi for s in CATALOGUE.subsystems.values() for kpi in limited_kpis(s)}
PICTURES = os.environ.get("IOC_WALL_PICTURES")
"""A folder for a picture of each state, to look at."""
WITHIN = 30.0
"""Seconds after which what stands still must be told."""
NET = 120.0
"""Seconds after which something counts as not come: no measure."""


@dataclass
class Scene:
    exporter: Exporter
    relay: Exporter
    prometheus: Service
    tab: Tab
    server: "asyncio.Task[None]"

    def figure(self, subsystem: str, kpi: str, value: float, **place: str) -> None:
        limited = KPIS[subsystem, kpi]
        labels = {metric_names.WINDOW_LABEL: limited.limits.window, **place}
        named = ",".join(f'{name}="{text}"' for name, text in {"subsystem": subsystem, **labels}.items())
        self.exporter.series[f"{limited.metric}{{{named}}}"] = value
        if limited.limits.minimum_sample:
            self.exporter.series[f"{limited.sample_metric}{{{named}}}"] = limited.limits.minimum_sample * 10
        if limited.kpi.ratio:
            # As long as any in the province.
            self.exporter.series[f"{metric_names.numerator_name(limited.metric)}{{{named}}}"] = 27_480.6
            self.exporter.series[f"{metric_names.denominator_name(limited.metric)}{{{named}}}"] = 38_500

    async def picture(self, name: str) -> None:
        if PICTURES:
            await asyncio.to_thread((Path(PICTURES) / f"wall-{name}.png").write_bytes, await self.tab.picture())


def well(kpi: LimitedKpi) -> float:
    """A value that breaks no limit."""
    return inside(kpi, kpi.limits.severities[-1])


def bad(kpi: LimitedKpi) -> float:
    return outside(kpi, kpi.limits.severities[0])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """All is quiet, and the page shows it."""
    folder, exporter, relay = tmp_path_factory.mktemp("wall"), Exporter(), Exporter()
    served, relayed = serve(exporter), serve(relay)
    relay.series['ioc_relay_open_alerts{class="page",taken="false"}'] = 0
    with Stack(folder / "run") as stack:
        prometheus, _ = start_monitoring(stack, folder, next(served), int(next(relayed)[0].split(":")[1]), divided_by=5)
        client = Prometheus(prometheus.url, timeout=5)

        def now(language: Language) -> Now:
            seen = look(client, CATALOGUE, language, time.time())
            return Now(seen.bar, seen.tiles, seen.stopped, seen.calls)

        listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def running() -> None:
            server = WallServer("Phú Thọ", now, lambda _: [], None, 45)
            async with serving(server.application(), WallSettings(port=0)) as address:
                listening.set_result(address)
                await asyncio.Event().wait()

        task = asyncio.create_task(running())
        async with browsing(folder / "profile") as tab:
            scene = Scene(exporter, relay, prometheus, tab, task)
            for slug, subsystem in CATALOGUE.subsystems.items():
                exporter.hear(slug)
                for feed in subsystem.feeds:
                    labels = f'{{subsystem="{slug}",feed="{feed}"}}'
                    exporter.series[metric_names.FEED_EVENT_TIME + labels] = time.time() - 60
            exporter.series[metric_names.CLOCK] = time.time()
            exporter.series[metric_names.SIMULATED] = 1
            for place, kpi in KPIS.items():
                scene.figure(*place, well(kpi))
            await tab.go(await listening)
            yield scene
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        client.close()
    for pages in (served, relayed):
        next(pages, None)


async def test_in_quiet_every_tile_is_green_and_the_bar_tells_of_what_time(scene: Scene) -> None:
    await scene.tab.until("document.querySelectorAll('.tile.green').length === 12", NET)
    await scene.picture("quiet")
    bar = await scene.tab.text("#bar")
    assert "Số liệu đến" in bar
    assert "Dữ liệu mô phỏng" in bar
    assert bar.replace("\n", " ").rstrip().endswith("Cảnh báo đang mở 0")
    assert await scene.tab.text("#stands") == ""
    before = await scene.tab.text("#clock")
    await scene.tab.until(f"document.getElementById('clock').textContent !== {before!r}", 5)


async def test_a_tile_without_its_headlines_value_is_not_green(scene: Scene) -> None:
    tile = "[data-subsystem=socioeconomic]"
    assert "–" not in await scene.tab.text(f"{tile} .value")
    scene.exporter.head("socioeconomic", None)
    await scene.tab.until(f"document.querySelector('{tile}.grey')", NET)
    assert (await scene.tab.text(f"{tile} .value")).splitlines()[0] == "–"
    scene.exporter.head("socioeconomic", 0.5)
    await scene.tab.until(f"document.querySelector('{tile}.green')", NET)


async def test_no_word_is_cut_from_above_nor_a_tile_beyond_the_screen(scene: Scene) -> None:
    await nothing_is_cut(scene)
    assert await scene.tab.run("document.documentElement.scrollHeight <= innerHeight")
    assert await scene.tab.run("document.documentElement.scrollWidth <= innerWidth")
    bottoms = "[...document.querySelectorAll('.tile > *')].filter(e => e.getBoundingClientRect().bottom > innerHeight)"
    assert await scene.tab.run(f"{bottoms}.length") == 0


async def nothing_is_cut(scene: Scene) -> None:
    """No line of a tile covers another, and what is broken, and where, is there to its end."""
    cut = ".filter(e => e.scrollHeight > e.clientHeight + 1).map(e => e.className)"
    assert await scene.tab.run(f"[...document.querySelectorAll('.tile, .tile > *')]{cut}") == []
    ends = ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"
    lines = "'.band, .broken > span, .tile > .value, .since, .tile > .where, .tile > .untaken, .tile > .then'"
    assert await scene.tab.run(f"[...document.querySelectorAll({lines})]{ends}") == []


async def test_a_flood_is_named_with_its_place_since_when_and_who_has_it_and_sounds_once(scene: Scene) -> None:
    rain = KPIS["environment", "rain"]
    for place in ({}, {"station": "rain_thanh_son"}):
        scene.figure("environment", "rain", bad(rain) + 14, **place)
    await scene.tab.until("document.querySelector('[data-subsystem=environment].red .untaken')", NET)
    await scene.picture("flood")
    await nothing_is_cut(scene)
    tile = await scene.tab.text("[data-subsystem=environment]")
    name = (rain.kpi.short or rain.kpi.name).vi
    assert re.search(f"{name}\n+từ \\d\\d:\\d\\d\n+Đo mưa, Thanh Sơn\n", tile)
    assert "1 cảnh báo chưa ai nhận" in tile
    assert "1 chưa ai nhận" in (await scene.tab.text("#bar")).replace("\n", " ")
    await scene.tab.until("document.body.dataset.sounded === '1'", 10)
    alert = 'alertname="IocEnvironmentRain",subsystem="environment",kpi="rain",feed="",severity="critical"'
    scene.relay.series[f"ioc_alert_acknowledged_timestamp_seconds{{{alert}}}"] = time.time()
    await scene.tab.until("!document.querySelector('[data-subsystem=environment] .untaken')", NET)
    assert await scene.tab.run("document.body.dataset.sounded") == "1"


async def test_units_that_are_red_are_counted_where_the_whole_is_green(scene: Scene) -> None:
    overdue = KPIS["public_services", "overdue_share"]
    for unit in [unit.code for unit in CATALOGUE.province.units if unit.level == "commune"][:7]:
        scene.figure("public_services", "overdue_share", bad(overdue), unit=unit)
    await scene.tab.until("document.querySelector('[data-subsystem=public_services] .broken')", NET)
    tile = await scene.tab.text("[data-subsystem=public_services]")
    assert "7 đơn vị cần xử lý" in tile
    assert "Bình thường" in tile
    await nothing_is_cut(scene)


async def test_a_silent_feed_dims_the_figure_and_says_of_when_it_is(scene: Scene) -> None:
    stands = time.time() - 7200
    for feed in CATALOGUE.subsystems["tourism"].feeds:
        scene.exporter.series[f'{metric_names.FEED_EVENT_TIME}{{subsystem="tourism",feed="{feed}"}}'] = stands
    scene.exporter.hear("tourism", gate_counters=7200)
    await scene.tab.until("document.querySelector('[data-subsystem=tourism] .then')", NET)
    await scene.picture("silence")
    await nothing_is_cut(scene)
    tile = await scene.tab.text("[data-subsystem=tourism]")
    assert "Mất dữ liệu" in tile
    assert f"đến {time.strftime('%d/%m/%Y %H:%M', time.gmtime(stands + 7 * 3600))}" in tile
    bar = (await scene.tab.text("#bar")).replace("\n", " ")
    assert f"Số liệu đến {time.strftime('%d/%m/%Y %H:%M', time.gmtime(stands + 7 * 3600))}" in bar


@pytest.mark.parametrize(
    ("part", "words"), [("exporter", "Exporter không trả lời"), ("worker", "Không có tiến trình xử lý nào")]
)
async def test_a_part_that_is_gone_makes_the_screen_stand_and_it_goes_on_when_that_is_back(
    scene: Scene, part: str, words: str
) -> None:
    attribute = {"exporter": "answers", "worker": "worker"}[part]
    setattr(scene.exporter, attribute, False)
    await scene.tab.until("!document.getElementById('stands').hidden", WITHIN)
    await scene.picture(f"without-{part}")
    said = await scene.tab.text("#stands")
    assert "MÀN HÌNH ĐỨNG" in said
    assert words in said
    bar = await scene.tab.text("#bar")
    assert "Dữ liệu mô phỏng" in bar
    assert "Không có dữ liệu" not in bar
    setattr(scene.exporter, attribute, True)
    await scene.tab.until("document.getElementById('stands').hidden", WITHIN)


async def test_a_prometheus_that_hangs_makes_the_screen_stand(scene: Scene) -> None:
    scene.prometheus.child.signal(signal.SIGSTOP)
    try:
        await scene.tab.until("!document.getElementById('stands').hidden", WITHIN)
        assert "Prometheus không trả lời" in await scene.tab.text("#stands")
        await scene.picture("without-prometheus")
        # What was last seen stays, dimmed, and its marks with it.
        assert await scene.tab.run("document.querySelectorAll('.tile').length") == 12
        assert "Dữ liệu mô phỏng" in await scene.tab.text("#bar")
    finally:
        scene.prometheus.child.signal(signal.SIGCONT)
    await scene.tab.until("document.getElementById('stands').hidden", WITHIN)


async def test_a_page_whose_server_is_gone_says_so(scene: Scene) -> None:
    scene.server.cancel()
    await asyncio.gather(scene.server, return_exceptions=True)
    await scene.tab.until("!document.getElementById('stands').hidden", WITHIN)
    await scene.picture("without-server")
    assert "Máy chủ màn hình không trả lời" in await scene.tab.text("#stands")
