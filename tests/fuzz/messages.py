"""What the relay reads of others, fuzzed: answers of gateways, webhooks of Alertmanager; and what mail programs read of
its letters."""

import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from random import Random
from typing import Any

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML

from ioc.catalogue import load
from ioc.notices.alert import WebhookError, webhook_of
from ioc.notices.book import book_of
from ioc.notices.channels import ZALO, Channel, Payload, compose, marked
from ioc.notices.description import Context
from ioc.notices.episode import Episode
from ioc.notices.figures import AlertBreakdown, AlertFigure, AlertFigures, WorstPlace
from ioc.notices.links import Links
from ioc.notices.notice import Kind, Notice, Undelivered
from ioc.notices.short import SMS, one_line, size
from streams.relay.contacts import MailAddress
from streams.relay.mail import octets_of, written
from streams.relay.message_gateway import MessageGateway
from streams.relay.outcome import Refused, Unreachable
from streams.relay.senders import decoded
from tests.fuzz.mutations import mutated, mutated_json
from tests.ioc.notices.samples import AT_FOUR, alert, platform, webhook
from tests.texts.texts import made_up

EXAMPLES = Path(__file__).parents[2] / "docs/examples/gateways"
STATUSES = (200, 200, 200, 201, 204, 302, 400, 401, 404, 409, 429, 500, 503)
CHARSETS = (None, "utf-8", "iso-8859-1", "utf-16", "windows-1258", "nonsense", "undefined", "idna")
ANSWERS = (
    b'{"CodeResult": "100", "SMSID": "d533459e"}',
    b'{"status": "success", "code": "00", "data": {"tranId": 123456}}',
    b'{"RPLY": {"ERROR_DESC": "success", "ERROR": "0"}}',
    b'{"ok": true, "result": {"message_id": "m1"}}',
    b'{"error": 0, "message": "Success", "data": {"message_id": "m1", "msg_id": "m1"}}',
    b"<E><B><return><message>OK</message><result>1</result></return></B></E>",
)


class Answers:
    """Any answer is a success as declared, a refusal or worth another try, with a reason."""

    def __init__(self, _: int) -> None:
        declared = [next(iter(YAML(typ="safe").load(path).values())) for path in sorted(EXAMPLES.glob("*.yaml"))]
        self._gateways = [MessageGateway.model_validate(each) for each in declared]

    def __call__(self, random: Random) -> str:
        body = random.choice(ANSWERS)
        if random.random() < 0.5:
            body = mutated_json(body, random) if body.startswith(b"{") else mutated(body, random)
        if random.random() < 0.3:
            body = mutated(body, random)
        text = decoded(body, random.choice(CHARSETS))
        gateway = random.choice(self._gateways)
        try:
            receipt = gateway.receipt_of(random.choice(STATUSES), text)
        except (Refused, Unreachable) as error:
            fate, said = type(error).__name__, str(error)
        else:
            fate, said = "taken", receipt
        assert said, text
        assert fate == "taken" or (len(said) < 300 and "\n" not in said), text
        return fate


class Webhooks:
    """Of any webhook each alert is told on every channel within its length, or said to be unreadable."""

    def __init__(self, _: int) -> None:
        self._context = Context(book_of(load()), Links("https://ioc.example/r", "https://ioc.example/r/runbooks"))

    def __call__(self, random: Random) -> str:
        labels = {name: made_up(random) for name in ("unit", "subsystem", "kpi", "severity") if random.random() < 0.3}
        texts = {f"{name}_vi": made_up(random) for name in ("summary", "details")}
        body = json.dumps(webhook(alert(annotations=texts, **labels), platform("IocWorkerDown"))).encode()
        body = mutated_json(body, random) if random.random() < 0.6 else mutated(body, random)
        try:
            told = webhook_of(body)
        except WebhookError as error:
            return str(error).partition(",")[0]
        for one in told.alerts:
            self._tell(Episode(one, AT_FOUR, one.ends_at, figures=_figures(random)), random)
        return f"{len(told.alerts)} told, {len(told.faults)} unreadable"

    def _tell(self, episode: Episode, random: Random) -> None:
        kind = random.choice(list(Kind))
        undelivered = Undelivered(made_up(random), "sms", made_up(random), AT_FOUR, given_up=True)
        notice = Notice(kind, [episode], AT_FOUR, undelivered if kind is Kind.UNDELIVERED else None)
        for channel in Channel:
            payload: Any = marked(channel, compose(channel, notice, self._context))
            json.dumps(payload)
            assert channel is not Channel.SMS or len(payload["text"]) <= SMS, payload
            assert channel is not Channel.ZALO or size(payload["text"]) <= ZALO, payload


_ADDRESS = TypeAdapter[str](MailAddress)
_HEADERS = {"Content-Type", "MIME-Version", "Content-Transfer-Encoding"}
_HEADERS |= {"From", "To", "Subject", "Message-ID", "Auto-Submitted"}


class Letters:
    """Of any alert a letter that reads as it was written, between any two addresses; or an address is refused."""

    def __init__(self, _: int) -> None:
        self._context = Context(book_of(load()), Links("https://ioc.example/r", "https://ioc.example/r/runbooks"))

    def __call__(self, random: Random) -> str:
        try:
            sender, recipient = (_ADDRESS.validate_python(_odd_address(random)) for _ in range(2))
        except ValidationError:
            return "an address refused"
        texts = {f"{name}_vi": made_up(random) for name in ("summary", "details")}
        one = Episode(alert(annotations=texts, subsystem=made_up(random), kpi="", instance=made_up(random)), AT_FOUR)
        kind = random.choice([Kind.FIRING, Kind.RESOLVED, Kind.UNDELIVERED])
        failed = Undelivered(made_up(random), made_up(random), made_up(random), AT_FOUR, given_up=True)
        notice = Notice(kind, [one], AT_FOUR, failed if kind is Kind.UNDELIVERED else None)
        payload = compose(Channel.EMAIL, notice, self._context)
        if random.random() < 0.3:
            payload = marked(Channel.EMAIL, payload)
        if random.random() < 0.3:
            payload["subject"] = one_line(made_up(random))
        self._read(octets_of(written(payload, "ioc-1", sender, recipient)), payload, sender, recipient)
        return f"read: {'an address' if (sender + recipient).isascii() else 'an international address'}"

    def _read(self, octets: bytes, payload: Payload, sender: str, recipient: str) -> None:
        letter = message_from_bytes(octets, _class=EmailMessage, policy=policy.default)
        assert {*letter.keys()} == _HEADERS, octets
        assert not letter.defects, (letter.defects, octets)
        assert all(len(line) <= _LONGEST_LINE for line in octets.splitlines()), octets
        # The standard library's parser takes no letters beyond ASCII in an address: it is asked for the text alone.
        assert (str(letter["From"]), str(letter["To"])) == (sender, recipient), octets
        for name, address in (("From", sender), ("To", recipient)):
            assert [each.addr_spec for each in letter[name].addresses] == [address] or not address.isascii(), octets
        assert letter["Subject"] == payload["subject"], (octets, payload)
        assert letter.get_content().split() == payload["text"].split(), (octets, payload)


_LONGEST_LINE = 998
"""Octets of a line that every mail server must take: RFC 5322, 2.1.1."""


def _odd_address(random: Random) -> str:
    name = random.choice(["duty", "trực.ban", "a+b", made_up(random)])
    return f"{name}@{random.choice(['example.vn', 'bücher.example', 'example.vn', made_up(random)])}"


def _figures(random: Random) -> AlertFigures | None:
    if random.random() < 0.3:
        return None
    label = random.choice(["unit", "field", made_up(random)])
    place = WorstPlace((made_up(random),), AlertFigure(random.choice([0.0, 0.5, -1.0, 1e300, 5e-324])))
    return AlertFigures(
        AlertFigure(0.5, 1, 2), 0.25, simulated=False, breakdowns=(AlertBreakdown((label,), 1, (place,)),)
    )
