"""What a process does beside serving its pages: the first part that fails ends the others."""

import asyncio
from collections.abc import Coroutine


async def together(*parts: Coroutine[object, object, None]) -> None:
    """Run parts until all have ended. The first that fails ends the others, and its error is raised."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for part in parts:
                tasks.create_task(part)
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from group
