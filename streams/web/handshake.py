"""A TLS handshake has a place among a server's connections, as what comes after it has.

asyncio's own servers make a protocol's connection only once its handshake is over: until then nobody counts it, and it
holds a file and a quarter of a megabyte. Here a connection is accepted as it comes, takes its place, and then shakes
hands.
"""

import asyncio
import ssl
from asyncio import sslproto
from collections.abc import Callable

from streams.web import connections
from streams.web.connections import Connections, Phase

_BUFFER_BYTES = 32 * 1024
"""Of each connection under TLS; a record has 16 KiB at the most."""


def keep_buffers_small() -> None:
    """Let asyncio give a connection under TLS a buffer of two records, instead of one of 256 KiB.

    One that left amid its handshake holds it until garbage is collected: as many as come in between would hold as many.
    """
    sslproto.SSLProtocol.max_size = _BUFFER_BYTES


class Handshake(asyncio.Protocol):
    """One connection until its handshake is over; then ``made`` is what it goes on as."""

    phase = Phase.HANDSHAKE

    def __init__(self, tls: ssl.SSLContext, among: Connections, made: Callable[[], asyncio.Protocol]) -> None:
        self._tls = tls
        self._among = among
        self._made = made
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._shaking: asyncio.Task[None] | None = None
        self._early: list[bytes] = []
        self.since = self._loop.time()

    def drop(self) -> None:
        """End it now."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        # Nothing may be read before TLS reads it.
        transport.pause_reading()
        if self._among.enter(self):
            self._shaking = self._loop.create_task(self._shake(transport))
        else:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """What came with the last part of the handshake, before anybody could take it."""
        self._early.append(data)

    async def _shake(self, transport: asyncio.Transport) -> None:
        try:
            secured = await self._loop.start_tls(
                transport, self, self._tls, server_side=True, ssl_handshake_timeout=connections.SECONDS[self.phase]
            )
        except OSError:
            # No TLS, or no client any more.
            secured = None
        finally:
            self._among.leave(self)
        if secured is None or secured.is_closing():
            transport.abort()
            return
        protocol = self._made()
        secured.set_protocol(protocol)
        protocol.connection_made(secured)
        for data in self._early:
            protocol.data_received(data)
