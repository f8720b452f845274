"""What was deleted by age before it was read, and which figures it may be missing from."""

from collections.abc import Iterable

from ioc.catalogue.model import Subsystem
from ioc.catalogue.reach import oldest_read
from ioc.engine.store.checkpoint_header import Loss
from ioc.events.decoding import FUTURE_TOLERANCE
from ioc.kpis.limits import effective_limits
from ioc.time.instants import EpochMs, EpochSeconds, seconds_from_ms
from ioc.time.windows import Window

NONE_ACCEPTED = EpochMs(0)
"""As the append time before which losses are accepted."""


def known_from(loss: Loss) -> EpochSeconds:
    """The event time from which on nothing is lost.

    All that is lost was appended before the first record that was read, and no event is accepted from further in the
    future than the tolerance.
    """
    return EpochSeconds(seconds_from_ms(EpochMs(loss.before + FUTURE_TOLERANCE)) + 1)


def unaccepted(losses: Iterable[Loss], accepted_before: EpochMs) -> list[Loss]:
    """The losses that nobody has accepted: of events that were appended at ``accepted_before`` or later."""
    return [loss for loss in losses if not loss.before or loss.before > accepted_before]


def judged_in(subsystem: Subsystem, kpi: str) -> Iterable[Window]:
    """The windows in which it matters how much is known of a KPI: that of its limits, else all."""
    limits = effective_limits(subsystem.kpis[kpi])
    return subsystem.kpis[kpi].windows if limits is None else (limits.window,)


def may_lack(
    subsystem: Subsystem, kpi: str, windows: Iterable[Window], losses: Iterable[Loss], now: EpochSeconds
) -> list[Loss]:
    """Those of the losses that a KPI may be missing in one of the windows at ``now``."""
    if not (losses := [*losses]):
        return []
    oldest = min(oldest_read(subsystem, kpi, window, now) for window in windows)
    return [loss for loss in losses if not loss.before or known_from(loss) > oldest]
