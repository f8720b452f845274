"""A real gateway on a secure Kafka: what one client sends or leaves open is nothing that another one feels."""

import gzip
import json
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from streams.gateway.senders import hash_of
from streams.web.connections import MOST
from tests.secure.installation import Installation

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]

TOKEN = "ioc_feed-of-a-test"
MOST_RSS, MOST_STOPPED = 256 * 2**20, 0.5
"""Bytes of memory; seconds in which the gateway may answer nobody."""
EVENT = b'{"specversion":"1.0","id":"%d","source":"/test","type":"vn.phutho.statistics.report.scheduled.v1",'
EVENT += b'"time":"2025-07-24T04:00:00+07:00","data":{"report":"g%d","form":"payroll","unit":"so_noi_vu",'
EVENT += b'"period":"2025-07","due_at":"2025-08-01T00:00:00+07:00"}}'
"""Of an entity: no figure that other tests of this installation look at comes from it."""
LARGEST = 8 * 2**20 - 100

GIANT = {
    "a small bomb of elements": gzip.compress(b"[" + b"0," * 400_000 + b"0]"),
    "a large bomb of elements": gzip.compress(b"[" + b"0," * (LARGEST // 2) + b"0]"),
    "objects": gzip.compress(b"[" + b"{}," * (LARGEST // 3) + b"{}]"),
    "events at fault": gzip.compress(b"[" + b",".join([b'{"type":"x"}'] * 9_000) + b"]"),
    "too much": gzip.compress(b"[" + b" " * (200 * 2**20) + b"]"),
    "nested arrays": gzip.compress(b"[" * LARGEST),
    "nested objects": gzip.compress(b'{"a":' * (LARGEST // 5)),
    "one event of 8 MB": gzip.compress(b'[{"data":[' + b"0," * (LARGEST // 2 - 10) + b"0]}]"),
    "quotes": gzip.compress(b"[" + b'"",' * (LARGEST // 3) + b'""]'),
    "backslashes": gzip.compress(b'["' + b"\\" * (LARGEST - 10) + b'"]'),
    "ten thousand events": gzip.compress(b"[" + b",".join(EVENT % (n, n) for n in range(10_000)) + b"]"),
}


@pytest.fixture(scope="module")
def gateway(installed: Installation) -> Iterator["Gateway"]:
    senders = {
        name: {
            "tokens_sha256": [hash_of(f"{TOKEN}-{name}")],
            "feeds": ["statistics.reporting"],
            "sources": [source],
            "events_per_second": 1_000_000,
        }
        for name, source in (("one", "/test"), ("other", "/other"))
    }
    file = installed.folder / "senders-of-gateway.yaml"
    file.write_text(json.dumps({"senders": senders}))
    variables = {"IOC_GATEWAY_SENDERS": str(file), "IOC_HASH_KEY_FILE": str(installed.token("hashes"))}
    child = installed.start("bearing", "gateway", **installed.as_user("gateway") | installed.web("gateway") | variables)
    made = Gateway(installed, child.pid)
    made.wait()
    yield made
    child.stop()


class Gateway:
    """The process, as its clients and its machine see it."""

    def __init__(self, installed: Installation, pid: int) -> None:
        self.port = installed.ports["gateway"]
        self.log = installed.children.logs / "bearing.log"
        self._process = Path(f"/proc/{pid}")
        self.trusting = ssl.create_default_context(cafile=installed.authority.cert_file)
        self.client = httpx.Client(
            base_url=f"https://127.0.0.1:{self.port}", verify=self.trusting, trust_env=False, timeout=60
        )

    def wait(self) -> None:
        end = time.monotonic() + 120
        while True:
            try:
                if self.client.get("/readyz").status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.2)

    def send(self, body: bytes, sender: str = "one", **headers: str) -> httpx.Response:
        given = {"Authorization": f"Bearer {TOKEN}-{sender}", "Content-Type": "application/cloudevents-batch+json"}
        return self.client.post("/events", content=body, headers=given | headers)

    def most_memory(self) -> int:
        """The largest resident set that it ever had, in bytes."""
        text = next(line for line in (self._process / "status").read_text().splitlines() if line.startswith("VmHWM:"))
        return int(text.split()[1]) * 1024

    def files(self) -> int:
        """How many files and connections it has open."""
        return len(list((self._process / "fd").iterdir()))

    def _worked(self) -> float:
        """Seconds of processor time that it had."""
        fields = (self._process / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @contextmanager
    def watched(self) -> Iterator[list[float]]:
        """How long it worked before it answered, each time that its health was asked meanwhile: seconds of its
        processor time, so that nothing else that runs on this machine counts."""
        took: list[float] = []
        ended = threading.Event()

        def look() -> None:
            with httpx.Client(base_url=self.client.base_url, verify=self.trusting, trust_env=False) as client:
                while not ended.is_set():
                    started = self._worked()
                    client.get("/healthz", timeout=60)
                    took.append(self._worked() - started)
                    time.sleep(0.01)

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield took
        finally:
            ended.set()
            thread.join()


def test_nested_and_giant_batches_take_no_memory_and_stop_nobody(gateway: Gateway) -> None:
    with gateway.watched() as took:
        for what, body in GIANT.items():
            answer = gateway.send(body, **{"Content-Encoding": "gzip"})
            expected = {202} if what == "ten thousand events" else {400, 413}
            assert answer.status_code in expected, (what, answer.text)
    assert max(took) < MOST_STOPPED
    assert gateway.most_memory() < MOST_RSS


def test_three_hundred_half_open_connections_keep_nobody_out_and_write_no_log(gateway: Gateway) -> None:
    before = gateway.log.stat().st_size
    heads = (b"", b"POST /events HT", b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
    with ExitStack() as stack, gateway.watched() as took:
        for number in range(300):
            opened = stack.enter_context(socket.create_connection(("127.0.0.1", gateway.port)))
            secured = stack.enter_context(gateway.trusting.wrap_socket(opened, server_hostname="127.0.0.1"))
            secured.sendall(heads[number % 3])
        fresh = httpx.post(
            f"https://127.0.0.1:{gateway.port}/events",
            content=EVENT % (20_000, 20_000),
            headers={"Authorization": f"Bearer {TOKEN}-one", "Content-Type": "application/cloudevents+json"},
            verify=gateway.trusting,
            trust_env=False,
        )
    assert fresh.status_code == httpx.codes.ACCEPTED
    assert max(took) < MOST_STOPPED
    assert gateway.log.stat().st_size - before < 10_000


def test_five_hundred_handshakes_that_never_end_keep_nobody_out_and_hold_few_files(gateway: Gateway) -> None:
    before = gateway.files()
    with ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(socket.create_connection(("127.0.0.1", gateway.port)))
        fresh = httpx.get(f"https://127.0.0.1:{gateway.port}/healthz", verify=gateway.trusting, trust_env=False)
        assert fresh.status_code == httpx.codes.OK
        assert gateway.files() - before <= MOST + 1
    assert gateway.most_memory() < MOST_RSS


def test_a_sender_that_is_slow_keeps_no_other_from_sending(gateway: Gateway) -> None:
    head = (
        b"POST /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s-one\r\n"
        b"Content-Type: application/cloudevents+json\r\nContent-Length: 1000000\r\n\r\n" % TOKEN.encode()
    )
    event = json.loads(EVENT % (30_000, 30_000)) | {"source": "/other", "time": datetime.now(UTC).isoformat()}
    with ExitStack() as stack:
        for _ in range(40):
            opened = stack.enter_context(socket.create_connection(("127.0.0.1", gateway.port)))
            secured = stack.enter_context(gateway.trusting.wrap_socket(opened, server_hostname="127.0.0.1"))
            secured.sendall(head + b" " * 900_000)
        time.sleep(1)
        own = gateway.send(b"[" + EVENT % (31_000, 31_000) + b"]" + b" " * 2_000_000)
        other = gateway.send(json.dumps([event]).encode(), "other")
    assert (own.status_code, own.json()["reason"]) == (503, "full")
    assert other.status_code == httpx.codes.ACCEPTED


def test_an_event_from_anothers_source_is_refused(gateway: Gateway) -> None:
    answer = gateway.send(b"[" + EVENT % (1, 1) + b"]", "other")
    assert (answer.status_code, answer.json()["reason"], answer.json()["field"]) == (403, "not_yours", "source")
