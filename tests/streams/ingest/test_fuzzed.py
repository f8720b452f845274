"""A few hundred odd files; `make fuzz` reads them for as long as one likes."""

from random import Random

import pytest

from tests.fuzz.targets import Files


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_in_a_file_gives_rows_or_a_reason(seed: int) -> None:
    random, read = Random(seed), Files(seed)
    fates = {read(random) for _ in range(150)}
    assert len(fates) > 10
