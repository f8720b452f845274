"""How entities are cut into segments: none has more than a record may hold."""

import pytest

from ioc.engine.store.entity_log import NEVER, SEGMENT_BYTES, SEGMENT_ENTITIES, Entity, EntityLog, segment_rows
from ioc.engine.store.keys import Kind, StoredKey

HEAD = StoredKey("workshop", Kind.ENTITIES, "case")


@pytest.mark.parametrize(
    ("sizes", "rows_of_segments"),
    [
        ([10] * (SEGMENT_ENTITIES + 1), [SEGMENT_ENTITIES, 1]),
        ([SEGMENT_BYTES // 2 - 10] * 5, [2, 2, 1]),
        ([SEGMENT_BYTES * 3, 10, SEGMENT_BYTES * 2, 10], [1, 1, 1, 1]),
        ([10, SEGMENT_BYTES * 3], [1, 1]),
        ([], []),
    ],
    ids=["many small ones", "some large ones", "ones larger than a segment", "a large one comes last", "none"],
)
def test_a_segment_is_cut_by_bytes_and_by_number(sizes: list[int], rows_of_segments: list[int]) -> None:
    log = EntityLog(HEAD)
    for number, size in enumerate(sizes):
        log.put(f"{number:04}", Entity(NEVER, bytes(size)))
    records = list(log.drain())
    segments = [list(segment_rows(record.value or b"")) for record in records]
    assert [len(rows) for rows in segments] == rows_of_segments
    restored = EntityLog(HEAD)
    restored.restore({StoredKey.parse(record.key): record.value or b"" for record in records})
    assert dict(restored.items()) == dict(log.items())
    assert [len(entity.content) for _, entity in sorted(restored.items())] == sizes
