"""The gateway's web server: /events, and what operators and Prometheus ask of it."""

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp import web

from ioc.catalogue.feeds import full_name
from ioc.events.admission import Admitted
from ioc.events.decoding import BATCH, JSON, STRUCTURED
from ioc.events.openapi import BATCH_PATH, PATH
from streams.gateway.binding import LINES, Mode, mode_of
from streams.gateway.metrics import GatewayMetrics
from streams.gateway.outbox import Full, NotAcknowledged, Outbox
from streams.gateway.problems import EventProblem, Refused
from streams.gateway.rates import Hands, NoRoom, RateLimit
from streams.gateway.reading import Decoder, read_body
from streams.gateway.senders import Sender, Senders
from streams.gateway.unpacking import ENCODINGS
from streams.settings.listener import Listener
from streams.web.checks import checks
from streams.web.metrics import MetricsPage
from streams.web.server import UNKNOWN_BEARER, Handler, to_who_shows

log = logging.getLogger(__name__)

_PATHS = (PATH, BATCH_PATH)
_SENDER = web.RequestKey("sender", str)
_REQUESTS = 32
"""Requests of one sender that may be in progress."""
_READING = 32 * 2**20
"""Bytes of bodies that may be in progress."""
_FULL_RETRY = 5.0
_UNDELIVERED_RETRY = 2.0
_ENCODINGS = {"", "identity", *ENCODINGS}
_CHARSETS = {"utf-8", "utf8", "us-ascii"}
_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Server:
    """The handlers and what they need."""

    senders: Senders
    decoder: Decoder
    outbox: Outbox
    metrics: GatewayMetrics
    document: str
    """The OpenAPI document."""
    largest_request: int
    """Bytes."""
    events_per_second: float
    """Of a sender for which nothing else is said."""
    listener: Listener
    """Its token is what /metrics asks for."""
    limits: dict[str, RateLimit] = field(default_factory=dict)
    hands: Hands = field(default_factory=lambda: Hands(_REQUESTS, _READING))

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._answered], client_max_size=self.largest_request)
        application.add_routes(
            [
                *(web.post(path, self.receive) for path in _PATHS),
                web.get("/openapi.json", self.describe),
                web.get("/metrics", to_who_shows(self.listener.secret, self.listener, self.measure)),
                *checks(unready=lambda: self.outbox.unready),
            ]
        )
        return application

    async def receive(self, request: web.Request) -> web.Response:
        """Take one event or a batch, as a whole or not at all; 202 means: acknowledged by Kafka."""
        name, sender = self._sender(request)
        mode = _mode(request)
        limit = self._limit(name, sender)
        if (wait := limit.wait()) > 0:
            detail = f"{name} sends more events a second than it may; none was taken"
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "too_many", detail, retry_after=wait)
        try:
            with self.hands.request(name) as take:
                body = await read_body(request, take, self.largest_request)
                messages = await self.decoder.messages(mode, body, request, limit)
                events = await self.decoder.admitted(messages)
                _refuse_others(name, sender, events)
                await self.outbox.deliver(events)
        except (NoRoom, Full) as error:
            raise Refused(
                HTTPStatus.SERVICE_UNAVAILABLE, "full", f"{error}; none was taken", retry_after=_FULL_RETRY
            ) from None
        except NotAcknowledged as error:
            raise Refused(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "not_acknowledged",
                f"{error}; send the request again with the same ids",
                retry_after=_UNDELIVERED_RETRY,
            ) from None
        for event in events:
            self.metrics.events.labels(name, event.subsystem, event.feed).inc()
        return web.json_response({"accepted": len(events)}, status=HTTPStatus.ACCEPTED)

    async def describe(self, _: web.Request) -> web.Response:
        return web.Response(text=self.document, content_type=JSON)

    async def measure(self, request: web.Request) -> web.Response:
        return MetricsPage.of(self.metrics.registry).answer(request)

    @web.middleware
    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Whatever goes wrong becomes a problem, and is counted."""
        started = time.monotonic()
        try:
            response = await handler(request)
        except Refused as refused:
            response = self._refuse(request, refused)
        except web.HTTPException as error:
            response = self._refuse(request, _as_refused(error))
        except Exception:
            log.exception("a request was not handled")
            detail = "a fault of the gateway; its log says more"
            response = self._refuse(request, Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail))
        if request.path in _PATHS:
            self.metrics.seconds.labels(str(response.status)).observe(time.monotonic() - started)
        return response

    def _refuse(self, request: web.Request, refused: Refused) -> web.StreamResponse:
        if request.path in _PATHS:
            sender = request.get(_SENDER, _UNKNOWN)
            self.metrics.refused.labels(sender, str(refused.status.value), refused.reason).inc()
        return refused.response()

    def _sender(self, request: web.Request) -> tuple[str, Sender]:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        name = self.senders.of_token(token.strip()) if scheme.lower() == "bearer" else None
        if name is None:
            raise Refused(HTTPStatus.UNAUTHORIZED, "unknown_token", UNKNOWN_BEARER)
        request[_SENDER] = name
        return name, self.senders.senders[name]

    def _limit(self, name: str, sender: Sender) -> RateLimit:
        limit = self.limits.get(name)
        if limit is None:
            rate = sender.events_per_second or self.events_per_second
            limit = self.limits[name] = RateLimit(rate, burst=2 * rate)
        return limit


def _mode(request: web.Request) -> Mode:
    mode = mode_of(request.content_type if "Content-Type" in request.headers else "")
    if mode is None:
        detail = f"{request.content_type} is not read here: send {STRUCTURED}, {BATCH}, {JSON} or {LINES[0]}"
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "media_type", detail, field="Content-Type")
    if (request.charset or "utf-8").lower() not in _CHARSETS:
        detail = f"{request.charset} is not read here: send UTF-8"
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "charset", detail, field="Content-Type")
    if (encoding := request.headers.get("Content-Encoding", "").lower()) not in _ENCODINGS:
        detail = f"{encoding} is not read here: send gzip, deflate or plain JSON"
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "encoding", detail, field="Content-Encoding")
    return mode


def _refuse_others(name: str, sender: Sender, events: Sequence[Admitted]) -> None:
    """Refuse events of feeds, and from sources, that are not this sender's."""
    faults = [
        EventProblem(index, "not_yours", field, detail)
        for index, event in enumerate(events)
        for field, detail in _not_of(name, sender, event)
    ]
    if faults:
        raise Refused.for_faults(HTTPStatus.FORBIDDEN, faults)


def _not_of(name: str, sender: Sender, event: Admitted) -> Iterator[tuple[str, str]]:
    feed = full_name(event.subsystem, event.feed)
    if feed not in sender.feeds:
        only = ", ".join(sender.feeds)
        yield "type", f"{event.type} is of the feed {feed}, and {name} may send events of {only} only"
    elif not sender.speaks_for(event.source):
        yield "source", f"{event.source[:80]!r} is none of the sources of {name}: {', '.join(sender.sources)}"


def _as_refused(error: web.HTTPException) -> Refused:
    status = HTTPStatus(error.status)
    reasons = {404: "no_such_path", 405: "method", 413: "too_large"}
    detail = f"{PATH} takes POST" if status in {404, 405} else error.text or error.reason
    return Refused(status, reasons.get(error.status, "refused"), detail)
