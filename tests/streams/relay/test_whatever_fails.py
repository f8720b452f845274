"""Whatever fails around the relay or in a step of it: every other alert, channel and message gets where it goes."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ioc.catalogue import Catalogue
from ioc.notices.alert import Alert
from ioc.notices.book import Book, book_of
from ioc.notices.figures import AlertFigures
from streams.relay import delivery, desk
from streams.relay.desk import Desk
from streams.relay.senders import Webhook
from streams.relay.store import Store
from tests.ioc.notices.samples import AT_FOUR, Figures, alert, platform, webhook
from tests.streams.relay.receivers import Clock, HttpReceiver, Raw, RunningRelay, http_receiver, until

REPEAT = 600.0
CONTACTS = """
contacts:
  lan: {{name: Lan, channels: [{{type: webhook, url: '{url}/lan'}}]}}
  minh: {{name: Minh, channels: [{{type: webhook, url: '{other}/minh'}}]}}
chains: [{{subsystems: [platform], contacts: [minh]}}, {{contacts: [lan]}}]
digest: [lan]
"""
RAIN = {"subsystem": "environment", "kpi": "rain"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come soon; what is tried again and what is not stays as it is."""
    monkeypatch.setattr(delivery, "FIRST_WAIT", 0.05)
    monkeypatch.setattr(delivery, "LONGEST_WAIT", 0.2)
    monkeypatch.setattr(delivery, "STORE_WAIT", 0.05)


@pytest.fixture
def clock() -> Clock:
    return Clock(AT_FOUR + 60)


def contacts(receiver: HttpReceiver, other: HttpReceiver | None = None) -> str:
    return CONTACTS.format(url=receiver.url, other=(other or receiver).url)


def names(receiver: HttpReceiver) -> list[str]:
    return [message["alerts"][0]["alert"] for message in receiver.received]


async def delivered(relay: RunningRelay) -> None:
    """Wait until the page of the usual alert says so."""
    async with asyncio.timeout(15):
        page = ""
        while "webhook, firing: delivered" not in page:
            page = (await relay.client.get(f"/alerts/{alert().key}")).text


STEPS = [
    "_miss_heartbeat",
    "_close_unseen",
    "_unanswered",
    "_look_at_new",
    "_tell_over",
    "_tell_digest",
    "_tell_undelivered",
]
TELLING = ["_untold", "_tell_turns", "_write", "_composed", "_nobody_took", "_asked"]


def test_every_step_of_a_round_is_among_those_that_fail_here() -> None:
    steps = {name for name in Desk.round.__code__.co_names + Desk.tell_new.__code__.co_names if name.startswith("_")}
    assert steps <= {*STEPS, *TELLING}


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_that_always_fails_keeps_no_page_from_being_told(
    start_relay: Callable[..., Any],
    receiver: HttpReceiver,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("unit")

    monkeypatch.setattr(Desk, step, fail)
    async with start_relay(contacts(receiver), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert(), platform("IocWorkerDown")))
        await until(lambda: len(receiver.received) == 2)
        metrics = (await relay.machines.get("/metrics")).text
    assert sorted(names(receiver)) == ["IocPublicServicesOverdueShare", "IocWorkerDown"]
    assert "ioc_relay_step_failures_total 0.0" not in metrics


@pytest.mark.parametrize("step", TELLING)
async def test_a_step_that_fails_while_somebody_is_to_be_told_is_taken_again(
    start_relay: Callable[..., Any],
    receiver: HttpReceiver,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    real, failures = getattr(Desk, step), iter([ValueError("once"), sqlite3.DatabaseError("twice")])

    def fail(*arguments: Any, **named: Any) -> Any:
        if (error := next(failures, None)) is not None:
            raise error
        return real(*arguments, **named)

    monkeypatch.setattr(Desk, step, fail)
    async with start_relay(contacts(receiver), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert(), platform("IocWorkerDown")))
        await until(lambda: len(receiver.received) == 2)
        clock.time += 1
        await relay.machines.post("/alerts", json=webhook(alert(ends_at=clock.time)))
        await until(lambda: len(receiver.received) == 3)
    assert [message["kind"] for message in receiver.received] == ["firing", "firing", "resolved"]


async def test_a_notice_that_cannot_be_written_is_sent_in_its_plainest_form(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("unit")

    monkeypatch.setattr(desk, "compose", fail)
    async with start_relay(contacts(receiver), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await until(lambda: receiver.received)
    assert receiver.received[0]["text"].splitlines()[1] == f"{alert().name} {relay.url}/alerts/{alert().key}"


async def test_an_alert_open_under_a_label_that_the_catalogue_lost_is_told_from_its_own_texts_and_so_are_all_others(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock, catalogue: Catalogue
) -> None:
    texts = {"summary_vi": "Mưa lớn, ngưỡng ≥ 100 mm", "summary_en": "Heavy rain, limit ≥ 100 mm"}
    rain = alert("IocEnvironmentRain", annotations=texts, **RAIN)
    others = [alert(), platform("IocWorkerDown")]
    async with start_relay(contacts(receiver), clock, {"repeat_after": REPEAT}) as relay:
        await relay.machines.post("/alerts", json=webhook(rain, *others))
        await until(lambda: len(receiver.received) == 3)
    receiver.received.clear()
    clock.time += REPEAT
    whole = book_of(catalogue)
    overdue = whole.kpis["public_services", "overdue_share"]
    kpis = {("public_services", "overdue_share"): replace(overdue, fields={}, unit_labels=frozenset())}
    async with start_relay(contacts(receiver), clock, {"repeat_after": REPEAT}, book=replace(whole, kpis=kpis)):
        await until(lambda: len(receiver.received) == 3)
    told = {message["alerts"][0]["alert"]: message["alerts"][0] for message in receiver.received}
    assert told.keys() == {rain.name, *(each.name for each in others)}
    assert told[rain.name]["vi"]["title"] == texts["summary_vi"]
    assert told[others[0].name]["vi"]["value"] == "3,55 % (1.137/32.043)"
    assert told[others[0].name]["vi"]["details"][0].startswith("unit: 148 vượt ngưỡng")


async def test_a_catalogue_that_is_torn_for_one_subsystem_is_said_and_tells_the_alert_all_the_same(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock, catalogue: Catalogue
) -> None:
    class Torn(Book):
        def kpi(self, subsystem: str, kpi: str | None) -> Any:
            if subsystem == "environment":
                raise LookupError("no such label: station")
            return super().kpi(subsystem, kpi)

    torn = Torn(**vars(book_of(catalogue)))
    rain = alert("IocEnvironmentRain", annotations={"summary_vi": "Mưa lớn"}, **RAIN)
    async with start_relay(contacts(receiver), clock, book=torn) as relay:
        await relay.machines.post("/alerts", json=webhook(rain, alert()))
        await until(lambda: len(receiver.received) == 2)
    told = {message["alerts"][0]["alert"]: message["alerts"][0]["vi"] for message in receiver.received}
    assert told["IocEnvironmentRain"]["title"] == "Mưa lớn"
    assert told["IocEnvironmentRain"]["details"] == ["Không dùng được danh mục: LookupError: no such label: station"]
    assert told[alert().name]["value"] == "3,55 % (1.137/32.043)"


class Mute(Figures):
    """Prometheus that is not there, or takes its time."""

    def __init__(self, error: Exception | None) -> None:
        super().__init__()
        self.error = error

    async def of(self, alerts: Sequence[Alert]) -> Mapping[str, AlertFigures]:
        if self.error is not None:
            raise self.error
        await asyncio.Event().wait()
        return {}


@pytest.mark.parametrize("error", [None, OSError("refused"), KeyError("x"), TimeoutError()])
async def test_without_an_answer_of_prometheus_an_alert_is_told_by_its_summary(
    start_relay: Callable[..., Any],
    receiver: HttpReceiver,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception | None,
) -> None:
    monkeypatch.setattr(desk, "FIGURES_TIMEOUT", 0.2)
    one = alert(annotations={"summary_vi": "Quá hạn 3,55 %, ngưỡng ≥ 3 %"})
    async with start_relay(contacts(receiver), clock, figures=Mute(error)) as relay:
        await relay.machines.post("/alerts", json=webhook(one))
        await until(lambda: receiver.received)
    assert receiver.received[0]["alerts"][0]["vi"]["title"] == "Quá hạn 3,55 %, ngưỡng ≥ 3 %"
    assert receiver.received[0]["alerts"][0]["vi"]["value"] is None


async def test_figures_are_asked_for_when_somebody_is_told_and_when_an_alert_is_new(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    known, quiet = Figures(), alert("IocQuiet", **{"class": "digest"})
    async with start_relay(contacts(receiver), clock, {"repeat_after": REPEAT}, figures=known) as relay:
        await relay.machines.post("/alerts", json=webhook(alert(), quiet))
        await until(lambda: receiver.received and len(known.asked) == 2)
        clock.time += REPEAT
        await until(lambda: len(receiver.received) == 2)
        shown = {each["key"]: each["vi"]["value"] for each in (await relay.client.get("/api/alerts")).json()}
    assert [[each.name for each in asked] for asked in known.asked] == [[alert().name], ["IocQuiet"], [alert().name]]
    assert shown == dict.fromkeys([alert().key, quiet.key], "3,55 % (1.137/32.043)")


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """The database as another process holds it."""
    with sqlite3.connect(database, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    other.close()


async def test_while_the_database_is_locked_alertmanager_is_told_to_come_again_and_then_nothing_is_lost(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock, tmp_path: Path
) -> None:
    async with start_relay(contacts(receiver), clock) as relay:
        with locked(tmp_path / "relay.sqlite"):
            for _ in range(2):
                answer = await relay.machines.post("/alerts", json=webhook(alert()))
                assert (answer.status_code, "locked" in answer.text) == (503, True)
        assert (await relay.machines.post("/alerts", json=webhook(alert()))).status_code == 200
        await until(lambda: receiver.received)
    assert names(receiver) == [alert().name]


async def test_a_message_that_arrived_while_the_database_was_locked_is_not_sent_again(
    start_relay: Callable[..., Any],
    receiver: HttpReceiver,
    clock: Clock,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver.held.clear()
    async with start_relay(contacts(receiver), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await until(lambda: receiver.received)
        with locked(tmp_path / "relay.sqlite"):
            receiver.held.set()
            await until(lambda: "database is locked; it is tried again" in caplog.text)
        await delivered(relay)
    assert len(receiver.received) == 1


FAULTS = [
    ValueError("x"),
    KeyError("x"),
    RuntimeError("x"),
    MemoryError(),
    OSError("x"),
    TimeoutError(),
    AssertionError(),
]


@pytest.mark.parametrize("fault", [*FAULTS, UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x")], ids=repr)
async def test_whatever_goes_wrong_in_an_attempt_is_tried_again_and_marked(
    start_relay: Callable[..., Any],
    receiver: HttpReceiver,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
) -> None:
    real, faults = Webhook.send, iter([fault])

    async def send(self: Webhook, *arguments: Any) -> str:
        if (error := next(faults, None)) is not None:
            raise error
        return await real(self, *arguments)

    monkeypatch.setattr(Webhook, "send", send)
    async with start_relay(contacts(receiver), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await until(lambda: receiver.received)
    assert [message["duplicate"] for message in receiver.received] == [True]


@pytest.mark.parametrize("method", ["attempting", "delivered", "pending"])
async def test_a_fault_of_the_store_in_a_delivery_leaves_no_message_behind(
    start_relay: Callable[..., Any],
    receiver: HttpReceiver,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
) -> None:
    real, faults = getattr(Store, method), iter([sqlite3.IntegrityError("x")])

    def torn(self: Store, *arguments: Any) -> Any:
        if (error := next(faults, None)) is not None:
            raise error
        return real(self, *arguments)

    monkeypatch.setattr(Store, method, torn)
    async with start_relay(contacts(receiver), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await delivered(relay)


async def test_a_receiver_that_never_answers_keeps_no_other_waiting(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    receiver.held.clear()
    many = [alert(f"A{number}", starts_at=AT_FOUR - number, subsystem=f"s{number}") for number in range(40)]
    async with http_receiver() as other, start_relay(contacts(receiver, other), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(*many))
        await until(lambda: receiver.received)
        await relay.machines.post("/alerts", json=webhook(platform("IocWorkerDown")))
        await until(lambda: other.received)
    receiver.held.set()


async def test_503_in_latin_1_and_then_200_is_tried_again(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    busy = Raw("máy chủ bận".replace("ủ", "u").replace("ậ", "a").encode("latin-1"), "text/plain; charset=iso-8859-1")
    undeclared = Raw(b"m\xe1y ch\xf9 b\xe0n")
    receiver.answers = [(503, busy), (503, undeclared)]
    async with start_relay(contacts(receiver), clock) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await delivered(relay)
    assert [message["duplicate"] for message in receiver.received] == [False] * 3


async def test_an_alert_that_cannot_be_read_is_told_to_who_sent_it_and_the_others_are_kept(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock
) -> None:
    body = webhook(platform("IocTorn"), alert())
    body["alerts"][0]["startsAt"] = "9999-12-31T23:59:59Z"
    async with start_relay(contacts(receiver), clock) as relay:
        answer = await relay.machines.post("/alerts", json=body)
        await until(lambda: receiver.received)
    assert (answer.status_code, "alerts[0]: " in answer.text) == (400, True)
    assert names(receiver) == [alert().name]


async def test_a_relay_that_sees_to_nothing_any_more_says_so_to_who_starts_it_anew(
    start_relay: Callable[..., Any], receiver: HttpReceiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    async with start_relay(contacts(receiver), clock) as relay:
        assert (await relay.client.get("/healthz")).status_code == 200
        monkeypatch.setattr(Desk, "round", hang)
        clock.time += 1000
        async with asyncio.timeout(15):
            while (answer := await relay.client.get("/healthz")).status_code == 200:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    assert answer.text.startswith("no round for ")
