"""The scenario `phu-tho-2025`: the same events each time, and what the engine makes of few of them."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import islice

import pytest

from ioc.catalogue.calendar import WorkingCalendar
from ioc.catalogue.model import Catalogue
from ioc.engine.shard import Shard
from ioc.events.records import Batch
from ioc.figures.clock import Clock
from ioc.figures.exposition import Exposition
from ioc.figures.knowledge import Backlog
from ioc.figures.merged import MergedFigures
from ioc.figures.view import Figure
from ioc.scenarios import phu_tho_2025
from ioc.scenarios.events import Event
from ioc.scenarios.setting import END
from tests.packaged import packaged_plan

pytestmark = pytest.mark.slow


def test_one_seed_gives_one_stream_of_events(catalogue: Catalogue) -> None:
    first, second = (list(islice(phu_tho_2025.events(catalogue, seed=7, scale=0.01), 5_000)) for _ in range(2))
    assert first == second


def test_another_seed_gives_other_events(catalogue: Catalogue) -> None:
    one, other = (list(islice(phu_tho_2025.events(catalogue, seed, 0.01), 5_000)) for seed in (7, 8))
    assert one != other


@pytest.mark.parametrize("scale", [0, 0.005, 1.5])
def test_a_scale_out_of_bounds_is_refused(catalogue: Catalogue, scale: float) -> None:
    with pytest.raises(ValueError, match=r"write one from 0\.01 to 1"):
        next(phu_tho_2025.events(catalogue, scale=scale))


@dataclass
class Read:
    """What the engine made of the scenario."""

    figures: dict[tuple[str, str, tuple[tuple[str, str], ...], str], Figure]
    merged: MergedFigures


@pytest.fixture(scope="module")
def read(catalogue: Catalogue) -> Read:
    plan = packaged_plan()
    shard, merged = Shard(plan, 0, 1), MergedFigures(plan)
    topics: defaultdict[str, list[Event]] = defaultdict(list)
    for event in phu_tho_2025.events(catalogue, scale=0.02):
        topics[event.subsystem].append(event)
    for slug, events in topics.items():
        size = len(events)
        keys, values = [event.key for event in events], [event.value for event in events]
        shard.apply(Batch(slug, 0, range(size), [END * 1000] * size, keys, values, [()] * size))
    checkpoint = shard.checkpoint()
    assert checkpoint is not None
    for record in checkpoint.figures:
        assert record.value is not None
        merged.put(0, record.key, record.value)
    figures = Exposition(plan, Clock("event"), simulated=True).figures(merged, Backlog(), END)
    return Read({(f.subsystem, f.kpi, f.labels, f.window): f for f in figures}, merged)


def test_every_event_is_applied_none_late_none_twice_and_no_opening_is_missing(
    catalogue: Catalogue, read: Read
) -> None:
    for slug in catalogue.subsystems:
        fates = read.merged.fates(slug)
        assert (fates.applied, fates.late, fates.rejected_by_reason) == (fates.consumed, 0, {})
        assert not any(any(source.orphans.values()) for source in read.merged.sources(slug).values())


def test_every_kpi_has_a_value_for_the_whole_in_every_window(catalogue: Catalogue, read: Read) -> None:
    wanted = {
        (slug, name, (), window)
        for slug, subsystem in catalogue.subsystems.items()
        for name, kpi in subsystem.kpis.items()
        if not kpi.possibly_empty
        for window in kpi.windows
    }
    assert wanted - read.figures.keys() == set()


def test_every_kpi_with_limits_has_its_minimum_sample_and_is_due(catalogue: Catalogue, read: Read) -> None:
    calendar = WorkingCalendar.of(catalogue.province.calendar)
    grey = []
    for slug, subsystem in catalogue.subsystems.items():
        for name, kpi in subsystem.kpis.items():
            if kpi.limits is None:
                continue
            figure = read.figures[slug, name, (), kpi.limits.window or kpi.windows[0]]
            too_few = figure.sample is not None and figure.sample < kpi.minimum_sample
            if too_few or (kpi.reporting and not calendar.is_due(kpi.reporting, END - 1)):
                grey.append((slug, name, figure))
    assert grey == []


def test_nothing_wakes_anyone_on_the_last_evening(catalogue: Catalogue, read: Read) -> None:
    waking = []
    for slug, subsystem in catalogue.subsystems.items():
        for name, kpi in subsystem.kpis.items():
            if kpi.limits is not None and kpi.limits.alert == "page":
                worst = kpi.limits.critical if kpi.limits.warning is None else kpi.limits.warning
                value = read.figures[slug, name, (), kpi.limits.window or kpi.windows[0]].value
                assert worst is not None
                if value >= worst if kpi.limits.direction == "above" else value < worst:
                    waking.append((slug, name, value))
    assert waking == []


def test_sources_own_totals_agree(read: Read) -> None:
    differences = {key: figure.value for key, figure in read.figures.items() if key[1].endswith("_difference")}
    assert differences
    assert set(differences.values()) == {0}


def test_all_communes_receive_on_the_last_day_at_any_scale(catalogue: Catalogue, read: Read) -> None:
    communes = sum(unit.level == "commune" for unit in catalogue.province.units)
    assert read.figures["public_services", "centers_reporting", (), "today"].value == communes
