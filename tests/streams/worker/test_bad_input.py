"""Bad input through a real worker: each record is kept aside with what is wrong with it, and the worker goes on."""

import asyncio
import hashlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ioc.cli.figures import read_merged
from ioc.events.redaction import REDACTED
from streams.kafka.dead_letters import read_dead_letters
from streams.kafka.producer import Publisher
from streams.settings.settings import Settings
from tests.ioc.catalogues import SLUG, event
from tests.streams.worker.workers import IOC, wait_until, workers

pytestmark = pytest.mark.kafka


def changed(number: int, **changes: object) -> bytes:
    """A sound event but for some attributes."""
    return json.dumps({**json.loads(event(number)), **changes}).encode()


DATA = json.loads(event(0))["data"]
LARGE = b'{"padding": "' + os.urandom(750_000).hex().encode() + b'"}'

BAD = {
    "malformed JSON": (event(1)[:-5], "malformed", ""),
    "unknown type": (changed(2, type="vn.phutho.unknown.v1"), "unknown_type", "type"),
    "missing field": (changed(3, data={k: DATA[k] for k in DATA if k != "unit"}), "missing_field", "data.unit"),
    "wrong type": (changed(4, data={**DATA, "persons": "two"}), "wrong_type", "data.persons"),
    "a year ahead": (changed(5, time=f"{datetime.now(UTC).year + 1}-12-31T00:00:00Z"), "future", "time"),
    "an empty value": (b"", "empty", ""),
    "no value": (None, "empty", ""),
    "1.5 MB": (LARGE, "too_large", ""),
}


async def test_bad_records_are_kept_aside_with_their_reasons_and_the_worker_goes_on(
    installation: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = installation(partitions=1, worker_session_timeout=6.0)
    topic = settings.names.events(SLUG)
    with workers(settings, tmp_path, IOC, [SLUG]) as start:
        worker = start()
        async with Publisher(settings) as publisher:
            await publisher.send(topic, b"k", event(0))
            for number, (value, _, _) in enumerate(BAD.values()):
                await publisher.send(topic, b"k", value, [("trace", b"%d" % number)])
            await publisher.send(topic, b"k", event(100))
            await publisher.send(topic, b"k", event(100))
        wait_until(lambda: worker.value("ioc_worker_records_total") == len(BAD) + 3)
        assert worker.stop() == 0

    letters = [letter async for letter in read_dead_letters(settings)]
    assert [(letter.reason, letter.field) for letter in letters] == [why[1:] for why in BAD.values()]
    for number, (letter, (value, _, _)) in enumerate(zip(letters, BAD.values(), strict=True)):
        assert (letter.topic, letter.partition, letter.offset) == (topic, 0, number + 1)
        assert letter.sha256 == hashlib.sha256(value or b"").hexdigest()
        assert letter.size == (-1 if value is None else len(value))
        assert (letter.key, letter.headers) == (None, (("trace", REDACTED.encode()),))
        assert letter.detail

    fates = (await asyncio.to_thread(read_merged, settings)).fates(SLUG)
    assert (fates.consumed, fates.applied, fates.duplicate, fates.rejected) == (len(BAD) + 3, 2, 1, len(BAD))
    assert fates.rejected_by_reason["empty"] == 2
