"""Metrics in the format and packing that a scrape asks for, as prometheus_client's own servers give them."""

from collections.abc import Callable
from typing import NamedTuple, Self

from aiohttp import hdrs, web
from prometheus_client import generate_latest
from prometheus_client.exposition import choose_encoder, gzip_accepted
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

_OPENMETRICS = "application/openmetrics-text"
_PACKED_IN_THE_LOOP = 64 * 1024
"""Bytes; more are packed in a thread, as a megabyte takes tens of milliseconds."""


class MetricsPage(NamedTuple):
    """A page of metrics in both formats, of which a scrape asks for one."""

    text: Callable[[], bytes]
    """In Prometheus' text format."""
    openmetrics: Callable[[], bytes]

    @classmethod
    def of(cls, registry: Collector) -> Self:
        """What a registry collects."""
        return cls(lambda: generate_latest(registry), lambda: generate_openmetrics(registry))

    def answer(self, request: web.Request) -> web.Response:
        """The page as a scrape asks for it."""
        # All names are of the letters that every version of both formats takes, so that no escaping changes them.
        _, content_type = choose_encoder(",".join(request.headers.getall(hdrs.ACCEPT, [])))
        body = self.openmetrics() if content_type.startswith(_OPENMETRICS) else self.text()
        response = web.Response(
            body=body, headers={"Content-Type": content_type}, zlib_executor_size=_PACKED_IN_THE_LOOP
        )
        if gzip_accepted(",".join(request.headers.getall(hdrs.ACCEPT_ENCODING, []))):
            response.enable_compression(web.ContentCoding.gzip)
        return response
