"""Every web server by HTTPS and with its token: Prometheus, Alertmanager and feeds get in, and nobody else."""

from datetime import UTC, datetime
from functools import partial

import httpx
import pytest

from dashboards.prometheus_api import Prometheus, PrometheusError
from dashboards.rules.names import ALERTMANAGER_JOB, PROMETHEUS_JOB
from streams.stack.service import Service
from tests.secure.conftest import JOBS
from tests.secure.installation import PARTS, Installation, settlement
from tests.secure.servers import SENDER_TOKEN, Logins, address_of, get, token_of, trusting, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.prometheus, pytest.mark.timeout(900)]


@pytest.mark.parametrize("part", PARTS)
def test_who_shows_another_token_sees_no_metrics(served: Installation, part: str) -> None:
    assert get(served, part, "/metrics").status_code == 401
    assert get(served, part, "/metrics", token_of(served, part)[:-1]).status_code == 401
    assert get(served, part, "/healthz").status_code == 200


@pytest.mark.parametrize("part", PARTS)
def test_nothing_is_served_in_the_clear(served: Installation, part: str) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.get(address_of(served, part).replace("https", "http") + "/healthz", trust_env=False)


def test_prometheus_scrapes_all_of_them_and_tells_its_figures_to_nobody_else(
    prometheus: Service, logins: Logins, alertmanager: str
) -> None:
    jobs = {*JOBS.values(), PROMETHEUS_JOB, ALERTMANAGER_JOB}
    with Prometheus(prometheus.url, login=logins.of("prometheus", "grafana")) as client:
        wait_until(lambda: {sample.labels["job"] for sample in client.query("up == 1")} == jobs)
    for stranger in (None, ("grafana", "guess"), ("nobody", "guess"), logins.of("alertmanager", "relay")):
        with Prometheus(prometheus.url, login=stranger) as client, pytest.raises(PrometheusError, match="401"):
            client.query("up")
    as_relay = logins.of("alertmanager", "relay")
    alerts = partial(httpx.get, f"{alertmanager}/api/v2/alerts", auth=as_relay, trust_env=False)
    wait_until(lambda: "IocOfPrometheus" in alerts().text)


@pytest.mark.parametrize("login", [None, ("relay", "guess"), ("nobody", "")])
def test_who_has_no_password_of_alertmanagers_silences_nothing(
    served: Installation, alertmanager: str, login: tuple[str, str] | None
) -> None:
    """Any container could silence everything until 2036."""
    matcher = {"name": "alertname", "value": ".+", "isRegex": True, "isEqual": True}
    times = {"startsAt": "2026-01-01T00:00:00Z", "endsAt": "2036-01-01T00:00:00Z"}
    silence = {"matchers": [matcher], "createdBy": "x", "comment": "x", **times}
    answer = httpx.post(f"{alertmanager}/api/v2/silences", json=silence, auth=login, trust_env=False)
    assert answer.status_code == 401
    assert httpx.get(f"{alertmanager}/api/v2/silences", auth=login, trust_env=False).status_code == 401


def test_alertmanager_tells_the_relay_where_people_take_and_silence_it(
    served: Installation, alertmanager: str, logins: Logins
) -> None:
    labels = {"alertname": "IocTest", "class": "page", "severity": "critical", "subsystem": "health", "layer": "kpi"}
    alert = {"labels": labels, "startsAt": datetime.now(UTC).isoformat()}
    login = logins.of("alertmanager", "prometheus")
    httpx.post(f"{alertmanager}/api/v2/alerts", json=[alert], auth=login, trust_env=False).raise_for_status()
    pages = f"https://127.0.0.1:{served.pages['relay']}"

    def opened() -> dict[str, str]:
        viewer = {"Authorization": f"Bearer {token_of(served, 'viewer')}"}
        found = httpx.get(f"{pages}/api/alerts", headers=viewer, verify=trusting(served), trust_env=False).json()
        return {each["labels"]["alertname"]: each["key"] for each in found}

    wait_until(lambda: "IocTest" in opened())
    operator = {"Authorization": f"Bearer {token_of(served, 'operator')}"}
    until = datetime.fromtimestamp(datetime.now(UTC).timestamp() + 600, UTC).isoformat()
    silenced = httpx.post(
        f"{pages}/alerts/{opened()['IocTest']}/silence",
        data={"reason": "thử", "until": until},
        headers=operator,
        verify=trusting(served),
        trust_env=False,
    )
    assert silenced.status_code == 303, silenced.text
    relay = logins.of("alertmanager", "relay")
    [found] = httpx.get(f"{alertmanager}/api/v2/silences", auth=relay, trust_env=False).json()
    assert (found["createdBy"], found["comment"]) == ("Nguyễn operator", "thử")


def test_the_trail_of_a_redrive_is_written_before_anything_is_sent(served: Installation) -> None:
    admin = served.as_user("admin") | {"IOC_RELAY_URL": f"https://127.0.0.1:{served.pages['relay']}"}
    untold = served.run("dlq", "redrive", "--all", **admin)
    assert untold.returncode == 1
    assert "IOC_RELAY_TOKEN_FILE" in untold.stderr
    viewer = served.run("dlq", "redrive", "--all", **admin, IOC_RELAY_TOKEN_FILE=str(served.token("viewer")))
    assert viewer.returncode == 1
    assert "it takes operator" in viewer.stderr
    done = served.run("dlq", "redrive", "--all", **admin, IOC_RELAY_TOKEN_FILE=str(served.token("operator")))
    assert done.returncode == 0, done.stderr
    told = served.run("trail", str(served.folder / "relay.sqlite"), "--json")
    [line] = [line for line in told.stdout.splitlines() if '"redriven"' in line]
    assert '"account": "operator"' in line
    assert '"prefix": "ioc"' in line


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
