"""What every web server of the monitor does alike: optional TLS, bearer tokens, its address told once it answers."""

import hmac
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from aiohttp import web
from pydantic import SecretStr

from streams.secrets.tls import server_context
from streams.settings.settings import PREFIX, Settings

REFUSAL = "a bearer token is needed\n"
CHALLENGE = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True)
class Listener:
    """Where a server listens; with a certificate and its key it serves HTTPS, TLS 1.2 or newer."""

    host: str
    port: int
    """0 takes a free one."""
    cert_file: Path | None = None
    """PEM certificate chain."""
    key_file: Path | None = None
    """PEM private key."""

    setting: str = ""
    """How the settings of both files begin, for what is said of them."""

    @classmethod
    def of(cls, settings: Settings, name: str) -> Self:
        """The listener whose settings begin with a server's name: ``exporter`` for exporter_host and its like."""
        fields = {field: getattr(settings, f"{name}_{field}") for field in ("host", "port", "cert_file", "key_file")}
        return cls(**fields, setting=f"{PREFIX}{name.upper()}_")

    @property
    def local(self) -> bool:
        """Whether only this machine reaches it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def tls(self) -> ssl.SSLContext | None:
        """The context of the server's side; None without a certificate. Raises TlsError where a file does not fit."""
        if self.cert_file is None or self.key_file is None:
            return None
        return server_context(self.setting, self.cert_file, self.key_file)


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
