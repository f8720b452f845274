"""What a request may cost: bytes unpacked, elements, nesting, what is in progress; each is seen before it is made."""

import gzip
import json
import random
import zlib
from collections.abc import Callable

import pytest

from ioc.events.decoding import Rejection
from streams.gateway.binding import Mode, messages_of
from streams.gateway.rates import Hands, NoRoom, RateLimit
from streams.gateway.shape import DEEPEST, check_shape
from streams.gateway.unpacking import TooLarge, unpacked

ODD = ['"', "\\", "[", "]", "{", "}", ",", ":", '\\"', "đ", "\n"]


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(Rejection) as caught:
        work()
    return caught.value.reason


@pytest.mark.parametrize("seed", range(30))
def test_elements_are_counted_whatever_texts_hold(seed: int) -> None:
    rand = random.Random(seed)
    texts = ["".join(rand.choices(ODD, k=rand.randrange(40))) for _ in range(rand.randrange(1, 6000))]
    body = json.dumps([{text: [text, {"x": text}]} for text in texts], ensure_ascii=seed % 2 == 0).encode()
    check_shape(body, len(texts))
    if len(texts) > 1:
        assert refused(lambda: check_shape(body, len(texts) - 1)) == "too_many"


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_what_nests_too_deeply_is_refused_and_what_does_not_passes(opening: bytes) -> None:
    brackets = opening.count(b"[") + opening.count(b"{")
    check_shape(opening * (DEEPEST // brackets), 10)
    assert refused(lambda: check_shape(opening * (DEEPEST // brackets + 1), 10)) == "too_deep"
    assert refused(lambda: check_shape(b'["[[[["' + b" " * 200_000 + opening * DEEPEST, 10)) == "too_deep"


@pytest.mark.parametrize("mode", Mode)
def test_no_form_of_a_body_holds_more_events_than_may_be(mode: Mode) -> None:
    array, lines = b"[" + b"{}," * 10 + b"{}]", b"{}\n" * 11
    body = {Mode.LINES: lines, Mode.BATCH: array}.get(mode, array)
    if mode is not Mode.STRUCTURED:
        assert refused(lambda: messages_of(mode, body, [], 10)) == "too_many"
    assert refused(lambda: messages_of(Mode.BINARY, lines, [], 10)) == "too_many"
    assert len(messages_of(Mode.LINES, b"{}\n" * 10, [], 10)) == 10


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"x" * 1000, mtime=0)),
        ("deflate", zlib.compress(b"x" * 1000)),
        ("deflate", zlib.compress(b"x" * 1000)[2:-4]),
        ("", b"x" * 1000),
    ],
)
def test_a_body_is_unpacked_up_to_the_limit(encoding: str, packed: bytes) -> None:
    assert unpacked(packed, encoding, 1000) == b"x" * 1000
    if encoding:
        with pytest.raises(TooLarge):
            unpacked(packed, encoding, 999)
        assert refused(lambda: unpacked(packed[:-1], encoding, 1000)) == "malformed"
        assert refused(lambda: unpacked(packed + b"more", encoding, 1000)) == "malformed"
        assert refused(lambda: unpacked(b"", encoding, 1000)) == "malformed"


def test_a_request_counts_by_its_events_or_its_bytes_and_those_in_debt_wait() -> None:
    now = [0.0]
    limit = RateLimit(10, 20, lambda: now[0])
    limit.spend(0, 30 * 1024)
    assert limit.wait() == pytest.approx(1.1)
    now[0] = 1.2
    assert limit.wait() == 0
    limit.spend(12, 100)
    assert limit.wait() == pytest.approx(1.1)


def test_a_slow_sender_takes_no_place_of_another() -> None:
    hands = Hands(requests=2, room=100)
    with hands.request("slow") as take, hands.request("slow"):
        take(50)
        with pytest.raises(NoRoom):
            take(1)
        with pytest.raises(NoRoom), hands.request("slow"):
            pass
        with hands.request("other") as another:
            another(50)
    with hands.request("slow") as take:
        take(50)
