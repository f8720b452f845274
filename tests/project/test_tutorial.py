"""The tutorial, followed word by word from a clone: what it writes, runs and shows is taken from its Markdown.

A command titled "first terminal" goes on to the end. What a command shows may come sooner or later.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dashboards.prometheus_api import Prometheus
from tests.project.pages import Step, steps

pytestmark = [pytest.mark.docs, pytest.mark.kafka, pytest.mark.prometheus, pytest.mark.slow, pytest.mark.timeout(2400)]

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"
PATIENCE = 600.0
"""Seconds until an output must hold what the tutorial shows; a busy machine takes minutes to start."""


class Reader:
    """Somebody who follows the tutorial in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._clone = folder / "ioc-monitor"
        self._folder = folder
        self._terminal: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> dict[str, str]:
        """What the demo wrote of its addresses."""
        lines = (self._clone / ".run" / "ioc.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal is not None:
            self._terminal.send_signal(signal.SIGINT)
            self._terminal.wait(60)

    def follow(self) -> Iterator[Step]:
        """Do everything that the tutorial says; yields each step when it is done."""
        command, output = "", ""
        for step in steps(TUTORIAL):
            if step.kind == "text":
                self._see(command, output, step.text.splitlines())
            elif step.kind == "sh":
                command, output = step.text, self._run(step)
            else:
                path = self._clone / step.title
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(step.text, encoding="utf-8")
            yield step

    def _run(self, step: Step) -> str:
        match step.title:
            case "clone":
                return self._bash(step.text.replace("ADDRESS", str(ROOT)), self._folder)
            case "first terminal":
                log = (self._folder / "first-terminal.log").open("wb")
                self._terminal = subprocess.Popen(
                    ["bash", "-c", f"exec {step.text}"], cwd=self._clone, stdout=log, stderr=log, env=_environment()
                )
                self._wait_for(self._clone / ".run" / "ioc.env")
            case _:
                return self._bash(step.text, self._clone)
        return ""

    def _see(self, command: str, output: str, lines: list[str]) -> None:
        """Run a command again until its output holds the lines."""
        deadline = time.monotonic() + PATIENCE
        while not all(line in output for line in lines):
            assert time.monotonic() < deadline, f"{command}\nnever showed {lines}, but\n{output}"
            time.sleep(2)
            output = self._bash(command, self._clone)

    def _wait_for(self, file: Path) -> None:
        assert self._terminal is not None
        deadline = time.monotonic() + PATIENCE
        while not file.exists():
            assert self._terminal.poll() is None, (self._folder / "first-terminal.log").read_text()
            assert time.monotonic() < deadline, (self._folder / "first-terminal.log").read_text()
            time.sleep(0.5)

    @staticmethod
    def _bash(script: str, folder: Path) -> str:
        run = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            env=_environment(),
        )
        assert run.returncode == 0, f"{script}\n{run.stdout}{run.stderr}"
        return run.stdout


def _environment() -> dict[str, str]:
    """A newcomer's: no setting of this project, a terminal wide enough for the scorecard."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("IOC_", "PYTEST", "MAKE"))}
    return own | {"COLUMNS": "120"}


def test_the_tutorial_puts_a_thirteenth_subsystem_on_the_wall(tmp_path: Path) -> None:
    with Reader(tmp_path) as reader:
        seen_to_fire = False
        for step in reader.follow():
            if "(act)" in step.text:
                wait_for_alert(reader.settings)
                seen_to_fire = True
        assert seen_to_fire
        with Prometheus(reader.settings["IOC_PROMETHEUS_URL"]) as prometheus:
            tiles = {sample.labels["subsystem"]: sample.value for sample in prometheus.query("ioc_subsystem_status")}
            assert tiles["street_lights"] == 1
            assert len(tiles) == 13
            assert prometheus.query('sum(ioc_events_total{subsystem="street_lights",fate="applied"})')[0].value == 21


def wait_for_alert(settings: dict[str, str]) -> None:
    """Wait until the alert of the tutorial is in Alertmanager."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        alerts = httpx.get(f"{settings['IOC_ALERTMANAGER_URL']}/api/v2/alerts", timeout=30, trust_env=False).json()
        if any(alert["labels"]["alertname"] == "IocStreetLightsFaultsOpen" for alert in alerts):
            return
        time.sleep(2)
    pytest.fail("the alert never fired")
