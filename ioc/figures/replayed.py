"""A subsystem's events replayed in the order they happened, and the figures that they make."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ioc.catalogue.model import Subsystem
from ioc.engine.plan import Plan, compile_subsystem
from ioc.engine.shard import Shard
from ioc.events.decoding import Rejection
from ioc.events.records import Batch, Header
from ioc.figures.merged import MergedFigures
from ioc.kpis.base import Kpi
from ioc.time.instants import EpochMs, ms_from_datetime


class PastEvent(NamedTuple):
    """One record of a source topic, with its event time."""

    time: EpochMs
    partition: int
    appended: EpochMs
    """By the broker."""
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]


class Replayed:
    """The figures of one subsystem after the events so far; give it the earlier ones first."""

    def __init__(self, plan: Plan, slug: str, partitions: int) -> None:
        self.merged = MergedFigures(plan)
        self.rejected = 0
        """Events that the engine refused, as it does when live."""
        self._slug = slug
        self._shards = {index: Shard(plan, index, partitions) for index in range(partitions)}
        self._consumed = dict.fromkeys(range(partitions), 0)

    def apply(self, events: Iterable[PastEvent]) -> None:
        """Apply events that happened no earlier than those before."""
        by_partition: dict[int, list[PastEvent]] = {}
        for event in events:
            by_partition.setdefault(event.partition, []).append(event)
        for partition, own in by_partition.items():
            _, _, appended, keys, values, headers = zip(*own, strict=True)
            first = self._consumed[partition]
            self._consumed[partition] = first + len(own)
            offsets = range(first, first + len(own))
            self._shards[partition].apply(Batch(self._slug, partition, offsets, appended, keys, values, headers))
        for partition in by_partition:
            checkpoint = self._shards[partition].checkpoint()
            if checkpoint is not None:
                self.rejected += len(checkpoint.dead_letters)
                for record in checkpoint.figures:
                    self.merged.put(partition, record.key, record.value)


def past_events(
    plan: Plan, slug: str, records: Iterable[tuple[int, EpochMs, bytes | None, bytes | None, Sequence[Header]]]
) -> list[PastEvent]:
    """Records of a source topic, as (partition, append time, key, value, headers), in the order they happened.

    What cannot be read has no time of its own and is rejected when it was appended.
    """
    decoder = plan.subsystems[slug].decoder
    events = []
    for partition, appended, key, value, headers in records:
        try:
            time = ms_from_datetime(decoder.decode(value, headers).time)
        except Rejection:
            time = appended
        events.append(PastEvent(time, partition, appended, key, value, headers))
    events.sort(key=lambda event: event.time)
    return events


def wholes(subsystem: Subsystem) -> dict[str, Kpi]:
    """Its KPIs without breakdowns, of which most of an engine's state is, but those by judged sites."""
    judged = {kpi.sender for kpi in subsystem.kpis.values()}
    return {
        name: kpi.model_copy(update={"by": [by for by in kpi.by if len(by) == 1 and by[0] in judged]})
        for name, kpi in subsystem.kpis.items()
    }


def plan_of_one(plan: Plan, slug: str, kpis: Mapping[str, Kpi]) -> Plan:
    """The plan of one subsystem alone, with these KPIs in place of its own."""
    subsystem = plan.subsystems[slug].subsystem.model_copy(update={"kpis": kpis})
    units = tuple(unit.code for unit in plan.catalogue.province.units)
    return replace(plan, subsystems={slug: compile_subsystem(subsystem, units, plan.calendar)})
