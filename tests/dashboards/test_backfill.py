"""The past of figures: replayed from events, made blocks of by promtool, and answered by a Prometheus."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from dashboards.openmetrics import BackfillError, OpenMetricsFile, create_blocks
from dashboards.prometheus_api import Prometheus
from ioc.figures.backfill import Past
from ioc.figures.family import Family
from ioc.figures.replayed import past_events
from ioc.kpis import metric_names
from ioc.kpis.status import Status
from ioc.scenarios import phu_tho_2025
from ioc.scenarios.events import Event
from ioc.time.instants import EpochSeconds
from ioc.time.windows import DAY, HOUR
from streams.stack.children import Children
from streams.stack.monitoring import start_prometheus
from streams.stack.programs import Program, find_program
from tests.oracle.topics import Topics, moment
from tests.packaged import packaged_plan

pytestmark = pytest.mark.prometheus
PLAN = packaged_plan()
SLUG = "public_services"
PARTITIONS = 3
RATIO = "ioc_public_services_handled_ratio"


@pytest.mark.parametrize("slug", PLAN.subsystems)
def test_every_subsystem_has_a_past_without_breakdowns(slug: str) -> None:
    past = Past(PLAN, slug, 1, DAY, breakdowns=False)
    record = (0, moment("2025-10-31T10:00"), b"key", b"no event", ())
    [snapshot] = past.snapshots(past_events(PLAN, slug, [record]))
    assert metric_names.KPI_STATUS in {family.name for family in snapshot.families}


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return [event for event in phu_tho_2025.events(PLAN.catalogue, scale=0.01) if event.subsystem == SLUG]


@pytest.fixture(scope="module")
def written(events: list[Event], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scenario's past as OpenMetrics; its records come in an order of their own, as from partitions."""
    topics = Topics(PARTITIONS)
    records = [(topics.partition_of(e.key), e.time * 1000, e.key, e.value, ()) for e in events]
    records.sort(key=lambda record: record[0])
    past = Past(PLAN, SLUG, PARTITIONS, DAY, breakdowns=False)
    file = tmp_path_factory.mktemp("past") / "past.om"
    with OpenMetricsFile(file) as metrics_file:
        for snapshot in past.snapshots(past_events(PLAN, SLUG, records)):
            metrics_file.add(*snapshot)
        metrics_file.write()
    assert past.rejected == 0
    return file


@pytest.fixture(scope="module")
def prometheus(written: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "config").mkdir()
    config = folder / "config" / "prometheus.yml"
    config.write_text("global: {}\n")
    create_blocks(find_program(Program.PROMTOOL), written, folder / "run" / "data")
    with Children(folder / "logs") as children:
        service = start_prometheus(children, folder / "run", config)
        with Prometheus(service.url, timeout=60) as client:
            yield client


def counted(events: list[Event], until: int) -> Counter[str]:
    """How many dossiers outside Project 06 were accepted and handled up to an instant, ms; event by event."""
    seen: Counter[str] = Counter()
    ours = set()
    for event in sorted(events, key=lambda each: each.time):
        if event.time * 1000 > until:
            break
        kind = json.loads(event.value)["type"].removeprefix("vn.phutho.public_services.").removesuffix(".v1")
        if kind == "dossier.accepted" and not json.loads(event.value)["data"]["project06"]:
            ours.add(event.key)
            seen["received"] += 1
        elif kind == "dossier.handled" and event.key in ours:
            seen["handled"] += 1
    return seen


def answered(prometheus: Prometheus, metric: str, at: int) -> float:
    (sample,) = prometheus.query(f'{metric}{{window="total"}}', at / 1000)
    return sample.value


@pytest.mark.parametrize("time", ["2025-07-15 00:00", "2025-08-20 00:00", "2025-10-01 00:00", "2025-11-01 00:00"])
def test_the_running_handled_ratio_is_what_the_events_up_to_then_give(
    events: list[Event], prometheus: Prometheus, time: str
) -> None:
    at = moment(time)
    seen = counted(events, at)
    assert seen["received"] > 0
    assert answered(prometheus, f"{RATIO}_numerator", at) == seen["handled"]
    assert answered(prometheus, f"{RATIO}_denominator", at) == seen["received"]
    assert answered(prometheus, RATIO, at) == pytest.approx(seen["handled"] / seen["received"])


def test_the_past_stands_where_it_belongs(prometheus: Prometheus) -> None:
    (series,) = prometheus.query_range(
        f'{RATIO}_denominator{{window="total"}}',
        moment("2025-07-02 00:00") / 1000,
        moment("2025-11-01 00:00") / 1000,
        3600,
    )
    assert len(series.points) == 123
    values = [value for _, value in series.points]
    assert values == sorted(values)


def test_every_kpi_with_limits_has_its_status_of_then(prometheus: Prometheus) -> None:
    at = moment("2025-10-01 00:00") / 1000
    told = {sample.labels["kpi"]: sample.value for sample in prometheus.query(metric_names.KPI_STATUS, at)}
    limited = {name for name, kpi in PLAN.subsystems[SLUG].subsystem.kpis.items() if kpi.limits}
    assert told.keys() == limited
    assert set(told.values()) <= {0, 1, 2, 3}
    (worst,) = prometheus.query(metric_names.SUBSYSTEM_STATUS, at)
    assert worst.value == min(map(Status, map(int, told.values())), key=lambda status: status.rank)


def statuses_under(headline: str, events: list[Event]) -> list[Status]:
    """Of the socioeconomic subsystem at the end of each day, with this headline."""
    slug = "socioeconomic"
    own = PLAN.catalogue.subsystems[slug].model_copy(update={"headline": headline})
    plan = replace(PLAN, subsystems={slug: replace(PLAN.subsystems[slug], subsystem=own)})
    records = [(0, each.time * 1000, each.key, each.value, ()) for each in sorted(events, key=lambda each: each.time)]
    return [
        Status(int(family.samples[0][1]))
        for snapshot in Past(plan, slug, 1, DAY, breakdowns=False).snapshots(past_events(plan, slug, records))
        for family in snapshot.families
        if family.name == metric_names.SUBSYSTEM_STATUS
    ]


def test_a_subsystem_whose_headline_had_no_value_was_not_green() -> None:
    events = [
        event
        for event in phu_tho_2025.events(PLAN.catalogue, scale=0.01)
        if event.subsystem == "socioeconomic" and b".source_total." not in event.value
    ]
    # Neither has limits; of the second nothing was reported.
    told, untold = (statuses_under(headline, events) for headline in ("disbursement_ratio", "source_total"))
    assert Status.GREEN in told
    assert untold == [Status.GREY if status is Status.GREEN else status for status in told]


def test_coarser_steps_leave_out_instants_and_change_nothing_at_the_others(events: list[Event]) -> None:
    end = moment("2025-08-01 00:00") // 1000
    records = [(0, e.time * 1000, e.key, e.value, ()) for e in events if e.time <= end]

    def told(**coarser: Any) -> dict[int, list[Family]]:
        past = Past(PLAN, SLUG, 1, HOUR, breakdowns=False, **coarser)
        return dict(past.snapshots(past_events(PLAN, SLUG, records)))

    by_hours, mixed = told(), told(coarser=[(EpochSeconds(end - 2 * DAY), DAY)])
    first, last, change = min(mixed), max(mixed), end - 2 * DAY
    assert last > end - DAY
    assert sorted(mixed) == [*range(first, change, DAY), *range(change, last + 1, HOUR)]
    # But for statuses, which remember what they were an instant before.
    figures = [
        (instant, family) for instant, families in mixed.items() for family in families if "_status" not in family.name
    ]
    assert all(family in by_hours[instant] for instant, family in figures)
    assert len(figures) > 100


def test_the_file_is_openmetrics(written: Path) -> None:
    families = list(text_string_to_metric_families(written.read_text(encoding="utf-8")))
    assert RATIO in {family.name for family in families}


def test_what_is_no_openmetrics_is_told(tmp_path: Path) -> None:
    file = tmp_path / "wrong.om"
    file.write_text("wrong\n")
    with pytest.raises(BackfillError, match="promtool made no blocks"):
        create_blocks(find_program(Program.PROMTOOL), file, tmp_path / "blocks")
