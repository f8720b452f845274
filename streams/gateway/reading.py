"""A request's body as the events that it holds: read, unpacked, split and admitted within bounds.

What is more than a few events is worked on in a thread, one request at a time: the event loop goes on answering others,
and no more than one body is in memory several times over.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import TypeVar

from aiohttp import web

from ioc.events.admission import Admission, Admitted
from ioc.events.decoding import Rejection
from ioc.time.instants import ms_from_float
from streams.gateway.binding import Message, Mode, messages_of
from streams.gateway.problems import MOST_TOLD, EventProblem, Refused
from streams.gateway.rates import RateLimit
from streams.gateway.unpacking import ENCODINGS, TooLarge, unpacked

_Made = TypeVar("_Made")

_READ_TIMEOUT = 30.0
"""Seconds in which a request's body must arrive."""
_FEW_BYTES, _FEW_EVENTS = 16 * 1024, 50
"""So much is done within some milliseconds, for which no thread is worth while."""


async def read_body(request: web.Request, take: Callable[[int], None], most: int) -> bytes:
    """The body as it came; each piece is told to ``take``. Raises Refused, and what ``take`` raises."""
    body = bytearray()
    try:
        async with asyncio.timeout(_READ_TIMEOUT):
            async for piece in request.content.iter_any():
                take(len(piece))
                body += piece
                if len(body) > most:
                    raise _too_large(most)
    except TimeoutError:
        detail = f"the body did not arrive within {_READ_TIMEOUT:g} s"
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, "slow", detail) from None
    except web.RequestPayloadError as error:
        detail = f"the body cannot be read: {' '.join(str(error).split())}"
        raise Refused(HTTPStatus.BAD_REQUEST, "malformed", detail) from None
    return bytes(body)


class Decoder:
    """Makes events of bodies.

    Args:
        largest: bytes of a body, unpacked.
        most: events of a request.
    """

    def __init__(self, admission: Admission, largest: int, most: int) -> None:
        self._admission = admission
        self._largest = largest
        self._most = most
        self._one_at_a_time = asyncio.Lock()

    async def messages(self, mode: Mode, body: bytes, request: web.Request, limit: RateLimit) -> list[Message]:
        """The events of a body, not yet looked at; the sender's limit is charged for them. Raises Refused."""
        encoding = request.headers.get("Content-Encoding", "").lower()
        headers = [*request.headers.items()]
        count = size = 0

        def split() -> list[Message]:
            nonlocal count, size
            plain = unpacked(body, encoding, self._largest)
            size = len(plain)
            messages = messages_of(mode, plain, headers, self._most)
            count = len(messages)
            return messages

        try:
            return await self._done(split, is_little=encoding not in ENCODINGS and len(body) <= _FEW_BYTES)
        except TooLarge:
            size = self._largest
            raise _too_large(self._largest) from None
        except Rejection as rejection:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if rejection.reason == "too_many" else HTTPStatus.BAD_REQUEST
            raise Refused(status, rejection.reason, rejection.detail, field=rejection.field) from None
        finally:
            limit.spend(count, size)

    async def admitted(self, messages: Sequence[Message]) -> list[Admitted]:
        """The events as they are to be sent. Raises Refused where one is at fault."""
        return await self._done(lambda: self._admit(messages), is_little=len(messages) <= _FEW_EVENTS)

    def _admit(self, messages: Sequence[Message]) -> list[Admitted]:
        now = ms_from_float(time.time())
        admitted: list[Admitted] = []
        faults: list[EventProblem] = []
        for index, message in enumerate(messages):
            try:
                admitted.append(self._admission.admit(message.value, message.headers, now))
            except Rejection as rejection:
                faults.append(EventProblem.of(index, rejection))
                if len(faults) > MOST_TOLD:
                    break
        if faults:
            too_large = all(fault.reason == "too_large" for fault in faults)
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_large else HTTPStatus.BAD_REQUEST
            raise Refused.for_faults(status, faults)
        return admitted

    async def _done(self, work: Callable[[], _Made], *, is_little: bool) -> _Made:
        if is_little:
            return work()
        async with self._one_at_a_time:
            return await asyncio.to_thread(work)


def _too_large(most: int) -> Refused:
    return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"the body has more than {most:,} bytes")
