"""The worker's web server: /metrics, /healthz and /readyz, from a thread that a hung event loop cannot hold up."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

Reasons = Callable[[], list[str]]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Scrapes are not worth a line each."""


@contextmanager
def serve(host: str, port: int, registry: CollectorRegistry, stuck: Reasons, unready: Reasons) -> Iterator[int]:
    """Serve until the context ends; yields the port, which is a free one where ``port`` is 0.

    /healthz answers 503 and the reasons while something is ``stuck``, /readyz while something is ``unready``.

    Raises:
        OSError: the address is taken.
    """
    checks = {"/healthz": stuck, "/readyz": unready}
    metrics = make_wsgi_app(registry)

    def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            answer: Iterable[bytes] = metrics(environ, start_response)
            return answer
        if path not in checks:
            return _text(start_response, "404 Not Found", "there are /metrics, /healthz and /readyz")
        reasons = checks[path]()
        return _text(start_response, "503 Service Unavailable" if reasons else "200 OK", "\n".join(reasons) or "ok")

    with make_server(host, port, application, ThreadingWSGIServer, handler_class=_Silent) as server:
        thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


def _text(start_response: StartResponse, status: str, text: str) -> list[bytes]:
    start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [f"{text}\n".encode()]
