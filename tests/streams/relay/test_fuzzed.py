"""A short run of what `make fuzz` gives the relay to read and to write."""

from collections import Counter
from random import Random

import pytest

from tests.fuzz.messages import Answers, Letters, Webhooks

SEED = 17


@pytest.mark.parametrize(
    ("target", "inputs", "fates"),
    [
        (Answers, 5_000, {"taken", "Refused", "Unreachable"}),
        (Letters, 200, {"an address refused", "read: an address", "read: an international address"}),
        (Webhooks, 500, {"this is no webhook of Alertmanager", "1 told, 1 unreadable", "2 told, 0 unreadable"}),
    ],
)
def test_made_up_input_ends_in_one_of_the_ways_that_are_promised(
    target: type[Answers | Webhooks | Letters], inputs: int, fates: set[str]
) -> None:
    random, fuzzed = Random(SEED), target(SEED)
    assert Counter(fuzzed(random) for _ in range(inputs)).keys() >= fates
