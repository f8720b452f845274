"""What every web server of the monitor does alike: optional TLS, bearer tokens, its address told once it answers."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from aiohttp import web
from pydantic import SecretStr

from streams.settings.listener import WebServer
from streams.web.address import address_of
from streams.web.problems import CHALLENGE, problem
from streams.web.protocol import Protocol

UNKNOWN_BEARER = "the bearer token is missing or unknown"


@asynccontextmanager
async def serving(application: web.Application, listener: WebServer) -> AsyncIterator[str]:
    """Serve until the context ends; yields the address, as in ``https://127.0.0.1:9464``.

    Raises:
        OSError: the address is taken.
        TlsError: the certificate cannot be used.
    """
    tls, loop = listener.tls(), asyncio.get_running_loop()
    runner = web.AppRunner(application)
    await runner.setup()
    connections = runner.server
    assert connections is not None
    try:
        server = await loop.create_server(
            lambda: Protocol(connections, loop=loop, access_log=None),  # type: ignore[arg-type]
            listener.host,
            listener.port,
            ssl=tls,
        )
        try:
            port = server.sockets[0].getsockname()[1]
            yield address_of("http" if tls is None else "https", listener.host, port)
        finally:
            server.close()
    finally:
        await runner.cleanup()


def shows(request: web.Request, token: SecretStr | None) -> bool:
    """Whether a request shows this bearer token; without one there is nothing to show."""
    return is_bearer(request.headers.get("Authorization"), token)


def is_bearer(authorization: str | None, token: SecretStr | None) -> bool:
    """Whether an ``Authorization`` header, None for none, holds this token. Takes the same time for every guess."""
    if token is None:
        return True
    given = (authorization or "").encode(errors="surrogateescape")
    return hmac.compare_digest(given, f"Bearer {token.get_secret_value()}".encode())


def token_needed() -> web.Response:
    """The answer to a request without the right token."""
    return problem(HTTPStatus.UNAUTHORIZED, UNKNOWN_BEARER, headers=CHALLENGE)
