"""The platform: how much goes through it, how far behind it is, how its checkpoints, restores and servers fare."""

from collections.abc import Sequence

from dashboards.grafana.addresses import CASES_VARIABLE, dashboard_links
from dashboards.grafana.alerts import alert_table
from dashboards.grafana.breakdown import subsystem_series
from dashboards.grafana.charts import stat, status_stat, timeseries
from dashboards.grafana.panel import Dashboard, Json, Panel, Query, Section, by_name
from dashboards.grafana.queries import NONE, OPEN_ALERTS, PLATFORM_STATUS, or_none
from dashboards.grafana.units import DATE_AND_TIME, LOCAL_NUMBER, SECONDS
from dashboards.grafana.words import ALERTS, ALERTS_OPEN, FATES, NEWEST_EVENT, NONE_REJECTED, PLATFORM, STATUS
from ioc.catalogue.model import Catalogue
from ioc.kpis import metric_names, platform_metrics
from ioc.text.bilingual import Language, Text
from ioc.text.wall import dashboard_uid

COUNT: Json = {"unit": LOCAL_NUMBER, "decimals": 0}
PER_SECOND: Json = {"unit": "suffix:/s"}
BYTES: Json = {"unit": "bytes", "decimals": 1}
SHORT: Json = {"unit": "suffix: s", "decimals": 2}
SPAN: Json = {"unit": SECONDS, "decimals": 0}
CORES: Json = {"unit": LOCAL_NUMBER, "decimals": 2}
MOMENT: Json = {"unit": DATE_AND_TIME}
_TIME_AXIS: Json = {
    "matcher": {"id": "byType", "options": "time"},
    "properties": [{"id": "unit", "value": "time:HH:mm"}],
}
"""Or a chart of moments would write its time axis as it writes its values, one label over the next."""

_RATE = "[$__rate_interval]"

_STATE = Text("Tình trạng chung", "State")
_STREAM = Text("Luồng sự kiện", "Events")
_CHECKPOINTS = Text("Điểm lưu và khôi phục", "Checkpoints and restores")
_KAFKA = "Kafka"
_SERVERS = Text("Tiến trình", "Processes")
_WORKERS = Text("Tiến trình đang chạy", "Targets up")
_UP_NAME = Text("{{job}}", "{{job}}")
_CHANGED = Text("Số liệu đổi lần cuối", "Figures last changed")
_PARTITION = Text("phân vùng {{partition}}", "partition {{partition}}")


def platform(catalogue: Catalogue, language: Language) -> Dashboard:
    """The platform in one language."""
    none = by_name(NONE, {"displayName": NONE_REJECTED.titled(language)})
    overrides = [*subsystem_series(catalogue, language), none, _TIME_AXIS]

    def chart(
        title: Text, text: Text, queries: Sequence[Query], unit: Json, width: int = 8, *, stacked: bool = False
    ) -> Panel:
        # Grafana gives a legend a third of its panel, and that of all subsystems has five lines.
        size = (width, 11)
        return timeseries(
            title.titled(language),
            text.titled(language),
            queries,
            size,
            language,
            unit=unit,
            stacked=stacked,
            overrides=overrides,
        )

    state = [
        status_stat(
            STATUS.titled(language),
            Text(
                "Xấu nhất trong các cảnh báo về nền tảng, kể cả cảnh báo nghiêm trọng còn trong thời gian chờ.",
                "The worst of the platform's alerts, a critical one within its hold too.",
            ).titled(language),
            Query(PLATFORM_STATUS, STATUS.titled(language)),
            (5, 5),
            language,
        ),
        stat(
            ALERTS_OPEN.titled(language),
            Text("Cảnh báo đang báo, mọi phân hệ.", "Alerts that fire, of all subsystems.").titled(language),
            [Query(OPEN_ALERTS, ALERTS_OPEN.titled(language))],
            (4, 5),
            language,
            unit=COUNT,
        ),
        stat(
            _WORKERS.titled(language),
            Text("Số tiến trình trả lời Prometheus, theo loại.", "Targets that answer Prometheus, by job.").titled(
                language
            ),
            [Query("sum by (job) (up)", _UP_NAME.titled(language))],
            (7, 5),
            language,
            unit=COUNT,
        ),
        stat(
            NEWEST_EVENT.titled(language),
            Text("Sự kiện mới nhất trong mọi phân hệ.", "The newest event of all subsystems.").titled(language),
            [Query(f"1000 * max({metric_names.EVENT_TIME})", NEWEST_EVENT.titled(language))],
            (4, 5),
            language,
            unit=MOMENT,
        ),
        stat(
            _CHANGED.titled(language),
            Text("Lần cuối exporter thấy số liệu thay đổi.", "When the exporter last saw figures change.").titled(
                language
            ),
            [Query(f"1000 * max({platform_metrics.EXPORTER_CHECKPOINT})", _CHANGED.titled(language))],
            (4, 5),
            language,
            unit=MOMENT,
        ),
    ]
    return Dashboard(
        uid=dashboard_uid("platform", language),
        title=PLATFORM.titled(language),
        description=Text(
            "Luồng sự kiện, độ trễ, điểm lưu, khôi phục, bộ nhớ và hàng lỗi.",
            "Throughput, lag, checkpoints, restores, memory and dead letters.",
        ).titled(language),
        language=language,
        sections=[
            Section(_STATE.titled(language), state),
            Section(
                _STREAM.titled(language), [chart(*parts, stacked=parts[0] in _STACKED) for parts in _stream(language)]
            ),
            Section(_CHECKPOINTS.titled(language), [chart(*parts) for parts in _checkpoints(language)]),
            Section(_KAFKA, [chart(*parts, width=12) for parts in _kafka(language)]),
            Section(_SERVERS.titled(language), [chart(*parts) for parts in _servers()]),
            Section(ALERTS.titled(language), [alert_table(catalogue, language, height=10)]),
        ],
        span="3h",
        refresh="10s",
        variables=[CASES_VARIABLE],
        links=dashboard_links(language, "platform"),
    )


_Chart = tuple[Text, Text, Sequence[Query], Json]

_THROUGHPUT = Text("Bản ghi mỗi giây theo phân hệ", "Records per second by subsystem")
_BY_FATE = Text("Bản ghi mỗi giây theo kết quả", "Records per second by fate")
_STACKED = (_THROUGHPUT, _BY_FATE)


def _stream(language: Language) -> list[_Chart]:
    fates = [
        Query(f'sum(rate({metric_names.EVENTS}{{fate="{fate}"}}{_RATE}))', word.of(language))
        for fate, word in FATES.items()
    ]
    return [
        (
            _THROUGHPUT,
            Text("Bản ghi mà các tiến trình xử lý đọc được.", "Records that the workers consume."),
            [Query(f"sum by (subsystem) (rate({platform_metrics.WORKER_RECORDS}{_RATE}))", "{{subsystem}}")],
            PER_SECOND,
        ),
        (
            Text("Dung lượng mỗi giây", "Bytes per second"),
            Text("Dung lượng của các bản ghi đọc được.", "The size of the records consumed."),
            [Query(f"sum by (subsystem) (rate({platform_metrics.WORKER_BYTES}{_RATE}))", "{{subsystem}}")],
            {"unit": "Bps", "decimals": 1},
        ),
        (
            _BY_FATE,
            Text("Đã tính, trùng, bị từ chối.", "Applied, duplicate, rejected."),
            fates,
            PER_SECOND,
        ),
        (
            Text("Bản ghi chờ xử lý", "Lag in records"),
            Text("Bản ghi đã gửi nhưng chưa được xử lý.", "Records appended and not applied yet."),
            [Query(f"sum by (subsystem) ({platform_metrics.WORKER_LAG_RECORDS})", "{{subsystem}}")],
            COUNT,
        ),
        (
            Text("Độ trễ xử lý", "Lag in time"),
            Text(
                "Tuổi của bản ghi mới nhất đã xử lý khi còn bản ghi chờ.",
                "Age of the newest applied record while there are newer ones.",
            ),
            [Query(f"max by (subsystem) ({platform_metrics.WORKER_LAG_SECONDS})", "{{subsystem}}")],
            SPAN,
        ),
        (
            Text("Thời gian sự kiện mới nhất", "Watermark"),
            Text("Thời điểm của sự kiện mới nhất đã xử lý.", "The newest event time applied."),
            [Query(f"1000 * max by (subsystem) ({platform_metrics.WORKER_WATERMARK})", "{{subsystem}}")],
            MOMENT,
        ),
        (
            Text("Thời gian tính toán", "Time in the engine"),
            Text("Phần thời gian của một nhân dành để tính.", "Share of one core spent in the engine."),
            [Query(f"sum by (subsystem) (rate({platform_metrics.WORKER_APPLY_SECONDS}{_RATE}))", "{{subsystem}}")],
            CORES,
        ),
        (
            Text("Hàng lỗi", "Dead letters"),
            Text("Bản ghi bị từ chối được giữ lại, trong mỗi giây.", "Rejected records kept aside, per second."),
            [Query(f"sum by (instance) (rate({platform_metrics.WORKER_DEAD_LETTERS}{_RATE}))", "{{instance}}")],
            PER_SECOND,
        ),
        (
            Text("Bị từ chối theo lý do", "Rejected by reason"),
            Text("Bản ghi bị từ chối mỗi giây, theo lý do.", "Records rejected per second, by reason."),
            [
                Query(
                    or_none(
                        f"sum by (reason) (rate({metric_names.EVENTS_REJECTED}{_RATE}))",
                        "reason",
                        f"rate({metric_names.EVENTS_CONSUMED}{_RATE})",
                        value="0",
                    ),
                    "{{reason}}",
                )
            ],
            PER_SECOND,
        ),
    ]


def _checkpoints(language: Language) -> list[_Chart]:
    counters = {
        platform_metrics.WORKER_REBALANCES: Text("phân chia lại", "rebalances"),
        platform_metrics.WORKER_FENCED: Text("bị thay quyền", "fenced"),
        platform_metrics.WORKER_TORN_CHECKPOINTS: Text("dựng lại từ đầu", "torn checkpoints"),
        platform_metrics.WORKER_DOUBTFUL_CHECKPOINTS: Text("chưa rõ kết quả", "doubtful checkpoints"),
        platform_metrics.WORKER_SKIPPED_OFFSETS: Text("vị trí bị bỏ qua", "skipped offsets"),
    }
    return [
        (
            Text("Thời gian ghi điểm lưu", "Time of a checkpoint"),
            Text("Trung vị và p99 của một lần ghi.", "Median and p99 of one checkpoint."),
            [_quantile(quantile, name) for quantile, name in ((0.5, "p50"), (0.99, "p99"))],
            SHORT,
        ),
        (
            Text("Tuổi điểm lưu", "Age of the checkpoint"),
            Text("Tuổi của thay đổi cũ nhất chưa được lưu.", "Age of the oldest change without a checkpoint."),
            [Query(f"max by (partition) ({platform_metrics.WORKER_CHECKPOINT_AGE})", _PARTITION.titled(language))],
            SHORT,
        ),
        (
            Text("Bản ghi trong điểm lưu", "Records written"),
            Text("Bản ghi được ghi vào Kafka mỗi giây.", "Records written to Kafka per second."),
            [
                Query(
                    f"sum by (instance) (rate({platform_metrics.WORKER_CHECKPOINT_RECORDS}_sum{_RATE}))", "{{instance}}"
                )
            ],
            PER_SECOND,
        ),
        (
            Text("Thời gian khôi phục", "Time of the last restore"),
            Text("Thời gian của lần khôi phục gần nhất.", "How long the last restore took."),
            [Query(f"max by (instance) ({platform_metrics.WORKER_RESTORE_SECONDS})", "{{instance}}")],
            SHORT,
        ),
        (
            Text("Sự cố đã xử lý", "What was survived"),
            Text(
                "Phân chia lại, mất quyền ghi, dựng lại, chưa rõ kết quả, vị trí bị bỏ qua: tổng từ khi chạy.",
                "Rebalances, fencing, rebuilt partitions, doubtful checkpoints, skipped offsets: since the start.",
            ),
            [Query(f"sum({counter})", word.of(language)) for counter, word in counters.items()],
            COUNT,
        ),
        (
            Text("Không khớp số sự kiện", "Conservation"),
            Text(
                "Nhận được trừ đi đã tính, trùng và bị từ chối: phải bằng 0.",
                "Consumed less applied, duplicate and rejected: must be 0.",
            ),
            [
                Query(
                    f"max by (subsystem) (abs({metric_names.EVENTS_CONSUMED} - on (subsystem, instance) "
                    f"sum by (subsystem, instance) ({metric_names.EVENTS})))",
                    "{{subsystem}}",
                )
            ],
            COUNT,
        ),
    ]


def _kafka(language: Language) -> list[_Chart]:
    written = Text("đã ghi", "written")
    doubtful = Text("chưa rõ kết quả", "doubtful")
    return [
        (
            Text("Giao dịch với Kafka", "Transactions with Kafka"),
            Text(
                "Điểm lưu ghi được và chưa rõ kết quả, mỗi giây; đều bằng 0 khi có bản ghi chờ: Kafka không trả lời.",
                "Checkpoints written and doubtful, per second; both 0 while records wait: Kafka does not answer.",
            ),
            [
                Query(f"sum(rate({platform_metrics.WORKER_CHECKPOINT_SECONDS}_count{_RATE}))", written.of(language)),
                Query(f"sum(rate({platform_metrics.WORKER_DOUBTFUL_CHECKPOINTS}{_RATE}))", doubtful.of(language)),
            ],
            PER_SECOND,
        ),
        (
            Text("Đĩa còn trống", "Free disk space"),
            Text(
                "Phần còn trống của từng đĩa; đĩa đầy thì Kafka, Prometheus hoặc relay dừng.",
                "Free share of each disk; Kafka, Prometheus or the relay stop when theirs is full.",
            ),
            [
                Query(
                    "min by (instance, device) (node_filesystem_avail_bytes / node_filesystem_size_bytes)",
                    "{{instance}} {{device}}",
                )
            ],
            {"unit": "percentunit", "decimals": 1},
        ),
    ]


def _servers() -> list[_Chart]:
    each = "{{job}} {{instance}}"
    return [
        (
            Text("Bộ nhớ", "Memory"),
            Text("Bộ nhớ thật của từng tiến trình.", "Resident memory of each process."),
            [Query("process_resident_memory_bytes", each)],
            BYTES,
        ),
        (
            Text("Bộ xử lý", "CPU"),
            Text("Số nhân mà từng tiến trình dùng.", "Cores that each process uses."),
            [Query(f"rate(process_cpu_seconds_total{_RATE})", each)],
            CORES,
        ),
        (
            Text("Thời gian thu thập", "Scrape duration"),
            Text("Thời gian Prometheus đọc từng tiến trình.", "How long Prometheus reads each target."),
            [Query("scrape_duration_seconds", each)],
            SHORT,
        ),
    ]


def _quantile(quantile: float, name: str) -> Query:
    buckets = f"sum by (le) (rate({platform_metrics.WORKER_CHECKPOINT_SECONDS}_bucket{_RATE}))"
    return Query(f"histogram_quantile({quantile}, {buckets})", name)
