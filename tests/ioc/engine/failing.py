"""Functions of the engine that fail where they are told to."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import ioc

FAULT = "a fault that nobody foresaw"
_OWN = str(Path(ioc.__file__).parent)


class Fault(Exception):
    """What the engine raises where it is told to."""


@contextmanager
def failing(call: int, counts: Callable[[FrameType], bool]) -> Iterator[list[str]]:
    """Let so manyeth call fail of the engine's own functions that count; gives the name of the one that did."""
    failed: list[str] = []
    calls = 0

    def trace(frame: FrameType, event: str, _: object) -> None:
        nonlocal calls
        if event == "call" and frame.f_code.co_filename.startswith(_OWN) and counts(frame):
            if calls == call:
                failed.append(frame.f_code.co_qualname)
                raise Fault(FAULT)
            calls += 1

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield failed
    finally:
        sys.settrace(before)


@contextmanager
def out_of_memory(call: int, counts: Callable[[FrameType], bool]) -> Iterator[list[str]]:
    """Let memory run out at so manyeth call made from what counts, of the engine's own functions or of builtin ones.

    Gives the name of what was called.
    """
    failed: list[str] = []
    calls = 0

    def profile(frame: FrameType, event: str, called: object) -> None:
        nonlocal calls
        own = event == "call" and frame.f_code.co_filename.startswith(_OWN)
        if (own or event == "c_call") and counts(frame):
            if calls == call:
                failed.append(frame.f_code.co_qualname if own else str(called))
                sys.setprofile(None)
                raise MemoryError
            calls += 1

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield failed
    finally:
        sys.setprofile(before)
