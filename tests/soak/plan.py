"""When which fault strikes: a shuffled deck of all kinds, those side by side that do not hide each other."""

from collections import Counter
from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from random import Random
from typing import NamedTuple


class Part(Enum):
    """What a fault takes away, or needs to be there for its harm to show."""

    BROKER = auto()
    WORKERS = auto()
    EXPORTER = auto()
    RELAY = auto()
    MAIL = auto()
    SMS = auto()


class Wait(NamedTuple):
    """Until something is so, and so many seconds at the most."""

    seconds: float
    until: Callable[[], bool] = lambda: False


Course = Generator[Wait, bool, bool]
"""A fault from its harm until it is healed. It yields what it waits for, and is told whether that came; it returns
whether it struck anything."""


class Kind(NamedTuple):
    """A kind of fault."""

    name: str
    parts: frozenset[Part]
    begin: Callable[[], Course]


@dataclass(slots=True)
class _Running:
    kind: Kind
    course: Course
    wait: Wait
    due: float = field(default=0.0)


class Plan:
    """Deals kinds from a shuffled deck: each strikes once before any strikes again, and none while one runs that has
    parts in common with it.

    Args:
        kinds: all that may strike.
        random: shuffles, and says how long nothing is dealt after each.
        pause: seconds between two beginnings, on average.
        now: monotonic seconds.
        told: hears the name of each as it begins.
    """

    def __init__(
        self,
        kinds: Sequence[Kind],
        random: Random,
        pause: float,
        now: Callable[[], float],
        told: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._kinds = kinds
        self._random = random
        self._pause = pause
        self._now = now
        self._told = told
        self._deck: list[Kind] = []
        self._running: list[_Running] = []
        self._dealing_from = now()
        self.struck: Counter[str] = Counter()
        """How often each kind struck; one that ran and met nothing did not."""

    @property
    def running(self) -> bool:
        return bool(self._running)

    @property
    def never(self) -> list[str]:
        """The kinds that have not struck."""
        return [kind.name for kind in self._kinds if not self.struck[kind.name]]

    def seconds_to_next(self, most: float) -> float:
        """Until there is something to do; no more than ``most``, as conditions must be looked at."""
        due = [running.due for running in self._running]
        return max(0.0, min([most, *(at - self._now() for at in due)]))

    def step(self, *, deal: bool) -> None:
        """Go on with what runs, as far as its time has come; begin the next if told to ``deal``."""
        for running in [*self._running]:
            if (came := running.wait.until()) or self._now() >= running.due:
                self._go_on(running, came=came)
        if deal and self._now() >= self._dealing_from:
            self._deal()

    def _deal(self) -> None:
        self._deck = self._deck or self._random.sample(self._kinds, len(self._kinds))
        taken = {part for running in self._running for part in running.kind.parts}
        for kind in self._deck:
            if not kind.parts & taken:
                self._deck.remove(kind)
                self._told(kind.name)
                self._begin(kind)
                self._dealing_from = self._now() + self._random.uniform(0, 2 * self._pause)
                return

    def _begin(self, kind: Kind) -> None:
        running = _Running(kind, kind.begin(), Wait(0.0))
        self._running.append(running)
        self._go_on(running)

    def _go_on(self, running: _Running, *, came: bool | None = None) -> None:
        try:
            running.wait = next(running.course) if came is None else running.course.send(came)
        except StopIteration as end:
            self._running.remove(running)
            if end.value:
                self.struck[running.kind.name] += 1
            else:
                self._told(f"{running.kind.name}: it met nothing")
                self._deck.insert(0, running.kind)
        else:
            running.due = self._now() + running.wait.seconds


def missing(never: Collection[str]) -> list[str]:
    """The kinds that never struck, each as what is wrong with the run."""
    return [f"a kind of fault that never struck: {name}" for name in never]


def played(course: Course, wait: Callable[[float, Callable[[], bool]], bool]) -> bool:
    """Go through one course alone; returns whether it struck anything."""
    try:
        step = next(course)
        while True:
            step = course.send(wait(*step))
    except StopIteration as end:
        return bool(end.value)
