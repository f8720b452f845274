"""YAML from elsewhere: it costs what it is worth, stays in its folder, and tells nothing of other files."""

from pathlib import Path

import pytest

from ioc.catalogue import CatalogueError, load
from ioc.catalogue.source import Source
from ioc.cli.installation import own_subsystems
from ioc.events.mappings import read_mapping
from ioc.events.mappings.loader import MappingError
from streams.settings.settings import load_settings

SECRETS = {
    "lines": "root:$6$s3cret:19000:0:99999:7:::\nioc:!:19000::::::\n",
    "a mapping": "s3cret: {key: s3cret}\n",
    "units of another kind": "units: s3cret\n",
    "an alias": "*s3cret\n",
    "a tag": "!s3cret 1\n",
    "no YAML": "s3cret: [\n  s3cret:: ]\n",
    "no text": "\xff\xfes3cret",
}


def test_aliases_of_aliases_are_refused_before_they_are_written_out(tmp_path: Path) -> None:
    file = tmp_path / "laughs.yaml"
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    file.write_text("\n".join(["a0: &a0 [lol]", *levels]))
    source = Source(file)
    assert source.data is None
    (fault,) = source.faults
    assert "parts" in fault.message
    assert "write out" in fault.fix


def test_a_file_without_end_is_not_read() -> None:
    (fault,) = Source(Path("/dev/zero")).faults
    assert "more than 4,194,304 bytes" in fault.message


@pytest.mark.parametrize("what", SECRETS)
def test_nothing_is_told_of_a_file_that_holds_no_units(what: str, tmp_path: Path) -> None:
    file = tmp_path / "shadow"
    file.write_bytes(SECRETS[what].encode("latin-1"))
    with pytest.raises(CatalogueError) as refused:
        load(units=file)
    assert [fault.message for fault in refused.value.faults] == ["this is no file of units"]
    assert "s3cret" not in str(refused.value)


def test_own_subsystems_are_files_of_their_folder(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "own", tmp_path / "elsewhere.yaml"
    folder.mkdir()
    elsewhere.write_text("secret: s3cret\n")
    (folder / "inside").write_text("{}")
    (folder / "a.yaml").symlink_to(folder / "inside")
    settings = load_settings(subsystems=folder)
    assert own_subsystems(settings) == [folder / "a.yaml"]
    (folder / "b.yaml").symlink_to(elsewhere)
    with pytest.raises(PermissionError, match=r"b\.yaml is a link to a file outside"):
        own_subsystems(settings)


@pytest.mark.parametrize("units", ["../elsewhere.yaml", "/etc/passwd", "units/../../elsewhere.yaml"])
def test_a_mapping_names_units_within_its_own_folder(units: str, tmp_path: Path) -> None:
    packaged = Path("ioc/events/mappings/mpls_stops.yaml").read_text()
    file = tmp_path / "mapping.yaml"
    file.write_text(packaged.replace("units/minneapolis.yaml", units))
    with pytest.raises(MappingError, match=r"mapping\.yaml:6: units: .*outside of the mapping's folder"):
        read_mapping(file)
