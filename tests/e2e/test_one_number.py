"""Alert counts are one number in every place, and one acknowledgement speaks for one alert.

A real Prometheus, Alertmanager and relay; holds are a fifth of the catalogue's. What is counted is written down here,
alert by alert, and every place is held against it.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TypeVar

import httpx
import pytest
import pytest_asyncio
from rich.console import Console

from dashboards.grafana.alerts import NOBODY
from dashboards.grafana.open_alerts import open_alerts_table
from dashboards.grafana.queries import NONE, OPEN_ALERTS
from dashboards.grafana.tile import note_queries
from dashboards.prometheus_api import Prometheus
from dashboards.scorecard import scorecard
from dashboards.wall import look
from ioc.cli.top import rendered
from streams.stack import Stack
from streams.stack.ports import free_port
from tests.e2e.chain import Exporter, crowd, relay_of, serve, start_monitoring
from tests.packaged import packaged_catalogue

pytestmark = [pytest.mark.prometheus, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

T = TypeVar("T")
CATALOGUE = packaged_catalogue()
FASTER = 5
NET = 60.0
"""Seconds after which something counts as not come: no measure."""
UNTAKEN = 'ioc_cybersecurity_oldest_untaken_alert_seconds{subsystem="cybersecurity",window="total"}'
DEAD = ("127.0.0.1:1", "127.0.0.1:2")

FIRING = {
    ("IocTourismCrowdRatio", "critical"),
    ("IocTourismCrowdRatio", "warning"),
    ("IocTourismFeedSilent", "warning"),
    ("IocCybersecurityOldestUntakenAlert", "critical"),
    ("IocCybersecurityOldestUntakenAlert", "warning"),
    ("IocWorkerDown", "warning"),
}
"""Beside the dead man's switch."""
COUNTED = [
    "IocTourismCrowdRatio",  # its warning is a part of it
    "IocTourismFeedSilent",  # of a feed that the crowd does not rest on
    "IocCybersecurityOldestUntakenAlert",  # silenced before anybody was told: it is open all the same
    *["IocWorkerDown" for _ in DEAD],
]
PLACES = {
    "overview's header", "on-call table", "ioc wall", "ioc top", "phone", "handover", "shift report", "ioc alerts"
}  # fmt: skip


@dataclass
class Scene:
    prometheus: Prometheus
    client: httpx.AsyncClient

    async def firing(self) -> set[tuple[str, str]]:
        samples = self.prometheus.query('ALERTS{alertstate="firing",class!="heartbeat"}')
        return {(each.labels["alertname"], each.labels["severity"]) for each in samples}

    async def counts(self) -> dict[str, int]:
        """The number of open alerts as each place shows it; none before alerts are evaluated."""
        header = self.prometheus.query(OPEN_ALERTS)
        if not header:
            return {}
        card = scorecard(self.prometheus, CATALOGUE)
        console = Console(width=80, file=StringIO())
        console.print(rendered(card, CATALOGUE))
        bar = look(self.prometheus, CATALOGUE, "vi", time.time()).bar
        listed = (await self.client.get("/api/alerts")).json()
        return {
            "overview's header": int(header[0].value),
            "on-call table": len(self.rows(0)),
            "ioc wall": _number(r"Cảnh báo đang mở</span> <b>(\d+)", bar),
            "ioc top": _number(r"Cảnh báo đang mở: (\d+)", console.file.getvalue()),  # type: ignore[attr-defined]
            "phone": _number(r"<h1>Cảnh báo đang mở: (\d+)", await self.text("/")),
            "handover": _number(r"<h2>Cảnh báo đang mở.*?: (\d+)", await self.text("/handover")),
            "shift report": _number(r"## Đang mở \(Open\): (\d+)", await self.text("/report?format=md")),
            "ioc alerts": sum(each["counted"] for each in listed),
        }

    async def untaken(self, subsystem: str) -> dict[str, int]:
        """How many alerts of a subsystem have nobody, as each place that tells it does."""
        card = scorecard(self.prometheus, CATALOGUE)
        rows = [row for row in self.rows(1) if row["subsystem"] == subsystem]
        listed = (await self.client.get("/api/alerts")).json()
        found = {
            "on-call table": sum(row["taken"] == NOBODY for row in rows),
            "ioc wall and top": sum(alert.taken_at is None for alert in card.alerts_of(subsystem)),
            "ioc alerts": sum(
                each["counted"] and each["taken"] is None for each in listed if each["labels"]["subsystem"] == subsystem
            ),
        }
        if subsystem in CATALOGUE.subsystems:
            fields = {
                sample.labels["field"]: sample.value
                for sample in self.prometheus.query(note_queries(CATALOGUE.subsystems[subsystem])[-1].expr)
            }
            found["tile"] = int(fields.get("nobody", 0))
        return found

    def rows(self, query: int) -> list[dict[str, str]]:
        """The rows that a query of the on-call table answers."""
        found = self.prometheus.query(open_alerts_table(CATALOGUE, "vi", 12).queries[query].expr)
        return [sample.labels for sample in found if sample.labels.get("alertname") != NONE]

    async def text(self, path: str) -> str:
        answer = await self.client.get(path)
        answer.raise_for_status()
        return answer.text

    async def acknowledge(self, alert: str) -> None:
        """One alert of this name is taken."""
        listed = (await self.client.get("/api/alerts")).json()
        key = next(each["key"] for each in listed if each["labels"]["alertname"] == alert and each["taken"] is None)
        assert (await self.client.post(f"/alerts/{key}/acknowledge", data={"note": ""})).status_code == 303


def _number(pattern: str, text: str | None) -> int:
    found = re.search(pattern, text or "")
    assert found is not None, text
    return int(found[1])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """All of them fire, one silenced in Alertmanager from before."""
    folder, exporter = tmp_path_factory.mktemp("one_number"), Exporter()
    for subsystem in ("tourism", "cybersecurity"):
        exporter.hear(subsystem)
    served, port = serve(exporter), free_port()
    contacts = (
        "contacts: {lan: {name: Lan, channels: [{type: webhook, url: 'http://127.0.0.1:9'}]}}\n"
        "chains: [{contacts: [lan]}]\ndigest: [lan]\n"
    )
    with Stack(folder / "run") as stack:
        monitoring = start_monitoring(stack, folder, next(served), port, divided_by=FASTER, dead_workers=DEAD)
        prometheus, alertmanager = monitoring
        silence(alertmanager.url, "IocCybersecurityOldestUntakenAlert")
        async with relay_of(monitoring, folder, port, contacts, time.time) as client:
            crowd(exporter, 58_695, 57_679)
            exporter.hear("tourism", lodging_registration=601)
            exporter.series[UNTAKEN] = 7200
            with Prometheus(prometheus.url) as asked:
                yield Scene(asked, client)
    next(served, None)


def silence(alertmanager: str, alert: str) -> None:
    now = datetime.now(UTC)
    body = {
        "matchers": [{"name": "alertname", "value": alert, "isRegex": False, "isEqual": True}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "Hoa",
        "comment": "works",
    }
    httpx.post(f"{alertmanager}/api/v2/silences", json=body, trust_env=False).raise_for_status()


async def settled(read: Callable[[], Awaitable[T]], wanted: T) -> T:
    """What is read once it is what is wanted, or after a while in which it never was."""
    found = await read()
    for _ in range(int(NET)):
        if found == wanted:
            break
        await asyncio.sleep(1)
        found = await read()
    return found


async def test_what_is_open_is_one_number_in_every_place(scene: Scene) -> None:
    assert await settled(scene.firing, FIRING) == FIRING
    wanted = dict.fromkeys(PLACES, len(COUNTED))
    assert await settled(scene.counts, wanted) == wanted
    assert sorted(row["alertname"] for row in scene.rows(0)) == sorted(COUNTED)
    assert scene.prometheus.query('ALERTS{class="heartbeat",alertstate="firing"}')


async def test_a_silenced_alert_that_nobody_was_told_of_is_on_the_phone_and_leads_nowhere(scene: Scene) -> None:
    shown = await scene.text("/")
    silenced = shown.partition("Silenced before anybody was called")[2]
    assert "Cảnh báo chờ tiếp nhận lâu nhất" in silenced
    assert 'href="/alerts/' not in silenced.partition("<h2>")[0]


@pytest.mark.parametrize(("taken", "subsystem"), [("IocTourismCrowdRatio", "tourism"), ("IocWorkerDown", "platform")])
async def test_one_acknowledgement_of_two_leaves_one_that_nobody_took(taken: str, subsystem: str, scene: Scene) -> None:
    places = [*await scene.untaken(subsystem)]
    assert await settled(lambda: scene.untaken(subsystem), dict.fromkeys(places, 2)) == dict.fromkeys(places, 2)
    await scene.acknowledge(taken)
    assert await settled(lambda: scene.untaken(subsystem), dict.fromkeys(places, 1)) == dict.fromkeys(places, 1)
