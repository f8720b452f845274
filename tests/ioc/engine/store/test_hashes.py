"""Hashes known: a set that takes little memory."""

import random
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.engine.store.hashes import KnownHashes

MANY = 20_000


def hashes(count: int, seed: int = 1) -> list[int]:
    drawn = random.Random(seed)
    return [drawn.getrandbits(64) for _ in range(count)]


def filled(*buckets: list[int]) -> KnownHashes:
    known = KnownHashes()
    for number, own in enumerate(buckets):
        known.turn_to(number)
        for place, digest in enumerate(own):
            assert known.add(digest)
            if place % 1000 == 0:
                known.compact()
    return known


def test_what_was_added_is_known_in_whatever_array_it_lies_and_nothing_else() -> None:
    own = hashes(3 * MANY)
    known = filled(own[:MANY], own[MANY : 2 * MANY], own[2 * MANY :])
    assert len(known) == 3 * MANY
    assert [known.count(bucket) for bucket in range(4)] == [MANY, MANY, MANY, 0]
    assert all(digest in known for digest in own)
    assert not any(known.add(digest) for digest in own)
    others = hashes(3 * MANY, seed=2)
    assert not any(digest in known for digest in others)
    assert all(known.add(digest) for digest in others)


def test_what_a_bucket_held_is_new_again_once_it_was_dropped() -> None:
    first, second = hashes(MANY, seed=1), hashes(MANY, seed=2)
    known = filled(first, second)
    known.drop(0)
    assert (len(known), known.buckets) == (MANY, [1])
    assert all(known.add(digest) for digest in first)
    assert not any(known.add(digest) for digest in second)


def test_the_bucket_at_hand_is_dropped_with_what_came_last() -> None:
    known = filled(hashes(MANY))
    known.drop(0)
    assert (len(known), known.buckets) == (0, [])


def test_what_was_restored_is_known_by_its_bucket() -> None:
    own = hashes(2 * MANY)
    known = KnownHashes()
    known.restore((place % 2, array("Q", own[place * 100 : place * 100 + 100])) for place in range(2 * MANY // 100))
    assert [known.count(bucket) for bucket in known.buckets] == [MANY, MANY]
    assert not any(known.add(digest) for digest in own)


@pytest.mark.parametrize("edge", [0, 1, 2**63 - 1, 2**63, 2**64 - 1])
def test_the_ends_of_the_range_are_hashes_like_others(edge: int) -> None:
    known = filled([edge, *hashes(MANY)])
    known.turn_to(1)
    assert not known.add(edge)


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.sampled_from(["add", "add", "add", "turn", "drop", "undo"]))))
def test_it_is_a_set_for_each_bucket(steps: list[tuple[int, str]]) -> None:
    known, naive, at_hand = KnownHashes(), {0: set[int]()}, 0
    for number, step in steps:
        digest = number % 64 << 58 | number % 64
        if step == "turn":
            at_hand += 1
            naive[at_hand] = set()
            known.turn_to(at_hand)
        elif step == "drop" and at_hand:
            oldest = min(naive)
            if oldest != at_hand:
                del naive[oldest]
                known.drop(oldest)
        else:
            new = not any(digest in own for own in naive.values())
            assert known.add(digest) == new
            if new and step == "undo":
                known.discard_newest(digest)
            elif new:
                naive[at_hand].add(digest)
        assert len(known) == sum(map(len, naive.values()))
        assert known.count(at_hand) == len(naive[at_hand])
        assert known.buckets == [bucket for bucket, own in naive.items() if own]
