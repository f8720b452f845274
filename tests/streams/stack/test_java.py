from pathlib import Path

import pytest

from streams.stack.cache import SetupError, cache_folder
from streams.stack.java import find_java
from tests.streams.stack.conftest import Machine

NO_APT = "which is neither in JAVA_HOME nor on PATH, and without apt-get nothing is fetched: install a Java runtime"


def says(version: str, home: Path) -> str:
    """A script that tells of itself what `java -XshowSettings:properties -version` tells."""
    return (
        f"cat >&2 <<'END'\nProperty settings:\n    java.home = {home}\n    java.specification.version = {version}\n"
        f'    java.vendor = nobody\n\nopenjdk version "{version}.0.1"\nEND\n'
    )


def runtime(home: Path, version: str) -> Path:
    """A Java runtime of a version in the folder `home`."""
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{says(version, home)}")
    program.chmod(0o755)
    return program


def packaged(version: int) -> dict[str, str]:
    return {f"usr/lib/jvm/java-{version}-openjdk-amd64/bin/java": f"echo {version}\n"}


def test_java_home_comes_before_path(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.put("java", says("21", tmp_path / "other"))
    own = runtime(tmp_path / "own", "17")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "own"))
    assert find_java() == own


@pytest.mark.parametrize("version", ["1.8", "11", "16"])
def test_java_on_path_is_taken_where_the_one_of_java_home_is_too_old(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    runtime(tmp_path / "old", version)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "old"))
    machine.put("java", says("17", tmp_path / "new"))
    assert find_java() == tmp_path / "new" / "bin" / "java"


def test_a_script_in_front_of_java_is_seen_through(machine: Machine, tmp_path: Path) -> None:
    machine.put("java", says("25", tmp_path / "versions" / "25"))
    assert find_java() == tmp_path / "versions" / "25" / "bin" / "java"


def test_the_oldest_that_is_new_enough_is_unpacked(machine: Machine, tmp_path: Path) -> None:
    machine.put("java", says("11", tmp_path / "old"))
    versions = (11, 8, 25, 21)
    machine.with_apt(
        {f"openjdk-{version}-jre-headless": packaged(version) for version in versions} | {"openjdk-17-doc": {"a": ""}}
    )
    java = find_java()
    assert java.is_relative_to(cache_folder())
    assert java.parent.parent.name == "java-21-openjdk-amd64"


def test_a_distribution_without_a_new_enough_java_says_so(machine: Machine) -> None:
    machine.with_apt({"openjdk-11-jre-headless": packaged(11)})
    with pytest.raises(SetupError, match=r"Kafka needs Java 17 or newer.* the package lists name none"):
        find_java()


def test_a_machine_without_java_and_apt_is_told_what_to_install(machine: Machine) -> None:
    with pytest.raises(SetupError, match=f"^Kafka needs Java 17 or newer, {NO_APT}"):
        find_java()


def test_a_machine_with_old_java_and_without_apt_is_told_what_to_install(machine: Machine, tmp_path: Path) -> None:
    machine.put("java", says("11", tmp_path / "old"))
    with pytest.raises(SetupError, match=NO_APT):
        find_java()
