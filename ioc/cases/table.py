"""Cases as people read them: one row each, in Vietnamese or English, with the names of units and codes."""

from collections.abc import Callable
from typing import NamedTuple

from ioc.cases.find import Case, Found
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.text import formats
from ioc.text.bilingual import Language, Text
from ioc.time.instants import EpochMs, EpochSeconds, seconds_from_ms

ID = Text("Mã", "Id")
OPENED = Text("Mở lúc", "Opened")
DUE = Text("Hạn", "Due")
OVERDUE = Text("Quá hạn", "Overdue by")
OPEN_FOR = Text("Đã mở", "Open for")
HEARD = Text("Tín hiệu cuối", "Last heard")
SILENT = Text("Im lặng", "Silent for")
WITHDRAWN = Text("Ngừng hoạt động từ", "Out of service since")
NEVER_HEARD = Text("trong danh mục nhưng chưa từng có tín hiệu", "in the inventory and never heard of")
CASES = Text("trường hợp", "cases")


class CaseTable(NamedTuple):
    """Headings, and as many cells in each row."""

    headings: list[str]
    rows: list[list[str]]


def table(found: Found, catalogue: Catalogue, language: Language) -> CaseTable:
    """The cases found; a column that none of them has anything in is left out."""
    subsystem = catalogue.subsystems[found.subsystem]
    fields = list(dict.fromkeys(field for case in found.cases for field, _ in case.labels))
    columns: list[tuple[str, Callable[[Case], str]]] = [(ID.of(language), lambda case: case.id)]
    for field in fields:
        heading = getattr(subsystem.fields[field].name, language)
        columns.append((heading, _label_of(field, subsystem, catalogue, language)))
    columns += [
        (OPENED.of(language), lambda case: _time(case.opened)),
        (DUE.of(language), lambda case: "" if case.due is None else formats.exact_time_text(case.due)),
        (OVERDUE.of(language), lambda case: _since(_second_of(case.due), found.now, language)),
        (HEARD.of(language), lambda case: _time(case.heard)),
        (SILENT.of(language), lambda case: _since(case.heard, found.now, language)),
        (WITHDRAWN.of(language), lambda case: _time(case.withdrawn)),
        (OPEN_FOR.of(language), lambda case: _since(case.opened, found.now, language)),
    ]
    cells = [[cell(case) for case in found.cases] for _, cell in columns]
    kept = [number for number, column in enumerate(cells) if any(column) or number == 0]
    return CaseTable(
        [columns[number][0] for number in kept], [list(row) for row in zip(*(cells[n] for n in kept), strict=True)]
    )


def title(found: Found, catalogue: Catalogue, language: Language) -> str:
    """``Quá hạn (Dịch vụ công)``."""
    subsystem = catalogue.subsystems[found.subsystem]
    return f"{getattr(subsystem.kpis[found.kpi].name, language)} ({getattr(subsystem.name, language)})"


def summary(found: Found, language: Language) -> str:
    """How many there are, and as of when."""
    parts = [f"{formats.number(found.total, language=language)} {CASES.of(language)}"]
    if found.never_heard:
        parts.append(f"{formats.number(found.never_heard, language=language)} {NEVER_HEARD.of(language)}")
    return f"{'; '.join(parts)}. {formats.DATA_AS_OF.of(language)} {formats.time_text(found.now)}"


def label_name(subsystem: Subsystem, catalogue: Catalogue, field: str, value: str, language: Language) -> str:
    """A field's value as people know it: a unit by its name, an id or code by its text."""
    spec = subsystem.fields[field]
    if spec.type == "unit":
        unit = catalogue.province.units_by_code.get(value)
        return value if unit is None else unit.name
    text = spec.texts.get(value)
    return value if text is None else str(getattr(text, language))


def _label_of(field: str, subsystem: Subsystem, catalogue: Catalogue, language: Language) -> Callable[[Case], str]:
    def cell(case: Case) -> str:
        value = dict(case.labels).get(field)
        return "" if value is None else label_name(subsystem, catalogue, field, value, language)

    return cell


def _time(instant: EpochSeconds | None) -> str:
    return "" if instant is None else formats.time_text(instant)


def _second_of(instant: EpochMs | None) -> EpochSeconds | None:
    return None if instant is None else seconds_from_ms(instant)


def _since(instant: EpochSeconds | None, now: EpochSeconds, language: Language) -> str:
    return "" if instant is None or instant > now else formats.duration(now - instant, language=language)


def as_data(found: Found) -> dict[str, object]:
    """The cases as JSON has them; times in ISO 8601, local."""
    return {
        "subsystem": found.subsystem,
        "kpi": found.kpi,
        "window": found.window,
        "now": formats.iso_time(found.now),
        "total": found.total,
        "never_heard": found.never_heard,
        "cases": [
            {
                "id": case.id,
                "labels": dict(case.labels),
                "opened": _iso(case.opened),
                "due": None if case.due is None else formats.exact_iso_time(case.due),
                "heard": _iso(case.heard),
                "withdrawn": _iso(case.withdrawn),
            }
            for case in found.cases
        ],
    }


def _iso(instant: EpochSeconds | None) -> str | None:
    return None if instant is None else formats.iso_time(instant)
