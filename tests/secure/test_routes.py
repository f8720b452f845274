"""Every route of the running servers x every kind of caller: what is answered is what the page says."""

import ssl
from functools import cache
from pathlib import Path

import httpx
import pytest

from streams.web.people.roles import Role
from tests.secure.installation import PARTS, Installation
from tests.secure.routes import CALLERS, ROUTES, Route
from tests.secure.servers import SENDER_TOKEN, token_of

pytestmark = [pytest.mark.kafka, pytest.mark.prometheus, pytest.mark.timeout(900)]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: "-".join(route[:3]).replace("/", "_"))
def test_a_route_answers_each_caller_as_the_page_says(served: Installation, route: Route) -> None:
    answers = tuple(_status(served, route, caller) for caller in CALLERS)
    assert dict(zip(CALLERS, answers, strict=True)) == dict(zip(CALLERS, route.answers, strict=True))


def test_no_token_of_a_machine_opens_another_server(served: Installation) -> None:
    """Nor does a person's open any, which every row of the table says."""
    for route in (each for each in ROUTES if each.path == "/metrics"):
        own = route.server.partition(",")[0]
        statuses = {part: _ask(served, route, token_of(served, part)) for part in PARTS}
        assert statuses == {part: 200 if part == own else 401 for part in PARTS}


def _status(served: Installation, route: Route, caller: str) -> int:
    match caller:
        case "none":
            token = None
        case "feed":
            token = SENDER_TOKEN
        case "machine":
            token = token_of(served, route.server.partition(",")[0])
        case role:
            token = token_of(served, str(Role.named(role)))
    return _ask(served, route, token)


def _ask(served: Installation, route: Route, token: str | None) -> int:
    part = route.server.partition(",")[0]
    of_people = route.server in served.pages
    port = served.pages[part] if of_people else served.ports[part]
    path = route.path.replace("{subsystem}/{kpi}", "statistics/none")
    for name in ("key", "id", "alert"):
        path = path.replace(f"{{{name}}}", "none")
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    client = _client(served.authority.cert_file)
    answer = client.request(route.method, f"https://127.0.0.1:{port}{path}", headers=headers, data={"until": "x"})
    client.cookies.clear()
    return answer.status_code


@cache
def _client(authority: Path) -> httpx.Client:
    """One for all questions: most of what a question costs is the handshake."""
    return httpx.Client(verify=ssl.create_default_context(cafile=authority), trust_env=False, timeout=60)
