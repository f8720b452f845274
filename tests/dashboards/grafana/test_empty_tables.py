"""Tables of several queries without an answer: Grafana shows a header alone, so a row must say why."""

from collections.abc import Iterator
from typing import Any

import pytest

from dashboards.grafana.queries import NO_DATA_LINE, or_no_data, without_no_data
from dashboards.prometheus_api import Prometheus
from streams.stack import Stack
from tests.dashboards.grafana.promql import filled
from tests.dashboards.grafana.test_grafana import SHOWN, overrides_of

pytestmark = pytest.mark.prometheus

TABLES = [(path, each) for path, each in SHOWN if each["type"] == "table" and len(each["targets"]) > 1]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that has nothing of anybody."""
    config = tmp_path_factory.mktemp("config") / "prometheus.yml"
    config.write_text("global: {scrape_interval: 1m}\n")
    run = tmp_path_factory.mktemp("run")
    with Stack(run, lambda progress: None) as stack, Prometheus(stack.start_prometheus(config).url) as prometheus:
        yield prometheus


def row_of(panel: dict[str, Any], prometheus: Prometheus) -> dict[str, str]:
    """The one row of a table that has no other: its labels by the titles of their columns."""
    instant = [target["expr"] for target in panel["targets"] if target["instant"]]
    (line,) = [sample for expr in instant for sample in prometheus.query(filled(expr))]
    (organised,) = [each["options"] for each in panel["transformations"] if each["id"] == "organize"]
    return {organised["renameByName"][label]: value for label, value in line.labels.items()}


def test_every_table_of_several_queries_says_in_a_row_that_there_is_no_data(empty: Prometheus) -> None:
    assert len(TABLES) > 50
    for path, panel in TABLES:
        (title,), (code,) = zip(*row_of(panel, empty).items(), strict=True)
        assert code == NO_DATA_LINE, (path, panel["title"])
        (column,) = [each for each in overrides_of(panel) if each["matcher"] == {"id": "byName", "options": title}]
        (mappings,) = [each["value"] for each in column["properties"] if each["id"] == "mappings"]
        said = [each["options"][NO_DATA_LINE]["text"] for each in mappings if NO_DATA_LINE in each["options"]]
        assert said == [panel["fieldConfig"]["defaults"]["noValue"]], (path, panel["title"])


def test_the_row_goes_as_soon_as_any_query_has_an_answer(empty: Prometheus) -> None:
    def lines(first: str, *others: str) -> list[str]:
        return [sample.labels.get("unit", "") for sample in empty.query(or_no_data(first, "unit", others))]

    assert lines("gone", "gone", "gone") == [NO_DATA_LINE]
    assert lines("gone or gone", "gone") == [NO_DATA_LINE]
    assert lines("vector(1)", "gone") == [""]
    assert lines("gone", "gone", "vector(1)") == []
    assert lines("gone", "gone or vector(1)", "gone") == []


def test_who_asks_whether_there_is_data_takes_the_row_for_none(empty: Prometheus) -> None:
    assert empty.query(without_no_data(or_no_data("gone or gone", "unit", ["gone"]))) == []
    for _, panel in TABLES:
        assert without_no_data(panel["targets"][0]["expr"]) != panel["targets"][0]["expr"]
