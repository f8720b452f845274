"""The same rows as case systems export them, in every form: each gives the same events."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from unicodedata import normalize

import msgspec
import pandas as pd
import pyarrow
import pyarrow.parquet
import pytest

from ioc.catalogue import Catalogue
from ioc.events.mappings import Mapper, read_mapping
from streams.ingest.tables import open_table
from tests.streams.ingest.written import windows_1258, workbook, written

MapperOf = Callable[[str], Mapper]

DOSSIER = {
    "Mã hồ sơ": "HS-1", "Mã thủ tục": "1.001", "Lĩnh vực": "Đất đai", "Cấp giải quyết": "Xã",
    "Đơn vị giải quyết": "8716", "Đơn vị tiếp nhận": "8716", "Cấp tiếp nhận": "Xã", "Hình thức nộp": "Trực tuyến",
    "Ngày tiếp nhận": "01/11/2025 08:00", "Hạn giải quyết": "20/11/2025 17:00", "Tạm dừng từ": "", "Lý do tạm dừng": "",
    "Đã số hóa": "Có", "Đề án 06": "Không", "Có thu phí": "Có",
}  # fmt: skip
ACCEPTED = {
    "dossier": "HS-1", "procedure": "1.001", "field": "land", "level": "commune", "deciding_unit": "8716",
    "receiving_unit": "8716", "receiving_level": "commune", "channel": "online", "components_digitised": True,
    "project06": False, "fee_bearing": True, "due_at": "2025-11-20T17:00:00+07:00",
}  # fmt: skip


def data_of(mapper: Mapper, file: Path) -> list[dict[str, Any]]:
    """What the events of a file say."""
    told: list[dict[str, Any]] = []
    for row in open_table(file, mapper.mapping.reads, mapper.columns).rows():
        assert isinstance(row.content, dict), row.content
        told += [msgspec.json.decode(event.value)["data"] for event in mapper.events(row.content)]
    return told


def csv_of(row: dict[str, str], separator: str = ",") -> str:
    return "\r\n".join([separator.join(row), separator.join(row.values()), ""])


def as_workbook(file: Path) -> Path:
    received = datetime(2025, 11, 1, 8)  # noqa: DTZ001 (as a cell holds it)
    due = received.replace(day=20, hour=17)
    typed = {**DOSSIER, "Đơn vị giải quyết": 8716, "Ngày tiếp nhận": received, "Hạn giải quyết": due}
    return workbook(file, {"Hồ sơ": [["DANH SÁCH HỒ SƠ TỒN"], [], [*typed], [*typed.values()]]})


WRITTEN: dict[str, Callable[[Path], Path]] = {
    "composed.csv": lambda file: written(file, normalize("NFC", csv_of(DOSSIER))),
    "decomposed.csv": lambda file: written(file, normalize("NFD", csv_of(DOSSIER))),
    "separator.csv": lambda file: written(file, "\ufeffsep=;\r\n" + csv_of(DOSSIER, ";")),
    "titles.csv": lambda file: written(file, "DANH SÁCH HỒ SƠ;;;\r\n;;;\r\n" + csv_of(DOSSIER, ";")),
    "utf16.csv": lambda file: written(file, csv_of(DOSSIER, "\t").encode("utf-16")),
    "zeros.csv": lambda file: written(file, csv_of(DOSSIER).replace("8716", "08716")),
    "rows.jsonl": lambda file: written(file, b"\xef\xbb\xbf" + msgspec.json.encode(DOSSIER)),
    "rows.xlsx": as_workbook,
}


@pytest.mark.parametrize("name", WRITTEN)
def test_dossier_is_the_same_event_in_whichever_form_it_comes(
    tmp_path: Path, packaged_mapper: MapperOf, name: str
) -> None:
    assert data_of(packaged_mapper("dossier_backlog"), WRITTEN[name](tmp_path / name)) == [ACCEPTED]


MEASURED = """
mapping: air
subsystem: environment
reads: {delimiter: ";"}
times: {at: {column: at}}
events:
  - event: air.measured
    time: at
    data: {station: station, parameter: {constant: co}, value: {column: v, decimal: ","}, unit: {constant: ug_m3}}
"""
AT, VALUES = "2025-11-01T08:00:00+07:00", [1.234, 101.325, 7.5]
LINES = [{"at": AT, "station": "viet_tri", "v": value} for value in VALUES]
MEASUREMENTS: dict[str, Callable[[Path], object]] = {
    "v.csv": lambda file: file.write_text(
        "at;station;v\n" + "".join(f"{AT};viet_tri;{value}\n".replace(".", ",") for value in VALUES)
    ),
    "v.jsonl": lambda file: file.write_bytes(b"\n".join(map(msgspec.json.encode, LINES))),
    "v.parquet": lambda file: pyarrow.parquet.write_table(pyarrow.Table.from_pylist(LINES), file),
    "typed.parquet": lambda file: pd.DataFrame(LINES).assign(at=pd.Timestamp(AT)).to_parquet(file),
    "v.xlsx": lambda file: workbook(file, {"A": [["at", "station", "v"], *(list(line.values()) for line in LINES)]}),
}


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_measurement_is_the_same_number_in_whichever_form_it_comes(
    tmp_path: Path, catalogue: Catalogue, name: str
) -> None:
    mapper = Mapper(read_mapping(written(tmp_path / "air.yaml", MEASURED)), catalogue)
    MEASUREMENTS[name](tmp_path / name)
    assert [data["value"] for data in data_of(mapper, tmp_path / name)] == VALUES


CASES = """
mapping: log
subsystem: citizen_feedback
times: {at: {column: "time:timestamp"}}
events:
  - event: request.received
    time: at
    when: [{column: "concept:name", one_of: [Tiếp nhận]}]
    data: {service_request_id: "case:concept:name", service_code: {constant: other},
           agency_responsible: {constant: so_y_te}, within_authority: {constant: true}, channel: {constant: desk}}
"""


def test_case_log_in_xes_is_mapped_by_the_names_of_the_standard(tmp_path: Path, catalogue: Catalogue) -> None:
    mapper = Mapper(read_mapping(written(tmp_path / "log.yaml", CASES)), catalogue)
    event = "<event><string key='concept:name' value='{}'/><date key='time:timestamp' value='{}'/></event>"
    events = event.format("Tiếp nhận", AT) + event.format("Trả kết quả", AT)
    log = f"<log><trace><string key='concept:name' value='F-1'/>{events}</trace></log>"
    [data] = data_of(mapper, written(tmp_path / "log.xes", log))
    assert data["service_request_id"] == "F-1"


def test_rows_in_the_old_encoding_of_viet_nam_are_the_same_event(tmp_path: Path, catalogue: Catalogue) -> None:
    text = CASES.replace("times:", "reads: {encoding: windows-1258}\ntimes:")
    mapper = Mapper(read_mapping(written(tmp_path / "log.yaml", text)), catalogue)
    rows = windows_1258(f"case:concept:name;concept:name;time:timestamp\nF-1;Tiếp nhận;{AT}\n")
    [data] = data_of(mapper, written(tmp_path / "log.csv", rows))
    assert data["service_request_id"] == "F-1"
