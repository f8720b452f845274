"""A small server with a door, and browsers in front of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from streams.settings.parts import CasesSettings, PeopleSettings
from streams.stack.ports import free_port
from streams.web.database import Database
from streams.web.people.accounts import Account, hash_of_password, hash_of_token, write_accounts
from streams.web.people.door import PERSON
from streams.web.people.opening import door_of
from streams.web.people.roles import Role
from streams.web.people.sign_in import SignIn
from streams.web.people.trail import TABLE, Trail
from streams.web.server import serving
from tests.streams.relay.receivers import Clock
from tests.streams.web.people.house import PASSWORD, TOKEN, House

_HASH = hash_of_password(PASSWORD)


@pytest.fixture
def clock() -> Clock:
    return Clock(1_753_304_400.0)


@pytest.fixture
def open_house(tmp_path: Path, clock: Clock) -> Callable[..., AbstractAsyncContextManager[House]]:
    """Serve pages below a base: ``async with open_house() as house``; every role has an account of its name."""

    @asynccontextmanager
    async def start(base: str = "", url: str = "", **people: Any) -> AsyncIterator[House]:
        accounts = tmp_path / "accounts.yaml"
        known = {
            str(role): Account(
                name=f"Nguyễn {role}", role=str(role), password=_HASH, tokens_sha256=[hash_of_token(f"{TOKEN}-{role}")]
            )
            for role in Role
        }
        write_accounts(accounts, known)
        database = Database(tmp_path / "people.sqlite", (TABLE,))
        port = free_port()
        here = f"http://127.0.0.1:{port}"
        settings = PeopleSettings(**{"accounts": accounts, **people})
        door = door_of(settings, "house", base=base, url=url or here, trail=Trail(database), now=clock)
        application = web.Application()
        application.add_routes(SignIn(door).routes())
        for role in Role:
            handler = door.open_to(role, _seen)
            application.add_routes([web.get(f"{base}/{role}", handler), web.post(f"{base}/{role}", handler)])
        browser = httpx.AsyncClient(base_url=here, trust_env=False, headers={"Accept": "text/html"})
        async with serving(application, CasesSettings(port=port)), browser:
            yield House(here, door, browser, accounts)
        database.close()

    return start


async def _seen(request: web.Request) -> web.Response:
    return web.Response(text=request[PERSON].name)
