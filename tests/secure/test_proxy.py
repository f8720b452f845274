"""The reverse proxy itself, a real nginx with the configuration of docker compose: what passes, and for which names."""

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import pytest_asyncio
from aiohttp import web

from streams.settings.secrets.certificates import Authority
from streams.stack.ports import free_ports

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("nginx") is None, reason="there is no nginx: apt-get install nginx-light"),
]

NGINX = Path(__file__).parents[2] / "deploy" / "nginx"
FORGED = {
    "Forwarded": "for=1.2.3.4",
    "X-Forwarded-For": "1.2.3.4",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-User": "admin",
    "X-Real-IP": "1.2.3.4",
    "X-WEBAUTH-USER": "admin",
    "X-Remote-User": "admin",
}
SITES = {"ioc": "/cases", "relay": "/", "gateway": "/", "nation": "/federate"}
"""The names, with a path that passes; `nation` is there with deploy/federation.yml."""


class Site(NamedTuple):
    """A running proxy."""

    tls: int
    """Its port for HTTPS."""
    plain: int
    authority: Authority

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.authority.cert_file)

    async def get(
        self, name: str, path: str = "/", *, tls: ssl.SSLContext | None = None, **headers: str
    ) -> httpx.Response:
        """Ask for a host by its name, as a browser does in TLS and in the request."""
        async with httpx.AsyncClient(verify=tls or self.trusting(), trust_env=False) as client:
            asked = {"Host": name, **headers}
            url = f"https://127.0.0.1:{self.tls}{path}"
            return await client.get(url, headers=asked, extensions={"sni_hostname": name})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """nginx in front of a server that says which headers reached it."""
    tmp_path = tmp_path_factory.mktemp("nginx")
    upstream, tls, plain, health = free_ports(4)
    authority = Authority(tmp_path / "authority")
    hosts = [f"{name}.example.vn" for name in SITES]
    cert = authority.issue("site", hosts, until=datetime.now(UTC) + timedelta(days=1))
    text = "".join((NGINX / f"{name}.conf.template").read_text() for name in ("site", "federation"))
    replaced = {
        "${IOC_SITE}": "example.vn",
        "/etc/nginx/ioc/": f"{NGINX}/",
        "/run/secrets/site_cert": str(cert.cert),
        "/run/secrets/site_key": str(cert.key),
        "listen 8443": f"listen 127.0.0.1:{tls}",
        "listen 8080": f"listen 127.0.0.1:{plain}",
        "127.0.0.1:8081": f"127.0.0.1:{health}",
        **{f"${name}:{port}": f"127.0.0.1:{upstream}" for name, port in PARTS.items()},
    }
    for old, new in replaced.items():
        assert old in text, old
        text = text.replace(old, new)
    written = " ".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in KINDS)
    main = f"daemon off; pid {tmp_path}/pid; events {{}} http {{ {written} {text} }}"
    (tmp_path / "nginx.conf").write_text(main)
    runner = web.AppRunner(_echo(), shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", upstream).start()
    nginx = await asyncio.create_subprocess_exec(
        "nginx", "-p", tmp_path, "-e", tmp_path / "error.log", "-c", tmp_path / "nginx.conf"
    )
    try:
        await _answers(health)
        yield Site(tls, plain, authority)
    finally:
        nginx.terminate()
        await nginx.wait()
        await runner.cleanup()


PARTS = {"wall": 3000, "cases": 9096, "relay": 9095, "gateway": 9466, "prometheus": 9090}
KINDS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def _echo() -> web.Application:
    async def echo(request: web.Request) -> web.Response:
        return web.json_response({name.lower(): value for name, value in request.headers.items()})

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", echo)
    return application


async def _answers(port: int) -> None:
    async with asyncio.timeout(30), httpx.AsyncClient(trust_env=False) as client:
        while True:
            with suppress(httpx.TransportError):
                await client.get(f"http://127.0.0.1:{port}/healthz")
                return
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("name", SITES)
async def test_what_a_client_says_of_who_it_is_never_passes(site: Site, name: str) -> None:
    answer = await site.get(f"{name}.example.vn", SITES[name], **FORGED)
    reached = answer.json()
    assert "1.2.3.4" not in str(reached)
    assert "admin" not in str(reached)
    assert "evil" not in str(reached)
    assert (reached["x-forwarded-for"], reached["x-forwarded-proto"]) == ("127.0.0.1", "https")
    assert reached["host"] == f"{name}.example.vn"
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_nation_reaches_one_path_of_prometheus_with_its_password_and_nothing_else(site: Site) -> None:
    login = {"Authorization": "Basic bmF0aW9uOnMzY3JldA=="}
    answer = await site.get("nation.example.vn", "/federate?match[]=up", **login)
    assert answer.json()["authorization"] == login["Authorization"]
    for path in ("/", "/metrics", "/federate/", "/federate/../api/v1/query?query=up", "/api/v1/query?query=up"):
        assert (await site.get("nation.example.vn", path, **login)).status_code == 404


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1", "example.vn", "relay.evil.example"])
async def test_an_unknown_host_gets_no_answer(site: Site, name: str) -> None:
    with pytest.raises(httpx.TransportError):
        await site.get(name)
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(f"http://127.0.0.1:{site.plain}/", headers={"Host": name})
        known = await client.get(f"http://127.0.0.1:{site.plain}/x", headers={"Host": "relay.example.vn"})
    assert known.headers["Location"] == "https://relay.example.vn/x"


async def test_only_ciphers_that_forget_their_keys_are_spoken(site: Site) -> None:
    old = site.trusting()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    old.set_ciphers("AES256-GCM-SHA384:AES128-SHA")
    with pytest.raises(httpx.ConnectError):
        await site.get("relay.example.vn", tls=old)
    old.set_ciphers("ECDHE+AESGCM")
    assert (await site.get("relay.example.vn", tls=old)).status_code == 200


async def test_the_proxy_leads_to_no_machines_page(site: Site) -> None:
    assert (await site.get("gateway.example.vn", "/metrics")).status_code == 404
    assert ":9097" not in (NGINX / "site.conf.template").read_text()


async def test_guessing_at_a_sign_in_is_slowed_down_already_here(site: Site) -> None:
    answers = [(await site.get("relay.example.vn", "/sign-in")).status_code for _ in range(30)]
    assert answers[:20] == [200] * 20
    assert 503 in answers
