"""What every web server of the monitor does alike: optional TLS, bearer tokens, its address told once it answers."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus

from aiohttp import web
from pydantic import SecretStr

from streams.settings.listener import WebServer
from streams.web.address import address_of, listening_at
from streams.web.connections import Connections
from streams.web.handshake import Handshake, keep_buffers_small
from streams.web.here import refuse_foreign
from streams.web.problems import CHALLENGE, problem
from streams.web.protocol import Protocol

UNKNOWN_BEARER = "the bearer token is missing or unknown"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
"""What answers a request; a middleware is told the next one."""

_BACKLOG = 256


@asynccontextmanager
async def serving(application: web.Application, listener: WebServer, *, unpacks: bool = False) -> AsyncIterator[str]:
    """Serve until the context ends; yields the address, as in ``https://127.0.0.1:9464``.

    Args:
        unpacks: whether the application reads bodies with a ``Content-Encoding``; else they are refused.

    Raises:
        OSError: it cannot listen there; says where, and what to set.
        TlsError: the certificate cannot be used.
    """
    tls, loop = listener.tls(), asyncio.get_running_loop()
    if tls is not None:
        keep_buffers_small()
    if not unpacks:
        application.middlewares.append(_refuse_packed)
    runner = web.AppRunner(application)
    await runner.setup()
    handlers, connections = runner.server, Connections()
    assert handlers is not None
    try:
        made: Callable[[], asyncio.Protocol] = partial(Protocol, handlers, connections)
        accepted = made if tls is None else partial(Handshake, tls, connections, made)
        with listening_at(listener):
            server = await loop.create_server(accepted, listener.host, listener.port, backlog=_BACKLOG)
        watching = loop.create_task(connections.watch())
        try:
            port = server.sockets[0].getsockname()[1]
            yield address_of("http" if tls is None else "https", listener.host, port)
        finally:
            watching.cancel()
            server.close()
    finally:
        await runner.cleanup()


@web.middleware
async def _refuse_packed(request: web.Request, handler: Handler) -> web.StreamResponse:
    if (encoding := request.headers.get("Content-Encoding", "identity")) != "identity":
        detail = f"a body in {encoding[:80]} is not read here: send it as it is"
        return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, field="Content-Encoding")
    return await handler(request)


def shows(request: web.Request, token: SecretStr | None) -> bool:
    """Whether a request shows this bearer token; without one there is nothing to show."""
    return is_bearer(request.headers.get("Authorization"), token)


def to_who_shows(token: SecretStr | None, listener: WebServer, handler: Handler) -> Handler:
    """A handler for who shows the token; without one, for this machine, where others do not reach it."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if not shows(request, token):
            return token_needed()
        refused = refuse_foreign(request) if token is None and listener.local else None
        return refused or await handler(request)

    return guarded


def is_bearer(authorization: str | None, token: SecretStr | None) -> bool:
    """Whether an ``Authorization`` header, None for none, holds this token. Takes the same time for every guess."""
    if token is None:
        return True
    given = (authorization or "").encode(errors="surrogateescape")
    return hmac.compare_digest(given, f"Bearer {token.get_secret_value()}".encode())


def token_needed() -> web.Response:
    """The answer to a request without the right token."""
    return problem(HTTPStatus.UNAUTHORIZED, UNKNOWN_BEARER, headers=CHALLENGE)
