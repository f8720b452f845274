"""The page on adding a kind, followed word by word in a copy of the project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.pages import steps

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "howto" / "kind.md"
CODE = ("ioc", "streams", "dashboards", "tests")
FIGURES = """
from pathlib import Path

from dashboards.reference import reference
from ioc.catalogue import load
from ioc.engine.plan import compile_plan
from ioc.figures.view import SubsystemView
from tests.oracle.topics import Engine, Topics, moment

catalogue = load(extra=[Path("own/emergency.yaml")])
plan, emergency = compile_plan(catalogue), catalogue.subsystems["emergency"]
engine, topics = Engine(plan, 1), Topics(1)
for hour, urgent, calls in (("06:59", True, 2), ("07:00", True, 3), ("07:59", True, 1), ("08:30", False, 9)):
    for _ in range(calls):
        at = moment(f"2025-10-31 {hour}")
        engine.consume([topics.send(emergency, "call.received", at, {"ward": "8716", "urgent": urgent})])
engine.checkpoint()
view = SubsystemView(engine.store.merged(plan), "emergency", moment("2025-10-31 12:00") // 1000, plan.calendar)
print({by: view.kpi("busiest_hour", by, "24h") for by in ((), ("ward",))})
print(reference(catalogue)["kinds.md"])
"""


class Copy:
    """The project's code in a folder of its own, run by this environment's tools."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in CODE:
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "generated"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        (folder / ".venv").symlink_to(sys.prefix)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, command: str) -> str:
        """What a command of bash prints; it must end well."""
        # Before the project that is installed; wide enough that no line is folded.
        settings = {"PYTHONPATH": str(self.folder), "COLUMNS": "200", "IOC_PROMETHEUS_URL": "http://127.0.0.1:9"}
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, f"{command}\n{ended.stdout}\n{ended.stderr}"
        return ended.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy of the project after all that the page says."""
    copy = Copy(tmp_path_factory.mktemp("project"))
    output = ""
    for step in steps(PAGE):
        if step.kind == "text":
            assert [line for line in step.text.splitlines() if line not in output] == [], output
        elif step.kind == "sh":
            output = copy.run(step.text)
        else:
            copy.write(step.title, step.text)
    return copy


def test_the_page_writes_one_file_of_code_its_test_and_a_subsystem_with_a_kpi_of_it() -> None:
    assert [step.title for step in steps(PAGE) if step.title] == [
        "ioc/kpis/kinds/peak.py",
        "tests/ioc/kpis/kinds/test_peak.py",
        "own/emergency.yaml",
    ]


def test_what_the_page_says_happens_and_its_kpi_is_computed_from_events(copy: Copy) -> None:
    printed = copy.run(f".venv/bin/python -c '{FIGURES}'")
    assert printed.count("KpiValue(value=4,") == 2, printed
    assert "| `peak` | How many events came in the busiest of the last 24 complete hours. | `of` | `where` |" in printed


def test_the_kind_of_the_page_is_strictly_typed(copy: Copy) -> None:
    copy.run(".venv/bin/mypy ioc/kpis/kinds/peak.py")
