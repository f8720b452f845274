"""The limit: records fetched by aiokafka and dropped, nothing decoded."""

import asyncio

from bench.contenders.source import batches
from bench.contenders.task import Task, read_task


async def fetch(task: Task) -> None:
    async for records in batches(task):
        task.progress.add(len(records))


if __name__ == "__main__":
    given = read_task()
    asyncio.run(fetch(given))
    given.finish({})
