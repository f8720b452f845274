"""How often somebody may try to sign in: passwords must not be guessed, nor colleagues be kept out."""

from collections import deque
from collections.abc import Callable, Iterator
from ipaddress import IPv6Address, ip_address, ip_network

WINDOW = 900.0
"""Seconds in which failures count."""
_REMEMBERED = 20_000
"""Names and addresses; beyond them the longest known is forgotten."""


# A stranger who tries somebody's name is stopped, and that somebody, elsewhere, is not.
_OF_PAIR, _OF_ADDRESS, _OF_ACCOUNT = 5, 20, 100
"""Failures in the window after which no more attempts are looked at."""


class Throttle:
    """Failures by account, by address, and by both."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._failures: dict[tuple[str, ...], deque[float]] = {}

    def wait(self, account: str, address: str) -> float:
        """Seconds until the next attempt is looked at; 0 for now."""
        now = self._now()
        return max(self._wait(key, most, now) for key, most in _keys(account, address))

    def failed(self, account: str, address: str) -> None:
        for key, most in _keys(account, address):
            times = self._failures.pop(key, None) or deque(maxlen=most)
            times.append(self._now())
            self._failures[key] = times
        while len(self._failures) > _REMEMBERED:
            self._failures.pop(next(iter(self._failures)))

    def succeeded(self, account: str, address: str) -> None:
        """Take back the failure that the attempt was counted as; who knows the password may mistype it anew."""
        for key, _ in _keys(account, address):
            if times := self._failures.get(key):
                times.pop()
        self._failures.pop(next(_keys(account, address))[0], None)

    def _wait(self, key: tuple[str, ...], most: int, now: float) -> float:
        times = self._failures.get(key)
        return max(0.0, times[0] + WINDOW - now) if times and len(times) == most else 0.0


def _keys(account: str, address: str) -> Iterator[tuple[tuple[str, ...], int]]:
    place = network(address)
    yield ("pair", account, place), _OF_PAIR
    yield ("address", place), _OF_ADDRESS
    yield ("account", account), _OF_ACCOUNT


def network(address: str) -> str:
    """An address as one client has it: of IPv6 the first half, as everybody has 2**64 of them."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else address
