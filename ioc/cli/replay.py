"""``ioc replay`` and ``ioc promote``: build the figures anew beside the live ones, then let them take over."""

import asyncio
import time
from collections.abc import Collection, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from ioc.catalogue.faults import nearest
from ioc.cli.figures import read_merged
from ioc.cli.installation import catalogue_of
from ioc.cli.processes import worker
from ioc.engine.plan import compile_plan
from ioc.figures.clock import Clock
from ioc.figures.merged import MergedFigures
from ioc.figures.shortfall import Shortfall, deleted, shortfalls
from ioc.text import formats
from streams.kafka.promotion import PromotionError, ends, live_settings, make_live, refuse_unready
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings
from streams.worker.carrying import carry_over, ensure_topics

MOST_BEHIND = 1_000
"""Records that a promoted replay may still have before it: what comes in while it is promoted."""
SHOWN = 20
"""Of the figures of breakdowns that lack something, how many are shown."""


def replay(settings: Settings, only: Collection[str], console: Console) -> None:
    """Apply another prefix' events from the first one kept, until told to stop.

    Where ``only`` names subsystems, all others go on from where the live state stands.

    Raises PromotionError, LogError, TopicError.
    """
    if settings.source_prefix in (None, settings.topic_prefix):
        raise PromotionError(f"a replay of {settings.topic_prefix} needs a prefix of its own: --prefix")
    if only:
        begun = _take_over_others(settings, only)
        console.print(f"{begun} of {settings.partitions} partitions begin where the live state stands")
    worker(settings)


def _take_over_others(settings: Settings, replayed: Collection[str]) -> int:
    """Take over from the live state all subsystems but these; gives how many partitions now begin with them."""
    plan = compile_plan(catalogue_of(settings))
    for slug in replayed:
        if slug not in plan.subsystems:
            fix = nearest(slug, plan.subsystems, f"there are {', '.join(plan.subsystems)}")
            raise PromotionError(f"there is no subsystem {slug!r}: {fix}")
    ensure_topics(settings, plan)
    others = [slug for slug in plan.subsystems if slug not in replayed]
    return len(asyncio.run(carry_over(_live_for(settings), settings, plan, others)))


def promote(settings: Settings, console: Console, *, accept_loss: bool) -> None:
    """Make a replay the live one, if it has caught up and lacks nothing, or what it lacks is accepted.

    Raises PromotionError, LogError, TopicError.
    """
    former = _live_for(settings)
    replayed = read_merged(settings)
    refuse_unready(settings, behind(settings, replayed), MOST_BEHIND)
    if lacking := _lacking(former, replayed, console):
        told = f"{lacking} figures of {settings.topic_prefix} lack what those of {former.topic_prefix} have"
        if not accept_loss:
            raise PromotionError(
                f"{told}. Send the events that are missing to {settings.source_prefix} again, and the replay takes "
                "them in; or replay only the subsystems that must be, `ioc replay --only`, under another prefix; or "
                "stay with the state that is live, under a catalogue that fits it; or, where the loss is meant, add "
                "--accept-loss"
            )
        console.print(f"{told}: accepted")
    make_live(settings)
    console.print(
        f"{settings.topic_prefix} is live for {settings.source_prefix} now, in place of {former.topic_prefix}. "
        "Restart workers and exporters: they follow."
    )


def _live_for(settings: Settings) -> Settings:
    """The settings of what is live for the prefix whose events are replayed."""
    return live_settings(settings.model_copy(update={"topic_prefix": settings.source_prefix, "source_prefix": None}))


def behind(settings: Settings, merged: MergedFigures) -> int:
    """Records of the sources that are not in the figures."""
    with topic_admin(settings) as admin:
        known = ends(admin, settings.names)
    total = 0
    for (slug, partition), end in known.items():
        if slug in merged.plan.subsystems:
            source = merged.sources(slug).get(partition)
            total += max(0, end - max(0, source.position if source else 0))
    return total


def _lacking(former: Settings, replayed: MergedFigures, console: Console) -> int:
    """How many figures lack what the live state has; prints which."""
    with topic_admin(former) as admin:
        if not admin.exists(former.names.figures):
            return 0
    live = read_merged(former)
    # Both at the later of their moments, or a window of one would end before that of the other.
    now = max(Clock(former.clock.value).advance(each, time.time()) for each in (live, replayed))
    found = list(shortfalls(live, replayed, now))
    if found:
        for slug in dict.fromkeys(each.subsystem for each in found):
            console.print(f"{slug}: {_why(live, replayed, slug)}")
        console.print(_table(found))
    return len(found)


def _why(live: MergedFigures, replayed: MergedFigures, slug: str) -> str:
    if gone := deleted(live, replayed, slug):
        return f"{gone:,} records that the live state has read were deleted by age since"
    if (more := replayed.fates(slug).rejected - live.fates(slug).rejected) > 0:
        return f"{more:,} more records were rejected than by the live state"
    return "no record was lost, but this catalogue counts them otherwise"


def _table(found: Sequence[Shortfall]) -> Table:
    """Every whole that lacks something, and of the breakdowns those that lack most."""
    parts = sorted((each for each in found if each.labels), key=lambda each: each.live - (each.replay or 0))
    shown = [*(each for each in found if not each.labels), *parts[: -SHOWN - 1 : -1]]
    table = Table("KPI", "window", "of", "live", "replay", box=box.SIMPLE_HEAD)
    for each in shown:
        numbers = ("-" if value is None else formats.number(value, language="en") for value in (each.live, each.replay))
        of = ", ".join(f"{name} {value}" for name, value in each.labels) or "the whole"
        table.add_row(f"{each.subsystem}.{each.kpi}{' (cases)' if each.of_cases else ''}", each.window, of, *numbers)
    if len(found) > len(shown):
        table.caption = f"and {len(found) - len(shown)} more of breakdowns"
    return table
