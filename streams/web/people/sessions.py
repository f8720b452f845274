"""Who is signed in at one server. Sessions are kept in memory: all end with the process."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from streams.web.people.person import Person

_MOST = 10_000
"""Sessions; beyond them the oldest ends."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser of one person. Times: seconds since the epoch."""

    id: str
    """Its name, which ends it and opens nothing."""
    person: Person
    address: str
    began: float
    used: float


class Sessions:
    """What cookies stand for."""

    def __init__(self, now: Callable[[], float], idle: float, longest: float) -> None:
        """``idle``: seconds after which an unused session ends; ``longest``: after which any does."""
        self.longest = longest
        self._now, self._idle = now, idle
        self._sessions: dict[bytes, Session] = {}

    def begin(self, person: Person, address: str) -> str:
        """The cookie of a new session: 256 random bits, of which only a hash is kept."""
        self._leave_out_ended()
        if len(self._sessions) >= _MOST:
            self._sessions.pop(next(iter(self._sessions)))
        cookie, now = secrets.token_urlsafe(32), self._now()
        self._sessions[_hash(cookie)] = Session(secrets.token_hex(8), person, address, now, now)
        return cookie

    def of(self, cookie: str, *, used: bool) -> Session | None:
        """The session of a cookie, if it lasts; ``used``: it was shown by what a person did, so that it lasts on."""
        key = _hash(cookie)
        session = self._sessions.get(key)
        if session is None:
            return None
        if self._ended(session):
            del self._sessions[key]
            return None
        if used:
            session = self._sessions[key] = replace(session, used=self._now())
        return session

    def end(self, cookie: str) -> None:
        """Its owner leaves."""
        self._sessions.pop(_hash(cookie), None)

    def end_named(self, name: str) -> Session | None:
        """End the session with this id; None where there is none."""
        for key, session in self._sessions.items():
            if session.id == name:
                return self._sessions.pop(key)
        return None

    def open(self) -> list[Session]:
        """The newest first."""
        self._leave_out_ended()
        return sorted(self._sessions.values(), key=lambda session: session.began, reverse=True)

    def _ended(self, session: Session) -> bool:
        now = self._now()
        return now - session.used >= self._idle or now - session.began >= self.longest

    def _leave_out_ended(self) -> None:
        self._sessions = {key: each for key, each in self._sessions.items() if not self._ended(each)}


def _hash(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode(errors="replace")).digest()
