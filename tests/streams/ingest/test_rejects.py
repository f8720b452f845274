"""The file of refused rows."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.ingest.origin import Origin, TableError
from streams.ingest.rejects import open_rejects
from tests.streams.ingest.written import written

ROWS = "id,name\n1,a\n"
FORMER = '{"file": "a.csv", "row": 1}\n'


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin(written(tmp_path / "rows.csv", ROWS))


def test_it_is_private_while_it_is_written_and_after(tmp_path: Path, origin: Origin) -> None:
    with open_rejects(tmp_path / "rejects", origin) as stream:
        assert stream is not None
        assert mode(tmp_path / "rejects") == 0o600
        stream.write(FORMER)
    assert (tmp_path / "rejects").read_text() == FORMER


@pytest.mark.parametrize("content", ["", FORMER, FORMER * 3])
def test_it_is_private_also_where_it_was_there_before(tmp_path: Path, origin: Origin, content: str) -> None:
    file = written(tmp_path / "rejects", content)
    file.chmod(0o666)
    with open_rejects(file, origin) as stream:
        assert stream is not None
        assert mode(file) == 0o600
        assert not file.read_text()


LINKS: dict[str, Callable[[Path, Path], object]] = {
    "the same file": lambda rows, link: rows.rename(link),
    "a hard link": lambda rows, link: link.hardlink_to(rows),
    "a symbolic link": lambda rows, link: link.symlink_to(rows),
}


@pytest.mark.parametrize("how", LINKS)
@pytest.mark.parametrize("content", [ROWS, FORMER])
def test_it_never_overwrites_its_input(tmp_path: Path, how: str, content: str) -> None:
    rows, link = written(tmp_path / "rows.jsonl", content), tmp_path / "link.jsonl"
    LINKS[how](rows, link)
    with (
        pytest.raises(TableError, match="these are the rows themselves; give --rejects a file of its own"),
        open_rejects(link, Origin(rows if rows.exists() else link)),
    ):
        pass
    assert link.read_text() == content


def test_it_never_overwrites_what_is_piped_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = written(tmp_path / "rows.csv", ROWS)
    with rows.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        with pytest.raises(TableError, match="these are the rows themselves"), open_rejects(rows, Origin(Path("-"))):
            pass
    assert rows.read_text() == ROWS


def test_it_never_overwrites_a_mapping_or_any_other_file(tmp_path: Path, origin: Origin) -> None:
    mapping = written(tmp_path / "mapping.yaml", "mapping: m\n")
    advice = "there is another file of that name; remove it, or give --rejects another name"
    with pytest.raises(TableError, match=advice), open_rejects(mapping, origin):
        pass
    assert mapping.read_text() == "mapping: m\n"
    mapping.unlink()
    with open_rejects(mapping, origin):
        pass


def test_it_may_be_a_pipe(origin: Origin) -> None:
    reading, writing = os.pipe()
    with open_rejects(Path(f"/dev/fd/{writing}"), origin) as stream:
        assert stream is not None
        stream.write(FORMER)
    os.close(writing)
    assert os.read(reading, 100).decode() == FORMER
    os.close(reading)
