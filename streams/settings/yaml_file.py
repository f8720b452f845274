"""YAML files that an installation's people write beside the catalogue: the relay's contacts, the gateway's senders."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from ioc.catalogue.faults import Fault
from ioc.catalogue.source import Source


class YamlFileError(ValueError):
    """A file that cannot be used, with every fault in it."""


class Written(BaseModel):
    """A part of such a file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


W = TypeVar("W", bound=Written)


@dataclass(frozen=True)
class YamlFile(Generic[W]):
    """A kind of file, and what is said of its faults."""

    form: type[W]
    advice: Mapping[str, str]
    """The fix by pydantic's name of an error."""
    page: str
    """Which page tells what may be written: the fix of all other errors."""

    def read(self, file: Path, check: Callable[[W, Source], Iterable[Fault]]) -> W:
        """What a file says. ``check`` finds what its form does not tell.

        Raises YamlFileError, which names line, field and fix of every fault.
        """
        source = Source(file)
        if source.faults:
            raise _error(source.faults)
        try:
            written = self.form.model_validate(source.data)
        except ValidationError as error:
            raise _error(self._fault(source, each) for each in error.errors(include_url=False)) from None
        if faults := [*check(written, source)]:
            raise _error(faults)
        return written

    def _fault(self, source: Source, error: ErrorDetails) -> Fault:
        place = source.place_of(error["loc"], missing=error["type"] == "missing")
        message = error["msg"].removeprefix("Value error, ")
        return source.fault(place, message, self.advice.get(error["type"], f"see {self.page} for what may stand here"))


def _error(faults: Iterable[Fault]) -> YamlFileError:
    return YamlFileError("\n".join(dict.fromkeys(map(str, faults))))
