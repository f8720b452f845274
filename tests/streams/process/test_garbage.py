import gc

from streams.process.garbage import collect_seldom, collected_seldom


def test_a_process_collects_seldom_from_its_start_on() -> None:
    before = gc.get_threshold()
    collect_seldom()
    assert gc.get_threshold()[0] > 10 * before[0]


def test_collections_are_seldom_within_and_as_often_as_before_after_it() -> None:
    before = gc.get_threshold()
    with collected_seldom():
        assert gc.get_threshold()[0] > 10 * before[0]
    assert gc.get_threshold() == before
