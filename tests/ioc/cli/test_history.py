"""A history of one's own before anything starts: what fits, and each thing that does not with its place and fix."""

from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from ioc.catalogue import CatalogueError, load
from ioc.cli.history import History, HistoryError, read_history
from ioc.cli.province_stack import OtherData, ProvinceStack
from ioc.events.mappings import MappingError
from streams.ingest.origin import TableError
from streams.settings.settings import ClockKind, Settings, load_settings
from tests.case_log import cases, write_export
from tests.packaged import packaged_catalogue
from tests.project.pages import steps

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[3] / "docs" / "howto" / "history.md"
EXAMPLES = Path(__file__).parents[3] / "docs" / "examples" / "catalogue"
(MAPPING,) = (step.text for step in steps(PAGE) if step.kind == "yaml")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return write_export(tmp_path / "cases.csv", cases(number=20))


def mapping(folder: Path, text: str = MAPPING, name: str = "mapping.yaml") -> str:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return str(file)


def read(files: list[Path], mappings: list[str], **settings: object) -> History:
    return read_history(load_settings(**settings), files, mappings, Console(quiet=True))


def test_a_history_has_a_prefix_clock_and_catalogue_of_its_own_and_tells_nobody(tmp_path: Path, export: Path) -> None:
    contacts = tmp_path / "contacts.yaml"
    contacts.write_text("contacts: {}\n")
    history = read([export], [mapping(tmp_path)], topic_prefix="ioc", relay={"contacts": contacts})
    settings = history.settings
    assert (settings.topic_prefix, settings.clock, settings.simulated) == ("history", ClockKind.EVENT, False)
    assert settings.relay.contacts is None
    assert [*history.catalogue.subsystems] == ["citizen_feedback"]
    first, last = history.period
    assert (first, last) == (history.files[0].ready.report.first, history.files[0].ready.report.last)


def test_what_is_piped_in_is_read_once_and_sent_whole(
    tmp_path: Path, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    piped = mapping(tmp_path, f"{MAPPING}\nreads: {{format: csv}}\n", "piped.yaml")
    with export.open(encoding="utf-8") as stream, closing(read([export], [mapping(tmp_path)])) as of_file:
        monkeypatch.setattr("sys.stdin", stream)
        with closing(read([Path("-")], [piped])) as history:
            assert stream.read() == ""
            assert [*history.files[0].ready.events()] == [*of_file.files[0].ready.events()] != []


def test_the_catalogue_that_is_installed_is_that_of_the_files_alone(tmp_path: Path, export: Path) -> None:
    history = read([export], [mapping(tmp_path)], units=mapping(tmp_path, UNITS, "units.yaml"))
    installed = history.installed_in(tmp_path / "run" / "catalogue")
    assert load(installed.catalogue, (), installed.units) == history.catalogue
    assert installed.subsystems is None
    assert [unit.code for unit in history.catalogue.province.units] == ["8716", "4792", "so_y_te", "so_xay_dung"]


UNITS = """\
units:
  - {code: "8716", name: One, kind: ward, level: commune}
  - {code: "4792", name: Two, kind: ward, level: commune}
  - {code: so_y_te, name: Three, kind: agency, level: province}
  - {code: so_xay_dung, name: Four, kind: agency, level: province}
"""


def test_a_subsystem_of_ones_own_comes_with_its_folder(tmp_path: Path) -> None:
    rows = tmp_path / "tests.csv"
    columns = "pan_day,col_rec_tat,rec_ver_tat,subject_id,test_id,drive_thru_ind,result"
    rows.write_text(f"{columns}\n4,1.2,3.4,1,xd,0,negative\n")
    own = tmp_path / "own"
    own.mkdir()
    written = (EXAMPLES / "subsystems" / "lab_tests.yaml").read_text(encoding="utf-8")
    (own / "lab_tests.yaml").write_text(written.replace("\norder: 2\n", "\norder: 13\n"), encoding="utf-8")
    history = read([rows], ["covid_tests"], subsystems=own)
    assert [*history.catalogue.subsystems] == ["lab_tests"]
    installed = history.installed_in(tmp_path / "catalogue")
    assert [file.name for file in (tmp_path / "catalogue" / "subsystems").iterdir()] == ["lab_tests.yaml"]
    assert load(installed.catalogue) == history.catalogue


def test_one_mapping_reads_all_files(tmp_path: Path) -> None:
    files = [write_export(tmp_path / f"{seed}.csv", cases(seed, number=5)) for seed in (1, 2)]
    history = read(files, [mapping(tmp_path)])
    assert [each.file for each in history.files] == files


@pytest.mark.parametrize(
    ("files", "mappings", "told"),
    [
        (1, 0, "1 --data, but 0 --mapping: give each file its mapping"),
        (3, 2, "3 --data, but 2 --mapping"),
        (0, 1, "name the file, --data FILE"),
    ],
)
def test_files_and_mappings_that_do_not_pair_are_counted(
    tmp_path: Path, export: Path, files: int, mappings: int, told: str
) -> None:
    with pytest.raises(HistoryError, match=told):
        read([export] * files, [mapping(tmp_path)] * mappings)


def test_a_mapping_for_a_subsystem_that_is_not_there_says_how_to_bring_it(tmp_path: Path, export: Path) -> None:
    name = mapping(tmp_path, MAPPING.replace("subsystem: citizen_feedback", "subsystem: street_lights"))
    with pytest.raises(MappingError) as raised:
        read([export], [name])
    assert str(raised.value).startswith(f"{name}:2: subsystem: there is no subsystem `street_lights` — name the folder")
    assert "--subsystems DIR" in str(raised.value)


def test_a_mapping_that_does_not_fit_the_catalogue_is_told_with_line_and_key(tmp_path: Path, export: Path) -> None:
    name = mapping(tmp_path, MAPPING.replace("Y tế: health", "Y tế: hospitals"))
    with pytest.raises(MappingError, match=r"mapping.yaml:15: events\[0\].data.service_code.table.Y tế: 'hospitals'"):
        read([export], [name])


def test_a_file_of_units_with_a_fault_is_told_with_line_and_key(tmp_path: Path, export: Path) -> None:
    units = mapping(tmp_path, UNITS.replace("kind: ward", "kind: planet", 1), "units.yaml")
    with pytest.raises(CatalogueError, match=r"units.yaml:2: units\[0\].kind"):
        read([export], [mapping(tmp_path)], units=units)


def test_mappings_with_different_units_need_one_file_of_units(tmp_path: Path, export: Path) -> None:
    for name in ("one.yaml", "other.yaml"):
        mapping(tmp_path, UNITS, f"units_{name}")
    forms = [
        mapping(tmp_path, MAPPING.replace("times:", f"units: units_{name}\ntimes:", 1), name)
        for name in ("one.yaml", "other.yaml")
    ]
    with pytest.raises(HistoryError, match=r"different units, .*one.yaml and .*other.yaml: write one file"):
        read([export, export], forms)
    assert len(read([export, export], forms, units=tmp_path / "units_one.yaml").files) == 2


def test_a_file_of_which_no_event_comes_is_told_with_why(tmp_path: Path, export: Path) -> None:
    other = mapping(
        tmp_path,
        MAPPING.replace('at: {column: Thời điểm, format: "%d/%m/%Y', 'at: {column: Thời điểm, format: "%Y-%m-%d'),
    )
    with pytest.raises(
        HistoryError, match=r"no event comes of its \d+ rows:\n.*cases.csv:2: row 1: column `Thời điểm`"
    ):
        read([export], [other])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"nowhere.csv: there is no such file"):
        read([tmp_path / "nowhere.csv"], [mapping(tmp_path)])


HISTORY = {"topic_prefix": "history", "clock": "event"}


@pytest.mark.parametrize(
    ("former", "own"),
    [
        (HISTORY, {"clock": "event", "simulated": True}),
        ({"clock": "event", "simulated": True}, HISTORY),
        ({"clock": "event", "simulated": True}, {"clock": "wall"}),
    ],
)
def test_a_folder_takes_only_the_kind_of_run_that_it_holds(
    tmp_path: Path, former: dict[str, object], own: dict[str, object]
) -> None:
    written = stack(tmp_path, load_settings(**former))
    written.env_file.write_text("".join(f"{k}={v}\n" for k, v in written._variables("127.0.0.1:1", 1).items()))
    with pytest.raises(OtherData, match=r"another kind of run .*name another --folder, or remove this one"):
        stack(tmp_path, load_settings(**own))
    stack(tmp_path, load_settings(**former))


def stack(folder: Path, settings: Settings) -> ProvinceStack:
    return ProvinceStack(settings, packaged_catalogue(), 1, folder, lambda _: None)
