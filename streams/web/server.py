"""What every web server of the monitor does alike: optional TLS, bearer tokens, its address told once it answers."""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from pydantic import SecretStr

from streams.settings.listener import Listener

REFUSAL = "a bearer token is needed\n"
CHALLENGE = {"WWW-Authenticate": "Bearer"}


@asynccontextmanager
async def serving(application: web.Application, listener: Listener) -> AsyncIterator[str]:
    """Serve until the context ends; yields the address, as in ``https://127.0.0.1:9464``.

    Raises:
        OSError: the address is taken.
        TlsError: the certificate cannot be used.
    """
    tls = listener.tls()
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, listener.host, listener.port, ssl_context=tls).start()
        yield f"{'http' if tls is None else 'https'}://{listener.host}:{runner.addresses[0][1]}"
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
    return web.Response(status=401, text=REFUSAL, headers=CHALLENGE)
