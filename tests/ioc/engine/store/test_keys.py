"""The grammar of stored keys: what was written once is read for ever."""

import pytest

from ioc.engine.store.keys import HEADER, Kind, StoredKey, record_number
from ioc.engine.store.tables import TableKey
from ioc.time.windows import HOUR, TOTAL

WRITTEN = {
    b"health|foundation": StoredKey("health", Kind.STATE_SCHEMA),
    b"health|seen_ids/20389/2": StoredKey("health", Kind.DUPLICATES, record="20389/2"),
    b"health|redriven/20389/1": StoredKey("health", Kind.REDELIVERIES, record="20389/1"),
    b"health|rejected/0/1": StoredKey("health", Kind.REJECTED, record="0/1"),
    b"health|entities|stay/17": StoredKey("health", Kind.ENTITIES, "stay", "17"),
    b"health|entities|stay/schema": StoredKey("health", Kind.ENTITIES, "stay", "schema"),
    b"health|seen|ambulance/3": StoredKey("health", Kind.PRESENCES, "ambulance", "3"),
    b"health|pane|unit,hospital/3600/1761930000": StoredKey(
        "health", Kind.PANES, str(TableKey(("unit", "hospital"), HOUR)), "1761930000"
    ),
    b"health|pane|/0/0": StoredKey("health", Kind.PANES, str(TableKey((), TOTAL)), "0"),
    b"health|since": StoredKey("health", Kind.COLUMN_ORIGINS),
}


@pytest.mark.parametrize("text", WRITTEN)
def test_a_key_is_read_and_written_as_ever(text: bytes) -> None:
    assert StoredKey.parse(text) == WRITTEN[text]
    assert WRITTEN[text].encode() == text


def test_the_header_of_a_checkpoint_is_under_its_old_word() -> None:
    assert HEADER == b"mark"


@pytest.mark.parametrize("text", [b"", b"mark", b"health", b"a|b|c|d", b"\xff|since"])
def test_what_no_worker_wrote_is_no_key(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (one of them is not even text)
        StoredKey.parse(text)


def test_records_come_by_their_number_and_those_without_first() -> None:
    keys = [b"a|entities|case/10", b"a|entities|case/9", b"a|entities|case/schema", b"a|foundation"]
    assert sorted(keys, key=record_number) == [*keys[2:], keys[1], keys[0]]
