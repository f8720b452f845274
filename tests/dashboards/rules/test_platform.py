"""The alerts on the platform itself, run by promtool."""

import math
from pathlib import Path

import pytest

from dashboards.rules.certificates import DAY
from dashboards.rules.platform import platform_alerts
from dashboards.rules.timing import PLATFORM_HOLD
from ioc.notices.heartbeat import DEAD_MAN_SWITCH
from tests.dashboards.rules.scenes import Scene, run

pytestmark = pytest.mark.prometheus

STEP = 10
MINUTE = 60 // STEP
WORKER = {"job": "ioc-worker", "instance": "worker:9465"}
RELAY = {"job": "ioc-relay", "instance": "relay:9095"}
DISK = {"job": "node", "instance": "node-exporter:9100", "device": "/dev/sda1", "mountpoint": "/"}
HELD = PLATFORM_HOLD // STEP


class Platform(Scene):
    """A platform in which all is well, but for what is added after."""

    def __init__(self, name: str, length: int, **different: object) -> None:
        super().__init__(name, STEP, length)
        rising = [float(step * 100) for step in range(length)]
        well: dict[str, object] = {
            "up_exporter": 1.0,
            "up_worker": 1.0,
            "checkpoint": [float(step * STEP) for step in range(length)],
            "clock": [float(step * STEP) for step in range(length)],
            "checkpoints": rising,
            "records": rising,
            "consumed": rising,
            "applied": rising,
            "rejected": 0.0,
            "future": 0.0,
            "internal": 0.0,
            "negative": 0.0,
            "conflicting": 0.0,
            "event_time": [float(step * STEP) for step in range(length)],
            "lag": 5.0,
            "waiting_for": 0.4,
            "transaction": 0.0,
            "lost": 0.0,
            "hung": 0.0,
            "age": 0.1,
            "doubtful": 0.0,
            "simulated": 0.0,
            "up_relay": 1.0,
            "waiting": 1.0,
            "refused": 0.0,
            "free": 0.5,
            "certificate": 365.0 * DAY,
            **different,
        }
        self.given = well
        environment = {"subsystem": "environment"}
        self.one("up", "up_exporter")
        self.one("ioc_exporter_checkpoint_timestamp_seconds", "checkpoint")
        self.one("ioc_clock_seconds", "clock")
        self.one("ioc_simulated", "simulated")
        self.one("ioc_events_consumed_total", "consumed", **environment)
        self.one("ioc_events_total", "applied", **environment, fate="applied")
        self.one("ioc_events_total", "rejected", **environment, fate="rejected")
        self.one("ioc_events_rejected_total", "future", **environment, reason="future")
        self.one("ioc_events_rejected_total", "internal", **environment, feed="rain_gauges", reason="internal")
        self.one("ioc_events_conflicting_total", "conflicting", **environment, feed="rain_gauges")
        self.one("ioc_negative_counts_total", "negative", **environment)
        self.one("ioc_event_time_seconds", "event_time", **environment)
        self.one("ioc_source_lag_seconds", "waiting_for", **environment)
        self.one("ioc_source_open_transaction_seconds", "transaction", **environment)
        self.one("ioc_source_lost_records", "lost", **environment)
        self.one("up", "up_relay", **RELAY)
        self.one("ioc_relay_oldest_waiting_seconds", "waiting", **RELAY)
        self.one("ioc_relay_deliveries_total", "refused", **RELAY, channel="sms", outcome="refused")
        self.one("node_filesystem_avail_bytes", "free", **DISK)
        self.add("node_filesystem_size_bytes", 1.0, **DISK)
        self.one("ioc_certificate_ends_timestamp_seconds", "certificate", **RELAY, certificate="site_cert")
        self.one("up", "up_worker", **WORKER)
        self.one("ioc_worker_checkpoint_seconds_count", "checkpoints", **WORKER)
        self.one("ioc_worker_checkpoint_records_sum", "checkpoints", **WORKER)
        self.one("ioc_worker_doubtful_checkpoints_total", "doubtful", **WORKER)
        self.one("ioc_worker_checkpoint_age_seconds", "age", partition="0", **WORKER)
        self.one("ioc_worker_stuck", "hung", **WORKER)
        self.one("ioc_worker_records_total", "records", **WORKER, **environment)
        self.one("ioc_worker_lag_records", "lag", partition="0", **WORKER, **environment)

    def one(self, metric: str, key: str, **labels: str) -> None:
        """One series of what is given; None leaves it out."""
        values = self.given[key]
        if values is not None:
            self.add(metric, values, **labels)  # type: ignore[arg-type]

    def fires(self, step: int, *alerts: str) -> "Platform":
        """Expect exactly these alerts to fire, beside the one that always does."""
        expected = [({"alertname": alert}, 1) for alert in (*alerts, DEAD_MAN_SWITCH)]
        self.expect(step, 'sum by (alertname) (ALERTS{alertstate="firing"})', *expected)
        return self


def check(folder: Path, rules: Path, *scenes: Scene) -> None:
    assert run(folder, [rules / "platform.yml"], *scenes) == ""


def stopped(length: int, at: int) -> list[float]:
    """A counter that rises by 100 a step until it stops."""
    return [float(min(step, at) * 100) for step in range(length)]


def test_while_all_is_well_only_the_dead_man_switch_fires(rules: Path, tmp_path: Path) -> None:
    check(tmp_path, rules, Platform("well", 20 * MINUTE).fires(1).fires(20 * MINUTE - 1))


def test_the_last_worker_gone_is_told_after_half_a_minute(rules: Path, tmp_path: Path) -> None:
    gone = [1.0] * 10 + [0.0] * (HELD + 2)
    scene = Platform("no worker", len(gone), up_worker=gone)
    scene.fires(10 + HELD - 1).fires(10 + HELD, "IocNoWorker").fires(11 + HELD, "IocNoWorker", "IocWorkerDown")
    check(tmp_path, rules, scene)


def test_one_of_two_workers_gone_is_told_as_that(rules: Path, tmp_path: Path) -> None:
    scene = Platform("one worker", MINUTE * 2)
    scene.add("up", 0.0, job="ioc-worker", instance="other:9465")
    check(tmp_path, rules, scene.fires(MINUTE * 2 - 1, "IocWorkerDown"))


def test_an_exporter_that_does_not_answer_is_told(rules: Path, tmp_path: Path) -> None:
    absent = Platform("absent", MINUTE, up_exporter=None, checkpoint=None, clock=None)
    down = Platform("down", MINUTE, up_exporter=0.0, checkpoint=None, clock=None)
    check(tmp_path, rules, absent.fires(HELD, "IocExporterAbsent"), down.fires(HELD, "IocExporterAbsent"))


OTHER = {"job": "ioc-exporter", "instance": "other:9464"}


@pytest.mark.parametrize(
    ("up", "behind"), [(1.0, 31.0), (0.0, None)], ids=["whose figures are older", "that does not answer"]
)
def test_of_two_exporters_one_is_told_by_name(up: float, behind: float | None, rules: Path, tmp_path: Path) -> None:
    scene = Platform("one of two", 2 * MINUTE)
    scene.add("up", up, **OTHER)
    checkpoints = [None if behind is None else step * STEP - behind for step in range(2 * MINUTE)]
    scene.add("ioc_exporter_checkpoint_timestamp_seconds", checkpoints, **OTHER)
    scene.fires(HELD).fires(HELD + 1, "IocExporterLeftBehind")
    left = 'sum by (instance) (ALERTS{alertname="IocExporterLeftBehind"})'
    scene.expect(HELD + 1, left, ({"instance": OTHER["instance"]}, 1))
    check(tmp_path, rules, scene)


def test_exporters_that_differ_by_half_a_minute_both_count(rules: Path, tmp_path: Path) -> None:
    scene = Platform("both", 2 * MINUTE)
    scene.add("up", 1.0, **OTHER)
    checkpoints = [step * STEP - 30.0 for step in range(2 * MINUTE)]
    scene.add("ioc_exporter_checkpoint_timestamp_seconds", checkpoints, **OTHER)
    scene.expect(MINUTE, "ioc_exporter_fresh + 0", (OTHER, 1), ({**OTHER, "instance": "exporter:9464"}, 1))
    check(tmp_path, rules, scene.fires(2 * MINUTE - 1))


def test_an_exporter_whose_figures_stand_still_while_workers_write_is_told(rules: Path, tmp_path: Path) -> None:
    length = 4 * MINUTE
    stale = Platform("stale", length, checkpoint=0.0).fires(MINUTE).fires(length - 1, "IocExporterStale")
    idle = Platform("idle", length, checkpoint=0.0, checkpoints=0.0, records=0.0, lag=0.0, consumed=0.0, applied=0.0)
    check(tmp_path, rules, stale, idle.fires(length - 1))


def test_kafka_is_down_when_no_worker_can_write_or_none_holds_a_partition(rules: Path, tmp_path: Path) -> None:
    length = 5 * MINUTE
    doubt = [0.0] * 15 + [1.0] * (length - 15)
    unwritten = Platform("unwritten", length, checkpoints=stopped(length, 14), doubtful=doubt)
    homeless = Platform("homeless", length, checkpoints=0.0, age=None)
    resting = Platform("resting", length, checkpoints=0.0)
    # While none is restored yet, as after a start, it is not told before its hold is over.
    unwritten.fires(14).fires(15 + MINUTE + HELD, "IocKafkaDown")
    homeless.fires(MINUTE - 1, "IocKafkaDown")
    check(tmp_path, rules, unwritten, homeless, resting.fires(length - 1))


def test_a_worker_with_input_and_without_output_is_stuck(rules: Path, tmp_path: Path) -> None:
    length = 5 * MINUTE
    stuck = Platform("stuck", length, records=stopped(length, 6), lag=900.0)
    resting = Platform("resting", length, records=stopped(length, 6), lag=0.0)
    check(tmp_path, rules, stuck.fires(length - 1, "IocWorkerStuck"), resting.fires(length - 1))


def test_a_worker_that_says_that_it_hangs_is_told_by_name(rules: Path, tmp_path: Path) -> None:
    hung = [0.0] * MINUTE + [1.0] * MINUTE
    scene = Platform("hung", 2 * MINUTE, hung=hung).fires(MINUTE + HELD - 1).fires(MINUTE + HELD, "IocWorkerHung")
    scene.expect(
        MINUTE + HELD, 'sum by (instance) (ALERTS{alertname="IocWorkerHung"})', ({"instance": "worker:9465"}, 1)
    )
    check(tmp_path, rules, scene)


def test_a_record_that_waits_for_more_than_a_minute_is_told(rules: Path, tmp_path: Path) -> None:
    length = 2 * MINUTE
    scenes = [Platform("long", length, waiting_for=61.0), Platform("since its start", length, waiting_for=math.inf)]
    for scene in scenes:
        scene.fires(HELD).fires(HELD + 1, "IocFiguresBehind")
    check(tmp_path, rules, *scenes, Platform("short", length, waiting_for=60.0).fires(length - 1))


def test_a_transaction_that_is_open_for_more_than_a_minute_is_told(rules: Path, tmp_path: Path) -> None:
    length = 2 * MINUTE
    endless = Platform("endless", length, transaction=61.0).fires(HELD - 1).fires(HELD, "IocTransactionOpen")
    check(tmp_path, rules, endless, Platform("short", length, transaction=60.0).fires(length - 1))


def test_events_that_were_deleted_unread_are_told(rules: Path, tmp_path: Path) -> None:
    length = 2 * MINUTE
    lost = Platform("lost", length, lost=7.0).fires(HELD - 1).fires(HELD, "IocEventsLost")
    check(tmp_path, rules, lost, Platform("none", length).fires(length - 1))


def test_an_exporter_that_does_not_count_tells_no_lag(rules: Path, tmp_path: Path) -> None:
    length = 2 * MINUTE
    scene = Platform("frozen", length)
    scene.add("up", 1.0, **OTHER)
    scene.add("ioc_exporter_checkpoint_timestamp_seconds", -3000.0, **OTHER)
    scene.add("ioc_source_lag_seconds", 3000.0, **OTHER, subsystem="environment")
    check(tmp_path, rules, scene.fires(length - 1, "IocExporterLeftBehind"))


def test_records_without_newer_event_times_stall_the_watermark(rules: Path, tmp_path: Path) -> None:
    length = 25 * MINUTE
    stalled = Platform("stalled", length, event_time=7.0).fires(length - 1, "IocWatermarkStalled")
    quiet = Platform("quiet", length, event_time=7.0, consumed=0.0, applied=0.0, records=0.0, lag=0.0)
    check(tmp_path, rules, stalled, quiet.fires(length - 1))


def test_dead_letters_are_told_from_one_in_a_hundred_and_ten_on(rules: Path, tmp_path: Path) -> None:
    length = 10 * MINUTE

    def rejecting(name: str, each_step: float) -> Platform:
        rejected = [step * each_step for step in range(length)]
        return Platform(name, length, rejected=rejected, applied=[step * (100 - each_step) for step in range(length)])

    check(
        tmp_path,
        rules,
        rejecting("many", 1.5).fires(length - 1, "IocDeadLettersRising"),
        rejecting("few", 0.5).fires(length - 1),
    )


def test_one_record_that_the_engine_fails_on_is_told_for_a_quarter_of_an_hour(rules: Path, tmp_path: Path) -> None:
    length = 25 * MINUTE
    once = Platform("once", length, internal=[float(step >= 5 * MINUTE) for step in range(length)])
    once.fires(5 * MINUTE - 1).fires(7 * MINUTE, "IocRecordsFailing").fires(length - 1)
    check(tmp_path, rules, once)


def test_events_that_do_not_add_up_are_told(rules: Path, tmp_path: Path) -> None:
    lost = Platform("lost", 2 * MINUTE, applied=[max(0.0, step * 100.0 - 1) for step in range(2 * MINUTE)])
    check(tmp_path, rules, lost.fires(2 * MINUTE - 1, "IocConservationBroken"))


def test_a_count_below_nothing_is_told_for_an_hour(rules: Path, tmp_path: Path) -> None:
    length = 75 * MINUTE
    once = Platform("once", length, negative=[float(step >= 5 * MINUTE) for step in range(length)])
    once.fires(5 * MINUTE - 1).fires(7 * MINUTE, "IocNegativeCount").fires(length - 1)
    check(tmp_path, rules, once)


def test_ids_that_other_events_had_are_told_for_an_hour(rules: Path, tmp_path: Path) -> None:
    length = 75 * MINUTE
    once = Platform("once", length, conflicting=[float(step >= 5 * MINUTE) for step in range(length)])
    once.fires(5 * MINUTE - 1).fires(7 * MINUTE, "IocIdsConflict").fires(length - 1)
    check(tmp_path, rules, once)


def test_a_clock_a_minute_off_is_told_but_not_that_of_a_replay(rules: Path, tmp_path: Path) -> None:
    length = 3 * MINUTE
    ahead = [step * STEP + 61.0 for step in range(length)]
    check(
        tmp_path,
        rules,
        Platform("ahead", length, clock=ahead).fires(length - 1, "IocClockSkew"),
        Platform("replay", length, clock=ahead, simulated=1.0).fires(length - 1),
        Platform("source", length, future=[float(step) for step in range(length)]).fires(length - 1, "IocClockSkew"),
    )


def test_a_torn_checkpoint_is_told_for_an_hour(rules: Path, tmp_path: Path) -> None:
    length = 64 * MINUTE
    scene = Platform("torn", length)
    at = [0.0] * MINUTE + [60.0] * (length - MINUTE)
    scene.add("ioc_worker_torn_checkpoint_timestamp_seconds", at, **WORKER)
    scene.fires(MINUTE - 1).fires(MINUTE, "IocTornCheckpoint").fires(60 * MINUTE, "IocTornCheckpoint")
    check(tmp_path, rules, scene.fires(61 * MINUTE))


def test_a_disk_is_told_when_a_tenth_is_left(rules: Path, tmp_path: Path) -> None:
    low = Platform("low", 2 * MINUTE, free=0.0999).fires(MINUTE - 1).fires(MINUTE, "IocDiskRunningOut")
    check(tmp_path, rules, low, Platform("enough", 2 * MINUTE, free=0.1).fires(2 * MINUTE - 1))


def test_a_disk_that_will_be_full_within_six_hours_is_told_once_it_is_known_for_one(
    rules: Path, tmp_path: Path
) -> None:
    length = 75 * MINUTE

    def sinking(name: str, start: float, hours: float) -> Platform:
        """A disk that loses its whole size in so many hours."""
        return Platform(name, length, free=[start - step * STEP / (hours * 3600) for step in range(length)])

    check(
        tmp_path,
        rules,
        sinking("soon", 0.4, 14).fires(61 * MINUTE - 1).fires(length - 1, "IocDiskRunningOut"),
        sinking("later", 0.4, 20).fires(length - 1),
        sinking("large", 0.6, 8).fires(length - 1),
    )


def test_a_relay_that_does_not_answer_is_told_after_a_minute(rules: Path, tmp_path: Path) -> None:
    absent = Platform("absent", 2 * MINUTE, up_relay=None).fires(MINUTE - 1).fires(MINUTE, "IocRelayAbsent")
    down = Platform("down", 2 * MINUTE, up_relay=0.0).fires(MINUTE - 1).fires(MINUTE, "IocRelayAbsent")
    check(tmp_path, rules, absent, down)


def test_messages_that_wait_for_two_minutes_or_are_refused_are_told(rules: Path, tmp_path: Path) -> None:
    length = 3 * MINUTE
    refused = [0.0] * MINUTE + [1.0] * (length - MINUTE)
    check(
        tmp_path,
        rules,
        Platform("stuck", length, waiting=121.0).fires(HELD - 1).fires(HELD, "IocRelayUndelivered"),
        Platform("slow", length, waiting=120.0).fires(length - 1),
        Platform("refused", length, refused=refused).fires(MINUTE - 1).fires(length - 1, "IocRelayUndelivered"),
        Platform("refused long ago", 20 * MINUTE, refused=[0.0] + [1.0] * (20 * MINUTE - 1)).fires(20 * MINUTE - 1),
    )


def test_rules_that_fail_are_told(rules: Path, tmp_path: Path) -> None:
    scene = Platform("failing", 3 * MINUTE)
    failures = [float(step) for step in range(3 * MINUTE)]
    scene.add("prometheus_rule_evaluation_failures_total", failures, job="prometheus", rule_group="health")
    check(tmp_path, rules, scene.fires(3 * MINUTE - 1, "IocRulesFailing"))


def test_every_platform_alert_has_a_test_above() -> None:
    text = Path(__file__).read_text()
    assert [alert.alert for alert in platform_alerts() if f'"{alert.alert}"' not in text] == [DEAD_MAN_SWITCH]


@pytest.mark.parametrize("days", [30, 7])
def test_a_certificate_is_told_thirty_and_seven_days_before_it_ends(days: int, rules: Path, tmp_path: Path) -> None:
    """Not a moment sooner: the clock of a scene starts at 0, and the end comes nearer by a step at a time."""
    reached = MINUTE
    scene = Platform("ending", 4 * MINUTE, certificate=float(days * DAY + reached * STEP))

    def firing(step: int, *expected: str) -> None:
        shown = [({"severity": each}, 1) for each in expected]
        alerts = 'ALERTS{alertname="IocCertificateEnding",alertstate="firing"}'
        scene.expect(step, f"sum by (severity) ({alerts})", *shown)

    before, after = {30: ([], ["warning"]), 7: (["warning"], ["warning", "critical"])}[days]
    firing(reached + HELD, *before)
    firing(reached + 1 + HELD, *after)
    check(tmp_path, rules, scene)


def test_a_certificate_that_cannot_be_read_wakes_somebody(rules: Path, tmp_path: Path) -> None:
    scene = Platform("unreadable", MINUTE, certificate=0.0)
    scene.expect(HELD, 'count(ALERTS{alertname="IocCertificateEnding",alertstate="firing",class="page"})', ({}, 1))
    check(tmp_path, rules, scene)
