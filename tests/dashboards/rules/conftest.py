"""The rules of the packaged catalogue, as files."""

from pathlib import Path

import pytest

from dashboards.rules import rule_files
from tests.packaged import packaged_catalogue


@pytest.fixture(scope="session")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the rule files, a file per subsystem and platform.yml."""
    folder = tmp_path_factory.mktemp("rules")
    for name, text in rule_files(packaged_catalogue()).items():
        (folder / name).write_text(text)
    return folder
