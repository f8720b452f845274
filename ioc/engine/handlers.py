"""What is done with an event of each type: which entity, thing or fact takes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any

from ioc.engine.duplicates import Duplicates
from ioc.engine.entities import Entities, TooManyEvents
from ioc.engine.plan import SubsystemPlan
from ioc.engine.presence import Presence
from ioc.engine.store.checkpoint_header import FeedState, SourceState
from ioc.engine.tally import Apply, Tally, one_after_another, tallying
from ioc.events.decoding import Event, Rejection, attribute_of
from ioc.kpis.facts import Happened
from ioc.time.instants import EpochMs, Milliseconds, in_milliseconds, seconds_from_ms
