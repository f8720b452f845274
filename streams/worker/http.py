"""The worker's web server: /metrics, /healthz and /readyz, from a thread that a hung event loop cannot hold up."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from streams.settings.listener import Listener
from streams.web.checks import HEALTH, READINESS, Reasons, verdict
from streams.web.server import CHALLENGE, REFUSAL, is_bearer

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class _Silent(WSGIRequestHandler):
    timeout = 30  # seconds that a connection may say nothing: each holds a thread

    def log_message(self, *_: Any) -> None:
        """Scrapes are not worth a line each."""


@contextmanager
def serve(listener: Listener, registry: CollectorRegistry, stuck: Reasons, unready: Reasons) -> Iterator[str]:
    """Serve until the context ends; yields the address of the metrics.

    /healthz answers 503 and the reasons while something is ``stuck``, /readyz while something is ``unready``.

    Raises:
        OSError: the address is taken.
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
                return _text(start_response, "401 Unauthorized", REFUSAL, CHALLENGE)
            answer: Iterable[bytes] = metrics(environ, start_response)
            return answer
        if path not in checks:
            return _text(start_response, "404 Not Found", "there are /metrics, /healthz and /readyz\n")
        status, text = verdict(checks[path]())
        return _text(start_response, f"{status} {HTTPStatus(status).phrase}", text)

    host, port = listener.host, listener.port
    with make_server(host, port, application, ThreadingWSGIServer, handler_class=_Silent) as server:
        if tls is not None:
            # Each connection shakes hands in its own thread: in this one, a slow one would hold up all.
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
        thread.start()
        try:
            yield f"{'http' if tls is None else 'https'}://{host}:{server.server_port}/metrics"
        finally:
            server.shutdown()


def _text(
    start_response: StartResponse, status: str, text: str, headers: Mapping[str, str] = MappingProxyType({})
) -> list[bytes]:
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), *headers.items()])
    return [text.encode()]
