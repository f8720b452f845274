"""All that can go wrong between a source and the wall, done to a KPI's scene: what is shown beside what is true."""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dashboards.rules.timing import FRESH
from ioc.kpis.status import Status
from streams.exporter.broker_time import BrokerTime
from tests.oracle.reading import LogRecord
from tests.truth.judge import truth
from tests.truth.scenes import DAY, HOUR, NOW, SCENES, Scene, Sent, Silence, sent
from tests.truth.world import PARTITIONS, Place, Shown, World

LONG = 600.0
"""Seconds that a record has waited which nobody reads."""
SIGNS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "one_stop": ("dossier.registered", {}),
    "air_stations": ("air.measured", {"station": "sign_of_air", "parameter": "pm25", "value": 5.0, "unit": "ug_m3"}),
    "river_gauges": ("water_level.measured", {"station": "sign_of_rivers", "water_level_unit": "m"}),
    "rain_gauges": ("rain.measured", {"station": "sign_of_rain"}),
    "camera_platform": ("camera.heard", {"camera": "sign", "unit": "7900"}),
    "traffic_counters": ("vehicles.counted", {}),
    "system_monitoring": ("system.reported", {"system": "sign", "up": 1}),
    "data_protection": ("breach.reported", {}),
    "reconciliation": ("source_total.reported", {}),
}
"""What a feed without a heartbeat says while all is well."""


class Impossible(Exception):
    """A fault that cannot be done to a KPI; says why."""


@dataclass(frozen=True)
class Trial:
    """One thing that went wrong, what is shown then, and what is true."""

    variant: str
    shown: Mapping[Place, Shown]
    true: Mapping[Place, Status]
    """Of all that was sent."""
    of_known: Mapping[Place, Status]
    """Of what the wall has been told."""
    hides: Callable[[Place], bool]
    """Whether something is hidden that could make a place worse."""
    may_be_grey: Callable[[Place], bool]
    """Whether grey needs no excuse there."""


@dataclass(frozen=True)
class Case:
    """A KPI's scene, in a world where all is well or one where it is as bad as it gets."""

    slug: str
    kpi: str
    ill: bool

    @property
    def scene(self) -> Scene:
        return SCENES[self.slug, self.kpi]

    @property
    def name(self) -> str:
        return "ill" if self.ill else "well"

    def events(self) -> list[Sent]:
        return [*self.scene.well, *(self.scene.worse if self.ill else [])]

    def trial(
        self,
        world: World,
        variant: str,
        now: float = NOW / 1000,
        *,
        waiting: float = 0,
        known: list[LogRecord] | None = None,
        hides: Callable[[Place], bool] | None = None,
        may_be_grey: Callable[[Place], bool] | None = None,
    ) -> Trial:
        """What is shown now, and what is true of all records; ``known`` are those that were read, if not all were."""
        records = [record for record in world.topics.records if record.value is not None]
        true = truth(self.slug, self.kpi, records, int(now))
        of_known = true if known is None else truth(self.slug, self.kpi, known, int(now))
        shown = world.shown(self.kpi, world.exported(now, world.backlog(waiting)))
        return Trial(f"{self.name}, {variant}", shown, true, of_known, hides or nowhere, may_be_grey or nowhere)


def everything(_: Place) -> bool:
    return True


def nowhere(_: Place) -> bool:
    return False


def beats(world: World, first: int, last: int, silent: str | None = None) -> Iterator[Sent]:
    """Signs of life of every feed but one, from so many seconds before `NOW` until so many; negative is after."""
    for slug, spec in world.subsystem.feeds.items():
        if slug == silent or (spec.expected_interval is None and slug not in SIGNS):
            continue
        event, data = (f"{slug}.heartbeat_sent", {}) if spec.heartbeat else SIGNS[slug]
        step = 8 * HOUR if spec.expected_interval is None else spec.expected_interval.seconds // 2
        for before in range(first, last - 1, -step):
            yield sent(event, before, **data)
        yield sent(event, last, **data)


def append(world: World, events: Iterable[Sent]) -> None:
    for each in sorted(events, key=lambda each: -each.before):
        world.append(each)


def of_feed(world: World, events: Iterable[Sent], feed: str) -> list[Sent]:
    return [each for each in events if world.subsystem.feed_of(each.event) == feed]


def nothing(case: Case) -> Iterator[Trial]:
    """No fault at all: everything is known."""
    world = World(case.slug)
    append(world, [*case.events(), *beats(world, HOUR, 0)])
    world.read(world.topics.records)
    yield case.trial(world, "nothing wrong")


def never_heard(case: Case) -> Iterator[Trial]:
    for feed in case.scene.told_by:
        world = World(case.slug)
        missing = of_feed(world, case.events(), feed)
        append(world, [*(each for each in case.events() if each not in missing), *beats(world, HOUR, 0, silent=feed)])
        world.read(world.topics.records)
        yield case.trial(world, feed, hides=everything)


def feed_silent(case: Case) -> Iterator[Trial]:
    for feed in case.scene.told_by:
        world = World(case.slug)
        interval = world.subsystem.feeds[feed].expected_interval
        assert interval is not None
        now = interval.seconds + 120
        append(world, [*case.events(), *beats(world, HOUR, 0), *beats(world, 0, -now, silent=feed)])
        world.read(world.topics.records)
        yield case.trial(world, feed, NOW / 1000 + now, hides=everything)


def partly_read(case: Case, variant: str, places: Iterable[int], waiting: float) -> Trial:
    """What was sent in the last minutes is not read in some partitions; all before that is."""
    world = World(case.slug)
    append(world, [*case.scene.well, *beats(world, HOUR, 150)])
    read = [*world.topics.records]
    world.read(read)
    for each in [*(case.scene.worse if case.ill else []), *beats(world, 100, 100)]:
        world.append(each, appended=NOW - 100_000)
    for place in places:
        # Nobody knows what is in it.
        world.topics.append(case.slug, b"", None, NOW - 100_000, partition=place)
    more = [record for record in world.topics.records[len(read) :] if record.partition not in places]
    world.read(more)
    return case.trial(world, variant, waiting=waiting, known=[*read, *more], hides=everything)


def partition_stopped(case: Case) -> Iterator[Trial]:
    for partition in range(PARTITIONS):
        yield partly_read(case, f"partition {partition}", [partition], LONG)


def endless_transaction(case: Case) -> Iterator[Trial]:
    """Records are appended to the high watermark, and none behind them can be read."""
    yield partly_read(case, "both partitions", range(PARTITIONS), HOUR)


def worker_hung(case: Case) -> Iterator[Trial]:
    yield partly_read(case, "the only worker", range(PARTITIONS), LONG)


def thing_silent(case: Case) -> Iterator[Trial]:
    """One thing that it is made of, the worst if any is bad, says nothing more, while all others do."""
    scene = case.scene
    if scene.thing is None:
        raise Impossible(scene.alone)
    world = World(case.slug)
    silent = _falling_silent(case, scene.thing)
    go_on = [
        Sent(each.event, -after, each.data)
        for after in range(scene.every, scene.silent_for + 1, scene.every)
        for each in scene.well
        if each.event in scene.signs and each.data[scene.thing] not in silent
    ]
    append(world, [*case.events(), *go_on, *beats(world, HOUR, -scene.silent_for)])
    world.read(world.topics.records)
    heard = truth(case.slug, case.kpi, world.topics.records, NOW // 1000)
    counts = scene.silence is Silence.COUNTS

    def hides(place: Place) -> bool:
        if place:
            return not counts and bool({value for _, value in place} & silent)
        return scene.silence is Silence.HIDES_A_PART or (case.ill and not counts)

    variant, may_be_grey = "the worst" if case.ill else "one that was well", nowhere if counts else everything
    trial = case.trial(world, variant, NOW / 1000 + scene.silent_for, hides=hides, may_be_grey=may_be_grey)
    yield trial if counts else replace(trial, of_known=heard)


def _falling_silent(case: Case, thing: str) -> set[str]:
    worse = {each.data[thing] for each in case.scene.worse if thing in each.data} if case.ill else set()
    return worse or {next(each.data[thing] for each in case.scene.well if thing in each.data)}


def exporter_frozen(case: Case) -> Iterator[Trial]:
    """One of two exporters took in nothing for 50 minutes; the freshest of those that answer counts."""
    world = World(case.slug)
    frozen_at = NOW - 50 * 60_000
    sent_by_then = [each for each in case.scene.well if each.before > 3000]
    append(world, [*sent_by_then, *beats(world, 2 * HOUR, 3000)])
    world.read(world.topics.records)
    frozen = world.exported(frozen_at / 1000)
    known = len(world.topics.records)
    append(world, [*(each for each in case.events() if each not in sent_by_then), *beats(world, 2999, 0)])
    world.read(world.topics.records[known:])
    trial = case.trial(world, "50 minutes ago")
    pages = {frozen_at: world.shown(case.kpi, frozen), NOW: trial.shown}
    # Whichever counts may be believed: the one that is furthest behind is looked at.
    believed = min(newest for newest in pages if newest >= max(pages) - FRESH * 1000)
    yield replace(trial, shown=pages[believed])


def rebuild_running(case: Case) -> Iterator[Trial]:
    for partition in range(PARTITIONS):
        world = World(case.slug)
        append(world, [*case.events(), *beats(world, HOUR, 0)])
        world.read(world.topics.records)
        read, unread = world.rebuild(partition)
        known = [record for record in world.topics.records if record.partition != partition] + read
        hides = everything if unread else nowhere
        yield case.trial(world, f"partition {partition}", known=known, hides=hides)


def clock_wrong(case: Case) -> Iterator[Trial]:
    """The exporter's wall clock is a day ahead, then back; the broker's is right."""
    world = World(case.slug)
    append(world, [*case.events(), *beats(world, HOUR, 0)])
    world.read(world.topics.records)
    ahead = [float(DAY)]
    clock = BrokerTime(lambda: NOW / 1000 + ahead[0], lambda: 0.0)
    told = case.trial(world, "a day ahead, nothing read from the broker yet", clock.now())
    at_now = truth(case.slug, case.kpi, world.topics.records, NOW // 1000)
    yield replace(told, true=at_now, of_known=told.true, may_be_grey=everything)
    clock.read([NOW])
    yield case.trial(world, "a day ahead", clock.now())
    ahead[0] = 0.0
    yield case.trial(world, "back", clock.now())


def _lateness(world: World, event: str) -> int:
    return world.subsystem.feeds[world.subsystem.feed_of(event)].allowed_lateness.seconds * 1000


def every_event_twice(case: Case) -> Iterator[Trial]:
    world = World(case.slug)
    twice = []
    for number, each in enumerate([*case.events(), *beats(world, HOUR, 0)]):
        time = NOW - each.before * 1000
        twice += [(time, number, each), (min(NOW, time + _lateness(world, each.event)), number, each)]
    once = []
    for appended, number, each in sorted(twice, key=lambda record: record[:2]):
        record = world.append(each, appended, id=f"e{number}")
        if appended == NOW - each.before * 1000:
            once.append(record)
    world.read(world.topics.records)
    shown = case.trial(world, "at the end of its lateness")
    true = truth(case.slug, case.kpi, once, NOW // 1000)
    yield replace(shown, true=true, of_known=true)


def shuffled(case: Case) -> Iterator[Trial]:
    rng = random.Random(f"{case.slug} {case.kpi}")
    world = World(case.slug)
    appended = []
    for number, each in enumerate(case.events()):
        time = NOW - each.before * 1000
        appended.append((time + int(rng.random() * min(_lateness(world, each.event), NOW - time)), number, each))
    appended += [(NOW - each.before * 1000, -1, each) for each in beats(world, HOUR, 0)]
    for at, _, each in sorted(appended, key=lambda record: record[:2]):
        world.append(each, at)
    world.read(world.topics.records)
    yield case.trial(world, "within its lateness")


def two_values(case: Case) -> Iterator[Trial]:
    """At one instant two values are sent, of which the second corrects the first."""
    name = case.scene.latest
    if name is None:
        raise Impossible("no newest value makes it: every event counts")
    good = next(each.data[name] for each in case.scene.well if name in each.data)
    world = World(case.slug)
    events = [*case.scene.well, *beats(world, HOUR, 0)]
    for each in case.scene.worse:
        better = Sent(each.event, each.before, {**each.data, name: good})
        events += [better, each] if case.ill else [each, better]
    append(world, events)
    world.read(world.topics.records)
    yield case.trial(world, "the second counts")


FAULTS: Mapping[str, Callable[[Case], Iterator[Trial]]] = {
    "nothing": nothing,
    "never heard": never_heard,
    "feed silent, topic alive": feed_silent,
    "partition stopped": partition_stopped,
    "endless transaction": endless_transaction,
    "worst thing silent": thing_silent,
    "one of two exporters frozen": exporter_frozen,
    "worker hung": worker_hung,
    "rebuild running": rebuild_running,
    "clock a day ahead and back": clock_wrong,
    "every event twice": every_event_twice,
    "shuffled": shuffled,
    "two values at one instant": two_values,
}
