"""The wall's web server: the page, what is now, /healthz and /readyz."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

from aiohttp import web

from ioc.text.bilingual import Language
from streams.settings.settings import Settings, SettingsError
from streams.wall.now import Now
from streams.wall.page import SCRIPT, STYLE, wall_page
from streams.wall.sign_in import PATH, SignIn
from streams.web.checks import HEALTH, READINESS, checks
from streams.web.here import refuse_foreign
from streams.web.html import HEADERS
from streams.web.server import Handler, serving

log = logging.getLogger(__name__)

FRESH = 1.5
"""Seconds for which an answer serves every browser that asks."""
_NONE = "'none'"
_OPEN_PATHS = {HEALTH, READINESS, PATH}
Looking = Callable[[Language], Now]
"""What is now, in a language; it may block for some seconds, and raises nothing."""
Frames = Callable[[Language], Sequence[str]]
"""Addresses of the dashboards that are shown in turn instead of the tiles; none without a Grafana."""


async def serve_wall(
    settings: Settings, title: str, look: Looking, frames: Frames, listening: Callable[[str], None] = log.info
) -> None:
    """Serve the wall until cancelled; ``listening`` is told the address.

    Raises:
        SettingsError: others than this machine would reach it, and no token is set.
        TlsError: the certificate cannot be used.
        OSError: the address is taken.
    """
    listener = settings.wall
    token = listener.secret
    if token is None and not listener.local:
        raise SettingsError(
            f"IOC_WALL_HOST is {listener.host}, which others reach: name a file with a long random token in "
            "IOC_WALL_TOKEN_FILE, or listen on 127.0.0.1 behind a proxy that asks who is there, and asks for 127.0.0.1"
        )
    sign_in = None if token is None else SignIn("wall", token, secure=listener.cert_file is not None)
    server = WallServer(title, look, frames, sign_in, listener.seconds)
    async with serving(server.application(), listener) as address:
        listening(address)
        await asyncio.Event().wait()


@dataclass
class WallServer:
    """The handlers and what they need."""

    title: str
    look: Looking
    frames: Frames
    sign_in: SignIn | None
    """None lets everybody on this machine in."""
    seconds: float
    """Each dashboard is shown for so long."""
    _last: dict[Language, tuple[float, Now]] = field(default_factory=dict)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._guarded])
        application.add_routes(
            [
                web.get("/", self.page),
                web.get("/now", self.now),
                web.get("/wall.js", self.script),
                web.get("/wall.css", self.style),
                *checks(),
            ]
        )
        if self.sign_in is not None:
            application.add_routes([web.post(PATH, self.sign_in.enter)])
        return application

    async def page(self, request: web.Request) -> web.Response:
        language = _language(request)
        frames = self.frames(language)
        framed = sorted({_origin(url) for url in frames})
        return self._answer(wall_page(self.title, language, frames, self.seconds), "text/html", framed)

    async def now(self, request: web.Request) -> web.Response:
        """What is now as JSON; of many browsers that ask at once the first looks for all."""
        language = _language(request)
        async with self._looking:
            at, found = self._last.get(language, (0.0, None))
            if found is None or time.monotonic() - at > FRESH:
                found = await asyncio.to_thread(self.look, language)
                self._last[language] = time.monotonic(), found
        return web.json_response(asdict(found), headers=HEADERS)

    async def script(self, _: web.Request) -> web.Response:
        return self._answer(SCRIPT, "text/javascript")

    async def style(self, _: web.Request) -> web.Response:
        return self._answer(STYLE, "text/css")

    def _answer(self, text: str, content_type: str, framed: Sequence[str] = ()) -> web.Response:
        """As every page of ours, but with its own script, and with pages of ``framed`` origins in a frame."""
        origins = " ".join(framed)
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; "
            f"connect-src 'self' {origins}; frame-src {origins or _NONE}"
        )
        return web.Response(
            text=text, content_type=content_type, headers={**HEADERS, "Content-Security-Policy": policy}
        )

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in _OPEN_PATHS:
            return await handler(request)
        if self.sign_in is None:
            return refuse_foreign(request) or await handler(request)
        if not self.sign_in.known(request):
            return self.sign_in.refuse(request, form=request.path == "/")
        return await handler(request)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _language(request: web.Request) -> Language:
    return "en" if request.query.get("lang") == "en" else "vi"
