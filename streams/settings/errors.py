"""Settings that cannot work, in words."""

import difflib
from collections.abc import Iterable, Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings.exceptions import SettingsError as SourceError

PREFIX = "IOC_"


class SettingsError(ValueError):
    """Settings that cannot work; the message names each variable and what is wrong with it."""


def refuse_misspelt(given: Iterable[str], variables: Iterable[str]) -> None:
    """Refuse a name that looks like one of the settings' variables and is none. Raises SettingsError."""
    # pydantic-settings ignores variables it does not know: a misspelt protocol would mean none.
    known = {*variables}
    for name in given:
        if name.startswith(PREFIX) and name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
            if close:
                raise SettingsError(f"{name} is no setting; did you mean {close[0]}?")


def refuse_empty(given: Mapping[str, str | None], variables: Iterable[str]) -> None:
    """Refuse a variable that is there and says nothing: its default is not what whoever wrote it meant.

    Raises SettingsError.
    """
    written = {name.upper(): text for name, text in given.items()}
    empty = [name for name in variables if name in written and not (written[name] or "").strip()]
    if empty:
        raise SettingsError(f"{', '.join(empty)}: set and empty; give a value, or do not set it")


def explain(error: ValidationError | SourceError) -> str:
    """One line that names each variable at fault."""
    if isinstance(error, SourceError):
        return str(error)
    return "; ".join(map(_fault, error.errors()))


def _fault(error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"] or message.startswith(PREFIX):
        return message  # of several variables, which it names
    return f"{PREFIX}{'_'.join(map(str, error['loc'])).upper()}: {message}"
