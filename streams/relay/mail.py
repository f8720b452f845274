"""Handing a message over to a mail server."""

import smtplib
from base64 import b64decode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from email import policy
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

from streams.relay.background import in_thread
from streams.relay.contacts import EmailAddress, EmailSender
from streams.relay.outcome import Refused, Unreachable
from streams.settings.secrets.first_line import first_line
from streams.settings.secrets.tls import client_context

_TIMEOUT = 10
"""Seconds for each step."""


class Email:
    """Plain text and attachments over SMTP, by the standard library in a thread."""

    def __init__(self, server: EmailSender, address: EmailAddress) -> None:
        """Raises SecretError where the password cannot be read, TlsError where the authority cannot."""
        self._server, self._address = server, address
        self._password()
        # Without encryption there is nothing to verify.
        self._tls = None
        if server.encryption != "none":
            self._tls = client_context("senders.email: ", server.ca_file, None, None)

    async def send(self, payload: Mapping[str, Any], identity: str) -> str:
        message = written(payload, identity, self._server.sender, self._address.to)
        await in_thread(lambda: self._hand_over(message))
        return str(message["Message-ID"])

    def _hand_over(self, message: MIMEBase) -> None:
        smtp = self._connected()
        try:
            self._send(smtp, message)
        finally:
            # What is taken stays taken, whatever a server says to its goodbye.
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            smtp.close()

    def _connected(self) -> smtplib.SMTP:
        """A session that may send. What goes wrong here is the server's or the settings', never the message's."""
        smtp = None
        try:
            smtp = self._greeted()
            if self._server.encryption == "starttls":
                smtp.starttls(context=self._tls)
            if (password := self._password()) is not None and self._server.username is not None:
                smtp.login(self._server.username, password)
            smtp.ehlo_or_helo_if_needed()
        except (OSError, ValueError, smtplib.SMTPException) as error:
            if smtp is not None:
                smtp.close()
            raise Unreachable(_told(error), doubtful=False) from None
        return smtp

    def _greeted(self) -> smtplib.SMTP:
        server = self._server
        if server.encryption == "tls":
            return smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT, context=self._tls)
        return smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT)

    def _send(self, smtp: smtplib.SMTP, message: MIMEBase) -> None:
        sender, recipient = self._server.sender, self._address.to
        international = is_international(message)
        if international and not smtp.has_extn("smtputf8"):
            raise Refused(f"{recipient} has letters beyond ASCII, which the mail server does not take (no SMTPUTF8)")
        try:
            smtp.sendmail(sender, [recipient], octets_of(message), ["SMTPUTF8"] if international else [])
        except smtplib.SMTPRecipientsRefused as error:
            [(code, reason)] = error.recipients.values()
            raise _failure(code, reason) from None
        except smtplib.SMTPDataError as error:
            raise _failure(error.smtp_code, error.smtp_error) from None
        except smtplib.SMTPSenderRefused as error:
            raise Unreachable(_told(error), doubtful=False) from None
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(_told(error), doubtful=True) from None

    def _password(self) -> str | None:
        """As the file has it now. Raises SecretError."""
        file = self._server.password_file
        return None if file is None else first_line(file).get_secret_value()


def written(payload: Mapping[str, Any], identity: str, sender: str, recipient: str) -> MIMEBase:
    """A letter of what the relay says to a channel of mail."""
    # The older classes: EmailMessage loses spaces between the encoded words of a long Vietnamese subject.
    message = _with_attachments(MIMEText(payload["text"], "plain", "utf-8"), payload.get("attachments", ()))
    message["From"], message["To"] = sender, recipient
    message["Subject"] = Header(payload["subject"], "utf-8", header_name="Subject").encode()
    message["Message-ID"] = f"<{identity}@{sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    return message


def is_international(message: MIMEBase) -> bool:
    """Whether an address has letters that only a server with SMTPUTF8 takes."""
    return not f"{message['From']}{message['To']}".isascii()


def octets_of(message: MIMEBase) -> bytes:
    """A letter as it goes over the line."""
    return message.as_bytes(policy=policy.SMTPUTF8 if is_international(message) else policy.SMTP)


def _with_attachments(text: MIMEText, attachments: Sequence[Mapping[str, str]]) -> MIMEBase:
    if not attachments:
        return text
    message = MIMEMultipart("mixed", _subparts=[text])
    for each in attachments:
        part = MIMEApplication(b64decode(each["base64"]), each["type"].partition("/")[2])
        part.add_header("Content-Disposition", "attachment", filename=each["name"])
        message.attach(part)
    return message


def _failure(code: int, reason: bytes | str) -> Exception:
    """What a server's answer about a recipient or a message means: 4xx is for now, 5xx for good."""
    text = f"SMTP {code} {_decoded(reason)}"
    return Refused(text) if code >= 500 else Unreachable(text, doubtful=False)


def _told(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"SMTP {error.smtp_code} {_decoded(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _decoded(text: bytes | str) -> str:
    return " ".join((text.decode(errors="replace") if isinstance(text, bytes) else text).split())
