"""Kinds are found in their folder, each by its file's name."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from ioc.kpis import kinds
from ioc.kpis.base import Kpi
from ioc.kpis.kinds import KINDS, AnyKpi, kind_in
from tests.ioc.kpis.fixed_view import kpi_of

FOLDER = Path(kinds.__file__).parent
HERE = Path(__file__).parent
EVENTS = """from typing import Literal

from ioc.kpis.base import Kpi


class Events(Kpi):
    kind: Literal["{}"]
"""


def test_every_file_of_the_folder_is_a_kind_with_a_test() -> None:
    names = {file.stem for file in FOLDER.glob("*.py")} - {"__init__"}
    assert KINDS.keys() == names
    assert {f"test_{name}" for name in names} <= {file.stem for file in HERE.glob("*.py")}


def test_every_kind_says_of_itself_what_it_is() -> None:
    assert [kind for kind in KINDS.values() if not kind.__doc__ or kind.__doc__ == Kpi.__doc__] == []


def test_kpi_is_read_as_the_class_of_its_kind() -> None:
    assert type(kpi_of("declared", value=4)) is KINDS["declared"]
    with pytest.raises(ValidationError, match="union_tag_invalid"):
        TypeAdapter(AnyKpi).validate_python({"kind": "declred"})


TWO = EVENTS.format("events") + EVENTS.format("events").replace("Events", "More")


@pytest.mark.parametrize("text", ["KINDS = {}\n", EVENTS.format("visits"), TWO])
def test_file_that_does_not_hold_the_one_kind_it_is_named_after_is_refused(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "events.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(tmp_path)])
    with pytest.raises(TypeError, match=r"events\.py: .* kind: Literal\[.events.\]"):
        kind_in("events")
