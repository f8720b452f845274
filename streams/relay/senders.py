"""Handing one message over to a mail server, a webhook, or a service over HTTP such as an SMS gateway."""

from base64 import b64decode
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import aiohttp

from ioc.notices.channels import Payload
from streams.relay.background import in_thread
from streams.relay.contacts import (
    Address,
    Contacts,
    EmailAddress,
    FileAddress,
    SmsAddress,
    WebhookAddress,
    ZaloAddress,
    address_of,
)
from streams.relay.mail import Email
from streams.relay.message_gateway import MessageGateway, later
from streams.relay.outcome import Refused, Unreachable
from streams.settings.secrets.first_line import SecretError, first_line

_TIMEOUT = aiohttp.ClientTimeout(total=20, connect=5)
_LONGEST_ANSWER = 64 * 1024
"""Bytes of an answer that are read; the rest says nothing that matters here."""


class Sender(Protocol):
    """One address of one contact."""

    async def send(self, payload: Payload, identity: str) -> str:
        """Hand a message over and return the receipt; a second one of the same ``identity`` is a duplicate.

        Raises Refused and Unreachable.
        """
        ...


class Webhook:
    """A plain webhook: the payload as JSON."""

    def __init__(self, client: aiohttp.ClientSession, address: WebhookAddress) -> None:
        """Raises SecretError where the token cannot be read."""
        self._client, self._address = client, address
        self._headers()

    async def send(self, payload: Payload, identity: str) -> str:
        headers = {"Idempotency-Key": identity, **_read_now(self._headers)}
        url, body = str(self._address.url), {**payload, "id": identity}
        status, text = await _post(self._client, url, headers, json=body)
        if later(status):
            raise Unreachable(f"HTTP {status}", doubtful=False)
        if status // 100 != 2:
            raise Refused(f"HTTP {status} {' '.join(text.split())[:200]}".strip())
        return f"HTTP {status}"

    def _headers(self) -> dict[str, str]:
        file = self._address.token_file
        return {} if file is None else {"Authorization": f"Bearer {first_line(file).get_secret_value()}"}


class MessageGatewaySender:
    """A service over HTTP, asked as it is declared."""

    def __init__(self, client: aiohttp.ClientSession, gateway: MessageGateway, to: str) -> None:
        """Raises SecretError where a secret cannot be read."""
        self._client, self._gateway, self._to = client, gateway, to
        self._secrets()

    async def send(self, payload: Payload, identity: str) -> str:
        secrets = _read_now(self._secrets)
        values = {"to": self._to, "text": payload["text"], "id": identity}
        url, headers, body = self._gateway.request({**secrets, **values})
        try:
            status, text = await _post(self._client, url, headers, **{self._kind: body})
            return self._gateway.receipt_of(status, text)
        except Refused as error:
            raise Refused(_without(secrets, str(error))) from None
        except Unreachable as error:
            raise Unreachable(_without(secrets, str(error)), doubtful=error.doubtful) from None

    @property
    def _kind(self) -> str:
        """What aiohttp calls such a body."""
        return "json" if self._gateway.format == "json" else "data"

    def _secrets(self) -> dict[str, str]:
        return {name: first_line(file).get_secret_value() for name, file in self._gateway.secrets.items()}


class File:
    """A file that messages are appended to; attachments are put beside it."""

    def __init__(self, address: FileAddress) -> None:
        self._path: Path = address.path

    async def send(self, payload: Payload, identity: str) -> str:
        text = f"{payload['subject']}\n\n{payload['text']}\n{'=' * 40}\n\n"
        try:
            await in_thread(lambda: self._append(text))
            for each in payload.get("attachments", ()):
                file, octets = self._path.with_name(each["name"]), b64decode(each["base64"])
                await in_thread(lambda file=file, octets=octets: file.write_bytes(octets))  # type: ignore[misc]
        except OSError as error:
            raise Unreachable(f"{self._path}: {error.strerror}", doubtful=False) from None
        return str(self._path)

    def _append(self, text: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(text)


def senders_of(contacts: Contacts, client: aiohttp.ClientSession) -> dict[tuple[str, str], Sender]:
    """A sender for each contact and address. Raises SecretError where a secret cannot be read."""
    return {
        (slug, address_of(number, address)): _sender(contacts, client, address)
        for slug, contact in contacts.contacts.items()
        for number, address in enumerate(contact.channels)
    }


def _sender(contacts: Contacts, client: aiohttp.ClientSession, address: Address) -> Sender:
    services = contacts.senders
    if isinstance(address, WebhookAddress):
        return Webhook(client, address)
    if isinstance(address, FileAddress):
        return File(address)
    if isinstance(address, EmailAddress) and services.email:
        return Email(services.email, address)
    if isinstance(address, ZaloAddress) and services.zalo:
        return MessageGatewaySender(client, services.zalo, address.chat_id)
    if isinstance(address, SmsAddress) and services.sms:
        return MessageGatewaySender(client, services.sms, address.number)
    raise AssertionError("load_contacts refuses a channel without a sender")


async def _post(client: aiohttp.ClientSession, url: str, headers: Mapping[str, str], **body: Any) -> tuple[int, str]:
    """The status of an answer, and what it says in whatever charset. Raises Unreachable."""
    try:
        async with client.post(url, headers=headers, timeout=_TIMEOUT, allow_redirects=False, **body) as answer:
            octets = bytearray()
            async for part in answer.content.iter_any():
                octets += part
                if len(octets) > _LONGEST_ANSWER:
                    break
            return answer.status, decoded(bytes(octets), answer.charset)
    except aiohttp.ClientConnectorError as error:
        raise Unreachable(f"no connection: {error.os_error.strerror or 'refused'}", doubtful=False) from None
    except (aiohttp.ClientError, TimeoutError) as error:
        # Its text may hold the address, and that a secret.
        raise Unreachable(type(error).__name__, doubtful=True) from None


def decoded(octets: bytes, charset: str | None) -> str:
    """As the sender says it is written, else as UTF-8; what cannot be read is a question mark."""
    with suppress(LookupError, UnicodeError):
        return octets.decode(charset or "utf-8", errors="replace")
    return octets.decode(errors="replace")


def _read_now(read: Callable[[], dict[str, str]]) -> dict[str, str]:
    """What is read from files of secrets at every attempt: who corrects one need not start the relay anew."""
    try:
        return read()
    except SecretError as error:
        raise Unreachable(str(error), doubtful=False) from None


def _without(secrets: Mapping[str, str], text: str) -> str:
    """A text that an answer was quoted in: some gateways send the request back."""
    for value in secrets.values():
        text = text.replace(value, "***")
    return text
