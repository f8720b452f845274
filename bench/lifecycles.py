"""The second task: requests with a deadline, followed from their receipt to their end, per unit."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bench.contenders import flink, kafka_streams
from bench.field import Field, Run, compare
from bench.machine import PYTHON
from bench.readings import packaged_units
from bench.requests import SLUG, Requests, request_counts, write_catalogue
from bench.throughput import BY_HAND, FLINK, PARTITIONS, PRODUCT, STREAMS, Contender, Rates

FOLLOWING = (BY_HAND, PRODUCT, STREAMS, FLINK)


def rounds(
    field: Field, events: int, count: int, warm_up: float, told: Callable[[Contender, Run], None]
) -> Iterator[Rates]:
    """Run every contender so often, by turns; yields the medians. Raises WrongCount."""
    requests, catalogue = Requests(events, packaged_units()), write_catalogue(field.folder / "requests-catalogue")
    settings = field.settings("requests", partitions=PARTITIONS, catalogue=catalogue)
    filled = field.fill(settings, [SLUG], requests)
    truth = {name: number for name, number in requests.truth.items() if number}
    commands = _commands(field.folder / "requests-built")
    runs: dict[Contender, list[Run]] = {contender: [] for contender in FOLLOWING}
    for _ in range(count):
        for contender in FOLLOWING:
            if contender == PRODUCT:
                run, merged = field.work(filled, catalogue, warm_up)
                counted: Mapping[str, int] = request_counts(merged)
            else:
                run, counted = field.count(commands[contender], filled, warm_up)
            compare(contender.title, counted, truth)
            told(contender, run)
            runs[contender].append(run)
    yield from (Rates.of(contender, filled.records, made) for contender, made in runs.items())


def _commands(built: Path) -> dict[Contender, list[str]]:
    built.mkdir()
    return {
        BY_HAND: [PYTHON, "-m", "bench.contenders.requests_by_hand"],
        STREAMS: kafka_streams.requests(built),
        FLINK: flink.requests(built),
    }
