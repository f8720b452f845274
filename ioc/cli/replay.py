"""``ioc replay`` and ``ioc promote``: build the figures anew beside the live ones, then let them take over."""

from rich.console import Console

from ioc.cli.figures import read_merged
from ioc.cli.processes import worker
from ioc.figures.merged import MergedFigures
from streams.kafka.promotion import PromotionError, ends, live_settings
from streams.kafka.promotion import promote as make_live
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings

MOST_BEHIND = 1_000
"""Records that a promoted replay may still have before it: what comes in while it is promoted."""


def replay(settings: Settings) -> None:
    """Apply another prefix' events from the first one kept, until told to stop. Raises PromotionError."""
    if settings.source_prefix in (None, settings.topic_prefix):
        raise PromotionError(f"a replay of {settings.topic_prefix} needs a prefix of its own: --prefix")
    worker(settings)


def promote(settings: Settings, console: Console) -> None:
    """Make a replay the live one, if it has caught up. Raises PromotionError, LogError, TopicError."""
    former = live_settings(settings.model_copy(update={"topic_prefix": settings.source_prefix, "source_prefix": None}))
    make_live(settings, behind(settings, read_merged(settings)), MOST_BEHIND)
    console.print(
        f"{settings.topic_prefix} is live for {settings.source_prefix} now, in place of {former.topic_prefix}. "
        "Restart workers and exporters: they follow."
    )


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
