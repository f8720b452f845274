"""``ioc check`` of mappings: as what they are, against the catalogue and the files beside them."""

import io
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from ioc.catalogue.loader import PACKAGED
from ioc.cli.check import check
from ioc.events.mappings import packaged
from streams.settings.settings import load_settings

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples" / "catalogue"
GATES = """mapping: gates
subsystem: tourism
times: {at: {column: at}}
events:
  - {event: visitors.entered, time: at, data: {site: site, visitors: {constant: 1}}}
"""


def checked(*files: Path, catalogue: Path | None = None) -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=300, color_system=None)
    code = check(load_settings(catalogue=catalogue), files, console)
    told = console.file
    assert isinstance(told, io.StringIO)
    return code, told.getvalue()


def mapping(folder: Path, text: str) -> Path:
    file = folder / "gates.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_sound_mapping_has_no_faults(tmp_path: Path) -> None:
    assert checked(mapping(tmp_path, GATES)) == (0, "1 file checked, no faults\n")


@pytest.mark.parametrize("name", ["mpls_stops", "dossier_backlog", "hhs_breaches", "durham_pm25"])
def test_packaged_mapping_has_no_faults(name: str) -> None:
    assert checked(packaged()[name])[0] == 0


def test_mapping_for_a_subsystem_of_its_own_is_checked_with_it() -> None:
    alone = checked(packaged()["nycflights13"])
    assert alone[0] == 1
    assert "there is no subsystem `flights`" in alone[1]
    with_its_catalogue = checked(packaged()["nycflights13"], catalogue=EXAMPLES)
    assert with_its_catalogue == (0, "1 file checked, no faults\n")


def test_mapping_is_checked_with_the_subsystem_beside_it(tmp_path: Path) -> None:
    own = tmp_path / "tourism.yaml"
    packaged_tourism = (PACKAGED / "subsystems" / "tourism.yaml").read_text(encoding="utf-8")
    own.write_text(packaged_tourism.replace("visitors.entered", "visitors.came"), encoding="utf-8")
    gates = mapping(tmp_path, GATES.replace("visitors.entered", "visitors.came"))
    assert checked(gates)[0] == 1
    assert checked(gates, own) == (0, "2 files checked, no faults\n")


def test_fault_of_the_subsystem_beside_it_comes_first(tmp_path: Path) -> None:
    own = tmp_path / "tourism.yaml"
    own.write_text("subsystem: tourism\n", encoding="utf-8")
    code, told = checked(mapping(tmp_path, GATES), own)
    assert code == 1
    assert f"{own}:1: " in told


@pytest.mark.parametrize(
    ("old", "new", "line", "fault"),
    [
        ("mapping: gates", "mapping: Gates", 1, "mapping: 'Gates' is no name that is allowed here"),
        ("mapping: gates\n", "", 1, "mapping: `mapping` is missing — add `mapping:`"),
        ("visitors.entered", "visitor.entered", 5, "tourism has no event `visitor.entered` — did you mean `visitors"),
        ("times:", "prepare: SELEC\ntimes:", 3, "prepare: Parser Error: syntax error at or near"),
        ("times:", "prepare: COPY rows TO 'x'\ntimes:", 3, "prepare: it is no query — write one SELECT"),
    ],
)
def test_fault_of_a_mapping_is_one_of_a_mapping(tmp_path: Path, old: str, new: str, line: int, fault: str) -> None:
    file = mapping(tmp_path, GATES.replace(old, new))
    code, told = checked(file)
    assert code == 1
    assert told.startswith(f"{file}:{line}: ")
    assert fault in told
    assert "1 fault in 1 file" in told


def test_hashed_field_needs_no_key_to_be_checked(tmp_path: Path) -> None:
    stops = packaged()["mpls_stops"]
    text = stops.read_text(encoding="utf-8").replace("neighborhood: {", "plate: plate\n      neighborhood: {")
    shutil.copytree(stops.parent / "units", tmp_path / "units")
    assert checked(mapping(tmp_path, text))[0] == 0
