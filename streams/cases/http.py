"""The web server of cases: the pages, the same as JSON, /healthz and /readyz."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from aiohttp import web

from ioc.cases.find import CasesError
from ioc.cases.table import as_data, summary, table, title
from ioc.engine.plan import Plan
from ioc.text.bilingual import Language
from ioc.text.csv_text import csv_octets
from ioc.time.windows import Window
from streams.cases.follower import CaseFollower
from streams.cases.pages import PAGE_CASES, ROOT, cases_page, index_page, message_page
from streams.settings.settings import Settings, SettingsError
from streams.web.address import address_of
from streams.web.checks import checks
from streams.web.database import Database, StoreError
from streams.web.here import refuse_foreign
from streams.web.html import HEADERS, answer, for_people
from streams.web.people.door import Door
from streams.web.people.opening import door_of
from streams.web.people.roles import Role
from streams.web.people.sign_in import SignIn
from streams.web.people.trail import TABLE, Trail
from streams.web.problems import not_now, problem_of
from streams.web.server import Handler, serving

log = logging.getLogger(__name__)

_LAST_PAGE = 100_000
_CSV_CASES = 100_000
"""The most that a table has room for; the worst come first."""
_NO_FILTERS = {"lang", "page", "window", "format"}


async def serve_cases(settings: Settings, plan: Plan, listening: Callable[[str], None] = log.info) -> None:
    """Follow the state and serve its cases until cancelled; ``listening`` is told the address.

    Raises:
        SettingsError: others than this machine would reach it, and nobody is known who may come in.
        YamlFileError, SecretError: the file of accounts or a secret cannot be used.
        LogError, TopicError: Kafka cannot be read.
        TlsError: the certificate cannot be used.
        OSError: the address is taken, or the database cannot be used.
    """
    listener = settings.cases
    if not settings.people.known and not listener.local:
        raise SettingsError(
            f"IOC_CASES_HOST is {listener.host}, which others reach: name a file of accounts in "
            "IOC_PEOPLE_ACCOUNTS, or the province's provider in IOC_PEOPLE_ISSUER, or listen on 127.0.0.1"
        )
    follower = CaseFollower(settings, plan)
    with _door(settings) as door:
        server = CaseServer(follower, plan, door, settings.simulated)
        async with serving(server.application(), listener) as address:
            listening(f"{address}{ROOT}")
            await follower.run()


@contextmanager
def _door(settings: Settings) -> Iterator[Door | None]:
    """None where everybody on this machine may come in."""
    if not settings.people.known:
        yield None
        return
    listener = settings.cases
    scheme = "http" if listener.cert_file is None else "https"
    url = str(listener.url or address_of(scheme, listener.host, listener.port))
    database = Database(listener.database, (TABLE,))
    try:
        yield door_of(settings.people, "cases", base=ROOT, url=url, trail=Trail(database), now=time.time)
    finally:
        database.close()


@dataclass(frozen=True)
class CaseServer:
    """The handlers and what they need."""

    follower: CaseFollower
    plan: Plan
    door: Door | None
    """None lets everybody on this machine in."""
    simulated: bool

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._told], client_max_size=64 * 1024)
        to = self._to_everybody_here if self.door is None else self.door.open_to
        application.add_routes(
            [
                web.get("/", self.home),
                web.get(ROOT, to(Role.VIEWER, self.index)),
                web.get(f"{ROOT}/{{subsystem}}/{{kpi}}", to(Role.VIEWER, self.cases)),
                *checks(lambda: self.follower.stuck, lambda: self.follower.unready),
                *([] if self.door is None else SignIn(self.door).routes()),
            ]
        )
        return application

    async def home(self, _: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(ROOT)

    async def index(self, request: web.Request) -> web.Response:
        return answer(index_page(self.plan.catalogue, _language(request), simulated=self.simulated))

    async def cases(self, request: web.Request) -> web.Response:
        """Cases of a KPI. Query: ``page``, ``window``, ``lang``, ``format``; every other name is a filter.

        ``format``: json for a page's cases as data, csv for all of them as a table.
        """
        only = {name: value for name, value in request.query.items() if name not in _NO_FILTERS and value}
        number, as_csv = _page_number(request), request.query.get("format") == "csv"
        if not self.follower.ready:
            raise web.HTTPServiceUnavailable(text="Đang đọc dữ liệu, xin thử lại sau. Still reading, try again soon.")
        try:
            found = await self.follower.find(
                request.match_info["subsystem"],
                request.match_info["kpi"],
                only,
                window=cast("Window | None", request.query.get("window")),
                limit=_CSV_CASES if as_csv else PAGE_CASES,
                offset=0 if as_csv else (number - 1) * PAGE_CASES,
            )
        except CasesError as error:
            raise web.HTTPNotFound(text=str(error)) from None
        if request.query.get("format") == "json":
            return web.json_response(as_data(found))
        language = _language(request)
        catalogue = self.plan.catalogue
        if as_csv:
            headings, rows = table(found, catalogue, language)
            octets = csv_octets([[title(found, catalogue, language), summary(found, language)], headings, *rows])
            name = f"{found.subsystem}.{found.kpi}.csv"
            disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
            return web.Response(
                body=octets, content_type="text/csv", charset="utf-8", headers={**HEADERS, **disposition}
            )
        return answer(cases_page(found, catalogue, only, number, language, simulated=self.simulated))

    @web.middleware
    async def _told(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except StoreError as error:
            return not_now(request, error)
        except web.HTTPError as error:
            if request.query.get("format") == "json" or not for_people(request):
                return problem_of(error)
            return answer(message_page(error.text or error.reason, _language(request)), status=error.status)

    def _to_everybody_here(self, _: Role, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            return refuse_foreign(request) or await handler(request)

        return guarded


def _language(request: web.Request) -> Language:
    return "en" if request.query.get("lang") == "en" else "vi"


def _page_number(request: web.Request) -> int:
    """Raises HTTPBadRequest."""
    text = request.query.get("page", "1")
    if not text.isdecimal() or len(text) > len(str(_LAST_PAGE)) or not 1 <= int(text) <= _LAST_PAGE:
        raise web.HTTPBadRequest(text=f"page={text}: 1 … {_LAST_PAGE}")
    return int(text)
