"""From an exporter's page through a real Prometheus and Alertmanager, for tests of what reaches people."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from dashboards.alertmanager_config import alertmanager_config
from dashboards.prometheus_api import Prometheus
from dashboards.prometheus_config import Access, File, prometheus_config
from dashboards.rules import rule_files
from dashboards.rules.names import RELAY_JOB
from dashboards.rules.timing import EVALUATION
from ioc.catalogue.calendar import WorkingCalendar
from ioc.catalogue.feeds import feeds_of_kpi
from ioc.cli.alert_figures import PrometheusFigures
from ioc.kpis import metric_names, platform_metrics
from ioc.kpis.limits import effective_limits
from ioc.kpis.status import Certainty, GreyReason
from ioc.notices.book import book_of
from streams.relay.relay import Relay
from streams.settings.settings import load_settings
from streams.stack import Service, Stack
from streams.stack.ports import free_port
from streams.web.people.accounts import write_accounts
from tests.packaged import packaged_catalogue
from tests.streams.relay.receivers import LAN_TOKEN, PEOPLE, TOKEN


@dataclass
class Exporter:
    """What the exporter and the worker say; lines of Prometheus' text format by series."""

    series: dict[str, float] = field(default_factory=lambda: {platform_metrics.EXPORTER_CHECKPOINT.name: 0.0})
    worker: bool = True
    answers: bool = True

    def page(self) -> bytes | None:
        if not self.answers:
            return None
        return "".join(f"{series} {float(value)}\n" for series, value in list(self.series.items())).encode()

    def hear(self, subsystem: str, **silence: float) -> None:
        """All feeds of a subsystem speak, but those that are silent for so many seconds; each may be for 600."""
        spec = packaged_catalogue().subsystems[subsystem]
        for feed in spec.feeds:
            labels = f'{{subsystem="{subsystem}",feed="{feed}"}}'
            self.series[metric_names.FEED_SILENCE + labels] = silence.get(feed, 0)
            self.series[metric_names.FEED_EXPECTED_INTERVAL + labels] = 600
            self.series[metric_names.FEED_IN_HOURS + labels] = 1
        for kpi in spec.kpis:
            labels = f'{{subsystem="{subsystem}",kpi="{kpi}"}}'
            silent = any(silence.get(feed, 0) > 600 for feed in feeds_of_kpi(spec, kpi))
            self.series[metric_names.KPI_KNOWLEDGE + labels] = Certainty.UNKNOWN if silent else Certainty.KNOWN
            if silent:
                self.series[metric_names.KPI_DOUBT + labels] = GreyReason.FEED_SILENT
        self.head(subsystem, 0.5)

    def head(self, subsystem: str, value: float | None) -> None:
        """The headline, where it has no limits and no other figure is it, has a value, or none."""
        spec = packaged_catalogue().subsystems[subsystem]
        kpi = spec.kpis[spec.headline]
        if effective_limits(kpi) is not None:
            return
        metric = metric_names.metric_name(subsystem, spec.headline, kpi)
        labels = f'{{subsystem="{subsystem}",window="{kpi.windows[0]}"}}'
        self.series.pop(metric + labels, None)
        if value is not None:
            self.series[metric + labels] = value
            self.series[metric_names.numerator_name(metric) + labels] = value * 38_500
            self.series[metric_names.denominator_name(metric) + labels] = 38_500


def serve(exporter: Exporter) -> Iterator[tuple[str, str]]:
    """Addresses of the exporter and of a worker."""

    def handler(page: Callable[[], bytes | None]) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = page()
                self.send_response(200 if body is not None else 500)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler

    pages = (exporter.page, lambda: b"up_since 1\n" if exporter.worker else None)
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler(page)) for page in pages]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield tuple(f"127.0.0.1:{server.server_port}" for server in servers)  # type: ignore[misc]
    for server in servers:
        server.shutdown()
        server.server_close()


def faster(text: str, divided_by: int) -> str:
    """Holds and Alertmanager's waiting times, all divided."""
    names = "for|keep_firing_for|group_wait|group_interval"
    return re.sub(rf"\b({names}): (\d+)s", lambda m: f"{m[1]}: {max(1, int(m[2]) // divided_by)}s", text)


def start_monitoring(
    stack: Stack,
    folder: Path,
    addresses: tuple[str, str],
    relay_port: int,
    *,
    divided_by: int = 1,
    dead_workers: Sequence[str] = (),
) -> tuple[Service, Service]:
    """Prometheus and Alertmanager as they run in production, all waiting times divided."""
    config = folder / "config"
    (config / "rules").mkdir(parents=True)
    for name, text in rule_files(packaged_catalogue()).items():
        (config / "rules" / name).write_text(faster(text, divided_by))
    (config / "token").write_text(TOKEN)
    alertmanager_file = config / "alertmanager.yml"
    token, relay = str(config / "token"), f"127.0.0.1:{relay_port}"
    alertmanager_file.write_text(
        faster(alertmanager_config(packaged_catalogue(), f"http://{relay}", token_file=token), divided_by)
    )
    jobs = ("exporters", "workers", "relays", "nodes", "alertmanagers", "prometheus")
    targets = {job: File(f"targets/{job}.json") for job in jobs}
    interval = f"{EVALUATION // divided_by}s"
    prometheus_file = config / "prometheus.yml"
    access = {RELAY_JOB: Access(token)}
    prometheus_file.write_text(prometheus_config(**targets, interval=interval, access=access))
    alertmanager = stack.start_alertmanager(alertmanager_file)
    exporter, worker = addresses
    prometheus = stack.start_prometheus(
        prometheus_file,
        targets={
            "exporters": [exporter],
            "workers": [worker, *dead_workers],
            "relays": [relay],
            "nodes": [],
            "alertmanagers": [alertmanager.url.removeprefix("http://")],
            "prometheus": [],
        },
    )
    return prometheus, alertmanager


@asynccontextmanager
async def relay_of(
    monitoring: tuple[Service, Service],
    folder: Path,
    port: int,
    contacts: str,
    clock: Callable[[], float],
    **settings: Any,
) -> AsyncIterator[httpx.AsyncClient]:
    """A relay that runs in the test beside Prometheus and Alertmanager, with more ``settings``; a client that is Lan.

    ``port`` is where Alertmanager finds it, ``contacts`` its file's text.
    """
    (prometheus, alertmanager), catalogue, pages = monitoring, packaged_catalogue(), free_port()
    write_accounts(folder / "accounts.yaml", PEOPLE)
    (folder / "contacts.yaml").write_text(contacts)
    told = load_settings(
        relay={
            "contacts": folder / "contacts.yaml",
            "database": folder / "relay.sqlite",
            "port": pages,
            "url": f"http://127.0.0.1:{pages}",
            "tick": 0.5,
            "heartbeat_timeout": 1e9,
        },
        relay_machines={"token": TOKEN, "port": port},
        people={"accounts": folder / "accounts.yaml"},
        alertmanager_url=alertmanager.url,
        prometheus_url=prometheus.url,
        **settings,
    )
    listening = asyncio.Event()
    relay = Relay(
        told,
        book_of(catalogue),
        WorkingCalendar.of(catalogue.province.calendar),
        PrometheusFigures(catalogue, Prometheus(prometheus.url)),
        clock,
        lambda _: listening.set(),
    )
    running = asyncio.create_task(relay.run())
    await asyncio.wait_for(listening.wait(), 30)
    headers = {"Authorization": f"Bearer {LAN_TOKEN}"}
    async with httpx.AsyncClient(base_url=str(told.relay.url), headers=headers, trust_env=False) as client:
        yield client
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def crowd(exporter: Exporter, inside: float, capacity: float) -> None:
    for site in ("", 'site="den_hung"'):
        labels = f'subsystem="tourism",window="today"{"," if site else ""}{site}'
        exporter.series[f"ioc_tourism_crowd_ratio{{{labels}}}"] = inside / capacity
        exporter.series[f"ioc_tourism_crowd_ratio_numerator{{{labels}}}"] = inside
        exporter.series[f"ioc_tourism_crowd_ratio_denominator{{{labels}}}"] = capacity
