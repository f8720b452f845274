import hashlib
from collections.abc import Sequence

from ioc.events.dead_letter import KEPT_BYTES, DeadLetter, dead_letter
from ioc.events.records import Batch, Header


def batch(value: bytes | None, key: bytes | None = b"k", headers: Sequence[Header] = ()) -> Batch:
    return Batch("health", 3, [41, 42], [1, 1_753_300_000_000], [None, key], [b"{}", value], [[], headers])


def read_back(source: Batch, reason: str = "malformed", field: str | None = "data.unit") -> DeadLetter:
    record = dead_letter(source, 1, reason, field, "giá trị sai")
    return DeadLetter.from_record(record.value, tuple(record.headers))


def test_a_dead_letter_says_where_the_event_is_and_what_is_wrong() -> None:
    letter = read_back(batch(b"{", headers=[("ce_id", b"1")]))
    assert (letter.subsystem, letter.partition, letter.offset, letter.appended) == ("health", 3, 42, 1_753_300_000_000)
    assert (letter.reason, letter.field, letter.detail) == ("malformed", "data.unit", "giá trị sai")
    assert (letter.key, letter.value, letter.headers) == (b"k", b"{", (("ce_id", b"1"),))


def test_the_key_is_the_place_so_that_a_replayed_rejection_is_the_same_record() -> None:
    assert dead_letter(batch(b"{"), 1, "malformed", None, "").key == b"health/3/42"


def test_of_a_large_value_the_start_is_kept_and_the_whole_is_hashed() -> None:
    value = bytes(range(256)) * 16 * 1024
    letter = read_back(batch(value))
    assert letter.value == value[:KEPT_BYTES]
    assert (letter.size, letter.sha256) == (4 * 1024 * 1024, hashlib.sha256(value).hexdigest())


def test_an_absent_value_is_not_an_empty_one() -> None:
    absent, empty = read_back(batch(None)), read_back(batch(b""))
    assert (absent.value, absent.size) == (None, -1)
    assert (empty.value, empty.size) == (b"", 0)


def test_an_event_without_a_key_or_with_bytes_that_are_no_text_is_kept() -> None:
    assert read_back(batch(b"\xff\xfe", key=None)).key is None
    assert read_back(batch(b"\xff\xfe", key=b"\xff")).key == b"\xff"


def test_endless_headers_and_keys_do_not_make_an_endless_dead_letter() -> None:
    headers = [(f"h{i}", b"x" * 100_000) for i in range(1000)]
    record = dead_letter(
        batch(b"x" * 200_000, key=b"k" * 1_000_000, headers=headers), 1, "too_large", None, "d" * 99_999
    )
    assert len(record.value or b"") + sum(len(n) + len(t) for n, t in record.headers) < 300_000
