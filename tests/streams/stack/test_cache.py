from pathlib import Path

import pytest

from streams.stack.cache import SetupError, cache_folder, cached
from streams.stack.debian import Program, find_program
from streams.stack.jars import find_java, kafka_jars


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return folder


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


def test_missing_java_names_the_fix(empty_path: Path) -> None:
    with pytest.raises(SetupError, match="apt install openjdk-17-jre-headless"):
        find_java()


def test_old_java_names_the_fix(empty_path: Path) -> None:
    java = empty_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.20\" 2023-07-18' >&2\n")
    java.chmod(0o755)
    with pytest.raises(SetupError, match=r"needs Java 17 or newer.*set JAVA_HOME"):
        find_java()


def test_missing_maven_names_the_fix(empty_path: Path) -> None:
    with pytest.raises(SetupError, match="apt install maven"):
        kafka_jars()


def test_maven_that_fails_leaves_no_jars(empty_path: Path) -> None:
    maven = empty_path / "mvn"
    maven.write_text("#!/bin/sh\necho '[ERROR] Could not transfer artifact'\nexit 1\n")
    maven.chmod(0o755)
    with pytest.raises(SetupError, match=r"check the network.*Could not transfer artifact"):
        kafka_jars()
    assert list(cache_folder().iterdir()) == []


def test_missing_apt_is_reported(empty_path: Path) -> None:
    with pytest.raises(SetupError, match="without apt-get they cannot be fetched"):
        find_program(Program.PROMETHEUS)


def test_program_on_path_is_preferred(empty_path: Path) -> None:
    alertmanager = empty_path / "alertmanager"
    alertmanager.write_text("#!/bin/sh\n")
    alertmanager.chmod(0o755)
    assert find_program(Program.ALERTMANAGER) == alertmanager
