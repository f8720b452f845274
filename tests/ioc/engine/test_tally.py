"""Amounts: what is summed and what is latest does not depend on when a checkpoint was made."""

from contextlib import suppress
from typing import Any

from ioc.engine.plan import compile_plan
from ioc.engine.store.memory import Watermark
from ioc.engine.store.panes import PaneStore
from ioc.engine.tally import Rows, Tally
from ioc.kpis.facts import PHASE, Open
from ioc.time.instants import EpochMinute, EpochMs
from ioc.time.windows import DAY
from tests.ioc.engine.failing import Fault, failing
from tests.oracle.oracle import Cells
from tests.oracle.topics import Engine, Topics, moment
from tests.oracle.workshop import FACTORS, catalogue_of, kpi, workshop

NOON = moment("2025-10-31 12:00")
LOT = "xmeasured_in:" + "|".join(f"{unit}={factor:g}" for unit, factor in sorted(FACTORS["of"].items()))  # type: ignore[attr-defined]
KPIS = {
    "mass": kpi("sum", ["total"], of=["mass.measured"], field="value", factors=FACTORS),
    "latest_value": kpi("last", ["total"], of="mass.measured", field="value"),
    "latest_level": kpi("last", ["total"], of="mass.measured", field="level"),
}
SUBSYSTEM = workshop(kpis=KPIS, headline="mass", entities={}, presences={})
PLAN = compile_plan(catalogue_of(SUBSYSTEM))


def totals(*measured: dict[str, Any], checkpoint_after_each: bool = False) -> Cells:
    """The cells of the whole after measurements of the same instant."""
    topics, engine = Topics(1), Engine(PLAN, 1)
    for data in measured:
        record = topics.send(SUBSYSTEM, "mass.measured", NOON, {"station": "s", "measured_in": "kg", **data})
        engine.consume([record])
        if checkpoint_after_each:
            engine.checkpoint()
    engine.checkpoint()
    return engine.panes()["workshop", (), 0, 0]


def test_each_amount_is_converted_and_rounded_by_itself() -> None:
    lots = [{"value": 1, "measured_in": "lot"}] * 3
    for after_each in (False, True):
        assert totals(*lots, checkpoint_after_each=after_each)[(), f"sum mass.measured +value {LOT}"] == 3 * 16


def test_an_event_without_an_optional_value_leaves_the_latest_one() -> None:
    cells = totals({"value": 7, "level": 3}, {"value": 8})
    assert cells[(), "latest mass.measured +level"] == (NOON, 3)
    assert cells[(), "latest mass.measured +value"] == (NOON, 8)


def test_of_one_instant_the_later_value_corrects_the_former_for_each_field() -> None:
    measured = {"value": 500, "level": 1}, {"value": 50, "level": 9}, {"value": 50}
    for after_each in (False, True):
        cells = totals(*measured, checkpoint_after_each=after_each)
        assert cells[(), "latest mass.measured +value"] == (NOON, 50)
        assert cells[(), "latest mass.measured +level"] == (NOON, 9)


def test_a_sum_larger_than_64_bits_is_stored() -> None:
    factors = {"by": "measured_in", "of": {"g": 1, "kg": 2.0**40, "lot": 1}}
    mass = kpi("sum", ["total"], of=["mass.measured"], field="value", factors=factors)
    subsystem = workshop(kpis={"mass": mass}, headline="mass", entities={}, presences={})
    topics, engine = Topics(1), Engine(compile_plan(catalogue_of(subsystem)), 1)
    for turn in (1, 2):
        data = {"station": "s", "measured_in": "kg", "value": -(2.0**39)}
        engine.consume([topics.send(subsystem, "mass.measured", NOON, data)])
        engine.checkpoint()
        engine.restart()
        assert list(engine.panes()["workshop", (), 0, 0].values()) == [-turn * 1000 * 2**79]


def test_a_count_below_nothing_that_is_stored_is_noticed_and_an_amount_may_be() -> None:
    plan = compile_plan(catalogue_of(workshop())).subsystems["workshop"]
    panes, tally = PaneStore("workshop", plan.tables), Tally(plan.facts.values())
    fact = next(fact for what, fact in plan.facts.items() if isinstance(what, Open))
    values = tuple({"unit": "7900", "topic": "land", PHASE: "running"}.get(name) for name in fact.fields)
    for weight, negative in ((1, 0), (-1, 0), (-1, 1)):
        tally.add(fact.name, EpochMinute(0), values, weight)
        tally.flush(panes)
        list(panes.drain(Watermark(EpochMs(NOON), EpochMs(NOON))))
        assert (panes.negative_counts > 0) == bool(negative)


def test_a_fault_on_the_way_to_an_earlier_pane_leaves_the_pane_at_hand_as_it_was() -> None:
    call = 0
    while True:
        rows = Rows(DAY)
        rows.turn_to(NOON)
        held = rows.begin, rows.end, rows.pane
        with failing(call, lambda frame: frame.f_code.co_name != "turn_to") as failed, suppress(Fault):
            rows.turn_to(moment("2025-10-29 12:00"))
        if not failed:
            break
        assert (rows.begin, rows.end) == held[:2]
        assert rows.pane is held[2]
        call += 1
    assert call > 1
