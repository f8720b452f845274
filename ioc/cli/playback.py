"""Playing events into a running stack, and waiting until Prometheus has judged them."""

import asyncio
import time
from collections.abc import Callable, Iterable

from dashboards.prometheus_api import Prometheus
from ioc.cli.province_stack import ProvinceStack
from ioc.cli.simulate import Advance, publish_events
from ioc.kpis import metric_names
from ioc.scenarios.events import Event
from ioc.time.instants import EpochSeconds
from streams.kafka.promotion import ends
from streams.kafka.topics import topic_admin

_LONGEST_SILENCE = 120.0
"""Seconds without any progress of the figures after which playing is given up."""

_EVALUATIONS = 2
"""One for the statuses of the KPIs, and one for those of the subsystems, which are read from them."""

_EVALUATED = 'prometheus_rule_group_last_evaluation_timestamp_seconds{rule_group!~".*;units"}'
"""Of the groups that make statuses; that of the units' page is evaluated once a minute only."""


class PlaybackFailed(RuntimeError):
    """The figures stand still, or a part ended by itself; the message says which."""


class Playback:
    """One stack that is fed, and the Prometheus that watches it."""

    def __init__(self, stack: ProvinceStack, prometheus: Prometheus) -> None:
        self._stack = stack
        self._prometheus = prometheus

    def publish(self, events: Iterable[Event], advance: Advance) -> int:
        """Send events as fast as possible; returns how many were delivered. Raises PublishError."""
        return asyncio.run(publish_events(self._stack.settings, events, None, advance))

    def appended(self) -> int:
        """How many events the topics hold, those of former runs included. Raises TopicError."""
        with topic_admin(self._stack.settings) as admin:
            return sum(ends(admin, self._stack.settings.names).values())

    def wait_for_figures(self, sent: int, consumed: Callable[[int], None] = lambda _: None) -> None:
        """Wait until so many events are in the figures; ``consumed`` hears how many are. Raises PlaybackFailed."""
        known, progress = 0, time.time()
        while known < sent:
            time.sleep(0.5)
            self.check(progress)
            answer = self._prometheus.query(f"sum({metric_names.EVENTS_CONSUMED})")
            if answer and answer[0].value > known:
                known, progress = int(answer[0].value), time.time()
                consumed(known)

    def wait_for_statuses(self) -> None:
        """Wait until every rule has seen the last figures a few times. Raises PlaybackFailed."""
        started = time.time()
        evaluated = started
        for _ in range(_EVALUATIONS):
            former = evaluated
            while evaluated <= former:
                time.sleep(0.5)
                self.check(started)
                evaluated = min((sample.value for sample in self._prometheus.query(_EVALUATED)), default=0.0)

    def wait_for_months(self, subsystem: str, instant: EpochSeconds) -> None:
        """Wait until Prometheus serves the blocks with the months of a subsystem. Raises PlaybackFailed."""
        started = time.time()
        while not self._prometheus.query(f'{metric_names.KPI_MONTH}{{subsystem="{subsystem}"}}', instant):
            time.sleep(0.5)
            self.check(started)

    def check(self, progress: float) -> None:
        """Raises PlaybackFailed where a part ended, or nothing has happened since ``progress`` for too long."""
        if failed := self._stack.failed():
            raise PlaybackFailed(f"ended by itself: {', '.join(failed)}; see {self._stack.logs}")
        if time.time() - progress > _LONGEST_SILENCE:
            raise PlaybackFailed(f"there was no progress for {_LONGEST_SILENCE:.0f} seconds; see {self._stack.logs}")
