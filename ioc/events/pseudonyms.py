"""Personal data replaced by keyed hashes: the same person stays the same, and nobody can be looked up."""

import hashlib
import hmac
from dataclasses import dataclass, field

_DIGITS = 32
"""128 bits: no two people of a country meet."""
HASH = f"[0-9a-f]{{{_DIGITS}}}"
"""A hash as a regular expression of the whole of it."""

SHORTEST_KEY = 32
"""Bytes of the shortest key that is taken: a shorter one could be guessed, and with it every name."""


@dataclass(frozen=True)
class Pseudonyms:
    """Hashes by HMAC-SHA-256 under one secret key.

    Raises:
        ValueError: the key is shorter than 32 bytes.
    """

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) < SHORTEST_KEY:
            raise ValueError(f"the key of the hashes has {len(self.key)} bytes; write at least {SHORTEST_KEY}")

    def of(self, subsystem: str, name: str, value: str) -> str:
        """The hash of a field's value, in hexadecimal; a person's hashes in two subsystems cannot be linked."""
        # Names of fields hold no NUL, so that no two messages are alike.
        message = f"{subsystem}\0{name}\0{value}".encode()
        return hmac.new(self.key, message, hashlib.sha256).hexdigest()[:_DIGITS]
