"""The steps of a runbook, ticked off on an alert's page."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ioc.notices.steps import mark_of
from ioc.text.bilingual import Text
from streams.relay.store import Store
from streams.relay.tables import VERSIONS
from streams.web.database import Database
from streams.web.people.accounts import Account, hash_of_token
from tests.ioc.notices.samples import AT_FOUR, alert, webhook
from tests.streams.relay.receivers import PEOPLE, Clock, HttpReceiver, RunningRelay, until

CONTACTS = """
contacts: {{lan: {{name: Lan, channels: [{{type: webhook, url: '{url}'}}]}}}}
chains: [{{contacts: [lan]}}]
digest: [lan]
"""
CALL, LOOK = Text("Gọi trưởng ca.", "Call the head."), Text("Xem <địa bàn>.", "See the areas.")
RUNBOOK = """\
## Việc cần làm đầu tiên

1. {call.vi}
2. {look.vi}
3. Chạy `ioc top`.

## First steps

1. {call.en}
2. {look.en}
3. Run `ioc top`.
"""
ONE = alert()
AT = f"/alerts/{ONE.key}/steps"
VIEWER = {"Authorization": "Bearer a-token-of-hoa"}


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """The database as another process holds it."""
    with sqlite3.connect(database, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    other.close()


@pytest.fixture
def clock() -> Clock:
    return Clock(AT_FOUR + 720)


@pytest.fixture
def runbooks(tmp_path: Path) -> Path:
    folder = tmp_path / "runbooks"
    folder.mkdir()
    (folder / f"{ONE.name}.md").write_text(RUNBOOK.format(call=CALL, look=LOOK))
    return folder


@pytest.fixture
async def relay(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock, runbooks: Path
) -> AsyncIterator[RunningRelay]:
    hoa = Account(name="Hoa", role="viewer", tokens_sha256=[hash_of_token("a-token-of-hoa")])
    people = {**PEOPLE, "hoa": hoa}
    contacts = CONTACTS.format(url=receiver.url)
    async with start_relay(contacts, clock, {"runbooks": runbooks}, people=people) as found:
        await found.machines.post("/alerts", json=webhook(ONE))
        await until(lambda: receiver.received)
        yield found


async def page(relay: RunningRelay, **headers: str) -> str:
    return (await relay.client.get(f"/alerts/{ONE.key}", headers=headers)).text


async def tick(relay: RunningRelay, step: Text, done: str = "yes", **headers: str) -> int:
    answer = await relay.client.post(AT, data={"step": mark_of(step), "done": done}, headers=headers)
    return answer.status_code


async def test_a_step_that_is_ticked_stays_so_with_who_and_when(relay: RunningRelay, clock: Clock) -> None:
    assert "0 of 2 steps" in await page(relay)
    assert await tick(relay, LOOK) == 303
    clock.time += 60
    assert await tick(relay, LOOK) == 303
    shown = await page(relay)
    assert "☐ Gọi trưởng ca." in shown
    assert "☑ Xem &lt;địa bàn&gt;." in shown
    assert "1 of 2 steps, last by Lan, 24/07/2025 04:12" in shown
    trail = [line for line in (await relay.client.get("/trail")).text.split("<tr>") if "step_done" in line]
    assert len(trail) == 1
    assert ONE.key in trail[0]
    assert "Xem &lt;địa bàn&gt;." in trail[0]
    report = (await relay.client.get("/report?format=md")).text
    assert "| 1/2 bước, gần nhất Lan, 24/07/2025 04:12 |" in report
    [told] = (await relay.client.get("/api/alerts")).json()
    assert told["steps"] == {
        "vi": "1/2 bước, gần nhất Lan, 24/07/2025 04:12",
        "en": "1 of 2 steps, last by Lan, 24/07/2025 04:12",
    }
    [episode] = (await relay.client.get("/api/episodes?from=0&to=9e9")).json()
    assert [each["step"]["en"] for each in episode["steps"]] == [LOOK.en]


async def test_the_shift_report_tells_every_step_with_who_and_when(relay: RunningRelay, clock: Clock) -> None:
    assert await tick(relay, LOOK) == 303
    clock.time += 60
    assert await tick(relay, CALL) == 303
    clock.time += 1
    report = (await relay.client.get("/report?format=md")).text
    steps = report.partition("## Các bước đã làm (Steps done)")[2].partition("##")[0]
    rows = [line.split(" | ") for line in steps.splitlines() if "Lan" in line]
    assert [(row[0].removeprefix("| "), row[1]) for row in rows] == [
        ("24/07/2025 04:12", "Lan"),
        ("24/07/2025 04:13", "Lan"),
    ]
    assert "Gọi trưởng ca" in rows[1][3]


async def test_what_was_ticked_by_mistake_is_taken_back_and_both_are_told(relay: RunningRelay) -> None:
    assert await tick(relay, CALL) == 303
    assert [await tick(relay, CALL, "no") for _ in range(2)] == [303, 303]
    assert "0 of 2 steps" in await page(relay)
    trail = (await relay.client.get("/trail")).text
    assert (trail.count("<td>step_done<"), trail.count("<td>step_undone<")) == (1, 1)


async def test_who_only_sees_alerts_has_no_boxes_to_tick(relay: RunningRelay) -> None:
    assert await tick(relay, CALL, **VIEWER) == 403
    shown = await page(relay, **VIEWER)
    assert "☐ Gọi trưởng ca." in shown
    assert "/steps" not in shown


async def test_a_step_that_the_runbook_does_not_have_is_none(relay: RunningRelay) -> None:
    assert await tick(relay, Text("Chạy `ioc top`.", "Run `ioc top`.")) == 409
    assert await tick(relay, CALL, "perhaps") == 400
    assert (await relay.client.post("/alerts/none/steps")).status_code == 404
    assert (await relay.client.post(AT)).status_code == 400
    assert "0 of 2 steps" in await page(relay)


async def test_no_other_site_ticks_with_somebodys_session(relay: RunningRelay) -> None:
    own = {"Origin": relay.url}
    del relay.client.headers["Authorization"]
    await relay.client.post("/sign-in", data={"account": "lan", "password": "a long password for tests"}, headers=own)
    assert await tick(relay, CALL, Origin="https://evil.example") == 403
    assert "0 of 2 steps" in await page(relay)
    assert await tick(relay, CALL, **own) == 303


async def test_a_changed_runbook_ticks_no_other_step(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock, runbooks: Path, relay: RunningRelay
) -> None:
    await tick(relay, CALL)
    other = Text("Gọi công an.", "Call the police.")
    (runbooks / f"{ONE.name}.md").write_text(RUNBOOK.format(call=other, look=LOOK))
    async with start_relay(CONTACTS.format(url=receiver.url), clock, {"runbooks": runbooks}) as later:
        shown = await page(later)
        assert "0 of 2 steps" in shown
        assert "☐ Gọi công an." in shown
        assert "☑ Gọi trưởng ca." in shown
        assert await tick(later, CALL) == 409


async def test_while_the_database_is_locked_nothing_is_ticked_and_that_is_said(
    relay: RunningRelay, tmp_path: Path
) -> None:
    with locked(tmp_path / "relay.sqlite"):
        answer = await relay.client.post(AT, data={"step": mark_of(CALL), "done": "yes"})
    assert (answer.status_code, "locked" in answer.text) == (503, True)
    assert "0 of 2 steps" in await page(relay)
    assert "step_done" not in (await relay.client.get("/trail")).text


@pytest.mark.parametrize("version", range(1, len(VERSIONS)))
def test_a_database_of_an_earlier_version_opens_and_keeps_its_alerts(tmp_path: Path, version: int) -> None:
    file = tmp_path / "relay.sqlite"
    older = Database(file, VERSIONS[:version])
    older.change(
        "INSERT INTO episodes (key, fingerprint, alert, starts_at, received_at) VALUES (?, ?, x'7b7d', ?, ?)",
        ONE.key,
        ONE.fingerprint,
        ONE.starts_at,
        ONE.starts_at,
    )
    older.close()
    store = Store(file)
    found = store.episode(ONE.key)
    assert found is not None
    assert found.steps == ()
    assert (store.handovers.note(), store.handovers.taken()) == (None, None)
    store.close()


async def test_an_alert_that_is_forgotten_takes_its_steps_along(relay: RunningRelay, tmp_path: Path) -> None:
    await tick(relay, CALL)
    with sqlite3.connect(tmp_path / "relay.sqlite") as db:
        db.execute("PRAGMA foreign_keys = ON")
        assert db.execute("SELECT count(*) FROM steps").fetchone() == (1,)
        db.execute("DELETE FROM told")
        db.execute("DELETE FROM episodes")
        assert db.execute("SELECT count(*) FROM steps").fetchone() == (0,)
    db.close()
