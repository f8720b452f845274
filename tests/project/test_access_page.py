"""The page of who is answered what is that of the table, and the table has every route that the servers declare."""

from typing import Any
from unittest.mock import MagicMock

from aiohttp import web

from streams.cases.http import CaseServer
from streams.exporter import http as exporter
from streams.gateway.http import Server as Gateway
from streams.relay.http import Server as Relay
from streams.relay.machines import MachineServer
from streams.wall.http import WallServer
from streams.wall.sign_in import SignIn
from streams.web.people.door import Door
from tests.secure.routes import PAGE, ROUTES, page


def test_the_page_is_that_of_the_table() -> None:
    assert PAGE.read_text() == page()


def test_every_route_of_every_server_is_in_the_table() -> None:
    """The worker's server has no routes to ask for: it knows its three paths by name."""
    anything: Any = MagicMock()
    applications = {
        "relay": Relay(anything, anything, {}, door("")).application(),
        "relay, machines": MachineServer(anything, anything, anything, anything, (), anything).application(),
        "cases": CaseServer(anything, anything, door("/cases"), simulated=False).application(),
        "gateway": gateway(anything).application(),
        "exporter": exporter._application(anything, anything),
        "wall": WallServer("x", anything, anything, SignIn("wall", anything, secure=True), 1).application(),
    }
    declared = {(server, *route) for server, application in applications.items() for route in routes(application)}
    assert declared == {each[:3] for each in ROUTES if each.server != "worker"}


def door(base: str) -> Door:
    anything: Any = MagicMock()
    return Door("x", base, "http://x", anything, None, anything, anything, anything, anything, behind_proxy=False)


def gateway(anything: Any) -> Gateway:
    return Gateway(anything, anything, anything, anything, "", 1, 1.0, anything)


def routes(application: web.Application) -> list[tuple[str, str]]:
    """Method and path of every route; HEAD goes with GET."""
    found = []
    for route in application.router.routes():
        resource = route.resource
        if route.method != "HEAD" and resource is not None:
            found.append((route.method, resource.canonical))
    return found
