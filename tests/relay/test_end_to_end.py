"""From an exporter's page through Prometheus, Alertmanager and the relay to who is told.

Holds are those of the catalogue divided by five, scrapes and evaluations are one second apart instead of five: the
order in which alerts fire and inhibit each other stays.
"""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiosmtpd.controller import Controller
from rich.console import Console

from dashboards.alertmanager_config import alertmanager_config
from dashboards.prometheus_api import Prometheus
from dashboards.prometheus_config import File, prometheus_config
from dashboards.rules import rule_files
from ioc.calendar import WorkingCalendar
from ioc.catalogue import load
from ioc.commands.alert_reasons import reasons
from ioc.notices.book import book_of
from streams.relay.relay import Relay
from streams.settings import load_settings
from streams.stack import Stack
from streams.stack.ports import free_port
from tests.relay.receivers import TOKEN, HttpReceiver, MailReceiver, http_receiver, until

pytestmark = [pytest.mark.prometheus, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

FASTER = 5
SUBSYSTEMS = ("tourism", "education", "environment", "cybersecurity")
WITHIN = 20 / FASTER + 10
"""Seconds after which a message counts as not come: a net, and no measure."""


@dataclass
class Exporter:
    """What the exporter and the worker say; lines of Prometheus' text format by series."""

    series: dict[str, float] = field(default_factory=dict)
    worker: bool = True

    def page(self) -> bytes:
        return "".join(f"{series} {value}\n" for series, value in list(self.series.items())).encode()

    def feed(self, subsystem: str, silence: float = 0) -> None:
        self.series[f'ioc_feed_silence_seconds{{subsystem="{subsystem}"}}'] = silence
        self.series[f'ioc_feed_expected_interval_seconds{{subsystem="{subsystem}"}}'] = 600
        self.series[f'ioc_feed_in_hours{{subsystem="{subsystem}"}}'] = 1


@dataclass
class Scene:
    """Everything that runs."""

    exporter: Exporter
    hook: HttpReceiver
    mail: MailReceiver
    client: httpx.AsyncClient
    prometheus: str

    def told(self, subsystem: str) -> list[dict[str, Any]]:
        """The alerts of a subsystem in the webhook's messages, with each message's kind."""
        return [
            {"kind": message["kind"], **alert}
            for message in self.hook.received
            for alert in message["alerts"]
            if alert["subsystem"] == subsystem
        ]

    def kinds(self, subsystem: str) -> list[tuple[str, str]]:
        return [(alert["alert"], alert["kind"]) for alert in self.told(subsystem)]

    def letters(self, words: str) -> list[EmailMessage]:
        return [letter for letter in self.mail.messages if words in letter["Subject"]]


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


def faster(text: str) -> str:
    """Holds and Alertmanager's waiting times, shortened alike."""
    names = "for|keep_firing_for|group_wait|group_interval"
    return re.sub(rf"\b({names}): (\d+)s", lambda m: f"{m[1]}: {max(1, int(m[2]) // FASTER)}s", text)


@pytest.fixture(scope="module")
def exporter() -> Exporter:
    exporter = Exporter()
    for subsystem in SUBSYSTEMS:
        exporter.feed(subsystem)
    exporter.series["ioc_simulated"] = 1
    return exporter


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(exporter: Exporter, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("end_to_end")
    catalogue = load()
    mail, port = MailReceiver(), free_port()
    controller = Controller(mail, hostname="127.0.0.1", port=mail.port)
    controller.start()
    served = serve(exporter)
    with Stack(folder / "run") as stack:
        async with http_receiver() as hook:
            prometheus_url, alertmanager_url = start_monitoring(stack, folder, next(served), port)
            contacts = folder / "contacts.yaml"
            contacts.write_text(
                f"senders: {{email: {{host: 127.0.0.1, port: {mail.port}, encryption: none, sender: ioc@phutho.vn}}}}\n"
                "contacts:\n  lan:\n    name: Lan\n    channels:\n"
                f"      - {{type: webhook, url: '{hook.url}/lan'}}\n      - {{type: email, to: lan@phutho.vn}}\n"
                "chains: [{contacts: [lan]}]\ndigest: [lan]\n"
            )
            settings = load_settings(
                relay_contacts=contacts,
                relay_database=folder / "relay.sqlite",
                relay_token=TOKEN,
                relay_port=port,
                relay_url=f"http://127.0.0.1:{port}",
                relay_tick=0.5,
                alertmanager_url=alertmanager_url,
                prometheus_url=prometheus_url,
                grafana_url="http://127.0.0.1:3000",
            )
            relay = Relay(settings, book_of(catalogue), WorkingCalendar(catalogue.province.calendar))
            running = asyncio.create_task(relay.run())
            headers = {"Authorization": f"Bearer {TOKEN}"}
            async with httpx.AsyncClient(base_url=str(settings.relay_url), headers=headers, trust_env=False) as client:
                yield Scene(exporter, hook, mail, client, prometheus_url)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    controller.stop()
    next(served, None)


def start_monitoring(stack: Stack, folder: Path, addresses: tuple[str, str], relay_port: int) -> tuple[str, str]:
    """Prometheus' and Alertmanager's addresses."""
    config = folder / "config"
    (config / "rules").mkdir(parents=True)
    for name, text in rule_files(load()).items():
        (config / "rules" / name).write_text(faster(text))
    (config / "token").write_text(TOKEN)
    alertmanager_file = config / "alertmanager.yml"
    webhook = f"http://127.0.0.1:{relay_port}/alerts"
    alertmanager_file.write_text(
        faster(alertmanager_config(webhook_url=webhook, webhook_token_file=str(config / "token")))
    )
    targets = {job: File(f"targets/{job}.json") for job in ("exporters", "workers", "alertmanagers", "prometheus")}
    (config / "prometheus.yml").write_text(prometheus_config(**targets, interval="1s"))
    alertmanager = stack.start_alertmanager(alertmanager_file)
    exporter, worker = addresses
    prometheus = stack.start_prometheus(
        config / "prometheus.yml",
        targets={
            "exporters": [exporter],
            "workers": [worker],
            "alertmanagers": [alertmanager.url.removeprefix("http://")],
            "prometheus": [],
        },
    )
    return prometheus.url, alertmanager.url


def crowd(exporter: Exporter, inside: float, capacity: float) -> None:
    for site in ("", 'site="den_hung"'):
        labels = f'subsystem="tourism",window="today"{"," if site else ""}{site}'
        exporter.series[f"ioc_tourism_crowd_ratio{{{labels}}}"] = inside / capacity
        exporter.series[f"ioc_tourism_crowd_ratio_numerator{{{labels}}}"] = inside
        exporter.series[f"ioc_tourism_crowd_ratio_denominator{{{labels}}}"] = capacity


async def test_a_broken_limit_is_one_message_field_by_field_and_its_recovery_one(scene: Scene) -> None:
    crowd(scene.exporter, 30_000, 57_679)
    await asyncio.sleep(3)
    assert scene.told("tourism") == []
    crowd(scene.exporter, 58_695, 57_679)
    hold = 60 / FASTER
    await until(lambda: scene.told("tourism") and scene.letters("Mức độ đông khách"), hold + WITHIN)
    [told] = scene.told("tourism")
    assert (told["kind"], told["alert"], told["kpi"]) == ("firing", "IocTourismCrowdRatio", "crowd_ratio")
    assert (told["severity"], told["class"], told["resolved"]) == ("critical", "page", False)
    vietnamese = told["vi"]
    assert vietnamese["status"] == "Cần xử lý"
    assert vietnamese["subsystem"] == "Du lịch - lưu trú"
    assert vietnamese["title"] == "Mức độ đông khách"
    assert vietnamese["value"] == "101,76 % (58.695/57.679)"
    assert vietnamese["limit"] == "≥ 100 %"
    assert vietnamese["simulated"] == "Dữ liệu mô phỏng"
    assert vietnamese["details"] == ["Điểm du lịch: 1 vượt ngưỡng, nặng nhất: den_hung 101,76 % (58.695/57.679)"]
    assert vietnamese["runbook"].endswith("/runbooks/IocTourismCrowdRatio")
    assert vietnamese["dashboard"].startswith("http://127.0.0.1:3000/d/ioc-vi-tourism?from=")
    assert told["en"]["value"] == "101.76% (58,695/57,679)"
    [letter] = scene.letters("Mức độ đông khách")
    assert "Giá trị: 101,76 % (58.695/57.679)\nNgưỡng: ≥ 100 %" in letter.get_content()
    why = await explained(scene, "IocTourismCrowdRatio")
    assert 'ioc_kpi_status{subsystem="tourism",kpi="crowd_ratio"} >= 3' in why
    assert re.search(r"numerator .* 58695", why)
    assert "Last hour" in why
    crowd(scene.exporter, 30_000, 57_679)
    await until(lambda: len(scene.told("tourism")) > 1 and len(scene.letters("Mức độ đông khách")) > 1, 60)
    await asyncio.sleep(5)
    assert scene.kinds("tourism") == [("IocTourismCrowdRatio", "firing"), ("IocTourismCrowdRatio", "resolved")]
    assert len(scene.letters("Mức độ đông khách")) == 2


async def explained(scene: Scene, name: str) -> str:
    """What `ioc alerts why` prints."""
    opened = (await scene.client.get("/api/alerts")).json()
    [alert] = [each for each in opened if each["labels"]["alertname"] == name]
    console = Console(record=True, width=200, file=StringIO())
    with Prometheus(scene.prometheus) as client:
        for part in reasons(alert, load(), client):
            console.print(part)
    return console.export_text()


async def test_148_communes_over_a_limit_are_one_message_with_their_number_and_the_ten_worst(scene: Scene) -> None:
    communes = [unit for unit in load().province.units if unit.kind in {"commune", "ward"}]
    metric = "ioc_education_outbreaks_open_incidents"
    for number, unit in enumerate(communes, 1):
        scene.exporter.series[f'{metric}{{subsystem="education",window="total",unit="{unit.code}"}}'] = number
    scene.exporter.series[f'{metric}{{subsystem="education",window="total"}}'] = 148
    await until(lambda: scene.told("education"), 60 / FASTER + WITHIN)
    await asyncio.sleep(3)
    [told] = scene.told("education")
    [line] = told["vi"]["details"]
    count, worst = line.split(" vượt ngưỡng, nặng nhất: ")
    assert len(communes) == 148
    assert count.endswith(": 148")
    assert worst.split("; ") == [f"{unit.name} {148 - place}" for place, unit in enumerate(communes[:-11:-1])]


async def test_a_feed_that_dies_is_told_and_none_of_its_kpis(scene: Scene) -> None:
    level = 'ioc_environment_river_alarm_level_levels{subsystem="environment",window="total"}'
    scene.exporter.series[level] = 2
    scene.exporter.series[level.replace("}", ',station="bua"}')] = 2
    await until(lambda: scene.told("environment"), 60 / FASTER + WITHIN)
    scene.exporter.feed("environment", silence=601)
    await until(lambda: len(scene.told("environment")) > 1, 50 / FASTER + WITHIN)
    await asyncio.sleep(50 / FASTER + 5)
    assert scene.kinds("environment") == [
        ("IocEnvironmentRiverAlarmLevel", "firing"),
        ("IocEnvironmentFeedSilent", "firing"),
    ]


async def test_the_last_worker_killed_is_one_message(scene: Scene) -> None:
    scene.exporter.worker = False
    await until(lambda: scene.told("platform"), 30 / FASTER + WITHIN)
    await asyncio.sleep(10)
    assert scene.kinds("platform") == [("IocNoWorker", "firing")]
    scene.exporter.worker = True
    await until(lambda: len(scene.told("platform")) > 1, WITHIN)
    assert scene.kinds("platform") == [("IocNoWorker", "firing"), ("IocNoWorker", "resolved")]
