"""Catalogue files that nest without end are refused with a line, as all others are."""

from pathlib import Path

import pytest

from ioc.catalogue.faults import CatalogueError
from ioc.catalogue.loader import PACKAGED, load_files


@pytest.mark.parametrize(
    "text", ["fields: " + "[" * 3000 + "]" * 3000, "fields: &a [*a]", "fields:\n  x: " + "{a: " * 3000 + "}" * 3000]
)
def test_endless_nesting_is_refused_with_a_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "deep.yaml"
    file.write_text(text)
    with pytest.raises(CatalogueError) as refused:
        load_files(PACKAGED / "province.yaml", [file])
    assert [fault.message for fault in refused.value.faults] == ["it is nested too deeply"]
