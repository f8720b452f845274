"""A catalogue of one subsystem that differs as a test says, and events for it."""

import json
from pathlib import Path

from ioc.catalogue.loader import PACKAGED
from ioc.events.records import Batch, Header

SLUG = "statistics"
TYPE = f"vn.phutho.{SLUG}"


def catalogue(folder: Path, *edits: tuple[str, str]) -> Path:
    """A catalogue of the statistics alone; each edit replaces a text of its file that must be there once."""
    text = (PACKAGED / "subsystems" / f"{SLUG}.yaml").read_text()
    for old, new in edits:
        assert text.count(old) == 1, f"{text.count(old)} times: {old}"
        text = text.replace(old, new)
    (folder / "subsystems").mkdir(parents=True)
    (folder / "subsystems" / f"{SLUG}.yaml").write_text(text)
    (folder / "province.yaml").write_text((PACKAGED / "province.yaml").read_text())
    return folder


def event(number: int, name: str = "staff.settled", time: str = "2025-07-23T04:00:00+07:00", **data: object) -> bytes:
    """The CloudEvent of that number; two persons settled under decision ``d<number>`` unless other data is given."""
    given = data or {"decision": f"d{number}", "unit": "so_noi_vu", "policy": "resignation", "persons": 2}
    envelope = {"specversion": "1.0", "id": str(number), "source": "/test", "type": f"{TYPE}.{name}.v1", "time": time}
    return json.dumps(envelope | {"data": given}).encode()


def batch(
    offset: int,
    *records: tuple[bytes, bytes],
    headers: list[Header] | None = None,
    appended: int = 1_753_300_900_000,
    topic: str = f"ioc.events.{SLUG}",
    source: str = SLUG,
) -> Batch:
    """Consecutive records of the one partition there is, as (key, value)."""
    keys, values = zip(*records, strict=True)
    count = len(records)
    offsets, times = range(offset, offset + count), [appended] * count
    return Batch(source, 0, offsets, times, keys, values, [headers or []] * count, topic=topic)
