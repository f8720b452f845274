"""The wall's server: who may see it, what its page may load, and that many browsers are one question."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import SecretStr

from ioc.text.bilingual import Language
from streams.settings.parts import WallSettings
from streams.settings.settings import SettingsError, load_settings
from streams.wall.http import WallServer, serve_wall
from streams.wall.now import Now
from streams.wall.sign_in import SignIn
from streams.web.server import serving

GRAFANA = "http://127.0.0.1:3000/d/ioc-vi-overview?kiosk"


def now(_: Language) -> Now:
    return Now("<b>bar</b>", "<b>tiles</b>", ["Prometheus không trả lời"], ["key"])


@asynccontextmanager
async def wall(server: WallServer) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serving(server.application(), WallSettings(port=0)) as address,
        httpx.AsyncClient(base_url=address, trust_env=False) as client,
    ):
        yield client


async def test_what_is_now_is_told_as_it_is_and_kept_by_nobody() -> None:
    async with wall(WallServer("Phú Thọ", now, lambda _: [], None, 45)) as client:
        answer = await client.get("/now")
    assert answer.json() == {
        "bar": "<b>bar</b>",
        "tiles": "<b>tiles</b>",
        "stopped": ["Prometheus không trả lời"],
        "calls": ["key"],
    }
    assert answer.headers["Cache-Control"] == "no-store"


async def test_the_page_runs_its_own_script_alone_and_frames_nothing_but_grafana() -> None:
    async with wall(WallServer("Phú Thọ", now, lambda _: [GRAFANA], None, 45)) as client:
        framed = await client.get("/")
    async with wall(WallServer("Phú Thọ", now, lambda _: [], None, 45)) as client:
        alone = await client.get("/")
        script = await client.get("/wall.js")
    policies = [page.headers["Content-Security-Policy"] for page in (framed, alone)]
    assert [policy.partition("frame-src ")[2] for policy in policies] == ["http://127.0.0.1:3000", "'none'"]
    assert all("default-src 'none'; script-src 'self'; style-src 'self'" in policy for policy in policies)
    assert "unsafe" not in "".join(policies)
    assert GRAFANA in framed.text
    assert "<script src=/wall.js defer></script>" in alone.text
    assert " style=" not in alone.text
    assert script.headers["Content-Type"].startswith("text/javascript")


async def test_a_token_is_asked_for_where_one_is_set() -> None:
    sign_in = SignIn("wall", SecretStr("t0ken"), secure=False)
    async with wall(WallServer("Phú Thọ", now, lambda _: [], sign_in, 45)) as client:
        form = await client.get("/")
        assert (form.status_code, 'action="/sign-in"' in form.text) == (401, True)
        assert (await client.get("/now")).status_code == 401
        assert (await client.get("/healthz")).status_code == 200
        entered = await client.post("/sign-in", data={"token": "t0ken", "target": "/"})
        assert entered.status_code == 303
        assert (await client.get("/now")).status_code == 200


async def test_many_browsers_at_once_are_one_question() -> None:
    asked: list[Language] = []

    def look(language: Language) -> Now:
        asked.append(language)
        return now(language)

    async with wall(WallServer("Phú Thọ", look, lambda _: [], None, 45)) as client:
        await asyncio.gather(*(client.get("/now") for _ in range(10)))
        await client.get("/now?lang=en")
    assert asked == ["vi", "en"]


async def test_without_a_token_only_this_machine_is_served() -> None:
    exposed = load_settings(wall={"host": "192.0.2.1"})
    with pytest.raises(SettingsError, match=r"IOC_WALL_TOKEN_FILE"):
        await serve_wall(exposed, "Phú Thọ", now, lambda _: [])
