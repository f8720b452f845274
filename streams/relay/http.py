"""The relay's web server: Alertmanager's webhook, the pages, the same as JSON for `ioc alerts`, and /metrics."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from http import HTTPStatus
from typing import Any

from aiohttp import web

from ioc.notices.alert import Webhook, WebhookError, webhook_of
from ioc.notices.description import describe
from ioc.notices.episode import Episode, Silence
from ioc.notices.shift_report import Shift, shift_report
from ioc.time.windows import UTC_OFFSET
from streams.relay import pages
from streams.relay.alertmanager import Alertmanager, AlertmanagerError
from streams.relay.database import StoreError
from streams.relay.desk import Desk
from streams.relay.metrics import registry
from streams.relay.watchdog import Watchdog
from streams.web import sign_in
from streams.web.checks import HEALTH, READINESS, checks
from streams.web.html import HEADERS, answer, for_people, form_of
from streams.web.metrics import MetricsPage
from streams.web.problems import problem, problem_of
from streams.web.sign_in import SignIn

_log = logging.getLogger(__name__)

_OPEN_PATHS = {HEALTH, READINESS, sign_in.PATH}
_LONGEST_SILENCE = 31 * 86_400.0
_SHIFT = 12 * 3600.0
_LOCAL = timezone(timedelta(seconds=UTC_OFFSET))
_WAY_TO_ANSWER = "application/json"

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Server:
    """The handlers and what they need."""

    desk: Desk
    alertmanager: Alertmanager
    outside: Watchdog
    runbooks: dict[str, str]
    sign_in: SignIn
    changed: Callable[[], None]
    """Told when there may be something to deliver."""

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._guarded], client_max_size=8 * 2**20)
        application.add_routes(
            [
                web.post("/alerts", self.receive),
                web.post("/heartbeat", self.beat),
                web.get("/", self.all_alerts),
                web.get("/alerts/{key}", self.one_alert),
                web.post("/alerts/{key}/acknowledge", self.acknowledge),
                web.post("/alerts/{key}/silence", self.silence),
                web.get("/runbooks/{alert}", self.runbook),
                web.get("/report", self.report),
                web.post(sign_in.PATH, self.sign_in.enter),
                web.get("/api/alerts", self.as_data),
                web.get("/metrics", self.metrics),
                *checks(lambda: self.desk.steps.stuck),
            ]
        )
        return application

    async def receive(self, request: web.Request) -> web.Response:
        """Alertmanager's webhook; 200 means: kept on disk. What cannot be read keeps no other alert from being kept."""
        told = webhook_of(await request.read())
        self.desk.keep(told.alerts)
        self.changed()
        return _kept(told)

    async def beat(self, request: web.Request) -> web.Response:
        """Alertmanager's webhook of the dead-man switch; once it resolves, Prometheus tells Alertmanager nothing."""
        told = webhook_of(await request.read())
        if any(alert.ends_at is None for alert in told.alerts):
            self.desk.beat()
            self.changed()
            await self.outside.beat()
        return _kept(told)

    async def all_alerts(self, _: web.Request) -> web.Response:
        opened = self.desk.store.open_episodes()
        counted = await self._counted(opened)
        others = [each for each in opened if each not in counted]
        silences = await self._silences()
        return answer(pages.alerts_page(counted, others, silences, self.desk.context, self.desk.now()))

    async def one_alert(self, request: web.Request) -> web.Response:
        episode = self._episode(request)
        receipts = self.desk.store.deliveries_of(episode.alert.key)
        return answer(pages.alert_page(episode, receipts, self.desk.context, self.desk.now()))

    async def acknowledge(self, request: web.Request) -> web.Response:
        form = await form_of(request)
        key, who = request.match_info["key"], _text(form, "who")
        if self.desk.acknowledge(key, who, _text(form, "note", required=False)) is None:
            raise web.HTTPConflict(text="Cảnh báo này không còn mở. This alert is not open any more.")
        return self._done(request, key)

    async def silence(self, request: web.Request) -> web.Response:
        """Silence in Alertmanager; who silences an alert has taken it."""
        form = await form_of(request)
        episode, who, reason = self._episode(request), _text(form, "who"), _text(form, "reason")
        now = self.desk.now()
        end = _moment(_text(form, "until"))
        if not now < end <= now + _LONGEST_SILENCE:
            raise web.HTTPBadRequest(
                text="Hãy chọn thời điểm trong 31 ngày tới. The end must be within the next 31 days."
            )
        try:
            await self.alertmanager.silence(episode.alert, who, reason, now, end)
        except AlertmanagerError as error:
            raise web.HTTPBadGateway(text=str(error)) from None
        self.desk.acknowledge(episode.alert.key, who, reason)
        return self._done(request, episode.alert.key)

    async def runbook(self, request: web.Request) -> web.Response:
        name = request.match_info["alert"]
        if name not in self.runbooks:
            raise web.HTTPNotFound(text="Chưa có hướng dẫn cho cảnh báo này. There is no runbook of this alert.")
        return answer(pages.markdown_page(name, self.runbooks[name]))

    async def report(self, request: web.Request) -> web.Response:
        """The shift report: ``from`` and ``to`` in ISO 8601 (the last 12 hours), ``format`` md or html."""
        end = _moment(request.query["to"]) if "to" in request.query else self.desk.now()
        start = _moment(request.query["from"]) if "from" in request.query else end - _SHIFT
        episodes = self.desk.store.episodes_since(start)
        text = shift_report(Shift(start, end, episodes, await self._silences() or []), self.desk.context)
        if request.query.get("format") == "md":
            return web.Response(text=text, content_type="text/markdown", headers=HEADERS)
        return answer(pages.markdown_page("IOC", text))

    async def as_data(self, _: web.Request) -> web.Response:
        opened = self.desk.store.open_episodes()
        counted = await self._counted(opened)
        return web.json_response([{**self._data(each), "counted": each in counted} for each in opened])

    async def metrics(self, request: web.Request) -> web.Response:
        silences = await self._silences() or ()
        counted = await self._counted(self.desk.store.open_episodes())
        made = registry(self.desk.store, self.desk.now(), silences, counted, self.desk.steps)
        return MetricsPage.of(made).answer(request)

    @web.middleware
    async def _guarded(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        if request.path not in _OPEN_PATHS and not self.sign_in.known(request):
            page = request.method == "GET" and not request.path.startswith(("/api/", "/metrics"))
            return self.sign_in.refuse(request, form=page)
        try:
            return await handler(request)
        except WebhookError as error:
            return problem(HTTPStatus.BAD_REQUEST, str(error))
        except StoreError as error:
            # Alertmanager tells it again after a 5xx.
            _log.error("%s %s: %s", request.method, request.path, error)
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        except web.HTTPError as error:
            if not for_people(request):
                return problem_of(error)
            return answer(pages.message_page(error.text or error.reason), status=error.status)

    def _episode(self, request: web.Request) -> Episode:
        episode = self.desk.store.episode(request.match_info["key"])
        if episode is None:
            raise web.HTTPNotFound(text="Không có cảnh báo này. There is no such alert.")
        return episode

    def _data(self, episode: Episode) -> dict[str, Any]:
        alert, taken = episode.alert, episode.acknowledgement
        described = {each: asdict(describe(episode, self.desk.context, self.desk.now(), each)) for each in ("vi", "en")}
        return {
            "key": alert.key,
            "labels": dict(alert.labels),
            "starts_at": alert.starts_at,
            "page": alert.pages,
            "taken": None if taken is None else asdict(taken),
            **described,
        }

    def _done(self, request: web.Request, key: str) -> web.Response:
        if _wants_data(request):
            episode = self.desk.store.episode(key)
            assert episode is not None
            return web.json_response(self._data(episode))
        return web.Response(status=303, headers={"Location": f"/alerts/{key}"})

    async def _counted(self, opened: Sequence[Episode]) -> list[Episode]:
        """Those that no other one makes superfluous; all where Alertmanager does not answer."""
        try:
            known = await self.alertmanager.known()
        except AlertmanagerError:
            return [*opened]
        return [each for each in opened if known.counts(each.alert)]

    async def _silences(self) -> list[Silence] | None:
        try:
            return await self.alertmanager.silences()
        except AlertmanagerError:
            return None


def _kept(told: Webhook) -> web.Response:
    if told.faults:
        _log.error("%d alerts cannot be read: %s", len(told.faults), "; ".join(told.faults))
        return problem(HTTPStatus.BAD_REQUEST, "; ".join(["the others are kept", *told.faults]))
    return web.Response(text="kept\n")


def _wants_data(request: web.Request) -> bool:
    return _WAY_TO_ANSWER in request.headers.get("Accept", "")


def _text(form: Any, name: str, *, required: bool = True) -> str:
    """A field of a form. Raises HTTPBadRequest where it is missing and required."""
    value = form.get(name, "")
    text = " ".join(value.split())[:500] if isinstance(value, str) else ""
    if required and not text:
        raise web.HTTPBadRequest(text=f"Thiếu trường {name}. The field {name} is missing.")
    return text


def _moment(text: str) -> float:
    """A time in ISO 8601, local where it names no zone. Raises HTTPBadRequest."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or not 2000 <= moment.year < 2200:
        raise web.HTTPBadRequest(text=f"{text!r} is no time; write it as in 2025-07-24T04:00")
    return (moment if moment.tzinfo else moment.replace(tzinfo=_LOCAL)).timestamp()
