"""What is known of an alert beside what Alertmanager tells: who was told, and who took it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ioc.notices.alert import Alert
from ioc.notices.figures import AlertFigures
from ioc.text.bilingual import Text


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody took an alert."""

    who: str
    note: str
    at: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class StepDone:
    """Somebody did a step of the alert's runbook, as it read then."""

    step: Text
    who: str
    at: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Episode:
    """An alert from its first notice on; times in seconds since the epoch."""

    alert: Alert
    received_at: float
    resolved_at: float | None = None
    """When it was known to be over."""
    acknowledgement: Acknowledgement | None = None
    turns: int = 0
    """How often contacts of its chain were told."""
    told_at: float | None = None
    """When they last were."""
    figures: AlertFigures | None = None
    """What Prometheus said when it was last asked; None where it did not answer, or there are none."""
    steps: tuple[StepDone, ...] = ()
    """What was done of its runbook, in that order."""

    @property
    def open(self) -> bool:
        return self.resolved_at is None


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence of Alertmanager that holds or will; times in seconds since the epoch."""

    id: str
    matchers: str
    starts_at: float
    ends_at: float
    created_by: str
    comment: str
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of the alerts that it silences, as far as it names them exactly."""
