"""Runs that lie at a limit, of a pane or of what is ordinary: stored to the byte as one by one."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ioc.engine import tally
from ioc.engine.intake import FEWEST
from ioc.engine.judge import INTERNAL
from ioc.engine.plan import Fact, Plan, compile_plan, projection
from ioc.engine.shard import Shard
from ioc.events.records import Checkpoint
from tests.ioc.engine.failing import FAULT, Fault
from tests.ioc.engine.test_runs_differ_in_nothing import LATENESS, Cuts, Together, checkpoints
from tests.oracle.randomly import MINUTE, START, SUBSYSTEM
from tests.oracle.topics import Topics, batch_of
from tests.oracle.workshop import PAST, catalogue_of, kpi, workshop

EVENT = "day.reported"
REPORTS = {"headline": "reports", "kpis": {"reports": kpi("count", PAST, of=[EVENT], by=["unit"])}}
COUNTED = compile_plan(catalogue_of(workshop(**REPORTS)))
"""Its reports are counted and nothing else, and so in one step for a run of one pane."""
UNITS = ["7900", "8716", "4792"]
PANE = 5 * MINUTE
ROW = [10 * number for number in range(FEWEST)]


def reports(times: Sequence[int], lags: Sequence[int] = (0,), *, start: int = START) -> Topics:
    """Reports of times after the start, each appended so much later than the clock, which never goes back."""
    topics, clock = Topics(1), start
    for number, time in enumerate(times):
        clock = max(clock, start + time)
        # Units that only the second run brings, too.
        unit = UNITS[number % (2 if number < FEWEST else len(UNITS))]
        data = {"station": f"s{number % 3}", "unit": unit, "amount": number}
        topics.send(SUBSYSTEM, EVENT, start + time, data, appended=clock + lags[number % len(lags)])
    return topics


def both(topics: Topics, plan: Plan, *, at_once: int = 128) -> tuple[list[Checkpoint], list[Checkpoint]]:
    """What is stored where they are applied in runs, and one by one; so many are read ``at_once``."""
    cuts = Cuts(1_000, 1, 250_000)
    in_runs, one_by_one = (checkpoints(topics.records, cuts, Together(few, at_once), plan) for few in (FEWEST, 10**9))
    return in_runs, one_by_one


@pytest.mark.parametrize(
    "times",
    [
        pytest.param([PANE - 1 - time for time in reversed(ROW)], id="up to the end of a pane"),
        pytest.param([PANE - time for time in reversed(ROW)], id="the last is the first of the next pane"),
        pytest.param([*ROW[:8], PANE, *ROW[8:]], id="one within is of the next pane"),
        pytest.param([*ROW[:8], -1, *ROW[8:]], id="one within is of the former pane"),
        pytest.param([*ROW, *[PANE + time for time in ROW]], id="from one pane into the next"),
    ],
)
def test_reports_that_are_only_counted_are_in_the_pane_of_their_time(times: list[int]) -> None:
    # Only behind a run is a pane at hand, which the next one may be counted in as a whole; and a run whose records come
    # in two minutes is no run.
    topics = reports([0] * FEWEST + times, [MINUTE // 2])
    in_runs, one_by_one = both(topics, COUNTED, at_once=FEWEST)
    assert in_runs == one_by_one


def test_a_run_that_is_only_counted_is_counted_once_where_one_of_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(fields: tuple[str, ...]) -> object:
        values_of = projection(fields)

        def values(data: object) -> object:
            if data.amount == FEWEST + FEWEST // 2:  # type: ignore[attr-defined]
                raise Fault(FAULT)
            return values_of(data)

        return values

    monkeypatch.setattr(tally, "projection", failing)
    topics = reports(range(2 * FEWEST))
    in_runs, one_by_one = both(topics, COUNTED, at_once=FEWEST)
    assert in_runs == one_by_one
    shard = Shard(COUNTED, 0, 1)
    for run in (topics.records[:FEWEST], topics.records[FEWEST:]):
        shard.apply(batch_of(run))
    fates = shard.sources["workshop"].fates
    assert (fates.applied, fates.rejected_by_reason) == (2 * FEWEST - 1, {INTERNAL: 1})


def test_runs_that_are_only_counted_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    alone: list[int] = []
    counting = tally.tallying

    def noting(fact: Fact, counts: tally.Tally) -> tally.Apply:
        apply = counting(fact, counts)

        def noted(data: object, time: int) -> None:
            alone.append(time)
            apply(data, time)  # type: ignore[arg-type]

        return noted

    monkeypatch.setattr("ioc.engine.handlers.tallying", noting)
    shard = Shard(COUNTED, 0, 1)
    shard.apply(batch_of(reports([0]).records))
    shard.apply(batch_of(reports([0, *ROW]).records[1:]))
    assert alone == [START]


@pytest.mark.parametrize("plan", [COUNTED, compile_plan(catalogue_of(SUBSYSTEM))], ids=["counted", "summed"])
@pytest.mark.parametrize(
    ("lags", "start"),
    [
        pytest.param([0], 0, id="from the first instant of 1970 on"),
        pytest.param([-PANE], START, id="as far ahead as may be"),
        pytest.param([0] * 15 + [-PANE], START, id="the newest as far ahead as may be"),
        pytest.param([-PANE - 1] + [0] * 15, START, id="the oldest further ahead"),
        pytest.param([0] * 15 + [-PANE - 1], START, id="the newest further ahead"),
    ],
)
def test_a_run_at_the_limit_of_the_ordinary_is_judged_as_one_by_one(plan: Plan, lags: list[int], start: int) -> None:
    in_runs, one_by_one = both(reports(ROW, lags, start=start), plan)
    assert in_runs == one_by_one


def test_one_sign_of_life_within_a_run_of_history_is_heard() -> None:
    within = FEWEST + FEWEST // 2
    lags = [LATENESS + (number != within) for number in range(2 * FEWEST)]
    in_runs, one_by_one = both(reports([0] * len(lags), lags), COUNTED)
    assert in_runs == one_by_one


def test_a_run_with_the_keys_of_another_partition_is_misrouted() -> None:
    topics = reports([])
    for time in range(FEWEST):
        topics.send(SUBSYSTEM, "camera.heard", START + time, {"camera": "a", "unit": "7900"})
    elsewhere = 1 - Topics(2).partition_of(b"a")
    shard = Shard(compile_plan(catalogue_of(SUBSYSTEM)), elsewhere, 2)
    shard.apply(replace(batch_of(topics.records), partition=elsewhere))
    fates = shard.sources["workshop"].fates
    assert (fates.applied, fates.rejected_by_reason) == (0, {"misrouted": FEWEST})
