"""A state that an earlier program wrote is read, shown and continued as that program would have."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

from ioc.catalogue import load
from ioc.engine.entity_state import RANKS
from ioc.engine.plan import compile_plan
from ioc.engine.store.checkpoint_header import decode_header
from ioc.engine.store.keys import HEADER
from tests.ioc.engine.recorded.recording import CATALOGUE, PARTITIONS, Reading, Recording, Topic, read, recording
from tests.oracle.oracle import comparable, differences
from tests.oracle.reading import LogRecord
from tests.oracle.topics import Engine, Store

PLAN = compile_plan(load(CATALOGUE))


@cache
def recorded() -> Recording:
    return recording()


def stored() -> Store:
    """The two topics as the earlier program left them."""
    store = Store()
    store.state, store.figures = _as_bytes(recorded().state), _as_bytes(recorded().figures)
    return store


def _as_bytes(topic: Topic) -> dict[int, dict[bytes, bytes]]:
    return {partition: {key.encode(): value for key, value in own.items()} for partition, own in topic.items()}


def differing(engine: Engine, recorded: Reading) -> list[str]:
    """What is read differently from an engine's store at the same moment, in words."""
    got = read(engine.store, PLAN, datetime.fromtimestamp(recorded.now, UTC))
    found = differences(comparable(recorded.panes), comparable(got.panes))
    for what in ("figures", "fates", "cases"):
        one, other = _lines(getattr(recorded, what)), _lines(getattr(got, what))
        found += [f"{what}: no {line}" for line in sorted(one - other)] + [
            f"{what}: {line}" for line in sorted(other - one)
        ]
    return [line for line in found if _of_today(line)]


def _lines(read: list[Any] | dict[str, Any]) -> set[str]:
    if isinstance(read, dict):
        return {repr((name, _without_late(each))) for name, each in read.items()}
    return {repr(each) for each in read}


def _of_today(line: str) -> bool:
    """Whether a line is about what the former program kept, and read, in the same way."""
    kept_otherwise = ("'3h'", "sum rain.measured", "ambulance.arrived #@took", "'ambulance_p90'")
    # What had been silent for a week it left out of the share of what is alive; a level it left out by its own age.
    read_otherwise = ("cameras_online_ratio", "stations_reporting_ratio", "river_level", "river_alarm_level")
    return not any(each in line for each in (*kept_otherwise, *read_otherwise))


def _without_late(read: Any) -> Any:
    """How many came late is judged within a feed now, no more within the whole subsystem."""
    left_out = ("late", "sent_again")
    return {fate: count for fate, count in read.items() if fate not in left_out} if isinstance(read, dict) else read


PERSONAL = {name for each in PLAN.catalogue.subsystems.values() for name, field in each.fields.items() if field.hashed}


def _hashed(record: LogRecord) -> LogRecord:
    """Values of personal fields came as they were then; a worker takes their hashes only now."""
    try:
        content = json.loads(record.value or b"")
        data = content.get("data", content)
        names = PERSONAL & data.keys()
    except (ValueError, AttributeError):
        return record
    data |= {name: hashlib.md5(str(data[name]).encode()).hexdigest() for name in names}  # noqa: S324
    return record._replace(value=json.dumps(content).encode())


def _sent_again(records: Iterable[LogRecord]) -> Iterator[LogRecord]:
    """What was sent again came in the topics of feeds then; it has one of its own now."""
    following: Counter[int] = Counter()
    for record in records:
        if record.first is None:
            yield record
        else:
            yield record._replace(sent_again=True, offset=following[record.partition])
            following[record.partition] += 1


def continued(*, restarts: bool) -> Engine:
    """The restored engine after the further events, in four parts."""
    engine = Engine(PLAN, PARTITIONS, stored())
    after = [*map(_hashed, _sent_again(recorded().after))]
    for first in range(0, len(after), len(after) // 4):
        engine.consume(after[first : first + len(after) // 4])
        engine.checkpoint()
        if restarts:
            engine.restart()
    return engine


def kind_of(key: str) -> str:
    """What is stored under a key, the subsystem and the numbers left out."""
    _, _, rest = key.partition("|")
    if rest.startswith("pane|"):
        return f"panes of {rest.split('/')[-2]} s"
    return "schema of entities" if rest.endswith("/schema") else rest.split("|")[0].split("/")[0] or key


def test_every_kind_of_record_was_stored() -> None:
    kinds = Counter(
        kind_of(key) for topic in (recorded().state, recorded().figures) for own in topic.values() for key in own
    )
    panes = {f"panes of {size} s" for size in (0, 300, 3600, 86400)}
    numbers = {"seen_ids", "redriven", "rejected"}
    assert kinds.keys() == panes | numbers | {"entities", "schema of entities", "seen", "foundation", "since", "mark"}


def test_entities_in_every_role_were_stored() -> None:
    roles: Counter[str] = Counter()
    for shard in Engine(PLAN, PARTITIONS, stored()).shards.values():
        for state, entities in ((each, own) for each in shard.states.values() for own in each.entities.values()):
            names, events = entities.lifecycle.events, entities.lifecycle.spec.events
            histories = entities.histories(state.source.watermark)
            roles.update(events[names[entry.event]] for history in histories for entry in history)
    assert roles.keys() == RANKS.keys()


def test_it_is_restored_whole_and_nothing_of_it_is_stored_anew_but_what_it_rests_on() -> None:
    for shard in Engine(PLAN, PARTITIONS, stored()).shards.values():
        assert len(shard.positions) == len(PLAN.subsystems)
        checkpoint = shard.checkpoint()
        assert checkpoint is not None
        stored_anew = {kind_of(record.key.decode()).partition("@")[0] for record in checkpoint.state}
        # Deadlines are kept to the millisecond now.
        assert stored_anew == {"foundation", "calendars", "entities", "schema of entities"}
        # The three hours of rain are kept in five minutes each now, not in hours.
        rewritten = {kind_of(record.key.decode()) for record in checkpoint.figures}
        # The calendar is known by its days now, not by its name: what stands open is counted anew, and is the same.
        assert rewritten <= {"panes of 0 s", "panes of 300 s", "panes of 3600 s", "since", "mark"}
        assert shard.checkpoint() is None


def kinds_of(store: Store) -> set[str]:
    return {kind_of(key.decode()).partition("@")[0] for own in store.state.values() for key in own}


def test_a_former_program_refuses_what_is_stored_otherwise_and_does_not_take_it_for_torn() -> None:
    former, now = stored(), continued(restarts=False).store
    formats = [decode_header(store.figures[0][HEADER]).state_format for store in (former, now)]
    assert kinds_of(now) - kinds_of(former)
    assert formats[1] > formats[0]


def test_the_same_is_read_from_it() -> None:
    assert differing(Engine(PLAN, PARTITIONS, stored()), recorded().read) == []


SENT_TWICE = "environment"
"""The earlier program took its events three hours late, and knew their ids for ten minutes: one counted twice."""


BEGUN_ANEW = ("'health', (), ", "ambulance_")
"""The earlier program took what came of a forgotten ambulance call for another call; it is a dead letter now."""
REPEATED = ("fates",)
"""The earlier program told a repetition by its id alone; an entity knows its own events again."""


def test_further_events_move_it_as_they_did() -> None:
    assert differing(Engine(PLAN, PARTITIONS, stored()), recorded().read_after) != []
    found = differing(continued(restarts=False), recorded().read_after)
    assert [line for line in found if not any(each in line for each in (SENT_TWICE, *BEGUN_ANEW, *REPEATED))] == []


def test_an_event_sent_again_within_its_lateness_counts_twice_no_more() -> None:
    fates = [line for line in differing(continued(restarts=False), recorded().read_after) if line.startswith("fates")]
    own = [line for line in fates if SENT_TWICE in line]
    assert [("'duplicate': 34" in line, "'duplicate': 35" in line) for line in own] == [(True, False), (False, True)]


def test_what_comes_of_a_forgotten_call_is_no_other_call() -> None:
    fates = [line for line in differing(continued(restarts=False), recorded().read_after) if "'health'" in line]
    assert any("'forgotten': 4" in line for line in fates)


def test_restarts_among_further_events_change_nothing() -> None:
    one, other = (differing(continued(restarts=restarts), recorded().read_after) for restarts in (False, True))
    assert one == other
