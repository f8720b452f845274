"""A table of feeds: whether each speaks, how new it is, and what of it came late or was refused."""

from dashboards.grafana.breakdown import subsystem_column
from dashboards.grafana.charts import table, table_height
from dashboards.grafana.panel import Json, Panel, Query, by_name
from dashboards.grafana.status import LOOKS, NO_NUMBER, value_mappings
from dashboards.grafana.units import DATE_AND_TIME, LOCAL_NUMBER, SECONDS
from dashboards.grafana.words import FEED, FEEDS, LATE, REJECTED, STATE, SUBSYSTEM
from dashboards.rules.exporters import of_unoutdated, while_one_answers
from dashboards.rules.names import FEED_SILENT
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.kpis import metric_names
from ioc.kpis.status import GreyReason, Status
from ioc.text.bilingual import Language, Text
from ioc.text.formats import DATA_AS_OF

_SILENT_FOR = Text("Im lặng", "Silent for")
_EXPECTED = Text("Chu kỳ", "Expected every")
_SPEAKS = Text("Đang gửi", "Speaks")
_SECONDS: Json = {"unit": SECONDS, "decimals": 0, "noValue": "–"}
_COUNT: Json = {"unit": LOCAL_NUMBER, "decimals": 0, "noValue": "–", "custom.width": 110}
_MOMENT: Json = {"unit": DATE_AND_TIME, "mappings": [NO_NUMBER], "custom.width": 170}
_TEXT = Text(
    "Từng nguồn: im lặng bao lâu trong giờ hoạt động so với chu kỳ của nó, bao nhiêu bản ghi đến muộn, bị từ chối. "
    "Nguồn im lặng quá chu kỳ thì các chỉ tiêu dựa vào nó màu xám.",
    "Of each feed how long it has been silent in its hours against its expected interval, and how many records were "
    "late or rejected. While one is silent for longer, the KPIs that rest on it are grey.",
)


def feed_table(subsystem: Subsystem, language: Language) -> Panel:
    """The feeds of one subsystem."""
    return _table(f'{{subsystem="{subsystem.subsystem}"}}', (24, len(subsystem.feeds)), language)


def all_feeds(catalogue: Catalogue, language: Language, width: int, rows: int) -> Panel:
    """Those of all subsystems, so many at a time; the longest silence is first."""
    return _table("", (width, rows), language, catalogue)


def _table(only: str, size: tuple[int, int], language: Language, catalogue: Catalogue | None = None) -> Panel:
    """So wide and of so many rows; with a column of the subsystems where a catalogue names them."""
    titles = {STATE: _state(language), DATA_AS_OF: _MOMENT, _SILENT_FOR: _SECONDS, _EXPECTED: _SECONDS}
    titles |= {LATE: _COUNT, REJECTED: _COUNT}
    columns = {"subsystem": SUBSYSTEM.titled(language)} if catalogue else {}
    columns[f"name_{language}"] = FEED.titled(language)
    columns |= {f"Value #{ref}": title.titled(language) for ref, title in zip("BCDEFG", titles, strict=True)}
    overrides = [by_name(title.titled(language), properties) for title, properties in titles.items()]
    return table(
        FEEDS.titled(language),
        _TEXT.titled(language),
        [Query(expr, instant=True, table=True, possibly_empty=True) for expr in _queries(only)],
        (size[0], table_height(size[1])),
        language,
        columns=columns,
        sort=[(_SILENT_FOR.titled(language), True)],
        overrides=[subsystem_column(catalogue, language), *overrides] if catalogue else overrides,
    )


def _queries(only: str) -> list[str]:
    """The names of every feed, heard or not, and then what the columns show of it."""

    def of(metric: str) -> str:
        return f"max by (subsystem, feed) {of_unoutdated(metric + only)}"

    rejected = of_unoutdated(f"sum by (subsystem, feed, instance) ({metric_names.EVENTS_REJECTED}{only})")
    return [
        f"max by (subsystem, feed, name_vi, name_en) {of_unoutdated(metric_names.FEED_INFO + only)}",
        while_one_answers(f"max by (subsystem, feed) ({FEED_SILENT}{only})"),
        f"1000 * {of(metric_names.FEED_EVENT_TIME)}",
        of(metric_names.FEED_SILENCE),
        of(metric_names.FEED_EXPECTED_INTERVAL),
        of(metric_names.EVENTS_LATE),
        # What is rejected of no known feed stands among the reasons.
        f"max by (subsystem, feed) {rejected} and on (subsystem, feed) {metric_names.FEED_INFO}{only}",
    ]


def _state(language: Language) -> Json:
    """Whether it speaks. Of one that was never heard nothing is recorded, nor of one that may be silent for ever."""
    looks = {0: (_SPEAKS, LOOKS[Status.GREEN]), 1: (GreyReason.FEED_SILENT.text, LOOKS[Status.GREY])}
    texts = {
        value: {"text": f"{look.shape} {word.titled(language)}", "color": look.colour}
        for value, (word, look) in looks.items()
    }
    return {
        "mappings": value_mappings(texts),
        "custom.cellOptions": {"type": "color-text"},
        "custom.width": 150,
        "noValue": "–",
    }
