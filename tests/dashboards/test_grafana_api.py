"""`ioc grafana` against a stand-in for Grafana whose queries a real Prometheus answers."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from dashboards.grafana_api import Grafana, GrafanaError
from dashboards.prometheus_api import Prometheus
from ioc.cli.grafana import app, verify_all
from streams.stack.children import Children
from streams.stack.monitoring import start_prometheus
from tests.dashboards.grafana_stand_in import DATASOURCE, PASSWORD, StandIn, standing_in

pytestmark = pytest.mark.prometheus
CONFIG = """
global: {scrape_interval: 1s}
scrape_configs:
  - {job_name: itself, file_sd_configs: &found [{files: [targets/itself.json]}]}
  - {job_name: day, file_sd_configs: *found, relabel_configs: [{target_label: window, replacement: today}]}
  - {job_name: ever, file_sd_configs: *found, relabel_configs: [{target_label: window, replacement: total}]}
"""


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prometheus that scrapes itself."""
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "config").mkdir()
    config = folder / "config" / "prometheus.yml"
    config.write_text(CONFIG)
    with Children(folder / "logs") as children:
        service = start_prometheus(children, folder / "run", config, targets={"itself": ["127.0.0.1:9"]})
        with Prometheus(service.url) as client:
            service.child.wait_until(lambda: len(client.query("up")) == 3)
        yield service.url


def panel(title: str, *targets: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"title": title, "datasource": {"uid": "${datasource}"}, "targets": list(targets), **more}


def target(expr: str, *, instant: bool = True, possibly_empty: bool = False) -> dict[str, Any]:
    return {"refId": "A", "expr": expr, "instant": instant, "possiblyEmpty": possibly_empty}


def dashboard(*panels: dict[str, Any]) -> dict[str, Any]:
    variables = [
        {"name": "datasource", "current": {"value": DATASOURCE}},
        {"name": "job", "current": {"value": "itself"}},
        {"name": "any", "current": {"value": ["$__all"]}},
    ]
    return {"title": "One", "tags": ["ioc", "vi"], "panels": list(panels), "templating": {"list": variables}}


GOOD = [
    panel("Now", target('up{job="$job"}')),
    panel("Over time", target('avg_over_time(up{instance=~"${any}"}[$__rate_interval])', instant=False)),
    panel("May be empty", target("no_such_metric", possibly_empty=True)),
    {"title": "Row", "type": "row", "panels": [panel("Nested", target("up"))]},
    {"title": "Text", "type": "text"},
]


@pytest.fixture
def stand_in(prometheus: str, request: pytest.FixtureRequest) -> Iterator[StandIn]:
    others = {"title": "Somebody else's", "tags": [], "panels": [panel("Other", target("nothing"))]}
    panels = getattr(request, "param", GOOD)
    with standing_in(prometheus, {"ioc-vi-one": dashboard(*panels), "other": others}) as made:
        yield made


def grafana_of(stand_in: StandIn, password: str = PASSWORD) -> Grafana:
    return Grafana(stand_in.url, ("admin", password))


def verified(stand_in: StandIn, now: float | None = None) -> tuple[int, str]:
    console = Console(width=200, record=True)
    code = verify_all(grafana_of(stand_in), console, now or time.time())
    return code, console.export_text()


def test_every_panel_is_told_and_all_have_data(stand_in: StandIn) -> None:
    code, told = verified(stand_in)
    assert code == 0, told
    assert [line.partition(": ")[2] for line in told.splitlines()[:-1]] == [
        "Now",
        "Over time",
        "May be empty (1 empty, as declared)",
        "Nested",
    ]
    assert "4 panels, 0 without data" in told


@pytest.mark.parametrize(
    ("stand_in", "fault"),
    [
        ([panel("Empty", target("no_such_metric"))], "no data: no_such_metric"),
        ([panel("Wrong", target("up{"))], "up{"),
        ([panel("Half", target("up"), target("gone"))], "no data: gone"),
    ],
    indirect=["stand_in"],
)
def test_a_panel_without_data_or_with_a_wrong_query_is_named(stand_in: StandIn, fault: str) -> None:
    code, told = verified(stand_in)
    assert code == 1
    assert fault in told
    assert "1 panels, 1 without data" in told


def test_a_window_in_which_nothing_has_happened_yet_is_told_from_what_never_was_or_must_always_be(
    prometheus: str,
) -> None:
    midnight = time.time() + 2

    def until_midnight(window: str) -> str:
        return f'up{{window="{window}"}} and on () (vector(time()) < {midnight})'

    for expr, faulty in [
        (until_midnight("today"), False),
        (until_midnight("total"), True),
        ('no_such_metric{window="today"}', True),
    ]:
        panels = [panel("Figure", target(expr)), panel("Always", target("up"))]
        with standing_in(prometheus, {"ioc-vi-one": dashboard(*panels)}) as made:
            code, told = verified(made, midnight + 59)
        assert code == faulty, told
        assert ("1 empty since" in told) is not faulty, told
        assert (f"no data: {expr}" in told) is faulty


@pytest.mark.parametrize("stand_in", [[]], indirect=True)
def test_no_panels_at_all_is_a_fault(stand_in: StandIn) -> None:
    assert verified(stand_in)[0] == 1


def test_a_moment_is_marked_for_all_or_on_one_dashboard(stand_in: StandIn) -> None:
    grafana = grafana_of(stand_in)
    grafana.annotate("storm", 1_760_000_000.0, ["weather"])
    grafana.annotate("new version", 1_760_000_000.5, dashboards=["ioc-vi-one"])
    everywhere, one = stand_in.annotations
    assert (everywhere["text"], everywhere["tags"], everywhere["time"]) == ("storm", ["ioc", "weather"], 1760000000000)
    assert not everywhere.get("dashboardUID")
    assert (one["dashboardUID"], one["time"]) == ("ioc-vi-one", 1760000000500)


def test_a_wrong_password_and_an_address_of_nobody_are_told(stand_in: StandIn) -> None:
    with pytest.raises(GrafanaError, match="Unauthorized"):
        list(grafana_of(stand_in, "wrong").panels())
    with pytest.raises(GrafanaError, match=r"Unauthorized|Invalid username"):
        grafana_of(stand_in, "wrong").annotate("storm", time.time(), dashboards=["ioc-vi-one"])
    with pytest.raises(GrafanaError, match="cannot be reached"):
        list(Grafana("http://127.0.0.1:9", "token").panels())


def test_the_command_reads_address_and_password_from_the_settings(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    monkeypatch.setenv("IOC_GRAFANA_URL", stand_in.url)
    monkeypatch.setenv("IOC_GRAFANA_PASSWORD_FILE", str(file))
    assert CliRunner().invoke(app, ["verify"]).exit_code == 0
    assert CliRunner().invoke(app, ["annotate", "storm", "--at", "2025-07-24T04:00"]).exit_code == 0
    assert stand_in.annotations[-1]["time"] == 1753304400000
