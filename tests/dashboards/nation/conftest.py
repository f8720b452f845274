"""The rules of a nation of four provinces, as files."""

from pathlib import Path

import pytest

from dashboards.nation.render import national_rules
from tests.dashboards.nation.four import NATION
from tests.packaged import packaged_catalogue


@pytest.fixture(scope="session")
def national(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The rule files in the order of their groups."""
    folder = tmp_path_factory.mktemp("nation")
    for name, text in national_rules(packaged_catalogue(), NATION, "http://127.0.0.1:9").items():
        (folder / name).write_text(text)
    return [folder / "nation.yml", folder / "alerts.yml"]
