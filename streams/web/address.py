"""Addresses of servers, as browsers and configurations take them."""

from urllib.parse import urlsplit


def address_of(scheme: str, host: str, port: int) -> str:
    """As in ``https://127.0.0.1:9464``; an address of IPv6 stands in brackets."""
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def is_own_path(target: str, base: str = "") -> bool:
    """Whether a browser that is sent to a target stays on this server, below ``base``.

    Browsers take a backslash for a slash, and leave out tabs and line breaks wherever they stand.
    """
    parts = urlsplit(target)
    elsewhere = parts.scheme or parts.netloc or "\\" in target
    return target.isprintable() and target.startswith(f"{base}/") and not elsewhere
