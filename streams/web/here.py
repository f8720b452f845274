"""What asks for no secret is for this machine alone, and only where it is asked for by a name of its own.

A page of another site can give its own name this machine's address, and then read what is answered here.
"""

from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web

from streams.web.problems import problem

FOREIGN = "ask for this machine by its own name: localhost or 127.0.0.1"
"""Why a request for another name is refused."""


def is_own_name(host: str) -> bool:
    """Whether a Host header names this machine: no name that somebody else gave it."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def refuse_foreign(request: web.Request) -> web.Response | None:
    """The answer to a request that asks for another name; None for any other."""
    if is_own_name(request.headers.get("Host", "")):
        return None
    return problem(HTTPStatus.FORBIDDEN, FOREIGN, reason="foreign_host")
