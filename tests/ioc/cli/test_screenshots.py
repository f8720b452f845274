"""Pictures of the dashboards, as far as they can be taken without a Grafana: what a viewer is asked."""

import json
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from dashboards.grafana.panel import DATASOURCE_UID
from ioc.cli.screenshots import browser_command, screenshots
from streams.stack.cache import SetupError
from tests.packaged import packaged_catalogue

PROMETHEUS = "http://127.0.0.1:9090"
VIEWER = """
import json, pathlib, sys
given = sys.argv[1:]
folder = pathlib.Path(given[given.index("--dashboards") + 1])
found = {made["uid"]: made["refresh"] for path in folder.rglob("*.json") if (made := json.loads(path.read_text()))}
pathlib.Path(given[given.index("--out") + 1], "seen.json").write_text(json.dumps([given, found]))
sys.exit(3)
"""


def test_without_grafana_and_viewer_it_says_so_and_is_no_failure(tmp_path: Path) -> None:
    said = Console(file=StringIO())
    assert screenshots(packaged_catalogue(), PROMETHEUS, tmp_path, said, variables={}) == 0
    assert "skipped" in said.file.getvalue()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []


def test_a_viewer_is_given_every_dashboard_the_size_and_prometheus_and_its_failure_counts(tmp_path: Path) -> None:
    program = tmp_path / "viewer.py"
    program.write_text(VIEWER)
    out = tmp_path / "pictures"
    variables = {"GRAFANA_VIEW": f"{sys.executable} {program} shot --frontend 'a b'"}
    assert screenshots(packaged_catalogue(), PROMETHEUS, out, Console(file=StringIO()), variables=variables) == 3
    given, found = json.loads((out / "seen.json").read_text())
    assert given[:3] == ["shot", "--frontend", "a b"]
    options = dict(zip(given[3:-1:2], given[4::2], strict=False))
    assert options["--size"] == "1920x1080"
    assert options["--prometheus"] == PROMETHEUS
    assert options["--datasource-uid"] == DATASOURCE_UID
    assert {"ioc-vi-overview", "ioc-en-overview", "ioc-vi-unit", "ioc-vi-ranking"} <= set(found)
    # A page that asks again while it is drawn is never seen whole.
    assert set(found.values()) == {""}


def test_a_folder_without_grafana_is_named_with_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"bin/grafana does not exist: GRAFANA_HOME"):
        screenshots(packaged_catalogue(), PROMETHEUS, tmp_path, Console(), variables={"GRAFANA_HOME": str(tmp_path)})


def test_the_browser_is_as_large_as_the_wall() -> None:
    command = browser_command("chromium", "http://127.0.0.1:3000/d/x?kiosk", Path("x.png"), Path("profile"))
    assert "--window-size=1920,1080" in command
    assert command[-1] == "http://127.0.0.1:3000/d/x?kiosk"
