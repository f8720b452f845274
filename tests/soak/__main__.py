"""`make soak` and `make test-cluster`: every kind of fault under load, and then every pane held against the oracle."""

import argparse
import logging
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from pathlib import Path
from random import Random, randrange

from rich.console import Console
from rich.table import Table

from ioc.catalogue import load
from tests.soak.brokers import FAULTS_OF_SEVERAL, OF_ANY
from tests.soak.faults import FAULTS, Faults, Scene, described, kinds, rolling_upgrade, strikes_people
from tests.soak.feed import Feed
from tests.soak.installation import PARTITIONS, Installation
from tests.soak.limits import Clock, loose_clock
from tests.soak.made_up import MadeUp
from tests.soak.movement import Gap, Movement
from tests.soak.paging import paging
from tests.soak.plan import Plan, missing, played
from tests.soak.running import Running, brokers
from tests.soak.verdict import Verdict, judge, wait_for_the_end

ALL: Faults = {**FAULTS, **FAULTS_OF_SEVERAL}
_SHOWN = 40
_ENOUGH = 10.0
"""Minutes in which every kind strikes on two cores: in less it is chance which do."""
_UNTIL_STARTED = 240.0
"""Seconds until everything must have begun to do its part, on a machine that has more to do than it can."""
_UNTIL_CAUGHT_UP = 600.0
"""Seconds until everything must be in a checkpoint: a machine that has more to do than it can took five minutes."""
_LOOKS = 0.5
"""Seconds between two looks at whether something has come."""
_PATIENCE = 60.0
"""The most seconds that one waits for what was struck to get up."""
_LEAST_PATIENCE = 60.0
"""Seconds that all kinds together have for it that strike although the time is over."""

console = Console(soft_wrap=True)
for name in ("aiokafka", "asyncio"):  # both tell at length of every broker that is down
    logging.getLogger(name).setLevel(logging.CRITICAL)


def main() -> int:
    """Run it; returns the exit code: 1 where anything differs or crashed."""
    asked = _arguments()
    # What it made of the machine's goes with it, however it ends.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    folder = Path(tempfile.mkdtemp(prefix="ioc-soak-"))
    clock = loose_clock(folder / "clock")
    with brokers(folder, asked.brokers) as running, ExitStack() as parts:
        not_run = {**running.not_run, "clock": clock.missing}
        chosen = [name for name in asked.faults if not not_run.get(name)]
        console.print(f"Seed {asked.seed}; logs in {running.stack.logs}")
        scene, feed = _scene(asked, chosen, running, clock, parts)
        if not scene.installation.wait(_UNTIL_STARTED, until=scene.installation.works()):
            console.print(f"[red]It does not work before anything struck[/]; logs in {running.stack.logs}")
            return 1
        plan, gaps = _strike(asked, chosen, scene, feed)
        verdict = _verdict(asked, scene, feed)
        if asked.every or asked.minutes >= _ENOUGH:
            verdict.differences += missing(plan.never)
    struck = Counter({**dict.fromkeys(plan.never, 0), **plan.struck})
    for name, reason in not_run.items():
        if reason and name in asked.faults:
            struck[f"{described(ALL, name)}: not run, {reason}"] = 0
    for difference in verdict.differences[:_SHOWN]:
        console.print(difference, style="red", markup=False, highlight=False)
    console.print(_table(f"Soak, seed {asked.seed}", verdict, struck, gaps, _numbers(scene.installation, feed)))
    for crash in scene.installation.crashed:
        console.print(crash, style="red", markup=False, highlight=False)
    if verdict.differences or scene.installation.crashed:
        console.print(f"[red]It failed[/]; logs in {running.stack.logs}. Again: --seed {asked.seed}")
        return 1
    if not asked.keep:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long events are published")
    parser.add_argument("--every", action="store_true", help="go on until every kind has struck, however long it takes")
    parser.add_argument("--seed", type=int, default=randrange(10**6), help="decides events and faults")
    parser.add_argument("--rate", type=float, default=200.0, help="events per second")
    parser.add_argument("--pause", type=float, default=3.0, help="seconds between two faults, on average")
    parser.add_argument("--brokers", type=int, choices=(1, 3), default=1, help="one, or three with copies")
    parser.add_argument("--faults", nargs="*", choices=[*ALL], help="all that suit the brokers by default")
    parser.add_argument("--keep", action="store_true", help="keep the logs of a run without differences, too")
    asked = parser.parse_args()
    asked.exporters = 1 if asked.brokers == 1 else 2
    if asked.faults is None:
        asked.faults = [*FAULTS] if asked.brokers == 1 else [*FAULTS_OF_SEVERAL, *OF_ANY]
    return asked


def _say(what: str) -> None:
    console.print(f"{time.strftime('%H:%M:%S')} {what}", style="dim", highlight=False)


def _scene(
    asked: argparse.Namespace, chosen: list[str], running: Running, clock: Clock, parts: ExitStack
) -> tuple[Scene, Feed]:
    """Everything started, and what is published into it."""
    catalogue, random = load(), Random(asked.seed)
    made_up = MadeUp(catalogue, asked.seed, PARTITIONS)
    # A clock that can be stepped costs whoever reads it some system calls each time.
    environment = clock.environment if "clock" in chosen else {}
    installation = Installation(running.stack, running.brokers, [*catalogue.subsystems], environment)
    for name in ("worker-1", "worker-2", *(f"exporter-{number}" for number in range(1, asked.exporters + 1))):
        installation.start(name)
    people = None
    if any(strikes_people(ALL, name) for name in chosen):
        people = parts.enter_context(paging(running.stack, installation, catalogue, Random(asked.seed)))
        people.alarms.start()
    feed = Feed(installation.settings, iter(made_up), asked.rate, Random(asked.seed))
    feed.start()
    return Scene(installation, random, running.disks, running.network, clock.file, made_up, people), feed


def _strike(asked: argparse.Namespace, chosen: list[str], scene: Scene, feed: Feed) -> tuple[Plan, dict[str, Gap]]:
    """Let kinds of faults strike for as long as asked; what became of the plan, and the longest gap of each kind."""
    end = time.monotonic() + asked.minutes * 60
    begun: list[str] = []

    def patience() -> float:
        return min(_PATIENCE, max(_LEAST_PATIENCE, end - time.monotonic()) / max(1, len(plan.never)))

    def told(what: str) -> None:
        _say(what)
        begun.append(what)

    plan = Plan(kinds(ALL, chosen, scene._replace(patience=patience)), scene.random, asked.pause, time.monotonic, told)
    movement = Movement(scene.installation, feed.acknowledged.total, lambda: begun[-1] if begun else None)
    movement.start()
    while (deal := time.monotonic() < end or (asked.every and bool(plan.never))) or plan.running:
        plan.step(deal=deal)
        scene.installation.wait(plan.seconds_to_next(_LOOKS))
    movement.stop()
    return plan, movement.gaps


def _verdict(asked: argparse.Namespace, scene: Scene, feed: Feed) -> Verdict:
    """What is compared when all has come to rest."""
    catalogue, installation, people = load(), scene.installation, scene.people
    _say("publishing ends")
    feed.stop()
    if people:
        people.alarms.stop()
    if installation.newer:
        played(rolling_upgrade(scene), installation.wait)
    wait_for_the_end(installation, catalogue, seconds=_UNTIL_CAUGHT_UP)
    _say("every record is in a checkpoint: comparing")
    verdict = judge(installation, catalogue, feed.acknowledged)
    verdict.differences += installation.overdue
    if people:
        _say("every figure is compared: waiting until the last message has arrived")
        people.settle()
        told = people.judge()
        verdict.told = told.numbers
        verdict.differences += told.differences
    return verdict


def _numbers(installation: Installation, feed: Feed) -> dict[str, int]:
    return {
        "processes started in vain while no broker answered": installation.unserved,
        "processes that crashed": len(installation.crashed),
        "publishers that gave up": feed.interruptions,
        **installation.said(),
    }


def _table(
    title: str, verdict: Verdict, struck: Counter[str], gaps: Mapping[str, Gap], numbers: Mapping[str, int]
) -> Table:
    table = Table("What", "Number", "Figures stood still, s", "A record waited, s", title=title)
    for name, count in sorted(struck.items()):
        table.add_row(name, f"{count:,}", *_longest([gaps.get(name, Gap())]))
    table.add_row("faults injected", f"{struck.total():,}", *_longest(gaps.values()))
    table.add_section()
    for section in (
        numbers,
        verdict.told,
        {
            "records acknowledged": verdict.acknowledged,
            **{f"events {fate}": count for fate, count in verdict.fates.items()},
            "dead letters": verdict.dead_letters,
            "panes compared": verdict.panes,
            "cells compared": verdict.cells,
            "differences": len(verdict.differences),
        },
    ):
        for what, count in section.items():
            table.add_row(what, f"{count:,}")
        table.add_section()
    return table


def _longest(gaps: Collection[Gap]) -> list[str]:
    return [f"{max((gap[which] for gap in gaps), default=0.0):.0f}" for which in range(len(Gap._fields))]


if __name__ == "__main__":
    sys.exit(main())
