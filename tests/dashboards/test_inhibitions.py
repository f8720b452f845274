"""Which alerts a real Alertmanager keeps to itself while others fire, by the generated configuration."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from dashboards.alertmanager_config import alertmanager_config
from dashboards.rules.platform import BEHIND, DOWN
from dashboards.rules.timing import LEAD
from dashboards.runbooks import all_alerts
from streams.stack import Service, Stack
from tests.packaged import packaged_catalogue
from tests.streams.relay.receivers import until

pytestmark = pytest.mark.prometheus

RULES = {
    " ".join(filter(None, (alert.alert, alert.labels.get("feed"), alert.labels["severity"]))): alert
    for alert in all_alerts(packaged_catalogue())
}
RAIN_GAUGES, AIR_STATIONS, GATE_COUNTERS = (
    "IocEnvironmentFeedSilent rain_gauges critical",
    "IocEnvironmentFeedSilent air_stations warning",
    "IocTourismFeedSilent gate_counters critical",
)
SUPPRESSED = [
    ("IocEnvironmentRain critical", "IocEnvironmentRain warning"),
    (RAIN_GAUGES, "IocEnvironmentRain critical"),
    (AIR_STATIONS, "IocEnvironmentAirQualityIndex warning"),
    # It rests on all three.
    (RAIN_GAUGES, "IocEnvironmentStationsReportingRatio warning"),
    (AIR_STATIONS, "IocEnvironmentStationsReportingRatio warning"),
    *[(f"{down} critical", RAIN_GAUGES) for down in DOWN],
    *[(f"{down} critical", GATE_COUNTERS) for down in DOWN],
    *[(f"{behind} critical", RAIN_GAUGES) for behind in BEHIND],
    ("IocTransactionOpen critical", "IocFiguresBehind critical"),
    ("IocExporterAbsent critical", "IocEnvironmentRain critical"),
    ("IocExporterAbsent critical", "IocExporterLeftBehind warning"),
    ("IocNoWorker critical", "IocWorkerDown warning"),
]
"""(what fires, what is not told while it does); of alerts on a feed the environment's."""
TOLD = [
    ("IocEnvironmentRain warning", "IocEnvironmentRain critical"),
    ("IocEnvironmentRain critical", "IocEnvironmentAirQualityIndex warning"),
    ("IocEnvironmentRain critical", "IocTourismCrowdRatio warning"),
    (RAIN_GAUGES, "IocTourismCrowdRatio critical"),
    # What one feed says is no less true for another's silence.
    (AIR_STATIONS, "IocEnvironmentRain critical"),
    (RAIN_GAUGES, "IocEnvironmentAirQualityIndex warning"),
    (RAIN_GAUGES, AIR_STATIONS),
    ("IocEnvironmentRain critical", RAIN_GAUGES),
    *[(f"{behind} critical", GATE_COUNTERS) for behind in BEHIND],
    ("IocNoWorker critical", "IocEnvironmentRain critical"),
    ("IocNoWorker critical", "IocConservationBroken critical"),
    ("IocWorkerDown warning", RAIN_GAUGES),
]


def labels_of(text: str) -> dict[str, str]:
    rule = RULES[text]
    return {"alertname": rule.alert, "subsystem": "environment", **rule.labels}


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Its relay is not there: whether an alert is kept back is asked of its API."""
    folder = tmp_path_factory.mktemp("inhibitions")
    file = folder / "alertmanager.yml"
    file.write_text(
        alertmanager_config(packaged_catalogue(), "http://127.0.0.1:9").replace("group_wait: 5s", "group_wait: 1h")
    )
    with Stack(folder / "run") as stack:
        yield stack.start_alertmanager(file)


def post(alertmanager: Service, run: str, *alerts: str, over: bool = False) -> None:
    """Tell Alertmanager of alerts, told apart from those of other tests by a label of their own."""
    now = datetime.now(UTC)
    end = now if over else now + timedelta(minutes=5)
    body = [
        {
            "labels": {**labels_of(alert), "run": run},
            "startsAt": (now - timedelta(seconds=1)).isoformat(),
            "endsAt": end.isoformat(),
        }
        for alert in alerts
    ]
    httpx.post(f"{alertmanager.url}/api/v2/alerts", json=body, trust_env=False).raise_for_status()


async def state(alertmanager: Service, run: str, alert: str) -> str:
    """What Alertmanager makes of an alert, once it has made up its mind."""
    wanted = {**labels_of(alert), "run": run}

    def found() -> list[str]:
        rows = httpx.get(f"{alertmanager.url}/api/v2/alerts", trust_env=False).json()
        return [row["status"]["state"] for row in rows if row["labels"] == wanted]

    await until(lambda: found() not in ([], ["unprocessed"]))
    return found()[0]


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        *[(source, target, "suppressed") for source, target in SUPPRESSED],
        *[(source, target, "active") for source, target in TOLD],
    ],
    ids=lambda text: text.replace(" ", "-"),
)
async def test_while_one_alert_fires_the_other_is(
    source: str, target: str, expected: str, alertmanager: Service
) -> None:
    run = f"{source} {target}"
    post(alertmanager, run, source, target)
    try:
        assert await state(alertmanager, run, target) == expected
    finally:
        post(alertmanager, run, source, target, over=True)


@pytest.mark.parametrize(("source", "target"), SUPPRESSED)
def test_what_inhibits_fires_two_evaluations_before_its_target_or_before_that_would_resolve(
    source: str, target: str
) -> None:
    first, second = RULES[source], RULES[target]
    earliest = second.hold
    if second.labels["layer"] == "kpi" and first.labels["layer"] != "kpi":
        # What it reads goes grey or away: it would be told as over.
        earliest = second.keep_firing
    elif first.alert in BEHIND and second.labels["layer"] == "feed":
        # A feed whose records wait becomes silent only when they have for as long as its interval.
        earliest += min(
            feed.expected_interval.seconds
            for subsystem in packaged_catalogue().subsystems.values()
            for feed in subsystem.feeds.values()
            if feed.expected_interval is not None
        )
    assert first.hold + LEAD <= earliest
