"""Jars of Maven Central, kept in the cache and checked against pinned hashes, as Python's packages are."""

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streams.stack.cache import SetupError, cached
from streams.stack.maven import fetch_jars

KAFKA_VERSION = "4.1.1"
_LOG4J_VERSION = "2.24.3"


@dataclass(frozen=True)
class Jars:
    """Artifacts (group:artifact:version) and all that they need."""

    name: str
    """Of the folder in the cache."""
    artifacts: tuple[str, ...]
    pins: Path
    """The file of their SHA-256 hashes, as `sha256sum` writes them; `lock` makes it."""


KAFKA = Jars(
    f"kafka-{KAFKA_VERSION}",
    (
        f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
        # Kafka leaves the choice of a logging backend open; without one a broker that fails says nothing.
        f"org.apache.logging.log4j:log4j-slf4j-impl:{_LOG4J_VERSION}",
    ),
    Path(__file__).with_name("kafka.sha256"),
)
"""The server, 43 MB."""


def find_jars(jars: Jars) -> Path:
    """Return the folder of exactly the pinned jars, downloading them once. Raises SetupError."""

    def fetch(folder: Path) -> None:
        fetch_jars(folder, jars.artifacts)
        if faults := _faults(folder, jars.pins):
            raise SetupError(
                f"Maven brought other jars than pinned: {faults}. Delete them from Maven's local repository and try "
                "again; if they come again, ask who keeps the repository that settings.xml names. After a change of "
                "version run make lock-jars."
            )

    folder = cached(jars.name, fetch)
    if faults := _faults(folder, jars.pins):
        raise SetupError(f"{folder} has other jars than pinned: {faults}. Delete the folder: it is fetched again.")
    return folder


def lock(jars: Jars) -> None:
    """Pin what Maven fetches now. Raises SetupError."""
    with tempfile.TemporaryDirectory() as work:
        fetch_jars(Path(work), jars.artifacts)
        lines = [f"{digest}  {jar}\n" for jar, digest in sorted(_hashes(Path(work)).items())]
    jars.pins.write_text(
        f"# Made by make lock-jars: {', '.join(jars.artifacts)}, with what they need.\n{''.join(lines)}"
    )


def _faults(folder: Path, pins: Path) -> str:
    """How the jars of a folder differ from the pinned ones, empty if they do not."""
    lines = [line for line in pins.read_text().splitlines() if not line.startswith("#")]
    pinned = {jar: digest for digest, jar in (line.split() for line in lines)}
    found = _hashes(folder)
    faults = [_fault(jar, found, pinned) for jar in sorted(found.keys() | pinned.keys())]
    return ", ".join(fault for fault in faults if fault)


def _fault(jar: str, found: Mapping[str, str], pinned: Mapping[str, str]) -> str:
    if jar not in found:
        return f"{jar} is missing"
    if jar not in pinned:
        return f"{jar} is not pinned"
    return "" if found[jar] == pinned[jar] else f"{jar} has another hash"


def _hashes(folder: Path) -> dict[str, str]:
    return {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in folder.iterdir()}
