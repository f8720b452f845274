"""The page on a history of one's own, followed word by word with a case log made here, the packaged demo beside it.

What the page shows is what happens; what the wall then says equals what plain Python counts in the log.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboards.prometheus_api import Prometheus
from ioc.events.mappings import packaged
from ioc.scenarios import phu_tho_2025
from tests.case_log import FIELDS, cases, write_export
from tests.packaged import packaged_catalogue
from tests.project.pages import Step, steps

pytestmark = [pytest.mark.kafka, pytest.mark.prometheus, pytest.mark.docs, pytest.mark.timeout(900)]

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "history.md"
UNITS_FROM_ELSEWHERE = packaged()["mpls_stops"].parent / "units" / "minneapolis.yaml"
PATIENCE = 600.0
CASES = cases()
CODES = dict(zip(FIELDS, ("land", "environment", "roads", "health"), strict=True))
NEWEST = max(at for case in CASES for at in (case.received, *case.resolved, *case.reopened))
DEMO = ("ioc", "demo", "--scale", "0.01", "--workers", "1", "--once", "--json", "demo.json")


class Office:
    """A folder with the export, in which the page's commands are run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._export = write_export(folder / "cases.csv", CASES)
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
                    assert self._export.read_text(encoding="utf-8-sig").startswith(step.text)
                case "yaml":
                    (self.folder / step.title).write_text(step.text, encoding="utf-8")
                case "sh":
                    output = self._start(step) if step.title else self.run(step.text)

    def run(self, command: str, *, exit_code: int = 0) -> str:
        """What a command prints."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder, env=environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == exit_code, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def _start(self, step: Step) -> str:
        """What the first terminal has printed once it waits for Ctrl-C."""
        log = self.folder / "first-terminal.log"
        with log.open("wb") as stream:
            self._terminal = subprocess.Popen(
                ["bash", "-c", f"exec {step.text}"], cwd=self.folder, stdout=stream, stderr=stream, env=environment()
            )
        deadline = time.monotonic() + PATIENCE
        while "Ctrl-C stops everything" not in (printed := log.read_text()):
            assert self._terminal.poll() is None, printed
            assert time.monotonic() < deadline, printed
            time.sleep(1)
        return printed


def environment() -> dict[str, str]:
    """An operator's: no setting of this project, its commands on PATH, a terminal wide enough."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("IOC_", "PYTEST"))}
    return own | {"COLUMNS": "120", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


@dataclass(frozen=True)
class Beside:
    """The packaged demo, and the folder that its figures come to."""

    process: subprocess.Popen[bytes]
    folder: Path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    """It begins at the same time on the same machine, and ends by itself."""
    folder = tmp_path_factory.mktemp("demo")
    with (folder / "demo.log").open("wb") as log:
        running = subprocess.Popen(DEMO, cwd=folder, stdout=log, stderr=log, env=environment())
    yield Beside(running, folder)
    running.terminate()
    running.wait(60)


@pytest.fixture(scope="module")
def office(demo: Beside, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """After all that the page says, its first terminal still running."""
    with Office(tmp_path_factory.mktemp("office")) as office:
        office.follow()
        yield office


@pytest.fixture(scope="module")
def prometheus(office: Office) -> Iterator[Prometheus]:
    lines = (office.folder / ".run" / "ioc.env").read_text().splitlines()
    settings = dict(line.split("=", 1) for line in lines)
    with Prometheus(settings["IOC_PROMETHEUS_URL"], timeout=60) as client:
        yield client


def months(office: Office, kpi: str) -> dict[str, dict[str, Any]]:
    rows = json.loads(office.run(f"ioc --env-file .run/ioc.env months citizen_feedback.{kpi} --json"))
    return {row["month"]: row for row in rows}


def total(prometheus: Prometheus, metric: str, by: str = "") -> dict[str, float]:
    other = {"unit": "service_code", "service_code": "unit", "": "unit"}[by]
    own = f'{by}!="",{other}=""' if by else 'unit="",service_code=""'
    found = prometheus.query(f'ioc_citizen_feedback_{metric}{{window="total",{own}}}')
    return {sample.labels.get(by, ""): sample.value for sample in found}


def test_every_month_is_what_plain_python_counts(office: Office) -> None:
    received = Counter(f"{case.received:%Y-%m}" for case in CASES)
    assert len(received) == 14
    assert {month: row["value"] for month, row in months(office, "received").items()} == received
    at_the_end = months(office, "open")
    ends = {"2024-12": "2025-01-01T00:00:00+07:00", "2025-07": "2025-08-01T00:00:00+07:00"}
    for month, end in ends.items():
        # What happens at midnight is of the next month.
        last = NEWEST.fromisoformat(end) - timedelta(milliseconds=1)
        assert at_the_end[month]["value"] == sum(case.is_open(last) for case in CASES)
    assert at_the_end["2025-09"]["value"] == sum(case.is_open(NEWEST) for case in CASES)
    assert {row["window"] for row in at_the_end.values()} == {"total"}


def test_the_figures_of_now_are_what_plain_python_counts(prometheus: Prometheus) -> None:
    still_open = [case for case in CASES if case.is_open(NEWEST)]
    assert total(prometheus, "received_requests") == {"": 500}
    assert total(prometheus, "open_requests") == {"": len(still_open)}
    assert total(prometheus, "overdue_requests") == {"": sum(case.due < NEWEST for case in still_open)}
    assert total(prometheus, "resolved_requests") == {"": 500 - len(still_open)}
    by_unit = Counter(case.unit for case in CASES)
    assert total(prometheus, "received_requests", "unit") == by_unit
    by_field = Counter(CODES[case.field] for case in CASES)
    assert total(prometheus, "received_requests", "service_code") == by_field
    (clock,) = prometheus.query("ioc_clock_seconds")
    assert clock.value == NEWEST.timestamp()


def test_every_event_has_one_fate_and_no_case_lost_its_opening(prometheus: Prometheus) -> None:
    fates = {s.labels["fate"]: s.value for s in prometheus.query("sum by (fate) (ioc_events_total)")}
    assert fates == {"applied": 1197, "duplicate": 0, "rejected": 0}
    assert [sample.value for sample in prometheus.query("sum(ioc_orphans)")] == [0]


def test_nothing_of_the_packaged_demo_or_of_live_names_is_there(office: Office, prometheus: Prometheus) -> None:
    known = {sample.labels["subsystem"] for sample in prometheus.query("ioc_kpi_info")}
    assert known == {"citizen_feedback"}
    assert [sample.value for sample in prometheus.query("ioc_simulated")] == [0]
    listed = office.run("ioc --env-file .run/ioc.env topics")
    assert "history.events.citizen_feedback" in listed
    assert "ioc.events" not in listed


def test_the_folder_takes_no_run_of_another_kind(office: Office) -> None:
    told = office.run("ioc demo --once --folder .run", exit_code=1)
    assert "holds the data of another kind of run" in told


def test_units_that_the_living_workers_would_reject_are_not_sent(office: Office) -> None:
    command = f"ingest cases.csv --mapping mapping.yaml --live --units {UNITS_FROM_ELSEWHERE}"
    told = office.run(f"ioc --env-file .run/ioc.env {command}", exit_code=1)
    assert "does not know precinct_1, precinct_2, precinct_3 and 2 more of these units" in told


def test_the_packaged_demo_beside_it_has_its_own_events_and_no_others(demo: Beside, office: Office) -> None:
    demo.process.wait(PATIENCE)
    rows = json.loads((demo.folder / "demo.json").read_text(encoding="utf-8"))
    assert {row["subsystem"] for row in rows} == set(packaged_catalogue().subsystems)
    sent = Counter(
        (json.loads(event.value)["type"].rpartition(".citizen_feedback.")[2])
        for event in phu_tho_2025.events(packaged_catalogue(), scale=0.01)
        if event.subsystem == "citizen_feedback"
    )
    (received,) = [
        row["value"]
        for row in rows
        if (row["subsystem"], row["kpi"], row["labels"], row["window"]) == ("citizen_feedback", "received", {}, "total")
    ]
    assert received == sent["request.received.v1"] - sent["request.voided.v1"]


def test_the_same_export_sent_again_changes_no_figure(office: Office, prometheus: Prometheus) -> None:
    office.run("ioc --env-file .run/ioc.env ingest cases.csv --mapping mapping.yaml")
    deadline, fates = time.monotonic() + 120, dict[str, float]()
    while sum(fates.values()) < 2 * 1197:
        assert time.monotonic() < deadline, fates
        time.sleep(1)
        fates = {s.labels["fate"]: s.value for s in prometheus.query("sum by (fate) (ioc_events_total)")}
    assert fates == {"applied": 1197, "duplicate": 1197, "rejected": 0}
    assert total(prometheus, "received_requests") == {"": 500}
    assert total(prometheus, "resolved_requests") == {"": 500 - sum(case.is_open(NEWEST) for case in CASES)}
