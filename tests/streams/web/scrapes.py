"""What every page of metrics must do with what a scrape asks for."""

import gzip
from collections.abc import Mapping
from types import MappingProxyType

import httpx
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

PROMETHEUS = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.1"
"""As Prometheus asks."""
READERS = {
    PROMETHEUS: ("application/openmetrics-text", openmetrics.text_string_to_metric_families),
    "text/plain": ("text/plain", text_string_to_metric_families),
    "*/*": ("text/plain", text_string_to_metric_families),
}
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


def check_negotiation(url: str, headers: Mapping[str, str] = _NO_HEADERS) -> None:
    """Scrape a page in each format, packed and not, and read it with that format's own reader."""
    told = {}
    for accept, (kind, read) in READERS.items():
        for encoding in ("gzip", "identity"):
            asked = {**headers, "Accept": accept, "Accept-Encoding": encoding}
            with httpx.stream("GET", url, headers=asked, trust_env=False, timeout=60) as answer:
                body = b"".join(answer.iter_raw())
            assert answer.status_code == 200
            assert answer.headers["Content-Type"].startswith(f"{kind}; version=")
            assert answer.headers.get("Content-Encoding") == ("gzip" if encoding == "gzip" else None)
            page = (gzip.decompress(body) if encoding == "gzip" else body).decode()
            told[accept] = {sample.name for family in read(page) for sample in family.samples}
    assert told[PROMETHEUS] == told["text/plain"] == told["*/*"] != set()
