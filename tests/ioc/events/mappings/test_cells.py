"""What a mapping makes of cells that are no texts, and of texts that look the same and are not."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.catalogue import Catalogue
from ioc.events.mappings import Mapper, RowFault, read_mapping

MEASURED = (Path(__file__).parent / "measured.yaml").read_text(encoding="utf-8")
ROW = {"at": "01/11/2025 08:00", "station": "viet_tri", "v": "7,5"}
NOON = datetime(2025, 11, 1, 12)  # noqa: DTZ001 (as a cell holds it)

Read = Callable[..., dict[str, Any]]


@pytest.fixture
def read(tmp_path: Path, catalogue: Catalogue) -> Read:
    """The event of a row, by a mapping in which some texts are others."""

    def event_of(row: dict[str, Any], *changes: tuple[str, str]) -> dict[str, Any]:
        text = MEASURED
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        file = tmp_path / "test.yaml"
        file.write_text(text, encoding="utf-8")
        [event] = Mapper(read_mapping(file), catalogue).events(ROW | row)
        told = json.loads(event.value)
        assert isinstance(told, dict)
        return told

    return event_of


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (1.234, 1.234),
        (101.325, 101.325),
        (Decimal("1.234"), 1.234),
        (7, 7),
        (1e3, 1000),
        ("1.234", 1234),
        ("1,234", 1.234),
        ("1.234,5", 1234.5),
    ],
)
def test_number_is_as_the_file_holds_it_and_only_texts_are_read_as_the_mapping_says(
    read: Read, cell: object, value: float
) -> None:
    assert read({"v": cell})["data"]["value"] == value


@given(number=st.one_of(st.integers(0, 10**9), st.floats(0, 1e9), st.decimals(0, 10**9, places=3)))
def test_no_number_changes_by_what_separates_decimals_elsewhere(number: float | Decimal, catalogue: Catalogue) -> None:
    mapper = Mapper(read_mapping(Path(__file__).parent / "measured.yaml"), catalogue)
    [event] = mapper.events(ROW | {"v": number})
    assert json.loads(event.value)["data"]["value"] == float(number)


@pytest.mark.parametrize(
    ("cell", "station"),
    [
        (517.0, "517"),
        (517, "517"),
        (Decimal("517.0000"), "517"),
        (Decimal("5E+2"), "500"),
        (Decimal("1.50"), "1.5"),
        (True, "true"),
        (date(2025, 11, 1), "2025-11-01"),
        (time(8, 30), "08:30:00"),
    ],
)
def test_typed_cell_as_a_text_is_the_shortest_that_says_it(read: Read, cell: object, station: str) -> None:
    assert read({"station": cell})["data"]["station"] == station


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        (NOON, "2025-11-01T12:00:00+07:00"),
        (NOON.date(), "2025-11-01T00:00:00+07:00"),
        (NOON.replace(tzinfo=UTC), "2025-11-01T12:00:00Z"),
        (NOON.replace(tzinfo=timezone(timedelta(hours=7))), "2025-11-01T12:00:00+07:00"),
        ("01/11/2025 12:00", "2025-11-01T12:00:00+07:00"),
    ],
)
def test_time_that_the_file_holds_as_a_time_needs_no_format(read: Read, cell: object, told: str) -> None:
    assert read({"at": cell})["time"] == told


def test_time_of_a_cell_without_a_zone_is_refused(read: Read) -> None:
    no_zone = ('format: "%d/%m/%Y %H:%M", zone: Asia/Ho_Chi_Minh', "format: iso")
    with pytest.raises(RowFault, match="this time says no zone; write `zone:` in the mapping"):
        read({"at": NOON}, no_zone)
    zone = ('format: "%d/%m/%Y %H:%M"', "format: iso")
    assert read({"at": NOON}, zone)["time"] == "2025-11-01T12:00:00+07:00"


@pytest.mark.parametrize("day", [NOON.date(), NOON.replace(hour=0)])
def test_day_and_time_of_day_in_two_cells_are_one_time(read: Read, day: object) -> None:
    joined = ("column: at,", "join: [day, hour],")
    assert read({"day": day, "hour": time(8, 30)}, joined)["time"] == "2025-11-01T08:30:00+07:00"
    assert read({"day": "01/11/2025", "hour": "08:30"}, joined)["time"] == "2025-11-01T08:30:00+07:00"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ({"id": 1, "name": "x"}, "this is an object; write the path of one of its values, as in `station.id`"),
        ({}, "this object is empty"),
        ([1], "this is a list, and a cell holds one value"),
    ],
)
def test_values_within_a_cell_are_no_id(read: Read, cell: object, message: str) -> None:
    with pytest.raises(RowFault, match=message) as refused:
        read({"station": cell})
    assert (refused.value.reason, refused.value.column) == ("nested_value", "station")


def test_advice_on_an_object_works(read: Read) -> None:
    path = ("station: station", "station: station.id")
    assert read({"station": {"id": 5}, "station.id": 5}, path)["data"]["station"] == "5"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_mapping_may_have_its_accents_as_letters_of_their_own(read: Read, form: str) -> None:
    changes = (("station: station", 'station: {column: Trạm đo, table: {"Việt Trì": "Việt Trì"}}'),)
    row = {normalize("NFC", "Trạm đo"): normalize("NFC", "Việt Trì")}
    changed = [(old, normalize(form, new)) for old, new in changes]
    assert read(row, *changed)["data"]["station"] == normalize("NFC", "Việt Trì")
