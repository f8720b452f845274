"""What limits mean: the one definition of a KPI's status, with every default filled in.

Prometheus records the status by rules generated from `EffectiveLimits`; `status_of` says the same in Python.
A test runs both over the same values.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isnan
from typing import Literal

from ioc.kpis.base import Kpi
from ioc.kpis.status import KNOWN, Certainty, GreyReason, Knowledge, Status
from ioc.time.durations import Duration
from ioc.time.windows import Window

CLEAR_MARGIN_OF_RATIOS = 0.005
"""Half a point of share: how far a ratio must come back before its limit is no longer broken."""


class Severity(StrEnum):
    WARNING = "warning"
    CRITICAL = "critical"


STATUS_OF_SEVERITY: Mapping[str, Status] = {Severity.WARNING: Status.YELLOW, Severity.CRITICAL: Status.RED}
"""The least status with which an alert of a severity is on."""


@dataclass(frozen=True, slots=True)
class Level:
    """A limit with its hysteresis: broken from ``raised`` on, and once broken until the value has passed ``clear``."""

    raised: float
    clear: float


@dataclass(frozen=True, slots=True)
class EffectiveLimits:
    """The limits of one KPI; at least one level is there."""

    direction: Literal["above", "below"]
    """``above``: broken at or above a level; ``below``: broken strictly below it."""
    window: Window
    """The only one of the KPI's windows that has a status."""
    warning: Level | None
    critical: Level | None
    minimum_sample: int
    """With fewer cases the status is grey; 0 asks for none."""
    hold: Duration
    """How long a limit must be broken before the alert fires; the status shows it at once."""
    alert: Literal["page", "digest"]

    def level(self, severity: Severity) -> Level | None:
        return self.critical if severity is Severity.CRITICAL else self.warning

    @property
    def severities(self) -> list[Severity]:
        """The severities that have a limit, the worst first."""
        return [severity for severity in (Severity.CRITICAL, Severity.WARNING) if self.level(severity)]

    def alert_class(self, severity: Severity) -> Literal["page", "digest"]:
        """Whether an alert wakes somebody: only the worst severity of a paging KPI does, the first is watched."""
        return self.alert if severity is self.severities[0] else "digest"

    def breaks(self, value: float, limit: float) -> bool:
        """Whether a value is on the wrong side of a limit."""
        return value >= limit if self.direction == "above" else value < limit

    def is_broken_by(self, value: float, sample: float | None) -> bool:
        """Whether a value breaks the mildest limit or has not cleared it, as far as is known with so many cases.

        What is not a number may have.
        """
        level = self.warning or self.critical
        assert level is not None
        return isnan(value) or (_is_enough(sample, self) and self.breaks(value, level.clear))


def effective_limits(kpi: Kpi) -> EffectiveLimits | None:
    """The limits of a KPI with every default filled in; None where it has none."""
    spec = kpi.limits
    if spec is None:
        return None
    is_ratio, above = kpi.unit == "ratio", spec.direction == "above"
    return EffectiveLimits(
        direction=spec.direction,
        window=spec.window or kpi.windows[0],
        warning=_level(spec.warning, spec.clear_warning, is_ratio=is_ratio, above=above),
        critical=_level(spec.critical, spec.clear_critical, is_ratio=is_ratio, above=above),
        minimum_sample=kpi.minimum_sample,
        hold=spec.hold,
        alert=spec.alert,
    )


def _level(raised: float | None, clear: float | None, *, is_ratio: bool, above: bool) -> Level | None:
    if raised is None:
        return None
    if clear is None:
        margin = CLEAR_MARGIN_OF_RATIOS if is_ratio and raised not in (0, 1) else 0.0
        # Rounded, since 0.95 + 0.005 is no 0.955 in binary.
        clear = round(raised - margin if above else raised + margin, 9)
    return Level(raised, clear)


def grey_reason_of(
    value: float | None, sample: float | None, limits: EffectiveLimits, knowledge: Knowledge = KNOWN
) -> GreyReason | None:
    """Why a value cannot be green; None where it can.

    Args:
        value: the KPI's value in the limits' window, None without one.
        sample: the cases behind it: the denominator of a ratio.
        knowledge: how much is known of what makes the value.
    """
    if knowledge.reason is not None:
        return knowledge.reason
    if value is None:
        return GreyReason.NO_DATA
    if not _is_enough(sample, limits):
        return GreyReason.BELOW_SAMPLE
    return None


def status_of(
    value: float | None,
    sample: float | None,
    previous: Status | None,
    limits: EffectiveLimits,
    knowledge: Knowledge = KNOWN,
) -> Status:
    """The status of a value; arguments as in `grey_reason_of`.

    ``previous`` is the status that the same labels had before: a limit that was broken stays broken until the value
    has passed its clear level. Grey remembers nothing. What is partly known breaks its limit as well as what is
    known, but is not green.
    """
    if value is None or knowledge.certainty is Certainty.UNKNOWN or not _is_enough(sample, limits):
        return Status.GREY
    for severity in (Severity.CRITICAL, Severity.WARNING):
        level, status = limits.level(severity), STATUS_OF_SEVERITY[severity]
        if level is None:
            continue
        was_broken = previous is not None and previous >= status
        if limits.breaks(value, level.clear if was_broken else level.raised):
            return status
    return Status.GREEN if knowledge.certainty is Certainty.KNOWN else Status.GREY


def _is_enough(sample: float | None, limits: EffectiveLimits) -> bool:
    return limits.minimum_sample <= 0 or (sample is not None and sample >= limits.minimum_sample)
