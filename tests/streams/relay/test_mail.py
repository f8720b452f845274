"""Mail to a real SMTP server: what it refuses for good, what it may take later, and addresses beyond ASCII."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from streams.relay import delivery, desk
from streams.relay.contacts import EmailAddress, EmailSender
from streams.relay.mail import Email
from streams.relay.outcome import Refused, Unreachable
from streams.stack.ports import free_port
from tests.ioc.notices.samples import AT_FOUR, alert, webhook
from tests.streams.relay.receivers import Clock, HttpReceiver, MailReceiver, until

PAYLOAD = {"subject": "[CẢNH BÁO] Mưa", "text": "Mưa lớn\n.\n"}


class Server(MailReceiver):
    """A mail server that answers each command as it is told."""

    def __init__(self, **answers: str) -> None:
        super().__init__()
        self.said = answers
        self.recipients: list[str] = []

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.said.get("MAIL", "250 ok")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "RCPT" not in self.said:
            envelope.rcpt_tos.append(address)
            self.recipients.append(address)
        return self.said.get("RCPT", "250 ok")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return self.said["DATA"] if "DATA" in self.said else await super().handle_DATA(server, session, envelope)

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return self.said.get("QUIT", "221 bye")


@contextmanager
def running(server: Server, **settings: Any) -> Iterator[Server]:
    controller = Controller(server, hostname="127.0.0.1", port=server.port, **settings)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def sender(port: int, to: str = "lan@example.vn", **settings: Any) -> Email:
    settings = {"encryption": "none", "sender": "ioc@example.vn", **settings}
    return Email(
        EmailSender.model_validate({"host": "127.0.0.1", "port": port, **settings}),
        EmailAddress.model_validate({"type": "email", "to": to}),
    )


async def failure(email: Email) -> tuple[type[Exception], str, bool]:
    """How it failed, why, and whether it may have arrived."""
    failed = await outcome(email)
    assert not isinstance(failed, str), failed
    return failed


async def outcome(email: Email) -> tuple[type[Exception], str, bool] | str:
    """The receipt, or how it failed, why, and whether it may have arrived."""
    try:
        return await email.send(PAYLOAD, "ioc-1")
    except Refused as error:
        return Refused, str(error), False
    except Unreachable as error:
        return Unreachable, str(error), error.doubtful


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"RCPT": "550 no such user"}, (Refused, "SMTP 550 no such user", False)),
        ({"RCPT": "451 greylisted"}, (Unreachable, "SMTP 451 greylisted", False)),
        ({"DATA": "554 looks like spam"}, (Refused, "SMTP 554 looks like spam", False)),
        ({"DATA": "452 disk full"}, (Unreachable, "SMTP 452 disk full", False)),
        ({"MAIL": "553 not your address"}, (Unreachable, "SMTP 553 not your address", False)),
        ({"MAIL": "530 authentication required"}, (Unreachable, "SMTP 530 authentication required", False)),
        ({"QUIT": "421 shutting down"}, "<ioc-1@example.vn>"),
    ],
    ids=str,
)
async def test_a_recipient_or_text_that_is_refused_is_so_for_good_and_all_else_may_work_later(
    answers: dict[str, str], expected: object
) -> None:
    with running(Server(**answers)) as server:
        assert await outcome(sender(server.port)) == expected


async def test_nobody_there_is_no_refusal() -> None:
    kind, _, doubtful = await failure(sender(free_port()))
    assert (kind, doubtful) == (Unreachable, False)


async def test_a_server_without_the_encryption_that_is_asked_for_is_no_refusal() -> None:
    with running(Server()) as server:
        for encryption in ("starttls", "tls"):
            kind, _, doubtful = await failure(sender(server.port, encryption=encryption))
            assert (kind, doubtful) == (Unreachable, False)


@pytest.mark.parametrize(
    ("to", "known_as"),
    [
        ("lan@bücher.example", "lan@xn--bcher-kva.example"),
        ("trực.ban@example.vn", "trực.ban@example.vn"),
        ("trực@bücher.example", "trực@xn--bcher-kva.example"),
    ],
)
async def test_an_address_beyond_ascii_is_taken_by_a_server_that_takes_such(to: str, known_as: str) -> None:
    with running(Server(), enable_SMTPUTF8=True) as server:
        assert await outcome(sender(server.port, to)) == "<ioc-1@example.vn>"
    assert server.recipients == [known_as]
    [letter] = server.messages
    assert (letter["To"], letter["Subject"]) == (known_as, PAYLOAD["subject"])
    assert letter.get_content().splitlines() == PAYLOAD["text"].splitlines()


async def test_an_address_beyond_ascii_is_refused_at_once_where_the_server_takes_none() -> None:
    with running(Server(), enable_SMTPUTF8=False) as server:
        kind, why, _ = await failure(sender(server.port, "trực@example.vn"))
        assert kind is Refused
        assert why == "trực@example.vn has letters beyond ASCII, which the mail server does not take (no SMTPUTF8)"
        assert await outcome(sender(server.port, "lan@bücher.example")) == "<ioc-1@example.vn>"


@pytest.mark.parametrize(
    "to",
    [
        *("lan", "@example.vn", "lan@", "a b@example.vn", "lan@exa mple.vn", "a@b@c.vn", "a@" + "x" * 64),
        # What mail programs read otherwise than it is written.
        *('"lan"@example.vn', "lan(ca)@example.vn", "lan..ca@example.vn", "lan@[127.0.0.1]", 'lan@"example".vn'),
        *("lan\0@example.vn", "lan\x1b@example.vn", "\u202elan@example.vn", "\ud800@example.vn", "l" * 65 + "@a.vn"),
    ],
)
def test_an_address_that_no_server_would_take_is_told_when_it_is_read(to: str) -> None:
    with pytest.raises(ValueError, match=r"write an address as in duty@example\.vn|is no domain|mail servers take"):
        EmailAddress.model_validate({"type": "email", "to": to})


CONTACTS = """
senders:
  email:
    {{host: 127.0.0.1, port: {port}, encryption: none, sender: ioc@example.vn, username: ioc, password_file: {file}}}
contacts:
  lan:
    name: Lan
    channels: [{{type: email, to: lan@example.vn}}, {{type: webhook, url: '{url}/lan'}}]
chains: [{{contacts: [lan]}}]
digest: [lan]
"""


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_a_wrong_password_loses_no_page_it_is_told_elsewhere_and_the_letter_goes_out_once_it_is_corrected(
    start_relay: Callable[..., Any],
    receiver: HttpReceiver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(delivery, "FIRST_WAIT", 0.05)
    monkeypatch.setattr(delivery, "LONGEST_WAIT", 0.2)

    def authenticate(*arguments: Any) -> AuthResult:
        given = arguments[-1]
        right = isinstance(given, LoginPassword) and given.password == b"right"
        return AuthResult(success=right, handled=right)

    (tmp_path / "password").write_text("wrong\n")
    clock = Clock(AT_FOUR + 60)
    settings = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    with running(Server(), **settings) as server:
        contacts = CONTACTS.format(port=server.port, file=tmp_path / "password", url=receiver.url)
        async with start_relay(contacts, clock) as relay:
            await relay.machines.post("/alerts", json=webhook(alert()))
            await until(lambda: receiver.received and "SMTP 535" in caplog.text)
            clock.time += desk.STUCK
            await until(lambda: len(receiver.received) == 2)
            (tmp_path / "password").write_text("right\n")
            await until(lambda: server.messages)
    assert [each["kind"] for each in receiver.received] == ["firing", "undelivered"]
    told = receiver.received[1]["undelivered"]
    assert (told["contact"], told["channel"], told["given_up"]) == ("Lan", "email", False)
    assert told["reason"].startswith("SMTP 535")
    assert "[CẢNH BÁO]" in server.messages[0]["Subject"]
    assert "wrong" not in caplog.text
