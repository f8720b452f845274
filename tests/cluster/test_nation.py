"""Two real provinces with different data and one nation on one machine: the same figures, and a dead province grey."""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from dashboards.grafana.queries import kpi_queries
from dashboards.nation.alerts import PROVINCE_SILENT
from dashboards.nation.federation import national_prometheus, selector
from dashboards.nation.names import CELL_GREY_REASON, CELL_STATUS, PROVINCE_DOUBT, PROVINCE_SCORE, Doubt
from dashboards.nation.ranking import known, of_provinces
from dashboards.nation.render import national_rules
from dashboards.nation.rules import believed
from dashboards.prometheus_api import Prometheus, PrometheusError
from dashboards.prometheus_config import Static, prometheus_config
from dashboards.rules import rule_files
from ioc.catalogue import Catalogue
from ioc.catalogue.nation import Member, Nation
from ioc.kpis import metric_names
from ioc.scenarios.events import Event
from ioc.scenarios.simulator import Simulator
from ioc.text.bilingual import Text
from streams.kafka.producer import Publisher
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings, load_settings
from streams.stack import Service, Stack
from streams.stack.ports import free_port
from tests.packaged import packaged_catalogue

pytestmark = [pytest.mark.cluster, pytest.mark.kafka, pytest.mark.prometheus]

GREY_WITHIN = 30
"""Seconds from a province's death until the nation knows."""
PATIENCE = 120.0
"""Seconds for what has no limit of its own, on a busy machine."""
PAST = 4 * 3600
"""Seconds of events before now."""
NAMES = {"25": Text("Phú Thọ", "Phu Tho"), "48": Text("Đà Nẵng", "Da Nang")}
BEHIND = 25
"""Seconds by which what the nation shows may be older than what the province shows."""


@dataclass(frozen=True)
class Province:
    """An installation of its own: worker, exporter and Prometheus."""

    sent: int
    exporter: str
    prometheus: Service

    def page(self) -> dict[str, float]:
        """The exporter's series by name and labels."""
        answer = httpx.get(f"{self.exporter}/metrics", trust_env=False).raise_for_status()
        samples = (sample for family in text_string_to_metric_families(answer.text) for sample in family.samples)
        return {series(sample.name, sample.labels): sample.value for sample in samples}


@dataclass(frozen=True)
class Installed:
    provinces: dict[str, Province]
    nation: Prometheus


def series(name: str, labels: dict[str, str]) -> str:
    """A series whoever it was scraped from and by."""
    told = sorted((label, value) for label, value in labels.items() if label not in {"job", "instance", "province"})
    return f"{name}{told}"


def history(catalogue: Catalogue, now: int, number: int) -> list[Event]:
    """Some hours of a province, and of its many cameras the last minutes."""
    events = Simulator(catalogue, now - PAST, seed=number, rate=number, scale=0.05).events_until(now)
    return [event for event in events if event.subsystem != "cameras_traffic" or event.time >= now - 300]


async def send(settings: Settings, events: Sequence[Event]) -> None:
    async with Publisher(settings) as publisher:
        for event in events:
            await publisher.send(settings.names.events(event.subsystem), event.key, event.value)


def start_province(stack: Stack, catalogue: Catalogue, settings: Settings, events: Sequence[Event]) -> Province:
    with topic_admin(settings) as admin:
        admin.ensure(list(catalogue.subsystems))
    asyncio.run(send(settings, events))
    exporter, worker = free_port(), free_port()
    env = {
        "IOC_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "IOC_TOPIC_PREFIX": settings.topic_prefix,
        "IOC_PARTITIONS": str(settings.partitions),
        "IOC_SIMULATED": "true",
        "IOC_EXPORTER_PORT": str(exporter),
        "IOC_WORKER_METRICS_PORT": str(worker),
    }
    stack.start_python("worker", "ioc.cli", "worker", env=env)
    stack.start_python("exporter", "ioc.cli", "exporter", env=env)
    own, none = free_port(), Static([])
    config = prometheus_config(
        exporters=Static([f"127.0.0.1:{exporter}"]),
        workers=Static([f"127.0.0.1:{worker}"]),
        relays=none,
        nodes=none,
        alertmanagers=none,
        prometheus=Static([f"127.0.0.1:{own}"]),
    )
    prometheus = start_prometheus(stack, config, rule_files(catalogue), own)
    return Province(len(events), f"http://127.0.0.1:{exporter}", prometheus)


def start_prometheus(stack: Stack, config: str, rules: Mapping[str, str], port: int | None = None) -> Service:
    folder = stack.folder / "config"
    (folder / "rules").mkdir(parents=True)
    for name, text in rules.items():
        (folder / "rules" / name).write_text(text)
    (folder / "prometheus.yml").write_text(config)
    return stack.start_prometheus(folder / "prometheus.yml", port=port)


@pytest.fixture(scope="module")
def installed(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    catalogue = packaged_catalogue()
    folder = tmp_path_factory.mktemp("nation")
    now = int(time.time())
    with Stack(folder / "25") as one, Stack(folder / "48") as other, Stack(folder / "nation") as own:
        provinces = {}
        for number, (code, stack) in enumerate({"25": one, "48": other}.items(), 1):
            settings = load_settings(bootstrap_servers=kafka, topic_prefix=f"p{code}", partitions=2, simulated=True)
            provinces[code] = start_province(stack, catalogue, settings, history(catalogue, now, number))
        nation = Nation(
            name=Text("Việt Nam", "Viet Nam"),
            provinces=[
                Member(code=code, name=NAMES[code], prometheus=each.prometheus.url, grafana=f"http://{code}.example")
                for code, each in provinces.items()
            ],
        )
        config, rules = national_prometheus(catalogue, nation, alertmanagers=[]), national_rules(catalogue, nation, "")
        with Prometheus(start_prometheus(own, config, rules).url) as prometheus:
            found = Installed(provinces, prometheus)
            wait_until(lambda: read(found), PATIENCE)
            yield found


def read(installed: Installed) -> bool:
    """Whether each province has counted all that was sent, and the nation believes both."""
    return not installed.nation.query(PROVINCE_DOUBT) and all(
        sum(value for name, value in each.page().items() if name.startswith(metric_names.EVENTS_CONSUMED)) >= each.sent
        for each in installed.provinces.values()
    )


def wait_until(holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not _holds(holds):
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.5)


def _holds(holds: Callable[[], bool]) -> bool:
    try:
        return holds()
    except (PrometheusError, httpx.HTTPError):
        return False


def of_each(prometheus: Prometheus, expr: str) -> dict[str, float]:
    """A value for each subsystem."""
    return {sample.labels["subsystem"]: sample.value for sample in prometheus.query(expr)}


def cells(installed: Installed, code: str, metric: str = CELL_STATUS) -> dict[str, float]:
    return of_each(installed.nation, f'sum by (subsystem) ({metric}{{province="{code}"}})')


def agree(installed: Installed, code: str, province: Prometheus) -> bool:
    return cells(installed, code) == of_each(province, metric_names.SUBSYSTEM_STATUS)


def test_the_nations_figures_are_those_of_each_provinces_prometheus_and_exporter_to_the_digit(
    installed: Installed,
) -> None:
    asked = selector(packaged_catalogue())
    shown: dict[str, dict[str, float]] = {}
    for code, province in installed.provinces.items():
        before, now = province.page(), time.time()
        only = asked.replace("{", f'{{province="{code}",', 1)
        nation = {series(each.name, each.labels): each.value for each in installed.nation.query(only, at=now)}
        with Prometheus(province.prometheus.url) as prometheus:
            ranges = prometheus.query_range(asked, now - BEHIND, now, 1)
        after = province.page()
        had = {series(each.name, each.labels): [value for _, value in each.points] for each in ranges}
        assert len(nation) > 500
        assert {name for name, values in had.items() if len(values) > BEHIND} <= nation.keys() <= had.keys()
        assert {name: value for name, value in nation.items() if value not in had[name]} == {}
        still = {name: value for name, value in nation.items() if {*had[name]} == {value} and name in before}
        assert len(still) > 300
        assert {name: value for name, value in still.items() if value not in {before[name], after[name]}} == {}
        shown[code] = nation
    one, other = shown.values()
    assert len([name for name in one.keys() & other.keys() if one[name] != other[name]]) > 50


def test_each_cell_is_the_status_that_the_province_gives_its_subsystem(installed: Installed) -> None:
    for code, province in installed.provinces.items():
        with Prometheus(province.prometheus.url) as prometheus:
            wait_until(partial(agree, installed, code, prometheus))
        assert len(cells(installed, code)) == 12
        assert set(cells(installed, code).values()) > {0.0}


def test_the_ranking_reads_the_share_of_each_province(installed: Installed) -> None:
    cameras = packaged_catalogue().subsystems["cameras_traffic"]
    kpi = kpi_queries(cameras, cameras.headline)
    ranked = f"{believed(of_provinces(kpi.metric, kpi.window))} and on (province) {known('cameras_traffic', kpi.slug)}"
    found = {sample.labels["province"]: sample.value for sample in installed.nation.query(ranked)}
    assert found.keys() == NAMES.keys()
    for code, province in installed.provinces.items():
        with Prometheus(province.prometheus.url) as prometheus:
            had = prometheus.query_range(kpi.whole(), time.time() - BEHIND, time.time(), 1)
        assert found[code] in {value for each in had for _, value in each.points}


def test_a_dead_and_a_standing_province_are_grey_within_30_seconds_and_named(installed: Installed) -> None:
    dead, standing = installed.provinces["48"].prometheus.child, installed.provinces["25"].prometheus.child
    assert not installed.nation.query(PROVINCE_DOUBT)
    begun = time.time()
    dead.signal(signal.SIGKILL)
    standing.signal(signal.SIGSTOP)
    try:
        wait_until(lambda: len(installed.nation.query(PROVINCE_DOUBT)) == 2)
        for code in NAMES:
            assert set(cells(installed, code).values()) == {0.0}
            assert cells(installed, code, CELL_GREY_REASON) == dict.fromkeys(cells(installed, code), Doubt.NO_ANSWER)
            assert grey_after(installed, code, begun) <= GREY_WITHIN
        wait_until(lambda: named(installed) == {name.vi: name.en for name in NAMES.values()})
    finally:
        standing.signal(signal.SIGCONT)
    wait_until(lambda: set(cells(installed, "25").values()) > {0.0})
    assert set(cells(installed, "48").values()) == {0.0}
    first, _ = sorted(installed.nation.query(PROVINCE_SCORE), key=lambda sample: -sample.value)
    assert first.labels["province"] == "48"


def named(installed: Installed) -> dict[str, str]:
    """The provinces that an alert says are silent, be it within its hold."""
    told = [alert.labels for alert in installed.nation.alerts() if alert.labels["alertname"] == PROVINCE_SILENT]
    return {labels["name_vi"]: labels["name_en"] for labels in told}


def grey_after(installed: Installed, code: str, begun: float) -> float:
    """Seconds from a moment until no cell of a province was another than grey, as recorded."""
    coloured = f'count({CELL_STATUS}{{province="{code}"}} > 0)'
    (found,) = installed.nation.query_range(coloured, begun - BEHIND, time.time(), 1)
    return found.points[-1][0] - begun
