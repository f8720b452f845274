"""The page on a history of one's own, followed word by word with a case log made here."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.case_log import cases, write_export
from tests.project.pages import Step, steps

pytestmark = [pytest.mark.kafka, pytest.mark.prometheus, pytest.mark.slow, pytest.mark.timeout(900)]

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "history.md"
PATIENCE = 400.0


class Office:
    """A folder with the export, in which the page's commands are run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.export = write_export(folder / "cases.csv", cases())
        self._terminal: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Office":
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal is not None:
            self._terminal.send_signal(signal.SIGINT)
            assert self._terminal.wait(60) == 0

    def follow(self) -> None:
        """Do everything that the page says."""
        output = ""
        for step in steps(PAGE):
            match step.kind:
                case "text":
                    assert [line for line in step.text.splitlines() if line not in output] == [], output
                case "csv":
                    assert self.export.read_text(encoding="utf-8-sig").startswith(step.text)
                case "yaml":
                    (self.folder / step.title).write_text(step.text, encoding="utf-8")
                case "sh":
                    output = self._run(step)

    def _run(self, step: Step) -> str:
        if step.title == "first terminal":
            return self._start(step.text)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", step.text],
            cwd=self.folder, env=_environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{step.text}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _start(self, command: str) -> str:
        """What it has printed once it waits for Ctrl-C."""
        log = self.folder / "first-terminal.log"
        with log.open("wb") as stream:
            self._terminal = subprocess.Popen(
                ["bash", "-c", f"exec {command}"], cwd=self.folder, stdout=stream, stderr=stream, env=_environment()
            )
        deadline = time.monotonic() + PATIENCE
        while "Ctrl-C stops everything" not in (printed := log.read_text()):
            assert self._terminal.poll() is None, printed
            assert time.monotonic() < deadline, printed
            time.sleep(1)
        return printed


def _environment() -> dict[str, str]:
    """An operator's: no setting of this project, its commands on PATH, a terminal wide enough."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("IOC_", "PYTEST"))}
    return own | {"COLUMNS": "120", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def test_the_page_leads_from_the_file_to_the_wall(tmp_path: Path) -> None:
    with Office(tmp_path) as office:
        office.follow()
