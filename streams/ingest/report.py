"""What became of a file's rows."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from streams.ingest.survey import NOTHING_FOUND, Findings


@dataclass
class Report:
    """What became of a file's rows: read = mapped + without an event + refused."""

    rows_read: int = 0
    """Of the file; of the result where the mapping prepares them."""
    rows_prepared: int | None = None
    """The rows of the file from which the mapping's query made those that were read; None without a query."""
    rows_mapped: int = 0
    left: Counter[str] = field(default_factory=Counter)
    """Rows for which no event's conditions hold, by what they have in the columns that are asked for."""
    rows_refused: Counter[str] = field(default_factory=Counter)
    """By reason."""
    warnings: Counter[str] = field(default_factory=Counter)
    """Rows that are sent but told of, by the mapping's rule."""
    refusals: list[str] = field(default_factory=list)
    """The first refusals, as people read them."""
    warned: list[str] = field(default_factory=list)
    """The first rows that a rule told of, as people read them."""
    findings: Findings = NOTHING_FOUND
    """What the events are."""
    delivered: int = 0
    """Events that Kafka acknowledged; 0 in a dry run."""

    @property
    def rows_without_event(self) -> int:
        """Rows for which no event's conditions hold."""
        return self.left.total()

    @property
    def events(self) -> Counter[str]:
        """How many events there are, by name."""
        return Counter({name: events.count for name, events in self.findings.events.items()})

    @property
    def first(self) -> datetime | None:
        """The earliest event time."""
        return min((events.first for events in self.findings.events.values()), default=None)

    @property
    def last(self) -> datetime | None:
        """The latest event time."""
        return max((events.last for events in self.findings.events.values()), default=None)
