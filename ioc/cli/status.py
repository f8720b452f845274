"""How a status looks in a terminal."""

from rich.text import Text

from ioc.kpis.status import Status

_STYLES = {Status.GREY: "bright_black", Status.GREEN: "green", Status.YELLOW: "yellow", Status.RED: "bold red"}
_SHAPES = {Status.GREY: "○", Status.GREEN: "●", Status.YELLOW: "▲", Status.RED: "■"}
"""A shape beside each colour, for those who cannot tell them apart."""


def status_text(status: Status, said: str) -> Text:
    """What is said of a status, in its colour and behind its shape."""
    return Text(f"{_SHAPES[status]} {said}", style=_STYLES[status])
