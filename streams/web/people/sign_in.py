"""Signing in and out, sessions and the trail: the routes that every server for people has below its base."""

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import unquote

from aiohttp import web

from ioc.text.bilingual import Text
from streams.web.html import answer, form_of
from streams.web.people import pages
from streams.web.people.door import PERSON, STRANGE, Door, same
from streams.web.people.origin import is_own
from streams.web.people.person import Actor, Person
from streams.web.people.provider import Begun, ProviderError
from streams.web.people.roles import Role
from streams.web.people.trail import Act, Entry
from streams.web.problems import problem

_WRONG = Text("Tài khoản hoặc mật khẩu không đúng.", "Wrong account or password.")
_LATER = Text("Thử quá nhiều lần, xin chờ vài phút.", "Too many attempts: wait some minutes.")
_REFUSED = Text("Không đăng nhập được.", "The sign-in was refused.")
_MOST_BEGUN = 1_000
_AT_ONCE = 2
"""Passwords that are tried at the same time: each takes 19 MiB and a core for some tens of milliseconds."""
_LINES = 200


@dataclass(frozen=True)
class SignIn:
    """The handlers."""

    door: Door
    _begun: dict[str, Begun] = field(default_factory=dict)
    """Sign-ins that are under way at the provider, by state."""
    _trying: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    def routes(self) -> list[web.RouteDef]:
        base, to = self.door.base, self.door.open_to
        own = [
            web.get(f"{base}/sign-in", self.form),
            web.post(f"{base}/sign-in", self.enter),
            web.post(f"{base}/sign-out", to(Role.VIEWER, self.leave)),
            web.get(f"{base}/sessions", to(Role.VIEWER, self.sessions)),
            web.post(f"{base}/sessions/{{id}}/end", to(Role.VIEWER, self.end)),
            web.get(f"{base}/trail", to(Role.ADMINISTRATOR, self.trail)),
        ]
        provider = [
            web.get(f"{base}/sign-in/provider", self.go_to_provider),
            web.get(f"{base}/sign-in/return", self.come_back),
        ]
        return own + (provider if self.door.provider is not None else [])

    async def form(self, _: web.Request) -> web.Response:
        return self.door.form("", status=200)

    async def enter(self, request: web.Request) -> web.Response:
        """Account and password."""
        door = self.door
        if not is_own(request, door.url):
            return problem(HTTPStatus.FORBIDDEN, STRANGE, reason="strange_origin")
        form = await form_of(request)
        account, password = (_field(form.get(name), longest) for name, longest in (("account", 64), ("password", 200)))
        target = _field(form.get("target"), 2000)
        client = door.client(request)
        if (wait := door.throttle.wait(account, client)) > 0:
            self._tell(request, Act.SIGN_IN_THROTTLED, account)
            response = door.form(target, status=429, complaint=_LATER)
            response.headers["Retry-After"] = str(int(wait) + 1)
            return response
        # Before the password is tried, as many try at once.
        door.throttle.failed(account, client)
        async with self._trying:
            person = await asyncio.to_thread(door.accounts.of_password, account, password)
        if person is None:
            self._tell(request, Act.SIGN_IN_REFUSED, account, reason="password")
            return door.form(target, complaint=_WRONG)
        door.throttle.succeeded(account, client)
        return self._admit(person, request, target, by="password")

    async def go_to_provider(self, _: web.Request) -> web.Response:
        assert self.door.provider is not None
        try:
            begun = await self.door.provider.begin()
        except ProviderError as error:
            return problem(HTTPStatus.BAD_GATEWAY, str(error))
        while len(self._begun) >= _MOST_BEGUN:
            self._begun.pop(next(iter(self._begun)))
        self._begun[begun.state] = begun
        response = web.Response(status=303, headers={"Location": begun.url})
        self.door.set_cookie(response, "state", begun.state, 600)
        return response

    async def come_back(self, request: web.Request) -> web.Response:
        """From the provider. Only the browser that began it, once."""
        assert self.door.provider is not None
        state = request.query.get("state", "")
        begun = self._begun.pop(state, None)
        if begun is None or not same(state, self.door.cookie_of(request, "state")):
            return self._refused(request, "this browser began no such sign-in, or too long ago")
        try:
            person = await self.door.provider.finish(begun, request.query)
        except ProviderError as error:
            return self._refused(request, str(error))
        target = unquote(self.door.cookie_of(request, "target"))
        return self._admit(person, request, target, by="provider")

    async def leave(self, request: web.Request) -> web.Response:
        self.door.sessions.end(self.door.cookie_of(request, "session"))
        self._tell(request, Act.SIGNED_OUT, request[PERSON].account, request[PERSON].name)
        response = web.Response(status=303, headers={"Location": f"{self.door.base}/sign-in"})
        self.door.set_cookie(response, "session", "", 0)
        return response

    async def sessions(self, request: web.Request) -> web.Response:
        """One's own sessions; an administrator sees all."""
        person = request[PERSON]
        shown = [each for each in self.door.sessions.open() if _may_end(person, each.person)]
        trail = person.role >= Role.ADMINISTRATOR
        return answer(pages.sessions_page(shown, self.door.base, person, trail=trail))

    async def end(self, request: web.Request) -> web.Response:
        """End a session: one's own, or as an administrator anybody's."""
        name = request.match_info["id"]
        found = next((each for each in self.door.sessions.open() if each.id == name), None)
        if found is None or not _may_end(request[PERSON], found.person):
            raise web.HTTPNotFound(text="Không có phiên này. There is no such session.")
        self.door.sessions.end_named(name)
        before = {"account": found.person.account, "address": found.address}
        self._append(Entry(self.door.now(), Act.SESSION_ENDED, self.door.actor(request), name, before))
        return web.Response(status=303, headers={"Location": f"{self.door.base}/sessions"})

    async def trail(self, request: web.Request) -> web.Response:
        """The trail: ``before`` a line's number, ``format=json``."""
        text = request.query.get("before", "")
        if text and not (text.isascii() and text.isdecimal() and len(text) < 19):
            raise web.HTTPBadRequest(text="before=: a line's number")
        entries = self.door.trail.entries(_LINES, int(text) if text else None)
        if request.query.get("format") == "json":
            return web.json_response([{"id": number, **entry.as_data()} for number, entry in entries])
        return answer(pages.trail_page(entries, self.door.base))

    def _admit(self, person: Person, request: web.Request, target: str, *, by: str) -> web.Response:
        # Before the session is there: without its line nobody comes in.
        actor = Actor.of(person, self.door.address(request))
        after = {"role": str(person.role), "by": by}
        self._append(Entry(self.door.now(), Act.SIGNED_IN, actor, person.account, after=after))
        return self.door.admit(person, request, target)

    def _refused(self, request: web.Request, reason: str) -> web.Response:
        self._tell(request, Act.SIGN_IN_REFUSED, "", reason=reason)
        return self.door.form("", status=403, complaint=_REFUSED)

    def _tell(self, request: web.Request, act: Act, account: str, name: str = "", reason: str = "") -> None:
        actor = Actor(account, name, self.door.address(request))
        after = {"reason": reason[:300]} if reason else {}
        self._append(Entry(self.door.now(), act, actor, account, after=after))

    def _append(self, entry: Entry) -> None:
        self.door.trail.append(entry)


def _may_end(person: Person, whose: Person) -> bool:
    return person.role >= Role.ADMINISTRATOR or person.account == whose.account


def _field(value: object, longest: int) -> str:
    return value[:longest] if isinstance(value, str) else ""
