"""What a replay takes over from the state that is live: the subsystems that it does not replay."""

from collections.abc import Collection

from ioc.engine.carrying import carried_over
from ioc.engine.compatibility import IncompatibleState
from ioc.engine.plan import Plan
from ioc.engine.shard import TornCheckpoint
from streams.kafka.promotion import PromotionError
from streams.kafka.restore import read_checkpoint
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings
from streams.worker.checkpoint_writer import CheckpointWriter, Fenced, OutcomeUnknown


def ensure_topics(settings: Settings, plan: Plan) -> None:
    """Create the topics that a worker needs and that are missing. Raises TopicError."""
    with topic_admin(settings) as admin:
        admin.ensure(plan.subsystems, plan.telemetry)


async def carry_over(live: Settings, settings: Settings, plan: Plan, subsystems: Collection[str]) -> list[int]:
    """Begin every partition of a replay that holds nothing yet where the live one stands, for some subsystems.

    Gives the partitions begun. Whatever else happens to a partition meanwhile, it begins once or not at all.

    Raises:
        PromotionError: the live state does not fit the catalogue, or a partition of it cannot be read or written.
        LogError: the broker failed.
    """
    begun = []
    for index in range(settings.partitions):
        try:
            if await _begin(live, settings, plan, index, subsystems):
                begun.append(index)
        except IncompatibleState as error:
            raise PromotionError(f"what is not replayed must fit the state that is live. {error}") from error
        except (TornCheckpoint, Fenced, OutcomeUnknown) as error:
            raise PromotionError(
                f"partition {index} could not be taken over, begin the replay again: {error}"
            ) from error
    return begun


async def _begin(live: Settings, settings: Settings, plan: Plan, index: int, subsystems: Collection[str]) -> bool:
    writer = CheckpointWriter(settings, index)
    try:
        # Opening first: another one that is at it is fenced, or has written what is read next.
        await writer.open()
        own = await read_checkpoint(settings, index, lambda: True, writer.written)
        if own.state or own.figures:
            return False
        stored = await read_checkpoint(live, index, lambda: True)
        kept = stored.state.items(), stored.figures.items()
        checkpoint = carried_over(plan, index, settings.partitions, *kept, subsystems=subsystems)
        if checkpoint is not None:
            await writer.write(checkpoint)
        return checkpoint is not None
    finally:
        await writer.close()
