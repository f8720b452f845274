"""What a report says, before it is words: figures of a period's end, and what happened in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ioc.kpis.status import Certainty, GreyReason, Status
from ioc.notices.episode import Episode
from ioc.notices.report.period import Period
from ioc.notices.report.ranking import Worst
from ioc.time.windows import Window


@dataclass(frozen=True, slots=True)
class Figure:
    """A KPI's value at a moment, and what is known of it."""

    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    status: Status | None = None
    """None where the KPI has no limits."""
    reason: GreyReason | None = None
    """Why it is grey, where it is."""
    certainty: Certainty = Certainty.UNKNOWN

    @property
    def shown(self) -> float | None:
        """The value where anything is known of what makes it: else there is none to show.

        A past that was imported holds statuses alone, each judged by what was known; a colour is a proof.
        """
        judged = self.status not in (None, Status.GREY)
        return self.value if judged or self.certainty is not Certainty.UNKNOWN else None

    @property
    def whole(self) -> bool:
        """Whether nothing that makes it is missing, so that it may be compared."""
        return self.shown is not None and (self.certainty is Certainty.KNOWN or self.status is Status.GREEN)


@dataclass(frozen=True, slots=True)
class WorstUnits:
    """The worst units of one level by one KPI, with each one's figure."""

    level: str
    worst: Worst
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class KpiFacts:
    """One KPI of the whole province."""

    kpi: str
    window: Window
    figure: Figure
    before: Figure
    """As it stood at the end of the period before."""
    feeds_silent: bool
    """Whether a feed that it rests on was silent within the period: it lacks what that would have sent."""
    grey: Mapping[GreyReason, float]
    """Seconds of the period that it was grey for each reason."""
    unrecorded: float
    """Seconds of the period of which nobody knows what it was, as nothing was recorded."""
    worst: Sequence[WorstUnits]


@dataclass(frozen=True, slots=True)
class SubsystemFacts:
    """One subsystem."""

    subsystem: str
    status: Status
    """The worst of its KPIs, at the period's end."""
    kpis: Sequence[KpiFacts]
    """The headline first."""
    silences: Mapping[str, float]
    """Seconds of the period that each of its feeds was silent; those that were not are left out."""

    @property
    def headline(self) -> KpiFacts:
        return self.kpis[0]


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """A whole report."""

    period: Period
    simulated: bool
    data_time: float | None
    """How far the data went at the period's end, seconds since the epoch."""
    subsystems: Sequence[SubsystemFacts]
    alerts: Sequence[Episode] | None
    """Those open at any time of the period; None where the relay could not be asked."""
