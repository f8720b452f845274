"""What is no request is answered with a problem of RFC 9457, and a client's fault leaves no traceback in the log."""

import asyncio
import json
import logging
from http.client import parse_headers
from io import BytesIO

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from streams.settings.parts import ExporterSettings, WorkerMetricsSettings
from streams.web.html import form_of
from streams.web.server import serving
from streams.worker.http import serve

POST = b"POST /events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
FORM = b"POST /form HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: "
REFUSED = {
    "a header of 9 kB": (POST + b"X: " + b"a" * 9000 + b"\r\n\r\n", 431),
    "an address of 9 kB": (b"POST /events?" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
    "300 headers": (POST + b"".join(b"H%d: x\r\n" % number for number in range(300)) + b"\r\n", 400),
    "two content types": (POST + b"Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 0\r\n\r\n", 400),
    "two lengths": (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", 400),
    "a length that is no number": (POST + b"Content-Length: x\r\n\r\n", 400),
    "an encoding that is not read": (POST + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}", 415),
    "a packed body": (POST + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415),
    "chunks that are none": (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    "a NUL in a header": (POST + b"X: a\x00b\r\n\r\n", 400),
    "no name of a header": (POST + b"Bad Header: x\r\n\r\n", 400),
    "an address that is no text": (b"POST /\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "no HTTP": (b"GARBAGE\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00", 400),
    "an expectation": (POST + b"Expect: wonders\r\nContent-Length: 0\r\n\r\n", 417),
    "too much": (POST + b"Content-Length: 2000\r\n\r\n" + b"x" * 2000, 413),
    "another method": (b"GET /events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 405),
    "another path": (b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404),
    "a form without bounds": (FORM + b"multipart/form-data\r\nContent-Length: 2\r\n\r\nxx", 400),
    "a form of other bounds": (FORM + b"multipart/form-data; boundary=a\r\nContent-Length: 2\r\n\r\nxx", 400),
    "a form in no charset": (
        FORM + b"application/x-www-form-urlencoded; charset=no\r\nContent-Length: 3\r\n\r\na=b",
        400,
    ),
    "a form that is not UTF-8": (FORM + b"application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=\xff", 400),
}


async def exchanged(port: int, request: bytes, host: str = "127.0.0.1") -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(request)
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    return answer


def check_problem(answer: bytes, status: int) -> dict[str, object]:
    first, _, rest = answer.partition(b"\r\n")
    head, _, body = rest.partition(b"\r\n\r\n")
    assert int(first.split(b" ")[1]) == status, answer
    assert parse_headers(BytesIO(head + b"\r\n\r\n")).get_content_type() == "application/problem+json"
    problem: dict[str, object] = json.loads(body)
    assert problem["status"] == status
    assert problem["title"]
    assert problem["reason"]
    assert problem["detail"]
    return problem


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What whoever reads the log at its usual level is told."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO or record.exc_info]


def application() -> web.Application:
    async def read(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    async def form(request: web.Request) -> web.Response:
        return web.Response(text=str(await form_of(request)))

    async def fail(_: web.Request) -> web.Response:
        raise KeyError("a fault of ours")

    made = web.Application(client_max_size=1000)
    made.add_routes([web.post("/events", read), web.post("/form", form), web.get("/fail", fail)])
    return made


@pytest.mark.parametrize("name", REFUSED)
async def test_a_clients_fault_is_a_problem_and_not_logged(name: str, caplog: pytest.LogCaptureFixture) -> None:
    request, status = REFUSED[name]
    async with serving(application(), ExporterSettings(port=0)) as address:
        check_problem(await exchanged(_port(address), request), status)
    assert told(caplog) == []


async def test_a_fault_of_ours_is_a_problem_and_told_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(application(), ExporterSettings(port=0)) as address:
        answer = await exchanged(_port(address), b"GET /fail HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert "fault of ours" not in str(check_problem(answer, 500))
    assert told(caplog) == ["a request was not handled: GET /fail"]
    assert caplog.records[0].exc_info


OF_WORKERS = {
    "another path": (b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    "no token": (b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 401),
    "no HTTP": (b'GARBAGE / WITH \\ AND " HTTP/9.x\r\n\r\n', 400),
    "TLS": (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
    "an address of 70 kB": (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
    "a header of 70 kB": (b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431),
    "300 headers": (b"GET / HTTP/1.1\r\n" + b"".join(b"H%d: x\r\n" % n for n in range(300)) + b"\r\n", 431),
}


@pytest.mark.parametrize("name", OF_WORKERS)
async def test_a_worker_answers_the_same_way(
    name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    request, status = OF_WORKERS[name]
    with serve(WorkerMetricsSettings(port=0, token="a-t0ken-of-a-worker"), CollectorRegistry(), list, list) as address:
        check_problem(await exchanged(_port(address.removesuffix("/metrics")), request), status)
    assert told(caplog) == []
    assert capfd.readouterr().err == ""


async def test_a_client_that_hangs_up_leaves_no_traceback(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with serve(WorkerMetricsSettings(port=0), CollectorRegistry(), list, list) as address:
        port = _port(address.removesuffix("/metrics"))
        for _ in range(5):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /healthz HTTP/1.1\r\n")
            writer.transport.abort()
        assert b"200 OK" in await exchanged(port, b"GET /healthz HTTP/1.0\r\n\r\n")
    assert told(caplog) == []
    assert capfd.readouterr().err == ""


async def test_an_address_of_ipv6_stands_in_brackets() -> None:
    async with serving(application(), ExporterSettings(host="::1", port=0)) as address:
        assert address.startswith("http://[::1]:")
        check_problem(await exchanged(_port(address), REFUSED["no HTTP"][0], host="::1"), 400)
    with serve(WorkerMetricsSettings(host="::1", port=0), CollectorRegistry(), list, list) as address:
        assert address.startswith("http://[::1]:")
        port = _port(address.removesuffix("/metrics"))
        assert b"200 OK" in await exchanged(port, b"GET /healthz HTTP/1.0\r\n\r\n", host="::1")


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])
