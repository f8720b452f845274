"""The reference: a page of KPIs per subsystem, an index of them, one of their kinds, and one of the alerts."""

from collections.abc import Iterator
from inspect import getdoc

from dashboards.definition import definition
from dashboards.runbooks import framed
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.kpis.base import Kpi
from ioc.kpis.kinds import KINDS
from ioc.text.markdown import both_languages, markdown

_GENERATED = "<!-- generated from the catalogue by `ioc render`: do not edit -->\n"


def reference(catalogue: Catalogue) -> dict[str, str]:
    """Every page by its file's name."""
    pages = {f"{slug}.md": _page(subsystem) for slug, subsystem in catalogue.subsystems.items()}
    return {"index.md": _index(catalogue), "alerts.md": _alerts(catalogue), "kinds.md": _kinds(), **pages}


def _index(catalogue: Catalogue) -> str:
    number = sum(len(subsystem.kpis) for subsystem in catalogue.subsystems.values())
    rows = "".join(
        f"| {each.order} | [{markdown(each.name.vi)}]({slug}.md) | [{markdown(each.name.en)}]({slug}.md) "
        f"| {len(each.kpis)} | {both_languages(each.kpis[each.headline].name)} |\n"
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
        f"| [`{name.removesuffix('.md')}`](../runbooks/{name}) | {text.splitlines()[0].removeprefix('# ')} |\n"
        for name, text in framed(catalogue, {}).items()
    )
    return (
        f"{_GENERATED}# Cảnh báo / Alerts\n\n"
        "Every alert with its runbook: what it means, likely causes, what to do first, whom to call.\n\n"
        f"| | |\n|---|---|\n{rows}"
    )


def _kinds() -> str:
    rows = ""
    for name, kind in KINDS.items():
        said = " ".join((getdoc(kind) or "").split())
        rows += f"| `{name}` | {said} | {_keys(kind, required=True)} | {_keys(kind, required=False)} |\n"
    return (
        f"{_GENERATED}# Loại chỉ tiêu / Kinds of KPI\n\n"
        "`kind` says how the value of a KPI is computed. Each kind is a file in `ioc/kpis/kinds/`, which says what its "
        "keys mean; [add one](../howto/kind.md) where none fits.\n\n"
        f"| Kind | Value | Needs | May have |\n|---|---|---|---|\n{rows}"
    )


def _keys(kind: type[Kpi], *, required: bool) -> str:
    """The keys of a kind beside those that every KPI needs or may have."""
    every = {name for name, field in Kpi.model_fields.items() if field.is_required() or not required}
    own = [name for name, field in kind.model_fields.items() if name not in every and field.is_required() == required]
    return ", ".join(f"`{name}`" for name in own)


def _page(subsystem: Subsystem) -> str:
    head = (
        f"{_GENERATED}# {both_languages(subsystem.name)}\n\n"
        f"`{subsystem.subsystem}`. {markdown(subsystem.source)}.\n\n"
        "| Nguồn | Feed | brings | silent after | hours | late after | ids known for |\n|---|---|---|---|---|---|---|\n"
        f"{''.join(_feed(subsystem, slug) for slug in subsystem.feeds)}"
    )
    return head + "".join(_kpi(subsystem, slug) for slug in subsystem.kpis)


def _feed(subsystem: Subsystem, slug: str) -> str:
    feed = subsystem.feeds[slug]
    events = ", ".join(f"`{event}`" for event in subsystem.events if subsystem.feed_of(event) == slug)
    silent = "nobody can tell" if feed.expected_interval is None else f"{feed.expected_interval}"
    return (
        f"| {markdown(feed.name.vi)} | {markdown(feed.name.en)} (`{slug}`) | {events} | {silent} | {feed.hours} "
        f"| {feed.allowed_lateness} | {feed.duplicate_horizon} |\n"
    )


def _kpi(subsystem: Subsystem, slug: str) -> str:
    kpi = subsystem.kpis[slug]
    return (
        f"\n## {both_languages(kpi.name)} {{ #{slug} }}\n\n`{subsystem.subsystem}.{slug}`\n\n"
        f"| | Tiếng Việt | | English |\n|---|---|---|---|\n{''.join(_rows(subsystem, slug))}"
    )


def _rows(subsystem: Subsystem, slug: str) -> Iterator[str]:
    lines = zip(definition(subsystem, slug, "vi"), definition(subsystem, slug, "en"), strict=True)
    for (title_vi, text_vi), (title_en, text_en) in lines:
        yield f"| {title_vi} | {markdown(text_vi)} | {title_en} | {markdown(text_en)} |\n"
