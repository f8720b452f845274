"""What senders' doors admit, the worker applies: simulated events, spoilt at random, held against both."""

import json
from copy import deepcopy
from functools import cache
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ioc.engine.store.checkpoint_header import Fates
from ioc.engine.subsystem_state import SubsystemState
from ioc.events.admission import Admission, Admitted
from ioc.events.decoding import Rejection
from ioc.events.partitioning import partition_of
from ioc.events.pseudonyms import Pseudonyms
from ioc.events.records import Batch
from ioc.scenarios.setting import END
from ioc.scenarios.simulator import Simulator
from tests.packaged import packaged_catalogue, packaged_plan

PARTITIONS = 3
CATALOGUE = packaged_catalogue()
PLAN = packaged_plan()
ADMISSION = Admission(CATALOGUE, Pseudonyms(b"a key that nobody but this test knows"))
NOW_MS = (END + 7 * 3600) * 1000


class Typed(msgspec.Struct):
    """Of an event, its type alone: quick to decode."""

    type: str


type_of = msgspec.json.Decoder(Typed).decode
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=5), SCALARS, max_size=2)


@cache
def one_of_each_type() -> list[dict[str, Any]]:
    found: dict[str, bytes] = {}
    for event in Simulator(CATALOGUE, END, scale=0.02).events_until(END + 6 * 3600):
        found.setdefault(type_of(event.value).type, event.value)
    return [json.loads(event) for event in found.values()]


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """An event with up to two of its members replaced, dropped or added."""
    event = deepcopy(draw(st.sampled_from(one_of_each_type())))
    for _ in range(draw(st.integers(0, 2))):
        part = draw(st.sampled_from([event, event["data"]] if isinstance(event.get("data"), dict) else [event]))
        name = draw(st.sampled_from([*part, "extra", "partitionkey", "patient", "applicant"]))
        if draw(st.booleans()):
            part[name] = draw(VALUES)
        else:
            part.pop(name, None)
    return json.dumps(event).encode()


def fate(event: Admitted) -> Fates:
    """What a worker makes of it as the only event of its partition."""
    partition = partition_of(event.key, PARTITIONS)
    state = SubsystemState(PLAN.subsystems[event.subsystem], partition, PARTITIONS)
    batch = Batch(event.subsystem, partition, [0], [NOW_MS], [event.key], [event.value], [event.headers])
    for _ in state.apply(batch):
        pass
    return state.source.fates


@given(spoilt())
def test_what_is_admitted_is_applied(value: bytes) -> None:
    try:
        event = ADMISSION.admit(value, (), NOW_MS)
    except Rejection:
        return
    assert (fate(event).applied, fate(event).rejected) == (1, 0)


def test_every_simulated_event_is_admitted() -> None:
    for event in one_of_each_type():
        assert fate(ADMISSION.admit(json.dumps(event).encode(), (), NOW_MS)).applied == 1


def test_a_heartbeat_needs_no_data() -> None:
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "/siem",
        "type": "vn.phutho.cybersecurity.siem.heartbeat_sent.v1",
        "time": "2025-11-01T00:00:00+07:00",
    }
    assert fate(ADMISSION.admit(json.dumps(event).encode(), (), NOW_MS)).applied == 1
