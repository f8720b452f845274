"""Who is told, by which channels and in which order: the file that ``IOC_RELAY_CONTACTS`` names."""

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, HttpUrl, model_validator

from ioc.catalogue.faults import Fault, YamlPath, nearest
from ioc.catalogue.source import Source
from ioc.notices.alert import Alert
from ioc.notices.roster import ON_DUTY, Roster
from streams.relay.message_gateway import MessageGateway
from streams.relay.roster_file import Shift
from streams.settings.yaml_file import Written, YamlFile

_SIGNS = "!#$%&'*+-/=?^_`{|}~"
"""Beside letters and digits before the @: RFC 5322, 3.2.3; letters are those of any script (RFC 6532)."""
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE | re.ASCII)
_LONGEST_NAME, _LONGEST_ADDRESS = 64, 254
"""Octets: RFC 5321, 4.5.3.1."""


def _mail_address(text: str) -> str:
    """An address whose domain mail servers know: ``trực@phú.vn`` as ``trực@xn--ph-ina.vn``.

    Without quotes or comments, which mail programs read each in their way.
    """
    name, at, domain = text.partition("@")
    if not (at and domain and all(map(_is_atom, name.split(".")))):
        raise ValueError("write an address as in duty@example.vn")
    try:
        host = domain.encode("idna").decode()
    except UnicodeError as error:
        raise ValueError(f"{domain} is no domain: {error}") from None
    if not _HOST.fullmatch(host):
        raise ValueError(f"{domain} is no domain: write one as in example.vn")
    if len(name.encode()) > _LONGEST_NAME or len(f"{name}@{host}".encode()) > _LONGEST_ADDRESS:
        raise ValueError(f"it is longer than mail servers take: {_LONGEST_NAME} and in all {_LONGEST_ADDRESS} octets")
    return f"{name}@{host}"


def _is_atom(text: str) -> bool:
    return bool(text) and all(_is_of_a_name(letter) for letter in text)


def _is_of_a_name(letter: str) -> bool:
    if letter.isascii():
        return letter.isalnum() or letter in _SIGNS
    return letter.isprintable() and not letter.isspace()


MailAddress = Annotated[str, AfterValidator(_mail_address)]


class EmailSender(Written):
    """The mail server."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    encryption: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: Path | None = None
    """PEM file of the authority of the server's certificate; the system's by default."""
    sender: MailAddress
    username: str | None = None
    password_file: Path | None = None

    @model_validator(mode="after")
    def _login(self) -> "EmailSender":
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file go together")
        return self


class Senders(Written):
    """The services that messages go out by."""

    email: EmailSender | None = None
    zalo: MessageGateway | None = None
    sms: MessageGateway | None = None


class EmailAddress(Written):
    type: Literal["email"]
    to: MailAddress


class WebhookAddress(Written):
    type: Literal["webhook"]
    url: HttpUrl
    token_file: Path | None = None
    """Sent as bearer token."""


class ZaloAddress(Written):
    type: Literal["zalo"]
    chat_id: str


class SmsAddress(Written):
    type: Literal["sms"]
    number: str = Field(pattern=r"^\+?\d{8,15}$")


class FileAddress(Written):
    """For trials: messages are appended to a file, as an e-mail would read."""

    type: Literal["file"]
    path: Path


Address = Annotated[EmailAddress | WebhookAddress | ZaloAddress | SmsAddress | FileAddress, Field(discriminator="type")]


REPORTED_BY = frozenset({"email", "file"})
"""The channels that a report can go out by."""


def address_of(number: int, address: Address) -> str:
    """What tells a contact's addresses apart; it stays when the address itself is corrected."""
    return f"{address.type}-{number}"


class Contact(Written):
    """A person or a desk, told by all of its channels at once."""

    name: str = Field(min_length=1)
    channels: list[Address] = Field(min_length=1)


class Chain(Written):
    """Whom the pages of some subsystems go to, one after the other until somebody acknowledges."""

    subsystems: list[str] = Field(default_factory=list)
    """Empty: all of them."""
    contacts: list[str] = Field(min_length=1)
    """``on_duty`` is whoever the roster has at the moment of telling."""


class Contacts(Written):
    """The whole file."""

    senders: Senders = Senders()
    contacts: dict[str, Contact] = Field(min_length=1)
    chains: list[Chain] = Field(min_length=1)
    """The first that names an alert's subsystem is taken; the last must be for all."""
    roster: list[Shift] = Field(default_factory=list)
    """Who is on duty when."""
    digest: list[str] = Field(min_length=1)
    """Who gets the morning's digest."""
    report: list[str] = Field(default_factory=list)
    """Who gets the leaders' report, by e-mail."""

    @model_validator(mode="after")
    def _last_is_for_all(self) -> "Contacts":
        if self.chains[-1].subsystems:
            raise ValueError("the last chain must be for all: leave out its subsystems")
        return self

    @cached_property
    def shifts(self) -> Roster | None:
        """The roster; None where the file has none."""
        return Roster([shift.line() for shift in self.roster]) if self.roster else None

    def chain(self, alert: Alert, now: float) -> list[str]:
        """The contacts of an alert, in turn, as they are at a moment in seconds since the epoch."""
        named = next(
            chain.contacts for chain in self.chains if not chain.subsystems or alert.subsystem in chain.subsystems
        )
        return [self.shifts.duty(now).contact if self.shifts and name == ON_DUTY else name for name in named]

    def parts(self) -> dict[str, object]:
        """What the file says, part by part, to tell what changed of it; of secrets the files they are in."""
        said = self.model_dump(mode="json")
        if not self.roster:
            del said["roster"]
        contacts = {f"contacts.{slug}": each for slug, each in said.pop("contacts").items()}
        return {**contacts, **said}


_FILE = YamlFile(
    Contacts,
    {
        "extra_forbidden": "remove it, or correct its spelling",
        "missing": "add it",
        "union_tag_invalid": "write one of email, webhook, zalo, sms, file",
    },
    page="docs/relay.md",
)


def load_contacts(file: Path) -> Contacts:
    """Read the file. Raises YamlFileError, which names line, field and fix of every fault."""
    return _FILE.read(file, _faults)


def _faults(contacts: Contacts, source: Source) -> list[Fault]:
    checks = (_unknown_names, _without_letters, _without_sender, _of_the_roster)
    return [fault for check in checks for fault in check(contacts, source)]


def _unknown_names(contacts: Contacts, source: Source) -> Iterator[Fault]:
    """Contacts that are not declared."""
    named: list[tuple[YamlPath, str]] = [(("digest", n), name) for n, name in enumerate(contacts.digest)]
    for number, chain in enumerate(contacts.chains):
        named += [(("chains", number, "contacts", n), name) for n, name in enumerate(chain.contacts) if name != ON_DUTY]
    named += [(("report", n), name) for n, name in enumerate(contacts.report)]
    named += [(("roster", n, "contact"), shift.contact) for n, shift in enumerate(contacts.roster)]
    for place, name in named:
        if name not in contacts.contacts:
            fix = f"`{ON_DUTY}` is for chains" if name == ON_DUTY else nearest(name, contacts.contacts, "declare it")
            yield source.fault(place, f"`{name}` is no contact", fix)


def _without_letters(contacts: Contacts, source: Source) -> Iterator[Fault]:
    """Who is to have the report, and has no address for it."""
    for number, name in enumerate(contacts.report):
        contact = contacts.contacts.get(name)
        if contact is not None and not any(each.type in REPORTED_BY for each in contact.channels):
            message = f"`{name}` has no e-mail address to send the report to"
            yield source.fault(("report", number), message, "give the contact a channel of type email")


def _without_sender(contacts: Contacts, source: Source) -> Iterator[Fault]:
    """Channels that nothing goes out by."""
    for slug, contact in contacts.contacts.items():
        for number, address in enumerate(contact.channels):
            if address.type not in {"webhook", "file"} and getattr(contacts.senders, address.type) is None:
                message = f"there is no sender for {address.type}"
                fix = f"declare senders.{address.type}, or remove this channel"
                yield source.fault(("contacts", slug, "channels", number), message, fix)


def _of_the_roster(contacts: Contacts, source: Source) -> Iterator[Fault]:
    """Times when nobody or several are on duty, and who is named so without a roster."""
    if ON_DUTY in contacts.contacts:
        message = f"`{ON_DUTY}` stands for whom the roster names"
        yield source.fault(("contacts", ON_DUTY), message, "give the contact another name")
    if contacts.shifts is not None:
        for at, message, fix in contacts.shifts.faults():
            yield source.fault(("roster", at), message, fix)
        return
    for number, chain in enumerate(contacts.chains):
        if ON_DUTY in chain.contacts:
            place = ("chains", number, "contacts", chain.contacts.index(ON_DUTY))
            yield source.fault(place, f"there is no roster that says who `{ON_DUTY}` is", "declare one, or a contact")
