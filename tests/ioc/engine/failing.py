"""Functions of the engine that fail where they are told to."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import ioc

FAULT = "a fault that nobody foresaw"
_OWN = str(Path(ioc.__file__).parent)


class Fault(Exception):
    """What the engine raises where it is told to."""


@contextmanager
def failing(call: int, counts: Callable[[FrameType], bool]) -> Iterator[list[str]]:
    """Let so manyeth call fail of the engine's own functions that count; gives the name of the one that did."""
    failed: list[str] = []
    calls = count()

    def trace(frame: FrameType, event: str, _: object) -> None:
        if _is_own(frame, event) and counts(frame) and next(calls) == call:
            failed.append(frame.f_code.co_qualname)
            raise Fault(FAULT)

    with _watching(trace, sys.gettrace, sys.settrace):
        yield failed


@contextmanager
def out_of_memory(call: int, counts: Callable[[FrameType], bool]) -> Iterator[list[str]]:
    """Let memory run out at so manyeth call made from what counts, of the engine's own functions or of builtin ones.

    Gives the name of what was called.
    """
    failed: list[str] = []
    calls = count()

    def profile(frame: FrameType, event: str, called: object) -> None:
        own = _is_own(frame, event)
        if (own or event == "c_call") and counts(frame) and next(calls) == call:
            failed.append(frame.f_code.co_qualname if own else str(called))
            sys.setprofile(None)
            raise MemoryError

    with _watching(profile, sys.getprofile, sys.setprofile):
        yield failed


def _is_own(frame: FrameType, event: str) -> bool:
    return event == "call" and frame.f_code.co_filename.startswith(_OWN)


@contextmanager
def _watching(watch: Any, current: Callable[[], Any], begin: Callable[[Any], None]) -> Iterator[None]:
    """Have each call told to a function of Python's tracing or profiling, and what was told before after that."""
    before = current()
    begin(watch)
    try:
        yield
    finally:
        begin(before)
