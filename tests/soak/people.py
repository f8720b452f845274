"""Where people are told: a real mail server and a message gateway over HTTP, a stand-in, both of which can refuse."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from streams.stack.ports import free_port

MAIL_ANSWERS = {
    "taken": "250 kept",
    "refused for good": "550 5.1.1 no such mailbox",
    "refused for now": "451 4.7.1 try again later",
    "out of order": "421 4.3.2 closing",
}
SMS_ANSWERS = {
    "taken": (200, b'{"CodeResult": "100", "SMSID": "%d"}'),
    "refused for good": (
        200,
        b'{"CodeResult": "104", "ErrorMessage": "Brandname kh\xc3\xb4ng t\xe1\xbb\x93n t\xe1\xba\xa1i"}',
    ),
    "refused for now": (503, b"D\xe9bit d\xe9pass\xe9"),
    "no receipt": (200, b'{"CodeResult": "100"}'),
    "no answer": (0, b""),
}
_CONTACTS = """\
senders:
  email: {{host: 127.0.0.1, port: {mail}, encryption: none, sender: ioc@phutho.example}}
  sms:
    url: http://127.0.0.1:{sms}/send
    body: {{Phone: "{{to}}", Content: "{{text}}", RequestId: "{{id}}"}}
    success: {{field: CodeResult, values: ["100"]}}
    receipt: SMSID
    reason: ErrorMessage
contacts:
  duty: {{name: Trực ban, channels: [{{type: sms, number: "+84900000001"}}, {{type: email, to: duty@phutho.example}}]}}
  head: {{name: Trưởng ca, channels: [{{type: email, to: head@phutho.example}}]}}
chains: [{{contacts: [duty, head]}}]
digest: [duty]
"""


@dataclass
class People:
    """What reached them, by the relay's own number of the delivery, and how their servers answer now."""

    taken: set[int] = field(default_factory=set)
    mail: str = "taken"
    sms: str = "taken"
    mails_refused: int = 0
    sms_refused: int = 0
    mail_port: int = field(default_factory=free_port)
    sms_port: int = field(default_factory=free_port)

    @property
    def contacts(self) -> str:
        """The relay's file of contacts."""
        return _CONTACTS.format(mail=self.mail_port, sms=self.sms_port)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail, or not."""
        answer = self.mail
        if answer == "taken":
            raw = envelope.content
            assert isinstance(raw, bytes)
            self._take(message_from_bytes(raw)["Message-ID"].strip("<>").partition("@")[0])
        else:
            self.mails_refused += 1
        return MAIL_ANSWERS[answer]

    def answer(self, body: bytes) -> tuple[int, bytes]:
        """Take a short message, or not."""
        status, text = SMS_ANSWERS[self.sms]
        if self.sms == "taken":
            return status, text % self._take(json.loads(body)["RequestId"])
        self.sms_refused += 1
        return status, text

    def _take(self, identity: str) -> int:
        number = int(identity.rpartition("-")[2])
        self.taken.add(number)
        return number


@contextmanager
def reachable_people() -> Iterator[People]:
    """People whose servers run within the context."""
    people = People()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, text = people.answer(self.rfile.read(int(self.headers["Content-Length"])))
            if not status:
                self.connection.close()
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Who hung up need not be told."""

    mail = Controller(people, hostname="127.0.0.1", port=people.mail_port)
    mail.start()
    server = Server(("127.0.0.1", people.sms_port), Handler)
    threading.Thread(target=server.serve_forever, name="sms", daemon=True).start()
    try:
        yield people
    finally:
        server.shutdown()
        server.server_close()
        mail.stop()
