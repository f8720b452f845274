"""One status: for every limit, just inside and just outside, rule, tile, `ioc top` and JSON say the same.

One Prometheus scrapes one page on which all KPIs are moved at once, from inside their first limit to beyond their last.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from dashboards.grafana.queries import whole_statuses
from dashboards.grafana.tile import tile_status
from dashboards.prometheus_api import Prometheus, Queries, Sample
from dashboards.prometheus_config import File, prometheus_config
from dashboards.rules.exporters import while_one_answers
from dashboards.rules.limited import LimitedKpi, limited_kpis
from dashboards.scorecard import readings, scorecard
from ioc.cli.top import rendered
from ioc.kpis import metric_names
from ioc.kpis.limits import Severity, status_of
from ioc.kpis.status import Certainty, GreyReason, Knowledge, Status
from streams.stack import Stack
from tests.dashboards.rules.scenes import Scene, feeds, figures, inside, known, notation, outside, status_of_whole
from tests.packaged import packaged_catalogue

pytestmark = pytest.mark.prometheus

CATALOGUE = packaged_catalogue()
KPIS = [kpi for subsystem in CATALOGUE.subsystems.values() for kpi in limited_kpis(subsystem)]
PLACES = [(side, severity) for severity in (Severity.WARNING, Severity.CRITICAL) for side in (inside, outside)]
Statuses = Mapping[tuple[str, str], Status]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass
class Wall:
    """A Prometheus, and the page it scrapes."""

    prometheus: Prometheus
    page: Path
    wait_until: Callable[..., None]

    def show(
        self, values: Mapping[tuple[str, str], float], knowledge: Mapping[tuple[str, str], Knowledge] | None = None
    ) -> None:
        """Values of all KPIs; all is known of them but of those that are named."""
        scene = Scene("page", 1, 1)
        for subsystem in CATALOGUE.subsystems.values():
            feeds(scene, subsystem)
        for kpi in KPIS:
            figures(scene, kpi, values[place_of(kpi)])
        for place, less in (knowledge or {}).items():
            known(scene, *place, less)
        there = [(name, sample) for name, sample in sorted(scene.series.items()) if sample != [None]]
        lines = [f"{name} {notation(sample).removesuffix('+0x0')}\n" for name, sample in there]
        written = self.page.with_suffix(".new")
        written.write_text(
            "".join([f"{metric_names.CLOCK} 1\n", *lines])
            .replace('job="ioc-exporter",instance="exporter:9464",', "")
            .replace('{job="ioc-exporter",instance="exporter:9464"}', "")
        )
        written.rename(self.page)

    def recorded(self) -> dict[tuple[str, str], Status]:
        """What the rules recorded of the wholes."""
        found = self.prometheus.query(" or ".join(_named(kpi) for kpi in KPIS))
        return {(s.labels["subsystem"], s.labels["kpi"]): Status(int(s.value)) for s in found}


def _named(kpi: LimitedKpi) -> str:
    named = f'label_replace({status_of_whole(kpi)}, "kpi", "{kpi.slug}", "", "")'
    return f'label_replace({named}, "subsystem", "{kpi.subsystem.subsystem}", "", "")'


def place_of(kpi: LimitedKpi) -> tuple[str, str]:
    return kpi.subsystem.subsystem, kpi.slug


@pytest.fixture(scope="module")
def wall(rules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wall]:
    config, pages = tmp_path_factory.mktemp("config"), tmp_path_factory.mktemp("pages")
    (config / "rules").symlink_to(rules)
    jobs = ("exporters", "workers", "relays", "nodes", "alertmanagers", "prometheus")
    targets = {job: File(f"targets/{job}.json") for job in jobs}
    (config / "prometheus.yml").write_text(prometheus_config(**targets, interval="1s"))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(pages))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        addresses = {job: [f"127.0.0.1:{server.server_port}"] if job == "exporters" else [] for job in targets}
        with Stack(tmp_path_factory.mktemp("run")) as stack:
            service = stack.start_prometheus(config / "prometheus.yml", targets=addresses)
            with Prometheus(service.url, timeout=60) as client:
                yield Wall(client, pages / "metrics", service.child.wait_until)
        server.shutdown()


def test_rule_tile_top_and_json_say_the_same_on_both_sides_of_every_limit(wall: Wall) -> None:
    statuses: dict[tuple[str, str], Status] = {}
    shown: set[Status] = set()
    for side, severity in PLACES:
        values = {place_of(kpi): side(kpi, _severity(kpi, severity)) for kpi in KPIS}
        statuses = {
            place_of(kpi): status_of(values[place_of(kpi)], 10**6, statuses.get(place_of(kpi)), kpi.limits)
            for kpi in KPIS
        }
        if side is outside:
            assert set(statuses.values()) <= {Status.YELLOW, Status.RED}
        wall.show(values)
        wall.wait_until(lambda wanted=statuses: wall.recorded() == wanted, 120)
        assert json_statuses(wall.prometheus) == statuses
        assert panel_statuses(wall.prometheus) == statuses
        worst = worst_of(statuses)
        wall.wait_until(lambda wanted=worst: tile_statuses(wall.prometheus) == wanted, 60)
        assert top_statuses(wall.prometheus) == worst
        shown |= set(statuses.values())
    assert shown == {Status.GREEN, Status.YELLOW, Status.RED}


def _severity(kpi: LimitedKpi, wanted: Severity) -> Severity:
    """A severity of the KPI: the one it has where it has only one."""
    return wanted if wanted in kpi.limits.severities else kpi.limits.severities[0]


def worst_of(statuses: Statuses) -> dict[str, Status]:
    slugs = {slug for slug, _ in statuses}
    return {slug: min((s for (own, _), s in statuses.items() if own == slug), key=lambda s: s.rank) for slug in slugs}


def test_json_says_why_a_status_is_grey_and_how_much_is_known(wall: Wall) -> None:
    kpi = next(kpi for kpi in KPIS if place_of(kpi) == ("environment", "rain"))
    values = {place_of(each): inside(each, each.limits.severities[-1]) for each in KPIS}
    wall.show(values, {place_of(kpi): Knowledge(Certainty.PARTLY_KNOWN, GreyReason.BEHIND)})
    wall.wait_until(lambda: wall.recorded()[place_of(kpi)] is Status.GREY, 60)
    wanted = {"status": "grey", "reason": "behind", "knowledge": "partly_known"}
    rows = [row.as_json() for row in readings(wall.prometheus, CATALOGUE, [place_of(kpi)]) if row.labels == ()]
    (row,) = [row for row in rows if row["window"] == kpi.limits.window]
    assert row.items() >= wanted.items()


def test_no_status_is_shown_as_of_now_while_rules_only_bridge_that_no_exporter_answers(wall: Wall) -> None:
    wall.show({place_of(each): inside(each, each.limits.severities[-1]) for each in KPIS})
    wall.wait_until(
        lambda: Status.GREY not in {*wall.recorded().values(), *json_statuses(wall.prometheus).values()}, 60
    )
    wall.page.unlink()
    wall.wait_until(lambda: {*json_statuses(wall.prometheus).values()} == {Status.GREY}, 20)
    assert Status.GREY not in wall.recorded().values()
    assert {tile.status for tile in scorecard(wall.prometheus, CATALOGUE).tiles} == {Status.GREY}
    shown = [while_one_answers(tile_status(kpi.subsystem)) for kpi in KPIS]
    assert [sample for query in shown for sample in wall.prometheus.query(query)] == []


@dataclass
class Leaving:
    """Answers of a Prometheus whose last exporter goes after the values were asked for, and before the statuses."""

    prometheus: Prometheus

    def query(self, expr: str) -> list[Sample]:
        is_status = metric_names.KPI_STATUS in expr or metric_names.KPI_GREY_REASON in expr
        return [] if is_status else self.prometheus.query(expr)


def test_a_value_with_limits_whose_status_is_gone_meanwhile_is_grey(wall: Wall) -> None:
    wall.show({place_of(each): inside(each, each.limits.severities[-1]) for each in KPIS})
    wall.wait_until(lambda: Status.GREY not in json_statuses(wall.prometheus).values(), 60)
    assert {*json_statuses(Leaving(wall.prometheus)).values()} == {Status.GREY}


def json_statuses(prometheus: Queries) -> dict[tuple[str, str], Status]:
    """What `ioc demo --json` writes."""
    numbers = {status.name.lower(): status for status in Status}
    windows = {place_of(kpi): kpi.limits.window for kpi in KPIS}
    rows = [row.as_json() for row in readings(prometheus, CATALOGUE)]
    return {
        (str(row["subsystem"]), str(row["kpi"])): numbers[str(row["status"])]
        for row in rows
        if row["labels"] == {} and windows.get((str(row["subsystem"]), str(row["kpi"]))) == row["window"]
    }


def panel_statuses(prometheus: Prometheus) -> dict[tuple[str, str], Status]:
    """What the subsystems' dashboards ask for."""
    limited = {kpi.subsystem.subsystem: kpi.subsystem for kpi in KPIS}
    samples = [s for own in limited.values() for s in prometheus.query(whole_statuses(own, metric_names.KPI_STATUS))]
    return {(s.labels["subsystem"], s.labels["kpi"]): Status(int(s.value)) for s in samples}


def tile_statuses(prometheus: Prometheus) -> dict[str, Status]:
    """What the overview's tiles ask for."""
    answers = {kpi.subsystem.subsystem: prometheus.query(tile_status(kpi.subsystem)) for kpi in KPIS}
    return {slug: Status(int(sample.value)) for slug, (sample,) in answers.items()}


def top_statuses(prometheus: Prometheus) -> dict[str, Status]:
    """What `ioc top` shows: the words on its lines."""
    card = scorecard(prometheus, CATALOGUE)
    console = Console(width=140, file=StringIO())
    console.print(rendered(card, CATALOGUE))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    words: dict[str, Status] = {status.text.vi: status for status in Status if status is not Status.GREY}
    shown: dict[str, Status] = {}
    for slug in {kpi.subsystem.subsystem for kpi in KPIS}:
        line = next(each for each in lines if CATALOGUE.subsystems[slug].name.vi in each)
        shown[slug] = next(status for word, status in words.items() if word in line)
    return shown
