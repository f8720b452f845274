"""The platform: how much goes through it, how far behind it is, how its checkpoints, restores and servers fare."""

from collections.abc import Sequence

from dashboards.grafana.addresses import CASES_VARIABLE, dashboard_links, uid
from dashboards.grafana.alerts import alert_table
from dashboards.grafana.breakdown import subsystem_series
from dashboards.grafana.charts import stat, status_stat, timeseries
from dashboards.grafana.panel import Dashboard, Json, Panel, Query, Section, by_name
from dashboards.grafana.queries import NONE, OPEN_ALERTS, PLATFORM_STATUS, or_none
from dashboards.grafana.units import DATE_AND_TIME, LOCAL_NUMBER, SECONDS
from dashboards.grafana.words import ALERTS, ALERTS_OPEN, FATES, NONE_REJECTED, PLATFORM, STATUS, Speaker
from ioc.catalogue.model import Catalogue
from ioc.kpis import metric_names
from ioc.text.formats import DATA_AS_OF
from ioc.text.words import Words

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

_STATE = Words("Tình trạng chung", "State")
_STREAM = Words("Luồng sự kiện", "Events")
_CHECKPOINTS = Words("Điểm lưu và khôi phục", "Checkpoints and restores")
_KAFKA = "Kafka"
_SERVERS = Words("Tiến trình", "Processes")
_WORKERS = Words("Tiến trình đang chạy", "Targets up")
_UP_NAME = Words("{{job}}", "{{job}}")
_CHANGED = Words("Số liệu đổi lần cuối", "Figures last changed")
_PARTITION = Words("phân vùng {{partition}}", "partition {{partition}}")


def platform(catalogue: Catalogue, say: Speaker) -> Dashboard:
    """The platform in one language."""
    none = by_name(NONE, {"displayName": say(NONE_REJECTED)})
    overrides = [*subsystem_series(catalogue, say), none, _TIME_AXIS]

    def chart(
        title: Words, text: Words, queries: Sequence[Query], unit: Json, width: int = 8, *, stacked: bool = False
    ) -> Panel:
        # Grafana gives a legend a third of its panel, and that of all subsystems has five lines.
        size = (width, 11)
        return timeseries(say(title), say(text), queries, size, say, unit=unit, stacked=stacked, overrides=overrides)

    state = [
        status_stat(
            say(STATUS),
            say(Words("Xấu nhất trong các cảnh báo về nền tảng.", "The worst of the platform's alerts.")),
            Query(PLATFORM_STATUS, say(STATUS)),
            (5, 5),
            say,
        ),
        stat(
            say(ALERTS_OPEN),
            say(Words("Cảnh báo đang báo, mọi phân hệ.", "Alerts that fire, of all subsystems.")),
            [Query(OPEN_ALERTS, say(ALERTS_OPEN))],
            (4, 5),
            say,
            unit=COUNT,
        ),
        stat(
            say(_WORKERS),
            say(Words("Số tiến trình trả lời Prometheus, theo loại.", "Targets that answer Prometheus, by job.")),
            [Query("sum by (job) (up)", say(_UP_NAME))],
            (7, 5),
            say,
            unit=COUNT,
        ),
        stat(
            say(DATA_AS_OF),
            say(Words("Sự kiện mới nhất trong mọi phân hệ.", "The newest event of all subsystems.")),
            [Query(f"1000 * max({metric_names.EVENT_TIME})", say(DATA_AS_OF))],
            (4, 5),
            say,
            unit=MOMENT,
        ),
        stat(
            say(_CHANGED),
            say(Words("Lần cuối exporter thấy số liệu thay đổi.", "When the exporter last saw figures change.")),
            [Query(f"1000 * max({metric_names.FIGURES_CHANGED})", say(_CHANGED))],
            (4, 5),
            say,
            unit=MOMENT,
        ),
    ]
    return Dashboard(
        uid=uid("platform", say),
        title=say(PLATFORM),
        description=say(
            Words(
                "Luồng sự kiện, độ trễ, điểm lưu, khôi phục, bộ nhớ và hàng lỗi.",
                "Throughput, lag, checkpoints, restores, memory and dead letters.",
            )
        ),
        language=say.language,
        sections=[
            Section(say(_STATE), state),
            Section(say(_STREAM), [chart(*parts, stacked=parts[0] in _STACKED) for parts in _stream(say)]),
            Section(say(_CHECKPOINTS), [chart(*parts) for parts in _checkpoints(say)]),
            Section(_KAFKA, [chart(*parts, width=12) for parts in _kafka(say)]),
            Section(say(_SERVERS), [chart(*parts) for parts in _servers()]),
            Section(say(ALERTS), [alert_table(catalogue, say, height=10)]),
        ],
        span="3h",
        refresh="10s",
        variables=[CASES_VARIABLE],
        links=dashboard_links(say, "platform"),
    )


_Chart = tuple[Words, Words, Sequence[Query], Json]

_THROUGHPUT = Words("Bản ghi mỗi giây theo phân hệ", "Records per second by subsystem")
_BY_FATE = Words("Bản ghi mỗi giây theo kết quả", "Records per second by fate")
_STACKED = (_THROUGHPUT, _BY_FATE)


def _stream(say: Speaker) -> list[_Chart]:
    fates = [
        Query(f'sum(rate({metric_names.EVENTS}{{fate="{fate}"}}{_RATE}))', say.lower(word))
        for fate, word in FATES.items()
    ]
    return [
        (
            _THROUGHPUT,
            Words("Bản ghi mà các tiến trình xử lý đọc được.", "Records that the workers consume."),
            [Query(f"sum by (subsystem) (rate(ioc_worker_records_total{_RATE}))", "{{subsystem}}")],
            PER_SECOND,
        ),
        (
            Words("Dung lượng mỗi giây", "Bytes per second"),
            Words("Dung lượng của các bản ghi đọc được.", "The size of the records consumed."),
            [Query(f"sum by (subsystem) (rate(ioc_worker_bytes_total{_RATE}))", "{{subsystem}}")],
            {"unit": "Bps", "decimals": 1},
        ),
        (
            _BY_FATE,
            Words("Đã tính, trùng, bị từ chối.", "Applied, duplicate, rejected."),
            fates,
            PER_SECOND,
        ),
        (
            Words("Bản ghi chờ xử lý", "Lag in records"),
            Words("Bản ghi đã gửi nhưng chưa được xử lý.", "Records appended and not applied yet."),
            [Query("sum by (subsystem) (ioc_worker_lag_records)", "{{subsystem}}")],
            COUNT,
        ),
        (
            Words("Độ trễ xử lý", "Lag in time"),
            Words(
                "Tuổi của bản ghi mới nhất đã xử lý khi còn bản ghi chờ.",
                "Age of the newest applied record while there are newer ones.",
            ),
            [Query("max by (subsystem) (ioc_worker_lag_seconds)", "{{subsystem}}")],
            SPAN,
        ),
        (
            Words("Thời gian sự kiện mới nhất", "Watermark"),
            Words("Thời điểm của sự kiện mới nhất đã xử lý.", "The newest event time applied."),
            [Query("1000 * max by (subsystem) (ioc_worker_watermark_seconds)", "{{subsystem}}")],
            MOMENT,
        ),
        (
            Words("Thời gian tính toán", "Time in the engine"),
            Words("Phần thời gian của một nhân dành để tính.", "Share of one core spent in the engine."),
            [Query(f"sum by (subsystem) (rate(ioc_worker_apply_seconds_total{_RATE}))", "{{subsystem}}")],
            CORES,
        ),
        (
            Words("Hàng lỗi", "Dead letters"),
            Words("Bản ghi bị từ chối được giữ lại, trong mỗi giây.", "Rejected records kept aside, per second."),
            [Query(f"sum by (instance) (rate(ioc_worker_dead_letters_total{_RATE}))", "{{instance}}")],
            PER_SECOND,
        ),
        (
            Words("Bị từ chối theo lý do", "Rejected by reason"),
            Words("Bản ghi bị từ chối mỗi giây, theo lý do.", "Records rejected per second, by reason."),
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


def _checkpoints(say: Speaker) -> list[_Chart]:
    counters = {
        "rebalances": Words("phân chia lại", "rebalances"),
        "fenced": Words("bị thay quyền", "fenced"),
        "torn_checkpoints": Words("dựng lại từ đầu", "torn checkpoints"),
        "doubtful_checkpoints": Words("chưa rõ kết quả", "doubtful checkpoints"),
        "skipped_offsets": Words("vị trí bị bỏ qua", "skipped offsets"),
    }
    return [
        (
            Words("Thời gian ghi điểm lưu", "Time of a checkpoint"),
            Words("Trung vị và p99 của một lần ghi.", "Median and p99 of one checkpoint."),
            [_quantile(quantile, name) for quantile, name in ((0.5, "p50"), (0.99, "p99"))],
            SHORT,
        ),
        (
            Words("Tuổi điểm lưu", "Age of the checkpoint"),
            Words("Tuổi của thay đổi cũ nhất chưa được lưu.", "Age of the oldest change without a checkpoint."),
            [Query("max by (partition) (ioc_worker_checkpoint_age_seconds)", say(_PARTITION))],
            SHORT,
        ),
        (
            Words("Bản ghi trong điểm lưu", "Records written"),
            Words("Bản ghi được ghi vào Kafka mỗi giây.", "Records written to Kafka per second."),
            [Query(f"sum by (instance) (rate(ioc_worker_checkpoint_records_sum{_RATE}))", "{{instance}}")],
            PER_SECOND,
        ),
        (
            Words("Thời gian khôi phục", "Time of the last restore"),
            Words("Thời gian của lần khôi phục gần nhất.", "How long the last restore took."),
            [Query("max by (instance) (ioc_worker_restore_seconds)", "{{instance}}")],
            SHORT,
        ),
        (
            Words("Sự cố đã xử lý", "What was survived"),
            Words(
                "Phân chia lại, mất quyền ghi, dựng lại, chưa rõ kết quả, vị trí bị bỏ qua: tổng từ khi chạy.",
                "Rebalances, fencing, rebuilt partitions, doubtful checkpoints, skipped offsets: since the start.",
            ),
            [Query(f"sum(ioc_worker_{name}_total)", say.lower(word)) for name, word in counters.items()],
            COUNT,
        ),
        (
            Words("Không khớp số sự kiện", "Conservation"),
            Words(
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


def _kafka(say: Speaker) -> list[_Chart]:
    written = Words("đã ghi", "written")
    doubtful = Words("chưa rõ kết quả", "doubtful")
    return [
        (
            Words("Giao dịch với Kafka", "Transactions with Kafka"),
            Words(
                "Điểm lưu ghi được và chưa rõ kết quả, mỗi giây; đều bằng 0 khi có bản ghi chờ: Kafka không trả lời.",
                "Checkpoints written and doubtful, per second; both 0 while records wait: Kafka does not answer.",
            ),
            [
                Query(f"sum(rate(ioc_worker_checkpoint_seconds_count{_RATE}))", say.lower(written)),
                Query(f"sum(rate(ioc_worker_doubtful_checkpoints_total{_RATE}))", say.lower(doubtful)),
            ],
            PER_SECOND,
        ),
        (
            Words("Đĩa còn trống", "Free disk space"),
            Words(
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
            Words("Bộ nhớ", "Memory"),
            Words("Bộ nhớ thật của từng tiến trình.", "Resident memory of each process."),
            [Query("process_resident_memory_bytes", each)],
            BYTES,
        ),
        (
            Words("Bộ xử lý", "CPU"),
            Words("Số nhân mà từng tiến trình dùng.", "Cores that each process uses."),
            [Query(f"rate(process_cpu_seconds_total{_RATE})", each)],
            CORES,
        ),
        (
            Words("Thời gian thu thập", "Scrape duration"),
            Words("Thời gian Prometheus đọc từng tiến trình.", "How long Prometheus reads each target."),
            [Query("scrape_duration_seconds", each)],
            SHORT,
        ),
    ]


def _quantile(quantile: float, name: str) -> Query:
    return Query(
        f"histogram_quantile({quantile}, sum by (le) (rate(ioc_worker_checkpoint_seconds_bucket{_RATE})))", name
    )
