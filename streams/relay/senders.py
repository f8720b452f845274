"""Handing one message over to a mail server, a webhook, the Zalo bot or an SMS gateway."""

import asyncio
import re
import smtplib
import ssl
from collections.abc import Mapping
from email.header import Header
from email.message import Message
from email.mime.text import MIMEText
from typing import Any, Protocol

import aiohttp
import msgspec
from pydantic import SecretStr

from ioc.notices.channels import Payload
from streams.relay.contacts import (
    Address,
    Contacts,
    EmailAddress,
    EmailSender,
    FileAddress,
    SmsAddress,
    SmsSender,
    WebhookAddress,
    ZaloAddress,
    ZaloSender,
)
from streams.secrets.first_line import first_line

_TIMEOUT = aiohttp.ClientTimeout(total=20, connect=5)
_TRY_LATER = {408, 425, 429}
_TEMPORARY = range(400, 500)
"""SMTP's codes for: try again later."""


class Refused(Exception):
    """The other side will not take it, also later; says why."""


class Unreachable(Exception):
    """It did not work this time."""

    def __init__(self, reason: str, *, doubtful: bool) -> None:
        """``doubtful``: it may have arrived all the same."""
        super().__init__(reason)
        self.doubtful = doubtful


class Sender(Protocol):
    """One address of one contact."""

    async def send(self, payload: Payload, identity: str) -> str:
        """Hand a message over and return the receipt; a second one of the same ``identity`` is a duplicate.

        Raises Refused and Unreachable.
        """
        ...


class Email:
    """Plain text over SMTP, by the standard library in a thread."""

    def __init__(self, server: EmailSender, address: EmailAddress) -> None:
        self._server, self._address = server, address
        self._password = None if server.password_file is None else first_line(server.password_file)
        # Without encryption there is nothing to verify.
        self._tls = None if server.encryption == "none" else ssl.create_default_context(cafile=server.ca_file)

    async def send(self, payload: Payload, identity: str) -> str:
        # The older classes: EmailMessage loses spaces between the encoded words of a long Vietnamese subject.
        message = MIMEText(payload["text"], "plain", "utf-8")
        message["From"], message["To"] = self._server.sender, self._address.to
        message["Subject"] = Header(payload["subject"], "utf-8", header_name="Subject").encode()
        message["Message-ID"] = f"<{identity}@{self._server.sender.partition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        return await asyncio.to_thread(self._hand_over, message)

    def _hand_over(self, message: Message) -> str:
        sent = False
        try:
            with self._connected() as server:
                sent = True
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            [(code, reason)] = error.recipients.values()
            raise _smtp_failure(code, reason) from None
        except smtplib.SMTPResponseException as error:
            raise _smtp_failure(error.smtp_code, error.smtp_error) from None
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(f"{type(error).__name__}: {error}", doubtful=sent) from None
        return str(message["Message-ID"])

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.encryption == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=20, context=self._tls)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=20)
        if server.encryption == "starttls":
            smtp.starttls(context=self._tls)
        if server.username is not None and self._password is not None:
            smtp.login(server.username, self._password.get_secret_value())
        return smtp


class Webhook:
    """A plain webhook: the payload as JSON."""

    def __init__(self, client: aiohttp.ClientSession, address: WebhookAddress) -> None:
        self._client, self._url = client, str(address.url)
        self._token = None if address.token_file is None else first_line(address.token_file)

    async def send(self, payload: Payload, identity: str) -> str:
        status, _ = await _post(self._client, self._url, {**payload, "id": identity}, self._token, identity)
        return f"HTTP {status}"


class Zalo:
    """The Zalo bot platform."""

    def __init__(self, client: aiohttp.ClientSession, sender: ZaloSender, address: ZaloAddress) -> None:
        self._client, self._chat = client, address.chat_id
        self._base, self._token = str(sender.url).rstrip("/"), first_line(sender.token_file)

    async def send(self, payload: Payload, identity: str) -> str:
        # The token is part of the address: no error may tell it.
        url = f"{self._base}/bot{self._token.get_secret_value()}/sendMessage"
        body = {"chat_id": self._chat, "text": payload["text"]}
        _, answer = await _post(self._client, url, body, None, identity)
        if not isinstance(answer, Mapping) or not answer.get("ok"):
            code, reason = (
                (answer.get("error_code"), answer.get("description")) if isinstance(answer, Mapping) else (0, "")
            )
            if code in _TRY_LATER or (isinstance(code, int) and code >= 500):
                raise Unreachable(f"Zalo: {code} {reason}", doubtful=False)
            raise Refused(f"Zalo: {code} {reason}")
        return str(answer.get("result", {}).get("message_id", "ok"))


class Sms:
    """An SMS gateway over HTTP."""

    def __init__(self, client: aiohttp.ClientSession, sender: SmsSender, address: SmsAddress) -> None:
        self._client, self._sender, self._number = client, sender, address.number
        self._token = None if sender.token_file is None else first_line(sender.token_file)

    async def send(self, payload: Payload, identity: str) -> str:
        values = {"{number}": self._number, "{text}": payload["text"], "{id}": identity}
        body = {name: _filled(template, values) for name, template in self._sender.body.items()}
        status, answer = await _post(self._client, str(self._sender.url), body, self._token, identity)
        if self._sender.receipt and isinstance(answer, Mapping) and self._sender.receipt in answer:
            return str(answer[self._sender.receipt])
        return f"HTTP {status}"


class File:
    """A file that messages are appended to."""

    def __init__(self, address: FileAddress) -> None:
        self._path = address.path

    async def send(self, payload: Payload, identity: str) -> str:
        try:
            await asyncio.to_thread(self._append, f"{payload['subject']}\n\n{payload['text']}\n{'=' * 40}\n\n")
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


def address_of(number: int, address: Address) -> str:
    """What tells a contact's addresses apart; it stays when the address itself is corrected."""
    return f"{address.type}-{number}"


def _sender(contacts: Contacts, client: aiohttp.ClientSession, address: Address) -> Sender:
    services = contacts.senders
    if isinstance(address, WebhookAddress):
        return Webhook(client, address)
    if isinstance(address, FileAddress):
        return File(address)
    if isinstance(address, EmailAddress) and services.email:
        return Email(services.email, address)
    if isinstance(address, ZaloAddress) and services.zalo:
        return Zalo(client, services.zalo, address)
    if isinstance(address, SmsAddress) and services.sms:
        return Sms(client, services.sms, address)
    raise AssertionError("load_contacts refuses a channel without a sender")


async def _post(
    client: aiohttp.ClientSession, url: str, body: Mapping[str, Any], token: SecretStr | None, identity: str
) -> tuple[int, Any]:
    """The status and the JSON of an answer, None where it is none. Raises Refused and Unreachable."""
    headers = {"Idempotency-Key": identity}
    if token is not None:
        headers["Authorization"] = f"Bearer {token.get_secret_value()}"
    try:
        async with client.post(url, json=body, headers=headers, timeout=_TIMEOUT, allow_redirects=False) as answer:
            text = await answer.text()
            status = answer.status
    except aiohttp.ClientConnectorError as error:
        raise Unreachable(f"no connection: {error.os_error.strerror or 'refused'}", doubtful=False) from None
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unreachable(type(error).__name__, doubtful=True) from None
    if status >= 500 or status in _TRY_LATER:
        raise Unreachable(f"HTTP {status}", doubtful=False)
    if status >= 300:
        raise Refused(f"HTTP {status}")
    return status, _json(text)


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None


def _filled(template: str, values: Mapping[str, str]) -> str:
    """A template with its placeholders filled in once: a text that holds ``{id}`` keeps it."""
    return re.sub(r"\{(?:number|text|id)\}", lambda match: values[match[0]], template)


def _smtp_failure(code: int, reason: bytes | str) -> Exception:
    text = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
    if code in _TEMPORARY:
        return Unreachable(f"SMTP {code} {text}", doubtful=False)
    return Refused(f"SMTP {code} {text}")
