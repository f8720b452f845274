"""Stands in for Grafana, which no package registry has: a small server of the routes that `ioc grafana` uses.

Routes and shapes of replies are those of Grafana's published API documentation
(https://grafana.com/docs/grafana/latest/developers/http_api/: folder/dashboard search, dashboard by uid, annotations,
data source proxy by uid). Queries go on to a real Prometheus, as Grafana's proxy does. Nothing here proves that Grafana
itself draws a panel: `make test-grafana` asks a real one.
"""

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

PASSWORD = "made-up"
DATASOURCE = "ioc-prometheus"
_PROXY = f"/api/datasources/proxy/uid/{DATASOURCE}"


@dataclass
class StandIn:
    """What it knows, and what it was told."""

    prometheus: str
    dashboards: Mapping[str, Mapping[str, Any]]
    """By uid."""
    annotations: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Any]:
        """Status and JSON of a request."""
        parts = urlsplit(target)
        asked = parse_qs(parts.query)
        if method == "GET" and parts.path == "/api/search":
            return 200, [
                {
                    "id": number,
                    "uid": uid,
                    "title": dashboard["title"],
                    "url": f"/d/{uid}",
                    "type": "dash-db",
                    "tags": dashboard["tags"],
                    "isStarred": False,
                    "folderUid": "ioc-vi",
                    "folderTitle": "IOC",
                }
                for number, (uid, dashboard) in enumerate(self.dashboards.items(), 1)
                if set(asked.get("tag", [])) <= set(dashboard["tags"])
            ]
        if method == "GET" and parts.path.startswith("/api/dashboards/uid/"):
            found = self.dashboards.get(parts.path.rpartition("/")[2])
            if found is None:
                return 404, {"message": "Dashboard not found", "status": "not-found"}
            return 200, {"dashboard": found, "meta": {"isStarred": False, "provisioned": True, "folderUid": "ioc-vi"}}
        if method == "GET" and parts.path.startswith(_PROXY):
            return self._proxied(f"{parts.path.removeprefix(_PROXY)}?{parts.query}")
        if method == "POST" and parts.path == "/api/annotations":
            self.annotations.append(json.loads(body))
            return 200, {"message": "Annotation added", "id": len(self.annotations)}
        return 404, {"message": "Not found"}

    def _proxied(self, target: str) -> tuple[int, Any]:
        try:
            with urlopen(f"{self.prometheus}{target}", timeout=30) as reply:  # noqa: S310 (a local server's)
                return reply.status, json.load(reply)
        except HTTPError as error:
            return error.code, json.load(error)


@contextmanager
def standing_in(prometheus: str, dashboards: Mapping[str, Mapping[str, Any]]) -> Iterator[StandIn]:
    """A stand-in that answers on 127.0.0.1."""
    stand_in = StandIn(prometheus, dashboards)
    allowed = "Basic " + base64.b64encode(f"admin:{PASSWORD}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, reply = 401, {"message": "Invalid username or password"}
            if self.headers.get("Authorization") == allowed:
                status, reply = stand_in.answer(self.command, self.path, body)
            data = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=UTF-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stand_in.url = f"http://127.0.0.1:{server.server_port}"
        yield stand_in
        server.shutdown()
