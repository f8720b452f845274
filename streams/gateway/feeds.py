"""Who may send what: the file that ``IOC_GATEWAY_FEEDS`` names. It holds hashes of tokens, never tokens.

Tokens are made by ``ioc gateway-token``: 256 random bits, so that their plain SHA-256 can be neither guessed nor
looked up; a slow hash would only slow every request.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

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
    subsystems: list[Slug] = Field(min_length=1)
    """Whose events it may send."""
    events_per_second: Annotated[float, Field(gt=0)] | None = None
    """At most so many; None takes IOC_GATEWAY_EVENTS_PER_SECOND."""


class Feeds(Written):
    """The whole file."""

    feeds: dict[Slug, Sender] = Field(min_length=1)

    def sender(self, token: str) -> str | None:
        """The name of the feed with this token; None where there is none. Takes the same time for all tokens."""
        shown = hash_of(token)
        found = None
        for name, feed in self.feeds.items():
            for known in feed.tokens_sha256:
                if hmac.compare_digest(shown, known):
                    found = name
        return found


_FILE = YamlFile(
    Feeds,
    {
        "extra_forbidden": "remove it; a feed has tokens_sha256, subsystems and events_per_second",
        "missing": "add it; `ioc gateway-token` prints the lines of a feed",
        "string_pattern_mismatch": "write the hash that `ioc gateway-token` prints: 64 hexadecimal digits",
    },
    page="docs/gateway.md",
)


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()


def new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def load_feeds(file: Path, subsystems: Collection[str]) -> Feeds:
    """Read the file. Raises YamlFileError, which names line, field and fix of every fault."""
    return _FILE.read(
        file,
        lambda feeds, source: [*_unknown_subsystems(source, feeds, subsystems), *_shared_tokens(source, feeds)],
    )


def _unknown_subsystems(source: Source, feeds: Feeds, subsystems: Collection[str]) -> list[Fault]:
    return [
        source.fault(
            ("feeds", name, "subsystems", number),
            f"there is no subsystem `{slug}`",
            nearest(slug, subsystems, "write the slug of a subsystem of the catalogue"),
        )
        for name, feed in feeds.feeds.items()
        for number, slug in enumerate(feed.subsystems)
        if slug not in subsystems
    ]


def _shared_tokens(source: Source, feeds: Feeds) -> list[Fault]:
    owners: dict[str, str] = {}
    faults = []
    for name, feed in feeds.feeds.items():
        for known in feed.tokens_sha256:
            owner = owners.setdefault(known, name)
            if owner != name:
                fix = "give each feed a token of its own: `ioc gateway-token`"
                faults.append(source.fault(("feeds", name, "tokens_sha256"), f"{owner} has the same token", fix))
    return faults
