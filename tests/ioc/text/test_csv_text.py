"""Tables as CSV."""

import csv
from io import StringIO

import pytest

from ioc.text.csv_text import csv_octets


def read(octets: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(octets.decode("utf-8-sig"), newline="")))


def test_excel_knows_the_letters_and_every_cell_comes_back() -> None:
    rows = [["Đơn vị", 'có "ngoặc", phẩy'], ["hai\ndòng", "0,71 %"]]
    octets = csv_octets(rows)
    assert octets.startswith(b"\xef\xbb\xbf")
    assert read(octets) == rows


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "\u00a0=", "＝"])
def test_no_cell_is_a_formula(begin: str) -> None:
    [[cell]] = read(csv_octets([[f"{begin}cmd|' /C calc'!A0"]]))
    assert cell.startswith("'")
    assert cell[1:] == f"{begin}cmd|' /C calc'!A0"
