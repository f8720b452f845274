"""Whether a change is asked for by our own page: other sites can make a browser send it, cookies and all.

See Fetch Metadata (W3C) and RFC 6454. Every browser since 2020 says one or the other with a form that it sends.
"""

from urllib.parse import urlsplit

from aiohttp import web

_SITE, _MODE, _USER = "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-User"
_SAFE = {"GET", "HEAD", "OPTIONS"}


def changes(request: web.Request) -> bool:
    """Whether a request may change something."""
    return request.method not in _SAFE


def is_own(request: web.Request, url: str) -> bool:
    """Whether a request comes from a page of the server that people reach at ``url``, and says so."""
    site, origin = request.headers.get(_SITE), request.headers.get("Origin")
    if site not in (None, "same-origin") or (site is None and origin is None):
        return False
    scheme = urlsplit(url).scheme
    # By the host that the browser asked for, too: on one machine a server has several names.
    return origin is None or origin in (_origin_of(url), f"{scheme}://{request.host}")


def by_itself(request: web.Request) -> bool:
    """Whether a browser loads a page without a person's doing, as it does again and again with open ones."""
    return request.headers.get(_MODE) == "navigate" and _USER not in request.headers


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
