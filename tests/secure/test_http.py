"""Every web server by HTTPS and with its token: Prometheus, Alertmanager and feeds get in, and nobody else."""

import json
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import pytest

from dashboards.alertmanager_config import alertmanager_config
from dashboards.prometheus_api import Prometheus
from dashboards.prometheus_config import Access, Static, prometheus_config
from dashboards.rules.names import EXPORTER_JOB, GATEWAY_JOB, RELAY_JOB, WORKER_JOB
from ioc.catalogue import load
from streams.gateway.senders import hash_of
from streams.stack import Stack
from tests.secure.installation import PARTS, Installation, settlement
from tests.secure.page import Page

pytestmark = [pytest.mark.kafka, pytest.mark.prometheus, pytest.mark.timeout(900)]

SENDER_TOKEN = "ioc_feed-of-a-test"
JOBS = {"exporter": EXPORTER_JOB, "worker": WORKER_JOB, "gateway": GATEWAY_JOB, "relay": RELAY_JOB}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("monitoring")) as stack:
        yield stack


@pytest.fixture(scope="module")
def alertmanager(installed: Installation, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An Alertmanager that tells the relay by HTTPS."""
    file = tmp_path_factory.mktemp("alertmanager") / "alertmanager.yml"
    text = alertmanager_config(
        load(),
        address_of(installed, "relay"),
        token_file=str(installed.token("relay")),
        ca_file=str(installed.authority.cert_file),
    )
    file.write_text(text)
    return stack.start_alertmanager(file).url


@pytest.fixture(scope="module")
def served(installed: Installation, running: Page, alertmanager: str) -> Installation:
    """Worker, exporter, gateway and relay, once each shows its metrics by HTTPS to who has its token."""
    folder = installed.folder
    senders = {
        "offices": {"tokens_sha256": [hash_of(SENDER_TOKEN)], "feeds": ["statistics.reporting"], "sources": ["/test"]}
    }
    (folder / "senders.yaml").write_text(json.dumps({"senders": senders}))
    contact = {"name": "Duty", "channels": [{"type": "file", "path": str(folder / "messages.txt")}]}
    contacts = {"contacts": {"duty": contact}, "chains": [{"contacts": ["duty"]}], "digest": ["duty"]}
    (folder / "contacts.yaml").write_text(json.dumps(contacts))
    gateway = {
        "IOC_GATEWAY_SENDERS": str(folder / "senders.yaml"),
        "IOC_HASH_KEY_FILE": str(installed.token("hashes")),
    }
    relay = {
        "IOC_RELAY_CONTACTS": str(folder / "contacts.yaml"),
        "IOC_RELAY_DATABASE": str(folder / "relay.sqlite"),
        "IOC_ALERTMANAGER_URL": alertmanager,
    }
    installed.start("gateway", "gateway", **installed.as_user("gateway") | installed.web("gateway") | gateway)
    installed.start("relay", "relay", **installed.web("relay") | relay)
    for part in PARTS:
        wait_until(partial(_answers, installed, part))
    return installed


def address_of(installed: Installation, part: str) -> str:
    return f"https://127.0.0.1:{installed.ports[part]}"


def trusting(installed: Installation) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=installed.authority.cert_file)


def get(installed: Installation, part: str, path: str, token: str | None = None) -> httpx.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    address = address_of(installed, part) + path
    return httpx.get(address, headers=headers, verify=trusting(installed), trust_env=False)


def _answers(installed: Installation, part: str) -> bool:
    return get(installed, part, "/metrics", token_of(installed, part)).status_code == httpx.codes.OK


def token_of(installed: Installation, part: str) -> str:
    return installed.token(part).read_text().strip()


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 240
    while True:
        try:
            if holds():
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < end, "not in time"
        time.sleep(0.3)


@pytest.mark.parametrize("part", PARTS)
def test_who_shows_another_token_sees_no_metrics(served: Installation, part: str) -> None:
    assert get(served, part, "/metrics").status_code == 401
    assert get(served, part, "/metrics", token_of(served, part)[:-1]).status_code == 401
    assert get(served, part, "/healthz").status_code == 200


@pytest.mark.parametrize("part", PARTS)
def test_nothing_is_served_in_the_clear(served: Installation, part: str) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.get(address_of(served, part).replace("https", "http") + "/healthz", trust_env=False)


def test_prometheus_scrapes_all_of_them(served: Installation, stack: Stack, tmp_path: Path) -> None:
    nothing = Static([])
    targets = {part: Static([f"127.0.0.1:{served.ports[part]}"]) for part in PARTS}
    authority = str(served.authority.cert_file)
    text = prometheus_config(
        exporters=targets["exporter"],
        workers=targets["worker"],
        gateways=targets["gateway"],
        relays=targets["relay"],
        nodes=nothing,
        alertmanagers=nothing,
        prometheus=nothing,
        interval="1s",
        access={job: Access(str(served.token(part)), authority) for part, job in JOBS.items()},
    )
    (tmp_path / "prometheus.yml").write_text(text)
    with Prometheus(stack.start_prometheus(tmp_path / "prometheus.yml").url) as prometheus:
        wait_until(lambda: {sample.labels["job"] for sample in prometheus.query("up == 1")} == {*JOBS.values()})


def test_alertmanager_tells_the_relay(served: Installation, alertmanager: str) -> None:
    labels = {"alertname": "IocTest", "class": "page", "severity": "critical", "subsystem": "health", "layer": "kpi"}
    alert = {"labels": labels, "startsAt": datetime.now(UTC).isoformat()}
    httpx.post(f"{alertmanager}/api/v2/alerts", json=[alert], trust_env=False).raise_for_status()
    token = token_of(served, "relay")
    wait_until(lambda: "IocTest" in get(served, "relay", "/api/alerts", token).text)


def test_a_feed_sends_through_the_gateway_with_its_token_only(served: Installation) -> None:
    # The very event that is published later: it counts once, whichever way it came first.
    event, before = settlement(0), served.records("ioc.events.statistics")

    def post(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents+json"}
        url = address_of(served, "gateway") + "/events"
        answer = httpx.post(url, json=event, headers=headers, verify=trusting(served), trust_env=False, timeout=30)
        return answer.status_code

    assert post("another") == 401
    assert post(SENDER_TOKEN) == 202
    assert served.records("ioc.events.statistics") == before + 1
