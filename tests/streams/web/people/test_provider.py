"""OpenID Connect against a provider of its own process space: oidc-provider-mock.

It is a mock in two things: it asks nobody for a password, and does not check PKCE; that we send an S256 challenge is
seen in what it is asked. Discovery, codes and signed tokens are Authlib's server side.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from oidc_provider_mock import User, run_server_in_thread

from streams.web.people.provider import Provider, ProviderError
from tests.streams.relay.receivers import Clock
from tests.streams.web.people.house import House

Open = Callable[..., Any]
LAN = User(sub="lan@phutho", claims={"name": "Nguyễn Lan", "groups": ["other", "ioc-viewer", "ioc-operator"]})
STRANGER = User(sub="minh@phutho", claims={"name": "Minh", "groups": ["ioc-emperor"]})


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with run_server_in_thread(user_claims=[LAN, STRANGER], require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def provided(issuer: str, tmp_path: Path) -> dict[str, Any]:
    """The settings of people who come from the provider."""
    secret = tmp_path / "client-secret"
    secret.write_text("the client's secret\n")
    return {"issuer": issuer, "client_id": "ioc-monitor", "client_secret_file": secret}


async def at_provider(house: House, subject: str) -> httpx.Response:
    """Go to the provider as a browser does, say who one is, and come back."""
    begun = await house.browser.get("/sign-in/provider")
    assert begun.status_code == 303
    asked = parse_qs(urlsplit(begun.headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    async with httpx.AsyncClient(trust_env=False) as elsewhere:
        answer = await elsewhere.post(begun.headers["Location"], data={"sub": subject})
    return await house.browser.get(answer.headers["Location"])


async def test_who_the_provider_knows_comes_in_with_the_role_that_it_names(
    open_house: Open, clock: Clock, provided: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    clock.time = time.time()
    async with open_house(**provided) as house:
        assert "/sign-in/provider" in (await house.browser.get("/operator")).text
        answer = await at_provider(house, LAN.sub)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/operator")
        assert (await house.browser.get("/operator")).text == "Nguyễn Lan"
        assert (await house.browser.get("/administrator")).status_code == 403
        [line] = house.trail()
    assert (line["act"], line["account"], line["name"]) == ("signed_in", "oidc:lan@phutho", "Nguyễn Lan")
    assert line["after"] == {"role": "operator", "by": "provider"}


async def test_who_has_no_role_here_stays_out_and_is_told(
    open_house: Open, clock: Clock, provided: dict[str, Any]
) -> None:
    import time

    clock.time = time.time()
    async with open_house(**provided) as house:
        answer = await at_provider(house, STRANGER.sub)
        assert (answer.status_code, house.door.sessions.open()) == (403, [])
        [line] = house.trail()
    assert line["act"] == "sign_in_refused"
    assert "groups names no ioc-..." in line["after"]["reason"]


async def test_a_way_back_that_this_browser_did_not_begin_leads_nowhere(
    open_house: Open, provided: dict[str, Any]
) -> None:
    async with open_house(**provided) as house:
        begun = await house.browser.get("/sign-in/provider")
        async with httpx.AsyncClient(trust_env=False) as elsewhere:
            answer = await elsewhere.post(begun.headers["Location"], data={"sub": LAN.sub})
        async with httpx.AsyncClient(trust_env=False) as victim:
            assert (await victim.get(answer.headers["Location"])).status_code == 403
        # The state is used up, also for who began it.
        assert (await house.browser.get(answer.headers["Location"])).status_code == 403
        assert house.door.sessions.open() == []


KEY = ECKey.generate_key("P-256", {"kid": "one"})
NOW = 1_753_304_400
CLAIMS = {
    "iss": "https://id.phutho.gov.vn",
    "aud": "ioc-monitor",
    "sub": "lan",
    "exp": NOW + 300,
    "nonce": "nonce",
    "groups": "ioc-viewer",
}


def provider(**more: str) -> Provider:
    return Provider(
        "https://id.phutho.gov.vn",
        "ioc-monitor",
        "secret",
        callback="https://relay/sign-in/return",
        now=lambda: NOW,
        **{"role_claim": "groups", **more},
    )


def claimed(claims: dict[str, Any], key: ECKey = KEY, algorithm: str = "ES256") -> str:
    token = jwt.encode({"alg": algorithm, "kid": "one"}, claims, key)
    keys = KeySet([KEY]).as_dict()
    return str(provider()._claims(token, keys, "nonce")["sub"])


def test_a_sound_token_is_believed() -> None:
    assert claimed(CLAIMS) == "lan"
    assert claimed({**CLAIMS, "aud": ["ioc-monitor", "other"], "azp": "ioc-monitor"}) == "lan"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"aud": "other"},
        {"exp": NOW - 61},
        {"exp": None},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"azp": "other"},
    ],
    ids=lambda changed: "-".join(f"{name}_{value}" for name, value in changed.items()).replace("/", ""),
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(changed: dict[str, Any]) -> None:
    claims = {name: value for name, value in {**CLAIMS, **changed}.items() if value is not None}
    with pytest.raises(Exception, match=r".") as refusal:
        claimed(claims)
    assert type(refusal.value).__module__.startswith("joserfc") or isinstance(refusal.value, ValueError)


def test_a_token_signed_by_another_or_by_nobody_is_refused() -> None:
    with pytest.raises(Exception, match="bad_signature"):
        claimed(CLAIMS, ECKey.generate_key("P-256", {"kid": "one"}))
    header, body, _ = jwt.encode({"alg": "ES256"}, CLAIMS, KEY).split(".")
    unsigned = f"eyJhbGciOiJub25lIn0.{body}."
    with pytest.raises(Exception, match=r"(?i)alg"):
        provider()._claims(unsigned, KeySet([KEY]).as_dict(), "nonce")
    assert header


def test_the_role_may_stand_within_another_claim() -> None:
    person = provider(role_claim="realm_access.roles")._person(
        {**CLAIMS, "realm_access": {"roles": ["ioc-administrator"]}, "name": "Lan"}
    )
    assert (person.account, person.name, str(person.role)) == ("oidc:lan", "Lan", "administrator")
    with pytest.raises(ProviderError, match=re.escape("realm_access.roles names no ioc-...")):
        provider(role_claim="realm_access.roles")._person({**CLAIMS, "realm_access": ["ioc-administrator"]})


async def test_a_provider_that_is_not_there_keeps_nobody_waiting(open_house: Open, provided: dict[str, Any]) -> None:
    async with open_house(**{**provided, "issuer": "http://127.0.0.1:9"}) as house:
        answer = await house.browser.get("/sign-in/provider")
        assert (answer.status_code, "cannot be asked" in answer.json()["detail"]) == (502, True)
        assert (await house.sign_in("viewer")).status_code == 303
