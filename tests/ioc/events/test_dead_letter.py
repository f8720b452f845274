import hashlib
from collections.abc import Sequence

from ioc.events.dead_letter import DeadLetter, dead_letter
from ioc.events.decoding import Rejection
from ioc.events.records import Batch, Header
from ioc.events.redaction import Redaction
from tests.packaged import packaged_catalogue

HEALTH = Redaction(packaged_catalogue().subsystems["health"])
ADMITTED = b'{"specversion":"1.0","type":"vn.phutho.health.patient.admitted.v1","data":{"stay":"k"}}'


def batch(value: bytes | None, key: bytes | None = b"k", headers: Sequence[Header] = ()) -> Batch:
    return Batch("health", 3, [41, 42], [1, 1_753_300_000_000], [None, key], [b"{}", value], [[], headers])


def read_back(source: Batch, reason: str = "malformed", field: str = "data.unit") -> DeadLetter:
    record = dead_letter(source, 1, Rejection(reason, "giá trị sai", field), HEALTH)
    return DeadLetter.from_record(record.value, tuple(record.headers))


def test_a_dead_letter_says_where_the_event_is_and_what_is_wrong() -> None:
    letter = read_back(batch(ADMITTED, headers=[("ce_id", b"1")]))
    assert (letter.subsystem, letter.partition, letter.offset, letter.appended) == ("health", 3, 42, 1_753_300_000_000)
    assert (letter.reason, letter.field, letter.detail) == ("malformed", "data.unit", "giá trị sai")
    assert (letter.key, letter.value, letter.headers) == (b"k", ADMITTED, (("ce_id", b"1"),))
    assert letter.whole


def test_the_key_is_the_place_so_that_a_replayed_rejection_is_the_same_record() -> None:
    assert dead_letter(batch(b"{"), 1, Rejection("malformed", ""), HEALTH).key == b"health/3/42"


def test_of_a_large_value_nothing_is_kept_and_the_whole_is_hashed() -> None:
    value = bytes(range(256)) * 16 * 1024
    letter = read_back(batch(value))
    assert (letter.value, letter.whole) == (None, False)
    assert (letter.size, letter.sha256) == (4 * 1024 * 1024, hashlib.sha256(value).hexdigest())


def test_an_absent_value_is_not_an_empty_one() -> None:
    absent, empty = read_back(batch(None)), read_back(batch(b""))
    assert (absent.value, absent.size) == (None, -1)
    assert (empty.value, empty.size) == (b"", 0)


def test_an_event_without_a_key_or_with_bytes_that_are_no_text_is_told_apart_by_its_hash() -> None:
    letter = read_back(batch(b"\xff\xfe", key=None))
    assert (letter.key, letter.value, letter.sha256) == (None, None, hashlib.sha256(b"\xff\xfe").hexdigest())
    assert read_back(batch(b"\xff\xfe", key=b"\xff")).key is None


def test_endless_headers_and_keys_do_not_make_an_endless_dead_letter() -> None:
    headers = [(f"h{i}", b"x" * 100_000) for i in range(1000)]
    record = dead_letter(
        batch(b"x" * 200_000, key=b"k" * 1_000_000, headers=headers), 1, Rejection("too_large", "d" * 99_999), HEALTH
    )
    assert len(record.value or b"") + sum(len(n) + len(t) for n, t in record.headers) < 300_000


def test_what_a_former_program_kept_is_read() -> None:
    record = dead_letter(batch(ADMITTED), 1, Rejection("malformed", ""), HEALTH)
    former = tuple(header for header in record.headers if header[0] != "redacted")
    assert DeadLetter.from_record(record.value, former).whole
