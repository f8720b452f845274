"""Refusals as problem details (RFC 9457), of whichever server: a reason to group by, the field, and what to do."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from aiohttp import web

from ioc.events.openapi import PROBLEM

_log = logging.getLogger(__name__)

CHALLENGE = {"WWW-Authenticate": "Bearer"}
_REASONS = {
    HTTPStatus.BAD_REQUEST: "malformed",
    HTTPStatus.UNAUTHORIZED: "unknown_token",
    HTTPStatus.NOT_FOUND: "no_such_path",
    HTTPStatus.METHOD_NOT_ALLOWED: "method",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "encoding",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "header_too_large",
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


def problem_text(status: HTTPStatus, detail: str, *, reason: str = "", field: str = "", **more: object) -> str:
    """The body; without a ``reason`` of its own a status has the usual one."""
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "reason": reason or _REASONS.get(status, "refused"),
        "field": field,
        "detail": detail,
    }
    return json.dumps(body | more, ensure_ascii=False)


def problem(
    status: HTTPStatus,
    detail: str,
    *,
    reason: str = "",
    field: str = "",
    headers: Mapping[str, str] = _NO_HEADERS,
    **more: object,
) -> web.Response:
    """The answer."""
    text = problem_text(status, detail, reason=reason, field=field, **more)
    return web.Response(status=status, text=text, content_type=PROBLEM, headers=headers)


def problem_of(error: web.HTTPError) -> web.Response:
    """The answer that an error of aiohttp's stands for."""
    status = HTTPStatus(error.status)
    headers = {name: text for name, text in error.headers.items() if name in {"Allow", "Retry-After"}}
    said = error.text if error.text != f"{error.status}: {error.reason}" else None
    return problem(status, said or status.description or status.phrase, headers=headers)


def not_now(request: web.Request, error: OSError) -> web.Response:
    """The answer, and the line of the log, where what is asked needs something that cannot be used now."""
    _log.error("%s %s: %s", request.method, request.path, error)
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
