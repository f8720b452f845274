"""What a mapping makes of a row, and what is wrong with a mapping."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ioc.catalogue import Catalogue
from ioc.events.mappings import Mapper, MappingError, RowFault, packaged, read_mapping
from ioc.events.pseudonyms import Pseudonyms

BREACH = """
mapping: test
subsystem: cybersecurity
reads: {missing: ["", "NA"]}
times:
  day: {column: day, format: "%d/%m/%Y", zone: Asia/Ho_Chi_Minh}
events:
  - event: breach.reported
    time: day
    data:
      breach: id
      breach_kind: {constant: theft}
      individuals: people
"""
ROW = {"day": "24/07/2025", "id": "b1", "people": "12"}

Compile = Callable[[str], Mapper]


@pytest.fixture
def compiled(tmp_path: Path, catalogue: Catalogue) -> Compile:
    def compile_text(text: str) -> Mapper:
        file = tmp_path / "test.yaml"
        file.write_text(text, encoding="utf-8")
        return Mapper(read_mapping(file), catalogue)

    return compile_text


def event_of(mapper: Mapper, row: dict[str, Any], position: int = 0) -> dict[str, Any]:
    event = json.loads(mapper.events(row)[position].value)
    assert isinstance(event, dict)
    return event


def data_of(compiled: Compile, field: str, row: dict[str, Any]) -> Any:
    """What a row gives for one more field of the breach."""
    text = BREACH.replace("breach: id", "breach: id\n      " + field)
    return event_of(compiled(text), ROW | row)["data"].get(field.partition(":")[0])


def instant_of(compiled: Compile, time: str, row: dict[str, Any]) -> str:
    """The time of the event where ``day`` is written like this."""
    lines = BREACH.splitlines()
    text = "\n".join(f"  day: {time}" if line.startswith("  day:") else line for line in lines)
    return str(event_of(compiled(text), ROW | row)["time"])


def test_row_becomes_a_structured_cloudevent_keyed_by_its_entity(compiled: Compile) -> None:
    made = compiled(BREACH).events(ROW)
    assert [event.key for event in made] == [b"b1"]
    assert json.loads(made[0].value) == {
        "specversion": "1.0",
        "id": made[0].id,
        "source": "/ingest/test",
        "type": "vn.phutho.cybersecurity.breach.reported.v1",
        "time": "2025-07-24T00:00:00+07:00",
        "datacontenttype": "application/json",
        "partitionkey": "b1",
        "data": {"breach": "b1", "breach_kind": "theft", "individuals": 12},
    }


@pytest.mark.parametrize(
    ("field", "row", "value"),
    [
        ("organisation: who", {"who": " Sở Y tế "}, "Sở Y tế"),
        ("organisation: who", {"who": "NA"}, None),
        ("organisation: who", {}, None),
        ("organisation: {column: who, empty: unknown}", {"who": ""}, "unknown"),
        ("organisation: {join: [a, b, c], with: /}", {"a": "x", "b": 3.0, "c": 4}, "x/3/4"),
        ("organisation: {join: [a, {column: b, width: 4}]}", {"a": "x", "b": "51"}, "x-0051"),
        ("organisation: {join: [a, b]}", {"a": "x", "b": ""}, None),
        ('location: {column: s, table: {"1": one, "1*": more, "*": rest}}', {"s": "1"}, "one"),
        ('location: {column: s, table: {"1": one, "1*": more, "*": rest}}', {"s": "12"}, "more"),
        ('location: {column: s, table: {"1": one, "1*": more, "*": rest}}', {"s": "2"}, "rest"),
        ("year: {part: year, of: day, zone: Asia/Ho_Chi_Minh}", {}, "2025"),
        ("location: {part: hour, of: day, zone: UTC}", {}, "17"),
        ("location: {part: date, of: day, zone: UTC}", {}, "2025-07-23"),
        ("location: {part: weekday, of: day, zone: Asia/Ho_Chi_Minh}", {}, "4"),
    ],
)
def test_field_reads(compiled: Compile, field: str, row: dict[str, Any], value: object) -> None:
    assert data_of(compiled, field, row) == value


@pytest.mark.parametrize(
    ("source", "cell", "value"),
    [
        ("people", "12.0", 12),
        ("people", 12.0, 12),
        ("{column: people, factor: 1000}", "1.234", 1234),
        ("{column: people, decimal: ','}", "41.181.144", 41_181_144),
        ("{column: people, decimal: ',', factor: 10}", "1.234,5", 12_345),
    ],
)
def test_number_reads(compiled: Compile, source: str, cell: object, value: int) -> None:
    mapper = compiled(BREACH.replace("individuals: people", f"individuals: {source}"))
    assert event_of(mapper, ROW | {"people": cell})["data"]["individuals"] == value


def test_carbon_monoxide_in_mg_is_brought_to_micrograms(tmp_path: Path, catalogue: Catalogue) -> None:
    file = tmp_path / "co.yaml"
    file.write_text("""
mapping: co
subsystem: environment
times: {at: {column: t}}
events:
  - event: air.measured
    time: at
    data:
      station: {constant: s1}
      parameter: {constant: co}
      value: {column: mg, factor: 1000}
      unit: {constant: ug_m3}
""")
    row = {"t": "2025-07-24T04:00:00Z", "mg": "31.7"}
    assert event_of(Mapper(read_mapping(file), catalogue), row)["data"]["value"] == 31_700


@pytest.mark.parametrize(
    ("time", "row", "instant"),
    [
        ("{column: t}", {"t": "2017-01-01T06:00:42Z"}, "2017-01-01T06:00:42Z"),
        ("{column: t, zone: Asia/Ho_Chi_Minh}", {"t": "2025-07-24"}, "2025-07-24T00:00:00+07:00"),
        ("{column: t, zone: Asia/Ho_Chi_Minh}", {"t": "2025-07-24T01:00:00+00:00"}, "2025-07-24T01:00:00Z"),
        ("{column: t, format: unix}", {"t": "1753300000"}, "2025-07-23T19:46:40Z"),
        ("{column: t, format: unix_ms}", {"t": 1753300000500}, "2025-07-23T19:46:40.500000Z"),
        (
            "{join: [d, t], format: '%d/%m/%Y %H:%M', zone: Asia/Ho_Chi_Minh}",
            {"d": "01/07/2025", "t": "07:30"},
            "2025-07-01T07:30:00+07:00",
        ),
        (
            "{column: t, zone: {column: z, table: {HNL: Pacific/Honolulu}}}",
            {"t": "2013-01-01T08:00", "z": "HNL"},
            "2013-01-01T08:00:00-10:00",
        ),
        (
            "{constant: '2025-03-09T01:30', zone: America/New_York, plus: [{column: h, in: hours}]}",
            {"h": "1.5"},
            "2025-03-09T04:00:00-04:00",
        ),
        # Of a clock time that comes twice, the first.
        ("{column: t, zone: America/New_York}", {"t": "2025-11-02T01:30"}, "2025-11-02T01:30:00-04:00"),
    ],
)
def test_time_reads(compiled: Compile, time: str, row: dict[str, Any], instant: str) -> None:
    assert instant_of(compiled, time, row) == instant


@pytest.mark.parametrize(("arrival", "day"), [("2330", "24"), ("0110", "25"), ("2200", "24"), ("2159", "25")])
def test_clock_time_before_another_is_of_the_next_day(compiled: Compile, arrival: str, day: str) -> None:
    times = """
  left: {constant: "2025-07-24T22:00", zone: Asia/Ho_Chi_Minh}
  day: {join: [d, a], with: " ", format: "%Y-%m-%d %H%M", zone: Asia/Ho_Chi_Minh, not_before: left}"""
    head, _, rest = BREACH.partition("times:")
    text = head + "times:" + times + rest[rest.index("\nevents:") :]
    told = event_of(compiled(text), ROW | {"d": "2025-07-24", "a": arrival})["time"]
    assert told == f"2025-07-{day}T{arrival[:2]}:{arrival[2:]}:00+07:00"


@pytest.mark.parametrize(
    ("condition", "cell", "sent"),
    [
        ("{column: c, present: true}", "x", True),
        ("{column: c, present: true}", "NA", False),
        ("{column: c, present: false}", "", True),
        ("{column: c, one_of: [open, late]}", "late", True),
        ("{column: c, one_of: [open, late]}", "", False),
        ("{column: c, none_of: [test]}", "test", False),
        ("{column: c, none_of: [test]}", "", True),
    ],
)
def test_event_is_sent_when_its_conditions_hold(compiled: Compile, condition: str, cell: str, sent: bool) -> None:
    mapper = compiled(BREACH.replace("    time: day\n", f"    time: day\n    when: [{condition}]\n"))
    assert bool(mapper.events(ROW | {"c": cell})) == sent


def test_row_may_stand_for_several_events(packaged_mapper: Callable[[str], Mapper]) -> None:
    row = {
        "Mã hồ sơ": "H1", "Mã thủ tục": "1.001", "Lĩnh vực": "Hộ tịch - chứng thực", "Cấp giải quyết": "Xã",
        "Đơn vị giải quyết": "8716", "Đơn vị tiếp nhận": "8716", "Cấp tiếp nhận": "Xã", "Hình thức nộp": "Trực tuyến",
        "Đã số hóa": "Có", "Đề án 06": "", "Có thu phí": "Không", "Ngày tiếp nhận": "24/07/2025 08:15",
        "Hạn giải quyết": "", "Tạm dừng từ": "", "Lý do tạm dừng": "",
    }  # fmt: skip
    mapper = packaged_mapper("dossier_backlog")
    assert [event.event for event in mapper.events(row)] == ["dossier.accepted"]
    suspended = row | {"Tạm dừng từ": "25/07/2025 09:00", "Lý do tạm dừng": "Nghĩa vụ tài chính"}
    assert [event.event for event in mapper.events(suspended)] == ["dossier.accepted", "dossier.suspended"]
    assert event_of(mapper, suspended, 1)["data"] == {"dossier": "H1", "reason": "financial_obligation"}


@pytest.mark.parametrize(
    ("row", "reason", "message"),
    [
        ({"id": ""}, "missing_value", "column `id`: breach.reported needs `breach`, and the cell is empty"),
        ({"day": "NA"}, "missing_value", "column `day`: breach.reported needs its time, and the cell is empty"),
        ({"people": "many"}, "not_a_number", "column `people` 'many': this is no number"),
        ({"people": "1,5"}, "not_a_number", "if its decimals follow a `,`, say `decimal: ','` in the mapping"),
        ({"people": "1.5"}, "not_an_integer", "column `people` '1.5': this is no whole number"),
        ({"people": "-1"}, "invalid_value", "column `people` -1: breach.reported cannot have this as `individuals`"),
        ({"people": "inf"}, "not_a_number", "this is no number"),
        ({"day": "2025-07-24"}, "not_a_time", "column `day` '2025-07-24': this is no time of the format %d/%m/%Y"),
        ({"day": "31/02/2025"}, "not_a_time", "column `day` '31/02/2025'"),
        ({"id": "x" * 200}, "invalid_value", "column `id` 'xxx"),
    ],
)
def test_row_is_refused_with_column_value_and_reason(
    compiled: Compile, row: dict[str, str], reason: str, message: str
) -> None:
    with pytest.raises(RowFault) as refused:
        compiled(BREACH).events(ROW | row)
    assert refused.value.reason == reason
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("time", "row", "message"),
    [
        ("{column: t}", {"t": "2025-07-24T01:00"}, "this time says no zone; write `zone:`"),
        ("{column: t, zone: America/New_York}", {"t": "2025-03-09T02:30"}, "never showed this time"),
        ("{column: t, zone: {column: z}}", {"t": "2025-07-24", "z": "Mars/Base"}, "there is no time zone of that name"),
        ("{constant: '2025-07-24T00:00Z', plus: [{column: h, in: days, min: 0}]}", {"h": "-1"}, "0 days are the least"),
        ("{constant: '2025-07-24T00:00Z', plus: [{column: h, in: days}]}", {"h": "1e9"}, "of more than 400 years"),
        ("{constant: '2025-07-24T00:00Z', plus: [{column: h, in: days}]}", {"h": "-1e99"}, "of more than 400 years"),
        ("{column: t, format: unix}", {"t": "1e300"}, "this is no time of the format unix"),
    ],
)
def test_time_that_cannot_be_is_refused(compiled: Compile, time: str, row: dict[str, str], message: str) -> None:
    with pytest.raises(RowFault) as refused:
        instant_of(compiled, time, row)
    assert message in str(refused.value)


def test_text_that_no_table_has_is_refused_not_guessed(compiled: Compile) -> None:
    with pytest.raises(RowFault, match=r"column `s` 'three': the mapping's table has `1`, `2` and no such text"):
        data_of(compiled, 'location: {column: s, table: {"1": one, "2": two}}', {"s": "three"})


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "subsystem: cybersecurity",
            "subsystem: cyber_security",
            "3: subsystem: there is no subsystem `cyber_security` — did you mean `cybersecurity`?",
        ),
        (
            "event: breach.reported",
            "event: breach.report",
            "8: events[0].event: cybersecurity has no event `breach.report` — did you mean `breach.reported`?",
        ),
        ("time: day", "time: days", "9: events[0].time: there is no time `days` — did you mean `day`?"),
        ("      breach: id\n", "", "10: events[0].data: breach.reported requires `breach` — add `breach:`"),
        (
            "breach: id",
            "breach: id\n      breach_sort: x",
            "12: events[0].data.breach_sort: breach.reported has no field `breach_sort`",
        ),
        (
            "constant: theft",
            "constant: teft",
            "12: events[0].data.breach_kind.constant: 'teft' is none of the field's codes — did you mean `theft`?",
        ),
        (
            "{constant: theft}",
            "{column: k, table: {T: teft}}",
            "12: events[0].data.breach_kind.table.T: 'teft' is none of the field's codes",
        ),
        (
            "{constant: theft}",
            "{colum: k}",
            "12: events[0].data.breach_kind: it does not say where the value comes from",
        ),
        (
            "{constant: theft}",
            "{column: k, tabel: {}}",
            "12: events[0].data.breach_kind.tabel: unknown key `tabel` — did you mean `table`?",
        ),
        (
            "breach: id",
            "breach: id\n      unit: {constant: precinct_1}",
            "12: events[0].data.unit.constant: there is no unit 'precinct_1'",
        ),
        (
            "individuals: people",
            "individuals: {time: day}",
            "13: events[0].data.individuals: `individuals` is of type integer",
        ),
        (
            "individuals: people",
            "individuals: {constant: many}",
            "13: events[0].data.individuals.constant: 'many' does not fit a field of type integer",
        ),
        (
            "breach: id",
            "breach: {column: id, factor: 2}",
            "11: events[0].data.breach: `factor` and `decimal` are for numbers",
        ),
        ("zone: Asia/Ho_Chi_Minh", "zone: Asia/Hanoi", "6: times.day.zone: there is no time zone 'Asia/Hanoi'"),
        (", zone: Asia/Ho_Chi_Minh", "", "6: times.day: these times say no zone — add `zone:`"),
        ("column: day, ", "", "6: times.day: a time has one origin — write one of `column:`"),
        ('format: "%d/%m/%Y"', "format: dmy", "6: times.day: 'dmy' is no format — write iso, unix"),
        ("  day: {", "  noon: {from: day}\n  day: {", "6: times.noon.from: there is no time `day` above this one"),
        ("reads: {", "reads: {encoding: utf-9, ", "4: reads.encoding: there is no encoding 'utf-9'"),
        ("reads: {", "reads: {encoding: unicode_escape, ", "4: reads.encoding: there is no encoding 'unicode_escape'"),
        ("reads: {", "reads: {encoding: undefined, ", "4: reads.encoding: there is no encoding 'undefined'"),
        ("reads: {", "reads: {encoding: utf7, ", "4: reads.encoding: there is no encoding 'utf7' — write one"),
        ("reads: {", "reads: {delimiter: '||', ", "4: reads.delimiter: '||' cannot separate columns — write"),
        ("reads: {", "reads: {delimiter: '\"', ", "4: reads.delimiter: '\"' cannot separate columns — write one"),
        ("reads: {", "reads: {format: xls, ", "4: reads.format: 'xls' is not allowed here — write 'csv', 'jsonl'"),
        ("reads: {", "reads: {skip_rows: -1, ", "4: reads.skip_rows: -1 has the wrong type or size"),
        ("reads: {", "reads: {seperator: ';', ", "4: reads.seperator: unknown key `seperator`"),
        ("mapping: test", "", "1: mapping: `mapping` is missing — add `mapping:`"),
        (
            "    time: day",
            "    time: day\n    when: [{column: c}]",
            "10: events[0].when[0]: a condition has one test",
        ),
        ("events:", "events: [", "this is no YAML"),
    ],
)  # fmt: skip
def test_fault_of_a_mapping_names_file_line_field_and_fix(
    compiled: Compile, tmp_path: Path, old: str, new: str, fault: str
) -> None:
    assert BREACH.count(old) == 1
    with pytest.raises(MappingError) as refused:
        compiled(BREACH.lstrip("\n").replace(old, new, 1) if old == "mapping: test" else BREACH.replace(old, new, 1))
    [told] = str(refused.value).splitlines()
    assert told.startswith(f"{tmp_path / 'test.yaml'}:")
    assert fault in told


def test_every_fault_of_a_mapping_is_told_at_once(compiled: Compile) -> None:
    wrong = BREACH.replace("time: day", "time: days").replace("constant: theft", "constant: teft")
    with pytest.raises(MappingError) as refused:
        compiled(wrong)
    assert [fault.line for fault in refused.value.faults] == [9, 12]


STOPS = packaged()["mpls_stops"].read_text(encoding="utf-8")
PLATES = STOPS.replace("neighborhood: {", "plate: plate\n      neighborhood: {")


def test_without_a_key_number_plates_are_not_taken(tmp_path: Path, catalogue_for: Callable[[str], Catalogue]) -> None:
    file = tmp_path / "plates.yaml"
    file.write_text(PLATES, encoding="utf-8")
    fault = "`plate` must be hashed, and there is no key — leave it out, or set IOC_HASH_KEY_FILE"
    with pytest.raises(MappingError, match=fault):
        Mapper(read_mapping(file), catalogue_for("mpls_stops"))


def test_with_a_key_number_plates_are_sent_as_their_hashes_only(
    tmp_path: Path, catalogue_for: Callable[[str], Catalogue]
) -> None:
    file, pseudonyms = tmp_path / "plates.yaml", Pseudonyms(b"k" * 32)
    file.write_text(PLATES, encoding="utf-8")
    mapper = Mapper(read_mapping(file), catalogue_for("mpls_stops"), pseudonyms)
    row = dict.fromkeys(mapper.columns, "") | {
        "date": "2017-01-01T06:00:42Z", "idNum": "17-000003", "problem": "suspicious", "policePrecinct": "1",
        "plate": "19A-123.45",
    }  # fmt: skip
    [event] = mapper.events(row)
    assert json.loads(event.value)["data"]["plate"] == pseudonyms.of("cameras_traffic", "plate", "19A-123.45")
    assert b"123.45" not in event.value


@pytest.mark.parametrize("name", sorted(packaged()))
def test_packaged_mapping_fits_its_catalogue(packaged_mapper: Callable[[str], Mapper], name: str) -> None:
    mapper = packaged_mapper(name)
    assert mapper.mapping.mapping == name
    assert mapper.columns
