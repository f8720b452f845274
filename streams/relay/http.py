"""The relay's web server for people: the pages, and the same as JSON for `ioc alerts`."""

import asyncio
import logging
import math
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
from aiohttp import web

from ioc.notices.description import describe
from ioc.notices.episode import Episode
from ioc.notices.steps import mark_of
from ioc.time.windows import UTC_OFFSET
from streams.relay import pages
from streams.relay.alertmanager import Alertmanager, AlertmanagerError
from streams.relay.desk import Desk
from streams.relay.duty_page import duty_lines, duty_part
from streams.relay.handover_http import USUAL_SHIFT, Handovers, shift_text
from streams.relay.steps_page import progress_of
from streams.web.checks import checks
from streams.web.database import StoreError
from streams.web.html import HEADERS, answer, for_people, form_of
from streams.web.people.door import PERSON, Door
from streams.web.people.roles import Role
from streams.web.people.sign_in import SignIn
from streams.web.people.trail import Act, Entry
from streams.web.problems import not_now, problem_of
from streams.web.server import Handler

_log = logging.getLogger(__name__)

_LONGEST_SILENCE = 31 * 86_400.0
_LOCAL = timezone(timedelta(seconds=UTC_OFFSET))
_WAY_TO_ANSWER = "application/json"
_LONGEST_FORM = 64 * 1024
"""Bytes."""


@dataclass(frozen=True)
class Server:
    """The handlers and what they need."""

    desk: Desk
    alertmanager: Alertmanager
    runbooks: dict[str, str]
    door: Door

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._told], client_max_size=_LONGEST_FORM)
        to = self.door.open_to
        application.add_routes(
            [
                web.get("/", to(Role.VIEWER, self.all_alerts)),
                web.get("/alerts/{key}", to(Role.VIEWER, self.one_alert)),
                web.post("/alerts/{key}/acknowledge", to(Role.RESPONDER, self.acknowledge)),
                web.post("/alerts/{key}/steps", to(Role.RESPONDER, self.step)),
                web.post("/alerts/{key}/silence", to(Role.OPERATOR, self.silence)),
                web.post("/silences/{id}/end", to(Role.OPERATOR, self.end_silence)),
                web.get("/runbooks/{alert}", to(Role.VIEWER, self.runbook)),
                web.get("/report", to(Role.VIEWER, self.report)),
                web.get("/api/alerts", to(Role.VIEWER, self.as_data)),
                web.get("/api/duty", to(Role.VIEWER, self.duty)),
                web.get("/api/episodes", to(Role.VIEWER, self.episodes)),
                web.post("/api/redrives", to(Role.OPERATOR, self.redriven)),
                *Handovers(self.desk, self.alertmanager, self.door).routes(),
                *SignIn(self.door).routes(),
                *checks(lambda: self.desk.steps.stuck),
            ]
        )
        return application

    async def all_alerts(self, request: web.Request) -> web.Response:
        opened = self.desk.store.open_episodes()
        counted, silences = await asyncio.gather(self.alertmanager.counted(opened), self.alertmanager.silences_if_any())
        desk, now = self.desk, self.desk.now()
        duty = duty_part(desk.contacts, desk.store.handovers.taken(), now)
        text = pages.alerts_page(counted, silences, context=desk.context, now=now, person=request[PERSON], duty=duty)
        return answer(text)

    async def one_alert(self, request: web.Request) -> web.Response:
        episode = self._episode(request)
        receipts = self.desk.store.deliveries_of(episode.alert.key)
        return answer(pages.alert_page(episode, receipts, self.desk.context, self.desk.now(), request[PERSON]))

    async def acknowledge(self, request: web.Request) -> web.Response:
        form = await form_of(request)
        key, note = request.match_info["key"], _text(form, "note", required=False)
        if self.desk.acknowledge(key, self.door.actor(request), note) is None:
            raise web.HTTPConflict(text="Cảnh báo này không còn mở. This alert is not open any more.")
        return self._done(request, key)

    async def step(self, request: web.Request) -> web.Response:
        """Tick a step of the runbook off, or take that back."""
        episode, form = self._episode(request), await form_of(request)
        key, mark, done = episode.alert.key, _text(form, "step"), _text(form, "done")
        steps = {mark_of(step): step for step in self.desk.context.duty_steps.get(episode.alert.name, ())}
        if mark not in steps:
            raise web.HTTPConflict(
                text="Hướng dẫn đã thay đổi, hãy mở lại trang. The runbook has changed: load the page again."
            )
        if done not in {"yes", "no"}:
            raise web.HTTPBadRequest(text="done: write yes or no")
        change = self.desk.step_done if done == "yes" else self.desk.step_undone
        change(key, steps[mark], self.door.actor(request))
        return self._done(request, key)

    async def silence(self, request: web.Request) -> web.Response:
        """Silence in Alertmanager; who silences an alert has taken it."""
        form = await form_of(request)
        episode, by, reason = self._episode(request), self.door.actor(request), _text(form, "reason")
        now = self.desk.now()
        end = _moment(_text(form, "until"))
        if not now < end <= now + _LONGEST_SILENCE:
            raise web.HTTPBadRequest(
                text="Hãy chọn thời điểm trong 31 ngày tới. The end must be within the next 31 days."
            )
        wanted = {"until": end, "reason": reason, "labels": dict(episode.alert.labels)}
        # Before Alertmanager is asked: a silence without its line must not be.
        self.door.trail.append(Entry(now, Act.SILENCED, by, episode.alert.key, after=wanted))
        try:
            await self.alertmanager.silence(episode.alert, by.name, reason, now, end)
        except AlertmanagerError as error:
            failed = Entry(self.desk.now(), Act.SILENCE_FAILED, by, episode.alert.key, after={"error": str(error)})
            self.door.trail.append(failed)
            raise web.HTTPBadGateway(text=str(error)) from None
        self.desk.acknowledge(episode.alert.key, by, reason)
        return self._done(request, episode.alert.key)

    async def end_silence(self, request: web.Request) -> web.Response:
        """End a silence before its time."""
        try:
            found = [each for each in await self.alertmanager.silences() if each.id == request.match_info["id"]]
            if not found:
                raise web.HTTPNotFound(text="Không có lệnh tắt báo này. There is no such silence.")
            [silence] = found
            before = {
                "matchers": silence.matchers,
                "until": silence.ends_at,
                "by": silence.created_by,
                "reason": silence.comment,
            }
            entry = Entry(self.desk.now(), Act.SILENCE_ENDED, self.door.actor(request), silence.id, before)
            self.door.trail.append(entry)
            await self.alertmanager.end_silence(silence.id)
        except AlertmanagerError as error:
            raise web.HTTPBadGateway(text=str(error)) from None
        return web.Response(status=303, headers={"Location": "/"})

    async def redriven(self, request: web.Request) -> web.Response:
        """Told by `ioc dlq redrive` before it sends anything: what is sent again."""
        selection = {name: str(text)[:500] for name, text in (await form_of(request)).items()}
        self.door.trail.append(Entry(self.desk.now(), Act.REDRIVEN, self.door.actor(request), after=selection))
        return web.json_response({"kept": True})

    async def runbook(self, request: web.Request) -> web.Response:
        name = request.match_info["alert"]
        if name not in self.runbooks:
            raise web.HTTPNotFound(text="Chưa có hướng dẫn cho cảnh báo này. There is no runbook of this alert.")
        return answer(pages.markdown_page(name, self.runbooks[name]))

    async def report(self, request: web.Request) -> web.Response:
        """The shift report: ``from`` and ``to`` in ISO 8601 (the last 12 hours), ``format`` md or html."""
        end = _moment(request.query["to"]) if "to" in request.query else self.desk.now()
        start = _moment(request.query["from"]) if "from" in request.query else end - USUAL_SHIFT
        counted = await self.alertmanager.counted(self.desk.store.open_episodes())
        text = await shift_text(self.desk, self.alertmanager, counted, start, end)
        if request.query.get("format") == "md":
            return web.Response(text=text, content_type="text/markdown", headers=HEADERS)
        return answer(pages.markdown_page("IOC", text))

    async def as_data(self, _: web.Request) -> web.Response:
        counted = await self.alertmanager.counted(self.desk.store.open_episodes())
        told = [*((each, True) for each in counted.all), *((each, False) for each in counted.others)]
        newest_first = sorted(told, key=lambda pair: -pair[0].alert.starts_at)
        return web.json_response([{**self._data(each), "counted": counts} for each, counts in newest_first])

    async def duty(self, _: web.Request) -> web.Response:
        """Who is on duty, whether nobody took the shift over, and who took over last: lines in both languages."""
        desk = self.desk
        lines = duty_lines(desk.contacts, desk.store.handovers.taken(), desk.now())
        return web.json_response([{"vi": line.vi, "en": line.en} for line in lines])

    async def episodes(self, request: web.Request) -> web.Response:
        """The alerts that were open between ``from`` and ``to``, in seconds since the epoch."""
        start, end = (_seconds(request, name) for name in ("from", "to"))
        known = self.desk.store.episodes_since(start)
        found = [each for each in known if each.alert.starts_at < end]
        return web.Response(body=msgspec.json.encode(found), content_type="application/json", headers=HEADERS)

    @web.middleware
    async def _told(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except StoreError as error:
            return not_now(request, error)
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
        steps = progress_of(episode, self.desk.context)
        described = {each: asdict(describe(episode, self.desk.context, self.desk.now(), each)) for each in ("vi", "en")}
        return {
            "key": alert.key,
            "labels": dict(alert.labels),
            "starts_at": alert.starts_at,
            "page": alert.pages,
            "taken": None if taken is None else asdict(taken),
            "steps": {"vi": steps.of("vi"), "en": steps.of("en")},
            **described,
        }

    def _done(self, request: web.Request, key: str) -> web.Response:
        if _wants_data(request):
            episode = self.desk.store.episode(key)
            assert episode is not None
            return web.json_response(self._data(episode))
        return web.Response(status=303, headers={"Location": f"/alerts/{key}"})


def _wants_data(request: web.Request) -> bool:
    return _WAY_TO_ANSWER in request.headers.get("Accept", "")


def _text(form: Any, name: str, *, required: bool = True) -> str:
    """A field of a form. Raises HTTPBadRequest where it is missing and required."""
    value = form.get(name, "")
    text = " ".join(value.split())[:500] if isinstance(value, str) else ""
    if required and not text:
        raise web.HTTPBadRequest(text=f"Thiếu trường {name}. The field {name} is missing.")
    return text


def _seconds(request: web.Request, name: str) -> float:
    """A moment of a query. Raises HTTPBadRequest."""
    try:
        seconds = float(request.query.get(name, ""))
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise web.HTTPBadRequest(text=f"{name}: write seconds since the epoch")
    return seconds


def _moment(text: str) -> float:
    """A time in ISO 8601, local where it names no zone. Raises HTTPBadRequest."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or not 2000 <= moment.year < 2200:
        raise web.HTTPBadRequest(text=f"{text!r} is no time; write it as in 2025-07-24T04:00")
    return (moment if moment.tzinfo else moment.replace(tzinfo=_LOCAL)).timestamp()
