"""`make soak`: every kind of fault at least once, under load, and then every pane held against the oracle."""

import argparse
import logging
import shutil
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from random import Random, randrange

from rich.console import Console
from rich.table import Table

from ioc.catalogue import load
from streams.stack.stack import Stack
from tests.soak.faults import FAULTS, Scene, kinds, name_of, rolling_upgrade
from tests.soak.feed import Feed
from tests.soak.installation import EXPORTER, PARTITIONS, Installation
from tests.soak.limits import loose_clock, small_disk
from tests.soak.made_up import MadeUp
from tests.soak.paging import paging
from tests.soak.plan import Plan, missing, played
from tests.soak.verdict import Verdict, judge, wait_for_the_end

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

console = Console(soft_wrap=True)
for name in ("aiokafka", "asyncio"):  # both tell at length of every broker that is down
    logging.getLogger(name).setLevel(logging.CRITICAL)


def main() -> int:
    """Run it; returns the exit code: 1 where anything differs or crashed."""
    asked = _arguments()
    random = Random(asked.seed)
    catalogue = load()
    made_up = MadeUp(catalogue, asked.seed, PARTITIONS)
    folder = Path(tempfile.mkdtemp(prefix="ioc-soak-"))
    clock = loose_clock(folder / "clock")
    with small_disk(folder / "kafka") as disk, Stack(folder) as stack, ExitStack() as parts:
        not_run = {"disk-full": disk.missing, "clock": clock.missing}
        chosen = [name for name in FAULTS if name in asked.faults and not not_run.get(name)]
        console.print(f"Seed {asked.seed}; logs in {stack.logs}")
        installation = Installation(stack, [*catalogue.subsystems], clock.environment)
        for name in ("worker-1", "worker-2", EXPORTER):
            installation.start(name)
        people = parts.enter_context(paging(stack, installation, catalogue, Random(asked.seed)))
        feed = Feed(installation.settings, iter(made_up), asked.rate, Random(asked.seed))
        feed.start()
        people.alarms.start()
        if not installation.wait(_UNTIL_STARTED, until=installation.works()):
            console.print(f"[red]It does not work before anything struck[/]; logs in {stack.logs}")
            return 1
        scene = Scene(installation, random, disk.ballast, clock.file, made_up, people)
        plan = _strike(asked, chosen, scene)
        _say("publishing ends")
        feed.stop()
        people.alarms.stop()
        if installation.newer:
            played(rolling_upgrade(scene), installation.wait)
        wait_for_the_end(installation, catalogue, seconds=_UNTIL_CAUGHT_UP)
        _say("every record is in a checkpoint: comparing")
        verdict = judge(installation, catalogue)
        _say("every figure is compared: waiting until the last message has arrived")
        people.settle()
        told = people.judge()
        verdict.told = told.numbers
        verdict.differences += [*told.differences, *installation.overdue]
        if asked.minutes >= _ENOUGH:
            verdict.differences += missing(plan.never)
    struck = Counter({**dict.fromkeys(plan.never, 0), **plan.struck})
    for name, reason in not_run.items():
        if reason and name in asked.faults:
            struck[f"{name_of(name)}: not run, {reason}"] = 0
    _print(asked.seed, verdict, struck, installation, feed)
    if verdict.differences or installation.crashed:
        console.print(f"[red]It failed[/]; logs in {stack.logs}. Again: make soak SEED={asked.seed}")
        return 1
    if not asked.keep:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long events are published")
    parser.add_argument("--seed", type=int, default=randrange(10**6), help="decides events and faults")
    parser.add_argument("--rate", type=float, default=200.0, help="events per second")
    parser.add_argument("--pause", type=float, default=3.0, help="seconds between two faults, on average")
    parser.add_argument("--faults", nargs="*", choices=[*FAULTS], default=[*FAULTS], help="all by default")
    parser.add_argument("--keep", action="store_true", help="keep the logs of a run without differences, too")
    return parser.parse_args()


def _say(what: str) -> None:
    console.print(f"{time.strftime('%H:%M:%S')} {what}", style="dim", highlight=False)


def _strike(asked: argparse.Namespace, chosen: list[str], scene: Scene) -> Plan:
    """Let kinds of faults strike for as long as asked; returns what became of the plan."""
    end = time.monotonic() + asked.minutes * 60

    def patience() -> float:
        return min(_PATIENCE, (end - time.monotonic()) / max(1, len(plan.never)))

    kinds_here = kinds(chosen, scene._replace(patience=patience))
    plan = Plan(kinds_here, scene.random, asked.pause, time.monotonic, _say)
    while (deal := time.monotonic() < end) or plan.running:
        plan.step(deal=deal)
        scene.installation.wait(plan.seconds_to_next(_LOOKS))
    return plan


def _print(seed: int, verdict: Verdict, struck: Counter[str], installation: Installation, feed: Feed) -> None:
    for difference in verdict.differences[:_SHOWN]:
        console.print(difference, style="red", markup=False, highlight=False)
    table = Table("What", "Number", title=f"Soak, seed {seed}")
    for name, count in sorted(struck.items()):
        table.add_row(name, f"{count:,}")
    table.add_row("faults injected", f"{struck.total():,}")
    table.add_section()
    table.add_row("processes started in vain while no broker answered", f"{installation.unserved:,}")
    table.add_row("processes that crashed", f"{len(installation.crashed):,}")
    table.add_row("publishers that gave up", f"{feed.interruptions:,}")
    for what, count in installation.said().items():
        table.add_row(what, f"{count:,}")
    table.add_section()
    for what, count in verdict.told.items():
        table.add_row(what, f"{count:,}")
    table.add_section()
    for fate, count in verdict.fates.items():
        table.add_row(f"events {fate}", f"{count:,}")
    table.add_row("dead letters", f"{verdict.dead_letters:,}")
    table.add_row("panes compared", f"{verdict.panes:,}")
    table.add_row("cells compared", f"{verdict.cells:,}")
    table.add_row("differences", f"{len(verdict.differences):,}")
    console.print(table)
    for crash in installation.crashed:
        console.print(crash, style="red", markup=False, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
