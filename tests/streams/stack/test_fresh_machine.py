import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.stack.cache import cache_folder
from streams.stack.children import Children
from streams.stack.java import find_java
from streams.stack.kafka import Kafka

pytestmark = [pytest.mark.docs, pytest.mark.kafka, pytest.mark.prometheus, pytest.mark.slow]

FETCHED = ("java", "javac", "mvn", "prometheus", "alertmanager", "node_exporter", "prom", "amtool")


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine with nothing on PATH that can be fetched, and an empty cache."""
    path = tmp_path / "bin"
    path.mkdir()
    for folder in map(Path, os.environ["PATH"].split(os.pathsep)):
        for program in folder.glob("*"):
            link = path / program.name
            if program.is_file() and not program.name.startswith(FETCHED) and not link.exists():
                link.symlink_to(program)
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield
    shutil.rmtree(tmp_path / "cache")  # 400 MB


def test_a_machine_without_java_and_maven_fetches_all_and_starts_the_broker(fresh: None, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "streams.stack.needs"], check=True)
    assert find_java().is_relative_to(cache_folder())
    with Children(tmp_path / "logs") as children, Kafka(children, tmp_path / "broker", heap="512m") as broker:
        assert broker.child.running
    assert {folder.name.partition("-")[0] for folder in cache_folder().iterdir()} == {
        "java",
        "kafka",
        "maven",
        "prometheus",
    }
