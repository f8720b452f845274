"""The leaders' report by mail: on working days, once, late rather than never."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient

from ioc.notices.episode import Episode
from ioc.notices.report.letter import Letter
from ioc.notices.report.period import Period
from streams.relay.contacts import load_contacts
from streams.relay.report.files import ReportFile
from streams.settings.yaml_file import YamlFileError
from tests.streams.relay.receivers import Clock, MailReceiver, until

CONTACTS = """
senders:
  email: {{host: 127.0.0.1, port: {port}, encryption: none, sender: ioc@example.vn}}
contacts:
  lan: {{name: Lan, channels: [{{type: email, to: lan@example.vn}}]}}
  minh: {{name: Minh, channels: [{{type: webhook, url: 'http://127.0.0.1:9/'}}]}}
chains: [{{contacts: [lan]}}]
digest: [lan]
report: [lan]
"""


def local(text: str) -> float:
    return datetime.fromisoformat(f"{text}+07:00").timestamp()


async def gone_round(client: AsyncClient) -> None:
    """Wait until every part of the relay went round since the clock was put on, which makes it unwell at first."""
    async with asyncio.timeout(15):
        while (await client.get("/healthz")).is_error:  # noqa: ASYNC110  (a server sets no event here)
            await asyncio.sleep(0.02)


def deliveries(folder: Path) -> list[tuple[str, str, str]]:
    """Kind, state and what is kept of the payload of each message that is in a relay's store."""
    with closing(sqlite3.connect(f"file:{folder}/relay.sqlite?mode=ro", uri=True)) as store:
        rows = store.execute(
            "SELECT kind, state, CAST(payload AS TEXT) FROM deliveries JOIN messages m ON m.id = message"
        )
        return rows.fetchall()


class Made:
    """Makes reports that say which periods they are of, or fails first."""

    def __init__(self, failures: int = 0) -> None:
        self.asked: list[list[str]] = []
        self.failures = failures

    async def of(self, periods: Sequence[Period], alerts: Sequence[Episode]) -> tuple[Letter, list[ReportFile]]:
        self.asked.append([each.name for each in periods])
        if self.failures:
            self.failures -= 1
            raise RuntimeError("Prometheus is away")
        files = [ReportFile(f"{each.name}.pdf", "application/pdf", b"%PDF-1.7 \x00\xff") for each in periods]
        return Letter("[IOC] Báo cáo ngày", "Toàn tỉnh\n"), files


async def test_it_goes_out_at_its_time_with_its_files_and_not_again_after_a_restart(
    start_relay: Callable[..., Any], mail: MailReceiver, tmp_path: Path
) -> None:
    clock, made, contacts = Clock(local("2025-11-03T06:59")), Made(), CONTACTS.format(port=mail.port)
    async with start_relay(contacts, clock, reports=made):
        clock.time = local("2025-11-03T07:00:01")
        # One that stops between the mail server's word and its own mark of it would hand it over again.
        await until(lambda: deliveries(tmp_path) == [("report", "delivered", "{}")])
    async with start_relay(contacts, clock, reports=made) as relay:
        clock.time = local("2025-11-03T18:00")
        await gone_round(relay.client)
    [letter] = mail.messages
    assert (letter["To"], letter["Subject"]) == ("lan@example.vn", "[IOC] Báo cáo ngày")
    attached = {part.get_filename(): part.get_content() for part in letter.iter_attachments()}
    assert attached == {f"{name}.pdf": b"%PDF-1.7 \x00\xff" for name in made.asked[0]}
    assert made.asked == [["day-2025-11-02", "week-2025-10-27", "month-2025-10-01"]]
    assert deliveries(tmp_path) == [("report", "delivered", "{}")]


async def test_a_relay_that_starts_late_sends_it_still_that_day_but_not_that_of_a_day_that_is_over(
    start_relay: Callable[..., Any], mail: MailReceiver
) -> None:
    clock, made, contacts = Clock(local("2025-10-28T12:00")), Made(), CONTACTS.format(port=mail.port)
    async with start_relay(contacts, clock, reports=made):
        pass
    clock.time = local("2025-10-30T06:00")  # nothing was sent on the 29th
    async with start_relay(contacts, clock, reports=made):
        clock.time = local("2025-10-30T15:00")
        await until(lambda: mail.messages)
    assert made.asked == [["day-2025-10-29"]]


async def test_none_goes_out_on_a_day_off(start_relay: Callable[..., Any], mail: MailReceiver) -> None:
    clock, made = Clock(local("2025-10-31T12:00")), Made()
    async with start_relay(CONTACTS.format(port=mail.port), clock, reports=made) as relay:
        clock.time = local("2025-11-01T12:00")  # a Saturday
        await gone_round(relay.client)
        clock.time = local("2025-11-03T12:00")
        await until(lambda: mail.messages)
    assert [len(each) for each in made.asked] == [3]


async def test_what_keeps_it_from_being_made_is_tried_again_and_holds_up_nobody(
    start_relay: Callable[..., Any], mail: MailReceiver
) -> None:
    clock, made = Clock(local("2025-10-30T06:59")), Made(failures=2)
    async with start_relay(CONTACTS.format(port=mail.port), clock, reports=made):
        clock.time = local("2025-10-30T07:01")
        await until(lambda: mail.messages)
    assert len(made.asked) == 3


async def test_a_refused_report_is_told_by_another_way_and_not_sent_again(
    start_relay: Callable[..., Any], mail: MailReceiver, tmp_path: Path
) -> None:
    mail.answers.append("552 too large")
    clock, made = Clock(local("2025-10-30T06:59")), Made()
    told = tmp_path / "told"
    contacts = CONTACTS.format(port=mail.port).replace(
        "{type: webhook, url: 'http://127.0.0.1:9/'}", f"{{type: file, path: {told}}}"
    )
    async with start_relay(contacts, clock, reports=made):
        clock.time = local("2025-10-30T07:01")
        await until(told.exists)
    assert "SMTP 552" in told.read_text()
    assert mail.messages == []


@pytest.mark.parametrize(("name", "message"), [("an", "`an` is no contact"), ("minh", "`minh` has no e-mail address")])
def test_who_cannot_get_it_is_told_when_the_file_is_read(tmp_path: Path, name: str, message: str) -> None:
    file = tmp_path / "contacts.yaml"
    file.write_text(CONTACTS.format(port=25).replace("report: [lan]", f"report: [{name}]"))
    with pytest.raises(YamlFileError, match=message):
        load_contacts(file)
