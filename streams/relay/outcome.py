"""How handing a message over may fail: for good, or for now."""


class Refused(Exception):
    """The other side will not take it, also later; says why."""


class Unreachable(Exception):
    """It did not work this time; says why."""

    def __init__(self, reason: str, *, doubtful: bool) -> None:
        """``doubtful``: it may have arrived all the same."""
        super().__init__(reason)
        self.doubtful = doubtful
