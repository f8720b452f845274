"""The metrics by which the monitor's own processes tell how they fare: name, meaning and labels of each.

Here, below both, as the processes export them and the dashboards and alerts ask for them.
"""

from collections.abc import Mapping
from typing import NamedTuple


class PlatformMetric(NamedTuple):
    """One metric; as text its name, for queries."""

    name: str
    """As Prometheus stores it; of a histogram its family's, to which ``_bucket``, ``_sum`` and ``_count`` are added."""
    documentation: str
    labels: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


_SOURCE = ("subsystem", "partition")
ALERT_LABELS = ("alertname", "subsystem", "kpi", "feed", "severity", "at")
"""What tells an open alert apart. No person's name, and nothing that people write: what Prometheus has once it keeps
for years."""
LABELS_OF_ONE_FAULT = ("alertname", "subsystem", "feed")
"""What a warning has in common with its critical; one alertname stands for all feeds of a subsystem."""
ALERT_AT = ("instance", "device", "province")
"""The labels that ``at`` is made of: of two workers that are down each is an alert. The first has another meaning on
what is scraped."""


def alert_named(labels: Mapping[str, str]) -> tuple[str, ...]:
    """The values of `ALERT_LABELS` of an alert with these labels, ``at`` as PromQL's label_join makes it."""
    at = "/".join(labels.get(each, "") for each in ALERT_AT).strip("/")
    return tuple({"at": at, **labels}.get(name, "") for name in ALERT_LABELS)


WORKER_RECORDS = PlatformMetric("ioc_worker_records_total", "Records consumed.", ("subsystem",))
WORKER_BYTES = PlatformMetric("ioc_worker_bytes_total", "Bytes of values consumed.", ("subsystem",))
WORKER_APPLY_SECONDS = PlatformMetric("ioc_worker_apply_seconds_total", "Time spent in the engine.", ("subsystem",))
WORKER_SKIPPED_OFFSETS = PlatformMetric(
    "ioc_worker_skipped_offsets_total",
    "Offsets passed over because the broker no longer has them, aborted records and markers included.",
    ("subsystem",),
)
WORKER_DEAD_LETTERS = PlatformMetric("ioc_worker_dead_letters_total", "Rejected records kept aside.")
WORKER_FATES = PlatformMetric("ioc_worker_fates", "Records by fate, since the beginning.", (*_SOURCE, "fate"))
WORKER_LAG_RECORDS = PlatformMetric("ioc_worker_lag_records", "Records appended and not applied yet.", _SOURCE)
WORKER_LAG_SECONDS = PlatformMetric(
    "ioc_worker_lag_seconds", "Age of the newest applied record while there are newer ones.", _SOURCE
)
WORKER_WATERMARK = PlatformMetric(
    "ioc_worker_watermark_seconds", "Newest event time, seconds since the epoch.", _SOURCE
)
WORKER_CHECKPOINT_SECONDS = PlatformMetric("ioc_worker_checkpoint_seconds", "Time a checkpoint took.")
WORKER_CHECKPOINT_RECORDS = PlatformMetric("ioc_worker_checkpoint_records", "Records written per checkpoint.")
WORKER_CHECKPOINT_AGE = PlatformMetric(
    "ioc_worker_checkpoint_age_seconds", "Age of the oldest change without a checkpoint.", ("partition",)
)
WORKER_DOUBTFUL_CHECKPOINTS = PlatformMetric(
    "ioc_worker_doubtful_checkpoints_total", "Checkpoints whose outcome only the log could tell."
)
WORKER_FENCED = PlatformMetric("ioc_worker_fenced_total", "Checkpoints refused as another worker's.")
WORKER_TORN_CHECKPOINTS = PlatformMetric("ioc_worker_torn_checkpoints_total", "Partitions rebuilt from their topics.")
WORKER_TORN_AT = PlatformMetric(
    "ioc_worker_torn_checkpoint_timestamp_seconds",
    "When a torn checkpoint was last noticed, seconds since the epoch; 0 for never.",
)
WORKER_REBALANCES = PlatformMetric("ioc_worker_rebalances_total", "Assignments received.")
WORKER_RESTORE_SECONDS = PlatformMetric("ioc_worker_restore_seconds", "Time the last restore took.")
WORKER_STUCK = PlatformMetric("ioc_worker_stuck", "1 while records wait and none is applied.")
WORKER_UNREADY = PlatformMetric("ioc_worker_unready", "1 while stuck or without the state of an assigned partition.")

EXPORTER_RECORDS = PlatformMetric("ioc_exporter_records_total", "Records of figures taken.")
EXPORTER_UNREADABLE_RECORDS = PlatformMetric(
    "ioc_exporter_unreadable_records_total", "Records of figures that no worker wrote."
)
EXPORTER_CLOCK_SKEW = PlatformMetric(
    "ioc_exporter_clock_skew_seconds",
    "By how much the exporter's clock is ahead of the broker's; 0 while that is little, and it is believed.",
)
EXPORTER_CHECKPOINT = PlatformMetric(
    "ioc_exporter_checkpoint_timestamp_seconds",
    "When Kafka got the newest checkpoint of figures taken, seconds since the epoch; 0 for never.",
)
EXPORTER_RENDER_SECONDS = PlatformMetric("ioc_exporter_render_seconds", "Time the last page took.")

GATEWAY_EVENTS = PlatformMetric(
    "ioc_gateway_events_total", "Events that Kafka acknowledged.", ("sender", "subsystem", "feed")
)
GATEWAY_REFUSED_REQUESTS = PlatformMetric(
    "ioc_gateway_refused_requests_total",
    "Requests of which no event was acknowledged, by the first reason.",
    ("sender", "status", "reason"),
)
GATEWAY_REQUEST_SECONDS = PlatformMetric(
    "ioc_gateway_request_seconds", "Time from a request's headers to its answer.", ("status",)
)
GATEWAY_WAITING_BYTES = PlatformMetric(
    "ioc_gateway_waiting_bytes", "Bytes of events that Kafka has not acknowledged yet."
)
GATEWAY_READY = PlatformMetric("ioc_gateway_ready", "1 while Kafka answers.")

RELAY_CERTIFICATE_ENDS = PlatformMetric(
    "ioc_certificate_ends_timestamp_seconds",
    "When a certificate ends, seconds since the epoch; 0 where its file cannot be read.",
    ("certificate",),
)
RELAY_OPEN_ALERTS = PlatformMetric(
    "ioc_relay_open_alerts", "Open alerts, and whether somebody took them.", ("class", "taken")
)
RELAY_ALERT_ACKNOWLEDGED = PlatformMetric(
    "ioc_alert_acknowledged_timestamp_seconds",
    "When somebody took an open alert, seconds since the epoch.",
    ALERT_LABELS,
)
RELAY_SILENCE_ENDS = PlatformMetric(
    "ioc_alert_silence_ends_timestamp_seconds",
    "When the silence of an alert ends, seconds since the epoch; what it names no alert by is empty.",
    ALERT_LABELS,
)
RELAY_SILENCES = PlatformMetric(
    "ioc_relay_silences", "Silences that are not over; absent while Alertmanager does not answer."
)
RELAY_DELIVERIES = PlatformMetric(
    "ioc_relay_deliveries_total", "Messages that are done with, by channel.", ("channel", "outcome")
)
RELAY_WAITING_DELIVERIES = PlatformMetric("ioc_relay_waiting_deliveries", "Messages not delivered yet.", ("channel",))
RELAY_STEP_FAILURES = PlatformMetric("ioc_relay_step_failures_total", "What went wrong and is tried again.")
RELAY_ROUND = PlatformMetric(
    "ioc_relay_round_timestamp_seconds", "When all that is to be told was last seen to, seconds since the epoch."
)
RELAY_OLDEST_WAITING = PlatformMetric(
    "ioc_relay_oldest_waiting_seconds", "Age of the oldest message not delivered yet."
)
