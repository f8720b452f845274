"""`ioc accounts` writes what the servers read."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ioc.cli import main as cli
from streams.settings.yaml_file import YamlFileError
from streams.web.people.accounts import load_accounts


def accounts(file: Path, *arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(cli.app, ["accounts", *arguments, "--file", str(file)], input=given)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "secrets" / "accounts.yaml"


def test_a_password_that_is_asked_for_opens_and_stands_nowhere(file: Path) -> None:
    typed = "một mật khẩu dài\n"
    made = accounts(file, "set", "lan", "--name", "Nguyễn Lan", "--role", "operator", given=typed * 2)
    assert made.exit_code == 0, made.output
    known = load_accounts(file)
    person = known.of_password("lan", typed.strip())
    assert person is not None
    assert (person.name, str(person.role)) == ("Nguyễn Lan", "operator")
    assert known.of_password("lan", "another password") is None
    assert typed.strip() not in file.read_text() + made.output
    assert "$argon2id$" in file.read_text()
    # In a folder that is closed to others, as `ioc secrets` has it.
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o644, 0o700)


def test_a_token_takes_the_place_of_the_former_one_and_the_password_stays(file: Path) -> None:
    made = accounts(file, "set", "lan", "--name", "Lan", "--role", "viewer", "--generate")
    password = made.output.rpartition("password: ")[2].strip()
    first, second = (accounts(file, "token", "lan").output.strip() for _ in range(2))
    known = load_accounts(file)
    assert known.of_token(first) is None
    assert known.of_token(second) == known.of_password("lan", password) == known.person("lan")


def test_who_is_removed_is_known_no_more(file: Path) -> None:
    accounts(file, "set", "lan", "--name", "Lan", "--role", "viewer", "--generate")
    assert accounts(file, "remove", "lan").exit_code == 0
    assert load_accounts(file).accounts == {}
    assert accounts(file, "remove", "lan").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("set", "lan", "--name", "Lan", "--role", "emperor", "--generate"), "emperor is no role"),
        (("set", "lan", "--name", "Lan", "--role", "viewer"), "fewer than 12"),
        (("token", "lan"), "there is no account lan"),
    ],
)
def test_what_makes_no_account_is_refused(file: Path, arguments: tuple[str, ...], said: str) -> None:
    made = accounts(file, *arguments, given="short\nshort\n")
    assert made.exit_code == 2
    assert said in " ".join(made.output.replace("│", " ").split())
    assert not file.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("accounts: {lan: {name: Lan, role: viewer, password: secret}}", "it is no hash of Argon2"),
        ("accounts: {lan: {name: Lan, role: emperor}}", "emperor is no role"),
        ("accounts: {Lan: {name: Lan, role: viewer}}", "small letters"),
        ("accounts: {lan: {role: viewer}}", "`ioc accounts set` writes an account"),
    ],
)
def test_a_file_at_fault_is_told_with_line_and_fix(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "accounts.yaml"
    file.write_text(text)
    with pytest.raises(YamlFileError, match=r"accounts\.yaml:1") as refusal:
        load_accounts(file)
    assert said in str(refusal.value)
