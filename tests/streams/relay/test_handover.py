"""A shift is handed over: the note, who took over, and what who comes must know."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from ioc.notices.handover import EARLY, GRACE, LONGEST_NOTE, Note, TakeOver
from ioc.notices.steps import mark_of
from streams.relay.store import Store
from streams.web.people.accounts import Account, hash_of_token
from streams.web.people.person import Actor
from tests.ioc.notices.samples import AT_FOUR, alert, platform, webhook
from tests.streams.relay.receivers import PEOPLE, Clock, HttpReceiver, RunningRelay, until
from tests.streams.relay.test_steps import CALL, LOOK, RUNBOOK, locked

HOUR = 3600.0
CONTACTS = """
contacts:
  lan: {{name: Lan, channels: [{{type: webhook, url: '{url}/lan'}}]}}
  minh: {{name: Minh, channels: [{{type: webhook, url: '{url}/minh'}}]}}
chains: [{{contacts: [on_duty]}}]
digest: [lan]
"""
ROSTER = """
roster:
  - {from: "16:00", to: "04:00", contact: lan}
  - {from: "04:00", to: "16:00", contact: minh}
"""
MINH, HOA = ({"Authorization": f"Bearer a-token-of-{name}"} for name in ("minh", "hoa"))
ACCOUNTS = {
    **PEOPLE,
    "minh": Account(name="Minh", role="responder", tokens_sha256=[hash_of_token("a-token-of-minh")]),
    "hoa": Account(name="Hoa", role="viewer", tokens_sha256=[hash_of_token("a-token-of-hoa")]),
}
NOBODY_TOOK_IT = "Nobody has taken over the shift since 24/07/2025 04:00"
NOT_CONFIRMED = "Nobody has confirmed this note"
Start = Callable[[str], AbstractAsyncContextManager[RunningRelay]]


@pytest.fixture
def clock() -> Clock:
    return Clock(AT_FOUR - 600)


@pytest.fixture
def start(start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock, tmp_path: Path) -> Start:
    folder = tmp_path / "runbooks"
    folder.mkdir()
    (folder / f"{alert().name}.md").write_text(RUNBOOK.format(call=CALL, look=LOOK))

    def started(roster: str) -> AbstractAsyncContextManager[RunningRelay]:
        contacts = CONTACTS.format(url=receiver.url) + roster
        contacts = contacts if roster else contacts.replace("on_duty", "lan")
        made: AbstractAsyncContextManager[RunningRelay] = start_relay(
            contacts, clock, {"runbooks": folder}, people=ACCOUNTS
        )
        return made

    return started


@pytest.fixture
async def relay(start: Start) -> AsyncIterator[RunningRelay]:
    async with start(ROSTER) as found:
        yield found


async def shown(relay: RunningRelay, at: str = "/handover", **headers: str) -> str:
    answer = await relay.client.get(at, headers=headers)
    assert answer.status_code == 200
    return answer.text


async def write(relay: RunningRelay, note: str, **headers: str) -> int:
    return (await relay.client.post("/handover/note", data={"note": note}, headers=headers)).status_code


async def take(relay: RunningRelay, note: int, *, page: str | None = None, **headers: str) -> int:
    """Press the button of a page that was read before, or is read now."""
    form = re.search('name=shift value="([^"]*)"', await shown(relay, **headers) if page is None else page)
    data = {"note": str(note), "shift": form[1] if form else ""}
    return (await relay.client.post("/handover/taken", data=data, headers=headers)).status_code


async def test_who_comes_reads_the_note_and_confirms_and_both_are_kept(relay: RunningRelay, clock: Clock) -> None:
    assert await write(relay, "Gọi lại <Sở Y tế>\r\nlúc 5 giờ") == 303
    page = await shown(relay, **MINH)
    assert "<p class=note>Gọi lại &lt;Sở Y tế&gt;\nlúc 5 giờ</p>" in page
    assert NOT_CONFIRMED in page
    assert "I have taken over</small><br><small>Minh, 24/07/2025 04:00 – 24/07/2025 16:00" in page
    assert await take(relay, 1, **MINH) == 303
    assert await take(relay, 1, **MINH) == 303
    clock.time = AT_FOUR + GRACE
    page = await shown(relay)
    assert NOT_CONFIRMED not in page
    assert "Last taken over by Minh, 24/07/2025 03:50" in page
    assert NOBODY_TOOK_IT not in page
    trail = (await relay.client.get("/trail")).text
    assert (trail.count("<td>handover_noted<"), trail.count("<td>shift_taken<")) == (1, 1)
    assert "2025-07-24T04:00:00+07:00" in trail


async def test_a_shift_that_nobody_took_over_is_told_on_both_pages_until_somebody_does(
    relay: RunningRelay, clock: Clock
) -> None:
    clock.time = AT_FOUR + GRACE - 1
    assert [NOBODY_TOOK_IT in await shown(relay, at) for at in ("/", "/handover")] == [False, False]
    clock.time += 1
    assert [NOBODY_TOOK_IT in await shown(relay, at) for at in ("/", "/handover")] == [True, True]
    assert await take(relay, 0, **MINH) == 303
    assert [NOBODY_TOOK_IT in await shown(relay, at) for at in ("/", "/handover")] == [False, False]


async def test_who_took_over_the_shift_before_has_not_taken_this_one(relay: RunningRelay, clock: Clock) -> None:
    clock.time = AT_FOUR - EARLY - 1
    assert await take(relay, 0) == 303
    clock.time = AT_FOUR + GRACE
    assert NOBODY_TOOK_IT in await shown(relay)


async def test_a_page_that_was_read_in_the_shift_before_takes_not_the_next_one(
    relay: RunningRelay, clock: Clock
) -> None:
    clock.time = AT_FOUR - EARLY - 60
    before = await shown(relay)
    clock.time += 120
    assert await take(relay, 0, page=before) == 409
    clock.time = AT_FOUR + GRACE
    assert NOBODY_TOOK_IT in await shown(relay)
    assert await take(relay, 0) == 303
    assert NOBODY_TOOK_IT not in await shown(relay)


async def test_a_note_that_changed_since_it_was_read_is_not_confirmed(relay: RunningRelay) -> None:
    await write(relay, "một")
    await write(relay, "hai")
    assert await take(relay, 1, **MINH) == 409
    assert "Last taken over" not in await shown(relay)
    assert await take(relay, 2, **MINH) == 303


async def test_who_wrote_the_note_does_not_confirm_it(relay: RunningRelay) -> None:
    await write(relay, "một")
    assert "/handover/taken" not in await shown(relay)
    assert await take(relay, 1) == 409
    assert await take(relay, 1, **MINH) == 303
    # The next time that they come it is the note of another shift, which somebody has confirmed.
    assert await take(relay, 1) == 303


async def test_a_note_has_its_bounds_and_what_is_no_form_is_refused(relay: RunningRelay) -> None:
    assert [await write(relay, text) for text in ("", " \n", "x" * (LONGEST_NOTE + 1))] == [400] * 3
    assert await write(relay, "\r\n".join(["ắ"] * (LONGEST_NOTE // 2))) == 303
    assert (await relay.client.post("/handover/taken")).status_code == 400
    assert await take(relay, 7, **MINH) == 409


async def test_who_only_sees_alerts_reads_and_hands_over_nothing(relay: RunningRelay) -> None:
    assert await write(relay, "một", **HOA) == await take(relay, 0, **HOA) == 403
    page = await shown(relay, **HOA)
    assert "/handover/note" not in page
    assert "/handover/taken" not in page


async def test_who_comes_sees_open_alerts_with_their_steps_what_did_not_arrive_and_the_last_shift(
    relay: RunningRelay, receiver: HttpReceiver
) -> None:
    receiver.answers += [(400, {"fault": "number unknown"})] * 2
    one, other = alert(), platform("IocExporterAbsent", severity="warning")
    await relay.machines.post("/alerts", json=webhook(one, other))
    await until(lambda: len(receiver.received) == 2)
    await relay.client.post(f"/alerts/{one.key}/acknowledge", data={"note": "đang gọi"})
    await relay.client.post(f"/alerts/{one.key}/steps", data={"step": mark_of(CALL), "done": "yes"})
    page = ""
    while "HTTP 400" not in page:
        page = await shown(relay, **MINH)
    heading, first, second = page.index("Open alerts</small>: 2"), page.index(one.key), page.index(other.key)
    assert heading < first < second
    assert "Lan, 24/07/2025 03:50: đang gọi" in page
    assert "1/2 bước, gần nhất Lan, 24/07/2025 03:50" in page
    assert "☐ Xem &lt;địa bàn&gt;." in page
    assert "☐ Gọi trưởng ca." not in page
    assert "Lan (webhook), 24/07/2025 03:50: HTTP 400" in page
    assert "(× 2)" in page
    assert "23/07/2025 16:00 – 24/07/2025 03:50" in page
    assert "Alertmanager does not answer" in page


async def test_without_a_roster_notes_and_take_overs_are_kept_all_the_same(start: Start, clock: Clock) -> None:
    async with start("") as relay:
        await write(relay, "một")
        assert await take(relay, 1, **MINH) == 303
        clock.time += 24 * HOUR
        page = await shown(relay)
        assert "Last taken over by Minh, 24/07/2025 03:50" in page
        assert "Nobody has taken over" not in page
        assert "24/07/2025 15:50 – 25/07/2025 03:50" in page


async def test_while_the_database_is_locked_nobody_takes_over_and_that_is_said(
    relay: RunningRelay, tmp_path: Path
) -> None:
    with locked(tmp_path / "relay.sqlite"):
        assert (await write(relay, "một"), await take(relay, 0)) == (503, 503)
    page = await shown(relay)
    assert "There is no note" in page
    assert "Last taken over" not in page


def test_notes_and_take_overs_go_with_the_alerts_of_their_time(tmp_path: Path) -> None:
    lan, store = Actor("lan", "Lan", ""), Store(tmp_path / "relay.sqlite")
    with store as transaction:
        for at in (1.0, 2.0):
            store.handovers.write("một", lan, at)
        store.handovers.take(TakeOver("minh", "Minh", 3.0, None, 2))
        transaction.forget(2.5)
        assert (store.handovers.note(), store.handovers.taken()) == (
            Note(2, "một", "lan", "Lan", 2.0),
            TakeOver("minh", "Minh", 3.0, None, 2),
        )
        transaction.forget(3.5)
        assert (store.handovers.note(), store.handovers.taken()) == (None, None)
        store.handovers.write("hai", lan, 4.0)
    assert store.handovers.note() == Note(3, "hai", "lan", "Lan", 4.0)
    store.close()


def test_of_a_span_those_notes_are_told_that_were_written_or_seen_in_it(tmp_path: Path) -> None:
    lan, store = Actor("lan", "Lan", ""), Store(tmp_path / "relay.sqlite")
    with store:
        for at in (1.0, 2.0, 8.0):
            store.handovers.write(f"lúc {at}", lan, at)
        for at, note in ((3.0, 2), (8.0, 3)):
            store.handovers.take(TakeOver("minh", "Minh", at, None, note))
    handovers = store.handovers
    assert [note.id for note in handovers.notes_between(1.5, 8.0)] == [2]
    assert [note.id for note in handovers.notes_between(2.5, 8.0)] == [2]
    assert [note.id for note in handovers.notes_between(8.0, 9.0)] == [3]
    assert [taken.at for taken in handovers.taken_between(3.0, 8.0)] == [3.0]
    store.close()


async def test_the_command_line_is_told_who_is_on_duty_and_that_nobody_took_over(
    relay: RunningRelay, clock: Clock
) -> None:
    clock.time = AT_FOUR + GRACE
    assert (await relay.client.get("/api/duty", headers=HOA)).json() == [
        {
            "vi": "Đang trực: Minh đến 24/07/2025 16:00; tiếp theo: Lan",
            "en": "On duty: Minh until 24/07/2025 16:00; next: Lan",
        },
        {"vi": "Chưa ai xác nhận nhận ca từ 24/07/2025 04:00", "en": NOBODY_TOOK_IT},
    ]


async def test_without_a_roster_and_a_handover_nothing_is_said_of_duty(start: Start) -> None:
    async with start("") as relay:
        assert (await relay.client.get("/api/duty")).json() == []
