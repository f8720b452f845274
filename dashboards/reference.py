"""The reference: a page of KPIs per subsystem, an index of them, and one of the alerts, in both languages."""

from collections.abc import Iterator

from dashboards.definition import definition
from dashboards.runbooks import framed
from ioc.catalogue.model import Catalogue, Subsystem

_GENERATED = "<!-- generated from the catalogue by `ioc render`: do not edit -->\n"


def reference(catalogue: Catalogue) -> dict[str, str]:
    """Every page by its file's name."""
    pages = {f"{slug}.md": _page(subsystem) for slug, subsystem in catalogue.subsystems.items()}
    return {"index.md": _index(catalogue), "alerts.md": _alerts(catalogue), **pages}


def _index(catalogue: Catalogue) -> str:
    number = sum(len(subsystem.kpis) for subsystem in catalogue.subsystems.values())
    rows = "".join(
        f"| {each.order} | [{each.name.vi}]({slug}.md) | [{each.name.en}]({slug}.md) | {len(each.kpis)} "
        f"| {_cell(each.kpis[each.headline].name.vi)} / {_cell(each.kpis[each.headline].name.en)} |\n"
        for slug, each in catalogue.subsystems.items()
    )
    return (
        f"{_GENERATED}# Chỉ tiêu / KPIs\n\n"
        f"{number} KPIs of {len(catalogue.subsystems)} subsystems, each with its definition, formula, source, limits, "
        "dimensions and windows. In formulas «» are the names of events, fields and other KPIs; a window behind `@` is "
        "read instead of the KPI's own. Sources and reasons: S is read in a source, I inferred, M a judgement for the "
        "province to set. `ioc explain SUBSYSTEM.KPI` prints the same with the figures of this moment.\n\n"
        "| | Phân hệ | Subsystem | KPIs | Chỉ tiêu chính / headline |\n|---|---|---|---|---|\n" + rows
    )


def _alerts(catalogue: Catalogue) -> str:
    rows = "".join(
        f"| [`{name.removesuffix('.md')}`](../runbooks/{name}) | {_cell(text.splitlines()[0].removeprefix('# '))} |\n"
        for name, text in framed(catalogue, {}).items()
    )
    return (
        f"{_GENERATED}# Cảnh báo / Alerts\n\n"
        "Every alert with its runbook: what it means, likely causes, what to do first, whom to call.\n\n"
        f"| | |\n|---|---|\n{rows}"
    )


def _page(subsystem: Subsystem) -> str:
    head = (
        f"{_GENERATED}# {subsystem.name.vi} / {subsystem.name.en}\n\n"
        f"`{subsystem.subsystem}`. {_cell(subsystem.source)}.\n\n"
        "| Nguồn | Feed | brings | silent after | hours | late after | ids known for |\n|---|---|---|---|---|---|---|\n"
        f"{''.join(_feed(subsystem, slug) for slug in subsystem.feeds)}"
    )
    return head + "".join(_kpi(subsystem, slug) for slug in subsystem.kpis)


def _feed(subsystem: Subsystem, slug: str) -> str:
    feed = subsystem.feeds[slug]
    events = ", ".join(f"`{event}`" for event in subsystem.events if subsystem.feed_of(event) == slug)
    silent = "nobody can tell" if feed.expected_interval is None else f"{feed.expected_interval}"
    return (
        f"| {_cell(feed.name.vi)} | {_cell(feed.name.en)} (`{slug}`) | {events} | {silent} | {feed.hours} "
        f"| {feed.allowed_lateness} | {feed.duplicate_horizon} |\n"
    )


def _kpi(subsystem: Subsystem, slug: str) -> str:
    kpi = subsystem.kpis[slug]
    return (
        f"\n## {_cell(kpi.name.vi)} / {_cell(kpi.name.en)} {{ #{slug} }}\n\n`{subsystem.subsystem}.{slug}`\n\n"
        f"| | Tiếng Việt | | English |\n|---|---|---|---|\n{''.join(_rows(subsystem, slug))}"
    )


def _rows(subsystem: Subsystem, slug: str) -> Iterator[str]:
    lines = zip(definition(subsystem, slug, "vi"), definition(subsystem, slug, "en"), strict=True)
    for (title_vi, text_vi), (title_en, text_en) in lines:
        yield f"| {title_vi} | {_cell(text_vi)} | {title_en} | {_cell(text_en)} |\n"


def _cell(text: str) -> str:
    """Text that does not end a table's cell or begin a tag."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
