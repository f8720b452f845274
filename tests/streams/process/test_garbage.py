import gc

import pytest

from streams.process.garbage import collected_seldom


def test_collections_are_as_often_as_before_whatever_ends_the_context() -> None:
    before = gc.get_threshold()
    with pytest.raises(ZeroDivisionError), collected_seldom():
        assert gc.get_threshold()[0] > 10 * before[0]
        raise ZeroDivisionError
    assert gc.get_threshold() == before
