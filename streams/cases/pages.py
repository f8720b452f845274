"""The pages of cases: which KPIs have any, and the cases of one, in Vietnamese or English."""

from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode

from ioc.cases.find import Found, kpis_with_cases
from ioc.cases.table import label_name, summary, table, title
from ioc.catalogue.model import Catalogue
from ioc.text.bilingual import Language, Text
from ioc.text.formats import SIMULATED
from streams.web.html import page

ROOT = "/cases"
PAGE_CASES = 100
_CASES = Text("Trường hợp cần xử lý", "Cases to look at")
_ONLY = Text("Chỉ", "Only")
_ALL = Text("Bỏ lọc", "Show all")
_NONE = Text("Không có trường hợp nào.", "There are no cases.")
_BEFORE = Text("← Trước", "← Back")
_NEXT = Text("Tiếp →", "Next →")
_OTHER: Mapping[Language, tuple[Language, str]] = {"vi": ("en", "English"), "en": ("vi", "Tiếng Việt")}
_REFRESH = 30


def index_page(catalogue: Catalogue, language: Language, *, simulated: bool) -> str:
    """Every KPI that has cases, by subsystem."""
    parts = []
    for slug, subsystem in catalogue.subsystems.items():
        rows = "".join(
            f'<li><a href="{_address(slug, kpi, {}, language)}">'
            f"{escape(getattr(subsystem.kpis[kpi].name, language))}</a></li>"
            for kpi in kpis_with_cases(subsystem)
        )
        if rows:
            parts.append(f"<h2>{escape(getattr(subsystem.name, language))}</h2><ul>{rows}</ul>")
    other, name = _OTHER[language]
    toggle = f'<p><a href="{ROOT}?lang={other}">{name}</a></p>'
    return page(_CASES.of(language), _heading(_CASES.of(language), simulated, language), *parts, toggle, wide=True)


def cases_page(
    found: Found, catalogue: Catalogue, only: Mapping[str, str], number: int, language: Language, *, simulated: bool
) -> str:
    """One page of the cases of a KPI, the worst first; ``number`` counts pages from 1."""
    name = title(found, catalogue, language)
    parts = [
        f'<p><a href="{ROOT}?lang={language}">← {_CASES.of(language)}</a></p>',
        _heading(name, simulated, language),
        f"<p class=value>{escape(summary(found, language))}</p>",
        _filters(found, catalogue, only, language),
        _table(found, catalogue, language, (number - 1) * PAGE_CASES),
        _links(found, only, number, language),
    ]
    return page(name, *parts, refresh=_REFRESH, wide=True)


def message_page(text: str, language: Language) -> str:
    """A page with one message and the way back."""
    return page("IOC", f'<p>{escape(text)}</p><p><a href="{ROOT}?lang={language}">← {_CASES.of(language)}</a></p>')


def _heading(text: str, simulated: bool, language: Language) -> str:
    mark = f"<div class=simulated>{SIMULATED.of(language)}</div>" if simulated else ""
    return f"<h1>{escape(text)}</h1>{mark}"


def _filters(found: Found, catalogue: Catalogue, only: Mapping[str, str], language: Language) -> str:
    if not only:
        return ""
    subsystem = catalogue.subsystems[found.subsystem]
    units = catalogue.province.units_by_code
    told = []
    for name, value in only.items():
        fields = [field for field in subsystem.fields if name in (field, subsystem.label(field))]
        known = label_name(subsystem, catalogue, fields[0], value, language) if fields else value
        told.append(units[value].name if name == "unit" and value in units else known)
    everything = _address(found.subsystem, found.kpi, {}, language)
    return (
        f'<p>{_ONLY.of(language)} <b>{escape(", ".join(told))}</b> · <a href="{everything}">{_ALL.of(language)}</a></p>'
    )


def _table(found: Found, catalogue: Catalogue, language: Language, before: int) -> str:
    if not found.cases:
        return f"<p>{_NONE.of(language)}</p>"
    headings, rows = table(found, catalogue, language)
    head = "".join(f"<th>{escape(heading)}</th>" for heading in ("#", *headings))
    body = "".join(
        f"<tr><td>{before + place}</td>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
        for place, row in enumerate(rows, 1)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _links(found: Found, only: Mapping[str, str], number: int, language: Language) -> str:
    links = []
    if number > 1:
        links.append((_address(found.subsystem, found.kpi, only, language, number - 1), _BEFORE.of(language)))
    if number * PAGE_CASES < found.total:
        links.append((_address(found.subsystem, found.kpi, only, language, number + 1), _NEXT.of(language)))
    if found.cases:
        links.append((f"{_address(found.subsystem, found.kpi, only, language)}&amp;format=csv", "CSV"))
    other, name = _OTHER[language]
    links.append((_address(found.subsystem, found.kpi, only, other, number), name))
    return "<p>" + " · ".join(f'<a href="{address}">{text}</a>' for address, text in links) + "</p>"


def _address(subsystem: str, kpi: str, only: Mapping[str, str], language: Language, number: int = 1) -> str:
    query = {**only, "lang": language, **({"page": number} if number > 1 else {})}
    return escape(f"{ROOT}/{subsystem}/{kpi}?{urlencode(query)}")
