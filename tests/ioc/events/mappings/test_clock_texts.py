"""Days and times as offices write them, and what is said of those that a format does not read."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.catalogue import Catalogue
from ioc.events.mappings import Mapper, MappingError, RowFault, read_mapping
from ioc.events.mappings.clock_texts import clock_time


@pytest.mark.parametrize(
    ("text", "day_first"),
    [
        ("01/11/2025", "2025-11-01T00:00:00"),
        ("1/11/2025", "2025-11-01T00:00:00"),
        ("01-11-2025 08:30", "2025-11-01T08:30:00"),
        ("01.11.2025 8:30:15", "2025-11-01T08:30:15"),
        ("01/11/2025 08:30:15.1234567", "2025-11-01T08:30:15.123456"),
        ("01/11/2025, 08:30", "2025-11-01T08:30:00"),
        ("01/11/2025T08:30", "2025-11-01T08:30:00"),
        ("08:30 01/11/2025", "2025-11-01T08:30:00"),
        ("8h30, 01/11/2025", "2025-11-01T08:30:00"),
        ("01/11/2025 08:30 SA", "2025-11-01T08:30:00"),
        ("01/11/2025 08:30:15 CH", "2025-11-01T20:30:15"),
        ("01/11/2025 12:00 SA", "2025-11-01T00:00:00"),
        ("01/11/2025 12:00 ch", "2025-11-01T12:00:00"),
        ("1/11/2025 1:05 PM", "2025-11-01T13:05:00"),
    ],
)
def test_usual_forms_are_read(text: str, day_first: str) -> None:
    assert clock_time(text, "day_first").isoformat() == day_first


def test_which_number_is_the_month_is_what_was_said() -> None:
    assert clock_time("03/04/2025", "day_first").isoformat() == "2025-04-03T00:00:00"
    assert clock_time("03/04/2025", "month_first").isoformat() == "2025-03-04T00:00:00"


@pytest.mark.parametrize(
    "text",
    ["13/13/2025", "1/11/25", "01/11-2025", "01/11/2025 25:00", "01/11/2025 13:00 CH", "01/11/2025 0:30 SA", "", "x"],
)
def test_what_is_no_such_time_is_refused(text: str) -> None:
    for form in ("day_first", "month_first"):
        with pytest.raises(ValueError, match=r"."):
            clock_time(text, form)


@given(moment=st.datetimes(), form=st.sampled_from(["%d/%m/%Y %H:%M:%S.%f", "%H:%M:%S.%f %d-%m-%Y"]))
def test_what_is_written_is_read(moment: datetime, form: str) -> None:
    moment = moment.replace(year=1900 + moment.year % 200, day=min(moment.day, 28))
    assert clock_time(moment.strftime(form), "day_first") == moment


# What an error advises, followed

BREACH = """
mapping: test
subsystem: cybersecurity
times: {day: {column: day, FORMAT}}
events:
  - event: breach.reported
    time: day
    data: {breach: {constant: b}, breach_kind: {constant: theft}, individuals: {constant: 1}}
"""


def told(folder: Path, catalogue: Catalogue, form: str, text: str) -> str:
    file = folder / "test.yaml"
    file.write_text(BREACH.replace("FORMAT", form), encoding="utf-8")
    [event] = Mapper(read_mapping(file), catalogue).events({"day": text})
    return datetime.fromisoformat(json.loads(event.value)["time"]).isoformat()


ISO = "zone: Asia/Ho_Chi_Minh"


@pytest.mark.parametrize(
    ("form", "text", "advised"),
    [
        (ISO, "31/10/2025 08:00", "format: day_first"),
        (ISO, "10/31/2025 08:00", "format: month_first"),
        ("format: '%d/%m/%Y', zone: Asia/Ho_Chi_Minh", "31/10/2025 08:00", "format: day_first"),
        ("format: day_first, zone: Asia/Ho_Chi_Minh", "2025-10-31 08:00", "format: iso"),
    ],
)
def test_advice_on_the_format_of_a_time_works(
    tmp_path: Path, catalogue: Catalogue, form: str, text: str, advised: str
) -> None:
    with pytest.raises(RowFault) as refused:
        told(tmp_path, catalogue, form, text)
    assert f"; say `{advised}` in the mapping" in refused.value.detail
    assert told(tmp_path, catalogue, f"{advised}, {ISO}", text) == "2025-10-31T08:00:00+07:00"


@pytest.mark.parametrize(("followed", "day"), [("day_first", "2025-04-03"), ("month_first", "2025-03-04")])
def test_day_that_can_be_read_two_ways_says_both(tmp_path: Path, catalogue: Catalogue, followed: str, day: str) -> None:
    with pytest.raises(RowFault) as refused:
        told(tmp_path, catalogue, ISO, "03/04/2025")
    assert refused.value.detail.endswith(
        "; it is 2025-04-03 with `format: day_first` and 2025-03-04 with `format: month_first`: "
        "say in the mapping which is meant, and its `zone:`"
    )
    assert told(tmp_path, catalogue, f"format: {followed}, {ISO}", "03/04/2025") == f"{day}T00:00:00+07:00"


@pytest.mark.parametrize(
    "text", ["2025-11-01 08:00:00.1234567 +07:00", "2025-11-01T08:00:00 +0700", "20251101T010000 Z"]
)
def test_databases_write_a_space_before_the_zone(tmp_path: Path, catalogue: Catalogue, text: str) -> None:
    assert told(tmp_path, catalogue, "format: iso", text).startswith(("2025-11-01T08:00:00", "2025-11-01T01:00:00+00"))


@pytest.mark.parametrize("form", ["day_first", "month_first"])
def test_format_of_clock_times_needs_a_zone(tmp_path: Path, catalogue: Catalogue, form: str) -> None:
    with pytest.raises(MappingError, match="these times say no zone — add `zone:`, as in Asia/Ho_Chi_Minh"):
        told(tmp_path, catalogue, f"format: {form}", "01/11/2025")
    assert told(tmp_path, catalogue, f"format: {form}, zone: Asia/Ho_Chi_Minh", "01/01/2025").startswith("2025-01-01")
