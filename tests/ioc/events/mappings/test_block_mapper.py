"""Rows in blocks make the events that they make one by one, to the byte, whatever stands in their cells."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from math import nan
from pathlib import Path
from random import Random

import pytest

from ioc.catalogue import Catalogue, load
from ioc.events.mappings import BlockMapper, Cells, Columns, Mapper, Outgoing, RowFault, packaged, read_mapping
from ioc.events.mappings.block import Column
from ioc.events.mappings.model import Condition, EventMapping, FileColumn
from ioc.events.mappings.remembered import Remembered

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
LOG = Path(__file__).parents[4] / "docs" / "examples" / "mappings" / "feedback_log.yaml"
LOCAL = timezone(timedelta(hours=7))
CLOCK = datetime(2025, 3, 4, 2)  # noqa: DTZ001 (as a workbook has it)
SOUND: Mapping[str, str] = {
    "year": "2013", "month": "12", "day": "29", "sched_dep_time": "517", "sched_arr_time": "12", "dep_delay": "-3",
    "arr_delay": "11", "carrier": "DL", "flight": "454", "origin": "JFK", "distance": "187", "idNum": "17-1",
    "problem": "traffic", "neighborhood": "Downtown West", "pan_day": "4", "col_rec_tat": "1.4", "rec_ver_tat": "5.2",
    "subject_id": "1412", "test_id": "covid", "test_of_day": "1", "result": "negative", "Mã hồ sơ": "H1",
    "Mã thủ tục": "1", "Kênh": "Ứng dụng", "Điểm": "5", "stars": "5",
    "Đơn vị giải quyết": "8716", "Đơn vị tiếp nhận": "08716", "Hạn giải quyết": "31/12/9999 23:59",
}  # fmt: skip
"""Cells that a mapping alone does not tell."""

ALIKE: list[object] = [
    0, False, 0.0, -0.0, Decimal("0.00"), 1, True, 1.0, Decimal("1.0"), "1", "true", "", " ", "NA", None, nan, "á",
    datetime(2025, 3, 4, 8, tzinfo=LOCAL), datetime(2025, 3, 4, 1, tzinfo=UTC), CLOCK, CLOCK.replace(day=9, minute=30),
    date(2025, 3, 4), {"a": 1}, [1], "5", "517", "2013", "12", "2025-03-04T08:00:00+07:00", "2025-03-04T01:00:00Z",
    "04/03/2025 08:00", "04/03/2999 08:00", "1/1/2014", "2011-02-03",
]  # fmt: skip
"""Cells of which many are equal, and not one is another."""


def mapper_of(name: str, catalogue_for: Callable[[str], Catalogue]) -> Mapper:
    if name == "feedback_log":
        return Mapper(read_mapping(LOG), load())
    return Mapper(read_mapping(packaged()[name]), catalogue_for(name))


def cells_for(mapper: Mapper) -> dict[str, list[object]]:
    """For each column what the mapping knows there, and what it does not."""
    pool: dict[str, list[object]] = {column: [SOUND[column]] if column in SOUND else [] for column in mapper.columns}
    for event in mapper.mapping.events:
        for column, known in known_cells(event):
            pool[column] += known
    for instant in mapper.mapping.times.values():
        if instant.column is not None:
            pool[instant.column] += [CLOCK, written(instant.format), written(instant.format)]
        if isinstance(instant.zone, FileColumn):
            pool[instant.zone.column] += [*(instant.zone.table or {})]
    return pool


def written(form: str) -> str:
    return f"{CLOCK:{form}}" if "%" in form else "2024-05-06T07:08:09+02:00"


def known_cells(event: EventMapping) -> list[tuple[str, list[str]]]:
    tables = [each for each in event.data.values() if isinstance(each, FileColumn) and each.table]
    asked = [each for each in event.when if isinstance(each, Condition)]
    return [
        *((each.column, [key.replace("*", "…") for key in each.table or {}]) for each in tables),
        *((each.column, [*(each.one_of or each.none_of or ["given"])]) for each in asked),
    ]


def one_by_one(mapper: Mapper, cells: Cells) -> list[Outgoing] | None:
    """The events of a row; None where it is odd."""
    try:
        events = mapper.events(cells)
        if any(rule.hold(cells) for rule in mapper.warns):
            return None
    except RowFault:
        return None
    return events if all(EARLIEST <= event.time <= LATEST for event in events) else None


def columns_of(rows: list[dict[str, object]]) -> Mapping[str, Column]:
    return {name: [row[name] for row in rows] for name in rows[0]}


@pytest.mark.parametrize("name", [*packaged(), "feedback_log"])
def test_events_of_a_block_are_those_of_its_rows(name: str, catalogue_for: Callable[[str], Catalogue]) -> None:
    random = Random(name)
    mapper = mapper_of(name, catalogue_for)
    blocks, pool = BlockMapper(mapper, EARLIEST, LATEST), cells_for(mapper)
    made_in_all = 0
    for _ in range(40):
        # A column of one type, as of CSV, has its cells remembered; one of several has not.
        odd = random.choice([0.0, 0.02, 0.2])
        # A column of one type, as of CSV, has its cells remembered; one of several has not.
        others = ALIKE if random.random() < 0.5 else [cell for cell in ALIKE if isinstance(cell, str)]
        rows: list[dict[str, object]] = [
            {
                column: random.choice(others if random.random() < odd else cells or ["1"])
                for column, cells in pool.items()
            }
            for _ in range(random.randrange(1, 30))
        ]
        made = blocks.made(Columns(len(rows), columns_of(rows)))
        expected = [one_by_one(mapper, row) for row in rows]
        assert made.odd == [place for place, events in enumerate(expected) if events is None]
        assert made.events == [(place, event) for place, events in enumerate(expected) for event in events or ()]
        assert made.left == [mapper.asked_of(row) for row, events in zip(rows, expected, strict=True) if events == []]
        made_in_all += len(made.events)
    assert made_in_all > 20


def test_equal_cells_that_are_not_the_same_are_read_apart() -> None:
    read = Remembered(lambda cells: repr(cells["a"]), ["a"])
    for _ in range(2):
        for column in (ALIKE, *([cell] * 2 for cell in ALIKE)):
            assert read.of(Columns(len(column), {"a": column})) == [repr(cell) for cell in column]
    pair = Remembered(repr, ["a", "b"])
    for one in ALIKE:
        for other in ALIKE:
            assert pair.of(Columns(1, {"a": [one], "b": [other]})) == [repr({"a": one, "b": other})]


def test_what_repeats_is_read_once() -> None:
    asked: list[object] = []
    read = Remembered(lambda cells: asked.append(cells["a"]), ["a"])
    read.of(Columns(4, {"a": ["x", "y", "x", "x"]}))
    read.of(Columns(2, {"a": ["y", "z"]}))
    assert asked == ["x", "y", "z"]


def test_readings_are_forgotten_where_a_file_has_too_many() -> None:
    read = Remembered(lambda cells: cells["a"], ["a"])
    for start in range(0, 100_000, 5_000):
        assert read.of(Columns(5_000, {"a": [*range(start, start + 5_000)]})) == [*range(start, start + 5_000)]
    assert sum(map(len, read._known.values())) < 20_000
