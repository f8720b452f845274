"""Settings that cannot work, in words."""

import difflib
from collections.abc import Iterable

from pydantic import ValidationError
from pydantic_settings.exceptions import SettingsError as SourceError

PREFIX = "IOC_"


class SettingsError(ValueError):
    """Settings that cannot work; the message names each variable and what is wrong with it."""


def refuse_misspelt(variables: Iterable[str], fields: Iterable[str]) -> None:
    """Refuse a variable that looks like one of the settings' fields and is none. Raises SettingsError."""
    # pydantic-settings ignores variables it does not know: a misspelt protocol would mean none.
    known = {PREFIX + name.upper() for name in fields}
    for name in variables:
        if name.startswith(PREFIX) and name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
            if close:
                raise SettingsError(f"{name} is no setting; did you mean {close[0]}?")


def explain(error: ValidationError | SourceError) -> str:
    """One line that names each variable at fault."""
    if isinstance(error, SourceError):
        return str(error)
    return "; ".join(
        (f"{PREFIX}{str(fault['loc'][0]).upper()}: " if fault["loc"] else "")
        + fault["msg"].removeprefix("Value error, ")
        for fault in error.errors()
    )
