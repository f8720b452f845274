"""What people may do."""

from enum import IntEnum


class Role(IntEnum):
    """Each may do what those before it may, and something more."""

    VIEWER = 1
    """Sees alerts, cases and reports."""
    RESPONDER = 2
    """Takes alerts, ticks off the steps of their runbooks, hands shifts over."""
    OPERATOR = 3
    """Silences alerts, ends silences, has rejected events sent again."""
    ADMINISTRATOR = 4
    """Reads the trail, ends the sessions of others."""

    @classmethod
    def named(cls, name: str) -> "Role":
        """The role with this name in small letters. Raises ValueError."""
        try:
            return cls[name.upper()]
        except KeyError:
            raise ValueError(f"{name} is no role: write one of {', '.join(map(str, cls))}") from None

    def __str__(self) -> str:
        return self.name.lower()
