"""Parquet files, column by column as they are typed."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pyarrow
import pyarrow.parquet
import pytest

from streams.ingest.origin import TableError
from tests.streams.ingest.written import contents_of, rows_of, table

MOMENT = datetime(2025, 11, 1, 8, 30, 15, 123456, UTC)
CLOCK = datetime(2025, 11, 1, 8, 30, 15, 123000)  # noqa: DTZ001 (as a cell holds it)


def parquet(file: Path, **columns: Any) -> Path:
    pyarrow.parquet.write_table(pyarrow.table(columns), file)
    return file


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (pyarrow.array([8716], pyarrow.int32()), 8716),
        (pyarrow.array([1.234]), 1.234),
        (pyarrow.array([Decimal("1.2340")], pyarrow.decimal128(10, 4)), Decimal("1.2340")),
        (pyarrow.array([True]), True),
        (pyarrow.array([date(2025, 11, 1)]), date(2025, 11, 1)),
        (pyarrow.array([time(8, 30)], pyarrow.time64("ns")), time(8, 30)),
        (pyarrow.array([timedelta(hours=1)], pyarrow.duration("ns")), timedelta(hours=1)),
        (pyarrow.array([MOMENT], pyarrow.timestamp("us", "UTC")), MOMENT),
        (pyarrow.array([MOMENT], pyarrow.timestamp("ns", "Asia/Ho_Chi_Minh")), MOMENT),
        (pyarrow.array([int(MOMENT.timestamp() * 10**6) * 1000 + 789], pyarrow.timestamp("ns", "UTC")), MOMENT),
        (pyarrow.array([CLOCK], pyarrow.timestamp("ms")), CLOCK),
        (pyarrow.array(["Xã"]).dictionary_encode(), "Xã"),
        (pyarrow.array([normalize("NFD", "Xã")]), "Xã"),
        (pyarrow.array([None], pyarrow.string()), None),
        (pyarrow.array([[1, 2]]), [1, 2]),
    ],
)  # fmt: skip
def test_cell_is_what_its_column_says(tmp_path: Path, column: Any, value: object) -> None:
    [row] = contents_of(parquet(tmp_path / "a.parquet", id=[1], name=column))
    assert row["name"] == value
    assert type(row["name"]) is type(value)


def test_only_the_columns_asked_for_are_read(tmp_path: Path) -> None:
    file = parquet(tmp_path / "a.parquet", id=range(12_000), name=["n"] * 12_000, secret=["s"] * 12_000)
    rows = rows_of(file)
    assert len(rows) == 12_000
    assert rows[-1] == (12_000, 12_000, {"id": 11_999, "name": "n"})
    assert contents_of(file, None)[0] == {"id": 0, "name": "n", "secret": "s"}


def test_values_within_structs_are_columns_of_their_paths(tmp_path: Path) -> None:
    file = parquet(tmp_path / "a.parquet", case=[{"id": 1, "place": {"code": "8716"}}], other=[1])
    [row] = contents_of(file, {"case.place.code": False})
    assert row["case.place.code"] == "8716"
    with pytest.raises(TableError, match=r"there is no column `case.place.codes`. Did you mean `case.place.code`\?"):
        table(file, {"case.place.codes": False}).check()


def test_names_may_have_decomposed_accents(tmp_path: Path) -> None:
    name = "Ngày tiếp nhận"
    file = parquet(tmp_path / "a.parquet", **{normalize("NFD", name): [1], "other": [2]})
    assert contents_of(file, {name: False}) == [{name: 1}]


def test_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = parquet(tmp_path / "a.parquet", id=[1], name=["a"])
    file.write_bytes(file.read_bytes().replace(b"name", b"\xf4ame"))
    with pytest.raises(TableError, match="this is no whole Parquet file"):
        table(file).check()
