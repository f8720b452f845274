"""Addresses of servers, as browsers and configurations take them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from streams.settings.listener import WebServer


def address_of(scheme: str, host: str, port: int) -> str:
    """As in ``https://127.0.0.1:9464``; an address of IPv6 stands in brackets."""
    return f"{scheme}://{_place(host, port)}"


def _place(host: str, port: int) -> str:
    return f"{f'[{host}]' if ':' in host else host}:{port}"


@contextmanager
def listening_at(listener: WebServer) -> Iterator[None]:
    """Within it a server begins to listen. Raises OSError that says where it cannot, and what to set."""
    try:
        yield
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        place, variables = _place(listener.host, listener.port), listener.variables
        raise OSError(
            f"cannot listen on {place} ({why}): stop what listens there, or set {variables}HOST and {variables}PORT "
            "to an address of this machine and a free port"
        ) from error


def is_own_path(target: str, base: str = "") -> bool:
    """Whether a browser that is sent to a target stays on this server, below ``base``.

    Browsers take a backslash for a slash, and leave out tabs and line breaks wherever they stand.
    """
    parts = urlsplit(target)
    elsewhere = parts.scheme or parts.netloc or "\\" in target
    return target.isprintable() and target.startswith(f"{base}/") and not elsewhere
