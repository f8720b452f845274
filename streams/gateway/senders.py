"""Who may send what: the file that ``IOC_GATEWAY_SENDERS`` names. It holds hashes of tokens, never tokens.

Tokens are made by ``ioc gateway-token``: 256 random bits, so that their plain SHA-256 can be neither guessed nor
looked up; a slow hash would only slow every request.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from ioc.catalogue.faults import Fault, nearest
from ioc.catalogue.model import Slug
from ioc.catalogue.source import Source
from streams.settings.yaml_file import Written, YamlFile

TOKEN_PREFIX = "ioc_"  # noqa: S105 (so that scanners of repositories find a leaked token)


class Sender(Written):
    """One sender."""

    tokens_sha256: list[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = Field(min_length=1)
    """SHA-256 of its token; two of them while one takes the other's place."""
    feeds: list[str] = Field(min_length=1)
    """The feeds that it is, as `subsystem.feed`: it may send their events and no others."""
    sources: list[Annotated[str, Field(min_length=1, max_length=256)]] = Field(min_length=1)
    """What its events may have as their `source`; with `*` at the end, whatever begins so. Ids are told apart by the
    source that they came with: no sender can use up those of another one's events."""
    events_per_second: Annotated[float, Field(gt=0)] | None = None
    """At most so many; None takes IOC_GATEWAY_EVENTS_PER_SECOND."""

    def speaks_for(self, source: str) -> bool:
        """Whether its events may come from this source."""
        return any(
            source.startswith(own.removesuffix("*")) if own.endswith("*") else source == own for own in self.sources
        )


class Senders(Written):
    """The whole file."""

    senders: dict[Slug, Sender] = Field(min_length=1)

    def of_token(self, token: str) -> str | None:
        """The name of the sender with this token; None where there is none. Takes the same time for all tokens."""
        shown = hash_of(token)
        found = None
        for name, sender in self.senders.items():
            for known in sender.tokens_sha256:
                if hmac.compare_digest(shown, known):
                    found = name
        return found


_FILE = YamlFile(
    Senders,
    {
        "extra_forbidden": "remove it; a sender has tokens_sha256, feeds, sources and events_per_second",
        "missing": "add it; `ioc gateway-token` prints the lines of a sender",
        "string_pattern_mismatch": "write the hash that `ioc gateway-token` prints: 64 hexadecimal digits",
    },
    page="docs/gateway.md",
)


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()


def new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def load_senders(file: Path, feeds: Collection[str]) -> Senders:
    """Read the file; ``feeds`` are those of the catalogue by their full names.

    Raises YamlFileError, which names line, field and fix of every fault.
    """
    return _FILE.read(
        file,
        lambda senders, source: [
            *_unknown_feeds(source, senders, feeds),
            *_shared(source, senders, "tokens_sha256", "give each sender a token of its own: `ioc gateway-token`"),
            *_shared(source, senders, "sources", "write what only the events of this sender have as their source"),
        ],
    )


def _unknown_feeds(source: Source, senders: Senders, feeds: Collection[str]) -> list[Fault]:
    return [
        source.fault(
            ("senders", name, "feeds", number),
            f"there is no feed `{feed}`",
            nearest(feed, feeds, "write a feed of the catalogue, as `subsystem.feed`"),
        )
        for name, sender in senders.senders.items()
        for number, feed in enumerate(sender.feeds)
        if feed not in feeds
    ]


def _shared(source: Source, senders: Senders, what: Literal["tokens_sha256", "sources"], fix: str) -> list[Fault]:
    """What must be one sender's alone and is another one's too."""
    owners: dict[str, str] = {}
    faults = []
    for name, sender in senders.senders.items():
        for number, own in enumerate(getattr(sender, what)):
            owner = owners.setdefault(own, name)
            if owner != name:
                faults.append(source.fault(("senders", name, what, number), f"{owner} has the same one", fix))
    return faults
