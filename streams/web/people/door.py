"""The door of a server that people use: who comes in, as whom, and what is asked of each route."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from aiohttp import web

from ioc.text.bilingual import Text
from streams.web.address import is_own_path
from streams.web.html import answer, for_people
from streams.web.people import pages
from streams.web.people.accounts import Accounts, AccountsFile
from streams.web.people.origin import by_itself, changes, is_own
from streams.web.people.person import Actor, Person
from streams.web.people.provider import PROVIDED, Provider
from streams.web.people.roles import Role
from streams.web.people.sessions import Sessions
from streams.web.people.throttle import Throttle
from streams.web.people.trail import Trail
from streams.web.problems import CHALLENGE, problem
from streams.web.server import Handler

PERSON: web.RequestKey[Person] = web.RequestKey("person", Person)
"""Who asks, in a request that a `Door` let through."""
UNKNOWN = "sign in, or show a token of your own account"
STRANGE = "a change must come from this server's own page (Origin, Sec-Fetch-Site)"


@dataclass(frozen=True)
class Door:
    """One server's, in front of its routes."""

    server: str
    """Its name: part of its cookies'."""
    base: str
    """The path below which all its pages are, without a slash at its end; its cookies hold for that only."""
    url: str
    """Where people's browsers reach the server."""
    accounts_file: AccountsFile
    provider: Provider | None
    sessions: Sessions
    throttle: Throttle
    trail: Trail
    now: Callable[[], float]
    behind_proxy: bool
    """Whether a reverse proxy that we run says in X-Forwarded-For who asks."""

    def open_to(self, role: Role, handler: Handler) -> Handler:
        """A handler that only people of this role, or of a higher one, get to."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            person = self.who(request)
            if person is None:
                return self.ask(request)
            if changes(request) and _token(request) is None and not is_own(request, self.url):
                return problem(HTTPStatus.FORBIDDEN, STRANGE, reason="strange_origin")
            if person.role < role:
                return problem(HTTPStatus.FORBIDDEN, f"{person.role} may not: it takes {role}", reason="role")
            request[PERSON] = person
            return await handler(request)

        return guarded

    @property
    def accounts(self) -> Accounts:
        return self.accounts_file.current

    def who(self, request: web.Request) -> Person | None:
        """Who asks, by their own token or their session."""
        if (token := _token(request)) is not None:
            return self.accounts.of_token(token)
        cookie = self.cookie_of(request, "session")
        session = self.sessions.of(cookie, used=not by_itself(request))
        return None if session is None else self._as_known_now(session.person)

    def _as_known_now(self, person: Person) -> Person | None:
        """A local account is what its file says by now: of another role, or none at all."""
        if person.account.startswith(PROVIDED):
            return person
        return self.accounts.person(person.account) if person.account in self.accounts.accounts else None

    def actor(self, request: web.Request) -> Actor:
        """Who asks, and from where; only where a `Door` let the request through."""
        return Actor.of(request[PERSON], self.address(request))

    def address(self, request: web.Request) -> str:
        """Where a request comes from."""
        client = self.client(request)
        peer = request.remote or "?"
        return client if client == peer else f"{client} via {peer}"

    def client(self, request: web.Request) -> str:
        """The address of the client itself."""
        forwarded = request.headers.getall("X-Forwarded-For", []) if self.behind_proxy else []
        # The last is our proxy's own word; what stands before it the client may have made up.
        said = forwarded[-1].rpartition(",")[2].strip() if forwarded else ""
        return said or request.remote or "?"

    def ask(self, request: web.Request) -> web.Response:
        """The answer to who has not said who they are: the form for people, for programs what they lack."""
        if request.method == "GET" and for_people(request):
            return self.form(request.path_qs)
        return problem(HTTPStatus.UNAUTHORIZED, UNKNOWN, reason="unknown_person", headers=CHALLENGE)

    def form(self, target: str, *, status: int = 401, complaint: Text | None = None) -> web.Response:
        """The page of signing in, which then leads to ``target``."""
        text = pages.sign_in_page(
            self.base,
            self.own(target),
            password=bool(self.accounts.accounts),
            provider=self.provider is not None,
            complaint=complaint,
        )
        response = answer(text, status)
        if self.provider is not None:
            # The way to the provider is a link, which carries no field.
            self.set_cookie(response, "target", quote(self.own(target)), 600)
        return response

    def own(self, target: object) -> str:
        """A path of this server: never another's address."""
        if isinstance(target, str) and is_own_path(target, self.base):
            return target
        return f"{self.base}/" if not self.base else self.base

    def admit(self, person: Person, request: web.Request, target: str) -> web.Response:
        """Begin a session, and lead to the page that was asked for."""
        response = web.Response(status=303, headers={"Location": self.own(target)})
        value = self.sessions.begin(person, self.address(request))
        self.set_cookie(response, "session", value, int(self.sessions.longest))
        return response

    def set_cookie(self, response: web.Response, name: str, value: str, seconds: int) -> None:
        """One that scripts and other sites do not get, and that is sent in the clear only where all is."""
        response.set_cookie(
            self._cookie(name),
            value,
            max_age=seconds,
            path=self.base or "/",
            httponly=True,
            samesite="Lax",
            secure=self._secure,
        )

    def cookie_of(self, request: web.Request, name: str) -> str:
        return request.cookies.get(self._cookie(name), "")

    @property
    def _secure(self) -> bool:
        return urlsplit(self.url).scheme == "https"

    def _cookie(self, name: str) -> str:
        # Browsers refuse these prefixes on what is not Secure, and __Host- on what another host of the domain sets.
        prefix = ("__Secure-" if self.base else "__Host-") if self._secure else ""
        return f"{prefix}ioc_{self.server}_{name}"


def _token(request: web.Request) -> str | None:
    """The bearer token that a request shows, as no browser does by itself; None where it shows none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def same(one: str, other: str) -> bool:
    """Compare secrets in a time that tells nothing of them."""
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))
