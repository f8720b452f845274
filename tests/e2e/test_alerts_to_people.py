"""From an exporter's page through Prometheus, Alertmanager and the relay to who is told.

Holds are those of the catalogue divided by five, scrapes and evaluations are one second apart instead of five: the
order in which alerts fire and inhibit each other stays.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial
from io import StringIO
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiosmtpd.controller import Controller
from rich.console import Console

from dashboards.grafana.queries import OPEN_ALERTS
from dashboards.prometheus_api import Prometheus
from dashboards.scorecard import scorecard
from dashboards.wall_page import bar
from ioc.catalogue.calendar import WorkingCalendar
from ioc.cli.alert_reasons import reasons
from ioc.cli.top import rendered
from ioc.text.formats import local_time
from streams.stack import Stack
from streams.stack.ports import free_port
from tests.e2e.chain import Exporter, crowd, relay_of, serve, start_monitoring
from tests.packaged import packaged_catalogue
from tests.streams.relay.receivers import HttpReceiver, MailReceiver, http_receiver, until

pytestmark = [pytest.mark.prometheus, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

FASTER = 5
SUBSYSTEMS = ("tourism", "education", "environment", "cybersecurity")
WITHIN = 20 / FASTER + 10
"""Seconds after which a message counts as not come: a net, and no measure."""


@dataclass
class Ahead:
    """The real clock, set forward by the test."""

    by: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.by


@dataclass
class Scene:
    """Everything that runs."""

    exporter: Exporter
    hook: HttpReceiver
    mail: MailReceiver
    client: httpx.AsyncClient
    prometheus: str
    clock: Ahead
    """The relay's."""

    def told(self, subsystem: str) -> list[dict[str, Any]]:
        """The alerts of a subsystem in the webhook's messages, with each message's kind."""
        return [
            {"kind": message["kind"], **alert}
            for message in self.hook.received
            for alert in message["alerts"]
            if alert["subsystem"] == subsystem
        ]

    def heard(self, subsystem: str) -> list[tuple[str, str]]:
        """Who was told of a subsystem, and why."""
        return [
            (message["path"].strip("/"), message["kind"])
            for message in self.hook.received
            if any(alert["subsystem"] == subsystem for alert in message["alerts"])
        ]

    def kinds(self, subsystem: str) -> list[tuple[str, str]]:
        return [(alert["alert"], alert["kind"]) for alert in self.told(subsystem)]

    def letters(self, words: str) -> list[EmailMessage]:
        return [letter for letter in self.mail.messages if words in letter["Subject"]]


@pytest.fixture(scope="module")
def exporter() -> Exporter:
    exporter = Exporter()
    for subsystem in SUBSYSTEMS:
        exporter.hear(subsystem)
    exporter.series["ioc_simulated"] = 1
    return exporter


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(exporter: Exporter, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("end_to_end")
    mail, port, clock = MailReceiver(), free_port(), Ahead()
    controller = Controller(mail, hostname="127.0.0.1", port=mail.port)
    controller.start()
    served = serve(exporter)
    with Stack(folder / "run") as stack:
        async with http_receiver() as hook:
            monitoring = start_monitoring(stack, folder, next(served), port, divided_by=FASTER)
            contacts = (
                f"senders: {{email: {{host: 127.0.0.1, port: {mail.port}, encryption: none, sender: ioc@phutho.vn}}}}\n"
                "contacts:\n  lan:\n    name: Lan\n    channels:\n"
                f"      - {{type: webhook, url: '{hook.url}/lan'}}\n      - {{type: email, to: lan@phutho.vn}}\n"
                f"  minh: {{name: Minh, channels: [{{type: webhook, url: '{hook.url}/minh'}}]}}\n"
                "chains: [{contacts: [lan, minh]}]\ndigest: [lan]\n"
            )
            grafana = {"url": "http://127.0.0.1:3000"}
            async with relay_of(monitoring, folder, port, contacts, clock, grafana=grafana) as client:
                yield Scene(exporter, hook, mail, client, monitoring[0].url, clock)
    controller.stop()
    next(served, None)


async def test_a_broken_limit_is_one_message_field_by_field_and_its_recovery_one(scene: Scene) -> None:
    crowd(scene.exporter, 30_000, 57_679)
    await asyncio.sleep(3)
    assert scene.told("tourism") == []
    crowd(scene.exporter, 58_695, 57_679)
    hold = 60 / FASTER
    await until(lambda: scene.told("tourism") and scene.letters("Mức độ đông khách"), hold + WITHIN)
    arrived = time.time()
    with Prometheus(scene.prometheus) as client:
        wanted = {"alertname": "IocTourismCrowdRatio", "severity": "critical"}
        [active] = [each.active_at for each in client.alerts() if wanted.items() <= each.labels.items()]
    assert arrived - datetime.fromisoformat(active).timestamp() - hold <= 20
    [told] = scene.told("tourism")
    assert (told["kind"], told["alert"], told["kpi"]) == ("firing", "IocTourismCrowdRatio", "crowd_ratio")
    assert (told["severity"], told["class"], told["resolved"]) == ("critical", "page", False)
    vietnamese = told["vi"]
    assert vietnamese["status"] == "Cần xử lý"
    assert vietnamese["subsystem"] == "Du lịch - lưu trú"
    assert vietnamese["title"] == "Mức độ đông khách"
    assert vietnamese["value"] == "101,76 % (58.695/57.679)"
    assert vietnamese["place"] == "Đền Hùng"
    assert vietnamese["limit"] == "≥ 100 %"
    assert re.fullmatch(r"\d\d/\d\d/\d{4} \d\d:\d\d \(.+\)", vietnamese["since"])
    assert vietnamese["change"] is None  # an hour ago there was no figure yet
    assert vietnamese["page"].endswith(f"/alerts/{told['key']}")
    assert vietnamese["simulated"] == "Dữ liệu mô phỏng"
    assert vietnamese["details"] == ["Điểm du lịch: 1 vượt ngưỡng, nặng nhất: Đền Hùng 101,76 % (58.695/57.679)"]
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
        for part in reasons(alert, packaged_catalogue(), client):
            console.print(part)
    return console.export_text()


async def test_148_communes_over_a_limit_are_one_message_with_their_number_and_the_ten_worst(scene: Scene) -> None:
    communes = [unit for unit in packaged_catalogue().province.units if unit.kind in {"commune", "ward"}]
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
    scene.exporter.hear("environment", river_gauges=601)
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


async def test_a_page_that_nobody_takes_goes_to_the_next_contact_until_somebody_does(scene: Scene) -> None:
    untaken = 'ioc_cybersecurity_oldest_untaken_alert_seconds{subsystem="cybersecurity",window="total"}'
    scene.exporter.series[untaken] = 1800
    heard = [("lan", "firing"), ("lan", "reminder"), ("minh", "escalated")]
    await until(lambda: scene.heard("cybersecurity"), 60 / FASTER + WITHIN)
    for count in (2, 3):
        scene.clock.by += 600
        await until(partial(lambda count: len(scene.heard("cybersecurity")) == count, count), WITHIN)
    assert scene.heard("cybersecurity") == heard
    key = scene.told("cybersecurity")[0]["key"]
    await scene.client.post(f"/alerts/{key}/acknowledge", data={"note": ""})
    scene.clock.by += 600
    await asyncio.sleep(3)  # the relay looks twice a second
    assert scene.heard("cybersecurity") == heard
    scene.exporter.series[untaken] = 0
    await until(lambda: len(scene.heard("cybersecurity")) == 5, 60 / FASTER + WITHIN)
    assert sorted(scene.heard("cybersecurity")[3:]) == [("lan", "resolved"), ("minh", "resolved")]


async def test_a_digest_alert_at_three_wakes_nobody_and_stands_in_the_digest_of_half_past_seven(scene: Scene) -> None:
    # A digest also tells what is over: what the tests before left for one goes out with that of a day before.
    scene.clock.by += seconds_to_three_of_a_working_day(scene.clock()) + 4.5 * 3600
    await asyncio.sleep(3)  # the relay looks twice a second
    before = len(scene.told("tourism"))
    scene.clock.by += seconds_to_three_of_a_working_day(scene.clock())
    crowd(scene.exporter, 56_000, 57_679)
    async with asyncio.timeout(60 / FASTER + WITHIN):
        while "IocTourismCrowdRatio" not in await open_alerts(scene):  # noqa: ASYNC110  (other processes set no event)
            await asyncio.sleep(0.1)
    await asyncio.sleep(3)
    assert len(scene.told("tourism")) == before
    scene.clock.by += 4.5 * 3600
    await until(lambda: len(scene.told("tourism")) > before, WITHIN)
    [told] = scene.told("tourism")[before:]
    assert (told["kind"], told["alert"], told["class"]) == ("digest", "IocTourismCrowdRatio", "digest")
    assert told["vi"]["value"] == "97,09 % (56.000/57.679)"


async def test_alerts_are_one_number_on_the_wall_the_phone_and_in_the_terminal(scene: Scene) -> None:
    """Warning and critical of a KPI once, of a silent feed not those that rest on it, the dead man's switch never."""
    crowd(scene.exporter, 58_695, 57_679)
    with Prometheus(scene.prometheus) as client:

        def firing() -> list[tuple[str, str]]:
            samples = client.query('ALERTS{alertstate="firing",class!="heartbeat"}')
            return [(sample.labels["alertname"], sample.labels["severity"]) for sample in samples]

        both = {("IocTourismCrowdRatio", "critical"), ("IocTourismCrowdRatio", "warning")}
        await until(lambda: both <= set(firing()), 60 / FASTER + WITHIN)
        async with asyncio.timeout(WITHIN):
            while len(set(counts := await counted(scene, client))) > 1:  # noqa: ASYNC110  (other processes set no event)
                await asyncio.sleep(0.5)
        assert 0 < counts[0] < len(firing())


async def counted(scene: Scene, client: Prometheus) -> list[int]:
    """The number of open alerts as each place shows it."""
    catalogue = packaged_catalogue()
    card = scorecard(client, catalogue)
    console = Console(width=80, file=StringIO())
    console.print(rendered(card, catalogue))
    terminal = console.file.getvalue()  # type: ignore[attr-defined]
    phone = (await scene.client.get("/")).text
    listed = (await scene.client.get("/api/alerts")).json()
    return [
        int(client.query(OPEN_ALERTS)[0].value),
        int(re.search(r"Cảnh báo đang mở</span> <b>(\d+)", bar(card, catalogue, "vi"))[1]),  # type: ignore[index]
        int(re.search(r"Cảnh báo đang mở: (\d+)", terminal)[1]),  # type: ignore[index]
        int(re.search(r"<h1>Cảnh báo đang mở: (\d+)", phone)[1]),  # type: ignore[index]
        sum(each["counted"] for each in listed),
    ]


async def open_alerts(scene: Scene) -> list[str]:
    return [each["labels"]["alertname"] for each in (await scene.client.get("/api/alerts")).json()]


def seconds_to_three_of_a_working_day(now: float) -> float:
    """Until the next one; local."""
    calendar, today = WorkingCalendar.of(packaged_catalogue().province.calendar), local_time(now)
    day = today.date() + timedelta(days=1)
    while not calendar.is_working_day(day):
        day += timedelta(days=1)
    three = today.replace(hour=3, minute=0, second=0, microsecond=0) + (day - today.date())
    return (three - today).total_seconds()
