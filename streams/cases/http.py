"""The web server of cases: the pages, the same as JSON, /healthz and /readyz."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

from aiohttp import web

from ioc.cases.find import CasesError
from ioc.cases.table import as_data
from ioc.engine.plan import Plan
from ioc.text.bilingual import Language
from ioc.time.windows import Window
from streams.cases.follower import CaseFollower
from streams.cases.pages import PAGE_CASES, ROOT, cases_page, index_page, message_page
from streams.settings.settings import Settings, SettingsError
from streams.web.checks import HEALTH, READINESS, checks
from streams.web.html import answer, for_people
from streams.web.problems import problem_of
from streams.web.server import serving
from streams.web.sign_in import SignIn

log = logging.getLogger(__name__)

_SIGN_IN = f"{ROOT}/sign-in"
_OPEN_PATHS = {HEALTH, READINESS, _SIGN_IN}
_LAST_PAGE = 100_000
_NO_FILTERS = {"lang", "page", "window", "format"}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def serve_cases(settings: Settings, plan: Plan, listening: Callable[[str], None] = log.info) -> None:
    """Follow the state and serve its cases until cancelled; ``listening`` is told the address.

    Raises:
        SettingsError: others than this machine would reach it, and no token is set.
        LogError, TopicError: Kafka cannot be read.
        TlsError: the certificate cannot be used.
        OSError: the address is taken.
    """
    listener = settings.cases
    token = listener.secret
    if token is None and not listener.local:
        raise SettingsError(
            f"IOC_CASES_HOST is {listener.host}, which others reach: name a file with a long random token in "
            "IOC_CASES_TOKEN_FILE, or listen on 127.0.0.1 behind a proxy that asks who is there"
        )
    follower = CaseFollower(settings, plan)
    secure = listener.cert_file is not None
    sign_in = None if token is None else SignIn("cases", token, secure=secure, path=_SIGN_IN)
    async with serving(CaseServer(follower, plan, sign_in, settings.simulated).application(), listener) as address:
        listening(f"{address}{ROOT}")
        await follower.run()


@dataclass(frozen=True)
class CaseServer:
    """The handlers and what they need."""

    follower: CaseFollower
    plan: Plan
    sign_in: SignIn | None
    """None lets everybody in."""
    simulated: bool

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._guarded])
        application.add_routes(
            [
                web.get("/", self.home),
                web.get(ROOT, self.index),
                web.get(f"{ROOT}/{{subsystem}}/{{kpi}}", self.cases),
                *checks(lambda: self.follower.stuck, lambda: self.follower.unready),
            ]
        )
        if self.sign_in is not None:
            application.add_routes([web.post(_SIGN_IN, self.sign_in.enter)])
        return application

    async def home(self, _: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(ROOT)

    async def index(self, request: web.Request) -> web.Response:
        return answer(index_page(self.plan.catalogue, _language(request), simulated=self.simulated))

    async def cases(self, request: web.Request) -> web.Response:
        """Cases of a KPI. Query: ``page``, ``window``, ``lang``, ``format=json``; every other name is a filter."""
        only = {name: value for name, value in request.query.items() if name not in _NO_FILTERS and value}
        number = _page_number(request)
        if not self.follower.ready:
            raise web.HTTPServiceUnavailable(text="Đang đọc dữ liệu, xin thử lại sau. Still reading, try again soon.")
        try:
            found = await self.follower.find(
                request.match_info["subsystem"],
                request.match_info["kpi"],
                only,
                window=cast("Window | None", request.query.get("window")),
                limit=PAGE_CASES,
                offset=(number - 1) * PAGE_CASES,
            )
        except CasesError as error:
            raise web.HTTPNotFound(text=str(error)) from None
        if request.query.get("format") == "json":
            return web.json_response(as_data(found))
        language = _language(request)
        catalogue = self.plan.catalogue
        return answer(cases_page(found, catalogue, only, number, language, simulated=self.simulated))

    @web.middleware
    async def _guarded(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        sign_in = self.sign_in
        if sign_in is not None and request.path not in _OPEN_PATHS and not sign_in.known(request):
            return sign_in.refuse(request, form=request.query.get("format") != "json")
        try:
            return await handler(request)
        except web.HTTPError as error:
            if request.query.get("format") == "json" or not for_people(request):
                return problem_of(error)
            return answer(message_page(error.text or error.reason, _language(request)), status=error.status)


def _language(request: web.Request) -> Language:
    return "en" if request.query.get("lang") == "en" else "vi"


def _page_number(request: web.Request) -> int:
    """Raises HTTPBadRequest."""
    text = request.query.get("page", "1")
    if not text.isdecimal() or len(text) > len(str(_LAST_PAGE)) or not 1 <= int(text) <= _LAST_PAGE:
        raise web.HTTPBadRequest(text=f"page={text}: 1 … {_LAST_PAGE}")
    return int(text)
