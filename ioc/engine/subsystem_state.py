"""The state of one subsystem in one partition: what is remembered of its events, stored and taken back."""

from collections.abc import Iterator

from ioc.engine.calendars import Calendars
from ioc.engine.compatibility import StateSchema, StoredSchema
from ioc.engine.entities import Entities
from ioc.engine.handlers import Handlers
from ioc.engine.intake import Intake
from ioc.engine.judge import Judge
from ioc.engine.plan import SubsystemPlan
from ioc.engine.presence import Presence
from ioc.engine.recount import ColumnKey, ColumnOrigins, recount
from ioc.engine.store.checkpoint_header import SourceState
from ioc.engine.store.keys import StoredKey
from ioc.engine.store.memory import Memories, Memory
from ioc.engine.store.panes import PaneStore
from ioc.engine.tally import Tally
from ioc.events.decoding import Rejection
from ioc.events.records import Batch, Record
from ioc.time.instants import seconds_from_ms


class SubsystemState:
    """Takes in the events of one subsystem and partition, and holds what they come to.

    ``source`` says how far a state came that is about to be restored; None begins one.
    """

    def __init__(self, plan: SubsystemPlan, partition: int, partitions: int, source: SourceState | None = None) -> None:
        subsystem = plan.subsystem
        self.source = source or SourceState.unread()
        self.source.know_feeds(subsystem.feeds)
        self._calendars = Calendars(subsystem.subsystem, plan.calendar)
        self.entities = {slug: Entities(slug, plan, self._calendars) for slug in subsystem.entities}
        self._plan = plan
        self._presences = {slug: Presence(slug, plan) for slug in subsystem.presences}
        self._tally = Tally(plan.facts.values())
        self._panes = PaneStore(subsystem.subsystem, plan.tables)
        self._judge = judge = Judge(subsystem, self.source, partition, partitions)
        handlers = Handlers(
            plan, self.source, self.entities, self._presences, self._tally, judge.duplicates, judge.belongs
        )
        self._intake = Intake(plan, self.source, judge, handlers.by_type())
        self._schema = StoredSchema(plan)
        self._origins = ColumnOrigins(plan)
        of_events: tuple[Memory, ...] = (
            *judge.duplicates.values(),
            judge.former_duplicates,
            judge.redeliveries,
            judge.rejected,
        )
        of_things: tuple[Memory, ...] = (*self.entities.values(), *self._presences.values())
        calendars = [self._calendars] if subsystem.entities else []
        self._in_state = Memories([self._schema, *of_events, *calendars, *of_things])
        self._in_figures = Memories([self._panes, self._origins])

    def apply(self, batch: Batch) -> Iterator[Record]:
        """Apply a batch from the position on; yields a dead letter for each event rejected."""
        return self._intake.apply(batch)

    def apply_sent_again(self, batch: Batch) -> Iterator[Record]:
        """Apply rejected events that the operator sent again; yields a dead letter for each rejected once more."""
        return self._intake.apply_sent_again(batch)

    def refuse_sent_again(self, batch: Batch, rejection: Rejection) -> Iterator[Record]:
        """Reject what the operator sent again, all of it; yields the dead letters."""
        return self._intake.refuse_sent_again(batch, rejection)

    def drain(self) -> tuple[list[Record], list[Record]]:
        """The state's and the figures' records that are new since the last call; they count as stored."""
        source = self.source
        if source.position < 0:
            return [], []
        for presence in self._presences.values():
            presence.flush(self._tally, source.watermark)
        self._tally.flush(self._panes)
        drained = list(self._in_state.drain(source.watermark)), list(self._in_figures.drain(source.watermark))
        source.negative_counts += self._panes.negative_counts
        self._panes.negative_counts = 0
        source.orphans = {slug: entities.orphans for slug, entities in self.entities.items()}
        source.rejections_from = self._judge.rejected.known_from
        return drained

    def restore(self, state: dict[StoredKey, bytes], figures: dict[StoredKey, bytes]) -> None:
        """Take back what was stored, which is then left by none. Raises IncompatibleState."""
        self._in_state.restore(state)
        self._in_figures.restore(figures)
        source, former = self.source, self._schema.former
        self._judge.former_duplicates.expire_after(former.duplicate_horizon)
        known_from = source.rejections_from
        self._judge.rejected.known_from = source.position if known_from < 0 else known_from
        for slug, entities in self.entities.items():
            entities.orphans = source.orphans.get(slug, 0)
        self._restore_presences(former)
        newest = seconds_from_ms(source.newest)
        columns = self._origins.start_new(newest, self._newly_kept(former)) | self._counted_otherwise()
        if columns:
            recount(columns, self._plan, self.entities, self._presences, self._panes, self._calendars, source.watermark)

    def _newly_kept(self, former: StateSchema) -> dict[str, frozenset[str]]:
        """By entity or presence the fields that nothing was remembered of under the former catalogue."""
        of_presences = {
            slug: frozenset(self._schema.current.presences[slug]) - frozenset(known)
            for slug, known in former.presences.items()
            if slug in self._presences
        }
        return of_presences | {slug: entities.newly_kept for slug, entities in self.entities.items()}

    def _restore_presences(self, former: StateSchema) -> None:
        """Read them as they were stored; one that the catalogue gained begins with what others know of its things."""
        for slug, presence in self._presences.items():
            presence.read_as(former.presences.get(slug, self._schema.current.presences[slug])[1:])
        for slug in self._presences.keys() - former.presences.keys():
            for other, (identity, *_) in former.presences.items():
                if other in self._presences and identity == self._presences[slug].spec.id:
                    self._presences[slug].take_over(self._presences[other])

    @property
    def moved(self) -> bool:
        """Whether another catalogue than this one wrote what was restored, so that there is something to store."""
        outlived = self._in_state.outlived or self._in_figures.outlived
        return outlived or not (self._origins.is_stored and self._schema.is_stored)

    def _counted_otherwise(self) -> set[ColumnKey]:
        """The columns of states that the former catalogue's calendar or fields told in another way."""
        former, current = self._schema.former, self._schema.current
        changed = {slug for slug, known in former.presences.items() if known != current.presences.get(slug)}
        if former.calendar != current.calendar:
            changed.update(self.entities)
        return self._origins.of_states(changed)
