"""What 34 provinces cost the nation's Prometheus: memory, rules, and the queries of its wall.

One province is real: the scenario played through the engine, its page as the exporter serves it, a Prometheus with the
generated rules that reads it. What that answers to the nation's request is served 34 times, each as another province,
to a Prometheus with the nation's rules. Then the whole page of some provinces is read instead, for what it costs to
federate everything.
"""

import argparse
import json
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from bench.machine import cpu_seconds, describe, peak_megabytes, resident_megabytes
from bench.report import RESULTS, measured_on, table
from dashboards.nation.federation import federated_names, national_prometheus, selector
from dashboards.nation.names import FEDERATION
from dashboards.nation.render import national_dashboards, national_rules
from dashboards.prometheus_api import Prometheus
from dashboards.prometheus_config import Static, prometheus_config
from dashboards.rules import rule_files
from ioc.catalogue import Catalogue, load
from ioc.catalogue.nation import Member, Nation
from ioc.engine.plan import compile_plan
from ioc.engine.shard import Shard
from ioc.events.records import Batch
from ioc.figures.clock import Clock
from ioc.figures.exposition import Exposition
from ioc.figures.knowledge import Backlog
from ioc.figures.merged import MergedFigures
from ioc.kpis import metric_names, platform_metrics
from ioc.scenarios import phu_tho_2025
from ioc.text.bilingual import Text
from streams.exporter.text_format import FamilyPages
from streams.stack import Service, Stack

PROVINCES = 34
_BATCH = 20_000
_NOTHING = Static([])
_MOVING = re.compile(
    rb"^((?:%s|%s)(?:\{[^}]*\})?) .*$" % (metric_names.SUBSYSTEM_JUDGED.encode(), metric_names.CLOCK.encode()),
    re.MULTILINE,
)
"""What a province says anew each time: when it judged, and the moment that its figures are read at."""


@dataclass(frozen=True)
class Load:
    """What one Prometheus did within a time."""

    provinces: int
    series: int
    samples: float
    """Read per second, those that rules record not counted."""
    resident: float
    peak: float
    """MiB."""
    cpu: float
    """Processor seconds per second."""
    rules: float
    """Seconds of the wall clock that all rules took, once; on a busy machine more than they need."""


def page_of(catalogue: Catalogue, scale: float) -> bytes:
    """The exporter's page after the scenario."""
    plan = compile_plan(catalogue)
    merged, shard = MergedFigures(plan), Shard(plan, 0, 1)
    waiting: dict[str, list[phu_tho_2025.Event]] = {}
    read = dict.fromkeys(catalogue.subsystems, 0)

    def apply(slug: str) -> None:
        events = waiting.pop(slug)
        offsets = range(read[slug], read[slug] + len(events))
        read[slug] += len(events)
        appended = [event.time * 1000 for event in events]
        keys, values = [event.key for event in events], [event.value for event in events]
        shard.apply(Batch(slug, 0, offsets, appended, keys, values, [()] * len(events)))
        checkpoint = shard.checkpoint()
        for record in checkpoint.figures if checkpoint else ():
            merged.put(0, record.key, record.value)

    for event in phu_tho_2025.events(catalogue, scale=scale):
        waiting.setdefault(event.subsystem, []).append(event)
        if len(waiting[event.subsystem]) == _BATCH:
            apply(event.subsystem)
    for slug in list(waiting):
        apply(slug)
    families = Exposition(plan, Clock("event"), simulated=True).families(merged, Backlog(), time.time())
    own = f"{platform_metrics.EXPORTER_CHECKPOINT} {time.time()}\n".encode()
    return FamilyPages().written(families).text + own


@contextmanager
def served(pages: Mapping[str, bytes]) -> Iterator[str]:
    """The pages by the first part of their paths, at an address; what moves is of the moment it is asked for."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = _MOVING.sub(rb"\1 %d" % time.time(), pages[self.path.split("/")[1]])
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def prometheus(folder: Path, config: str, rules: Mapping[str, str]) -> Iterator[Service]:
    """A Prometheus with a configuration and its rules."""
    own = folder / "config"
    (own / "rules").mkdir(parents=True)
    for name, text in rules.items():
        (own / "rules" / name).write_text(text)
    (own / "prometheus.yml").write_text(config)
    with Stack(folder) as stack:
        yield stack.start_prometheus(own / "prometheus.yml")


def answered(catalogue: Catalogue, page: bytes, folder: Path, settle: float) -> bytes:
    """What a province's Prometheus that reads the page answers to the nation."""
    with served({"metrics": page}) as exporter:
        config = prometheus_config(
            exporters=Static([exporter.removeprefix("http://")]),
            workers=_NOTHING,
            relays=_NOTHING,
            nodes=_NOTHING,
            alertmanagers=_NOTHING,
            prometheus=_NOTHING,
        )
        with prometheus(folder, config, rule_files(catalogue)) as service:
            time.sleep(settle)
            asked = {"match[]": selector(catalogue)}
            return httpx.get(f"{service.url}/federate", params=asked, trust_env=False).content


def load_of(service: Service, provinces: int, seconds: float) -> Load:
    """What a Prometheus does within some seconds, once it has read all."""
    with httpx.Client(trust_env=False) as client, Prometheus(service.url) as asked:

        def own(name: str) -> float:
            text = client.get(f"{service.url}/metrics").text
            lines = (line.rpartition(" ") for line in text.splitlines())
            return sum(float(value) for series, _, value in lines if series.partition("{")[0] == name)

        rules = "prometheus_rule_group_last_duration_seconds"
        began, cpu = time.monotonic(), cpu_seconds(service.child.pid)
        durations = []
        while time.monotonic() - began < seconds:
            time.sleep(5)
            durations.append(own(rules))
        passed = time.monotonic() - began
        read = sum(sample.value for sample in asked.query("scrape_samples_post_metric_relabeling")) / FEDERATION
        return Load(
            provinces,
            int(own("prometheus_tsdb_head_series")),
            read,
            resident_megabytes(service.child.pid),
            peak_megabytes(service.child.pid),
            (cpu_seconds(service.child.pid) - cpu) / passed,
            statistics.median(durations),
        )


def wall_queries(
    service: Service, catalogue: Catalogue, nation: Nation, rounds: int
) -> dict[str, tuple[int, float, float, float]]:
    """By page: how many queries; processor seconds, median and longest wall-clock seconds of asking all of them."""
    found = {}
    for name, text in national_dashboards(catalogue, nation).items():
        if not name.startswith("dashboards/vi/"):
            continue
        panels = json.loads(text)["panels"]
        targets = [t for panel in panels for each in (panel, *panel.get("panels", [])) for t in each.get("targets", [])]
        exprs = [t["expr"].replace("$window", "7d").replace("$ago", "1m") for t in targets if t["instant"]]
        took, cpu = [], cpu_seconds(service.child.pid)
        with Prometheus(service.url) as asked:
            for _ in range(rounds):
                began = time.perf_counter()
                for expr in exprs:
                    asked.query(expr)
                took.append(time.perf_counter() - began)
        each = (cpu_seconds(service.child.pid) - cpu) / rounds
        found[Path(name).stem] = (len(exprs), each, statistics.median(took), max(took))
    return found


def nation_of(address: str, provinces: int) -> Nation:
    """Provinces that are all served at one address."""
    members = [
        Member(
            code=f"{number:02}",
            name=Text(f"Tỉnh {number}", f"Province {number}"),
            prometheus=f"{address}/p{number}",
            grafana=f"https://p{number}.example",
        )
        for number in range(provinces)
    ]
    return Nation(name=Text("Việt Nam", "Viet Nam"), provinces=members)


def of_everything(catalogue: Catalogue, nation: Nation) -> str:
    """The nation's configuration, but with nothing left out of what a province says."""
    config = national_prometheus(catalogue, nation, alertmanagers=[])
    return re.sub(r"(sample_limit): \d+", r"\1: 0", config).replace(federated_names(catalogue), ".*")


def measure(scale: float, everything: int, seconds: float, folder: Path) -> str:
    """All of it, as Markdown."""
    catalogue = load()
    page = page_of(catalogue, scale)
    lines = sum(not line.startswith(b"#") for line in page.splitlines())
    answer = answered(catalogue, page, folder / "province", 25)
    wholes = sum(not line.startswith(b"#") for line in answer.splitlines())
    with served({f"p{number}": answer for number in range(PROVINCES)}) as address:
        nation = nation_of(address, PROVINCES)
        config, rules = national_prometheus(catalogue, nation, alertmanagers=[]), national_rules(catalogue, nation, "")
        with prometheus(folder / "nation", config, rules) as service:
            time.sleep(20)
            with Prometheus(service.url) as asked:
                known = sum(sample.value for sample in asked.query("count(ioc_province_subsystem_status > 0)"))
                silent = len(asked.query("ioc_province_doubt"))
            loads = {"wholes, rules": load_of(service, PROVINCES, seconds)}
            queries = wall_queries(service, catalogue, nation, 10)
    if everything:
        with served({f"p{number}": page for number in range(everything)}) as address:
            nation = nation_of(address, everything)
            with prometheus(folder / "everything", of_everything(catalogue, nation), {}) as service:
                time.sleep(20)
                loads["everything, no rules"] = load_of(service, everything, seconds)
    head = ["read", "provinces", "series", "samples/s", "resident, MiB", "peak, MiB", "cores", "all rules once, ms"]
    rows = [
        [
            name,
            f"{each.provinces}",
            f"{each.series:,}",
            f"{each.samples:,.0f}",
            f"{each.resident:,.0f}",
            f"{each.peak:,.0f}",
            f"{each.cpu:.3f}",
            f"{each.rules * 1000:,.1f}",
        ]
        for name, each in loads.items()
    ]
    asked_head = ["page", "queries", "CPU ms", "median ms", "longest ms"]
    asked_rows = [
        [name, f"{number}", *(f"{each * 1000:,.0f}" for each in times)] for name, (number, *times) in queries.items()
    ]
    what = (
        f"The page of one province, from the scenario at {scale:g}: {lines:,} series, {len(page) / 1e6:.1f} MB. "
        f"The nation reads {wholes:,} series of it and of its rules, {len(answer) / 1e3:,.0f} kB each {FEDERATION} s. "
        f"Cells of another colour than grey: {known:,.0f} of {PROVINCES * len(catalogue.subsystems)}; "
        f"provinces in doubt: {silent}."
    )
    then = "All instant queries of a page of the nation's, one after the other:"
    loaded, told = table(head, rows), table(asked_head, asked_rows)
    return "\n".join([measured_on(describe()), "", what, "", *loaded, then, "", *told])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.1, help="share of the scenario's volume")
    parser.add_argument("--everything", type=int, default=4, help="provinces whose whole page is read; 0: none")
    parser.add_argument("--seconds", type=float, default=60, help="how long each Prometheus is watched")
    parser.add_argument("--out", type=Path, default=RESULTS / "nation.md", help="where the results are written")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ioc-nation-") as folder:
        told = measure(given.scale, given.everything, given.seconds, Path(folder))
    given.out.write_text(told, encoding="utf-8")
    sys.stdout.write(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
