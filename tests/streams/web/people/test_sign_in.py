"""Signing in with account and password, the sessions that come of it, and what of it the trail tells."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from streams.web.people.throttle import WINDOW, Throttle
from tests.streams.relay.receivers import Clock
from tests.streams.web.people.house import PASSWORD, TOKEN

Open = Callable[..., Any]


async def test_who_signs_in_comes_to_the_page_that_was_asked_for(open_house: Open) -> None:
    async with open_house() as house:
        asked = await house.browser.get("/viewer")
        assert (asked.status_code, 'name=target value="/viewer"' in asked.text) == (401, True)
        answer = await house.sign_in("viewer", target="/viewer")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/viewer")
        assert (await house.browser.get("/viewer")).text == "Nguyễn viewer"


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example", "", "/a\nb", "x"])
async def test_no_sign_in_leads_to_another_server(open_house: Open, target: str) -> None:
    async with open_house() as house:
        assert (await house.sign_in("viewer", target=target)).headers["Location"] == "/"


@pytest.mark.parametrize(("account", "password"), [("viewer", "guess"), ("nobody", PASSWORD), ("", "")])
async def test_a_wrong_password_opens_nothing_and_is_told(open_house: Open, account: str, password: str) -> None:
    async with open_house() as house:
        answer = await house.sign_in(account, password)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (401, False)
        assert (await house.browser.get("/viewer")).status_code == 401
        [line] = house.trail()
    assert (line["act"], line["account"], line["address"]) == ("sign_in_refused", account, "127.0.0.1")
    assert password == "" or password not in str(line)


async def test_guessing_is_throttled_for_the_guesser_and_not_for_a_colleague(open_house: Open, clock: Clock) -> None:
    async with open_house(behind_proxy=True) as house:
        there, here = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "10.0.0.1, 198.51.100.1"}
        for _ in range(5):
            assert (await house.sign_in("viewer", "guess", **there)).status_code == 401
        answer = await house.sign_in("viewer", **there)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, f"{int(WINDOW) + 1}")
        assert (await house.sign_in("viewer", **here)).status_code == 303
        clock.time += WINDOW
        assert (await house.sign_in("viewer", **there)).status_code == 303
        acts = [(line["act"], line["address"]) for line in house.trail()]
    guesser, colleague = "203.0.113.7 via 127.0.0.1", "198.51.100.1 via 127.0.0.1"
    refused, throttled = ("sign_in_refused", guesser), ("sign_in_throttled", guesser)
    assert acts == [*[refused] * 5, throttled, ("signed_in", colleague), ("signed_in", guesser)]


async def test_without_a_proxy_of_ours_nobody_says_themselves_where_they_are(open_house: Open) -> None:
    async with open_house() as house:
        for number in range(5):
            await house.sign_in("viewer", "guess", **{"X-Forwarded-For": f"203.0.113.{number}"})
        assert (await house.sign_in("viewer", **{"X-Forwarded-For": "203.0.113.9"})).status_code == 429
        assert {line["address"] for line in house.trail()} == {"127.0.0.1"}


def test_a_whole_office_behind_one_address_gets_in_and_its_guesses_end(clock: Clock) -> None:
    throttle = Throttle(clock)
    for number in range(200):
        throttle.failed(f"{number}", "203.0.113.7")
        throttle.succeeded(f"{number}", "203.0.113.7")
    assert throttle.wait("another", "203.0.113.7") == 0
    for number in range(20):
        throttle.failed(f"{number}", "203.0.113.7")
    assert throttle.wait("another", "203.0.113.7") == WINDOW
    assert throttle.wait("another", "203.0.113.8") == 0


def test_who_has_many_addresses_of_ipv6_is_one_guesser(clock: Clock) -> None:
    throttle = Throttle(clock)
    for number in range(5):
        throttle.failed("lan", f"2001:db8::{number}")
    assert throttle.wait("lan", "2001:db8::ffff") == WINDOW


async def test_a_session_ends_unused_and_in_any_case(open_house: Open, clock: Clock) -> None:
    async with open_house(idle=100, longest=1000) as house:
        await house.sign_in("viewer")
        clock.time += 99
        assert (await house.browser.get("/viewer")).status_code == 200
        clock.time += 100
        assert (await house.browser.get("/viewer")).status_code == 401
        await house.sign_in("viewer")
        for _ in range(10):
            assert (await house.browser.get("/viewer")).status_code == 200
            clock.time += 99
        clock.time += 10
        assert (await house.browser.get("/viewer")).status_code == 401


async def test_a_page_that_loads_itself_again_keeps_no_session_alive(open_house: Open, clock: Clock) -> None:
    async with open_house(idle=100) as house:
        await house.sign_in("viewer")
        by_itself = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}
        clock.time += 60
        assert (await house.browser.get("/viewer", headers=by_itself)).status_code == 200
        clock.time += 60
        assert (await house.browser.get("/viewer", headers=by_itself)).status_code == 401


async def test_who_leaves_is_out_also_with_the_same_cookie(open_house: Open) -> None:
    async with open_house() as house:
        await house.sign_in("viewer")
        kept = dict(house.browser.cookies)
        assert (await house.browser.post("/sign-out", headers=house.own)).status_code == 303
        async with httpx.AsyncClient(base_url=house.url, cookies=kept, trust_env=False) as thief:
            assert (await thief.get("/viewer")).status_code == 401
        assert [line["act"] for line in house.trail()] == ["signed_in", "signed_out"]


async def test_an_administrator_ends_the_session_of_another_and_others_do_not(open_house: Open) -> None:
    async with open_house() as house:
        await house.sign_in("operator")
        [session] = house.door.sessions.open()
        end = f"/sessions/{session.id}/end"
        async with httpx.AsyncClient(base_url=house.url, trust_env=False) as other:
            for role, status in (("viewer", 404), ("administrator", 303)):
                headers = {"Authorization": f"Bearer {TOKEN}-{role}"}
                assert (await other.post(end, headers=headers)).status_code == status
        assert (await house.browser.get("/viewer")).status_code == 401
        line = house.trail()[-1]
    assert (line["act"], line["account"], line["before"]["account"]) == ("session_ended", "administrator", "operator")


async def test_who_is_removed_from_the_file_is_out_at_once(open_house: Open) -> None:
    async with open_house() as house:
        await house.sign_in("viewer")
        assert (await house.browser.get("/viewer")).status_code == 200
        text = house.accounts.read_text()
        house.accounts.write_text(text.replace("  viewer:", "  another:"))
        assert (await house.browser.get("/viewer")).status_code == 401
        house.accounts.write_text("accounts: [")
        headers = {"Authorization": f"Bearer {TOKEN}-operator"}
        assert (await house.browser.get("/viewer", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Authorization": "Basic YTpi"},
    ],
)
async def test_no_other_site_changes_anything_with_somebodys_cookie(open_house: Open, said: dict[str, str]) -> None:
    async with open_house() as house:
        await house.sign_in("administrator")
        for path in ("/administrator", "/sign-out", "/sessions/x/end"):
            answer = await house.browser.post(path, headers=said)
            assert (answer.status_code, answer.json()["reason"]) == (403, "strange_origin")
        form = {"account": "viewer", "password": PASSWORD}
        assert (await house.browser.post("/sign-in", data=form, headers=said)).status_code == 403
        assert (await house.browser.post("/administrator", headers=house.own)).status_code == 200
        assert (await house.browser.post("/administrator", headers={"Origin": house.url})).status_code == 200


async def test_behind_https_cookies_are_secure_and_hold_for_their_path_only(open_house: Open) -> None:
    async with open_house("/cases", "https://ioc.example.vn") as house:
        answer = await house.sign_in("viewer", Origin="https://ioc.example.vn")
        cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Secure-ioc_house_session=")
    assert {"HttpOnly", "Path=/cases", "SameSite=Lax", "Secure"} <= {part.strip() for part in cookie.split(";")}
    async with open_house("", "https://ioc.example.vn") as house:
        answer = await house.sign_in("viewer", Origin="https://ioc.example.vn")
        assert answer.headers["Set-Cookie"].startswith("__Host-ioc_house_session=")


async def test_no_secret_is_in_the_trail_nor_on_standard_output(
    open_house: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    async with open_house() as house:
        answer = await house.sign_in("viewer")
        await house.sign_in("viewer", "an0ther-guess")
        cookie = answer.cookies["ioc_house_session"]
        told = capsys.readouterr().out
        assert told.count('{"trail":') == len(house.trail()) == 2
        for secret in (PASSWORD, "an0ther-guess", cookie):
            assert secret not in told + str(house.trail())


async def test_the_trail_is_for_administrators(open_house: Open) -> None:
    async with open_house() as house:
        await house.sign_in("operator")
        assert (await house.browser.get("/trail")).status_code == 403
        await house.sign_in("administrator")
        assert "signed_in" in (await house.browser.get("/trail")).text
        lines = (await house.browser.get("/trail?format=json")).json()
        assert [(line["act"], line["account"]) for line in lines] == [
            ("signed_in", "administrator"),
            ("signed_in", "operator"),
        ]
