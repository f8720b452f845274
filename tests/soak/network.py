"""Networks of which a broker can be taken out, where this machine lets us have them.

Each broker has a network namespace of its own and a line to each of two networks, one of clients and one of brokers.
What is sent over a line that is down is lost in silence, as where a switch or a cable fails.
"""

import ctypes
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum

from streams.stack.kafka import Seat

_CLONE_NEWNET = 0x40000000
_OWN = "/proc/thread-self/ns/net"


class Line(StrEnum):
    """The networks, named as the lines to them."""

    CLIENTS = "clients"
    PEERS = "peers"


_SUBNETS = {Line.CLIENTS: "10.61.1", Line.PEERS: "10.61.2"}


class Network:
    """The lines of some brokers. It is there for as long as this process is, which runs within it."""

    def __init__(self, brokers: int) -> None:
        """Raises OSError where this process may have no network of its own, or there is no program `ip` to make it."""
        _own_namespace()
        _ip("link", "set", "lo", "up")
        for line in Line:
            _ip("link", "add", line, "type", "bridge")
            _ip("link", "set", line, "up")
        _ip("address", "add", f"{_SUBNETS[Line.CLIENTS]}.254/24", "dev", Line.CLIENTS)
        self.seats = [self._seat(number) for number in range(1, brokers + 1)]

    @contextmanager
    def parted(self, number: int, lines: Sequence[Line]) -> Iterator[None]:
        """Within the context these lines of a broker are down."""
        for line in lines:
            _ip("link", "set", f"{line}{number}", "down")
        try:
            yield
        finally:
            for line in lines:
                _ip("link", "set", f"{line}{number}", "up")

    def _seat(self, number: int) -> Seat:
        here = os.open(_OWN, os.O_RDONLY)
        _own_namespace()
        # Whoever is started there enters by this descriptor, which stays open.
        there = f"/proc/{os.getpid()}/fd/{os.open(_OWN, os.O_RDONLY)}"
        _checked(_libc.setns(here, _CLONE_NEWNET))
        os.close(here)
        enter = ("nsenter", f"--net={there}")
        _ip("link", "set", "lo", "up", enter=enter)
        addresses = {line: f"{subnet}.{number}" for line, subnet in _SUBNETS.items()}
        for line, address in addresses.items():
            _ip("link", "add", f"{line}{number}", "type", "veth", "peer", "name", line, "netns", there)
            _ip("link", "set", f"{line}{number}", "master", line, "up")
            _ip("address", "add", f"{address}/24", "dev", line, enter=enter)
            _ip("link", "set", line, "up", enter=enter)
        return Seat(addresses[Line.CLIENTS], addresses[Line.PEERS], enter)


_libc = ctypes.CDLL(None, use_errno=True)


def _own_namespace() -> None:
    _checked(_libc.unshare(_CLONE_NEWNET))


def _checked(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _ip(*arguments: str, enter: Sequence[str] = ()) -> None:
    done = subprocess.run([*enter, "ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
