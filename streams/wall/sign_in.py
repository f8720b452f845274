"""Which screens may show the wall: those that have its token, shown once in a form, then as a cookie."""

import hashlib
import hmac
from dataclasses import dataclass
from html import escape

from aiohttp import web
from pydantic import SecretStr

from ioc.text.bilingual import Text
from streams.web.address import is_own_path
from streams.web.html import answer, both, form_of, page
from streams.web.server import shows, token_needed

PATH = "/sign-in"
_SIGN_IN = Text("Mã truy cập", "Token")
_WRONG_TOKEN = Text("Mã không đúng.", "Wrong token.")
_ENTER = Text("Vào", "Sign in")
_A_MONTH = 30 * 86_400


@dataclass(frozen=True)
class SignIn:
    """The one token of a server, and the cookie that stands for it in browsers."""

    name: str
    """The server's: part of the cookie, so that a cookie of one server opens no other."""
    token: SecretStr
    secure: bool
    """Whether people reach the server by HTTPS."""
    path: str = PATH
    """Where the form is sent."""

    def known(self, request: web.Request) -> bool:
        """Whether a request shows the token or its cookie."""
        cookie = request.cookies.get(self._cookie, "").encode(errors="surrogateescape")
        return shows(request, self.token) or hmac.compare_digest(cookie, self._session.encode())

    async def enter(self, request: web.Request) -> web.Response:
        """Takes the form; leads to the page that was asked for."""
        form = await form_of(request)
        token, target = (form.get(field) for field in ("token", "target"))
        if not isinstance(target, str) or not is_own_path(target):
            target = "/"
        given = token.strip().encode(errors="surrogateescape") if isinstance(token, str) else b""
        if not hmac.compare_digest(given, self.token.get_secret_value().encode()):
            return answer(self._form(target, wrong=True), status=401)
        response = web.Response(status=303, headers={"Location": target})
        response.set_cookie(
            self._cookie, self._session, max_age=_A_MONTH, httponly=True, samesite="Lax", secure=self.secure
        )
        return response

    def refuse(self, request: web.Request, *, form: bool) -> web.Response:
        """The answer to a request that shows nothing: the form for people, for programs what they lack."""
        if form:
            return answer(self._form(request.path_qs, wrong=False), status=401)
        return token_needed()

    @property
    def _cookie(self) -> str:
        return f"ioc_{self.name}"

    @property
    def _session(self) -> str:
        """What a browser keeps instead of the token."""
        return hmac.new(self.token.get_secret_value().encode(), f"ioc {self.name}".encode(), hashlib.sha256).hexdigest()

    def _form(self, target: str, *, wrong: bool) -> str:
        complaint = f"<p class=free>{both(_WRONG_TOKEN)}</p>" if wrong else ""
        return page(
            "IOC",
            f'<h1>IOC</h1>{complaint}<form method=post action="{self.path}"><label>{both(_SIGN_IN)}'
            f"<input type=password name=token required autocomplete=current-password></label>"
            f'<input type=hidden name=target value="{escape(target)}"><button>{both(_ENTER)}</button></form>',
        )
