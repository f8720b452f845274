"""What single settings may be."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, WithJsonSchema

from streams.settings.secrets.first_line import not_short, sound_secret


class SecurityProtocol(StrEnum):
    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"

    @property
    def encrypted(self) -> bool:
        return self.value.endswith("SSL")

    @property
    def authenticated(self) -> bool:
        return self.value.startswith("SASL")


class SaslMechanism(StrEnum):
    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


class ClockKind(StrEnum):
    """What the exporter calls now: ``wall`` when live, ``event`` in a replay or the demo."""

    WALL = "wall"
    EVENT = "event"


class LogFormat(StrEnum):
    """How long-running processes write their log: for people, or a JSON object a line."""

    TEXT = "text"
    JSON = "json"


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    return path


def _existing_folder(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError(f"there is no folder {path}")
    return path


def _brokers(text: str) -> str:
    addresses = [address.strip() for address in text.split(",")]
    for address in addresses:
        if not _BROKER.fullmatch(address):
            raise ValueError(f"{address!r} is no host:port, as in kafka-1:9092,kafka-2:9092 or [::1]:9092")
    return ",".join(addresses)


_BROKER = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):\d{1,5}")
Brokers = Annotated[str, AfterValidator(_brokers)]
ExistingFile = Annotated[Path, AfterValidator(_existing), WithJsonSchema({"format": "file-path"})]
ExistingFolder = Annotated[Path, AfterValidator(_existing_folder), WithJsonSchema({"format": "directory-path"})]
Password = Annotated[SecretStr, AfterValidator(sound_secret)]
LongPassword = Annotated[Password, AfterValidator(not_short)]
Seconds = Annotated[float, Field(gt=0)]
