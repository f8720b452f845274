"""How long it takes from an event to the exporter's page, and to a webhook behind Prometheus and Alertmanager."""

import asyncio
import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import msgspec
import numpy as np
from ruamel.yaml import YAML

from bench.field import Field, environment_of
from bench.machine import PYTHON
from bench.mix import Mix
from bench.readings import KINDS, SLUG, Keyed, packaged_units, write_catalogue
from dashboards.alertmanager_config import alertmanager_config
from dashboards.prometheus_config import Static, prometheus_config
from dashboards.rules import rule_files
from ioc.catalogue import load
from ioc.kpis import metric_names
from ioc.scenarios.events import stamp
from streams.kafka.producer import Publisher
from streams.settings.settings import ClockKind, Settings
from streams.stack.children import Child
from streams.stack.monitoring import start_alertmanager, start_prometheus
from streams.stack.ports import free_port
from streams.stack.service import serve

RATES = (1_000, 10_000, 20_000)
"""Events a second."""

_PARTITIONS = 4
_SECONDS = 20
_SETTLING = 5
"""The first seconds of a rate are not measured."""

_POLL = 0.2
"""Seconds between two looks at the page, which is 4 MB: looking more often would be what takes the time."""
_TIME = re.compile(rb'("time":")[^"]*')
_CONSUMED = f"# TYPE {metric_names.EVENTS_CONSUMED} ".encode()


@dataclass(frozen=True)
class Latency:
    """From produce to the exporter's page, in s, at one rate."""

    rate: int
    """Events a second that were asked for."""
    reached: float
    """Events a second that were sent."""
    p50: float
    p99: float


@contextmanager
def exporter(field: Field, settings: Settings) -> Iterator[tuple[str, Child]]:
    """An `ioc exporter` that has read all figures; its address and process."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [PYTHON, "-m", "ioc.cli", "exporter"]
    environment = environment_of(settings) | {"IOC_EXPORTER_PORT": str(port)}
    service = serve(field.children, f"exporter-{port}", command, url=url, ready="/readyz", env=environment)
    try:
        yield url, service.child
    finally:
        service.child.stop()


def to_metrics(field: Field, told: Callable[[Latency], None]) -> list[Latency]:
    """Send the mix at each rate into a worker with the full catalogue and watch the exporter's page."""
    mix = Mix(_SECONDS * sum(RATES))
    filled = field.fill(field.settings("latency", partitions=_PARTITIONS), [*mix.catalogue.subsystems], ())
    events = iter(list(mix))
    found = []
    with (
        field.worker(filled, None) as (_, _, own),
        exporter(field, own.model_copy(update={"clock": ClockKind.WALL})) as (url, _),
    ):
        for rate in RATES:
            latency = asyncio.run(_at(rate, url, filled.settings, itertools.islice(events, rate * _SECONDS)))
            told(latency)
            found.append(latency)
    return found


async def _at(rate: int, url: str, settings: Settings, events: Iterator[Keyed]) -> Latency:
    async with httpx.AsyncClient(timeout=10) as client:
        seen: list[tuple[float, int]] = [(0.0, await _consumed(client, url))]
        sending = asyncio.create_task(send(rate, settings, list(events)))
        # Each event is sent at its own moment, so that the count on the page tells which have arrived.
        while not (sending.done() and seen[-1][1] >= seen[0][1] + len(sending.result())):
            await asyncio.sleep(_POLL)
            seen.append((time.monotonic(), await _consumed(client, url)))
    sent = np.array(sending.result())
    shown_at = np.array([moment for moment, _ in seen[1:]])
    shown = np.array([count - seen[0][1] for _, count in seen[1:]])
    numbers = np.arange(rate * _SETTLING, len(sent))
    waited = shown_at[np.searchsorted(shown, numbers, side="right")] - sent[numbers]
    p50, p99 = np.percentile(waited, [50, 99])
    return Latency(rate, float(len(sent) / (sent[-1] - sent[0])), float(p50), float(p99))


async def send(rate: int, settings: Settings, events: Sequence[Keyed]) -> list[float]:
    """Send events at a rate; returns when each was."""
    names, sent = settings.names, []
    async with Publisher(settings) as publisher:
        begin = time.monotonic()
        for number, event in enumerate(events):
            if (ahead := begin + number / rate - time.monotonic()) > 0:
                await asyncio.sleep(ahead)
            if number % 100 == 0:
                await asyncio.sleep(0)
            sent.append(time.monotonic())
            await publisher.send(names.events(event.subsystem), event.key, happening_now(event.value))
    return sent


def happening_now(value: bytes) -> bytes:
    """An event as it is when it happens while it is sent: live feeds fill the panes of now, not those of two days."""
    live, found = _TIME.subn(lambda found: found[1] + stamp(int(time.time())), value, count=1)
    assert found, value
    return live


async def _consumed(client: httpx.AsyncClient, url: str) -> int:
    page = (await client.get(f"{url}/metrics")).content
    family = page.partition(_CONSUMED)[2].partition(b"#")[0]
    return sum(int(float(sample.rpartition(b" ")[2])) for sample in family.splitlines()[1:])


# From an event to a person


def to_webhook(field: Field, told: Callable[[float], None]) -> list[float]:
    """Cross one limit after the other with one event each; s until the webhook hears of it."""
    catalogue = _with_limits(write_catalogue(field.folder / "limits"))
    settings = field.settings("webhook", partitions=_PARTITIONS, catalogue=catalogue)
    filled = field.fill(settings, [SLUG], ())
    heard: dict[str, float] = {}
    found = []
    with (
        _webhook(heard) as webhook,
        field.worker(filled, catalogue) as (_, _, own),
        exporter(field, own.model_copy(update={"clock": ClockKind.WALL})) as (url, _),
        _monitoring(field, catalogue, url, webhook),
    ):
        unit = packaged_units()[0]
        asyncio.run(send(1000, settings, [_alarm(KINDS[0], unit, 0)]))
        time.sleep(20)  # the feed speaks and every rule has been evaluated
        for number, kind in enumerate(KINDS[1:], 1):
            # Each at another phase of the scrapes.
            time.sleep(1.0 * number)
            began = time.monotonic()
            asyncio.run(send(1000, settings, [_alarm(kind, unit, number)]))
            while f"alarms_{kind}" not in heard and time.monotonic() < began + 60:
                time.sleep(0.02)
            found.append(heard.get(f"alarms_{kind}", float("inf")) - began)
            told(found[-1])
    return found


def _alarm(kind: str, unit: str, number: int) -> Keyed:
    """A reading of a kind."""
    value = {
        "specversion": "1.0",
        "id": f"alarm-{number}",
        "source": "/bench/readings",
        "type": "vn.phutho.readings.reading.taken.v1",
        "time": "",
        "data": {"device": f"alarm_{kind}", "unit": unit, "kind": kind, "grade": "d", "value": 1.0},
    }
    return Keyed(SLUG, f"alarm_{kind}".encode(), msgspec.json.encode(value))


def _with_limits(catalogue: Path) -> Path:
    """One KPI with a limit for each kind of device but the first: red from the first reading on, without a hold."""
    yaml, file = YAML(), catalogue / "subsystems" / f"{SLUG}.yaml"
    subsystem = yaml.load(file)
    limits = {"direction": "above", "critical": 1, "hold": "0s", "alert": "page", "reason": "M: for the benchmark"}
    for kind in KINDS[1:]:
        own = {"by": [], "windows": ["today"], "where": {"kind": [kind]}, "limits": limits}
        subsystem["kpis"][f"alarms_{kind}"] = dict(subsystem["kpis"][SLUG]) | own
    yaml.dump(subsystem, file)
    return catalogue


@contextmanager
def _monitoring(field: Field, catalogue: Path, exporter_url: str, webhook: str) -> Iterator[None]:
    """Prometheus and Alertmanager with the product's own rules and configuration."""
    config = field.folder / "monitoring"
    (config / "rules").mkdir(parents=True)
    for name, text in rule_files(load(catalogue)).items():
        (config / "rules" / name).write_text(text)
    (config / "alertmanager.yml").write_text(alertmanager_config(load(catalogue), webhook))
    alertmanager = start_alertmanager(field.children, field.folder / "alertmanager", config / "alertmanager.yml")
    addresses = [url.removeprefix("http://") for url in (exporter_url, alertmanager.url)]
    nothing = Static([])
    (config / "prometheus.yml").write_text(
        prometheus_config(
            exporters=Static(addresses[:1]),
            workers=nothing,
            relays=nothing,
            nodes=nothing,
            prometheus=nothing,
            alertmanagers=Static(addresses[1:]),
        )
    )
    prometheus = start_prometheus(field.children, field.folder / "prometheus", config / "prometheus.yml")
    try:
        yield
    finally:
        prometheus.child.stop()
        alertmanager.child.stop()


@contextmanager
def _webhook(heard: dict[str, float]) -> Iterator[str]:
    """A receiver that notes when it first heard of each KPI."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for alert in body["alerts"]:
                heard.setdefault(alert["labels"].get("kpi", ""), time.monotonic())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
