"""Free TCP ports on localhost."""

import random
import socket

from streams.stack.cache import SetupError

# Below Linux' ephemeral range (32768 and up): a port from inside it can be taken by any outgoing connection while a
# broker restarts, and a client that retries a dead port there may even connect to itself.
_RANGE = range(20_000, 32_000)


class NoFreePort(RuntimeError):
    """No port of the searched range is free."""


def free_ports(count: int) -> list[int]:
    """Return `count` different ports on which nothing listens on 127.0.0.1.

    They are free when returned, not reserved: bind them soon. Raises NoFreePort.
    """
    ports: list[int] = []
    for port in random.sample(_RANGE, len(_RANGE)):
        if _is_free(port):
            ports.append(port)
        if len(ports) == count:
            return ports
    raise NoFreePort(f"No {count} free ports between {_RANGE.start} and {_RANGE.stop - 1}: stop what listens there.")


def free_port(preferred: int | None = None) -> int:
    """Return one free port, the preferred one if it is free, else as `free_ports` does."""
    return preferred if preferred and _is_free(preferred) else free_ports(1)[0]


def require_free(port: int, part: str, fix: str) -> None:
    """See that a part can listen on 127.0.0.1 at `port`, where it may have listened before.

    Without it the part would say that an address is in use, not which or what to do, and what listens there may answer
    as if it were the part. Raises SetupError with the fix.
    """
    with socket.socket() as probe:
        # Connections of a server that is gone linger for a minute and are in nobody's way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError as error:
            raise taken(port, part, fix) from error


def taken(port: int, part: str, fix: str) -> SetupError:
    """What to say of a port at which another process listens; `fix` is what to do but stopping that one."""
    return SetupError(f"{part} cannot listen on 127.0.0.1:{port}: another process does. Stop that one, or {fix}")


def is_listening(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether something accepts connections at `port` of a host."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((host, port)) == 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
