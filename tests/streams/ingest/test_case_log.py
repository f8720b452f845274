"""A case log of one's own in every form and order, from file to wall: figures are those that pandas computes."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from ioc.catalogue import load
from ioc.events.mappings import Mapper, read_mapping
from streams.ingest.ingest import made_ready
from tests.streams.ingest.case_log import (
    FORMS,
    Definitions,
    figures_of,
    in_orders,
    months_of,
    subsystem_with_reopenings,
    write_log,
)
from tests.streams.ingest.reading import Engine, apply_file

NOW_MS = 1_800_000_000_000
ORDERS = ("time", "file", "random")
KPIS = ("received", "resolved", "resolved_on_time", "open", "overdue", "reopened")


class Log:
    """A log in all orders, its figures, and the catalogue with a KPI of reopenings."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder = folder
        self.rows = in_orders(number)
        self.truth = Definitions.of(self.rows["file"])
        self.subsystem = subsystem_with_reopenings(folder / "own")
        self.catalogue = load(extra=[self.subsystem])

    def ids(self, form: str, order: str) -> list[str]:
        """The ids of the events of a file, sorted."""
        file, mapper = self.read_by(form, order)
        with made_ready(mapper, file) as ready:
            assert not ready.report.rows_refused, ready.report.refusals
            return sorted(_read(value).id for _, value in ready.events())

    def read_by(self, form: str, order: str) -> tuple[Path, Mapper]:
        """A file, written if it is not there yet, and what reads it."""
        file, mapping = write_log(self.folder, form, order, self.rows[order])
        return file, Mapper(read_mapping(mapping), self.catalogue)

    def figures(self, form: str, order: str, partitions: int) -> dict[str, dict[str, float]]:
        """What the engine says of a file."""
        engine = Engine(self.catalogue, "citizen_feedback", partitions)
        file, mapper = self.read_by(form, order)
        apply_file(engine, mapper, file, NOW_MS)
        return {kpi: engine.by(kpi, "unit") for kpi in KPIS}


class _Identified(msgspec.Struct):
    id: str


_read = msgspec.json.Decoder(_Identified).decode


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return Log(tmp_path_factory.mktemp("small"), 150)


def test_log_has_cases_of_every_kind(small: Log) -> None:
    counted = {kpi: sum(by_unit.values()) for kpi, by_unit in small.truth.by_unit().items()}
    assert 0 < counted["resolved_on_time"] < counted["resolved"] < counted["received"] < counted["reopened"] * 3
    assert 0 < counted["overdue"] < counted["open"] == counted["received"] - counted["resolved"]


def test_log_says_the_same_in_every_form_and_order(small: Log) -> None:
    ids = small.ids("csv", "file")
    assert len(ids) > 800
    for form in FORMS:
        for order in ORDERS:
            assert small.ids(form, order) == ids, (form, order)


@pytest.mark.parametrize(
    ("form", "order", "partitions"), [("csv", "file", 1), ("xlsx", "random", 4), ("xes", "time", 4)]
)
def test_figures_of_a_log_equal_pandas(small: Log, form: str, order: str, partitions: int) -> None:
    assert small.figures(form, order, partitions) == small.truth.by_unit()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return Log(tmp_path_factory.mktemp("large"), 10_000)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("form", FORMS)
def test_figures_of_ten_thousand_cases_equal_pandas(large: Log, form: str, order: str) -> None:
    assert large.figures(form, order, 12) == large.truth.by_unit()


@pytest.mark.soak
@pytest.mark.kafka
@pytest.mark.prometheus
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize(("form", "order"), [("csv", "random"), ("xlsx", "file"), ("xes", "time")])
def test_wall_shows_of_ten_thousand_cases_what_pandas_computes(
    large: Log, tmp_path: Path, form: str, order: str
) -> None:
    file, mapping = write_log(large.folder, form, order, large.rows[order])
    command = [
        str(Path(sys.executable).with_name("ioc")), "demo", "--data", str(file), "--mapping", str(mapping),
        "--subsystems", str(large.subsystem.parent), "--folder", str(tmp_path / "run"), "--once", "--json", "rows.json",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads((tmp_path / "rows.json").read_text(encoding="utf-8"))
    by_unit, by_month = figures_of(rows, "total"), months_of(rows)
    assert {kpi: by_unit[kpi] for kpi in KPIS} == large.truth.by_unit()
    assert {kpi: by_month[kpi] for kpi in KPIS} == large.truth.by_month()
