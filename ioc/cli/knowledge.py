"""What ``ioc explain`` says of how much is known of a KPI, from which feeds, and what would make it green."""

from collections.abc import Iterator, Mapping

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dashboards.prometheus_api import Prometheus, Sample
from dashboards.rules.exporters import of_unoutdated
from dashboards.rules.rule import selector
from ioc.catalogue.feeds import feeds_of_kpi
from ioc.catalogue.model import FeedSpec, Subsystem
from ioc.kpis import metric_names
from ioc.kpis.status import Certainty, GreyReason
from ioc.text import formats
from ioc.text.bilingual import Language
from ioc.text.bilingual import Text as Bilingual

_NEEDED = {
    GreyReason.NOT_DUE: Bilingual("đến hạn báo cáo", "its report to be due"),
    GreyReason.NO_DATA: Bilingual("nguồn gửi lần đầu", "the feed to be heard for the first time"),
    GreyReason.FEED_SILENT: Bilingual("nguồn gửi lại", "the feed to be heard again"),
    GreyReason.BEHIND: Bilingual("đọc hết các bản ghi đang chờ", "the records that wait to be read"),
    GreyReason.REBUILDING: Bilingual("dựng lại xong", "the rebuild to end"),
    GreyReason.INCOMPLETE: Bilingual("được tính trọn một kỳ", "a whole window to be counted"),
    GreyReason.LOST: Bilingual(
        "gửi lại sự kiện cũ rồi chấp nhận phần mất (IOC_LOSS_ACCEPTED_BEFORE)",
        "older events to be sent again, then the loss accepted (IOC_LOSS_ACCEPTED_BEFORE)",
    ),
    GreyReason.THING_SILENT: Bilingual(
        "có tín hiệu lại, hoặc được báo là ngừng hoạt động", "to be heard again, or declared out of service"
    ),
}
"""What each doubt waits for; a sample below the minimum is none, and has its own line in the definition."""


def knowledge(prometheus: Prometheus, subsystem: Subsystem, kpi: str) -> RenderableType:
    """How much is known of a KPI now. Raises PrometheusError."""
    asked = _Asked(prometheus, subsystem.subsystem, kpi)
    certainty = asked.certainty
    said = "-" if certainty is None else f"{certainty.text.vi} ({certainty.text.en})"
    parts: list[RenderableType] = [Text.assemble(("Biết đến đâu (what is known): ", "bold"), said)]
    feeds = feeds_of_kpi(subsystem, kpi)
    if feeds:
        parts.append(_feeds(asked, {feed: subsystem.feeds[feed] for feed in feeds}))
    if asked.since is not None:
        parts.append(Text(f"Tính đủ từ (counts everything since): {formats.time_text(asked.since)}"))
    parts += [Text(f"Để xanh cần (to be green it takes): {text}") for text in _needed(asked, subsystem)]
    return Group(*parts)


_OF_TARGETS = {"instance", "job", "subsystem", "kpi"}


class _Asked:
    """Prometheus' answers on one KPI, of the exporters that count."""

    def __init__(self, prometheus: Prometheus, subsystem: str, kpi: str) -> None:
        self._prometheus, self._subsystem = prometheus, {"subsystem": subsystem}
        of_kpi = {**self._subsystem, "kpi": kpi}
        known = self._samples(selector(metric_names.KPI_KNOWLEDGE, **of_kpi))
        self.certainty = min((Certainty(int(sample.value)) for sample in known), default=None)
        since = self._samples(selector(metric_names.KPI_SINCE, **of_kpi))
        self.since = max((sample.value for sample in since), default=None)
        told = (sample.labels for sample in self._samples(selector(metric_names.KPI_DOUBT_INFO, **of_kpi)))
        by_any = [tuple((name, value) for name, value in each.items() if name not in _OF_TARGETS) for each in told]
        self.doubts = [dict(labels) for labels in sorted(set(by_any))]

    def of_feeds(self, metric: str) -> Mapping[str, float]:
        """A metric of the subsystem's feeds."""
        return {sample.labels["feed"]: sample.value for sample in self._samples(selector(metric, **self._subsystem))}

    def _samples(self, series: str) -> list[Sample]:
        return self._prometheus.query(of_unoutdated(series))


def _feeds(asked: _Asked, feeds: Mapping[str, FeedSpec]) -> Table:
    """A row per feed: as of when it is known, how long it has said nothing, and how long it may."""
    newest, silence = asked.of_feeds(metric_names.FEED_EVENT_TIME), asked.of_feeds(metric_names.FEED_SILENCE)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    for title in ("Nguồn\n(feed)", "Sự kiện mới nhất\n(newest event)", "Im lặng\n(silent for)", "Chu kỳ\n(expected)"):
        table.add_column(title)
    for slug, spec in feeds.items():
        table.add_row(
            f"{spec.name.vi} ({slug})",
            formats.time_text(newest[slug]) if slug in newest else "-",
            formats.duration(silence[slug]) if slug in silence else "-",
            "-" if spec.expected_interval is None else str(spec.expected_interval),
        )
    return table


def _needed(asked: _Asked, subsystem: Subsystem) -> Iterator[str]:
    """A line for each thing that is not known, in both languages; nothing where all is known."""
    silence = asked.of_feeds(metric_names.FEED_SILENCE)
    for labels in asked.doubts:
        reason = GreyReason[labels["reason"].upper()]
        texts = (
            f"{_about(labels, subsystem, silence, language)}{_NEEDED[reason].of(language)}" for language in ("vi", "en")
        )
        yield "{} ({})".format(*texts)


def _about(labels: Mapping[str, str], subsystem: Subsystem, silence: Mapping[str, float], language: Language) -> str:
    """The feed, partition or thing that a doubt is about, and how long the feed has said nothing."""
    for name, value in labels.items():
        if name == "feed":
            feed = subsystem.feeds[value].name.of(language)
            if value not in silence:
                return f"{feed}: "
            said = Bilingual("im lặng", "silent for").of(language)
            return f"{feed}, {said} {formats.duration(silence[value], language=language)}: "
        if name == "partition":
            return f"{Bilingual('phân vùng', 'partition').of(language)} {value}: "
        if name != "reason":
            return f"{_thing(subsystem, name, value, language)}: "
    return ""


def _thing(subsystem: Subsystem, label: str, value: str, language: Language) -> str:
    for field, spec in subsystem.fields.items():
        if subsystem.label(field) == label:
            known = spec.texts.get(value)
            return f"{spec.name.of(language)} {value if known is None else known.of(language)}"
    return value
