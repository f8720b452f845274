"""A nation's file: what it says, and every fault with its place and its fix."""

from pathlib import Path

import pytest
from vietnam_provinces import Province

from ioc.catalogue import CatalogueError
from ioc.catalogue.nation import read_nation

EXAMPLE = Path(__file__).parents[3] / "docs/examples/nation.yaml"
PROVINCE = """\
  - code: "{code}"
    name: {{vi: Tỉnh {code}, en: Province {code}}}
    prometheus: https://p{code}.example/prometheus
    grafana: https://p{code}.example
"""
NATION = "name: {vi: Việt Nam, en: Viet Nam}\nprovinces:\n"


def faults(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "nation.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        read_nation(file)
    except CatalogueError as error:
        return [str(fault).removeprefix(f"{file}:") for fault in error.faults]
    return []


def test_the_example_has_the_34_provinces_with_their_official_codes_and_names() -> None:
    official = {f"{each.code.value:02}": each.name.removeprefix("Thành phố ") for each in Province.iter_all()}
    written = {code: name.vi.replace("TP. ", "") for code, name in read_nation(EXAMPLE).names.items()}
    assert len(official) == 34
    assert written == official


def test_an_address_is_read_as_scheme_target_and_path(tmp_path: Path) -> None:
    file = tmp_path / "nation.yaml"
    addresses = {
        "http://127.0.0.1:9090": ("http", "127.0.0.1:9090", ""),
        "https://ioc.example/a/prometheus": ("https", "ioc.example", "/a/prometheus"),
        "http://[::1]:9090/p": ("http", "[::1]:9090", "/p"),
    }
    for address, target in addresses.items():
        one = PROVINCE.format(code="01").replace("https://p01.example/prometheus", address)
        file.write_text(NATION + one, encoding="utf-8")
        assert read_nation(file).provinces[0].target == target


@pytest.mark.parametrize("key", ["prometheus", "grafana"])
@pytest.mark.parametrize(
    "address", ["ioc.example", "ftp://ioc.example", "https://ioc.example/?a=b", "https://a/", "''"]
)
def test_an_address_that_is_none_is_told_with_its_line_and_fix(key: str, address: str, tmp_path: Path) -> None:
    path = "/prometheus" if key == "prometheus" else ""
    text = NATION + PROVINCE.format(code="01").replace(f"{key}: https://p01.example{path}\n", f"{key}: {address}\n")
    (fault,) = faults(tmp_path, text)
    assert fault.startswith(f"{5 if key == 'prometheus' else 6}: provinces[0].{key}: ")
    assert "write it as in https://ioc.example/prometheus" in fault


def test_a_password_in_an_address_is_refused_and_not_told(tmp_path: Path) -> None:
    text = NATION + PROVINCE.format(code="01").replace("https://p01", "https://nation:s3cret@p01")
    (first, _) = faults(tmp_path, text)
    assert "provinces[0].prometheus" in first
    assert "s3cret" not in first


@pytest.mark.parametrize("key", ["code", "prometheus", "grafana"])
def test_what_two_provinces_share_is_told_with_both_lines(key: str, tmp_path: Path) -> None:
    one, other = PROVINCE.format(code="01"), PROVINCE.format(code="04")
    line = next(line for line in one.splitlines() if f"{key}:" in line)
    shared = "\n".join(line if f"{key}:" in own else own for own in other.splitlines())
    if key == "code":
        shared = shared.replace('  - code: "04"', line)
    (fault,) = faults(tmp_path, f"{NATION}{one}{shared}\n")
    place = {"code": 0, "prometheus": 2, "grafana": 3}[key]
    assert fault.startswith(f"{7 + place}: provinces[1].{key}: ")
    assert f"on line {3 + place} — write each province once" in fault


def test_what_is_missing_or_unknown_is_told(tmp_path: Path) -> None:
    one = PROVINCE.format(code="01")
    assert faults(tmp_path, NATION + one.replace("grafana:", "grafan:")) == [
        "3: provinces[0].grafana: `grafana` is missing — add `grafana:`",
        (
            "6: provinces[0].grafan: unknown field `grafan` — did you mean `grafana`? Otherwise remove it; allowed are "
            "ca_file, code, grafana, login, name, prometheus"
        ),
    ]
    assert faults(tmp_path, NATION + one.replace(", en: Province 01", "")) == [
        "4: provinces[0].name.en: the English text is missing — add `en:` with the text"
    ]
    login = "    login: {user: nation}\n"
    assert faults(tmp_path, NATION + one + login) == [
        "7: provinces[0].login.password_file: `password_file` is missing — add `password_file:`"
    ]
    (fault,) = faults(tmp_path, NATION.replace("provinces:", "provinces: []"))
    assert fault.startswith("2: provinces: ")
    (fault,) = faults(tmp_path, f"{NATION}{one}limits: {{provinces_red: 0}}\n")
    assert fault.startswith("7: limits.provinces_red: ")


def test_a_name_that_an_output_could_not_show_is_refused(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, NATION + PROVINCE.format(code="01").replace("vi: Tỉnh 01", "vi: 'a {{b}}'"))
    assert "would begin a template" in fault


def test_a_code_that_is_written_as_a_number_is_refused_not_guessed(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, NATION + PROVINCE.format(code="04").replace('"04"', "04"))
    assert fault.startswith("3: provinces[0].code: ")
