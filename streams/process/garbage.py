"""How often Python looks for cycles among objects.

It does after every 700 new ones. What we hold is millions of small objects without a cycle among them, and records that
live for one batch: looking at them is a third of the time that they take.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS_PER_COLLECTION = 100_000


def collect_seldom() -> None:
    """From now on look only after so many new objects that it costs next to nothing."""
    gc.set_threshold(_OBJECTS_PER_COLLECTION)


@contextmanager
def collected_seldom() -> Iterator[None]:
    """The same as long as the context lasts."""
    before = gc.get_threshold()
    collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
