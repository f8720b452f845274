from pathlib import Path

import pytest

from streams.stack.cache import cache_folder, cached


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def write(folder: Path) -> None:
    (folder / "file").write_text("whole")


def test_cache_is_filled_once() -> None:
    assert (cached("thing", write) / "file").read_text() == "whole"

    def never(folder: Path) -> None:
        raise AssertionError("filled again")

    assert (cached("thing", never) / "file").read_text() == "whole"


def test_interrupted_download_is_not_used() -> None:
    def interrupted(folder: Path) -> None:
        write(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached("thing", interrupted)
    assert list(cache_folder().iterdir()) == []
    assert (cached("thing", write) / "file").read_text() == "whole"


def test_two_downloads_at_once_do_no_harm() -> None:
    def overtaken(folder: Path) -> None:
        cached("thing", write)
        (folder / "file").write_text("late")

    assert (cached("thing", overtaken) / "file").read_text() == "whole"
    assert [path.name for path in cache_folder().iterdir()] == ["thing"]
