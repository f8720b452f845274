"""What the relay asks of Prometheus: it waits for seconds, and never fails for want of an answer."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from dashboards.prometheus_api import Prometheus
from ioc.catalogue import Catalogue
from ioc.cli import alert_figures
from ioc.cli.alert_figures import PrometheusFigures
from ioc.notices.figures import AlertFigure
from tests.ioc.notices.samples import alert, platform

KPI = alert()


@asynccontextmanager
async def answering(answer: bytes, status: int = 200) -> AsyncIterator[tuple[str, list[str]]]:
    """A server that gives every query the same answer; its address, and what was asked."""
    asked: list[str] = []

    async def take(request: web.Request) -> web.Response:
        asked.extend(parse_qs(await request.text())["query"])
        return web.Response(body=answer, status=status, content_type="application/json")

    application = web.Application()
    application.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", asked
    finally:
        await runner.cleanup()


def vector(*samples: tuple[dict[str, str], str]) -> bytes:
    result = [{"metric": labels, "value": [1, value]} for labels, value in samples]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()


async def test_the_figures_of_alerts_come_by_their_keys_and_others_have_none(catalogue: Catalogue) -> None:
    one, other = vector(({}, "0.5")), platform("IocWorkerDown")
    unknown, severe = alert("IocGone", kpi="gone"), alert("IocOdd", severity="fatal")
    async with answering(one) as (url, asked):
        with Prometheus(url) as client:
            found = await PrometheusFigures(catalogue, client).of([KPI, other, unknown, severe])
    assert found.keys() == {KPI.key}
    assert found[KPI.key].whole == AlertFigure(0.5, 0.5, 0.5)
    whole = 'ioc_public_services_overdue_share_ratio{window="total",level="",unit="",field=""}'
    assert [query for query in asked if whole in query]


async def test_an_apostrophe_or_a_quote_in_an_id_empties_no_figures(catalogue: Catalogue) -> None:
    for odd in ("d'Arc", 'say "x"', "back\\slash", "{{ x }}", "two\nlines"):
        labels = dict.fromkeys(("unit", "field", "level"), odd)
        async with answering(vector((labels, "0.5"))) as (url, _):
            with Prometheus(url) as client:
                found = await PrometheusFigures(catalogue, client).of([KPI])
        assert {code for each in found[KPI.key].breakdowns for code in each.worst[0].codes} == {odd}


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf"])
async def test_a_value_that_is_no_number_is_no_figure(catalogue: Catalogue, value: str) -> None:
    async with answering(vector(({}, value))) as (url, _):
        with Prometheus(url) as client:
            found = await PrometheusFigures(catalogue, client).of([KPI])
    assert found[KPI.key].whole is None


@pytest.mark.parametrize(
    ("answer", "status"),
    [(b"", 200), (b"<html>", 502), (b'{"status": "error", "errorType": "timeout"}', 503), (b"[]", 200), (b"{}", 200)],
)
async def test_an_answer_that_is_none_of_prometheus_leaves_the_alert_without_figures(
    catalogue: Catalogue, answer: bytes, status: int
) -> None:
    async with answering(answer, status) as (url, asked):
        with Prometheus(url) as client:
            assert await PrometheusFigures(catalogue, client).of([KPI, KPI]) == {}
    assert len(asked) == 1


async def test_a_prometheus_that_never_answers_is_waited_for_once_and_for_seconds(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_figures, "PATIENCE", 0.2)
    mute = socket.create_server(("127.0.0.1", 0))
    with mute, Prometheus(f"http://127.0.0.1:{mute.getsockname()[1]}", timeout=0.1) as client:
        async with asyncio.timeout(10):
            assert await PrometheusFigures(catalogue, client).of([KPI] * 100) == {}


async def test_a_slow_prometheus_gives_the_figures_of_those_alerts_that_there_was_time_for(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_figures, "PATIENCE", 0.0)
    many = [alert(starts_at=1e9 + number) for number in range(50)]
    async with answering(vector(({}, "0.5"))) as (url, _):
        with Prometheus(url) as client:
            found = await PrometheusFigures(catalogue, client).of(many)
    assert len(found) < len(many)
