"""Every route of every server, and what each caller is answered: ``python -m tests.secure.routes`` writes the page.

The routes are those of the servers' own applications; what is answered stands in `ROUTES`, which `test_routes` asks the
running servers.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parents[2] / "docs/access.md"
CALLERS = ("none", "feed", "machine", "viewer", "responder", "operator", "administrator")
"""Nobody; a sender's token at the gateway; the token of this very server; people by the token of their account."""

_OPEN = (200,) * 7
_MACHINE = (401, 401, 200, 401, 401, 401, 401)


class Route(NamedTuple):
    """One route, and the status that each caller gets."""

    server: str
    method: str
    path: str
    """As the server declares it."""
    answers: tuple[int, ...]


def _people(server: str, method: str, path: str, least: int, passed: int = 200) -> Route:
    """A route for people from the caller number ``least`` on; ``passed`` is what who may come gets."""
    answers = [401, 401, 401, *(passed if number >= least else 403 for number in range(3, 7))]
    return Route(server, method, path, tuple(answers))


_VIEWER, _RESPONDER, _OPERATOR, _ADMINISTRATOR = 3, 4, 5, 6


def _of_people(server: str, base: str) -> Iterator[Route]:
    yield Route(server, "GET", f"{base}/sign-in", _OPEN)
    # Without the word of our own page nobody signs in, whoever they are.
    yield Route(server, "POST", f"{base}/sign-in", (403,) * 7)
    yield _people(server, "POST", f"{base}/sign-out", _VIEWER, 303)
    yield _people(server, "GET", f"{base}/sessions", _VIEWER)
    yield _people(server, "POST", f"{base}/sessions/{{id}}/end", _VIEWER, 404)
    yield _people(server, "GET", f"{base}/trail", _ADMINISTRATOR)


def _checks(server: str) -> Iterator[Route]:
    yield Route(server, "GET", "/healthz", _OPEN)
    yield Route(server, "GET", "/readyz", _OPEN)


ROUTES = (
    _people("relay", "GET", "/", _VIEWER),
    _people("relay", "GET", "/alerts/{key}", _VIEWER, 404),
    _people("relay", "POST", "/alerts/{key}/acknowledge", _RESPONDER, 409),
    _people("relay", "POST", "/alerts/{key}/steps", _RESPONDER, 404),
    _people("relay", "POST", "/alerts/{key}/silence", _OPERATOR, 404),
    _people("relay", "POST", "/silences/{id}/end", _OPERATOR, 404),
    _people("relay", "GET", "/runbooks/{alert}", _VIEWER, 404),
    _people("relay", "GET", "/report", _VIEWER),
    _people("relay", "GET", "/api/episodes", _VIEWER, 400),
    _people("relay", "GET", "/api/alerts", _VIEWER),
    _people("relay", "GET", "/api/duty", _VIEWER),
    _people("relay", "POST", "/api/redrives", _OPERATOR),
    _people("relay", "GET", "/handover", _VIEWER),
    _people("relay", "POST", "/handover/note", _RESPONDER, 400),
    _people("relay", "POST", "/handover/taken", _RESPONDER, 400),
    *_of_people("relay", ""),
    *_checks("relay"),
    Route("relay, machines", "POST", "/alerts", (401, 401, 400, 401, 401, 401, 401)),
    Route("relay, machines", "POST", "/heartbeat", (401, 401, 400, 401, 401, 401, 401)),
    Route("relay, machines", "GET", "/metrics", _MACHINE),
    *_checks("relay, machines"),
    Route("cases", "GET", "/", (302,) * 7),
    _people("cases", "GET", "/cases", _VIEWER),
    _people("cases", "GET", "/cases/{subsystem}/{kpi}", _VIEWER, 404),
    *_of_people("cases", "/cases"),
    *_checks("cases"),
    Route("gateway", "POST", "/events", (401, 415, 401, 401, 401, 401, 401)),
    Route("gateway", "POST", "/events/batch", (401, 415, 401, 401, 401, 401, 401)),
    Route("gateway", "GET", "/openapi.json", _OPEN),
    Route("gateway", "GET", "/metrics", _MACHINE),
    *_checks("gateway"),
    Route("exporter", "GET", "/metrics", _MACHINE),
    *_checks("exporter"),
    Route("worker", "GET", "/metrics", _MACHINE),
    *_checks("worker"),
    *(Route("wall", "GET", path, _MACHINE) for path in ("/", "/now", "/wall.js", "/wall.css")),
    Route("wall", "POST", "/sign-in", (401,) * 7),
    *_checks("wall"),
)

_HEAD = """\
<!-- generated from tests/secure/routes.py by `python -m tests.secure.routes`: do not edit -->
# Who is answered what

Every route of every server, asked by nobody, by a feed (its token at the gateway), by a machine (the token of that
server) and by people of each role (the token of their account; a session opens the same). `make test-secure` asks
all of it of running servers. 401: say who you are. 403: you may not; at a sign-in, that our own page did not send it.
302, 303, 400, 404, 409, 415: let in, and then there is nothing that the question is about. All else is 404 for all.
What a feed writes to Kafka itself is held to its subsystem's topic, not to its own events: `gateway_only: true` in the
catalogue leaves it the gateway alone ([who talks to whom](security.md#who-talks-to-whom)).

The machine of the wall is a screen: it shows the wall's one token once, in its form, and then as a cookie. A server
without its token answers this machine alone, and only by its own name (`tests/streams/web/test_for_this_machine.py`).
"""


def page() -> str:
    """The page in Markdown."""
    heads = ("Server", "Method", "Path", *CALLERS)
    rows = ((each.server, each.method, f"`{each.path}`", *map(str, each.answers)) for each in ROUTES)
    lines = [f"| {' | '.join(row)} |" for row in (heads, ("---",) * len(heads), *rows)]
    return _HEAD + "\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
