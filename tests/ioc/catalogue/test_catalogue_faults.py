"""Every kind of fault in a catalogue's file is told with its file, line and fix, all of them in one run."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from ioc.catalogue import CatalogueError, Fault, load
from ioc.catalogue.loader import PACKAGED
from ioc.cli.check import check
from ioc.kpis.facts import Happened
from streams.settings.settings import load_settings

HERE = Path(__file__).parent / "parking"
PROVINCE = (HERE / "province.yaml").read_text(encoding="utf-8")
SOUND = (HERE / "subsystems" / "parking.yaml").read_text(encoding="utf-8")
FAULTS: dict[str, dict[str, str]] = YAML(typ="safe").load(HERE / "faults.yaml")


def folder_with(tmp_path: Path, text: str, name: str = "parking.yaml", province: str = PROVINCE) -> Path:
    """A catalogue's folder with one subsystem."""
    (tmp_path / "subsystems").mkdir(exist_ok=True)
    (tmp_path / "province.yaml").write_text(province, encoding="utf-8")
    (tmp_path / "subsystems" / name).write_text(text, encoding="utf-8")
    return tmp_path


def faults_in(tmp_path: Path, text: str, name: str = "parking.yaml", province: str = PROVINCE) -> list[Fault]:
    with pytest.raises(CatalogueError) as raised:
        load(folder_with(tmp_path, text, name, province))
    return raised.value.faults


def line_of(text: str, needle: str, occurrence: int = 1) -> int:
    """The number of the line where a text is written."""
    lines = [number for number, line in enumerate(text.splitlines(), 1) if needle in line]
    return lines[occurrence - 1]


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_told_with_place_and_fix(tmp_path: Path, name: str) -> None:
    case = FAULTS[name]
    path = case["path"]
    assert case["for"] in SOUND
    text = SOUND.replace(case["for"], case["write"], 1)
    faults = faults_in(tmp_path, text)
    told = [fault for fault in faults if fault.path == path and case["message"] in fault.message]
    assert told, [str(fault) for fault in faults]
    assert told[0].file == tmp_path / "subsystems" / "parking.yaml"
    assert case["fix"] in told[0].fix
    assert text.splitlines()[told[0].line - 1].strip().startswith(case["line"])


def test_sound_file_has_no_faults(tmp_path: Path) -> None:
    assert list(load(folder_with(tmp_path, SOUND)).subsystems) == ["parking"]


def test_all_faults_of_all_files_come_in_one_run(tmp_path: Path) -> None:
    folder_with(
        tmp_path,
        SOUND.replace("direction: above, ", "").replace("[overdue]", "[overdu]").replace("order: 1", "order: x"),
    )
    (tmp_path / "subsystems" / "broken.yaml").write_text("a: [1\n", encoding="utf-8")
    with pytest.raises(CatalogueError) as raised:
        load(tmp_path)
    told = {(fault.file.name, fault.path) for fault in raised.value.faults}
    assert told >= {
        ("parking.yaml", "order"),
        ("parking.yaml", "kpis.overdue_share.limits.direction"),
        ("parking.yaml", "kpis.overdue_share.numerator[0]"),
        ("broken.yaml", ""),
    }


def test_one_fault_is_not_told_again_by_what_depends_on_it(tmp_path: Path) -> None:
    text = SOUND.replace("  lot: {type: id, name: {vi: Bãi, en: Lot}}", "  lot: {type: idd, name: {vi: Bãi, en: Lot}}")
    assert [fault.path for fault in faults_in(tmp_path, text)] == ["fields.lot.type"]


def test_broken_kpi_is_no_unknown_input(tmp_path: Path) -> None:
    text = SOUND.replace("    deadline: notice\n    unit: stays", "    deadline: notice\n    unit: [stays]")
    assert [fault.path for fault in faults_in(tmp_path, text)] == ["kpis.overdue.unit"]


def test_syntax_fault_names_its_line(tmp_path: Path) -> None:
    text = SOUND.replace("order: 1", "order: 1: 2")
    (fault,) = faults_in(tmp_path, text)
    assert (fault.line, fault.fix[:5]) == (line_of(text, "order:"), "check")


def test_files_without_content_are_faults(tmp_path: Path) -> None:
    (fault,) = faults_in(tmp_path, "# nothing\n")
    assert fault.message == "the file is empty"


def test_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    missing = tmp_path / "missing.yaml"
    with pytest.raises(CatalogueError, match="cannot be read"):
        load(folder_with(tmp_path, SOUND), [missing])


def test_subsystem_or_order_used_twice_is_told_of_the_later_file(tmp_path: Path) -> None:
    folder_with(tmp_path, SOUND)
    other = tmp_path / "parking_again.yaml"
    other.write_text(SOUND, encoding="utf-8")
    with pytest.raises(CatalogueError) as raised:
        load(tmp_path, [other])
    faults = {fault.path: fault for fault in raised.value.faults}
    assert {faults["subsystem"].file, faults["order"].file} == {other}
    assert f"{tmp_path / 'subsystems' / 'parking.yaml'}:{line_of(SOUND, 'order:')}" in faults["order"].message


@pytest.mark.parametrize("written", ["name: 'A {{ b }}'", "code: 'a|b'"])
def test_texts_of_the_province_are_held_to_the_same(tmp_path: Path, written: str) -> None:
    key = written.partition(":")[0]
    units = "units:\n  - {kind: ward, level: commune, code: a, name: A}\n"
    sound = units.replace(f"{key}: {'A' if key == 'name' else 'a'}", written)
    province = PROVINCE[: PROVINCE.index("units:")] + sound
    told = {fault.path: fault for fault in faults_in(tmp_path, SOUND, province=province)}
    assert told[f"units[0].{key}"].line == line_of(province, written)


def test_metric_of_another_subsystem_is_a_fault(tmp_path: Path) -> None:
    """``parking`` + ``began_late`` and ``parking_began`` + ``late`` would be one metric."""
    folder_with(tmp_path, SOUND.replace("  ended_late:", "  began_late:"))
    other = tmp_path / "parking_began.yaml"
    text = SOUND.replace("subsystem: parking", "subsystem: parking_began").replace("order: 1", "order: 2")
    other.write_text(text.replace("  ended_late:", "  late:"), encoding="utf-8")
    with pytest.raises(CatalogueError) as raised:
        load(tmp_path, [other])
    (fault,) = raised.value.faults
    assert (fault.path, fault.line) == ("kpis.late", line_of(text, "ended_late:"))
    assert "parking.began_late" in fault.message


@pytest.mark.parametrize(
    ("before", "after", "path", "message"),
    [
        ('["07:30", "11:30"]', '["11:30", "07:30"]', "calendar.working_hours[0]", "no part of a day"),
        ('["13:30", "17:00"]', '["10:30", "17:00"]', "calendar.working_hours", "overlap"),
        ('version: "1"', 'version: "1"\n  days_off: {2026-02-30: Nghỉ}', "calendar.days_off.2026-02-30", "no date"),
        (
            'version: "1"',
            'version: "1"\n  school_terms: [{first: 2026-05-31, last: 2025-09-05}]',
            "calendar.school_terms[0]",
            "no school term",
        ),
        ('code: "200"', 'code: "100"', "units[1].code", "twice"),
        ("level: commune}", "level: village}", "units[0].level", "not allowed"),
    ],
)
def test_fault_of_the_province_is_told(tmp_path: Path, before: str, after: str, path: str, message: str) -> None:
    faults = faults_in(tmp_path, SOUND, province=PROVINCE.replace(before, after, 1))
    (fault,) = [fault for fault in faults if fault.path == path]
    assert message in fault.message
    assert fault.file == tmp_path / "province.yaml"


def test_packaged_catalogue_has_no_faults() -> None:
    assert len(load().subsystems) == 12


def test_every_subsystem_can_be_told_its_sources_totals(tmp_path: Path) -> None:
    catalogue = load(folder_with(tmp_path, SOUND))
    parking = catalogue.subsystems["parking"]
    assert parking.events["source_total.reported"].required == ["kpi", "value", "as_of"]
    assert "began" in (parking.fields["kpi"].values or {})
    assert parking.label("kpi") != "kpi"
    assert parking.kpis["source_total"].groupings == [(), ("kpi",)]
    for subsystem in load().subsystems.values():
        measures = [needed.measure for kpi in subsystem.kpis.values() for needed in kpi.needed()]
        assert any(measure.fact == Happened("source_total.reported") for measure in measures), subsystem.subsystem


def test_thirteenth_subsystem_is_one_file(tmp_path: Path) -> None:
    file = tmp_path / "parking.yaml"
    file.write_text(SOUND.replace("order: 1\n", "order: 13\n"), encoding="utf-8")
    catalogue = load(extra=[file])
    assert list(catalogue.subsystems)[-1] == "parking"
    assert len(catalogue.subsystems) == 13


def test_a_file_named_like_one_of_the_catalogue_takes_its_place(tmp_path: Path) -> None:
    file = tmp_path / "health.yaml"
    packaged = (PACKAGED / "subsystems" / "health.yaml").read_text(encoding="utf-8")
    file.write_text(packaged.replace("en: Health}", "en: Health of this province}"), encoding="utf-8")
    catalogue = load(extra=[file])
    assert len(catalogue.subsystems) == 12
    assert catalogue.subsystems["health"].name.en == "Health of this province"


def test_check_prints_file_line_field_and_fix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "parking.yaml"
    file.write_text(SOUND.replace("order: 1\n", "order: 13\n").replace("direction: above, ", ""), encoding="utf-8")
    assert check(load_settings(), [file]) == 1
    told, summary = capsys.readouterr().out.splitlines()
    line = line_of(SOUND, "limits:")
    assert told.startswith(f"{file}:{line}: kpis.overdue_share.limits.direction: these limits have no direction — add")
    assert summary == "1 fault in 1 file"


def test_check_of_a_sound_file_exits_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "parking.yaml"
    file.write_text(SOUND.replace("order: 1\n", "order: 13\n"), encoding="utf-8")
    assert check(load_settings(), [file]) == 0
    assert check(load_settings(), [PACKAGED / "subsystems" / "health.yaml"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "1 file checked, no faults"
