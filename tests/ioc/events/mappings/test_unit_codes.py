"""Codes of units as official lists write them."""

import pytest

from ioc.catalogue import Catalogue
from ioc.catalogue.model import Unit
from ioc.events.mappings import RowFault
from ioc.events.mappings.unit_codes import UnitCodes


def units(**names: str) -> dict[str, Unit]:
    coded = {code.removeprefix("u"): name for code, name in names.items()}
    return {code: Unit(code=code, name=name, kind="commune", level="commune") for code, name in coded.items()}


KNOWN = UnitCodes(units(u8716="Phường Vĩnh Phúc", u00517="Xã Hy Cương", u01="Xã Một", u1="Xã Hai", so_y_te="Sở Y tế"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("8716", "8716"), ("08716", "8716"), ("008716", "8716"), ("517", "00517"), ("00517", "00517"),
        ("so_y_te", "so_y_te"), ("01", "01"), ("1", "1"),
    ],
)  # fmt: skip
def test_unit_is_found_with_and_without_the_zeros_before_its_code(text: str, code: str) -> None:
    assert KNOWN.code_of(text, "unit") == code


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("8761", "there is no unit of that code; did you mean `8716`?"),
        ("x", "say in a `table` of the mapping which unit it stands for, or name a file of units with --units"),
        ("001", "there is no unit of that code"),
        ("0so_y_te", "did you mean `so_y_te`?"),
        ("Xã Hy Cương", 'but one of that name; say `table: {Xã Hy Cương: "00517"}`'),
        ("xã hy cương", 'say `table: {xã hy cương: "00517"}`'),
    ],
)
def test_unit_that_is_not_found_is_refused_with_what_helps(text: str, hint: str) -> None:
    with pytest.raises(RowFault) as refused:
        KNOWN.code_of(text, "unit")
    assert hint in refused.value.detail
    assert (refused.value.reason, refused.value.column, refused.value.value) == ("invalid_value", "unit", text)


def test_where_there_are_no_units_every_code_is_taken() -> None:
    assert UnitCodes({}).code_of("08716", "unit") == "08716"


def test_every_unit_of_the_province_is_found_as_official_lists_write_it(catalogue: Catalogue) -> None:
    known = catalogue.province.units_by_code
    codes = UnitCodes(known)
    numbered = [code for code in known if code.isdecimal()]
    assert len(numbered) > 100
    assert [codes.code_of(code.zfill(5), "unit") for code in numbered] == numbered
