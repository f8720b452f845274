"""The protocol of every server: a client's fault is a problem for the client, and no traceback in the log."""

import logging
from http import HTTPStatus
from typing import Any

from aiohttp import http_exceptions, web

from streams.web.problems import problem, problem_of

_log = logging.getLogger(__name__)
_OF_CLIENTS = (http_exceptions.HttpProcessingError, web.RequestPayloadError, ConnectionError)


class Protocol(web.RequestHandler):
    """One connection.

    aiohttp refuses what it cannot parse before any handler sees the request, in plain text, and logs a traceback.
    """

    __slots__ = ()

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
        case http_exceptions.ContentEncodingError():
            detail = "the body is in an encoding that is not read here: send it as it is, or with gzip or deflate"
            return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, field="Content-Encoding")
        case web.RequestPayloadError():
            return problem(HTTPStatus.BAD_REQUEST, f"the body cannot be read: {' '.join(str(error).split())}")
        case _:
            return problem(HTTPStatus.BAD_REQUEST, " ".join((message or str(error)).split()))
