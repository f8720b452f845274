"""The worker's web server: /metrics, /healthz and /readyz, from a thread that a hung event loop cannot hold up."""

import logging
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from ioc.events.openapi import PROBLEM
from streams.settings.listener import Listener
from streams.web.address import address_of, listening_at
from streams.web.checks import HEALTH, READINESS, Reasons, verdict
from streams.web.here import FOREIGN, is_own_name
from streams.web.problems import CHALLENGE, problem_text
from streams.web.server import UNKNOWN_BEARER, is_bearer

_log = logging.getLogger(__name__)

_MOST = 50
"""Connections at once: each is one of the few that scrape or check, and answered in milliseconds."""

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class _Connection(WSGIRequestHandler):
    timeout = 30  # seconds that a connection may say nothing: each holds a thread

    def log_message(self, *_: Any) -> None:
        """Scrapes are not worth a line each."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is no request."""
        status = HTTPStatus(code)
        # What it could not read as a version it takes for 0.9, which has no headers.
        self.request_version = self.protocol_version
        body = problem_text(status, message or status.description).encode()
        self.send_response(code)
        self.send_header("Content-Type", PROBLEM)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingWSGIServer):
    request_queue_size = 64

    def __init__(self, *args: Any, **options: Any) -> None:
        self._open: dict[Any, None] = {}
        super().__init__(*args, **options)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a new connection its thread; where there are too many, that of the oldest one ends."""
        if len(self._open) >= _MOST:
            oldest = next(iter(self._open))
            del self._open[oldest]
            with suppress(OSError):
                oldest.shutdown(socket.SHUT_RDWR)
        self._open[request] = None
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of a fault of ours; clients that hang up or speak no TLS are for those who look closely."""
        ours = not isinstance(sys.exception(), OSError)
        _log.log(logging.ERROR if ours else logging.DEBUG, "a request of %s", client_address, exc_info=ours)


class _ServerOfIPv6(_Server):
    address_family = socket.AF_INET6


@contextmanager
def serve(listener: Listener, registry: CollectorRegistry, stuck: Reasons, unready: Reasons) -> Iterator[str]:
    """Serve until the context ends; yields the address of the metrics.

    /healthz answers 503 and the reasons while something is ``stuck``, /readyz while something is ``unready``.

    Raises:
        OSError: it cannot listen there; says where, and what to set.
        TlsError: the certificate cannot be used.
    """
    checks = {HEALTH: stuck, READINESS: unready}
    metrics = make_wsgi_app(registry)
    token = listener.secret
    tls = listener.tls()

    def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            if not is_bearer(environ.get("HTTP_AUTHORIZATION"), token):
                return _refuse(start_response, HTTPStatus.UNAUTHORIZED, UNKNOWN_BEARER, CHALLENGE)
            if token is None and listener.local and not is_own_name(environ.get("HTTP_HOST", "")):
                return _refuse(start_response, HTTPStatus.FORBIDDEN, FOREIGN)
            answer: Iterable[bytes] = metrics(environ, start_response)
            return answer
        if path not in checks:
            return _refuse(start_response, HTTPStatus.NOT_FOUND, "there are /metrics, /healthz and /readyz")
        status, text = verdict(checks[path]())
        return _answer(start_response, HTTPStatus(status), "text/plain; charset=utf-8", text)

    host, port = listener.host, listener.port
    kind = _ServerOfIPv6 if ":" in host else _Server
    with listening_at(listener):
        bound = make_server(host, port, application, kind, handler_class=_Connection)
    with bound as server:
        if tls is not None:
            # Each connection shakes hands in its own thread: in this one, a slow one would hold up all.
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
        thread.start()
        try:
            yield f"{address_of('http' if tls is None else 'https', host, server.server_port)}/metrics"
        finally:
            server.shutdown()


def _refuse(
    start_response: StartResponse, status: HTTPStatus, detail: str, headers: Mapping[str, str] = MappingProxyType({})
) -> list[bytes]:
    return _answer(start_response, status, PROBLEM, problem_text(status, detail), headers)


def _answer(
    start_response: StartResponse,
    status: HTTPStatus,
    content_type: str,
    text: str,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> list[bytes]:
    start_response(f"{status.value} {status.phrase}", [("Content-Type", content_type), *headers.items()])
    return [text.encode()]
