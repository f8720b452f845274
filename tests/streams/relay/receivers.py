"""Real receivers of messages, and a clock set by hand."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx
from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from streams.stack.ports import free_port
from streams.web.people.accounts import Account, hash_of_password, hash_of_token

TOKEN = "a-token-for-tests"
"""Of the machines."""
PASSWORD = "a long password for tests"
LAN_TOKEN = "a-token-of-lan"
PEOPLE = {
    "lan": Account(
        name="Lan",
        role="administrator",
        password=hash_of_password(PASSWORD),
        tokens_sha256=[hash_of_token(LAN_TOKEN)],
    )
}
"""Who may come in, unless a test names others."""


@dataclass
class Clock:
    """Seconds since the epoch, moved by the test."""

    time: float

    def __call__(self) -> float:
        return self.time


@dataclass(frozen=True)
class Raw:
    """An answer that is no JSON in UTF-8."""

    body: bytes
    content_type: str = "text/plain"

    def answer(self, status: int) -> web.Response:
        return web.Response(body=self.body, status=status, headers={"Content-Type": self.content_type})


@dataclass
class HttpReceiver:
    """A real HTTP server that keeps what is posted to it, and answers as it is told."""

    url: str = ""
    received: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)
    """Answers to give first, as JSON or ready ones; then always 200."""
    hang_up: int = 0
    """So many requests are taken and not answered."""
    held: asyncio.Event = field(default_factory=asyncio.Event)
    """Until it is set nothing is answered."""

    def __post_init__(self) -> None:
        self.held.set()

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        with suppress(ValueError):
            self.received.append({"path": request.path, **json.loads(body or b"{}")})
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        await self.held.wait()
        if self.hang_up:
            self.hang_up -= 1
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        answer: tuple[int, Any] = (
            self.answers.pop(0) if self.answers else (200, {"ok": True, "result": {"message_id": "m1"}})
        )
        status, body = answer
        return body.answer(status) if isinstance(body, Raw) else web.json_response(body, status=status)


@asynccontextmanager
async def http_receiver(port: int | None = None) -> AsyncIterator[HttpReceiver]:
    receiver = HttpReceiver()
    application = web.Application()
    application.router.add_post("/{path:.*}", receiver.take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    port = port or free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    receiver.url = f"http://127.0.0.1:{port}"
    try:
        yield receiver
    finally:
        await runner.cleanup()


class MailReceiver:
    """A real SMTP server that keeps what it is given, and answers as it is told."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.answers: list[str] = []
        self.port = free_port()
        self._lock = threading.Lock()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        with self._lock:
            if self.answers:
                return self.answers.pop(0)
            self.messages.append(message_from_bytes(envelope.content or b"", policy=policy.default))  # type: ignore[arg-type]
            return "250 kept"


@dataclass
class RunningRelay:
    """A relay in this process, and clients that show what it asks for."""

    url: str
    """Its pages'."""
    client: httpx.AsyncClient
    """Lan's, with her own token."""
    machines: httpx.AsyncClient
    """Alertmanager's and Prometheus', at the address for them."""


async def until(condition: Callable[[], Any], limit: float = 15.0) -> None:
    """Wait until it holds; ``limit``: seconds."""
    async with asyncio.timeout(limit):
        while not condition():  # noqa: ASYNC110  (other processes set no event)
            await asyncio.sleep(0.02)


def heard(receiver: HttpReceiver) -> list[tuple[str, str]]:
    """Whom a receiver's messages were for, each with its kind."""
    return [(message["path"].strip("/"), message["kind"]) for message in receiver.received]
