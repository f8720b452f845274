"""The scenario `phu-tho-2025`: what its events count up to, by hand and through the engine; the simulator after it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import msgspec
import pytest

from ioc.catalogue.calendar import WorkingCalendar
from ioc.catalogue.model import Catalogue
from ioc.engine.plan import compile_plan
from ioc.engine.shard import Shard
from ioc.events.decoding import EventDecoder
from ioc.events.records import Batch
from ioc.figures.clock import Clock
from ioc.figures.exposition import Exposition
from ioc.figures.knowledge import Backlog
from ioc.figures.merged import MergedFigures
from ioc.figures.view import Figure
from ioc.scenarios import phu_tho_2025
from ioc.scenarios.calibration import TABLE, PublishedFigure
from ioc.scenarios.events import Event, midnight, stamp
from ioc.scenarios.incidents import INCIDENTS
from ioc.scenarios.setting import END, FIRST_DAY, LAST_DAY
from ioc.scenarios.simulator import Simulator

DAY = 86_400


# A count without the engine: everything that the calibration table asks for, from the events' JSON.


COUNTED = re.compile(
    rb"\.dossier\.(?!paid|result)|\.(procedures|online_services|index|indicator|system)\.reported|\.settled\."
    rb"|\.request\.re[cs]|\.(draft|act|commune_act)\."
)


class Envelope(msgspec.Struct):
    type: str
    time: str
    simulated: bool
    data: dict[str, Any]


@dataclass
class NaiveCount:
    """Counts by hand; a dossier is its acceptance's level, whether online, its deadline."""

    counts: Counter[tuple[str, ...]] = field(default_factory=Counter)
    dossiers: dict[str, tuple[str, bool]] = field(default_factory=dict)
    due: dict[str, str] = field(default_factory=dict)
    suspended: set[str] = field(default_factory=set)
    centers: set[str] = field(default_factory=set)
    latest: dict[tuple[str, ...], float] = field(default_factory=dict)

    def take(self, type_: str, time: str, data: Mapping[str, Any]) -> None:
        _, _, subsystem, what, verb, _ = type_.split(".")
        if what == "dossier":
            self._dossier(verb, time, data)
        elif what in {"procedures", "online_services", "index", "indicator", "system"} and verb == "reported":
            own = data.get("level") or data.get("indicator") or data.get("system") or ""
            for name, value in data.items():
                if isinstance(value, int | float):
                    self.latest[subsystem, what, own, name] = value
        elif verb == "settled":
            self.counts["people"] += data["persons"]  # type: ignore[index]
        self.counts[subsystem, what, verb] += 1

    def _dossier(self, verb: str, time: str, data: Mapping[str, Any]) -> None:
        key, counts = data["dossier"], self.counts
        if verb == "accepted" and data["project06"]:
            counts["project06", data["channel"]] += 1
        elif verb == "accepted":
            level, online = data["level"], data["channel"] == "online"
            self.dossiers[key], self.due[key] = (level, online), data["due_at"]
            counts["received", level] += 1
            counts["received_online", level] += online
            counts["digitised", level] += data["components_digitised"]
            if time.startswith("2025-10-31") and data["receiving_level"] == "commune":
                self.centers.add(data["receiving_unit"])
        elif key in self.dossiers:
            level, online = self.dossiers[key]
            if verb == "handled":
                counts["handled", level] += 1
                counts["handled_online", level] += online
                counts["on_time", level] += time <= self.due.pop(key)
            elif verb in {"suspended", "supplement_requested"}:
                self.suspended.add(key)
            elif verb in {"resumed", "extended"}:
                self.suspended.discard(key)
                self.due[key] = data["due_at"]

    def both(self, name: str) -> int:
        return self.counts[name, "province"] + self.counts[name, "commune"]

    def overdue_share(self, level: str) -> float:
        running = [key for key in self.due if key not in self.suspended and self.dossiers[key][0] == level]
        return sum(self.due[key] < stamp(END).decode() for key in running) / len(running)


def readings(naive: NaiveCount) -> dict[tuple[str, tuple[tuple[str, str], ...]], tuple[float, ...]]:
    """Each row of the calibration table: its numerator and denominator, or its value."""
    count, both, latest = naive.counts, naive.both, naive.latest
    found: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[float, ...]] = {}
    for level in ("province", "commune"):
        label = (("level", level),)
        handled, received = count["handled", level], count["received", level]
        found["public_services.handled_ratio", label] = (handled, received)
        found["public_services.backlog", label] = (received - handled,)
        found["public_services.online_handled_ratio", label] = (count["handled_online", level], handled)
    latest_procedures = {
        level: latest["public_services", "procedures", level, "procedures"] for level in ("province", "commune")
    }
    found["public_services.procedures", (("level", "province"),)] = (latest_procedures["province"],)
    project06 = count["project06", "online"] + count["project06", "desk"]
    systems = [value for (_, what, *_), value in latest.items() if what == "system"]
    legal = {"drafts_appraised": ("draft", "appraised"), "drafts_commented": ("draft", "commented"),
             "acts_issued": ("act", "issued"), "acts_reviewed": ("act", "reviewed"),
             "commune_acts_checked": ("commune_act", "checked"),
             "acts_added_nationally": ("act", "added_nationally")}  # fmt: skip
    whole: dict[str, tuple[float, ...]] = {
        "public_services.handled_ratio": (both("handled"), both("received")),
        "public_services.backlog": (both("received") - both("handled"),),
        "public_services.digitised_ratio": (both("digitised"), both("received")),
        "public_services.online_received_ratio": (both("received_online"), both("received")),
        "public_services.project06_online_ratio": (count["project06", "online"], project06),
        "public_services.procedures": (sum(latest_procedures.values()),),
        "public_services.online_services": (latest["public_services", "online_services", "", "online_services"],),
        "public_services.centers_reporting": (len(naive.centers),),
        "public_services.index_766": (latest["public_services", "index", "", "points"],),
        "public_services.index_766_rank": (latest["public_services", "index", "", "rank"],),
        "citizen_feedback.resolved_ratio": (
            count["citizen_feedback", "request", "resolved"],
            count["citizen_feedback", "request", "received"],
        ),
        **{f"e_documents.{kpi}": (count["e_documents", *event],) for kpi, event in legal.items()},
        "statistics.telecom_coverage_ratio": (latest["statistics", "indicator", "telecom_coverage", "figure"],),
        "statistics.base_stations_5g": (latest["statistics", "indicator", "base_stations_5g", "figure"],),
        "statistics.broadband_lines": (latest["statistics", "indicator", "broadband_lines", "figure"],),
        "cybersecurity.systems_up_ratio": (sum(systems) / len(systems),),
        "statistics.people_settled": (count["people"],),  # type: ignore[index]
    }
    return found | {(kpi, ()): reading for kpi, reading in whole.items()}


def reads(row: PublishedFigure, found: tuple[float, ...]) -> bool:
    if row.numerator is not None:
        return found == (row.numerator, row.denominator)
    return row.value <= found[0] <= (row.at_most or row.value)


@pytest.fixture(scope="module")
def naive(catalogue: Catalogue) -> NaiveCount:
    """A count over all events at scale 1, which are in order of time and within the four months."""
    count, decode, newest, number = NaiveCount(), msgspec.json.Decoder(Envelope).decode, midnight(FIRST_DAY), 0
    for number, event in enumerate(phu_tho_2025.events(catalogue), 1):
        assert newest <= event.time < END
        newest = event.time
        # What the calibration table has nothing of is only sampled: reading it all takes as long again.
        if number % 50 == 0 or COUNTED.search(event.value, 0, 200):
            envelope = decode(event.value)
            assert envelope.simulated
            assert envelope.time.encode() == stamp(event.time)
            count.take(envelope.type, envelope.time, envelope.data)
    assert number <= 1_800_000
    return count


def test_counts_of_events_make_every_figure_of_the_calibration_table(naive: NaiveCount) -> None:
    found = readings(naive)
    wrong = {
        (row.kpi, row.label): found[row.kpi, row.label] for row in TABLE if not reads(row, found[row.kpi, row.label])
    }
    assert wrong == {}


@pytest.mark.parametrize("level", ["province", "commune"])
def test_handling_is_on_time_and_little_of_what_is_open_is_overdue(naive: NaiveCount, level: str) -> None:
    assert naive.counts["on_time", level] / naive.counts["handled", level] >= 0.97
    assert 0 < naive.overdue_share(level) < 0.01


def test_no_accepted_dossier_is_voided_or_withdrawn(naive: NaiveCount) -> None:
    assert naive.counts["public_services", "dossier", "voided"] == 0
    assert naive.counts["public_services", "dossier", "withdrawn"] == 0


def test_more_than_half_of_the_feedback_is_resolved(naive: NaiveCount) -> None:
    assert naive.counts["citizen_feedback", "request", "received"] == 986
    assert naive.counts["citizen_feedback", "request", "resolved"] >= 494


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


# Through the engine, at a small scale.


@dataclass
class Read:
    """What the engine made of the scenario."""

    figures: dict[tuple[str, str, tuple[tuple[str, str], ...], str], Figure]
    merged: MergedFigures


@pytest.fixture(scope="module")
def read(catalogue: Catalogue) -> Read:
    plan = compile_plan(catalogue)
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
    calendar = WorkingCalendar(catalogue.province.calendar)
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


# The simulator.


@pytest.fixture
def simulator(catalogue: Catalogue) -> Simulator:
    """A slow one, so that days are few events: a heartbeat of each camera in 20 minutes."""
    return Simulator(catalogue, END, rate=0.05, scale=0.05)


def keys_of(events: list[Event], name: bytes) -> Iterator[bytes]:
    return (event.key for event in events if name in event.value[:180])


def test_simulated_events_come_in_order_and_within_what_was_asked(simulator: Simulator) -> None:
    for hour in range(1, 30, 7):
        start = simulator.position
        times = [event.time for event in simulator.events_until(END + hour * 3600)]
        assert times == sorted(times)
        assert start <= times[0] <= times[-1] < END + hour * 3600


def test_steps_of_any_size_give_the_same_events(catalogue: Catalogue) -> None:
    whole = Simulator(catalogue, END, scale=0.02).events_until(END + 7_200)
    stepwise, simulator = [], Simulator(catalogue, END, scale=0.02)
    for step in range(600, 7_201, 600):
        stepwise += simulator.events_until(END + step)
    assert sorted(stepwise) == sorted(whole)


def test_the_simulator_handles_what_the_scenario_left_open(catalogue: Catalogue, simulator: Simulator) -> None:
    accepted: set[bytes] = set()
    handled: set[bytes] = set()
    for event in phu_tho_2025.events(catalogue, scale=0.05):
        if b"dossier.accepted" in event.value[:180]:
            accepted.add(event.key)
        elif b"dossier.handled" in event.value[:180]:
            handled.add(event.key)
    monday = simulator.events_until(END + 3 * DAY)
    new = set(keys_of(monday, b"dossier.accepted"))
    closed = set(keys_of(monday, b"dossier.handled"))
    assert closed & (accepted - handled)
    assert new
    assert not new & accepted
    assert not closed & handled
    assert closed <= accepted | new


def test_each_camera_is_heard_every_minute(catalogue: Catalogue) -> None:
    heard = Counter(keys_of(Simulator(catalogue, END, scale=0.02).events_until(END + 600), b"camera.heard"))
    assert len(heard) > 250
    assert set(heard.values()) == {10}


def test_the_rate_multiplies_what_comes(catalogue: Catalogue) -> None:
    one, five = (Simulator(catalogue, END, rate=rate, scale=0.02).events_until(END + 3_600) for rate in (1, 5))
    assert 4 < len(five) / len(one) < 6


@pytest.mark.parametrize("name", INCIDENTS)
def test_incidents_send_valid_events_in_order(catalogue: Catalogue, simulator: Simulator, name: str) -> None:
    units = [unit.code for unit in catalogue.province.units]
    decoders = {slug: EventDecoder(subsystem, units) for slug, subsystem in catalogue.subsystems.items()}
    incident = INCIDENTS[name](catalogue, END + 3_600)
    simulator.begin(incident)
    events = simulator.events_until(END + 3 * 3_600)
    times = [event.time for event in events]
    assert times == sorted(times)
    own = set(incident.events)
    assert {event for event in own if event.time < END + 3 * 3_600} <= set(events)
    assert not any(incident.silences(event) for event in events if event not in own)
    for event in incident.events:
        decoders[event.subsystem].decode(event.value, ())


def test_the_simulator_does_not_start_within_the_scenario(catalogue: Catalogue) -> None:
    with pytest.raises(ValueError, match="the scenario's end"):
        Simulator(catalogue, midnight(LAST_DAY))
