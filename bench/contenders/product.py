"""This product: the worker of `ioc worker` with its settings from the environment, counting as it goes."""

import sys
from pathlib import Path

from bench.contenders.task import Progress
from ioc.cli.installation import catalogue_of
from ioc.engine.plan import compile_plan
from ioc.engine.shard import Shard
from ioc.events.records import Batch
from streams.process.garbage import collect_seldom
from streams.settings.settings import load_settings
from streams.worker.worker import run_worker


def counting(progress: Progress) -> type[Shard]:
    """The engine's shards, telling how far they are after each batch."""

    class CountingShard(Shard):
        def apply(self, batch: Batch) -> None:
            super().apply(batch)
            progress.add(len(batch))

    return CountingShard


def main(arguments: list[str]) -> None:
    collect_seldom()  # as every process of the product does when it starts
    settings = load_settings()
    run_worker(settings, compile_plan(catalogue_of(settings)), counting(Progress(Path(arguments[0]))))


if __name__ == "__main__":
    given, sys.argv[1:] = sys.argv[1:], []
    main(given)
