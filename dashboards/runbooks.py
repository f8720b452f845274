"""Runbooks: a generated frame around a core that people write, one file per alert; and what is wrong with them."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from dashboards.nation.alerts import OWN, national_alerts
from dashboards.rules.alerts import feed_alerts, kpi_alerts
from dashboards.rules.limited import LimitedKpi, limited_kpis
from dashboards.rules.platform import platform_alerts
from dashboards.rules.rule import AlertRule
from dashboards.rules.wording import limit_text
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.catalogue.nation import NationalLimits
from ioc.notices.runbook import COMMAND, FIRST_STEPS, first_step
from ioc.text import formats
from ioc.text.bilingual import Text
from ioc.text.markdown import both_languages, markdown
from ioc.text.wall import dashboard_uid

FOLDER = "docs/runbooks"
PROJECT = Path(__file__).parents[1]
_BEGIN, _END = "<!-- core: written by hand, kept by `ioc render` -->", "<!-- /core -->"
_CORE = re.compile(re.escape(_BEGIN) + r"\n(.*?)" + re.escape(_END), re.DOTALL)
_UNWRITTEN = "TODO"
SECTIONS = (
    Text("Ý nghĩa", "Meaning"),
    Text("Nguyên nhân có thể", "Likely causes"),
    FIRST_STEPS,
    Text("Gọi cho ai", "Whom to call"),
)
_CLASSES = {
    "page": Text("báo ngay", "wakes somebody"),
    "digest": Text("tổng hợp 07:30", "07:30 digest"),
    "heartbeat": Text("nhịp kiểm tra", "heartbeat"),
}
_ANNOTATIONS = ("summary_vi", "summary_en", "details_vi", "details_en")


def runbooks(catalogue: Catalogue, root: Path = PROJECT) -> dict[str, str]:
    """Every runbook by its file's name; the cores are those written below ``root``, else the project's."""
    written = {
        path.name: path.read_text(encoding="utf-8")
        for folder in (PROJECT, root)
        for path in (folder / FOLDER).glob("*.md")
    }
    return framed(catalogue, written)


def framed(catalogue: Catalogue, written: Mapping[str, str]) -> dict[str, str]:
    """Every runbook by its file's name: frames anew, around the cores of the files that were written before."""
    files = {}
    for name, frame in _frames(catalogue).items():
        core = _CORE.search(written.get(f"{name}.md", ""))
        files[f"{name}.md"] = f"{frame}\n{_BEGIN}\n{core[1] if core else _empty_core()}{_END}\n"
    return files


def faults(catalogue: Catalogue, written: Mapping[str, str]) -> list[str]:
    """What is missing: an alert's class, texts or runbook; a runbook's core or a section of it."""
    return [*_alert_faults(catalogue), *_runbook_faults(catalogue, written)]


def _alert_faults(catalogue: Catalogue) -> Iterator[str]:
    for alert in all_alerts(catalogue):
        if alert.labels.get("class") not in _CLASSES:
            yield f"{alert.alert}: it has no class; write one of {', '.join(_CLASSES)}"
        for name in _ANNOTATIONS:
            if not alert.annotations.get(name):
                yield f"{alert.alert}: the annotation {name} is missing"


def _runbook_faults(catalogue: Catalogue, written: Mapping[str, str]) -> Iterator[str]:
    platform = {alert.alert for alert in platform_alerts()}
    for name in _frames(catalogue):
        text = written.get(f"{name}.md")
        if text is None:
            yield f"{name}: there is no {FOLDER}/{name}.md; run `ioc render` and write its core"
            continue
        core = _CORE.search(text)
        if core is None or _UNWRITTEN in core[1]:
            yield f"{FOLDER}/{name}.md: its core is not written"
            continue
        headings = [heading for text in SECTIONS for heading in (text.vi, text.en)]
        missing = [heading for heading in headings if f"\n## {heading}\n" not in f"\n{core[1]}"]
        yield from (f"{FOLDER}/{name}.md: the section «{heading}» is missing" for heading in missing)
        step = first_step(text)
        if step is None:
            yield f"{FOLDER}/{name}.md: the first steps are no numbered list in both languages"
        elif name not in platform and COMMAND in step.vi + step.en:
            yield f"{FOLDER}/{name}.md: its first step is a command, which the one on duty cannot run"


def all_alerts(catalogue: Catalogue) -> Iterator[AlertRule]:
    """Every alert rule."""
    for subsystem in catalogue.subsystems.values():
        yield from feed_alerts(subsystem)
        for kpi in limited_kpis(subsystem):
            yield from kpi_alerts(kpi)
    yield from platform_alerts()
    yield from _national_alerts(catalogue)


def _national_alerts(catalogue: Catalogue) -> Iterator[AlertRule]:
    """The nation's, those of its platform apart, which are a province's, too."""
    return (alert for alert in national_alerts(catalogue, NationalLimits()) if alert.alert not in OWN)


def _frames(catalogue: Catalogue) -> dict[str, str]:
    frames = {}
    for subsystem in catalogue.subsystems.values():
        if of_feeds := list(feed_alerts(subsystem)):
            frames[of_feeds[0].alert] = _feeds_frame(subsystem, of_feeds)
        for kpi in limited_kpis(subsystem):
            alerts = list(kpi_alerts(kpi))
            frames[alerts[0].alert] = _kpi_frame(kpi, alerts)
    for alert in platform_alerts():
        frames[alert.alert] = _platform_frame(alert)
    for alert in _national_alerts(catalogue):
        frames.setdefault(alert.alert, _platform_frame(alert))
    return frames


def _kpi_frame(kpi: LimitedKpi, alerts: list[AlertRule]) -> str:
    limits, subsystem, own = kpi.limits, kpi.subsystem, kpi.kpi
    rows = [
        ("Phân hệ / Subsystem", f"{both_languages(subsystem.name)} (`{subsystem.subsystem}`)"),
        ("Chỉ tiêu / KPI", f"{both_languages(own.name)} (`{kpi.slug}`)"),
        ("Định nghĩa / Definition", both_languages(own.description)),
    ]
    for severity, alert in zip(limits.severities, alerts, strict=True):
        shown = f"{markdown(limit_text(kpi, severity, 'vi'))}, {_class(alert)}"
        rows.append((f"Ngưỡng / Limit, {severity.value}", shown))
    rows += [
        ("Cửa sổ / Window", f"`{limits.window}`"),
        ("Chờ / Hold", f"{limits.hold}"),
        ("Mẫu tối thiểu / Minimum sample", f"{limits.minimum_sample}"),
        ("Màn hình / Dashboard", f"`/d/{dashboard_uid(subsystem.subsystem, 'vi')}`"),
    ]
    return _frame(alerts[0].alert, Text(own.name.vi, own.name.en), rows)


def _feeds_frame(subsystem: Subsystem, alerts: list[AlertRule]) -> str:
    rows = [("Phân hệ / Subsystem", f"{both_languages(subsystem.name)} (`{subsystem.subsystem}`)")]
    for alert in alerts:
        feed = subsystem.feeds[alert.labels["feed"]]
        silent = f"Im lặng quá / silent for more than {feed.expected_interval}"
        rows.append((both_languages(feed.name), f"{silent}; `{feed.hours}`; {_class(alert)}"))
    title = Text(f"Mất dữ liệu: {subsystem.name.vi}", f"feed silent: {subsystem.name.en}")
    return _frame(alerts[0].alert, title, rows)


def _platform_frame(alert: AlertRule) -> str:
    summaries = (alert.annotations[f"summary_{language}"] for language in ("vi", "en"))
    title = Text(*map(_without_template, summaries))
    rows = [("Loại / Class", _class(alert)), ("Chờ / Hold", formats.duration(alert.hold))]
    return _frame(alert.alert, title, rows) + f"\n```promql\n{alert.expr}\n```\n"


def _frame(alert: str, title: Text, rows: list[tuple[str, str]]) -> str:
    table = "\n".join(f"| {name} | {text} |" for name, text in rows)
    return f"# {markdown(title.vi)} ({markdown(title.en)})\n\n`{alert}`\n\n| | |\n|---|---|\n{table}\n"


def _class(alert: AlertRule) -> str:
    words = _CLASSES[alert.labels["class"]]
    return f"{words.vi} / {words.en}"


def _without_template(text: str) -> str:
    """What is said before a name, or where there is none all but the values."""
    named = re.sub(r":.*\{\{.*", "", text)
    return re.sub(r" *\{\{.*?\}\}", "", named).strip()


def _empty_core() -> str:
    return "".join(f"## {getattr(words, each)}\n\n{_UNWRITTEN}\n\n" for each in ("vi", "en") for words in SECTIONS)
