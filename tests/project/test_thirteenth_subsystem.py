"""A subsystem is one file: a thirteenth one, from a temporary folder, brings everything that is derived from it."""

import pytest

from dashboards.render import render
from ioc.catalogue import Catalogue, load
from ioc.engine.plan import compile_plan
from ioc.events.schemas import render_schemas
from ioc.figures.clock import Clock
from ioc.figures.exposition import Exposition
from ioc.figures.knowledge import Backlog
from ioc.figures.merged import MergedFigures
from streams.kafka.topics import planned_topics
from streams.settings.settings import load_settings

_FILE = """\
subsystem: street_lights
name: {vi: Chiếu sáng công cộng, en: Street lights}
order: 13
source: "I: an example"
headline: faults_open
feeds:
  lamps:
    name: {vi: Tủ điều khiển, en: Lamps}
    expected_interval: 1h
    allowed_lateness: 1h
    duplicate_horizon: 1h
fields:
  fault: {type: id, name: {vi: Mã sự cố, en: Fault}}
  ward: {type: unit, label: unit, name: {vi: Phường, en: Ward}}
events:
  fault.reported: {name: {vi: Báo sự cố, en: Reported}, required: [fault, ward]}
  fault.repaired: {name: {vi: Đã sửa, en: Repaired}, required: [fault]}
entities:
  fault:
    name: {vi: Sự cố, en: fault}
    id: fault
    opened_by: fault.reported
    closed_by: [fault.repaired]
kpis:
  faults_open:
    kind: open
    name: {vi: Sự cố chưa sửa, en: Open faults}
    description: {vi: Sự cố chiếu sáng chưa được sửa., en: Faults of street lights not yet repaired.}
    entity: fault
    unit: faults
    by: [ward]
    windows: [total]
    limits: {direction: above, warning: 10, critical: 50, reason: "M: an example"}
"""


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    file = tmp_path_factory.mktemp("own") / "street_lights.yaml"
    file.write_text(_FILE, encoding="utf-8")
    return load(extra=[file])


def test_it_has_a_topic(catalogue: Catalogue) -> None:
    topics = {topic.name for topic in planned_topics(load_settings(), catalogue.subsystems)}
    assert "ioc.events.street_lights" in topics


def test_it_is_exported(catalogue: Catalogue) -> None:
    plan = compile_plan(catalogue)
    exposition = Exposition(plan, Clock("wall"), simulated=False)
    families = exposition.families(MergedFigures(plan), Backlog(), 1_761_926_400.0)
    info = next(family for family in families[""] if family.name == "ioc_kpi_info")
    assert ((("subsystem", "street_lights"), ("kpi", "faults_open"), ("window", "total")), 1) in info.samples


def test_it_has_rules_a_dashboard_and_a_tile(catalogue: Catalogue) -> None:
    files = render(catalogue)
    rules = files["dashboards/generated/prometheus/rules/street_lights.yml"]
    assert "ioc_street_lights_faults_open_faults" in files_of(files, "grafana")
    assert "record: ioc_kpi_status" in rules
    assert "severity: critical" in rules
    assert any("street_lights" in path or "street-lights" in path for path in files if "grafana" in path)


def test_it_has_schemas(catalogue: Catalogue) -> None:
    assert any("street_lights" in path and "reported" in path for path in render_schemas(catalogue))


def files_of(files: dict[str, str], folder: str) -> str:
    """The texts of all files below a folder."""
    return "".join(text for path, text in files.items() if f"/{folder}/" in path)
