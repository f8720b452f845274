"""The protocol of every server: a client's fault is a problem for the client, and no traceback in the log."""

import asyncio
import logging
from http import HTTPStatus
from typing import Any

from aiohttp import http_exceptions, web

from streams.web.connections import Connections, Phase
from streams.web.problems import problem, problem_of

_log = logging.getLogger(__name__)
_OF_CLIENTS = (http_exceptions.HttpProcessingError, web.RequestPayloadError, ConnectionError)


class Protocol(web.RequestHandler):
    """One connection.

    aiohttp refuses what it cannot parse before any handler sees the request, in plain text, and logs a traceback. It
    waits for a request's first lines, and for its rest, as long as the client likes; and unpacks bodies whatever comes
    out of them. Here each connection has its place among the server's, and bodies stay as they came.
    """

    __slots__ = ("_among", "_content", "_phase", "since")

    def __init__(self, server: web.Server, among: Connections) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), access_log=None, auto_decompress=False)  # type: ignore[arg-type]
        self._among = among
        self._content: Any = None
        self._begin(Phase.HEAD)

    @property
    def phase(self) -> Phase:
        """What it waits for."""
        if self._phase is Phase.BODY and self._content.is_eof():
            return Phase.ANSWER
        return self._phase

    def drop(self) -> None:
        """End it now, whatever is on its way."""
        if (transport := self.transport) is not None:
            transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if not self._among.enter(self):
            self.drop()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._among.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._phase is Phase.IDLE:
            self._begin(Phase.HEAD)
        super().data_received(data)

    async def _handle_request(self, request: web.BaseRequest, *rest: Any) -> tuple[web.StreamResponse, bool]:
        self._content = request.content
        self._begin(Phase.BODY)
        try:
            return await super()._handle_request(request, *rest)
        finally:
            self._begin(Phase.IDLE)

    def _begin(self, phase: Phase) -> None:
        self._phase = phase
        self.since = asyncio.get_running_loop().time()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer where no handler gave one."""
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun already")
        if isinstance(exc, _OF_CLIENTS):
            response = _refusal(exc, message)
        else:
            self.log_exception("a request was not handled: %s %s", request.method, request.path, exc_info=exc)
            response = problem(HTTPStatus(status), "a fault of this server; its log says more")
        response.force_close()
        return response

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send the answer; what a handler raised as an error of aiohttp's as a problem."""
        return await super().finish_response(
            request, problem_of(resp) if isinstance(resp, web.HTTPError) else resp, start_time
        )

    def log_exception(self, *args: Any, **options: Any) -> None:
        """Tell of a fault of ours; one of the client's is for those who look closely."""
        error = options.get("exc_info")
        if isinstance(error, _OF_CLIENTS):
            _log.debug("a client's fault: %s", error)
        else:
            _log.error(*args, **options)


def _refusal(error: BaseException, message: str | None) -> web.Response:
    match error:
        case http_exceptions.LineTooLong():
            detail = "the first line of the request, or a header, has more than 8190 bytes"
            return problem(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, detail)
        case web.RequestPayloadError():
            return problem(HTTPStatus.BAD_REQUEST, f"the body cannot be read: {' '.join(str(error).split())}")
        case _:
            return problem(HTTPStatus.BAD_REQUEST, " ".join((message or str(error)).split()))
