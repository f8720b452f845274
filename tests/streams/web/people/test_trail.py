"""The table that only grows."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ioc.cli import main as cli
from streams.web.database import Database
from streams.web.people.person import Actor
from streams.web.people.trail import TABLE, Act, Entry, Trail

LAN = Actor("lan", "Nguyễn Lan", "10.0.0.1")


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "trail.sqlite"
    database = Database(path, (TABLE,))
    Trail(database).append(Entry(1.0, Act.ACKNOWLEDGED, LAN, "key", after={"note": "[b]gọi[/b]"}))
    yield path
    database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trail SET account = 'minh'",
        "DELETE FROM trail",
        "INSERT OR REPLACE INTO trail VALUES (1, 1, 'acknowledged', 'minh', '', '', '', '', '')",
        "INSERT INTO trail VALUES (1, 1, '', '', '', '', '', '', '') ON CONFLICT (id) DO UPDATE SET account = 'minh'",
    ],
)
def test_no_line_is_changed_or_removed(file: Path, statement: str) -> None:
    with sqlite3.connect(file) as db:
        with pytest.raises(sqlite3.IntegrityError, match="the trail is never"):
            db.execute(statement)
        assert db.execute("SELECT account, address, after FROM trail").fetchall() == [
            ("lan", "10.0.0.1", '{"note": "[b]gọi[/b]"}')
        ]
    db.close()


def test_the_command_reads_the_file_and_obeys_nothing_in_it(file: Path) -> None:
    shown = CliRunner().invoke(cli.app, ["trail", str(file), "--json"])
    assert shown.exit_code == 0, shown.exception
    assert '"after": {"note": "[b]gọi[/b]"}' in shown.output


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    shown = CliRunner().invoke(cli.app, ["trail", str(tmp_path / "none.sqlite")])
    assert "none.sqlite cannot be used" in str(shown.exception)
    assert not (tmp_path / "none.sqlite").exists()


def test_half_a_letter_costs_no_line(file: Path) -> None:
    database = Database(file, (TABLE,))
    Trail(database).append(Entry(2.0, Act.SIGN_IN_REFUSED, Actor("\udcff", "", "::1"), after={"reason": "x"}))
    [(_, entry), _] = Trail(database).entries(10)
    database.close()
    assert (entry.act, entry.by.account) == (Act.SIGN_IN_REFUSED, "?")
