"""What single settings may be."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field


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


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    return path


def _existing_folder(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError(f"there is no folder {path}")
    return path


ExistingFile = Annotated[Path, AfterValidator(_existing)]
ExistingFolder = Annotated[Path, AfterValidator(_existing_folder)]
Seconds = Annotated[float, Field(gt=0)]
