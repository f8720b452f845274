"""What the wall's page is told every two seconds."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Now:
    """One moment. Texts are ready HTML, in the page's language."""

    bar: str | None
    """How far the data goes, the mark of simulated data, the alerts; None where it cannot be asked: the page keeps the
    last one, dimmed."""
    tiles: str | None
    """The twelve tiles; None likewise."""
    stopped: list[str] = field(default_factory=list)
    """Each part that has stopped, in words; empty while all answer."""
    calls: list[str] = field(default_factory=list)
    """Keys of the pages that nobody took: for each that is new the page sounds."""
