"""Alerts on the platform itself: what makes all figures old, wrong or invisible."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dashboards.rules.certificates import certificate_alerts
from dashboards.rules.exporters import of_fresh
from dashboards.rules.names import EXPORTER_FRESH, EXPORTER_JOB, RELAY_JOB, WORKER_JOB
from dashboards.rules.rule import AlertRule
from dashboards.rules.timing import LEAD, PLATFORM_HOLD
from ioc.engine.judge import INTERNAL
from ioc.kpis import metric_names, platform_metrics
from ioc.notices.heartbeat import DEAD_MAN_SWITCH

LAG = 60
"""Seconds that a record may wait until it is in the figures."""
OPEN = 60
"""Seconds that a transaction of a feed may be open: Kafka's producers end theirs within as long, or give up."""
SKEW = 60
"""Seconds by which two clocks may differ."""
UNDELIVERED = 120
"""Seconds that a message may be on its way."""
RELAY_FAILURES = 10
"""Steps of the relay that fail within five minutes: a file that was locked for a moment makes fewer."""
DISK_LOW = 0.1
"""The share of a disk that must be free."""
DISK_SINKING, DISK_HOURS = 0.4, 6
"""With less than this share free it is told, too, that at the rate of the last hour the disk is full so soon."""

NO_WORKER = "IocNoWorker"
WORKER_DOWN = "IocWorkerDown"
EXPORTER_ABSENT = "IocExporterAbsent"
EXPORTER_LEFT_BEHIND = "IocExporterLeftBehind"
FIGURES_BEHIND = "IocFiguresBehind"
TRANSACTION_OPEN = "IocTransactionOpen"
EVENTS_LOST = "IocEventsLost"

DOWN = (NO_WORKER, "IocKafkaDown", EXPORTER_ABSENT, "IocExporterStale")
"""While one of these holds, no feed's silence says anything."""
BEHIND = ("IocWorkerStuck", FIGURES_BEHIND, TRANSACTION_OPEN)
"""While one of these holds, no silence of a feed of its own subsystem says anything."""


@dataclass(frozen=True)
class _Platform:
    """One alert; texts as (Vietnamese, English)."""

    alert: str
    expr: str
    hold: int
    alert_class: Literal["page", "digest"]
    summary: tuple[str, str]
    details: tuple[str, str]
    severity: Literal["critical", "warning"] | None = None
    """By the class, unless said otherwise."""


_SUBSYSTEM = "{{ $labels.subsystem }}"
_FEED = "{{ $labels.feed }}"

_FREE = "min by (instance, device) (node_filesystem_avail_bytes / node_filesystem_size_bytes)"
_AVAILABLE = "node_filesystem_avail_bytes"
# One that has not been watched for an hour is not foretold: the first minutes of an installation write the most.
_DISK_RUNNING_OUT = f"""{_FREE} < {DISK_LOW}
or
{_FREE} < {DISK_SINKING}
  and on (instance, device)
min by (instance, device) (predict_linear({_AVAILABLE}[1h], {DISK_HOURS} * 3600) < 0 and {_AVAILABLE} offset 1h)"""

_DOUBTFUL = f"sum(increase({platform_metrics.WORKER_DOUBTFUL_CHECKPOINTS}[2m])) > 0"
_FUTURE = of_fresh(f'increase({metric_names.EVENTS_REJECTED}{{reason="future"}}[15m])')
_INTERNAL = of_fresh(f'increase({metric_names.EVENTS_REJECTED}{{reason="{INTERNAL}"}}[15m])')
_REJECTED = of_fresh(f'increase({metric_names.EVENTS}{{fate="rejected"}}[15m])')
_WITHOUT_PARTITIONS = f"absent({platform_metrics.WORKER_CHECKPOINT_AGE})"

_ALERTS = (
    _Platform(
        NO_WORKER,
        f'absent(up{{job="{WORKER_JOB}"}} == 1)',
        PLATFORM_HOLD,
        "page",
        ("Không có tiến trình xử lý nào hoạt động", "No worker is running"),
        ("Số liệu đứng yên; sự kiện vẫn nằm trong Kafka và không mất.", "Figures stand still; events wait in Kafka."),
    ),
    _Platform(
        WORKER_DOWN,
        f'up{{job="{WORKER_JOB}"}} == 0',
        PLATFORM_HOLD + 10,
        "digest",
        ("Một tiến trình xử lý đã dừng: {{ $labels.instance }}", "A worker is down: {{ $labels.instance }}"),
        ("Các tiến trình khác nhận phần việc của nó.", "The others take over its partitions."),
    ),
    _Platform(
        "IocKafkaDown",
        f"""sum(increase({platform_metrics.WORKER_CHECKPOINT_SECONDS}_count[1m])) == 0
  and on ()
({_DOUBTFUL} or {_WITHOUT_PARTITIONS})
  and on ()
count(up{{job="{WORKER_JOB}"}} == 1) > 0""",
        PLATFORM_HOLD,
        "page",
        ("Kafka không trả lời", "Kafka does not answer"),
        (
            "Tiến trình xử lý đang chạy nhưng không ghi được điểm lưu nào hoặc không giữ phân vùng nào.",
            "Workers run, but none can write a checkpoint, or none holds a partition.",
        ),
    ),
    _Platform(
        EXPORTER_ABSENT,
        f'absent(up{{job="{EXPORTER_JOB}"}} == 1)',
        PLATFORM_HOLD,
        "page",
        ("Không có exporter nào trả lời", "No exporter answers"),
        ("Màn hình không có số liệu mới.", "The wall gets no figures at all."),
    ),
    _Platform(
        "IocExporterStale",
        f"""time() - max({platform_metrics.EXPORTER_CHECKPOINT}) > 60
  and on ()
sum(increase({platform_metrics.WORKER_CHECKPOINT_RECORDS}_sum[1m])) > 0""",
        PLATFORM_HOLD,
        "page",
        ("Exporter không đọc được số liệu mới", "The exporter does not see new figures"),
        (
            "Tiến trình xử lý vẫn ghi, nhưng số liệu của exporter không đổi từ hơn một phút.",
            "Workers write, but the exporter's figures have not changed for more than a minute.",
        ),
    ),
    _Platform(
        EXPORTER_LEFT_BEHIND,
        f'up{{job="{EXPORTER_JOB}"}} unless on (instance) {EXPORTER_FRESH} == 1',
        PLATFORM_HOLD + LEAD,
        "digest",
        ("Một exporter không được tính: {{ $labels.instance }}", "An exporter does not count: {{ $labels.instance }}"),
        (
            "Nó không trả lời, hoặc số liệu của nó cũ hơn exporter khác: trạng thái dựa vào các exporter còn lại.",
            "It does not answer, or its figures are older than another's: statuses rest on the others.",
        ),
    ),
    _Platform(
        "IocWorkerStuck",
        f"""sum by (subsystem) ({platform_metrics.WORKER_LAG_RECORDS}) > 0
  and on (subsystem)
sum by (subsystem) (increase({platform_metrics.WORKER_RECORDS}[2m])) == 0""",
        PLATFORM_HOLD,
        "page",
        (f"Xử lý bị kẹt: {_SUBSYSTEM}", f"Processing is stuck: {_SUBSYSTEM}"),
        (
            "Có {{ $value }} bản ghi chờ và hai phút qua không bản ghi nào được xử lý.",
            "{{ $value }} records wait, and for two minutes none was processed.",
        ),
    ),
    _Platform(
        "IocWorkerHung",
        f"max by (instance) ({platform_metrics.WORKER_STUCK}) == 1",
        PLATFORM_HOLD,
        "page",
        ("Một tiến trình xử lý bị treo: {{ $labels.instance }}", "A worker hangs: {{ $labels.instance }}"),
        (
            "Nó giữ các phân vùng nhưng không xử lý: các chỉ tiêu liên quan hiển thị màu xám.",
            "It holds partitions and applies nothing: the KPIs that they are a part of turn grey.",
        ),
    ),
    _Platform(
        "IocTornCheckpoint",
        f"time() - max by (instance) ({platform_metrics.WORKER_TORN_AT} > 0) < 3600",
        0,
        "page",
        ("Điểm lưu bị hỏng, đang dựng lại: {{ $labels.instance }}", "A torn checkpoint: {{ $labels.instance }}"),
        (
            "Một phân vùng được dựng lại từ các sự kiện còn lưu; nếu đã có sự kiện bị xóa thì IocEventsLost sẽ báo.",
            "A partition is rebuilt from the events still kept; where some were deleted by age IocEventsLost tells it.",
        ),
    ),
    _Platform(
        TRANSACTION_OPEN,
        f"max by (subsystem) {of_fresh(metric_names.SOURCE_OPEN_TRANSACTION)} > {OPEN}",
        PLATFORM_HOLD,
        "page",
        (f"Giao dịch Kafka chưa kết thúc: {_SUBSYSTEM}", f"A transaction does not end: {_SUBSYSTEM}"),
        (
            "Một nguồn đã mở giao dịch {{ $value | humanizeDuration }} trước và giữ lại mọi bản ghi đến sau.",
            "A source opened it {{ $value | humanizeDuration }} ago; it holds back every record that came after.",
        ),
    ),
    _Platform(
        FIGURES_BEHIND,
        f"max by (subsystem) {of_fresh(metric_names.SOURCE_LAG_SECONDS)} > {LAG}",
        PLATFORM_HOLD + LEAD,
        "page",
        (f"Số liệu chậm so với nguồn: {_SUBSYSTEM}", f"Figures fall behind: {_SUBSYSTEM}"),
        (
            "Bản ghi cũ nhất chưa vào số liệu đã chờ {{ $value | humanizeDuration }}; không chỉ tiêu nào xanh.",
            "The oldest record not in the figures has waited for {{ $value | humanizeDuration }}; nothing is green.",
        ),
    ),
    _Platform(
        EVENTS_LOST,
        f"max by (subsystem) {of_fresh(metric_names.SOURCE_LOST)} > 0",
        PLATFORM_HOLD,
        "digest",
        (
            f"Sự kiện bị xóa trước khi được đọc: {_SUBSYSTEM}",
            f"Events were deleted before they were read: {_SUBSYSTEM}",
        ),
        (
            "{{ $value }} bản ghi đã quá hạn lưu; chỉ tiêu nào có thể thiếu chúng thì không xanh.",
            "{{ $value }} records had passed their retention; no KPI is green that may lack them.",
        ),
    ),
    _Platform(
        "IocWatermarkStalled",
        f"""max by (subsystem) {of_fresh(f"increase({metric_names.EVENTS_CONSUMED}[15m])")} > 0
  and on (subsystem)
max by (subsystem) {of_fresh(f"changes({metric_names.EVENT_TIME}[15m])")} == 0""",
        300,
        "digest",
        (f"Thời gian sự kiện đứng yên: {_SUBSYSTEM}", f"Event time stands still: {_SUBSYSTEM}"),
        (
            "Có bản ghi mới nhưng 15 phút qua không có sự kiện nào mới hơn: nguồn gửi lại dữ liệu cũ, trùng hoặc sai.",
            "Records come, but none newer for 15 minutes: the source repeats itself, sends old events or wrong ones.",
        ),
    ),
    _Platform(
        "IocDeadLettersRising",
        f"""max by (subsystem) {_REJECTED} >= 10
  and on (subsystem)
max by (subsystem) {_REJECTED}
  >= 0.01 * max by (subsystem) {of_fresh(f"increase({metric_names.EVENTS_CONSUMED}[15m])")}""",
        60,
        "digest",
        (f"Nhiều bản ghi bị từ chối: {_SUBSYSTEM}", f"Many records are rejected: {_SUBSYSTEM}"),
        (
            'Trong 15 phút {{ $value | printf "%.0f" }} bản ghi vào hàng lỗi, ít nhất 1 % số nhận được.',
            'In 15 minutes {{ $value | printf "%.0f" }} records became dead letters, at least 1% of what came.',
        ),
    ),
    _Platform(
        "IocRecordsFailing",
        f"sum by (subsystem) ({_INTERNAL}) > 0",
        60,
        "digest",
        (f"Chương trình lỗi khi xử lý bản ghi: {_SUBSYSTEM}", f"The program fails on records: {_SUBSYSTEM}"),
        (
            'Trong 15 phút {{ $value | printf "%.0f" }} bản ghi vào hàng lỗi vì lỗi chương trình: số liệu thiếu chúng.',
            'In 15 minutes {{ $value | printf "%.0f" }} records became dead letters by a fault of this program.',
        ),
    ),
    _Platform(
        "IocConservationBroken",
        f"{metric_names.EVENTS_CONSUMED} != on (subsystem, instance) "
        f"sum by (subsystem, instance) ({metric_names.EVENTS})",
        60,
        "page",
        (f"Số sự kiện không khớp: {_SUBSYSTEM}", f"Events do not add up: {_SUBSYSTEM}"),
        (
            "Đã nhận {{ $value }} nhưng áp dụng, trùng và từ chối cộng lại khác số đó: số liệu của phân hệ có thể sai.",
            "{{ $value }} consumed, but applied, duplicate and rejected do not add up to that: figures may be wrong.",
        ),
    ),
    _Platform(
        "IocNegativeCount",
        f"max by (subsystem) {of_fresh(f'increase({metric_names.NEGATIVE_COUNTS}[1h])')} > 0",
        60,
        "page",
        (f"Có số đếm âm: {_SUBSYSTEM}", f"A count is below 0: {_SUBSYSTEM}"),
        (
            "Một số đếm đã xuống dưới 0, điều không thể có: số liệu của phân hệ có thể sai.",
            "A count fell below 0, which none can: the subsystem's figures may be wrong.",
        ),
    ),
    _Platform(
        "IocIdsConflict",
        f"max by (subsystem, feed) {of_fresh(f'increase({metric_names.EVENTS_CONFLICTING}[1h])')} > 0",
        60,
        "digest",
        (
            f"Trùng mã sự kiện, khác nội dung: {_SUBSYSTEM}, {_FEED}",
            f"Same ids, other contents: {_SUBSYSTEM}, {_FEED}",
        ),
        (
            '{{ $value | printf "%.0f" }} sự kiện không được tính vì mã đã có ở sự kiện khác nội dung.',
            '{{ $value | printf "%.0f" }} events do not count, as others had their ids and said something else.',
        ),
    ),
    _Platform(
        "IocClockSkew",
        f"""abs(time() - {metric_names.CLOCK}) > {SKEW} unless on (instance) {metric_names.SIMULATED} == 1
or
abs({platform_metrics.EXPORTER_CLOCK_SKEW.name}) > {SKEW}
or
max by (subsystem) {_FUTURE} > 0""",
        60,
        "digest",
        (
            "Đồng hồ lệch: {{ or $labels.subsystem $labels.instance }}",
            "Clocks differ: {{ or $labels.subsystem $labels.instance }}",
        ),
        (
            "Đồng hồ của exporter khác Prometheus hơn một phút, hoặc một nguồn gửi sự kiện ở tương lai.",
            "The exporter's clock is more than a minute from Prometheus', or a source sends events from the future.",
        ),
    ),
    _Platform(
        "IocDiskRunningOut",
        _DISK_RUNNING_OUT,
        60,
        "page",
        (
            "Đĩa sắp đầy: {{ $labels.instance }} {{ $labels.device }}",
            "A disk runs out: {{ $labels.instance }} {{ $labels.device }}",
        ),
        (
            "Còn {{ $value | humanizePercentage }}. Kafka, Prometheus hoặc relay sẽ dừng khi đĩa đầy.",
            "{{ $value | humanizePercentage }} are free. Kafka, Prometheus or the relay stop when it is full.",
        ),
    ),
    _Platform(
        "IocRelayAbsent",
        f'absent(up{{job="{RELAY_JOB}"}} == 1)',
        60,
        # Whom should it wake, while nobody can be told? The morning's digest has it, the wall at once, and who watches
        # the heartbeat from outside.
        "digest",
        ("Relay không trả lời: cảnh báo không đến người trực", "The relay does not answer: nobody is told of alerts"),
        (
            "Alertmanager giữ các cảnh báo và gửi khi relay trở lại. Hãy nhìn màn hình.",
            "Alertmanager keeps alerts and tells them when the relay is back. Watch the wall.",
        ),
        severity="critical",
    ),
    _Platform(
        "IocRelayUndelivered",
        f"""max({platform_metrics.RELAY_OLDEST_WAITING}) > {UNDELIVERED}
or
sum(increase({platform_metrics.RELAY_DELIVERIES}{{outcome="refused"}}[15m])) > 0
or
sum(increase({platform_metrics.RELAY_STEP_FAILURES}[5m])) > {RELAY_FAILURES}
or
time() - max({platform_metrics.RELAY_ROUND}) > {UNDELIVERED}""",
        PLATFORM_HOLD,
        "page",
        ("Tin báo không đến người nhận", "Messages do not reach whom they are for"),
        (
            "Có tin chờ gửi quá hai phút hoặc bị từ chối: máy chủ thư, cổng tin nhắn, địa chỉ hay chính relay có lỗi.",
            "One waits for two minutes or was refused: a mail server, a gateway, an address or the relay is at fault.",
        ),
    ),
    _Platform(
        "IocRulesFailing",
        "increase(prometheus_rule_evaluation_failures_total[5m]) > 0",
        60,
        "page",
        ("Prometheus không tính được trạng thái", "Prometheus fails to evaluate rules"),
        ("Nhóm quy tắc: {{ $labels.rule_group }}.", "Group of rules: {{ $labels.rule_group }}."),
    ),
)


def platform_alerts() -> Iterator[AlertRule]:
    """All of them, the dead-man switch last: it always fires, so that its silence is noticed elsewhere."""
    yield from certificate_alerts()
    for platform in _ALERTS:
        yield AlertRule(
            alert=platform.alert,
            expr=platform.expr,
            hold=platform.hold,
            labels={
                # A feed's own label would be overwritten.
                **({} if "$labels.subsystem" in platform.summary[0] else {"subsystem": "platform"}),
                "layer": "platform",
                "severity": platform.severity or ("critical" if platform.alert_class == "page" else "warning"),
                "class": platform.alert_class,
            },
            annotations=_annotations(platform.summary, platform.details),
        )
    yield AlertRule(
        alert=DEAD_MAN_SWITCH,
        expr="vector(1)",
        hold=0,
        labels={"subsystem": "platform", "layer": "platform", "severity": "none", "class": "heartbeat"},
        annotations=_annotations(
            ("Cảnh báo vẫn hoạt động", "Alerting is alive"),
            (
                "Luôn bật; nếu tin này ngừng đến thì chuỗi cảnh báo đã hỏng.",
                "Always on: when it ceases, alerting died.",
            ),
        ),
    )


def _annotations(summary: tuple[str, str], details: tuple[str, str]) -> dict[str, str]:
    return {
        "summary_vi": summary[0],
        "summary_en": summary[1],
        "details_vi": details[0],
        "details_en": details[1],
    }
