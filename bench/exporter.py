"""What more than 50,000 series cost the exporter: per scrape, over real HTTP, and per change of figures."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import numpy as np

from bench import profiles
from bench.field import Field
from bench.latency import exporter
from bench.machine import cpu_seconds, peak_megabytes
from bench.readings import SLUG, SPAN, START, Keyed, Readings, packaged_units, write_catalogue
from ioc.kpis import platform_metrics
from streams.kafka.producer import Publisher
from streams.settings.settings import Settings

_KPIS = 235
"""So many of them, in their breakdowns and windows, make some 98,000 series of 174 units."""
_EVENTS = 100_000
_CHANGES = 40_000
_SCRAPES = 100
_CHANGING = 20.0
_RENDER_SECONDS = f"\n{platform_metrics.EXPORTER_RENDER_SECONDS} ".encode()
"""Seconds during which figures change all the time."""


@dataclass(frozen=True)
class Cost:
    """Times in s, sizes in MB."""

    series: int
    page: float
    scrape_p50: float
    scrape_p99: float
    scrape_cpu: float
    change_seconds: float
    """Median time that making the page anew took."""
    change_cpu: float
    """Processor time per page made anew, reading the changed figures included."""
    resident: float


def cost(field: Field) -> Cost:
    """Measure an exporter on its own, then one whose figures change."""
    readings = Readings(_EVENTS, packaged_units())
    catalogue = write_catalogue(field.folder / "series", kpis=_KPIS)
    settings = field.settings("series", partitions=4, catalogue=catalogue)
    filled = field.fill(settings, [SLUG], readings)
    changes = iter(Readings(_CHANGES, packaged_units(), start=START + SPAN, span=600))
    with field.worker(filled, catalogue) as (_, progress, own), exporter(field, own) as (url, child):
        field.wait_for([progress], filled.records)
        with httpx.Client(timeout=30) as client:
            _settle(client, url)
            page = client.get(f"{url}/metrics").content
            series = sum(not line.startswith(b"#") for line in page.splitlines())
            cpu, times = cpu_seconds(child.pid), []
            for _ in range(_SCRAPES):
                began = time.perf_counter()
                client.get(f"{url}/metrics")
                times.append(time.perf_counter() - began)
            scrape_cpu = (cpu_seconds(child.pid) - cpu) / _SCRAPES
            p50, p99 = np.percentile(times, [50, 99])
            cpu = cpu_seconds(child.pid)
            renders, scrapes = asyncio.run(_change(url, settings, changes))
            change_cpu = (cpu_seconds(child.pid) - cpu - scrapes * scrape_cpu) / max(1, len(renders))
            resident = peak_megabytes(child.pid)
            with profiles.sampled(child.pid, "exporter", field.folder):
                asyncio.run(_change(url, settings, changes))
    return Cost(
        series, len(page) / 1e6, float(p50), float(p99), scrape_cpu, float(np.median(renders)), change_cpu, resident
    )


def _settle(client: httpx.Client, url: str) -> None:
    """Wait until the page says the same twice."""
    former = b""
    while (page := client.get(f"{url}/metrics").content) != former:
        former = page
        time.sleep(2)


async def _change(url: str, settings: Settings, events: Iterator[Keyed]) -> tuple[list[float], int]:
    """Send events for a while; the seconds each page took to make, and how often it was scraped."""
    name = settings.names.events(SLUG)
    pages: dict[bytes, float] = {}
    scrapes, end = 0, time.monotonic() + _CHANGING
    async with Publisher(settings) as publisher, httpx.AsyncClient(timeout=30) as client:
        while time.monotonic() < end:
            for event in itertools.islice(events, 500):
                await publisher.send(name, event.key, event.value)
            await asyncio.sleep(0.5)
            page = (await client.get(f"{url}/metrics")).content
            scrapes += 1
            # Its own metrics come last, and differ from page to page.
            own = page[-4000:]
            pages[own] = float(own.partition(_RENDER_SECONDS)[2].split()[0])
    return list(pages.values())[1:], scrapes
