"""A nation: the provinces whose figures are read together, each from its own installation."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from ioc.catalogue.checks import text_faults
from ioc.catalogue.faults import CatalogueError, Fault, YamlPath
from ioc.catalogue.loader import once_told
from ioc.catalogue.model import Code, Model
from ioc.catalogue.source import Source
from ioc.catalogue.structure import read_form
from ioc.text.bilingual import Text

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
_ADDRESS = re.compile(rf"(?P<scheme>https?)://(?P<target>{_HOST}(?::\d{{1,5}})?)(?P<path>(?:/[\w.~-]+)*)")
_FILE = re.compile(r"[\w./-]+")


def _address(text: str) -> str:
    """Raises ValueError."""
    if not _ADDRESS.fullmatch(text):
        # Who writes a password into an address has it in every log.
        raise ValueError(f"{text.rpartition('@')[2]!r} is no address; write it as in https://ioc.example/prometheus")
    return text


def _file(text: str) -> str:
    """Raises ValueError."""
    if not _FILE.fullmatch(text):
        raise ValueError(f"{text!r} is no path of a file; write one of letters, digits and ._-/")
    return text


Address = Annotated[str, AfterValidator(_address)]
"""``http`` or ``https``, a host, perhaps a port and a path; without a slash at its end, a query or a login."""
FilePath = Annotated[str, AfterValidator(_file)]
"""On the machine where the nation's Prometheus runs."""


class Login(Model):
    """As whom the nation asks a province's Prometheus."""

    user: Annotated[str, Field(pattern=r"^[\w.-]{1,64}$")]
    password_file: FilePath


class Member(Model):
    """A province of the nation: where its figures are read, and where people look further."""

    code: Code
    name: Text
    prometheus: Address
    grafana: Address
    login: Login | None = None
    """None where its Prometheus is open to the nation."""
    ca_file: FilePath | None = None
    """Authority of its certificate, where that is none of the system's."""

    @property
    def target(self) -> tuple[str, str, str]:
        """Scheme, ``host:port`` and path of its Prometheus."""
        found = _ADDRESS.fullmatch(self.prometheus)
        assert found is not None
        return found["scheme"], found["target"], found["path"]


class NationalLimits(Model):
    """From how many on the nation is told; judgements (M), for the nation to set."""

    provinces_red: int = Field(default=3, ge=1)
    """Provinces in which the same subsystem is red: what they have in common is no province's to find."""
    subsystems_red: int = Field(default=3, ge=1)
    """Subsystems that are red in one province."""


class Nation(Model):
    """What a nation's file says."""

    name: Text
    provinces: list[Member] = Field(min_length=1)
    limits: NationalLimits = NationalLimits()

    @property
    def names(self) -> Mapping[str, Text]:
        """Of the provinces, by code."""
        return {member.code: member.name for member in self.provinces}


def read_nation(file: Path) -> Nation:
    """The nation of a file. Raises CatalogueError with every fault."""
    source = Source(file)
    if source.data is None:
        raise CatalogueError(source.faults)
    nation, found = read_form(Nation, source)
    faults = [*source.faults, *once_told(found, text_faults(source), _twice(nation, source) if nation else ())]
    if faults or nation is None:
        raise CatalogueError(faults)
    return nation


def _twice(nation: Nation, source: Source) -> Iterator[Fault]:
    """What two provinces have in common: the figures of one would stand under the name of the other."""
    for key in ("code", "prometheus", "grafana"):
        first: dict[str, int] = {}
        for number, member in enumerate(nation.provinces):
            value = getattr(member, key)
            if first.setdefault(value, number) != number:
                place: YamlPath = ("provinces", number, key)
                line = source.line(("provinces", first[value], key))
                message = f"{value} is that of another province, too, on line {line}"
                yield source.fault(place, message, "write each province once, with its own")
