"""Dead letters of a real worker, sent again through Kafka."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ioc.catalogue import load
from ioc.events.dead_letter import DeadLetter, dead_letter
from ioc.events.decoding import Rejection
from ioc.events.partitioning import partition_of
from ioc.events.records import Batch
from ioc.events.redaction import Redaction
from streams.kafka.dead_letters import Selection, addressed, read_dead_letters, redrive
from streams.kafka.producer import Publisher
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings
from tests.ioc.catalogues import SLUG, catalogue, event
from tests.streams.worker.workers import IOC, WorkerProcess, wait_until, workers

pytestmark = pytest.mark.kafka

LARGE = b'{"x": "' + b"x" * 100_000 + b'"}'


async def letters(settings: Settings, **wanted: object) -> list[DeadLetter]:
    return [letter async for letter in read_dead_letters(settings, Selection(**wanted))]  # type: ignore[arg-type]


async def publish(settings: Settings, *events: tuple[bytes, bytes]) -> None:
    async with Publisher(settings) as publisher:
        for key, value in events:
            await publisher.send(settings.names.events(SLUG), key, value)


def fate(worker: WorkerProcess, name: str) -> int:
    lines = [line for line in worker.metrics() if line.startswith("ioc_worker_fates{") and f'fate="{name}"' in line]
    return sum(int(float(line.rsplit(" ", 1)[1])) for line in lines)


async def test_what_the_catalogue_learns_to_read_counts_once_however_often_it_is_redriven(
    installation: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = installation(partitions=2, worker_session_timeout=6.0)
    policy = (
        "      moved_off_payroll: {vi: Chuyển sang nơi không hưởng lương ngân sách, en: Moved off the state payroll}\n"
    )
    before, after = catalogue(tmp_path / "before", (policy, "")), catalogue(tmp_path / "after")
    data = {"unit": "so_noi_vu", "policy": "moved_off_payroll", "persons": 2}
    events = [(b"d%d" % n, event(n, **{"decision": f"d{n}", **data})) for n in range(5)]
    with workers(settings, tmp_path, IOC, [SLUG]) as start:
        first = start(IOC_CATALOGUE=str(before))
        await publish(settings, *events, (b"d9", b"{"), (b"large", LARGE))
        wait_until(lambda: fate(first, "rejected") == 7)
        assert first.stop() == 0
        assert len(await letters(settings, reason="invalid_value")) == 5
        second = start(IOC_CATALOGUE=str(after))
        for _ in range(2):
            outcome = await redrive(settings, load(after), Selection(subsystem=SLUG))
            assert (outcome.sent, outcome.lost) == (7, [])
        wait_until(lambda: fate(second, "applied") + fate(second, "duplicate") + fate(second, "rejected") == 7 + 14)
        assert (fate(second, "applied"), fate(second, "duplicate"), fate(second, "rejected")) == (5, 5, 11)
        assert second.stop() == 0
    found = await letters(settings)
    assert len(found) == 11
    assert len({letter.first for letter in found}) == 7
    assert len([letter for letter in found if letter.size == len(LARGE)]) == 3
    assert {letter.topic for letter in found} == {settings.names.events(SLUG), settings.names.sent_again}
    (one,) = {letter.first for letter in found if letter.size == 1}
    assert one.topic == settings.names.events(SLUG)


async def test_a_redriven_event_goes_with_the_key_that_it_says_whatever_it_came_with(
    installation: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = installation(partitions=3, worker_session_timeout=6.0)
    events = [event(number, "report.received", report=f"d{number}") for number in range(8)]
    with workers(settings, tmp_path, IOC, [SLUG]) as start:
        worker = start()
        async with Publisher(settings) as publisher:
            topic = settings.names.events(SLUG)
            for number, value in enumerate(events):
                # None, a foreign one, one of nobody's, and the right one, all in some other partition than their own.
                key = (None, b"d0", b"\xff", b"d%d" % number)[number % 4]
                elsewhere = (partition_of(b"d%d" % number, 3) + 1) % 3
                await publisher.send(topic, key, value, partition=elsewhere)
        wait_until(lambda: fate(worker, "rejected") == 8)
        assert {letter.reason for letter in await letters(settings)} == {"misrouted"}
        for _ in range(2):
            outcome = await redrive(settings, load(), Selection(reason="misrouted"))
            assert (outcome.sent, outcome.lost) == (8, [])
        wait_until(lambda: fate(worker, "applied") + fate(worker, "duplicate") + fate(worker, "rejected") == 24)
        assert (fate(worker, "applied"), fate(worker, "duplicate"), fate(worker, "rejected")) == (8, 8, 8)
        assert worker.stop() == 0


async def test_dead_letters_are_selected_by_subsystem_reason_time_and_place(
    installation: Callable[..., Settings],
) -> None:
    settings = installation()
    with topic_admin(settings) as admin:
        admin.ensure([])
    made = [("health", "malformed", 1000), ("health", "future", 2000), (SLUG, "future", 3000)]
    async with Publisher(settings) as publisher:
        for offset, (slug, reason, at) in enumerate(made):
            batch = Batch(slug, 1, [offset], [at], [b"k"], [b"{"], [[]])
            record = addressed(settings.names, dead_letter(batch, 0, Rejection(reason, ""), Redaction()))
            await publisher.send(settings.names.dead_letters, record.key, record.value, record.headers, partition=1)

    async def offsets(**wanted: object) -> list[int]:
        return [letter.offset for letter in await letters(settings, **wanted)]

    assert await offsets(subsystem="health") == [0, 1]
    assert await offsets(reason="future") == [1, 2]
    assert await offsets(since=2000, until=3000) == [1]
    assert await offsets(place=f"{SLUG}/1/2") == [2]


async def test_a_cut_dead_letter_whose_event_is_gone_is_told_and_not_sent(
    installation: Callable[..., Settings],
) -> None:
    settings = installation()
    with topic_admin(settings) as admin:
        admin.ensure([SLUG])
    batch = Batch(SLUG, 1, [5], [1000], [b"k"], [LARGE], [[]])
    cut = dead_letter(batch, 0, Rejection("malformed", ""), Redaction())
    record = addressed(settings.names, cut)
    async with Publisher(settings) as publisher:
        await publisher.send(settings.names.dead_letters, record.key, record.value, record.headers, partition=1)
    outcome = await redrive(settings, load(), Selection(subsystem=SLUG))
    assert (outcome.sent, [letter.offset for letter in outcome.lost]) == (0, [5])
