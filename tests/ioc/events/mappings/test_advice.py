"""What the refusal of a row advises, followed: the same row, by the mapping that was advised, is an event."""

import json
from pathlib import Path
from typing import Any

import pytest

from ioc.catalogue import Catalogue
from ioc.events.mappings import Mapper, RowFault, read_mapping

REPORTED = """
mapping: test
subsystem: cybersecurity
times: {day: DAY}
events:
  - event: breach.reported
    time: day
    when: [WHEN]
    data: {breach: id, breach_kind: {constant: theft}, individuals: PEOPLE, organisation: ORGANISATION, unit: UNIT}
"""
PARTS = {
    "DAY": "{column: day, zone: Asia/Ho_Chi_Minh}",
    "WHEN": "{column: kind, none_of: [test]}",
    "PEOPLE": "people",
    "UNIT": "unit",
    "ORGANISATION": "{column: who, optional: true}",
}
ROW = {"id": "b1", "day": "2025-11-01", "people": "12", "kind": "", "who": "Sở Y tế", "unit": "08716"}


def mapper(folder: Path, catalogue: Catalogue, changed: dict[str, str]) -> Mapper:
    text = REPORTED
    for name, part in (PARTS | changed).items():
        text = text.replace(name, part)
    file = folder / "test.yaml"
    file.write_text(text, encoding="utf-8")
    return Mapper(read_mapping(file), catalogue)


COMMA, SOME = {"PEOPLE": "{column: people, decimal: ','}"}, {"PEOPLE": "{column: people, table: {some: 1}}"}


@pytest.mark.parametrize(
    ("row", "wrong", "advice", "followed"),
    [
        ({"people": "12,0"}, {}, "say `decimal: ','` in the mapping", COMMA),
        ({"people": "12.0"}, COMMA, "say `decimal: '.'` in the mapping", {"PEOPLE": "{column: people, decimal: '.'}"}),
        ({}, {"DAY": "{column: day}"}, "write `zone:` in the mapping, as in Asia/Ho_Chi_Minh", {"DAY": PARTS["DAY"]}),
        (
            {"people": "a dozen"}, SOME, "the mapping's table has `some` and no such text",
            {"PEOPLE": "{column: people, table: {some: 1, a dozen: 12}}"},
        ),
        (
            {"people": {"all": 12}}, {}, "write the path of one of its values, as in `people.all`",
            {"PEOPLE": "people.all"},
        ),
        (
            {"unit": "Phường Vĩnh Phúc"}, {}, 'say `table: {Phường Vĩnh Phúc: "8716"}`',
            {"UNIT": '{column: unit, table: {Phường Vĩnh Phúc: "8716"}}'},
        ),
        (
            {"unit": "the capital"}, {}, "say in a `table` of the mapping which unit it stands for",
            {"UNIT": '{column: unit, table: {the capital: "8716"}}'},
        ),
    ],
)  # fmt: skip
def test_advice_of_a_refused_row_works(  # noqa: PLR0917 (columns of a table)
    tmp_path: Path,
    catalogue: Catalogue,
    row: dict[str, Any],
    wrong: dict[str, str],
    advice: str,
    followed: dict[str, str],
) -> None:
    row = ROW | row | {"people.all": 12}
    with pytest.raises(RowFault) as refused:
        mapper(tmp_path, catalogue, wrong).events(row)
    assert advice in str(refused.value)
    [event] = mapper(tmp_path, catalogue, wrong | followed).events(row)
    data = json.loads(event.value)["data"]
    assert (data["individuals"], data["unit"]) == (12, "8716")


@pytest.mark.parametrize(
    ("column", "followed"),
    [
        ("kind", {"WHEN": "{column: kind, optional: true, none_of: [test]}"}),
        ("who", {"ORGANISATION": "{column: who, optional: true}"}),
        ("who", {"ORGANISATION": "{join: [who, kind], optional: true}", "WHEN": "{column: id, present: true}"}),
        ("day", {"DAY": "{column: day, optional: true, zone: Asia/Ho_Chi_Minh}"}),
        ("day", {"DAY": "{join: [day, kind], optional: true, format: '%d', zone: Asia/Ho_Chi_Minh}"}),
    ],
)
def test_a_column_that_files_may_lack_is_optional_wherever_it_is_named(
    tmp_path: Path, catalogue: Catalogue, column: str, followed: dict[str, str]
) -> None:
    assert mapper(tmp_path, catalogue, followed).columns[column]
    needed = {
        name: part.replace("optional: true, ", "").replace(", optional: true", "") for name, part in followed.items()
    }
    assert not mapper(tmp_path, catalogue, needed).columns[column]
